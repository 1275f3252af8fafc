#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# save --write replaces a file in one step; save does not lose what it reads.
set -u
# areas come and go while tests run: here there are none
if [ -z "${SAVE_UNSHARED-}" ]; then
	export SAVE_UNSHARED=1
	as=-m
	[ "$(id -u)" = 0 ] || as=-rm
	unshare "$as" true 2>/dev/null || {
		echo "skipped: no namespace of its own"
		exit 77
	}
	exec unshare "$as" "$0"
fi
tmp=$(mktemp -d)
trap 'umount /proc/swaps; rm -rf "$tmp"' EXIT
chmod 755 "$tmp"
echo "Filename Type Size Used Priority" >"$tmp/swaps"
mount --bind "$tmp/swaps" /proc/swaps || {
	echo "skipped: /proc/swaps can't be covered"
	exit 77
}
conf=$tmp/swapadm.conf
n_failed=0

check() {
	local name=$1

	shift
	if "$@"; then
		echo "ok: $name"
	else
		echo "FAIL: $name"
		n_failed=$((n_failed + 1))
	fi
}

fails_with() {
	local words=$1

	shift
	! "$@" 2>"$tmp/err" >/dev/null && grep -qF -- "$words" "$tmp/err" || {
		cat "$tmp/err"
		return 1
	}
}

text="[tier fast]
rank = 3
demote-above = 80%

[cgroup jobs]
path = /jobs
swap-max = 1G"
echo "$text" >"$conf"
chmod 604 "$conf"
swapctl --config "$conf" save >"$tmp/printed" || {
	cat "$tmp/printed"
	exit 1
}
check "policies and cgroups are printed" grep -q "^demote-above = 80%" "$tmp/printed"

# ---- the shell's '>' -------------------------------------------------------------------------
appended() { swapctl --config "$conf" save >>"$conf"; }
check "output to a file that is read: refused" fails_with "which save reads" appended
check "nothing was added to it" test "$(cat "$conf")" = "$text"
check "emptied by the shell: refused, and it says so" fails_with "save --write" bash -c \
	'swapctl --config "$1" save >"$1"' - "$conf"
check "no empty configuration takes its place" test ! -s "$conf"
echo "$text" >"$conf"

# ---- --write --------------------------------------------------------------------------------
check "write" eval 'swapctl --config "$conf" save --write "$conf" 2>"$tmp/err"'
check "the backup is named" grep -qF "$conf.old" "$tmp/err"
check "it is the file as it was" test "$(cat "$conf.old")" = "$text"
check "the file is what save prints" cmp "$conf" "$tmp/printed"
check "the mode is kept" test "$(stat -c %a "$conf")" = 604
check "written again, it is left alone" test -z "$(swapctl --config "$conf" save --write "$conf" 2>&1)"
check "no second backup" test ! -e "$conf.old.2"
echo "# by hand" >>"$conf"
check "another change" eval 'swapctl --config "$conf" save --write "$conf" 2>/dev/null'
check "the first backup stays" test "$(cat "$conf.old")" = "$text"
check "the second has a name of its own" grep -q "by hand" "$conf.old.2"
check "nothing else is left" test "$(find "$tmp" -name '.swapadm*' | wc -l)" = 0
if chgrp 7 "$conf" 2>/dev/null; then
	echo "$text" >"$conf"
	swapctl --config "$conf" save --write "$conf" 2>/dev/null
	check "the owner is kept" test "$(stat -c %g "$conf")" = 7
fi
ln -s swapadm.conf "$tmp/link"
echo "$text" >"$conf"
check "through a link" eval 'swapctl --config "$conf" save --write "$tmp/link" 2>/dev/null'
check "it stays a link" test -L "$tmp/link"
check "to what was written" cmp "$conf" "$tmp/printed"
mkdir -m 1777 "$tmp/shared"
echo "$text" >"$tmp/precious"
ln -s "$tmp/precious" "$tmp/shared/link"
if chown -h 7 "$tmp/shared/link" 2>/dev/null; then
	check "a link that somebody put into a shared folder: refused" fails_with "it is a link that user 7" \
		swapctl --config "$conf" save --write "$tmp/shared/link"
	check "what it leads to stays" test "$(cat "$tmp/precious")" = "$text"
	chown -h 0 "$tmp/shared/link"
	check "our own is followed" swapctl --config "$conf" save --write "$tmp/shared/link"
fi
cd "$tmp" || exit 1
# what can't be read is not made up
if mount -t tmpfs tmpfs /run 2>/dev/null; then
	mkdir /run/swapadm
	echo damaged >/run/swapadm/state
	cp "$conf" "$tmp/before"
	check "a damaged state: refused" fails_with "/run/swapadm/state:1: read: the file is damaged" \
		swapctl --config "$conf" save --write "$conf"
	check "and nothing is written" cmp -s "$conf" "$tmp/before"
	umount /run
fi
check "a name without a folder" swapctl --config "$conf" save --write new.conf
check "a new file has the usual mode" test "$(stat -c %a new.conf)" = 644
check "a device is not opened: this open(2) would fail" fails_with "regular file" \
	swapctl check /dev/tty
check "a file of the kernel is not read" fails_with "file of the kernel" swapctl check /proc/kmsg
check "a folder" fails_with "not a regular file" swapctl --config "$conf" save --write "$tmp"
check "no such folder" fails_with "its folder does not exist" \
	swapctl --config "$conf" save --write "$tmp/none/x"
mkdir -p "$tmp/root/proc"
echo "Filename Type Size Used Priority" >"$tmp/root/proc/swaps"
check "a capture is only read" fails_with "capture" \
	swapctl --root "$tmp/root" save --write

# ---- /etc/swapadm.conf: the boot goes by the copy where that has an error ---------------------------
copy=/var/lib/swapadm/last-good.conf
if mount -t tmpfs none /etc && mount -t tmpfs none /run && mount -t tmpfs none /var/lib; then
	mkdir /var/lib/swapadm
	printf '[tier gone]\ndevice = /dev/gone\n' >$copy
	printf '[cgroup kept]\npath = /kept\n' >/etc/swapadm.conf
	check "the main file" swapctl save --write
	check "what was taken out is not in the copy any more" eval '! grep -q gone "$copy"'
	check "what is in force is" grep -q '^path = /kept' "$copy"
	printf '[tier a]\ndevice = zram, size=64M\ndevice = %s/gone, size=64M\n' "$tmp" >$copy
	check "another file makes the swap file" eval 'cp "$copy" "$tmp/other.conf" &&
		swapctl apply --dry-run "$tmp/other.conf" 2>&1 | grep -q "$tmp/gone.*a new swap file"'
	check "the copy makes none" eval \
		'swapctl apply --dry-run "$copy" 2>&1 | grep -q "$tmp/gone.*there is no such file, and the copy"'
	check "but the zram" eval 'swapctl apply --dry-run "$copy" 2>&1 | grep -q "a new zram device"'
fi
[ "$n_failed" -eq 0 ]
