#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# collect-root.sh DIR: copies what swapadm reads on this machine into DIR, a root that
# `swapctl --root DIR` understands. Nothing private goes in: of processes only those that have
# swapped pages, without command lines and environment; of /etc only the swap lines of fstab and
# swapadm's own files; serial numbers, host and builder names are replaced. Runs in any POSIX
# shell with the usual small tools (busybox has them). Root sees more; without root parts are
# missing, which the last line says.
set -u
export LC_ALL=C

max_procs=24
max_cgroups=16

[ $# -eq 1 ] || {
	echo "usage: ${0##*/} DIR" >&2
	exit 2
}
mkdir -p "$1" && out=$(cd "$1" && pwd) || exit 1
[ -z "$(ls -A "$out")" ] || {
	echo "${0##*/}: $out is not empty" >&2
	exit 1
}

# put FILE...: copy the content of regular files that exist and can be read. The loop starts no
# process: there are hundreds of files, and an emulated machine forks slowly.
put() {
	for f; do
		if [ ! -f "$f" ] || [ ! -r "$f" ]; then
			continue
		fi
		[ -d "$out${f%/*}" ] || mkdir -p "$out${f%/*}"
		case $f in
		# Sysctls give all at the first read, and the shell reads byte by byte.
		/proc/sys/*) cat "$f" >"$out$f" 2>/dev/null ;;
		*)
			while IFS= read -r line || [ -n "$line" ]; do
				printf '%s\n' "$line"
			done 2>/dev/null <"$f" >"$out$f"
			;;
		esac
		# No line: an empty file, or one that cannot be read now.
		[ -s "$out$f" ] || cat "$f" >"$out$f" 2>/dev/null || rm -f "$out$f"
	done
}

# put_link LINK...: copy symbolic links as they are.
put_link() {
	for f; do
		[ -L "$f" ] || continue
		[ -d "$out${f%/*}" ] || mkdir -p "$out${f%/*}"
		cp -P "$f" "$out$f"
	done
}

# put_empty FILE...: files whose being there says something, and that must not be read.
put_empty() {
	for f; do
		[ -e "$f" ] || continue
		[ -d "$out${f%/*}" ] || mkdir -p "$out${f%/*}"
		: >"$out$f"
	done
}

collect_proc() {
	put /proc/swaps /proc/meminfo /proc/vmstat /proc/uptime /proc/version /proc/loadavg \
		/proc/filesystems /proc/partitions /proc/diskstats /proc/cgroups \
		/proc/pressure/memory /proc/pressure/io /proc/pressure/cpu \
		/proc/sys/kernel/osrelease /proc/sys/kernel/task_delayacct
	for f in swappiness page-cluster overcommit_memory overcommit_ratio min_free_kbytes \
		watermark_scale_factor watermark_boost_factor; do
		put "/proc/sys/vm/$f"
	done
	mkdir -p "$out/proc/self"
	# The size of a page, without which a number of pages says nothing.
	awk '/^KernelPageSize:/ { print; exit }' /proc/self/smaps >"$out/proc/self/smaps" 2>/dev/null
	# Mounts of block devices and of the kernel's own file systems; other sources may
	# name a host.
	awk '{
		for (i = 7; i <= NF && $i != "-"; i++) ;
		type = $(i + 1); source = $(i + 2)
		if (source ~ /^\/dev\// ||
		    type ~ /^(proc|sysfs|cgroup2?|debugfs|devtmpfs|hugetlbfs|securityfs)$/ ||
		    (type == "tmpfs" && $5 ~ /^\/(tmp|run|dev\/shm|sys\/fs\/cgroup)$/))
			print
	}' /proc/self/mountinfo >"$out/proc/self/mountinfo"
}

# The pids of the processes with the most swapped pages.
swapped_processes() {
	grep -H '^VmSwap:' /proc/[0-9]*/status 2>/dev/null | awk '$2 > 0 {
		split($1, path, "/")
		print $2, path[3]
	}' | sort -rn | head -n "$max_procs" | cut -d' ' -f2
}

collect_processes() {
	for pid in $(swapped_processes); do
		put "/proc/$pid/comm" "/proc/$pid/stat" "/proc/$pid/status" "/proc/$pid/cgroup" \
			"/proc/$pid/oom_score_adj" "/proc/$pid/smaps_rollup"
	done
}

# queue, holders, slaves, dm, md, loop and zram attributes of one disk, by its real folder.
collect_disk() {
	d=$1
	put "$d/size" "$d/ro" "$d/removable" "$d/dev" "$d/stat" "$d/hidden" "$d/inflight" \
		"$d/alignment_offset" "$d/discard_alignment" "$d/uevent" "$d/diskseq" "$d/ext_range"
	for f in rotational logical_block_size physical_block_size hw_sector_size scheduler \
		nr_requests read_ahead_kb write_cache zoned dax minimum_io_size optimal_io_size \
		discard_granularity discard_max_bytes max_sectors_kb max_hw_sectors_kb \
		stable_writes fua nomerges iostats; do
		put "$d/queue/$f"
	done
	for f in name suspended; do
		put "$d/dm/$f"
	done
	for f in level array_state raid_disks; do
		put "$d/md/$f"
	done
	put "$d/loop/backing_file" "$d/loop/autoclear" "$d/loop/dio" "$d/loop/offset" "$d/backing_file"
	case ${d##*/} in
	zram*)
		for f in disksize comp_algorithm recomp_algorithm mm_stat io_stat bd_stat debug_stat \
			backing_dev mem_limit mem_used_max writeback_limit writeback_limit_enable \
			initstate max_comp_streams compressed_writeback; do
			put "$d/$f"
		done
		for f in idle compact reset writeback recompress; do
			put_empty "$d/$f"
		done
		;;
	tswap*)
		find "$d/tswap" -type f ! -name map 2>/dev/null | while read -r f; do
			put "$f"
		done
		;;
	esac
	collect_disk_links "$d"
	for part in "$d/${d##*/}"*; do
		[ -f "$part/partition" ] || continue
		put "$part/size" "$part/start" "$part/partition" "$part/dev" "$part/ro" "$part/stat" \
			"$part/uevent" "$part/inflight"
		collect_disk_links "$part"
	done
}

collect_disk_links() {
	put_link "$1/subsystem" "$1/device"
	for l in holders slaves; do
		[ -d "$1/$l" ] || continue
		mkdir -p "$out$1/$l"
		put_link "$1/$l"/*
	done
	hw=$(readlink -f "$1/device" 2>/dev/null) || return 0
	[ -L "$1/device" ] || return 0
	put "$hw/model" "$hw/vendor" "$hw/rev" "$hw/type" "$hw/transport"
	mkdir -p "$out$hw"
}

collect_block() {
	for b in /sys/block/*; do
		# Unused loop and RAM disks say nothing.
		case ${b##*/} in
		loop* | ram* | nbd*) [ "$(cat "$b/size")" != 0 ] || continue ;;
		sr* | fd*) continue ;;
		esac
		d=$(readlink -f "$b")
		collect_disk "$d"
		put_link "$b" "/sys/class/block/${b##*/}" "/sys/dev/block/$(cat "$b/dev" 2>/dev/null)"
		for part in "$d/${d##*/}"*; do
			[ -f "$part/partition" ] || continue
			put_link "/sys/class/block/${part##*/}" "/sys/dev/block/$(cat "$part/dev")"
		done
	done
}

collect_kernel() {
	put /sys/module/zswap/parameters/* /sys/kernel/debug/zswap/* /sys/module/zram/parameters/* \
		/sys/module/tswap/version /sys/module/tswap/parameters/* /sys/kernel/mm/swap/* \
		/sys/kernel/mm/lru_gen/enabled /sys/kernel/mm/transparent_hugepage/enabled \
		/sys/kernel/mm/transparent_hugepage/shmem_enabled /sys/power/resume \
		/sys/power/disk /sys/power/state
	for m in zram zswap tswap nbd; do
		[ ! -d "/sys/module/$m" ] || mkdir -p "$out/sys/module/$m"
	done
	put_empty /sys/class/zram-control/hot_add /sys/class/zram-control/hot_remove
}

# One memory cgroup, version 1 or 2.
collect_cgroup() {
	put "$1/cgroup.controllers" "$1/cgroup.type" "$1/cgroup.events" "$1/cgroup.subtree_control"
	for f in current max high low min swap.current swap.max swap.high swap.peak swap.events \
		zswap.current zswap.max zswap.writeback pressure events stat \
		usage_in_bytes limit_in_bytes memsw.usage_in_bytes memsw.limit_in_bytes \
		soft_limit_in_bytes swappiness use_hierarchy; do
		put "$1/memory.$f"
	done
	put_empty "$1/memory.reclaim" "$1/memory.force_empty"
}

# The cgroups, with all their ancestors, of the collected processes and those that use most swap.
collect_cgroups() {
	v1=$(awk '/ - cgroup / && $NF ~ /(^|,)memory(,|$)/ { print $5; exit }' /proc/self/mountinfo)
	v2=$(awk '/ - cgroup2 / { print $5; exit }' /proc/self/mountinfo)
	root=${v1:-$v2}
	[ -n "$root" ] || return 0
	{
		cat "$out"/proc/[0-9]*/cgroup 2>/dev/null |
			if [ -n "$v1" ]; then sed -n 's/^[0-9]*:[^:]*memory[^:]*://p'; else sed -n 's/^0:://p'; fi
		find "$root" -name memory.swap.current 2>/dev/null | while read -r f; do
			bytes=$(cat "$f" 2>/dev/null)
			[ "${bytes:-0}" != 0 ] || continue
			f=${f#"$root"}
			printf '%s %s\n' "$bytes" "${f%/memory.swap.current}"
		done | sort -rn | head -n "$max_cgroups" | cut -d' ' -f2-
		echo /
	} | sort -u | while read -r group; do
		while [ -n "${group#/}" ]; do
			printf '%s\n' "$group"
			group=${group%/*}
		done
		echo
	done | sort -u | while read -r group; do
		[ -d "$root$group" ] && collect_cgroup "$root$group"
	done
}

collect_dev() {
	for kind in uuid label partuuid partlabel id; do
		for f in "/dev/disk/by-$kind"/*; do
			put_link "$f"
		done
	done
	put_link /dev/mapper/*
}

collect_etc() {
	if [ -r /etc/fstab ]; then
		mkdir -p "$out/etc"
		awk '$1 !~ /^#/ && $3 == "swap"' /etc/fstab >"$out/etc/fstab"
	fi
	put /etc/swapadm.conf /etc/swapadm.conf.d/*.conf /usr/lib/swapadm.conf.d/*.conf \
		/run/swapadm.conf.d/*.conf
}

# Serial numbers in the names of disks become numbers of our own.
scrub_serials() {
	n=0
	last=
	for f in "$out"/dev/disk/by-id/*; do
		name=${f##*/}
		part=
		case $name in
		*-part[0-9]*)
			part=-part${name##*-part}
			name=${name%-part*}
			;;
		esac
		[ "$name" = "$last" ] || n=$((n + 1))
		last=$name
		case $name in
		wwn-*) mv "$f" "${f%/*}/wwn-SERIAL$n$part" ;;
		ata-*_* | nvme-*_* | scsi-*_* | usb-*_* | mmc-*_*)
			mv "$f" "${f%/*}/${name%_*}_SERIAL$n$part"
			;;
		ata-* | nvme-* | scsi-* | usb-* | mmc-*) mv "$f" "${f%/*}/${name%%-*}-SERIAL$n$part" ;;
		esac
	done
}

# The names of this host and of the kernel's builder.
scrub_names() {
	if [ -f "$out/proc/version" ]; then
		sed 's/([^() ]*@[^() ]*)/(builder@host)/' "$out/proc/version" >"$out/proc/version.new" &&
			mv "$out/proc/version.new" "$out/proc/version"
	fi
	host=$(cat /proc/sys/kernel/hostname 2>/dev/null)
	host=${host%%.*}
	# A name of three letters or less would hit words of the kernel.
	if [ "${#host}" -le 3 ] || [ "$host" = localhost ]; then
		return 0
	fi
	grep -rlF -e "$host" "$out" 2>/dev/null | while read -r f; do
		sed "s/$host/host/g" "$f" >"$f.scrub" && mv "$f.scrub" "$f"
	done
	find "$out" -depth -name "*$host*" | while read -r f; do
		mv "$f" "${f%/*}/$(printf '%s\n' "${f##*/}" | sed "s/$host/host/g")"
	done
}

collect_proc
collect_processes
collect_block
collect_kernel
collect_cgroups
collect_dev
collect_etc
scrub_serials
scrub_names
find "$out" -type d -exec chmod 755 {} +
find "$out" -type f -exec chmod 644 {} +
[ "$(id -u)" -eq 0 ] ||
	echo "${0##*/}: without root zswap's counters, other users' processes and more are missing" >&2
