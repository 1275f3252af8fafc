#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What add refuses, with which errno and words, and that it then has changed nothing.
# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"
need_root
make_tmp
private_state
watch_zram

# refuses ERRNO WORDS ARG...: plan-driver ARG... must fail so, with nothing changed.
# WORDS is a glob for the sentence; $image (if set) is the content that must stay.
image=
refuses() {
	local errno=$1 words=$2 before after out

	shift 2
	n_checks=$((n_checks + 1))
	before=$(snapshot)
	if out=$(plan-driver "$@" 2>&1); then
		fail "$*: was not refused: $out"
		return
	fi
	after=$(snapshot)
	if [[ $out != "$errno "*$words* ]]; then
		fail "$*: expected $errno *$words*, got: $out"
	elif [ "$before" != "$after" ]; then
		fail "$*: changed something"
	else
		echo "ok: $out"
	fi
}

snapshot() {
	cat /proc/swaps
	cat /run/swapadm/state 2>/dev/null || true
	find /sys/block -maxdepth 1 ! -name 'loop*' | sort # loop devices of others come and go
	losetup --list --noheadings --output NAME,BACK-FILE | grep -F "$tmp/" || true
	# not the times and blocks of files below loop devices, which are written back at some time
	find "$tmp" -maxdepth 1 -printf '%f %y %m %U %s\n' | sort
	[ -z "$image" ] || sha256sum "$image"
}

# both without and with --format
refuses_always() {
	local errno=$1 words=$2

	shift 2
	refuses "$errno" "$words" add t "$@"
	refuses "$errno" "$words" add -f t "$@"
}

# magic NAME OFFSET BYTES: a loop device with a signature written by hand
magic() {
	make_loop "$1" 16M
	image=$tmp/$1.img
	printf "$3" | dd of="$image" bs=1 seek="$2" conv=notrunc status=none
	losetup -c "$loop"
	blockdev --flushbufs "$loop"
}

# ---- names ------------------------------------------------------------------------------
refuses ENOENT "no such device*lsblk" add t /dev/nonesuch
refuses ENOENT "no such file*size=4G" add t "$tmp/nonesuch"
: >"$tmp/in-the-way"
refuses ENOTDIR "is not a folder" add t "$tmp/in-the-way/file,size=1M"
rm "$tmp/in-the-way"
refuses ENOENT "its folder" add t "$tmp/none/../file,size=1M"
refuses ENODEV "no device has this tag" add t LABEL=swapadm-none-such
refuses EISDIR "directory" add -f t "$tmp"
refuses ENOTBLK "neither a block device" add -f t /dev/null
mkfifo "$tmp/fifo"
refuses ENOTBLK "neither a block device" add -f t "$tmp/fifo"
refuses EINVAL "tier" add Bad /dev/null
refuses EINVAL "auto-" add auto-ssd /dev/null
refuses EINVAL "self-test" add selftest /dev/null
refuses EINVAL "rank" add -r 61 t /dev/null

# ---- signatures: refused, with their type and label ---------------------------------------
make_loop blank 16M
image=$tmp/blank.img
refuses EINVAL "loop device*allow-loop" add -f t "$loop"
refuses EMEDIUMTYPE "no swap signature*--format" add t "$loop,allow-loop"

drop_loop
make_loop ext4 16M
image=$tmp/ext4.img
mkfs.ext4 -q -L precious "$loop"
refuses EMEDIUMTYPE 'file system (ext4) labelled "precious"*--format' add t "$loop,allow-loop"

drop_loop
magic luks 0 'LUKS\xba\xbe\x00\x01'
refuses EMEDIUMTYPE "encrypted volume (crypto_LUKS)" add t "$loop,allow-loop"
drop_loop
make_loop lvm 16M
image=$tmp/lvm.img
# label header: LABELONE, sector 1, its CRC, offset of the content, type
printf 'LABELONE\x01\0\0\0\0\0\0\0\0\0\0\0\x20\0\0\0LVM2 001' |
	dd of="$image" bs=1 seek=512 conv=notrunc status=none
blockdev --flushbufs "$loop"
refuses EMEDIUMTYPE "LVM physical volume (LVM2_member)" add t "$loop,allow-loop"
drop_loop
magic md 4096 '\xfc\x4e\x2b\xa9\x01\x00\x00\x00'
dd if=/dev/zero of="$image" bs=1 seek=$((4096 + 160)) count=1 conv=notrunc status=none
# version 1.2: super_offset (at 144) must be the sector where it lies, 8
printf '\x08' | dd of="$image" bs=1 seek=$((4096 + 144)) conv=notrunc status=none
blockdev --flushbufs "$loop"
refuses EMEDIUMTYPE "member of a RAID (linux_raid_member)" add t "$loop,allow-loop"
drop_loop
make_loop table 16M
image=$tmp/table.img
echo ',,' | sfdisk -q --label gpt "$loop" 2>/dev/null
refuses EMEDIUMTYPE "partition table (gpt)" add t "$loop,allow-loop"

# ---- swap signatures that can't be used ----------------------------------------------------
drop_loop
make_loop pages 16M
image=$tmp/pages.img
mkswap -q -p 65536 "$loop" >/dev/null 2>&1
refuses EMEDIUMTYPE "pages of 65536 bytes, this kernel has pages of $(getconf PAGESIZE)" \
	add t "$loop,allow-loop"

drop_loop
make_loop asleep 16M
image=$tmp/asleep.img
mkswap -q "$loop"
printf 'S1SUSPEND\0' | dd of="$loop" bs=1 seek=4086 conv=notrunc status=none
blockdev --flushbufs "$loop"
refuses_always EBUSY "image of a hibernated system" "$loop,allow-loop"

drop_loop
make_loop version0 16M
image=$tmp/version0.img
printf 'SWAP-SPACE' | dd of="$loop" bs=1 seek=4086 conv=notrunc status=none
blockdev --flushbufs "$loop"
refuses EMEDIUMTYPE "version 0" add t "$loop,allow-loop"

truncate -s 32M "$tmp/cut.img"
mkswap -q "$tmp/cut.img" 2>/dev/null
truncate -s 16M "$tmp/cut.img"
image=$tmp/cut.img
attach_loop "$tmp/cut.img"
refuses EMEDIUMTYPE "spans 33554432 bytes, but there are only 16777216" \
	add t "$loop,allow-loop"

drop_loop
make_loop small 36K
image=$tmp/small.img
refuses_always ERANGE "too small: 36864 bytes, a swap area needs 40960" "$loop,allow-loop"

truncate -s 16M "$tmp/readonly.img"
image=$tmp/readonly.img
attach_loop "$tmp/readonly.img" --read-only
refuses_always EACCES "read-only*blockdev --setrw" "$loop,allow-loop"

# ---- in use: never, also not with --format ---------------------------------------------------
make_loop mounted 16M
image=
mkfs.ext4 -q "$loop"
mkdir "$tmp/mnt"
mount "$loop" "$tmp/mnt"
at_exit umount "$tmp/mnt"
refuses_always EBUSY "mounted on $tmp/mnt (ext4)*umount" "$loop,allow-loop"

# the kernel may let go of one a moment after its umount
drop_partitions() {
	partx -d "$1" 2>/dev/null || true
	[ ! -b "$1p1" ] && [ ! -b "$1p2" ]
}
make_loop disk 32M
echo -e ',16M\n,,' | sfdisk -q "$loop" 2>/dev/null
partx -u "$loop" || true
disk=$loop
if [ -b "${disk}p1" ]; then
	at_exit until_so drop_partitions "$disk"
	mkfs.ext4 -q "${disk}p1"
	mkdir "$tmp/mnt1"
	mount "${disk}p1" "$tmp/mnt1"
	at_exit umount "$tmp/mnt1"
	refuses_always EBUSY "its partition ${disk}p1 is mounted on $tmp/mnt1" "$disk,allow-loop"
	refuses_always EBUSY "mounted on $tmp/mnt1" "${disk}p1,allow-loop"
	mkswap -q "${disk}p2"
	swapon "${disk}p2"
	at_exit swapoff_quiet "${disk}p2"
	umount "$tmp/mnt1"
	refuses_always EBUSY "its partition ${disk}p2 is in use for swap" "$disk,allow-loop"
	swapoff "${disk}p2"
	mount "${disk}p1" "$tmp/mnt1"
else
	echo "no partitions on loop devices here: not tested"
fi

make_loop active 16M
mkswap -q "$loop"
swapon -p 5 "$loop"
refuses_always EBUSY "already an active swap area (priority 5)" "$loop,allow-loop"
swapoff "$loop"

drop_loop
make_loop held 16M
mkswap -q "$loop"
image=$tmp/held.img
coproc holder { exec hold-open "$loop"; }
holder_in=${holder[1]} holder_pid=$holder_PID
read -r -u "${holder[0]}" _
refuses_always EBUSY "opened exclusively by others, maybe hold-open (PID $holder_pid)" \
	"$loop,allow-loop"
exec {holder_in}>&-
wait "$holder_pid" || true

if [ -e /dev/mapper/control ] && dmsetup version >/dev/null 2>&1; then
	make_loop below 16M
	image=$tmp/below.img
	dmsetup create swapadm-test --table "0 32768 linear $loop 0"
	at_exit dmsetup remove swapadm-test
	refuses_always EBUSY "swapadm-test) is built on it" "$loop,allow-loop"
else
	echo "this kernel has no device mapper: holders not tested"
fi

# ---- files -------------------------------------------------------------------------------------
file=$tmp/file
image=$file
truncate -s 4M "$file"
chmod 600 "$file"
refuses_always ENXIO "hole at byte 0*size=4096K" "$file"
fallocate -l 4M "$file"
fallocate -p -o 1M -l 64K "$file"
mkswap -q "$file"
refuses_always ENXIO "hole at byte 1048576" "$file"
fallocate -l 4M "$file"
chmod 640 "$file"
refuses_always EPERM "mode 0640*chmod 600" "$file"
chmod 600 "$file"
chown 65534 "$file"
refuses_always EPERM "user 65534*chown root" "$file"
chown root "$file"
refuses EEXIST "exists with 4194304 bytes instead of 8388608" add t "$file,size=8M"
dd if=/dev/zero of="$tmp/blankfile" bs=1M count=1 status=none
chmod 600 "$tmp/blankfile"
image=$tmp/blankfile
refuses EMEDIUMTYPE "no swap signature" add t "$tmp/blankfile"
attach_loop "$tmp/blankfile"
refuses_always EBUSY "backing file of $loop" "$tmp/blankfile"
fallocate -l 36K "$tmp/tiny"
chmod 600 "$tmp/tiny"
image=$tmp/tiny
refuses_always ERANGE "too small" "$tmp/tiny"
refuses EINVAL "too small" add t "$tmp/new,size=36K"
refuses EXFULL "MiB free" add t "$tmp/new,size=900T"
refuses EINVAL "named twice" add -f t "$file" "$file"
refuses EINVAL "named twice" add t "$tmp/new,size=1M" "$tmp/../${tmp##*/}/new,size=1M"

# who may rename in the folder can put another file in the place of ours
image=
mkdir -p "$tmp/open/below" "$tmp/sticky" "$tmp/users"
chmod 755 "$tmp"
chmod 777 "$tmp/open"
chmod 1777 "$tmp/sticky"
chown 65534 "$tmp/users"
refuses_always EPERM "everybody may rename" "$tmp/open/new,size=1M"
refuses_always EPERM "everybody may rename" "$tmp/open/below/new,size=1M"
warns() { # WORDS FILE
	swapctl add t "$2" --dry-run -J >"$tmp/said" 2>&1 && grep -q "$1" "$tmp/said"
}
check "a folder of root's, sticky: no warning" eval '! warns rename "$tmp/sticky/new,size=1M"'
check "a user's folder: a warning" warns "others than root may rename" "$tmp/users/new,size=1M"
for folder in open open/below users sticky; do
	fallocate -l 1M "$tmp/$folder/old"
	chmod 600 "$tmp/$folder/old"
	mkswap -q "$tmp/$folder/old"
done
check "a file that is there: a warning" warns "everybody may rename" "$tmp/open/old"
check "one further below: a warning" warns "everybody may rename" "$tmp/open/below/old"
check "one in a user's folder: a warning" warns "others than root may rename" "$tmp/users/old"
check "one in a sticky folder: none" eval '! warns rename "$tmp/sticky/old"'
check "nothing was made" test ! -e "$tmp/users/new" -a ! -e "$tmp/sticky/new"
chmod 700 "$tmp"

image=
mkdir "$tmp/tmpfs" "$tmp/lower" "$tmp/upper" "$tmp/work" "$tmp/overlay"
mount -t tmpfs tmpfs "$tmp/tmpfs"
at_exit umount "$tmp/tmpfs"
fallocate -l 1M "$tmp/tmpfs/file"
chmod 600 "$tmp/tmpfs/file"
refuses_always EOPNOTSUPP "is on tmpfs" "$tmp/tmpfs/file"
refuses EOPNOTSUPP "is on tmpfs" add t "$tmp/tmpfs/new,size=1M"
if mount -t overlay -o "lowerdir=$tmp/lower,upperdir=$tmp/upper,workdir=$tmp/work" \
	overlay "$tmp/overlay" 2>/dev/null; then
	at_exit umount "$tmp/overlay"
	fallocate -l 1M "$tmp/overlay/file"
	chmod 600 "$tmp/overlay/file"
	refuses_always EOPNOTSUPP "is on overlay" "$tmp/overlay/file"
fi
refuses_always EOPNOTSUPP "is on proc" /proc/self/maps

# copy-on-write: a btrfs file made without care, blocks shared on xfs
for fs in btrfs xfs; do
	command -v mkfs.$fs >/dev/null && grep -qw $fs /proc/filesystems || {
		echo "no $fs here: not tested"
		continue
	}
	make_loop $fs 320M
	mkfs.$fs -q "$loop" >/dev/null
	mkdir "$tmp/$fs"
	mount "$loop" "$tmp/$fs"
	at_exit umount "$tmp/$fs"
	refuses_always EBUSY "mounted on $tmp/$fs ($fs)" "$loop,allow-loop"
	dd if=/dev/urandom of="$tmp/$fs/file" bs=1M count=4 status=none
	chmod 600 "$tmp/$fs/file"
	sync -f "$tmp/$fs"
	image=$tmp/$fs/file
	if [ $fs = btrfs ]; then
		# what it holds comes first: no remedy removes data
		refuses EMEDIUMTYPE "no swap signature" add t "$tmp/$fs/file"
		refuses EOPNOTSUPP "without copy-on-write" add -f t "$tmp/$fs/file"
	elif cp --reflink=always "$tmp/$fs/file" "$tmp/$fs/clone" 2>/dev/null; then
		sync -f "$tmp/$fs"
		refuses EMEDIUMTYPE "no swap signature" add t "$tmp/$fs/file"
		refuses EOPNOTSUPP "shares with another file" add -f t "$tmp/$fs/file"
	fi
	image=
done

# its file can be made, and swapon(2) says no more than "invalid"
if command -v mkfs.btrfs >/dev/null && grep -qw btrfs /proc/filesystems; then
	make_loop mirror1 160M
	first=$loop
	make_loop mirror2 160M
	mkfs.btrfs -q -d raid1 -m raid1 "$first" "$loop" >/dev/null
	mkdir "$tmp/mirror"
	mount -o device="$first",device="$loop" "$first" "$tmp/mirror"
	at_exit umount "$tmp/mirror"
	check "btrfs on two devices: why" eval '! swapctl add t "$tmp/mirror/f,size=16M" >/dev/null 2>"$tmp/said"'
	cat "$tmp/said"
	check "is said" grep -q "several devices (RAID1" "$tmp/said"
	check "and its file is gone" [ ! -e "$tmp/mirror/f" ]
fi

# ---- both reasons at once, and links --------------------------------------------------------
dd if=/dev/urandom of="$tmp/foreign" bs=1M count=2 status=none
chmod 644 "$tmp/foreign"
refuses EMEDIUMTYPE "carries no swap signature, and users other than root may use it (user 0, mode 0644); name a new file" add t "$tmp/foreign"
ln -s "$tmp/nowhere" "$tmp/link"
refuses ENOENT "is a symbolic link to $tmp/nowhere, and that is not there" add t "$tmp/link"
rm "$tmp/foreign" "$tmp/link"

# ---- root without the capability, as in a container -----------------------------------------
if command -v setpriv >/dev/null; then
	dd if=/dev/zero of="$tmp/capless" bs=1M count=2 status=none
	chmod 600 "$tmp/capless"
	mkswap -q "$tmp/capless"
	said=$(setpriv --bounding-set -sys_admin --inh-caps -sys_admin \
		plan-driver add t "$tmp/capless" 2>&1) && status=0 || status=$?
	echo "$said"
	check "root without CAP_SYS_ADMIN: refused" [ $status != 0 ]
	check "root without CAP_SYS_ADMIN: which one" grep -q "root lacks CAP_SYS_ADMIN" <<<"$said"
	check "root without CAP_SYS_ADMIN: not to be root" eval '! grep -q "run as root" <<<"$said"'
	rm "$tmp/capless"
fi

# ---- an ordinary user ---------------------------------------------------------------------
if command -v setpriv >/dev/null; then
	chmod 755 "$tmp"
	as_user() { setpriv --reuid 65534 --regid 65534 --clear-groups plan-driver "$@"; }
	user_refused() { # WORDS ARG...
		local words=$1 out

		shift
		out=$(as_user "$@" 2>&1) && return 1
		echo "$out"
		[[ $out == *EACCES*$words* ]]
	}
	status=0
	as_user 2>/dev/null || status=$?
	if [ $status -eq 2 ]; then
		check "a user: file" user_refused "run as root" add t "$tmp/new,size=1M"
		check "a user: device" user_refused "run as root" add t "$loop,allow-loop"
		check "a user: zram" user_refused "run as root" add t zram,size=16M
	fi
fi

# ---- zram ------------------------------------------------------------------------------------------
if [ -e /sys/class/zram-control ]; then
	if [ -e /sys/block/zram0 ]; then
		refuses EPROTONOSUPPORT "does not offer the algorithm \"nonesuch\"; it has: " \
			add t zram,size=16M,algorithm=nonesuch
		[ -e /sys/block/zram0/backing_dev ] ||
			refuses EPROTONOSUPPORT "lacks writeback" add t "zram,size=16M,writeback=$loop"
	fi
	refuses EINVAL "too small" add t zram,size=20K
fi

# ---- one bad device of several: nothing of the others is done -----------------------------------------
refuses EISDIR "directory" add t "$tmp/new,size=1M" "$tmp"

finish
