#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# swaptop on this kernel: the numbers of swapctl, areas that vanish while they are shown and
# selected, a drain and a swap-in that are asked for with keys, no privilege.
# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"
need_root
make_tmp
private_state
watch_zram
[ -e /sys/class/zram-control ] || skip "this kernel has no zram"
command -v tmux >/dev/null || skip "tmux is not installed"
command -v python3 >/dev/null || skip "python3 is not installed"
export PATH=$build/swaptop:$PATH LC_ALL=C.UTF-8
export TMUX_TMPDIR=$tmp XDG_CONFIG_HOME=$tmp/config
unset TMUX

tm() { tmux -L swaptop-live -f /dev/null "$@"; }
# not into a pipe: grep leaves when it has seen enough, and who writes fails
screen_has() { grep -qF -- "$1" <<<"$(tm capture-pane -p)"; }
screen_lacks() { ! screen_has "$1"; }
eventually() { # COMMAND
	until_so "$@" && return 0
	tm capture-pane -p
	return 1
}
no_session() { ! tm has-session 2>/dev/null; }
see() { check "$1" eventually screen_has "$2"; } # NAME TEXT

make_file() { # PATH PRIO
	dd if=/dev/zero of="$1" bs=1M count=128 status=none
	chmod 600 "$1"
	mkswap -q "$1"
	swapon -p "$2" "$1"
	at_exit swapoff_quiet "$1"
}
n=$(cat /sys/class/zram-control/hot_add)
zram=/dev/zram$n
echo 48M >"/sys/block/zram$n/disksize"
mkswap -q "$zram"
swapon -p 32000 "$zram"
make_file "$tmp/one.swap" 31900
make_file "$tmp/two.swap" 31800
workload_start 96
check "the workload is out" workload_do out

# ---- the same numbers as swapctl, where they hold still
numbers() {
	local i

	for i in 1 2 3 4 5; do
		swaptop --json -n 1 >"$tmp/top.json"
		swapctl status -J >"$tmp/ctl.json"
		! python3 - "$tmp/ctl.json" "$tmp/top.json" "zram$n" "$tmp/one.swap" <<'END' || return 0
import json, sys
ctl, top = (json.load(open(name)) for name in sys.argv[1:3])
devices = [{d["device"]: d for t in x["tiers"] for d in t["devices"]} for x in (ctl, top)]
for name in sys.argv[3:]:
    for key, value in devices[0][name].items():
        if devices[1][name].get(key, "missing") != value:
            sys.exit(f"{name}: {key}: swapctl {value}, swaptop {devices[1][name].get(key)}")
END
		sleep 0.5 # somebody else's swap moved in between
	done
	return 1
}
check "the numbers of swapctl status -J" numbers

# ---- in a terminal
tm new-session -d -x 120 -y 40 "swaptop -d 0.3"
at_exit eval 'tm kill-server 2>/dev/null || true'
see "the zram device" "zram$n"
see "the files" two.swap
tm send-keys 2
see "the workload" "$workload_pid"
tm send-keys 1

# the zram device is selected, and goes
tm send-keys /
tm send-keys "zram$n"
see "the search" "Search: zram$n"
tm send-keys Enter
check "is over" eventually screen_lacks "Search: "
swapoff "$zram"
echo 1 >"/sys/block/zram$n/reset"
echo "$n" >/sys/class/zram-control/hot_remove
tm send-keys 4
see "the event" "zram$n"
tm send-keys 1
check "it is gone" eventually screen_lacks "/dev/zram$n"
check "nothing was lost" workload_ok
check "the workload is out again" workload_do out

# a file is drained by keys
tm send-keys 1 /
tm send-keys one.swap Enter
tm send-keys d
see "the plan" "fits"
tm send-keys y
gone() { ! swap_active "$tmp/one.swap"; }
check "drained" eventually gone
check "nothing was lost by the drain" workload_ok

# what is left is swapped in by keys
check "the workload is out on the last file" workload_do out
tm send-keys 2
see "the workload" "$workload_pid"
tm send-keys F4 pattern Enter
tm send-keys i
see "the plan" "read in disk order"
see "where it lies" "comes from"
see "the verdict" "fits"
tm send-keys y
see "the job" swapin
check "nothing was lost by the swap-in" workload_ok
swapoff "$tmp/two.swap"
tm send-keys 1
check "the last one is gone too" eventually screen_lacks two.swap

# what was answered with y is begun, however soon it is left then
swapon -p 31800 "$tmp/two.swap"
check "the workload is out once more" workload_do out
newest() { swapctl jobs -nro JOB,KIND | sed -n 1p; } # not their number: old ones are forgotten
before=$(newest)
tm send-keys 2
see "the workload" "$workload_pid" # its row, and not what is searched for
tm send-keys i
see "the plan" "fits"
tm send-keys y q
check "it ends" eventually no_session
after=$(newest)
check "a job began" test "$after" != "$before"
check "it is a swap-in" grep -q ' swapin$' <<<"$after"
check "nothing was lost by that" workload_ok
swapoff "$tmp/two.swap"

# ---- without privilege: less, and what is missing is said
chmod 755 "$tmp"
plain() { setpriv --reuid 65534 --regid 65534 --clear-groups env HOME=/nonexistent "$@"; }
if plain test -x "$(command -v swaptop)"; then
	check "an ordinary user's screen" plain swaptop --once --pane processes >"$tmp/screen"
	check "what is missing" grep -q "missing: split by tier" "$tmp/screen"
fi
workload_end
finish
