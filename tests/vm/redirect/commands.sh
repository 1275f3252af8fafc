#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What commands say and do on the redirect layer: ages, progress as JSON, detaching, time-outs,
# a pause for lack of room, ps by tier, what monitor prints. What they refuse: refusals.sh.
# vm-args: --mem 768 --disk ssd=256M --disk hdd=512M --disk small=64M --disk blank=64M
. /src/tests/vm/redirect/lib.sh

three_tiers
exits 0 swapctl apply
start_workload 200
ask out

step "by age"
exits 0 swapctl migrate ssd hdd --older 1h
is USED vdc 0
sleep 2
exits 0 swapctl migrate ssd hdd --older 1s --amount 20M
at_least 20 hdd
exits 0 swapctl migrate hdd ssd

step "progress as JSON"
swapctl migrate ssd hdd --amount 40M --rate 10M -J >/run/progress.json 2>/run/progress.err
[ ! -s /run/progress.err ] || fail "words next to the JSON: $(cat /run/progress.err)"
[ "$(grep -c '"event":"plan"' /run/progress.json)" = 1 ] || fail "$(cat /run/progress.json)"
[ "$(grep '"event":"progress"' /run/progress.json | grep -c '"state":"running"')" -ge 2 ] ||
	fail "$(cat /run/progress.json)"
tail -n 1 /run/progress.json | grep '"event":"end"' | grep -q '"state":"done"' ||
	fail "$(cat /run/progress.json)"
exits 0 swapctl migrate hdd ssd

step "a new device, in two tiers"
mkswap -q /dev/disk/by-id/virtio-small
exits 0 swapctl add ssd /dev/disk/by-id/virtio-small
exits 1 swapctl add hdd /dev/disk/by-id/virtio-small
[ "$(swapctl list -nro STATE vdd)" = active ] || fail "vdd is not active"
exits 0 swapctl remove vdd

step "a job says where its pages went"
exits 0 swapctl drain ssd --dry-run
says "takes "
exits 0 swapctl drain ssd
job=$(swapctl jobs -nro JOB,KIND | awk '$2 == "drain" { print $1 }' | sort -n | tail -n 1)
[ "$(swapctl jobs -nro JOB,DEST | awk -v job="$job" '$1 == job { print $2 }')" = vdc ] ||
	fail "not to hdd: $(swapctl jobs)"
exits 0 swapctl uncordon ssd
exits 0 swapctl migrate hdd ssd
ask verify
ask out

step "ps by tier"
exits 0 swapctl ps
echo "$said"
exits 0 swapctl swapin --pid "$workload_PID" --dry-run
says "from ssd:"
says "fits: "
exits 0 swapctl swapout --pid "$workload_PID" --dry-run
says "to hdd:"
says "room in swap:"
ssd=$(swapctl ps -nrbo SSD | head -n 1)
[ "$ssd" -ge $((100 << 20)) ] || fail "ps: ssd has $ssd bytes of the workload"
exits 0 swapctl cgroups

step "Ctrl-C detaches"
swapctl migrate ssd hdd --rate 2M >/run/detach.log 2>&1 &
sleep 1
kill -INT $!
status=0
wait $! || status=$?
[ "$status" = 130 ] || fail "ended with $status"
grep -q "goes on; .swapctl wait" /run/detach.log || fail "no words: $(cat /run/detach.log)"
job=$(sed -n 's/^job \([0-9]*\) goes on.*/\1/p' /run/detach.log)
exits 5 swapctl wait "$job" --timeout 1s
exits 0 swapctl pause "$job"
case $(swapctl jobs -nro JOB,STATE) in *"$job paused"*) ;; *) fail "not paused" ;; esac
exits 0 swapctl resume "$job"
exits 0 swapctl cancel "$job"
exits 130 swapctl wait "$job"
exits 5 swapctl drain ssd --rate 2M --timeout 1s
is STATE vdb active

step "no room on the way"
exits 0 swapctl cordon hdd --dry-run -J
says '"kind":"cordon","target":"hdd","devices":["vdc"]'
is STATE vdc active
exits 0 swapctl cordon hdd -J
says '"event":"plan"'
is STATE vdc cordoned
exits 3 swapctl drain ssd --force --background # nothing at all takes pages
exits 0 swapctl add extra /dev/disk/by-id/virtio-small
swapctl drain ssd --force --background >/run/job 2>/dev/null
sleep 4
case $(swapctl status) in *"paused (no space, needs"*) ;; *) fail "$(swapctl jobs)" ;; esac
exits 0 swapctl uncordon hdd
exits 0 swapctl wait "$(cat /run/job)"
says drained
ask verify
exits 0 swapctl uncordon ssd

step monitor
swapctl monitor -J >/run/monitor.log 2>&1 &
monitor=$!
sleep 1
swapctl cordon ssd
swapctl uncordon ssd
echo add >/sys/block/vde/uevent
sleep 2
kill -INT "$monitor"
wait "$monitor" || fail "monitor ended with $?"
grep -q '"leaf-changed".*"vdb"' /run/monitor.log || fail "$(cat /run/monitor.log)"
grep -q '"disk-added".*"vde"' /run/monitor.log || fail "$(cat /run/monitor.log)"
ask quit
