#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
# /init of the guest's initramfs: finds the root disk, puts this run's files on it, goes there.
/bin/busybox mount -t devtmpfs dev /dev
/bin/busybox mount -t sysfs sys /sys
/bin/busybox mount -t proc proc /proc
while read -r module; do
	/bin/busybox insmod "/modules/$module"
done </modules/order
root=
for try in 1 2 3 4 5 6 7 8 9 10; do
	for disk in /sys/block/vd*; do
		[ "$(/bin/busybox cat "$disk/serial" 2>/dev/null)" = swapadm-root ] && root=/dev/${disk##*/}
	done
	[ -z "$root" ] || break
	/bin/busybox sleep "0.$try"
done
/bin/busybox mount -t ext4 -o noatime "$root" /new || /bin/busybox poweroff -f
/bin/busybox cp -a /add/. /new/
/bin/busybox umount /proc
/bin/busybox umount /sys
/bin/busybox mount -o move /dev /new/dev
exec /bin/busybox switch_root /new /usr/sbin/guest-init
