#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A call of the kernel fails in the middle of a job, in the worker, each one in turn. Whatever
# came of it is said, and is one of two things: done, or as it was before. Nothing stays stopped
# that is not on record, and no page is wrong.
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/lib.sh"
need_root
if [ -z "${FAULTS_UNSHARED-}" ]; then
	status=0
	FAULTS_UNSHARED=1 unshare -m "$0" || status=$?
	exit "$status"
fi
make_tmp
[ -d /run/swapadm ] || {
	mkdir /run/swapadm
	at_exit rmdir /run/swapadm
}
mount -t tmpfs none /run/swapadm || skip "no file system to cover /run/swapadm with"
at_exit umount -l /run/swapadm
EIO=5 EAGAIN=11 EINVAL=22 EMFILE=24 ENOSPC=28 EPERM=1
mib=4

# a worker gets nothing of its caller's environment, so its place is taken by a script
worker=$build/libswapadm/swapadm-worker
cp "$worker" "$tmp/swapadm-worker"
cat >"$tmp/preload" <<WORKER
#!/bin/sh
[ ! -s $tmp/fault ] || {
	read -r FAULT <$tmp/fault
	export FAULT LD_PRELOAD=$build/tests/live/libfault.so ASAN_OPTIONS=verify_asan_link_order=0
}
exec $tmp/swapadm-worker "\$@"
WORKER
chmod 755 "$tmp/preload"
mount --bind "$tmp/preload" "$worker" || skip "no way to take the worker's place"
at_exit umount -l "$worker"

area=$tmp/a.swap
dd if=/dev/zero of="$area" bs=1M count=128 status=none # others are swapped out, too
chmod 600 "$area"
mkswap -q "$area" >/dev/null
at_exit swapoff_quiet "$area"
swapon -p 1000 "$area"

state_of() {
	awk '$1 == "State:" { print $2 }' "/proc/$workload_pid/status"
}
runs() { [ "$(state_of)" != T ]; }
n_records() { find /run/swapadm/parked -type f 2>/dev/null | wc -l; }
let_run() {
	[ -z "${workload_pid-}" ] || kill -CONT "$workload_pid" 2>/dev/null || true
}
workload_start $mib
at_exit let_run # before the workload's own end

# faulty "CALL NUMBER ERRNO" COMMAND...: sets $status; 1: there is no such call any more
faulty() {
	local fault=$1

	shift
	rm -f "$tmp/hit"
	echo "$fault $tmp/hit" >"$tmp/fault"
	status=0
	"$@" >"$tmp/out" 2>"$tmp/err" || status=$?
	rm "$tmp/fault"
	[ -e "$tmp/hit" ]
}

n_faults=0

# each_fault "CALL ERRNO" JUDGE COMMAND...: JUDGE says what is wrong, and puts all back
each_fault() {
	local call=$1 judge=$2 n=1 bad='' wrong

	shift 2
	while faulty "${call% *} $n ${call#* }" "$@"; do
		wrong=$("$judge")
		[ "$status" -eq 0 ] || [ -s "$tmp/err" ] || wrong+=" exit $status without a word;"
		[ -z "$wrong" ] || bad+=" $n: $wrong ($(tail -n 1 "$tmp/err"))"
		n=$((n + 1))
		[ "$n" -lt 1000 ] || break
	done
	[ "$status" -eq 0 ] || bad+=" without a fault: exit $status: $(cat "$tmp/err")"
	"$judge" >"$tmp/back" || true
	[ -z "$bad" ] || echo "$bad"
	n_faults=$((n_faults + n - 1))
	check "$*: $call, $((n - 1)) times" test -z "$bad"
}

# ---- park ----------------------------------------------------------------------------------

# shellcheck disable=SC2317 # by each_fault
judge_park() {
	if [ "$status" -eq 0 ]; then
		! runs || echo "parked, and runs;"
		[ "$(n_records)" -eq 1 ] || echo "parked, $(n_records) records;"
	elif ! runs || [ "$(n_records)" -ne 0 ]; then
		grep -q 'swapctl wake' "$tmp/err" || echo "not parked, $(state_of), $(n_records) records;"
	fi
	[ "$(n_records)" -eq 0 ] || swapctl wake --pid "$workload_pid" >"$tmp/back" 2>&1 ||
		echo "wake: $(cat "$tmp/back");"
	until_so runs || echo "it is stopped after that;"
	[ "$(n_records)" -eq 0 ] || echo "a record is left;"
	let_run
	rm -f "/run/swapadm/parked/p$workload_pid"
}

# shellcheck disable=SC2317 # by each_fault
judge_wake() {
	if [ "$status" -eq 0 ] || [ "$(n_records)" -eq 0 ]; then
		until_so runs || echo "woken, and stopped;"
		[ "$(n_records)" -eq 0 ] || echo "woken, and on record;"
	fi
	[ "$(n_records)" -eq 0 ] || swapctl wake --pid "$workload_pid" >"$tmp/back" 2>&1 ||
		echo "wake again: $(cat "$tmp/back");"
	until_so runs || echo "it is stopped after that;"
	let_run
	rm -f "/run/swapadm/parked/p$workload_pid"
}
park_and() {
	local fault

	fault=$(cat "$tmp/fault")
	rm "$tmp/fault"
	swapctl park --pid "$workload_pid" || return 99
	echo "$fault" >"$tmp/fault"
	"$@"
}

# ---- pages in and out ----------------------------------------------------------------------

# shellcheck disable=SC2317 # by each_fault
judge_move() {
	workload_ok || echo "wrong pages;"
}
out_and() {
	workload_do out
	"$@"
}

# ---- drain ---------------------------------------------------------------------------------

# shellcheck disable=SC2317 # by each_fault
judge_drain() {
	if swap_active "$area"; then
		[ "$status" -ne 0 ] || echo "drained, and active;"
	else
		[ "$status" -eq 0 ] || grep -q 'drained\|removed' "$tmp/err" || echo "exit $status, and off;"
		swapon -p 1000 "$area"
	fi
	workload_ok || echo "wrong pages;"
}

calls=("write $ENOSPC" "create $EMFILE" "renameat $EIO" "pipe2 $EMFILE" "pidfd_open $EMFILE"
	"signal $EPERM" "madvise $EINVAL" "swapoff $EAGAIN" "open $EMFILE")
for call in "${calls[@]}"; do
	each_fault "$call" judge_park swapctl park --pid "$workload_pid"
	each_fault "$call" judge_wake park_and swapctl wake --pid "$workload_pid"
	each_fault "$call" judge_move swapctl swapout --pid "$workload_pid"
	each_fault "$call" judge_move out_and swapctl swapin --pid "$workload_pid"
	each_fault "$call" judge_drain out_and swapctl drain "$area"
done
check "content" workload_ok
check "calls did fail, $n_faults times" test "$n_faults" -ge 40
finish
