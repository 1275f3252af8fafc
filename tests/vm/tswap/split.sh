#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# One big write that lands on two leaves, of which one cannot write its part and the other has
# no room for it: the writer gets the error, whatever becomes of the other part. Pages that the swap
# signature calls bad are never used.
# vm-args: --mem 512 --disk a=2M --disk b=628K
# vm-debug-args: --mem 1024 --disk a=2M --disk b=628K
# vm-timeout: 120
# shellcheck source=tests/vm/tswap/lib.sh
. /src/tests/vm/tswap/lib.sh

a=$(by_id a) b=$(by_id b)
modprobe dm-mod
u32() { # OFFSET NUMBER: into the swap signature
	# shellcheck disable=SC2059 # a format is made
	printf "$(printf '\\x%02x\\x%02x\\x%02x\\x%02x' $(($2 & 255)) $(($2 >> 8 & 255)) \
		$(($2 >> 16 & 255)) $(($2 >> 24 & 255)))" |
		dd of="$a" bs=1 seek="$1" conv=notrunc status=none
}

# The leaf's room: a run of 100 pages, and shorter ones. The other leaf has exactly 156.
mkswap -q "$a"
n=0
for ((page = 101; page < $(pages_of "$a"); page += 50)); do
	u32 $((1536 + n * 4)) "$page"
	n=$((n + 1))
done
u32 1032 "$n"
sync
size=$(blockdev --getsz "$a")
# pages 1 to 100 of the leaf cannot be written
printf '%s\n' "0 8 linear $a 0
8 800 error
808 $((size - 808)) linear $a 808" | dmsetup create bad
dmsetup mknodes 2>/dev/null || true

head -c 1M /dev/urandom >/tmp/big
failed=0

attempt() { # LEAF LEAF: in the order in which they are added
	local path id status=0

	new_device 257 >/dev/null
	for path; do
		[ "$path" = /dev/mapper/bad ] || mkswap -q "$path"
		id=$(value id "$(tswapc leaf-add device=0 path="$path" tier=ssd rank=0)")
		case $path in
		*bad) [ "$(leaf pages "$id")" = $(($(pages_of "$a") - 1 - n)) ] || fail "bad pages" ;;
		*) [ "$(leaf pages "$id")" = 156 ] || fail "$b has $(leaf pages "$id") pages" ;;
		esac
	done
	dd if=/tmp/big of=/dev/tswap0 bs=1M count=1 oflag=direct status=none 2>/tmp/said || status=$?
	if [ $status -ne 0 ]; then
		grep -qE "Input/output|No space" /tmp/said || fail "dd: $(cat /tmp/said)"
		[ "$(dev write-fails)" -gt 0 ] || fail "dd failed, and no error is counted"
		failed=$((failed + 1))
	else
		dd if=/dev/tswap0 bs=1M count=1 iflag=direct,fullblock status=none | cmp - /tmp/big ||
			fail "a lost write was reported as done"
	fi
	no_leaks
	tswapc device-del id=0
}

for _ in 1 2 3; do
	attempt /dev/mapper/bad "$b"
	attempt "$b" /dev/mapper/bad
done
[ $failed -gt 0 ] || fail "no write hit the bad pages"
echo "$failed of 6 writes failed"
dmsetup remove bad
rmmod tswap
clean_log
