#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Remedies of errors and of doctor, carried out as they are printed: each must work, and none
# may take data that nobody looked at.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
need_root

make_tmp
none=$tmp/none.conf
touch "$none"

swap() {
	swapctl --config "$none" "$@"
}

# why WORD...: what `add` says of it; it must be refused
why() {
	if said=$(swap add cold "$@" --dry-run 2>&1); then
		echo "not refused: $*"
		return 1
	fi
	echo "$said"
}

# the command between the last two backquotes
remedy() {
	sed -n 's/.*`\([^`]*\)`[^`]*$/\1/p' <<<"$said"
}

good_file() {
	dd if=/dev/zero of="$1" bs=1M count=4 status=none
	chmod 600 "$1"
	mkswap -q "$1"
}

# ---- owner and mode -----------------------------------------------------------------------
odd="$tmp/it's \$(a) file"
good_file "$odd"
chmod 644 "$odd"
check "a mode that others can use" why "$odd"
check "its remedy runs" bash -c "$(remedy)"
check "and helps" swap add cold "$odd" --dry-run
chown 65534 "$odd"
check "an owner who is not root" why "$odd"
check "its remedy runs" bash -c "$(remedy)"
check "and helps" swap add cold "$odd" --dry-run
head -c 200000 /dev/urandom >"$tmp/data"
chmod 644 "$tmp/data"
check "data that is not ours: no chmod is advised" eval 'why "$tmp/data" && [[ $said != *chmod* && $said != *remove* ]]'
check "/etc/passwd neither" eval 'why /etc/passwd && [[ $said != *chmod* && $said != *remove* ]]'
check "nor with --format" eval 'why /etc/passwd --format && [[ $said != *chmod* && $said != *remove* ]]'
check "nor data with --format" eval 'why "$tmp/data" --format && [[ $said != *chmod* ]]'

# ---- attributes ---------------------------------------------------------------------------
good_file "$tmp/attr"
for flag in i a; do
	chattr "+$flag" "$tmp/attr" 2>/dev/null || break
	at_exit chattr -ia "$tmp/attr"
	check "chattr +$flag is seen" eval 'why "$tmp/attr" && [[ $said == *chattr* ]]'
	check "its remedy runs" bash -c "$(remedy)"
	check "and helps" swap add cold "$tmp/attr" --dry-run
done

# ---- sparse images ------------------------------------------------------------------------
truncate -s 64M "$tmp/luks"
printf 'LUKS\272\276\000\001' | dd of="$tmp/luks" conv=notrunc status=none
truncate -s 64M "$tmp/ext4"
mkfs.ext4 -q "$tmp/ext4"
chmod 600 "$tmp/luks" "$tmp/ext4"
check "a sparse LUKS volume is one" eval 'why "$tmp/luks" && [[ $said == *LUKS* && $said != *remove* ]]'
check "a sparse file system is one" eval 'why "$tmp/ext4" && [[ $said == *ext4* && $said != *remove* ]]'
check "with --format the loss is said first" \
	eval 'why "$tmp/ext4" --format && [[ $said == *"other data"*remove* ]]'
truncate -s 8M "$tmp/empty"
chmod 600 "$tmp/empty"
check "an empty file may be made anew" eval 'why "$tmp/empty" && [[ $said == *"remove it"* ]]'
spec=$(sed 's/.*let swapctl make it: //' <<<"$said")
rm "$tmp/empty"
check "as it says" eval "swap add cold $spec --dry-run"

# ---- in use -------------------------------------------------------------------------------
good_file "$tmp/disk.img"
ln "$tmp/disk.img" "$tmp/other-name"
loop=$(losetup -f --show "$tmp/disk.img")
at_exit losetup -d "$loop"
rm "$tmp/disk.img"
check "the file of a loop device, by its other name" \
	eval 'why "$tmp/other-name" --format && [[ $said == *"$loop"* ]]'
good_file "$tmp/written"
exec 9>>"$tmp/written"
check "a file that is open for writing" \
	eval 'why "$tmp/written" --format && [[ $said == *"open for writing"* ]]'
exec 9>&-
check "and not any more" swap add cold "$tmp/written" --dry-run
exec 9<"$tmp/written"
check "a reader does no harm" swap add cold "$tmp/written" --dry-run
exec 9<&-

# ---- names --------------------------------------------------------------------------------
good_file "$tmp/here"
check "a relative path is one" eval '(cd "$tmp" && swap add cold ./here --dry-run)'
check "also with a folder" eval '(cd "$tmp/.." && swap add cold "${tmp##*/}/here" --dry-run)'

# ---- a device node that was deleted ---------------------------------------------------------
mknod -m 600 "$tmp/node" b $((0x$(stat -c %t "$loop"))) $((0x$(stat -c %T "$loop")))
mkswap -q "$loop"
if swapon -p 298 "$tmp/node" 2>/dev/null; then
	at_exit eval "swapoff '$loop' 2>/dev/null || :"
	rm "$tmp/node"
	check "drain says what to do" eval '! said=$(swap drain "$tmp/node" --dry-run 2>&1)'
	said=$(swap drain "$tmp/node" --dry-run 2>&1) || :
	echo "$said"
	check "by its other name too" eval '[[ $(swap drain "$loop" --dry-run 2>&1) == *mknod* ]]'
	fix=$(swap doctor -J | python3 -c '
import json, sys
print([f["remedy"] for f in json.load(sys.stdin)["findings"] if f["check"] == "deleted-file"][0])')
	check "doctor and drain say the same" eval '[[ $fix == "$(remedy)"* ]]'
	check "the remedy runs" bash -c "${fix/swapctl/swapctl --config $none}"
	check "and the area is gone" eval '! grep -q "$tmp/node" /proc/swaps'
fi

# ---- a file system that turned read-only -----------------------------------------------------
mkdir "$tmp/mnt"
truncate -s 64M "$tmp/fs"
mkfs.ext4 -q "$tmp/fs"
if mount -o loop "$tmp/fs" "$tmp/mnt" 2>/dev/null; then
	at_exit eval "umount '$tmp/mnt' 2>/dev/null || :"
	good_file "$tmp/mnt/swap"
	swapon -p 297 "$tmp/mnt/swap"
	at_exit eval "mount -o remount,rw '$tmp/mnt'; swapoff '$tmp/mnt/swap' 2>/dev/null || :"
	if mount -o remount,ro "$tmp/mnt" 2>/dev/null; then
		check "drain says why" eval '[[ $(swap drain "$tmp/mnt/swap" --dry-run 2>&1) == *remount,rw* ]]'
		fix=$(swap doctor -J | python3 -c '
import json, sys
print([f["remedy"] for f in json.load(sys.stdin)["findings"] if f["check"] == "read-only"][0])')
		check "doctor's remedy runs" bash -c "${fix%%;*}"
		check "and helps" swap drain "$tmp/mnt/swap"
	fi
fi

# ---- a loop device over memory ---------------------------------------------------------------
shm=$(mktemp /dev/shm/swapadm-test.XXXXXX)
at_exit rm -f "$shm"
truncate -s 16M "$shm"
if [ "$(stat -f -c %T /dev/shm)" = tmpfs ] && shmloop=$(losetup -f --show "$shm"); then
	at_exit losetup -d "$shmloop"
	mkswap -q "$shmloop"
	swapon -p 296 "$shmloop"
	at_exit eval "swapoff '$shmloop' 2>/dev/null || :"
	fix=$(swap doctor -J | python3 -c '
import json, sys
print([f["remedy"] for f in json.load(sys.stdin)["findings"] if f["check"] == "loop-on-tmpfs"][0])')
	fix=${fix%%;*}
	check "doctor's remedy runs" bash -c "${fix/swapctl/swapctl --config $none}"
	check "and the area is gone" eval '! grep -q "^$shmloop " /proc/swaps'
	check "and the finding" eval '! swap doctor | grep -q "whose file is in memory"'
fi

# ---- a device that is read-only, or holds a hibernated system -------------------------------
truncate -s 8M "$tmp/ro.img"
mkswap -q "$tmp/ro.img"
attach_loop "$tmp/ro.img"
blockdev --setro "$loop"
check "a read-only device" eval 'why "$loop,allow-loop" && [[ $said == *setrw* ]]'
check "its remedy runs" bash -c "$(remedy)"
check "and helps" swap add cold "$loop,allow-loop" --dry-run
printf S1SUSPEND | dd of="$loop" bs=1 seek=4086 conv=notrunc status=none
check "a hibernated system" eval 'why "$loop,allow-loop" && [[ $said == *mkswap* ]]'
check "its remedy runs" bash -c "$(remedy) >/dev/null"
check "and helps" swap add cold "$loop,allow-loop" --dry-run

# ---- areas that are not ours, and the order of tiers -------------------------------------------------
run_swap() { # the remedy, with the configuration of this test
	local fix

	fix=$(remedy)
	bash -c "${fix//swapctl /swapctl --config $conf }"
}
conf=$tmp/order.conf
printf '[tier cold]\ndevice = %s\n' "$tmp/order" >"$conf"
good_file "$tmp/order"
good_file "$tmp/it's before"
at_exit eval 'swapoff "$tmp/order" 2>/dev/null || :'
at_exit eval 'swapoff "$tmp/it'"'"'s before" 2>/dev/null || :'
swapon -p 32000 "$tmp/it's before"
check "an active area is not added again" eval 'why "$tmp/it'"'"'s before" && [[ $said == *"already an active"* ]]'
said=$(swapctl --config "$conf" apply --dry-run 2>&1) || :
echo "$said"
check "what is before the fastest tier is reported" \
	eval '[[ $said == *"before the fastest"* ]]'
if [[ $said == *"before the fastest"* ]]; then
	said=$(sed 's/`swapon.*//' <<<"$said")
	check "what is before the fastest tier is drained" run_swap
	check "and that helps" swapctl --config "$conf" apply --dry-run
	swapon -p 32000 "$tmp/it's before"
	said=$(swapctl --config "$conf" apply --dry-run 2>&1) || :
	swapoff "$tmp/it's before"
	check "drained, and active again" bash -c "$(remedy)"
	check "that helps too" swapctl --config "$conf" apply --dry-run
fi
said=$(swap add cold "$tmp/it's before" --dry-run 2>&1) || :
check "add of an active area is refused" eval '[[ $said == *"already an active"* ]]'
if [[ $said == *"already an active"* ]]; then
	conf=$none
	fix=$(remedy)
	check "its remedy runs" bash -c "${fix/swapctl /swapctl --config $none }"
	check "and helps" swap add cold "$tmp/it's before" --dry-run
fi

# ---- added without a configuration, and drained ----------------------------------------------
private_state
conf=$none
back="$tmp/it is back"
at_exit eval 'swapoff "$back" 2>/dev/null || :'
comes_back() { # the command of $said
	run_swap && swap_active "${back// /\\040}"
}
swap add back "$back,size=4M" >/dev/null
said=$(swap drain back 2>&1) || :
echo "$said"
check "drain says how it comes back" eval '[[ $said == *"swapctl add back "*"attaches it again" ]]'
check "and that works" comes_back
swap drain back >/dev/null 2>&1
said=$(swap doctor) || :
check "doctor: it was added, not configured" eval '[[ $said == *"it is back: added to tier back, not active"* ]]'
said=\`$(sed -n '/added to tier back/,/remedy:/s/^ *remedy: //p' <<<"$said")\`
echo "$said"
check "doctor: its remedy works" comes_back
swap remove back >/dev/null

# ---- hidepid --------------------------------------------------------------------------------
hidden() {
	unshare -m bash -c 'mount -t proc -o hidepid=2 proc /proc && exec setpriv --reuid=65534 \
		--regid=65534 --clear-groups "$@"' - "$@"
}
if hidden true 2>/dev/null; then
	check "ps says that processes are hidden" \
		eval '[[ $(hidden "$build/swapctl/swapctl" --config /dev/null ps 2>&1) == *hidepid* ]]'
	check "a hidden process is not said to be gone" \
		eval '[[ $(hidden "$build/swapctl/swapctl" --config /dev/null swapin --pid 1 2>&1) == *hides* ]]'
fi

finish
