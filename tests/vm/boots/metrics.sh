#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# system-args: --disk ssd=512M
# The journal of events: entries with fields, explained by the catalog.
# The timer of metrics: off until it is enabled, then a file that the collector may read, written
# again and again within what the unit leaves swapctl; nothing without the collector's folder.
# shellcheck source=tests/vm/lib/system-guest.sh
. "$VM_LIB"

FOLDER=/var/lib/prometheus/node-exporter
FILE=$FOLDER/swapadm.prom

boot_1() {
	local first

	check "the timer is not enabled by the installation" \
		[ "$(systemctl is-enabled swapadm-metrics.timer)" = disabled ]
	run systemctl start swapadm-metrics.service
	check "nothing is written without the folder" [ ! -e "$FILE" ]
	mkdir -p /srv/textfile /etc/systemd/system/swapadm-metrics.service.d
	printf '[Service]\nReadWritePaths=/srv/textfile\n' \
		>/etc/systemd/system/swapadm-metrics.service.d/folder.conf
	echo 'FILE=/srv/textfile/swapadm.prom' >/etc/default/swapadm-metrics
	run systemctl daemon-reload
	run systemctl start swapadm-metrics.service
	check "a folder elsewhere, as the manual says" [ -s /srv/textfile/swapadm.prom ]

	run swapctl add ssd /dev/disk/by-id/virtio-ssd --format
	mkdir -p "$FOLDER"
	echo 'OPTIONS=--cgroups 5 --processes 5' >/etc/default/swapadm-metrics
	# newer kernels: zswap has nothing in debugfs before its first use
	echo Y >/sys/module/zswap/parameters/enabled
	echo N >/sys/module/zswap/parameters/enabled
	run systemctl enable --now swapadm-metrics.timer
	for _ in $(seq 60); do
		[ ! -e "$FILE" ] || break
		sleep 1
	done
	systemctl --no-pager status swapadm-metrics.service || true
	check "the timer writes the file" [ -s "$FILE" ]
	check "others may read it" [ "$(stat -c %a "$FILE")" = 644 ]
	check "nothing else is left" [ "$(ls -A "$FOLDER")" = swapadm.prom ]
	check "the tier is in it" grep -q '^swapadm_tier_size_bytes{tier="ssd"} [1-9]' "$FILE"
	check "debugfs can be read within the unit" \
		grep -q '^swapadm_zswap_limit_hits_total ' "$FILE"
	first=$(stat -c %i "$FILE")
	for _ in $(seq 60); do
		[ "$(stat -c %i "$FILE")" = "$first" ] || break
		sleep 1
	done
	check "it is written again" [ "$(stat -c %i "$FILE")" != "$first" ]
	run systemctl start swapadm-events.service
	sleep 5
	dd if=/dev/zero of=/root/extra bs=1M count=16 status=none
	chmod 600 /root/extra
	mkswap -q /root/extra
	run swapon -p 1 /root/extra
	sleep 5
	run swapctl drain ssd
	run swapoff /root/extra
	for _ in $(seq 30); do
		! journalctl -q SWAPADM_EVENT=area-gone | grep -q . || break
		sleep 1
	done
	journalctl -q -t swapadm -x --no-pager
	check "the area's end is in the journal" \
		[ -n "$(journalctl -q SWAPADM_EVENT=area-gone SWAPADM_DEVICE=/root/extra)" ]
	check "of a device that stays known, its state" \
		grep -q inactive <(journalctl -q SWAPADM_EVENT=area-changed SWAPADM_TIER=ssd)
	check "the job's too" [ -n "$(journalctl -q SWAPADM_JOB_KIND=drain)" ]
	check "the catalog explains it" \
		grep -q "A swap area has gone" <(journalctl -q -x SWAPADM_EVENT=area-gone)
	check "its unit runs" systemctl -q is-active swapadm-events.service
	run systemctl stop swapadm-events.service
	systemd-analyze security --no-pager swapadm-events.service | tail -n 1
	run systemctl start swaptop-record.service
	for _ in $(seq 60); do
		[ -z "$(ls -A /var/lib/swaptop 2>/dev/null)" ] || break
		sleep 1
	done
	check "the recorder writes its ring" [ -n "$(ls -A /var/lib/swaptop)" ]
	run systemctl restart swaptop-record.service
	sleep 15
	check "the recorder runs after a restart" systemctl -q is-active swaptop-record.service
	swaptop --replay --at -5s --once >/tmp/at.txt
	check "the ring is replayed" [ -s /tmp/at.txt ]
	run systemctl stop swaptop-record.service
	systemd-analyze security --no-pager swaptop-record.service | tail -n 1
	systemd-analyze verify --man=no swapadm-metrics.timer swapadm-metrics.service \
		swapadm-events.service swaptop-record.service swapadm-balance.service 2>&1 |
		grep -i 'swapadm\|swaptop' | tee /tmp/verify.txt || true
	check "systemd has no complaint about the units" [ ! -s /tmp/verify.txt ]
	check "no unit failed" [ -z "$(systemctl --failed --plain --no-legend)" ]
	systemd-analyze security --no-pager swapadm-metrics.service | tail -n 1
}

run_boots
