#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Memory that a drain of 256 MiB needs, and what list costs with 64 leaves.
# vm-args: --mem 768 --disk ssd=384M --disk hdd=1G
. /src/tests/vm/redirect/lib.sh

ms() { # COMMAND...: median of nine runs
	local i begin

	for i in 1 2 3 4 5 6 7 8 9; do
		begin=$(date +%s%N)
		"$@" >/dev/null
		echo $((($(date +%s%N) - begin) / 10000))
	done | sort -n | sed -n '5s/\(..\)$/.\1/p'
}

three_tiers
sed -i '/^\[tier fast\]/,/^device/d' /etc/swapadm.conf
exits 0 swapctl apply

step "a drain of 256 MiB"
start_workload 300
ask out
at_least 256 ssd
before=$(awk '/MemAvailable/ { print $2 }' /proc/meminfo)
low=$before
swapctl drain ssd --background >/run/job 2>/dev/null
while swapctl jobs -nro STATE | grep -q running; do
	now=$(awk '/MemAvailable/ { print $2 }' /proc/meminfo)
	[ "$now" -ge "$low" ] || low=$now
done
swapctl jobs
echo "MemAvailable $before kB, lowest $low kB: $(((before - low) / 1024)) MiB"
[ $((before - low)) -le $((16 << 10)) ] || fail "the drain needed more than 16 MiB"
ask verify
echo quit >&"${workload[1]}"
wait "${workload_PID:-}" 2>/dev/null || true
exits 0 swapctl remove tswap0

if [ "$VM_KERNEL" = debug ]; then
	echo "list is not timed there: brd is built in, with fewer disks"
	exit 0
fi
step "list with 64 leaves"
modprobe brd rd_nr=64 rd_size=4096 2>/dev/null || modprobe zram num_devices=64
set -- /dev/ram[0-9]*
[ -e "$1" ] || fail "no brd"
for disk; do mkswap -q "$disk"; done
ram_tier() { # LAYER N WHOLE: the first N of the disks in one tier, for as long as it takes
	local disk n=0

	printf '[swapadm]\nlayer = %s\n[tier ram]\n' "$1" >/etc/swapadm.conf
	for disk in /dev/ram[0-9]*; do
		n=$((n + 1))
		[ $n -gt "$2" ] || echo "device = $disk" >>/etc/swapadm.conf
	done
	exits 0 swapctl apply
	[ "$(swapctl list -n | wc -l)" -eq "$2" ] || fail "not $2 devices"
	echo "$1, $2 devices: $(ms swapctl list) ms"
	exits 0 swapctl remove "$3"
}
# the kernel has places for little more than 20 areas
ram_tier direct 2 ram
ram_tier direct 20 ram
ram_tier redirect 20 tswap0
ram_tier redirect 64 tswap0
echo "the start of the program alone: $(ms swapctl --version) ms"
