#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Kinds of leaves: brd, loop (allowed), NBD, NVMe, SCSI, dm; pages pass from each to the next.
# vm-args: --mem 640 --disk a=64M --disk n=64M,bus=nvme --disk s=64M,bus=ssd --disk d=64M
# vm-debug-args: --mem 1024 --disk a=64M --disk n=64M --disk s=64M --disk d=64M
# vm-timeout: 240
# shellcheck source=tests/vm/tswap/lib.sh
. /src/tests/vm/tswap/lib.sh

mib=24
[ "$VM_KERNEL" != debug ] || mib=6
modprobe -a loop nbd dm-mod 2>/dev/null || true
paths=("$(by_id a)" "$(by_id n)" "$(by_id s)")
flags=(0 0 0)
rmmod brd 2>/dev/null || true
modprobe brd rd_nr=1 rd_size=65536
paths+=(/dev/ram0) flags+=(0)
dd if=/dev/zero of=/root/file bs=1M count=64 status=none
loop=$(losetup -f --show /root/file)
paths+=("$loop") flags+=(1)
truncate -s 64M /tmp/export
nbd-server 10809 /tmp/export >/dev/null 2>&1 || true
connected() { nbd-client -N '' 127.0.0.1 10809 /dev/nbd0 >/dev/null 2>&1; }
await connected
paths+=(/dev/nbd0) flags+=(0)
d=$(by_id d)
printf '0 %d linear %s 0\n' "$(blockdev --getsz "$d")" "$d" | dmsetup create linear
dmsetup mknodes 2>/dev/null || true
paths+=(/dev/mapper/linear) flags+=(0)

new_device "$(($(pages_of "${paths[0]}") - 1))" >/dev/null
ids=() rank=0
for i in "${!paths[@]}"; do
	ids+=("$(new_leaf "${paths[$i]}" "t$i" "$rank" flags="${flags[$i]}")")
	rank=$((rank + 1))
done
activate
start_worker w "$mib"
ask w out
pass_on() { # FROM TO: indices
	tswapc leaf-set device=0 id="${ids[$2]}" state=$ACTIVE
	tell w "churn 2 rrwof"
	j=$(start_job kind=$DRAIN src-leaf="${ids[$1]}" dst-leaf="${ids[$2]}")
	await_job "$j" $DONE
	hear w
	echo "${paths[$1]} to ${paths[$2]}: $(job moved "$j") pages"
	ask w verify
	ask w out
	ask w verify
	no_leaks
}
for ((i = 1; i < ${#ids[@]}; i++)); do
	pass_on $((i - 1)) "$i"
done
pass_on $((i - 1)) 0
stop_worker w
take_down
nbd-client -d /dev/nbd0 >/dev/null
losetup -d "$loop"
dmsetup remove linear
rmmod tswap
clean_log
