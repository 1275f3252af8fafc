#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# replace, resize and selftest on the direct layer: room at every moment, content, names.
# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"
need_root
make_tmp
private_state
mib=24

# ---- replace: a swap file by another one, with pages on it
old=$tmp/old.swap new=$tmp/new.swap
at_exit swapoff_quiet "$new"
at_exit swapoff_quiet "$old"
swapctl add t "$old,size=48M" --rank 0 >/dev/null
workload_start $mib
workload_do out
before=$(swap_field "$old" used)
check "pages lie on the old one" [ "$before" -gt $((mib * 512)) ]
check "the plan has three changes" [ "$(swapctl replace "$old" "$new,size=64M" --dry-run -J | grep -c '"action": *"\(activate\|drain\|detach\)"')" = 3 ]
check "and changed nothing" eval '! swap_active "$new" && [ ! -e "$new" ]'
check "no device of that name" eval '! swapctl replace "$tmp/none" "$new,size=64M" 2>/dev/null'
check "the same device" eval '! swapctl replace "$old" "$old" 2>/dev/null'
check "replace" eval 'swapctl replace "$old" "$new,size=64M" >/dev/null'
check "the new one is in use" swap_active "$new"
check "with the tier's priority" [ "$(swap_field "$new" prio)" = 30000 ]
check "the old one is not" eval '! swap_active "$old"'
check "and stays as a file" [ -e "$old" ]
check "content" workload_ok
check "in the same tier" grep -q "^t .*new.swap" <<<"$(swapctl list -n -o TIER,DEVICE)"

# ---- interrupted after the new one was attached: the same command goes on
check "both in use" swapctl add t "$tmp/third.swap,size=48M"
at_exit swapoff_quiet "$tmp/third.swap"
check "goes on with what is there" eval 'swapctl replace "$new" "$tmp/third.swap,size=48M" >/dev/null'
check "one area is left" eval 'swap_active "$tmp/third.swap" && ! swap_active "$new"'
check "content" workload_ok

# ---- resize
at_exit swapoff_quiet "$tmp/third.swap.2"
check "resize" eval 'swapctl resize "$tmp/third.swap" 96M >/dev/null'
check "the new size" [ "$(swap_field "$tmp/third.swap.2" size)" = $((96 * 1024 - 4)) ]
check "the old file is gone" [ ! -e "$tmp/third.swap" ]
said=$(swapctl resize "$tmp/third.swap.2" 96M 2>&1) && status=0 || status=$?
check "the same size again: done" [ $status = 0 ]
check "and said" grep -q "has this size already" <<<"$said"
check "nothing was made" eval '[ ! -e "$tmp/third.swap" ] && swap_active "$tmp/third.swap.2"'
check "back to the name" eval 'swapctl resize "$tmp/third.swap.2" 64M >/dev/null'
check "which is free again" swap_active "$tmp/third.swap"
check "content" workload_ok
check "no size" [ "$(swapctl resize "$tmp/third.swap" much >/dev/null 2>&1; echo $?)" = 2 ]
workload_end || fail "the workload's end"
swapctl remove t >/dev/null 2>&1

# ---- a resize that was killed: the record of the new file says whose place it takes
a=$tmp/a.swap
at_exit swapoff_quiet "$a"
at_exit swapoff_quiet "$a.2"
# interrupted: A and what was to take its place are in use; state as the run left it
interrupted() {
	swapctl remove k >/dev/null 2>&1 || :
	rm -f "$a" "$a".[0-9]
	swapctl add k "$a,size=24M" >/dev/null
	swapctl add k "$a.2,size=48M" >/dev/null
	sed -i "s|^path = $a.2\$|&\nreplaces = $a|" /run/swapadm/state
}
interrupted
check "another size is refused" eval '! swapctl resize "$a" 64M >/dev/null 2>&1'
check "which changed nothing" eval 'swap_active "$a" && swap_active "$a.2" && [ ! -e "$a.3" ]'
said=$(swapctl resize "$a" 64M 2>&1) || :
check "the way out is said" grep -q "or give it up: .swapctl remove $a.2.\$" <<<"$said"
check "give it up" eval 'swapctl remove "$a.2" >/dev/null'
rm "$a.2"
check "then another size is accepted" eval 'swapctl resize "$a" 64M >/dev/null'
check "and is there" [ "$(swap_field "$a.2" size)" = $((64 * 1024 - 4)) ]
# killed before swapon(2): the file is there and recorded, and not in use
interrupted
swapoff "$a.2"
said=$(swapctl resize "$a" 64M 2>&1) && status=0 || status=$?
check "another size than that of the file that was made" [ $status = 1 ]
check "its remedy runs" bash -c "$(sed -n 's/.*`\([^`]*\)`[^`]*$/\1/p' <<<"$said")"
check "and helps" eval 'swapctl resize "$a" 64M >/dev/null && [ ! -e "$a" ]'
check "one file is left" eval 'swap_active "$a.2" && [ ! -e "$a.3" ]'
interrupted
swapoff "$a.2"
check "a file that was made already" eval 'swapctl resize "$a" 48M >/dev/null'
check "is the new one" eval 'swap_active "$a.2" && [ ! -e "$a.3" ] && [ ! -e "$a" ]'
check "made by swapadm still" eval 'swapctl resize "$a.2" 24M >/dev/null && [ ! -e "$a.2" ] && swap_active "$a"'
interrupted
check "goes on" eval 'swapctl resize "$a" 48M >/dev/null'
check "with the file that was there" eval '! swap_active "$a" && swap_active "$a.2" && [ ! -e "$a.3" ] && [ ! -e "$a" ]'
check "and that is over" eval '! grep -q replaces /run/swapadm/state'
interrupted
swapoff "$a"
check "drained already" eval 'swapctl resize "$a" 48M >/dev/null'
check "the file goes" eval 'swap_active "$a.2" && [ ! -e "$a" ] && ! grep -q replaces /run/swapadm/state'
# nobody can take a name out of a folder that is read-only
interrupted
swapoff "$a"
mount --bind "$tmp" "$tmp"
at_exit eval '! mountpoint -q "$tmp" || umount "$tmp"'
mount -o remount,bind,ro "$tmp"
said=$(swapctl resize "$a" 48M 2>&1) && status=0 || status=$?
umount "$tmp"
check "a file that stays is not said to be deleted" [ $status != 0 ]
check "but to stay" grep -q "$a: delete: Read-only file system; it is out of use, delete it by hand" <<<"$said"
check "which it is" eval '[ -e "$a" ] && ! swap_active "$a" && swap_active "$a.2"'
interrupted
sed -i /^replaces/d /run/swapadm/state
swapoff "$a"
check "no run before: not in use" eval '! swapctl resize "$a" 48M >/dev/null 2>&1 && [ -e "$a" ]'

# ---- only files of swapadm are deleted, and the options stay
swapctl remove k >/dev/null 2>&1 || :
rm -f "$a" "$a.2"
fallocate -l 24M "$a"
chmod 600 "$a"
mkswap "$a" >/dev/null
swapctl add k "$a,discard=once" >/dev/null
check "a file that is not ours" eval 'swapctl resize "$a" 32M >/dev/null'
check "stays" eval '[ -e "$a" ] && ! swap_active "$a" && swap_active "$a.2"'
check "with its options" grep -q 'spec = .*a.swap.2,size=32M,discard=once' /run/swapadm/state
swapctl remove k >/dev/null 2>&1 || :
rm -f "$a" "$a.2"

# ---- a sibling that is as the new one would be is not the new one
remove_zrams() {
	swapctl remove z >/dev/null 2>&1 || :
}
if swapctl add z zram,size=16M >/dev/null 2>&1; then
	at_exit remove_zrams
	first=$(swapctl list -rno DEVICE z)
	algorithm=$(sed 's/.*\[\(.*\)\].*/\1/' "/sys/block/$first/comp_algorithm")
	remove_zrams
	swapctl add z "zram,size=16M,algorithm=$algorithm" >/dev/null
	first=$(swapctl list -rno DEVICE z)
	swapctl add z "zram,size=32M,algorithm=$algorithm" >/dev/null
	check "resize to the size of the sibling" eval 'swapctl resize "$first" 32M >/dev/null'
	check "there are two still" [ "$(swapctl list -rno DEVICE z | wc -l)" = 2 ]
	remove_zrams
	# one that is not ours, named by its path: all its options stay, also those it has no line of
	if number=$(cat /sys/class/zram-control/hot_add 2>/dev/null); then
		node=/dev/zram$number
		drop_node() { echo "$number" >/sys/class/zram-control/hot_remove || :; }
		at_exit drop_node
		at_exit swapoff_quiet "$node"
		echo 16M >"/sys/block/zram$number/disksize"
		echo 8M >"/sys/block/zram$number/mem_limit"
		mkswap "$node" >/dev/null
		swapctl add z "$node" >/dev/null
		check "resize a zram that has a path" eval 'swapctl resize "$node" 32M >/dev/null'
		check "its limit stays" grep -q "spec = zram,size=32M.*mem-limit=8M" /run/swapadm/state
		remove_zrams
	fi
fi

# ---- several at once for the same one: the first wins, the others change nothing
# both CMD1 -- CMD2: at the same time; $first and $second are their exit codes
both() {
	local one=()

	while [ "$1" != -- ]; do
		one+=("$1")
		shift
	done
	shift
	"${one[@]}" >"$tmp/first" 2>&1 &
	"$@" >"$tmp/second" 2>&1 && second=0 || second=$?
	wait $! && first=0 || first=$?
}
n_active() { swapctl list -rno DEVICE,STATE k | grep -c " active$" || :; }
give_up() {
	swapctl remove k >/dev/null 2>&1 || :
	rm -f "$tmp"/[anm].swap "$tmp"/[anm].swap.[0-9]
}
at_exit give_up
one_won() {
	if [ $((!first + !second)) != 1 ] || [ "$(n_active)" != 1 ]; then
		cat "$tmp/first" "$tmp/second"
		swapctl list k
		return 1
	fi
}
replaces_at_once() {
	local _

	for _ in {1..6}; do
		give_up
		swapctl add k "$a,size=24M" >/dev/null
		both swapctl replace "$a" "$tmp/n.swap,size=32M" -- swapctl replace "$a" "$tmp/m.swap,size=32M"
		one_won || return 1
		give_up
		swapctl add k "$a,size=24M" >/dev/null
		both swapctl resize "$a" 32M -- swapctl resize "$a" 40M
		one_won && [ ! -e "$a" ] && [ ! -e "$a.3" ] || return 1
		give_up
		swapctl add k "$a,size=24M" >/dev/null
		both swapctl resize "$a" 32M -- swapctl replace "$a" "$tmp/n.swap,size=32M"
		one_won || return 1
	done
}
check "of two at once one wins" replaces_at_once
# what is made takes long enough for the other one to go first
removed_meanwhile() {
	local _

	for _ in {1..6}; do
		give_up
		swapctl add k "$a,size=24M" >/dev/null
		both swapctl remove "$a" -- swapctl replace "$a" "$tmp/n.swap,size=32M"
		! swap_active "$a" || return 1
		# a file that was refused does not stay
		[ "$(n_active)" = 1 ] || [ ! -e "$tmp/n.swap" ] || return 1
	done
}
check "a removal and a replacement at once" removed_meanwhile
give_up

# ---- selftest
check "selftest" eval 'swapctl selftest >"$tmp/said" 2>&1 || { cat "$tmp/said"; false; }'
check "of a file" grep -q "^ok *swap file: drained, removed, every byte" "$tmp/said"
check "leaves nothing in use" eval '! grep -q selftest /proc/swaps'
check "and no file" [ ! -e /var/tmp/swapadm-selftest.swap ]
# the pages go to its areas, not to what else is in use
swapctl add k "$a,size=64M" --rank 0 >/dev/null
check "next to a tier of rank 0" eval 'swapctl selftest >"$tmp/said" 2>&1 || { cat "$tmp/said"; false; }'
check "both areas had the pages" [ "$(grep -c 'attached, \(2[4-9]\|3.\) MiB' "$tmp/said")" = 2 ]
give_up
# Stopped with an area attached: nobody reads what it says, so it can't get past "attached".
mkfifo "$tmp/pipe"
exec {pipe}<>"$tmp/pipe"
drained() {
	dd if="$tmp/pipe" iflag=nonblock bs=4096 2>/dev/null || true
}
# stopped SIGNAL: the group gets it, as from Ctrl-C, until all of it is gone; $status, $said
stopped() {
	local _

	dd if=/dev/zero of="$tmp/pipe" oflag=nonblock bs=4096 2>/dev/null || true
	setsid swapctl selftest >"$tmp/pipe" 2>&1 &
	comes tested
	# one that comes just before the write is not noticed by it
	strike "$1" $! "-$!"
	wait $! && status=0 || status=$?
	said=$(drained | tr -d '\0')
}
tested() {
	swapctl list -rno TIER | grep -q selftest
}
untested() {
	! tested
}
for signal in TERM INT; do
	stopped $signal
	check "stopped by $signal: 130" [ $status = 130 ]
	check "and nothing FAILED" eval '[[ $said != *FAILED* ]]'
	check "and everything is away" eval '! swapctl list -rno TIER | grep -q selftest && [ ! -e /var/tmp/swapadm-selftest.swap ]'
done
exec {pipe}>&-
# at a moment of its drain, or when it is through
for wait in 0.0 0.1 0.3; do
	setsid swapctl selftest >"$tmp/said" 2>&1 &
	pid=$!
	until_so eval 'tested || ended $pid'
	sleep $wait
	kill -INT -- "-$pid" 2>/dev/null || true
	wait $pid && status=0 || status=$?
	check "Ctrl-C: 130, or it was through" eval '[ $status = 130 ] || { [ $status = 0 ] && grep -q works "$tmp/said"; }'
	check "and nothing FAILED" eval '! grep FAILED "$tmp/said"'
	check "and everything is away" eval '! swapctl list -rno TIER | grep -q selftest && [ ! -e /var/tmp/swapadm-selftest.swap ]'
done
# nobody reads what it says: it goes on to its end and cleans up
swapctl selftest 2>/dev/null | :
check "no reader: everything is away" eval 'until_so untested && [ ! -e /var/tmp/swapadm-selftest.swap ]'
check "the name is its own" [ "$(swapctl add selftest "$a,size=24M" >/dev/null 2>&1; echo $?)" = 2 ]
check "not of a capture" [ "$(swapctl --root / selftest >/dev/null 2>&1; echo $?)" = 2 ]
finish
