#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# on-swapin = free against keep where memory is shortest: two workers of 64 MiB, each in a cgroup
# of 24 MiB, that read and write at random. How many the OOM killer ends, what is read and
# written for a step of the work, and how far it gets.
# usage: tswap-onswapin.sh [ROUNDS [SECONDS]]
# On the host it runs itself in guests of the kernels in $KERNELS (6.1 6.12 7.3).
if [ -z "${VM_KERNEL-}" ]; then
	cd "$(dirname "$0")/../.." || exit 1
	for kernel in ${KERNELS:-6.1 6.12 7.3}; do
		tests/vm/build-module "$kernel" || exit 1
		tests/vm/run --kernel "$kernel" --timeout 3600 --mem 512 --disk a=384M \
			"tests/bench/${0##*/}" "$@" || exit 1
	done
	exit 0
fi
# shellcheck source=tests/vm/tswap/lib.sh
. /src/tests/vm/tswap/lib.sh

rounds=${1:-2} secs=${2:-40}
a=$(by_id a)
new_device "$(($(pages_of "$a") - 1))" >/dev/null
la=$(new_leaf "$a" ssd 0)
activate

# worked NAME: adds its steps to $steps; a dead worker has made none, and is gone from $alive
worked() {
	local answer=''

	read -r answer <&"${worker_out[$1]}" || true
	case $answer in
	"ok churn "*)
		steps=$((steps + $(cut -d' ' -f3 <<<"$answer")))
		alive+=("$1")
		;;
	'') wait "${worker_pid[$1]}" || true ;;
	*) fail "worker $1: $answer" ;;
	esac
}

end() { # NAME
	echo max >"/sys/fs/cgroup/$1/memory.max"
	ask "$1" verify
	stop_worker "$1"
}

try() { # POLICY ROUND
	local names=("w$1$2" "v$1$2") alive=() name killed=0 reads writes

	steps=0
	case $1 in
	keep) tswapc tier-set device=0 name=ssd on-swapin=$KEEP ;;
	free) tswapc tier-set device=0 name=ssd on-swapin=$FREE ;;
	esac
	for name in "${names[@]}"; do
		start_worker "$name" 64
		ask "$name" out
		echo 24M >"/sys/fs/cgroup/$name/memory.max"
	done
	reads=$(leaf read-pages "$la") writes=$(leaf write-pages "$la")
	for name in "${names[@]}"; do tell "$name" "churn $secs rrrrwwoo"; done
	for name in "${names[@]}"; do worked "$name"; done
	for name in "${names[@]}"; do
		killed=$((killed + $(awk '/^oom_kill / { print $2 }' "/sys/fs/cgroup/$name/memory.events")))
	done
	reads=$(($(leaf read-pages "$la") - reads)) writes=$(($(leaf write-pages "$la") - writes))
	for name in "${alive[@]}"; do end "$name"; done
	echo "$VM_KERNEL $1: $killed of 2 killed, $steps steps, $reads pages read, $writes written"
}

for ((round = 1; round <= rounds; round++)); do
	try keep $round
	try free $round
done
take_down
