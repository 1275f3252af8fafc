#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A leaf that vanishes with pages on it (a disk pulled out, an NBD server that goes): who reads
# such a page gets SIGBUS, writes go to other leaves, everybody else's pages are right, and what is
# left can be taken down.
# vm-args: --mem 512 --disk a=48M,bus=ssd --disk b=96M
# vm-debug-args: --mem 1024 --disk a=16M --disk b=32M
# vm-timeout: 180
# shellcheck source=tests/vm/tswap/lib.sh
. /src/tests/vm/tswap/lib.sh

mib=24
[ "$VM_KERNEL" != debug ] || mib=8
a=$(by_id a) b=$(by_id b)
new_device "$(($(pages_of "$b") - 1))" >/dev/null
new_leaf "$b" hdd 1 >/dev/null
activate
start_worker safe "$mib"
ask safe out

modprobe zram num_devices=0 2>/dev/null || true
other=$(new_zram 8M)
mkswap -q "$other"

vanishes() { # WHAT PATH CMD...: a leaf with pages on it is taken away by CMD
	local what=$1 path=$2 l

	shift 2
	l=$(new_leaf "$path" "$what" 0)
	start_worker lost "$mib"
	ask lost out
	[ "$(leaf used "$l")" -gt 1000 ] || fail "$what: only $(leaf used "$l") pages on it"
	"$@"
	ask lost bad
	[ "$answer" = "ok bad signal 7" ] || fail "$what: a page that is gone: $answer"
	ask safe "rewrite 100"
	ask safe out
	ask safe verify
	[ "$(dev write-fails)" = 0 ] || fail "$what: the swap core got an error"
	j=$(start_job kind=$DRAIN src-leaf="$l")
	await_job "$j" $JOB_FAILED
	# Its owner goes, and with it the need for the pages. Kernels before 6.15 keep some freed
	# slots of each processor for the next that are wanted; a swapoff gives them back.
	kill -9 "${worker_pid[lost]}"
	wait "${worker_pid[lost]}" 2>/dev/null || true
	exec {worker_in[lost]}>&- {worker_out[lost]}<&-
	swapon "$other"
	swapoff "$other"
	emptied() { [ "$(leaf used "$l")" = 0 ]; }
	await emptied
	tswapc leaf-del device=0 id="$l"
	ask safe verify
	no_leaks
	echo "$what: ok"
}

unplug() { # a SCSI disk; the debug kernel has virtio only
	local device=/sys/block/${a#/dev/}/device

	case $a in
	/dev/sd*) echo 1 >"$device/delete" ;;
	*) echo 1 >"$(readlink -f "$device")/../remove" ;;
	esac
	[ ! -e "/sys/block/${a#/dev/}" ] || fail "the disk is still there"
}
vanishes disk "$a" unplug

modprobe nbd 2>/dev/null || true
[ -e /dev/nbd0 ] || fail "no NBD in this kernel"
truncate -s "$((mib * 2))M" /tmp/export
nbd-server 10809 /tmp/export >/dev/null 2>&1 || true
connected() { nbd-client -N '' 127.0.0.1 10809 /dev/nbd0 >/dev/null 2>&1; }
await connected
hang_up() { nbd-client -d /dev/nbd0 >/dev/null; }
vanishes nbd /dev/nbd0 hang_up

stop_worker safe
take_down
rmmod tswap
clean_log
