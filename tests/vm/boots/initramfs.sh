#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# system-args: --disk hdd=512M
# update-initramfs while swap is on tswap0: the next boot must not wait for that device.
# HOOK=no: without our hook, to see that this fails.
# shellcheck source=tests/vm/lib/system-guest.sh
. "$VM_LIB"

boot_1() {
	mkswap -q -L cold /dev/disk/by-id/virtio-hdd
	printf '[swapadm]\nlayer = redirect\n[tier hdd]\ndevice = LABEL=cold\n' >/etc/swapadm.conf
	systemctl -q enable --now swapadm.service
	check "swap is on tswap0" grep -q '^/dev/tswap0 ' /proc/swaps
	[ "${HOOK-yes}" = yes ] || rm /usr/share/initramfs-tools/hooks/swapadm
	run update-initramfs -u -k "$(uname -r)"
	lsinitramfs "/boot/initrd.img-$(uname -r)" | grep conf/conf.d || true
	next_boot
}

boot_2() {
	show_swap
	systemd-analyze time
	if dmesg | grep -q 'Gave up waiting for suspend/resume device'; then
		fail "the initramfs waited for the resume device"
	fi
	up=$(systemd-analyze time | sed -n 's/.*Startup finished in \([0-9.]*\)s (kernel).*/\1/p')
	say "kernel and initramfs: $up s"
	check "the initramfs did not wait" awk -v up="$up" 'BEGIN { exit up > 30 }'
}

run_boots
