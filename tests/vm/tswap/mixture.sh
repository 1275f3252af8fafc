#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# zram and a disk in one tier, with on-swapin = free: a read of several runs ends in the disk's
# interrupt, and nothing of the zram is freed there. Under load, which stood still before; on the
# debug kernel lockdep watches the contexts of zsmalloc's locks.
# vm-args: --mem 512 --disk a=96M
# vm-debug-args: --mem 1280 --disk a=32M
# vm-timeout: 240
# shellcheck source=tests/vm/tswap/lib.sh
. /src/tests/vm/tswap/lib.sh

mib=32 secs=40
[ "$VM_KERNEL" != debug ] || mib=10 secs=60
a=$(by_id a)
z=$(new_zram $((mib * 2))M)
new_device "$(($(pages_of "$a") - 1))" >/dev/null
la=$(new_leaf "$a" ssd 0)
lz=$(new_leaf "$z" ssd 0)
tswapc tier-set device=0 name=ssd on-swapin=$FREE
activate

# who calls zs_free, and in which context? Where the kernel can say.
trace=/sys/kernel/tracing traced=''
mount -t tracefs none $trace 2>/dev/null || true
if grep -qw zs_free $trace/available_filter_functions 2>/dev/null; then
	traced=1
	echo zs_free >$trace/set_ftrace_filter
	echo 16384 >$trace/buffer_size_kb
	echo function >$trace/current_tracer
fi
in_interrupts() { # zs_free calls whose third flag is not "." (process)
	awk '/: zs_free/ && substr($3, 3, 1) != "."' $trace/trace | wc -l
}

start_worker w "$mib"
start_worker v "$mib"
ask w out
ask v out
[ "$(leaf used "$la")" -gt 100 ] || fail "the disk has $(leaf used "$la") pages"
[ "$(leaf used "$lz")" -gt 100 ] || fail "the zram has $(leaf used "$lz") pages"
for g in w v; do echo $((mib * 9 / 16))M >/sys/fs/cgroup/$g/memory.max; done
tell w "churn $secs rrrrwwoo"
tell v "churn $secs rrrrwwoo"
hear w
hear v
for g in w v; do echo max >/sys/fs/cgroup/$g/memory.max; done
if [ -n "$traced" ]; then
	grep -q ': zs_free' $trace/trace || fail "zs_free was not traced"
	[ "$(in_interrupts)" = 0 ] || fail "$(in_interrupts) calls of zs_free in interrupts"
	echo nop >$trace/current_tracer
fi
ask w verify
ask v verify
no_leaks
tswapc tier-set device=0 name=ssd on-swapin=$KEEP
stop_worker w
stop_worker v
take_down
rmmod tswap
clean_log
