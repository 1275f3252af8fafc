#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Pause, resume and cancel at random moments; rate, limit and age; no room and room again;
# swapoff of the area while a job runs.
# vm-args: --mem 512 --disk a=128M --disk b=128M --disk c=8M
# vm-debug-args: --mem 1024 --disk a=32M --disk b=32M --disk c=2M
# vm-timeout: 300
# shellcheck source=tests/vm/tswap/lib.sh
. /src/tests/vm/tswap/lib.sh

mib=64 small=8
[ "$VM_KERNEL" != debug ] || mib=12 small=2
a=$(by_id a) b=$(by_id b) c=$(by_id c)
new_device "$(($(pages_of "$a") - 1))" >/dev/null
la=$(new_leaf "$a" ssd 0)
lb=$(new_leaf "$b" hdd 1)
activate
start_worker w "$mib"
ask w out

# random moments
tell w "churn 15 rrwo"
for ((i = 0; i < 12; i++)); do
	j=$(start_job kind=$((i % 2 + 1)) src-leaf=$((i / 2 % 2 + 1)) dst-leaf=$(((i / 2 + 1) % 2 + 1)))
	sleep "0.0$((RANDOM % 9))"
	tswapc job-set id="$j" action=$PAUSE 2>/dev/null || true
	sleep "0.$((RANDOM % 3))"
	[ "$(job state "$j")" != $RUNNING ] || await_job "$j" $PAUSED
	if [ "$(job state "$j")" = $PAUSED ]; then
		moved=$(job moved "$j")
		sleep 0.2
		[ "$moved" = "$(job moved "$j")" ] || fail "a paused job moves pages"
		[ $((i % 3)) = 0 ] || tswapc job-set id="$j" action=$RESUME
		sleep "0.0$((RANDOM % 9))"
	fi
	tswapc job-set id="$j" action=$CANCEL 2>/dev/null || true
	for _ in {1..100}; do
		state=$(job state "$j")
		[ "$state" -lt $DONE ] || break
		sleep 0.05
	done
	[ "$state" = $CANCELLED ] || [ "$state" = $DONE ] || fail "job $j: state $state"
	for l in "$la" "$lb"; do
		case $(leaf state "$l") in
		"$ACTIVE") ;;
		"$DRAINED") tswapc leaf-set device=0 id="$l" state=$ACTIVE ;;
		*) fail "leaf $l: state $(leaf state "$l") after job $j" ;;
		esac
	done
done
hear w
ask w verify
no_leaks

# rate: 2 MiB/s for 1024 pages takes 2 s
ask w out
j=$(start_job kind=$MIGRATE src-leaf="$lb" dst-leaf="$la")
await_job "$j" $DONE
j=$(start_job kind=$MIGRATE src-leaf="$la" dst-leaf="$lb" rate=2097152 limit=1024)
await_job "$j" $DONE
[ "$(job moved "$j")" = 1024 ] || fail "limit 1024: moved $(job moved "$j")"
ms=$(job elapsed "$j")
[ "$ms" -ge 1500 ] && [ "$ms" -lt 6000 ] || fail "2 s expected, took $ms ms"
[ "$(on_leaf "$lb")" = 1024 ] || fail "the map does not have what was moved"

# age: what was just swapped out stays
j=$(start_job kind=$MIGRATE src-leaf="$la" dst-leaf="$lb" older=3600)
await_job "$j" $DONE
[ "$(job moved "$j")" = 0 ] || fail "younger pages moved"
sleep 2
j=$(start_job kind=$MIGRATE src-leaf="$la" dst-leaf="$lb" older=1)
await_job "$j" $DONE
[ "$(job moved "$j")" -gt 1000 ] || fail "older pages did not move"
ask w verify

# no room: a leaf much too small, then room again
ask w out
lc=$(new_leaf "$c" tiny 9)
j=$(start_job kind=$DRAIN src-leaf="$lb" dst-leaf="$lc")
await_job "$j" $NO_SPACE
[ "$(job needed "$j")" -gt 0 ] || fail "no number of pages needed"
[ "$(leaf used "$lc")" -gt $((small * 256 - 20)) ] || fail "room was left: $(leaf used "$lc")"
tswapc job-set id="$j" action=$PAUSE
await_job "$j" $PAUSED
tswapc job-set id="$j" action=$RESUME
await_job "$j" $NO_SPACE
k=$(start_job kind=$MIGRATE src-leaf="$lc" dst-leaf="$la" limit=100)
await_job "$k" $DONE
for _ in {1..40}; do
	[ "$(leaf used "$lc")" -gt $((small * 256 - 20)) ] && break
	sleep 0.1
done
[ "$(leaf used "$lc")" -gt $((small * 256 - 20)) ] || fail "the job did not use the room"
tswapc job-set id="$j" action=$CANCEL
await_job "$j" $CANCELLED
[ "$(leaf state "$lb")" = $ACTIVE ] || fail "a cancelled drain left state $(leaf state "$lb")"
j=$(start_job kind=$DRAIN src-leaf="$lc")
await_job "$j" $DONE
tswapc leaf-del device=0 id="$lc"
ask w verify

# a rate that is raised again: what a batch of 256 pages owed at 4 KiB/s, four minutes, is forgotten
ask w out
from=$la to=$lb
[ "$(on_leaf "$la")" -gt "$(on_leaf "$lb")" ] || from=$lb to=$la
j=$(start_job kind=$MIGRATE src-leaf="$from" dst-leaf="$to" rate=20000000)
tswapc job-set id="$j" rate=4096
sleep 0.5
tswapc job-set id="$j" rate=400000000
await_job "$j" $DONE
[ "$(job elapsed "$j")" -lt 200000 ] || fail "it stood still: $(job elapsed "$j") ms"
ask w verify
no_leaks

# swapoff while a job runs
ask w out
from=$la to=$lb
[ "$(on_leaf "$la")" -gt "$(on_leaf "$lb")" ] || from=$lb to=$la
j=$(start_job kind=$DRAIN src-leaf="$from" dst-leaf="$to" rate=4000000)
swapoff /dev/tswap0
ask w verify
await_job "$j" $DONE
no_leaks
stop_worker w
for l in "$la" "$lb"; do tswapc leaf-set device=0 id="$l" state=$ACTIVE; done
j=$(start_job kind=$MIGRATE src-leaf="$la" dst-leaf="$lb" rate=4096)
tswapc device-del id=0
[ "$(job state "$j")" -ge $DONE ] || fail "a job of a removed device still runs"
nothing_left
rmmod tswap
clean_log
