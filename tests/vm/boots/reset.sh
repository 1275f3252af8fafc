#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The machine is reset while devices are replaced and resized with --persist: it boots with swap,
# its configuration is whole, and the same command completes what was begun.
# shellcheck source=tests/vm/lib/system-guest.sh
. "$VM_LIB"

folder=/var/swap.d

reset_during() { # SECONDS COMMAND...
	local after=$1
	shift
	next_boot
	sync -f /vm/next
	echo 1 >/proc/sys/kernel/sysrq
	"$@" &
	sleep "$after"
	echo b >/proc/sysrq-trigger
	sleep 60
}

fill() {
	cp /vm/pattern /root/pattern
	systemd-run -q --unit=holder sh -c "{ echo out; sleep 1000; } | /root/pattern -c 60 >/run/pattern"
	for _ in {1..120}; do
		! grep -q ^out /run/pattern 2>/dev/null || break
		sleep 1
	done
	check "pages are in swap" [ "$(swap_used_kib)" -gt 40000 ]
}

whole() {
	show_swap
	run cat /etc/swapadm.conf.d/50-swapctl.conf
	run swapctl check
	check "the unit is active" systemctl -q is-active swapadm
	check "there is swap" [ "$(swap_total_kib)" -gt 90000 ]
	check "no unit failed" [ -z "$(systemctl --failed --plain --no-legend)" ]
}

only() { # FILE: nothing else is in use, nor configured
	check "$1 is in use" grep -q "^$1 " /proc/swaps
	check "nothing else is" [ "$(grep -c . /proc/swaps)" = 2 ]
	check "it is configured" grep -q "device = $1" /etc/swapadm.conf.d/50-swapctl.conf
	check "nothing else is" [ "$(grep -c '^device' /etc/swapadm.conf.d/50-swapctl.conf)" = 1 ]
}

boot_1() {
	run swapctl add --persist disk $folder/a,size=100M
	run systemctl enable --now swapadm
	fill
	reset_during 0.5 swapctl replace --persist $folder/a $folder/b,size=100M
}

boot_2() {
	whole
	[ ! -e $folder/b ] || ! grep -q "^$folder/a " /proc/swaps || say "both are there"
	! grep -q "^$folder/a " /proc/swaps || run swapctl replace --persist $folder/a $folder/b,size=100M
	only $folder/b
	fill
	reset_during 0.3 swapctl resize --persist $folder/b 120M
}

boot_3() {
	whole
	run swapctl resize --persist "$(awk 'NR == 2 { print $1 }' /proc/swaps)" 120M
	check "one of that size is in use" [ "$(awk 'NR > 1 && $3 > 120000' /proc/swaps | wc -l)" = 1 ]
	only "$(awk 'NR == 2 { print $1 }' /proc/swaps)"
}

run_boots
