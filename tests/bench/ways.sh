# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The ways that a page can take, for benchmarks of paging: a leaf directly, through dm-linear and
# through tswap. The script that sources it sets $mib, what the worker w has, and $parts.
# shellcheck source=tests/vm/tswap/lib.sh
. /src/tests/vm/tswap/lib.sh

mkdir -p /tmp/r # each figure of MEDIUM.WAY.PART in a file

ms() { # ANSWER
	sed 's/.* in \([0-9.]*\) ms/\1/' <<<"$1"
}

median() {
	sort -n "$1" | awk '{ v[NR] = $1 } END { print (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2 }'
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

# one round of a way of access on an active area
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

# dm-linear drops the notice that a slot is free: a zram below it keeps the pages, and the way that
# comes next would pay for freeing them.
forget() { # DEVICE
	dd if=/dev/zero of="$1" bs=1M count=$(($(blockdev --getsize64 "$1") >> 20)) \
		oflag=direct status=none
}

linear() {
	echo "0 $(blockdev --getsz "$2") linear $2 0" | dmsetup create lin
	dmsetup mknodes
	mkswap -q /dev/mapper/lin
	swapon -p 100 /dev/mapper/lin
	measure "$1" linear
	swapoff /dev/mapper/lin
	dmsetup remove lin
	[ "$1" != zram ] || forget "$2"
}

redirect() {
	new_device "$(($(pages_of "$2") - 1))" >/dev/null
	new_leaf "$2" t 0 >/dev/null
	activate
	measure "$1" tswap
	swapoff /dev/tswap0
	tswapc device-del id=0
}
