#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# system-args: --disk ssd=512M --disk hdd=512M
# With AppArmor: the services run under their profiles and can do their work, on the redirect
# layer and with a zram that writes back; what is not their work is refused.
# shellcheck source=tests/vm/lib/system-guest.sh
. "$VM_LIB"

conf() { # LAYER DEVICE [SLOW_DEVICE]
	cat >/etc/swapadm.conf <<-CONF
		[swapadm]
		layer = $1
		[tier fast]
		device = $2
		demote-above = 20%
		demote-below = 10%
	CONF
	[ -z "${3-}" ] || printf '[tier slow]\ndevice = %s\n' "$3" >>/etc/swapadm.conf
}

boot_1() {
	mkdir -p /var/lib/prometheus/node-exporter
	run systemctl start swapadm-events swapadm-metrics swaptop-record
	check "without AppArmor's package the kernel has nothing to say" \
		[ -z "$(journalctl -q -b -k --no-pager | grep 'apparmor="DENIED"')" ]
	run systemctl stop swapadm-events swaptop-record
	run apt-get -qq -y install apparmor
	check "the profiles are loaded by their package or by apparmor's" \
		grep -q '^swapadm-balance (enforce)' /sys/kernel/security/apparmor/profiles
	mkswap -q -L warm /dev/disk/by-id/virtio-ssd
	mkswap -q -L cold /dev/disk/by-id/virtio-hdd
	conf redirect LABEL=warm LABEL=cold
	run swapctl check
	echo 'OPTIONS=--cgroups 5 --processes 5' >/etc/default/swapadm-metrics
	run systemctl enable swapadm swapadm-balance swapadm-events swaptop-record swapadm-metrics.timer
	next_boot
}

holder() { # MIB
	cp /vm/pattern /root/pattern
	systemctl reset-failed holder 2>/dev/null || true
	rm -f /run/orders /run/pattern
	systemd-run -q --unit=holder sh -c "mkfifo /run/orders
		{ echo out; cat <>/run/orders; } | /root/pattern -c $1 >/run/pattern"
	for _ in {1..240}; do
		! grep -q ^out /run/pattern 2>/dev/null || break
		sleep 1
	done
	check "pages are in swap" [ "$(swap_used_kib)" -gt $(($1 * 1024 * 9 / 10)) ]
}

verified() {
	local n
	n=$(wc -l </run/pattern)
	echo verify >/run/orders
	for _ in {1..240}; do
		[ "$(wc -l </run/pattern)" = "$n" ] || break
		sleep 1
	done
	tail -n 1 /run/pattern
	tail -n 1 /run/pattern | grep -q ^ok
}

denied() {
	journalctl -q -b -k --no-pager | grep 'apparmor="DENIED".*profile="swap' || true
}

under_profile() { # SERVICE
	check "$1 runs under its profile" grep -qx "$1 (enforce)" \
		"/proc/$(systemctl show -p MainPID --value "$1.service")/attr/current"
}

written_kib() { # what has left the fast tier: pages of the slow tier, or of a zram's backing device
	if [ -e /dev/tswap0 ]; then
		swapctl list -nrbo TIER,USED | awk '$1 == "slow" { n += $2 } END { print int(n / 1024) }'
	else
		awk '{ print $1 * 4 }' /sys/block/zram*/bd_stat
	fi
}

demoted() {
	for _ in {1..120}; do
		[ "$(written_kib)" -lt 30000 ] || return 0
		sleep 1
	done
	return 1
}

in_journal() {
	for _ in {1..60}; do
		! journalctl -q -b -t swapadm SWAPADM_EVENT=job-ended | grep -q . || return 0
		sleep 1
	done
	return 1
}

works() { # MIB
	local unit
	show_swap
	run systemctl start swapadm-balance swapadm-events swaptop-record # they may be on their way
	for unit in swapadm-balance swapadm-events swaptop-record; do
		under_profile $unit
	done
	holder "$1"
	check "balance moves pages out of the fast tier" demoted
	run systemctl start swapadm-metrics.service
	check "metrics are written" \
		grep -q '^swapadm_tier_used_bytes' /var/lib/prometheus/node-exporter/swapadm.prom
	check "also of processes" \
		grep -q '^swapadm_process' /var/lib/prometheus/node-exporter/swapadm.prom
	check "events are in the journal" in_journal
	check "the recorder writes" [ -n "$(ls -A /var/lib/swaptop)" ]
	check "every page is right" verified
	run systemctl restart swapadm-balance swapadm-events swaptop-record
	sleep 5
	denied
	check "nothing was denied" [ -z "$(denied)" ]
	check "no unit failed" [ -z "$(systemctl --failed --plain --no-legend)" ]
}

boot_2() {
	works 200
	check "what is not its work is refused" \
		[ "$(status_of aa-exec -p swapadm-metrics -- swapctl metrics --write /root/x.prom)" != 0 ]
	check "and nothing was written" [ ! -e /root/x.prom ]
	check "the kernel says so" [ -n "$(denied)" ]
	systemctl stop holder
	conf direct "zram, size=256M, writeback=/dev/disk/by-id/virtio-hdd"
	modprobe zram
	if [ -e /sys/block/zram0/writeback ]; then
		run swapctl remove all
		wipefs -q -a /dev/disk/by-id/virtio-hdd
		next_boot
	else
		say "this kernel's zram can't write back"
	fi
}

boot_3() {
	works 120
}

run_boots
