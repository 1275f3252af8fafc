#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Migrate to and fro and drain both ways while readers, writers, forkers and exiters run on
# pages of order 0 and THP; every page is what it was. A drained leaf is removed and unplugged.
# vm-args: --mem 640 --disk a=256M --disk b=256M
# vm-debug-args: --mem 1024 --disk a=64M --disk b=64M
# vm-timeout: 300
# shellcheck source=tests/vm/tswap/lib.sh
. /src/tests/vm/tswap/lib.sh

mib=40 secs=6
[ "$VM_KERNEL" != debug ] || mib=8 secs=20
a=$(by_id a) b=$(by_id b)
new_device "$(($(pages_of "$a") - 1))" >/dev/null
la=$(new_leaf "$a" ssd 0)
lb=$(new_leaf "$b" hdd 1)
activate
start_worker one "$mib"
start_worker two "$mib" thp
ask one out
ask two out
[ "$(on_leaf "$lb")" -eq 0 ] || fail "pages on the slow tier though the fast one has room"

churn() {
	tell one "churn $1 rrwwox"
	tell two "churn $1 rrwofx"
}

settle() {
	hear one
	hear two
	ask one verify
	ask two verify
	no_leaks
}

# at rest: everything moves, and comes back
j=$(start_job kind=$MIGRATE src-tier=ssd dst-tier=hdd)
await_job "$j" $DONE
[ "$(on_leaf "$la")" -eq 0 ] || fail "migrate left $(on_leaf "$la") pages"
echo "at rest: $(tswapc job-get id="$j")"
located one 500
located two 500
ask one verify
ask two verify
ask one out
ask two out

# live, to and fro, until the time is up
churn "$secs"
end=$((SECONDS + secs))
while [ $SECONDS -lt $end ]; do
	j=$(start_job kind=$MIGRATE src-leaf="$lb" dst-leaf="$la")
	await_job "$j" $DONE
	j=$(start_job kind=$MIGRATE src-tier=ssd dst-tier=hdd)
	await_job "$j" $DONE
done
echo "live: $(tswapc job-get id="$j")"
settle

# live drains, both ways
for l in "$la" "$lb" "$la"; do
	churn "$((secs / 2))"
	j=$(start_job kind=$DRAIN src-leaf="$l")
	await_job "$j" $DONE
	[ "$(leaf state "$l")" = $DRAINED ] || fail "leaf $l is in state $(leaf state "$l")"
	[ "$(leaf used "$l")" -eq 0 ] || fail "a drained leaf has pages"
	settle
	[ "$(leaf used "$l")" -eq 0 ] || fail "a drained leaf got pages"
	[ "$l" != "$la" ] || last=$j
	tswapc leaf-set device=0 id="$l" state=$ACTIVE
done
echo "drain: $(tswapc job-get id="$last")"

# off with it, and unplug it
churn "$secs"
j=$(start_job kind=$DRAIN src-leaf="$la")
await_job "$j" $DONE
tswapc leaf-del device=0 id="$la"
[ ! -e "/sys/block/tswap0/tswap/leaf$la" ] || fail "its folder is still there"
echo 1 >"$(readlink -f "/sys/block/${a##*/}/device")/../remove"
[ ! -e "/sys/block/${a##*/}" ] || fail "the disk is still there"
settle
stop_worker one
stop_worker two
take_down
rmmod tswap
clean_log
