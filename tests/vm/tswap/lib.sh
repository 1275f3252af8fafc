# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What the guest scripts of the module share. The guest is thrown away afterwards.
set -euo pipefail

# states and kinds as the module numbers them
# shellcheck disable=SC2034 # used by the scripts
{
	ACTIVE=1 CORDONED=2 DRAINING=3 DRAINED=4 FAILED=5
	MIGRATE=1 DRAIN=2
	RUNNING=1 PAUSED=2 NO_SPACE=3 DONE=4 CANCELLED=5 JOB_FAILED=6
	PAUSE=1 RESUME=2 CANCEL=3
	KEEP=1 FREE=2
}

fail() {
	echo "FAIL: $*" >&2
	cat /proc/swaps >&2
	tswapc device-get --dump >&2 || true
	tswapc leaf-get --dump >&2 || true
	tswapc job-get --dump >&2 || true
	dmesg | tail -n 30 >&2
	exit 1
}

skip() {
	echo "$*"
	exit 77
}

by_id() { # NAME: the disk that tests/vm/run was given by that name
	readlink -f "/dev/disk/by-id/virtio-$1"
}

# refused WORDS CMD...: CMD must fail and say WORDS
refused() {
	local words=$1 status=0 said

	shift
	said=$("$@" 2>&1) || status=$?
	[ "$status" -eq 1 ] || fail "$*: status $status, expected a refusal: $said"
	case $said in *"$words"*) ;; *) fail "$*: expected \"$words\" in: $said" ;; esac
}

# value NAME OBJECT-LINE
value() {
	local word

	for word in $2; do
		if [ "${word%%=*}" = "$1" ]; then
			echo "${word#*=}"
			return 0
		fi
	done
	fail "no $1 in: $2"
}

dev() { # NAME [DEVICE]: an attribute of the tswap device
	value "$1" "$(tswapc device-get "id=${2-0}")"
}

leaf() { # NAME ID [DEVICE]
	value "$1" "$(tswapc leaf-get "device=${3-0}" "id=$2")"
}

job() { # NAME ID
	value "$1" "$(tswapc job-get "id=$2")"
}

pages_of() { # BLOCK-DEVICE
	echo $(($(blockdev --getsize64 "$1") / $(getconf PAGESIZE)))
}

# new_device SLOTS [NAME=VALUE...]: prints the id
new_device() {
	local slots=$1

	shift
	modprobe tswap
	value id "$(tswapc device-add "slots=$slots" "$@")"
}

# new_leaf PATH TIER RANK [NAME=VALUE...]: mkswap, add to device 0 (or $on), print the id
new_leaf() {
	local path=$1 tier=$2 rank=$3

	shift 3
	mkswap -q "$path" >/dev/null
	value id "$(tswapc leaf-add "device=${on-0}" "path=$path" "tier=$tier" "rank=$rank" "$@")"
}

activate() { # [DEVICE [PRIORITY]]
	mkswap -q "/dev/tswap${1-0}" >/dev/null
	swapon -p "${2-100}" "/dev/tswap${1-0}"
}

new_zram() { # SIZE [ALGORITHM]: prints the path
	local n

	modprobe zram num_devices=0 2>/dev/null || modprobe zram
	n=$(cat /sys/class/zram-control/hot_add)
	[ -z "${2-}" ] || echo "$2" >"/sys/block/zram$n/comp_algorithm"
	echo "$1" >"/sys/block/zram$n/disksize"
	echo "/dev/zram$n"
}

# start_worker NAME MIB [pageworker options]: a worker in a cgroup of its own
declare -A worker_in worker_out worker_pid
start_worker() {
	local name=$1 group=/sys/fs/cgroup/$1 ready fds

	shift
	mkdir -p "$group"
	# bash's warning that there is another coproc is not wanted, the worker's words are
	eval "coproc worker_$name { echo \$BASHPID >$group/cgroup.procs; exec pageworker $* 2>&3; }" \
		3>&2 2>/dev/null
	eval "fds=(\"\${worker_${name}[@]}\")"
	# shellcheck disable=SC2154 # set by eval
	exec {worker_out[$name]}<&"${fds[0]}" {worker_in[$name]}>&"${fds[1]}"
	eval "worker_pid[$name]=\$worker_${name}_PID"
	read -r ready <&"${worker_out[$name]}" || fail "worker $name did not start"
	[ "$ready" = ready ] || fail "worker $name says: $ready"
}

tell() { # NAME COMMAND: without waiting
	echo "$2" >&"${worker_in[$1]}"
}

hear() { # NAME: the answer to tell, in $answer
	local status=0

	read -r answer <&"${worker_out[$1]}" || {
		wait "${worker_pid[$1]}" || status=$?
		fail "worker $1 died: status $status"
	}
	case $answer in ok*) ;; *) fail "worker $1: $answer" ;; esac
}

ask() { # NAME COMMAND
	tell "$1" "$2"
	hear "$1"
}

stop_worker() {
	echo quit >&"${worker_in[$1]}"
	wait "${worker_pid[$1]}" || fail "worker $1 ended badly"
	exec {worker_in[$1]}>&- {worker_out[$1]}<&-
}

# start_job NAME=VALUE...: prints the id
start_job() {
	value id "$(tswapc job-start "device=${on-0}" "$@")"
}

# await_job ID STATE [SECONDS]
await_job() {
	local i state

	for ((i = 0; i < ${3-240} * 10; i++)); do
		state=$(job state "$1")
		[ "$state" != "$2" ] || return 0
		[ "$state" -lt "$DONE" ] || break
		sleep 0.1
	done
	fail "job $1 is in state $state, not $2: $(tswapc job-get "id=$1")"
}

# to_and_fro SECONDS LEAF LEAF: all pages from one to the other and back, until then
to_and_fro() {
	local end=$((SECONDS + $1)) j

	while [ $SECONDS -lt $end ]; do
		j=$(start_job kind=$MIGRATE src-leaf="$2" dst-leaf="$3")
		await_job "$j" $DONE
		j=$(start_job kind=$MIGRATE src-leaf="$3" dst-leaf="$2")
		await_job "$j" $DONE
	done
}

# the map's own view: pages on each leaf, as "LEAF COUNT" lines; 0 is the holes
map_counts() { # [DEVICE]
	od -An -v -tu8 -w8 "/sys/block/tswap${1-0}/tswap/map" |
		awk '{ n[int($1 / 4294967296) % 256]++ } END { for (l in n) print l, n[l] }'
}

on_leaf() { # ID [DEVICE]: slots that the map has on a leaf
	map_counts "${2-0}" | awk -v id="$1" '$1 == id { n = $2 } END { print n + 0 }'
}

# settle: allocated positions of every leaf are those in the map (no leaks)
no_leaks() { # [DEVICE]
	local id used mapped i

	for ((i = 0; i < 50; i++)); do
		mapped=ok
		while read -r line; do
			id=$(value id "$line") used=$(value used "$line")
			[ "$used" -eq "$(on_leaf "$id" "${1-0}")" ] || mapped="leaf $id: $used used"
		done < <(tswapc leaf-get --dump "device=${1-0}")
		[ "$mapped" != ok ] || return 0
		sleep 0.1
	done
	fail "leaves and map differ: $mapped; map: $(map_counts "${1-0}" | tr '\n' ';')"
}

take_down() { # [DEVICE]
	swapoff "/dev/tswap${1-0}"
	no_leaks "${1-0}"
	tswapc device-del "id=${1-0}"
	nothing_left
}

# Of the last device: nothing holds the module (devices, job threads and open files do), no
# request is in the slab cache, and kmemleak finds no memory without an owner (on the debug
# kernel, for scripts that ask for it by --append kmemleak=on, which makes everything slow).
nothing_left() {
	local slab=/sys/kernel/slab/tswap_io refs i

	[ -z "$(tswapc device-get --dump)" ] || return 0
	for ((i = 0; i < 50; i++)); do
		refs=$(cat /sys/module/tswap/refcnt)
		[ "$refs" != 0 ] || break
		sleep 0.1
	done
	[ "$refs" = 0 ] || fail "$refs references to the module are left"
	! compgen -G "/sys/block/tswap*" >/dev/null || fail "left: $(echo /sys/block/tswap*)"
	if [ -d $slab ] && [ ! -L $slab ]; then # a link: merged with other caches
		echo 1 >$slab/shrink # objects that CPUs keep count as used
		[ "$(awk '{ print $1 }' $slab/total_objects)" = 0 ] ||
			fail "requests are left: $(cat $slab/total_objects)"
	fi
	no_unreferenced
}

no_unreferenced() {
	local leaks=/sys/kernel/debug/kmemleak

	grep -q kmemleak=on /proc/cmdline || return 0
	echo scan >$leaks || fail "kmemleak does not work"
	sleep 6 # younger objects are not looked at
	echo scan >$leaks
	! grep -q tswap $leaks || fail "leaked: $(grep -B12 -A12 tswap $leaks | head -n 60)"
}

# located WORKER N [DEVICE]: pages of the worker are on the leaves where the map says. About N
# are looked for and most of them found there; the others are in memory, or zeros, which are not
# written from 6.12 on.
located() {
	local line places='' asked found

	while read -r line; do
		places+=" $(value id "$line")=/dev/$(value name "$line")"
	done < <(tswapc leaf-get --dump "device=${3-0}")
	ask "$1" "locate $2 /sys/block/tswap${3-0}/tswap/map$places"
	read -r _ _ found _ asked <<<"$answer"
	[ "$found" -ge $((asked * 3 / 5)) ] || fail "located only $found of $asked pages"
	echo "located $found of $asked pages of $1 on their leaves"
}

# A leaf over a disk through device-mapper, whose table can be replaced while it is in use.
# dm_leaf DISK: makes /dev/mapper/bad; sets $dm_disk, $dm_size, $dm_linear
dm_leaf() {
	dm_disk=$1
	dm_size=$(blockdev --getsz "$1")
	dm_linear="0 $dm_size linear $1 0"
	modprobe dm-mod
	printf '%s\n' "$dm_linear" | dmsetup create bad
	dmsetup mknodes 2>/dev/null || true
}

dm_table() { # TABLE: requests wait meanwhile
	printf '%s\n' "$1" | dmsetup load bad
	dmsetup suspend --noflush --nolockfs bad
	dmsetup resume bad
}

dm_bad_pages() { # PAGE...: a table with an error in the place of each, ascending, not the last
	local from=0 at page

	for page; do
		at=$((page * 8))
		[ $at -eq $from ] || echo "$from $((at - from)) linear $dm_disk $from"
		echo "$at 8 error"
		from=$((at + 8))
	done
	echo "$from $((dm_size - from)) linear $dm_disk $from"
}

# positions LEAF: those that its pages have, in order
positions() {
	od -An -v -tu8 -w8 "/sys/block/tswap${2-0}/tswap/map" |
		awk -v leaf="$1" 'int($1 / 4294967296) % 256 == leaf { print $1 % 4294967296 }' |
		sort -n
}

# await CMD...: until it succeeds; no test takes so long, however busy the machine is
await() {
	local end=$((SECONDS + 120))

	until "$@"; do
		[ $SECONDS -lt $end ] || fail "waited in vain for: $*"
		sleep 0.1
	done
}

clean_log() {
	! dmesg | grep -E 'BUG|WARNING|Oops|Call Trace|hung task|blocked for more' ||
		fail "the kernel complains"
}
