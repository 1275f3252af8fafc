#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Holds of locks, interrupts off, by the module for each page that goes out, comes in, is freed.
# The kernel's function tracer counts them.
# usage: tswap-locks.sh [MIB]
# On the host it runs itself in a guest of $KERNELS (7.3).
if [ -z "${VM_KERNEL-}" ]; then
	cd "$(dirname "$0")/../.." || exit 1
	for kernel in ${KERNELS:-7.3}; do
		tests/vm/build-module "$kernel" || exit 1
		tests/vm/run --kernel "$kernel" --mem 768 --disk a=64M "tests/bench/${0##*/}" "$@" || exit 1
	done
	exit 0
fi
# shellcheck source=tests/vm/tswap/lib.sh
. /src/tests/vm/tswap/lib.sh

mib=${1:-8}
trace=/sys/kernel/tracing
mount -t tracefs none $trace 2>/dev/null || true
a=$(by_id a)
new_device "$(($(pages_of "$a") - 1))" >/dev/null
new_leaf "$a" ssd 0 >/dev/null
activate
start_worker w "$mib"
ask w out # caches are warm
ask w touch

echo 65536 >$trace/buffer_size_kb
echo 0 >$trace/tracing_on
echo '_raw_spin_lock_irqsave _raw_spin_lock_irq' >$trace/set_ftrace_filter
echo function >$trace/current_tracer
awk '$4 == "[tswap]" { print $3 }' /proc/kallsyms | sort -u >/tmp/ours

counted() { # NAME COMMAND
	echo >$trace/trace
	echo 1 >$trace/tracing_on
	ask w "$2"
	echo 0 >$trace/tracing_on
	awk -v name="$VM_KERNEL $1" -v pages=$((mib * 256)) '
		NR == FNR { ours[$1] = 1; next }
		match($0, /<-[^ ]+/) && (substr($0, RSTART + 2, RLENGTH - 2) in ours) { n++ }
		END { printf "%s: %.3f holds a page\n", name, n / pages }' /tmp/ours $trace/trace
}

ask w drop # what is clean is not written, what is only rewritten stays in its place
counted out out
counted in touch
ask w out
counted free drop
echo nop >$trace/current_tracer
stop_worker w
take_down
