#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# balance and zswap before a disk: the pool goes below its mark, the pages that it has held
# longest are on the disk, the write-budget of the disk's tier is kept to; a mixture with a
# zram that writes back; killed in between. On a kernel that can't be asked: exit 6.
# vm-args: --mem 768 --disk ssd=512M --disk back=96M
# vm-timeout: 900
. /src/tests/vm/direct/lib.sh

mount -t debugfs none /sys/kernel/debug 2>/dev/null || true
modprobe zram num_devices=0
params=/sys/module/zswap/parameters
echo +memory >/sys/fs/cgroup/cgroup.subtree_control # as systemd does
ssd=$(readlink -f /dev/disk/by-id/virtio-ssd)
back=$(readlink -f /dev/disk/by-id/virtio-back)
mkswap -q "$ssd"

conf() { # LINE...: of [tier ssd]
	{
		echo "[zswap]"
		printf '%s\n' "enabled = yes" "max-pool = 5%" "accept-threshold = 90%" \
			"demote-above = 60%" "demote-below = 35%"
		echo "[tier ssd]"
		echo "device = $ssd"
		printf '%s\n' "$@"
	} >/etc/swapadm.conf
	chmod 0644 /etc/swapadm.conf
}
pool_kib() { awk '/^Zswap:/ { print $2 }' /proc/meminfo; }
limit_kib() { awk '/^MemTotal:/ { print int($2 / 20) }' /proc/meminfo; }
wb() { awk '$1 == "zswpwb" { print $2 }' /proc/vmstat; }
from_disk() { awk '$1 == "pswpin" { print $2 }' /proc/vmstat; }
budget_used() { sed -n 's/^ssd [0-9]* //p' /var/lib/swapadm/write-budget; }
limits() { echo "$(cat $params/max_pool_percent) $(cat $params/accept_threshold_percent)"; }
ask_cold() {
	echo "$1" >&"${cold[1]}"
	read -r answer <&"${cold[0]}" || fail "the cold one died at $1"
	case $answer in bad*) fail "cold: $answer" ;; esac
}

conf
exits 0 swapctl apply
[ "$(limits)" = "5 90" ] || fail "zswap's limits: $(limits)"
coproc cold { exec pattern -c 100; }
read -r _ <&"${cold[0]}"
ask_cold out
coproc workload { exec pattern -c 50; }
read -r _ <&"${workload[0]}"
ask out
pool=$(pool_kib) limit=$(limit_kib)
[ "$pool" -gt $((limit * 60 / 100)) ] || fail "the pool has only $pool of $limit KiB"
if [ ! -e $params/shrinker_enabled ]; then
	exits 6 swapctl balance --once
	says "zswap where the kernel can be asked to"
	exits 6 swapctl balance --dry-run
	[ "$(limits)" = "5 90" ] || fail "zswap's limits: $(limits)"
	ask verify
	ask_cold verify
	echo "this kernel can't be asked: exit 6"
	exit 0
fi

# ---- below the mark in two rounds -----------------------------------------------------------
exits 0 swapctl balance --dry-run
echo "$said"
says "write-back begins above 60% and ends at 35%"
[ "$(wb)" = 0 ] || fail "a dry run wrote"
cached_kib() { awk '/^SwapCached:/ { print $2 }' /proc/meminfo; }
cached=$(cached_kib)
begin=$(date +%s%N)
exits 0 swapctl balance --once
end=$(date +%s%N)
echo "$said"
# a kernel that passes over few pages at a time takes more rounds when it is emulated
rounds=1
while [ "$(pool_kib)" -gt $((limit * 35 / 100)) ] && [ $rounds -lt 10 ]; do
	exits 0 swapctl balance --once
	echo "$said"
	rounds=$((rounds + 1))
done
after=$(pool_kib) went=$(wb)
echo "in $rounds rounds: pool $pool -> $after of $limit KiB, $went pages written, first round $(((end - begin) / 1000000)) ms"
echo "swap cache $cached -> $(cached_kib) KiB"
[ $(($(cached_kib) - cached)) -le $((went * 4 / 10)) ] || fail "what was written is still in memory"
[ "$after" -le $((limit * 36 / 100)) ] || fail "still $after KiB of $limit after $rounds rounds"
[ "$(limits)" = "5 90" ] || fail "zswap's limits are left at $(limits)"
[ ! -e /run/swapadm/zswap-limits ] || fail "the line of the limits is left"
[ -z "$(ls -d /sys/fs/cgroup/swapadm-* 2>/dev/null)" ] || fail "a cgroup is left"
[ "$(budget_used)" -ge $((went * $(getconf PAGESIZE))) ] || fail "budget: $(budget_used), written $went pages"
exits 0 swapctl balance --once
[ -z "$said" ] || fail "below its mark: $said"
at=$(from_disk)
ask verify
warm=$(($(from_disk) - at))
ask_cold verify
colder=$(($(from_disk) - at - warm))
echo "read back from the disk: $warm of 12800 warm pages, $colder of 25600 cold ones"
[ "$warm" -le $((12800 / 20)) ] || fail "warm pages were written to the disk"
[ "$colder" -ge $((went * 9 / 10)) ] || fail "what was written is not what is cold"

# ---- the budget of the disk's tier -------------------------------------------------------------
ask_cold write
ask_cold out
ask write
ask out
at=$(wb)
budget=$(($(budget_used) + (24 << 20)))
conf "write-budget = $budget/day"
sed -i 's/^demote-above.*/demote-above = 25%/; s/^demote-below.*/demote-below = 22%/' /etc/swapadm.conf
for _ in {1..10}; do
	exits 0 swapctl balance --once
	echo "$said"
	case $said in *"used up"*) break ;; esac
done
says "the rest of today's write-budget of ssd is below the smallest step"
echo "of a budget of 24 MiB $((($(wb) - at) / 256)) MiB were written"
[ "$(budget_used)" -le "$budget" ] || fail "budget $budget, used $(budget_used)"
[ $(($(wb) - at)) -gt 0 ] || fail "nothing was written"
ask verify
ask_cold verify

# ---- killed, and both killed ---------------------------------------------------------------------
conf
as_before() { [ "$(limits)" = "5 90" ] && [ ! -e /run/swapadm/zswap-limits ]; }
for i in 0 1 2 3 4 5 6 7 8 9; do
	ask_cold write # what was written back before is clean, and goes past zswap
	ask out
	ask_cold out
	swapctl balance --watch >/tmp/watch.log 2>&1 &
	sleep "0.$((i * 7 % 10))$i"
	kill -KILL $!
	wait $! 2>/dev/null || true
	# its child goes on for up to 3 s, and may be about to begin
	for _ in {1..80}; do
		as_before && sleep 0.3 && as_before && break
		sleep 0.1
	done
	as_before || fail "kill $i: zswap's limits are $(limits)"
	ask verify
	ask_cold verify
done
left_by_kill() {
	echo "5 90 1 70" >/run/swapadm/zswap-limits
	touch -d "1 minute ago" /run/swapadm/zswap-limits
	echo 1 >$params/max_pool_percent
}
left_by_kill
exits 0 swapctl status
says "limits are still lowered, by a balance that was killed; they were 5% and 90%"
exits 0 swapctl doctor
says "swapctl balance --recover"
exits 0 swapctl balance --recover
as_before || fail "zswap-limits: the remedy leaves $(limits)"
exits 0 swapctl doctor
case $said in *"still lowered"*) fail "doctor: $said" ;; esac
left_by_kill
exits 0 swapctl balance --once
[ "$(limits)" = "5 90" ] || fail "the limits that were left are not put back: $(limits)"
[ ! -e /run/swapadm/zswap-limits ] || fail "the line of the limits is left"
# what an administrator has set meanwhile stays
echo "20 80 1 70" >/run/swapadm/zswap-limits
exits 0 swapctl balance --once
[ "$(limits)" = "5 90" ] || fail "somebody's limits were changed: $(limits)"
[ -z "$(ls -d /sys/fs/cgroup/swapadm-push 2>/dev/null)" ] || fail "a cgroup is left"

# ---- stopped in the middle of it ------------------------------------------------------------------
ask write
ask_cold write
ask out
ask_cold out
[ "$(pool_kib)" -gt $((limit * 60 / 100)) ] || fail "the pool has only $(pool_kib) of $limit KiB"
swapctl balance --watch >/tmp/watch.log 2>&1 &
watch=$!
for _ in {1..200}; do
	[ "$(limits)" = "5 90" ] || break
	sleep 0.02
done
[ "$(limits)" != "5 90" ] || fail "balance did not lower the limits: $(cat /tmp/watch.log)"
begin=$(date +%s%N)
kill -TERM $watch
wait $watch || fail "stopped: exit $?: $(cat /tmp/watch.log)"
echo "stopped in $((($(date +%s%N) - begin) / 1000000)) ms"
as_before || fail "stopped: zswap's limits are $(limits)"

# ---- a cgroup keeps its pages in the pool -----------------------------------------------------------
conf
sed -i 's/^demote-above.*/demote-above = 40%/; s/^demote-below.*/demote-below = 30%/' /etc/swapadm.conf
ask verify
ask_cold verify
hold=/sys/fs/cgroup/hold
mkdir $hold
echo 0 >$hold/memory.zswap.writeback
mkfifo /tmp/hold.in /tmp/hold.out
(
	echo $BASHPID >$hold/cgroup.procs
	exec pattern -c 80 </tmp/hold.in >/tmp/hold.out
) &
exec 7>/tmp/hold.in 8</tmp/hold.out
read -r _ <&8
ask_hold() {
	echo "$1" >&7
	read -r answer <&8 || fail "the one that is kept died at $1"
	case $answer in bad*) fail "kept: $answer" ;; esac
}
ask_hold out
held=$(awk '$1 == "zswap" { print int($2 / 1024) }' $hold/memory.stat)
echo "the cgroup keeps $held of $limit KiB"
[ "$held" -gt $((limit * 41 / 100)) ] || fail "the cgroup has only $held KiB in zswap"
count() { awk -v key="$1" '$1 == key { print $2 }' /proc/vmstat; }
stored=$(count zswpout) to_disk=$(count pswpout) low=0
swapctl balance --watch >/tmp/hold.log 2>&1 &
watch=$!
ask write
ask out
for _ in {1..150}; do
	[ "$(limits)" = "5 90" ] || low=$((low + 1))
	sleep 0.1
done
stored=$(($(count zswpout) - stored)) to_disk=$(($(count pswpout) - to_disk))
echo "of 150 looks $low saw low limits; the neighbour: $stored pages to zswap, $to_disk to the disk"
cat /tmp/hold.log
[ $low = 0 ] || fail "the limits were lowered although nothing can be written back"
[ "$stored" -ge $((12800 * 9 / 10)) ] || fail "only $stored of the neighbour's pages are in zswap"
[ "$to_disk" -le $((12800 / 50)) ] || fail "$to_disk pages of the neighbour went to the disk"
[ "$(grep -c 'waits: cgroup /hold has memory.zswap.writeback=0' /tmp/hold.log)" = 1 ] || fail "the reason is not said once"
exits 0 swapctl status
says "can't be written back: $hold/memory.zswap.writeback is 0"
exits 0 swapctl doctor
says "echo 1 > $hold/memory.zswap.writeback"
echo 1 >$hold/memory.zswap.writeback
for _ in {1..180}; do
	[ "$(pool_kib)" -gt $((limit * 31 / 100)) ] || break
	sleep 1
done
cat /tmp/hold.log
[ "$(pool_kib)" -le $((limit * 31 / 100)) ] || fail "the remedy: still $(pool_kib) of $limit KiB"
kill -TERM $watch
wait $watch || fail "the service: exit $?"
ask verify
ask_hold verify
ask_hold quit

# ---- zswap before a zram that writes back, and a disk ---------------------------------------------
ask verify
ask_cold verify
exits 0 swapctl remove ssd
cat >/etc/swapadm.conf <<-CONF
	[zswap]
	enabled = yes
	max-pool = 5%
	demote-above = 60%
	demote-below = 35%
	[tier fast]
	device = zram, size=64M, writeback=$back
	demote-above = 20%
	demote-below = 10%
	[tier ssd]
	device = $ssd
CONF
exits 0 swapctl apply
ask write
ask_cold write
ask_cold out
ask out
exits 0 swapctl balance --once
exits 0 swapctl balance --once
echo "$said"
exits 0 swapctl status
echo "$said"
exits 0 swapctl doctor
says "zswap is on in front of"
[ "$(pool_kib)" -le $((limit * 36 / 100)) ] || fail "mixture: still $(pool_kib) KiB of $limit"
ask verify
ask_cold verify
ask quit
