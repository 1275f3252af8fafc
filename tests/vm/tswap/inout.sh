#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Out and in again through one leaf; the map, the counters and sysfs agree, and every page is on
# the leaf where the map says; nothing leaks. What was written to the leaf through the page cache
# before it was added does not come over the pages later.
# vm-args: --mem 512 --disk a=256M
# vm-debug-args: --mem 1024 --disk a=80M
# shellcheck source=tests/vm/tswap/lib.sh
. /src/tests/vm/tswap/lib.sh

mib=96
[ "$VM_KERNEL" != debug ] || mib=16
most=$((mib * 210)) # pages, of 256 a MiB
a=$(by_id a)
id=$(new_device "$(($(pages_of "$a") - 1))")
[ "$id" = 0 ] || fail "first device has id $id"
[ "$(blockdev --getsize64 /dev/tswap0)" = 0 ] || fail "capacity without leaves"
# a writer that still has the device open, with dirty pages in its cache
mkswap -q "$a"
exec 9<>"$a"
dd if=/dev/urandom of=/dev/fd/9 bs=1M seek=1 count=64 conv=notrunc status=none
la=$(value id "$(tswapc leaf-add device=0 path="$a" tier=ssd rank=0)")
[ "$(blockdev --getsize64 /dev/tswap0)" -gt 0 ] || fail "no capacity though covered"
activate
start_worker w "$mib"
ask w out
echo "$answer"
[ "$(leaf used "$la")" -gt $most ] || fail "little was swapped out"
no_leaks
located w 1000
sync
exec 9>&-
located w 1000
[ "$(cat /sys/block/tswap0/tswap/leaf$la/used)" = "$(leaf used "$la")" ] || fail "sysfs differs"
[ "$(cat /sys/block/tswap0/tswap/leaf$la/tier)" = ssd ] || fail "tier in sysfs"
grep -q . /sys/block/tswap0/tswap/leaf$la/uuid
reads=$(leaf reads "$la") pages=$(leaf read-pages "$la")
ask w verify
reads=$(($(leaf reads "$la") - reads)) pages=$(($(leaf read-pages "$la") - pages))
echo "$reads reads for $pages pages"
[ "$pages" -gt $most ] || fail "only $pages pages were read"
case $VM_KERNEL in
6.*) ;; # reads ahead by single pages
*) [ "$reads" -lt $((pages / 2)) ] || fail "no request read ahead more than a page" ;;
esac
ask w "rewrite 50"
ask w out
ask w "random 2000"
echo "$answer"
ask w verify
ask w "free 30"
ask w out
ask w verify
ask w out
no_leaks
located w 1000
stop_worker w
take_down
rmmod tswap
clean_log
