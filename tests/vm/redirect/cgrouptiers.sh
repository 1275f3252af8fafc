#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# tiers, tiers-mode and tier-max of [cgroup]: apply sets, changes and clears them, cgroups shows
# them, a drain that a rule forbids is refused and names the cgroup; the direct layer refuses.
# vm-args: --mem 768 --disk ssd=256M --disk hdd=256M
. /src/tests/vm/redirect/lib.sh

three_tiers
cp /etc/swapadm.conf /tmp/base

conf() { # LINES for [cgroup box]
	{
		cat /tmp/base
		[ -z "$1" ] || printf '[cgroup box]\npath = /box\n%s\n' "$1"
	} >/etc/swapadm.conf
}

of() { # COLUMN
	swapctl cgroups -nro "PATH,$1" | sed -n 's,^/box ,,p'
}

mkdir -p /sys/fs/cgroup/box
echo +memory >/sys/fs/cgroup/cgroup.subtree_control

step bad input
conf 'tiers = tape'
exits 1 swapctl apply
says 'there is no [tier tape]'

step direct
conf ''
sed -i 's/layer = redirect/layer = direct/' /etc/swapadm.conf
exits 0 swapctl apply
conf 'tiers = ssd'
sed -i 's/layer = redirect/layer = direct/' /etc/swapadm.conf
exits 4 swapctl apply # all but this is as it should be
says 'redirect layer'
exits 0 swapctl remove all

step set
conf 'tiers = hdd'
exits 0 swapctl apply --dry-run
says 'tiers = hdd (strict)'
exits 0 swapctl apply
exits 0 swapctl apply
says 'nothing to change'
start_workload 100 /sys/fs/cgroup/box
ask out
is USED vdb 0
at_least 90 hdd
[ "$(of TIERS)" = hdd ] || fail "cgroups shows: $(of TIERS)"
[ "$(of TIERS-MODE)" = strict ] || fail "cgroups shows: $(of TIERS-MODE)"
[ "$(of TIERS-FROM)" = /box ] || fail "cgroups shows: $(of TIERS-FROM)"

step a drain that the rule forbids
exits 3 swapctl drain hdd --dry-run
says '/box'
exits 3 swapctl drain hdd
says '/box'
ask verify
ask out

step change
conf $'tiers = ssd, hdd\ntiers-mode = prefer\ntier-max = hdd:20M'
exits 0 swapctl apply
says 'tiers = ssd, hdd:20M (prefer)'
[ "$(of TIERS-MODE)" = prefer ] || fail "cgroups shows: $(of TIERS-MODE)"
exits 0 swapctl drain hdd
is USED vdc 0
ask verify
exits 0 swapctl uncordon hdd

step clear
conf ''
exits 0 swapctl apply
says 'no [cgroup] says so'
[ "$(of TIERS-MODE)" = prefer ] || fail "apply has taken the rule away"
exits 0 swapctl apply --prune
[ "$(of TIERS-FROM)" = - ] || fail "the rule is still there: $(of TIERS-FROM)"
ask verify
ask quit
