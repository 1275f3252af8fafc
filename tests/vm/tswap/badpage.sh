#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# One bad sector is one bad page: at the source of a drain, at the destination of a move, under
# a swap-out, and for the owner; what was retired comes back when the leaf can write it again.
# vm-args: --mem 512 --disk a=96M --disk b=96M,queue-size=16
# vm-debug-args: --mem 1024 --disk a=32M --disk b=32M,queue-size=16
# vm-timeout: 240
# shellcheck source=tests/vm/tswap/lib.sh
. /src/tests/vm/tswap/lib.sh

mib=24
[ "$VM_KERNEL" != debug ] || mib=8
a=$(by_id a) b=$(by_id b)
dm_leaf "$a"
new_device "$(($(pages_of "$b") - 1))" >/dev/null
la=$(new_leaf /dev/mapper/bad ssd 0)
lb=$(new_leaf "$b" hdd 1)
activate
start_worker w "$mib"
ask w out

# the source
pos=$(positions "$la" | sed -n "$((mib * 100))p")
dm_table "$(dm_bad_pages "$pos")"
j=$(start_job kind=$DRAIN src-leaf="$la")
await_job "$j" $JOB_FAILED
[ "$(leaf used "$la")" = 1 ] || fail "one bad page, and $(leaf used "$la") are left"
[ "$(job errors "$j")" = 1 ] || fail "one bad page, and $(job errors "$j") errors"
[ "$(positions "$la")" = "$pos" ] || fail "left: $(positions "$la"), bad: $pos"
[ "$(leaf state "$la")" = $ACTIVE ] || fail "the leaf is in state $(leaf state "$la")"

# its owner loses that page, and no other
ask w lost
[ "$answer" = "ok lost 1" ] || fail "one page is bad: $answer"
[ "$(leaf read-lost "$la")" -ge 1 ] || fail "nobody counts the page"
dm_table "$dm_linear"
back() { ask w lost && [ "$answer" = "ok lost 0" ]; }
await back
ask w verify
j=$(start_job kind=$DRAIN src-leaf="$la")
await_job "$j" $DONE
no_leaks

# the destination
pos=$((mib * (256 + 100))) # the search goes on behind what was written first
dm_table "$(dm_bad_pages $pos)"
tswapc leaf-set device=0 id="$la" state=$ACTIVE
errors=$(leaf write-errors "$la")
j=$(start_job kind=$MIGRATE src-leaf="$lb" dst-leaf="$la")
await_job "$j" $DONE
[ "$(leaf state "$la")" = $ACTIVE ] || fail "one bad page, and the leaf is in state $(leaf state "$la")"
[ "$(leaf bad "$la")" = 1 ] || fail "$(leaf bad "$la") positions are retired for one bad page"
[ "$(leaf write-errors "$la")" -le $((errors + 3)) ] ||
	fail "$(($(leaf write-errors "$la") - errors)) requests failed, for one bad page"
[ "$(job errors "$j")" = 1 ] || fail "one bad page, and $(job errors "$j") errors"
[ "$(leaf used "$lb")" -le 1 ] || fail "$(leaf used "$lb") pages stayed behind"
said=$(swapctl jobs -n -o JOB,MESSAGE | grep "^ *$j ")
[[ $said = *"4.0 KiB could not be read or written"* ]] || fail "jobs shows: $said"
ask w verify
no_leaks

# back when it can be written, and only then
tswapc leaf-set device=0 id="$la" state=$ACTIVE
sleep 1
[ "$(leaf bad "$la")" = 1 ] || fail "a position that is bad came back"
dm_table "$dm_linear"
tswapc leaf-set device=0 id="$la" state=$ACTIVE
none_bad() { [ "$(leaf bad "$la")" = 0 ]; }
await none_bad

# a swap-out
j=$(start_job kind=$DRAIN src-leaf="$la")
await_job "$j" $DONE
pos=$((mib * (512 + 100)))
dm_table "$(dm_bad_pages $pos)"
tswapc leaf-set device=0 id="$la" state=$ACTIVE
for _ in 1 2 3 4 5 6; do
	ask w "free 100" # what is only rewritten stays in place
	ask w out
	[ "$(leaf bad "$la")" = 0 ] || break
done
[ "$(leaf bad "$la")" = 1 ] || fail "$(leaf bad "$la") positions are retired for one bad page"
[ "$(leaf state "$la")" = $ACTIVE ] || fail "the leaf is in state $(leaf state "$la")"
[ "$(dev write-fails)" = 0 ] || fail "the swap core got an error"
ask w verify
no_leaks

# Many pages of a job's first request are bad: the buffers of those after it are in order again.
# Each is one segment then, where one of every other buffer has more than the disk takes.
trace=/sys/kernel/tracing
mount -t tracefs none $trace 2>/dev/null || true
splits() { grep -c ": block_split: $(mountpoint -x "$b" | tr : ,) " $trace/trace || true; }
[ "$(on_leaf "$la")" -gt $((mib * 200)) ] || fail "only $(on_leaf "$la") pages to be moved"
mapfile -t bad < <(positions "$la" | head -n 128 | awk 'NR % 2')
dm_table "$(dm_bad_pages "${bad[@]}")"
echo 1 >$trace/events/block/block_split/enable
j=$(start_job kind=$MIGRATE src-leaf="$la" dst-leaf="$lb")
await_job "$j" $DONE
echo 0 >$trace/events/block/block_split/enable
dm_table "$dm_linear"
[ "$(job errors "$j")" = 64 ] || fail "64 bad pages, and $(job errors "$j") errors"
echo "$(splits) requests to the disk were split"
[ "$(splits)" -le 24 ] || fail "$(splits) requests of a job were too long for the disk"
ask w verify
no_leaks
stop_worker w
take_down
dmsetup remove bad
rmmod tswap
clean_log
