#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Storm, in the guest: all writes of a file system are recorded (dm-log-writes) while commands
# change the configuration, swap files and the write budget on it. tests/storm/cuts.py then
# replays them and cuts the power at each. /etc, /swap and /var/lib are on that file system;
# /share gets the log, and for each command what was there before and after it.
#
# vm-args: --mem 512 --disk data=32M --disk log=256M --disk back=32M --share DIR
# usage: cuts.sh [--seed N] [--rounds N]
# shellcheck source=tests/vm/direct/lib.sh
. /src/tests/vm/direct/lib.sh
at_exit() { :; } # the guest is thrown away
# shellcheck source=tests/storm/seeded.sh
. /src/tests/storm/seeded.sh
seed=1 rounds=2
storm_options "$@"
data=/dev/disk/by-id/virtio-data log=$(readlink -f /dev/disk/by-id/virtio-log)
back=$(readlink -f /dev/disk/by-id/virtio-back)
modprobe -a dm-mod dm-log-writes
modprobe zram num_devices=0
mke2fs -q -t ext4 -b 4096 -J size=4 $data
cat $data >/share/image
echo "0 $(blockdev --getsz $data) log-writes $(readlink -f $data) $log" | dmsetup create logged
dmsetup mknodes || true
mkdir -p /logged /swap
mount /dev/mapper/logged /logged
mkdir -p /logged/{swap,lib} /etc/swapadm.conf.d
cp -a /etc /logged/
mount --bind /logged/etc /etc
mount --bind /logged/swap /swap
mount --bind /logged/lib /var/lib
chmod 755 /swap
# --take-over wants the unit that attaches the swap at the next boot; this guest has no manager
printf '#!/bin/sh\n' >/usr/bin/systemctl
chmod 755 /usr/bin/systemctl

# what counts: the text of configurations, and the swap files that are there
keep() { # NAME
	mkdir -p "/share/$1"
	# what is not there (yet) is not kept
	{ cd / && find etc/swapadm* etc/fstab var/lib/swapadm -type f 2>/dev/null || true; } |
		tar -C / -cf "/share/$1/files.tar" -T -
	find /swap -type f -printf '%f %s %m\n' >"/share/$1/swap"
}

n=0
cut() { # CMD...: recorded
	n=$((n + 1))
	sync -f /logged
	keep $n.before
	echo "$*" >"/share/$n.command"
	dmsetup message logged 0 mark "$n.begin"
	exits "${expect-0}" "$@"
	dmsetup message logged 0 mark "$n.end"
	keep $n.after
}

start_workload 12
for ((round = 1; round <= rounds; round++)); do
	below 1000
	echo "# round $round, $r" >/etc/swapadm.conf
	cat >>/etc/swapadm.conf <<-INI
		[tier z]
		device = zram,size=16M,writeback=$back
		demote-above = 20%
		demote-below = 5%
		[tier file]
		device = /swap/a.swap,size=4M
		write-budget = 20M/day
	INI
	chmod 644 /etc/swapadm.conf
	cut swapctl apply
	cut swapctl add --persist more /swap/b.swap,size=2M
	cut swapctl add --persist more zram,size=$((1 + r % 7))M
	ask out
	cut swapctl balance --once
	cut swapctl replace --persist /swap/b.swap /swap/c.swap,size=1M
	cut swapctl resize --persist /swap/c.swap 2M
	cut swapctl save --write /etc/swapadm.saved
	cut swapctl remove --persist more
	ask write
	ask out
	cut swapctl balance --once
	cut swapctl save --write
	sed -i '/a.swap/d' /etc/swapadm.conf
	cut swapctl apply --prune
	ask verify
	for it in $(areas | awk '{ print $1 }'); do swapctl remove "$it" >/dev/null; done
	echo "/swap/d.swap none swap sw 0 0" >/etc/fstab
	dd if=/dev/zero of=/swap/d.swap bs=1M count=2 status=none
	chmod 600 /swap/d.swap
	mkswap -q /swap/d.swap
	swapon /swap/d.swap
	rm -f /etc/swapadm.conf.d/*
	printf '[tier disk]\ndevice = /swap/d.swap\n' >/etc/swapadm.conf
	cut swapctl apply --take-over
	swapctl remove /swap/d.swap >/dev/null
	rm -f /swap/* /etc/swapadm.saved* /etc/swapadm.conf*/*
done
ask quit
umount /etc /swap /var/lib /logged
dmsetup remove logged
# what was written of it; the rest are holes
dd if="$log" of=/share/log bs=1M conv=sparse status=none
echo "$n commands recorded"
