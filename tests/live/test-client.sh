#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The example client drains a real area through the library alone, and every page that was
# on it comes back.
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/lib.sh"
need_root
make_tmp
private_state
mib=16
area=$tmp/client.swap

dd if=/dev/urandom of="$area" bs=1M count=$((mib + 8)) status=none
chmod 600 "$area"
mkswap -q "$area" >/dev/null
swapon -p 1000 "$area"
at_exit swapoff_quiet "$area"
workload_start $mib
workload_do out
check "pages are there" test "$(swap_field "$area" used)" -gt 1024

status=0
out=$("$build/examples/drain-client" "$area") || status=$?
check "the client ends well" test "$status" -eq 0
check "the tiers are listed" grep -q "^  $area\$" <<<"$out"
check "the job is followed to its end" grep -q '^done: ' <<<"$out"
check "all of it is moved" awk '/^done: / { exit !($2 > 1024 && $2 == $4) }' <<<"$out"
check "the area is off" eval '! swap_active "$area"'
check "content" workload_ok
workload_end || fail "the workload's end"

check "what is not an area is refused" eval '! "$build/examples/drain-client" /nowhere 2>"$tmp/err"'
check "with the library's sentence" grep -q '/nowhere: drain: no such device' "$tmp/err"
finish
