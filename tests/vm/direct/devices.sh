#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The live tests of add and apply on this kernel, with what the host's may lack: dm, zram
# write-back, cgroup v2, zstd.
# vm-args: --mem 1024 --disk backing=64M --disk spare=64M
# vm-timeout: 600
. /src/tests/vm/direct/lib.sh
export SWAPADM_BUILD_ROOT=/ # programs are in PATH

modprobe loop
modprobe -a dm_mod xfs btrfs overlay || true

# ---- zram by the module that is not loaded yet, with a write-back device ---------------------
[ ! -e /sys/class/zram-control ] || fail "zram is loaded already: nothing would be shown"
spare=$(readlink -f /dev/disk/by-id/virtio-spare)
backing=$(readlink -f /dev/disk/by-id/virtio-backing)
mkfs.ext4 -q -L data "$backing"
exits 1 swapctl add fast "zram,size=64M,algorithm=zstd,writeback=$backing"
says "file system (ext4) labelled \"data\""
[ -z "$(areas)" ] || fail "a refused add left an area"
exits 1 swapctl add fast zram,size=64M,algorithm=nonesuch
says "it has: "
exits 0 swapctl add --format fast "zram,size=64M,algorithm=zstd,writeback=$backing"
zram=$(areas | awk '/zram/ { print $1 }')
[ "$(cat "/sys/block/${zram##*/}/backing_dev")" = "$backing" ] ||
	fail "write-back device: $(cat "/sys/block/${zram##*/}/backing_dev")"
grep -qF '[zstd]' "/sys/block/${zram##*/}/comp_algorithm" || fail "algorithm"
exits 1 swapctl add --format slow "$backing"
says "write-back device of $zram"
start_workload 80
ask out
exits 0 swapctl remove "$zram"
[ ! -e "/sys/block/${zram##*/}" ] || fail "the zram device is still there"
ask verify
[ -z "$(wipefs -n "$backing" 2>/dev/null)" ] || fail "signatures are left: $(wipefs -n "$backing")"
ask quit

# ---- a device below device-mapper ---------------------------------------------------------------
if modprobe dm_mod 2>/dev/null; then
	dmsetup create below --table "0 65536 linear $spare 0"
	exits 1 swapctl add --format slow "$spare"
	says "(below) is built on it"
	exits 0 swapctl add --format slow /dev/mapper/below
	exits 0 swapctl remove "$(readlink -f /dev/mapper/below)"
	dmsetup remove below
fi

# ---- limits of a cgroup ---------------------------------------------------------------------------
mkdir -p /sys/fs/cgroup/batch
cat >/etc/swapadm.conf <<'INI'
[cgroup batch]
path = /batch
swap-max = 100M
INI
exits 0 swapctl apply
[ "$(cat /sys/fs/cgroup/batch/memory.swap.max)" = 104857600 ] || fail "memory.swap.max"
exits 0 swapctl apply
rm /etc/swapadm.conf

for name in refuse add apply; do
	/src/tests/live/test-$name.sh >/tmp/$name.log 2>&1 || {
		grep -v '^ok' /tmp/$name.log | tail -n 40
		fail "live test $name"
	}
	tail -n 1 /tmp/$name.log
done
[ -z "$(areas)" ] || fail "areas are left"
