#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A drain whose pages would exceed a control group's limit is refused, and nobody is killed.
# vm-group: smoke
# vm-args: --mem 768 --disk ssd=256M
. /src/tests/vm/direct/lib.sh

disk=/dev/disk/by-id/virtio-ssd
mkswap -q "$disk"
exits 0 swapctl add ssd "$disk"

group=/sys/fs/cgroup/parent/tight
mkdir -p "$group"
echo +memory >/sys/fs/cgroup/parent/cgroup.subtree_control
start_workload 96 "$group"
ask out
echo $((24 << 20)) >/sys/fs/cgroup/parent/memory.max # the ancestor's limit counts
kills() {
	awk '$1 == "oom_kill" { print $2 }' "$group/memory.events"
}

exits 3 swapctl drain ssd --dry-run
says parent
exits 3 swapctl drain ssd
says parent
exits 3 swapctl remove ssd
grep -q "^$(readlink -f "$disk") " /proc/swaps || fail "the area is gone"
[ "$(kills)" = 0 ] || fail "a process was killed"

echo max >/sys/fs/cgroup/parent/memory.max
exits 0 swapctl remove ssd
ask verify
[ "$(kills)" = 0 ] || fail "a process was killed"
ask quit
