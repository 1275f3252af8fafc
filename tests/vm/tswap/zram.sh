#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A zram leaf: gives memory back when slots are freed, is full (never failed) at its limit,
# is swept by discards while the allocator runs; brd and zram as a pair under moves.
# vm-args: --mem 640 --disk a=256M
# vm-debug-args: --mem 1280 --disk a=64M
# vm-timeout: 240
# shellcheck source=tests/vm/tswap/lib.sh
. /src/tests/vm/tswap/lib.sh

mib=48 limit=16M
[ "$VM_KERNEL" != debug ] || mib=10 limit=4M
a=$(by_id a)
z=$(new_zram 64M)
used_bytes() { # what the compressed pages take
	awk '{ print $2 }' "/sys/block/${z#/dev/}/mm_stat"
}

modprobe tswap sweep_ms=300
new_device "$(($(pages_of "$a") - 1))" >/dev/null
la=$(new_leaf "$a" hdd 5)
lz=$(new_leaf "$z" fast 0)
[ "$(leaf type "$lz")" = 2 ] || fail "zram is not known as zram"
activate

# memory comes back; up to 6.12 each processor keeps up to 64 freed slots for itself
start_worker w 24
ask w out
full=$(used_bytes)
[ "$full" -gt 8000000 ] || fail "zram holds only $full bytes"
stop_worker w
for _ in {1..50}; do
	[ "$(used_bytes)" -gt $((full / 16)) ] || break
	sleep 0.1
done
[ "$(used_bytes)" -le $((full / 16)) ] || fail "zram still holds $(used_bytes) of $full bytes"

# the sweep against the allocator: discards all the time, and no page lost
start_worker w "$mib"
start_worker v 8 zeros=3
tell w "churn 6 rrwwoox"
tell v "churn 6 rwwox"
hear w
hear v
[ "$(leaf discarded "$lz")" -gt 0 ] || fail "nothing was discarded"
ask w verify
ask v verify
stop_worker v
no_leaks

# to the disk and back, live
tell w "churn 5 rrwwoox"
to_and_fro 5 "$lz" "$la"
hear w
ask w verify
no_leaks

# at its limit it is full, not failed; the next tier takes the rest
ask w "free 100"
echo "$limit" >"/sys/block/${z#/dev/}/mem_limit"
ask w "rewrite 100"
ask w out
[ "$(leaf full "$lz")" -gt 0 ] || fail "zram was never full"
[ "$(leaf state "$lz")" = $ACTIVE ] || fail "a full zram is in state $(leaf state "$lz")"
[ "$(leaf write-errors "$lz")" = 0 ] || fail "full was counted as an error"
[ "$(leaf used "$la")" -gt 0 ] || fail "the next tier got nothing"
[ "$(dev write-fails)" = 0 ] || fail "the swap core got an error"
echo "full: $(leaf full "$lz"), redirected: $(dev redirected)"
tell w "churn 4 rwox"
hear w
ask w verify
no_leaks
j=$(start_job kind=$MIGRATE src-leaf="$la" dst-leaf="$lz" limit=20000)
for _ in {1..50}; do
	state=$(job state "$j")
	[ "$state" = $RUNNING ] || break
	sleep 0.1
done
[ "$state" = $NO_SPACE ] || fail "a move to a full zram is in state $state"
tswapc job-set id="$j" action=$CANCEL
echo 0 >"/sys/block/${z#/dev/}/mem_limit"
ask w verify
j=$(start_job kind=$DRAIN src-leaf="$lz")
await_job "$j" $DONE
for _ in {1..50}; do
	[ "$(used_bytes)" -gt 100000 ] || break
	sleep 0.1
done
[ "$(used_bytes)" -le 100000 ] || fail "a drained zram holds $(used_bytes) bytes"
tswapc leaf-del device=0 id="$lz"
echo 1 >"/sys/block/${z#/dev/}/reset"
ask w verify
stop_worker w
take_down
rmmod tswap
clean_log
