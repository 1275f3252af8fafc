#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A leaf of two in a tier dies: only its own pages are lost, it is reported, the leaf fails and gets
# no more pages; when it is there again, so are the pages, also for an owner that failed once.
# vm-args: --mem 512 --disk a=64M --disk b=64M
# vm-debug-args: --mem 1024 --disk a=32M --disk b=32M
# vm-timeout: 240
# shellcheck source=tests/vm/tswap/lib.sh
. /src/tests/vm/tswap/lib.sh

mib=6 # half of it is less than what the module keeps in mind
[ "$VM_KERNEL" != debug ] || mib=4
a=$(by_id a) b=$(by_id b)
dm_leaf "$a"
new_device "$(($(pages_of "$b") - 1))" >/dev/null
la=$(new_leaf /dev/mapper/bad ssd 0)
lb=$(new_leaf "$b" ssd 0)
activate
start_worker w "$mib"
ask w out
[ "$(leaf used "$la")" -gt 100 ] || fail "the leaf that is to die has $(leaf used "$la") pages"
[ "$(leaf used "$lb")" -gt 100 ] || fail "the other leaf has $(leaf used "$lb") pages"
tswapc monitor 600 >/tmp/events &
monitor=$!
while ! grep -q ready /tmp/events; do sleep 0.1; done

dm_table "0 $dm_size error"
dead=$(on_leaf "$la")
ask w lost
lost=${answer#ok lost }
echo "$lost pages lost, $dead on the dead leaf, $(on_leaf "$lb") on the other"
[ "$lost" -gt 0 ] || fail "no page was lost with the leaf"
[ "$lost" -le "$dead" ] || fail "$lost pages lost, but only $dead were on the dead leaf"
[ "$(leaf read-errors "$lb")" = 0 ] || fail "errors of the healthy leaf: $(leaf read-errors "$lb")"
[ "$(leaf read-lost "$la")" -ge "$lost" ] || fail "$(leaf read-lost "$la") of $lost are counted"
failed() { [ "$(leaf state "$la")" = $FAILED ]; }
await failed
told() { grep -q "leaf-ntf device=0 id=$la.*event=$1" /tmp/events; }
await told 10
await told 4

# what is written now goes to the other leaf
writes=$(leaf writes "$la")
start_worker v 4
ask v out
[ "$(leaf writes "$la")" = "$writes" ] || fail "a failed leaf is written to"
ask v verify
stop_worker v

# it comes back: the same owner reads its pages
dm_table "$dm_linear"
back() { ask w lost && [ "$answer" = "ok lost 0" ]; }
for _ in 1 2 3 4 5 6; do
	! back || break
	sleep 1
done
await back
[ "$(leaf read-recovered "$la")" -gt 0 ] || fail "no page was read again"
ask w verify
tswapc leaf-set device=0 id="$la" state=$ACTIVE
ask w "rewrite 100"
ask w out
ask w verify
no_leaks
kill $monitor 2>/dev/null || true
stop_worker w
take_down
dmsetup remove bad
rmmod tswap
clean_log
