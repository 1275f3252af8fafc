# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154
#
# What storms share: choices that follow from $seed, so that the same seed makes the same ones,
# and programs that are killed. The kills, moments and victims are the same then; how far a
# program had come at that moment is the machine's affair.

# storm_options ARGS...: sets $seed and $rounds
storm_options() {
	while [ $# -gt 0 ]; do
		case $1 in
		--seed) seed=$2 ;;
		--rounds) rounds=$2 ;;
		--layer) layer=$2 ;;
		--only) only=$2 ;;
		*)
			echo "unknown option: $1" >&2
			exit 2
			;;
		esac
		shift 2
	done
	RANDOM=$seed
}

# below N: sets $r to one of 0 .. N-1. Not in a subshell, whose numbers would be others.
below() {
	r=$(((RANDOM << 15 | RANDOM) % $1))
}

# any WORD...: one of them, in $it
any() {
	local words=("$@")

	below $#
	it=${words[r]}
}

# now_us: sets $now
now_us() {
	now=${EPOCHREALTIME/./}
}

# pause_us MICROSECONDS: without a program, which would take longer
pause_us() {
	local text

	[ -n "${never-}" ] || {
		exec {never}<> <(:)
	}
	printf -v text '%d.%06d' $(($1 / 1000000)) $(($1 % 1000000))
	read -r -t "$text" -u "$never" || true
}

# ---- processes -----------------------------------------------------------------------------

# storm_group: a cgroup for what is killed, in $pen; no process leaves it, whoever its parent is
storm_group() {
	local mount

	mount=$(awk '$3 == "cgroup" && $4 ~ /(^|,)pids(,|$)/ { v1 = $2 } $3 == "cgroup2" { v2 = $2 }
		END { print v1 ? v1 : v2 }' /proc/mounts)
	pen=$mount/storm-$$
	mkdir "$pen"
	at_exit close_group
}

close_group() {
	penned
	[ ${#pids[@]} -eq 0 ] || kill -KILL "${pids[@]}" 2>/dev/null || true
	all_ended
	rmdir "$pen"
}

# penned: the processes that are at work, in $pids
penned() {
	mapfile -t pids <"$pen/cgroup.procs"
}

# release CMD...: started in the pen; $victim, its words in $tmp/said
release() {
	(
		echo "$BASHPID" >"$pen/cgroup.procs"
		exec "$@"
	) >"$tmp/said" 2>&1 </dev/null &
	victim=$!
}

# strike: kill what $whom says; counts what was alive in $struck
strike() {
	local pid list=()

	penned
	case $whom in
	command) list=("$victim") ;;
	all) list=("${pids[@]}") ;;
	workers)
		for pid in "${pids[@]}"; do
			[ "$pid" = "$victim" ] || list+=("$pid")
		done
		[ ${#list[@]} -gt 0 ] || list=("$victim")
		;;
	esac
	struck=0
	for pid in "${list[@]}"; do
		[[ " ${pids[*]} " == *" $pid "* ]] || continue
		! kill -KILL "$pid" 2>/dev/null || struck=$((struck + 1))
	done
}

# is_at_work: of the victim. `kill -0` is true of a process that has ended as long as the shell has
# not looked for it, and a shell that only waits for time may not look
is_at_work() {
	local line

	{ read -r line <"/proc/$victim/stat"; } 2>/dev/null || return 1
	line=${line##*) }
	[ "${line:0:1}" != Z ]
}

# await_victim: the command's end, in $status; one that hangs is a fault
await_victim() {
	local i limit=30000

	# where all memory is watched everything takes its time
	[[ $(uname -r) != *debug* ]] || limit=120000
	status=0
	for ((i = 0; i < limit; i++)); do
		is_at_work || break
		pause_us 10000
	done
	if [ $i -eq $limit ]; then
		echo "hangs: $(ps -o pid,stat,wchan:20,args -p "$victim")"
		kill -KILL "$victim"
	fi
	{ wait "$victim" || status=$?; } 2>/dev/null # which says that it was killed
	[ $i -lt $limit ]
}

# all_ended: nothing of it is at work a minute later
all_ended() {
	local i list

	for ((i = 0; i < 6000; i++)); do
		penned
		[ ${#pids[@]} -gt 0 ] || return 0
		pause_us 10000
	done
	printf -v list '%s,' "${pids[@]}"
	echo "at work still: $(ps -o pid,ppid,stat,wchan:20,args -p "${list%,}" || true)"
	return 1
}
