#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Write-back to a device that fails, to one that disappears, and across a suspend: no page
# is lost, and what is said is true; doctor finds "writeback-gone".
# vm-kernels: 6.12 7.3
# vm-args: --mem 640 --disk back=128M --disk gone=128M,bus=ssd
# vm-timeout: 500
. /src/tests/vm/direct/lib.sh

modprobe zram num_devices=0
modprobe -a dm_mod dm_flakey
sys=/sys/block/zram0
disk=$(readlink -f /dev/disk/by-id/virtio-back)
sectors=$(blockdev --getsz "$disk")
written() { awk '{ print $3 }' "$sys/bd_stat"; }
table() { # WORDS...
	dmsetup load flaky --table "0 $sectors $*"
	dmsetup suspend --noflush --nolockfs flaky
	dmsetup resume flaky
}
conf() { # BACKING
	{
		echo "[tier fast]"
		echo "device = zram, size=96M, writeback=$1"
		echo "demote-above = 20%"
		echo "demote-below = 10%"
	} >/etc/swapadm.conf
	chmod 0644 /etc/swapadm.conf
}
no_limit() { [ "$(cat "$sys/writeback_limit_enable")" = 0 ] || fail "$1: a limit is left"; }

# ---- every write fails, reads go on ---------------------------------------------------------
dmsetup create flaky --table "0 $sectors linear $disk 0"
conf /dev/mapper/flaky
exits 0 swapctl apply
start_workload 48
ask out
exits 0 swapctl migrate zram0 backing --amount 8M
table flakey "$disk" 0 0 600 1 error_writes
at=$(written)
exits 1 swapctl migrate zram0 backing
echo "fails: $said"
says "its backing device fails"
no_limit migrate
exits 1 swapctl balance --once
echo "balance: $said"
says "fails"
no_limit balance
ask verify
exits 0 swapctl list zram0
swapctl jobs -nro STATE | grep -q running && fail "a job runs on"
ask out
table linear "$disk" 0
exits 0 swapctl balance --once
exits 0 swapctl balance --once
[ "$(written)" -gt "$at" ] || fail "nothing went once it worked again"
ask verify

# ---- a suspend in between -------------------------------------------------------------------
# Level "freezer": the tasks are frozen and thawed. The devices are left on, as the guest's
# programs are on 9p, whose virtio driver has no resume.
if [ -e /sys/power/pm_test ]; then
	ask out
	exits 0 swapctl migrate zram0 backing --amount 16M --rate 1M --background
	job=$(grep -oE '\bd[0-9]+\b' <<<"$said" | tail -n 1)
	swapctl balance --watch >/tmp/watch.log 2>&1 &
	watch=$!
	sleep 2
	echo freezer >/sys/power/pm_test
	begin=$(date +%s)
	echo freeze >/sys/power/state || fail "no suspend"
	echo "suspended for $(($(date +%s) - begin)) s"
	swapctl wait "$job" --timeout 60 || fail "job $job after the suspend: $?"
	sleep 6
	kill -TERM $watch
	wait $watch || fail "balance after the suspend: $? $(cat /tmp/watch.log)"
	cat /tmp/watch.log
	no_limit suspend
	ask verify
else
	echo "no pm_test: the suspend is left out"
fi
ask quit
exits 0 swapctl remove fast
dmsetup remove flaky

# ---- it is pulled out -----------------------------------------------------------------------
disk=$(readlink -f /dev/disk/by-id/*gone | head -n 1)
conf "$disk"
exits 0 swapctl apply
coproc victim { exec pattern 16; }
read -r _ victim_pid _ <&"${victim[0]}"
echo out >&"${victim[1]}"
read -r _ <&"${victim[0]}"
start_workload 48
ask out
exits 0 swapctl migrate zram0 backing --pid "$victim_pid"
echo 1 >"/sys/block/${disk##*/}/device/delete"
exits 1 swapctl migrate zram0 backing
echo "gone: $said"
no_limit gone
exits 1 swapctl balance --once
echo "balance: $said"
ask verify
exits 0 swapctl status
echo "$said"
swapctl doctor >/tmp/doctor || true
cat /tmp/doctor
grep -q "no name leads to its write-back device" /tmp/doctor || fail "doctor does not see it"
grep -q "migrate zram0 backing" /tmp/doctor && fail "a remedy that can't work"
# what was on it is lost, and that is said; the content of others is not
exits 0 swapctl drain zram0 --dry-run
says "16 MiB of zram0 are on"
says "a process that needs one is killed"
exits 0 swapctl remove fast
echo "$said"
[ -z "$(areas)" ] || fail "areas are left"
ask verify
echo verify >&"${victim[1]}"
status=0
wait "$victim_pid" || status=$?
[ $status -eq 135 ] || fail "the victim ended with $status, not by SIGBUS"
ask quit
