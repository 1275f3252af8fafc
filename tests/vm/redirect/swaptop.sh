#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# swaptop on the redirect layer: latency, delays, moves shown separately from swapping, and in a
# terminal a drain that is asked for with keys.
# vm-args: --mem 768 --disk ssd=256M --disk hdd=512M
# vm-timeout: 300
. /src/tests/vm/redirect/lib.sh

sysctl -q -w kernel.task_delayacct=1 # of processes that begin from now on
export LC_ALL=C.UTF-8 XDG_CONFIG_HOME=/tmp/swaptop-config

three_tiers
exits 0 swapctl apply
mkdir /sys/fs/cgroup/load
start_workload 200 /sys/fs/cgroup/load
push_out() {
	ask out
	# what only went to the swap cache would be no read
	echo 400M >/sys/fs/cgroup/load/memory.reclaim 2>/dev/null || true
}
push_out

step numbers
exits 0 swaptop --json -n 1
says '"layer":"redirect"'
says '"tier":"ssd"'
says '"moved_out_per_s":0'

step latency and delays
swaptop --json -n 20 -d 0.5 --pane processes >/tmp/lines &
watcher=$!
ask verify
wait "$watcher" || fail "swaptop ended with $?"
grep -q '"read_p99_ns":[1-9]' /tmp/lines || fail "no p99: $(tail -n 1 /tmp/lines)"
grep -q '"swapin_delay_ns":[1-9]' /tmp/lines || fail "nobody waited: $(tail -n 1 /tmp/lines)"
grep -q '"refault_per_s":[1-9]' /tmp/lines || fail "no refaults: $(tail -n 1 /tmp/lines)"
push_out

step moves
exits 0 swapctl migrate ssd hdd --rate 4M --background
swaptop --json -n 6 -d 1 >/tmp/lines
# highest value of KEY in the tier's object, without its devices, over the lines
most() { # TIER KEY
	sed -n "s/.*{\"tier\":\"$1\"\([^[]*\)\[.*/\1/p" /tmp/lines |
		sed -n "s/.*\"$2\":\([0-9]*\).*/\1/p" | sort -n | tail -n 1
}
[ "$(most ssd moved_out_per_s)" -gt 1000000 ] || fail "no moves away: $(tail -n 1 /tmp/lines)"
[ "$(most hdd moved_in_per_s)" -gt 1000000 ] || fail "no moves here: $(tail -n 1 /tmp/lines)"
# nothing was read back by anyone: moves are no swapping
[ "$(most ssd in_per_s)" -lt 2000000 ] || fail "moves are shown as reads: $(tail -n 1 /tmp/lines)"
grep -q '"kind":"migrate","state":"running"' /tmp/lines || fail "no job: $(tail -n 1 /tmp/lines)"
exits 0 swapctl cancel "$(swapctl jobs -nro JOB | head -n 1)"

step a terminal
tm() { tmux -L swaptop -f /dev/null "$@"; }
screen_has() { tm capture-pane -p | grep -qF -- "$1"; }
eventually() { # COMMAND: within 20 s
	for _ in $(seq 100); do
		"$@" && return 0
		sleep 0.2
	done
	fail "$*: not within 20 s: $(tm capture-pane -p)"
}
state_is() { [ "$(field STATE vdb)" = "$1" ]; }
tm new-session -d -x 100 -y 30 "swaptop; stty -a >/tmp/stty; sleep 1000"
eventually screen_has "redirect layer, 3 tiers, 3 devices"
eventually screen_has "MV-IN"
tm send-keys j j # to the tier ssd: fast, zram0, ssd
sleep 1
tm send-keys d
eventually screen_has "moved inside the kernel"
tm send-keys y
eventually screen_has "drain"
eventually state_is drained
eventually screen_has drained
tm send-keys 4
eventually screen_has "is drained, was"
tm send-keys Tab c # back to the tiers
eventually screen_has "new pages go to"
tm send-keys y
eventually state_is active
# wide enough for all columns of the devices, and for the processes by leaf tier
tm resize-window -x 160 -y 40
tm send-keys 1
eventually screen_has RP99
tm send-keys 2
eventually screen_has WAIT%
eventually screen_has pattern
tm send-keys q
eventually test -s /tmp/stty
grep -q ' icanon' /tmp/stty || fail "the tty was not restored: $(cat /tmp/stty)"
tm kill-server
ask verify
