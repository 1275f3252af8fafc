#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Storm: SIGKILL at random moments of everything that changes something, of the command, of its
# workers or of both. After each kill nothing stays frozen, nothing is at work, and one apply
# makes the machine as configured; a workload's memory is right bit for bit; nothing is left.
#
# usage: kills.sh [--layer direct|redirect] [--seed N] [--rounds N] [--only KIND[,KIND...]]
#
# Direct, on any machine, and redirect, where the module is. It needs no other swap and two
# files of 16 MiB below /var/tmp; in a guest the disks a and b take their place.
# shellcheck disable=SC2317 # functions are called by their kind's name
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/../live/lib.sh"
# shellcheck source=tests/storm/seeded.sh
source "$(dirname "$0")/seeded.sh"
seed=1 rounds=1000 layer=direct only="" verify_each=10
storm_options "$@"
need_root
need_no_swap
make_tmp
private_state
watch_zram
[ -e /sys/class/zram-control ] || modprobe zram num_devices=0 2>/dev/null ||
	skip "this kernel has no zram"
[ -e /dev/loop-control ] || modprobe loop || skip "this kernel has no loop devices"
storm_group
conf=$tmp/swapadm.conf file=$tmp/hdd.swap extra=$tmp/extra.swap mib=24

sc=(swapctl --config "$conf")
sc() {
	"${sc[@]}" "$@"
}

# ---- the machine -----------------------------------------------------------------------------

disk=/dev/disk/by-id/virtio-
if [ -e ${disk}a ] && [ -e ${disk}b ]; then
	fast=$(readlink -f ${disk}a) hdd=$(readlink -f ${disk}b) fast_options='' hdd_options=''
	mkswap -q "$fast"
	mkswap -q "$hdd"
else
	[ "$layer" = direct ] || skip "the redirect layer wants the disks a and b of a guest"
	make_loop fast 16M
	mkswap -q "$loop"
	fast=$loop hdd=$file fast_options=,allow-loop hdd_options=,size=16M
	at_exit swapoff_quiet "$file"
fi
make_loop other 16M
other=$loop
mkswap -q "$other"
at_exit swapoff_quiet "$extra"
at_exit swapoff_quiet "$extra.2"

# back: a zram can write to a device of its own
zram_options=size=16M back=
if [ "$layer" = direct ] && [ -e ${disk}c ]; then
	back=1
	zram_options+=,writeback=$(readlink -f ${disk}c)
fi

write_conf() {
	cat >"$conf" <<-INI
		[swapadm]
		layer = $layer
		[tier fast]
		device = $fast$fast_options
		rank = 3
		$([ "$layer" = direct ] || printf 'demote-above = 20%%\ndemote-below = 5%%\n')
		[tier mid]
		device = zram,$zram_options
		rank = 5
		$([ -z "$back" ] || printf 'demote-above = 20%%\ndemote-below = 5%%\n')
		[tier hdd]
		device = $hdd$hdd_options
		rank = 7
	INI
	chmod 644 "$conf"
}
write_conf

# base: as configured
base() {
	sc apply --prune --rerank >"$tmp/base" 2>&1 || {
		echo "apply: exit $?"
		cat "$tmp/base"
		return 1
	}
}

# push_out: the workload is in swap
push_out() {
	workload_do out && [[ $answer == out* ]] || fail "the workload did not go out: ${answer-}"
}

# ---- what is killed: prepare_NAME, and the command in $cmd ------------------------------------

kinds=(drain drain_slow remove add add_file add_zram bare change rerank replace resize
	park park_slow wake wake_slow park_group wake_group swapin swapout crowd crowd)
if [ "$layer" = redirect ]; then
	kinds=(drain drain migrate migrate migrate_part balance convert convert bare change add
		remove replace park wake park_group wake_group cordon swapin swapout crowd)
elif [ -n "$back" ]; then
	kinds+=(migrate_back migrate_back balance balance)
fi
[ -z "$only" ] || IFS=, read -ra kinds <<<"$only"

set_drain() {
	push_out
	any fast mid hdd
	cmd=("${sc[@]}" drain "$it")
}
set_drain_slow() {
	push_out
	cmd=("${sc[@]}" drain fast --rate 80M)
}
set_remove() {
	push_out
	any fast mid hdd "$fast" "$hdd"
	cmd=("${sc[@]}" remove "$it")
}
set_add() { cmd=("${sc[@]}" add new "$other,allow-loop"); }
set_add_file() { cmd=("${sc[@]}" add new "$extra,size=8M"); }
set_add_zram() { cmd=("${sc[@]}" add new "zram,size=8M"); }
set_bare() {
	local it

	for it in $([ "$layer" = direct ] && echo fast mid hdd || echo tswap0); do
		sc remove "$it" >"$tmp/removed" 2>&1 || cat "$tmp/removed"
	done
	cmd=("${sc[@]}" apply)
}
set_change() { # one comes and one goes
	push_out
	cp "$conf" "$tmp/changed.conf"
	sed -i "s:^device = $hdd.*:device = $other,allow-loop:" "$tmp/changed.conf"
	cmd=(swapctl --config "$tmp/changed.conf" apply --prune)
}
set_rerank() {
	push_out
	sed 's/^rank = 7/rank = 1/' "$conf" >"$tmp/changed.conf"
	chmod 644 "$tmp/changed.conf"
	cmd=(swapctl --config "$tmp/changed.conf" apply --rerank)
}
set_convert() {
	push_out
	any direct redirect
	[ "$it" != redirect ] || {
		sed 's/^layer = .*/layer = direct/' "$conf" >"$tmp/changed.conf"
		chmod 644 "$tmp/changed.conf"
		swapctl --config "$tmp/changed.conf" apply >"$tmp/converted" 2>&1 || cat "$tmp/converted"
		push_out
	}
	sed "s/^layer = .*/layer = $it/" "$conf" >"$tmp/changed.conf"
	chmod 644 "$tmp/changed.conf"
	cmd=(swapctl --config "$tmp/changed.conf" apply)
}
set_replace() {
	push_out
	cmd=("${sc[@]}" replace "$fast" "$other,allow-loop")
}
set_resize() {
	sc add new "$extra,size=8M" >/dev/null 2>&1
	push_out
	cmd=("${sc[@]}" resize "$extra" 12M)
}
set_migrate() {
	push_out
	any "fast hdd" "mid hdd" "fast mid" "hdd fast"
	# shellcheck disable=SC2206 # two words
	cmd=("${sc[@]}" migrate $it)
}
set_migrate_part() {
	push_out
	any 10% 50% 3M
	cmd=("${sc[@]}" migrate fast hdd --amount "$it")
}
set_migrate_back() {
	push_out
	cmd=("${sc[@]}" migrate mid backing)
}
set_balance() {
	push_out
	cmd=("${sc[@]}" balance --once)
}
set_cordon() {
	any "cordon fast" "uncordon fast" "cordon hdd"
	# shellcheck disable=SC2206 # two words
	cmd=("${sc[@]}" $it)
}
set_park() { cmd=("${sc[@]}" park --pid "$workload_pid"); }
set_park_slow() { cmd=("${sc[@]}" park --pid "$workload_pid" --rate 80M); }
set_wake() {
	sc park --pid "$workload_pid" >"$tmp/parked" 2>&1 || cat "$tmp/parked"
	cmd=("${sc[@]}" wake --pid "$workload_pid")
}
set_wake_slow() {
	set_wake
	cmd+=(--rate 80M)
}
set_park_group() { cmd=("${sc[@]}" park --cgroup "/${group##*/}"); }
set_wake_group() {
	sc park --cgroup "/${group##*/}" >"$tmp/parked" 2>&1 || cat "$tmp/parked"
	cmd=("${sc[@]}" wake --cgroup "/${group##*/}")
}
set_swapin() {
	push_out
	cmd=("${sc[@]}" swapin --pid "$workload_pid")
}
set_swapout() { cmd=("${sc[@]}" swapout --pid "$workload_pid"); }

set_crowd() { # ten at once
	local i script=''

	push_out
	for i in {1..10}; do
		any "drain fast" "remove hdd" "remove mid" "add new $other,allow-loop" "add more zram,size=4M" \
			apply "apply --prune" "park --pid $workload_pid" "wake --pid $workload_pid" list status ps \
			"swapout --pid $workload_pid" "swapin --pid $workload_pid" "balance --once"
		script+="swapctl --config $conf $it & "
	done
	cmd=(bash -c "$script wait")
}

# ---- what must be so after a kill -------------------------------------------------------------

is_stopped() {
	grep -q '^State:.T' "/proc/$workload_pid/status"
}
is_frozen() {
	if [ -n "$freezer" ]; then
		[ "$(cat "$freezer/freezer.state")" != THAWED ]
	else
		grep -q '^frozen 1' "$group/cgroup.events" 2>/dev/null
	fi
}
n_records() { find /run/swapadm/parked -type f ! -name '.*' 2>/dev/null | wc -l; }

# runs_again: what is frozen has a record, and wake frees it
runs_again() {
	local i

	if is_stopped || is_frozen; then
		[ "$(n_records)" -gt 0 ] || {
			echo "frozen, and no record says why"
			return 1
		}
	fi
	if [ "$(n_records)" -gt 0 ]; then
		woken=$((woken + 1))
		case $(ls /run/swapadm/parked) in
		c*) sc wake --cgroup "/${group##*/}" ;;
		*) sc wake --pid "$workload_pid" ;;
		esac >"$tmp/woken" 2>&1 || {
			echo "wake: exit $?"
			cat "$tmp/woken"
			return 1
		}
	fi
	for ((i = 0; i < 200; i++)); do
		is_stopped || is_frozen || break
		pause_us 10000
	done
	! is_stopped && ! is_frozen && [ "$(n_records)" -eq 0 ] || {
		echo "still frozen: $(ls /run/swapadm/parked)"
		return 1
	}
}

# settled: jobs of the kernel are at their end
settled() {
	local job

	for job in $(sc jobs -rno JOB,STATE | sed -n 's/ \(running\|paused\).*//p'); do
		sc wait "$job" --timeout 60s >"$tmp/waited" 2>&1 || true
	done
	! sc jobs -rno JOB,STATE | grep ' running'
}

# alone: areas of others would be warned of, and take pages: wait until they are gone
alone() {
	local i others

	for ((i = 0; i < 300; i++)); do
		others=$(awk 'NR > 1 { print $1 }' /proc/swaps | grep -vE "^($tmp/|/dev/(loop|zram|tswap|vd))" ||
			true)
		[ -n "$others" ] || return 0
		sleep 1
	done
	echo "areas of others stay: $others"
	return 1
}

as_before() {
	alone || return 1
	[ "$layer" = direct ] || for it in fast mid hdd; do
		sc uncordon "$it" >/dev/null 2>&1 || true
	done
	base || return 1
	sc apply --dry-run --exit-code --prune --rerank >"$tmp/again" 2>&1 || {
		echo "apply is not done when it is done: exit $?"
		cat "$tmp/again"
		return 1
	}
	rm -f "$extra" "$extra.2"
}

nothing_left() {
	local now

	now=$(find "$tmp" -mindepth 1 \( -name '.*' -o -name '*.swap*' \) ! -path "$file" ! -path "$extra")
	[ -z "$now" ] || {
		echo "files are left: $now"
		return 1
	}
	now=$(n_zram)
	[ "$now" -eq $((zrams + 1)) ] || {
		echo "$now zram devices, there were $zrams and one is ours"
		return 1
	}
	now=$(find /sys/fs/cgroup -name 'swapadm-*' ! -name "${group##*/}")
	[ -z "$now" ] || {
		echo "cgroups are left: $now"
		return 1
	}
}

# ---- a workload in a group of its own ----------------------------------------------------------

zrams=$(n_zram)
make_group || skip "no memory cgroup can be made here"
freezer=
mount=$(awk '$3 == "cgroup" && $4 ~ /(^|,)freezer(,|$)/ { print $2; exit }' /proc/mounts)
if [ ! -e "$group/cgroup.freeze" ] && [ -n "$mount" ]; then
	freezer=$mount/${group##*/}
	mkdir "$freezer"
	at_exit rmdir "$freezer"
fi
thaw_all() {
	[ ! -e "$group/cgroup.freeze" ] || echo 0 >"$group/cgroup.freeze"
	[ -z "$freezer" ] || echo THAWED >"$freezer/freezer.state"
	[ -z "${workload_pid-}" ] || {
		kill -CONT "$workload_pid" && kill -KILL "$workload_pid" && wait "$workload_pid"
	} 2>/dev/null || true
	rm -f /run/swapadm/parked/[pc]*
}
coproc workload {
	for it in "$group" ${freezer:+"$freezer"}; do echo "$BASHPID" >"$it/cgroup.procs"; done
	exec pattern $mib
}
workload_in=${workload[1]} workload_out=${workload[0]}
at_exit thaw_all
read -r -t 120 _ workload_pid _ <&"$workload_out"
take_down() {
	local it

	for it in tswap0 more new fast mid hdd; do
		sc remove "$it" >/dev/null 2>&1 || true
	done
}
at_exit take_down

verified=0
content() {
	workload_ok && workload_do write && verified=$((verified + mib * 256))
}

# ---- the storm ---------------------------------------------------------------------------------

declare -A took kills late
n_kills=0 n_processes=0 woken=0

# after_round: what must be so, whatever was killed; then all as before
after_round() {
	all_ended && runs_again && settled && as_before
}

# measure KIND: how long it takes when it is left alone, in ${took[KIND]} (us, the median of 3)
measure() {
	local begin times=()

	for _ in 1 2 3; do
		"set_$1"
		now_us
		begin=$now
		release "${cmd[@]}"
		await_victim || return 1
		now_us
		times+=($((now - begin)))
		[ "$status" -eq 0 ] || [ "$status" -eq 3 ] || { # 3: no room there
			echo "$1, left alone: exit $status: $(cat "$tmp/said")"
			return 1
		}
		after_round || return 1
	done
	took[$1]=$(printf '%s\n' "${times[@]}" | sort -n | sed -n 2p)
}

one_round() {
	local kind=$1

	[ -n "${took[$kind]-}" ] || measure "$kind" || return 1
	"set_$kind"
	any command all workers
	whom=$it
	below "${took[$kind]}"
	release "${cmd[@]}"
	pause_us "$r"
	strike
	await_victim || return 1
	if [ "$struck" -gt 0 ]; then
		n_kills=$((n_kills + 1)) n_processes=$((n_processes + struck))
		kills[$kind]=$((${kills[$kind]-0} + 1))
	else
		late[$kind]=$((${late[$kind]-0} + 1))
	fi
	after_round
}

base || exit 1
check "the machine as configured" nothing_left
n_rounds=0 wrong=0
while [ $n_kills -lt "$rounds" ] && [ $n_failed -eq 0 ]; do
	any "${kinds[@]}"
	kind=$it
	n_rounds=$((n_rounds + 1))
	one_round "$kind" || {
		fail "round $n_rounds: ${cmd[*]}: ${whom-nobody} killed after ${r-} of ${took[$kind]-} us"
		echo "it said:"
		cat "$tmp/said"
		swapctl list || true
		swapctl jobs || true
	}
	[ $((n_rounds % verify_each)) -ne 0 ] || content || wrong=1
	[ "$wrong" -eq 0 ] || fail "content after round $n_rounds: ${cmd[*]}"
	[ $((n_rounds % verify_each)) -ne 0 ] || nothing_left || fail "round $n_rounds: ${cmd[*]}"
done
content || fail "content at the end"
workload_end || fail "the workload's end"
check "it can be taken down" eval 'take_down && [ "$(wc -l </proc/swaps)" -eq 1 ]'
rm -f "$file"
check "no zram is left" test "$(n_zram)" -eq "$zrams"
check "no record is left" eval '! grep -qs "^path" /run/swapadm/state && [ "$(n_records)" -eq 0 ]'
for kind in "${!took[@]}"; do
	printf '%-13s %4d kills, %3d too late, %7d us when left alone\n' "$kind" "${kills[$kind]-0}" \
		"${late[$kind]-0}" "${took[$kind]}"
done | sort
echo "storm kills-$layer: seed $seed, $n_rounds rounds, $n_kills kills ($n_processes processes)," \
	"$verified pages verified, $woken woken by hand, wrong bytes: $wrong, faults: $n_failed"
finish
