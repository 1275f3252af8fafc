#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What add makes: files, zram devices, signatures, priorities; and what it undoes.
# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"
need_root
make_tmp
private_state
watch_zram

prio_is() { [ "$(swap_field "$1" prio)" = "$2" ]; }
state_has() { grep -qx "$1" /run/swapadm/state; }
no_zram_left() { [ "$(echo /sys/block/zram*)" = "$zrams" ]; }
zrams=$(echo /sys/block/zram*)

# fails ERRNO ARG...
fails() {
	local errno=$1 out

	shift
	out=$(plan-driver "$@" 2>&1) && return 1
	echo "$out" | tail -n 1
	[[ $out == *$'\n'"$errno "* || $out == "$errno "* ]]
}

# ---- a swap file that is made -------------------------------------------------------------
file="$tmp/swap file"
at_exit swapoff_quiet "$tmp/swap\\040file"
check "a plan alone makes nothing" plan-driver -n add disk "$file,size=20M"
check "no file yet" test ! -e "$file"
check "file is made and activated" plan-driver add -r 3 disk "$file,size=20M"
check "priority of rank 3" prio_is "$tmp/swap\\040file" 28500
check "mode 0600" test "$(stat -c %a "$file")" = 600
check "size" test "$(stat -c %s "$file")" = $((20 << 20))
check "real blocks" test $(($(stat -c %b "$file") * 512)) -ge $((20 << 20))
check "recorded" state_has "tier = disk"
check "rank of a tier that no file names is recorded" state_has "rank = 3"
check "added again: the tier that it is in is named" \
	bash -c "plan-driver add other '$file' 2>&1 | grep 'already an active swap area (priority 28500, tier disk)'"
check "another rank contradicts" fails EEXIST add -r 4 disk "$tmp/other,size=1M"
swapoff "$file"
check "the same words use the same file again" plan-driver add disk "$file,size=20M"
swapoff "$file"
rm "$file"

# some daemons ignore SIGCHLD, and so would what they start: mkswap's end would not be seen
check "a caller that ignores SIGCHLD" \
	env --ignore-signal=CHLD swapctl add disk "$file,size=2M"
swapoff "$file"
rm "$file"

# ---- somebody looks at a device meanwhile, as udev and another swapadm do
make_loop looked 16M
mkswap -q "$loop"
sleep 0.4 | hold-open "$loop" >"$tmp/held" &
comes has held "$tmp/held"
check "a look at it is waited for" plan-driver add other "$loop,allow-loop"
swapoff "$loop"
wait
while [ -e "$tmp/held" ]; do hold-open "$loop" </dev/null >/dev/null 2>&1 || true; done &
looker=$!
n=0
for _ in {1..20}; do
	plan-driver add other "$loop,allow-loop" >"$tmp/out" && n=$((n + 1)) || cat "$tmp/out"
	swapoff_quiet "$loop"
done
rm "$tmp/held"
wait "$looker"
check "and many of them" test "$n" = 20
drop_loop

# ---- its folders are made, too
deep=$tmp/made/of/two
at_exit swapoff_quiet "$deep/file"
check "a plan names the first of them" \
	bash -c "plan-driver -n add disk '$deep/file,size=4M' | grep -qF ', and its folders from $tmp/made on, mode 0755'"
check "and makes none" test ! -e "$tmp/made"
leads_away() { grep -qF "its folder $tmp/none/..: No such" <<<"$(plan-driver -n add disk "$tmp/none/../file,size=4M" 2>&1)"; }
check "a folder that is not there leads nowhere, and is named" leads_away
check "swapon fails" fails EINVAL -E 22 add disk "$deep/file,size=4M"
check "the folders are gone, too" test ! -e "$tmp/made"
mkdir "$tmp/made"
check "swapon fails, below a folder that was there" fails EINVAL -E 22 add disk "$deep/file,size=4M"
check "that one stays" test -d "$tmp/made"
check "and only that one" test -z "$(ls -A "$tmp/made")"
rmdir "$tmp/made"
umask=$(umask)
umask 077
check "the folders of a file are made" plan-driver add disk "$deep/file,size=4M"
umask "$umask"
check "mode 0755" test "$(stat -c %a "$tmp/made" "$deep" | xargs)" = "755 755"
check "it is in use" swap_active "$deep/file"
swapoff "$deep/file"
rm "$deep/file"
ln -s made "$tmp/link"
check "below a symbolic link" plan-driver add disk "$tmp/link/new/file,size=4M"
check "in the real folder" swap_active "$tmp/made/new/file"
at_exit swapoff_quiet "$tmp/made/new/file"
swapoff "$tmp/made/new/file"
check "no folder above what is missing" fails ENOENT add disk "$tmp/none/../file,size=4M"
check "in a folder of everybody: refused" \
	bash -c "mkdir -m 777 '$tmp/open' && ! plan-driver add disk '$tmp/open/x/file,size=4M'"
check "nothing was made there" test ! -e "$tmp/open/x"

# ---- failures undo what was made, and only that -------------------------------------------------
check "swapon fails: EINVAL" fails EINVAL -E 22 add disk "$file,size=4M"
check "its file is gone" test ! -e "$file"
check "swapon fails for zram" fails EBUSY -E 16 add fast zram,size=16M
check "its zram is gone" no_zram_left
check "nothing is recorded for it" test "$(grep -c zram /run/swapadm/state)" = 0
exec {lock}<>/run/swapadm/lock
flock "$lock"
check "lock held by others: EBUSY" fails EBUSY add disk "$file,size=4M"
exec {lock}>&-
check "its file is gone too" test ! -e "$file"
check "earlier devices stay" fails EBUSY -E 16 add disk "$tmp/a,size=1M" "$tmp/b,size=1M"
check "none of them, because the first failed" test ! -e "$tmp/a" -a ! -e "$tmp/b"
plan-driver -K add disk "$file,size=4M" || true
check "a file is complete before it has its name" plan-driver add disk "$file,size=4M"
swapoff "$file"
rm "$file"

# ---- formatting -----------------------------------------------------------------------------------
make_loop disk 64M
mkfs.ext4 -q -L old "$loop"
check "--format erases what is there" plan-driver add -f disk "$loop,allow-loop"
check "active, with the rank that the tier was given" prio_is "$loop" 28500
check "one signature is left" test "$(wipefs -n "$loop" 2>/dev/null | wc -l)" = 2
swapoff "$loop"
swaplabel -L mine "$loop"
uuid=$(blkid -p -o value -s UUID "$loop")
check "--format again" plan-driver add -f disk "$loop,allow-loop"
check "UUID is kept" test "$(blkid -p -o value -s UUID "$loop")" = "$uuid"
check "label is kept" test "$(blkid -p -o value -s LABEL "$loop")" = mine
swapoff "$loop"
check "discard flags are taken" plan-driver add disk "$loop,allow-loop,discard=pages"
swapoff "$loop"
check "by UUID" plan-driver add disk "UUID=$uuid,allow-loop"
check "by UUID: active under its name" swap_active "$loop"
swapoff "$loop"
disk=$loop
cp "$tmp/disk.img" "$tmp/copy.img"
attach_loop "$tmp/copy.img"
check "a UUID that two devices have" fails ENOTUNIQ add disk "UUID=$uuid,allow-loop"
drop_loop

# somebody else is faster than the user who looks at the plan
make_loop late 16M
mkfifo "$tmp/go"
plan-driver -w add -f disk "$loop,allow-loop" <"$tmp/go" >"$tmp/said" &
exec {go}>"$tmp/go"
comes has "plan format" "$tmp/said"
mkfs.ext4 -q -L theirs "$loop"
before=$(sha256sum "$tmp/late.img")
echo >&"$go"
exec {go}>&-
wait $! && fail "what came since the plan was erased" || true
check "what came since the plan is not erased" grep -q "^ESTALE .*now it holds a file system (ext4)" "$tmp/said"
check "and nothing changed" test "$(sha256sum "$tmp/late.img")" = "$before"

# the disk's BSD lock is waited for
flock "$disk" sh -c 'echo held >"$1"; sleep 1' - "$tmp/held" &
comes has held "$tmp/held"
check "--format waits for the lock of the disk" plan-driver add -f disk "$disk,allow-loop"
wait
swapoff "$disk"

# ---- zram, and pages that must come back ------------------------------------------------------------
if [ -e /sys/class/zram-control ]; then
	check "zram above a disk" plan-driver add -r 0 fast zram,size=64M,algorithm=lz4
	zram=$(awk '/zram/ { print $1 }' /proc/swaps)
	check "zram is active at the top" prio_is "$zram" 30000
	check "it has its size" test "$(cat "/sys/block/${zram##*/}/disksize")" = $((64 << 20))
	check "and its algorithm" grep -qF '[lz4]' "/sys/block/${zram##*/}/comp_algorithm"
	check "recorded as made" state_has "created = yes"
	check "a tier below" plan-driver add -r 1 slow "$disk,allow-loop"
	check "the disk is below" prio_is "$disk" 29500
	check "equal ranks share a priority" plan-driver add -r 1 slow2 "$tmp/eq,size=1M"
	check "shared" prio_is "$tmp/eq" 29500
	swapoff "$tmp/eq"
	workload_start -c 96
	workload_do out
	check "zram is filled first" test "$(swap_field "$zram" used)" -gt 60000
	check "then the disk" test "$(swap_field "$disk" used)" -gt 20000
	check "pages are right in swap" workload_ok
	swapoff "$zram"
	check "pages are right after zram is gone" workload_ok
	swapoff "$disk"
	check "pages are right at the end" workload_end
	# left over: recorded as made, not active
	n=$(n_zram)
	check "the next zram takes the one that was left" plan-driver add fast zram,size=32M
	check "no other was made" test "$(n_zram)" = "$n"
	swapoff "$zram"
	rm "$tmp/held"
	flock /run/swapadm/lock sh -c 'echo held >"$1"; sleep 1' - "$tmp/held" &
	comes has held "$tmp/held"
	check "it takes that as well when others hold the lock" plan-driver add fast zram,size=32M
	wait $!
	check "again no other was made" test "$(n_zram)" = "$n"
	swapoff "$zram"
fi

# ---- order against areas that are not ours ----------------------------------------------------------------------
fallocate -l 1M "$tmp/others"
chmod 600 "$tmp/others"
mkswap -q "$tmp/others"
at_exit swapoff_quiet "$tmp/others"
swapon -p 32000 "$tmp/others"
check "a foreign area before the fastest tier" \
	fails EPROTONOSUPPORT add -r 0 fast "$tmp/new,size=1M"
check "nothing was made" test ! -e "$tmp/new"
swapoff "$tmp/others"
swapon -p 5 "$tmp/others"
check "one below is fine" plan-driver add -r 0 fast "$tmp/new,size=1M"
check "others stay as they are" prio_is "$tmp/others" 5
swapoff "$tmp/new"

# ---- what two file systems need ------------------------------------------------------------------------
try_fs() {
	local fs=$1

	shift
	command -v "mkfs.$fs" >/dev/null && grep -qw "$fs" /proc/filesystems || {
		echo "no $fs here: not tested"
		return
	}
	make_loop "$fs" 320M
	"mkfs.$fs" -q "$loop" >/dev/null
	mkdir "$tmp/$fs"
	mount "$loop" "$tmp/$fs"
	at_exit umount "$tmp/$fs"
	at_exit swapoff_quiet "$tmp/$fs/swap"
	check "$fs: a new file" plan-driver add -r 5 "$fs" "$tmp/$fs/swap,size=4M"
	check "$fs: active" swap_active "$tmp/$fs/swap"
	swapoff "$tmp/$fs/swap"
	check "$fs: again" plan-driver add "$fs" "$tmp/$fs/swap,size=4M"
	swapoff "$tmp/$fs/swap"
}
try_fs ext2
try_fs xfs
try_fs btrfs

# ---- blocks smaller than a page: the kernel takes whole pages of the disk only -------------------
quiet() { "$@" >/dev/null 2>"$tmp/err"; }
try_small_blocks() {
	local dir=$tmp/small size_kib

	grep -qw ext2 /proc/filesystems || {
		echo "no ext2 here: small blocks are not tested"
		return
	}
	make_loop small 16M
	mkfs.ext2 -q -b 1024 -m 0 "$loop"
	mkdir "$dir"
	mount "$loop" "$dir"
	at_exit umount "$dir"
	at_exit swapoff_quiet "$dir/swap"
	check "small blocks: a new file" quiet swapctl add small "$dir/swap,size=4M"
	size_kib=$(swap_field "$dir/swap" size)
	check "small blocks: the size that was asked for, $size_kib KiB" \
		test "$size_kib" -ge $((4096 - 4)) -a "$size_kib" -lt $((4096 + 64))
	quiet swapctl drain "$dir/swap"
	check "small blocks: again, by the same line" \
		quiet swapctl add small "$dir/swap,size=4M"
	quiet swapctl remove small
	rm "$dir/swap"

	# what is free lies in pieces of 6 KiB, of which at most 4 KiB are a page; 18 KiB apart, so that
	# at least every second one has such 4 KiB, wherever the first begins
	for ((i = 0; i < 4000; i++)); do
		head -c 6K /dev/zero 2>/dev/null >"$dir/$i" || break
	done
	sync -f "$dir"
	for ((i = 0; i < 1500; i += 3)); do rm -f "$dir/$i"; done
	sync -f "$dir"
	check "scattered: a new file" quiet swapctl add small "$dir/swap,size=2M"
	check "scattered: the numbers are said" \
		grep -q 'swap: add: the kernel can use only .* of 2' "$tmp/err"
	size_kib=$(swap_field "$dir/swap" size)
	check "scattered: it is smaller, $size_kib KiB" test "$size_kib" -lt 2000
	check "scattered: it is in its tier" \
		test "$(swapctl list -n -o TIER,PATH --raw | grep "$dir/swap")" = "small $dir/swap"
	check "scattered: remove" quiet swapctl remove small
}
try_small_blocks

finish
