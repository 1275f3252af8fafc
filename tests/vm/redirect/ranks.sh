#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The rank that add gives to a new tier when none is asked for: behind the tiers that are
# there, so that nothing slow is filled first. What it can't keep to, the plan says.
# vm-args: --mem 512 --disk ssd=128M,bus=ssd --disk hdd=256M,bus=hdd --disk own=64M,bus=hdd
# vm-timeout: 300
. /src/tests/vm/redirect/lib.sh

rank() { # TIER
	field RANK "$1" | head -n 1
}
disk=/dev/disk/by-id/virtio
ssd=$(readlink -f $disk-ssd) hdd=$(readlink -f $disk-hdd) own=$(readlink -f $disk-own)
printf '%s\n' '[swapadm]' 'layer = redirect' 'size = 400M' >/etc/swapadm.conf
chmod 644 /etc/swapadm.conf
modprobe zram
mkswap -q "$ssd"
mkswap -q "$hdd"

step "a disk behind a zram that is there"
exits 0 swapctl add fast zram,size=32M
exits 0 swapctl add cold "$hdd"
swapctl list -o TIER,RANK,DEVICE,KIND,PRIO
[ "$(rank fast)" -lt "$(rank cold)" ] || fail "the disk is before the zram"
start_workload 96
ask out
at_least 20 fast
ask verify

step "an SSD behind a rotating disk: the plan says so"
exits 0 swapctl add warm "$ssd" --dry-run
says "is slower, but is filled before tier warm"
exits 0 swapctl add warm "$ssd"
says "is slower, but is filled before tier warm"
[ "$(rank warm)" -gt "$(rank cold)" ] || fail "ranks changed by themselves"
exits 0 swapctl remove warm

step "the rank that it advises"
exits 1 swapctl add warm "$ssd" --rank "$(rank cold)"
says "rank"
printf '[tier %s]\ndevice = %s\n' fast zram,size=32M warm "$ssd" cold "$hdd" >>/etc/swapadm.conf
exits 0 swapctl apply
swapctl list -o TIER,RANK,DEVICE,KIND,PRIO
[ "$(rank fast) $(rank warm) $(rank cold)" = "0 1 2" ] || fail "ranks of the file"
exits 0 swapctl apply
says "nothing to change"
ask verify
ask quit

step "an area of somebody else, faster, behind the tswap area: the plan says so"
exits 0 swapctl remove tswap0
printf '%s\n' '[swapadm]' 'layer = redirect' >/etc/swapadm.conf
zram=zram$(cat /sys/class/zram-control/hot_add)
echo 32M >"/sys/block/$zram/disksize"
mkswap -q "/dev/$zram"
swapon -p 100 "/dev/$zram"
mkswap -q "$own"
exits 0 swapctl add cold "$own" --dry-run
says "is faster, but has a lower priority"
step "its remedy"
command=$(sed -n 's/.*`\([^`]*\)`.*/\1/p' <<<"$said" | head -n 1)
echo "$command"
bash -c "$command" || fail "the remedy: $command"
exits 0 swapctl add cold "$own"
case $said in *warning*) fail "still warned: $said" ;; esac
areas
[ "$(areas | sort -nk5 | tail -n 1 | cut -d' ' -f1)" = "/dev/$zram" ] || fail "the zram is not first"
