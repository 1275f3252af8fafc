#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Requests are done whole or refused whole, and what the module knows stays true: a refused change
# leaves everything as it was; no leaf above a tswap device; an unplugged leaf is failed at once;
# an area that is activated again is known again, whoever holds the device open; trace events.
# vm-args: --mem 512 --disk a=32M,bus=ssd --disk b=64M --disk c=64M
# vm-debug-args: --mem 1024 --disk a=32M --disk b=64M --disk c=64M
# vm-timeout: 180
# shellcheck source=tests/vm/tswap/lib.sh
. /src/tests/vm/tswap/lib.sh

a=$(by_id a) b=$(by_id b) c=$(by_id c)
new_device "$(($(pages_of "$b") - 1))" >/dev/null
modprobe zram num_devices=0 2>/dev/null || true
z=$(new_zram 32M)
lz=$(new_leaf "$z" zram 0)
new_leaf "$b" hdd 1 >/dev/null

# a change of several things with one bad among them
unchanged() { # CMD...: refused, and nothing is different afterwards
	local before after

	before=$(tswapc leaf-get --dump | sed 's/ reads=.*//'; tswapc tier-get --dump)
	refused "$@"
	after=$(tswapc leaf-get --dump | sed 's/ reads=.*//'; tswapc tier-get --dump)
	[ "$before" = "$after" ] || fail "$*: $before became $after"
}
unchanged "a new tier needs a rank" tswapc leaf-set device=0 id="$lz" flags=2 tier=other
unchanged "another tier has that rank" tswapc leaf-set device=0 id="$lz" flags=2 tier=other rank=1
unchanged "another rank" tswapc leaf-set device=0 id="$lz" state=$CORDONED flags=2 tier=hdd rank=7
unchanged "allow-loop" tswapc leaf-set device=0 id="$lz" state=$CORDONED tier=hdd flags=1
unchanged "use tier-set" tswapc leaf-set device=0 id="$lz" state=$CORDONED flags=2 rank=7
unchanged "another tier has that rank" tswapc tier-set device=0 name=zram rank=1 on-swapin=$FREE
tswapc leaf-set device=0 id="$lz" state=$CORDONED flags=2 tier=other rank=7
[ "$(leaf state "$lz") $(leaf flags "$lz") $(leaf tier "$lz") $(leaf rank "$lz")" = "2 2 other 7" ] ||
	fail "not all was changed: $(tswapc leaf-get device=0 id="$lz")"
tswapc leaf-set device=0 id="$lz" state=$ACTIVE flags=0 tier=zram rank=0
# the id is looked at before 8 GiB of map are asked for
unchanged "with that id exists" tswapc device-add id=0 slots=1000000000
echo "all or nothing: ok"

# in memory a page is a page too, whatever a leaf asks for
if [ -e /sys/block/tswap0/queue/dma_alignment ]; then
	[ "$(cat /sys/block/tswap0/queue/dma_alignment)" = 4095 ] || fail "dma_alignment"
fi

# a leaf above a tswap device, its own or another
modprobe dm-mod
echo "0 $(blockdev --getsz /dev/tswap0) linear /dev/tswap0 0" | dmsetup create above
dmsetup mknodes 2>/dev/null || true
mkswap -q /dev/mapper/above >/dev/null
refused "is on a tswap device" tswapc leaf-add device=0 path=/dev/mapper/above tier=zram
new_device 5000 overcommit=1 >/dev/null
refused "is on a tswap device" tswapc leaf-add device=1 path=/dev/mapper/above tier=zram rank=0
tswapc device-del id=1
dmsetup remove above
echo "above a tswap device: ok"

# on-swapin=free needs the number that the swap core gave the area, also when somebody holds the
# device open while it gets another
tswapc tier-set device=0 name=zram on-swapin=$FREE
exec 7</dev/tswap0
mkswap -q "$c"
swapon -p 1 "$c" # takes the first number
mkswap -q /dev/tswap0
swapon -p 100 /dev/tswap0
frees() { # reading back gives positions up; of what is read ahead they stay
	local before

	sysctl -q vm.page-cluster=0
	start_worker w 8
	ask w out
	before=$(leaf used "$lz")
	[ "$before" -gt 1000 ] || fail "only $before pages on the zram"
	ask w verify
	[ "$(leaf used "$lz")" -lt $((before / 2)) ] || fail "$1: $(leaf used "$lz") of $before left"
	sysctl -q vm.page-cluster=3
	stop_worker w
}
trace=/sys/kernel/tracing
mount -t tracefs none $trace 2>/dev/null || true
echo 1 >$trace/events/tswap/enable
echo 1 >$trace/events/block/block_bio_remap/enable
frees "area with the second number"
start_worker w 4
ask w out
j=$(start_job kind=$MIGRATE src-leaf="$lz" dst-tier=hdd)
await_job "$j" $DONE
stop_worker w
echo 0 >$trace/events/enable
for event in "tswap_redirect: tswap0 slot .* write leaf $lz" "tswap_redirect: .* read leaf $lz" \
	"tswap_move: .* leaf $lz pos .* to leaf" "tswap_free: tswap0 slot" \
	"block_bio_remap: .* <- ($(mountpoint -x /dev/tswap0 | tr : ,))"; do
	grep -q "$event" $trace/trace || fail "no trace of $event: $(tail -n 20 $trace/trace)"
done
echo "trace events: ok"
swapoff /dev/tswap0
swapoff "$c"
swapon -p 100 /dev/tswap0
frees "area with the first number, the device held open meanwhile"
exec 7<&-
swapoff /dev/tswap0
echo "number of the area: ok"

# unplugged: failed at once, and cannot be made active
la=$(new_leaf "$a" ssd 5)
case $a in
/dev/sd*) echo 1 >"/sys/block/${a#/dev/}/device/delete" ;;
*) echo 1 >"$(readlink -f "/sys/block/${a#/dev/}/device")/../remove" ;;
esac
is_failed() { [ "$(leaf state "$la")" = $FAILED ]; }
if [[ $(uname -r) == 6.1.* ]]; then
	echo "this kernel does not say that a device is gone"
else
	await is_failed
	dmesg | grep -q "leaf $la (${a#/dev/}) is failed: its device is gone" || fail "no word of it"
	unchanged "is gone" tswapc leaf-set device=0 id="$la" state=$ACTIVE
fi
tswapc leaf-del device=0 id="$la"
tswapc device-del id=0
nothing_left
clean_log
