# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What the guest scripts of the direct layer share. The guest is thrown away afterwards.
set -euo pipefail

fail() {
	echo "FAIL: $*" >&2
	cat /proc/swaps >&2
	exit 1
}

# exits STATUS CMD...: CMD must end with STATUS; its output is kept in $said
exits() {
	local want=$1 status=0

	shift
	said=$("$@" 2>&1) || status=$?
	[ "$status" -eq "$want" ] || fail "$*: exit $status, wanted $want: $said"
}

says() { # TEXT: the last command of exits() said it
	case $said in *"$1"*) ;; *) fail "expected \"$1\" in: $said" ;; esac
}

# await CMD...: until it succeeds; no test takes so long, however busy the machine is
await() {
	local end=$((SECONDS + 120))

	until "$@"; do
		[ $SECONDS -lt $end ] || fail "waited in vain for: $*"
		sleep 0.1
	done
}

areas() {
	tail -n +2 /proc/swaps
}

# run_live NAME...: live tests, on this kernel
run_live() {
	local name

	export SWAPADM_BUILD_ROOT=/ # programs are in PATH
	for name; do
		/src/tests/live/test-"$name".sh >"/tmp/$name.log" 2>&1 || {
			echo "test-$name.sh: status $?"
			grep -B5 '^FAIL' "/tmp/$name.log" || true
			echo "its last lines:"
			tail -n 10 "/tmp/$name.log"
			fail "live test $name"
		}
		tail -n 1 "/tmp/$name.log"
	done
	[ -z "$(areas)" ] || fail "areas are left"
}

# start_workload MIB [CGROUP]: a pattern process as ${workload[0]}, ${workload[1]}
start_workload() {
	local ready

	if [ -n "${2-}" ]; then
		coproc workload { echo $BASHPID >"$2/cgroup.procs"; exec pattern "$1"; }
	else
		coproc workload { exec pattern "$1"; }
	fi
	read -r ready <&"${workload[0]}" || fail "the workload did not start"
	case $ready in ready*) ;; *) fail "the workload says: $ready" ;; esac
}

# ask COMMAND: the workload's answer in $answer; a wrong page ends the test
ask() {
	echo "$1" >&"${workload[1]}"
	read -r answer <&"${workload[0]}" || fail "the workload died at $1"
	case $answer in bad*) fail "the workload's memory: $answer" ;; esac
}

slots_of() { # PID: slots of the area in use by its largest mapping
	local start end entry

	read -r start end < <(awk -F'[- ]' '$0 !~ /\// { print $1, $2 }' "/proc/$1/maps" |
		while read -r a b; do echo $((0x$b - 0x$a)) "$a" "$b"; done |
		sort -n | tail -n 1 | cut -d' ' -f2-)
	# awk's numbers are exact up to 2^53: the two halves of an entry are read one by one
	dd if="/proc/$1/pagemap" bs=8 skip=$((0x$start / $(getconf PAGESIZE))) \
		count=$(((0x$end - 0x$start) / $(getconf PAGESIZE))) 2>/dev/null | od -An -v -tu4 -w8 |
		awk 'int($2 / 1073741824) % 2 {
			printf "%d\n", int($1 / 32) + ($2 % 8388608) * 134217728
		}' | sort
}
flagged_slots() { # LETTER: of zram0; needs debugfs
	# through cat: mawk takes a short read of a file for its end
	cat /sys/kernel/debug/zram/zram0/block_state | awk -v c="$1" 'index($3, c) { print $1 }' | sort
}
written_slots() { # those on its backing device
	flagged_slots w
}
