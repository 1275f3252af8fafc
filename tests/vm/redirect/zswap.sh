#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# zswap in front of tswap: what it holds has slots of the area and no place on a device, and
# is shown so; what it does not take, and what it writes back, goes to the tiers; drains and
# the end of the layer with pages in zswap.
# vm-args: --mem 768 --disk ssd=256M --disk hdd=512M
. /src/tests/vm/redirect/lib.sh

three_tiers
sed -i '/^\[tier fast\]/,/^device/d' /etc/swapadm.conf
printf '[zswap]\nenabled = yes\nmax-pool = 20%%\n' >>/etc/swapadm.conf

value() { # KEY: bytes of status -J, of its object redirect
	swapctl status -J | tr ',{}' '\n\n\n' | sed -n "s/^ *\"$1\": *\([0-9]*\).*/\1/p" | head -n 1
}

on_devices() {
	local sum=0 used

	for used in $(field USED ssd) $(field USED hdd); do sum=$((sum + used)); done
	echo "$sum"
}

exits 0 swapctl apply
[ "$(cat /sys/module/zswap/parameters/enabled)" = Y ] || fail "zswap is off"
coproc workload { exec pattern -c 120; }
read -r _ <&"${workload[0]}"

step "held by zswap"
ask out
exits 0 swapctl status
echo "$said"
says "area     tswap0"
says "on no device"
area=$(value area_used) held=$(on_devices)
echo "area $area, on the devices $held"
[ "$area" -ge $((100 << 20)) ] || fail "the area has only $area bytes in use"
[ "$held" -le $((area / 10)) ] || fail "$held bytes of $area went to the devices"
exits 0 swapctl migrate ssd hdd
exits 0 swapctl list
echo "$said"
ask verify

step "the pool is full: the rest is on the tiers"
ask write
echo 1 >/sys/module/zswap/parameters/max_pool_percent
ask out
area=$(value area_used) held=$(on_devices)
echo "area $area, on the devices $held"
[ "$held" -ge $((20 << 20)) ] || fail "only $held bytes of $area are on the devices"
[ "$held" -lt "$area" ] || fail "zswap holds nothing"
exits 0 swapctl migrate ssd hdd --amount 50%
exits 0 swapctl drain ssd
is USED vdb 0
ask verify
ask out
exits 0 swapctl uncordon ssd

step "the layer goes, with pages in zswap"
exits 0 swapctl drain tswap0
[ -z "$(areas)" ] || fail "an area is left"
ask verify
exits 0 swapctl apply
ask out
exits 0 swapctl remove tswap0
ask verify
ask quit
