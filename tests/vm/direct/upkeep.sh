#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# balance on the direct layer: a half-cold zram is relieved by age, budget and limits.
# vm-kernels: 6.12 7.3
# vm-args: --mem 768 --disk back=160M --disk other=64M
# vm-timeout: 600
. /src/tests/vm/direct/lib.sh

modprobe zram num_devices=0
modprobe loop
mount -t debugfs none /sys/kernel/debug 2>/dev/null || true
sys=/sys/block/zram0

conf() { # LINE...: of [tier fast]
	{
		echo "[tier fast]"
		echo "device = zram, size=96M, writeback=$(readlink -f /dev/disk/by-id/virtio-back)"
		printf '%s\n' "$@"
		echo "[tier other]"
		echo "device = zram, size=32M, writeback=$(readlink -f /dev/disk/by-id/virtio-other)"
	} >/etc/swapadm.conf
	chmod 0644 /etc/swapadm.conf
}
held_kib() { # pages in memory
	local orig _ same bd

	read -r orig _ _ _ _ same _ <"$sys/mm_stat"
	read -r bd _ <"$sys/bd_stat"
	echo $((orig / 1024 - (same + bd) * 4))
}
mem_kib() { awk '{ print int($3 / 1024) }' "$sys/mm_stat"; }
written() { awk '{ print $3 }' "$sys/bd_stat"; }
budget_used() { sed -n 's/^fast [0-9]* //p' /var/lib/swapadm/write-budget; }

# ---- half cold ---------------------------------------------------------------------------
conf "demote-above = 60%" "demote-below = 40%" "demote-older = 30s"
exits 0 swapctl apply
coproc cold { exec pattern 40; }
read -r _ cold_pid _ <&"${cold[0]}"
echo out >&"${cold[1]}"
read -r _ <&"${cold[0]}"
exits 0 swapctl balance --once
[ -z "$said" ] || fail "balance began below its mark: $said"
sleep 31
start_workload 30
ask out
warm_pid=$workload_PID

before=$(held_kib) mem_before=$(mem_kib)
[ "$before" -gt $((96 * 1024 * 60 / 100)) ] || fail "only $before KiB are held"
exits 0 swapctl balance --dry-run
echo "$said"
says "demote zram0 to backing"
says "write-back begins above 60% and ends at 40%"
[ "$(written)" = 0 ] || fail "a dry run wrote"
exits 0 swapctl balance --once
echo "$said"
exits 0 swapctl balance --once
after=$(held_kib) mem_after=$(mem_kib)
echo "held $before -> $after KiB, memory $mem_before -> $mem_after KiB, written $(written) pages"
[ "$after" -le $((96 * 1024 * 40 / 100)) ] || fail "still $after KiB after two rounds"
[ $((mem_before - mem_after)) -ge $(((before - after) * 9 / 10)) ] || fail "memory was not freed"
[ "$(awk '{ print $3 }' /sys/block/zram1/bd_stat)" = 0 ] || fail "the other tier was touched"
[ "$(budget_used)" = $(($(written) * 4096)) ] || fail "budget: $(budget_used), written $(written)"

if [ -r /sys/kernel/debug/zram/zram0/block_state ]; then
	written_slots >/tmp/written
	[ -s /tmp/written ] || fail "block_state shows no written page"
	slots_of "$warm_pid" >/tmp/warm
	slots_of "$cold_pid" >/tmp/cold
	warm=$(comm -12 /tmp/written /tmp/warm | grep -c . || true)
	cold_out=$(comm -12 /tmp/written /tmp/cold | grep -c . || true)
	echo "on the backing device: $cold_out of $(grep -c . /tmp/cold) cold pages, $warm of $(grep -c . /tmp/warm) warm ones"
	[ "$warm" -le $(($(grep -c . /tmp/warm) / 20)) ] || fail "warm pages were written back"
	[ "$cold_out" -ge $(($(written) * 9 / 10)) ] || fail "what was written is not what is cold"
else
	echo "no block_state: which pages went can't be seen"
fi
ask verify
echo verify >&"${cold[1]}"
read -r answer <&"${cold[0]}"
case $answer in ok*) ;; *) fail "cold: $answer" ;; esac

# ---- the budget, to the page -------------------------------------------------------------
echo out >&"${cold[1]}"
read -r _ <&"${cold[0]}"
ask out
budget=$(($(budget_used) + 1003 * 4096))
conf "demote-above = 10%" "demote-below = 5%" "write-budget = $budget/day"
exits 0 swapctl balance --once
exits 0 swapctl balance --once
echo "$said"
says "write-budget is used up of fast"
[ "$(budget_used)" = "$budget" ] || fail "budget $budget, used $(budget_used)"
[ $(($(written) * 4096)) = "$budget" ] || fail "budget $budget, written $(($(written) * 4096))"

# the kernel's own limit, when that is less
conf "demote-above = 10%" "demote-below = 5%"
echo 700 >"$sys/writeback_limit"
echo 1 >"$sys/writeback_limit_enable"
at=$(written)
exits 0 swapctl balance --once
[ $(($(written) - at)) -le 700 ] || fail "the kernel's limit was passed: $(($(written) - at))"
[ "$(cat "$sys/writeback_limit")" -le 1 ] || fail "the kernel's limit was not counted down"
echo 0 >"$sys/writeback_limit_enable"
ask verify

# ---- full at its mem-limit -----------------------------------------------------------------
ask out
conf "demote-above = 90%" "demote-below = 80%"
echo $(($(mem_kib) + 100))K >"$sys/mem_limit"
exits 0 swapctl balance --dry-run
says "of its mem-limit"
exits 0 swapctl balance --once
limit=$(awk '{ print int($4 / 1024) }' "$sys/mm_stat")
[ "$(mem_kib)" -le $((limit * 82 / 100)) ] || fail "$(mem_kib) of $limit KiB after a round"
echo 0 >"$sys/mem_limit"
ask verify

# ---- killed at ten moments; two services at once ----------------------------------------------
conf "demote-above = 10%" "demote-below = 5%"
quiet() { # no job runs and no limit of one is left
	! swapctl jobs -nro STATE | grep -q running &&
		[ "$(cat "$sys/writeback_limit_enable")" = 0 ]
}
kill_workers() {
	local pid

	for pid in $(sed -n 's/^worker //p' /run/swapadm/jobs/d* 2>/dev/null); do
		[ "$(cat "/proc/$pid/comm" 2>/dev/null)" != swapadm-worker ] || kill -KILL "$pid"
	done
}
for i in 0 1 2 3 4 5 6 7 8 9; do
	ask out
	swapctl balance --watch >/tmp/watch.log 2>&1 &
	sleep 0."$((i * 7 % 10))$i"
	kill -KILL $!
	# every other time the worker too: what is left of it is the guard of the limit
	[ $((i % 2)) = 0 ] || kill_workers
	wait $! 2>/dev/null || true
	# its worker goes on, with a limit of ours, until what was decided is moved; the job
	# of a service that was killed at its start may not be on record yet
	for _ in {1..600}; do
		quiet && sleep 0.3 && quiet && break
		sleep 0.1
	done
	[ "$(cat "$sys/writeback_limit_enable")" = 0 ] || fail "kill $i: a limit is left; jobs: $(swapctl jobs -n); $(pgrep -af swapadm-worker)"
	ask verify
done
quiet || fail "a job runs on"
ask out
swapctl balance --watch >/tmp/one.log 2>&1 &
one=$!
swapctl balance --watch >/tmp/two.log 2>&1 &
two=$!
sleep 12
kill -TERM $one $two
wait $one || fail "the first service: exit $?: $(cat /tmp/one.log)"
wait $two || fail "the second service: exit $?: $(cat /tmp/two.log)"
cat /tmp/one.log /tmp/two.log
ask verify
[ "$(held_kib)" -le $((96 * 1024 * 10 / 100)) ] || fail "two services left $(held_kib) KiB"

# ---- at rest ---------------------------------------------------------------------------------
swapctl balance --watch >/tmp/rest.log 2>&1 &
rest=$!
sleep 3
wakeups() { awk '/^voluntary_ctxt/ { print $2 }' "/proc/$rest/status"; }
ticks() { awk '{ print $14 + $15 }' "/proc/$rest/stat"; }
from=$(wakeups) cpu=$(ticks)
sleep 30
echo "in 30 s at rest: $(($(wakeups) - from)) wakeups, $(($(ticks) - cpu)) ticks of CPU"
[ "$(ls /proc/$rest/task | grep -c .)" = 1 ] || fail "more than one thread"
kill -TERM $rest
wait $rest || true

# ---- the backing device takes no more ------------------------------------------------------------------
ask quit
echo quit >&"${cold[1]}"
wait "$cold_pid" 2>/dev/null || true
exits 0 swapctl remove fast
exits 0 swapctl remove other
mkdir -p /mnt/small
mount -t tmpfs -o size=6M none /mnt/small
truncate -s 64M /mnt/small/file
loop=$(losetup -f --show /mnt/small/file)
{
	echo "[tier fast]"
	echo "device = zram, size=96M, writeback=$loop, allow-loop"
	echo "demote-above = 20%"
} >/etc/swapadm.conf
exits 0 swapctl apply
start_workload 40
ask out
exits 1 swapctl balance --once
echo "$said"
says "its backing device is full"
