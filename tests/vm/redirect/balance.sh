#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Watermarks: demotion with its reasons, hysteresis, the write budget, ways of users' jobs.
# vm-args: --mem 768 --disk ssd=256M --disk hdd=512M
. /src/tests/vm/redirect/lib.sh

three_tiers
sed -i '/^\[tier ssd\]/i demote-above = 80%\ndemote-below = 50%' /etc/swapadm.conf
exits 0 swapctl apply
exits 0 swapctl balance
[ -z "$said" ] || fail "an empty tier was demoted: $said"

step "one round"
start_workload 160
ask out
at_least 60 fast
exits 0 swapctl balance --once
says "demote fast to ssd"
says "full, demotion begins above 80% and ends at 50%"
[ "$(field USED zram0)" -le $((33 << 20)) ] || fail "fast is not below its watermark"
exits 0 swapctl balance --once
[ -z "$said" ] || fail "a descent began below demote-above: $said"
ask verify

step "write budget: $(cat /var/lib/swapadm/write-budget)"
grep -q '^ssd [0-9]* [1-9]' /var/lib/swapadm/write-budget || fail "nothing was counted"
sed -i '/^\[tier ssd\]/a write-budget = 40M/day' /etc/swapadm.conf
exits 0 swapctl migrate ssd fast --amount 30M # pages that are only read do not go out again
at_least 60 fast
exits 0 swapctl balance
exits 0 swapctl balance
says "write-budget is used up of ssd"
used=$(sed -n 's/^ssd [0-9]* //p' /var/lib/swapadm/write-budget)
[ "$used" -le $((40 << 20)) ] || fail "the budget of 40 MiB was overrun: $used"
sed -i '/^write-budget/d' /etc/swapadm.conf

step "a job of the user's comes first"
job=$(swapctl migrate ssd hdd --rate 64K --background 2>/dev/null)
exits 0 swapctl balance
says "waits: for job $job"
exits 0 swapctl cancel "$job"

step "a job of balance makes way for the user's"
job=$(swapctl migrate fast ssd --rate 64K --background 2>/dev/null)
echo "$job fast ssd fast is 99% full" >/run/swapadm/balance # as balance notes it
case $(swapctl jobs) in *"balance: fast is 99% full"*) ;; *) fail "no reason: $(swapctl jobs)" ;; esac
exits 0 swapctl migrate fast ssd --amount 1M
[ "$(swapctl jobs -rno JOB,STATE | grep "^$job ")" = "$job cancelled" ] || fail "$(swapctl jobs)"
job=$(swapctl migrate fast ssd --rate 64K --background 2>/dev/null)
exits 1 swapctl migrate fast ssd --amount 1M # this one is somebody's
says "another job"
says "job $job (migrate fast)"
exits 1 swapctl drain fast --dry-run
says "job $job (migrate fast) has it"
exits 0 swapctl cancel "$job"

step "watch"
swapctl balance --watch >/run/balance.log 2>&1 &
watcher=$!
for _ in $(seq 50); do
	[ "$(field USED zram0)" -gt $((33 << 20)) ] || break
	sleep 0.2
done
[ "$(field USED zram0)" -le $((33 << 20)) ] || fail "the service did nothing: $(cat /run/balance.log)"
kill -TERM "$watcher"
wait "$watcher" || fail "the service ended with $?"
cat /run/balance.log
grep -q '^[0-9]* fast ssd fast is' /run/swapadm/balance || fail "no note of why"
ask verify
ask quit
