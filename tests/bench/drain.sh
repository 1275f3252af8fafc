#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# swapctl drain against swapoff(8), taking turns on the same area.
#
# usage: tests/bench/drain.sh [CASE...]
# cases: seq runs16 shuffled procs forked thp tmpfs zram brd zswap; default: all
# Environment: MIB (1024), ROUNDS (3), SWAPADM_BUILD (build), SWAPADM_TEST_DIR (/var/tmp),
# REST (5 seconds before each turn), PROFILE (yes: one more drain of each case under perf, and
# where the time went).
#
# The rest is for disks that lend a burst and want it back: what was just paged out would
# otherwise be paid for by what is measured. In turn with the two, fio reads the area, after the
# same page-out and rest. All of it has priority over what else runs here, where the cgroup
# controller for processors is of version 1.
#
# Before each turn the pages are paged out anew and the swap cache is emptied, through a
# memory cgroup of the workload's own; content is verified after each. Prints, for each case,
# the medians in seconds, their ratio, the drain's bandwidth, the device's own, and what part of
# the latter the drain reaches.
set -euo pipefail
export LC_ALL=C
cd "$(dirname "$0")/../.."
# shellcheck source=tests/lib/built.sh
. tests/lib/built.sh
PATH=$build/swapctl:$build/tests/bench:$PATH:/usr/sbin
mib=${MIB:-1024} rounds=${ROUNDS:-3} rest=${REST:-5}
[ "$(id -u)" -eq 0 ] || { echo "drain: needs root"; exit 1; }
[ $# -gt 0 ] || set -- seq runs16 shuffled procs forked thp tmpfs zram brd zswap
tail -n +2 /proc/swaps | grep -q . && { echo "drain: other swap is active; turn it off first"; exit 1; }

tmp=$(mktemp -d "${SWAPADM_TEST_DIR:-/var/tmp}/swapadm-bench.XXXXXX")
zram='' area='' load='' brd='' zswap_was='' shm='' run='' shares=''
memory=$(awk '$3 == "cgroup" && $4 ~ /(^|,)memory(,|$)/ { print $2 }' /proc/mounts | head -n 1)
[ -n "$memory" ] || memory=$(awk '$3 == "cgroup2" { print $2 }' /proc/mounts | head -n 1)
group=$memory/swapadm-bench-$$

clean_up() {
	[ -z "$load" ] || kill "$load" 2>/dev/null || true
	wait 2>/dev/null || true
	[ -z "$area" ] || swapoff "$area" 2>/dev/null || true
	[ -z "$zram" ] || { echo 1 >"/sys/block/$zram/reset"; echo "${zram#zram}" >/sys/class/zram-control/hot_remove; }
	[ -z "$brd" ] || rmmod brd 2>/dev/null || true
	[ -z "$zswap_was" ] || echo "$zswap_was" >/sys/module/zswap/parameters/enabled
	[ -z "$shm" ] || umount "$shm" || true
	[ -z "$run" ] || umount "$run" || true
	rmdir "$group" 2>/dev/null || true
	[ -z "$shares" ] || { echo $$ >"${shares%/*}/tasks"; rmdir "$shares"; }
	rm -rf "$tmp"
}
trap clean_up EXIT
trap 'exit 130' INT TERM
mkdir "$group"
# Priorities of processes would do nothing: each session has its own share of the processors.
first=$(awk '$3 == "cgroup" && $4 ~ /(^|,)cpu(,|$)/ { print $2 }' /proc/mounts | head -n 1)
[ -z "$first" ] || {
	shares=$first/swapadm-bench-$$
	mkdir "$shares"
	echo 100000 >"$shares/cpu.shares"
	echo $$ >"$shares/tasks"
}
# where /run is not a tmpfs, the words about a job would go to the disk that is measured
[ "$(stat -f -c %T /run)" = tmpfs ] || {
	mkdir -p /run/swapadm
	mount -t tmpfs -o mode=755 swapadm-bench /run/swapadm
	run=/run/swapadm
}

# everything that is clean or can be written goes; twice, as some waits for its write
empty_cache() {
	for _ in 1 2 3; do
		if [ -e "$group/memory.force_empty" ]; then
			echo 0 >"$group/memory.force_empty" 2>/dev/null || true
		else
			echo $((mib * 2))M >"$group/memory.reclaim" 2>/dev/null || true
		fi
	done
}

value() { # KEY of /proc/meminfo in KiB
	awk -v key="$1:" '$1 == key { print $2 }' /proc/meminfo
}

start_load() {
	coproc work { echo "$BASHPID" >"$group/cgroup.procs"; exec drainload "$@"; }
	load=$work_PID
	read -r _ <&"${work[0]}"
}

tell() {
	echo "$1" >&"${work[1]}"
	read -r answer <&"${work[0]}"
	[ "$answer" != "${answer#bad}" ] && { echo "drain: content: $answer"; exit 1; }
	return 0
}

end_load() {
	exec {work[1]}>&-
	wait "$load" || true
	load=''
}

profile() {
	perf record -q -a -g -o "$tmp/perf.data" "$@" 2>/dev/null
	perf report -i "$tmp/perf.data" --no-children --sort comm,symbol -g none 2>/dev/null |
		sed -n '/^ *[0-9]/p' | head -n 20 >"$tmp/profile"
}

# until at least nine tenths are on the area, KiB in $used: pages of several processes take turns
push_out() {
	for _ in {1..20}; do
		tell out
		empty_cache
		used=$(awk 'NR == 2 { print $4 }' /proc/swaps)
		[ "$used" -lt $((mib * 1024 * 9 / 10)) ] || return 0
	done
	echo "drain: only $((used / 1024)) of $mib MiB could be paged out" >&2
	exit 1
}

bandwidth() { # MiB/s of a sequential read of what is used, past the page cache
	fio --name=seq --filename="$area" --rw=read --bs=1M --iodepth=16 --ioengine=libaio \
		--direct=1 --size="${mib}M" --readonly --output-format=terse 2>/dev/null |
		awk -F';' 'NF > 10 { printf "%d\n", $7 / 1024; exit }'
}

# turn swapoff|swapctl|read|profile: milliseconds in $took, or of read MiB/s
turn() {
	local start

	swapon -p 100 "$area"
	push_out
	sleep "$rest"
	cached=$(value SwapCached)
	start=$(date +%s%N)
	case $1 in
	swapoff) swapoff "$area" ;;
	swapctl) words=$(swapctl drain "$area" 2>&1) || { echo "$words"; exit 1; } ;;
	profile) profile swapctl drain "$area" >/dev/null ;;
	read) took=$(bandwidth) && swapoff "$area" ;;
	esac
	[ "$1" = read ] || took=$((($(date +%s%N) - start) / 1000000))
	tell verify
}

median() {
	[ $# -eq 0 ] || printf '%s\n' "$@" | sort -n | sed -n "$((($# + 1) / 2))p"
}

make_area() { # on this machine's disk
	area=$tmp/area
	[ -e "$area" ] || {
		dd if=/dev/urandom of="$area" bs=1M count=$((mib + 64)) status=none
		chmod 600 "$area"
		mkswap -q "$area" >/dev/null
	}
}

make_zram() {
	[ -e /sys/class/zram-control/hot_add ] || return 1
	zram=zram$(cat /sys/class/zram-control/hot_add)
	echo "$((mib + 64))M" >"/sys/block/$zram/disksize"
	area=/dev/$zram
	mkswap -q "$area" >/dev/null
}

make_brd() {
	modprobe brd rd_nr=1 rd_size=$(((mib + 64) * 1024)) 2>/dev/null || return 1
	brd=yes area=/dev/ram0
	mkswap -q "$area" >/dev/null
}

set_up() { # CASE
	arguments=("$1" "$mib")
	case $1 in
	zram) make_zram && arguments=(seq "$mib") ;;
	brd) make_brd && arguments=(seq "$mib") ;;
	zswap)
		make_area
		[ -e /sys/module/zswap/parameters/enabled ] || return 1
		zswap_was=$(cat /sys/module/zswap/parameters/enabled)
		echo 1 >/sys/module/zswap/parameters/enabled || return 1
		arguments=(seq "$mib")
		;;
	procs) make_area && arguments=(procs "$mib" 200) ;;
	tmpfs)
		make_area
		shm=$tmp/shm
		mkdir -p "$shm"
		mount -t tmpfs -o size=$((mib + 64))M swapadm-bench "$shm"
		arguments=(tmpfs "$mib" "$shm/file")
		;;
	*) make_area ;;
	esac
}

tear_down() {
	end_load
	[ -z "$zswap_was" ] || { echo "$zswap_was" >/sys/module/zswap/parameters/enabled; zswap_was=''; }
	[ -z "$shm" ] || { umount "$shm"; shm=''; }
	[ -z "$zram" ] || { echo 1 >"/sys/block/$zram/reset"; echo "${zram#zram}" >/sys/class/zram-control/hot_remove; zram=''; }
}

echo "kernel $(uname -r), $(nproc) CPUs, load $(cut -d' ' -f1-3 /proc/loadavg), $mib MiB, $rounds rounds"
printf '%-9s %9s %9s %7s %7s %9s %7s %s\n' case swapoff swapctl ratio MiB/s fioMiB/s of-fio 'SwapCached KiB before'
for name; do
	set_up "$name" || { echo "$name: not on this machine"; continue; }
	start_load "${arguments[@]}"
	plain=() fast=() caches=() reads=()
	for ((i = 0; i < rounds; i++)); do
		turn swapoff
		plain+=("$took") caches+=("$cached")
		turn swapctl
		fast+=("$took") caches+=("$cached")
		[[ $area == /dev/* ]] || ! command -v fio >/dev/null || { turn read && reads+=("$took"); }
	done
	[ "${PROFILE-}" != yes ] || turn profile
	tear_down
	awk -v name="$name" -v p="$(median "${plain[@]}")" -v f="$(median "${fast[@]}")" -v kib="$used" \
		-v disk="$(median "${reads[@]}")" -v caches="${caches[*]}" 'BEGIN {
		rate = kib / 1.024 / (f ? f : 1)
		printf "%-9s %8.2fs %8.2fs %6.1fx %7d %9s %7s %s\n", name, p / 1000, f / 1000, p / (f ? f : 1),
			rate, disk ? disk : "-", disk ? sprintf("%.2f", rate / disk) : "-", caches }'
	[ "${PROFILE-}" != yes ] || cat "$tmp/profile"
done
