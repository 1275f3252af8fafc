#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# swaptop on the redirect layer, in a terminal: tiers, moves told apart from swapping, and a
# drain that is asked for with keys.
# vm-args: --mem 768 --disk ssd=256M --disk hdd=512M
# vm-timeout: 300
. /src/tests/vm/redirect/lib.sh

sysctl -q -w kernel.task_delayacct=1 # of processes that begin from now on
export LC_ALL=C.UTF-8 XDG_CONFIG_HOME=/tmp/swaptop-config TERM=xterm

three_tiers
exits 0 swapctl apply
start_workload 200
ask out

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
grep -q '"swapin_delay_pct":[1-9]' /tmp/lines || fail "at no time: $(tail -n 1 /tmp/lines)"
grep -q '"refault_per_s":[1-9]' /tmp/lines || fail "no refaults: $(tail -n 1 /tmp/lines)"
ask out

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
[ "$(most ssd in_per_s)" -lt 2000000 ] || fail "moves are told as reads: $(tail -n 1 /tmp/lines)"
grep -q '"kind":"migrate","state":"running"' /tmp/lines || fail "no job: $(tail -n 1 /tmp/lines)"
exits 0 swapctl cancel "$(swapctl jobs -nro JOB | head -n 1)"

step a terminal
# keys come through a pipe; what curses sends is kept
mkfifo /tmp/keys
script -qfc "stty rows 30 cols 100; swaptop; stty -a >/tmp/stty" /tmp/typescript </tmp/keys >/dev/null &
terminal=$!
exec 9>/tmp/keys
sent() { # WORD: it comes up on the screen within 20 s
	for _ in $(seq 100); do
		! grep -qaF -- "$1" /tmp/typescript || return 0
		sleep 0.2
	done
	fail "no \"$1\" on the screen: $(tail -c 2000 /tmp/typescript | cat -v)"
}
state_becomes() { # STATE
	for _ in $(seq 100); do
		[ "$(field STATE vdb)" != "$1" ] || return 0
		sleep 0.2
	done
	fail "vdb is $(field STATE vdb), wanted $1"
}
sent swaptop
sent redirect
printf 'jj' >&9 # to the tier ssd: fast, zram0, ssd
sleep 1
printf d >&9
sent fits
printf y >&9
sent started
state_becomes drained
sleep 4 # until the screen has the state too
printf c >&9
sleep 2
printf y >&9
state_becomes active
printf q >&9
wait "$terminal" || fail "the terminal ended with $?"
grep -q ' icanon' /tmp/stty || fail "the tty was not restored: $(cat /tmp/stty)"
ask verify
