#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Requests: malformed ones change nothing, privileges, refusals with their reasons, parallel
# clients, notifications; what must not be done while the area is in use; 512-byte O_DIRECT.
# vm-args: --mem 512 --disk a=64M --disk b=64M --disk c=32M
# vm-debug-args: --mem 1024 --disk a=24M --disk b=24M --disk c=16M
# vm-timeout: 240
# shellcheck source=tests/vm/tswap/lib.sh
. /src/tests/vm/tswap/lib.sh

mib=16 other=20 rounds=40
[ "$VM_KERNEL" != debug ] || mib=6 other=8 rounds=10
a=$(by_id a) b=$(by_id b) c=$(by_id c)
modprobe tswap
tswapc monitor 600 >/tmp/events &
monitor=$!
while ! grep -q ready /tmp/events; do sleep 0.1; done

# devices
refused "10 to 2^32" tswapc device-add slots=3
refused "10 to 2^32" tswapc device-add slots=4294967296
refused "no memory for the map" tswapc device-add slots=4294967295 # 32 GiB
refused "names no number" tswapc device-add
refused "ids go from" tswapc device-add id=5000 slots=100
refused "no such tswap device" tswapc device-get id=0
new_device "$(($(pages_of "$a") + $(pages_of "$b") - 2))" >/dev/null
refused "with that id exists" tswapc device-add id=0 slots=100

# leaves
refused "not an open block device" tswapc leaf-add device=0 path=/dev/null tier=ssd rank=0
refused "not an open file" tswapc leaf-add device=0 fd=77 tier=ssd rank=0
refused "run mkswap" tswapc leaf-add device=0 path="$a" tier=ssd rank=0
mkswap -q "$a"
refused "needs a rank" tswapc leaf-add device=0 path="$a" tier=ssd
refused "name is" tswapc leaf-add device=0 path="$a" tier=SSD rank=0
swapon "$a"
refused "in use" tswapc leaf-add device=0 path="$a" tier=ssd rank=0
swapoff "$a"
refused "cannot be a leaf" tswapc leaf-add device=0 path=/dev/tswap0 tier=ssd rank=0
la=$(new_leaf "$a" ssd 0)
refused "in use" tswapc leaf-add device=0 path="$a" tier=ssd rank=0
mkswap -q "$b"
refused "another rank" tswapc leaf-add device=0 path="$b" tier=ssd rank=3
refused "another tier has" tswapc leaf-add device=0 path="$b" tier=hdd rank=0
lb=$(new_leaf "$b" hdd 1)
! swapon "$b" 2>/dev/null || fail "a leaf could be made an area of its own"
printf 'x' | dd of="$c" bs=1 conv=notrunc status=none
refused "run mkswap" tswapc leaf-add device=0 path="$c" tier=hdd
truncate -s 32M /tmp/file
mkswap -q /tmp/file
modprobe loop 2>/dev/null || true
loop=$(losetup -f --show /tmp/file)
refused "allow-loop" tswapc leaf-add device=0 path="$loop" tier=hdd
ll=$(value id "$(tswapc leaf-add device=0 path="$loop" tier=hdd flags=1)")
tswapc leaf-del device=0 id="$ll"
losetup -d "$loop"

# 512-byte O_DIRECT, and odd offsets
! dd if=/dev/tswap0 of=/dev/null bs=512 count=1 iflag=direct status=none 2>/dev/null ||
	fail "512-byte O_DIRECT read"
! dd if=/dev/zero of=/dev/tswap0 bs=512 count=1 oflag=direct status=none 2>/dev/null ||
	fail "512-byte O_DIRECT write"
head -c 1234 /dev/urandom >/tmp/odd
dd if=/tmp/odd of=/dev/tswap0 bs=1234 seek=3 conv=notrunc,fsync status=none
dd if=/dev/tswap0 bs=1234 skip=3 count=1 iflag=fullblock status=none | cmp - /tmp/odd ||
	fail "buffered odd write"
head -c 4M /dev/urandom >/tmp/big
dd if=/tmp/big of=/dev/tswap0 bs=4M oflag=direct status=none
echo 3 >/proc/sys/vm/drop_caches
dd if=/dev/tswap0 bs=64k count=64 iflag=direct status=none | cmp - /tmp/big || fail "O_DIRECT"
no_leaks

# jobs
refused "one source" tswapc job-start device=0 kind=$DRAIN
refused "no such source tier" tswapc job-start device=0 kind=$DRAIN src-tier=none
refused "no such source leaf" tswapc job-start device=0 kind=$DRAIN src-leaf=9
refused "the same" tswapc job-start device=0 kind=$MIGRATE src-tier=ssd dst-tier=ssd
refused "needs a destination" tswapc job-start device=0 kind=$MIGRATE src-tier=ssd
refused "at least 4096" tswapc job-start device=0 kind=$DRAIN src-tier=ssd rate=1
refused "are for migrate" tswapc job-start device=0 kind=$DRAIN src-tier=ssd limit=5
refused "no such job" tswapc job-set id=99 action=$CANCEL
refused "drain it first" tswapc leaf-del device=0 id="$la"
tswapc leaf-set device=0 id="$lb" state=$CORDONED
refused "takes pages or has room" tswapc job-start device=0 kind=$DRAIN src-leaf="$la"
[ "$(leaf state "$la")" = $ACTIVE ] || fail "a refused drain left state $(leaf state "$la")"
tswapc leaf-set device=0 id="$lb" state=$ACTIVE

# preparing for hibernation, which opening this does: no device can be opened until it is over
mkswap -q /dev/tswap0
exec 8</dev/snapshot
said=$(swapon /dev/tswap0 2>&1) && fail "swapon while a hibernation is under way"
case $said in *busy*) ;; *) fail "swapon while a hibernation is under way: $said" ;; esac
exec 8<&-
# and no hibernation while one is open
exec 7</dev/tswap0
! (exec 8</dev/snapshot) 2>/dev/null || fail "hibernation though a device is open"
exec 7<&-

# in use
activate
! rmmod tswap 2>/dev/null || fail "rmmod though in use"
refused "swapoff first" tswapc device-del id=0
refused "more slots than room" tswapc leaf-del device=0 id="$lb"
! echo disk >/sys/power/state 2>/dev/null || fail "hibernation was not refused"
[ "$(dmesg | grep -c "tswap: hibernation refused")" = 2 ] || fail "hibernation: not refused by tswap"

# nothing malformed is accepted, nothing changed by it
before=$(tswapc leaf-get --dump | sed 's/ reads=.*//'; tswapc tier-get --dump)
tswapbad 4000 || fail "tswapbad"
[ "$before" = "$(tswapc leaf-get --dump | sed 's/ reads=.*//'; tswapc tier-get --dump)" ] ||
	fail "malformed requests changed something"

# privileges: everybody may look, CAP_NET_ADMIN alone may not change
as_user() { setpriv --reuid=1000 --regid=1000 --clear-groups "$@"; }
[ "$(as_user tswapc leaf-get --dump | wc -l)" = 2 ] || fail "a user cannot look"
refused "not permitted" as_user tswapc leaf-set device=0 id="$la" state=$CORDONED
with_cap() {
	setpriv --reuid=1000 --regid=1000 --clear-groups --inh-caps="-all,$1" \
		--ambient-caps="-all,$1" --bounding-set="-all,$1" "${@:2}"
}
refused "needs CAP_SYS_ADMIN" with_cap +net_admin tswapc leaf-set device=0 id="$la" state=$CORDONED
! as_user head -c 8 /sys/block/tswap0/tswap/map >/dev/null 2>&1 || fail "a user read the map"
as_user cat /sys/block/tswap0/tswap/leaf1/state >/dev/null || fail "a user cannot read sysfs"

# parallel clients on one device: each request is refused or done, never half done
start_worker w "$mib"
ask w out
tell w "churn 8 rrwo"
client() {
	local i
	for ((i = 1; i <= rounds; i++)); do
		tswapc leaf-set device=0 id="$((i % 2 + 1))" state=$((i % 3 % 2 + 1))
		tswapc job-start device=0 kind=$((i % 2 + 1)) src-leaf=$((i % 2 + 1)) \
			dst-leaf=$(((i + 1) % 2 + 1))
		tswapc job-set id=$((RANDOM % 30 + 1)) action=$((i % 3 + 1))
		tswapc tier-set device=0 name=ssd rank=$((i % 2 * 5))
		tswapc leaf-get --dump
		tswapc job-get --dump
		tswapc device-del id=0
		tswapc leaf-del device=0 id="$((i % 2 + 1))"
	done >/dev/null 2>&1 || true
}
clients=()
for _ in 1 2 3; do
	client &
	clients+=($!)
done
wait "${clients[@]}"
hear w
while read -r line; do
	[ "$(value state "$line")" -ge $DONE ] || tswapc job-set id="$(value id "$line")" action=$CANCEL || true
done < <(tswapc job-get --dump)
sleep 0.5
ask w verify
[ "$(tswapc leaf-get --dump | wc -l)" = 2 ] || fail "a leaf was lost"
for l in "$la" "$lb"; do
	! tswapc leaf-get device=0 id="$l" | grep -q ' job=' || fail "leaf $l is still claimed"
	tswapc leaf-set device=0 id="$l" state=$ACTIVE
done
no_leaks
[ "$(tswapc job-get --dump | wc -l)" -le 64 ] || fail "more than 64 jobs are remembered"

# two devices at once
id=$(new_device "$(($(pages_of "$c") - 1))" id=7)
mkswap -q "$c"
tswapc leaf-add device=7 path="$c" tier=ssd rank=0 >/dev/null
activate 7 200
start_worker v "$other"
ask v out
tell v "churn 3 rrwox"
ask w out
ask w verify
hear v
ask v verify
no_leaks 7
[ "$(dev used 7)" -gt $((other * 150)) ] || fail "the second device was not used"
stop_worker v
stop_worker w
take_down 7
take_down
sleep 1 # what was sent is printed
kill $monitor
for word in "device-ntf id=0" "leaf-ntf device=0 id=1" "tier-ntf device=0 name=ssd" "job-ntf id=1"; do
	grep -q "$word" /tmp/events || fail "no notification $word"
done
grep -q "device-ntf.*event=2" /tmp/events || fail "no notification of the removal"
rmmod tswap
clean_log
