#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# system-args: --disk ssd=512M --disk hdd=512M
# A machine that has its swap from fstab, and later from zram-generator: import prints it, a
# take-over keeps what is in use, and from the next boot on swapadm.service attaches it. A line of
# fstab that comes back is reported by apply and ended by apply --take-over.
# shellcheck source=tests/vm/lib/system-guest.sh
. "$VM_LIB"

words() { # what swapadm.service says at this boot
	journalctl -b -u swapadm.service -o cat --no-pager | grep '^swapctl:' || true
}

# never_less COMMAND...: while it runs, and after it, there is never less swap than before
never_less() {
	local before watcher
	before=$(swap_total_kib)
	(while [ "$(swap_total_kib)" -ge "$before" ]; do sleep 0.05; done) &
	watcher=$!
	"$@"
	check "no moment with less swap" kill "$watcher"
	check "nor afterwards" [ "$(swap_total_kib)" -ge "$before" ]
}

boot_1() {
	mkswap -q -L warm /dev/disk/by-id/virtio-ssd
	mkswap -q -L cold /dev/disk/by-id/virtio-hdd
	printf 'LABEL=warm none swap sw,pri=20 0 0\nLABEL=cold none swap defaults 0 0\n' >>/etc/fstab
	next_boot reboot
}

boot_2() {
	show_swap
	check "fstab has activated both" [ "$(grep -c partition /proc/swaps)" = 2 ]
	run swapctl import fstab
	check "import alone changes nothing" grep -q '^LABEL=warm' /etc/fstab
	never_less run swapctl import fstab --take-over
	check "the lines of fstab are comments" [ "$(grep -c '^LABEL=.*swap' /etc/fstab)" = 0 ]
	check "the service is enabled" systemctl -q is-enabled swapadm.service
	check "the next boot survives an error in the file" grep -q '^device = LABEL=warm' /var/lib/swapadm/last-good.conf
	check "a second one is refused" [ "$(status_of swapctl import fstab --take-over)" != 0 ]
	cat /etc/swapadm.conf
	next_boot reboot
}

boot_3() {
	show_swap
	check "both are attached" [ "$(grep -c partition /proc/swaps)" = 2 ]
	check "by us" [ "$(swapctl list -rno MANAGED | sort -u)" = yes ]
	check "in the order that they had" \
		[ "$(awk 'NR > 1 { print $1 }' /proc/swaps | xargs -n1 blkid -s LABEL -o value | xargs)" = "warm cold" ]
	check "status 0" [ "$(systemctl show -p ExecMainStatus --value swapadm.service)" = 0 ]
	check "no unit failed" [ -z "$(systemctl --failed --plain --no-legend)" ]
	words
	# the line comes back, and another one makes swap beside us
	echo 'LABEL=cold none swap sw 0 0' >>/etc/fstab
	systemctl daemon-reload
	run swapctl apply || true
	check "apply reports it" grep -q 'fstab activates' <<<"$(swapctl apply 2>&1)"
	run swapctl apply --take-over
	check "apply --take-over ends it" [ "$(grep -c '^LABEL=.*swap' /etc/fstab)" = 0 ]
	# zram-generator alone
	systemctl -q disable swapadm.service
	rm /etc/swapadm.conf
	apt-get -qq -y install systemd-zram-generator >/dev/null
	printf '[zram0]\nzram-size = 128\n' >/etc/systemd/zram-generator.conf
	next_boot reboot
}

boot_4() {
	show_swap
	check "zram-generator has made its zram" grep -q '^/dev/zram0 ' /proc/swaps
	run swapctl import zram-generator
	never_less run swapctl import zram-generator --take-over
	cat /etc/swapadm.conf
	next_boot reboot
}

boot_5() {
	show_swap
	words
	check "one zram" [ "$(grep -c '^/dev/zram' /proc/swaps)" = 1 ]
	check "of the same size" [ "$(swap_total_kib)" -gt 130000 ]
	check "by us" [ "$(swapctl list -rno MANAGED | sort -u)" = yes ]
	check "the unit is active" systemctl -q is-active swapadm.service
	check "no unit failed" [ -z "$(systemctl --failed --plain --no-legend)" ]
}

run_boots
