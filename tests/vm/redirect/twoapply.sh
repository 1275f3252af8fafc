#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Two apply at once on a bare machine: one tswap device, one zram, each device a leaf once, and
# all of it is known afterwards.
# vm-args: --mem 512 --disk ssd=64M --disk hdd=128M
# vm-timeout: 300
. /src/tests/vm/redirect/lib.sh

three_tiers
modprobe zram num_devices=0 2>/dev/null || modprobe zram
zrams() { find /sys/block -maxdepth 1 -name 'zram*' | wc -l; }
before=$(zrams)
for round in 1 2 3 4; do
	step "round $round"
	first=0 second=0
	swapctl apply >/run/first 2>&1 &
	swapctl apply >/run/second 2>&1 || second=$?
	wait $! || first=$?
	[ $first = 0 ] && [ $second = 0 ] || fail "$first, $second: $(cat /run/first /run/second)"
	[ "$(areas | wc -l)" = 1 ] || fail "not one area"
	[ "$(zrams)" = $((before + 1)) ] || fail "$(zrams) zrams, $before before"
	[ "$(swapctl list -rno DEVICE | sort | uniq -d)" = "" ] || fail "twice: $(swapctl list)"
	[ "$(swapctl list -rno STATE | sort -u)" = active ] || fail "$(swapctl list)"
	exits 0 swapctl apply
	says "nothing to change"
	exits 0 swapctl remove tswap0
	[ -z "$(areas)" ] && [ ! -e /sys/block/tswap0 ] || fail "something is left"
	[ "$(zrams)" = "$before" ] || fail "a zram is left: nobody's record"
done
