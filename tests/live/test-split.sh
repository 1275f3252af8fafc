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
	for _ in $(seq 100); do
		grep -qs ready "$tmp/$1" && break
		sleep 0.1
	done
	read -r _ pid <"$tmp/$1"
}
# pages of $pid by area, most first
counted() { layouts count "$pid" | awk '{ print $2 }' | sort -rn | xargs; }
shown() { # [PREFIX]: of ps, whose columns of tiers lie between two others
	"$@" swapctl ps -r -b | awk -v p="$pid" -v page="$(getconf PAGESIZE)" '
		NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i }
		$1 == p {
			for (i = at["SWAP"] + 1; i < at["RSS"]; i++)
				if ($i) print $i / page
		}' | sort -rn | xargs
}
agree() { # [PREFIX]: what both say, when nothing moved meanwhile
	local before ps

	for _ in $(seq 20); do
		before=$(counted)
		ps=$(shown "$@")
		[ "$before" = "$(counted)" ] || continue
		echo "pages by area: $before; ps: $ps"
		[ "$before" = "$ps" ]
		return
	done
	echo "the pages of $pid move all the time"
	return 1
}
both() { [ "$(counted | wc -w)" = 2 ]; }

area first 24M 9
area second 240M 5
start near
near=$pid
area third 24M 20
start far
swapctl ps -n -r -b
for pid in $near $pid; do
	check "there are pages on two of the areas" both
	check "every page is counted in its tier" agree
	check "and without PAGEMAP_SCAN" agree no-scan
done
finish
