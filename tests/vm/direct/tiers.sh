#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Three tiers from an ini file: priorities, a workload, drain, remove; content verified.
# vm-group: smoke
# vm-args: --mem 512 --disk ssd=256M --disk hdd=256M
. /src/tests/vm/direct/lib.sh

cat >/etc/swapadm.conf <<'INI'
[tier fast]
device = zram, size=48M
[tier ssd]
device = /dev/disk/by-id/virtio-ssd
[tier hdd]
device = LABEL=cold
INI
chmod 0644 /etc/swapadm.conf
exits 0 swapctl check

# nothing is formatted that the user did not name, and what is wrong with it keeps nothing else away
before=$(sha256sum </dev/disk/by-id/virtio-ssd)
exits 4 swapctl apply
[ "$before" = "$(sha256sum </dev/disk/by-id/virtio-ssd)" ] || fail "apply wrote to a disk"
[ "$(areas | wc -l)" -eq 1 ] || fail "the zram device alone can be made: $(areas)"

mkswap -q -L warm /dev/disk/by-id/virtio-ssd
mkswap -q -L cold /dev/disk/by-id/virtio-hdd
exits 0 swapctl apply --dry-run
plan=$said
[ "$(areas | wc -l)" -eq 1 ] || fail "a dry run made an area"
exits 0 swapctl apply
case $said in *"$plan"*) ;; *) fail "dry run said: $plan; apply said: $said" ;; esac
exits 0 swapctl apply
[ "$(areas | wc -l)" -eq 3 ] || fail "three areas expected"
[ "$(areas | awk '{print $NF}' | sort -rn | tr '\n' ' ')" = "30000 29500 29000 " ] ||
	fail "priorities of the tiers"

start_workload 160
ask out
exits 0 swapctl list -J
grep -q '"tier": *"ssd"' <<<"$said" || fail "list -J: $said"
[ "$(swapctl list -rnbo USED ssd)" -gt $((64 << 20)) ] || fail "the ssd holds too little: $(areas)"

exits 0 swapctl drain ssd
ask verify
exits 6 swapctl cordon hdd
says tswap
exits 6 swapctl migrate hdd ssd
exits 0 swapctl apply
ask out
exits 0 swapctl remove fast
[ ! -e /sys/block/zram0 ] || [ "$(cat /sys/block/zram0/disksize)" = 0 ] || fail "the zram device is left"
ask verify

exits 0 swapctl save
cp /etc/swapadm.conf /tmp/before.conf
swapctl save --write
exits 0 swapctl apply
[ "$(areas | wc -l)" -eq 2 ] || fail "save and apply changed the areas"
exits 0 swapctl remove ssd
exits 0 swapctl remove hdd
[ -z "$(areas)" ] || fail "areas are left"
ask verify
ask quit
