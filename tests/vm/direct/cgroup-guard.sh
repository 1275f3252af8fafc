#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A cgroup at its memory limit, with a disk that is slower than the area that is drained: the
# OOM killer takes the child of the drain and not the workload, with --emergency too; a group
# that is frozen meanwhile holds nobody up.
# the kernel logs a stack when the OOM killer takes the child
# vm-args: --mem 768 --allow-splat --disk ssd=256M --disk hdd=512M,bps=4000000
# vm-timeout: 500
. /src/tests/vm/direct/lib.sh

disk=/dev/disk/by-id/virtio-ssd hdd=/dev/disk/by-id/virtio-hdd
mkswap -q "$disk"
mkswap -q "$hdd"
group=/sys/fs/cgroup/parent/tight
mkdir -p "$group"
echo +memory >/sys/fs/cgroup/parent/cgroup.subtree_control
start_workload 64 "$group"

# everything on ssd again, which is filled before hdd, and the group at its limit
fill_ssd() { # AGAIN
	echo max >/sys/fs/cgroup/parent/memory.max
	[ -z "$1" ] || exits 0 swapctl remove hdd
	exits 0 swapctl add ssd "$disk"
	ask out
	exits 0 swapctl add hdd "$hdd"
	[ "$(swapctl list -bnro USED ssd)" -gt $((48 << 20)) ] || fail "$(swapctl list)"
	echo $((24 << 20)) >/sys/fs/cgroup/parent/memory.max
}

# an emergency area goes past the verdict and not past the guard
fill_ssd ""
dd if=/dev/zero of=/spare bs=1M count=64 status=none
chmod 600 /spare
mkswap -q /spare
kills() { awk '$1 == "oom_kill" { print $2 }' "$group/memory.events"; }
before=$(kills)
swapctl remove ssd --emergency /spare >/run/said 2>&1 &
entered=
for _ in {1..300}; do
	for pid in $(cat "$group/cgroup.procs"); do
		grep -qs "^swapadm-worker" "/proc/$pid/comm" && entered=$pid
	done
	[ -z "$entered" ] && kill -0 $! 2>/dev/null || break
	sleep 0.05
done
wait $! || fail "$(cat /run/said)"
tail -n 1 /run/said
echo "guarded: $(($(kills) - before)) kills of the child" # depends on the disk and the kernel
[ "$entered" ] || fail "the child of the drain was not seen in the group"
ask verify

# frozen meanwhile: the child of the drain stops there, and nobody waits for it
fill_ssd again
status=0
timeout 300 swapctl drain ssd >/run/said 2>&1 &
seen=
for _ in {1..200}; do
	seen=$(swapctl jobs -nro STATE,PHASE | head -n 1)
	[ "$seen" != "running swapoff" ] || break
	sleep 0.1
done
echo 1 >"$group/cgroup.freeze"
[ "$seen" = "running swapoff" ] || fail "it was over before it could be frozen: $seen"
wait $! || status=$?
echo "frozen: exit $status: $(tail -n 1 /run/said)"
# swapoff(2) looks for signals between two processes only, and here may be at its last one
[ $status -eq 0 ] || [ $status -eq 3 ] || fail "frozen: exit $status: $(cat /run/said)"
[ $status -eq 0 ] || grep -q "frozen" /run/said || fail "it does not say so: $(cat /run/said)"
echo 0 >"$group/cgroup.freeze"
ask verify
echo max >/sys/fs/cgroup/parent/memory.max
[ $status -eq 0 ] || exits 0 swapctl remove ssd
ask quit
