#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# mkroot.sh DIR: fabricated machines for `swapctl --root`, one in each folder of DIR:
#   none   no swap, no configuration, a kernel without zswap and PSI
#   auto   areas without a configuration
#   tiers  a configuration that the machine matches, but for one device
#   bad    what doctor should find
#   zram   zram alone
#   odd    swap files with odd names
#   users  processes and cgroups in swap, on one of two tiers
#   mixed  the same, on both
#   broken a configuration with an error
#   degraded the direct layer in place of redirect, and an upgraded module
#   others  configurations of other makers of swap; empty: of none
set -eu
cd "$1"

# the folder of FILE, below the machine's root; as few processes as can be, it runs often
folder_of() {
	[ -d "$root/${1%/*}" ] || mkdir -p "$root/${1%/*}"
}

# put FILE: standard input
put() {
	folder_of "$1"
	cat >"$root/$1"
}

# line FILE TEXT
line() {
	folder_of "$1"
	printf '%s\n' "$2" >"$root/$1"
}

machine() {
	root=$1
	line proc/self/smaps "KernelPageSize:        4 kB"
	put proc/meminfo <<-END
	MemTotal:        8388608 kB
	MemFree:          524288 kB
	MemAvailable:    2097152 kB
	SwapCached:         1024 kB
	SwapTotal:             0 kB
	SwapFree:              0 kB
	Zswap:            102400 kB
	Zswapped:         307200 kB
	Shmem:              4096 kB
	END
	put proc/vmstat <<-END
	pswpin 100
	pswpout 2000
	zswpin 7
	zswpout 80
	oom_kill $2
	END
}

pressure() {
	put proc/pressure/memory <<-END
	some avg10=$1 avg60=2.50 avg300=0.75 total=1234567
	full avg10=$1 avg60=$2 avg300=0.10 total=234567
	END
}

knobs() {
	line proc/sys/vm/swappiness "$1"
	line proc/sys/vm/page-cluster "$2"
}

zswap() {
	line sys/module/zswap/parameters/enabled "$1"
	line sys/module/zswap/parameters/compressor zstd
	line sys/module/zswap/parameters/max_pool_percent 20
}

# disk NAME DEV ROTATIONAL MODEL [PARTITION DEV]
disk() {
	dir=sys/devices/pci/block/$1
	mkdir -p "$root/sys/class/block" "$root/sys/dev/block" "$root/sys/block"
	line "$dir/queue/rotational" "$3"
	line "$dir/device/model" "$4"
	line "$dir/dev" "$2"
	line "$dir/stat" "11 0 88 5 22 0 176 6 1 9 12"
	ln -s "../../devices/pci/block/$1" "$root/sys/class/block/$1"
	ln -s "../devices/pci/block/$1" "$root/sys/block/$1"
	ln -s "../../devices/pci/block/$1" "$root/sys/dev/block/$2"
	shift 4
	while [ $# -gt 1 ]; do
		mkdir -p "$root/$dir/$1"
		line "$dir/$1/dev" "$2"
		line "$dir/$1/partition" 1
		line "$dir/$1/stat" "10 0 80 5 20 0 160 6 0 9 11"
		ln -s "../../devices/pci/block/${dir##*/}/$1" "$root/sys/class/block/$1"
		ln -s "../../devices/pci/block/${dir##*/}/$1" "$root/sys/dev/block/$2"
		shift 2
	done
}

# zram NAME MM_STAT [BACKING]
zram() {
	dir=sys/block/$1
	mkdir -p "$root/sys/class/block"
	line "$dir/disksize" 4294967296
	line "$dir/comp_algorithm" "lzo lz4 [zstd]"
	line "$dir/mm_stat" "$2"
	line "$dir/io_stat" "0 0 0 0"
	if [ $# -gt 2 ]; then
		line "$dir/backing_dev" "$3"
		line "$dir/bd_stat" "0 0 0"
	fi
	ln -s "../../block/$1" "$root/sys/class/block/$1"
}

swaps() {
	{
		printf 'Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n'
		cat
	} | put proc/swaps
}

# job ID STATE MOVED LEFT [KEY VALUE...]: the record of a drain of sda2
job() {
	id=$1
	{
		printf 'swapadm-job 1\nid %s\nkind drain\nstate %s\nsource sda2\n' "$1" "$2"
		printf 'dest memory\nworker 2147483646\nworker-start 1\n'
		printf 'total-bytes %s\nmoved-bytes %s\nleft-bytes %s\n' $(($3 + $4)) "$3" "$4"
		echo 'elapsed-ns 11300000000'
		shift 4
		[ $# -eq 0 ] || printf '%s %s\n' "$@"
		echo 'device /dev/sda2'
	} | put "run/swapadm/jobs/$id"
}

# process PID NAME UID SWAP-KIB RSS-KIB CGROUP
process() {
	{
		printf 'Name:\t%s\nTgid:\t%s\nPPid:\t1\nUid:\t%s\t%s\n' "$2" "$1" "$3" "$3"
		printf 'VmRSS:\t%s kB\nRssAnon:\t%s kB\nVmSwap:\t%s kB\n' "$5" $(($5 / 2)) "$4"
	} | put "proc/$1/status"
	line "proc/$1/cgroup" "0::$6"
}

# cgroup PATH SWAP MEMORY MAX ZSWAP ZSWAPPED: in bytes
cgroup() {
	line "sys/fs/cgroup$1/memory.swap.current" "$2"
	line "sys/fs/cgroup$1/memory.current" "$3"
	line "sys/fs/cgroup$1/memory.max" "$4"
	printf 'anon %s\nshmem 4096\nzswap %s\nzswapped %s\n' $(($3 / 4)) "$5" "$6" | put "sys/fs/cgroup$1/memory.stat"
}

# users FAST-KIB SLOW-KIB: on the areas
users() {
	swaps <<-END
		/dev/sda2                               partition	8388604		$1		10
		/dev/sdb1                               partition	16777212		$2		5
	END
	disk sda 8:0 0 "Fast SSD" sda2 8:2
	disk sdb 8:16 1 "Slow HDD" sdb1 8:17
	line proc/self/mountinfo "30 24 0:27 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw"
	line sys/fs/cgroup/cgroup.controllers "cpu memory"
	cgroup /system.slice 104857600 1048576 max 1048576 4194304
	cgroup /system.slice/db.service 83886080 524288 2097152 0 0
	put sys/fs/cgroup/system.slice/db.service/memory.pressure <<-END
	some avg10=1.00 avg60=0.50 avg300=0.10 total=7654321
	full avg10=0.50 avg60=0.25 avg300=0.05 total=654321
	END
	cgroup /system.slice/idle.service 0 524288 max 0 0
	process 1 init 0 0 4096 /
	process 2000 database 70 81920 512 /system.slice/db.service
	process 310 "two words" 1000 20480 1024 /system.slice
	process 4 kworker 0 0 0 /
	shared_memory
}

# of the 28 MiB that no process of users has: all but 4 MiB have an owner
shared_memory() {
	for pid in 2000 310; do
		put proc/$pid/smaps <<-END
		7f0000000000-7f0001000000 rw-s 00000000 00:01 77                         /memfd:cache (deleted)
		Swap:              12288 kB
		END
	done
	cat >>"$root/proc/310/smaps" <<-END
	7f0002000000-7f0002800000 rw-s 00000000 00:1a 5                          /dev/shm/a queue
	Swap:               4096 kB
	END
	grep rw-s "$root/proc/2000/smaps" | put proc/2000/maps
	grep rw-s "$root/proc/310/smaps" | put proc/310/maps
	put proc/sysvipc/shm <<-END
	key shmid perms size cpid lpid nattch uid gid cuid cgid atime dtime ctime rss swap
	123 3 600 16777216 2000 2000 0 70 70 70 70 0 0 0 0 8388608
	END
}

machine none 0
swaps </dev/null

machine auto 0
knobs 30 3
pressure 0.00 0.00
zswap N
disk sda 8:0 0 "Fast SSD" sda2 8:2
disk sdb 8:16 1 "Slow HDD" sdb1 8:17
zram zram0 "1073741824 268435456 285212672 0 300000000 1000 0 12 34"
swaps <<-END
	/dev/zram0                              partition	4194300		1048576		100
	/dev/sda2                               partition	8388604		512		10
	/dev/sdb1                               partition	16777212		0		-2
	/var/my\\040swap                         file		1048572		0		-3
END

machine tiers 0
knobs 60 3
pressure 3.50 0.50
zswap Y
disk sda 8:0 0 "Fast SSD" sda2 8:2
disk sdb 8:16 1 "Slow HDD" sdb1 8:17
swaps <<-END
	/dev/sda2                               partition	8388604		2097152		30000
	/dev/sdb1                               partition	16777212		4		29500
END
put etc/swapadm.conf <<-END
	[tier ssd]
	device = /dev/sda2, discard=pages
	[tier hdd]
	device = /dev/sdb1
	device = /dev/sdc1
END

job d1 done 10308009984 0
job d2 cancelled 1288490189 9019519795 error 62
job d3 cancelled 1288490189 9019519795 error 125
job d4 failed 0 10308009984 error 54
job d5 failed 1288490189 9019519795 error 12
job d6 running 1288490189 9019519795

machine bad 3
knobs 0 3
pressure 40.00 22.00
zswap Y
disk sda 8:0 0 "Fast SSD" sda2 8:2 sda3 8:3
disk sdb 8:16 1 "Slow HDD" sdb1 8:17
zram zram0 "4194304000 4089446400 4160749568 0 4160749568 0 0 0 0" /dev/sdz9
swaps <<-END
	/dev/zram0                              partition	4194300		3145728		-2
	/dev/sda2                               partition	1048572		1048000		5
	/dev/sda3                               partition	1048572		1048000		5
	/dev/sdb1                               partition	1048572		1048000		5
	/var/gone\\040(deleted)                  file		1048572		1048000		-3
END

machine zram 0
pressure 0.00 0.00
knobs 100 3
zswap N
zram zram0 "0 0 0 0 0 0 0 0 0"
swaps <<-END
	/dev/zram0                              partition	4194300		0		100
END

machine odd 0
pressure 0.00 0.00
swaps <<-'END'
	/var/a"b\134c\012d\033[31m                 file		1048572		4		-2
	/var/\303\244                             file		1048572		4		-2
END

process 9 "$(printf 'a\033[31mb')" 0 4 8 /

machine users 0
users 131072 0

machine mixed 0
users 98304 32768

machine broken 0
swaps <<-END
	/dev/sda2                               partition	8388604		2097152		30000
END
put etc/swapadm.conf <<-END
	[tier ssd]
	devize = /dev/sda2
END

machine degraded 0
pressure 0.00 0.00
disk sda 8:0 0 "Fast SSD" sda2 8:2
swaps <<-END
	/dev/sda2                               partition	8388604		2097152		30000
END
put etc/swapadm.conf <<-END
	[swapadm]
	layer = redirect
	[tier ssd]
	device = /dev/sda2
END
echo "tswap: load the redirect layer's kernel module: it is not installed; install it" |
	put run/swapadm/degraded
echo 1.0 | put sys/module/tswap/version
echo | put usr/src/tswap-1.1/dkms.conf

machine empty 0
swaps </dev/null
echo '# nothing' | put etc/fstab

machine others 0
swaps <<-END
	/dev/sda2                               partition	8388604		0		-2
END
disk sda 8:0 0 "Fast SSD" sda2 8:2
put etc/fstab <<-'END'
	# what a Debian installer writes
	UUID=0a1b / ext4 errors=remount-ro 0 1
	UUID=2b1c none swap sw,pri=5,discard=once 0 0
	/var/my\040swap none swap defaults,x-systemd.requires=/var 0 0
	/dev/mapper/crypt	none	swap	sw	0	0
	LABEL=spare none swap noauto 0 0
	/dev/a,b none swap sw 0 0
	tmpfs /tmp tmpfs swap 0 0
END
put etc/systemd/zram-generator.conf <<-END
	[zram0]
	zram-size = min(ram / 2, 4096)
	compression-algorithm = zstd(level=3) lzo-rle (type=idle)
	writeback-device = /dev/sdb1
	[zram1]
	fs-type = ext2
	mount-point = /run/scratch
	[zram2]
	host-memory-limit = 1024
END
put etc/systemd/zram-generator.conf.d/50-more.conf <<-END
	[zram0]
	swap-priority = 200
	options = discard,nodiscard
	[zram3]
	zram-size = 2 * sqrt(ram)
END
put etc/default/zramswap <<-END
	# Compression algorithm selection
	ALGO=zstd # the best one
	PERCENT="25"
	#SIZE=256
END
printf 'CONF_SWAPSIZE=3000\n#CONF_MAXSWAP=4096\n' | put etc/dphys-swapfile
put etc/systemd/swap.conf <<-END
	zswap_enabled=1
	zswap_compressor=lz4
	zram_enabled=1
	zram_size=\$(( RAM_SIZE / 4 ))
	swapfc_enabled=1
	swapd_auto_swapon=0
END
