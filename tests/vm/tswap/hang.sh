#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A leaf that does not answer: nothing that asks the module waits for it, nor does anybody else's
# generic netlink. A removal is accepted, shown while it lasts, and done when the leaf answers.
# vm-args: --mem 512 --disk a=64M --disk b=64M
# vm-timeout: 180
# shellcheck source=tests/vm/tswap/lib.sh
. /src/tests/vm/tswap/lib.sh

a=$(by_id a) b=$(by_id b)
modprobe dm-mod
dm_linear() { # NAME PATH
	echo "0 $(blockdev --getsz "$2") linear $2 0" | dmsetup create "$1"
	dmsetup mknodes 2>/dev/null || true
}
hang() {
	dmsetup suspend --noflush --nolockfs "$1"
}

# quick CMD...: done within 2 s, whatever hangs
quick() {
	local status=0

	timeout 2 "$@" >/tmp/quick 2>&1 || status=$?
	[ "$status" != 124 ] || fail "waits: $*"
	return "$status"
}

# nobody who asks for anything waits, even while somebody wants to register a family
others_go_on() {
	quick tswapc job-get --dump || fail "job-get: $(cat /tmp/quick)"
	quick tswapc leaf-get --dump || fail "leaf-get: $(cat /tmp/quick)"
	modprobe nbd &
	sleep 1
	quick tswapc device-get --dump || fail "device-get: $(cat /tmp/quick)"
	wait $!
	modprobe -r nbd 2>/dev/null || true
}

gone() { # DEVICE
	! tswapc device-get id="$1" >/dev/null 2>&1
}

# 1. a device whose job hangs in a read of its leaf
dm_linear bad "$a"
new_device 5000 overcommit=1 >/dev/null
la=$(new_leaf /dev/mapper/bad ssd 0)
lb=$(new_leaf "$b" hdd 1)
activate
start_worker w 16
ask w out
[ "$(leaf used "$la")" -gt 1000 ] || fail "the leaf holds nothing"
stop_worker w
swapoff /dev/tswap0
dd if=/dev/zero of=/dev/tswap0 bs=4k count=512 status=none
hang bad
j=$(start_job kind=$MIGRATE src-leaf="$la" dst-leaf="$lb")
sleep 0.5
[ "$(job state "$j")" = $RUNNING ] || fail "the job does not hang: $(tswapc job-get id="$j")"
tswapc monitor 20 >/tmp/events &
events=$!
await grep -q ready /tmp/events
quick tswapc device-del id=0 wait=0 || fail "device-del: $(cat /tmp/quick)"
others_go_on
[ "$(dev removing)" = 1 ] || fail "no word of the removal"
refused "being removed" tswapc device-del id=0
refused "being removed" tswapc device-set id=0 overcommit=0
refused "exists" tswapc device-add id=0 slots=100
quick dd if=/dev/tswap0 of=/dev/null bs=4k count=1 && fail "it can still be opened"
! grep -q "^device-ntf.*event=2" /tmp/events || fail "removed, says an event"
dmsetup resume bad
await gone 0
wait $events
grep -q "^device-ntf.*event=2" /tmp/events || fail "no event of the removal: $(cat /tmp/events)"
grep -q "^leaf-ntf id=$la .*event=2\|^leaf-ntf .*id=$la .*event=2" /tmp/events ||
	fail "no event of the leaf's removal: $(cat /tmp/events)"
nothing_left
dmsetup remove bad || fail "something holds the leaf still"
echo "device-del: ok"

# 2. new leaves that do not answer
dm_linear bad "$a"
dm_linear bad2 "$b"
new_device 5000 overcommit=1 >/dev/null
mkswap -q /dev/mapper/bad >/dev/null
mkswap -q /dev/mapper/bad2 >/dev/null
hang bad
hang bad2
add() { # PATH
	exec timeout 30 tswapc leaf-add device=0 path="$1" tier=x rank=3
}
add /dev/mapper/bad >/tmp/add 2>&1 &
adding=$!
tswapc leaf-add device=0 path=/dev/mapper/bad2 tier=x rank=3 >/dev/null 2>&1 &
killed=$!
sleep 1
quick tswapc device-get --dump || fail "device-get while a leaf is added"
quick tswapc tier-get --dump || fail "tier-get while a leaf is added"
kill -9 $killed
died() { ! kill -0 $killed 2>/dev/null; }
await died
wait $adding && fail "a leaf that does not answer was added"
grep -q "does not answer" /tmp/add || fail "leaf-add: $(cat /tmp/add)"
[ "$(dev leaves)" = 0 ] || fail "a leaf was added"
quick tswapc device-del id=0 wait=0 || fail "device-del after leaf-add"
dmsetup resume bad
dmsetup resume bad2
await gone 0
closed() { dmsetup remove "$1" 2>/dev/null; }
await closed bad
await closed bad2
nothing_left
echo "leaf-add: ok"
clean_log
