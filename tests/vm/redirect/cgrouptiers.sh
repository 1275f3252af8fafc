#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# tiers, tiers-mode and tier-max of [cgroup]: apply sets, changes and clears them, cgroups shows
# them, a drain that a rule forbids is refused and names the cgroup; the direct layer refuses.
# doctor finds "cgroup-tiers" and "cgroup-full", and what it advises is carried out.
# vm-timeout: 300
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

# found CHECK: sets $remedy
found() {
	remedy=$(swapctl doctor -J | tr -d '\n' | sed 's/},/},\n/g' |
		sed -n "s/.*\"check\": *\"$1\".*\"remedy\": *\"\([^\"]*\)\".*/\1/p")
	echo "$1: ${remedy:-not found}"
	[ -n "$remedy" ]
}
gone() {
	! found "$1" || fail "$1 is still found"
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
exits 0 swapctl check
says 'rules need cgroup v2 and the redirect layer'
for _ in 1 2; do
	exits 4 swapctl apply # all but this is as it should be, each time
	says 'set layer = redirect'
done
found cgroup-tiers || fail "doctor does not see it"
exits 0 swapctl status
says 'cgroup /box: its tiers are configured'
exits 0 swapctl remove all
sed -i '/^device/d; /^\[tier/d' /etc/swapadm.conf # nothing but the cgroup
printf '[tier ssd]\n' >>/etc/swapadm.conf
exits 6 swapctl apply

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

step "its cgroup is made again"
conf 'tiers = hdd'
exits 0 swapctl apply
gone cgroup-tiers
ask quit
wait "$workload_PID" 2>/dev/null || true
rmdir /sys/fs/cgroup/box
[ -z "$(tswapc cgroup-get --dump device=0)" ] || fail "its rule has stayed"
gone cgroup-tiers # nothing is wrong with a service that does not run
mkdir /sys/fs/cgroup/box
exits 0 swapctl cgroups
says 'cgroup /box: its tiers are configured and not in force'
exits 0 swapctl status
says 'configured and not in force'
found cgroup-tiers || fail "doctor does not see it"
bash -c "$remedy" || fail "the remedy: $remedy"
gone cgroup-tiers
exits 0 swapctl cgroups
case $said in *'not in force'*) fail "cgroups: $said" ;; esac
tswapc cgroup-del device=0 id="$(stat -c %i /sys/fs/cgroup/box)"
tswapc cgroup-set device=0 id="$(stat -c %i /sys/fs/cgroup/box)" mode=1 tiers=ssd
found cgroup-tiers || fail "doctor does not see another rule"
exits 0 swapctl apply
gone cgroup-tiers

step "its tiers have no room"
start_workload 60 /sys/fs/cgroup/box
conf $'tiers = ssd\ntier-max = ssd:4M'
exits 0 swapctl apply
gone cgroup-full
ask out
[ "$(of REFUSED)" -gt 0 ] || fail "no write was refused"
found cgroup-full || fail "doctor does not see it"
exits 0 swapctl status
says 'its tiers have no room'
case $remedy in 'raise tier-max'*) ;; *) fail "the remedy: $remedy" ;; esac
conf $'tiers = ssd\ntier-max = ssd:200M'
exits 0 swapctl apply
gone cgroup-full
ask out
ask verify

step clear
conf ''
exits 0 swapctl apply
says 'no [cgroup] says so'
[ "$(of TIERS-MODE)" = strict ] || fail "apply has taken the rule away"
exits 0 swapctl apply --prune
[ "$(of TIERS-FROM)" = - ] || fail "the rule is still there: $(of TIERS-FROM)"
ask verify
ask quit
