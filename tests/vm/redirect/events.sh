#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Events that come by the thousand a second: monitor prints all of them, or that some were
# lost, and then reads the state again; what it has printed last is true in any case.
# vm-args: --mem 768 --disk ssd=64M
. /src/tests/vm/redirect/lib.sh

modprobe brd rd_nr=8 rd_size=4096
printf '[swapadm]\nlayer = redirect\n[tier ram]\n' >/etc/swapadm.conf
for disk in /dev/ram[0-9]*; do
	mkswap -q "$disk"
	echo "device = $disk" >>/etc/swapadm.conf
done
exits 0 swapctl apply
leaf=$(grep -lx ram0 /sys/block/tswap0/tswap/leaf*/name)
leaf=${leaf%/name} leaf=${leaf##*leaf}

begin_monitor() { # COMMAND...
	"$@" >/run/monitor.log 2>&1 &
	monitor=$!
	await area-present ram7
}

# told EVENT DEVICE [STATE]: how often
told() {
	grep "\"event\":\"$1\"" /run/monitor.log | grep "\"device\":\"$2\"" |
		grep -c "\"state\":\"${3-}" || true
}

await() { # EVENT DEVICE [STATE]
	for _ in {1..300}; do
		[ "$(told "$@")" = 0 ] || return 0
		kill -0 "$monitor" || break
		sleep 0.2
	done
	fail "$* never came: $(tail -n 5 /run/monitor.log)"
}

# storm N: ram0 changes N times; then ram1, then ram7, which is the last thing to be printed
storm() {
	local words=(leaf-set device=0 "id=$leaf")

	echo "$1 changes: $(tswapc repeat $(($1 / 2)) "${words[@]}" state=2 -- "${words[@]}" state=1)"
	swapctl cordon ram1
	swapctl cordon ram7
}

# after a storm of N: all of them or a word about the loss, and the truth in the end
check() {
	local disk last

	await area-changed ram7 cordoned
	kill -INT "$monitor"
	wait "$monitor" || fail "monitor ended with $?"
	seen=$(grep -c '"event":"leaf-changed".*"device":"ram0"' /run/monitor.log || true)
	lost=$(grep -c '"event":"events-lost"' /run/monitor.log || true)
	echo "$seen of $1 printed, events-lost $lost times"
	[ "$seen" = "$1" ] || [ "$lost" -gt 0 ] || fail "events were lost silently"
	for disk in ram{0..7}; do
		last=$(grep '"event":"area-' /run/monitor.log | grep "\"device\":\"$disk\"" |
			tail -n 1 | sed 's/.*"state":"\([a-z]*\)".*/\1/')
		is STATE "$disk" "$last"
	done
	is STATE ram1 cordoned
	exits 0 swapctl uncordon ram
}

asleep() { # N: a storm while monitor does not read
	kill -STOP "$monitor"
	storm "$1"
	kill -CONT "$monitor"
}

step "a reader that reads"
begin_monitor swapctl monitor -J
storm 20000
check 20000

step "a reader that sleeps"
begin_monitor swapctl monitor -J
asleep 1200
check 1200

step "a reader that sleeps for too long"
begin_monitor swapctl monitor -J
asleep 20000
check 20000
[ "$lost" -gt 0 ] || fail "nothing was lost"

step "a reader that reads, with hardly any room"
echo 4096 >/proc/sys/net/core/rmem_max
begin_monitor setpriv --reuid 65534 --clear-groups --no-new-privs swapctl monitor -J
storm 5000
check 5000

step "a reader that sleeps, with hardly any room"
begin_monitor setpriv --reuid 65534 --clear-groups --no-new-privs swapctl monitor -J
asleep 200
check 200
[ "$lost" -gt 0 ] || fail "nothing was lost"

step "the module goes and comes back"
begin_monitor swapctl monitor -J
exits 0 swapctl remove tswap0
rmmod tswap
exits 0 swapctl apply
for _ in {1..100}; do # until it has seen the new one
	swapctl cordon ram1
	swapctl uncordon ram1
	! grep -q '"event":"leaf-changed".*"device":"ram1"' /run/monitor.log || break
	sleep 0.1
done
grep -q '"event":"leaf-changed".*"device":"ram1"' /run/monitor.log ||
	fail "the new module is not listened to: $(tail -n 5 /run/monitor.log)"
kill -INT "$monitor"
wait "$monitor" || fail "monitor ended with $?"
