#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# drain --force goes past a control group's limit: the kernel kills in the group, and that is
# reported. The kernel prints a call trace for each kill.
# vm-args: --mem 768 --allow-splat --disk ssd=256M
. /src/tests/vm/direct/lib.sh

disk=/dev/disk/by-id/virtio-ssd
mkswap -q "$disk"
group=/sys/fs/cgroup/parent/tight
mkdir -p "$group"
echo +memory >/sys/fs/cgroup/parent/cgroup.subtree_control
kills() {
	awk '$1 == "oom_kill" { print $2 }' "$group/memory.events"
}

exits 0 swapctl add ssd "$disk"
start_workload 96 "$group"
ask out
echo $((24 << 20)) >/sys/fs/cgroup/parent/memory.max
status=0
swapctl drain ssd --force >/run/said 2>&1 || status=$?
[ "$(kills)" -gt 0 ] || fail "--force killed nobody: $(cat /run/said)"
grep -q "the OOM killer ended .* of cgroup /parent/tight" /run/said ||
	fail "exit $status, no word of the kill: $(cat /run/said)"
