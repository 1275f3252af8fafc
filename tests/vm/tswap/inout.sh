#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Out and in again through one leaf; the map, the counters and sysfs agree; nothing leaks.
# vm-args: --mem 512 --disk a=256M
# shellcheck source=tests/vm/tswap/lib.sh
. /src/tests/vm/tswap/lib.sh

a=$(by_id a)
id=$(new_device "$(($(pages_of "$a") - 1))")
[ "$id" = 0 ] || fail "first device has id $id"
[ "$(blockdev --getsize64 /dev/tswap0)" = 0 ] || fail "capacity without leaves"
la=$(new_leaf "$a" ssd 0)
[ "$(blockdev --getsize64 /dev/tswap0)" -gt 0 ] || fail "no capacity though covered"
activate
start_worker w 96
ask w out
echo "$answer"
[ "$(leaf used "$la")" -gt 20000 ] || fail "little was swapped out"
no_leaks
[ "$(cat /sys/block/tswap0/tswap/leaf$la/used)" = "$(leaf used "$la")" ] || fail "sysfs differs"
[ "$(cat /sys/block/tswap0/tswap/leaf$la/tier)" = ssd ] || fail "tier in sysfs"
grep -q . /sys/block/tswap0/tswap/leaf$la/uuid
ask w verify
ask w "rewrite 50"
ask w out
ask w "random 2000"
echo "$answer"
ask w verify
ask w "free 30"
ask w out
ask w verify
no_leaks
# what the map says is on the leaf at that position: every page there is one of the worker's
stop_worker w
take_down
rmmod tswap
clean_log
