#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Live moves: us a page between two disks against swapoff of the same data and pvmove of a
# swap volume; latency of swap-in meanwhile; cost with the size of the leaf; a slow source.
# usage: tswap-move.sh [MIB [ROUNDS [PART...]]]; parts: move swapoff pvmove size slow latency
# On the host it runs itself in guests of the kernels in $KERNELS (6.1 6.12 7.3).
if [ -z "${VM_KERNEL-}" ]; then
	cd "$(dirname "$0")/../.." || exit 1
	for kernel in ${KERNELS:-6.1 6.12 7.3}; do
		tests/vm/build-module "$kernel" || exit 1
		tests/vm/run --kernel "$kernel" --timeout 3600 --mem 768 --disk a=1G --disk b=1G --disk s4=4G \
			--disk s16=16G --disk slow=512M,bps=50000000 \
			"tests/bench/${0##*/}" "$@" || exit 1
	done
	exit 0
fi
# shellcheck source=tests/vm/tswap/lib.sh
. /src/tests/vm/tswap/lib.sh

mib=${1:-160} rounds=${2:-3}
shift $(($# < 2 ? $# : 2))
parts=" ${*:-move swapoff pvmove latency size slow} "
a=$(by_id a) b=$(by_id b)
modprobe -a tswap dm-mod

say() {
	echo "$VM_KERNEL $*"
}

median() {
	sort -n | awk '{ v[NR] = $1 } END { print (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2 }'
}

# Waits for events: to ask how far a job is takes the processor from what is measured.
exec {events}< <(exec tswapc monitor 3600)

move() { # FROM TO: everything, from leaf to leaf
	local event

	tswapc job-start device=0 kind=$MIGRATE src-leaf="$1" dst-leaf="$2" >/dev/null
	while read -r event <&"$events"; do
		case $event in
		job-ntf*" state=$DONE "*) return 0 ;;
		job-ntf*" state="[$CANCELLED$JOB_FAILED]" "*) fail "$event" ;;
		esac
	done
}

# A disk of the guest is a sparse file: the first write of a page takes longer than all later
# ones, until the host has found memory for it. Leaves are filled from the front.
warm_up() {
	local disk

	for disk; do
		dd if=/dev/zero of="$disk" bs=1M count=1000 oflag=direct status=none
	done
}

# us_a_page: of the job that was started last
us_a_page() {
	local last

	last=$(tswapc job-get --dump | tail -n 1)
	awk -v ms="$(value elapsed "$last")" -v n="$(value moved "$last")" \
		'BEGIN { printf "%.2f\n", ms * 1000 / n }'
}

# to_and_fro LEAF LEAF: us a page of ROUNDS moves there and back
to_and_fro() {
	local i

	for ((i = 0; i < rounds; i++)); do
		move "$1" "$2"
		us_a_page
		move "$2" "$1"
		us_a_page
	done
}

start_worker w "$mib"
la='' lb=''
warm_up "$a" "$b"

set_up() { # FIRST SECOND: a device over two disks with the worker's pages on the first
	new_device "$(($(pages_of "$1") - 1))" overcommit=1 >/dev/null
	la=$(new_leaf "$1" one 0)
	lb=$(new_leaf "$2" two 1)
	activate
	ask w "rewrite 100"
	ask w out
}

tear_down() {
	ask w verify
	take_down
}

if [[ $parts == *" move "* ]]; then
	set_up "$a" "$b"
	say "move of $(on_leaf "$la") pages: $(to_and_fro "$la" "$lb" | median) us a page"
	tear_down
fi
if [[ $parts == *" swapoff "* ]]; then
	mkswap -q "$a"
	for ((i = 0; i < 1; i++)); do
		swapon -p 100 "$a"
		ask w "rewrite 100"
		ask w out
		t=$(date +%s%N)
		swapoff "$a"
		t=$(($(date +%s%N) - t))
		awk -v t="$t" -v n="$((mib * 256))" -v k="$VM_KERNEL" 'BEGIN {
			printf "%s swapoff: %.2f us a page\n", k, t / 1000 / n }'
	done
fi
if [[ $parts == *" pvmove "* ]]; then
	wipefs -qa "$a" "$b"
	export DM_DISABLE_UDEV=1
	{
		pvcreate -qq -ff -y "$a" "$b" && vgcreate -qq vg "$a" "$b" &&
			lvcreate -qq -y -Zn -Wn -L "$((mib * 2))M" -n sw vg "$a"
	} </dev/null
	mkswap -q /dev/vg/sw
	swapon -p 100 /dev/vg/sw
	ask w "rewrite 100"
	ask w out
	modprobe dm-mirror
	t=$(date +%s%N)
	pvmove -qq -i 0 "$a" "$b" </dev/null
	t=$(($(date +%s%N) - t))
	awk -v t="$t" -v n="$((mib * 256))" -v k="$VM_KERNEL" -v m="$mib" 'BEGIN {
		printf "%s pvmove of a volume twice the size of its %d MiB: %.2f s, %.2f us a page\n",
			k, m, t / 1e9, t / 1000 / n }'
	swapoff /dev/vg/sw
	vgremove -qq -ff -y vg </dev/null
	pvremove -qq -ff -y "$a" "$b" </dev/null
fi
# To and fro until it is stopped.
move_all() {
	local from=$la to=$lb

	while [ -e /tmp/moving ]; do
		move "$from" "$to"
		read -r from to <<<"$to $from"
	done
}

moved_in() {
	echo $(($(leaf moved-in "$la") + $(leaf moved-in "$lb")))
}

faults() { # WHAT: latencies of 4000 faults at random
	ask w "random 4000"
	sed 's/.*p50 \([0-9.]*\) us.*/\1/' <<<"$answer" >>"/tmp/$1.p50"
	sed 's/.*p99 \([0-9.]*\) us.*/\1/' <<<"$answer" >>"/tmp/$1.p99"
}

if [[ $parts == *" latency "* ]]; then
	set_up "$a" "$b"
	for ((i = 0; i < rounds; i++)); do
		ask w out
		faults idle
		ask w out
		touch /tmp/moving
		move_all &
		mover=$!
		sleep 0.2
		n=$(moved_in) t=$(date +%s%N)
		faults moving
		t=$(($(date +%s%N) - t)) n=$(($(moved_in) - n))
		awk -v t="$t" -v n="$n" 'BEGIN { print t / 1000 / n }' >>/tmp/moving.us
		rm /tmp/moving
		wait "$mover"
	done
	say "move under random faults: $(median </tmp/moving.us) us a page"
	for p in p50 p99; do
		awk -v i="$(median </tmp/idle.$p)" -v m="$(median </tmp/moving.$p)" \
			-v what="$VM_KERNEL swap-in $p" 'BEGIN {
			printf "%s: idle %.0f us, during moves %.0f us, ratio %.2f\n", what, i, m, m / i }'
	done
	tear_down
fi
if [[ $parts == *" size "* ]]; then
	warm_up "$(by_id s4)" "$(by_id s16)"
	for disk in a s4 s16; do
		set_up "$(by_id "$disk")" "$b"
		say "memory for $(dev slots) slots and $(($(leaf pages "$la") + $(leaf pages "$lb"))) leaf pages: $(dev meta-bytes) bytes"
		say "move, leaf of $(($(pages_of "$(by_id "$disk")") / 262144)) GiB:" \
			"$(to_and_fro "$la" "$lb" | median) us a page"
		tear_down
	done
fi
if [[ $parts == *" slow "* ]]; then
	slow=$(by_id slow)
	seq=$(fio --name=r --filename="$slow" --rw=read --bs=1M --iodepth=8 --ioengine=libaio --direct=1 \
		--size=256M --runtime=8 --time_based --minimal | cut -d';' -f7)
	ask w verify
	set_up "$slow" "$a"
	j=$(start_job kind=$MIGRATE src-leaf="$la" dst-leaf="$lb")
	await_job "$j" $DONE 300
	say "move from a slow disk: $(($(job speed "$j") / 1024)) KiB/s, fio reads $seq KiB/s"
	tear_down
fi
stop_worker w
clean_log
