#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What tests/run and the benchmarks say to who does not know them, or has built nothing.
# usage: test-usage.sh SOURCE_ROOT
set -u
cd "$1" || exit 1
status=0

says() { # STATUS WORDS COMMAND...
	local want=$1 words=$2 said got=0

	shift 2
	said=$("$@" 2>&1) || got=$?
	[ $got -eq "$want" ] && [[ $said == *"$words"* ]] || {
		echo "$*: exit $got instead of $want, and says: $said"
		status=1
	}
}

says 0 "usage: tests/run [GROUP...]" tests/run --help
says 0 "exit status is 0 when nothing failed" tests/run -h
says 2 "--halp: unknown group" tests/run --halp
for bench in drain list metrics park ps record-cost replay-day swaptop-cost; do
	says 1 "/nonexistent: nothing is built there" env SWAPADM_BUILD=/nonexistent "tests/bench/$bench.sh"
done
exit $status
