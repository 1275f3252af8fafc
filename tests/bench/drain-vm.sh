#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# swapctl drain against swapoff(8) on slow disks and on RAM, taking turns, in guests.
#
# usage: tests/bench/drain-vm.sh [CASE...]
# cases: DISK-ORDER of hdd (8 MB/s, 200 requests/s, short queue), ssd (50 MB/s), brd, zram and
# seq, shuffled; default: all eight
# Environment: KERNELS (6.1 6.12 7.3), MIB (32, at most 128; four times as much on brd and zram),
# ROUNDS (3), SWAPADM_BUILD (build).
#
# Before each turn the pages are paged out anew and the swap cache is emptied; content is
# verified after each. Prints for each case the median seconds, their ratio, the drain's
# bandwidth and that of a sequential read, and why the drain did what it did.
set -euo pipefail
if [ -z "${VM_KERNEL-}" ]; then
	cd "$(dirname "$0")/../.."
	for kernel in ${KERNELS:-6.1 6.12 7.3}; do
		tests/vm/run --kernel "$kernel" --timeout 3600 --mem $((768 + ${MIB:-32} * 8)) \
			--disk hdd=160M,bps=8000000,iops=200,queue-size=32 --disk ssd=160M,bps=50000000 \
			--env MIB="${MIB:-32}" --env ROUNDS="${ROUNDS:-3}" \
			"tests/bench/${0##*/}" "$@"
	done
	exit 0
fi
[ $# -gt 0 ] || set -- {hdd,ssd,brd,zram}-{seq,shuffled}
group=/sys/fs/cgroup/load
mkdir "$group"

fail() {
	echo "drain-vm: $*" >&2
	exit 1
}

area_of() { # DISK
	case $1 in
	hdd | ssd) readlink -f "/dev/disk/by-id/virtio-$1" ;;
	brd)
		[ -e /dev/ram0 ] || modprobe brd rd_nr=1 rd_size=$(((MIB * 4 + 32) << 10))
		echo /dev/ram0
		;;
	zram)
		[ -e /dev/zram0 ] || modprobe zram
		[ "$(cat /sys/block/zram0/disksize)" != 0 ] ||
			echo $((MIB * 4 + 32))M >/sys/block/zram0/disksize
		echo /dev/zram0
		;;
	*) fail "no such disk: $1" ;;
	esac
}

# what is paged out: of RAM more, so that not only the start of the programs is measured
mib_of() { # DISK
	case $1 in brd | zram) echo $((MIB * 4)) ;; *) echo "$MIB" ;; esac
}

ask() { # WORD
	echo "$1" >&"${work[1]}"
	read -r answer <&"${work[0]}" || fail "the load ended at $1"
	case $answer in bad*) fail "content: $answer" ;; esac
}

empty_cache() {
	local i

	for i in 1 2 3; do
		sync
		echo $((mib * 2))M >"$group/memory.reclaim" 2>/dev/null || true
	done
}

# turn swapoff|swapctl: milliseconds in $took
turn() {
	local start

	swapon -p 100 "$area"
	ask out
	empty_cache
	cached=$(awk '$1 == "SwapCached:" { print $2 }' /proc/meminfo)
	used=$(awk 'NR == 2 { print $4 }' /proc/swaps)
	[ "$used" -ge $((mib * 1024 * 9 / 10)) ] || fail "only $used KiB of $mib MiB were paged out"
	start=$(date +%s%N)
	if [ "$1" = swapoff ]; then
		swapoff "$area"
	else
		swapctl -v drain "$area" >/tmp/out 2>&1 || fail "drain: $(cat /tmp/out)"
	fi
	took=$((($(date +%s%N) - start) / 1000000))
	ask verify
}

median() {
	printf '%s\n' "$@" | sort -n | sed -n "$((($# + 1) / 2))p"
}

bandwidth() { # KB/s of sequential reads, through the throttle
	fio --name=seq --filename="$1" --rw=read --bs=256k --iodepth=4 --ioengine=libaio \
		--direct=1 --size=16M --readonly --output-format=terse 2>/dev/null |
		awk -F';' 'NF > 10 { print $7; exit }'
}

echo "kernel $(uname -r), $MIB MiB, $ROUNDS rounds"
printf '%-14s %9s %9s %7s %7s %7s %s\n' \
	case swapoff swapctl ratio KB/s fioKB/s 'SwapCached KiB before'
for name; do
	area=$(area_of "${name%-*}")
	mib=$(mib_of "${name%-*}")
	mkswap -q "$area"
	coproc work { echo "$BASHPID" >"$group/cgroup.procs"; exec drainload "${name#*-}" "$mib"; }
	load=$work_PID
	read -r _ <&"${work[0]}"
	plain=() fast=() caches=()
	for ((i = 0; i < ROUNDS; i++)); do
		turn swapoff
		plain+=("$took") caches+=("$cached")
		turn swapctl
		fast+=("$took") caches+=("$cached")
	done
	kill "$load"
	wait "$load" || true
	disk=$(bandwidth "$area")
	awk -v name="$name" -v p="$(median "${plain[@]}")" -v f="$(median "${fast[@]}")" \
		-v kib="$used" -v disk="$disk" -v caches="${caches[*]}" 'BEGIN {
		printf "%-14s %8.2fs %8.2fs %6.2fx %7d %7d %s\n", name, p / 1000, f / 1000,
			p / (f ? f : 1), kib * 1000 / (f ? f : 1), disk, caches }'
	scheduler=$(cat "/sys/block/${area##*/}/queue/scheduler" 2>/dev/null || true)
	echo "  swapoff ${plain[*]} ms, swapctl ${fast[*]} ms; scheduler ${scheduler:--}"
	grep -i 'pre-read' /tmp/out | sed 's/^/  /' || true
done
