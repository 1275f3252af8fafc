#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Leaf errors: failed writes go to another leaf, repeated ones make the leaf failed; nothing
# is lost while another leaf has room, and nothing when none has; a page that cannot be read
# gives its owner SIGBUS, stops a drain, and is there again when the leaf is; reads that fail
# make the leaf failed as well; a leaf comes back into service.
# vm-args: --mem 512 --disk a=128M --disk b=128M
# vm-debug-args: --mem 1024 --disk a=32M --disk b=32M
# vm-timeout: 240
# shellcheck source=tests/vm/tswap/lib.sh
. /src/tests/vm/tswap/lib.sh

mib=48
[ "$VM_KERNEL" != debug ] || mib=8
a=$(by_id a) b=$(by_id b)
modprobe dm-mod
size=$(blockdev --getsz "$a")
linear="0 $size linear $a 0"
table() { # TABLE: replace that of the mapped leaf, requests waiting meanwhile
	printf '%s\n' "$1" | dmsetup load bad
	dmsetup suspend --noflush --nolockfs bad
	dmsetup resume bad
}

printf '%s\n' "$linear" | dmsetup create bad
dmsetup mknodes 2>/dev/null || true
new_device "$(($(pages_of "$b") - 1))" >/dev/null
la=$(new_leaf /dev/mapper/bad ssd 0)
lb=$(new_leaf "$b" hdd 1)
activate
start_worker w "$mib"

# a few bad sectors: everything else stays on the leaf
third=$((size / 3 / 8 * 8))
table "0 $third linear $a 0
$third 64 error
$((third + 64)) $((size - third - 64)) linear $a $((third + 64))"
ask w out
ask w "rewrite 100"
ask w out
ask w verify
no_leaks

# all of it: redirected, quarantined, reported
tswapc monitor 600 >/tmp/events &
monitor=$!
while ! grep -q ready /tmp/events; do sleep 0.1; done
modprobe dm-flakey 2>/dev/null || skip "no dm-flakey in this kernel"
table "0 $size flakey $a 0 0 100000 1 error_writes"
ask w "rewrite 100"
ask w out
for _ in {1..50}; do
	[ "$(leaf state "$la")" != $FAILED ] || break
	sleep 0.1
done
[ "$(leaf state "$la")" = $FAILED ] || fail "leaf is not failed after $(leaf write-errors "$la") errors"
[ "$(dev redirected)" -gt 0 ] || fail "nothing was redirected"
[ "$(dev write-fails)" = 0 ] || fail "the swap core got an error though there was room"
[ "$(leaf bad "$la")" -gt 0 ] || fail "no page was retired"
for _ in {1..50}; do
	! grep -q "leaf-ntf device=0 id=$la.*event=4" /tmp/events || break
	sleep 0.1
done
grep -q "leaf-ntf device=0 id=$la.*event=4" /tmp/events || fail "no notification of the failure"
ask w verify
no_leaks

# reads fail too: what the leaf still holds cannot be drained, and is not lost
tswapc leaf-set device=0 id="$lb" state=$ACTIVE
table "$linear"
tswapc leaf-set device=0 id="$la" state=$ACTIVE
ask w "rewrite 100"
ask w out
[ "$(leaf used "$la")" -gt 1000 ] || fail "the leaf was not used again"
table "0 $size error"
ask w bad
[ "$answer" = "ok bad signal 7" ] || fail "no SIGBUS for a page that cannot be read: $answer"
[ "$(leaf read-errors "$la")" -gt 0 ] || fail "no read error was counted"
[ "$(leaf state "$la")" = $ACTIVE ] || fail "read errors put the leaf into state $(leaf state "$la")"
j=$(start_job kind=$DRAIN src-leaf="$la")
await_job "$j" $JOB_FAILED 60
[ "$(job errors "$j")" -gt 0 ] || fail "no errors counted"
case $(job error-text "$j") in *read*) ;; *) fail "error text: $(job error-text "$j")" ;; esac
[ "$(leaf state "$la")" = $FAILED ] || fail "a failed drain left state $(leaf state "$la")"
table "$linear"
# what could not be read stays in the swap cache as such until reclaim drops it
dropped() {
	echo 4M >/sys/fs/cgroup/w/memory.reclaim 2>/dev/null || true
	[ "$(awk '/^SwapCached:/ { print $2 }' /proc/meminfo)" = 0 ]
}
await dropped
ask w verify
j=$(start_job kind=$DRAIN src-leaf="$la")
await_job "$j" $DONE
ask w verify
no_leaks

# the destination of a move fails: the source keeps the pages. At that rate 32 pages go at a time,
# so that there are requests enough to fail; else how many depends on how fast they do.
tswapc leaf-set device=0 id="$la" state=$ACTIVE
table "0 $size flakey $a 0 0 100000 1 error_writes"
j=$(start_job kind=$MIGRATE src-leaf="$lb" dst-leaf="$la" rate=1310720)
for _ in {1..100}; do
	state=$(job state "$j")
	[ "$state" = $RUNNING ] || break
	sleep 0.1
done
[ "$state" = $JOB_FAILED ] || fail "a move to a failing leaf is in state $state"
case $(job error-text "$j") in *destination*) ;; *) fail "why: $(job error-text "$j")" ;; esac
table "$linear"
ask w verify
no_leaks

# no leaf left: the pages stay in memory
tswapc leaf-set device=0 id="$lb" state=$CORDONED
tswapc leaf-set device=0 id="$la" state=$CORDONED
ask w "rewrite 100"
before=$(dev nospc)
ask w push
[ "$(dev nospc)" -gt "$before" ] || fail "no write was turned away"
ask w verify
tswapc leaf-set device=0 id="$lb" state=$ACTIVE
ask w out
ask w verify
no_leaks
kill $monitor
stop_worker w
take_down
dmsetup remove bad
rmmod tswap
clean_log
