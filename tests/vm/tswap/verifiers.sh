#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Other programs that verify their memory, in swap on three leaves: stress-ng --verify,
# memtester, redis with digests, and pageworker. Meanwhile, at random: moves, drains, cordons,
# policies, leaves taken away and added, swapctl killed, sectors and whole disks that cannot be
# written, outages. In the end all must be content, and the kernel quiet.
# DURATION is in seconds, SEED makes the order of things; for an hour:
#	tests/vm/run --kernel 7.3 --mem 768 --disk a=256M --disk b=256M --timeout 4500 \
#		--env DURATION=3600 tests/vm/tswap/verifiers.sh
# Reads do not fail here: who asks for a page that cannot be read gets SIGBUS, and rightly so;
# deadleaf, badpage and stall show that.
# vm-args: --mem 768 --disk a=256M --disk b=256M
# vm-debug-args: --mem 1536 --disk a=128M --disk b=128M
# vm-timeout: 600
# shellcheck source=tests/vm/tswap/lib.sh
. /src/tests/vm/tswap/lib.sh

for program in stress-ng memtester redis-server redis-cli; do
	command -v $program >/dev/null || skip "no $program"
done
duration=${DURATION:-120}
seed=${SEED:-$(date +%s)}
RANDOM=$seed
mib=32
[ "$VM_KERNEL" != debug ] || mib=8
echo "seed $seed, $duration s"

# the leaves: a disk whose table is replaced, a zram in the same tier, a slower disk
a=$(by_id a) b=$(by_id b)
z=$(new_zram $((mib * 3))M)
dm_leaf "$a"
new_device "$(($(pages_of "$b") - 1))" >/dev/null
la=$(new_leaf /dev/mapper/bad ssd 0)
lz=$(new_leaf "$z" ssd 0)
lb=$(new_leaf "$b" hdd 1)
tswapc tier-set device=0 name=ssd on-swapin=$FREE
activate

# group NAME MIB: a cgroup that swaps beyond so much, and is not killed for it
group() {
	mkdir -p "/sys/fs/cgroup/$1"
	echo "$2M" >"/sys/fs/cgroup/$1/memory.high"
}

# within NAME CMD...: in that cgroup, in the background, with its words in /tmp/NAME.log
within() {
	local name=$1

	shift
	bash -c 'echo $$ >"/sys/fs/cgroup/$0/cgroup.procs"; exec "$@"' "$name" "$@" \
		>"/tmp/$name.log" 2>&1 &
}

# memory that is locked does not swap
group memtester $((mib / 8))
within memtester bash -c "ulimit -l 0; exec setpriv --reuid=1000 --regid=1000 --clear-groups \
	--bounding-set=-all memtester $((mib / 4))M"
memtester=$!

group redis $((mib / 2))
within redis redis-server --port 7000 --save '' --appendonly no --enable-debug-command yes \
	--dir /tmp
redis=$!
ask_redis() { redis-cli -p 7000 "$@"; }
answers() { [ "$(ask_redis ping 2>/dev/null)" = PONG ]; }
await answers
ask_redis eval "for i = 1, $((mib * 256)) do
	local v = {}
	for j = 1, 5 do v[j] = redis.sha1hex('$seed ' .. i .. ' ' .. j) end
	redis.call('SET', 'key' .. i, string.rep(table.concat(v), 10))
end return 1" 0 >/tmp/filled
[ "$(cat /tmp/filled)" = 1 ] || fail "redis was not filled: $(cat /tmp/filled)"
digest=$(ask_redis debug digest)
digests() {
	local n=0 now

	while :; do
		now=$(ask_redis debug digest)
		[ "$now" = "$digest" ] || echo "digest $now, it was $digest" >>/tmp/redis.bad
		echo $((n += 1)) >/tmp/redis.digests
		[ $((n % 5)) -ne 0 ] || ask_redis debug reload >/dev/null
		sleep 1
	done
}
digests &
digesting=$!

start_worker w "$mib"

# all are there: from here on the time counts
SECONDS=0
group stress $((mib * 3 / 2))
within stress stress-ng --vm 2 --vm-bytes ${mib}m --vm-keep --verify --verbose --oomable \
	--timeout "${duration}s" --temp-path /tmp
stress=$!
echo $((mib / 2))M >/sys/fs/cgroup/w/memory.high
tell w "churn $duration rrrrwwofx"

# What is done to them; a refusal is an answer too.
declare -A done_to
replaced=0
try() {
	"$@" >/dev/null 2>&1 || true
}

any() { # WORD...: one of them, in $it
	local words=("$@")

	it=${words[RANDOM % ${#words[@]}]}
}

jobs_running() {
	tswapc job-get --dump | while read -r line; do
		[ "$(value state "$line")" -ge "$DONE" ] || value id "$line"
	done
}

# all jobs at their end, all leaves in service, the disk as it should be
settle() {
	local i id

	dm_table "$dm_linear"
	for ((i = 0; i < 100; i++)); do
		[ -n "$(jobs_running)" ] || break
		[ $i -ne 50 ] || for id in $(jobs_running); do
			try tswapc job-set id="$id" action=$CANCEL
		done
		sleep 0.1
	done
	for id in "$la" "$lz" "$lb"; do
		try tswapc leaf-set device=0 id="$id" state=$ACTIVE
	done
}

move() {
	local from to

	any "$la" "$lz" "$lb"
	from=$it
	any "$la" "$lz" "$lb"
	to=$it
	[ "$from" = "$to" ] ||
		try tswapc job-start device=0 kind=$MIGRATE src-leaf="$from" dst-leaf="$to"
}

drain() {
	any "$la" "$lz" "$lb"
	try tswapc job-start device=0 kind=$DRAIN src-leaf="$it"
	[ $((RANDOM % 3)) -ne 0 ] || try tswapc job-set id="$(jobs_running | tail -n 1)" action=$CANCEL
}

cordon() {
	any "$la" "$lz" "$lb"
	try tswapc leaf-set device=0 id="$it" state=$CORDONED
}

policy() {
	any $KEEP $FREE
	try tswapc tier-set device=0 name=ssd on-swapin="$it"
	any $KEEP $FREE
	try tswapc tier-set device=0 name=hdd on-swapin="$it"
}

replace() { # a leaf that could be drained goes, and comes again as a new one
	local j i leaf=$lz

	settle
	[ $((RANDOM % 2)) -eq 0 ] || leaf=$lb
	j=$(start_job kind=$DRAIN src-leaf="$leaf") || return 0
	for ((i = 0; i < 600; i++)); do
		[ "$(job state "$j")" -lt $DONE ] || break
		sleep 0.1
	done
	if [ "$(job state "$j")" != $DONE ] ||
		! tswapc leaf-del device=0 id="$leaf" >/dev/null 2>&1; then
		settle
	elif [ "$leaf" = "$lz" ]; then
		lz=$(new_leaf "$z" ssd 0)
		replaced=$((replaced + 1))
	else
		lb=$(new_leaf "$b" hdd 1)
		replaced=$((replaced + 1))
	fi
}

killed() { # swapctl, at some moment
	local pid

	any "drain ${b#/dev/}" "drain ${z#/dev/}" "migrate ssd hdd --amount 30%" \
		"migrate hdd ssd --amount 30%" "cordon ${b#/dev/}" "uncordon ${b#/dev/}" "list" "status"
	# words
	# shellcheck disable=SC2086
	swapctl $it >/dev/null 2>&1 &
	pid=$!
	sleep 0.$((RANDOM % 10))
	kill -KILL $pid 2>/dev/null || true
	wait $pid 2>/dev/null || true
}

# some pages of the disk that cannot be written
sectors() {
	local page at=0 pages=() table=''

	while [ ${#pages[@]} -lt 6 ]; do
		pages+=($((1 + RANDOM % 16384)))
	done
	for page in $(printf '%s\n' "${pages[@]}" | sort -nu); do
		page=$((page * 8))
		[ $page -eq $at ] || table+="$at $((page - at)) linear $dm_disk $at"$'\n'
		table+="$page 8 flakey $dm_disk $page 0 100000 1 error_writes"$'\n'
		at=$((page + 8))
	done
	dm_table "$table$at $((dm_size - at)) linear $dm_disk $at"
}

no_writes() {
	dm_table "0 $dm_size flakey $dm_disk 0 0 100000 1 error_writes"
	sleep $((RANDOM % 3))
	dm_table "$dm_linear"
}

outage() {
	dmsetup suspend --noflush --nolockfs bad
	sleep $((RANDOM % 7))
	dmsetup resume bad
}

modprobe dm-flakey 2>/dev/null || true
while [ $SECONDS -lt "$duration" ]; do
	any move move move drain drain cordon policy replace killed killed sectors no_writes outage
	doing=$it
	"$doing"
	done_to[$doing]=$((${done_to[$doing]-0} + 1))
	sleep 0.$((RANDOM % 10))
	[ $((RANDOM % 4)) -ne 0 ] || settle
done
settle
[ ${#done_to[@]} -ge 5 ] || fail "hardly anything was done to them: ${!done_to[*]}"

# the verdicts
hear w
ask w verify
status=0
wait $stress || status=$?
kill $digesting $memtester || true # who has ended is heard below
wait $digesting $memtester 2>/dev/null || true
[ "$(ask_redis debug digest)" = "$digest" ] || fail "redis: another digest"
kill $redis
wait $redis || true
[ $status -eq 0 ] || fail "stress-ng: status $status: $(tail -n 20 /tmp/stress.log)"
! grep -E 'fail:|died|SIGBUS' /tmp/stress.log || fail "stress-ng: $(tail -n 20 /tmp/stress.log)"
! grep -a FAILURE /tmp/memtester.log || fail "memtester: $(tail -n 20 /tmp/memtester.log)"
[ ! -e /tmp/redis.bad ] || fail "redis: $(cat /tmp/redis.bad)"
! grep -Hv ' 0$' <(grep -hE '^oom' /sys/fs/cgroup/{stress,memtester,redis,w}/memory.events) ||
	fail "somebody was killed"
no_leaks
echo "out $(awk '/^pswpout/ { print $2 }' /proc/vmstat) in $(awk '/^pswpin/ { print $2 }' /proc/vmstat)" \
	"pages; redirected $(dev redirected), refused $(dev nospc), failed $(dev write-fails);" \
	"leaves replaced $replaced; $(cat /tmp/redis.digests) digests;" \
	"$(grep -ac 'ok$' /tmp/memtester.log) tests of memtester"
tail -n 3 /tmp/stress.log
for it in "${!done_to[@]}"; do echo "$it ${done_to[$it]}"; done | sort
tswapc leaf-get --dump | grep -oE ' (id|moved-in|write-errors|bad)=[0-9]+' | tr -d '\n'
echo
stop_worker w
take_down
dmsetup remove bad
rmmod tswap
clean_log
