#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A leaf whose requests hang: it is reported within seconds; a job that waits for it can be
# cancelled, whichever half of a move hangs, and cleans up when the requests end; no page is
# lost.
# vm-args: --mem 512 --disk a=96M --disk b=96M
# vm-debug-args: --mem 1024 --disk a=32M --disk b=32M
# vm-timeout: 240
# shellcheck source=tests/vm/tswap/lib.sh
. /src/tests/vm/tswap/lib.sh

mib=16
[ "$VM_KERNEL" != debug ] || mib=6
a=$(by_id a) b=$(by_id b)
dm_leaf "$a"
new_device "$(($(pages_of "$b") - 1))" >/dev/null
la=$(new_leaf /dev/mapper/bad ssd 0)
lb=$(new_leaf "$b" hdd 1)
activate
start_worker w "$mib"
ask w out
tswapc monitor 600 >/tmp/events &
monitor=$!
while ! grep -q ready /tmp/events; do sleep 0.1; done
told() { grep -q "leaf-ntf device=0 id=$la.*event=$1" /tmp/events; }
hang() { dmsetup suspend --noflush --nolockfs bad; }

# cancelled JOB: within seconds, and the state of the leaf is what it was
cancelled() {
	tswapc job-set id="$1" action=$CANCEL
	await_job "$1" $CANCELLED 20
	case $(tswapc leaf-get device=0 id="$la") in
	*" job="*) fail "the leaf still has a job" ;;
	esac
}

# the source hangs
hang
j=$(start_job kind=$DRAIN src-leaf="$la")
await told 11 # stalled
[ "$(leaf stalled-ms "$la")" -ge 4000 ] || fail "stalled for $(leaf stalled-ms "$la") ms"
[ "$(leaf in-flight "$la")" -gt 0 ] || fail "nothing is in flight"
cancelled "$j"
[ "$(leaf state "$la")" = $ACTIVE ] || fail "a cancelled drain left state $(leaf state "$la")"
refused "holds pages" tswapc leaf-del device=0 id="$la"
dmsetup resume bad
await told 12 # responds
quiet_now() { [ "$(leaf in-flight "$la")" = 0 ]; }
await quiet_now
no_leaks
ask w verify
j=$(start_job kind=$DRAIN src-leaf="$la")
await_job "$j" $DONE
no_leaks

# the destination hangs
tswapc leaf-set device=0 id="$la" state=$ACTIVE
hang
j=$(start_job kind=$MIGRATE src-leaf="$lb" dst-leaf="$la")
sleep 2
cancelled "$j"
used=$(leaf used "$la")
[ "$used" -gt 0 ] || fail "positions with a write in flight are free"
dmsetup resume bad
await quiet_now
no_leaks
ask w verify

# reads of the workload hang, and a move waits for them before it frees the source
j=$(start_job kind=$MIGRATE src-leaf="$lb" dst-leaf="$la")
await_job "$j" $DONE
ask w out
j=$(start_job kind=$MIGRATE src-leaf="$la" dst-leaf="$lb" rate=4194304)
hang
tell w verify
sleep 2
cancelled "$j"
dmsetup resume bad
hear w
await quiet_now
no_leaks
ask w verify

# and the same job works to its end afterwards
j=$(start_job kind=$DRAIN src-leaf="$la")
await_job "$j" $DONE
ask w verify
no_leaks
kill $monitor 2>/dev/null || true
stop_worker w
take_down
dmsetup remove bad
rmmod tswap
clean_log
