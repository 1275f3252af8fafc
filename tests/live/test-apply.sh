#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# apply: idempotent, complete after a kill, careful with what others made.
# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"
need_root
make_tmp
private_state
watch_zram
[ -e /sys/class/zram-control ] || skip "this kernel has no zram"

conf=$tmp/swapadm.conf
prio_is() { [ "$(swap_field "$1" prio)" = "$2" ]; }
zram_area() { awk '/^\/dev\/zram/ { print $1 }' /proc/swaps; }
says() { # WORDS ARG...: the driver succeeds and its output has WORDS
	local words=$1 out

	shift
	out=$(plan-driver "$@" 2>&1) || {
		echo "$out"
		return 1
	}
	[[ $out == *$words* ]] || {
		echo "$out"
		return 1
	}
}
fails() { # ERRNO ARG...
	local errno=$1 out

	shift
	out=$(plan-driver "$@" 2>&1) && return 1
	[[ $out == *$'\n'"$errno "* || $out == "$errno "* ]] || {
		echo "$out"
		return 1
	}
}
says_not_taken() { # ARG...: a SET step fails
	! plan-driver "$@" 2>&1 | grep -q "^changes" || return 1
}
known=$(n_zram)

make_loop disk 64M
disk=$loop
mkswap -q "$disk"
at_exit swapoff_quiet "$tmp/swap"
at_exit swapoff_quiet "$tmp/twice"
cat >"$conf" <<-EOT
	[tier fast]
	device = zram, size=64M, algorithm=lz4
	[tier ssd]
	device = $disk, allow-loop
	[tier hdd]
	device = $tmp/swap, size=16M
EOT

# ---- once, twice, after a kill ----------------------------------------------------------------
plan-driver -K apply "$conf" || true
check "a killed apply left a zram" test "$(n_zram)" = $((known + 1))
check "which is not active" test -z "$(zram_area)"
check "a plan says that it will be completed" says "interrupted run" -n apply "$conf"
check "apply completes it" says "changes 5" apply "$conf"
check "with the same zram" test "$(n_zram)" = $((known + 1))
zram=$(zram_area)
check "bands of priorities: zram" prio_is "$zram" 30000
check "disk" prio_is "$disk" 29500
check "file" prio_is "$tmp/swap" 29000
check "again: nothing to do" says "changes 0" apply "$conf"
check "also with all flags" says "changes 0" apply -x -k "$conf"
drift() { # STATUS OPTION...
	local wanted=$1 status=0

	shift
	swapctl apply --dry-run --exit-code "$@" "$conf" || status=$?
	[ "$status" -eq "$wanted" ]
}
check "a script sees no drift" drift 0

# ---- another priority ---------------------------------------------------------------------------
workload_start -c 100
workload_do out
check "all areas hold pages" test "$(swap_field "$disk" used)" -gt 20000
swapoff "$disk"
swapon -p 7 "$disk"
check "another priority is reported" says "active with priority 7 instead of 29500" apply "$conf"
check "and left alone" prio_is "$disk" 7
check "a script sees the drift" drift 7 --rerank
check "and nothing that apply would do without --rerank" drift 0
workload_do out
check "--rerank" says "rerank $disk ok" apply -k "$conf"
check "now it is right" prio_is "$disk" 29500
check "pages are right after rerank" workload_ok
check "nothing more to do" says "changes 0" apply -k "$conf"

# ---- what others have activated, and apply would not take --------------------------------------
fallocate -l 4M "$tmp/exposed"
mkswap -q "$tmp/exposed" 2>/dev/null
chmod 644 "$tmp/exposed"
swapon "$tmp/exposed" 2>/dev/null
at_exit swapoff_quiet "$tmp/exposed"
exposed_prio=$(swap_field "$tmp/exposed" prio)
printf '[tier ssd]\nrank = 1\ndevice = %s\n' "$tmp/exposed" >"$tmp/exposed.conf"
check "it is warned about" says "next boot would not attach it" apply "$tmp/exposed.conf"
check "and is refused before it is drained" fails EPERM apply -k "$tmp/exposed.conf"
check "so it is active as before" prio_is "$tmp/exposed" "$exposed_prio"
remedy=$(plan-driver -n apply "$tmp/exposed.conf" 2>&1 | sed -n 's/.*`\(chown [^`]*\)`.*/\1/p')
check "what it advises runs" bash -c "${remedy:-false}"
check "else it gets its priority" says "rerank $tmp/exposed ok" apply -k "$tmp/exposed.conf"
check "that of its tier" prio_is "$tmp/exposed" 29500
swapoff "$tmp/exposed"

# ---- out of the files ------------------------------------------------------------------------------
fallocate -l 4M "$tmp/others"
chmod 600 "$tmp/others"
mkswap -q "$tmp/others"
swapon -p 3 "$tmp/others"
at_exit swapoff_quiet "$tmp/others"
workload_do out
printf '[tier hdd]\nrank = 2\ndevice = %s, size=16M\n' "$tmp/swap" >"$conf"
check "what left the files is reported" says "apply --prune" apply "$conf"
check "and stays" swap_active "$zram"
check "--prune drains and detaches" says "detach $zram ok" apply -x "$conf"
check "zram is gone" test "$(n_zram)" = "$known"
check "the disk is not active" test -z "$(swap_field "$disk" prio)"
check "the file is" prio_is "$tmp/swap" 29000
check "areas that are not ours are not touched" prio_is "$tmp/others" 3
check "pages are right after prune" workload_end
check "nothing more to do" says "changes 0" apply -x "$conf"

# ---- one device missing: the others come all the same --------------------------------------------------
swapoff "$tmp/swap"
cat >"$conf" <<-EOT
	[tier ssd]
	device = $tmp/absent
	device = $disk, allow-loop
	[tier hdd]
	device = $tmp/swap, size=16M
EOT
check "a plan alone succeeds" says "no such file" -n apply "$conf"
check "apply fails with its errno" fails ENOENT apply "$conf"
check "the disk is active" prio_is "$disk" 30000
check "the file is active" prio_is "$tmp/swap" 29500
swapoff "$disk" "$tmp/swap"

# ---- one device that holds something else: the others come all the same ----------------------------
make_loop foreign 16M
mkfs.ext4 -q "$loop"
printf '[tier ssd]\ndevice = %s, allow-loop\n[tier hdd]\ndevice = %s, allow-loop\n' \
	"$disk" "$loop" >"$conf"
check "a refused device fails apply" fails EMEDIUMTYPE apply "$conf"
check "the other one is active" prio_is "$disk" 30000
check "the refused one is as it was" test "$(blkid -o value -s TYPE "$loop")" = ext4
check "it fails again, though nothing changes" fails EMEDIUMTYPE apply "$conf"
check "and is active still" prio_is "$disk" 30000
swapoff "$disk"

# ---- named twice, order ----------------------------------------------------------------------------------
printf '[tier a]\ndevice = %s, allow-loop\n[tier b]\ndevice = %s, allow-loop\n' \
	"$disk" "/dev/../$disk" >"$conf"
check "one device in two tiers" fails EINVAL apply "$conf"
check "is in the first" prio_is "$disk" 30000
swapoff_quiet "$disk"
swapoff "$tmp/others"
swapon -p 31000 "$tmp/others"
printf '[tier a]\ndevice = %s, allow-loop\n' "$disk" >"$conf"
check "a foreign area above all tiers" fails EPROTONOSUPPORT apply "$conf"
check "is not a reason to go without swap" prio_is "$disk" 30000
swapoff "$tmp/others" "$disk"

# ---- two at once ---------------------------------------------------------------------------------------------
# Plans are made before the lock is held: what the other one has made by then is not made again,
# and its record stays.
printf '[tier fast]\ndevice = zram, size=16M\n[tier ssd]\ndevice = %s, allow-loop\n[tier file]\ndevice = %s, size=16M\n' \
	"$disk" "$tmp/twice" >"$conf"
for round in 1 2 3 4 5 6; do
	before=$(n_zram)
	plan-driver apply "$conf" >"$tmp/first" 2>&1 &
	first=$!
	both=0
	plan-driver apply "$conf" >"$tmp/second" 2>&1 || both=$?
	wait "$first" || both=$?
	[ "$both" = 0 ] || cat "$tmp/first" "$tmp/second"
	check "two at once, $round: both succeed" test "$both" = 0
	check "two at once, $round: one zram" test "$(n_zram)" = "$((before + 1))"
	check "two at once, $round: the disk" prio_is "$disk" 29500
	check "two at once, $round: the file" prio_is "$tmp/twice" 29000
	check "two at once, $round: nothing is left to do" says "changes 0" apply "$conf"
	printf '[swapadm]\nlayer = direct\n' >"$tmp/empty"
	check "two at once, $round: all of it is ours" says "changes 6" apply -x "$tmp/empty"
	check "two at once, $round: the zram went" test "$(n_zram)" = "$before"
	check "two at once, $round: the disk went" prio_is "$disk" ""
	check "two at once, $round: the file went" prio_is "$tmp/twice" ""
	rm -f "$tmp/twice"
done

remedy() { # WORD: the command of that name in what apply warns of
	swapctl apply --dry-run --config "$conf" | sed -n "s/.*\`\\($1 .*\\)\`.*/\\1/p"
}

# ---- two zrams in a tier, one taken out ---------------------------------------------------------------------
printf '[tier fast]\ndevice = zram, size=16M\ndevice = zram, size=32M\n' >"$conf"
check "two zrams" says "changes 4" apply "$conf"
check "again nothing" says "changes 0" apply "$conf"
printf '[tier fast]\ndevice = zram, size=32M\n' >"$conf"
check "the right one is taken away" says "changes 2" apply -x "$conf"
check "the other stays" test "$(cat "/sys/block/$(basename "$(zram_area)")/disksize")" = $((32 << 20))
printf '[tier fast]\ndevice = zram, size=48M\n' >"$conf"
check "another size is reported, with what changes it" \
	says "in size; \`swapctl resize zram" apply "$conf"
check "that does" eval "$(remedy 'swapctl resize')"
check "it has that size" test "$(cat "/sys/block/$(basename "$(zram_area)")/disksize")" = $((48 << 20))
check "then nothing is left" says "changes 0" apply "$conf"
: >"$conf"
check "the rest" says "changes 2" apply -x "$conf"
check "no zram is left" test "$(n_zram)" = "$known"

# ---- a swap file of another size ------------------------------------------------------------------------------
printf '[tier file]\ndevice = %s, size=1M\n' "$tmp/sized" >"$conf"
check "a swap file" says "changes 2" apply "$conf"
sed -i 's/1M/2M/' "$conf"
check "another size of it is reported" says "1048576 bytes instead of 2097152" apply "$conf"
check "what removes it" eval "$(remedy 'swapctl remove')"
check "did" [ ! -e "$tmp/sized" ]
check "it comes back" says "changes 2" apply "$conf"
check "with that size" [ "$(stat -c %s "$tmp/sized")" = 2097152 ]
: >"$conf"
check "and goes" says "changes 2" apply -x "$conf"
rm -f "$tmp/sized"

# ---- settings ------------------------------------------------------------------------------------------------
param=/sys/module/zswap/parameters/max_pool_percent
if [ -e $param ]; then
	old=$(cat $param)
	at_exit sh -c "echo $old >$param"
	printf '[zswap]\nmax-pool = %d%%\n' $((old + 1)) >"$conf"
	check "a zswap parameter" says "set $param ok" apply "$conf"
	check "is set" test "$(cat $param)" = $((old + 1))
	check "once" says "changes 0" apply "$conf"
	# a kernel whose zswap was never on takes any word
	if [ "$(cat "${param%/*}/enabled")" = Y ]; then
		printf '[zswap]\ncompressor = nonesuch\n' >"$conf"
		check "a compressor that there is not" says_not_taken apply "$conf"
	fi
fi
printf '[cgroup x]\npath = /no/such/group\nswap-max = 1G\n' >"$conf"
if grep -qs memory /sys/fs/cgroup/cgroup.controllers; then
	check "a cgroup that is not there is reported" says "no such cgroup" apply "$conf"
	mkdir /sys/fs/cgroup/swapadm-test
	at_exit rmdir /sys/fs/cgroup/swapadm-test
	printf '[cgroup x]\npath = /swapadm-test\nswap-max = 1G\nswap-high = 512M\n' >"$conf"
	check "a cgroup is set" says "changes 2" apply "$conf"
	check "its limit" test "$(cat /sys/fs/cgroup/swapadm-test/memory.swap.max)" = 1073741824
	check "once" says "changes 0" apply "$conf"
else
	check "cgroup v1 can't" fails EPROTONOSUPPORT apply "$conf"
fi

finish
