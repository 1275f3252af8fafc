#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# migrate ZRAM backing: amounts, ages, limits, rate; content verified.
# vm-args: --mem 512 --disk back=128M
# vm-timeout: 300
. /src/tests/vm/direct/lib.sh

back=$(readlink -f /dev/disk/by-id/virtio-back)
modprobe zram
zram=zram0
sys=/sys/block/$zram
echo "$back" >"$sys/backing_dev"
echo 192M >"$sys/disksize"
mkswap -q /dev/zram0
exits 0 swapctl add fast /dev/zram0
written() { # KiB that the backing device holds
	awk '{ print $1 * 4 }' "$sys/bd_stat"
}

start_workload 64
ask out
[ "$(written)" = 0 ] || fail "something is written back already"

exits 0 swapctl migrate "$zram" backing --amount 8M
echo "$said"
kib=$(written)
[ "$kib" -ge 8000 ] && [ "$kib" -le 8400 ] || fail "8 MiB were asked for, $kib KiB went"
[ "$(cat "$sys/writeback_limit_enable")" = 0 ] || fail "a limit was left behind"
ask verify

# a limit of the administrator is kept to, and counted down
echo 1024 >"$sys/writeback_limit"
echo 1 >"$sys/writeback_limit_enable"
ask out
before=$(awk '{ print $3 }' "$sys/bd_stat")
exits 0 swapctl migrate "$zram" backing
says "the kernel's writeback_limit of $zram allows no more"
went=$(($(awk '{ print $3 }' "$sys/bd_stat") - before))
[ "$went" -le 1024 ] || fail "the limit of 1024 units was passed: $went"
[ "$(cat "$sys/writeback_limit")" -le 1 ] || fail "the limit was not counted down"
echo 0 >"$sys/writeback_limit_enable"

# cancelled or killed on its way: no limit of ours stays behind
limit_is_gone() {
	for _ in {1..50}; do
		[ "$(cat "$sys/writeback_limit_enable")" != 0 ] || return 0
		sleep 0.1
	done
	fail "$1: a limit of $(cat "$sys/writeback_limit") was left behind"
}
for end in cancel kill; do
	ask out
	job=$(swapctl migrate "$zram" backing --rate 1M --background | grep -oE '\bd[0-9]+\b' | tail -n 1)
	[ -n "$job" ] || fail "no job"
	for _ in {1..100}; do
		[ "$(cat "$sys/writeback_limit_enable")" = 0 ] || break
		sleep 0.1
	done
	if [ $end = cancel ]; then
		exits 0 swapctl cancel "$job"
	else
		kill -KILL "$(sed -n 's/^worker //p' "/run/swapadm/jobs/$job")"
	fi
	limit_is_gone $end
	status=0
	said=$(swapctl wait "$job" --timeout 10 2>&1) || status=$?
	[ $status -ne 0 ] && [ $status -ne 5 ] || fail "$end: wait: exit $status: $said"
	ask verify
done
# both killed: the next job finds what is left, and puts it back
ask out
job=$(swapctl migrate "$zram" backing --rate 1M --background | grep -oE '\bd[0-9]+\b' | tail -n 1)
for _ in {1..100}; do
	[ "$(cat "$sys/writeback_limit_enable")" = 0 ] || break
	sleep 0.1
done
guard=$(awk '{ print $5 }' /run/swapadm/writeback-limit-$zram)
kill -KILL "$guard" "$(sed -n 's/^worker //p' "/run/swapadm/jobs/$job")"
sleep 0.5
[ "$(cat "$sys/writeback_limit_enable")" = 1 ] || fail "both were killed, but no limit is left"
exits 0 swapctl migrate "$zram" backing --amount 20M
[ "$(cat "$sys/writeback_limit_enable")" = 0 ] || fail "kill of both: a limit was left behind"
[ ! -e /run/swapadm/writeback-limit-$zram ] || fail "the record was left behind"
ask verify
exits 2 swapctl migrate "$zram" backing --amount 0
exits 2 swapctl migrate "$zram" backing --rate 0

ask out
exits 0 swapctl migrate "$zram" backing --amount 10%
echo "$said"
exits 0 swapctl migrate "$zram" backing --rate 16M
echo "$said"
[ "$(written)" -gt $((40 << 10)) ] || fail "only $(written) KiB are written back"
ask verify
exits 1 swapctl migrate "$zram" ssd
says "no such tier"
exits 6 swapctl migrate zswap backing

# ages: either the kernel tracks them, or it is said that it does not
status=0
said=$(swapctl migrate "$zram" backing --older 1h 2>&1) || status=$?
case $status in
0) ;;
6) says "age" ;;
*) fail "--older: exit $status: $said" ;;
esac
exits 0 swapctl remove "$zram"
ask quit
