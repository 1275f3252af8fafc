#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A device is its number: a leaf that was added under another node's name is one device, and
# every command finds it by either name.
# vm-kernels: 7.3
# vm-args: --mem 512 --disk ssd=128M --disk hdd=256M --disk other=64M
. /src/tests/vm/redirect/lib.sh

three_tiers
exits 0 swapctl apply
device=$(readlink -f /dev/disk/by-id/virtio-other)
mknod /dev/alias b "$((0x$(stat -c %t "$device")))" "$((0x$(stat -c %T "$device")))"
mkswap -q /dev/alias
exits 0 swapctl add ssd /dev/alias
[ "$(swapctl list -nro DEVICE ssd | wc -l)" = 2 ] || fail "listed twice: $(swapctl list ssd)"
is MANAGED /dev/alias yes
is MANAGED "$device" yes

step "drained and removed by the other name"
start_workload 150
ask out
exits 0 swapctl drain /dev/alias
is USED "$device" 0
exits 0 swapctl remove /dev/alias
ls /sys/block/tswap0/tswap/ | grep -c '^leaf' >/run/leaves
[ "$(cat /run/leaves)" = 3 ] || fail "it is a leaf still: $(swapctl list)"
! grep -q alias /run/swapadm/state || fail "its record stayed: $(cat /run/swapadm/state)"
exits 1 swapctl remove /dev/alias
ask verify
ask quit

step "remove all takes an ordinary area next to it too"
mkswap -q "$device"
swapon -p 5 "$device"
exits 0 swapctl remove all
[ "$(wc -l </proc/swaps)" = 1 ] || fail "there is still swap: $(cat /proc/swaps)"
