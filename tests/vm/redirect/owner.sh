#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# migrate SRC DST --pid and --cgroup, and park --to a slower tier: their pages and nobody
# else's, by the module's map; with their own paging under way, exits, cancel and kills.
# vm-args: --mem 768 --disk ssd=512M --disk hdd=512M
# vm-timeout: 900
. /src/tests/vm/redirect/lib.sh

three_tiers
sed -i '/^\[tier fast\]/,/^device/d' /etc/swapadm.conf
exits 0 swapctl apply
mountpoint -q /sys/fs/cgroup || mount -t cgroup2 cgroup2 /sys/fs/cgroup
echo +memory >/sys/fs/cgroup/cgroup.subtree_control
mkdir -p /sys/fs/cgroup/one/below /sys/fs/cgroup/two
map=/sys/block/tswap0/tswap/map
coproc one {
	echo $BASHPID >/sys/fs/cgroup/one/below/cgroup.procs
	exec pageworker 60
}
coproc two {
	echo $BASHPID >/sys/fs/cgroup/two/cgroup.procs
	exec pageworker 60 seed=7
}
read -r _ <&"${one[0]}"
read -r _ <&"${two[0]}"
one_pid=$one_PID two_pid=$two_PID

tell() { # WHO COMMAND
	local -n fds=$1

	echo "$2" >&"${fds[1]}"
}
hear() { # WHO
	local -n fds=$1

	read -r answer <&"${fds[0]}" || fail "$1 died"
	case $answer in ok*) ;; *) fail "$1: $answer" ;; esac
}
ask_it() { # WHO COMMAND
	tell "$1" "$2"
	hear "$1"
}
id_of() { # TIER: of its leaf
	tswapc leaf-get --dump | tr ' ' '\n' | awk -F= -v tier="$1" '
		$1 == "id" { id = $2 } $1 == "tier" && $2 == tier { print id }'
}
ssd=$(id_of ssd) hdd=$(id_of hdd)
pages_on() { # LEAF: of the answer to "where"
	local n

	n=$(tr ' ' '\n' <<<"$answer" | sed -n "s/^$1=//p")
	echo "${n:-0}"
}
# lies WHO LEAF OTHER: 99 % of its pages in swap are on LEAF, the rest on OTHER
lies() {
	local there elsewhere

	ask_it "$1" "where $map"
	there=$(pages_on "$2") elsewhere=$(pages_on "$3")
	echo "$1: $there pages on leaf $2, $elsewhere on leaf $3"
	[ "$there" -gt 10000 ] || fail "$1: only $there pages on leaf $2"
	[ $((elsewhere * 100)) -le $((there + elsewhere)) ] ||
		fail "$1: $elsewhere pages on leaf $3"
}
none_on() { # WHO LEAF
	ask_it "$1" "where $map"
	[ "$(pages_on "$2")" = 0 ] || fail "$1 has $(pages_on "$2") pages on leaf $2"
}
# old_slots LEAF: slots there that were swapped out before $clock
old_slots() {
	od -An -v -tu4 -w8 $map | awk -v leaf="$1" -v clock="$clock" '
		$2 % 256 == leaf && int($2 / 256) % 4194304 < clock { print NR - 1 }' | sort
}
verify() {
	local who

	for who; do ask_it "$who" verify; done
}
ago() { # pages of the last second wait for the next look; keep the figures simple
	sleep 2
}

step "a cgroup, with those below it"
ask_it one out
ask_it two out
ago
exits 0 swapctl migrate ssd hdd --cgroup /one --dry-run
echo "$said"
says "of cgroup /one"
none_on one "$hdd"
begin=$(date +%s%N)
exits 0 swapctl migrate ssd hdd --cgroup /one
end=$(date +%s%N)
echo "$said"
echo "$(((end - begin) / 1000000)) ms"
lies one "$hdd" "$ssd"
none_on two "$hdd"
exits 0 swapctl jobs
says "cgroup /one"
exits 0 swapctl migrate ssd hdd --cgroup /one
verify two
none_on two "$hdd"

step "a process"
exits 0 swapctl migrate hdd ssd --pid "$one_pid" --amount 10M
ask_it one "where $map"
[ "$(pages_on "$ssd")" = 2560 ] || fail "10M were asked for: $answer"
exits 0 swapctl migrate hdd ssd --pid "$one_pid"
lies one "$ssd" "$hdd"
none_on one "$hdd"
verify one
ask_it one out
ask_it two out
ago
exits 0 swapctl migrate ssd hdd --pid "$one_pid" --older 1h
none_on one "$hdd"

step "nobody's, or both"
exits 1 swapctl migrate ssd hdd --pid 999999
says "no such process"
exits 1 swapctl migrate ssd hdd --pid 2
says "kernel"
exits 1 swapctl migrate ssd hdd --cgroup /no-such-group
exits 2 swapctl migrate ssd hdd --pid "$one_pid" --cgroup /one
none_on one "$hdd"
none_on two "$hdd"

step "what the module refuses"
refused() { # TEXT ATTRIBUTE...
	local want=$1

	shift
	said=$(tswapc job-start device=0 kind=1 src-tier=ssd dst-tier=hdd "$@" 2>&1) &&
		fail "it took $*"
	says "$want"
}
refused "slots have to be sorted" slots=5+2,6+1
refused "slots have to be sorted" slots=9+1,3+1
refused "slots have to be sorted" slots=0+1
refused "slots have to be sorted" slots=5+0
refused "slots have to be sorted" slots=5+0xffffffff
refused "slots have to be sorted" slots=0xfffffff0+5
said=$(tswapc job-start device=0 kind=2 src-tier=ssd slots=1+1 2>&1) && fail "a drain took slots"
says "slots and clock are for migrate"
exits 0 tswapc job-start device=0 kind=1 src-tier=ssd dst-tier=hdd clock=0 owner=x \
	slots=1+1,3+1,5+1,7+1,9+1,11+100 # two attributes
sleep 1

step "with their own paging under way"
ask_it one out
ask_it two out
tell one "churn 25 rwo"
tell two "churn 25 rwofx"
ago
clock=$(tswapc device-get id=0 | tr ' ' '\n' | sed -n 's/^clock=//p')
old_slots "$ssd" >/tmp/before
slots_of "$one_pid" >/tmp/theirs
comm -12 /tmp/before /tmp/theirs >/tmp/stayed
swapctl migrate ssd hdd --cgroup /one >/tmp/said 2>&1 &
moving=$!
# what is in memory meanwhile keeps its slot, where no look finds it
while kill -0 $moving 2>/dev/null; do
	slots_of "$one_pid" >/tmp/theirs
	comm -12 /tmp/stayed /tmp/theirs >/tmp/both
	mv /tmp/both /tmp/stayed
done
wait $moving || fail "migrate: $(cat /tmp/said)"
cat /tmp/said
old_slots "$ssd" >/tmp/after
slots_of "$one_pid" >/tmp/theirs
stayed=$(comm -12 /tmp/stayed /tmp/theirs | grep -c .) || true
after=$(comm -12 /tmp/stayed /tmp/theirs | comm -12 - /tmp/after | grep -c .) || true
echo "one: of $stayed pages that were in swap all the time, $after are in ssd still"
[ "$stayed" -ge 1000 ] || fail "that is too few to judge by"
[ $((after * 100)) -le "$stayed" ] || fail "more than 1 % has not moved"
hear one
hear two
none_on two "$hdd"
ask_it one "where $map"
echo "one, after it has gone on paging: $answer"
[ "$(pages_on "$hdd")" -gt 0 ] || fail "nothing of it moved"
verify one two

step "cancel"
ask_it one out
exits 0 swapctl migrate hdd ssd --pid "$one_pid"
ask_it one out
ago
job=$(swapctl migrate ssd hdd --pid "$one_pid" --rate 2M --background 2>/dev/null)
sleep 3
exits 0 swapctl cancel "$job"
exits 130 swapctl wait "$job"
says cancelled
ask_it one "where $map"
[ "$(pages_on "$hdd")" -lt 10000 ] || fail "it did not stop: $answer"
none_on two "$hdd"

step "swapctl is killed, then its worker"
swapctl migrate ssd hdd --pid "$one_pid" --rate 2M >/tmp/out 2>&1 &
caller=$!
for _ in $(seq 600); do # on a busy machine it takes longer than any sleep
	job=$(sed -n 's/^  job //p' /tmp/out)
	[ -z "$job" ] || break
	sleep 0.1
done
[ -n "$job" ] || fail "it did not begin: $(cat /tmp/out)"
kill -KILL $caller
wait $caller || true
exits 0 swapctl jobs
says "$job"
kill -KILL "$(sed -n 's/^worker \([0-9]*\).*/\1/p' "/run/swapadm/jobs/$job")" || fail "no worker of $job"
sleep 1
running=$(tswapc job-get --dump | grep -c ' state=1 ') || true
[ "$running" = 1 ] || fail "$running jobs of the kernel run"
none_on two "$hdd"
id=$(tswapc job-get --dump | sed -n 's/^id=\([0-9]*\) .* state=1 .*/\1/p')
exits 0 swapctl cancel "$id"
swapctl wait "$id" >/dev/null 2>&1 || true
verify one

step "a process that exits meanwhile"
coproc three { exec pageworker 40 seed=3; }
read -r _ <&"${three[0]}"
three_pid=$three_PID
ask_it three out
ago
job=$(swapctl migrate ssd hdd --pid "$three_pid" --rate 4M --background 2>/dev/null)
sleep 2
tell three quit
wait "$three_pid" 2>/dev/null || true
exits 0 swapctl wait "$job"
none_on two "$hdd"

step "park to the slow tier"
ask_it one "rewrite 100"
exits 0 swapctl park --cgroup /one --to hdd --dry-run
echo "$said"
exits 0 swapctl park --cgroup /one --to hdd
echo "$said"
used=$(field USED hdd)
echo "hdd: $used bytes in use"
[ "$used" -ge $((60 * 1048576 / 100 * 95)) ] || fail "less than 95 % is in hdd"
none_on two "$hdd"
exits 0 swapctl wake --cgroup /one
verify one two
ask_it one "rewrite 100"
exits 0 swapctl park --pid "$one_pid" --to hdd
[ "$(field USED hdd)" -ge $((60 * 1048576 / 100 * 95)) ] || fail "less than 95 % is in hdd"
exits 0 swapctl wake --pid "$one_pid"
none_on two "$hdd"
verify one two
tell one quit
tell two quit
