#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# swaptop on the redirect layer, in a terminal: tiers, moves told apart from swapping, and a
# drain that is asked for with keys.
# vm-kernels: 6.12 7.3
# vm-args: --mem 768 --disk ssd=256M --disk hdd=512M
# vm-timeout: 300
. /src/tests/vm/redirect/lib.sh

command -v tmux >/dev/null || {
	echo "tmux is missing"
	exit 77
}
export LC_ALL=C.UTF-8 XDG_CONFIG_HOME=/tmp/swaptop-config TMUX_TMPDIR=/tmp TERM=xterm
tm() { tmux -L swaptop-vm -f /dev/null "$@"; }

three_tiers
exits 0 swapctl apply
start_workload 200
ask out

step numbers
exits 0 swaptop --json -n 1
says '"layer":"redirect"'
says '"tier":"ssd"'
says '"moved_out_per_s":null' # one sample has no rates
exits 0 swapctl migrate ssd hdd --rate 4M --background
swaptop --json -n 6 -d 1 >/tmp/lines
# moves are not told as swapping: nothing was read back by anyone
python3 - <<'PYTHON' || fail "rates of a move: $(tail -n 1 /tmp/lines)"
import json
lines = [json.loads(line) for line in open("/tmp/lines")]
tiers = [{t["tier"]: t for t in line["tiers"]} for line in lines[1:]]
assert any((t["ssd"]["moved_out_per_s"] or 0) > 1e6 for t in tiers), "no moves away"
assert any((t["hdd"]["moved_in_per_s"] or 0) > 1e6 for t in tiers), "no moves here"
assert sum(t["ssd"]["in_per_s"] for t in tiers) < 4e6, "moves are told as reads"
assert any(j["kind"] == "migrate" for j in lines[-1]["jobs"]), "no job"
PYTHON
exits 0 swapctl cancel "$(swapctl jobs -nro JOB | head -n 1)"

screen_has() { tm capture-pane -p | grep -qF -- "$1"; }
expect() { # TEXT
	for _ in $(seq 100); do
		! screen_has "$1" || return 0
		sleep 0.2
	done
	tm capture-pane -p >&2
	fail "no \"$1\" on the screen"
}

step a terminal
tm new-session -d -x 100 -y 30 "swaptop --sort state --pane devices"
expect "redirect layer, 3 tiers"
tm send-keys Tab # to the tiers
for _ in 1 2; do tm send-keys Down; done
tm send-keys d
expect "drain tier ssd"
expect "it fits"
tm send-keys y
expect "started"
expect "drained"
tm capture-pane -p
is STATE vdb drained
tm send-keys c
expect "it takes new pages again"
tm send-keys y
expect "takes pages again"
is STATE vdb active
tm send-keys q
for _ in $(seq 50); do tm has-session 2>/dev/null || break; sleep 0.2; done
! tm has-session 2>/dev/null || fail "q does not end it"
ask verify
