#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Conversion on a running machine: direct to redirect and back, with a workload's pages in
# swap all the time, and what does not fit refused.
# vm-args: --mem 768 --disk ssd=256M --disk hdd=512M
# vm-timeout: 400
. /src/tests/vm/redirect/lib.sh

n_areas() {
	areas | wc -l
}

three_tiers
sed -i 's/^layer = .*/layer = direct/' /etc/swapadm.conf

step direct
exits 0 swapctl apply
[ "$(n_areas)" = 3 ] || fail "not three areas"
start_workload 200
ask out
exits 6 swapctl cordon ssd
exits 6 swapctl migrate ssd hdd
exits 6 swapctl balance

step "direct to redirect"
sed -i 's/^layer = .*/layer = redirect/' /etc/swapadm.conf
exits 0 swapctl apply --dry-run
[ "$(n_areas)" = 3 ] || fail "a dry run changed something"
exits 0 swapctl apply
[ "$(n_areas)" = 1 ] || fail "not one area"
exits 0 swapctl apply
says "nothing to change"
ask verify
ask out
at_least 90 ssd

step "ranks, tiers and policies change while they are in use"
cp /etc/swapadm.conf /run/three.conf
conf() { # LINE...
	printf '%s\n' '[swapadm]' 'layer = redirect' "$@" >/etc/swapadm.conf
	exits 0 swapctl apply
	exits 0 swapctl apply
	says "nothing to change"
	ask verify
	ask out
}
rank() { # TIER
	field RANK "$1" | head -n 1
}
fast='device = zram, size=64M' ssd='device = LABEL=warm' hdd='device = LABEL=cold'
conf '[tier hdd]' "$hdd" '[tier ssd]' "$ssd" '[tier fast]' "$fast"
[ "$(rank hdd) $(rank ssd) $(rank fast)" = "0 1 2" ] || fail "$(swapctl list -o +RANK)"
conf '[tier new]' "$ssd" '[tier fast]' "$fast" '[tier hdd]' "$hdd"
[ "$(rank new) $(rank fast) $(rank hdd)" = "0 1 2" ] || fail "$(swapctl list -o +RANK)"
is TIER vdb new
conf '[tier fast]' "$fast" '[tier one]' "$ssd,discard=pages" 'on-swapin = free' '[tier hdd]' "$hdd"
is TIER vdb one
is DISCARD vdb pages
cp /run/three.conf /etc/swapadm.conf
exits 0 swapctl apply
[ "$(rank fast) $(rank ssd) $(rank hdd)" = "0 1 2" ] || fail "$(swapctl list -o +RANK)"
is DISCARD vdb none
ask verify
ask out

step "redirect to direct"
sed -i 's/^layer = .*/layer = direct/' /etc/swapadm.conf
exits 0 swapctl apply --dry-run
echo "$said"
[ "$(n_areas)" = 1 ] || fail "a dry run changed something"
exits 0 swapctl apply
areas
[ "$(n_areas)" = 3 ] || fail "not three areas"
[ ! -e /sys/block/tswap0 ] || fail "the tswap device is left"
exits 0 swapctl apply
says "nothing to change"
ask verify

ask quit
