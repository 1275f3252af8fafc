#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Whatever a page is: a tswap device with two leaves, out, in, a drain under way while its owner
# looks at its memory; then the direct layer; a capture; swap of a kernel with other pages. What
# the kernel counts in pages has to come out in bytes.
# vm-timeout: 240
# vm-args: --mem 768 --disk ssd=256M --disk hdd=512M
. /src/tests/vm/redirect/lib.sh

page=$(getconf PAGESIZE)
ssd=/dev/disk/by-id/virtio-ssd hdd=/dev/disk/by-id/virtio-hdd
echo "$(uname -m) $(uname -r), pages of $page"

# between A B NAME: a metric in MiB
between() {
	local now

	now=$(swapctl metrics | awk -v name="swapadm_$3" '$1 == name { printf "%d", $2 / 1048576 }')
	[ "$now" -ge "$1" ] && [ "$now" -le "$2" ] || fail "$3 is $now MiB, wanted $1 to $2"
}

# owned MIB TIER: what ps shows of the workload in a tier
owned() {
	local now

	now=$(swapctl ps -J | largest_of_tier "$2")
	[ "${now:-0}" -ge $(($1 << 20)) ] || fail "ps: the workload has ${now:-nothing} in $2"
}

largest_of_tier() { # TIER: its largest number in JSON
	grep -o "\"tier_$1\": *[0-9]*" | grep -o '[0-9]*$' | sort -n | tail -n 1
}

# what is on its way to a device is still in memory: there must be nothing left of it, or the
# content would be that of the swap cache
out() {
	ask out
	echo 200M >/sys/fs/cgroup/load/memory.reclaim 2>/dev/null || true
}

conf() { # LAYER
	cat >/etc/swapadm.conf <<-INI
		[swapadm]
		layer = $1
		[tier ssd]
		device = LABEL=warm
		[tier hdd]
		device = LABEL=cold
	INI
	chmod 0644 /etc/swapadm.conf
}

step "swap of a kernel with other pages"
other=4096
[ "$page" != 4096 ] || other=16384
mkswap -q -p $other -L warm $ssd 2>/dev/null || mkswap -p $other -L warm $ssd
exits 1 swapctl add ssd $ssd --dry-run
says "is for pages of $other bytes, this kernel has pages of $page"
conf direct
mkswap -q -L cold $hdd
exits 4 swapctl apply
says "is for pages of $other bytes"
exits 0 swapctl doctor
says "--format"
exits 0 swapctl remove "$hdd"
[ -z "$(areas)" ] || fail "an area is left"
mkswap -q -L warm $ssd

step "redirect: out and in"
conf redirect
exits 0 swapctl apply
mkdir -p /sys/fs/cgroup/load
start_workload 100 /sys/fs/cgroup/load
out
at_least 60 ssd
between 60 300 swapout_bytes_total
owned 60 ssd
ask verify
between 60 300 swapin_bytes_total
out

step "redirect: a drain, live"
swapctl drain ssd --rate 60M >/tmp/drain 2>&1 &
drain=$!
while kill -0 $drain 2>/dev/null; do
	ask verify
	out
done
wait $drain || fail "drain: $(cat /tmp/drain)"
is STATE "$(basename "$(readlink $ssd)")" drained
is USED "$(basename "$(readlink $ssd)")" 0
ask verify
out
at_least 60 hdd
exits 0 swapctl remove tswap0
ask verify
[ -z "$(areas)" ] || fail "an area is left"

step "direct: out, ps, drain"
conf direct
exits 0 swapctl apply
out
at_least 60 ssd
owned 60 ssd
exits 0 swapctl list
exits 0 swapctl drain ssd --dry-run
exits 0 swapctl drain ssd
says "by pre-read"
! grep -q "^$(readlink -f $ssd) " /proc/swaps || fail "still an area"
ask verify
out

step "a capture"
busybox sh /src/tests/lib/collect-root.sh /tmp/root
grep -q "^KernelPageSize: *$((page / 1024)) kB" /tmp/root/proc/self/smaps || fail "no record of the page size"
exits 0 swapctl --root /tmp/root metrics
says swapadm_swapout_bytes_total
ask verify
ask quit
