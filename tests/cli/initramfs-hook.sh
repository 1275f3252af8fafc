#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The initramfs hook, with the functions of initramfs-tools replaced: which device to resume
# from is left, and which is taken back.
# usage: initramfs-hook.sh HOOK
set -euo pipefail

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
mkdir -p "$tmp/share/scripts" "$tmp/bin"
: >"$tmp/share/hook-functions"
# UUID=NAME is the device NAME here
# shellcheck disable=SC2016 # for the stub
echo 'resolve_device() { case $1 in UUID=*) echo "/dev/${1#UUID=}" ;; *) echo "$1" ;; esac; }' >"$tmp/share/scripts/functions"
printf '#!/bin/sh\nexit 1\n' >"$tmp/bin/ischroot"
# shellcheck disable=SC2016 # for the stub
printf '#!/bin/sh\nfor last; do :; done\necho "${last#/dev/}"\n' >"$tmp/bin/blkid"
chmod 755 "$tmp"/bin/*
failed=0

# expect WORDS SWAPS RESUME WANTED: WANTED is what the initramfs's init reads last
expect() {
	local conf=$tmp/dest/conf/conf.d got
	rm -rf "$tmp/dest"
	mkdir -p "$conf"
	printf '%b' "Filename Type Size Used Priority\n$2" >"$tmp/swaps"
	[ -z "$3" ] || echo "RESUME=$3" >"$conf/zz-resume-auto"
	sed -e "s|/usr/share/initramfs-tools|$tmp/share|; s|/proc/swaps|$tmp/swaps|" "$hook" >"$tmp/hook"
	PATH=$tmp/bin:$PATH DESTDIR=$tmp/dest sh "$tmp/hook"
	got=$(cat "$conf"/* 2>/dev/null | sed -n 's/^RESUME=//p' | tail -n 1 || true)
	if [ "$got" = "$4" ]; then
		echo "ok: $1"
	else
		echo "FAIL: $1: RESUME=$got, expected $4"
		failed=1
	fi
}

hook=$1
tswap='/dev/tswap0 partition 4000000 0 30000\n'
[ "$(sh "$hook" prereqs)" = resume ] || { echo "FAIL: runs after resume" && failed=1; }
expect "tswap alone: nothing to resume from" "$tswap" UUID=tswap0 ''
expect "named by its path" "$tswap" /dev/tswap12 ''
expect "tswap and a partition: the partition" "$tswap/dev/sda2 partition 1000 0 -2\n" UUID=tswap0 UUID=sda2
expect "the largest one, no zram" \
	"$tswap/dev/zram0 partition 9000 0 5\n/dev/sda2 partition 1000 0 -2\n/dev/sdb2 partition 2000 0 -3\n" \
	UUID=tswap0 UUID=sdb2
expect "an ordinary choice stays" "$tswap/dev/sda2 partition 1000 0 -2\n" UUID=sda2 UUID=sda2
expect "none stays" "$tswap" none none
expect "no choice stays none" "$tswap" '' ''
exit "$failed"
