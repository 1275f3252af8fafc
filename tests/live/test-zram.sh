#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A zram's options on this kernel: levels, a limit, what is lacking, save, apply in use.
# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"
need_root
make_tmp
private_state
watch_zram
swapctl add probe zram,size=8M >/dev/null 2>&1 || skip "no zram on this kernel"
zram=$(swapctl list -rno DEVICE probe)
have() { [ -e "/sys/block/$zram/$1" ]; }
params=0 recomp=0 backing=0
if have algorithm_params; then params=1; fi
if have recomp_algorithm; then recomp=1; fi
if have backing_dev; then backing=1; fi
algorithm=$(tr -d '[]' <"/sys/block/$zram/comp_algorithm" | awk '{ print $NF }')
status() { # STATUS WORD ARG...: swapctl ends with it and says the word
	local want=$1 word=$2 got=0 out

	shift 2
	out=$(swapctl "$@" 2>&1) || got=$?
	[ "$got" -eq "$want" ] && [[ $out == *"$word"* ]] || {
		echo "exit $got: $out"
		return 1
	}
}
swapctl remove probe >/dev/null

lacks() { # OPTION HAVE
	[ "$2" = 0 ] || return 0
	check "without $1: exit 6, and it is named" status 6 "lacks ${1%%=*}" add fast "zram,size=16M,$1"
	check "no zram is left" test -z "$(swapctl list -rno DEVICE fast 2>/dev/null || true)"
	check "optional: goes on without" status 0 "it is made without" add fast "zram,size=16M,$1,optional"
	printf '[tier fast]\ndevice = zram,size=16M,%s,optional\n' "$1" >"$tmp/lacking.conf"
	chmod 644 "$tmp/lacking.conf"
	check "applied again: it is the one that is meant" \
		bash -c "! swapctl apply --dry-run --config '$tmp/lacking.conf' | grep -E 'create|differs'"
	swapctl remove fast >/dev/null
}
lacks "recompress=$algorithm" $recomp
[ $backing = 1 ] || lacks "writeback=/dev/null" 0

if [ $params = 1 ]; then
	check "a level" status 0 "" add fast "zram,size=16M,algorithm=$algorithm(level=2)"
	check "save knows the level" status 0 "algorithm=$algorithm(level=2)" save
	swapctl remove fast >/dev/null
fi
check "a limit" status 0 "" add fast "zram,size=64M,mem-limit=8M"
zram=$(swapctl list -rno DEVICE fast)
limit() { awk '{ print $4 }' "/sys/block/$zram/mm_stat"; }
check "the kernel has it" test "$(limit)" = $((8 << 20))
check "list has it" test "$(swapctl list -bnro MEMLIMIT fast)" = $((8 << 20))
swapctl save >"$tmp/saved.conf"
check "save has it" grep -q "mem-limit=8M" "$tmp/saved.conf"
chmod 644 "$tmp/saved.conf"
sed -i 's/mem-limit=8M/mem-limit=6M/' "$tmp/saved.conf"
check "apply changes it in use" status 0 "mem_limit" apply --config "$tmp/saved.conf"
check "the kernel has the new one" test "$(limit)" = $((6 << 20))
check "applied again: nothing" bash -c "! swapctl apply --dry-run --config '$tmp/saved.conf' | grep -q mem_limit"
sed -i 's/mem-limit=6M/mem-limit=1/' "$tmp/saved.conf"
check "too small for a page: refused, as add does" \
	status 4 "mem-limit of 1 bytes is too small" apply --config "$tmp/saved.conf"
check "the kernel has the one before" test "$(limit)" = $((6 << 20))
sed -i 's/,mem-limit=1//' "$tmp/saved.conf"
check "taken out of the line: none, though apply has set it" \
	status 0 "mem_limit" apply --config "$tmp/saved.conf"
check "the kernel has none" test "$(limit)" = 0
echo 4M >"/sys/block/$zram/mem_limit"
check "a limit of others stays, and is named" \
	status 0 "has a memory limit of 4.0 MiB" apply --config "$tmp/saved.conf"
check "it is still there" test "$(limit)" = $((4 << 20))
for option in $([ $recomp = 0 ] || echo recompress="$algorithm") $([ $backing = 0 ] || echo writeback=/dev/null); do
	sed "s|size=64M|&,mem-limit=4M,$option|" "$tmp/saved.conf" >"$tmp/option.conf"
	check "${option%%=*} in the line of one in use: named" status 0 \
		"differs from the configuration in ${option%%=*}; remove it" apply --config "$tmp/option.conf"
done
for option in $([ $recomp = 1 ] || echo recompress="$algorithm") $([ $backing = 1 ] || echo writeback=/dev/null); do
	sed "s|size=64M|&,mem-limit=4M,$option|" "$tmp/saved.conf" >"$tmp/option.conf"
	check "${option%%=*} in the line, and this kernel lacks it: a failure" status 4 \
		"lacks ${option%%=*}" apply --config "$tmp/option.conf"
done
printf '[tier fast]\ndevice = zram, size=64M, mem-limit=6M\ndemote-above = 50%%\n' >"$tmp/none.conf"
chmod 644 "$tmp/none.conf"
[ $backing = 1 ] || check "balance: nothing can be done: exit 6" \
	status 6 "nothing here can be demoted" balance --config "$tmp/none.conf"
swapctl remove fast >/dev/null
# made by swapadm, out of use, and written to by others: it goes, or it is said how
out_of_use() {
	swapctl add fast zram,size=32M >/dev/null
	zram=$(swapctl list -rno DEVICE fast)
	swapoff "/dev/$zram"
}
gone() { [ ! -e "/sys/block/$zram" ] && ! swapctl list -rno DEVICE | grep -qx "$zram"; }
out_of_use
dd if=/dev/zero of="/dev/$zram" bs=4k count=1 conv=fsync status=none
check "its signature is overwritten: remove" status 0 done remove "$zram"
check "its signature is overwritten: it is gone" gone
out_of_use
mkswap "/dev/$zram" >/dev/null 2>&1
check "formatted again: remove" status 0 done remove fast
check "formatted again: it is gone" gone
out_of_use
if mkfs.ext4 -q "/dev/$zram"; then
	mkdir "$tmp/mnt"
	mount "/dev/$zram" "$tmp/mnt"
	at_exit eval '! mountpoint -q "$tmp/mnt" || umount "$tmp/mnt"'
	check "mounted: it stays" status 1 "it is in use" remove "$zram"
	umount "$tmp/mnt"
	check "a file system: it stays" status 1 "holds a file system (ext4)" remove "$zram"
	check "a file system: so does the record" grep -q inactive <(swapctl list -rno DEVICE,STATE)
	way=$({ swapctl remove "$zram" 2>&1 || true; } | sed -n 's/.*holds.*`\(zramctl .*\)`.*/\1/p')
	check "a file system: the way out: $way" eval "$way"
	check "a file system: it is gone" gone
fi
# a service waits for the zram to come (again); it exits where nothing is asked for
swapctl balance --watch --config "$tmp/none.conf" >"$tmp/watch" 2>&1 &
watcher=$!
at_exit eval 'kill $watcher 2>/dev/null || :'
check "watch: no zram now: it says so" until_so has "waits: balance: nothing here can be demoted" "$tmp/watch"
sleep 1
check "watch: and waits" eval '! ended $watcher'
strike TERM $watcher
wait $watcher || true
printf '[tier fast]\ndevice = zram, size=64M\n' >"$tmp/nothing.conf"
chmod 644 "$tmp/nothing.conf"
check "watch: nothing is asked for: exit 6" \
	status 6 "nothing here can be demoted" balance --watch --config "$tmp/nothing.conf"
finish
