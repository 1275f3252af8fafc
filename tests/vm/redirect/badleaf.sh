#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The first leaf of the configuration can't be written: the tswap device becomes an area all
# the same, with the leaves that can; without any leaf it says so and does no mkswap.
# vm-args: --mem 768 --disk ssd=256M --disk hdd=512M
# vm-timeout: 300
. /src/tests/vm/redirect/lib.sh

modprobe dm-mod
mkswap -q -L warm /dev/disk/by-id/virtio-ssd
mkswap -q -L cold /dev/disk/by-id/virtio-hdd
hdd=$(blkid -L cold)
size=$(blockdev --getsz /dev/disk/by-id/virtio-ssd)
dmsetup create bad --table "0 $size flakey /dev/disk/by-id/virtio-ssd 0 0 100000 1 error_writes"
dmsetup mknodes 2>/dev/null || true

conf() { # DEVICE...: one tier each
	local device n=0

	printf '[swapadm]\nlayer = redirect\n' >/etc/swapadm.conf
	for device; do
		n=$((n + 1))
		printf '[tier t%d]\ndevice = %s\n' $n "$device" >>/etc/swapadm.conf
	done
	chmod 0644 /etc/swapadm.conf
}

applied() { # STATUS
	exits "$1" swapctl apply
	echo "$said" | sed 's/^/    /'
}

has_swap() {
	grep -q "^$1 " /proc/swaps || fail "$1 is not swap: $(cat /proc/swaps)"
}

step "the second leaf is good"
conf /dev/mapper/bad LABEL=cold
applied 4
has_swap /dev/tswap0
start_workload 100
ask out
at_least 60 t2
ask verify
swapctl remove tswap0
rmmod tswap

step "what is swap already stays swap"
swapon -p 5 "$hdd"
conf /dev/mapper/bad LABEL=cold
applied 4
says "make it a leaf: not done, because the tswap device is not in use as swap"
has_swap "$hdd"
ask out
ask verify

step "no leaf at all"
swapoff "$hdd"
swapctl remove tswap0 || true
conf /dev/mapper/bad
applied 4
if grep -q . <(sed 1d /proc/swaps); then fail "swap on a leaf that can't be written"; fi
ask quit
