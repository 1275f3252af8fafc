#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Memory that cannot be had: each allocation of each control command fails in turn, and the
# command is refused whole or done whole; allocations fail at random below the I/O path and the
# jobs, and no page is lost.
# vm-kernels: debug
# The kernel itself complains of some (a slab cache that cannot be made): what it says is looked
# at here, and not by the runner.
# vm-debug-args: --mem 1024 --disk a=16M --disk b=16M --allow-splat
# vm-timeout: 300
# shellcheck source=tests/vm/tswap/lib.sh
. /src/tests/vm/tswap/lib.sh

inject=/sys/kernel/debug
[ -e $inject/failslab ] || skip "no fault injection in this kernel"
for fault in failslab fail_page_alloc; do
	echo 0 >$inject/$fault/probability
	echo 0 >$inject/$fault/verbose
	echo N >$inject/$fault/ignore-gfp-wait
done
echo 0 >$inject/fail_page_alloc/min-order

mib=6
a=$(by_id a) b=$(by_id b)
mkswap -q "$a"
mkswap -q "$b"
modprobe tswap

# with_nth N COMMAND...: the Nth allocation of the request fails; $fault says whether there was
# one, $said the rest, and the status is the command's
with_nth() {
	local n=$1 status=0

	shift
	tries=$((tries + 1))
	said=$(TSWAPC_FAIL_NTH=$n tswapc "$@" 2>&1) || status=$?
	[ "$status" -le 1 ] || fail "$*, allocation $n: status $status: $said"
	fault=$(sed -n 's/^fault: //p' <<<"$said")
	[ -n "$fault" ] || fail "$*, allocation $n: nothing is said of the fault: $said"
	return "$status"
}

# every_nth UNDO COMMAND...: until a run has no allocation left to fail, which must work; before
# each other run what the last one did is undone. Of the later ones only some, there are hundreds.
every_nth() {
	local undo=$1 n refused=0

	shift
	tries=0
	for ((n = 1; n < 2000; n += 1 + n / 20)); do
		if with_nth "$n" "$@"; then
			[ "$fault" = injected ] || break
		else
			[ "$fault" = injected ] || fail "$*: refused without a fault: $said"
			refused=$((refused + 1))
		fi
		$undo
	done
	[ "$fault" = "not reached" ] || fail "$*: more than $n allocations"
	[ "$n" -gt 1 ] || fail "$*: no allocation failed"
	echo "$1: about $n allocations, $((tries - 1)) of them failed, $refused times refused"
}

no_device() {
	[ -z "$(tswapc device-get --dump)" ] || tswapc device-del id=0
	[ -z "$(tswapc device-get --dump)" ] || fail "a device is left"
	[ ! -e /sys/block/tswap0 ] || fail "a disk is left"
}
is_free() { swapon "$1" 2>/dev/null && swapoff "$1"; }
no_leaf() {
	local line

	while read -r line; do
		tswapc leaf-del device=0 id="$(value id "$line")"
	done < <(tswapc leaf-get --dump device=0)
	# a leaf that was opened, and refused then, is closed in the background
	await is_free "$b"
}
jobs_ended() { ! tswapc job-get --dump | grep -qE ' state=[123] '; }
no_job() { await jobs_ended; }
nothing() { :; }

# address FUNCTION and address_after FUNCTION: where it begins, and what comes behind it
symbols() { awk '$4 == "[tswap]" && $2 ~ /[tT]/ { print "0x" $1, $3 }' /proc/kallsyms | sort -u; }
address() { symbols | awk -v name="$1" '$2 == name { print $1 }' | grep .; }
address_after() {
	symbols | awk -v from="$(address "$1")" '$1 "" > from && !n++ { print $1 }' | grep .
}

# below START END: only allocations with code from there on the stack fail
below() {
	local fault

	for fault in failslab fail_page_alloc; do
		echo "$1" >$inject/$fault/require-start
		echo "$2" >$inject/$fault/require-end
		echo -1 >$inject/$fault/times
	done
}
probability() { # PERCENT
	local fault

	for fault in failslab fail_page_alloc; do
		echo "$1" >$inject/$fault/probability
	done
}

add_and_remove() { # PERCENT: of the allocations fail while a leaf is added
	local i status=0 refused=0 rounds=60

	for ((i = 0; i < rounds; i++)); do
		status=0
		probability "$1"
		tswapc leaf-add device=0 path="$b" tier=hdd rank=1 >/tmp/said 2>&1 || status=$?
		probability 0
		[ "$status" -le 1 ] || fail "leaf-add: status $status: $(cat /tmp/said)"
		refused=$((refused + status))
		[ "$(tswapc leaf-get --dump device=0 | wc -l)" = $((1 - status)) ] ||
			fail "leaf-add: half done, status $status: $(cat /tmp/said)"
		no_leaf
	done
	[ "$refused" -gt 0 ] || fail "leaf-add: no allocation of the work item failed"
	[ "$refused" -lt "$rounds" ] || fail "leaf-add: refused each time: $(cat /tmp/said)"
	echo "leaf-add: refused $refused times of $rounds for the work item's sake"
}

every_nth no_device device-add id=0 slots=5000 overcommit=1
every_nth no_leaf leaf-add device=0 path="$b" tier=hdd rank=1
# that was the request; the work item that opens the leaf is another task, which no count reaches
no_leaf
below "$(address open_work)" "$(address_after open_work)"
add_and_remove 20
below 0 0xffffffffffffffff # anywhere again: what counts to the Nth obeys this too
tswapc leaf-add device=0 path="$b" tier=hdd rank=1 >/dev/null
lb=$(value id "$(tswapc leaf-get --dump device=0)")
la=$(value id "$(tswapc leaf-add device=0 path="$a" tier=ssd rank=0)")
activate
start_worker w "$mib"
ask w out
# memory fails for both ends of a job: what is started ends, whatever the answer was
every_nth no_job job-start device=0 kind="$MIGRATE" src-leaf="$la" dst-leaf="$lb" limit=64
back() { tswapc leaf-set device=0 id="$la" tier=ssd rank=0; }
every_nth back leaf-set device=0 id="$la" tier=other rank=7
back
every_nth nothing tier-set device=0 name=ssd rank=0 on-swapin="$FREE"
every_nth nothing device-get --dump
every_nth nothing leaf-get --dump device=0
every_nth nothing tier-get --dump device=0
every_nth nothing job-get --dump
ask w verify
no_leaks

# at random, for everything that has the module on its stack
start=$(cat /sys/module/tswap/sections/.text)
below "$start" "$(printf '0x%x' $((start + $(awk '$1 == "tswap" { print $2 }' /proc/modules))))"
probability 10
tell w "churn 30 rrwwoofx"
to_and_fro_with_faults() {
	local end=$((SECONDS + 30)) from=$la to=$lb moved=0 failed=0

	while [ $SECONDS -lt $end ]; do
		if tswapc job-start device=0 kind="$MIGRATE" src-leaf="$from" dst-leaf="$to" >/dev/null 2>&1; then
			no_job
			moved=$((moved + 1))
		else
			failed=$((failed + 1))
		fi
		read -r from to <<<"$to $from"
	done
	[ "$moved" -gt 0 ] || fail "no job could be started"
	echo "$moved jobs ended, $failed could not be started"
}
to_and_fro_with_faults
hear w
probability 0
[ "$(dev write-fails)" = 0 ] || fail "the swap core got an error"
ask w out
ask w verify
no_leaks

# and without faults everything works as before
for l in "$la" "$lb"; do
	tswapc leaf-set device=0 id="$l" state="$ACTIVE"
done
ask w "rewrite 100"
ask w out
j=$(start_job kind="$DRAIN" src-leaf="$la")
await_job "$j" "$DONE"
tswapc leaf-del device=0 id="$la"
ask w verify
stop_worker w
take_down
rmmod tswap
! dmesg | grep -E 'BUG|KASAN|WARNING|Oops|hung task|blocked for more' || fail "the kernel complains"
