#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A call of the kernel fails in the middle of a change, each one in turn: nothing is left of
# what had been made, and the reason is said. What was active before stays so.
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/lib.sh"
need_root
dir=/etc/swapadm.conf.d
[ ! -e /etc/swapadm.conf ] || skip "/etc/swapadm.conf is there"
if [ -z "${UNDO_UNSHARED-}" ]; then
	[ -d "$dir" ] || {
		mkdir "$dir"
		at_exit rmdir "$dir"
	}
	status=0
	UNDO_UNSHARED=1 unshare -m "$0" || status=$?
	exit "$status"
fi
mount -t tmpfs none "$dir" || skip "no file system to cover $dir with"
mount -t tmpfs none /var/lib || skip "no file system to cover /var/lib with"
make_tmp
private_state
watch_zram
EIO=5 EBUSY=16 EINVAL=22 EMFILE=24 ENOSPC=28

file=$tmp/new/folder/file
at_exit swapoff_quiet "$file"

# everything that a change could leave; a drop-in without a device is its comment
traces() {
	awk 'NR > 1 { print $1, $5 }' /proc/swaps
	n_zram
	find "$tmp" -path "$tmp/new*"
	grep -hs '^device\|^\[tier' "$dir"/*.conf || true
	find "$dir" /run/swapadm -name '.*.new' 2>/dev/null || true
	grep -s '^path' /run/swapadm/state || true
}

# faulty "CALL NUMBER ERRNO" COMMAND...: sets $status; 1: there is no such call any more
faulty() {
	local fault=$1

	shift
	rm -f "$tmp/hit"
	status=0
	ASAN_OPTIONS=verify_asan_link_order=0 FAULT="$fault $tmp/hit" \
		LD_PRELOAD=$build/tests/live/libfault.so \
		"$@" >"$tmp/out" 2>"$tmp/err" || status=$?
	[ -e "$tmp/hit" ]
}

# each_fault "CALL ERRNO" BACK COMMAND...: with BACK what worked all the same is taken back
each_fault() {
	local call=$1 back=$2 n=1 bad='' before

	shift 2
	before=$(traces)
	while faulty "${call% *} $n ${call#* }" "$@"; do
		if [ "$status" -eq 0 ]; then
			"$back"
		elif [ ! -s "$tmp/err" ]; then
			bad+=" $n: exit $status without a word;"
		fi
		[ "$(traces)" = "$before" ] || {
			bad+=" $n: $(head -n 1 "$tmp/err"): left: $(diff <(echo "$before") <(traces) | tr '\n' ' ')"
			"$back"
		}
		n=$((n + 1))
		[ "$n" -lt 100 ] || break
	done
	"$back"
	[ -z "$bad" ] || echo "$bad"
	check "$call, $((n - 1)) times: ${*: -1}" test "$n" -gt 1 -a -z "$bad"
}

take_file_back() {
	swapctl --persist remove "$file" >"$tmp/out" 2>&1 || true
	rm -rf "$tmp/new"
}
# shellcheck disable=SC2317 # by each_fault
take_zram_back() {
	swapctl --persist remove t0 >"$tmp/out" 2>&1 || true
}

# ---- a file, in folders that are made for it ---------------------------------------------

for call in "create $EMFILE" "write $ENOSPC" "fchmod $EIO" "fallocate $ENOSPC" \
	"mkdirat $ENOSPC" "linkat $ENOSPC" "renameat $EIO" "swapon $EINVAL" "swaps $EMFILE"; do
	each_fault "$call" take_file_back swapctl --persist add t0 "$file,size=2M"
done

# ---- a zram ------------------------------------------------------------------------------

modprobe -q zram num_devices=0 || true
if [ -e /sys/class/zram-control ]; then
	for call in "create $EMFILE" "write $EBUSY" "renameat $EIO" "swapon $EINVAL" "swaps $EMFILE"; do
		each_fault "$call" take_zram_back swapctl --persist add t0 zram,size=2M
	done
fi

# ---- another priority: drained, and active again as it was ----------------------------------

mkdir -p "$tmp/new/folder"
for rank in 3 4; do
	printf '[tier t0]\nrank = %d\ndevice = %s, size=2M\n' "$rank" "$file" >"$tmp/$rank.conf"
done
swapctl --config "$tmp/3.conf" apply >"$tmp/out"
prio=$(swap_field "$file" prio)
check "swapon fails once: reported" faulty "swapon 1 $EINVAL" swapctl --config "$tmp/4.conf" apply --rerank
check "and it is active as before" test "$(swap_field "$file" prio)" = "$prio"
check "which is said" grep -q 'it is active again as it was' "$tmp/err"
check "with a status of failure" test "$status" -ne 0
check "the next one gives it the priority" swapctl --config "$tmp/4.conf" apply --rerank
check "and it has it" test "$(swap_field "$file" prio)" -lt "$prio"
take_file_back

# as swapon(8) activates it: the kernel has chosen its priority
mkdir -p "$tmp/new/folder"
dd if=/dev/zero of="$file" bs=1M count=2 status=none
chmod 600 "$file"
mkswap -q "$file" >/dev/null
swapon "$file"
check "one of the kernel's priorities: $(swap_field "$file" prio)" test "$(swap_field "$file" prio)" -lt 0
check "swapon fails once: reported" faulty "swapon 1 $EINVAL" swapctl --config "$tmp/4.conf" apply --rerank
check "and it is active" swap_active "$file"
check "with one of the kernel's priorities" test "$(swap_field "$file" prio)" -lt 0
check "which is said" grep -q 'it is active again as it was' "$tmp/err"
swapoff_quiet "$file"
rm -rf "$tmp/new"
finish
