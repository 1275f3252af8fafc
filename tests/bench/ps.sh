#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# swapctl ps against smem, taking turns, over many processes in swap: on one area, on two
# areas of two tiers (which takes their pagemaps), and with a huge empty reservation.
#
# usage: tests/bench/ps.sh
# Environment: MIB (2048), PROCS (500), ROUNDS (9), SWAPADM_BUILD, SWAPADM_TEST_DIR.
set -euo pipefail
export LC_ALL=C
cd "$(dirname "$0")/../.."
# shellcheck source=tests/lib/built.sh
. tests/lib/built.sh
PATH=$build/tests/bench:$PATH:/usr/sbin
mib=${MIB:-2048} procs=${PROCS:-500} rounds=${ROUNDS:-9}
[ "$(id -u)" -eq 0 ] || { echo "ps: needs root"; exit 1; }
tail -n +2 /proc/swaps | grep -q . && { echo "ps: other swap is active; turn it off first"; exit 1; }
tmp=$(mktemp -d "${SWAPADM_TEST_DIR:-/var/tmp}/swapadm-bench.XXXXXX")
load='' reserve=''

tear_down() {
	[ -z "$load" ] || kill "$load" 2>/dev/null || true
	[ -z "$reserve" ] || kill "$reserve" 2>/dev/null || true
	wait 2>/dev/null || true
	load='' reserve=''
	for area in "$tmp"/area*; do
		swapoff "$area" 2>/dev/null || true
		rm -f "$area"
	done
}
trap 'tear_down; rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM

# set_up N: as many areas as that, each of its own priority, and the processes in them
set_up() {
	local i area
	for ((i = 1; i <= $1; i++)); do
		area=$tmp/area$i
		dd if=/dev/zero of="$area" bs=1M count=$(((mib + mib / 8) / $1)) status=none
		chmod 600 "$area"
		mkswap -q "$area" >/dev/null
		swapon -p $((100 - i)) "$area"
	done
	coproc work { exec drainload procs "$mib" "$procs"; }
	load=$work_PID
	read -r _ <&"${work[0]}"
	echo out >&"${work[1]}"
	read -r _ <&"${work[0]}"
}

# measure TITLE: rounds of both, medians, the ratio
measure() {
	echo "$1: $(awk 'NR > 1 { n++; kib += $4 }
		END { printf "%d MiB in %d areas", kib / 1024, n }' /proc/swaps)," \
		"load $(cut -d' ' -f1-3 /proc/loadavg)"
	python3 - "$rounds" "$swapctl" "$lib" <<'PY'
import os, shutil, subprocess, sys, time
env = dict(os.environ, LD_LIBRARY_PATH=sys.argv[3])
what = {"swapctl ps": ([sys.argv[2], "ps"], env)}
if shutil.which("smem"):
    what["smem -s swap"] = (["smem", "-s", "swap"], None)
took = {name: [] for name in what}
for _ in range(int(sys.argv[1])):
    for name, (argv, e) in what.items():
        start = time.monotonic()
        subprocess.run(argv, env=e, check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        took[name].append(time.monotonic() - start)
median = {name: sorted(t)[len(t) // 2] for name, t in took.items()}
for name, t in took.items():
    print("  %-14s %7.4f s (%.4f to %.4f)" % (name, median[name], min(t), max(t)))
if len(median) == 2:
    ours, theirs = median.values()
    print("  ratio          %7.1fx" % (theirs / ours))
PY
	if [ -x /usr/bin/time ]; then
		LD_LIBRARY_PATH=$lib /usr/bin/time -f '  swapctl ps     %M KiB of memory' \
			"$swapctl" ps 2>&1 >/dev/null | tail -n 1
	fi
}

# an installed copy: run-path searching in the build folder costs as much as ps itself
DESTDIR=$tmp/inst meson install -C "$build" --no-rebuild >/dev/null
swapctl=$tmp/inst/usr/bin/swapctl
lib=$(dirname "$(find "$tmp/inst" -name libswapadm.so.0)")
echo "kernel $(uname -r), $(nproc) CPUs, $procs processes, $rounds rounds"
set_up 1
measure "one tier"
python3 -c '
import mmap, signal
m = mmap.mmap(-1, 2 << 40, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x4000)
m[0:8] = b"swapadm!"
m.madvise(21, 0, 4096)
print("reserved", flush=True)
signal.pause()' >"$tmp/reserved" &
reserve=$!
until grep -q reserved "$tmp/reserved"; do sleep 0.1; done
measure "one tier, 2 TiB reserved"
tear_down
set_up 2
measure "two tiers"
