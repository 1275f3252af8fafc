#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# system-args: --disk ssd=512M --disk hdd=512M
# layer = redirect on a machine that boots without the module: swap is there, degraded in the
# unit's, apply's, status's, doctor's and the collector's words; with the module back an apply
# converts it under a workload. fallback = none: nothing. A module for another kernel likewise.
# shellcheck source=tests/vm/lib/system-guest.sh
. "$VM_LIB"

module=/lib/modules/$(uname -r)/updates/dkms/tswap.ko

# waits for the answer of the holder to WORD
ask_holder() { # WORD
	echo "$1" >&3
	for _ in {1..240}; do
		! grep -q "^$1" /run/pattern || return 0
		sleep 1
	done
	fail "the holder does not answer $1"
}

hold() {
	mkfifo /run/orders
	/vm/pattern 200 </run/orders >/run/pattern 2>&1 &
	holder=$!
	exec 3>/run/orders
	ask_holder out
}

boot_1() {
	[ ! -e "$module.xz" ] || xz -d "$module.xz" # trixie's dkms
	[ -e "$module" ] || fail "no module at $module"
	mkswap -q -L warm /dev/disk/by-id/virtio-ssd
	mkswap -q -L cold /dev/disk/by-id/virtio-hdd
	printf '[swapadm]\nlayer = redirect\n[tier ssd]\ndevice = LABEL=warm\n[tier hdd]\ndevice = LABEL=cold\n' \
		>/etc/swapadm.conf
	systemctl -q enable swapadm.service swapadm-balance.service
	mv "$module" /root/
	depmod
	next_boot
}

boot_2() {
	show_swap
	check "both devices are areas" [ "$(grep -c partition /proc/swaps)" = 2 ]
	check "in the order of their tiers" [ "$(awk 'NR > 1 { print $5 }' /proc/swaps | xargs)" = "30000 29500" ]
	check "the unit is active" systemctl -q is-active swapadm.service
	check "apply ended with 4" [ "$(systemctl show -p ExecMainStatus --value swapadm.service)" = 4 ]
	check "the unit says degraded" grep -q degraded <<<"$(systemctl show -p StatusText --value swapadm.service)"
	check "the journal says why" grep -q 'is not built for this kernel' <<<"$(journalctl -b -u swapadm -o cat)"
	check "and what to do" grep -q "dkms install tswap/.* -k $(uname -r)" <<<"$(journalctl -b -u swapadm -o cat)"
	check "a second apply ends with 4 too" [ "$(status_of swapctl apply)" = 4 ]
	check "status says it" grep -q degraded <<<"$(swapctl status)"
	check "list says it" grep -q degraded <<<"$(swapctl list 2>&1)"
	check "doctor says it" grep -q 'degraded to the direct layer: tswap: load' <<<"$(swapctl doctor)"
	check "the collector sees it" grep -q '^swapadm_layer_degraded 1' <<<"$(swapctl metrics)"
	hold
	check "pages are in swap" [ "$(swap_used_kib)" -gt 150000 ]
	mv /root/tswap.ko "$module"
	depmod
	# by the unit: what it may do is enough for a drain, too
	check "with the module a reload converts" systemctl reload swapadm.service
	check "and it is not degraded" \
		[ "$(systemctl show -p StatusText --value swapadm.service)" = "all devices of the configuration are attached" ]
	show_swap
	check "the area is the tswap device" [ "$(awk 'NR > 1 { print $1 }' /proc/swaps | xargs)" = /dev/tswap0 ]
	check "not degraded any more" [ -z "$(swapctl status | grep degraded)" ]
	check "every page came through" wait_holder
	sed -i 's/^layer = redirect/&\nfallback = none/' /etc/swapadm.conf
	mv "$module" /root/
	depmod
	next_boot
}

wait_holder() {
	exec 3>&-
	wait "$holder"
}

boot_3() {
	show_swap
	check "fallback = none: there is no swap" [ "$(swap_total_kib)" = 0 ]
	check "and apply ends with 6" [ "$(status_of swapctl apply)" = 6 ]
	sed -i '/^fallback/d' /etc/swapadm.conf
	# not the release, which the kernel does not compare where symbols have versions
	sed "s/\\(vermagic=[^ ]*\\) SMP/\\1 UMP/" /root/tswap.ko >"$module"
	depmod
	check "a module for another kernel: 4" [ "$(status_of swapctl apply)" = 4 ]
	check "both devices are areas" [ "$(grep -c partition /proc/swaps)" = 2 ]
	check "it says so" grep -q 'built for another kernel' <<<"$(swapctl doctor)"
	cp /root/tswap.ko "$module"
	depmod
	next_boot reboot
}

boot_4() {
	show_swap
	check "the module is back: the boot is on it" [ "$(awk 'NR > 1 { print $1 }' /proc/swaps | xargs)" = /dev/tswap0 ]
	check "not degraded" [ "$(systemctl show -p ExecMainStatus --value swapadm.service)" = 0 ]
}

run_boots
