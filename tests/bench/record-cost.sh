#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What a recording costs: bytes a day and CPU at 10 s, 500 processes with 2 GiB in swap, of
# which some work and one goes and one comes every two seconds; and how long it takes to show
# a moment of it.
#
# usage: record-cost.sh [SECONDS [ACTIVE]]	default: 600 50
# As root; makes a zram area of 4 GiB and takes it away again. The day is extrapolated.
cd "$(dirname "$0")/../.."
# shellcheck source=tests/lib/built.sh
. tests/lib/built.sh
# shellcheck source=tests/live/lib.sh
. tests/live/lib.sh

seconds=${1:-600} active=${2:-50} delay=10
processes=500 mib=4
need_root
need_no_swap
swaptop=$(realpath "$build/swaptop/swaptop")
export LC_ALL=C.UTF-8

make_tmp
modprobe -q zram || true
zram=zram$(cat /sys/class/zram-control/hot_add)
at_exit sh -c "echo ${zram#zram} >/sys/class/zram-control/hot_remove"
echo 4G >"/sys/block/$zram/disksize"
mkswap -q "/dev/$zram"
swapon -p 30000 "/dev/$zram"
at_exit swapoff_quiet "/dev/$zram"
cc -O2 -o "$tmp/sleepers" tests/bench/sleepers.c
coproc SLEEPERS { "$tmp/sleepers" "$processes" "$mib" "$active"; }
# shellcheck disable=SC2154 # coproc sets it
at_exit kill "$SLEEPERS_PID"
read -r -t 300 line <&"${SLEEPERS[0]}"
[ "$line" = ready ] || fail "the sleepers are not ready"
echo "$(($(swap_field "/dev/$zram" used) / 1024)) MiB in swap, $(printf '%s\n' /proc/[0-9]* | wc -l) processes"

cpu_ns() { cat /proc/"$1"/task/*/schedstat | awk '{ n += $1 } END { printf "%.0f\n", n }'; }
# all bytes below the folder
size() { find "$tmp/ring" -type f -printf '%s\n' | awk '{ n += $1 } END { print n + 0 }'; }

"$swaptop" --record "$tmp/ring" --ring 64M,1d --delay "$delay" &
pid=$!
at_exit kill "$pid"
# the first sample costs more: it names everything
sleep $((delay + delay / 2))
bytes=$(size) ns=$(cpu_ns "$pid")
sleep "$seconds"
bytes=$(($(size) - bytes)) ns=$(($(cpu_ns "$pid") - ns)) rss=$(awk '/^VmRSS/ { print $2 }' "/proc/$pid/status")
awk -v b="$bytes" -v ns="$ns" -v s="$seconds" -v rss="$rss" -v d="$delay" 'BEGIN {
	printf "%.0f bytes a sample: %.1f MiB a day (extrapolated from %d s)\n", b / s * d, b / s * 86400 / 1048576, s
	printf "%.3f %% of a core, RSS %.1f MiB\n", ns / s / 1e7, rss / 1024 }'
check "a day takes at most 50 MiB" test $((bytes * 86400 / seconds)) -le $((50 << 20))
check "at most 0.2 % of a core" test $((ns / seconds / 10000)) -le 200

start=$(date +%s%N)
"$swaptop" --replay "$tmp/ring" --at "-$((seconds / 2))s" --once >"$tmp/screen"
echo "a moment of it, drawn: $((($(date +%s%N) - start) / 1000000)) ms"
check "it is a screen" grep -q "replay" "$tmp/screen"
finish
