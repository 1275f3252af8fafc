#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Swap out, in in order, in at random, and free: a leaf directly, through dm-linear and through
# tswap, alternating in one boot. Medians and ratios; also of the best rounds, which say more where
# the host is busy with other things.
# usage: tswap-paging.sh [--icount] [ROUNDS [MIB [random] [virtio|zram|brd...]]]
# random: only that, which is quicker, so that there can be the rounds that its scatter asks for.
# --icount: the guest's clock counts instructions, and the figures are instructions a page. What
# waits for a disk (in, of virtio) counts the wait too.
# On the host it runs itself in guests of the kernels in $KERNELS (6.1 6.12 7.3).
if [ -z "${VM_KERNEL-}" ]; then
	cd "$(dirname "$0")/../.." || exit 1
	icount=()
	if [ "${1-}" = --icount ]; then
		icount=(--icount)
		shift
	fi
	for kernel in ${KERNELS:-6.1 6.12 7.3}; do
		tests/vm/build-module "$kernel" || exit 1
		tests/vm/run --kernel "$kernel" --timeout 3600 --mem 768 --disk a=256M "${icount[@]}" \
			"tests/bench/${0##*/}" "$@" || exit 1
	done
	exit 0
fi
# shellcheck source=tests/vm/tswap/lib.sh
. /src/tests/vm/tswap/lib.sh

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
mkdir -p /tmp/r

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

ms() { # ANSWER
	sed 's/.* in \([0-9.]*\) ms/\1/' <<<"$1"
}

in_order() { # NAME of the results
	local out in

	ask w out
	out=$(ms "$answer")
	ask w touch
	in=$(ms "$answer")
	ask w verify
	awk -v o="$out" -v i="$in" 'BEGIN { print o + i }' >>"/tmp/r/$1.outin"
	echo "$out" >>"/tmp/r/$1.out"
	echo "$in" >>"/tmp/r/$1.in"
	ask w out
	ask w drop
	ms "$answer" >>"/tmp/r/$1.free"
}

# one ROUND of a way of access on an active area
measure() { # MEDIUM WAY
	ask w "rewrite 100"
	[ ${#parts[@]} -eq 1 ] || in_order "$1.$2"
	ask w out
	ask w "random 1500"
	sed 's/.*p50 \([0-9.]*\) us.*/\1/' <<<"$answer" >>"/tmp/r/$1.$2.random"
	ask w verify
}

direct() { # MEDIUM DEVICE
	mkswap -q "$2"
	swapon -p 100 "$2"
	measure "$1" direct
	swapoff "$2"
}

linear() {
	echo "0 $(blockdev --getsz "$2") linear $2 0" | dmsetup create lin
	dmsetup mknodes
	mkswap -q /dev/mapper/lin
	swapon -p 100 /dev/mapper/lin
	measure "$1" linear
	swapoff /dev/mapper/lin
	dmsetup remove lin
}

redirect() {
	new_device "$(($(pages_of "$2") - 1))" >/dev/null
	new_leaf "$2" t 0 >/dev/null
	activate
	measure "$1" tswap
	swapoff /dev/tswap0
	tswapc device-del id=0
}

median() {
	sort -n "$1" | awk '{ v[NR] = $1 } END { print (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2 }'
}

best() {
	sort -n "$1" | head -n 1
}

# factor PART: what makes the figure of a part the one to print: ms and us as they are, or
# instructions a page of ns
factor() {
	if [ -z "$VM_ICOUNT" ]; then
		echo 1
	elif [ "$1" = random ]; then
		echo 1000
	else
		awk -v pages=$((mib * 256)) 'BEGIN { print 1e6 / pages }'
	fi
}

ways=(direct linear redirect)
start_worker w "$mib"
# Where it has run on the other processor, each page that goes costs an interrupt there, which
# under emulation may triple the time of a round.
[ -n "$VM_ICOUNT" ] || taskset -pc 1 "${worker_pid[w]}" >/dev/null
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
		awk -v what="$VM_KERNEL $medium $what" -v f="$(factor "$what")" \
			-v d="$(median "$f.direct.$what") $(best "$f.direct.$what")" \
			-v l="$(median "$f.linear.$what") $(best "$f.linear.$what")" \
			-v t="$(median "$f.tswap.$what") $(best "$f.tswap.$what")" 'BEGIN {
			split(d, D); split(l, L); split(t, T)
			printf "%s: direct %.1f linear %.1f tswap %.1f; tswap/direct %.2f best %.2f," \
				" tswap/linear %.2f best %.2f, linear/direct %.2f best %.2f\n", what,
				D[1] * f, L[1] * f, T[1] * f, D[1] / T[1], D[2] / T[2], L[1] / T[1], L[2] / T[2],
				D[1] / L[1], D[2] / L[2] }'
	done
done
stop_worker w
