#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A forced drain for which there is no room: it fails, nobody else is killed, the area stays
# and is whole; content verified.
# vm-args: --mem 384 --disk ssd=500M
# vm-timeout: 300
. /src/tests/vm/direct/lib.sh

ssd=$(readlink -f /dev/disk/by-id/virtio-ssd)
mkswap -q "$ssd"
exits 0 swapctl add ssd "$ssd"
coproc workload { exec pattern -s 360; }
read -r ready <&"${workload[0]}"
case $ready in ready*) ;; *) fail "the workload says: $ready" ;; esac
ask out
exits 3 swapctl drain ssd
says short

status=0
said=$(swapctl drain ssd --force 2>&1) || status=$?
echo "forced: exit $status: $said"
[ "$status" -ne 0 ] || fail "360 MiB came into 384 MiB of memory"
grep -q "^$ssd " /proc/swaps || fail "the area is gone"
kill -0 "$workload_PID" || fail "the workload was killed"
ask verify

# the area still takes pages, and what is in it comes back
ask out
ask verify
exits 0 swapctl jobs
case $said in *running*) fail "a job is left: $said" ;; esac
ask quit
