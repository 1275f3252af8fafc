#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A disk leaf with the discard flag: freed positions are discarded while the workload writes,
# exits and is moved, and no page is lost; the flag can be taken away and given back. What is
# discarded reads as zeros, so a discard that hits a page in use is seen.
# vm-args: --mem 512 --disk a=96M --disk b=96M
# vm-debug-args: --mem 1024 --disk a=32M --disk b=32M
# vm-timeout: 180
# shellcheck source=tests/vm/tswap/lib.sh
. /src/tests/vm/tswap/lib.sh

mib=40 secs=8
[ "$VM_KERNEL" != debug ] || mib=10 secs=20
a=$(by_id a) b=$(by_id b)
DISCARD=2
[ "$(cat "/sys/block/${a#/dev/}/queue/discard_max_bytes")" -gt 0 ] || fail "the disk has no discard"
modprobe tswap sweep_ms=20
new_device "$(($(pages_of "$a") - 1))" >/dev/null

# a new leaf has nothing to be discarded: nobody looks, where the kernel can say
trace=/sys/kernel/tracing traced=''
mount -t tracefs none $trace 2>/dev/null || true
if grep -qw tswap_space_hold $trace/available_filter_functions 2>/dev/null; then
	traced=1
	echo tswap_space_hold >$trace/set_ftrace_filter
	echo function >$trace/current_tracer
fi
la=$(new_leaf "$a" ssd 0 flags=$DISCARD)
if [ -n "$traced" ]; then
	sleep 0.5
	! grep -q ': tswap_space_hold' $trace/trace || fail "a new leaf is swept: $(tail -n 3 $trace/trace)"
	echo nop >$trace/current_tracer
	echo >$trace/set_ftrace_filter
fi
lb=$(new_leaf "$b" hdd 1)
activate

start_worker w "$mib"
start_worker t "$((mib / 2))" thp
tell w "churn $secs rrwwwoox"
tell t "churn $secs rrwwoofx"
to_and_fro "$((secs - 1))" "$la" "$lb"
hear w
hear t
discarded=$(leaf discarded "$la")
[ "$discarded" -gt 0 ] || fail "nothing was discarded"
[ "$(leaf discarded "$lb")" = 0 ] || fail "a leaf without the flag was discarded"
ask w verify
ask t verify
no_leaks
echo "$discarded pages discarded"

# without the flag nothing is discarded, with it again it is, and what was freed meanwhile
sleep 0.5 # until every chunk has been swept
tswapc leaf-set device=0 id="$la" flags=0
sleep 0.5
discarded=$(leaf discarded "$la")
ask w "rewrite 100"
ask w out
ask w "free 100"
ask w out
sleep 0.5
[ "$(leaf discarded "$la")" = "$discarded" ] || fail "discarded without the flag"
tswapc leaf-set device=0 id="$la" flags=$DISCARD
discards_again() { [ "$(leaf discarded "$la")" -gt "$discarded" ]; }
await discards_again
sleep 0.5
discarded=$(leaf discarded "$la")
ask w "free 100"
ask w out
await discards_again
ask w verify
ask t verify
refused "can only be given when" tswapc leaf-set device=0 id="$la" flags=1
modprobe brd rd_nr=1 rd_size=8192 2>/dev/null || true
if [ -b /dev/ram0 ] && [ "$(cat /sys/block/ram0/queue/discard_max_bytes)" = 0 ]; then
	mkswap -q /dev/ram0
	refused "has no discard" tswapc leaf-add device=0 path=/dev/ram0 tier=x rank=7 flags=$DISCARD
fi
stop_worker w
stop_worker t
take_down
rmmod tswap
clean_log
