#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# system-args: --disk data=256M --disk late=256M,bus=hdd
# Swap files on file systems of their own: one that the boot waits for, one that it does not wait
# for (nofail) and that is missing at first, and README's second example, whose folder nobody made.
# shellcheck source=tests/vm/lib/system-guest.sh
. "$VM_LIB"

disk() {
	compgen -G "/dev/disk/by-id/*$1" | head -n 1
}

active_on() { # FILE MOUNT-POINT
	grep -q "^$1 " /proc/swaps && [ "$(stat -c %m "$1")" = "$2" ]
}

boot_1() {
	udevadm settle
	mke2fs -q -t ext4 -L data "$(disk data)"
	mke2fs -q -t ext4 -L late "$(disk late)"
	mkdir -p /srv /mnt/late
	cat >>/etc/fstab <<-'FSTAB'
		LABEL=data /srv ext4 defaults 0 2
		LABEL=late /mnt/late ext4 nofail 0 2
	FSTAB
	check "README: the folder is made" swapctl add cold /var/swap.d/cold,size=64M
	run swapctl remove cold
	cat >/etc/swapadm.conf <<-'CONF'
		[tier data]
		device = /srv/swap/data, size=64M
		[tier late]
		device = /mnt/late/swap, size=64M
		[tier cold]
		device = /var/swap.d/cold, size=64M
	CONF
	check "nothing is made below a mount point without its mount" \
		[ "$(status_of swapctl apply)" = 4 ]
	show_swap
	check "nothing there" [ ! -e /srv/swap ] && [ ! -e /mnt/late/swap ]
	systemctl -q enable swapadm.service
	next_boot reboot
}

boot_2() {
	show_swap
	check "the file system came first" active_on /srv/swap/data /srv
	for _ in {1..60}; do
		! active_on /mnt/late/swap /mnt/late || break
		sleep 1
	done
	check "the late one came in" active_on /mnt/late/swap /mnt/late
	check "that of the root too" active_on /var/swap.d/cold /
	check "status 0" [ "$(status_of swapctl apply)" = 0 ]
	systemctl show -p After --value swapadm.service
	check "no unit failed" [ -z "$(systemctl --failed --plain --no-legend)" ]
	echo 'blacklist virtio_scsi' >/etc/modprobe.d/vm.conf
	next_boot reboot
}

boot_3() {
	show_swap
	check "two of three" [ "$(grep -c file /proc/swaps)" = 2 ]
	check "apply ended with 4" [ "$(systemctl show -p ExecMainStatus --value swapadm.service)" = 4 ]
	check "why" grep -q '/mnt/late, which is not mounted' <<<"$(journalctl -b -u swapadm -o cat)"
	modprobe virtio_scsi
	udevadm settle
	systemctl start mnt-late.mount
	for _ in {1..60}; do
		! active_on /mnt/late/swap /mnt/late || break
		sleep 1
	done
	show_swap
	check "it came in with its mount" active_on /mnt/late/swap /mnt/late
	systemd-analyze security --no-pager swapadm-mounted.service | tail -n 1
	swapctl remove /srv/swap/data
	sed -i -e 's|/srv |/tmp/data |' -e '/late/d' /etc/fstab
	echo 'tmpfs /tmp tmpfs defaults 0 0' >>/etc/fstab
	sed -i -e 's|/srv/|/tmp/data/|' -e '/late/d' /etc/swapadm.conf
	next_boot reboot
}

boot_4() {
	for _ in {1..60}; do
		! active_on /tmp/data/swap/data /tmp/data || break
		sleep 1
	done
	show_swap
	check "the one below a tmpfs is there" active_on /tmp/data/swap/data /tmp/data
	check "that of the root, too" active_on /var/swap.d/cold /
	check "no circle of units" [ -z "$(journalctl -b -o cat | grep -i 'ordering cycle')" ]
}

run_boots
