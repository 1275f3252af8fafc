#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# In the guest of tests/vm/system, started by vm-script.service: runs the test script, keeps
# the journal and the boot times of each boot, and goes down as the script asked for.
# Everything that goes to and from the host is in /vm, its folder.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive PAGER=cat SYSTEMD_COLORS=0
# shellcheck source=/dev/null
. /vm/orders
ports=/dev/virtio-ports
times=/vm/results/boot-$VM_BOOT.times
{
	systemctl is-system-running --wait
	systemd-analyze time
	systemctl --failed --plain --no-legend
	systemd-analyze blame | head -n 12
} >"$times" 2>&1
cd /vm/src || exit
# shellcheck disable=SC2154 # from /vm/orders
if [ -n "$VM_MERGE" ]; then
	"${script[@]}" </dev/null >$ports/out 2>&1
else
	"${script[@]}" </dev/null >$ports/out 2>$ports/err
fi
status=$?
journalctl -b -o short-monotonic --no-pager >"/vm/results/boot-$VM_BOOT.journal" 2>&1
if [ -s /vm/next ] && [ "$status" -eq 0 ]; then
	sync
	echo "vm-script: going down" >/dev/kmsg
	systemctl --no-block "$(cat /vm/next)" 2>$ports/err && exit 0
	status=1
fi
rm -f /vm/next
echo "$status" >$ports/status
sync
sleep 1
echo o >/proc/sysrq-trigger
