#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What is counted, once and where it belongs: the header is on no leaf; a freed page is
# discarded once; the I/O of a leaf is the owner's, that of a job the one's who started it;
# writes without room are refused slowly, and one line says so.
# vm-args: --mem 512 --disk a=96M --disk b=96M
# vm-debug-args: --mem 1024 --disk a=32M --disk b=32M
# vm-timeout: 240
# shellcheck source=tests/vm/tswap/lib.sh
. /src/tests/vm/tswap/lib.sh

mib=16
[ "$VM_KERNEL" != debug ] || mib=6
a=$(by_id a) b=$(by_id b)
DISCARD=2
modprobe tswap sweep_ms=300
new_device "$(($(pages_of "$a") - 1))" >/dev/null
la=$(new_leaf "$a" ssd 0 flags=$DISCARD)
lb=$(new_leaf "$b" hdd 1)

# the header
activate
sync
[ "$(leaf used "$la")" = 0 ] || fail "the swap header takes $(leaf used "$la") positions"
[ "$(blkid -p -s TYPE -o value /dev/tswap0)" = swap ] || fail "the header cannot be read back"
cmp <(dd if=/dev/tswap0 bs="$(getconf PAGESIZE)" count=1 status=none) \
	<(dd if=/dev/tswap0 bs="$(getconf PAGESIZE)" count=1 iflag=direct status=none) || fail "two headers"

# discards: each freed page once
for i in 1 2 3; do
	start_worker x 2
	ask x out
	used=$(leaf used "$la") before=$(leaf discarded "$la")
	[ "$used" -gt 300 ] || fail "only $used pages went out"
	stop_worker x
	sleep 2
	discarded=$(($(leaf discarded "$la") - before))
	echo "$used pages freed, $discarded discarded"
	[ "$discarded" -ge $((used / 2)) ] || fail "only $discarded of $used were discarded"
	[ "$discarded" -le $((used + 600)) ] || fail "$discarded discarded for $used freed"
done

# io.stat: of a worker for its leaf, of a job for the shell that started it
if ! echo "+io" >/sys/fs/cgroup/cgroup.subtree_control 2>/dev/null; then
	echo "no io controller"
else
	bytes() { # CGROUP DISK FIELD
		awk -v dev="$(cat "/sys/block/${2#/dev/}/dev")" -v field="$3" '$1 == dev {
			for (i = 2; i <= NF; i++) { split($i, kv, "="); if (kv[1] == field) n = kv[2] }
		} END { print n + 0 }' "/sys/fs/cgroup/$1/io.stat"
	}
	start_worker w "$mib"
	ask w out
	ask w verify
	[ "$(bytes w "$a" wbytes)" -gt $((mib << 19)) ] ||
		fail "io.stat of the owner: $(cat /sys/fs/cgroup/w/io.stat)"
	[ "$(bytes w "$a" rbytes)" -gt $((mib << 18)) ] ||
		fail "io.stat of the owner: $(cat /sys/fs/cgroup/w/io.stat)"
	ask w out
	mkdir -p /sys/fs/cgroup/admin
	j=$(
		echo $BASHPID >/sys/fs/cgroup/admin/cgroup.procs
		start_job kind=$MIGRATE src-leaf="$la" dst-leaf="$lb"
	)
	await_job "$j" $DONE
	[ "$(bytes admin "$b" wbytes)" -gt $((mib << 18)) ] ||
		fail "io.stat of the job: $(cat /sys/fs/cgroup/admin/io.stat)"
	ask w verify
	stop_worker w
fi

# no room
tswapc leaf-set device=0 id="$la" state=$CORDONED
tswapc leaf-set device=0 id="$lb" state=$CORDONED
start_worker w "$mib"
before=$(dev nospc)
reclaim() {
	while :; do echo 8M >/sys/fs/cgroup/w/memory.reclaim || true; done 2>/dev/null
}
reclaim &
reclaiming=$!
sleep 20
refused=$(($(dev nospc) - before))
echo "$refused writes refused"
[ "$refused" -gt 0 ] || fail "nothing was refused"
[ "$refused" -lt 500000 ] || fail "$refused writes were refused in 20 s"
# reclaim itself looks for no signal: nobody holds it up any more
kill -KILL $reclaiming
ended() { ! kill -0 $reclaiming 2>/dev/null; }
await ended
[ "$(dmesg | grep -c 'no room on any leaf')" = 1 ] || fail "not one line for all of them"
ask w verify
tswapc leaf-set device=0 id="$la" state=$ACTIVE
ask w out
ask w verify
stop_worker w
take_down
rmmod tswap
clean_log
