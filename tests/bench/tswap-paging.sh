#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Swap out, in in order, in at random, and free: a leaf directly, through dm-linear and through
# tswap, alternating in one boot. Medians and ratios; also of the best rounds, which say more where
# the host is busy with other things.
# usage: tswap-paging.sh [ROUNDS [MIB [random] [virtio|zram|brd...]]]
# random: only that, which is quicker, so that there can be the rounds that its scatter asks for.
# On the host it runs itself in guests of the kernels in $KERNELS (6.1 6.12 7.3).
if [ -z "${VM_KERNEL-}" ]; then
	cd "$(dirname "$0")/../.." || exit 1
	for kernel in ${KERNELS:-6.1 6.12 7.3}; do
		tests/vm/build-module "$kernel" || exit 1
		tests/vm/run --kernel "$kernel" --timeout 3600 --mem 768 --disk a=256M \
			"tests/bench/${0##*/}" "$@" || exit 1
	done
	exit 0
fi
# shellcheck source=tests/bench/ways.sh
. /src/tests/bench/ways.sh

rounds=${1:-9} mib=${2:-64}
shift $(($# < 2 ? $# : 2))
parts=(outin out in free random)
if [ "${1-}" = random ]; then
	parts=(random)
	shift
fi
media=("$@")
[ ${#media[@]} -gt 0 ] || media=(virtio zram brd)
modprobe -a dm-mod tswap

# virtio says rotational, and the swap core then reads ahead in order of slots instead of
# addresses: two algorithms would be compared.
leaf_of() { # MEDIUM
	case $1 in
	virtio)
		by_id a
		echo 0 >"/sys/block/$(basename "$(readlink -f "$(by_id a)")")/queue/rotational"
		;;
	zram) new_zram $((mib * 2))M ;;
	brd)
		modprobe brd rd_nr=1 rd_size=$((mib * 1280))
		echo /dev/ram0
		;;
	esac
}

best() {
	sort -n "$1" | head -n 1
}

ways=(direct linear redirect)
start_worker w "$mib"
# Where it has run on the other processor, each page that goes costs an interrupt there, which
# under emulation may triple the time of a round.
taskset -pc 1 "${worker_pid[w]}" >/dev/null
for medium in "${media[@]}"; do
	device=$(leaf_of "$medium")
	for ((round = 0; round <= rounds; round++)); do
		for i in 0 1 2; do # no way is always the first
			"${ways[(round + i) % 3]}" "$medium" "$device"
		done
		[ "$round" -gt 0 ] || rm -f /tmp/r/* # warm-up
	done
	for what in "${parts[@]}"; do
		f=/tmp/r/$medium
		awk -v what="$VM_KERNEL $medium $what" \
			-v d="$(median "$f.direct.$what") $(best "$f.direct.$what")" \
			-v l="$(median "$f.linear.$what") $(best "$f.linear.$what")" \
			-v t="$(median "$f.tswap.$what") $(best "$f.tswap.$what")" 'BEGIN {
			split(d, D); split(l, L); split(t, T)
			printf "%s: direct %.1f linear %.1f tswap %.1f; tswap/direct %.2f best %.2f," \
				" tswap/linear %.2f best %.2f, linear/direct %.2f best %.2f\n", what,
				D[1], L[1], T[1], D[1] / T[1], D[2] / T[2], L[1] / T[1], L[2] / T[2],
				D[1] / L[1], D[2] / L[2] }'
	done
done
stop_worker w
