#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# swapctl park and wake on a disk: how much of the anonymous memory leaves RAM, and what wake
# takes against a process that is thawed and faults everything back itself, taking turns.
#
# usage: tests/bench/park.sh
# Environment: MIB (256), ROUNDS (5), SWAPADM_TEST_DIR (folder of the swap file: /var/tmp),
# SWAPADM_BUILD (build). Needs root, no other swap, a memory cgroup with a freezer.
#
# In each turn the cgroup is parked anew, which also empties the swap cache. Both times end
# when the workload has read and verified every page; shown are also that of wake alone, that of
# its job, which is wake without plan and start, and the time of a pass over memory that is
# there, which both contain. At the end a neighbour outside
# the cgroup reads its own pages back from the same disk, 100 at random at a time: the 99th
# percentile of its faults, alone, during wake, and while the workload faults all back itself.
cd "$(dirname "$0")/../.."
# shellcheck source=tests/lib/built.sh
. tests/lib/built.sh
# shellcheck source=tests/live/lib.sh
. tests/live/lib.sh
need_root
need_no_swap
make_tmp
mib=${MIB:-256} rounds=${ROUNDS:-5}

area=$tmp/a.swap
dd if=/dev/zero of="$area" bs=1M count=$((mib * 3)) status=none
chmod 600 "$area"
mkswap -q "$area" >/dev/null
swapon "$area"
at_exit swapoff_quiet "$area"
make_group || skip "no memory cgroup can be made"
name=/${group##*/}
freezer=
if [ ! -e "$group/cgroup.freeze" ]; then
	mount=$(awk '$3 == "cgroup" && $4 ~ /(^|,)freezer(,|$)/ { print $2; exit }' /proc/mounts)
	[ -n "$mount" ] || skip "no freezer"
	freezer=$mount$name
	mkdir "$freezer"
	at_exit rmdir "$freezer"
	at_exit sh -c "echo THAWED >'$freezer/freezer.state' || true"
fi
coproc workload {
	for into in "$group" ${freezer:+"$freezer"}; do
		echo "$BASHPID" >"$into/cgroup.procs"
	done
	exec pattern "$mib"
}
workload_in=${workload[1]} workload_out=${workload[0]}
at_exit workload_kill
read -r -t 120 _ workload_pid _ <&"$workload_out"
at_exit sh -c "swapctl wake --cgroup $name --force >/dev/null 2>&1 || true"

now() { date +%s.%N; }
since() { echo "$(now) $1" | awk '{ printf "%.3f\n", $1 - $2 }'; }
median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

park() {
	swapctl park --cgroup "$name" >"$tmp/said" 2>&1 || {
		cat "$tmp/said"
		exit 1
	}
}

thaw_by_hand() {
	if [ -n "$freezer" ]; then
		echo THAWED >"$freezer/freezer.state"
	else
		echo 0 >"$group/cgroup.freeze"
	fi
}

out_pct() { # of the anonymous memory, the swap cache does not count
	local cached

	cached=$(awk '$1 == "total_swapcached" || $1 == "swapcached" { print int($2 / 1024); exit }' \
		"$group/memory.stat")
	awk -v mib="$mib" -v cached="${cached:-0}" '$1 == "VmSwap:" {
		printf "%.1f\n", ($2 - cached) / (mib * 10.24) }' "/proc/$workload_pid/status"
}

# ---- a neighbour, with pages on the same disk
{ coproc neighbour { exec "$build/tests/vm/pageworker" $((mib / 2)); }; } 2>/dev/null
at_exit sh -c "kill -KILL $neighbour_PID 2>/dev/null || true"
neighbour_in=${neighbour[1]} neighbour_out=${neighbour[0]}
read -r _ <&"$neighbour_out"

ask_neighbour() {
	echo "$1" >&"$neighbour_in"
	read -r answer <&"$neighbour_out"
	case $answer in ok*) ;; *) fail "the neighbour: $answer" ;; esac
}

# neighbour_p99 FILE CMD...: of its faults, one line for each 100, until CMD is done
neighbour_p99() {
	local file=$1 pid

	shift
	ask_neighbour out
	sleep 1
	"$@" >/dev/null 2>&1 &
	pid=$!
	while kill -0 $pid 2>/dev/null; do
		ask_neighbour "random 100"
		sed 's/.* p99 \([0-9.]*\) .*/\1/' <<<"$answer" >>"$tmp/$file"
	done
	wait $pid
}

fault_back() {
	thaw_by_hand
	workload_ok
}

for ((i = 0; i < rounds; i++)); do
	began=$(now)
	park
	since "$began" >>"$tmp/park"
	sleep 3 # version 1 counts with a delay
	out_pct >>"$tmp/out"
	began=$(now)
	swapctl wake --cgroup "$name" -J >"$tmp/said" 2>&1
	since "$began" >>"$tmp/wake"
	sed -n '$s/.*"elapsed_ns": *\([0-9]*\).*/\1/p' "$tmp/said" |
		awk '{ printf "%.3f\n", $1 / 1e9 }' >>"$tmp/job"
	workload_ok
	since "$began" >>"$tmp/wake_all"
	began=$(now)
	workload_ok
	since "$began" >>"$tmp/there"

	park
	sleep 3
	began=$(now)
	thaw_by_hand
	workload_ok
	since "$began" >>"$tmp/faults"
	swapctl wake --cgroup "$name" >/dev/null 2>&1

	neighbour_p99 p99_alone sleep 1
	park
	neighbour_p99 p99_wake swapctl wake --cgroup "$name"
	workload_ok
	park
	neighbour_p99 p99_faults fault_back
	swapctl wake --cgroup "$name" >/dev/null 2>&1
done
sync
began=$(now)
dd if="$area" of=/dev/null bs=1M count="$mib" iflag=direct status=none
disk=$(since "$began")
for what in out park wake job wake_all there faults; do
	printf '%-9s %s\n' $what "$(median <"$tmp/$what")"
done
awk -v d="$disk" -v w="$(median <"$tmp/wake")" -v a="$(median <"$tmp/wake_all")" \
	-v j="$(median <"$tmp/job")" -v t="$(median <"$tmp/there")" -v f="$(median <"$tmp/faults")" -v mib="$mib" 'BEGIN {
	printf "disk      %.3f s: %.0f MiB/s in one piece\n", d, mib / d
	printf "faults / wake alone: %.1f; faults / (wake and a pass): %.1f\n", (f - t) / w, f / a
	printf "bandwidth: of wake %.2f, of its job %.2f of the disk\n", d / w, d / j }'
awk -v a="$(median <"$tmp/p99_alone")" -v w="$(median <"$tmp/p99_wake")" \
	-v f="$(median <"$tmp/p99_faults")" 'BEGIN {
	printf "neighbour: p99 of faults alone %.0f us, during wake %.0f us (%.1f x)", a, w, w / a
	printf ", while the workload faults %.0f us (%.1f x)\n", f, f / a }'
ask_neighbour verify
echo quit >&"$neighbour_in"
workload_end
