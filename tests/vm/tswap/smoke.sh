#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The module in a minute: three tiers fill, pages come back right, move live both ways, a
# tier is drained under load and removed, zram gives its memory back, requests are refused.
# vm-group: smoke
# vm-args: --mem 512 --disk a=24M --disk b=128M
# vm-debug-args: --mem 1024 --disk a=8M --disk b=48M
# vm-timeout: 240
# shellcheck source=tests/vm/tswap/lib.sh
. /src/tests/vm/tswap/lib.sh

mib=48 zsize=12M
[ "$VM_KERNEL" != debug ] || mib=16 zsize=3M
a=$(by_id a) b=$(by_id b)
z=$(new_zram $zsize)
new_device "$(($(pages_of "$b") - 1))" >/dev/null
refused "run mkswap" tswapc leaf-add device=0 path="$a" tier=ssd rank=1
lz=$(new_leaf "$z" fast 0)
la=$(new_leaf "$a" ssd 1)
lb=$(new_leaf "$b" hdd 2)
activate
start_worker w "$mib" zeros=7
ask w out
for l in "$lz" "$la" "$lb"; do
	[ "$(leaf used "$l")" -gt 500 ] || fail "leaf $l has only $(leaf used "$l") pages"
done
ask w verify
no_leaks
# every request that was measured is in one bucket
for l in "$la" "$lb"; do
	for way in read write; do
		dir=/sys/block/tswap0/tswap/leaf$l
		sum=$(($(tr ' ' + <"$dir/${way}_latency")))
		[ "$sum" -gt 0 ] || fail "leaf $l: no ${way}s measured"
		[ "$sum" = "$(cat "$dir/${way}_samples")" ] ||
			fail "leaf $l: $sum ${way}s in buckets of $(cat "$dir/${way}_samples")"
	done
done
ask w out
tell w "churn 4 rrwwofx"
for pair in "ssd hdd" "hdd ssd" "fast hdd"; do
	j=$(start_job kind=$MIGRATE src-tier="${pair% *}" dst-tier="${pair#* }")
	[ "$pair" != "hdd ssd" ] || {
		sleep 0.5
		tswapc job-set id="$j" action=$CANCEL 2>/dev/null || true
		continue
	}
	await_job "$j" $DONE
done
hear w
ask w verify
no_leaks
ask w out
refused "drain it first" tswapc leaf-del device=0 id="$la"
tell w "churn 3 rrwwofx"
d=$(start_job kind=$DRAIN src-tier=ssd)
await_job "$d" $DONE
tswapc leaf-del device=0 id="$la"
d=$(start_job kind=$DRAIN src-leaf="$lz")
await_job "$d" $DONE
hear w
gave_back() { [ "$(awk '{ print $2 }' "/sys/block/${z#/dev/}/mm_stat")" -lt 100000 ]; }
await gave_back
ask w verify
refused "swapoff first" tswapc device-del id=0
stop_worker w
take_down
rmmod tswap
clean_log
