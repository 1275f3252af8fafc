#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Random requests, made from tswap.yaml: well formed, nearly so and broken ones, by two clients at
# once, while leaves are attached and a workload swaps. No page is lost, nothing is left, and the
# module can be unloaded. More of them, with another seed:
#	tests/vm/run --kernel 7.3 --mem 512 --disk a=64M --disk b=64M --disk c=16M --disk d=16M \
#		--timeout 3000 --env MESSAGES=1000000 --env SEED=7 tests/vm/tswap/random.sh
# vm-args: --mem 512 --disk a=64M --disk b=64M --disk c=16M --disk d=16M
# vm-debug-args: --mem 1024 --disk a=16M --disk b=16M --disk c=4M --disk d=4M
# vm-timeout: 240
# shellcheck source=tests/vm/tswap/lib.sh
. /src/tests/vm/tswap/lib.sh

mib=16 messages=${MESSAGES:-100000} secs=${SECS:-60} seed=${SEED:-1}
[ -z "${MESSAGES-}" ] || secs=${SECS:-100000}
[ "$VM_KERNEL" != debug ] || mib=4 secs=${SECS:-600}
paths=("$(by_id a)" "$(by_id b)" "$(by_id c)" "$(by_id d)" "$(new_zram 16M)")
for path in "${paths[@]:2}"; do
	mkswap -q "$path"
done
id=$(new_device "$(($(pages_of "${paths[0]}") + $(pages_of "${paths[1]}") - 2))")
[ "$id" = 0 ] || fail "first device has id $id"
new_leaf "${paths[0]}" ssd 0 >/dev/null
new_leaf "${paths[1]}" hdd 1 >/dev/null
activate
start_worker w "$mib"
start_worker v 1
cgroups=()
for group in w v; do
	cgroups+=("cgroup=$(stat -c %i /sys/fs/cgroup/$group)")
done
ask w out

clients=()
for n in 1 2; do
	tswaprandom seed=$((seed * 2 + n)) messages=$((messages / 2)) secs="$secs" \
		"${cgroups[@]}" "${paths[@]}" >/tmp/random.$n 2>&1 &
	clients+=($!)
done
running() {
	kill -0 "${clients[0]}" 2>/dev/null || kill -0 "${clients[1]}" 2>/dev/null
}
rounds=0
while running; do
	ask w "churn 5 rrwwoofx"
	rounds=$((rounds + 1))
done
for n in 1 2; do
	wait "${clients[n - 1]}" || fail "client $n: $(cat /tmp/random.$n)"
	cat /tmp/random.$n
done
echo "$rounds rounds of 5 s of paging meanwhile"
ask w verify

# jobs end, devices go but for the one in use, whose leaves are as they were
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
ask w verify
no_leaks
while read -r line; do
	tswapc leaf-set device=0 id="$(value id "$line")" state=$ACTIVE || true
done < <(tswapc leaf-get --dump device=0)
ask w "churn 2 rrwwoo"
ask w verify
stop_worker w
stop_worker v
take_down
for path in "${paths[@]}"; do # nothing holds them any more
	mkswap -q "$path"
	swapon "$path"
	swapoff "$path"
done
rmmod tswap
clean_log
