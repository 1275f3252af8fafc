#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A zram as people set it up: level, limit, write-back to a file, what a kernel lacks; save.
# vm-args: --mem 512 --disk back=160M
# vm-timeout: 300
. /src/tests/vm/direct/lib.sh

modprobe zram num_devices=0
modprobe loop || true
mkfs.ext4 -q -F /dev/disk/by-id/virtio-back || skip_mkfs=1
[ -z "${skip_mkfs-}" ] || { echo "no mkfs.ext4 in the guest"; exit 77; }
mkdir -p /mnt/back
mount -t ext4 /dev/disk/by-id/virtio-back /mnt/back
file=/mnt/back/zram.img
loops() { cat /sys/block/loop*/loop/backing_file 2>/dev/null | grep -c . || true; }
no_zram() { [ -z "$(ls -d /sys/block/zram* 2>/dev/null)" ] || fail "a zram is left"; }

# what can't be is refused before anything is made
exits 1 swapctl add fast "zram,size=128M,writeback=$file"
says "no such file to write back to"
truncate -s 64M "$file"
chmod 600 "$file"
exits 1 swapctl add fast "zram,size=128M,writeback=$file"
says "hole"
rm "$file"
fallocate -l 64M "$file"
chmod 644 "$file"
exits 1 swapctl add fast "zram,size=128M,writeback=$file"
says "users other than root may use it"
way=$(sed -n 's/.*`\(fallocate .*\)`.*/\1/p' <<<"$said")
rm "$file"
eval "$way" || fail "the remedy: $way"
[ "$(stat -c %a:%s "$file")" = 600:$((64 << 20)) ] || fail "the remedy made $(ls -l "$file")"
[ "$(loops)" = 0 ] || fail "a loop device is left"
no_zram

# the file
exits 0 swapctl add fast "zram,size=128M,mem-limit=100M,writeback=$file"
echo "$said"
[ "$(loops)" = 1 ] || fail "$(loops) loop devices"
loop=$(basename "$(cat /sys/block/zram0/backing_dev)")
[ "$(cat "/sys/block/$loop/loop/dio")" = 1 ] || fail "no direct I/O"
[ "$(awk '{ print $4 }' /sys/block/zram0/mm_stat)" = $((100 << 20)) ] || fail "no mem_limit"
exits 0 swapctl list -rno DEVICE,BACKFILE,MEMLIMIT -b
[ "$said" = "zram0 $file $((100 << 20))" ] || fail "list: $said"
exits 0 swapctl save
says "writeback=$file"
says "mem-limit=100M"
echo "$said" >/tmp/saved.conf
case $said in *allow-loop*) fail "the loop device is not the user's" ;; esac
exits 0 swapctl apply --config /tmp/saved.conf --dry-run
case $said in *create* | *set*) fail "a saved state changes something: $said" ;; esac
sed 's/mem-limit=100M/mem-limit=80M/' /tmp/saved.conf >/tmp/changed.conf
exits 0 swapctl apply --config /tmp/changed.conf
[ "$(awk '{ print $4 }' /sys/block/zram0/mm_stat)" = $((80 << 20)) ] || fail "mem_limit is not changed"
exits 1 swapctl add cold "$file"
says "loop"
start_workload 48
ask out
exits 0 swapctl migrate zram0 backing --amount 20M
[ "$(awk '{ print $1 * 4 }' /sys/block/zram0/bd_stat)" -ge 20000 ] || fail "nothing went"
ask verify
ask quit
exits 0 swapctl remove zram0
[ "$(loops)" = 0 ] || fail "the loop device stays"
no_zram
[ -f "$file" ] || fail "the file is gone"

# options that this kernel may lack: named, or left out where that was allowed
for option in "algorithm=zstd(level=5)" "recompress=zstd(level=5)" \
	"writeback=$file,compressed-writeback" "writeback=$file,writeback-batch=16"; do
	status=0
	said=$(swapctl add fast "zram,size=64M,$option" 2>&1) || status=$?
	case $status in
	0) ;;
	6) says "lacks" ;;
	*) fail "$option: exit $status: $said" ;;
	esac
	echo "$option: $status $said"
	[ $status -eq 0 ] || exits 0 swapctl add fast "zram,size=64M,$option,optional"
	case $option in *batch*) [ $status -ne 0 ] ||
		[ "$(swapctl list -rno WBATCH zram0)" = 16 ] || fail "batch" ;; esac
	exits 0 swapctl save
	case $option in
	*level*) [ $status -ne 0 ] || says "$option" ;;
	*compressed*) [ $status -ne 0 ] || says "compressed-writeback" ;;
	esac
	exits 0 swapctl remove zram0
	[ "$(loops)" = 0 ] || fail "the loop device stays"
	no_zram
done

# a run that is killed leaves no loop device, and what it left holds up nobody
killed() { # BACKING MS: killed after that time, then made and removed
	{ timeout -s KILL "0.0$2" swapctl add fast "zram,size=64M,writeback=$1" || true; } \
		>/dev/null 2>&1
	sleep 0.2
	[ -z "$(areas)" ] || exits 0 swapctl remove fast
	exits 0 swapctl add fast "zram,size=64M,writeback=$1"
	exits 0 swapctl remove fast
	[ "$(loops)" = 0 ] || fail "the loop device stays after a kill"
	no_zram
}
for ms in 20 30 40 50 55 60 65 70 80 90; do killed "$file" $ms; done
umount /mnt/back
back=$(readlink -f /dev/disk/by-id/virtio-back)
wipefs -qa "$back"
for ms in 20 30 40 50 55 60 65 70 80 90; do killed "$back" $ms; done

# the same without chance: what a run leaves that is killed before swapon(2)
left_over() { # BACKING
	exits 0 swapctl add fast "zram,size=64M,writeback=$1"
	swapoff /dev/zram0
	[ "$(cat /sys/block/zram0/backing_dev)" != none ] || fail "no backing device"
	exits 0 swapctl add fast "zram,size=64M,writeback=$1"
	says "completes what a drain or an interrupted run left"
	# who holds the lock meanwhile is waited for; that it is ours is seen under the lock
	swapoff /dev/zram0
	flock /run/swapadm/lock sleep 2 &
	sleep 0.2
	exits 0 swapctl add fast "zram,size=64M,writeback=$1"
	says "completes what another run leaves"
	wait $!
	[ "$(ls -d /sys/block/zram*)" = /sys/block/zram0 ] || fail "another zram was made"
	# what has it is named, and how it gets free
	exits 1 swapctl add fast "zram,size=64M,writeback=$1"
	says "the write-back device of /dev/zram0; \`swapctl remove zram0\` first"
	exits 0 swapctl remove zram0
	exits 0 swapctl add fast "zram,size=64M,writeback=$1"
	exits 0 swapctl remove fast
	[ "$(loops)" = 0 ] || fail "the loop device stays after a kill"
	no_zram
}
left_over "$back"
mkfs.ext4 -q -F "$back"
mount "$back" /mnt/back
fallocate -l 64M "$file"
chmod 600 "$file"
left_over "$file"
