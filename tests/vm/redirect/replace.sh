#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# replace on the redirect layer: a leaf by a block device and a zram by a larger one, while
# their pages are in use; what would be wrong is refused before anything is done.
# vm-args: --mem 768 --disk ssd=256M --disk hdd=512M --disk new=256M --disk small=16M
# vm-timeout: 300
. /src/tests/vm/redirect/lib.sh

three_tiers
exits 0 swapctl apply
start_workload 300
ask out
new=$(readlink -f /dev/disk/by-id/virtio-new)
ssd=$(readlink -f "$(blkid -L warm)")

step "a device without a signature is refused, and nothing is done"
exits 1 swapctl replace "$ssd" "$new"
[ "$(field DEVICE | wc -l)" = 3 ] || fail "$(field DEVICE)"
mkswap -q -L new "$new"

step "a device that is too small is refused, before it is formatted"
small=$(readlink -f /dev/disk/by-id/virtio-small)
mkfs.ext2 -q "$small"
used=$(field USED "${ssd#/dev/}")
[ "$used" -gt $((16 << 20)) ] || fail "only $used bytes on $ssd"
for dry in --dry-run ''; do
	exits 3 swapctl replace "$ssd" "$small" --format $dry
	says "short of its pages"
done
[ "$(blkid -o value -s TYPE "$small")" = ext2 ] || fail "$small was formatted"
exits 3 swapctl resize zram0 16M
[ "$(field DEVICE | wc -l)" = 3 ] || fail "$(field DEVICE)"

step "the plan"
exits 0 swapctl replace "$ssd" LABEL=new --dry-run
says "its pages go to the new device"

step "replace"
exits 0 swapctl replace "$ssd" LABEL=new
grep -q "^ssd ${new#/dev/}$" <<<"$(swapctl list -nro TIER,DEVICE)" || fail "$(swapctl list)"
! grep -q " ${ssd#/dev/}$" <<<"$(swapctl list -nro TIER,DEVICE)" || fail "$(swapctl list)"
[ "$(field USED "${new#/dev/}")" -gt $((32 << 20)) ] || fail "no pages came to the new one"
ask verify

step "a zram of another size"
ask out
exits 0 swapctl resize zram0 96M
swapctl list
[ "$(field SIZE fast)" -gt $((90 << 20)) ] || fail "$(swapctl list fast)"
ask verify

step "the tswap device says how"
exits 6 swapctl resize tswap0 1G
says "swapctl remove tswap0"
[ ! -e /sys/block/zram0 ] || fail "the old zram is still there"
ask quit
