#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# system-args: --disk ssd=512M --disk hdd=512M
# What the unit takes at boot, from its start to its end, against swapon(8) of the same devices in
# the same place; boots of one run, under the same load. Prints one line a boot.
# shellcheck source=tests/vm/lib/system-guest.sh
. "$VM_LIB"

# what swapon -a does, without lines in fstab, from which systemd would make units
plain_unit() {
	cat >/etc/systemd/system/plain-swap.service <<-'UNIT'
		[Unit]
		DefaultDependencies=no
		After=systemd-remount-fs.service systemd-modules-load.service systemd-udev-trigger.service
		After=dev-disk-by\x2dlabel-warm.device dev-disk-by\x2dlabel-cold.device
		Wants=dev-disk-by\x2dlabel-warm.device dev-disk-by\x2dlabel-cold.device
		Before=swap.target shutdown.target
		Conflicts=shutdown.target
		[Service]
		Type=oneshot
		RemainAfterExit=yes
		ExecStart=/sbin/swapon -p 2 -L warm
		ExecStart=/sbin/swapon -p 1 -L cold
		[Install]
		WantedBy=swap.target
	UNIT
}

conf() { # LAYER
	printf '[swapadm]\nlayer = %s\n[tier ssd]\ndevice = LABEL=warm\n[tier hdd]\ndevice = LABEL=cold\n' \
		"$1" >/etc/swapadm.conf
}

# ms UNIT: from the start of its first command to its end
took() {
	systemctl show -p InactiveExitTimestampMonotonic -p ActiveEnterTimestampMonotonic "$1" |
		awk -F= '{ t[$1] = $2 } END {
			print int((t["ActiveEnterTimestampMonotonic"] - t["InactiveExitTimestampMonotonic"]) / 1000)
		}'
}

boot_1() {
	mkswap -q -L warm /dev/disk/by-id/virtio-ssd
	mkswap -q -L cold /dev/disk/by-id/virtio-hdd
	plain_unit
	systemctl -q enable plain-swap
	next_boot
}

boot_2() {
	check "both areas" [ "$(swap_total_kib)" -gt 1000000 ]
	say "swapon: $(took plain-swap) ms"
	systemctl -q disable plain-swap
	systemctl -q enable swapadm
	conf direct
	next_boot
}

boot_3() {
	check "both areas" [ "$(swap_total_kib)" -gt 1000000 ]
	say "swapadm, direct: $(took swapadm) ms"
	conf redirect
	next_boot
}

boot_4() {
	check "both leaves" [ "$(swap_total_kib)" -gt 1000000 ]
	say "swapadm, redirect: $(took swapadm) ms"
	systemctl -q disable swapadm
	systemctl -q enable plain-swap
	next_boot
}

boot_5() {
	say "swapon: $(took plain-swap) ms"
}

run_boots
