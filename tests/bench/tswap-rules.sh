#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What rules of cgroups cost on the way of a page: instructions a page to swap out, in and to free,
# of a process in a cgroup eight deep, without a rule and with 1,000 rules on all eight depths,
# the one that holds at the top. Best of some rounds, on a RAM disk and two tiers.
# usage: tswap-rules.sh [ROUNDS [MIB]]
# On the host it runs itself in guests of the kernels in $KERNELS (6.1 6.12 7.3). With a
# $SWAPADM_BUILD whose module has no rules only the first line is printed.
if [ -z "${VM_KERNEL-}" ]; then
	cd "$(dirname "$0")/../.." || exit 1
	for kernel in ${KERNELS:-6.1 6.12 7.3}; do
		tests/vm/run --kernel "$kernel" --timeout 3600 --mem 768 --icount \
			"tests/bench/${0##*/}" "$@" || exit 1
	done
	exit 0
fi
# shellcheck source=tests/vm/tswap/lib.sh
. /src/tests/vm/tswap/lib.sh

rounds=${1:-4} mib=${2:-16}
deep=r/2/3/4/5/6/7/8

ms() {
	sed 's/.* in \([0-9.]*\) ms/\1/' <<<"$answer"
}

measure() { # NAME
	local i out='' in='' free=''

	for ((i = 0; i <= rounds; i++)); do
		ask w "rewrite 100"
		ask w out
		out+="$(ms) "
		ask w touch
		in+="$(ms) "
		ask w out
		ask w drop
		free+="$(ms) "
	done
	awk -v name="$VM_KERNEL $1" -v out="$out" -v in_="$in" -v free="$free" \
		-v f="$(awk -v p=$((mib * 256)) 'BEGIN { print 1e6 / p }')" '
		function best(s,   a, n, i, b) {
			n = split(s, a, " ")
			for (i = 2; i <= n; i++) # the first round warms up
				if (b == "" || a[i] < b) b = a[i] + 0
			return b * f
		}
		BEGIN { printf "%s: out %.0f in %.0f free %.0f instructions a page\n", name,
			best(out), best(in_), best(free) }'
}

modprobe brd rd_nr=2 rd_size=$((mib * 1280))
new_device "$(($(pages_of /dev/ram0) - 1))" >/dev/null
new_leaf /dev/ram0 fast 0 >/dev/null
new_leaf /dev/ram1 slow 1 >/dev/null
activate
start_worker w "$mib"
p=/sys/fs/cgroup
for d in r 2 3 4 5 6 7 8; do
	p=$p/$d
	mkdir $p
	echo +memory >"${p%/*}/cgroup.subtree_control"
done
echo "${worker_pid[w]}" >/sys/fs/cgroup/$deep/cgroup.procs
ask w "free 100"
measure "no rules"
tswapc cgroup-get --dump device=0 >/dev/null 2>&1 || exit 0
p=/sys/fs/cgroup
for d in r 2 3 4 5 6 7 8; do
	for ((i = 0; i < 125; i++)); do
		mkdir $p/s$i
		tswapc cgroup-set device=0 id="$(stat -c %i $p/s$i)" mode=1 tiers=slow
	done
	p=$p/$d
done
tswapc cgroup-set device=0 id="$(stat -c %i /sys/fs/cgroup/r)" mode=1 tiers=fast,slow
ask w "free 100"
measure "1,000 rules"
tswapc cgroup-set device=0 id="$(stat -c %i /sys/fs/cgroup/r)" mode=1 tiers=fast,slow \
	limit=$((mib * 1024))
measure "1,000 rules, a limit"
