#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# park and wake on the redirect layer and with cgroups of version 2: cgroup.freeze, what
# leaves memory, content, a worker that is killed, and one process by SIGSTOP.
# vm-args: --mem 768 --disk ssd=512M --disk hdd=512M
# vm-timeout: 600
. /src/tests/vm/redirect/lib.sh

three_tiers
sed -i '/^\[tier fast\]/,/^device/d' /etc/swapadm.conf
exits 0 swapctl apply
mountpoint -q /sys/fs/cgroup || mount -t cgroup2 cgroup2 /sys/fs/cgroup
echo +memory >/sys/fs/cgroup/cgroup.subtree_control
group=/sys/fs/cgroup/service
mkdir $group
coproc workload {
	echo $BASHPID >$group/cgroup.procs
	exec pattern 160
}
read -r _ pid _ <&"${workload[0]}"

frozen() { grep -q '^frozen 1' $group/cgroup.events; }
anon_kib() { awk '$1 == "anon" || $1 == "swapcached" { n += $2 } END { print int(n / 1024) }' $group/memory.stat; }
record() { echo /run/swapadm/parked/c"$(stat -c %i $group)"; }

step "park and wake of a cgroup"
exits 0 swapctl park --cgroup /service --dry-run
echo "$said"
says "frozen by cgroup.freeze"
frozen && fail "a plan has frozen it"
exits 0 swapctl park --cgroup /service
echo "$said"
frozen || fail "it is not frozen"
kib=$(anon_kib)
echo "$kib KiB of 160 MiB are in memory still"
[ "$kib" -le $((160 * 1024 / 20)) ] || fail "more than 5 % stayed in memory"
at_least 150 ssd
exits 0 swapctl jobs
says "pushed out, frozen by cgroup.freeze"
exits 0 swapctl wake --cgroup /service --dry-run
echo "$said"
says "from ssd"
exits 0 swapctl wake --cgroup /service
echo "$said"
frozen && fail "it is frozen still"
[ ! -e "$(record)" ] || fail "its record is left"
ask verify

step "to a tier"
exits 1 swapctl park --cgroup /service --to tape
echo "$said"
frozen && fail "what was refused has frozen it"
exits 0 swapctl park --cgroup /service --to ssd
exits 0 swapctl wake --cgroup /service
ask verify

step "moved to the slow tier while it is parked"
ask write
exits 0 swapctl park --cgroup /service
exits 0 swapctl migrate ssd hdd
at_least 150 hdd
exits 0 swapctl wake --cgroup /service
echo "$said"
ask verify

step "the worker is killed"
ask write
swapctl park --cgroup /service --rate 20M >/dev/null 2>&1 &
caller=$!
for _ in $(seq 100); do
	frozen && break
	sleep 0.1
done
frozen || fail "it did not freeze"
kill -KILL "$(sed -n 's/^worker \([0-9]*\)$/\1/p' "$(record)")"
wait $caller || true
frozen || fail "who thawed it?"
exits 0 swapctl doctor
says "that was to park or wake it died"
exits 0 swapctl wake --cgroup /service
frozen && fail "wake has not freed it"
ask verify

step "frozen by others"
echo 1 >$group/cgroup.freeze
exits 0 swapctl park --cgroup /service
says "somebody else"
exits 0 swapctl wake --cgroup /service
frozen || fail "wake has thawed what others had frozen"
echo 0 >$group/cgroup.freeze
ask verify

step "a process"
ask write
exits 0 swapctl park --pid "$pid"
echo "$said"
grep -q 'State:.T' "/proc/$pid/status" || fail "it is not stopped"
awk '$1 == "VmSwap:" || $1 == "RssAnon:"' "/proc/$pid/status"
kib=$(anon_kib)
echo "$kib KiB of 160 MiB are in memory still"
[ "$kib" -le $((160 * 1024 / 20)) ] || fail "more than 5 % stayed in memory"
exits 0 swapctl wake --pid "$pid"
ask verify
exits 0 swapctl status
