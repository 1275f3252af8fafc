#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# balance --watch at rest on the direct layer: wakeups, CPU, writes. The clock counts
# instructions, so that a busy host does not change the figures.
# vm-kernels: 6.12 7.3
# vm-args: --mem 512 --icount --disk back=64M
# vm-timeout: 400
. /src/tests/vm/direct/lib.sh

modprobe zram num_devices=0
mkdir -p /var/lib
cat >/etc/swapadm.conf <<-CONF
	[tier fast]
	device = zram, size=64M, writeback=$(readlink -f /dev/disk/by-id/virtio-back)
	demote-above = 60%
	demote-below = 40%
	demote-older = 10min
CONF
exits 0 swapctl apply
start_workload 16
ask out
swapctl balance --watch >/tmp/rest.log 2>&1 &
rest=$!
sleep 5
wakeups() { awk '/^voluntary_ctxt/ { print $2 }' "/proc/$rest/status"; }
cpu_ns() { awk '{ print $1 }' "/proc/$rest/schedstat"; }
bytes() { awk '/^write_bytes/ { print $2 }' "/proc/$rest/io" 2>/dev/null || echo 0; }
w=$(wakeups) c=$(cpu_ns) b=$(bytes)
sleep 60
w=$(($(wakeups) - w)) c=$(($(cpu_ns) - c)) b=$(($(bytes) - b))
echo "in 60 s at rest: $w wakeups, $c ns of CPU ($((c / 600000)) thousandths of a percent of a core), $b bytes written"
[ "$w" -le 7 ] || fail "more than one wakeup in ten seconds"
[ "$c" -le 60000000 ] || fail "more than 0.1 % of a core"
[ "$b" -eq 0 ] || fail "it writes to a disk"
[ "$(awk '{ print $3 }' /sys/block/zram0/bd_stat)" = 0 ] || fail "pages were written back"
kill -TERM $rest
wait $rest || fail "the service: exit $?"
cat /tmp/rest.log
ask quit
exits 0 swapctl remove fast
