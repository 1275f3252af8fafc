#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# swapin and swapout, of processes and of cgroups of either version: what moves, how much,
# whose, and what is refused; content is verified after each.
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/lib.sh"
need_root
make_tmp
private_state
mib=48

area=$tmp/a.swap
dd if=/dev/urandom of="$area" bs=1M count=$((mib * 3)) status=none
chmod 600 "$area"
mkswap -q "$area" >/dev/null
swapon -p 1000 "$area"
at_exit swapoff_quiet "$area"

mib_of() { # KEY [PID]: of /proc/PID/status
	awk -v key="$1:" '$1 == key { print int($2 / 1024) }' "/proc/${2-$workload_pid}/status"
}

# how many pages the workload has waited for since it began
waits() {
	sed 's/.*) //' "/proc/$workload_pid/stat" | cut -d' ' -f10
}

# refused STATUS WORDS CMD...: it ends so, says so (0: it is not refused)
refused() {
	local want=$1 words=$2 status=0

	shift 2
	"$@" >"$tmp/said" 2>&1 || status=$?
	[ $status -eq "$want" ] && grep -q "$words" "$tmp/said" || {
		echo "exit $status, said: $(cat "$tmp/said")"
		return 1
	}
}

# ---- a process -----------------------------------------------------------------------

workload_start -s $mib
check "swapout --pid" swapctl swapout --pid "$workload_pid"
check "it is out: $(mib_of VmSwap) MiB" test "$(mib_of VmSwap)" -ge $((mib * 9 / 10))
check "swapout: content" workload_ok

workload_do out
before=$(waits)
check "swapin --pid" swapctl swapin --pid "$workload_pid"
check "swapin: content" workload_ok
waited=$(($(waits) - before))
check "pages were there before they were needed ($waited waits)" test $waited -lt $((mib * 256 / 10))

workload_do write
before=$(mib_of VmSwap)
check "swapout --amount" swapctl swapout --pid "$workload_pid" --amount 8M
went=$(($(mib_of VmSwap) - before))
check "about 8 MiB went: $went" test $went -ge 7 -a $went -le 20
check "swapout --amount: content" workload_ok

workload_do out
check "swapin --amount" swapctl swapin --pid "$workload_pid" --amount 8M
check "swapin --amount: content" workload_ok
workload_do out
check "more than there is is all there is" swapctl swapin --pid "$workload_pid" --amount 1T
check "all: content" workload_ok

# the plan moves nothing
workload_do out
before=$(mib_of VmSwap)
check "the plan of a swap-in" refused 0 "fits: 8 MiB" \
	swapctl swapin --pid "$workload_pid" --amount 8M --dry-run
check "it shows where the pages are" grep -q '  from ' "$tmp/said"
check "the plan of a swap-out" refused 0 "MiB in memory" \
	swapctl swapout --pid "$workload_pid" --dry-run
check "it shows where they would go" grep -q '  to ' "$tmp/said"
check "nothing moved: $before MiB before" test "$(mib_of VmSwap)" -eq "$before"
workload_do out
status=0
swapctl swapin --pid "$workload_pid" -v >"$tmp/said" 2>&1 || status=$?
check "it says how much" grep -q 'MiB moved' "$tmp/said"
check "it says that they keep their places" grep -q "swap cache and keep their places" "$tmp/said"
swapctl ps >"$tmp/ps" 2>"$tmp/said"
check "ps still counts them" grep -q "^ *$workload_pid " "$tmp/ps"
check "and says so" grep -q "in memory as well (swap cache)" "$tmp/said"

# ---- what is refused ------------------------------------------------------------------

sleep 0 &
gone=$!
wait $gone
check "a process that has ended" refused 1 "no such process" swapctl swapin --pid $gone
check "a thread of the kernel" refused 1 "kthreadd" swapctl swapout --pid 2
check "no amount" refused 2 "amount" swapctl swapout --pid "$workload_pid" --amount 0
check "a negative amount" refused 2 "amount" swapctl swapout --pid "$workload_pid" --amount -4K
check "an absurd amount" refused 2 "amount" \
	swapctl swapout --pid "$workload_pid" --amount 99999999999T
check "no number" refused 2 "process id" swapctl swapin --pid 12x
check "nobody named" refused 2 "whose" swapctl swapin
check "both named" refused 2 "only one" swapctl swapin --pid "$workload_pid" --cgroup /
for path in /nonesuch .. /.. /x/../.. /./x; do
	check "--cgroup $path" refused 1 "no such memory cgroup" swapctl swapout --cgroup $path
done
if command -v setpriv >/dev/null; then
	# the build folder may be closed to others
	cp "$(command -v swapctl)" "$tmp/swapctl"
	library=$(ldd "$tmp/swapctl" | awk '/libswapadm/ { print $3 }')
	[ -e "$library" ] || library=$(ldd "$(command -v swapctl)" | awk '/libswapadm/ { print $3 }')
	cp "$library" "$tmp/"
	chmod 755 "$tmp" "$tmp/swapctl" "$tmp"/libswapadm*
	check "without privilege" refused 1 "root" env LD_LIBRARY_PATH="$tmp" setpriv --reuid=65534 \
		--regid=65534 --clear-groups "$tmp/swapctl" swapout --pid "$workload_pid"
fi
# root of a user namespace: not nothing to move
if unshare -Ur true 2>/dev/null; then
	workload_do write
	check "what is outside of a user namespace" refused 1 "lacks CAP_SYS_PTRACE" \
		unshare -Ur swapctl swapout --pid "$workload_pid"
fi
if [ "$(tail -n +2 /proc/swaps | wc -l)" -eq 1 ]; then
	workload_do out
	job=$(swapctl drain "$area" --rate 1M --background 2>/dev/null)
	check "a draining area is no room" refused 3 "takes pages: $area is being drained" \
		swapctl swapout --pid "$workload_pid"
	check "its plan says the same" refused 3 "takes pages: $area is being drained" \
		swapctl swapout --pid "$workload_pid" --dry-run
	check "the drain runs still" test "$(swapctl jobs -r -n -o STATE | head -n 1)" = running
	check "it is cancelled" swapctl cancel "$job"
fi
check "the workload is as it was" workload_ok

# ---- a process that ends meanwhile ------------------------------------------------------

pattern $mib <<<$'out\nswap' >/dev/null &
other=$!
for _ in {1..50}; do
	[ "$(mib_of VmSwap $other 2>/dev/null || echo 0)" -lt $mib ] || break
	sleep 0.05
done
swapctl swapin --pid $other >"$tmp/said" 2>&1 &
pull=$!
kill -KILL $other 2>/dev/null || true
status=0
wait $pull || status=$?
echo "swapin of a process that was killed: exit $status, $(cat "$tmp/said")"
check "a killed process: an ordinary end" test $status -le 4
wait $other || true
workload_end || fail "the workload's end"

# ---- a cgroup ---------------------------------------------------------------------------

make_group || {
	echo "no memory cgroup can be made here: those are not tested"
	finish
}

mkfifo "$tmp/never"
exec {never}<>"$tmp/never" # nobody writes to it, and it has no end
pattern 16 <&"$never" >/dev/null &
outsider=$!
at_exit kill $outsider
coproc workload {
	echo "$BASHPID" >"$group/cgroup.procs"
	exec pattern $mib
}
workload_in=${workload[1]} workload_out=${workload[0]}
at_exit workload_kill
read -r -t 120 _ workload_pid _ <&"$workload_out"

check "swapout --cgroup, amount" swapctl swapout --cgroup "/${group##*/}" --amount 8M
went=$(mib_of VmSwap)
check "about 8 MiB of it went: $went" test "$went" -ge 7 -a "$went" -le 24
check "swapout --cgroup" swapctl swapout --cgroup "$group"
check "it is out: $(mib_of VmSwap) MiB" test "$(mib_of VmSwap)" -ge $((mib * 8 / 10))
check "who is not in it is not touched" test "$(mib_of VmSwap $outsider)" -eq 0
check "swapout --cgroup: content" workload_ok

workload_do out
before=$(waits)
check "swapin --cgroup" swapctl swapin --cgroup "/${group##*/}"
check "swapin --cgroup: content" workload_ok
waited=$(($(waits) - before))
check "the cgroup's pages were there before ($waited waits)" test $waited -lt $((mib * 256 / 10))
cached() { swapctl cgroups -r -b -n -o PATH,CACHED | awk -v p="/${group##*/}" '$1 == p { print int($2 / 1048576) }'; }
workload_do out
swapctl swapout --cgroup "$group" >/dev/null 2>&1 || true
check "swapped out, nothing of it is cached ($(cached) MiB)" test "$(cached)" -le 4
swapctl swapin --cgroup "$group" >/dev/null 2>&1
check "cgroups shows what is in memory as well ($(cached) MiB)" test "$(cached)" -ge $((mib * 8 / 10))
# Those are of the whole machine, where others have swap, too: what was before or is now.
machine() { awk '$1 == "SwapCached:" { print int($2 / 1024) }' /proc/meminfo; }
agrees() { # MIB BEFORE
	local now
	now=$(machine)
	[ "$1" -ge $((($2 < now ? $2 : now) - 4)) ] && [ "$1" -le $((($2 > now ? $2 : now) + 4)) ] &&
		[ "$1" -ge $(($(cached) - 4)) ]
}
before=$(machine)
in_status=$(swapctl status -J | sed -n 's/.*"swap_cached": *\([0-9]*\).*/\1/p')
check "status agrees ($((in_status >> 20)) MiB)" agrees $((in_status >> 20)) "$before"
before=$(machine)
swapctl ps >/dev/null 2>"$tmp/said"
in_ps=$(sed -n 's/^swapctl: \([0-9]*\).* MiB of what is in swap is in memory.*/\1/p' "$tmp/said")
check "ps agrees (${in_ps:-$(cat "$tmp/said")} MiB)" agrees "${in_ps:-0}" "$before"
status=0
swapctl swapout --cgroup "$group" -v >"$tmp/said" 2>&1 || status=$?
moved=$(($(swapctl jobs -r -b -n -o MOVED | head -n 1) >> 20))
if [ -e "$group/memory.reclaim" ]; then
	check "dropping it is what left memory ($moved MiB, $(cached) cached)" \
		test "$moved" -ge $((mib * 7 / 10)) -a "$(cached)" -le $((mib / 4))
else
	check "what stays in memory does not count as moved ($moved MiB)" test "$moved" -le 4
	check "but is named" grep -q "in swap and in memory as well" "$tmp/said"
fi
check "swap cache: content" workload_ok

workload_do out
echo $((16 << 20)) >"$group/$limit"
# and it may push nothing out for what comes in
if [ -e "$group/memory.swap.max" ]; then
	cat "$group/memory.swap.current" >"$group/memory.swap.max"
else
	echo 0 >"$group/memory.swappiness"
fi
check "beyond its limit: exit 3, named" refused 3 "${group##*/}" \
	swapctl swapin --cgroup "/${group##*/}"
check "its plan says the same" refused 3 "does not fit: .* short" \
	swapctl swapin --cgroup "/${group##*/}" --dry-run
check "by process as well" refused 3 "${group##*/}" swapctl swapin --pid "$workload_pid"
check "nobody was killed" kill -0 "$workload_pid"
[ ! -e "$group/memory.swap.max" ] || echo max >"$group/memory.swap.max"
[ ! -e "$group/memory.swappiness" ] || echo 60 >"$group/memory.swappiness"
echo $((mib * 4 << 20)) >"$group/$limit"
check "limit: content" workload_ok
workload_end || fail "the workload's end"
check "an empty cgroup has nothing to move" swapctl swapin --cgroup "/${group##*/}"

finish
