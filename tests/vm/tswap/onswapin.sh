#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# on-swapin = free: pages that are asked for give up their positions, those read ahead do not;
# under load, with moves, and they come back right when they go out again.
# vm-args: --mem 512 --disk a=192M --disk b=192M
# vm-debug-args: --mem 1024 --disk a=48M --disk b=48M
# vm-timeout: 240
# shellcheck source=tests/vm/tswap/lib.sh
. /src/tests/vm/tswap/lib.sh

mib=64
[ "$VM_KERNEL" != debug ] || mib=10
a=$(by_id a) b=$(by_id b)
new_device "$(($(pages_of "$a") - 1))" >/dev/null
la=$(new_leaf "$a" ssd 0)
lb=$(new_leaf "$b" hdd 1)
activate
start_worker w "$mib"

cluster=$(sysctl -n vm.page-cluster)

# kept, as long as nothing else is asked for
ask w out
before=$(leaf used "$la")
ask w touch
kept=$(leaf used "$la")
[ "$kept" -ge $((before * 9 / 10)) ] || fail "positions went from $before to $kept without the policy"
tswapc tier-set device=0 name=ssd on-swapin=$FREE

# read ahead, and then only looked at in memory: most of what is read in order
ask w out
before=$(leaf used "$la")
reads=$(leaf read-pages "$la")
ask w touch
freed=$(leaf used "$la")
reads=$(($(leaf read-pages "$la") - reads))
[ "$freed" -ge $((before / 2)) ] || fail "of $before positions only $freed are left after $reads reads"

# without reading ahead each page is asked for
sysctl -q vm.page-cluster=0
ask w out
before=$(leaf used "$la")
ask w touch
freed=$(leaf used "$la")
[ "$freed" -lt $((before / 5)) ] || fail "of $before positions $freed are still held"
ask w verify
ask w out
ask w verify
no_leaks

# A zram and a disk: it has ended a read before the kernel marks what it reads ahead. The
# pages of both are freed if they were asked for, and no more pages than that.
modprobe zram num_devices=0 2>/dev/null || true
z=$(new_zram "$mib"M)
lz=$(new_leaf "$z" zram 2)
tswapc tier-set device=0 name=zram on-swapin=$FREE
ask w "rewrite 100"
tswapc leaf-set device=0 id="$la" state=$CORDONED
tswapc leaf-set device=0 id="$lb" state=$CORDONED
ask w out
tswapc leaf-set device=0 id="$la" state=$ACTIVE
tswapc leaf-set device=0 id="$lb" state=$ACTIVE
before=$(leaf used "$lz")
[ "$before" -gt 1000 ] || fail "only $before pages on the zram"
ask w touch
all_freed() { [ "$(leaf used "$lz")" -lt $((before / 5)) ]; }
await all_freed
ask w verify
j=$(start_job kind=$DRAIN src-leaf="$lz")
await_job "$j" $DONE
ask w "rewrite 100"
tswapc leaf-set device=0 id="$la" state=$CORDONED
tswapc leaf-set device=0 id="$lb" state=$CORDONED
tswapc leaf-set device=0 id="$lz" state=$ACTIVE
ask w out
sysctl -q vm.page-cluster=5
before=$(leaf used "$lz")
ask w "random $((before / 16))"
sleep 1
freed=$((before - $(leaf used "$lz")))
[ "$freed" -gt 0 ] && [ "$freed" -le $((before / 16)) ] ||
	fail "of $before positions $freed were freed after $((before / 16)) pages were asked for"
ask w verify
tswapc leaf-set device=0 id="$la" state=$ACTIVE
tswapc leaf-set device=0 id="$lb" state=$ACTIVE
sysctl -q vm.page-cluster="$cluster"
echo "zram and a disk: ok"

# under load and moves, with memory short
start_worker v "$((mib / 2))"
echo $((mib / 3))M >/sys/fs/cgroup/w/memory.max
tell w "churn 10 rrrwwoxf"
tell v "churn 10 rwwoxf"
to_and_fro 10 "$la" "$lb"
hear w
hear v
ask w verify
ask v verify
tswapc tier-set device=0 name=ssd on-swapin=$KEEP
no_leaks
stop_worker w
stop_worker v
take_down
rmmod tswap
clean_log
