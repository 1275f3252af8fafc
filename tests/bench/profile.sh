#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The part of profile.py that runs in the guest: pages go out, come in at random and are freed,
# on a leaf directly, through dm-linear and through tswap, and are moved to it from a RAM disk.
# Each part begins and ends with a read of /proc/version, where profile-plugin.c begins and ends to
# count. /share/pages gets a line "NAME PAGES" for each.
# usage: profile.sh brd|zram
# shellcheck source=tests/bench/ways.sh
. /src/tests/bench/ways.sh

mib=4 pages=$((mib * 256)) medium=$1

mark() {
	# shellcheck disable=SC2034 # only that it is read matters
	read -r _ </proc/version
}

vmstat() { # NAME
	sed -n "s/^$1 //p" /proc/vmstat
}

traced() { # NAME COUNTER COMMAND...: COUNTER of vmstat, or how many pages it is
	local before=$2 after

	[[ $2 = [0-9]* ]] || before=$(vmstat "$2")
	mark
	"${@:3}" >/dev/null
	mark
	after=$((before * 2))
	[[ $2 = [0-9]* ]] || after=$(vmstat "$2")
	echo "$1 $((after - before))" >>/share/pages
}

measure() { # MEDIUM WAY
	ask w "rewrite 100"
	ask w out
	ask w verify
	ask w "rewrite 100"
	traced "$2.out" pswpout ask w out
	traced "$2.random" pswpin ask w "random $((pages / 4))"
	ask w verify
	ask w "rewrite 100"
	ask w out
	traced "$2.free" $pages ask w drop
}

move() {
	local a b

	new_device $((pages + 256)) overcommit=1 >/dev/null
	a=$(new_leaf /dev/ram0 fast 0)
	b=$(new_leaf "$leaf" slow 1)
	activate
	ask w out
	tswapc job-run device=0 kind=$MIGRATE src-leaf="$a" dst-leaf="$b" >/dev/null
	tswapc job-run device=0 kind=$MIGRATE src-leaf="$b" dst-leaf="$a" >/dev/null
	traced tswap.move $pages tswapc job-run device=0 kind=$MIGRATE src-leaf="$a" dst-leaf="$b"
	tswapc job-run device=0 kind=$MIGRATE src-leaf="$b" dst-leaf="$a" >/dev/null
	ask w verify
	take_down
	traced linear.move $pages \
		modprobe baremove from=/dev/ram0 to="$leaf" pages=$pages size=1
	rmmod baremove
	traced direct.move $pages modprobe baremove from=/dev/ram0 to="$leaf" pages=$pages
	rmmod baremove
}

echo 0 >/proc/sys/kernel/kptr_restrict
modprobe -a dm-mod tswap
modprobe brd rd_nr=2 rd_size=20480
leaf=/dev/ram1
[ "$medium" = brd ] || leaf=$(new_zram 20M)
for disk in /dev/ram0 "$leaf"; do # all of their memory at once, not when a page comes there
	dd if=/dev/zero of="$disk" bs=1M count=20 status=none
done
start_worker w $mib seed=1
modprobe baremove from=/dev/ram0 to="$leaf" pages=$pages
cp /proc/kallsyms /share/symbols
rmmod baremove
sed -n 's/ t version_proc_show$//p' /share/symbols >/tmp/mark
cp /tmp/mark /share/mark
until [ -e /share/ready ]; do sleep 1; done
for way in direct linear redirect; do
	"$way" "$medium" "$leaf"
done
move
stop_worker w
clean_log
