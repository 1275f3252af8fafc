#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Several clients at once add and remove devices and leaves, start, pause and cancel jobs, change
# tiers and read everything, some of them the same objects, while a workload swaps: each request
# is done or refused with a reason, no page is lost, and nothing is left at the end. Removing the
# module at the same time is refused or harmless.
# vm-args: --mem 512 --disk a=64M --disk b=64M --disk c=16M --disk d=16M --disk e=16M
# vm-debug-args: --mem 1024 --disk a=16M --disk b=16M --disk c=4M --disk d=4M --disk e=4M
# vm-timeout: 240
# shellcheck source=tests/vm/tswap/lib.sh
. /src/tests/vm/tswap/lib.sh

mib=16 secs=20
[ "$VM_KERNEL" != debug ] || mib=4 secs=60
a=$(by_id a) b=$(by_id b)
extra=("$(by_id c)" "$(by_id d)" "$(by_id e)")
mkswap -q "${extra[0]}"
mkswap -q "${extra[1]}"
mkswap -q "${extra[2]}"
id=$(new_device "$(($(pages_of "$a") + $(pages_of "$b") - 2))")
[ "$id" = 0 ] || fail "first device has id $id"
la=$(new_leaf "$a" ssd 0)
lb=$(new_leaf "$b" hdd 1)
activate

# A refusal has a reason: "COMMAND: errno: text". Without one it is kept.
try() {
	local said

	said=$(tswapc "$@" 2>&1 >/dev/null) || case $said in
	*": "*": "?*) ;;
	*) echo "$*: $said" >>/tmp/unexplained ;;
	esac
}
any() { # LIST...: one of them
	shift $((RANDOM % $#))
	echo "$1"
}

leaves() { # come and go, with jobs from and to them
	while [ $SECONDS -lt "$end" ]; do
		try leaf-add device=0 path="$(any "${extra[@]}")" tier="$(any ssd hdd spare)" rank=5
		try leaf-add device=0 path="$(any "${extra[@]}")" tier="$(any ssd hdd)"
		try job-start device=0 kind=$DRAIN src-leaf="$(any 3 4 5)"
		try leaf-set device=0 id="$(any 3 4 5)" tier="$(any spare other)" rank="$(any 5 6)"
		try leaf-del device=0 id="$(any 3 4 5)"
		try leaf-set device=0 id="$(any 3 4 5)" state="$(any 1 2)"
	done
}
devices() { # the same few ids
	while [ $SECONDS -lt "$end" ]; do
		try device-add id="$(any 3 4)" slots=5000 overcommit="$(any 0 1)"
		try leaf-add device="$(any 3 4)" path="$(any "${extra[@]}")" tier=x rank=1
		try device-add slots=2000
		try device-del id="$(any 1 3 4)"
		try device-set id="$(any 3 4)" overcommit="$(any 0 1)"
		try device-del id="$(any 1 2 3 4)"
	done
}
jobs() {
	while [ $SECONDS -lt "$end" ]; do
		try job-start device=0 kind="$(any 1 2)" src-leaf="$(any 1 2)" dst-leaf="$(any 1 2 3)"
		try job-set id=$((RANDOM % 400 + 1)) action="$(any 1 2 3)"
		try job-start device=0 kind=$MIGRATE src-tier="$(any ssd hdd)" dst-tier="$(any ssd hdd spare)" rate="$(any 0 4000000)"
		try job-set id=$((RANDOM % 400 + 1)) action=$CANCEL rate=0
		try tier-set device=0 name="$(any ssd hdd spare)" rank="$(any 0 1 5 9)" on-swapin="$(any 1 2)"
		try leaf-set device=0 id="$(any 1 2)" state=$ACTIVE
	done
}
readers() {
	local file

	while [ $SECONDS -lt "$end" ]; do
		try leaf-get --dump
		try device-get --dump
		try tier-get --dump
		try job-get --dump
		for file in /sys/block/tswap*/tswap/* /sys/block/tswap*/tswap/leaf*/*; do
			cat "$file" >/dev/null 2>&1
		done
		blockdev --getsize64 "/dev/tswap$(any 1 3 4)" >/dev/null 2>&1
		! rmmod tswap 2>/dev/null || echo "rmmod worked" >>/tmp/unexplained
	done
}

start_worker w "$mib"
tell w "churn $secs rrwwoofx"
end=$((SECONDS + secs)) clients=()
for client in leaves leaves devices devices jobs readers; do
	($client || true) & # set -e does not hold in them
	clients+=($!)
done
tswapc monitor "$secs" >/tmp/events || fail "the monitor ended with $?"
wait "${clients[@]}"
[ ! -e /tmp/unexplained ] || fail "$(sort /tmp/unexplained | uniq -c | sort -rn | head -n 5)"
hear w
ask w verify
grep -c . /tmp/events

# all jobs end, all that came goes
while read -r line; do
	[ "$(value state "$line")" -ge $DONE ] ||
		tswapc job-set id="$(value id "$line")" action=$CANCEL || true
done < <(tswapc job-get --dump)
jobs_ended() {
	! tswapc job-get --dump | grep -qE ' state=[123] '
}
await jobs_ended
while read -r line; do
	id=$(value id "$line")
	[ "$id" = 0 ] || tswapc device-del id="$id"
done < <(tswapc device-get --dump)
for l in "$la" "$lb"; do
	tswapc leaf-set device=0 id="$l" state=$ACTIVE
done
while read -r line; do
	l=$(value id "$line")
	[ "$l" -gt 2 ] || continue
	j=$(start_job kind=$DRAIN src-leaf="$l")
	await_job "$j" $DONE
	tswapc leaf-del device=0 id="$l"
done < <(tswapc leaf-get --dump device=0)
ask w verify
no_leaks
for path in "${extra[@]}"; do # nothing holds them any more
	mkswap -q "$path"
	swapon "$path"
	swapoff "$path"
done
stop_worker w
take_down
rmmod tswap
clean_log
