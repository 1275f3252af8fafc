#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# More than memory holds: drained to another tier and back, in a window; content verified.
# kswapd of 7.x says so when it finds no memory for the slots of a cluster
# vm-args: --mem 384 --allow-splat --disk ssd=400M --disk cold=400M
# vm-timeout: 600
. /src/tests/vm/direct/lib.sh

ssd=$(readlink -f /dev/disk/by-id/virtio-ssd) cold=$(readlink -f /dev/disk/by-id/virtio-cold)
mkswap -q "$ssd"
mkswap -q "$cold"
exits 0 swapctl add ssd "$ssd"
exits 0 swapctl add cold "$cold" --rank 5
used() {
	awk -v want="$1" '$1 == want { print $4 }' /proc/swaps
}

# The debug kernel takes minutes for as many pages: fewer, and as little memory for them.
mib=320
if [ "$VM_KERNEL" = debug ]; then
	mib=96
	mkdir /tmp/hog
	mount -t ramfs hog /tmp/hog
	free=$(awk '/^MemAvailable/ { print int($2 / 1024) }' /proc/meminfo)
	head -c $((free - 80))M /dev/zero >/tmp/hog/pages
fi
enough=$(((mib - 70) << 10))

coproc workload { exec pattern -s $mib; }
read -r ready <&"${workload[0]}"
case $ready in ready*) ;; *) fail "the workload says: $ready" ;; esac
ask out
[ "$(used "$ssd")" -gt "$enough" ] || fail "the workload is not on the ssd"
# What was written stays in memory until that is wanted, and then it is not cold.
for _ in {1..10}; do
	cached=$(awk '/^SwapCached/ { print $2 }' /proc/meminfo)
	[ "$cached" -gt $((32 << 10)) ] || break
	head -c "$cached"K /dev/zero | tail -c "$cached"K >/dev/null
done
[ "$cached" -le $((32 << 10)) ] || fail "$cached KiB are in memory still"
areas

exits 0 swapctl drain ssd --to cold --dry-run
says "by window"
exits 0 swapctl drain ssd --to cold
echo "$said"
[ -z "$(used "$ssd")" ] || fail "the ssd is still active"
[ "$(used "$cold")" -gt "$enough" ] || fail "cold pages did not stay cold"
ask verify

# back, without saying where: memory does not hold it, the other area takes the rest
exits 0 swapctl add ssd "$ssd"
exits 0 swapctl drain cold
echo "$said"
[ -z "$(used "$cold")" ] || fail "the cold disk is still active"
ask verify
exits 3 swapctl drain ssd
says "short"

# insisted upon, with an area for the emergency that it is
mkswap -q "$cold"
exits 1 swapctl drain ssd --force --emergency /dev/null
exits 1 swapctl drain ssd --force --emergency "$ssd"
exits 0 swapctl drain ssd --force --emergency "$cold"
echo "$said"
[ -z "$(used "$ssd")" ] || fail "the ssd is still active"
[ -n "$(used "$cold")" ] || fail "the emergency area was not activated"
ask verify
ask quit
