#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# swapctl ps against smem over many processes in swap, and one with a huge empty reservation.
#
# usage: tests/bench/ps.sh
# Environment: MIB (2048), PROCS (500), ROUNDS (3), SWAPADM_BUILD, SWAPADM_TEST_DIR.
set -euo pipefail
export LC_ALL=C
cd "$(dirname "$0")/../.."
build=$PWD/${SWAPADM_BUILD:-build}
PATH=$build/swapctl:$build/tests/bench:$PATH:/usr/sbin
mib=${MIB:-2048} procs=${PROCS:-500} rounds=${ROUNDS:-3}
[ "$(id -u)" -eq 0 ] || { echo "ps: needs root"; exit 1; }
tmp=$(mktemp -d "${SWAPADM_TEST_DIR:-/var/tmp}/swapadm-bench.XXXXXX")
area=$tmp/area load='' reserve=''

clean_up() {
	[ -z "$load" ] || kill "$load" 2>/dev/null || true
	[ -z "$reserve" ] || kill "$reserve" 2>/dev/null || true
	wait 2>/dev/null || true
	swapoff "$area" 2>/dev/null || true
	rm -rf "$tmp"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

dd if=/dev/zero of="$area" bs=1M count=$((mib + mib / 8)) status=none
chmod 600 "$area"
mkswap -q "$area" >/dev/null
swapon -p 100 "$area"
coproc work { exec drainload procs "$mib" "$procs"; }
load=$work_PID
read -r _ <&"${work[0]}"
echo out >&"${work[1]}"
read -r _ <&"${work[0]}"

# measure CMD...: "SECONDS MAXRSS-KIB", the median of the rounds
measure() {
	python3 - "$rounds" "$@" <<'PY'
import resource, subprocess, sys, time
times = []
for _ in range(int(sys.argv[1])):
    start = time.monotonic()
    subprocess.run(sys.argv[2:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    times.append(time.monotonic() - start)
print("%.3f %d" % (sorted(times)[len(times) // 2],
                   resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))
PY
}

echo "kernel $(uname -r), $(nproc) CPUs, load $(cut -d' ' -f1-3 /proc/loadavg), $procs processes, $mib MiB"
awk 'NR == 2 { printf "in swap: %d MiB\n", $4 / 1024 }' /proc/swaps
read -r ours rss < <(measure swapctl ps)
printf 'swapctl ps     %8.3f s %8d KiB\n' "$ours" "$rss"
if command -v smem >/dev/null; then
	read -r theirs their_rss < <(measure smem -s swap)
	printf 'smem -s swap   %8.3f s %8d KiB\n' "$theirs" "$their_rss"
	awk -v a="$theirs" -v b="$ours" 'BEGIN { printf "ratio          %8.1fx\n", a / b }'
fi
python3 -c '
import mmap, signal
m = mmap.mmap(-1, 2 << 40, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x4000)
m[0:8] = b"swapadm!"
m.madvise(21, 0, 4096)
print("reserved", flush=True)
signal.pause()' >"$tmp/reserved" &
reserve=$!
until grep -q reserved "$tmp/reserved"; do sleep 0.1; done
read -r ours rss < <(measure swapctl ps)
printf 'with 2 TiB reserved: %.3f s\n' "$ours"
