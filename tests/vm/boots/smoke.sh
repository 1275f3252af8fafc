#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# system-args: --disk ssd=512M --disk hdd=512M
# Installed by apt, the jobs of autopkgtest, configured as README says, booted on the redirect
# layer, down again.
# shellcheck source=tests/vm/lib/system-guest.sh
. "$VM_LIB"

boot_1() {
	check "nothing is active after the installation" [ "$(swap_total_kib)" = 0 ]
	check "the unit is not enabled by the installation" \
		[ "$(systemctl is-enabled swapadm.service)" = disabled ]
	for job in direct redirect; do
		check "autopkgtest: $job" sh "/vm/src/debian/tests/$job"
		check "autopkgtest: $job leaves no swap" [ "$(swap_total_kib)" = 0 ]
	done
	mkswap -q -L warm /dev/disk/by-id/virtio-ssd
	mkswap -q -L cold /dev/disk/by-id/virtio-hdd
	cat >/etc/swapadm.conf <<-CONF
		[swapadm]
		layer = redirect
		[tier ssd]
		device = LABEL=warm
		[tier hdd]
		device = LABEL=cold
	CONF
	run swapctl check
	run systemctl enable swapadm.service swapadm-balance.service
	next_boot
}

boot_2() {
	show_swap
	check "the area is the tswap device" grep -q '^/dev/tswap0 ' /proc/swaps
	check "both leaves are there" [ "$(swap_total_kib)" -gt 1000000 ]
	check "the unit is active" systemctl -q is-active swapadm.service
	check "no unit failed" [ -z "$(systemctl --failed --plain --no-legend)" ]
	check "and nothing applied it a second time" \
		[ -z "$(journalctl -b -u swapadm.service -o cat --no-pager | grep Reloading)" ]
	run swapctl list
	run systemctl --no-pager status swapadm-balance.service || true
	for unit in swapadm swapadm-balance swapadm-device@x swapadm-shutdown; do
		systemd-analyze security --no-pager "$unit.service" | tail -n 1
	done
	next_boot poweroff
}

boot_3() {
	say "power off took $VM_DOWN s"
	check "the area is there again" grep -q '^/dev/tswap0 ' /proc/swaps
}

run_boots
