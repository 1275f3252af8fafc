#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# system-args: --disk ssd=512M --disk hdd=512M
# One boot in each state that a machine may be in, and what there is then. Prints a line of a
# table for each; docs/boots.md is made of them.
# shellcheck source=tests/vm/lib/system-guest.sh
. "$VM_LIB"

labels() {
	mkswap -q -L warm /dev/disk/by-id/virtio-ssd
	mkswap -q -L cold /dev/disk/by-id/virtio-hdd
}

conf() { # LAYER
	printf '[swapadm]\nlayer = %s\n[tier ssd]\ndevice = LABEL=warm\n[tier hdd]\ndevice = LABEL=cold\n' \
		"$1" >/etc/swapadm.conf
}

line() { # STATE
	local words
	words=$(journalctl -b -u swapadm.service -o cat --no-pager | grep -m1 '^swapctl:' || true)
	printf '| %s | %s | %s | %d MiB | %s, status %s | %s | %s |\n' "$VM_SUITE" "$(uname -r)" "$1" \
		"$(($(swap_total_kib) / 1024))" \
		"$(systemctl show -p ActiveState --value swapadm.service)" \
		"$(systemctl show -p ExecMainStatus --value swapadm.service)" \
		"${words:-$(systemctl show -p StatusText --value swapadm.service)}" \
		"$(systemd-analyze time | sed -n 's/.*= \([0-9a-z. ]*s\).*/\1/p' | head -n 1)"
}

boot_1() {
	labels
	systemctl -q enable swapadm.service swapadm-balance.service
	conf direct
	next_boot
}

status_text() { systemctl show -p StatusText --value swapadm.service; }

# a file that was deleted with its line: the copy has it still
stale_copy() {
	local copy=/var/lib/swapadm/last-good.conf status=0
	printf '[tier file]\ndevice = /made, size=64M\n' >>/etc/swapadm.conf
	run swapctl apply
	check "a swap file is made" test -s /made
	run swapctl remove /made
	rm -f /made
	check "it is in the copy" grep -q /made $copy
	swapctl apply $copy || status=$?
	check "an apply of the copy does what it can" [ "$status" = 4 ]
	check "and makes no file" test ! -e /made
}

boot_2() {
	line "direct"
	stale_copy
	conf redirect
	next_boot
}

boot_3() {
	line "redirect"
	systemctl -q enable tmp.mount 2>/dev/null ||
		{ cp /usr/share/systemd/tmp.mount /etc/systemd/system/ && systemctl -q enable tmp.mount; }
	next_boot
}

boot_4() {
	mountpoint -q /tmp || fail "/tmp is not a tmpfs"
	line "redirect, /tmp on tmpfs"
	systemctl -q disable tmp.mount
	echo 'this is not a configuration' >>/etc/swapadm.conf
	next_boot
}

boot_5() {
	line "broken configuration"
	check "swap as it was applied last" [ "$(swap_total_kib)" -gt 1000000 ]
	check "the unit is degraded, not failed" \
		[ "$(systemctl show -p ExecMainStatus --value swapadm.service)" = 4 ]
	check "and shows it" eval 'status_text | grep -q "has an error"'
	check "a reload fails" eval '! systemctl reload swapadm.service 2>/dev/null'
	check "doctor names the line" eval '{ swapctl doctor 2>/dev/null || true; } | grep -q "swapadm.conf:7"'
	run systemctl start swapadm-mounted.service
	check "no other unit fails for it" eval '! systemctl is-failed -q swapadm-mounted.service'
	remedy=$(swapctl doctor -J 2>/dev/null | sed -n 's/.*"remedy": *"correct that, then: \(.*\)",*$/\1/p')
	check "doctor names a reload" eval 'echo "$remedy" | grep -q "systemctl reload-or-restart"'
	conf redirect
	check "which works: $remedy" eval "$remedy"
	check "and changes the words" eval 'status_text | grep -q "all devices of the configuration"'
	run systemctl stop swapadm.service
	check "also of a unit that was stopped" eval "$remedy"
	check "and shows that, too" eval 'status_text | grep -q "all devices of the configuration"'
	run swapctl remove LABEL=cold
	echo 'this is not a configuration' >>/etc/swapadm.conf
	was=$(cat /proc/swaps; swapctl list -o DEVICE,STATE 2>/dev/null)
	check "a reload fails on a machine that runs" eval '! systemctl reload swapadm.service 2>/dev/null'
	check "and changes nothing" [ "$was" = "$(cat /proc/swaps; swapctl list -o DEVICE,STATE 2>/dev/null)" ]
	check "and shows that" eval 'status_text | grep -q "nothing was changed"'
	run systemctl start swapadm-mounted.service
	check "nor does another unit fail then" eval '! systemctl is-failed -q swapadm-mounted.service'
	conf redirect
	mv "/lib/modules/$(uname -r)/updates/dkms" /root/dkms
	depmod
	next_boot
}

boot_6() {
	line "redirect, module missing"
	mv /root/dkms "/lib/modules/$(uname -r)/updates/"
	depmod
	conf redirect
	printf 'LABEL=cold none swap sw 0 0\n' >>/etc/fstab
	next_boot
}

boot_7() {
	line "redirect, a leaf in fstab too"
	sed -i '/LABEL=cold/d' /etc/fstab
	conf direct
	printf 'LABEL=cold none swap sw 0 0\n' >>/etc/fstab
	next_boot
}

boot_8() {
	line "direct, a device in fstab too"
	sed -i '/LABEL=cold/d' /etc/fstab
	conf redirect
	apt-get -qq -y install systemd-zram-generator >/dev/null
	printf '[zram0]\nzram-size = 128\n' >/etc/systemd/zram-generator.conf
	next_boot
}

boot_9() {
	line "redirect, with zram-generator"
	cat /proc/swaps
}

run_boots
