#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Instructions a page or a call, in a guest whose clock counts them: figures that a busy host does
# not change. Kernel and programs both count, and the interrupts meanwhile.
# usage: tests/bench/instructions.sh [--check|--update] [KERNEL...]
# Prints "kernel what layer leaf instructions" with tabs for the kernels (6.1 6.12 7.3), of one
# guest each. --check compares them with instructions.tsv, as instructions.py says, and measures
# once more where one is worse; --update puts them there.
#
# what, a page: out, in and random (a fault each), free (of many at once, as an exit does); move
# (from a RAM disk to another leaf, live; layer "bare": its requests alone, by baremove), drain (by
# swapctl: of a leaf, of a whole area) and, to compare with the latter, swapoff. What a call:
# programs from exec to exit, on an area of two tiers with 100 processes in swap; dump64 is
# netlink's of 64 leaves.
# No disk is among the leaves: where the guest waits for one its clock leaps.
set -euo pipefail

# what else has a part in the figures: compiler, libraries, the emulated processor
made_with() {
	local VM_DIE=1
	# shellcheck source=tests/vm/lib/common.sh
	. tests/vm/lib/common.sh
	# shellcheck source=tests/vm/lib/apt.sh
	. tests/vm/lib/apt.sh
	# shellcheck source=tests/vm/lib/emulator.sh
	. tests/vm/lib/emulator.sh
	echo "gcc $(gcc-12 -dumpfullversion), $(getconf GNU_LIBC_VERSION)," \
		"$(/sbin/swapon --version | sed 's/.* from //')," \
		"$("$(emulator)" --version | sed -n 's/.*emulator version \([0-9.]*\).*/QEMU \1/p')"
}

if [ -z "${VM_KERNEL-}" ]; then
	cd "$(dirname "$0")/../.."
	mode=
	case ${1-} in
	--check | --update) mode=$1 && shift ;;
	-*) sed -n '5s/^# //p' "$0" >&2 && exit 2 ;;
	esac
	[ $# -gt 0 ] || set -- 6.1 6.12 7.3
	build=$(realpath "${SWAPADM_BUILD:-build}")
	tests/vm/build-module "$@" >&2
	tests/vm/build-module --src tests/bench/baremove "$@" >&2
	stage=$(mktemp -d)
	trap 'rm -rf "$stage"' EXIT
	# Programs as they are installed: the build's own have a search path that each start pays for.
	DESTDIR=$stage/installed meson install -C "$build" --no-rebuild >/dev/null
	mkdir "$stage/guest"
	mv "$stage"/installed/usr/bin/swapctl "$stage"/installed/usr/lib/*/libswapadm.so.* \
		"$stage"/installed/usr/libexec/*/swapadm-worker "$stage/guest"
	cp "$build"/tests/vm/{tswapc,pageworker} "$build"/tests/bench/{took,drainload} "$stage/guest"
	ln -s "$build/modules" "$stage/guest/modules"
	with=$(made_with)
	for kernel; do
		printf '# made with\t%s\t%s, %s\n' "$kernel" "$(tests/vm/run --release "$kernel")" "$with"
	done >"$stage/measured"
	[ "$mode" != --check ] || tests/bench/instructions.py --same "$stage/measured"
	measure() {
		for kernel; do
			SWAPADM_BUILD=$stage/guest tests/vm/run --kernel "$kernel" --timeout 1200 --mem 768 --icount \
				tests/bench/instructions.sh </dev/null
		done | tee -a "$stage/measured" >&2
	}
	measure "$@"
	if [ "$mode" = --check ] && ! tests/bench/instructions.py --check "$stage/measured"; then
		echo "measured again:"
		measure "$@"
	fi
	tests/bench/instructions.py ${mode:+"$mode"} "$stage/measured"
	exit
fi

rounds=2
# shellcheck disable=SC2034 # of ways.sh
parts=(out in free random)
# shellcheck source=tests/bench/ways.sh
. /src/tests/bench/ways.sh

start() { # MIB
	mib=$1 pages=$(($1 * 256))
	start_worker w "$1" seed=1
}

row() { # WHAT LAYER LEAF NS [PAGES]
	awk -v k="$VM_KERNEL" -v what="$1" -v layer="$2" -v leaf="$3" -v ns="$4" -v n="${5-1}" \
		'BEGIN { printf "%s\t%s\t%s\t%s\t%.0f\n", k, what, layer, leaf, ns / n }'
}

paging() { # MEDIUM DEVICE
	local round way part ns

	for ((round = 0; round <= rounds; round++)); do
		for way in direct linear redirect; do
			"$way" "$1" "$2"
		done
		[ "$round" -gt 0 ] || rm -f /tmp/r/* # warm-up
	done
	for part in "${parts[@]}"; do
		for way in direct linear tswap; do
			ns=$(median "/tmp/r/$1.$way.$part")
			case $part in
			random) row random $way "$1" "${ns}e3" ;;
			*) row "$part" $way "$1" "${ns}e6" $pages ;;
			esac
		done
	done
}

later() { # NAME: the median of a figure's rounds but the first; they are gone then
	sed 1d "/tmp/r/$1" >/tmp/r/later
	rm "/tmp/r/$1"
	median /tmp/r/later
}

ns_of() { # ANSWER of tswapc
	value ns "$1"
}

# All pages from a RAM disk to another leaf and back, by the module, and what only the requests
# for that cost: as large as the module's, and of a page each ("move singly").
move() { # MEDIUM DEVICE
	local a b i

	fill /dev/ram0
	fill "$2"
	new_device $((pages + 256)) overcommit=1 >/dev/null
	a=$(new_leaf /dev/ram0 fast 0)
	b=$(new_leaf "$2" slow 1)
	activate
	ask w "rewrite 100"
	ask w out
	[ "$(leaf used "$a")" -ge $pages ] || fail "only $(leaf used "$a") pages on the first leaf"
	for ((i = 0; i <= rounds; i++)); do
		ns_of "$(tswapc job-run device=0 kind=$MIGRATE src-leaf="$a" dst-leaf="$b")" >>/tmp/r/move
		tswapc job-run device=0 kind=$MIGRATE src-leaf="$b" dst-leaf="$a" >/dev/null
	done
	ask w verify
	take_down
	row move tswap "$1" "$(later move)" $pages
	for ((i = 0; i <= rounds; i++)); do
		bare "$2" >>/tmp/r/move
		bare "$2" size=1 >>/tmp/r/singly
	done
	row move bare "$1" "$(later move)" $pages
	row "move singly" bare "$1" "$(later singly)" $pages
}

fill() { # DEVICE: it has all of its memory then
	dd if=/dev/zero of="$1" bs=1M count=$(($(blockdev --getsize64 "$1") >> 20)) status=none
}

bare() { # DESTINATION [PARAMETER]
	modprobe baremove from=/dev/ram0 to="$1" pages=$pages ${2+"$2"}
	cat /sys/module/baremove/parameters/ns
	rmmod baremove
}

configure() { # LAYER
	cat >/etc/swapadm.conf <<-INI
		[swapadm]
		layer = ${1/tswap/redirect}
		[tier fast]
		device = /dev/ram0
		[tier slow]
		device = /dev/ram1
	INI
	chmod 0644 /etc/swapadm.conf
	swapoff -a
	mkswap -q /dev/ram0
	mkswap -q /dev/ram1
	swapctl apply >/dev/null
}

# more than the first tier holds: whether a little is in the second must not be left to chance
calls() { # LAYER
	local group=/sys/fs/cgroup/load size=$((mib * 3 / 2)) what

	mkdir -p $group
	# bash's warning that there is another coproc is not wanted
	eval "coproc load { echo \$BASHPID >$group/cgroup.procs; exec drainload procs $size 100; }" 2>/dev/null
	read -r _ <&"${load[0]}"
	echo out >&"${load[1]}"
	read -r _ <&"${load[0]}"
	echo "$size"M >$group/memory.reclaim 2>/dev/null || true # what is in the swap cache, too
	[ "$(swapctl list -nrb -o USED slow)" -gt 1000000 ] || fail "$1: the second tier has nothing"
	row "swapon --show" "$1" - "$(took 9 swapon --show)"
	for what in list status ps metrics "balance --once"; do
		[ "$1 $what" != "direct balance --once" ] || continue # zram with writeback= only
		# word splitting is meant
		# shellcheck disable=SC2086
		row "$what" "$1" - "$(took 9 swapctl $what)"
	done
	exec {load[1]}>&-
	wait "$load_PID"
}

# one leaf of two, to the other
drain_leaf() {
	local i

	for ((i = 0; i <= rounds; i++)); do
		ask w "rewrite 100"
		ask w out
		took 1 swapctl drain ram0 2>/dev/null >>/tmp/r/drain
		{ swapctl uncordon ram0 && swapctl migrate slow fast; } >/dev/null 2>&1
	done
	row drain tswap brd "$(later drain)" $pages
	ask w verify
}

area() { # LAYER WHAT COMMAND...
	local i used layer=$1 what=$2

	shift 2
	for ((i = 0; i <= rounds; i++)); do
		swapctl apply >/dev/null 2>&1 # attached already, the first time
		ask w "rewrite 100"
		ask w out
		used=$(awk '$1 ~ "/ram0|/tswap0" { print $4 / 4 }' /proc/swaps)
		[ "${used%.*}" -gt $((pages * 95 / 100)) ] || fail "$layer: only $used pages are there"
		took 1 "$@" 2>/dev/null >>/tmp/r/area
	done
	row "$what" "$layer" brd "$(later area)" $pages
	ask w verify
}

dump64() {
	local i n=100

	swapctl remove tswap0 >/dev/null 2>&1
	rmmod brd
	modprobe brd rd_nr=64 rd_size=1024
	new_device 256 overcommit=1 >/dev/null
	for ((i = 0; i < 64; i++)); do
		new_leaf /dev/ram$i t$((i % 2)) $((i % 2)) >/dev/null
	done
	tswapc repeat $n leaf-get --dump device=0 >/dev/null
	row dump64 tswap brd "$(ns_of "$(tswapc repeat $n leaf-get --dump device=0)")" $n
	tswapc device-del id=0
}

modprobe -a dm-mod tswap
modprobe brd rd_nr=2 rd_size=20480
start 8 # compression takes long
paging brd /dev/ram0
paging zram "$(new_zram 16M)"
rm -f /tmp/r/*
stop_worker w
start 16
move brd /dev/ram1
move zram "$(new_zram 20M)"
configure direct
calls direct
area direct drain swapctl drain ram0
area direct swapoff swapoff /dev/ram0
configure tswap
calls tswap
drain_leaf
area tswap "drain area" swapctl drain tswap0
area tswap swapoff swapoff /dev/tswap0
stop_worker w
dump64
clean_log
