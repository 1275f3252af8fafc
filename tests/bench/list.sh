#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What `swapctl list` costs as a whole process, compared with `swapon --show`, and with 1,000 areas.
#
# usage: tests/bench/list.sh [ROUNDS]
#
# The two commands alternate; printed are medians of wall and of processor time and their
# ratio. swapctl is measured as it is installed (the build's own has a search path that costs
# every start some system calls). Unprivileged; looks at the machine's areas, makes none.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/lib/built.sh
. tests/lib/built.sh
rounds=${1:-200}

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
DESTDIR=$folder meson install -C "$build" --no-rebuild >/dev/null
library=$(dirname "$(find "$folder" -name 'libswapadm.so.0' | head -n 1)")

LD_LIBRARY_PATH=$library python3 - "$folder/usr/bin/swapctl" "$rounds" <<'END'
import resource, statistics, subprocess, sys, time

commands = {"swapon --show": ["/sbin/swapon", "--show"], "swapctl list": [sys.argv[1], "list"]}
wall = {name: [] for name in commands}
cpu = {name: [] for name in commands}
for _ in range(int(sys.argv[2])):
    for name, command in commands.items():
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        wall[name].append(1e3 * (time.monotonic() - start))
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu[name].append(
            1e3 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        )
for what, times in (("wall", wall), ("processor", cpu)):
    theirs, ours = (statistics.median(times[name]) for name in commands)
    print("%s: swapon --show %.2f ms, swapctl list %.2f ms, ratio %.2f" % (what, theirs, ours, ours / theirs))
END
PATH=$folder/usr/bin:$PATH LD_LIBRARY_PATH=$library tests/fixture/scale.py
