#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# list, find and save on areas that others made, with awkward names.
# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"
need_root
make_tmp
private_state
watch_zram
[ -e /sys/class/zram-control ] || skip "this kernel has no zram"
command -v python3 >/dev/null || skip "python3 is not installed"

uuid=0f0a7c52-5f0e-4d0e-9d57-$(printf %012x $$)
conf=$tmp/swapadm.conf
none=$tmp/none.conf # without tiers, whatever this machine's configuration is
printf '[swapadm]\nlayer = direct\n' >"$none"
chmod 644 "$none"

make_file() { # PATH PRIO
	dd if=/dev/zero of="$1" bs=1M count=8 status=none
	chmod 600 "$1"
	mkswap -q "$1"
	swapon -p "$2" "$1"
}
# json EXPRESSION ARG...: of the devices `d` of swapctl list ARG..., as python sees them
json() {
	local expression=$1

	shift
	swapctl --config "${use_conf:-$none}" list -J -b -o +PATH,RANK,MANAGED,DELETED,STORED,LABEL,UUID "$@" |
		python3 -c 'import json, sys
d = {x["path"] or x["device"]: x for x in json.load(sys.stdin)["devices"]}
sys.exit(not ('"$expression"'))'
}
device() { # WORD: the one device that it means
	swapctl --config "$none" list -n -r -o PATH "$1"
}
is() { [ "$1" = "$2" ] || { echo "\"$1\" instead of \"$2\""; return 1; }; }

# ---- areas that are not ours --------------------------------------------------------------------------
n=$(cat /sys/class/zram-control/hot_add)
zram=/dev/zram$n
echo 64M >"/sys/block/zram$n/disksize"
mkswap -q "$zram"
swapon -p 310 "$zram"
make_loop disk 32M
disk=$loop
mkswap -q -L "cold one" -U "$uuid" "$disk"
swapon -p 305 "$disk"
make_file "$tmp/a b" 300
make_file "$tmp/tab	and\\" 300
at_exit swapoff_quiet "${tmp}/a\\040b"
at_exit swapoff_quiet "${tmp}/tab\\011and\\134"
ln -s "$tmp/a b" "$tmp/link"

# without what is used: it may change between two looks
check "every area as the kernel has it" python3 - "$none" <<'END'
import json, re, subprocess, sys
out = subprocess.run(["swapctl", "--config", sys.argv[1], "list", "-J", "-b", "-o", "+PATH"],
                     check=True, capture_output=True, text=True).stdout
mine = {d["path"]: (d["size"], d["prio"]) for d in json.loads(out)["devices"]}
kernel = {}
for line in open("/proc/swaps").read().splitlines()[1:]:
    path, _, size, _, prio = line.split()
    path = re.sub(r"\\([0-7]{3})", lambda m: chr(int(m[1], 8)), path)
    kernel[path.removesuffix(" (deleted)")] = (int(size) * 1024, int(prio))
sys.exit(mine != kernel and "%s\n%s" % (mine, kernel))
END
check "kinds" json "d['$zram']['kind'] == 'zram' and d['$disk']['kind'] in ('ssd', 'hdd')"
check "automatic tiers by priority" json "d['$zram']['tier'].startswith('auto-zram') and
	len({x['tier'] for p, x in d.items() if p.startswith('$tmp')}) == 1 and
	d['$tmp/a b']['tier'] != d['$disk']['tier'] != d['$zram']['tier']"
check "nothing of it is ours" json "not any(d[p]['managed'] for p in ('$zram', '$disk'))"
# the kernel may give some back in between: what it says before the list, or after it
check "zram's RAM is mm_stat's" json "d['$zram']['ram'] in ($(awk '{ print $3 }' "/sys/block/zram$n/mm_stat"),
	int(open('/sys/block/zram$n/mm_stat').read().split()[2]))"
check "zram's stored is mm_stat's" json "d['$zram']['stored'] == $(awk '{ print $2 }' "/sys/block/zram$n/mm_stat")"
check "label and UUID are read" json "d['$disk']['label'] == 'cold one' and d['$disk']['uuid'] == '$uuid'"

# ---- words ------------------------------------------------------------------------------------
check "by path" is "$(device "$disk")" "$disk"
check "by kernel name" is "$(device "${disk##*/}")" "$disk"
check "by label" is "$(device "LABEL=cold one")" "$disk"
check "by UUID" is "$(device "UUID=$uuid")" "$disk"
check "by a link" is "$(device "$tmp/link")" "$(device "$tmp/a b")"
check "by a path from here" is "$(cd "$tmp" && device "./a b")" "$(device "$tmp/a b")"
check "a stranger is refused" eval '! device "$tmp/none.conf" 2>/dev/null'

# ---- save -------------------------------------------------------------------------------------
swapctl --config "$none" save >"$conf"
chmod 644 "$conf"
cat "$conf"
check "what is saved is valid" swapctl check "$conf"
use_conf=$conf
check "with it all is in tiers of the configuration" \
	json "all(x['state'] == 'active' and x['rank'] is not None for p, x in d.items() if '\t' not in p)"
use_conf=
no_change() {
	local out

	out=$(swapctl apply --dry-run "$conf" 2>&1) || { echo "$out"; return 1; }
	! grep -iE "^ *(create|make|format|activate|drain|detach|set)" <<<"$out" || {
		echo "$out"
		return 1
	}
}
check "applied it would change nothing" no_change

# ---- deleted --------------------------------------------------------------------------------
# the kernel does not let an active file be unlinked, but a device node may go
make_loop gone 8M
mkswap -q "$loop"
mknod -m 600 "$tmp/gone" b $((0x$(stat -c %t "$loop"))) $((0x$(stat -c %T "$loop")))
swapon -p 299 "$tmp/gone" 2>/dev/null || skip "device nodes can't be used in $tmp"
rm "$tmp/gone"
at_exit swapoff "$loop" # the same device by another name
check "a deleted node is listed as such" json "d['$tmp/gone']['deleted']"
check "and found by its name" is "$(device "$tmp/gone")" "$tmp/gone"
swapctl --config "$none" save >"$conf"
check "it is left out of what is saved" grep -q "^; left out: $tmp/gone was deleted" "$conf"

finish
