#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Storm, in a guest with the module: what happens to leaves and to the machine while pages move
# between them. Each round one thing goes wrong: 1, 10 or 1000 sectors that can be neither read
# nor written, a disk that fails now and then, one that is slow, one that hangs, the server of a
# network disk killed and started again, no memory, processors that go, a machine that suspends,
# two or ten swapctl at once. Meanwhile pages are read and pushed out, and moved both ways. A page
# that cannot be read gives SIGBUS as long as that lasts; then every page is what it was.
#
# usage: leaves.sh [--seed N] [--rounds N]
# vm-args: --mem 512 --disk a=64M --disk b=64M
# vm-debug-args: --mem 1024 --disk a=32M --disk b=32M
# shellcheck disable=SC2317 # functions are called by their kind's name
# shellcheck source=tests/vm/tswap/lib.sh
. /src/tests/vm/tswap/lib.sh
at_exit() { :; } # the guest is thrown away
# shellcheck source=tests/storm/seeded.sh
. /src/tests/storm/seeded.sh
seed=1 rounds=40 only=""
storm_options "$@"
mib=24 net=16M
[ "$VM_KERNEL" != debug ] || mib=6 net=8M

# ---- the leaves -------------------------------------------------------------------------------

a=$(by_id a) b=$(by_id b)
z=$(new_zram $((mib / 2))M)
dm_leaf "$a"
new_device "$(($(pages_of "$b") - 1))" >/dev/null
la=$(new_leaf /dev/mapper/bad fast 0)
lz=$(new_leaf "$z" fast 0)
lb=$(new_leaf "$b" slow 1)

serve() {
	nbd-server -C /tmp/nbd.conf -p /tmp/nbd.pid >/dev/null 2>&1 || true
}
connect() {
	nbd-client -nonetlink -persist -timeout 5 -N net 127.0.0.1 10809 /dev/nbd0 >/tmp/nbd.log 2>&1
}
connected() { # the client says so before the kernel knows the size
	[ "$(blockdev --getsz /dev/nbd0)" -gt 0 ] &&
		dd if=/dev/nbd0 of=/dev/null bs=4096 count=1 iflag=direct status=none 2>/dev/null
}
ln=''
if ((seed % 2)) && modprobe nbd 2>/dev/null && [ -e /dev/nbd0 ]; then
	truncate -s "$net" /tmp/export
	printf '[generic]\nallowlist = true\n[net]\nexportname = /tmp/export\n' >/tmp/nbd.conf
	serve
	await connect
	await connected
	ln=$(new_leaf /dev/nbd0 fast 0)
fi
activate
start_worker w $mib
start_worker other $((mib / 3))

# ---- what is done meanwhile -------------------------------------------------------------------

jobs_running() {
	tswapc job-get --dump | while read -r line; do
		[ "$(value state "$line")" -ge "$DONE" ] || value id "$line"
	done
}

try() {
	"$@" >/tmp/tried 2>&1 || true
}

move() { # one job, to its end or for two seconds
	local from to i

	any "$la" "$lz" "$lb" ${ln:+"$ln"}
	from=$it
	any "$la" "$lz" "$lb"
	to=$it
	below 3
	if [ "$from" = "$to" ] || [ "$r" -eq 0 ]; then
		try tswapc job-start device=0 kind=$DRAIN src-leaf="$from"
	else
		try tswapc job-start device=0 kind=$MIGRATE src-leaf="$from" dst-leaf="$to"
	fi
	for ((i = 0; i < 20; i++)); do
		[ -n "$(jobs_running)" ] || return 0
		pause_us 100000
	done
}

# safely: what goes with pages that cannot be read
safely() {
	ask w out
	move
	ask w lost
	missed=${answer#ok lost }
	lost=$((lost + missed))
	ask w out
	move
}

# busily: what goes when all pages can be read
busily() {
	tell other "churn 3 rrwwofx"
	ask w out
	move
	ask w "rewrite 20"
	ask w verify
	move
	hear other
}

# ---- what goes wrong ----------------------------------------------------------------------------

# bad_pages N: at random, of the first half of the disk, where pages are
bad_pages() {
	local page at=0 table='' i pages=()

	for ((i = 0; i < $1; i++)); do
		below $((dm_size / 16))
		pages+=($((r + 1)))
	done
	for page in $(printf '%s\n' "${pages[@]}" | sort -nu); do
		page=$((page * 8))
		[ $page -eq $at ] || table+="$at $((page - at)) linear $dm_disk $at"$'\n'
		table+="$page 8 error"$'\n'
		at=$((page + 8))
	done
	dm_table "$table$at $((dm_size - at)) linear $dm_disk $at"
}

with_1_sector() { bad_pages 1 && safely; }
with_10_sectors() { bad_pages 10 && safely; }
with_1000_sectors() { bad_pages 1000 && safely; }
with_flakes() { # a second well, a second without writes
	dm_table "0 $dm_size flakey $dm_disk 0 1 1 1 error_writes"
	busily
}
with_no_disk() { dm_table "0 $dm_size error" && safely; }
with_delay() {
	any 2 10 # of each read, in order
	dm_table "0 $dm_size delay $dm_disk 0 $it"
	busily
}
with_hang() {
	dmsetup suspend --noflush --nolockfs bad
	try tswapc job-start device=0 kind=$MIGRATE src-leaf="$lb" dst-leaf="$la"
	try tswapc job-start device=0 kind=$MIGRATE src-leaf="$lz" dst-leaf="$la"
	tell w out
	below 4000000
	pause_us $((1000000 + r))
	dmsetup resume bad
	hear w
}
with_no_server() {
	kill -KILL "$(cat /tmp/nbd.pid)"
	safely
	serve
	await connected
}
with_little_memory() {
	below $((mib / 2))
	echo $((mib / 4 + r))M >/sys/fs/cgroup/w/memory.high
	busily
	echo max >/sys/fs/cgroup/w/memory.high
}
with_no_allocations() {
	local fault

	for fault in failslab fail_page_alloc; do
		echo N >/sys/kernel/debug/$fault/ignore-gfp-wait
		echo 0 >/sys/kernel/debug/$fault/verbose
		echo 5 >/sys/kernel/debug/$fault/interval
		echo -1 >/sys/kernel/debug/$fault/times
		echo Y >/sys/kernel/debug/$fault/task-filter # the worker, not the shell
	done
	echo 1 >"/proc/${worker_pid[w]}/make-it-fail"
	for fault in failslab fail_page_alloc; do echo 10 >/sys/kernel/debug/$fault/probability; done
	ask w out
	ask w lost
	for fault in failslab fail_page_alloc; do echo 0 >/sys/kernel/debug/$fault/probability; done
	echo 0 >"/proc/${worker_pid[w]}/make-it-fail"
	missed=${answer#ok lost }
}
with_one_processor() {
	local i

	tell other "churn 3 rrwwofx"
	for i in 1 2 3; do
		echo 0 >/sys/devices/system/cpu/cpu1/online
		ask w out
		move
		echo 1 >/sys/devices/system/cpu/cpu1/online
		move
	done
	ask w verify
	hear other
}
with_suspend() {
	echo freezer >/sys/power/pm_test # not devices: the guest's console does not come back then
	try tswapc job-start device=0 kind=$MIGRATE src-leaf="$lb" dst-leaf="$la"
	echo freeze >/sys/power/state || refused_sleep=$((refused_sleep + 1))
	echo none >/sys/power/pm_test
	busily
}
many() { # N swapctl at once
	local i pids=() words=() status

	for ((i = 0; i < $1; i++)); do
		any "drain ${b#/dev/}" "migrate fast slow --amount 30%" "migrate slow fast --amount 50%" \
			"cordon ${b#/dev/}" "uncordon ${b#/dev/}" "drain ${z#/dev/}" "uncordon ${z#/dev/}" \
			"list" "status" "balance --once" "ps" "jobs"
		# shellcheck disable=SC2086 # words
		timeout -k 10 20 swapctl $it >/tmp/many.$i 2>&1 &
		pids+=($!)
		words[i]=$it
	done
	ask w out
	for ((i = 0; i < $1; i++)); do
		status=0
		wait "${pids[i]}" || status=$?
		case $status-${words[i]} in
		[0-6]-*) ;;
		124-drain* | 124-migrate*) ;; # who moves to where there is no room waits for some
		*) fail "swapctl ${words[i]}, one of $1: exit $status: $(cat /tmp/many.$i)" ;;
		esac
	done
}
with_2_swapctl() { many 2; }
with_10_swapctl() { many 10; }

settle() {
	local i id line

	dm_table "$dm_linear"
	for ((i = 0; i < 100; i++)); do
		[ -n "$(jobs_running)" ] || break
		[ $i -ne 50 ] || for id in $(jobs_running); do
			try tswapc job-set id="$id" action=$CANCEL
		done
		sleep 0.1
	done
	[ -z "$(jobs_running)" ] || fail "a job does not end: $(tswapc job-get --dump)"
	while read -r line; do
		try tswapc leaf-set device=0 id="$(value id "$line")" state=$ACTIVE
	done < <(tswapc leaf-get --dump device=0)
}
all_there() { ask w lost && [ "$answer" = "ok lost 0" ]; }

# ---- the storm --------------------------------------------------------------------------------

modprobe -a dm-flakey dm-delay 2>/dev/null || true
kinds=(1_sector 10_sectors 1000_sectors no_disk delay hang little_memory one_processor 2_swapctl 10_swapctl)
has_target() { dmsetup targets | grep -q "^$1 "; }
! has_target flakey || kinds+=(flakes)
has_target delay || kinds=("${kinds[@]/delay/hang}")
[ -z "$ln" ] || kinds+=(no_server)
[ ! -e /sys/kernel/debug/failslab ] || [ ! -e "/proc/self/make-it-fail" ] || kinds+=(no_allocations)
[ -n "$ln" ] || [ ! -e /sys/power/pm_test ] || kinds+=(suspend)
[ -e /sys/devices/system/cpu/cpu1/online ] || kinds=("${kinds[@]/one_processor/hang}")
[ -z "$only" ] || IFS=, read -ra kinds <<<"$only"
declare -A done_to
lost=0 refused_sleep=0 verified=0
for ((round = 1; round <= rounds; round++)); do
	any "${kinds[@]}"
	kind=$it missed=0
	"with_$kind"
	done_to[$kind]=$((${done_to[$kind]-0} + 1))
	settle
	await all_there
	ask w verify
	ask other verify
	verified=$((verified + mib * 256 + mib / 3 * 256))
	no_leaks
	ask w "rewrite 30"
	echo "round $round: $kind${missed:+, $missed pages could not be read meanwhile}"
done
for it in "${!done_to[@]}"; do echo "$it ${done_to[$it]}"; done | sort
echo "pushed out $(awk '/^pswpout/ { print $2 }' /proc/vmstat)," \
	"read $(awk '/^pswpin/ { print $2 }' /proc/vmstat); redirected $(dev redirected)"
stop_worker other
stop_worker w
swapoff /dev/tswap0
no_leaks
tswapc device-del id=0
[ -z "$ln" ] || try nbd-client -d /dev/nbd0
nothing_left
clean_log
echo "storm leaves: seed $seed, $rounds faults of ${#done_to[@]} kinds, $verified pages verified," \
	"$lost could not be read meanwhile, sleeps refused: $refused_sleep, wrong bytes: 0, splats: 0"
