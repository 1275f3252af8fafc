#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A drain whose pages would exceed a control group's limit is refused, and nobody is killed;
# with room on another area it goes, slowly, and the workload lives where that is slower than
# what is drained. What changes after the plan is seen.
# vm-group: smoke
# the kernel logs a stack when the OOM killer takes the caller of swapoff(2)
# vm-args: --mem 768 --allow-splat --disk ssd=256M --disk hdd=512M,bps=4000000
. /src/tests/vm/direct/lib.sh

disk=/dev/disk/by-id/virtio-ssd hdd=/dev/disk/by-id/virtio-hdd
mkswap -q "$disk"
mkswap -q "$hdd"
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

# room elsewhere: what comes in pushes other pages of the group out
exits 0 swapctl add hdd "$hdd"
echo $((60 << 20)) >"$group/memory.swap.max" # below what it has: nothing can go out
exits 3 swapctl drain ssd --dry-run
says parent
echo max >"$group/memory.swap.max"
echo 0 >/proc/sys/vm/swappiness # then a group's reclaim takes page cache only
exits 3 swapctl drain ssd --dry-run
echo 60 >/proc/sys/vm/swappiness
echo 1 >"$group/memory.oom.group" # the worker as victim would take all with it
exits 3 swapctl drain ssd --dry-run
says parent
echo 0 >"$group/memory.oom.group"
exits 0 swapctl drain ssd --dry-run
says "fits, but slowly: cgroup /parent"
says "takes about"
# what is only read ahead can be dropped again, so a swap-in needs no victim
exits 0 swapctl swapin --cgroup /parent
[ "$(kills)" = 0 ] || fail "a process was killed by a swap-in"
ask out
# hdd is slower than ssd: the OOM killer is called, and takes the caller of swapoff(2)
exits 0 swapctl remove ssd
echo "$said" | tail -n 1
grep -q "OOM killer" <<<"$said" && fail "it reports a kill: $said"
echo "oom_kill $(kills)"
ask verify
killed=$(kills)

# the limit is lowered after the plan
echo max >/sys/fs/cgroup/parent/memory.max
exits 0 swapctl add ssd "$disk"
exits 0 swapctl remove hdd
ask out
swapctl drain ssd --rate 4M >/run/said 2>&1 &
in_preread() { grep -qx 'running pre-read' <<<"$(swapctl jobs -rno STATE,PHASE)"; }
await in_preread
echo $((24 << 20)) >/sys/fs/cgroup/parent/memory.max
status=0
wait $! || status=$?
[ $status -eq 3 ] || fail "limit lowered meanwhile: exit $status: $(cat /run/said)"
grep -q "stopped.*parent" /run/said || fail "it does not say so: $(cat /run/said)"
grep -q "^$(readlink -f "$disk") " /proc/swaps || fail "the area is gone"
[ "$(kills)" = "$killed" ] || fail "a process was killed"

echo max >/sys/fs/cgroup/parent/memory.max
exits 0 swapctl remove ssd
ask verify
[ "$(kills)" = "$killed" ] || fail "a process was killed"
ask quit
