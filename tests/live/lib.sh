# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What every live test sources. They run on the machine's own kernel with swap areas of
# their own making; whatever they make is put on a stack and taken away on every way out.
#
# Exit status 77 means "skipped" to meson; say why on stdout before.
set -euo pipefail
export LC_ALL=C

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# built programs (pattern, plan-driver, swapctl): set by meson, or the usual build folder
case ${SWAPADM_BUILD:=build} in
/*) build=${SWAPADM_BUILD_ROOT:-$SWAPADM_BUILD} ;;
*) build=${SWAPADM_BUILD_ROOT:-$here/../../$SWAPADM_BUILD} ;;
esac
export PATH=$build/swapctl:$build/tests/live:$PATH:/usr/sbin:/sbin

# of programs that have the library built in
[ ! -x "$build/libswapadm/swapadm-worker" ] ||
	export SWAPADM_WORKER=$build/libswapadm/swapadm-worker

cleanup_stack=()
n_failed=0 n_checks=0

# at_exit CMD ARG...: run at the end, last one first; a failure is reported, not fatal
at_exit() {
	local quoted

	printf -v quoted '%q ' "$@"
	cleanup_stack+=("$quoted")
}

run_cleanup() {
	local status=$? i

	trap - EXIT
	trap '' INT TERM HUP
	set +e
	for ((i = ${#cleanup_stack[@]} - 1; i >= 0; i--)); do
		eval "${cleanup_stack[i]}" || {
			echo "clean-up failed: ${cleanup_stack[i]}"
			[ "$status" -ne 0 ] || status=1
		}
	done
	exit "$status"
}
trap run_cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

skip() {
	echo "skipped: $*"
	exit 77
}

need_root() {
	[ "$(id -u)" -eq 0 ] || skip "needs root"
}

# what measures, or counts pages, would measure other areas as well
need_no_swap() {
	[ "$(wc -l </proc/swaps)" -eq 1 ] || skip "other swap is active; turn it off first"
}

fail() {
	echo "FAIL: $*"
	n_failed=$((n_failed + 1))
}

# check NAME CMD...: CMD must succeed
check() {
	local name=$1

	shift
	n_checks=$((n_checks + 1))
	if "$@"; then
		echo "ok: $name"
	else
		fail "$name"
	fi
}

finish() {
	echo "$n_checks checks, $n_failed failed"
	[ "$n_failed" -eq 0 ] || exit 1
	exit 0
}

# ---- moments -----------------------------------------------------------------------
# A sleep is no condition: what a test needs to have happened it waits for. Nothing says how
# long that takes on a busy machine, so the bound is one that only a hang reaches.

# until_so CMD...: false: not within a minute
until_so() {
	local end=$((SECONDS + 60))

	until "$@"; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.05
	done
}

# comes CMD...: the test can't go on without it
comes() {
	until_so "$@" || {
		echo "waited in vain for: $*"
		exit 1
	}
}

# ended PID: of a child that nobody has waited for yet, too
ended() {
	! grep -qs '^State:.[^Z]' "/proc/$1/status"
}

# strike SIGNAL PID [TARGET]: until it has ended. Once is not enough: a program that a script
# starts in the background ignores SIGINT until it looks for it.
strike() {
	comes struck "$@"
}

struck() {
	ended "$2" && return 0
	kill "-$1" -- "${3-$2}" 2>/dev/null || true
	return 1
}

# has WORDS FILE: a line begins so
has() {
	grep -qs "^$1" "$2"
}

# ---- things to test with -----------------------------------------------------------

# a private folder on a file system that can hold swap files: $tmp
make_tmp() {
	tmp=$(mktemp -d "${SWAPADM_TEST_DIR:-/var/tmp}/swapadm-live.XXXXXX")
	at_exit rm -rf "$tmp"
	case $(stat -f -c %T "$tmp") in
	ext2/ext3 | ext4 | xfs | btrfs) ;;
	*) skip "$tmp is on $(stat -f -c %T "$tmp"); set SWAPADM_TEST_DIR to a folder on ext4, xfs or btrfs" ;;
	esac
}

# swapoff, if it is active; the path as /proc/swaps shows it
swapoff_quiet() {
	! swap_active "$1" || swapoff "$(printf %b "$1")"
}

swap_active() {
	# not awk -v, which takes \040 for a blank
	want=$1 awk 'NR > 1 && $1 == ENVIRON["want"] { found = 1 } END { exit !found }' /proc/swaps
}

# swap_field PATH size|used|prio (KiB, KiB, number)
swap_field() {
	want=$1 awk -v field="$2" 'NR > 1 && $1 == ENVIRON["want"] {
		print field == "size" ? $3 : field == "used" ? $4 : $5
	}' /proc/swaps
}

# make_loop NAME SIZE: a fake disk of SIZE on $tmp/NAME.img; sets $loop to its node
make_loop() {
	local image=$tmp/$1.img

	truncate -s "$2" "$image"
	attach_loop "$image"
}

# attach_loop FILE [losetup options]: sets $loop
attach_loop() {
	local image=$1

	shift
	loop=$(losetup --find --show "$@" "$image")
	at_exit drop_loop "$loop"
	at_exit swapoff_quiet "$loop"
}

# drop_loop [NODE]: detach it before the end, so that few nodes are needed
drop_loop() {
	local node=${1-$loop}

	! losetup "$node" >/dev/null 2>&1 || losetup -d "$node"
}

# zram devices that a test makes vanish again, whoever made them: those of now stay
watch_zram() {
	local known=" " node

	for node in /sys/block/zram*; do
		[ ! -e "$node" ] || known+="${node##*/} "
	done
	at_exit remove_new_zram "$known"
}

n_zram() {
	find /sys/block -maxdepth 1 -name 'zram*' | wc -l
}

remove_new_zram() {
	local known=$1 node name

	for node in /sys/block/zram*; do
		[ -e "$node" ] || continue
		name=${node##*/}
		[[ $known == *" $name "* ]] && continue
		swapoff_quiet "/dev/$name"
		echo 1 >"$node/reset"
		echo "${name#zram}" >/sys/class/zram-control/hot_remove
	done
}

# make_group: a memory cgroup of this test's own in $group, the name of the file with its
# limit in $limit; fails where there can't be one
make_group() {
	local mount

	mount=$(awk '$3 == "cgroup" && $4 ~ /(^|,)memory(,|$)/ { v1 = $2 } $3 == "cgroup2" { v2 = $2 }
		END { print v1 ? v1 : v2 }' /proc/mounts)
	group=$mount/swapadm-live-$$ limit=memory.max
	[ ! -e "$mount/memory.limit_in_bytes" ] || limit=memory.limit_in_bytes
	mkdir "$group" 2>/dev/null || return 1
	at_exit drop_group "$group"
	[ -e "$group/$limit" ]
}

# what was killed in it may still be on its way out
drop_group() {
	[ ! -d "$1" ] || until_so rmdir "$1" 2>/dev/null
}

# the state that swapadm keeps is set aside for the test and put back afterwards
private_state() {
	local kept

	if [ -e /run/swapadm/state ]; then
		kept=$(mktemp)
		cp -p /run/swapadm/state "$kept"
		rm /run/swapadm/state
		at_exit mv "$kept" /run/swapadm/state
	fi
	at_exit rm -f /run/swapadm/state
}

# ---- workload ----------------------------------------------------------------------

# workload_start PATTERN-ARGS...: a coprocess; $workload_pid
workload_start() {
	coproc workload { exec pattern "$@"; }
	workload_in=${workload[1]} workload_out=${workload[0]}
	at_exit workload_kill
	read -r -t 120 _ workload_pid _ <&"$workload_out" || {
		echo "the workload did not start"
		exit 1
	}
}

workload_kill() {
	[ -z "${workload_pid-}" ] || kill "$workload_pid" 2>/dev/null || true
}

# workload_do LINE: sets $answer
workload_do() {
	echo "$1" >&"$workload_in"
	read -r -t 300 answer <&"$workload_out"
}

# every page as it was written?
workload_ok() {
	workload_do verify && [[ $answer == ok* ]] || {
		echo "workload: ${answer-no answer}"
		return 1
	}
}

# end it; its last words and its status count
workload_end() {
	workload_do quit && [[ $answer == ok* ]] || return 1
	wait "$workload_pid"
	workload_pid=
}

# ---- pages in swap by area ---------------------------------------------------------
# How many lie on which is the kernel's choice: a processor goes on with the 512 slots that it
# has begun, also when an area of a higher priority has come since.

# of process $pid, most first
counted() { layouts count "$pid" | awk '{ print $2 }' | sort -rn | xargs; }
shown() { # [PREFIX]: of ps, whose columns of tiers lie between two others
	"$@" swapctl ps -r -b | awk -v p="$pid" -v page="$(getconf PAGESIZE)" '
		NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i }
		$1 == p {
			for (i = at["SWAP"] + 1; i < at["RSS"]; i++)
				if ($i) print $i / page
		}' | sort -rn | xargs
}
agree() { # [PREFIX]: what both say, when nothing moved meanwhile
	local before ps

	for _ in $(seq 20); do
		before=$(counted)
		ps=$(shown "$@")
		[ "$before" = "$(counted)" ] || continue
		echo "pages by area: $before; ps: $ps"
		[ "$before" = "$ps" ]
		return
	done
	echo "the pages of $pid move all the time"
	return 1
}
