#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A process that keeps its own mmap_lock, as any user with a FUSE server can: whoever
# reads its page tables waits, and only SIGKILL ends that. It must not hold up ps, a plan
# or a cancel.
. "$(dirname "$0")/lib.sh"

need_root
[ -c /dev/fuse ] || skip "needs /dev/fuse"
make_tmp
no_other_swap() { [ "$(wc -l </proc/swaps)" -eq 1 ]; }
no_other_swap || skip "other swap is in use, and its pages would be mixed in"

area() {
	fallocate -l 64M "$tmp/$1"
	chmod 600 "$tmp/$1"
	mkswap -q "$tmp/$1"
	swapon -p "$2" "$tmp/$1"
	at_exit swapoff_quiet "$tmp/$1"
}

# a process with 8 MiB in swap that holds its lock; sets $pid, and $server
hold() {
	mkdir "$tmp/mnt"
	hold-mmap "$tmp/mnt" >"$tmp/pid" &
	server=$!
	for _ in $(seq 50); do
		[ ! -s "$tmp/pid" ] || break
		sleep 0.1
	done
	pid=$(cat "$tmp/pid")
	sleep 2
}

let_go() {
	[ "$server" ] || return 0
	kill "$server"
	wait "$server" 2>/dev/null || true
	umount -l "$tmp/mnt"
	server=
}
server=
at_exit let_go

area first 5
hold
# from here on pages go to the other area as well
area second 9
coproc WORK { exec pattern 16; }
read -r _ work _ <&"${WORK[0]}"
tell() { echo "$1" >&"${WORK[1]}" && read -r answer <&"${WORK[0]}" && echo "$1: $answer"; }
tell out

locked() { ! timeout -s KILL 1 head -c 8 "/proc/$pid/pagemap" >/dev/null 2>&1; }
check "the process holds its lock" locked

SECONDS=0
timeout -s KILL 60 swapctl ps >"$tmp/ps" 2>"$tmp/err" || fail "ps ends with $?"
check "ps comes back in time ($SECONDS s)" [ $SECONDS -lt 20 ]
cat "$tmp/ps" "$tmp/err"
check "it names the process" grep -q "process $pid: reading the page tables hangs" "$tmp/err"
check "the process is listed" grep -q "^ *$pid " "$tmp/ps"
check "the others are split" grep -q "^ *$work " "$tmp/ps"

SECONDS=0
timeout -s KILL 60 swapctl drain "$tmp/first" --dry-run >"$tmp/out" 2>"$tmp/err" ||
	fail "the plan ends with $?"
check "a plan comes back in time ($SECONDS s)" [ $SECONDS -lt 30 ]
check "the plan names it" grep -q "process $pid" "$tmp/err"

# swapoff(2) waits for the same lock: the drain can't end, the cancel can
swapctl drain "$tmp/first" --background >"$tmp/out" 2>"$tmp/err" || cat "$tmp/err"
job=$(swapctl jobs -r -n -o JOB,STATE | awk '$2 == "running" { print $1 }')
for _ in $(seq 40); do
	[ "$(swapctl jobs -r -n -o JOB,PHASE | awk -v j="$job" '$1 == j { print $2 }')" != swapoff ] || break
	sleep 0.5
done
sleep 1
SECONDS=0
swapctl cancel "$job"
state() { swapctl jobs -r -n -o JOB,STATE | awk -v j="$1" '$1 == j { print $2 }'; }
for _ in $(seq 60); do
	[ "$(state "$job")" = running ] || break
	sleep 0.5
done
swapctl jobs
check "the job has ended after a cancel ($SECONDS s)" [ "$(state "$job")" = lost ]
check "in time" [ $SECONDS -lt 20 ]
check "it says why" grep -q "swapoff(2) hangs" <(swapctl jobs)

# the lock is free again: the area comes back, with every page
let_go
for _ in $(seq 50); do
	! swap_active "$tmp/first" || pgrep -x swapctl >/dev/null || break
	sleep 0.2
done
check "the area is active again" swap_active "$tmp/first"
timeout 60 swapctl drain "$tmp/first" >"$tmp/out" 2>&1 || fail "drain ends with $?: $(cat "$tmp/out")"
check "and can be drained" [ -z "$(swap_field "$tmp/first" used)" ]
tell verify
check "every page of the others is right" [ "$answer" = "ok 4096" ]
finish
