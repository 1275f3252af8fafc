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

step "killed on the way, there and back"
sed -i 's/^layer = .*/layer = redirect/' /etc/swapadm.conf
for ms in 30 80 150 300 600 1000; do
	ask out
	swapctl apply >/dev/null 2>&1 &
	sleep "$(printf '%d.%03d' $((ms / 1000)) $((ms % 1000)))"
	kill -KILL $! 2>/dev/null || true
	wait $! 2>/dev/null || true
	for job in $(swapctl jobs -rno JOB,STATE | sed -n 's/ running$//p'); do
		swapctl wait "$job" || true
	done
	exits 0 swapctl apply
	exits 0 swapctl apply
	says "nothing to change"
	ask verify
	case $(grep '^layer' /etc/swapadm.conf) in
	*redirect) sed -i 's/^layer = .*/layer = direct/' /etc/swapadm.conf ;;
	*) sed -i 's/^layer = .*/layer = redirect/' /etc/swapadm.conf ;;
	esac
done
ask quit
