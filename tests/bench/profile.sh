#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The part of profile.py that runs in the guest: pages go out, and come in at random, on a leaf
# directly, through dm-linear and through tswap. /share/phase names what is going on.
# usage: profile.sh ROUNDS
# shellcheck source=tests/bench/ways.sh
. /src/tests/bench/ways.sh

rounds=$1 mib=64

phase() {
	echo "$1" >/share/phase.new
	mv /share/phase.new /share/phase
}

measure() { # MEDIUM WAY
	local i

	for ((i = 0; i < rounds; i++)); do
		ask w "rewrite 100"
		phase "$2.out"
		ask w out
		phase "$2.random"
		ask w "random 12000"
		phase -
		ask w verify
	done
}

echo 0 >/proc/sys/kernel/kptr_restrict
modprobe -a dm-mod tswap
modprobe brd rd_nr=1 rd_size=81920
start_worker w $mib seed=1
cp /proc/kallsyms /share/symbols
for way in direct linear redirect; do
	"$way" brd /dev/ram0
done
stop_worker w
clean_log
