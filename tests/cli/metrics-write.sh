#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# swapctl metrics --write: a reader sees a whole file at any moment, nothing is left that a
# collector would read, and nothing but a regular file is replaced.
set -uo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
bad=0
fail() {
	echo "metrics-write: $*"
	bad=1
}

mkdir -p "$dir/root/proc" "$dir/out"
{
	echo "Filename Type Size Used Priority"
	for i in $(seq 60); do echo "/swap$i file 12288 0 -2"; done
} >"$dir/root/proc/swaps"
metrics() {
	swapctl --root "$dir/root" metrics "$@"
}
file=$dir/out/swapadm.prom

(umask 077 && metrics --write "$file") || fail "--write failed"
[ "$(stat -c %a "$file")" = 644 ] || fail "mode $(stat -c %a "$file")"
[ "$(metrics)" = "$(cat "$file")" ] || fail "the file differs from standard output"
[ -z "$(metrics --write "$file")" ] || fail "--write prints something, too"
metrics --openmetrics | tail -n 1 | grep -qx '# EOF' || fail "OpenMetrics without its end"
metrics | grep -qE '^# EOF|^# UNIT| (info|stateset)$' && fail "the classic format has OpenMetrics in it"

# a reader never sees a part, or no file
whole=$(wc -c <"$file")
for _ in $(seq 20); do metrics --write "$file"; done &
writer=$!
while kill -0 "$writer" 2>/dev/null; do
	size=$(wc -c <"$file") || fail "no file for a moment"
	[ "$size" = "$whole" ] || fail "$size of $whole bytes"
done
wait "$writer" || fail "a write failed"

# killed at any moment: the old file or the new one, and no other *.prom
for ms in 0 1 2 3 4 5 6 8 10 15 20; do
	metrics --write "$file" &
	sleep "0.0$(printf %02d "$ms")"
	kill -9 $! 2>/dev/null
	wait $! 2>/dev/null
	[ "$(wc -c <"$file")" = "$whole" ] || fail "killed after $ms ms: $(wc -c <"$file") bytes"
	[ "$(echo "$dir"/out/*.prom)" = "$file" ] || fail "killed after $ms ms: $(ls -A "$dir/out")"
done

# what can't be written leaves the old file and no other
rm -f "$dir"/out/.swapadm.prom.*
before=$(md5sum <"$file")
(
	ulimit -f 4 # in KiB: the disk is full
	metrics --write "$file"
) 2>"$dir/said" && fail "a file that is too large was written"
grep -q "^swapctl: $file: write: " "$dir/said" || fail "it says: $(cat "$dir/said")"
[ "$before" = "$(md5sum <"$file")" ] || fail "the old file is damaged"
[ "$(ls -A "$dir/out")" = swapadm.prom ] || fail "left: $(ls -A "$dir/out")"

# others than regular files stay what they are
ln -s swapadm.prom "$dir/out/link"
mkfifo "$dir/out/fifo"
mkdir "$dir/out/folder"
for name in link fifo folder; do
	kind=$(stat -c %F "$dir/out/$name")
	metrics --write "$dir/out/$name" 2>"$dir/said" && fail "$name was written"
	grep -q "not a regular file" "$dir/said" || fail "$name: $(cat "$dir/said")"
	[ "$(stat -c %F "$dir/out/$name")" = "$kind" ] || fail "$name was replaced"
done
metrics --write "$dir/nowhere/x.prom" 2>"$dir/said" && fail "a folder that is not there"
grep -q "No such file" "$dir/said" || fail "$(cat "$dir/said")"

for n in 0 1001 x -1 ''; do
	metrics --cgroups "$n" >/dev/null 2>&1
	[ $? = 2 ] || fail "--cgroups '$n' is taken"
done

# who is in swap, above a size, and not with nothing
group() { # NAME BYTES
	local g=$dir/root/sys/fs/cgroup/$1

	mkdir -p "$g"
	echo "$2" >"$g/memory.swap.current"
	printf 'pswpin 3\npswpout 4\nworkingset_refault_anon 5\n' >"$g/memory.stat"
}
mkdir -p "$dir/root/proc/self" "$dir/root/sys/fs/cgroup"
echo "1 0 0:1 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw" >"$dir/root/proc/self/mountinfo"
echo memory >"$dir/root/sys/fs/cgroup/cgroup.controllers"
group none 0
group little 4096
group much 8388608
for pid in 7 8; do
	mkdir "$dir/root/proc/$pid"
	printf 'Name:\tp%d\nPid:\t%d\nUid:\t0 0 0 0\nVmSwap:\t%d kB\n' $pid $pid $((pid * 100)) \
		>"$dir/root/proc/$pid/status"
done
who() {
	metrics --cgroups 9 --processes 9 "$@" |
		sed -n 's/^swapadm_\(cgroup\|process\)_swap_bytes{\(cgroup\|pid\)="\([^"]*\)".*/\3/p' | tr '\n' ' '
}
[ "$(who)" = "8 7 /much /little " ] || fail "in swap: $(who)"
[ "$(who --above 4K)" = "8 7 /much " ] || fail "above 4K: $(who --above 4K)"
[ "$(who --above 750K)" = "8 /much " ] || fail "above 750K: $(who --above 750K)"
[ "$(who --above 1G)" = "" ] || fail "above 1G: $(who --above 1G)"
# a kernel that does not count a group's swap: the group is there, without a number
mkdir "$dir/root/sys/fs/cgroup/uncounted"
echo 4096 >"$dir/root/sys/fs/cgroup/uncounted/memory.current"
echo 0::/uncounted >"$dir/root/proc/8/cgroup"
metrics --cgroups 9 >"$dir/said"
grep -qx 'swapadm_cgroup_swapped_processes{cgroup="/uncounted"} 1' "$dir/said" ||
	fail "a group whose swap is not known is left out"
grep -q 'cgroup_swap_bytes{cgroup="/uncounted"}' "$dir/said" && fail "swap that is not known has a number"
grep -q 'cgroup="/"' "$dir/said" && fail "the machine passes for a group"
[ "$(who --above 4K)" = "8 7 /much " ] || fail "uncounted, above 4K: $(who --above 4K)"
page=$(getconf PAGESIZE)
metrics --cgroups 1 >"$dir/said"
for name in swapin:3 swapout:4 refault:5; do
	grep -qx "swapadm_cgroup_${name%:*}_bytes_total{cgroup=\"/much\"} $((${name#*:} * page))" "$dir/said" ||
		fail "no ${name%:*}"
done
metrics --above 0 >/dev/null 2>&1
[ $? = 2 ] || fail "--above 0 is taken"

metrics --write "$dir/none/x" 2>"$dir/said" && fail "a folder that is not there is written to"
grep -q "make its folder first" "$dir/said" || fail "no remedy: $(cat "$dir/said")"

# what costs a line a page is there on request only
zram=$dir/root/sys/block/zram0
mkdir -p "$zram" "$dir/root/sys/class/block" "$dir/root/sys/kernel/debug/zram/zram0"
ln -s ../../block/zram0 "$dir/root/sys/class/block/zram0"
echo 252:0 >"$zram/dev"
echo 1073741824 >"$zram/disksize"
echo "8192 100 4096 0 4096 0 0 0 0" >"$zram/mm_stat"
printf '%12d %12d.000000 %s\n' 1 5 ...i.. 2 6 ...... 3 7 ...ir. >"$dir/root/sys/kernel/debug/zram/zram0/block_state"
echo "/dev/zram0 partition 1048572 12 100" >>"$dir/root/proc/swaps"
metrics >"$dir/said"
grep -q zram_idle "$dir/said" && fail "idle pages without --zram-idle"
metrics --zram-idle >"$dir/said"
for name in idle:2 recompressed:1; do
	grep -q "^swapadm_zram_${name%:*}_bytes{.*} $((${name#*:} * page))$" "$dir/said" ||
		fail "--zram-idle: no ${name%:*}"
done
exit $bad
