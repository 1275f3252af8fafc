#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The first leaf of the configuration can't be made: the tswap device becomes an area all
# the same, with the leaves that can; without any leaf it says so and does no mkswap.
# vm-args: --mem 768 --allow-splat --disk hdd=512M
# vm-timeout: 300
. /src/tests/vm/redirect/lib.sh

bad='zram, size=64T' # whose table of pages the kernel has no memory for
mkswap -q -L cold /dev/disk/by-id/virtio-hdd
hdd=$(blkid -L cold)

conf() { # DEVICE...: one tier each
	local device n=0

	printf '[swapadm]\nlayer = redirect\nsize = 512M\n' >/etc/swapadm.conf
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
conf "$bad" LABEL=cold
applied 4
has_swap /dev/tswap0
start_workload 100
ask out
at_least 60 t2
ask verify
swapctl remove tswap0
for _ in {1..50}; do # the last holder of a disk goes some time after it
	[ "$(cat /sys/module/tswap/refcnt)" != 0 ] || break
	sleep 0.1
done
rmmod tswap

step "what is swap already stays swap"
swapon -p 5 "$hdd"
conf "$bad" LABEL=cold
applied 4
says "make it a leaf: not done, because the tswap device is not in use as swap"
has_swap "$hdd"
ask out
ask verify

step "no leaf at all"
swapoff "$hdd"
swapctl remove tswap0 || true
conf "$bad"
applied 4
if grep -q . <(sed 1d /proc/swaps); then fail "swap without a leaf"; fi
says "end overcommit: not done"

step "it stays a device that the next apply completes"
sed -i 's/^size = .*/size = 1G/' /etc/swapadm.conf
swapctl remove tswap0
applied 4
conf LABEL=cold
applied 0
has_swap /dev/tswap0
ask out
ask verify
swapctl remove tswap0

step "also one that has no size, because it may not be overcommitted"
tswapc device-add slots=262144 overcommit=0
conf LABEL=cold
says_nothing() { exits 0 swapctl apply && says "nothing to change"; }
applied 0
has_swap /dev/tswap0
says_nothing
ask out
ask verify
ask quit

# the kernel reports the table that it could not allocate, and must report nothing else
if dmesg | grep -E 'WARNING:|BUG:|Oops' | grep -v 'vmalloc error'; then fail "the kernel complained"; fi
