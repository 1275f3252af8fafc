#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The live tests of swapin, swapout and drain on this kernel: cgroup version 2, memory.reclaim.
# The OOM killer takes a swapoff of ours in it, and reports that.
# vm-args: --mem 1024 --allow-splat
# vm-timeout: 1200
. /src/tests/vm/direct/lib.sh

modprobe -a zram || true
run_live pull drain
