#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# park and wake on the redirect layer and with cgroups of version 2: cgroup.freeze, what
# leaves memory, content, a worker that is killed, and one process by SIGSTOP.
# Then what does not go: rules of cgroups and limits of swap that are too small, tiers that
# take no pages; and pages that are charged to another group.
# vm-args: --mem 768 --disk ssd=512M --disk hdd=512M
# vm-timeout: 900
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
cp /etc/swapadm.conf /tmp/base

# ---- what does not go -------------------------------------------------------------------

rules() { # [NAME PATH LINES]...: [cgroup] sections, applied
	cp /tmp/base /etc/swapadm.conf
	while [ $# -gt 0 ]; do
		printf '[cgroup %s]\npath = %s\n%b\n' "$1" "$2" "$3" >>/etc/swapadm.conf
		shift 3
	done
	exits 0 swapctl apply --prune
}

# since: seconds of the last command that began with it
since() { SECONDS=0; }
within() {
	echo "after $SECONDS s"
	[ $SECONDS -le "$1" ] || fail "it took $SECONDS s"
}

step "a strict rule with too little room"
ask write
rules service /service 'tiers = ssd\ntier-max = ssd:20M'
exits 3 swapctl park --cgroup /service --dry-run
echo "$said"
says "may use only tiers = ssd:20M, where it has room for 20 MiB"
exits 3 swapctl park --cgroup /service
says "cgroup /service"
exits 3 swapctl park --pid "$pid"
says "cgroup /service may use only tiers = ssd:20M"
frozen && fail "what was refused has frozen it"
grep -q 'State:.T' "/proc/$pid/status" && fail "what was refused has stopped it"
since
exits 4 swapctl park --cgroup /service --force
within 40
echo "$said"
says "no room in its tiers (ssd:20M)"
exits 0 swapctl wake --cgroup /service
ask verify

step "the remedy"
ask write
rules service /service 'tiers = ssd\ntier-max = ssd:300M'
exits 0 swapctl park --cgroup /service
echo "$said"
at_least 150 ssd
[ "$(field USED vdc)" -le $((1 << 20)) ] || fail "on hdd: $(field USED vdc)" # of others
exits 0 swapctl wake --cgroup /service
ask verify

step "a tier that the rule forbids"
exits 3 swapctl park --cgroup /service --to hdd
echo "$said"
says "--to hdd: cgroup /service may use only tiers = ssd"
frozen && fail "what was refused has frozen it"
rules service /service 'tiers = ssd, hdd'
exits 0 swapctl park --cgroup /service --to hdd
at_least 150 hdd
exits 0 swapctl wake --cgroup /service
ask verify

step "a rule that prefers goes on to others"
ask write
rules service /service 'tiers = ssd\ntier-max = ssd:20M\ntiers-mode = prefer'
exits 0 swapctl park --cgroup /service
echo "$said"
at_least 100 hdd
exits 0 swapctl wake --cgroup /service
ask verify
rules

step "a limit of swap"
ask write
echo 20M >$group/memory.swap.max
exits 3 swapctl park --cgroup /service
echo "$said"
says "cgroup /service"
says "memory.swap.max"
exits 3 swapctl park --pid "$pid"
frozen && fail "what was refused has frozen it"
ask verify
echo max >$group/memory.swap.max
exits 0 swapctl park --cgroup /service
exits 0 swapctl wake --cgroup /service
ask verify

ask quit

# ---- charged elsewhere ------------------------------------------------------------------

tree=/sys/fs/cgroup/tree
mkdir -p $tree/plain $tree/two
start_in() { # MIB CGROUP
	start_workload "$1" "$2"
	# shellcheck disable=SC2154 # of start_workload
	pid=$workload_PID
}
held_kib() { awk '$1 == "anon" || $1 == "swapcached" { n += $2 } END { print int(n / 1024) }' "$1/memory.stat"; }
gone_from() { # CGROUP
	kib=$(held_kib "$1")
	echo "$kib KiB of 60 MiB are in memory still"
	[ "$kib" -le $((60 * 1024 / 20)) ] || fail "more than 5 % stayed in memory"
}

step "a group without a memory controller"
[ ! -e $tree/plain/memory.stat ] || fail "it has one"
start_in 60 $tree/plain
exits 0 swapctl park --cgroup /tree/plain
echo "$said"
gone_from $tree
exits 0 swapctl wake --cgroup /tree/plain
ask verify
ask quit

step "nothing takes pages"
start_in 60 $tree/plain # without slots of its own: those could be written again
exits 0 swapctl cordon ssd
exits 0 swapctl cordon hdd --force # the last one
exits 3 swapctl park --cgroup /tree/plain
echo "$said"
says "nothing in swap takes pages"
says "uncordon"
exits 0 swapctl uncordon hdd
exits 0 swapctl park --cgroup /tree/plain
exits 0 swapctl wake --cgroup /tree/plain
exits 0 swapctl uncordon ssd
ask verify
ask quit

step "a process that was moved in later"
start_in 60 $tree
echo "$pid" >$tree/two/cgroup.procs
echo +memory >$tree/cgroup.subtree_control
exits 0 swapctl park --cgroup /tree/two
echo "$said"
gone_from $tree
exits 0 swapctl wake --cgroup /tree/two
ask verify
ask quit

step "a rule of a group inside"
start_in 60 $tree/plain
rules plain /tree/plain 'tiers = ssd\ntier-max = ssd:4M'
exits 3 swapctl park --cgroup /tree
echo "$said"
says "cgroup /tree/plain may use only tiers = ssd:4M"
since
exits 4 swapctl swapout --cgroup /tree/plain --amount 40M
within 30
echo "$said"
says "no room in its tiers (ssd:4M)"
ask verify
ask quit
start_in 60 $tree/plain
since
exits 4 swapctl park --pid "$pid" --force
within 40
echo "$said"
says "no room in its tiers (ssd:4M)"
exits 0 swapctl wake --pid "$pid"
ask verify
ask quit

step "one group of a tree is full, the other goes on"
start_in 60 $tree/plain
mkfifo /tmp/other.in
(
	echo "$BASHPID" >$tree/two/cgroup.procs
	exec pattern 80 </tmp/other.in >/tmp/other.out
) &
other=$!
exec 8>/tmp/other.in
for _ in $(seq 300); do
	grep -qs ready /tmp/other.out && break
	sleep 0.1
done
kib=$(held_kib $tree/two)
[ "$kib" -ge $((70 * 1024)) ] || fail "$kib KiB are in memory, wanted 80 MiB"
exits 4 swapctl park --cgroup /tree --force --rate 8M # longer than it looks at what is refused
echo "$said"
kib=$(held_kib $tree/two)
echo "$kib KiB of 80 MiB of the other group are in memory still"
[ "$kib" -le $((4 * 1024)) ] || fail "the full group held up the other one"
exits 0 swapctl wake --cgroup /tree
ask verify
echo verify >&8
for _ in $(seq 300); do
	[ "$(wc -l </tmp/other.out)" -ge 2 ] && break
	sleep 0.1
done
sed -n 2p /tmp/other.out
grep -q '^ok' /tmp/other.out || fail "the other workload says: $(tail -1 /tmp/other.out)"
exec 8>&-
wait "$other" || fail "the other workload: status $?"
ask quit

step "forced, and nothing goes"
start_in 60 $tree/plain
rules plain /tree/plain 'tiers = ssd\ntier-max = ssd:64K'
since
exits 3 swapctl park --cgroup /tree/plain --force
within 40
echo "$said"
says "not parked, it runs again"
grep -q '^frozen 0' $tree/plain/cgroup.events || fail "it is frozen for nothing"
exits 0 swapctl jobs
[ -z "$(ls /run/swapadm/parked)" ] || fail "a record is left"
ask verify
rules
exits 0 swapctl park --cgroup /tree
exits 0 swapctl wake --cgroup /tree
ask verify

step "a limit of swap above"
ask quit
start_in 60 $tree/plain
echo 20M >$tree/memory.swap.max
exits 3 swapctl park --cgroup /tree/plain
echo "$said"
says "cgroup /tree may put"
exits 3 swapctl park --pid "$pid"
says "cgroup /tree may put"
since
exits 4 swapctl park --cgroup /tree/plain --force
within 40
echo "$said"
says "cgroup /tree is at its memory.swap.max"
kib=$(held_kib $tree/plain)
echo "$kib KiB of 60 MiB are in memory still"
[ "$kib" -le $((44 * 1024)) ] || fail "of 20 MiB more than 4 MiB did not leave memory"
exits 0 swapctl wake --cgroup /tree/plain
ask verify
echo max >$tree/memory.swap.max
exits 0 swapctl park --cgroup /tree/plain
exits 0 swapctl wake --cgroup /tree/plain
ask verify
ask quit

step "at a limit of swap, what is in the swap cache"
start_in 60 $group
exits 0 swapctl park --cgroup /service
exits 0 swapctl wake --cgroup /service
echo 20M >$group/memory.swap.max
exits 0 swapctl park --cgroup /service --force
echo "$said"
gone_from $group
exits 0 swapctl wake --cgroup /service
ask verify
echo max >$group/memory.swap.max
ask quit

step "most of it was out before"
start_in 60 $group
exits 0 swapctl swapout --cgroup /service --amount 54M
echo 57M >$group/memory.swap.max # 3 MiB can't go, however much is in the swap cache
exits 0 swapctl park --cgroup /service --force
echo "$said"
says "MiB stay in memory: cgroup /service is at its memory.swap.max"
frozen || fail "it is not frozen"
echo max >$group/memory.swap.max
exits 0 swapctl wake --cgroup /service
ask verify
ask quit
