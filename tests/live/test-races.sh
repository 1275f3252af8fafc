#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Commands that are killed at each of their changes, and names that lead elsewhere between two
# looks: nothing that was not named is touched, nothing is left that nobody knows, and the same
# command completes what was begun.
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/lib.sh"
need_root
need_no_swap
make_tmp
private_state
watch_zram
file=$tmp/f.swap other=$tmp/g.swap
for path in "$file" "$file.2" "$file.3" "$other"; do
	at_exit swapoff_quiet "$path"
done

# ---- a symbolic link that changes all the time ----------------------------------------------

ln -s "$tmp/good" "$tmp/link"
flip() {
	while :; do
		ln -sfn "$tmp/data" "$tmp/link"
		ln -sfn "$tmp/good" "$tmp/link"
	done
}
dd if=/dev/zero of="$tmp/good" bs=1M count=4 status=none
mkswap -q "$tmp/good" >/dev/null
truncate -s 16M "$tmp/data"
mkfs.ext4 -q "$tmp/data"
chmod 600 "$tmp/good" "$tmp/data"
at_exit swapoff_quiet "$tmp/good"
at_exit swapoff_quiet "$tmp/data"
before=$(sha256sum <"$tmp/data")
flip &
flipper=$!
at_exit eval 'kill $flipper 2>/dev/null || :'
added=0 wrong=0
for _ in {1..25}; do
	! swapctl add t "$tmp/link" >"$tmp/said" 2>&1 || added=$((added + 1))
	! swap_active "$tmp/data" || wrong=$((wrong + 1))
	if swap_active "$tmp/good"; then
		grep -q "^path = $tmp/\(good\|link\)$" /run/swapadm/state || wrong=$((wrong + 1))
		swapctl remove "$tmp/good" >"$tmp/said" 2>&1 || {
			cat "$tmp/said"
			wrong=$((wrong + 1))
			swapoff "$tmp/good"
		}
	fi
done
echo "added $added times of 25"
check "a link that changes: never the file that it leads to in between" test $wrong -eq 0
check "a link that changes: that file is as it was" test "$(sha256sum <"$tmp/data")" = "$before"
kill $flipper
wait $flipper 2>/dev/null || true
check "a link that changes: no record is left" eval '! grep -qs "^path" /run/swapadm/state'

# ---- killed at each change --------------------------------------------------------------------

command -v strace >/dev/null || {
	echo "no strace here: commands that are killed are not tested"
	finish
}

# killed_at CALL N CMD...: false: it makes fewer of these calls
killed_at() {
	local status=0 call=$1 n=$2

	shift 2
	strace -f -o /dev/null -e trace="$call" -e inject="$call:signal=KILL:when=$n" "$@" \
		>/dev/null 2>&1 </dev/null || status=$?
	[ $status -eq 137 ]
}

# all of it goes, and then nothing may be left
taken_down() {
	swapctl remove t >"$tmp/said" 2>&1 || :
	swapctl remove u >>"$tmp/said" 2>&1 || :
	rm -f "$file" "$file.2" "$other"
	[ "$(wc -l </proc/swaps)" -eq 1 ] && [ "$(n_zram)" -eq "$zrams" ] &&
		! grep -qs '^path' /run/swapadm/state && [ ! -e "$file.3" ] && return 0
	cat "$tmp/said" /proc/swaps /run/swapadm/state
	ls "$tmp"
	return 1
}

# each_kill NAME CMD...: prepare() before; afterwards is_done(), by the same command or as the
# killed one has come to its end
each_kill() {
	local name=$1 call n again killed=0

	shift
	for call in linkat renameat swapon swapoff unlinkat; do
		for n in {1..9}; do
			prepare
			killed_at "$call" "$n" "$@" 2>/dev/null || break
			killed=$((killed + 1)) again=0
			"$@" >"$tmp/again" 2>&1 || again=$?
			if ! is_done || { [ $again -ne 0 ] && ! grep -q 'no such tier, and' "$tmp/again"; }; then
				cat "$tmp/again"
				fail "$name: killed at $call $n, and again"
			fi
			taken_down || fail "$name: killed at $call $n: something is left"
		done
		taken_down || fail "$name: something is left"
	done
	check "$name: killed at $killed places" test $killed -ge 3
}

zrams=$(n_zram)
prepare() { :; }
is_done() { swap_active "$file" && grep -q "^path = $file$" /run/swapadm/state; }
each_kill "add FILE" swapctl add t "$file,size=4M"

if [ -e /sys/class/zram-control/hot_add ]; then
	is_done() { [ "$(grep -c '^/dev/zram' /proc/swaps)" -eq 1 ] && swap_active "$file"; }
	printf '[tier t]\ndevice = zram,size=4M\n[tier u]\ndevice = %s,size=4M\n' "$file" >"$tmp/conf"
	chmod 644 "$tmp/conf"
	each_kill apply swapctl apply "$tmp/conf"
fi

prepare() { swapctl add t "$file,size=4M" >/dev/null; }
is_done() { swap_active "$other" && ! swap_active "$file"; }
each_kill replace swapctl replace "$file" "$other,size=8M"
is_done() { swap_active "$file.2" && [ ! -e "$file" ]; }
each_kill resize swapctl resize "$file" 8M

finish
