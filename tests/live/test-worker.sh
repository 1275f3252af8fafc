#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The program behind a job: started by a caller with threads and blocked signals, missing, of
# another version; what it is given, and what it does when its caller or itself is killed.
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/lib.sh"
need_root
make_tmp
private_state
mib=16
area=$tmp/worker.swap

fresh() {
	dd if=/dev/urandom of="$area" bs=1M count=$((mib + 8)) status=none
	chmod 600 "$area"
	mkswap -q "$area" >/dev/null
	swapon -p 1000 "$area"
	workload_start $mib
	workload_do out
}
at_exit swapoff_quiet "$area"
done_with() {
	check "$1: content" workload_ok
	workload_end || fail "$1: the workload's end"
	swapoff_quiet "$area"
}
field() { # JOB KEY
	sed -n "s/^$2 //p" "/run/swapadm/jobs/$1"
}
newest_job() {
	swapctl jobs -n -r -o JOB | sort -V | tail -n 1
}
# a job of a caller with threads: sets $caller and $job
start_threaded() {
	: >"$tmp/said"
	threaded "$area" >"$tmp/said" 2>&1 &
	caller=$!
	comes has "started d" "$tmp/said"
	job=$(awk '$1 == "started" { print $2 }' "$tmp/said")
}
blocked() { # PID: its mask of blocked signals
	awk '$1 == "SigBlk:" { print $2 }' "/proc/$1/status"
}

# ---- a caller with threads and blocked signals ------------------------------------------

fresh
start_threaded
worker=$(field "$job" worker)
kill -STOP "$worker" # while it is looked at
check "the worker is a program of its own" \
	test "$(cat "/proc/$worker/comm")" = swapadm-worker
check "it does not keep the caller's blocked signals" \
	test "$(blocked "$worker")" = 0000000000004a00 # USR1, USR2, TERM
check "its standard descriptors are /dev/null" \
	bash -c "for n in 0 1 2; do [ \"\$(readlink /proc/$worker/fd/\$n)\" = /dev/null ] || exit 1; done"
check "it has nothing of the caller's environment" \
	test "$(tr '\0' '\n' <"/proc/$worker/environ" | cut -d= -f1 | xargs)" = "PATH LC_ALL"
check "it has a session of its own" test "$(ps -o sid= -p "$worker" | tr -d ' ')" = "$worker"
kill -CONT "$worker"
status=0
wait $caller || status=$?
cat "$tmp/said"
check "threads: the job outlives the thread that started it" test $status -eq 0
check "threads: done" grep -q "^done " "$tmp/said"
check "threads: the area is off" eval '! swap_active "$area"'
done_with threads

# ---- killed ------------------------------------------------------------------------------

fresh
start_threaded
kill -KILL $caller
wait $caller 2>/dev/null || true
is_cancelled() { [ "$(swapctl jobs -n -r -o JOB,STATE | awk -v j="$job" '$1 == j { print $2 }')" = cancelled ]; }
check "the caller is killed: the job is cancelled" until_so is_cancelled
check "the caller is killed: the area is active" swap_active "$area"
done_with "caller killed"

fresh
start_threaded
kill -KILL "$(field "$job" worker)"
status=0
wait $caller || status=$?
check "the worker is killed: its caller sees it" grep -q "^lost " "$tmp/said"
check "the worker is killed: the area is active" swap_active "$area"
done_with "worker killed"

# ---- missing, or of another version ------------------------------------------------------

library=$(ldd "$(command -v swapctl)" | awk '/libswapadm/ { print $3 }')
program=$(dirname "$library")/swapadm-worker
[ -x "$program" ] || program=$(echo /usr/libexec/libswapadm*/swapadm-worker)
mkdir "$tmp/lib"
cp "$library" "$tmp/lib/"
elsewhere() {
	LD_LIBRARY_PATH=$tmp/lib swapctl drain "$area" >"$tmp/said" 2>&1
}

fresh
last=$(newest_job)
if [ ! -e "$(strings "$library" | grep -m1 '^/.*/swapadm-worker$')" ]; then
	check "missing: refused" eval '! elsewhere'
	check "missing: which, and what to do" \
		grep -q "start a worker: /.*/swapadm-worker: No such file.*install" "$tmp/said"
fi
# another version has another number in it
sed 's/swapadm-request 0\./swapadm-request 7./; s/version 0\./version 7./' "$program" \
	>"$tmp/lib/swapadm-worker"
chmod 755 "$tmp/lib/swapadm-worker"
check "of another version: refused" eval '! elsewhere'
cat "$tmp/said"
check "of another version: both are named" \
	grep -q "swapadm-worker is of version 7\..* and this libswapadm of 0\." "$tmp/said"
check "nothing has begun" test "$(newest_job)" = "$last"
# one that never answers
printf '#!/bin/sh\nexec sleep 100\n' >"$tmp/lib/swapadm-worker"
LD_LIBRARY_PATH=$tmp/lib swapctl drain "$area" >"$tmp/said" 2>&1 &
check "silent: what is waited for is said" \
	until_so grep -q "waiting for an answer of .*swapadm-worker" "$tmp/said"
kill $!
wait $! || true
check "silent: given up, and the area is free" swapctl drain "$area" --dry-run
check "silent: nothing has begun" test "$(newest_job)" = "$last"
check "the area is active" swap_active "$area"
# whoever may write it is not trusted
cp "$program" "$tmp/lib/swapadm-worker"
chmod 777 "$tmp/lib/swapadm-worker"
if [ ! -e "$(strings "$library" | grep -m1 '^/.*/swapadm-worker$')" ]; then
	check "writable for all: not used" eval '! elsewhere'
	check "writable for all: which, and why" \
		grep -q "$tmp/lib/swapadm-worker: not used as the worker:.*others" "$tmp/said"
fi
chmod 755 "$tmp/lib/swapadm-worker"
: >"$tmp/lib/swapadm-worker"
check "empty: refused" eval '! elsewhere'
check "empty: what to do" grep -q "Exec format error.*install" "$tmp/said"
cp "$program" "$tmp/lib/swapadm-worker"
check "the right one is used" elsewhere
check "it has drained" eval '! swap_active "$area"'
done_with "another version"
check "64 KiB of stack are enough" bash -c 'ulimit -s 64; exec swapctl jobs >/dev/null'
finish
