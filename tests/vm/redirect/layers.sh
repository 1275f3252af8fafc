#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Conversion on a running machine: direct to redirect and back, with a workload's pages in
# swap all the time, and what does not fit refused.
# vm-args: --mem 768 --disk ssd=256M --disk hdd=512M
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
