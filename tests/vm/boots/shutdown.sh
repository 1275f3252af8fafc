#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# system-args: --disk hdd=1G,bps=8000000 --timeout 900
# How long does it take to power off: with nothing in swap, with 450 MB in swap of which 150 MB
# are shared memory, on an 8 MB/s leaf, with our unit and without it? LAYER: redirect or direct.
# shellcheck source=tests/vm/lib/system-guest.sh
. "$VM_LIB"
: "${LAYER:=redirect}"

# 300 MB of a service's memory and 150 MB of /dev/shm, all of it in swap
fill() {
	local cg=/sys/fs/cgroup/system.slice/holder.service
	systemd-run -q --unit=holder sh -c 'dd if=/dev/urandom of=/dev/shm/data bs=1M count=150 &&
		{ echo out && exec sleep infinity; } | /vm/pattern 300 >/run/pattern'
	for _ in {1..240}; do
		! grep -q ^out /run/pattern 2>/dev/null || break
		sleep 1
	done
	for _ in {1..60}; do
		[ "$(swap_used_kib)" -lt 440000 ] || break
		echo 50M >$cg/memory.reclaim 2>/dev/null || true
	done
	say "in swap: $(($(swap_used_kib) / 1024)) MiB"
	check "there is as much as was meant" [ "$(swap_used_kib)" -ge 430000 ]
}

# what the last shutdown did with swap, with its times
swap_stops() {
	journalctl -b -1 -o short-monotonic --no-pager | grep -i -e 'dev-.*swap' -e swapadm-shutdown -e at-shutdown |
		grep -i -e stop -e deactivat -e 'in swap' | tail -n 8
}

boot_1() {
	mkswap -q -L cold /dev/disk/by-id/virtio-hdd
	printf '[swapadm]\nlayer = %s\n[tier hdd]\ndevice = LABEL=cold\n' "$LAYER" >/etc/swapadm.conf
	systemctl -q enable --now swapadm.service
	show_swap
	fill
	next_boot poweroff
}

boot_2() {
	say "power off with 450 MB in swap: $VM_DOWN s"
	swap_stops
	systemctl -q mask swapadm-shutdown.service
	fill
	next_boot poweroff
}

boot_3() {
	say "power off with 450 MB in swap, swapadm-shutdown.service masked: $VM_DOWN s"
	swap_stops
	next_boot poweroff
}

boot_4() {
	say "power off with nothing in swap: $VM_DOWN s"
	swap_stops
}

run_boots
