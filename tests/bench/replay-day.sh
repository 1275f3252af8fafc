#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# How long it takes to find a moment of a day in a recording and to draw it: a ring of a sample
# every 10 s with 500 processes, at 24 moments.
#
# usage: replay-day.sh [PROCESSES]
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/lib/built.sh
. tests/lib/built.sh
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export TZ=UTC LC_ALL=C.UTF-8

"$build/tests/tui/make-recording" --ring "$dir/ring" 8640 "${1:-500}"
du -sb "$dir/ring" | awk '{ printf "a day: %.1f MiB\n", $1 / 1048576 }'
TIMEFORMAT='%R %U %S'
for hour in $(seq -w 0 23); do
	at="2026-05-31 $hour:$((RANDOM % 49 + 10)):$((RANDOM % 49 + 10))"
	{ time "$build/swaptop/swaptop" --replay "$dir/ring" --at "$at" --pane processes --once >"$dir/screen"; } 2>>"$dir/times"
	grep -q "$hour:" "$dir/screen" || { echo "$at: another moment is shown"; exit 1; }
done
awk '{ cpu = $2 + $3; n++; sum += cpu; wall += $1; if (cpu > most) most = cpu }
	END { printf "a moment, found and drawn: %.0f ms of processor time, most %.0f ms (%.0f ms by the clock)\n",
		sum / n * 1000, most * 1000, wall / n * 1000; exit most > 1 }' "$dir/times"
