#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A swap-in into a cgroup at its memory limit, from a slow disk: pages that are being read are
# locked, and the kernel can't push them out for the next ones. The OOM killer must not be
# called, whether the group runs or is frozen.
# the kernel logs a stack when the OOM killer acts
# vm-args: --mem 768 --allow-splat --disk ssd=512M,bps=8000000
# vm-timeout: 400
. /src/tests/vm/direct/lib.sh

disk=/dev/disk/by-id/virtio-ssd
mkswap -q "$disk"
exits 0 swapctl add ssd "$disk"
group=/sys/fs/cgroup/parent/tight
mkdir -p "$group"
echo +memory >/sys/fs/cgroup/parent/cgroup.subtree_control
start_workload 96 "$group"
event() { awk -v name="$1" '$1 == name { print $2 }' "$group/memory.events"; }

swapin_at() { # LIMIT-MIB WHERE ARGUMENTS...
	local kills

	echo max >"$2/memory.max"
	ask out
	kills=$(event oom_kill)
	echo $(($1 << 20)) >"$2/memory.max"
	exits 0 swapctl swapin "${@:3}"
	echo "$1 MiB of $2, ${*:3}: $(tail -n 1 <<<"$said"); $(event max) times at the limit"
	[ "$(event oom_kill)" = "$kills" ] || fail "the OOM killer was called"
	[ "$(event oom)" = 0 ] || fail "the group was out of memory $(event oom) times"
	echo max >"$2/memory.max"
}

for limit in 48 12 8; do
	swapin_at $limit "$group" --cgroup /parent/tight
	ask verify
	swapin_at $limit "${group%/*}" --pid "${workload_PID:?}"
	ask verify
done
echo 1 >"$group/cgroup.freeze"
kills=$(event oom_kill)
echo 0 >"$group/cgroup.freeze"
ask out
echo 1 >"$group/cgroup.freeze"
echo $((48 << 20)) >"$group/memory.max"
exits 0 swapctl swapin --cgroup /parent/tight
[ "$(event oom_kill)" = "$kills" ] || fail "the OOM killer was called in a frozen group"
echo max >"$group/memory.max"
echo 0 >"$group/cgroup.freeze"
ask verify
