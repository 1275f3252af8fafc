#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A process that keeps its own mmap_lock, as any user with a FUSE server can: whoever
# reads its page tables waits, and only SIGKILL ends that. It must not hold up ps, a plan
# or a cancel. The server's mount is below a tmpfs, whose files a drain reads first: who
# enters it waits as well.
. "$(dirname "$0")/lib.sh"

need_root
[ -c /dev/fuse ] || skip "needs /dev/fuse"
make_tmp
need_no_swap

area() {
	fallocate -l 64M "$tmp/$1"
	chmod 600 "$tmp/$1"
	mkswap -q "$tmp/$1"
	swapon -p "$2" "$tmp/$1"
	at_exit swapoff_quiet "$tmp/$1"
}

# a process with 8 MiB in swap that holds its lock; sets $pid, and $server
hold() {
	mkdir "$1"
	mount -t tmpfs hang "$1"
	mkdir "$1/mnt"
	mount -t tmpfs over "$1/mnt"
	hold-mmap "$1/mnt" >"$1.pid" &
	server=$!
	comes test -s "$1.pid" # not before it holds its lock
	pid=$(cat "$1.pid")
}

# the server $1 of $2
let_go() {
	[ "$1" ] || return 0
	kill "$1"
	wait "$1" 2>/dev/null || true
	umount -l "$2/mnt"
	umount "$2/mnt"
	umount "$2"
}
let_go_of_all() {
	let_go "$server" "$tmp/shm"
	let_go "$server2" "$tmp/shm2"
	let_go "$server3" "$tmp/shm3"
	server='' server2='' server3=''
}
server='' server2='' server3=''
at_exit let_go_of_all

area first 5
# a descriptor whose link looks like a memfd's, of a file whose server does not answer, and a tmpfs
# that the same server's mount covers
mkdir "$tmp/below"
mount -t tmpfs hang "$tmp/below"
mkdir "$tmp/below/shm"
mount -t tmpfs hang "$tmp/below/shm"
hold-mmap -o "$tmp/below" >"$tmp/fake" &
faker=$!
uncover() {
	kill "$faker"
	wait "$faker" 2>/dev/null || true
	umount -l "$tmp/below"
	umount "$tmp/below/shm"
	umount "$tmp/below"
}
at_exit uncover
comes test -s "$tmp/fake"
fake() { readlink "/proc/$(cat "$tmp/fake")"/fd/* | grep -qx '/memfd:fake (deleted)'; }
check "a descriptor looks like a memfd's" fake
check "a server that does not answer for a file is not asked" \
	eval 'timeout -s KILL 120 swapctl ps --shared >"$tmp/out" 2>"$tmp/err"'
not_listed() { ! grep -q fake "$tmp/out" "$tmp/err"; }
check "what is no memfd is not listed as one" not_listed

hold "$tmp/shm2"
server2=$server pid2=$pid server=
hold "$tmp/shm3"
server3=$server pid3=$pid server=
hold "$tmp/shm"
coproc ONE { exec pattern 12; }
read -r _ one _ <&"${ONE[0]}"
one() { echo "$1" >&"${ONE[1]}" && read -r answer <&"${ONE[0]}" && echo "$1: $answer"; }
one out
# from here on pages go to the other area
area second 9
coproc TWO { exec pattern 16; }
read -r _ two _ <&"${TWO[0]}"
two() { echo "$1" >&"${TWO[1]}" && read -r answer <&"${TWO[0]}" && echo "$1: $answer"; }
two out

locked() { ! timeout -s KILL 1 head -c 8 "/proc/$pid/pagemap" >/dev/null 2>&1; }
check "the process holds its lock" locked

# not five seconds for each: a busy machine is faster than that
SECONDS=0
timeout -s KILL 120 swapctl ps >"$tmp/ps" 2>"$tmp/err" || fail "ps ends with $?"
check "ps waits long for the first alone ($SECONDS s)" [ $SECONDS -lt 15 ]
cat "$tmp/ps" "$tmp/err"
check "it names one and how many" grep -Eq "process ($pid|$pid2|$pid3) and 2 others: reading the page tables hangs" "$tmp/err"
for one_of in "$pid" "$pid2" "$pid3"; do
	check "the process is listed" grep -q "^ *$one_of " "$tmp/ps"
done
pid_held=$pid
for pid in $one $two; do
	check "the others are split: $pid" agree
done
pid=$pid_held

timeout -s KILL 120 swapctl ps --shared >"$tmp/out" 2>"$tmp/err" || fail "ps --shared ends with $?"
check "it names them, too" grep -Eq "process ($pid|$pid2|$pid3)( and [12] others)?: reading the page tables hangs" "$tmp/err"

timeout -s KILL 120 swapctl drain "$tmp/first" --dry-run >"$tmp/out" 2>"$tmp/err" ||
	fail "the plan ends with $?"
check "the plan names them" grep -Eq "process ($pid|$pid2|$pid3)( and [12] others)?:" "$tmp/err"

# what was not read did not come in
set +e
timeout -s KILL 120 swapctl swapin --pid "$pid" >"$tmp/out" 2>"$tmp/err"
status=$?
set -e
cat "$tmp/out" "$tmp/err"
check "a swap-in of it fails" [ $status -eq 1 ]
check "and says why" grep -q "process $pid: reading the page tables hangs" "$tmp/err"

let_go "$server2" "$tmp/shm2"
let_go "$server3" "$tmp/shm3"
server2='' server3=''

# swapoff(2) waits for the same lock: the drain can't end, the cancel can
swapctl drain "$tmp/first" --background >"$tmp/out" 2>"$tmp/err" || cat "$tmp/err"
job=$(swapctl jobs -r -n -o JOB,STATE | awk '$2 == "running" { print $1 }')
field() { swapctl jobs -r -n -o "JOB,$1" | awk -v j="$job" '$1 == j { print $2 }'; }
in_swapoff() { [ "$(field PHASE)" = swapoff ]; }
check "the mount below a tmpfs is not entered" until_so in_swapoff
# it waits in the kernel, and what comes in meanwhile is nothing
is_stuck() {
	local child used _

	child=$(sed -n 's/^child //p' "/run/swapadm/jobs/$job")
	used=$(swap_field "$tmp/first" used)
	for _ in {1..10}; do
		grep -qs '^State:.D' "/proc/$child/status" || return 1
		sleep 0.1
	done
	[ "$(swap_field "$tmp/first" used)" = "$used" ]
}
comes is_stuck
swapctl cancel "$job"
has_ended() { [ "$(field STATE)" != running ]; }
comes has_ended
swapctl jobs
check "the job has ended after a cancel" [ "$(field STATE)" = lost ]
check "it says why" grep -q "swapoff(2) hangs" <(swapctl jobs)

# the lock is free again: swapoff(2) sees its signal, or was at its last process
let_go_of_all
drained() {
	! swap_active "$tmp/first" || swapctl drain "$tmp/first" >"$tmp/out" 2>&1
}
check "nothing holds the area any more" until_so drained
one verify
check "every page of one is right" [ "$answer" = "ok 3072" ]
two verify
check "every page of two is right" [ "$answer" = "ok 4096" ]
finish
