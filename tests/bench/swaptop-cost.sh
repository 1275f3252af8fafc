#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What swaptop costs: CPU compared with htop in the same minute, 1 s refresh, 500 processes with
# 2 GiB in swap; memory; growth at 0.1 s refresh.
#
# usage: swaptop-cost.sh [SECONDS [GROWTH-SECONDS]]	default: 60 600
# As root; makes a zram area of 4 GiB and takes it away again.
cd "$(dirname "$0")/../.."
# shellcheck source=tests/lib/built.sh
. tests/lib/built.sh
# shellcheck source=tests/live/lib.sh
. tests/live/lib.sh

seconds=${1:-60} growth=${2:-600}
processes=500 mib=4
need_root
need_no_swap
command -v tmux >/dev/null || skip "tmux is missing"
swaptop=$(realpath "$build/swaptop/swaptop")

make_tmp
export TMUX_TMPDIR=$tmp XDG_CONFIG_HOME=$tmp/config
unset TMUX
export LC_ALL=C.UTF-8
tm() { tmux -L swaptop-cost -f /dev/null "$@"; }

modprobe -q zram || true
zram=zram$(cat /sys/class/zram-control/hot_add)
at_exit sh -c "echo ${zram#zram} >/sys/class/zram-control/hot_remove"
echo 4G >"/sys/block/$zram/disksize"
mkswap -q "/dev/$zram"
swapon -p 30000 "/dev/$zram"
at_exit swapoff_quiet "/dev/$zram"
cc -O2 -o "$tmp/sleepers" tests/bench/sleepers.c
coproc SLEEPERS { "$tmp/sleepers" "$processes" "$mib"; }
# shellcheck disable=SC2154 # coproc sets it
at_exit kill "$SLEEPERS_PID"
read -r -t 300 line <&"${SLEEPERS[0]}"
[ "$line" = ready ] || fail "the sleepers are not ready"
echo "$(($(swap_field "/dev/$zram" used) / 1024)) MiB in swap, $(printf '%s\n' /proc/[0-9]* | wc -l) processes"

# run NAME COMMAND: in a terminal of 120x40; sets pids[NAME]
declare -A pids before
tm new-session -d -x 120 -y 40 -s keep "sleep 100000"
at_exit tm kill-server
run() {
	tm new-window -d -n "$1" "exec $2"
	sleep 1
	pids[$1]=$(tm list-panes -t "$1" -F '#{pane_pid}')
}
# nanoseconds on a CPU, all threads
cpu_ns() { cat /proc/"$1"/task/*/schedstat | awk '{ n += $1 } END { printf "%.0f\n", n }'; }
# VmRSS in KiB
rss_kib() { awk '/^VmRSS/ { print $2 }' "/proc/$1/status"; }

run closed "$swaptop -d 1"
run open "$swaptop -d 1 --pane processes"
run cgroups "$swaptop -d 1 --pane cgroups"
! command -v htop >/dev/null || run htop "htop -d 10"
! command -v btop >/dev/null || run btop "btop --utf-force -p 0"
sleep 5
for name in "${!pids[@]}"; do before[$name]=$(cpu_ns "${pids[$name]}"); done
sleep "$seconds"
for name in closed open cgroups htop btop; do
	[ -n "${pids[$name]-}" ] || continue
	awk -v name="$name" -v ns=$(($(cpu_ns "${pids[$name]}") - ${before[$name]})) \
		-v s="$seconds" -v kib="$(rss_kib "${pids[$name]}")" 'BEGIN {
		printf "%-8s %5.2f %% of a core, RSS %.1f MiB\n", name, ns / s / 1e7, kib / 1024 }'
done
pct() { echo $((($(cpu_ns "${pids[$1]}") - ${before[$1]}) / seconds / 10000)); } # x 1000
check "process pane closed: at most 1.0 % of a core" test "$(pct closed)" -le 1000
[ -z "${pids[htop]-}" ] ||
	check "process pane open: no more than htop" test "$(pct open)" -le "$(pct htop)"
check "RSS under 24 MiB" test "$(rss_kib "${pids[open]}")" -lt 24576
for name in "${!pids[@]}"; do tm kill-window -t "$name"; done

if [ "$growth" -gt 0 ]; then
	run fast "$swaptop -d 0.1 --pane processes"
	first='' now=0
	# its rings are full after 102 s: until then what they hold becomes memory
	for at in $((growth / 10)) $((growth / 5)) $((growth / 2)) "$growth"; do
		sleep $((at - now))
		now=$at last=$(rss_kib "${pids[fast]}")
		echo "growth: RSS $last KiB after $at s at 0.1 s"
		[ "$at" -lt 102 ] || first=${first:-$last}
	done
	check "no growth (256 KiB of slack)" test $((last - ${first:-last})) -le 256
fi
finish
