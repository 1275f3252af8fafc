#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# system-args: --disk ssd=512M --append module.sig_enforce=1
# A kernel that takes only modules signed with a key that it knows, as with Secure Boot: tswap,
# signed by nobody or by dkms, is refused. There is swap nevertheless, and the words say why.
# shellcheck source=tests/vm/lib/system-guest.sh
. "$VM_LIB"

boot_1() {
	mkswap -q -L warm /dev/disk/by-id/virtio-ssd
	printf '[swapadm]\nlayer = redirect\n[tier ssd]\ndevice = LABEL=warm\n' >/etc/swapadm.conf
	systemctl -q enable swapadm.service
	next_boot
}

boot_2() {
	show_swap
	modprobe tswap || true
	check "the device is an area" [ "$(grep -c partition /proc/swaps)" = 1 ]
	check "the unit is active" systemctl -q is-active swapadm.service
	check "apply ended with 4" [ "$(systemctl show -p ExecMainStatus --value swapadm.service)" = 4 ]
	check "the journal says why" grep -q 'Secure Boot' <<<"$(journalctl -b -u swapadm -o cat)"
	check "and what to do" grep -q 'mokutil --import' <<<"$(journalctl -b -u swapadm -o cat)"
	run swapctl doctor
	check "doctor says it" grep -q 'key was rejected' <<<"$(swapctl doctor)"
}

run_boots
