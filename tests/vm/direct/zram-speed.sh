#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# migrate ZRAM backing --pid is as fast as the backing device, where the kernel has batches.
# vm-kernels: 6.12 7.3
# vm-args: --mem 1024 --disk back=320M,bps=20000000
# vm-timeout: 600
. /src/tests/vm/direct/lib.sh

modprobe zram num_devices=0
sys=/sys/block/zram0
back=$(readlink -f /dev/disk/by-id/virtio-back)
mib=256
now_ms() { echo $(($(date +%s%N) / 1000000)); }
written() { awk '{ print $3 }' "$sys/bd_stat"; }

# the disk itself; a throttled one lets a burst through at first
dd if=/dev/zero of="$back" bs=1M count=40 oflag=direct 2>/dev/null
begin=$(now_ms)
dd if=/dev/zero of="$back" bs=1M count=$mib oflag=direct 2>/dev/null
disk_ms=$(($(now_ms) - begin))
echo "the device: $mib MiB in $disk_ms ms"

exits 0 swapctl add fast "zram,size=320M,writeback=$back"
start_workload $mib
ask out
pages=$((mib * 256))
begin=$(now_ms)
exits 0 swapctl migrate zram0 backing --pid "$workload_PID"
ms=$(($(now_ms) - begin))
went=$(written)
echo "$said" | tail -n 1
echo "--pid: $went pages in $ms ms: $((went * 1000 / ms / 256)) MiB/s, $((disk_ms * went * 100 / ms / pages))% of the device"
[ $((went * 100)) -ge $((pages * 99)) ] || fail "$went of $pages pages"
ask verify
ask out
at=$(written)
begin=$(now_ms)
echo all >"$sys/idle"
echo idle >"$sys/writeback"
by_hand_ms=$(($(now_ms) - begin)) by_hand=$(($(written) - at))
echo "by hand (idle): $by_hand pages in $by_hand_ms ms; --pid takes $((ms * by_hand * 100 / by_hand_ms / went))% of that"
if [ -e "$sys/writeback_batch_size" ]; then
	[ $((disk_ms * went * 100)) -ge $((80 * ms * pages)) ] || fail "less than 0.8 of the device"
fi
ask verify
ask quit
exits 0 swapctl remove fast
