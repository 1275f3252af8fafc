#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# An area that others made under a name that swapadm once recorded is not swapadm's.
# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"
need_root
make_tmp
private_state
watch_zram

conf=$tmp/conf
echo "[swapadm]" >"$conf"
managed() { [ "$(swapctl list -rn -o PATH,MANAGED | P=$1 awk '$1 == ENVIRON["P"] { print $2 }')" = "$2" ]; }
prune() { swapctl apply --prune "$conf"; }

# ---- a swap file that was deleted and written anew -----------------------------------------
file=$tmp/swapfile
at_exit swapoff_quiet "$file"
check "a file of ours" swapctl add disk "$file,size=8M"
check "is ours" managed "$file" yes
swapoff "$file"
swapon "$file"
check "and still is when somebody activates it again" managed "$file" yes
swapoff "$file"
rm "$file"
fallocate -l 16M "$file"
chmod 600 "$file"
mkswap -q "$file"
swapon "$file"
check "another file of that name is not" managed "$file" no
check "prune" prune
check "it stays active" swap_active "$file"
swapoff "$file"

# ---- a file system that is not mounted any more ---------------------------------------------
truncate -s 64M "$tmp/fs.img"
mkfs.ext4 -q "$tmp/fs.img"
mkdir "$tmp/mnt"
mount -o loop "$tmp/fs.img" "$tmp/mnt"
at_exit eval '! mountpoint -q "$tmp/mnt" || umount -l "$tmp/mnt"'
away=$tmp/mnt/swap
at_exit swapoff_quiet "$away"
check "a file on it" swapctl add away "$away,size=8M"
swapoff "$away"
umount "$tmp/mnt"
check "its record can be seen" eval 'swapctl list -rn -o PATH,STATE | grep -Fqx "$away inactive"'
remedy=$(swapctl doctor -J | python3 -c '
import json, sys
print([f["remedy"] for f in json.load(sys.stdin)["findings"] if f["check"] == "inactive" and "/mnt/" in f["remedy"]][0])')
check "doctor has a remedy: $remedy" bash -c "$remedy"
check "and the record is gone" eval '! swapctl list -rn -o PATH | grep -F "$away"'

# ---- signature: the same file, formatted again ---------------------------------------------
rm "$file"
check "a file of ours again" swapctl add disk "$file,size=8M"
swapoff "$file"
mkswap -q "$file"
swapon -p 7 "$file"
check "prune" prune
check "what was formatted by others stays active" swap_active "$file"
swapoff "$file"
swapctl add disk "$file" >"$tmp/out"
check "added, it is ours" managed "$file" yes
check "and pruned" prune
check "it is gone" eval '! swap_active "$file"'

# ---- a zram device that was removed and made again -----------------------------------------
if [ -e /sys/class/zram-control ]; then
	check "a zram of ours" swapctl add fast zram,size=16M
	zram=$(awk '/zram/ && $3 < 20000 { print $1 }' /proc/swaps)
	number=${zram#/dev/zram}
	swapoff "$zram"
	echo "$number" >/sys/class/zram-control/hot_remove
	again=$(cat /sys/class/zram-control/hot_add)
	if [ "$again" = "$number" ]; then
		echo 16M >"/sys/block/zram$number/disksize"
		mkswap -q "$zram"
		swapon -p 9 "$zram"
		check "another zram of that number is not ours" managed "$zram" no
		check "prune" prune
		check "it stays active" swap_active "$zram"
		check "remove takes it out of use" swapctl remove "$zram"
		check "and leaves the device" test -e "/sys/block/zram$number"
	fi
fi
finish
