#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# add and apply with what the host's kernel may lack: zram as a module, with zstd and
# write-back; device-mapper; the limits of cgroup v2.
# vm-args: --mem 512 --disk backing=64M --disk spare=64M
. /src/tests/vm/direct/lib.sh

# ---- zram by the module that is not loaded yet, with a write-back device ---------------------
[ "$VM_KERNEL" != debug ] || { echo "the debug kernel has zram built in"; exit 77; }
[ ! -e /sys/class/zram-control ] || fail "zram is loaded already: nothing would be shown"
spare=$(readlink -f /dev/disk/by-id/virtio-spare)
backing=$(readlink -f /dev/disk/by-id/virtio-backing)
mkfs.ext4 -q -L data "$backing"
exits 1 swapctl add fast "zram,size=64M,algorithm=zstd,writeback=$backing"
says "file system (ext4) labelled \"data\""
[ -z "$(areas)" ] || fail "a refused add left an area"
exits 6 swapctl add fast zram,size=64M,algorithm=nonesuch
says "it has: "
exits 0 swapctl add --format fast "zram,size=64M,algorithm=zstd,writeback=$backing"
zram=$(areas | awk '/zram/ { print $1 }')
[ "$(cat "/sys/block/${zram##*/}/backing_dev")" = "$backing" ] ||
	fail "write-back device: $(cat "/sys/block/${zram##*/}/backing_dev")"
grep -qF '[zstd]' "/sys/block/${zram##*/}/comp_algorithm" || fail "algorithm"
exits 1 swapctl add --format slow "$backing"
says "write-back device of $zram; \`swapctl remove ${zram##*/}\` first"
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

[ -z "$(areas)" ] || fail "areas are left"
