# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What the guest scripts of the redirect layer share, added to those of the direct one.
. /src/tests/vm/direct/lib.sh

# three tiers: zram of 64 MiB, the disks ssd and hdd; further lines for [swapadm] in $1
three_tiers() {
	cat >/etc/swapadm.conf <<-INI
		[swapadm]
		layer = redirect
		${1-}
		[tier fast]
		device = zram, size=64M
		[tier ssd]
		device = LABEL=warm
		[tier hdd]
		device = LABEL=cold
	INI
	chmod 0644 /etc/swapadm.conf
	mkswap -q -L warm /dev/disk/by-id/virtio-ssd
	mkswap -q -L cold /dev/disk/by-id/virtio-hdd
}

# field COLUMN [DEVICE]: cells of list, sizes in bytes
field() {
	swapctl list -nrbo "$1" ${2+"$2"}
}

is() { # COLUMN DEVICE VALUE
	local now

	now=$(field "$1" "$2")
	[ "$now" = "$3" ] || fail "$2: $1 is $now, wanted $3"
}

# at_least MIB TIER: sum of the tier's pages
at_least() {
	local sum=0 used

	for used in $(field USED "$2"); do sum=$((sum + used)); done
	[ "$sum" -ge $(($1 << 20)) ] || fail "$2 holds $sum bytes, wanted $1 MiB"
}

step() {
	echo "== $(cut -d' ' -f1 /proc/uptime) $*"
}
