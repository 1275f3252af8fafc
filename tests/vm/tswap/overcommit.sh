#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# More slots than room: the device says so, reports it, and turns away what does not fit; the pages
# stay in memory and nothing is lost. Room that comes later is used. A leaf is not removed when
# the others would have nothing to spare.
# vm-args: --mem 512 --disk a=16M --disk b=24M --disk c=64M
# vm-debug-args: --mem 1024 --disk a=4M --disk b=6M --disk c=16M
# vm-timeout: 180
# shellcheck source=tests/vm/tswap/lib.sh
. /src/tests/vm/tswap/lib.sh

mib=48
[ "$VM_KERNEL" != debug ] || mib=12
a=$(by_id a) b=$(by_id b) c=$(by_id c)
modprobe tswap
tswapc monitor 600 >/tmp/events &
monitor=$!
await grep -q ready /tmp/events
told() { # EVENT: the device reported it
	await grep -qE "^device-ntf .*event=$1( |\$)" /tmp/events
}

new_device "$((mib * 1024))" >/dev/null # four times the worker's pages
la=$(new_leaf "$a" ssd 0)
[ "$(blockdev --getsize64 /dev/tswap0)" = 0 ] || fail "capacity without room for it"
! swapon /dev/tswap0 2>/dev/null || fail "an empty device could be made an area"
tswapc device-set id=0 overcommit=1
[ "$(blockdev --getsize64 /dev/tswap0)" = $((mib * 1024 * $(getconf PAGESIZE))) ] || fail "no capacity"
[ "$(dev short)" = $((mib * 1024 - $(leaf pages "$la"))) ] || fail "short: $(dev short)"
activate

start_worker w "$mib"
ask w push
echo "$answer"
[ "$(leaf used "$la")" -gt $(($(leaf pages "$la") * 95 / 100)) ] || fail "room was left"
[ "$(dev nospc)" -gt 0 ] || fail "nothing was turned away"
told 6
ask w verify
no_leaks
tell w "churn 4 rrwwofx"
hear w
ask w verify
no_leaks

# a leaf does not go when the others would have nothing to spare
ask w push
lb=$(new_leaf "$b" hdd 1)
refused "no room to spare" tswapc leaf-del device=0 id="$lb"

# room that comes later is used at once
ask w "rewrite 100"
ask w push
[ "$(leaf used "$lb")" -gt $(($(leaf pages "$lb") / 2)) ] || fail "the new room is not used"
ask w verify
ask w push
tswapc leaf-set device=0 id="$lb" state=$CORDONED
refused "drain it first" tswapc leaf-del device=0 id="$lb"
if said=$(tswapc job-start device=0 kind=$DRAIN src-leaf="$lb" 2>&1); then
	j=$(value id "$said") # the fast leaf had a page or two
	await_job "$j" $NO_SPACE
	tswapc job-set id="$j" action=$CANCEL
	await_job "$j" $CANCELLED
else
	case $said in *"takes pages or has room"*) ;; *) fail "drain: $said" ;; esac
fi
[ "$(leaf state "$lb")" = $CORDONED ] || fail "a drain without room left state $(leaf state "$lb")"
lc=$(new_leaf "$c" cold 2)
j=$(start_job kind=$DRAIN src-leaf="$lb" dst-leaf="$lc")
await_job "$j" $DONE
tswapc leaf-del device=0 id="$lb"
ask w verify
ask w "rewrite 100"
ask w out
ask w verify
no_leaks

# covered, and not again
ask w out
refused "for every slot" tswapc device-set id=0 overcommit=0
z=$(new_zram "$((mib * 4 + 8))M")
lz=$(new_leaf "$z" zram 9)
told 8
[ "$(dev short)" = 0 ] || fail "short though covered: $(dev short)"
tswapc device-set id=0 overcommit=0
refused "more slots than room" tswapc leaf-del device=0 id="$lz"
tswapc device-set id=0 overcommit=1
j=$(start_job kind=$DRAIN src-leaf="$lz")
await_job "$j" $DONE
tswapc leaf-del device=0 id="$lz"
told 7
ask w verify
kill $monitor
stop_worker w
take_down
rmmod tswap
clean_log
