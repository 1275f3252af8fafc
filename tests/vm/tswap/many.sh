#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# As many leaves as a device can have, each in a tier of its own; pages go to the fastest one,
# also after a leaf has gone over to yet another tier.
# vm-args: --mem 512
# vm-debug-args: --mem 1536
# vm-timeout: 240
# shellcheck source=tests/vm/tswap/lib.sh
. /src/tests/vm/tswap/lib.sh

most=254
rmmod brd 2>/dev/null || true
modprobe brd rd_nr=$most rd_size=64 2>/dev/null || true
[ -b /dev/ram$((most - 1)) ] || skip "this kernel has fewer RAM disks"
modprobe tswap
new_device $((most * 15)) >/dev/null
mkswap -q /dev/ram0 >/dev/null
head -c 4096 /dev/ram0 >/tmp/header
# leaf 1 has the slowest tier
for ((i = 0; i < most; i++)); do
	cat /tmp/header >/dev/ram$i
	tswapc leaf-add device=0 path=/dev/ram$i tier=t$i rank=$((i ? i : 255)) >/dev/null
done
[ "$(dev leaves)" = $most ] || fail "$(dev leaves) leaves"
refused "as many leaves as it can have" tswapc leaf-add device=0 path=/dev/ram0 tier=x rank=0
activate
tswapc leaf-set device=0 id=1 tier=first rank=0
start_worker w 2
ask w out
for id in 1 2 3; do
	[ "$(leaf used $id)" = 15 ] || fail "leaf $id of a fast tier has $(leaf used $id) pages"
done
[ "$(leaf used $most)" = 0 ] || fail "the slowest tier has $(leaf used $most) pages"
ask w verify
no_leaks
stop_worker w
take_down
rmmod tswap
clean_log
