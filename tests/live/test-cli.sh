#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What swapctl shows while a job runs, on a terminal and elsewhere, and what Ctrl-C does.
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/lib.sh"
need_root
make_tmp
private_state
mib=48
area=$tmp/a.swap

dd if=/dev/urandom of="$area" bs=1M count=$((mib + 16)) status=none
chmod 600 "$area"
mkswap -q "$area" >/dev/null
swapon -p 1000 "$area"
at_exit swapoff_quiet "$area"
workload_start $mib
workload_do out

# on_terminal PATTERN KEYS COMMAND...: run it on a terminal, type KEYS when PATTERN has come;
# what came is in $tmp/screen, the status is the command's
on_terminal() {
	python3 - "$tmp/screen" "$@" <<-'END'
	import os, pty, re, select, sys, time
	screen, pattern, keys, *command = sys.argv[1:]
	pid, fd = pty.fork()
	if pid == 0:
	    os.execvp(command[0], command)
	seen, typed, end = b"", False, time.monotonic() + 60
	while time.monotonic() < end:
	    if not select.select([fd], [], [], 1)[0]:
	        continue
	    try:
	        part = os.read(fd, 4096)
	    except OSError:
	        break
	    if not part:
	        break
	    seen += part
	    if not typed and re.search(pattern.encode(), seen):
	        typed = True
	        os.write(fd, keys.encode())
	with open(screen, "wb") as f:
	    f.write(seen)
	if time.monotonic() >= end:
	    os.kill(pid, 9)
	sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
	END
}

screen_has() {
	grep -qaE "$1" "$tmp/screen" || {
		echo "not on the screen: $1"
		tr '\r' '\n' <"$tmp/screen" | tail -n 20
		return 1
	}
}

line="a.swap: [0-9.]+ [KMG]?i?B of [0-9.]+ MiB moved, [0-9.]+ [KM]iB/s, [0-9]+%, [0-9]+:[0-9]{2} to go"

# Ctrl-C on the command's own job cancels it; the area stays
status=0
on_terminal "$line" $'\x03' swapctl drain "$area" --rate 4M || status=$?
check "terminal: exit 130 after Ctrl-C" [ $status -eq 130 ]
check "terminal: the progress line" screen_has "drain $line"
check "terminal: it is redrawn in place" screen_has $'\r''drain '
check "terminal: words about the cancel" screen_has 'cancelling: what has been read stays in memory'
check "terminal: the area stays active" swap_active "$area"
check "terminal: content" workload_ok

# elsewhere: data on stdout, words on stderr, no line before 10 s
workload_do out
status=0
swapctl drain "$area" --rate 4M --timeout 2 >"$tmp/out" 2>"$tmp/err" || status=$?
check "time-out: exit 5" [ $status -eq 5 ]
check "time-out: the plan is on standard output" grep -q 'in use$' "$tmp/out"
check "no terminal: no progress line in 2 s" bash -c "! grep -qE '[0-9]% *,' '$tmp/err'"
check "time-out: the area stays active" swap_active "$area"

# JSON lines: plan, progress, end
workload_do out
status=0
swapctl drain "$area" --rate 4M --timeout 3 -J >"$tmp/out" 2>/dev/null || status=$?
check "JSON: exit 5" [ $status -eq 5 ]
check "JSON: every line is an object" python3 -c '
import json, sys
events = [json.loads(line)["event"] for line in open(sys.argv[1])]
sys.exit(events[0] != "plan" or events[-1] != "end" or "progress" not in events)' "$tmp/out"

# Ctrl-C on wait leaves the job alone
workload_do out
job=$(swapctl drain "$area" --rate 4M --background 2>"$tmp/err")
check "background: only the id is on standard output" grep -qx 'd[0-9]*' <<<"$job"
check "background: the plan is next to it" grep -q 'in use$' "$tmp/err"
status=0
on_terminal "$line" $'\x03' swapctl wait "$job" || status=$?
check "wait: exit 130 after Ctrl-C" [ $status -eq 130 ]
check "wait: says how to come back" screen_has "swapctl wait $job.*swapctl cancel $job"
status=0
swapctl wait "$job" --timeout 1 2>/dev/null || status=$?
check "wait: exit 5 after its time" [ $status -eq 5 ]
check "status names the job" bash -c "swapctl status | grep -q '^$job  *drain'"
check "cancel" swapctl cancel "$job"
status=0
swapctl wait "$job" 2>/dev/null || status=$?
check "wait: ends as the job ended" [ $status -eq 130 ]
check "cancel: the area stays active" swap_active "$area"

# and once to its end
check "drain to the end" swapctl drain "$area" >"$tmp/out" 2>&1
check "drained: the area is off" bash -c "! grep -qF '$area ' /proc/swaps"
check "content at the end" workload_ok
check "the workload's end" workload_end
finish
