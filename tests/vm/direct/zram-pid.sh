#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# migrate ZRAM backing --pid and --cgroup: their pages and nobody else's.
# vm-args: --mem 768 --disk back=256M
# vm-timeout: 400
. /src/tests/vm/direct/lib.sh

modprobe zram num_devices=0
mount -t debugfs none /sys/kernel/debug 2>/dev/null || true
sys=/sys/block/zram0
back=$(readlink -f /dev/disk/by-id/virtio-back)
exits 0 swapctl add fast "zram,size=224M,writeback=$back"

coproc other { exec pattern 60; }
read -r _ other_pid _ <&"${other[0]}"
echo out >&"${other[1]}"
read -r _ <&"${other[0]}"
start_workload 60
ask out
pid=$workload_PID
written() { awk '{ print $3 }' "$sys/bd_stat"; }

exits 0 swapctl migrate zram0 backing --pid "$pid" --dry-run
echo "$said"
[ "$(written)" = 0 ] || fail "a dry run wrote"
slots_of "$pid" >/tmp/theirs
slots_of "$other_pid" >/tmp/others
begin=$(date +%s%N)
exits 0 swapctl migrate zram0 backing --pid "$pid"
end=$(date +%s%N)
echo "$said"
n=$(grep -c . /tmp/theirs)
went=$(written)
echo "$went of $n pages in $(((end - begin) / 1000000)) ms: $((went * 4000000 / ((end - begin) / 1000) * 1000 / 1024 / 1000)) MiB/s"
[ $((went * 100)) -ge $((n * 99)) ] && [ $((went * 100)) -le $((n * 101)) ] ||
	fail "$went pages were written, it has $n"
if [ -r /sys/kernel/debug/zram/zram0/block_state ]; then
	written_slots >/tmp/written
	[ -s /tmp/written ] || fail "block_state shows no written page"
	[ -z "$(comm -12 /tmp/written /tmp/others)" ] || fail "pages of another process went"
fi
ask verify
exits 1 swapctl migrate zram0 backing --pid 999999
says "no such process"
exits 2 swapctl migrate zram0 backing --pid "$pid" --cgroup /x
exits 1 swapctl migrate zram0 backing --cgroup /no-such-group
exits 6 swapctl migrate zram0 memory --pid "$pid"

# an amount, and a cgroup
mkdir -p /sys/fs/cgroup/one/below
echo "$other_pid" >/sys/fs/cgroup/one/below/cgroup.procs
at=$(written)
exits 0 swapctl migrate zram0 backing --cgroup /one --amount 10M
[ $(($(written) - at)) = 2560 ] || fail "10M were asked for, $(($(written) - at)) pages went"
exits 0 swapctl migrate zram0 backing --cgroup /one
n=$(grep -c . /tmp/others)
went=$(($(written) - at))
[ $((went * 100)) -ge $((n * 99)) ] && [ $((went * 100)) -le $((n * 101)) ] ||
	fail "cgroup: $went pages were written, it has $n"
echo verify >&"${other[1]}"
read -r answer <&"${other[0]}"
case $answer in ok*) ;; *) fail "the other: $answer" ;; esac

# the same amount by idle marks, and the device itself
ask out
echo all >"$sys/idle"
begin=$(date +%s%N)
at=$(written)
echo idle >"$sys/writeback" || true
end=$(date +%s%N)
went=$(($(written) - at))
echo "idle by hand: $went pages in $(((end - begin) / 1000000)) ms"
ask verify
exits 0 swapctl remove fast
begin=$(date +%s%N)
dd if=/dev/zero of="$back" bs=1M count=60 oflag=direct 2>/dev/null
end=$(date +%s%N)
echo "the device: 60 MiB in $(((end - begin) / 1000000)) ms"
ask quit
