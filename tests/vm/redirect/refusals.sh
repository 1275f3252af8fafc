#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Bad input on the redirect layer: each refusal names the object, the action, the cause and
# what to do, has its exit status, and changes nothing.
# vm-args: --mem 768 --disk ssd=256M --disk hdd=512M --disk blank=64M --disk ext=64M
# vm-timeout: 300
. /src/tests/vm/redirect/lib.sh

# all that a refused command could have changed
state() {
	swapctl list -rbno DEVICE,TIER,RANK,STATE,SIZE,USED
	cat /sys/block/tswap0/tswap/overcommit /proc/swaps /etc/swapadm.conf
	swapctl jobs -rno JOB,STATE
	ls /sys/block /etc/swapadm.conf.d 2>/dev/null || true
}

# refused STATUS "TEXT|TEXT..." WORD...: swapctl WORD... ends so and says each text
refused() {
	local want=$1 texts=$2 text now

	shift 2
	exits "$want" swapctl "$@"
	echo "$said" | sed 's/^/    /'
	while IFS= read -r text; do says "$text"; done < <(tr '|' '\n' <<<"$texts")
	now=$(state)
	[ "$before" = "$now" ] || fail "$*: changed something: $(diff <(echo "$before") <(echo "$now"))"
}

disk=/dev/disk/by-id/virtio
three_tiers
exits 0 swapctl apply
start_workload 200
ask out

mkfs.ext4 -q $disk-ext
before=$(state)

step "names"
refused 1 "nosuch|migrate|no such device or tier|swapctl list" migrate nosuch hdd
refused 1 "nosuch|no such tier|swapctl list" migrate ssd nosuch
refused 1 "nosuch|drain|no such|swapctl list" drain nosuch
refused 1 "nosuch|remove|no such" remove nosuch
refused 1 "nosuch|cordon|no such|swapctl list" cordon nosuch
refused 1 "nosuch|uncordon|no such" uncordon nosuch
refused 1 "nosuch|no such" drain ssd --to nosuch
refused 2 "memory|not the name of a tier" add memory $disk-blank
refused 2 "SSD|not the name of a tier" add SSD $disk-blank
refused 1 "4711|no such job|swapctl jobs" cancel 4711
refused 1 "4711|no such job" wait 4711
refused 1 "4711|no such job" pause 4711
refused 1 "4711|no such job" resume 4711
refused 1 "d4711|no such job" cancel d4711
refused 2 "xyz|not a job id" cancel xyz

step "a destination that is cordoned"
holds=$(swapctl list -rbno TIER,USED | awk '$2 > 0 { print $1; exit }')
other=$([ "$holds" = hdd ] && echo ssd || echo hdd)
exits 0 swapctl cordon "$other"
before=$(state)
refused 3 "$holds|drain|cordoned|swapctl uncordon" drain "$holds" --to "$other"
exits 0 swapctl uncordon "$other"
before=$(state)

step "a move to itself"
refused 1 "ssd|migrate|its own destination" migrate ssd ssd
refused 1 "ssd|migrate|its own destination" migrate ssd vdb
refused 1 "vdb|migrate|its own destination" migrate vdb vdb
refused 1 "ssd|drain|its own destination" drain ssd --to ssd
refused 1 "ssd|drain|its own destination" drain ssd --to vdb

step "numbers"
for rate in 0 -5 fast 1Z 99999999999999999999 ''; do
	refused 2 "rate" migrate ssd hdd --rate "$rate"
	refused 2 "rate" drain ssd --rate "$rate"
done
refused 1 "ssd|migrate|rate" migrate ssd hdd --rate 1
for amount in 0 -1 many 101% 0% 50%ram 1Q; do
	refused 2 "amount" migrate ssd hdd --amount "$amount"
done
for age in soon -1 0 0h 1y; do
	refused 2 "older" migrate ssd hdd --older "$age"
done
for time in -1 0 0s x; do
	refused 2 "timeout" drain ssd --timeout "$time"
done
refused 2 "missing" migrate ssd
refused 2 "unexpected argument" migrate ssd hdd fast
refused 2 "--background" migrate ssd hdd --dry-run --background
refused 2 "--persist" cordon --persist ssd
refused 2 "--once" balance --once --watch

step "devices"
for tier in ssd hdd new; do
	refused 1 "vdb: add|already a leaf of tswap0, in tier ssd|swapctl apply|swapctl remove" \
		add $tier $disk-ssd
	refused 1 "vdb: add|already a leaf of tswap0" add $tier $disk-ssd --format
done
refused 1 "vdb: add|already a leaf of tswap0" add ssd "zram,size=8M,writeback=$disk-ssd"
refused 1 "add|no swap signature|--format" add ssd $disk-blank
refused 1 "add|ext4|--format" add ssd $disk-ext
refused 1 "nosuch|add|no such device|lsblk" add ssd /dev/nosuch
refused 1 "/etc/hosts|add" add ssd /etc/hosts
refused 1 "tswap0: add|a tswap device|name the device" add ssd /dev/tswap0
refused 1 "/dev/null|add|neither a block device nor" add ssd /dev/null
refused 2 "zram|size|1X" add ssd zram,size=1X
refused 2 "colour|unknown|allowed" add ssd $disk-blank,colour=red
truncate -s 64M /var/swapfile
refused 1 "/var/swapfile|add" add ssd /var/swapfile
rm /var/swapfile

step "an area that is not on the tswap device"
mkswap -q $disk-blank
swapon -p 5 $disk-blank
before=$(state)
refused 1 "vdd: add|already an active swap area (priority 5)|swapctl remove" add hdd $disk-blank
swapoff $disk-blank
wipefs -qa $disk-blank
before=$(state)

step "a leaf that is too small"
dd if=/dev/zero of=/run/small bs=4096 count=8 status=none
modprobe loop
loop=$(losetup --show -f /run/small)
before=$(state)
refused 1 "add|too small|larger" add ssd "$loop,allow-loop" --format
losetup -d "$loop"
before=$(state)

step "room"
refused 6 "tswap0|remove" drain ssd --to memory
refused 3 "short" migrate ssd fast
refused 3 "short" drain ssd --to fast
exits 0 swapctl cordon hdd
before=$(state)
refused 3 "ssd|drain|short" drain ssd
refused 3 "ssd|remove|short" remove ssd
refused 3 "short" drain ssd --dry-run
exits 0 swapctl cordon fast
before=$(state)
refused 3 "ssd|cordon|nothing else takes new pages|--force" cordon ssd
refused 3 "new pages to nothing|nothing else takes new pages" cordon ssd --dry-run
refused 0 "already" cordon hdd --dry-run
refused 0 "new pages to hdd" uncordon hdd --dry-run
exits 0 swapctl cordon ssd --force
is STATE vdb cordoned
for tier in fast ssd hdd; do exits 0 swapctl uncordon $tier; done
before=$(state)
refused 0 "new pages to hdd" cordon ssd --dry-run

step "files"
cp /etc/swapadm.conf /run/good.conf
conf() { # LINE...: a file with these lines instead
	printf '%s\n' '[swapadm]' 'layer = redirect' "$@" >/etc/swapadm.conf
	before=$(state)
}
conf '[tier ssd]' 'device = LABEL=warm' '[tier hdd]' 'device = LABEL=warm'
refused 1 "swapadm.conf:6|LABEL=warm|in use already|leave one out" apply
conf '[tier ssd]' 'device = LABEL=warm' '[tier hdd]' "device = $disk-ssd"
exits 4 swapctl apply # the rest is done: a boot must not be without swap for it
says "twice"
conf '[tier ssd]' 'rank = 3' 'device = LABEL=warm' '[tier hdd]' 'rank = 3' 'device = LABEL=cold'
refused 1 "rank" apply
conf '[tier ssd]' 'device = LABEL=warm' 'on-swapin = perhaps'
refused 1 "on-swapin|perhaps" apply
conf '[tier ssd]' "device = $disk-ext"
exits 1 swapctl apply
says "ext4"
# swapon(8) does not mind what else is on it, nor has it a priority of its own
mkswap -q $disk-blank
printf _BHRfS_M | dd of=$disk-blank bs=1 seek=65600 conv=notrunc status=none
swapon $disk-blank
conf '[tier ssd]' 'device = LABEL=warm' "device = $disk-blank"
exits 4 swapctl apply
says "btrfs"
grep -q '^/dev/vdd ' /proc/swaps || fail "an area that can't be a leaf was drained"
swapoff $disk-blank
wipefs -qa $disk-blank
conf 'size = 3X' '[tier ssd]' 'device = LABEL=warm'
refused 1 "size" apply
cp /run/good.conf /etc/swapadm.conf

ask verify
exits 0 swapctl apply # the ranks as they were
exits 0 swapctl apply
says "nothing to change"
ask quit
