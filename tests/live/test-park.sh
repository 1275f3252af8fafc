#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# park and wake, of processes (SIGSTOP) and of cgroups (a freezer of version 1 or 2, or
# SIGSTOP): how much leaves memory, content after wake, who is never frozen, and that
# nothing stays frozen when swapctl or its worker is killed at any moment.
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/lib.sh"
need_root
make_tmp
private_state
export PATH=$build/swaptop:$PATH
mib=48

area=$tmp/a.swap
dd if=/dev/urandom of="$area" bs=1M count=$((mib * 4)) status=none
chmod 600 "$area"
mkswap -q "$area" >/dev/null
swapon -p 1000 "$area"
at_exit swapoff_quiet "$area"

kib_of() { # KEY [PID]: of /proc/PID/status
	awk -v key="$1:" '$1 == key { print $2 }' "/proc/${2-$workload_pid}/status"
}

state_of() { # [PID]
	awk '$1 == "State:" { print $2 }' "/proc/${1-$workload_pid}/status"
}

runs() { [ "$(state_of "$@")" != T ]; }
is_stopped() { [ "$(state_of "$@")" = T ]; }
n_records() { find /run/swapadm/parked -type f ! -name '.*' 2>/dev/null | wc -l; }
nothing_parked() { [ "$(n_records)" -eq 0 ]; }

# said STATUS WORDS CMD...: it exits so and says so
said() {
	local want=$1 words=$2 status=0

	shift 2
	"$@" >"$tmp/said" 2>&1 || status=$?
	[ $status -eq "$want" ] && grep -q -- "$words" "$tmp/said" || {
		echo "exit $status, said: $(cat "$tmp/said")"
		return 1
	}
}

# whatever is left stopped would be a fault of its own: no test ends like that
thaw_group() {
	[ ! -e "${group:-/none}/cgroup.freeze" ] || echo 0 >"$group/cgroup.freeze"
	[ ! -e "${freezer:-/none}/freezer.state" ] || echo THAWED >"$freezer/freezer.state"
}
unpark_all() {
	for record in /run/swapadm/parked/[pc]*; do
		[ -e "$record" ] || continue
		sed -n 's/^stopped \([0-9]*\) .*/\1/p' "$record" | xargs -r kill -CONT 2>/dev/null
		thaw_group
		rm -f "$record"
	done
	[ -z "${workload_pid-}" ] || kill -CONT "$workload_pid" 2>/dev/null || true
}
nothing_parked || skip "something is parked on this machine"
at_exit unpark_all

cached_kib() { awk '$1 == "SwapCached:" { print $2 }' /proc/meminfo; }

# ---- a process -----------------------------------------------------------------------

workload_start $mib
at_exit unpark_all # before the workload's own end
cached=$(cached_kib)
check "the plan" said 0 "frozen by SIGSTOP" swapctl park --pid "$workload_pid" --dry-run
check "the plan as JSON" said 0 '"freezer": *"SIGSTOP"' swapctl park --pid "$workload_pid" --dry-run -J
check "it moved nothing" test "$(kib_of VmSwap)" -eq 0
check "it stopped nothing" runs
check "park --pid" said 0 "SIGSTOP" swapctl park --pid "$workload_pid"
check "it is stopped" is_stopped
check "it is out: $(kib_of VmSwap) KiB" test "$(kib_of VmSwap)" -ge $((mib * 1024 * 95 / 100))
cached=$(($(cached_kib) - cached))
check "the swap cache has not kept it ($cached KiB)" test $cached -le $((mib * 1024 / 20))
check "jobs says so" said 0 "pid $workload_pid (pattern): .* pushed out, frozen by SIGSTOP" swapctl jobs
check "ps says so" said 0 "pid $workload_pid .*swapctl wake --pid $workload_pid" swapctl ps
check "status says so" said 0 "pid $workload_pid (pattern)" swapctl status
check "status -J" said 0 '"freezer": *"SIGSTOP"' swapctl status -J
check "twice" said 1 "parked already" swapctl park --pid "$workload_pid"
swapctl doctor >"$tmp/said" 2>&1 || true
check "doctor has nothing to say of it" sh -c "! grep -q 'park-' '$tmp/said'"
check "the plan of wake" said 0 "from auto-" swapctl wake --pid "$workload_pid" --dry-run
check "the plan of wake as JSON" said 0 '"gone": *false' swapctl wake --pid "$workload_pid" --dry-run -J
check "it woke nothing" is_stopped
faults() { # minflt majflt
	sed 's/.*) //' "/proc/$workload_pid/stat" | cut -d' ' -f8,10
}
read -r minor major < <(faults)
check "wake" swapctl wake --pid "$workload_pid"
check "it runs" until_so runs
check "content" workload_ok
read -r touches waits < <(faults)
touches=$((touches - minor)) waits=$((waits - major))
check "pages were there before they were needed ($waits waits)" test $waits -lt $((mib * 256 / 10))
check "and mapped ($touches faults)" test $touches -lt $((mib * 256 / 10))
check "no record is left" nothing_parked
check "wake of what is not parked" said 1 "not parked" swapctl wake --pid "$workload_pid"

check "--no-freeze" said 0 "runs on" swapctl park --pid "$workload_pid" --no-freeze
check "it runs on" runs
check "--no-freeze: it is out" test "$(kib_of VmSwap)" -ge $((mib * 1024 * 9 / 10))
check "--no-freeze: wake" swapctl wake --pid "$workload_pid"
check "--no-freeze: content" workload_ok

check "in the background" said 0 "^d[0-9]" swapctl park --pid "$workload_pid" --background
job=$(grep '^d[0-9]' "$tmp/said")
check "waited for" swapctl wait "$job"
check "background: it is stopped" is_stopped
check "background: wake" swapctl wake --pid "$workload_pid"
check "background: content" workload_ok

# ---- again, where swap is just large enough ---------------------------------------------

small=$tmp/b.swap
dd if=/dev/zero of="$small" bs=1M count=$((mib * 5 / 4)) status=none
chmod 600 "$small"
mkswap -q "$small" >/dev/null
swapon -p 1000 "$small"
at_exit swapoff_quiet "$small"
swapoff "$area"
for round in first second third; do
	check "a small area: $round park" swapctl park --pid "$workload_pid"
	check "a small area: $round time out" test "$(kib_of VmSwap)" -ge $((mib * 1024 * 9 / 10))
	check "a small area: $round wake" swapctl wake --pid "$workload_pid"
done
check "a small area: content" workload_ok
swapon -p 1000 "$area"
swapoff "$small"

# ---- what has a slot already: only its own ------------------------------------------------

swapctl park --pid "$workload_pid" >/dev/null 2>&1
swapctl wake --pid "$workload_pid" >/dev/null 2>&1
coproc other { exec pattern $((mib * 4 - mib / 2)); }
other_pid=$other_PID
at_exit sh -c "kill -KILL $other_pid 2>/dev/null || true"
read -r -t 60 _ <&"${other[0]}"
free=$(awk -v a="$area" '$1 == a { print $3 - $4 }' /proc/swaps)
check "the cache of others: it does not fit into $free KiB" said 3 "does not fit" \
	swapctl park --pid "$other_pid"
check "the cache of others: nothing was frozen" runs "$other_pid"
kill -KILL "$other_pid"
wait "$other_pid" 2>/dev/null || true

# ---- it ends meanwhile, or a job is at work -------------------------------------------------

# its job has begun and moved some; at 1 MiB/s it takes longer than anything here
under_way() {
	grep -q "pid $1 (pattern): [1-9][0-9.]* MiB pushed out.*; job d" <<<"$(swapctl jobs 2>&1)"
}

for verb in park wake; do
	coproc other { exec pattern $mib; }
	other_pid=$other_PID
	at_exit sh -c "kill -KILL $other_pid 2>/dev/null || true"
	read -r -t 60 _ <&"${other[0]}"
	[ $verb = park ] || swapctl park --pid "$other_pid" >/dev/null 2>&1
	swapctl $verb --pid "$other_pid" --rate 1M >"$tmp/meanwhile" 2>&1 &
	caller=$!
	comes under_way "$other_pid"
	check "$verb: a second park names the job" said 1 "job d[0-9]* is ${verb/%e/}ing it" \
		swapctl park --pid "$other_pid"
	check "$verb: wake names the job" said 1 "wake: job d[0-9]* is ${verb/%e/}ing it" \
		swapctl wake --pid "$other_pid"
	check "$verb: before a plan" sh -c "! grep -q fits '$tmp/said'"
	check "$verb: jobs has the job's figure" said 0 \
		"pid $other_pid (pattern): [1-9][0-9.]* MiB pushed out.*; job d" swapctl jobs
	kill -KILL "$other_pid"
	status=0
	wait $caller || status=$?
	check "$verb: it ended meanwhile: exit $status, $(tail -1 "$tmp/meanwhile")" \
		sh -c "[ $status -eq 1 ] && grep -q 'it ended meanwhile' '$tmp/meanwhile'"
	check "$verb: no record is left" nothing_parked
	wait "$other_pid" 2>/dev/null || true
done

swapctl park --pid "$workload_pid" >/dev/null 2>&1
kill -CONT "$workload_pid"
check "thawed by others: the plan says so" said 0 "was frozen by SIGSTOP, and others have thawed it" \
	swapctl wake --pid "$workload_pid" --dry-run
swapctl wake --pid "$workload_pid" >/dev/null 2>&1
check "thawed by others: content" workload_ok

# ---- others had a hand in it ------------------------------------------------------------

swapctl park --pid "$workload_pid" >/dev/null 2>&1
kill -CONT "$workload_pid"
comes runs
check "thawed by hand: doctor" said 0 "park-stale\|thawed by others" swapctl doctor
check "thawed by hand: wake" said 0 "thawed already" swapctl wake --pid "$workload_pid"
check "thawed by hand: content" workload_ok

kill -STOP "$workload_pid"
comes is_stopped
check "stopped by others: park" said 0 "somebody else" swapctl park --pid "$workload_pid"
check "stopped by others: wake" said 0 "somebody else" swapctl wake --pid "$workload_pid"
check "stopped by others: it stays so" is_stopped
kill -CONT "$workload_pid"
check "stopped by others: content" workload_ok

sleep 100 &
other=$!
at_exit sh -c "kill -KILL $other 2>/dev/null || true"
swapctl park --pid $other >/dev/null 2>&1
kill -KILL $other
wait $other 2>/dev/null || true
check "it has died: jobs" said 0 "has ended while it was parked" swapctl jobs
check "it has died: wake" said 1 "ended while it was parked" swapctl wake --pid $other
check "it has died: no record" nothing_parked

# nothing of it is in swap: who looks for it finds it all the same
sleep 100 &
other=$!
comes grep -qx sleep "/proc/$other/comm" # not before exec
swapctl park --pid $other >/dev/null 2>&1
swapoff "$area"
check "nothing in swap: $(kib_of VmSwap $other) KiB" test "$(kib_of VmSwap $other)" -eq 0
check "nothing in swap: swaptop shows it" said 0 "parked sleep" \
	swaptop --once --pane processes --size 120x40
check "nothing in swap: wake" swapctl wake --pid $other
swapon -p 1000 "$area"
kill -KILL $other
wait $other 2>/dev/null || true

# a record that can't be read: doctor says how to go on without it, and that works
swapctl park --pid "$workload_pid" >/dev/null 2>&1
record=/run/swapadm/parked/p$workload_pid
truncate -s 20 "$record"
check "a damaged record: wake" said 1 "swapctl doctor" swapctl wake --pid "$workload_pid"
check "a damaged record: park" said 1 "swapctl doctor" swapctl park --pid "$workload_pid"
check "a damaged record: doctor" said 0 "frozen still" swapctl doctor
remedy=$(swapctl doctor -J | sed -n '/park-damaged/,/}/s/^ *"remedy": "\(.*\)"$/\1/p')
check "a damaged record: $remedy" sh -c "$remedy"
check "a damaged record: it runs" until_so runs
check "a damaged record: it is gone" nothing_parked
check "a damaged record: content" workload_ok

# the number belongs to another process now: that is not touched
swapctl park --pid "$workload_pid" >/dev/null 2>&1
record=/run/swapadm/parked/p$workload_pid
sed -i 's/^start .*/start 1/; s/^\(stopped [0-9]*\) .*/\1 1/' "$record"
check "a number that was given anew" said 1 "ended while it was parked" \
	swapctl wake --pid "$workload_pid"
check "who has it now is left alone" is_stopped
kill -CONT "$workload_pid"
check "number: content" workload_ok

# ---- killed -------------------------------------------------------------------------------

is_waking() { grep -q "pid $workload_pid (pattern): .*; job d" <<<"$(swapctl jobs 2>&1)"; }
worker_of() { sed -n 's/^worker \([0-9]*\)$/\1/p' "/run/swapadm/parked/$1" 2>/dev/null; }

has_worker() { [ -n "$(worker_of "$1")" ]; }

# after a kill -9 of the worker: what is stopped has a record, and wake frees it
freed() {
	if is_stopped && nothing_parked; then
		echo "stopped without a record"
		return 1
	fi
	if ! nothing_parked; then
		said 0 "park-unfinished\|that was to park or wake" swapctl doctor &&
			swapctl wake --pid "$workload_pid" >"$tmp/said" 2>&1 || return 1
	fi
	until_so runs && nothing_parked
}

for moment in 0.01 0.03 0.1 0.3 1; do
	swapctl park --pid "$workload_pid" --rate 1M >/dev/null 2>&1 &
	caller=$!
	comes test -e "/run/swapadm/parked/p$workload_pid"
	sleep $moment
	worker=$(worker_of "p$workload_pid")
	[ -z "$worker" ] || kill -KILL "$worker" 2>/dev/null || true
	wait $caller || true
	check "the worker is killed after $moment s" freed
	check "content" workload_ok
done
for moment in 0 0.05 0.5; do
	swapctl park --pid "$workload_pid" --rate 1M >/dev/null 2>&1 &
	caller=$!
	comes test -e "/run/swapadm/parked/p$workload_pid"
	sleep $moment
	kill -KILL $caller 2>/dev/null || true
	wait $caller 2>/dev/null || true
	check "swapctl is killed after $moment s: it runs again" until_so nothing_parked
	check "it does" until_so runs
	check "content" workload_ok
done

swapctl park --pid "$workload_pid" --rate 1M >"$tmp/said" 2>&1 &
caller=$!
comes is_stopped
strike INT $caller
status=0
wait $caller || status=$?
check "Ctrl-C: exit $status" test $status -eq 130
check "Ctrl-C: says so" grep -q "cancelling: pid $workload_pid is thawed and runs again" "$tmp/said"
check "Ctrl-C: it runs" until_so runs
check "Ctrl-C: no record" nothing_parked
check "Ctrl-C: content" workload_ok

swapctl park --pid "$workload_pid" >/dev/null 2>&1
swapctl wake --pid "$workload_pid" --rate 1M >/dev/null 2>&1 &
caller=$!
comes is_waking
check "while it is woken: park has to wait" said 1 "job d[0-9]* is waking it" \
	swapctl park --pid "$workload_pid"
comes has_worker "p$workload_pid"
kill -KILL "$(worker_of "p$workload_pid")"
wait $caller || true
check "the worker of wake is killed: it is stopped still" is_stopped
check "the worker of wake is killed" freed
check "content" workload_ok

swapctl park --pid "$workload_pid" >/dev/null 2>&1
swapctl wake --pid "$workload_pid" --rate 1M >/dev/null 2>&1 &
caller=$!
comes is_waking
strike INT $caller
wait $caller || true
check "Ctrl-C of a wake thaws" until_so runs
check "and leaves no record" nothing_parked
check "content" workload_ok

# ---- who is never frozen ----------------------------------------------------------------

check "this shell" said 1 "runs this command" swapctl park --pid $$
swapctl park --pid "$workload_pid" --rate 1M >/dev/null 2>&1 &
caller=$!
comes is_stopped
check "a worker" said 1 "is a program of swapadm" swapctl park --pid "$(worker_of "p$workload_pid")"
check "who waits for it" said 1 "is a program of swapadm" swapctl park --pid $caller
strike INT $caller
wait $caller || true
check "it runs again" until_so runs
check "its parent" said 1 "park:" swapctl park --pid $PPID
# shellcheck disable=SC2016 # of the inner shell
check "itself" said 1 "this program itself" sh -c 'exec swapctl park --pid $$'
check "init" said 1 "init" swapctl park --pid 1
check "a thread of the kernel" said 1 "kthreadd" swapctl park --pid 2
check "no such process" said 1 "no such process" swapctl park --pid 4194303
check "the root group" said 1 "whole machine" swapctl park --cgroup /
check "no such group" said 1 "no such memory cgroup" swapctl park --cgroup /nonesuch
check "nobody named" said 2 "whose" swapctl park
check "an unknown tier" said 1 "nonesuch" swapctl park --pid "$workload_pid" --to nonesuch
check "the first tier is as good as none" said 0 "to auto-" swapctl park --pid "$workload_pid" \
	--to "$(swapctl list -n -r -o TIER "$area" | head -1)" --dry-run
check "nothing was frozen" runs

# SIGSTOP of who is traced goes to the tracer: nobody would know when it stops
if command -v python3 >/dev/null; then
	traced() { awk '$1 == "TracerPid:" { exit !$2 }' "/proc/$workload_pid/status"; }
	python3 -c 'import ctypes, sys, time
libc, pid = ctypes.CDLL(None, use_errno=True), int(sys.argv[1])
if libc.ptrace(0x4206, pid, 0, 0): # PTRACE_SEIZE
	sys.exit("PTRACE_SEIZE: %d" % ctypes.get_errno())
time.sleep(1000)' "$workload_pid" &
	tracer=$!
	comes traced
	check "traced: refused" said 1 "is traced by process $tracer" \
		swapctl park --pid "$workload_pid"
	check "traced: nothing was frozen" runs
	check "traced: --no-freeze" said 0 "runs on" swapctl park --pid "$workload_pid" --no-freeze
	check "traced: wake" swapctl wake --pid "$workload_pid"
	kill $tracer
	wait $tracer || true
	check "traced: content" workload_ok
fi

# what can't go is not frozen for nothing
if command -v python3 >/dev/null; then
	coproc locked {
		exec python3 -c 'import ctypes, sys
libc, memory = ctypes.CDLL(None, use_errno=True), bytearray(b"x") * (24 << 20)
if libc.mlockall(3):
	sys.exit("mlockall: %d" % ctypes.get_errno())
print("ready", flush=True)
sys.stdin.read()'
	}
	locked_pid=$locked_PID locked_in=${locked[1]}
	at_exit sh -c "kill -KILL $locked_pid 2>/dev/null || true"
	read -r -t 60 _ <&"${locked[0]}"
	check "locked memory: exit 3" said 3 "not parked, it runs again" swapctl park --pid "$locked_pid"
	check "locked memory: it runs" until_so runs "$locked_pid"
	check "locked memory: no record" nothing_parked
	eval "exec $locked_in>&-"
	wait "$locked_pid" || true

	# but what was in swap before counts as gone
	coproc locked {
		exec python3 -c 'import ctypes, mmap, sys
libc, memory = ctypes.CDLL(None, use_errno=True), bytearray(b"x") * (40 << 20)
part = mmap.mmap(-1, 2 << 20, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
if libc.mlock(ctypes.byref(ctypes.c_char.from_buffer(part)), ctypes.c_size_t(2 << 20)):
	sys.exit("mlock: %d" % ctypes.get_errno())
print("ready", flush=True)
sys.stdin.read()'
	}
	locked_pid=$locked_PID locked_in=${locked[1]}
	at_exit sh -c "kill -KILL $locked_pid 2>/dev/null || true"
	read -r -t 60 _ <&"${locked[0]}"
	swapctl swapout --pid "$locked_pid" >/dev/null 2>&1
	for force in "" --force; do
		# shellcheck disable=SC2086 # none, or one
		check "locked memory, the rest was out: park $force" said 0 "MiB stay in memory: locked" \
			swapctl park --pid "$locked_pid" $force
		check "locked memory, the rest was out: it is stopped" is_stopped "$locked_pid"
		swapctl wake --pid "$locked_pid" >/dev/null 2>&1 || true
		swapctl swapout --pid "$locked_pid" >/dev/null 2>&1
	done
	eval "exec $locked_in>&-"
	wait "$locked_pid" || true
fi

# what has no room is refused as a whole
small=$tmp/small.swap
dd if=/dev/zero of="$small" bs=1M count=$((mib / 2)) status=none
chmod 600 "$small"
mkswap -q "$small" >/dev/null
swapoff "$area"
if [ "$(wc -l </proc/swaps)" -eq 1 ]; then
	swapon "$small"
	at_exit swapoff_quiet "$small"
	check "no room: exit 3" said 3 "do not fit into" swapctl park --pid "$workload_pid"
	check "no room: nothing was frozen" runs
	check "no room, forced" said 4 "stay in memory: swap is full" \
		swapctl park --pid "$workload_pid" --force
	check "no room, forced: wake" swapctl wake --pid "$workload_pid"
	check "no room, forced: content" workload_ok
	swapoff "$small"
fi
swapon -p 1000 "$area"
workload_end || fail "the workload's end"

# ---- a cgroup ---------------------------------------------------------------------------

make_group || {
	echo "no memory cgroup can be made here: those are not tested"
	finish
}
name=/${group##*/}

# its freezer, where version 1 has one: $freezer
freezer=
mount=$(awk '$3 == "cgroup" && $4 ~ /(^|,)freezer(,|$)/ { print $2; exit }' /proc/mounts)
if [ ! -e "$group/cgroup.freeze" ] && [ -n "$mount" ]; then
	freezer=$mount$name
	mkdir "$freezer"
	at_exit rmdir "$freezer"
	at_exit sh -c "echo THAWED >'$freezer/freezer.state' || true"
fi

# join GROUPS...: a workload in them
start_in() {
	coproc workload {
		for into; do
			echo "$BASHPID" >"$into/cgroup.procs"
		done
		exec pattern $mib
	}
	workload_in=${workload[1]} workload_out=${workload[0]}
	at_exit workload_kill
	read -r -t 120 _ workload_pid _ <&"$workload_out"
}

frozen() { # by the group's own file
	if [ -n "$freezer" ]; then
		[ "$(cat "$freezer/freezer.state")" = FROZEN ]
	else
		grep -q '^frozen 1' "$group/cgroup.events"
	fi
}
thawed() { ! frozen; }

if [ -n "$freezer" ] || [ -e "$group/cgroup.freeze" ]; then
	start_in "$group" ${freezer:+"$freezer"}
	check "park --cgroup" said 0 "frozen by \(cgroup.freeze\|freezer.state\)" \
		swapctl park --cgroup "$name"
	check "it is frozen" frozen
	check "cgroup: it is out: $(kib_of VmSwap) KiB" \
		test "$(kib_of VmSwap)" -ge $((mib * 1024 * 95 / 100))
	used=$(cat "$group/memory.usage_in_bytes" 2>/dev/null || cat "$group/memory.current")
	check "it left memory ($((used >> 10)) KiB charged)" test $((used >> 20)) -le $((mib / 10))
	check "a process of it: refused" said 1 "cgroup $name is parked" \
		swapctl park --pid "$workload_pid"
	check "wake --cgroup" swapctl wake --cgroup "$group"
	check "it is thawed" thawed
	check "cgroup: content" workload_ok
	# its pages have their slots still: swap does not grow by them
	began=$(date +%s%N)
	check "again, at a rate" swapctl park --cgroup "$name" --rate 16M
	took=$((($(date +%s%N) - began) / 1000000))
	check "again: the rate is kept ($took ms)" test $took -ge $((mib * 1000 / 16 * 8 / 10))
	check "again: wake" swapctl wake --cgroup "$name"
	check "again: content" workload_ok
	# its memory is charged to the group that it was in before
	check "moved in later: the end of the one before" workload_end
	[ -z "$freezer" ] || was=$(dirname "$freezer")
	start_in "$(dirname "$group")" ${freezer:+"$was"}
	echo "$workload_pid" >"$group/cgroup.procs"
	[ -z "$freezer" ] || echo "$workload_pid" >"$freezer/cgroup.procs"
	cached=$(cached_kib)
	check "moved in later: park" said 0 "frozen by" swapctl park --cgroup "$name"
	check "moved in later: it is out" test "$(kib_of VmSwap)" -ge $((mib * 1024 * 95 / 100))
	cached=$(($(cached_kib) - cached))
	check "moved in later: not in the swap cache ($cached KiB)" test $cached -le $((mib * 1024 / 20))
	check "moved in later: wake" swapctl wake --cgroup "$name"
	check "moved in later: content" workload_ok
	# the rate is of all of them, not of each
	coproc second { exec pattern 32; }
	second_pid=$second_PID second_in=${second[1]}
	at_exit sh -c "kill -KILL $second_pid 2>/dev/null || true"
	read -r -t 60 _ <&"${second[0]}"
	echo "$second_pid" >"$group/cgroup.procs"
	[ -z "$freezer" ] || echo "$second_pid" >"$freezer/cgroup.procs"
	began=$(date +%s%N)
	check "two at a rate" swapctl park --cgroup "$name" --rate 16M
	took=$((($(date +%s%N) - began) / 1000000))
	check "two: the rate is kept ($took ms)" \
		test $took -ge $(((mib + 32) * 1000 / 16 * 8 / 10))
	check "two: wake" swapctl wake --cgroup "$name"
	check "two: content" workload_ok
	eval "exec $second_in>&-"
	wait "$second_pid" || true
	swapctl park --pid "$workload_pid" >/dev/null 2>&1
	check "a group with a parked process: refused" said 1 "pid $workload_pid is parked" \
		swapctl park --cgroup "$name"
	check "the process runs again" swapctl wake --pid "$workload_pid"
	check "both: content" workload_ok
	check "cgroup: no record" nothing_parked

	# shellcheck disable=SC2016 # of the inner shell
	check "a group that holds this command" said 1 "which is this program itself" \
		sh -c 'echo $$ >"$1/cgroup.procs" && exec swapctl park --cgroup "$2"' - \
		"$group" "$name"
	was=$(readlink -f "${group%/*}")
	echo $$ >"$group/cgroup.procs"
	# shellcheck disable=SC2016
	check "a group that holds its shell" said 1 "process $$ .* which runs this command" \
		sh -c 'echo $$ >"$1/cgroup.procs" && exec swapctl park --cgroup "$2"' - \
		"$was" "$name"
	echo $$ >"$was/cgroup.procs"
	check "they froze nothing" thawed

	for moment in 0.02 0.4; do
		swapctl park --cgroup "$name" --rate 1M >/dev/null 2>&1 &
		caller=$!
		comes frozen
		sleep $moment
		comes has_worker "c$(stat -c %i "$group")"
		kill -KILL "$(worker_of "c$(stat -c %i "$group")")"
		wait $caller || true
		check "the worker is killed after $moment s: frozen" frozen
		check "doctor finds it" said 0 "that was to park or wake" swapctl doctor
		check "wake frees it" swapctl wake --cgroup "$name"
		check "it is thawed" thawed
		check "content" workload_ok
	done

	[ -z "$freezer" ] || echo FROZEN >"$freezer/freezer.state"
	[ -n "$freezer" ] || echo 1 >"$group/cgroup.freeze"
	comes frozen
	check "frozen by others: park" said 0 "somebody else" swapctl park --cgroup "$name"
	check "frozen by others: wake" said 0 "somebody else" swapctl wake --cgroup "$name"
	check "frozen by others: it stays so" frozen
	check "a process of it: park" said 0 "somebody else" swapctl park --pid "$workload_pid"
	check "a process of it: wake" said 0 "somebody else" swapctl wake --pid "$workload_pid"
	[ -z "$freezer" ] || echo THAWED >"$freezer/freezer.state"
	[ -n "$freezer" ] || echo 0 >"$group/cgroup.freeze"
	check "frozen by others: content" workload_ok

	swapctl park --cgroup "$name" >/dev/null 2>&1
	limit_was=$(cat "$group/$limit")
	echo $((8 << 20)) >"$group/$limit"
	[ ! -e "$group/memory.swappiness" ] || echo 0 >"$group/memory.swappiness"
	[ ! -e "$group/memory.swap.max" ] ||
		cat "$group/memory.swap.current" >"$group/memory.swap.max"
	check "memory is short: exit 3" said 3 "memory limit" swapctl wake --cgroup "$name"
	check "memory is short: it is frozen still" frozen
	[ ! -e "$group/memory.swappiness" ] || echo 60 >"$group/memory.swappiness"
	[ ! -e "$group/memory.swap.max" ] || echo max >"$group/memory.swap.max"
	check "memory is short, forced" swapctl wake --cgroup "$name" --force
	check "memory is short, forced: thawed" thawed
	echo "$limit_was" >"$group/$limit" 2>/dev/null || echo -1 >"$group/$limit"
	check "memory is short: content" workload_ok

	check "an empty group" workload_end
	check "is refused" said 1 "no process is in it" swapctl park --cgroup "$name"
fi

# without a freezer of just these processes: signals, also to those that fork meanwhile
if [ ! -e "$group/cgroup.freeze" ]; then
	start_in "$group"
	sh -c "echo \$\$ >'$group/cgroup.procs'; kill -STOP \$\$; exec sleep 100" &
	asleep=$!
	at_exit sh -c "kill -KILL $asleep 2>/dev/null || true"
	comes is_stopped $asleep
	bash -c "echo \$\$ >'$group/cgroup.procs'; while :; do sleep 0.01; done" &
	forks=$!
	at_exit sh -c "kill -KILL $forks 2>/dev/null || true"
	comes sh -c "grep -q '^$forks\$' '$group/cgroup.procs'"
	check "by signals" said 0 "frozen by SIGSTOP" swapctl park --cgroup "$name"
	check "the workload is stopped" is_stopped
	check "who forks is stopped" is_stopped $forks
	all=0
	while read -r pid; do
		is_stopped "$pid" || all=$pid
	done <"$group/cgroup.procs"
	check "all of them are" test $all = 0
	check "by signals: wake" swapctl wake --cgroup "$name"
	check "the workload runs" until_so runs
	check "who forks runs" until_so runs $forks
	check "who was stopped before stays so" is_stopped $asleep
	check "by signals: content" workload_ok
	kill -KILL $forks $asleep
	kill -CONT $asleep 2>/dev/null || true
	wait $forks $asleep 2>/dev/null || true

	# the group goes while it is parked
	swapctl park --cgroup "$name" >/dev/null 2>&1
	kill -KILL "$workload_pid"
	wait "$workload_pid" 2>/dev/null || true
	workload_pid=
	comes rmdir "$group"
	check "the group is gone" said 1 "was removed while it was parked" \
		swapctl wake --cgroup "$name"
	check "and made anew it is not parked" mkdir "$group"
	check "no record" nothing_parked

	# the group goes, and one of its name is parked
	start_in "$group"
	swapctl park --cgroup "$name" >/dev/null 2>&1
	kill -KILL "$workload_pid"
	wait "$workload_pid" 2>/dev/null || true
	comes rmdir "$group"
	mkdir "$group"
	start_in "$group"
	check "made anew and parked" said 0 "dropped the record of a group" \
		swapctl park --cgroup "$name"
	check "one record: $(n_records)" test "$(n_records)" -eq 1
	swapctl doctor >"$tmp/said" 2>&1 || true
	check "doctor has nothing to say of it" sh -c "! grep -q 'park-' '$tmp/said'"
	check "made anew: wake" swapctl wake --cgroup "$name"
	check "made anew: content" workload_ok
	check "made anew: no record" nothing_parked
	check "made anew: the end of it" workload_end
fi

# ---- in a pid namespace, as in a container -------------------------------------------

# its init: answers each line of a FIFO with the status and the words of the command
cat >"$tmp/container" <<'EOS'
sleep 1000 & echo $! >"$1/ns-pid.new"
mv "$1/ns-pid.new" "$1/ns-pid"
while read -r line; do
	$line >"$1/ns-said" 2>&1
	echo $? >"$1/ns-status"
done <"$1/ns-in"
kill -KILL %1 2>/dev/null
EOS
enter() {
	rm -f "$tmp"/ns-*
	mkfifo "$tmp/ns-in"
	unshare --pid --fork --mount-proc bash "$tmp/container" "$tmp" &
	container=$!
	exec 7>"$tmp/ns-in"
	comes test -s "$tmp/ns-pid"
	inner=$(<"$tmp/ns-pid")
}
leave() {
	exec 7>&-
	wait $container || true # its last command
}
inside() { # STATUS WORDS COMMAND...
	local want=$1 words=$2

	shift 2
	rm -f "$tmp/ns-status"
	echo "$*" >&7
	comes test -s "$tmp/ns-status"
	echo >>"$tmp/ns-said" # grep finds "" only where there is a line
	[ "$(<"$tmp/ns-status")" -eq "$want" ] && grep -q -- "$words" "$tmp/ns-said" || {
		echo "exit $(<"$tmp/ns-status"), said: $(cat "$tmp/ns-said")"
		return 1
	}
}

if unshare --pid --fork --mount-proc true 2>/dev/null; then
	sleep 1000 &
	asleep=$!
	at_exit kill $asleep
	check "a /proc of another namespace" said 1 "/proc is that of another pid namespace" \
		unshare --pid --fork swapctl park --force --pid $asleep
	check "it was not stopped" runs $asleep
	enter
	check "container: park" inside 0 SIGSTOP swapctl park --force --pid "$inner"
	check "container: seen from outside" said 0 "in another namespace" swapctl ps
	check "container: not woken from outside" said 1 "parked in another pid namespace" \
		swapctl wake --pid "$inner"
	check "container: its record stays" test "$(n_records)" -eq 1
	check "container: wake" inside 0 "" swapctl wake --pid "$inner"
	check "container: no record" nothing_parked
	check "container: park again" inside 0 SIGSTOP swapctl park --force --pid "$inner"
	inside 0 "" kill -KILL "$inner"
	check "container: it is gone" inside 1 "it has ended while it was parked" \
		swapctl wake --pid "$inner"
	check "container: no record of it" nothing_parked
	leave
	enter
	check "container: park for good" inside 0 SIGSTOP swapctl park --force --pid "$inner"
	leave
	check "container has ended: doctor" said 0 "recorded as parked" swapctl doctor
	check "container has ended: wake" said 1 "it has ended while it was parked" \
		swapctl wake --pid "$inner"
	check "container has ended: no record" nothing_parked
fi

finish
