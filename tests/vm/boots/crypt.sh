#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# system-args: --disk plain=512M --disk hdd=512M,bus=hdd
# A swap device with a key of its own at each boot (/etc/crypttab, "swap"): it gets its signature after
# it has appeared, another one each time. It is attached by its name on both layers, and what was
# removed by hand stays away. x-initrd.attach keeps systemd from closing it at shutdown while it is in
# use below tswap0.
# shellcheck source=tests/vm/lib/system-guest.sh
. "$VM_LIB"

configure() { # LAYER
	printf '[swapadm]\nlayer = %s\n[tier ssd]\ndevice = LABEL=plain\n[tier hdd]\ndevice = /dev/mapper/cswap\n' \
		"$1" >/etc/swapadm.conf
}

attached() {
	[ "$(swapctl list -rno STATE /dev/mapper/cswap 2>/dev/null)" = active ]
}

comes_in() {
	for _ in {1..120}; do
		! attached || return 0
		sleep 0.5
	done
	swapctl status
	swapctl list -O
	lsblk
	journalctl -b -o cat --no-pager | grep -i -e cswap -e swapadm | tail -n 40
	return 1
}

late() { # yes|no: the disk below it stays away until its driver is loaded by hand
	if [ "$1" = yes ]; then
		echo 'blacklist virtio_scsi' >/etc/modprobe.d/vm.conf
	else
		rm -f /etc/modprobe.d/vm.conf
	fi
}

boot_1() {
	apt-get -qq -y install cryptsetup >/dev/null
	! apt-cache -q show systemd-cryptsetup >/dev/null 2>&1 || apt-get -qq -y install systemd-cryptsetup >/dev/null
	echo "cswap $(compgen -G '/dev/disk/by-id/*hdd' | head -n 1) /dev/urandom swap,nofail,x-initrd.attach,cipher=aes-xts-plain64,size=256" \
		>>/etc/crypttab
	mkswap -q -L plain /dev/disk/by-id/virtio-plain
	configure direct
	systemctl -q enable swapadm.service
	next_boot reboot
}

both_are_there() { # KIB, at least
	check "it came in" comes_in
	udevadm settle
	sleep 2
	show_swap
	run swapctl list
	check "with room" [ "$(swap_total_kib)" -gt "$1" ]
	check "no unit failed" [ -z "$(systemctl --failed --plain --no-legend)" ]
	check "the unit says so" [ "$(systemctl show -p StatusText --value swapadm.service)" = \
		"all devices of the configuration are attached" ]
	journalctl -b -u swapadm.service -u 'swapadm-device@*' -o cat --no-pager | tail -n 20
}

boot_2() {
	both_are_there 1000000
	run swapctl save
	run swapctl doctor || true
	run swapctl remove /dev/mapper/cswap
	udevadm settle
	udevadm trigger --action=change --settle /dev/mapper/cswap
	sleep 5
	check "what was removed by hand stays away" [ "$(grep -c partition /proc/swaps)" = 1 ]
	swapctl apply
	check "apply attaches it again" attached
	late yes
	next_boot reboot
}

comes_late() {
	check "it is not there yet" [ ! -e /dev/mapper/cswap ]
	check "degraded" grep -q ^degraded <(systemctl show -p StatusText --value swapadm.service)
	modprobe virtio_scsi
	udevadm settle
	systemctl start systemd-cryptsetup@cswap.service
}

boot_3() {
	comes_late
	both_are_there 1000000
	configure redirect
	next_boot reboot
}

boot_4() {
	comes_late
	both_are_there 500000
	late no
	next_boot reboot
}

boot_5() {
	both_are_there 1000000
	say "that shutdown took $VM_DOWN s"
	check "redirect" grep -q tswap0 /proc/swaps
	next_boot poweroff
}

boot_6() {
	both_are_there 1000000
	say "that shutdown took $VM_DOWN s"
	journalctl -b -1 -o cat --no-pager | grep -i -e 'cswap' | tail -n 20
}

run_boots
