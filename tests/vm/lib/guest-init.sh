#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Process 1 of the guest: makes the system that a test expects, runs the test, hands its status
# to the host and powers off. Ports (virtio-serial): out, err, status. $VM_TTY, another
# console than that of the kernel's messages, is only used by --interactive runs.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export HOME=/root LC_ALL=C.UTF-8 DM_DISABLE_UDEV=1

mount_all() {
	mount -t proc -o nosuid,nodev,noexec proc /proc
	mount -t sysfs -o nosuid,nodev,noexec sysfs /sys
	mkdir -p /dev/pts /dev/shm
	mount -t devpts -o mode=620,ptmxmode=666 devpts /dev/pts
	mount -t tmpfs -o nosuid,nodev tmpfs /dev/shm
	mount -t tmpfs -o nosuid,nodev,mode=755 tmpfs /run
	mount -t tmpfs -o nosuid,nodev,mode=1777 tmpfs /tmp
	mount -t cgroup2 -o nosuid,nodev,noexec cgroup2 /sys/fs/cgroup
	mount -t debugfs -o nosuid,nodev,noexec debugfs /sys/kernel/debug
	ln -sf /proc/self/fd /dev/fd
	ln -sf fd/0 /dev/stdin
	ln -sf fd/1 /dev/stdout
	ln -sf fd/2 /dev/stderr
}

# Names for the disks and the ports. Disks are called virtio-NAME whatever their bus.
name_devices() {
	local f serial
	mkdir -p /dev/disk/by-id /dev/virtio-ports
	for f in /sys/block/vd* /sys/block/nvme* /sys/block/sd*; do
		case $f in
		*/vd*) serial=$(<"$f/serial") ;;
		*/nvme*) serial=$(tr -d ' ' <"$f/device/serial") ;;
		*/sd*) serial=$(tail -c +5 "$f/device/vpd_pg80" | tr -d '\0 ') ;;
		esac
		[ -z "$serial" ] || ln -sf "../../${f##*/}" "/dev/disk/by-id/virtio-$serial"
	done 2>/dev/null
	for f in /sys/class/virtio-ports/*; do
		serial=$(<"$f/name")
		ln -sf "../${f##*/}" "/dev/virtio-ports/$serial"
	done 2>/dev/null
}

# Disks of other buses than virtio appear some time after their driver.
load_disks() {
	local disk name
	[[ $VM_DISKS == *bus=* ]] || return 0
	modprobe -a -q nvme virtio_scsi sd_mod
	for disk in $VM_DISKS; do
		name=/dev/disk/by-id/virtio-${disk%%=*}
		for _ in {1..50}; do
			[ ! -e "$name" ] || break
			sleep 0.1
			name_devices
		done
	done
}

enable_cgroups() {
	local c
	for c in memory io cpu pids; do
		echo "+$c" >/sys/fs/cgroup/cgroup.subtree_control
	done 2>/dev/null
}

run_script() {
	cd "$VM_CWD" 2>/dev/null || cd /root || return 126
	if [ -n "$VM_INTERACTIVE" ]; then
		# Held open: the size is forgotten when the last user of the terminal is gone.
		exec 3<>"/dev/$VM_TTY"
		stty rows "$VM_ROWS" cols "$VM_COLS" <&3
		# shellcheck disable=SC2154 # from /etc/vm-run
		TERM=$VM_TERM setsid -c -w "${script[@]}" <"/dev/$VM_TTY" >"/dev/$VM_TTY" 2>&1
	elif [ -n "$VM_MERGE" ]; then
		"${script[@]}" </dev/null >/dev/virtio-ports/out 2>&1
	else
		"${script[@]}" </dev/null >/dev/virtio-ports/out 2>/dev/virtio-ports/err
	fi
}

mount_all
name_devices
enable_cgroups
echo swapadm-vm >/proc/sys/kernel/hostname
ip link set lo up
# shellcheck source=/dev/null
. /etc/vm-run
load_disks
if [ -n "$VM_SHARE" ]; then
	modprobe -a 9p 9pnet_virtio && mount -t 9p -o trans=virtio,version=9p2000.L,access=any,msize=262144 \
		share /share || echo "guest: /share could not be mounted" >/dev/virtio-ports/err
fi
run_script
status=$?
# Everything that was written to the ports has reached the host when this read, which the same
# loop of QEMU serves later, has been answered.
dd if=/dev/disk/by-id/virtio-swapadm-root of=/dev/null bs=4096 count=1 iflag=direct status=none
echo "$status" >/dev/virtio-ports/status
dd if=/dev/disk/by-id/virtio-swapadm-root of=/dev/null bs=4096 count=1 iflag=direct status=none
echo o >/proc/sysrq-trigger
sleep 60
