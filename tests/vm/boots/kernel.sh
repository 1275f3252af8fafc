#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# system-args: --disk ssd=512M --timeout 2400
# The kernel is upgraded: without its headers, and with a module that does not compile for it. apt
# is configured all the same, the boot of the new kernel has swap and says why it is degraded. When
# the module is there, an apply converts, and so does the boot after that. BUILD=yes: it is compiled
# in the guest, which takes many minutes; by default the one that the disk was made with comes back.
# shellcheck source=tests/vm/lib/system-guest.sh
. "$VM_LIB"
: "${BUILD:=no}"

build=/usr/lib/tswap-dkms/build
source=$(echo /usr/src/tswap-*/main.c)

other_kernel() {
	basename "$(compgen -G '/lib/modules/*-*' | grep -v "/$(uname -r)\$" | head -n 1)"
}

note() { # KERNEL
	cat "/var/lib/tswap-dkms/failed-$1" 2>/dev/null || true
}

on_tswap() {
	[ "$(awk 'NR > 1 { print $1 }' /proc/swaps | xargs)" = /dev/tswap0 ]
}

boot_1() {
	local new
	new=$(other_kernel)
	mkswap -q -L warm /dev/disk/by-id/virtio-ssd
	printf '[swapadm]\nlayer = redirect\n[tier ssd]\ndevice = LABEL=warm\n' >/etc/swapadm.conf
	systemctl -q enable --now swapadm.service
	check "swap is on tswap0" on_tswap
	say "$(uname -r), to be upgraded to $new"
	cp "$(find "/lib/modules/$new" -name 'tswap.ko*')" /root/
	# shellcheck disable=SC2046 # a list of words
	apt-get -qq -y purge $(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "linux-*-$new" |
		sed -n 's/^installed //p') >/dev/null
	check "the new kernel is not there" [ ! -e "/boot/vmlinuz-$new" ]
	check "nor a module for it" [ -z "$(find "/lib/modules/$new" -name 'tswap.ko*' 2>/dev/null)" ]

	run apt-get -qq -y install "linux-image-$new"
	check "without headers: all is configured" [ -z "$(dpkg --audit)" ]
	check "without headers: noted" grep -q "apt-get install linux-headers-$new" <<<"$(note "$new")"
	echo '#error not for this kernel' >>"$source"
	run apt-get -qq -y install "linux-headers-$new"
	check "it does not compile: all is configured" [ -z "$(dpkg --audit)" ]
	check "it does not compile: noted" grep -q 'does not compile' <<<"$(note "$new")"
	check "there is no module for it" [ -z "$(find "/lib/modules/$new" -name 'tswap.ko*')" ]
	check "the new kernel has an initramfs" [ -s "/boot/initrd.img-$new" ]
	check "swap is where it was" on_tswap
	echo "$new" >/root/new
	next_boot reboot "$new"
}

boot_2() {
	show_swap
	check "the new kernel runs" [ "$(uname -r)" = "$(cat /root/new)" ]
	check "the device is an area" [ "$(grep -c partition /proc/swaps)" = 1 ]
	check "of its size" [ "$(swap_total_kib)" -gt 500000 ]
	check "the unit is active" systemctl -q is-active swapadm.service
	check "apply ended with 4" [ "$(systemctl show -p ExecMainStatus --value swapadm.service)" = 4 ]
	journalctl -b -u swapadm -u tswap-dkms -o cat --no-pager
	check "the journal has what was noted" \
		grep -q 'does not compile' <<<"$(journalctl -b -u tswap-dkms -o cat)"
	check "as a warning" grep -q 'does not compile' <<<"$(journalctl -b -u tswap-dkms -p warning -o cat)"
	check "swapadm says what to do" \
		grep -q "dkms install tswap/.* -k $(uname -r)" <<<"$(journalctl -b -u swapadm -o cat)"
	check "doctor says it" grep -q 'degraded to the direct layer' <<<"$(swapctl doctor)"
	check "no unit failed" [ -z "$(systemctl --failed --plain --no-legend)" ]

	sed -i '/^#error not for this kernel/d' "$source"
	if [ "$BUILD" = yes ]; then
		run $build "$(uname -r)"
		check "it compiles: nothing is noted any more" [ -z "$(note "$(uname -r)")" ]
	else
		install -D -t "/lib/modules/$(uname -r)/updates/dkms" /root/tswap.ko*
		depmod
		rm "/var/lib/tswap-dkms/failed-$(uname -r)"
	fi
	check "an apply converts" run swapctl apply
	check "swap is on tswap0 again" on_tswap
	next_boot
}

boot_3() {
	show_swap
	check "the boot is on tswap0" on_tswap
	check "apply ended with 0" [ "$(systemctl show -p ExecMainStatus --value swapadm.service)" = 0 ]
	check "and nothing is reported" [ -z "$(journalctl -b -u tswap-dkms -p warning -o cat)" ]
}

run_boots
