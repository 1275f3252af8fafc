#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Emptying a whole tswap area: swapctl drain, which reads ahead in the order of the leaves,
# against swapoff(8), taking turns.
# usage: tswap-down.sh [MIB [ROUNDS [CASE...]]]; cases: one two slow zram; default: all
# On the host it runs itself in guests of the kernels in $KERNELS (7.3).
#
# Pages are rewritten and swapped out several times, and half of them migrated, so that the
# order of slots says nothing about places. SwapCached is near 0 before each turn, content is
# verified after each.
if [ -z "${VM_KERNEL-}" ]; then
	cd "$(dirname "$0")/../.." || exit 1
	for kernel in ${KERNELS:-7.3}; do
		tests/vm/build-module "$kernel" || exit 1
		tests/vm/run --kernel "$kernel" --timeout 3600 --mem 768 --disk a=512M --disk b=512M \
			--disk ssd=512M,bps=50000000 --disk hdd=512M,bps=8000000,iops=200,queue-size=32 \
			"tests/bench/${0##*/}" "$@" || exit 1
	done
	exit 0
fi
# shellcheck source=tests/vm/redirect/lib.sh
. /src/tests/vm/redirect/lib.sh

mib=${1:-128} rounds=${2:-3}
shift $(($# < 2 ? $# : 2))
[ $# -gt 0 ] || set -- one two slow zram

median() {
	sort -n | awk '{ v[NR] = $1 } END { print (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2 }'
}

set_up() { # FAST SLOW: a device for each of two tiers; SLOW may be empty
	rm -rf /etc/swapadm.conf
	printf '[swapadm]\nlayer = redirect\n[tier fast]\ndevice = %s\n' "$1" >/etc/swapadm.conf
	[ -z "$2" ] || printf '[tier slow]\ndevice = %s\n' "$2" >>/etc/swapadm.conf
	chmod 0644 /etc/swapadm.conf
}

# seconds that COMMAND took to empty the area
turn() { # SLOW COMMAND...
	local slow=$1 begin

	shift
	exits 0 swapctl apply
	ask "rewrite 100"
	ask out
	for _ in 1 2 3; do
		ask "rewrite 30"
		ask out
	done
	[ -z "$slow" ] || exits 0 swapctl migrate fast slow --amount 50%
	ask out
	echo 3 >/proc/sys/vm/drop_caches
	cached=$(awk '/^SwapCached/ { print $2 }' /proc/meminfo)
	[ "$cached" -lt $((mib * 50)) ] || echo "SwapCached: $cached kB" >&2
	begin=$(date +%s%N)
	exits 0 "$@"
	echo $((($(date +%s%N) - begin) / 1000000))
	ask verify
}

mkdir -p /sys/fs/cgroup/load # of its own, so that "out" empties the swap cache too
coproc workload { echo $BASHPID >/sys/fs/cgroup/load/cgroup.procs; exec pageworker "$mib"; }
read -r _ <&"${workload[0]}"
for disk in a b ssd hdd; do mkswap -q /dev/disk/by-id/virtio-$disk; done
for name; do
	case $name in
	one) fast=/dev/disk/by-id/virtio-a slow='' ;;
	two) fast=/dev/disk/by-id/virtio-a slow=/dev/disk/by-id/virtio-b ;;
	slow) fast=/dev/disk/by-id/virtio-ssd slow=/dev/disk/by-id/virtio-hdd ;;
	zram) fast="zram, size=$((mib * 2))M" slow=/dev/disk/by-id/virtio-b ;;
	*) fail "no case $name" ;;
	esac
	set_up "$fast" "$slow"
	: >/run/off
	: >/run/ctl
	for ((i = 0; i < rounds; i++)); do
		turn "$slow" swapoff /dev/tswap0 >>/run/off
		turn "$slow" swapctl drain tswap0 >>/run/ctl
		echo "$said" | tail -n 1
	done
	off=$(median </run/off) ctl=$(median </run/ctl)
	awk -v n="$name" -v m="$mib" -v o="$off" -v c="$ctl" -v k="$VM_KERNEL" 'BEGIN {
		printf "%s %s: %d MiB: swapoff %.2f s, swapctl drain %.2f s, ratio %.2f\n",
			k, n, m, o / 1000, c / 1000, o / c }'
	exits 0 swapctl remove tswap0
done
echo quit >&"${workload[1]}"
