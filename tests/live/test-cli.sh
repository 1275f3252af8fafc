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

# what is measured would be this area as well
for bench in drain ps record-cost swaptop-cost; do
	status=0
	SWAPADM_BUILD=$build timeout 120 bash "$here/../bench/$bench.sh" >"$tmp/out" 2>&1 || status=$?
	check "bench $bench beside another area: it stops" test $status -ne 0 -a $status -ne 124
	check "bench $bench: and says why" grep -q "other swap is active" "$tmp/out"
done

# apply would fail again: that is no remedy
printf '[tier cold]\ndevice = LABEL=nosuchlabel\n' >"$tmp/missing.conf"
swapctl doctor --config "$tmp/missing.conf" >"$tmp/out"
check "doctor: a device that is not there" grep -q "there is no such device" "$tmp/out"
check "doctor: its remedy" grep -q "lsblk -f" "$tmp/out"

workload_start $mib
workload_do out

# on_terminal PATTERN KEYS COMMAND...: run it on a terminal, type KEYS when PATTERN has come;
# what came is in $tmp/screen, the status is the command's; $columns: of the terminal
columns=80
on_terminal() {
	python3 - "$tmp/screen" "$columns" "$@" <<-'END'
	import fcntl, os, pty, re, select, struct, sys, termios, time
	screen, columns, pattern, keys, *command = sys.argv[1:]
	pid, fd = pty.fork()
	if pid == 0:
	    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, int(columns), 0, 0))
	    os.execvp(command[0], command)
	seen, typed, end = b"", False, time.monotonic() + 120
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
on_terminal "$line" $'\x03' swapctl drain "$area" --rate 1M || status=$?
check "terminal: exit 130 after Ctrl-C" [ $status -eq 130 ]
check "terminal: the progress line" screen_has "drain $line"
check "terminal: the id of its job" screen_has '^  job d[0-9]+'
check "terminal: it is redrawn in place" screen_has $'\r''drain '
check "terminal: words about the cancel" screen_has 'cancelling: what has been read stays in memory'
check "terminal: the area stays active" swap_active "$area"
check "terminal: content" workload_ok

# narrower than the line; and one that can't go back in a line
workload_do out
status=0
columns=30 on_terminal "drain a.swap: [0-9.]+ " $'\x03' swapctl drain "$area" --rate 1M || status=$?
check "narrow: exit 130 after Ctrl-C" [ $status -eq 130 ]
check "narrow: the line is redrawn" screen_has $'\r''drain '
check "narrow: and cut, so that it stays one line" eval '! tr "\r" "\n" <"$tmp/screen" |
	sed "s/\x1b\[K//; s/\^C//" | grep "^drain a.swap: [0-9]" | grep -E "^.{30}"'
workload_do out
status=0
TERM=dumb on_terminal nothing "" swapctl drain "$area" --rate 1M --timeout 2 || status=$?
check "dumb: exit 5" [ $status -eq 5 ]
check "dumb: nothing is redrawn" eval '! grep -qa $'"'\\033'"' "$tmp/screen"'
workload_do out

# elsewhere: data on stdout, words on stderr, no line before 10 s
workload_do out
status=0
swapctl drain "$area" --rate 1M --timeout 2 >"$tmp/out" 2>"$tmp/err" || status=$?
check "time-out: exit 5" [ $status -eq 5 ]
check "time-out: the plan is on standard output" grep -q 'in use$' "$tmp/out"
check "no terminal: no progress line in 2 s" bash -c "! grep -qE '[0-9]% *,' '$tmp/err'"
check "time-out: the area stays active" swap_active "$area"

# JSON lines: plan, progress, end
workload_do out
status=0
swapctl drain "$area" --rate 1M --timeout 5 -J >"$tmp/out" 2>/dev/null || status=$?
check "JSON: exit 5" [ $status -eq 5 ]
check "JSON: every line is an object" python3 -c '
import json, sys
events = [json.loads(line)["event"] for line in open(sys.argv[1])]
sys.exit(events[0] != "plan" or events[-1] != "end" or "progress" not in events)' "$tmp/out"

# Ctrl-C on wait leaves the job alone
workload_do out
job=$(swapctl drain "$area" --rate 1M --background 2>"$tmp/err")
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
swapon "$area"
said=$(swapctl remove "$area" 2>&1) || fail "remove: $said"
check "remove: the file stays" [ -e "$area" ]
check "remove: which is said" grep -q "the file stays, \`rm .*a.swap\` deletes it" <<<"$said"
finish
