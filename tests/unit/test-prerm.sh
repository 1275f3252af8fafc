#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What the removal of the package says, and refuses, on made-up machines.
# usage: test-prerm.sh SOURCE_ROOT
set -eu
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
sed -e "s| /etc/fstab;| $tmp/fstab;|" -e "s| /proc/swaps;| $tmp/swaps;|" \
	"$1/debian/swapadm.prerm" >"$tmp/prerm"
failed=0
# prerm ACTION STATUS WORDS: WORDS "": it says nothing
prerm() {
	status=0
	sh "$tmp/prerm" "$1" 2>"$tmp/said" || status=$?
	if [ "$status" = "$2" ] && { [ -z "$3" ] || grep -q "$3" "$tmp/said"; } &&
		{ [ -n "$3" ] || [ ! -s "$tmp/said" ]; }; then
		return
	fi
	echo "FAIL: $1: status $status, \"$(cat "$tmp/said")\" instead of $2, \"$3\""
	failed=1
}

echo 'Filename Type Size Used Priority' >"$tmp/swaps"
prerm remove 0 ''
echo '/dev/sda1 / ext4 defaults 0 1' >"$tmp/fstab"
prerm remove 0 ''
echo '# swapadm: UUID=1 none swap sw 0 0' >>"$tmp/fstab"
prerm remove 0 'Lines of /etc/fstab that swapctl turned off stay comments'
prerm upgrade 0 ''
echo '/dev/tswap0 partition 1020 0 30000' >>"$tmp/swaps"
prerm remove 1 'on the redirect layer'
prerm upgrade 0 ''
exit $failed
