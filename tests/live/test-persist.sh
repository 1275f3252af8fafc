#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# --persist on a device: the name that is written, and what is refused before the drain.
# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"
need_root
dir=/etc/swapadm.conf.d
if [ -z "${PERSIST_UNSHARED-}" ]; then
	[ -d "$dir" ] || {
		mkdir "$dir"
		at_exit rmdir "$dir"
	}
	status=0
	PERSIST_UNSHARED=1 unshare -m "$0" || status=$?
	exit "$status"
fi
mount -t tmpfs none "$dir" || skip "no file system to cover $dir with"
make_tmp
private_state
file=$dir/50-swapctl.conf

make_loop disk 16M
swapctl add --format --persist disk "$loop,allow-loop" 2>"$tmp/err" >/dev/null || cat "$tmp/err"
uuid=$(blkid -p -o value -s UUID "$loop")
check "written by its UUID" grep -qx "device = UUID=$uuid,allow-loop" "$file"
check "not by the kernel's name" eval '! grep -q "$loop" "$file"'
hint() { grep -q "systemctl enable swapadm.service" "$tmp/err"; }
if [ -d /run/systemd/system ]; then
	systemctl is-enabled -q swapadm.service || check "a hint that the service is off" hint
else
	check "no word of systemd where it does not run" eval '! hint'
fi
check "what it names applies" swapctl apply
check "remove --persist by the kernel's name" swapctl remove --persist "$loop"
check "leaves nothing of it" eval '! grep -q "tier\|rank\|device =" "$file"'

# ---- replace and resize: the new line takes the place of the old one
swap=$tmp/f.swap
for path in "$swap" "$swap.2" "$tmp/g.swap"; do
	at_exit swapoff_quiet "$path"
done
lines() { sed -n 's/^device = //p' "$file"; }
swapctl add --persist t "$swap,size=8M" >/dev/null 2>&1
check "resize without --persist" eval 'swapctl resize "$swap" 12M >/dev/null 2>&1'
check "leaves the line" [ "$(lines)" = "$swap,size=8M" ]
swapctl remove --persist t >/dev/null 2>&1
rm -f "$swap" "$swap.2" "$file"
swapctl add --persist t "$swap,size=8M" >/dev/null 2>&1
check "resize --persist" eval 'swapctl resize --persist "$swap" 12M >/dev/null'
check "writes the new line" [ "$(lines)" = "$swap.2,size=12M" ]
check "which is what runs" eval 'swapctl apply 2>&1 | grep -q "nothing to change"'
check "replace --persist" eval 'swapctl replace --persist "$swap.2" "$tmp/g.swap,size=8M" >/dev/null'
check "writes the new line" [ "$(lines)" = "$tmp/g.swap,size=8M" ]
check "which is what runs" eval 'swapctl apply 2>&1 | grep -q "nothing to change"'
swapctl remove --persist t >/dev/null 2>&1
check "remove --persist leaves nothing of it" [ -z "$(lines)" ]

swapctl add disk "$loop,allow-loop" >/dev/null
echo -e "[tier disk]\ndevice = $loop,allow-loop" >"$dir/60-other.conf"
check "another file names it: refused" eval '! swapctl remove --persist "$loop" 2>"$tmp/err"'
check "with its place" grep -qF "60-other.conf:2" "$tmp/err"
check "and before the drain" swap_active "$loop"
check "in the plan too" eval '! swapctl remove --persist --dry-run "$loop" 2>/dev/null'
finish
