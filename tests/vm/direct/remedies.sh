#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What doctor advises about zram's write-back and about media that can be taken away, carried
# out as it is printed: "no-backing", "writeback-unused", "zram-full", "unencrypted".
# vm-args: --mem 512 --disk back=64M --disk spare=64M
# vm-timeout: 300
. /src/tests/vm/direct/lib.sh

# found CHECK: sets $remedy
found() {
	remedy=$(swapctl doctor -J | tr -d '\n' | sed 's/},/},\n/g' |
		sed -n "s/.*\"check\": *\"$1\".*\"remedy\": *\"\([^\"]*\)\".*/\1/p" | head -n 1)
	echo "$1: ${remedy:-not found}"
	[ -n "$remedy" ]
}
gone() {
	! found "$1" || fail "$1 is still found"
}
run() { # COMMAND of a remedy
	echo "> $1"
	bash -c "$1" || fail "the remedy: $1"
}

back=$(readlink -f /dev/disk/by-id/virtio-back)
modprobe zram num_devices=0 2>/dev/null || modprobe zram
[ -e /sys/class/zram-control/hot_add ] || exit 77

# ---- a watermark and no write-back device --------------------------------------------------
line='device = zram,size=64M'
printf '%s\n' '[tier fast]' "$line" 'demote-above = 80%' 'demote-below = 60%' >/etc/swapadm.conf
chmod 644 /etc/swapadm.conf
exits 0 swapctl apply
start_workload 32
ask out
found no-backing || fail "no-backing is not found"
IFS=';' read -r edit remove apply <<<"$remedy"
[ "$edit" = "writeback=DEVICE on its line in /etc/swapadm.conf" ] || fail "other words: $edit"
sed -i "s|^$line|$line,writeback=$back|" /etc/swapadm.conf
run "$remove"
run "$apply"
gone no-backing
ask verify
ask out

# ---- what nobody asks for ------------------------------------------------------------------
sed -i '/^demote/d' /etc/swapadm.conf
if found writeback-unused; then
	run "${remedy%%;*}"
	gone writeback-unused
fi
exits 0 swapctl remove fast
ask verify

# by its path, as it was set up before swapadm came
zram=zram$(cat /sys/class/zram-control/hot_add)
echo 64M >"/sys/block/$zram/disksize"
mkswap -q "/dev/$zram"
printf '%s\n' '[tier fast]' "device = /dev/$zram" 'demote-above = 80%' 'demote-below = 60%' >/etc/swapadm.conf
exits 0 swapctl apply
found no-backing || fail "no-backing is not found"
IFS=';' read -r edit remove apply <<<"$remedy"
edit=${edit% in place of its line in /etc/swapadm.conf}
edit=${edit/SIZE/64M}
sed -i "s|^device = .*|${edit/DEVICE/$back}|" /etc/swapadm.conf
ask out
run "$remove"
run "$apply"
gone no-backing
ask verify
exits 0 swapctl remove fast
rm /etc/swapadm.conf
echo 1 >"/sys/block/$zram/reset"

# ---- a zram that is full, before a disk ----------------------------------------------------
spare=$(readlink -f /dev/disk/by-id/virtio-spare)
mkswap -q "$spare"
exits 0 swapctl add fast zram,size=20M
exits 0 swapctl add slow "$spare"
ask out
found zram-full || fail "zram-full is not found: $(areas)"
run "${remedy/DEVICE/$back}"
first=$(areas | sort -nk5 | tail -n 1)
case $first in /dev/zram*) ;; *) fail "filled first now: $first" ;; esac
ask out
gone zram-full
exits 0 swapctl remove fast
exits 0 swapctl remove slow
ask verify

# ---- a medium that can be taken away --------------------------------------------------------
modprobe sd_mod && modprobe scsi_debug removable=1 dev_size_mb=64 2>/dev/null || { # as a stick would be
	echo "no scsi_debug here: unencrypted swap is not tested"
	exit 0
}
for _ in {1..50}; do
	stick=$(grep -lx 1 /sys/block/sd*/removable 2>/dev/null | cut -d/ -f4) || true
	[ -z "$stick" ] || break
	sleep 0.1
done
[ -b "/dev/$stick" ] || fail "no removable disk came: $(ls /sys/block)"
blkid "/dev/$stick" || mkswap -q "/dev/$stick"
exits 0 swapctl add slow "/dev/$stick"
ask out
found unencrypted || fail "unencrypted is not found"
run "${remedy/TIER/slow}"
areas
case $(areas) in /dev/dm-* | /dev/mapper/swapcrypt*) ;; *) fail "the area is not the encrypted one" ;; esac
gone unencrypted
ask out
ask verify
ask quit
