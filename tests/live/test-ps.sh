#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# ps: the rate of swap-in of a process that reads its pages back, unknown where the kernel keeps
# no account; and never 0 for what is unknown.
# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"
need_root
make_tmp
private_state
account=/proc/sys/kernel/task_delayacct
[ -e $account ] || skip "this kernel has no delay accounting that can be switched on"

make_loop disk 64M
mkswap -q "$loop"
swapon -p 32000 "$loop"

was=$(cat $account)
restore() { echo "$was" >$account; }
at_exit restore
echo 1 >$account
# pages out, waits for the disk and reads back, until it is stopped
feed() {
	while echo out && sleep 0.3 && echo verify; do
		:
	done 2>/dev/null
}
mkfifo "$tmp/orders"
feed >"$tmp/orders" &
feeder=$!
pattern 24 <"$tmp/orders" >"$tmp/pattern" &
pid=$!
stop() { kill "$feeder" "$pid" 2>/dev/null || true; }
at_exit stop
comes has ready "$tmp/pattern"

field() { # COLUMN: of the process
	swapctl ps -n -r -b -o "PID,$1" | awk -v p="$pid" '$1 == p { print $2 }'
}
positive() { # COLUMN: in one of many looks
	local column=$1 v

	until_so eval 'v=$(field "$column") && [ "${v:-0}" -gt 0 ] 2>/dev/null' || {
		echo "$column: '$v'"
		return 1
	}
}
check "a process that reads back has a rate" positive IN/s
echo 0 >$account
unknown() { grep -q '"in_bytes_per_s": null' <<<"$(swapctl ps -J -o PID,IN/s,WAIT% 2>"$tmp/err")"; }
check "unknown, not 0, without accounting" unknown
check "and it is said why" grep -q task_delayacct "$tmp/err"
kill "$feeder"
check "every page of it was right" wait "$pid"
finish
