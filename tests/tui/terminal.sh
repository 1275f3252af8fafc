#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# swaptop in a real terminal: keys, resizes, suspension, crashes. A tmux server of our own,
# on a socket of our own, is the terminal.
#
# usage: terminal.sh SWAPTOP MAKE-RECORDING
set -uo pipefail
swaptop=$(realpath "${1:?usage: terminal.sh SWAPTOP MAKE-RECORDING}")
make_recording=$(realpath "${2:?}")

command -v tmux >/dev/null || {
	echo "tmux is missing"
	exit 77
}
dir=$(mktemp -d)
export TMUX_TMPDIR=$dir XDG_CONFIG_HOME=$dir/config
unset TMUX NO_COLOR
export LANG=C.UTF-8 LC_ALL=C.UTF-8
tm() { tmux -L swaptop-test -f /dev/null "$@"; }
cleanup() {
	tm kill-server 2>/dev/null
	rm -rf "$dir"
}
trap cleanup EXIT

fails=0 checks=0
fail() {
	echo "FAIL: $*"
	tm capture-pane -p | sed 's/^/  |/' | head -n 30
	fails=$((fails + 1))
}

# a condition that comes true: a message covers the line of keys for 6 s, and the machine may
# be busy
eventually() {
	local end=$((SECONDS + 60))

	until "$@"; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.1
	done
}
# not into a pipe: grep leaves when it has seen enough, and who writes fails
screen_has() { grep -qF -- "$1" <<<"$(tm capture-pane -p)"; }
screen_lacks() { ! screen_has "$1"; }
expect() { # WHAT TEXT
	checks=$((checks + 1))
	eventually screen_has "$2" || fail "$1: no \"$2\" on the screen"
}
keys() { tm send-keys "$@"; }

# the terminal is as a shell expects it: modes of the tty, cursor, main screen, no mouse
flags() { tm display -p '#{alternate_on}#{cursor_flag}#{mouse_any_flag}'; }
restored() { [ "$(flags)" = 010 ] && [ "$(stty -a -F "$tty" | tail -n +2)" = "$modes" ]; }
expect_restored() { # WHAT
	checks=$((checks + 1))
	eventually restored || fail "$1: terminal not restored: flags $(flags), $(stty -a -F "$tty")"
}
running() { pid=$(pgrep -P "$shell" -x swaptop); }

# a shell that waits; swaptop is started from it as a user would
tm new-session -d -x 80 -y 24 "PS1='ready> ' bash --norc --noediting -i"
tty=$(tm display -p '#{pane_tty}')
shell=$(tm display -p '#{pane_pid}')
expect "the shell" "ready>"
modes=$(stty -a -F "$tty" | tail -n +2)

start() { # ARGUMENTS
	keys "clear; $swaptop $*" Enter
	expect "start" "swaptop  "
	checks=$((checks + 1))
	eventually running || fail "start: swaptop does not run"
}
leave() {
	keys q
	expect_restored "q"
	keys 'status=$?; clear; echo status $status' Enter
	expect "exit status" "status ${1:-0}"
}

# ---- keys, on a recording: always the same machine
"$make_recording" "$dir/tape" 40 || fail "make-recording"
start --replay "$dir/tape" -d 0.1
expect "tiers" "nvme0n1p3"
expect "a job" "d7"
expect "the end of the recording" "replay 40/40"
expect "told" "end of the recording"
keys h
expect "help" "select a row further away"
keys Escape
keys h PgDn PgDn
expect "help, scrolled" "quit; jobs continue"
keys Escape
keys 2
expect "processes" "postgres"
keys '\' j a v
expect "filter" "Filter: jav"
keys Enter
expect "filtered" "1 match jav"
keys '\' Escape
expect "filter gone" "5 shown"
keys F6
expect "sort menu" "Enter: choose"
keys Escape 3
expect "cgroups" "system.slice"
keys 4
expect "events" "is draining, was active"
keys BTab d
expect "an action elsewhere" "works on tiers and devices"
keys BTab d
expect "no action on a recording" "a recording can't be changed"
keys Left Left
expect "back" "replay 38/40 PAUSED"
keys Right
expect "forward" "replay 39/40 PAUSED"
keys t 2 2 : 1 3 : 2 5 Enter
expect "to a time" "replay 6/40 PAUSED"
keys t - 2 s Enter
expect "back by a time" "replay 4/40 PAUSED"
keys t x Enter
expect "no time" "x: not a time"
keys Z
expect "on from there" "replay 40/40 PAUSED"
keys C
expect "columns" "Space: show or hide"
keys Escape
checks=$((checks + 1))
eventually screen_lacks "Space: show or hide" || fail "the columns do not go away"

# ---- the mouse: press and release, in the encoding of TERM=screen
click() { # COLUMN ROW, from 1
	local place

	# shellcheck disable=SC2059 # the format is made
	place=$(printf "\\x$(printf %x $((32 + $1)))\\x$(printf %x $((32 + $2)))")
	keys -l $'\e[M '"$place"$'\e[M#'"$place"
}
click 18 "$(tm capture-pane -p | grep -n 2Processes | cut -d: -f1)"
expect "click on a tab" "postgres"
keys h
expect "help" "select a row further away"
click 18 2
checks=$((checks + 1))
eventually screen_lacks "select a row further away" || fail "a click does not close the help"

# ---- sizes
for size in "40 10" "20 5" "1 1" "3 2" "300 100" "80 24"; do
	# shellcheck disable=SC2086
	set -- $size
	tm resize-window -x "$1" -y "$2"
	sleep 0.15
	checks=$((checks + 1))
	running || fail "size $size: swaptop is gone"
done
for i in $(seq 40); do # a storm
	tm resize-window -x $((20 + i * 3 % 100)) -y $((5 + i % 30))
done
tm resize-window -x 100 -y 30
expect "after a storm of resizes" "4 devices       "
one_title() { [ "$(tm capture-pane -p | grep -c 'swaptop  ')" = 1 ]; }
eventually one_title || fail "resizes left remains"
leave

# ---- the mouse of other terminals: decimal reports; one of too many numbers is none
tm resize-window -x 80 -y 24
usual=$swaptop swaptop="TERM=xterm-256color $swaptop"
start --replay "$dir/tape" -d 0.1
decimal() { # COLUMN ROW, from 1
	keys -l $'\e[<0;'"$1;$2"M$'\e[<0;'"$1;$2"m
}
decimal 18 "$(tm capture-pane -p | grep -n 2Processes | cut -d: -f1)"
expect "decimal click on a tab" "postgres"
keys -l $'\e[<'"$(printf ';%.0s' {1..32})5M"
keys h
expect "too many numbers" "select a row further away"
decimal 18 2
checks=$((checks + 1))
eventually screen_lacks "select a row further away" || fail "a decimal click does not close the help"
# in parts, as a serial line delivers it: still one click, and its digits are no keys
row=$(tm capture-pane -p | grep -n 4Events | cut -d: -f1)
for part in $'\e[' '<0;3' "8;$row" M; do
	keys -l "$part"
	sleep 0.05
done
expect "a click in parts" "OBJECT"
leave
swaptop=$usual

# ---- what curses does not know of TERM=screen is no key of ours: Ctrl-Left, Shift-F1 (which ends
# in P, for park), an answer about colours, one that says who the terminal is
start --replay "$dir/tape" -d 0.1
keys 1
expect "devices" "DEVICE"
keys -l $'\e[1;5D\e[1;2P\e]11;rgb:2d/3d/4d\a\e]4;2\e\\\e[?4;2c\e[[A\e[<64;2;2'
keys -l 'M'
checks=$((checks + 1))
sleep 1
for pane in PID CGROUP EVENT Search: Park; do
	screen_lacks "$pane" || fail "a sequence is read as keys: $pane"
done
keys h
expect "a key after sequences" "select a row further away"
keys Escape
checks=$((checks + 1))
eventually screen_lacks "select a row further away" || fail "ESC does not close the help"
leave

# ---- suspension, from the keyboard and from outside; on the recording, as reading a machine
# whose swap others change can take a while
tm resize-window -x 80 -y 24
start --replay "$dir/tape"
keys C-z
expect_restored "Ctrl-Z"
keys 'clear; fg' Enter
expect "fg" "F10Quit"
checks=$((checks + 1))
[ "$(flags)" != 010 ] || fail "fg: the screen was not taken again"
running && kill -STOP "$pid"
shell_is_back() { [ "$(tm display -p '#{pane_current_command}')" = bash ]; }
eventually shell_is_back || fail "SIGSTOP: the shell does not notice"
keys 'clear' Enter
keys 'fg' Enter
checks=$((checks + 1))
goes_on() { [ "$(awk '{ print $3 }' "/proc/$pid/stat")" != T ]; }
eventually goes_on || fail "fg: it did not go on after SIGSTOP"
expect "after SIGSTOP" "F10Quit"
running && kill -TSTP "$pid"
expect_restored "SIGTSTP"
keys 'clear; fg' Enter
expect "fg" "F10Quit"
leave

# ---- every way to end
for sig in TERM HUP INT QUIT SEGV ABRT BUS FPE ILL; do
	start --replay "$dir/tape"
	running && kill -$sig "$pid"
	expect_restored "SIG$sig"
	keys "" Enter
done

# ---- a machine that does not answer: keys and signals are obeyed, and it ends
mkdir -p "$dir/stuck/proc"
mkfifo "$dir/stuck/proc/vmstat" # nobody ever writes there
for way in q C-z; do
	keys "clear; $swaptop --root $dir/stuck" Enter
	expect "stuck" "reading..."
	keys "$way"
	expect_restored "stuck, $way"
done
keys 'clear; fg' Enter
expect "stuck, fg" "reading..."
keys q
expect_restored "stuck, q"

# ---- a crash in the thread that reads the machine
if [ "$(uname -m)" = x86_64 ] && command -v python3 >/dev/null; then
	start
	running && tid=$(for task in "/proc/$pid/task"/*; do echo "${task##*/}"; done | tail -n 1)
	[ "$tid" != "$pid" ] || fail "there is no such thread"
	python3 -c "import ctypes; ctypes.CDLL(None).syscall(234, $pid, $tid, 11)" # tgkill
	expect_restored "a crash of the other thread"
	keys "" Enter
fi

# ---- the terminal goes away: it ends, and does not spin without one
tm new-window -d -n gone "exec $swaptop"
checks=$((checks + 1))
gone_pid=$(tm list-panes -t gone -F '#{pane_pid}')
in_window() { [ "$(cat "/proc/$gone_pid/comm" 2>/dev/null)" = swaptop ]; }
ended() { [ ! -e "/proc/$gone_pid" ]; }
eventually in_window || fail "window: swaptop does not run"
tm kill-window -t gone
eventually ended || fail "swaptop outlives its terminal"

# ---- poor terminals
keys "clear; TERM=vt100 $swaptop --replay $dir/tape -d 0.1" Enter
expect "vt100" "replay 40/40"
leave
keys "clear; LC_ALL=C $swaptop --replay $dir/tape -d 0.1" Enter
expect "C locale" "replay 40/40"
checks=$((checks + 1))
! tm capture-pane -p | LC_ALL=C grep -q '[^ -~]' || fail "C locale: more than ASCII on the screen"
leave
keys "clear; NO_COLOR=1 $swaptop --replay $dir/tape -d 0.1" Enter
expect "NO_COLOR" "replay 40/40"
checks=$((checks + 1))
! grep -qE $'\e\\[[0-9;]*(3[0-7]|38;5)' <<<"$(tm capture-pane -pe)" || fail "NO_COLOR: colours on the screen"
leave
keys "clear; TERM=nonsense $swaptop; echo status \$?" Enter
expect "unknown terminal" "TERM=nonsense"
expect "unknown terminal" "status 1"
keys "clear; TERM=dumb $swaptop; echo status \$?" Enter
expect "dumb terminal" "TERM=dumb: this terminal can't move its cursor"
expect "dumb terminal" "status 1"
# graphs of dots, but not on the Linux console, whose font lacks them
has_dots() { grep -qP '[\x{2801}-\x{28ff}]' <<<"$(tm capture-pane -p)"; }
tm resize-window -x 120 -y 40
keys "clear; $swaptop --replay $dir/tape -d 0.1" Enter
expect "dots" "replay 40/40"
checks=$((checks + 2))
eventually has_dots || fail "no graph is made of dots"
leave
keys "clear; TERM=linux $swaptop --replay $dir/tape -d 0.1" Enter
expect "linux" "replay 40/40"
! has_dots || fail "linux: a graph is made of dots"
leave
tm resize-window -x 80 -y 24

# ---- a time that the recording does not have
keys "clear; $swaptop --replay $dir/tape --once --at '2020-01-01 00:00'; echo status \$?" Enter
expect "another year" "--at 2020-01-01 00:00: the recording is from 20"
expect "another year: exit status" "status 1"

# ---- settings are found again
keys "clear; $swaptop --replay $dir/tape -d 0.1" Enter
expect "replay" "replay 40/40"
keys 3 q
expect_restored "q"
keys "clear; $swaptop --replay $dir/tape -d 0.1" Enter
expect "the pane of last time" "CGROUP"
leave

echo "$checks checks, $fails failed"
[ "$fails" -eq 0 ]
