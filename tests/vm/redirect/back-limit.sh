#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The way back to the direct layer with a control group at its memory limit: refused in the
# plan where nothing of the group can be pushed out, said to be slow where it can.
# the kernel logs a stack when the OOM killer takes the caller of swapoff(2)
# vm-args: --mem 768 --allow-splat --disk ssd=256M --disk hdd=512M
# vm-timeout: 300
. /src/tests/vm/redirect/lib.sh

three_tiers
group=/sys/fs/cgroup/parent/tight
mkdir -p "$group"
echo +memory >/sys/fs/cgroup/parent/cgroup.subtree_control
exits 0 swapctl apply
start_workload 96 "$group"
ask out
echo $((24 << 20)) >/sys/fs/cgroup/parent/memory.max
kills() {
	awk '$1 == "oom_kill" { print $2 }' "$group/memory.events"
}

step "nothing of the group can go out"
sed -i 's/^layer = .*/layer = direct/' /etc/swapadm.conf
before=$(areas)
echo $((60 << 20)) >"$group/memory.swap.max"
exits 3 swapctl apply --dry-run
says "cgroup /parent"
exits 3 swapctl apply
[ "$(areas)" = "$before" ] || fail "areas changed: $(areas)"
[ "$(swapctl list -nr -o STATE hdd)" = active ] || fail "hdd is not a leaf as before"
[ "$(kills)" = 0 ] || fail "a process was killed"

step "it can"
echo max >"$group/memory.swap.max"
exits 0 swapctl apply --dry-run
says "slow, a cgroup is at its memory limit: about"
exits 0 swapctl apply
[ "$(areas | wc -l)" = 3 ] || fail "not three areas"
ask verify
ask quit
