#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The rank that add gives when none is asked for: behind every active area that is faster,
# and where that can't be, or where something slower is before it, the plan says so.
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/lib.sh"
need_root
make_tmp
private_state
make_loop disk 64M
mkswap -q "$loop"
disk=$loop
watch_zram
[ -r /sys/class/zram-control/hot_add ] || modprobe zram || skip "needs zram"

# fast PRIO: somebody's zram is active with that priority
fast() {
	local number

	[ -z "${zram-}" ] || swapoff "$zram"
	number=$(cat /sys/class/zram-control/hot_add)
	zram=/dev/zram$number
	echo 64M >"/sys/block/zram$number/disksize"
	mkswap -q "$zram"
	swapon -p "$1" "$zram"
	at_exit swapoff_quiet "$zram"
}

# plan ARG...: the plan of an add goes to $tmp/plan
plan() {
	swapctl add "$@" --dry-run >"$tmp/plan" 2>"$tmp/err" || {
		cat "$tmp/plan" "$tmp/err"
		return 1
	}
}

# the priority that the new device gets
prio() { awk '$1 == "activate" { print $4 }' "$tmp/plan"; }
warned() { grep -q "^warning.*$1" "$tmp/plan" || { cat "$tmp/plan"; return 1; }; }
quiet() { ! grep ^warning "$tmp/plan" | grep -qv "loop device" || { cat "$tmp/plan"; return 1; }; }

fast 100
check "a disk and a zram of priority 100" plan d "$disk,allow-loop"
check "is behind it ($(prio))" test "$(prio)" -lt 100
check "and there is nothing to say" quiet
check "with a rank that is asked for" plan d "$disk,allow-loop" --rank 0
check "it is what was asked for ($(prio))" test "$(prio)" -eq 30000
check "and the plan says what that does" warned "is faster, but has a lower priority"
check "another zram" plan z zram,size=64M
check "needs not be behind ($(prio))" test "$(prio)" -eq 30000
check "it is made so" swapctl add d "$disk,allow-loop"
check "and active so" test "$(swap_field "$disk" prio)" -lt 100
check "a zram after that" plan z zram,size=64M
check "is before it ($(prio))" test "$(prio)" -gt "$(swap_field "$disk" prio)"
swapctl remove "$disk" >/dev/null
check "the disk before all, as asked for" swapctl add d "$disk,allow-loop" --rank 0
check "a zram after that" plan z zram,size=64M
check "is reported to be behind a slower one" warned "is slower, but is filled before tier z"
swapctl remove "$disk" >/dev/null

fast 0
check "nothing is behind priority 0" plan d "$disk,allow-loop"
check "and the plan says so" warned "is faster, but has a lower priority than tier d"
fast 32767
check "a priority above all tiers" bash -c "! swapctl add z zram,size=64M --dry-run >$tmp/plan 2>$tmp/err"
check "is refused with its remedy" grep -q "belongs to no tier and its priority 32767" "$tmp/err"
swapoff "$zram"
zram=

# two new tiers at once: neither knows of the other when it plans
make_loop other 64M
mkswap -q "$loop"
other=$loop
two_at_once() {
	local i first second

	for i in 1 2 3 4 5; do
		swapctl add a "$disk,allow-loop" >/dev/null 2>&1 &
		first=$!
		swapctl add b "$other,allow-loop" >/dev/null 2>&1 &
		second=$!
		wait "$first" && wait "$second" || return 1
		[ "$(swap_field "$disk" prio)" != "$(swap_field "$other" prio)" ] || {
			swapctl list -o TIER,RANK,PRIO
			return 1
		}
		swapctl list -nro TIER,RANK | sort -u >"$tmp/ranks"
		[ "$(cut -d' ' -f2 "$tmp/ranks" | sort -u | wc -l)" = 2 ] || {
			cat "$tmp/ranks"
			return 1
		}
		swapctl remove "$disk" >/dev/null && swapctl remove "$other" >/dev/null || return 1
	done
}
check "two adds at once give two ranks" two_at_once
one_tier_at_once() { # and one rank, where they name the same tier
	local first

	swapctl add a "$disk,allow-loop" >/dev/null 2>&1 &
	first=$!
	swapctl add a "$other,allow-loop" >/dev/null 2>&1 || return 1
	wait "$first" || return 1
	[ "$(swap_field "$disk" prio)" = "$(swap_field "$other" prio)" ] || return 1
	swapctl remove "$disk" >/dev/null && swapctl remove "$other" >/dev/null
}
check "one tier at once has one rank" one_tier_at_once

# all of a tier is drained: the way back that the drain prints keeps its rank
rank_of() { swapctl list -nro TIER,PRIO | awk -v tier="$1" '$1 == tier { print $2; exit }'; }
remove_both() {
	swapctl remove front >/dev/null 2>&1 || :
	swapctl remove behind >/dev/null 2>&1 || :
}
at_exit remove_both
swapctl add front zram,size=64M >/dev/null
swapctl add behind "$disk,allow-loop" >/dev/null
said=$(swapctl drain front 2>&1)
back=$(sed -n 's/.*`\(.*\)` attaches it again.*/\1/p' <<<"$said")
check "the way back ($back)" eval "$back >/dev/null"
check "keeps the rank ($(rank_of front))" [ "$(rank_of front)" = 30000 ]
check "a rank that an active tier has" eval '! swapctl add front zram,size=64M --rank 5 --dry-run >/dev/null 2>&1'
swapctl drain front >/dev/null
check "a new tier goes behind both" plan other "$other,allow-loop"
check "as ranks are" [ "$(prio)" = 29000 ]
check "another rank for what is not in use" eval 'swapctl add front zram,size=64M --rank 5 >/dev/null'
check "is taken" [ "$(rank_of front)" = 27500 ]
check "and kept" grep -qx "rank = 5" /run/swapadm/state
remove_both
finish
