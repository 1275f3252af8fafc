#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# system-args: --disk plain=1500M --disk leaf=512M --append resume=/dev/vdc --append no_console_suspend
# Hibernation: refused, with the reason, while a tswap device is in use; to an ordinary area next
# to a zram it works. /dev/vdc is the plain one, which the first boot can't resume from yet.
# shellcheck source=tests/vm/lib/system-guest.sh
. "$VM_LIB"

redirect() {
	printf '[swapadm]\nlayer = redirect\n[tier leaf]\ndevice = LABEL=leaf\n' >/etc/swapadm.conf
	run swapctl apply
}

# logind answers where it sees no area that takes the image; elsewhere it starts the job, and the
# kernel refuses
refused() { # logind|kernel
	local by=kernel
	dmesg -C
	run systemctl hibernate || by=logind
	check "refused by the $1" [ "$by" = "$1" ]
	if [ "$by" = kernel ]; then
		sleep 10
		check "it fails" systemctl -q is-failed systemd-hibernate.service
		check "the kernel says why" grep -q 'hibernation refused' <<<"$(dmesg)"
		systemctl reset-failed
	fi
}

can_hibernate() {
	busctl call org.freedesktop.login1 /org/freedesktop/login1 org.freedesktop.login1.Manager \
		CanHibernate
}

plain_device() {
	cat /sys/class/block/vdc/dev
}

# The machine sleeps without the folder of the host, whose driver can't, and the script of
# the next boot starts when it wakes.
sleep_hook() {
	mkdir -p /usr/lib/systemd/system-sleep
	cat >/usr/lib/systemd/system-sleep/vm <<-'HOOK'
		#!/bin/sh
		case $1 in
		pre) umount /vm; modprobe -r 9p 9pnet_virtio ;;
		post) systemctl --no-block restart vm-script.service ;;
		esac
	HOOK
	chmod 755 /usr/lib/systemd/system-sleep/vm
}

boot_1() {
	local by=kernel
	[ "$VM_SUITE" = bookworm ] || by=logind # which knows that there is nothing to resume from
	mkswap -q -L leaf /dev/disk/by-id/virtio-leaf
	redirect
	show_swap
	say "only tswap, and no device to resume from:"
	refused $by
	run swapctl doctor || true
	check "all of it goes" swapctl remove all
	mkswap -q -L plain /dev/vdc
	swapon -p 5 /dev/vdc
	say "/sys/power/resume: $(cat /sys/power/resume), CanHibernate: $(can_hibernate)"
	if [ "$by" = kernel ]; then
		check "the attempt left a device that is gone" [ "$(can_hibernate)" = 's "na"' ]
		run swapctl doctor || true
		check "doctor says so" grep -q 'which is gone' <<<"$(swapctl doctor)"
		plain_device >/sys/power/resume
		check "and how to go on" [ "$(can_hibernate)" = 's "yes"' ]
		check "doctor is content" [ -z "$(grep 'which is gone' <<<"$(swapctl doctor)")" ]
	fi
	next_boot
}

boot_2() {
	local cg=/sys/fs/cgroup/system.slice/holder.service
	check "the initramfs named the plain one" [ "$(cat /sys/power/resume)" = "$(plain_device)" ]
	redirect
	show_swap
	say "only tswap:"
	refused logind
	swapon -p 5 /dev/vdc
	say "tswap, and an ordinary area:"
	refused kernel
	run swapctl doctor || true
	check "doctor says so" grep -qi hibern <<<"$(swapctl doctor)"
	# the ordinary area alone is in use beside a zram
	check "all of it goes, the ordinary area too" swapctl remove all
	check "there is no area left" [ "$(swap_total_kib)" = 0 ]
	# as doctor's remedy has it: on redirect a zram is a leaf, and tswap0 comes back
	printf '[swapadm]\nlayer = direct\n' >/etc/swapadm.conf
	modprobe zram
	run swapctl add fast zram,size=128M
	check "no tswap device is in use" [ ! -e /dev/tswap0 ]
	swapon -p 5 /dev/vdc
	cp /vm/pattern /root/pattern
	systemd-run -q --unit=holder sh -c 'mkfifo /run/orders
		{ echo out; cat /run/orders; } | /root/pattern 100 >/run/pattern'
	for _ in {1..240}; do
		! grep -q ^out /run/pattern 2>/dev/null || break
		sleep 1
	done
	[ -d $cg ]
	check "logind would" [ "$(can_hibernate)" = 's "yes"' ]
	show_swap
	check "pages are in swap" [ "$(swap_used_kib)" -gt 90000 ]
	cat /proc/sys/kernel/random/boot_id >/root/boot_id
	sleep_hook
	next_boot hibernate
}

boot_3() {
	show_swap
	check "the same boot, woken up" \
		[ "$(cat /proc/sys/kernel/random/boot_id)" = "$(cat /root/boot_id)" ]
	echo verify >/run/orders
	for _ in {1..120}; do
		! grep -q -e ^ok -e ^bad /run/pattern || break
		sleep 1
	done
	cat /run/pattern
	check "every page in swap is what it was" grep -q ^ok /run/pattern
	check "the zram is still ours" grep -q "^fast.*zram" <<<"$(swapctl list)"
}

run_boots
