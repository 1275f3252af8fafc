#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Events that come faster than monitor reads: all are told, or their loss is, and then the
# state is read again.
# vm-args: --mem 768 --disk ssd=64M
. /src/tests/vm/redirect/lib.sh

modprobe brd rd_nr=16 rd_size=4096
printf '[swapadm]\nlayer = redirect\n[tier ram]\n' >/etc/swapadm.conf
for disk in /dev/ram[0-9]*; do
	mkswap -q "$disk"
	echo "device = $disk" >>/etc/swapadm.conf
done
exits 0 swapctl apply

# burst N: N times 32 changes of leaves
burst() {
	local i

	for ((i = 0; i < $1; i++)); do
		swapctl cordon ram
		swapctl uncordon ram
	done
}

begin_monitor() { # COMMAND...
	"$@" >/run/monitor.log 2>&1 &
	monitor=$!
	until grep -q area-present /run/monitor.log; do
		kill -0 "$monitor" || fail "monitor: $(cat /run/monitor.log)"
		sleep 0.2
	done
}

end_monitor() {
	sleep 3
	kill -INT "$monitor"
	wait "$monitor" || fail "monitor ended with $?"
	seen=$(grep -c leaf-changed /run/monitor.log || true)
	lost=$(grep -c events-lost /run/monitor.log || true)
}

step "a reader that keeps up"
begin_monitor swapctl monitor
begin=$(date +%s%N)
burst 20
ms=$((($(date +%s%N) - begin) / 1000000))
end_monitor
echo "640 changes in $ms ms, $((640000 / ms))/s: $seen told, events-lost $lost times"
[ "$seen" = 640 ] || [ "$lost" -gt 0 ] || fail "events were lost without a word"

step "a reader that sleeps"
begin_monitor swapctl monitor
kill -STOP "$monitor"
burst 40
kill -CONT "$monitor"
end_monitor
echo "1280 changes while it slept: $seen told, events-lost $lost times"
[ "$seen" = 1280 ] || [ "$lost" -gt 0 ] || fail "events were lost without a word"

step "no room for events: the loss is told, and what has changed meanwhile"
echo 4096 >/proc/sys/net/core/rmem_max
begin_monitor setpriv --reuid 65534 --clear-groups --no-new-privs swapctl monitor
kill -STOP "$monitor"
burst 4
swapctl cordon ram
kill -CONT "$monitor"
end_monitor
echo "144 changes: $seen told, events-lost $lost times"
[ "$lost" -gt 0 ] || fail "nothing was lost: $(cat /run/monitor.log)"
[ "$(grep -c 'area-changed ram.*cordoned' /run/monitor.log)" = 16 ] ||
	fail "the state was not read again: $(cat /run/monitor.log)"
