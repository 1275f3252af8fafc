#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Rules of cgroups: pages lie in the tiers of their cgroup only, while they are written,
# moved and drained; limits; a cgroup without room keeps its pages in memory, or goes on to
# others; rules go with their cgroup. Every page is what it was.
# vm-args: --mem 640 --disk a=256M --disk b=256M --disk c=256M --disk slow=64M,bps=262144
# vm-debug-args: --mem 1024 --disk a=64M --disk b=64M --disk c=64M --disk slow=64M,bps=262144
# vm-timeout: 600
# shellcheck source=tests/vm/tswap/lib.sh
. /src/tests/vm/tswap/lib.sh

mib=24 secs=10
[ "$VM_KERNEL" != debug ] || mib=6 secs=30
pages=$((mib * 256))
strict=1 prefer=2
map=/sys/block/tswap0/tswap/map
a=$(by_id a) b=$(by_id b) c=$(by_id c)

id_of() { # CGROUP
	stat -c %i "/sys/fs/cgroup/$1"
}

rule() { # CGROUP NAME=VALUE...
	local group=$1

	shift
	tswapc cgroup-set device=0 id="$(id_of "$group")" "$@"
}

unrule() { # CGROUP
	tswapc cgroup-del device=0 id="$(id_of "$1")"
}

of_rule() { # NAME CGROUP
	value "$1" "$(tswapc cgroup-get device=0 id="$(id_of "$2")")"
}

# A subshell cannot hear a worker: count into $n.
count_on() { # WORKER LEAF
	local word

	n=0
	ask "$1" "where $map"
	for word in $answer; do
		[ "${word%%=*}" != "$2" ] || n=${word#*=}
	done
}

new_device "$(($(pages_of "$a") - 1))" >/dev/null
la=$(new_leaf "$a" ssd 0)
lb=$(new_leaf "$b" hdd 1)
activate
start_worker one "$mib"
start_worker two "$mib"

# bad input changes nothing
refused 'no such cgroup' tswapc cgroup-set device=0 id=999999 mode=$strict tiers=ssd
refused 'no such tier' rule one mode=$strict tiers=ssd,tape
refused 'named twice' rule one mode=$strict tiers=ssd,ssd
refused 'no such tier' rule one mode=$strict tiers=
refused 'more limits than tiers' rule one mode=$strict tiers=ssd limit=1,2
refused 'needs tiers and mode' rule one tiers=ssd
refused 'no rule of its own' tswapc cgroup-get device=0 id="$(id_of one)"
refused 'no rule of its own' unrule one
[ -z "$(tswapc cgroup-get --dump device=0)" ] || fail "there is a rule"
mkdir /sys/fs/cgroup/two/within
refused 'not enabled' rule two/within mode=$strict tiers=ssd
rmdir /sys/fs/cgroup/two/within

# disjoint tiers; what is written before has no rule: a job may move it, until it is written again
ask one out
count_on one "$la"
before=$n
rule one mode=$strict tiers=ssd
rule two mode=$strict tiers=hdd
[ "$(of_rule used one)" = 0 ] || fail "the rule counts what was there: $(of_rule used one)"
j=$(start_job kind=$MIGRATE src-tier=ssd dst-tier=hdd)
await_job "$j" $DONE
count_on one "$lb"
echo "written before the rule: $before pages, of which a job moved $n, $(of_rule other one) of the rule"
[ "$n" -ge $((before * 99 / 100)) ] || fail "a page without owner was held back"
[ "$(of_rule other one)" = 0 ] || fail "the rule counts pages that are not its own"
ask one "rewrite 100"
[ "$(tswapc cgroup-get --dump device=0 | wc -l)" -eq 2 ] || fail "two rules expected"
ask one out
ask two out
count_on one "$lb"
[ "$n" -eq 0 ] || fail "$n pages of one on hdd"
count_on two "$la"
[ "$n" -eq 0 ] || fail "$n pages of two on ssd"
count_on two "$lb"
[ "$n" -gt $((pages / 2)) ] || fail "only $n pages of two on hdd"
[ "$(of_rule used two)" -ge "$n" ] || fail "$n pages, rule: $(of_rule used two)"
echo "rules: $(tswapc cgroup-get --dump device=0)"

# a migration moves nothing that it may not
j=$(start_job kind=$MIGRATE src-tier=ssd dst-tier=hdd)
await_job "$j" $DONE
count_on one "$lb"
[ "$n" -eq 0 ] || fail "a migration put $n pages of one on hdd"
[ "$(job kept "$j")" -gt $((pages / 2)) ] || fail "kept: $(tswapc job-get id="$j")"
ask one verify
ask two verify

# live, with moves both ways: 100 looks
outside=0 looks=0
tell one "churn $secs rwoo"
tell two "churn $secs rwoo"
while [ "$looks" -lt 20 ]; do
	j=$(start_job kind=$MIGRATE src-tier=ssd dst-tier=hdd)
	await_job "$j" $DONE
	j=$(start_job kind=$MIGRATE src-tier=hdd dst-tier=ssd)
	await_job "$j" $DONE
	looks=$((looks + 1))
	[ "$(of_rule other one)" = 0 ] || outside=$((outside + 1))
	[ "$(of_rule other two)" = 0 ] || outside=$((outside + 1))
done
hear one
hear two
while [ "$looks" -lt 100 ]; do
	tell one "churn 1 rwoo"
	tell two "churn 1 rwoo"
	j=$(start_job kind=$MIGRATE src-tier=hdd dst-tier=ssd)
	hear one
	hear two
	await_job "$j" $DONE
	count_on one "$lb"
	outside=$((outside + n))
	count_on two "$la"
	outside=$((outside + n))
	looks=$((looks + 8))
done
[ "$outside" -eq 0 ] || fail "$outside pages outside the rules in $looks looks"
ask one verify
ask two verify
echo "live: 0 pages outside in $looks looks"

# a rule that is set while a job is under way: what is on its way by then does not arrive
ls=$(new_leaf "$(by_id slow)" slow 2)
rule one mode=$strict tiers=ssd,slow
ask one "rewrite 100"
ask one out
j=$(start_job kind=$MIGRATE src-tier=ssd dst-tier=slow)
sleep 0.5 # its first batch takes four seconds
[ "$(of_rule other one)" = 0 ] || fail "it is outside before: $(of_rule other one)"
rule one mode=$strict tiers=ssd
count_on one "$ls"
before=$n
on_way=$(of_rule other one)
echo "set under way: $before pages have arrived, $on_way counted there"
[ "$on_way" -gt "$before" ] || fail "nothing is on its way"
await_job "$j" $DONE
count_on one "$ls"
[ "$n" -le "$before" ] || fail "$((n - before)) pages arrived after the rule was set"
[ "$(job kept "$j")" -gt 0 ] || fail "kept: $(tswapc job-get id="$j")"
[ "$(of_rule other one)" = "$n" ] || fail "other: $(of_rule other one), there are $n"
ask one verify
j=$(start_job kind=$DRAIN src-leaf="$ls")
await_job "$j" $DONE
tswapc leaf-del device=0 id="$ls"

# a rule that is deleted and set again: its pages are still its own
ask one "rewrite 100"
ask one out
unrule one
rule one mode=$strict tiers=ssd
count_on one "$la"
[ "$n" -gt $((pages / 2)) ] || fail "only $n pages of one on ssd"
j=$(start_job kind=$MIGRATE src-tier=ssd dst-tier=hdd)
await_job "$j" $DONE
count_on one "$lb"
[ "$n" -eq 0 ] || fail "$n pages of a rule set again are on hdd"

# a drain that a rule forbids waits, says for how many pages, and goes on when it may
ask one out
j=$(start_job kind=$DRAIN src-leaf="$la")
await_job "$j" $NO_SPACE
[ "$(job needed "$j")" -gt $((pages / 2)) ] || fail "needed: $(tswapc job-get id="$j")"
count_on one "$lb"
[ "$n" -eq 0 ] || fail "a drain put $n pages of one on hdd"
rule one mode=$strict tiers=ssd,hdd
await_job "$j" $DONE
[ "$(leaf used "$la")" -eq 0 ] || fail "a drained leaf has pages"
ask one verify
tswapc leaf-set device=0 id="$la" state=$ACTIVE

# the same, for a rule that is deleted: its pages are nobody's
rule one mode=$strict tiers=hdd
ask one out
j=$(start_job kind=$DRAIN src-leaf="$lb")
await_job "$j" $NO_SPACE
unrule one
left_lb() {
	count_on one "$lb"
	[ "$n" -eq 0 ]
}
await left_lb # and those of two stay
await_job "$j" $NO_SPACE
unrule two
await_job "$j" $DONE
[ -z "$(tswapc cgroup-get --dump device=0)" ] || fail "there is still a rule"
tswapc leaf-set device=0 id="$lb" state=$ACTIVE
ask one verify
ask two verify

# a limit: the rest stays in memory, is counted and reported
limit=$((pages / 4))
ask one "free 100"
rule one mode=$strict tiers=ssd limit=$limit
tswapc monitor 8 >/tmp/events &
ask one push
wait $!
count_on one "$la"
[ "$n" -le "$limit" ] && [ "$n" -ge $((limit / 2)) ] || fail "limit $limit: $n on ssd"
count_on one "$lb"
[ "$n" -eq 0 ] || fail "limit: $n on hdd"
[ "$(of_rule used one)" -le "$limit" ] || fail "used $(of_rule used one) of $limit"
[ "$(of_rule refused one)" -gt 0 ] || fail "no write was refused"
grep -q 'cgroup-ntf.*event=6' /tmp/events || fail "no event: $(cat /tmp/events)"
[ "$(dev nospc)" = 0 ] || fail "counted for the device as well"
ask one verify

# lowered below use: nothing is moved, nothing more is written there
rule one mode=$strict tiers=ssd limit=1
used=$(of_rule used one)
ask one "rewrite 100"
ask one push
[ "$(of_rule used one)" -le "$used" ] || fail "use has grown beyond the limit"
ask one verify

# preferred tiers without room: others
rule one mode=$prefer tiers=ssd limit=$limit
ask one "free 100"
ask one out
count_on one "$lb"
[ "$n" -gt "$limit" ] || fail "prefer: $n pages on hdd"
[ "$(of_rule other one)" -ge "$n" ] || fail "other: $(of_rule other one), $n on hdd"
count_on one "$la"
[ "$n" -le "$limit" ] || fail "prefer: $n of $limit on ssd"
[ "$(dev nospc)" = 0 ] || fail "prefer: the device was said to have no room"
ask one verify

# a job for whose pages there is room, but not within a limit: it keeps them and ends
rule one mode=$prefer tiers=ssd,hdd limit=0,1
j=$(start_job kind=$MIGRATE src-tier=ssd dst-tier=hdd)
await_job "$j" $DONE
[ "$(job kept "$j")" -gt 0 ] || fail "prefer, kept: $(tswapc job-get id="$j")"
ask one verify

# a limit of a tier with two leaves: one of them can be drained onto the other
lc=$(new_leaf "$c" ssd 0)
ask one "free 100"
rule one mode=$strict tiers=ssd limit=$limit
ask one push
[ "$(of_rule used one)" -ge $((limit / 2)) ] || fail "used: $(of_rule used one) of $limit"
rule one mode=$strict tiers=ssd limit="$(of_rule used one)" # not a page more
j=$(start_job kind=$DRAIN src-leaf="$la")
await_job "$j" $DONE
[ "$(leaf used "$la")" -eq 0 ] || fail "limit: pages were kept on the drained leaf"
count_on one "$lb"
[ "$n" -eq 0 ] || fail "limit: $n pages went to another tier"
ask one verify
tswapc leaf-set device=0 id="$la" state=$ACTIVE
j=$(start_job kind=$DRAIN src-leaf="$lc")
await_job "$j" $DONE
tswapc leaf-del device=0 id="$lc"
unrule one

# inherited, eight deep; the nearest rule holds
deep=deep/2/3/4/5/6/7/8
mkdir -p /sys/fs/cgroup/$deep
p=/sys/fs/cgroup
for d in deep 2 3 4 5 6 7; do
	p=$p/$d
	echo +memory >$p/cgroup.subtree_control
done
rule deep mode=$strict tiers=hdd
start_worker eight "$mib" # in a cgroup of its own: move it before it has memory there
echo "${worker_pid[eight]}" >/sys/fs/cgroup/$deep/cgroup.procs
ask eight "free 100"
echo $((mib << 20)) >/sys/fs/cgroup/$deep/memory.reclaim || true
count_on eight "$la"
[ "$n" -eq 0 ] || fail "$n pages of an heir on ssd"
count_on eight "$lb"
[ "$n" -gt $((pages / 4)) ] || fail "only $n pages of an heir on hdd"
rule deep/2/3/4 mode=$strict tiers=ssd
ask eight "free 100"
echo $((mib << 20)) >/sys/fs/cgroup/$deep/memory.reclaim || true
count_on eight "$lb"
[ "$n" -eq 0 ] || fail "$n pages on hdd although the nearest rule says ssd"
ask eight verify

# the dump has no rule of a cgroup that is gone
mkdir /sys/fs/cgroup/gone
rule gone mode=$strict tiers=ssd
gone=$(id_of gone)
rmdir /sys/fs/cgroup/gone
left=$(tswapc cgroup-get --dump device=0) || fail "the dump is interrupted"
case $left in *"id=$gone "*) fail "the dump still has its rule: $left" ;; esac

# the rule goes with its cgroup, its pages stay readable and can be moved
mount -t tmpfs -o size=16m tmpfs /mnt
mkdir /sys/fs/cgroup/gone
rule gone mode=$strict tiers=ssd
(
	echo $BASHPID >/sys/fs/cgroup/gone/cgroup.procs
	head -c 8M /dev/urandom >/mnt/file
)
sum=$(md5sum </mnt/file)
tries=0
until [ "$(of_rule used gone)" -gt 400 ]; do # a try may end early: what has been read is active
	tries=$((tries + 1))
	[ $tries -le 50 ] || fail "the file is not swapped: $(of_rule used gone) pages," \
		"$(of_rule refused gone) refused, $(xargs </sys/fs/cgroup/gone/memory.stat)"
	echo 8M >/sys/fs/cgroup/gone/memory.reclaim || true
done
gone=$(id_of gone)
rmdir /sys/fs/cgroup/gone
j=$(start_job kind=$MIGRATE src-tier=ssd dst-tier=hdd)
await_job "$j" $DONE
[ "$(job moved "$j")" -gt 400 ] || fail "moved: $(tswapc job-get id="$j")"
refused 'no rule of its own' tswapc cgroup-get device=0 id="$gone"
left=$(tswapc cgroup-get --dump device=0) || fail "the dump is interrupted"
case $left in *"id=$gone "*) fail "the dump still has its rule: $left" ;; esac
mkdir /sys/fs/cgroup/gone # a new one, without a rule
refused 'no rule of its own' tswapc cgroup-get device=0 id="$(id_of gone)"
rmdir /sys/fs/cgroup/gone
[ "$(md5sum </mnt/file)" = "$sum" ] || fail "the file is damaged"
umount /mnt

no_leaks
stop_worker eight
stop_worker one
stop_worker two
take_down
rmmod tswap
clean_log
