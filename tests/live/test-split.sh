#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# ps with several tiers: every page is counted, and in its tier, however pages in swap and pages
# in memory lie next to each other; with PAGEMAP_SCAN and on a kernel without it.
# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"

need_root
make_tmp
private_state
need_no_swap

area() { # NAME SIZE PRIORITY
	fallocate -l "$2" "$tmp/$1"
	chmod 600 "$tmp/$1"
	mkswap -q "$tmp/$1"
	swapon -p "$3" "$tmp/$1"
	at_exit swapoff_quiet "$tmp/$1"
}
# start near|far: a process with pages in swap; its number is put into $pid
start() {
	layouts "$1" >"$tmp/$1" &
	at_exit kill $!
	comes has ready "$tmp/$1"
	read -r _ pid <"$tmp/$1"
}
# at least: what is free on one of a CPU's own may be used before that of a better one
several() { [ "$(counted | wc -w)" -ge 2 ]; }

area first 24M 9
area second 240M 5
start near
near=$pid
area third 24M 20
start far
swapctl ps -n -r -b
for pid in $near $pid; do
	check "there are pages on several areas" several
	check "every page is counted in its tier" agree
	check "and without PAGEMAP_SCAN" agree no-scan
done
finish
