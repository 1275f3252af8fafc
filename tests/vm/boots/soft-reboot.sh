#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# system-args: --suite trixie --disk hdd=512M
# A soft reboot keeps the kernel: files in /dev/shm, which are in swap, are there afterwards (systemd
# switches swap off in between, which reads them); a power off deletes them. systemd 254 and later.
# shellcheck source=tests/vm/lib/system-guest.sh
. "$VM_LIB"

# 60 MB of /dev/shm in swap
fill() {
	systemd-run -q --unit=holder sh -c 'dd if=/dev/urandom of=/dev/shm/data bs=1M count=60 &&
		sha256sum /dev/shm/data >/root/sum && touch /run/filled && exec sleep infinity'
	for _ in {1..120}; do
		[ ! -e /run/filled ] || break
		sleep 1
	done
}

push_out() {
	for _ in {1..60}; do
		[ "$(swap_used_kib)" -lt 50000 ] || break
		echo "20M swappiness=200" >/sys/fs/cgroup/memory.reclaim 2>/dev/null || true
	done
	check "shared memory is in swap" [ "$(swap_used_kib)" -ge 50000 ]
}

# the same boot for the kernel, so this runs twice
boot_1() {
	if [ ! -e /root/sum ]; then
		mkswap -q -L cold /dev/disk/by-id/virtio-hdd
		printf '[swapadm]\nlayer = direct\n[tier hdd]\ndevice = LABEL=cold\n' >/etc/swapadm.conf
		systemctl -q enable --now swapadm.service
		check "nobody stops the unit by hand" \
			[ "$(status_of systemctl stop swapadm-shutdown.service)" != 0 ]
		fill
		push_out
		next_boot soft-reboot
		return
	fi
	say "after the soft reboot"
	show_swap
	check "shared memory is as it was" sha256sum -c /root/sum
	check "the unit that drops it is there again" systemctl -q is-active swapadm-shutdown.service
	push_out
	next_boot poweroff
}

boot_2() {
	show_swap
	check "a power off dropped it" \
		grep -q 'dropped shared memory: [5-9][0-9] MiB were in swap, [0-9] MiB are' <<<"$(journalctl -b -1 -o cat)"
}

run_boots
