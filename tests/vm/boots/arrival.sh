#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# system-args: --disk ssd=512M --disk cold=512M,bus=hdd --disk other=256M,bus=ssd
# A disk of the configuration is missing at boot and comes later: it is attached automatically, and
# another one with a swap signature is left alone. Its label has a blank, which udev's property
# has not. LAYER: direct (default) or redirect.
# shellcheck source=tests/vm/lib/system-guest.sh
. "$VM_LIB"
: "${LAYER:=direct}"

disk() {
	compgen -G "/dev/disk/by-id/*$1" | head -n 1
}

boot_1() {
	udevadm settle
	mkswap -q -L warm "$(disk ssd)"
	mkswap -q -L "cold disk" "$(disk cold)"
	mkswap -q -L other "$(disk other)"
	printf '[swapadm]\nlayer = %s\n[tier ssd]\ndevice = LABEL=warm\n[tier hdd]\ndevice = LABEL=cold disk\n' \
		"$LAYER" >/etc/swapadm.conf
	# removed by hand where the rule is newer than the devices, as after an installation
	udevadm info --query=property --name="$(disk ssd)" | grep SWAPADM || true
	sed -i '/SWAPADM_/d' /run/udev/data/b*
	systemctl -q enable --now swapadm.service
	show_swap
	check "it is attached" [ "$(swapctl list -rno STATE LABEL=warm)" = active ]
	run swapctl remove LABEL=warm
	udevadm settle
	sleep 5
	check "and stays away when it was removed" \
		[ -z "$(swapctl list -rno SPEC,STATE | grep '^LABEL=warm active' || true)" ]
	# both SCSI disks stay away until the driver is loaded by hand
	echo 'blacklist virtio_scsi' >/etc/modprobe.d/vm.conf
	next_boot
}

boot_2() {
	local before
	show_swap
	before=$(swap_total_kib)
	check "the disk is missing" [ -z "$(disk cold)" ]
	check "what is there is in use" [ "$before" -gt 500000 ]
	check "the unit is active, not failed" systemctl -q is-active swapadm.service
	say "a second apply ends with $(status_of swapctl apply)"
	modprobe virtio_scsi
	for _ in {1..60}; do
		[ "$(swap_total_kib)" = "$before" ] || break
		sleep 0.5
	done
	udevadm settle
	sleep 2
	show_swap
	run swapctl list
	journalctl -b -u 'swapadm-device@*' -o cat --no-pager
	journalctl -b -u swapadm.service -o cat --no-pager | tail -n 6
	check "it came in automatically" [ "$(swapctl list -rno STATE "LABEL=cold disk")" = active ]
	check "the unit is not degraded any more" \
		[ "$(systemctl show -p StatusText --value swapadm.service)" = "all devices of the configuration are attached" ]
	if [ "$LAYER" = direct ]; then
		check "and adds its room" [ "$(swap_total_kib)" -gt 1000000 ]
	fi
	check "the other one was left alone" [ -z "$(grep "$(readlink -f /dev/disk/by-label/other)" /proc/swaps)" ]
	run swapctl remove LABEL=warm
	udevadm settle
	sleep 5
	check "what was removed by hand stays away" [ -z "$(swapctl list -rno SPEC,STATE | grep '^LABEL=warm active' || true)" ]
	# and the same disk when it is there at boot
	rm /etc/modprobe.d/vm.conf
	next_boot
}

boot_3() {
	show_swap
	check "the disk is there" [ -n "$(disk cold)" ]
	check "it is attached, by its label with a blank" \
		[ "$(swapctl list -rno STATE "LABEL=cold disk")" = active ]
	check "and so is what was removed by hand" [ "$(swapctl list -rno STATE LABEL=warm)" = active ]
	check "apply ended with 0" [ "$(systemctl show -p ExecMainStatus --value swapadm.service)" = 0 ]
	check "no unit failed" [ -z "$(systemctl --failed --plain --no-legend)" ]
	[ "$LAYER" = direct ] || return 0
	# one that gets its signature only now, as one of a network that is connected late
	run swapctl remove LABEL=warm
	wipefs -qa "$(disk ssd)"
	udevadm settle
	sleep 2
	check "without a signature it stays away" [ "$(grep -c partition /proc/swaps)" = 1 ]
	mkswap -q -L warm "$(disk ssd)"
	for _ in {1..60}; do
		[ "$(grep -c partition /proc/swaps)" = 1 ] || break
		sleep 0.5
	done
	check "with one it comes in" [ "$(swapctl list -rno STATE LABEL=warm)" = active ]
}

run_boots
