#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The live tests of add and apply on this kernel, which may have more than the host's.
# vm-args: --mem 1024
# vm-timeout: 1200
. /src/tests/vm/direct/lib.sh

modprobe -a loop zram
modprobe -a dm_mod xfs btrfs overlay || true
run_live add apply refuse
