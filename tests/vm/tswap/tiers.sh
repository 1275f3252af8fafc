#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Three tiers fill one after the other, two leaves of one tier take turns, also with THP and
# zero pages; cordon, ranks, another tier; everything full; capacity rules and overcommit; the
# map against what was written.
# vm-args: --mem 512 --disk a=16M --disk b=16M --disk c=24M --disk d=256M,bus=nvme
# vm-debug-args: --mem 1024 --disk a=4M --disk b=4M --disk c=8M --disk d=64M
# vm-timeout: 240
# shellcheck source=tests/vm/tswap/lib.sh
. /src/tests/vm/tswap/lib.sh

mib=60
[ "$VM_KERNEL" != debug ] || mib=16
a=$(by_id a) b=$(by_id b) c=$(by_id c) d=$(by_id d)
slots=0
for x in "$a" "$b" "$c" "$d"; do
	slots=$((slots + $(pages_of "$x") - 1))
done
new_device "$slots" >/dev/null
la=$(new_leaf "$a" fast 0)
ld=$(new_leaf "$d" slow 2)
lc=$(new_leaf "$c" middle 1)
[ "$(blockdev --getsize64 /dev/tswap0)" = 0 ] || fail "capacity though not covered"
[ "$(dev short)" -gt 0 ] || fail "nothing is short"
lb=$(new_leaf "$b" fast 0)
[ "$(dev short)" = 0 ] || fail "short though covered"
activate
[ "$(tswapc tier-get --dump | awk '{ print $2 }' | tr '\n' ' ')" = "name=fast name=middle name=slow " ] ||
	fail "tiers by rank: $(tswapc tier-get --dump)"

start_worker w "$mib" zeros=5
start_worker t "$((mib / 3))" thp
ask w out
ask t out
for l in "$la" "$lb" "$lc"; do
	[ "$(leaf used "$l")" -ge $(($(leaf pages "$l") * 95 / 100)) ] ||
		fail "leaf $l of a faster tier has room: $(leaf used "$l") of $(leaf pages "$l")"
done
[ "$(leaf used "$ld")" -gt 0 ] || fail "the slow tier has nothing"
ask w verify
ask t verify
no_leaks

# the map against what was written
ask w out
located w 1500
ask t out
located t 500

# cordoned leaves take nothing; a page written again goes to the faster tier
tswapc leaf-set device=0 id="$la" state=$CORDONED
tswapc leaf-set device=0 id="$lb" state=$CORDONED
before=$(leaf writes "$la")
ask w "rewrite 60"
ask w out
[ "$(leaf writes "$la")" = "$before" ] || fail "a cordoned leaf was written"
tswapc leaf-set device=0 id="$la" state=$ACTIVE
tswapc leaf-set device=0 id="$lb" state=$ACTIVE
ask w "free 100"
ask w out
[ "$(leaf used "$la")" -ge $(($(leaf pages "$la") * 9 / 10)) ] || fail "not back to the fast tier"
ask w verify

# other ranks: the slow leaf first
tswapc tier-set device=0 name=fast rank=7
ask w "free 100"
before=$(leaf used "$la")
ask w out
tswapc tier-set device=0 name=middle rank=8
[ "$(tswapc tier-get device=0 name=fast | grep -c rank=7)" = 1 ] || fail "rank"
refused "another tier has" tswapc tier-set device=0 name=slow rank=7
refused "no such tier" tswapc tier-set device=0 name=none rank=1
tswapc leaf-set device=0 id="$lb" tier=other rank=3
[ "$(leaf tier "$lb")" = other ] || fail "another tier"
ask w verify
ask t verify

# capacity: not below the number of slots, unless overcommitted; never below what is used
refused "drain it first" tswapc leaf-del device=0 id="$lc"
j=$(start_job kind=$DRAIN src-leaf="$lc")
await_job "$j" $DONE
refused "more slots than room" tswapc leaf-del device=0 id="$lc"
tswapc device-set id=0 overcommit=1
tswapc leaf-del device=0 id="$lc"
[ "$(dev short)" -gt 0 ] || fail "not short without a leaf"
refused "for every slot" tswapc device-set id=0 overcommit=0
lc=$(new_leaf "$c" middle 8)
tswapc device-set id=0 overcommit=0
ask w out
ask t out
stop_worker t

# all that is left is full: what does not fit stays in memory, and nothing is lost
tswapc device-set id=0 overcommit=1
j=$(start_job kind=$DRAIN src-leaf="$ld")
sleep 1
state=$(job state "$j")
[ "$state" = $NO_SPACE ] || [ "$state" = $DONE ] || await_job "$j" $NO_SPACE
ask w "rewrite 100"
ask w push
ask w "free 20"
ask w push
ask w verify
[ "$(job state "$j")" -ge $DONE ] || tswapc job-set id="$j" action=$CANCEL
for _ in {1..50}; do
	[ "$(job state "$j")" -lt $DONE ] || break
	sleep 0.1
done
no_leaks
[ "$(leaf state "$ld")" != $DRAINED ] || tswapc leaf-set device=0 id="$ld" state=$ACTIVE
stop_worker w
take_down
rmmod tswap
clean_log
