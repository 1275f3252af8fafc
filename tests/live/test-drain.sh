#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Drains of the direct layer on real areas, and what may happen to them: content is verified
# after each, and the area is either away or as it was.
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/lib.sh"
need_root
make_tmp
private_state
mib=16 # the disk may be slow, and each part pages all of it out

# make_area NAME MIB [PRIORITY]: a swap file with real blocks, active
make_area() {
	local file=$tmp/$1.swap

	[ -e "$file" ] || {
		dd if=/dev/urandom of="$file" bs=1M count="$2" status=none
		chmod 600 "$file"
		mkswap -q "$file" >/dev/null
	}
	swapon -p "${3-1000}" "$file"
	at_exit swapoff_quiet "$file"
}

# fresh FLAGS...: the area "a" with a workload's pages on it
fresh() {
	make_area a $((mib + 16))
	workload_start "$@" $mib
	workload_do out
	area=$tmp/a.swap
}

# the workload's last word, the area away in any case
done_with() {
	check "$1: content" workload_ok
	workload_end || fail "$1: the workload's end"
	swapoff_quiet "$tmp/a.swap"
}

kill_quiet() {
	kill "$1" 2>/dev/null || true
}

is_off() {
	! swap_active "$tmp/a.swap"
}

field() { # JOB state|phase
	swapctl jobs -n -r -o "JOB,${2^^}" | awk -v id="$1" '$1 == id { print $2 }'
}

in_state() { # JOB STATE
	[ "$(field "$1" state)" = "$2" ]
}

is_over() { # JOB
	[[ $(field "$1" state) != @(running|paused|) ]]
}

# state_is JOB STATE: it comes to that
state_is() {
	until_so in_state "$@" && return 0
	echo "job $1 is $(field "$1" state), not $2"
	return 1
}

# without a program: some parts look hundreds of times, and not to be too late
newest_job() { # sets $newest, empty without any
	local file n most=0

	newest=
	for file in /run/swapadm/jobs/d*; do
		n=${file##*/d}
		[[ $n =~ ^[0-9]+$ ]] && ((n > most)) || continue
		most=$n newest=d$n
	done
}

rate=256K # a minute: where nobody waits for its end

# slow_drain [RATE]: in the background, slow enough to be met in its pre-read; sets $job
slow_drain() {
	job=$(swapctl drain "$area" --rate "${1-$rate}" --background | grep -oE '\bd[0-9]+\b' | tail -n 1)
	comes in_preread
}
in_preread() {
	[ "$(field "$job" phase)" = pre-read ] || is_over "$job"
}

record() { # JOB KEY
	local key value

	while read -r key value; do
		[ "$key" != "$2" ] || echo "$value"
	done <"/run/swapadm/jobs/$1"
}

# what the newest job's record says
last_record() { # KEY
	newest_job
	record "$newest" "$1"
}

# in_swapoff LAST: until a job after LAST has its child in swapoff(2), or has come to its end;
# sets $job and $child
in_swapoff() {
	local until=$((SECONDS + 60)) key value state

	child= state=
	while [ $SECONDS -lt $until ] && [ -z "$child" ] && [[ $state != [^r]* ]]; do
		newest_job
		[ "$newest" != "$1" ] || continue
		job=$newest child= state=
		while read -r key value; do
			case $key in
			child) child=$value ;;
			state) state=$value ;;
			esac
		done <"/run/swapadm/jobs/$job"
	done
	echo "${job-} is met in swapoff(2): ${child:-no, it is $state}"
}

# ---- plain runs --------------------------------------------------------------------

for flags in "" "-s" "-c"; do
	# shellcheck disable=SC2086
	fresh $flags
	check "drain, workload '$flags'" swapctl drain "$area"
	check "'$flags': the area is away" is_off
	check "'$flags': its job says that it went to memory" test "$(last_record dest)" = memory
	check "'$flags': the pre-read was possible" test -z "$(last_record message)"
	done_with "'$flags'"
done

# ---- a hole in the types ------------------------------------------------------------

make_area hole 8 3000
make_area last 24 500
fresh -s
swapoff "$tmp/hole.swap"
check "drain behind a hole" swapctl drain "$area"
check "hole: the area is away" is_off
check "hole: the pre-read was possible" test -z "$(last_record message)"
check "hole: no probe is left" bash -c "! grep -qs swapadm-probe /sys/block/loop*/loop/backing_file && ! ls /var/tmp/.swapadm-probe* 2>/dev/null"
done_with hole
swapoff "$tmp/last.swap"

# ---- to another tier -----------------------------------------------------------------

make_area slow $((mib + 16)) 10
fresh
tier=$(swapctl list -n -r -o TIER,DEVICE | awk -v want="$tmp/slow.swap" '$2 == want { print $1 }')
check "drain --to $tier" swapctl drain "$area" --to "$tier"
check "to: the area is away" is_off
dest=$(last_record dest)
# a few pages may not have left memory again
check "to: its job says so ($dest)" eval '[[ $dest =~ ^(memory,)?$tier$ ]]'
check "to: cold pages are cold" test "$(swap_field "$tmp/slow.swap" used)" -ge $((mib * 1000))
done_with to
swapoff "$tmp/slow.swap"

# ---- two at once, pause, resume, cancel ----------------------------------------------

fresh -s
slow_drain
status=0
swapctl drain "$area" >/dev/null 2>"$tmp/second" || status=$?
check "a second drain is refused" test $status -eq 1
check "it names the job" grep -q "job $job" "$tmp/second"
status=0
swapctl drain --dry-run "$area" >/dev/null 2>"$tmp/second" || status=$?
check "so is its dry run" test $status -eq 1
check "which names the job" grep -q "job $job (drain" "$tmp/second"
check "pause" swapctl pause "$job"
check "paused" state_is "$job" paused
# to one who may not see the processes of others it is no lost one
hidden() {
	unshare -m bash -c 'mount -t proc -o hidepid=2 proc /proc && exec setpriv --reuid=65534 \
		--regid=65534 --clear-groups "$@"' - "$@"
}
if hidden swapctl --version >/dev/null 2>&1; then
	check "hidepid: paused" grep -q "^$job paused" <(hidden swapctl jobs -n -r -o JOB,STATE)
	status=0
	hidden swapctl wait "$job" --timeout 1 >/dev/null 2>"$tmp/said" || status=$?
	check "hidepid: wait waits: $status" test $status -eq 5
fi
check "resume" swapctl resume "$job"
check "running" state_is "$job" running
check "cancel" swapctl cancel "$job"
check "cancelled" state_is "$job" cancelled
check "cancel: still enabled" swap_active "$area"
check "cancel a finished one: exit 1" bash -c "swapctl cancel $job 2>/dev/null; [ \$? -eq 1 ]"
check "the area can be drained afterwards" swapctl drain "$area"
check "cancel: the area is away" is_off
done_with cancel

fresh
status=0
swapctl drain "$area" --rate $rate --timeout 1 >/dev/null 2>&1 || status=$?
check "--timeout ends with 5" test $status -eq 5
check "timeout: still enabled" swap_active "$area"
done_with timeout

# ---- someone dies ---------------------------------------------------------------------

fresh -s
slow_drain
kill -KILL "$(record "$job" worker)"
check "a killed worker is lost" state_is "$job" lost
check "lost: still enabled" swap_active "$area"
check "lost: the claim is gone" swapctl drain "$area"
check "lost: the area is away" is_off
done_with lost

begun() { # LAST: a job after that one
	newest_job
	[ "$newest" != "$1" ]
}
for signal in INT TERM KILL; do
	fresh -s
	newest_job
	before=$newest
	swapctl drain "$area" --rate $rate >/dev/null 2>&1 &
	pid=$!
	comes begun "$before"
	job=$newest
	sleep 0.$((RANDOM % 9)) # any moment of it
	strike $signal $pid
	wait $pid || true
	check "SIG$signal: the job ends" state_is "$job" cancelled
	check "SIG$signal: still enabled" swap_active "$area"
	done_with "SIG$signal"
done

# killed inside swapoff(2): the kernel notices between processes, here at the end
for victim in worker child; do
	fresh
	newest_job
	swapctl drain "$area" >/dev/null 2>&1 &
	in_swapoff "$newest"
	[ "$victim" = child ] || child=$(record "$job" worker)
	[ -z "$child" ] || kill -KILL "$child" 2>/dev/null || true
	wait $! || true
	check "killed $victim: the job is over" until_so is_over "$job"
	echo "killed $victim: $(field "$job" state), $(swap_active "$area" && echo enabled || echo off)"
	done_with "killed $victim"
done

# the swapctl in front is killed while the kernel is in swapoff(2), which notices a cancel only
# between processes: apply waits for the end, and the area is active after it, however it ended
if command -v setpriv >/dev/null; then
	for flags in "" "-s"; do
		make_area a $((mib + 16)) 30000
		# shellcheck disable=SC2086
		workload_start $flags $mib
		workload_do out
		printf '[tier t]\ndevice = %s\n' "$area" >"$tmp/conf"
		chmod 644 "$tmp/conf"
		newest_job
		setpriv --bounding-set -sys_nice --inh-caps -sys_nice \
			swapctl drain "$area" >/dev/null 2>&1 &
		pid=$!
		in_swapoff "$newest"
		kill -KILL $pid 2>/dev/null || true
		wait $pid 2>/dev/null || true
		# tests/unit/plan holds that it does not wait; here whether it came in time is shown
		check "killed in front: a plan" \
			bash -c "timeout 60 swapctl apply --dry-run '$tmp/conf' >'$tmp/plan' 2>&1"
		echo "killed in front: $(grep -c 'still under way' "$tmp/plan") under way when planned"
		check "killed in front: apply" swapctl apply "$tmp/conf"
		# the worker sees at its next tick that nobody follows
		swapctl wait --timeout 60s "$job" >/dev/null 2>&1 || true
		state=$(field "$job" state)
		echo "killed in front: job $job is $state"
		check "killed in front: the job is over" test "$state" != running
		check "killed in front: active after apply" swap_active "$area"
		check "killed in front: a second apply has nothing to change" \
			grep -q 'nothing to change' <<<"$(swapctl apply "$tmp/conf" 2>&1)"
		done_with "killed in front"
	done

	# a drain that somebody follows is left alone, and named
	make_area a $((mib + 16)) 30000
	workload_start -s $mib
	workload_do out
	slow_drain
	check "a drain under way: apply says so" \
		grep -q "drained by job $job" <<<"$(swapctl apply "$tmp/conf" 2>&1)"
	check "a drain under way: it goes on" test "$(field "$job" state)" = running
	check "a drain under way: cancel" swapctl cancel "$job"
	check "a drain under way: cancelled" state_is "$job" cancelled
	done_with "a drain under way"
fi

# ---- someone else is faster -------------------------------------------------------------

fresh
slow_drain 32K # half an hour: that has to be noticed before all is read ahead
swapoff_quiet "$area"
check "removed by someone else: the job is done" swapctl wait "$job" --timeout 300
done_with "removed by someone else"

# ---- processes that come and go -----------------------------------------------------------

fresh -s
(
	for _ in {1..60}; do
		pattern 2 <<<$'out\nverify' >"$tmp/churn.$BASHPID" || touch "$tmp/churn-bad"
		grep -q '^bad' "$tmp/churn.$BASHPID" && touch "$tmp/churn-bad"
	done
) &
churn=$!
check "drain among short-lived processes" swapctl drain "$area"
kill $churn 2>/dev/null || true
wait $churn 2>/dev/null || true
check "churn: their content" test ! -e "$tmp/churn-bad"
check "churn: the area is away" is_off
done_with churn

# ---- processes whose memory moves, forks, goes away under the scan --------------------------

make_area a $((mib + 16))
area=$tmp/a.swap
shifters=()
for i in 1 2; do
	shifter 20 >"$tmp/shifter.$i" &
	shifters+=($!)
	at_exit kill_quiet $!
done
comes has ready "$tmp/shifter.1"
comes has ready "$tmp/shifter.2"
check "drain under shifting processes" swapctl drain "$area" --rate 24M
check "shifting: the area is away" is_off
kill "${shifters[@]}"
for pid in "${shifters[@]}"; do
	check "shifting: content" wait "$pid"
done

# ---- an area that somebody fills meanwhile --------------------------------------------------

fresh -s
slow_drain 4M
pattern 12 <<<$'out\nverify\nout\nquit' >"$tmp/filler"
check "filling: the other's content" bash -c "! grep -q ^bad '$tmp/filler' && grep -q ^ok '$tmp/filler'"
check "filling: the drain ends" swapctl wait "$job" --timeout 300
check "filling: the area is away" is_off
done_with filling

# ---- two areas at the same time --------------------------------------------------------------

make_area small $((mib / 2)) 2000
make_area large $((mib + 16)) 1000
workload_start -s $mib
workload_do out
check "both areas are used" test "$(swap_field "$tmp/small.swap" used)" -gt $((mib * 300)) \
	-a "$(swap_field "$tmp/large.swap" used)" -gt $((mib * 300))
seen=$(swapctl drain "$tmp/large.swap" --dry-run -J | grep -oE '"largest_bytes": *[0-9]+' | grep -oE '[0-9]+$')
check "the pages that lie in the same place on both are seen on each" \
	test "${seen:-0}" -gt $(($(swap_field "$tmp/large.swap" used) * 900))
area=$tmp/small.swap
slow_drain 1M
check "drain of another area meanwhile" swapctl drain "$tmp/large.swap" --to memory
check "the first goes on to its end" swapctl wait "$job" --timeout 300
check "both are away" bash -c "! grep -q '$tmp' /proc/swaps"
done_with "two areas"

# ---- a kernel or a container that lacks the means ----------------------------------------------

# lacks NAME CMD...: CMD drains by plain swapoff and says so; with a rate the pre-read is
# tried on every disk, however fast
lacks() {
	local name=$1

	shift
	fresh -s
	check "$name: drain" bash -c '"$@" >"$0" 2>&1' "$tmp/said" "$@" \
		swapctl drain --rate 1G "$area"
	check "$name: it says so" grep -q 'plain swapoff' "$tmp/said"
	check "$name: the area is away" is_off
	done_with "$name"
}

if command -v setpriv >/dev/null; then
	lacks "no CAP_SYS_NICE" setpriv --bounding-set -sys_nice --inh-caps -sys_nice
fi
if command -v strace >/dev/null; then
	for call in process_madvise pidfd_open; do
		lacks "no $call" strace -f -o /dev/null -e trace=$call -e inject=$call:error=ENOSYS
	done
else
	echo "no strace here: a kernel without process_madvise and pidfds is not tested"
fi

# ---- a cgroup at its limit ------------------------------------------------------------------

# set_limit MIB: what is being written can't go yet
set_limit() {
	comes eval "echo $(($1 << 20)) 2>/dev/null >'$group/$limit'"
}
if make_group; then
	mib=32
	rm -f "$tmp/a.swap"
	make_area a $((mib + 16))
	area=$tmp/a.swap
	coproc workload {
		echo "$BASHPID" >"$group/cgroup.procs"
		exec pattern $mib
	}
	workload_in=${workload[1]} workload_out=${workload[0]}
	at_exit workload_kill
	read -r -t 120 _ workload_pid _ <&"$workload_out"
	workload_do out
	set_limit 16
	status=0
	swapctl drain "$area" >/dev/null 2>"$tmp/refusal" || status=$?
	check "a cgroup at its limit: exit 3" test $status -eq 3
	check "it is named" grep -q "$(basename "$group")" "$tmp/refusal"
	check "nobody was killed" kill -0 "$workload_pid"
	# too little room elsewhere does not count: the kernel would kill there as well
	make_area narrow $((mib / 2)) 10
	check "a narrow area next to it: exit 3" bash -c \
		"swapctl drain '$area' >/dev/null 2>&1; [ \$? -eq 3 ]"
	check "nobody was killed" kill -0 "$workload_pid"
	swapoff "$tmp/narrow.swap"
	# what comes in goes out to another area
	make_area wide $((mib * 2)) 10
	check "another area with room: a plan" eval 'swapctl drain "$area" --dry-run >"$tmp/said"'
	check "it fits, slowly" grep -q "fits, but slowly: cgroup .*${group##*/}" "$tmp/said"
	check "and a time is said" grep -q 'takes about' "$tmp/said"
	check "it is drained" swapctl drain "$area"
	check "at its limit: the area is away" is_off
	check "nobody was killed" kill -0 "$workload_pid"
	check "at its limit: its job says where it went" \
		grep -q "^\(memory,\)\?auto-" <(last_record dest)
	check "at its limit: content" workload_ok
	set_limit $((mib * 4))
	swapoff "$tmp/wide.swap"
	make_area a $((mib + 16))
	workload_do out
	check "with a higher limit it is drained" swapctl drain "$area"
	# the limit is lowered after the plan, while pages are read ahead
	make_area a $((mib + 16))
	workload_do out
	slow_drain 16K # half an hour: that is seen before all has been read ahead
	set_limit 16
	status=0
	swapctl wait "$job" --timeout 300 2>"$tmp/said" || status=$?
	check "a limit lowered meanwhile: exit 3" test $status -eq 3
	check "it says so" grep -q "stopped.*${group##*/}" "$tmp/said"
	check "a limit lowered meanwhile: still enabled" swap_active "$area"
	check "nobody was killed" kill -0 "$workload_pid"
	# with --force the kernel kills, and that is said
	status=0
	swapctl drain "$area" --force >/dev/null 2>"$tmp/said" || status=$?
	check "a kill is reported ($status)" grep -q "OOM killer ended 1 process of cgroup.*${group##*/}" "$tmp/said"
	workload_pid=
	swapoff_quiet "$area"
else
	echo "no memory cgroup can be made here: its limit is not tested"
fi

# ---- zram: only read ahead to keep a rate --------------------------------------------------------------------

mib=16
watch_zram
if [ -e /sys/class/zram-control/hot_add ]; then
	zram=zram$(cat /sys/class/zram-control/hot_add)
	echo $((mib * 2 << 20)) >"/sys/block/$zram/disksize"
	mkswap -q "/dev/$zram" >/dev/null
	swapon -p 2000 "/dev/$zram"
	make_area a $((mib + 16))
	workload_start -c $mib
	workload_do out
	check "zram: plain swapoff" bash -c "swapctl drain /dev/$zram --dry-run | grep -q 'by swapoff'"
	check "zram: a rate can only be kept by reading ahead" \
		bash -c "swapctl drain /dev/$zram --dry-run --rate 1G | grep -q 'by pre-read'"
	check "zram: drain with a rate" swapctl drain "/dev/$zram" --rate 1G
	done_with zram
else
	echo "no zram here: its drain is not tested"
fi

finish
