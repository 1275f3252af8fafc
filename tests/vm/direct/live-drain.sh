#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The live tests of swapin, swapout and drain on this kernel: cgroup version 2, memory.reclaim.
# vm-args: --mem 1024
# vm-timeout: 1200
. /src/tests/vm/direct/lib.sh
export SWAPADM_BUILD_ROOT=/ # programs are in PATH

modprobe -a zram || true
for name in pull drain; do
	/src/tests/live/test-$name.sh >/tmp/$name.log 2>&1 || {
		grep -v '^ok' /tmp/$name.log | tail -n 40
		fail "live test $name"
	}
	tail -n 1 /tmp/$name.log
done
[ -z "$(areas)" ] || fail "areas are left"
