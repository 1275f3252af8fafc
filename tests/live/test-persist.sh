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
mount -t tmpfs none /var/lib || skip "no file system to cover /var/lib with"
make_tmp
private_state
copy=/var/lib/swapadm/last-good.conf
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
rm "$copy"
check "what it names applies" swapctl apply
check "what was applied is kept" grep -qx "device = UUID=$uuid,allow-loop" "$copy"
echo garbage >"$dir/99-typo.conf"
check "an error is refused" eval '! swapctl apply 2>"$tmp/err"'
check "and named" grep -q "99-typo.conf:1" "$tmp/err"
check "the copy is not touched" grep -qx "device = UUID=$uuid,allow-loop" "$copy"
swapoff "$loop"
check "the copy applies" swapctl apply "$copy"
check "and attaches the area" swap_active "$loop"
rm "$dir/99-typo.conf"
check "remove --persist by the kernel's name" swapctl remove --persist "$loop"
check "is not in the copy any more" eval '! grep -q "$uuid" "$copy"'
check "leaves nothing of it" eval '! grep -q "tier\|rank\|device =" "$file"'

# ---- replace and resize: the new line takes the place of the old one
swap=$tmp/f.swap
for path in "$swap" "$swap.2" "$tmp/g.swap" "$tmp/h.swap"; do
	at_exit swapoff_quiet "$path"
done
# not into a pipe, whose reader leaves when it has seen enough
nothing_to_change() { grep -q "nothing to change" <<<"$(swapctl apply 2>&1)"; }
lines() { sed -n 's/^device = //p' "$file"; }
swapctl add --persist t "$swap,size=8M" >/dev/null 2>&1
check "resize without --persist" eval 'swapctl resize "$swap" 12M >/dev/null 2>"$tmp/err"'
said() { grep -q "a configuration file names it, .*--persist" "$tmp/err"; }
check "says that it does not last" said
check "leaves the line" [ "$(lines)" = "$swap,size=8M" ]
swapctl remove --persist t >/dev/null 2>&1
rm -f "$swap" "$swap.2" "$file"
swapctl add --persist t "$swap,size=8M" >/dev/null 2>&1
check "resize --persist" eval 'swapctl resize --persist "$swap" 12M >/dev/null'
check "writes the new line" [ "$(lines)" = "$swap.2,size=12M" ]
check "which is what runs" nothing_to_change

# the same size: the line is what was asked for
echo "[tier t]" >"$file"
echo "device = $swap.2,size=8M" >>"$file"
check "resize to the same size" eval 'swapctl resize "$swap.2" 12M >/dev/null'
check "leaves the line" [ "$(lines)" = "$swap.2,size=8M" ]
check "with --persist" eval 'swapctl resize --persist "$swap.2" 12M >/dev/null'
check "writes it" [ "$(lines)" = "$swap.2,size=12M" ]
rm "$file"
check "without a line" eval 'swapctl resize --persist "$swap.2" 12M >/dev/null'
check "writes it" [ "$(lines)" = "$swap.2,size=12M" ]
check "and once" eval 'grep -q "has this size already" <<<"$(swapctl resize --persist "$swap.2" 12M)" && [ "$(lines)" = "$swap.2,size=12M" ]'

# another file names it: the line to write there
echo "[tier t]" >"$dir/40-own.conf"
echo "device = $swap.2,size=12M" >>"$dir/40-own.conf"
rm "$file"
check "resize of another file's device" eval '! swapctl resize --persist "$swap.2" 16M 2>"$tmp/err"'
shows_line() { grep -q "40-own.conf:2, .*write there: device = $swap.*,size=16M" "$tmp/err" || { cat "$tmp/err"; false; }; }
check "shows the line" shows_line
check "changed nothing" swap_active "$swap.2"
mv "$dir/40-own.conf" "$file"

# what can't be written is known before anything changes
mount -o remount,ro "$dir"
refused() { ! "$@" >"$tmp/said" 2>&1 && grep -q "Read-only file system" "$tmp/said"; }
check "remove" refused swapctl remove --persist "$swap.2"
check "drained nothing" swap_active "$swap.2"
check "in the plan too" refused swapctl remove --persist --dry-run "$swap.2"
check "replace" refused swapctl replace --persist "$swap.2" "$tmp/g.swap,size=8M"
check "made nothing" [ ! -e "$tmp/g.swap" ]
check "add" refused swapctl add --persist t "$tmp/g.swap,size=8M"
check "made nothing" [ ! -e "$tmp/g.swap" ]
mount -o remount,rw "$dir"

check "replace --persist" eval 'swapctl replace --persist "$swap.2" "$tmp/g.swap,size=8M" >/dev/null'
check "writes the new line" [ "$(lines)" = "$tmp/g.swap,size=8M" ]
check "which is what runs" nothing_to_change
swapctl remove --persist t >/dev/null 2>&1
check "remove --persist leaves nothing of it" [ -z "$(lines)" ]

# ---- relative names are those of the caller's folder: state and files have absolute ones
rm -f "$tmp/g.swap"
cd "$tmp"
check "add of a relative path" eval 'swapctl add --persist t ./g.swap,size=8M >/dev/null 2>&1'
check "is written as an absolute one" [ "$(lines)" = "$tmp/g.swap,size=8M" ]
check "replace by a relative path" eval 'swapctl replace --persist ./g.swap ./h.swap,size=8M >/dev/null'
check "too" [ "$(lines)" = "$tmp/h.swap,size=8M" ]
check "a removal without --persist" eval 'swapctl remove ./h.swap >/dev/null 2>"$tmp/err"'
check "says that it does not last" said
rm "$file"
swapctl add t ./h.swap,size=8M >/dev/null 2>&1
check "what no file names" eval 'swapctl remove "$tmp/h.swap" >/dev/null 2>"$tmp/err"'
check "is gone without a word" eval '! said'
rm "$tmp/h.swap"
swapctl add t ./h.swap,size=8M >/dev/null 2>&1
said=$(swapctl drain ./h.swap 2>&1)
check "and so is the way back" grep -qF "\`swapctl add t $tmp/h.swap,size=8M\`" <<<"$said"
cd /
swapctl add t "$tmp/h.swap" >/dev/null 2>&1
swapctl remove t >/dev/null 2>&1
rm -f "$tmp/g.swap" "$tmp/h.swap"
rm -f "$tmp/g.swap" "$swap.2"

# ---- swapon(2) fails, as the kernel has no number for one more area: only what the command
# itself has done is undone
swapctl add --persist t "$swap,size=1M" >/dev/null 2>&1
swapoff "$swap"
cp "$file" "$tmp/before"
for n in {1..32}; do
	dd if=/dev/zero of="$tmp/small.$n" bs=4096 count=11 status=none
	chmod 600 "$tmp/small.$n"
	mkswap -q "$tmp/small.$n" >/dev/null
	swapon -p 1 "$tmp/small.$n" 2>/dev/null || break
	at_exit swapoff_quiet "$tmp/small.$n"
done
echo "$n areas are too many"
status=0
swapctl add --persist t "$swap,size=1M" >/dev/null 2>"$tmp/err" || status=$?
check "all numbers in use: exit 1" [ $status = 1 ]
check "which is said, and nothing of capabilities" \
	eval 'grep -q "takes no more than the .* areas that are active" "$tmp/err" && ! grep -q CAP_SYS_ADMIN "$tmp/err"'
cat "$tmp/err"
check "a line that was there before stays" cmp "$file" "$tmp/before"
status=0
swapctl add --persist u "$tmp/g.swap,size=1M" >/dev/null 2>"$tmp/err" || status=$?
cat "$tmp/err"
check "a new file: exit 1" [ $status = 1 ]
check "its line is gone" cmp "$file" "$tmp/before"
check "the file too" [ ! -e "$tmp/g.swap" ]
check "nothing is said to stay" eval '! grep -q "and stay" "$tmp/err"'
for ((; n > 0; n--)); do
	swapoff_quiet "$tmp/small.$n"
done
swapctl remove --persist "$swap" >/dev/null 2>&1

swapctl add disk "$loop,allow-loop" >/dev/null
echo -e "[tier disk]\ndevice = $loop,allow-loop" >"$dir/60-other.conf"
check "another file names it: refused" eval '! swapctl remove --persist "$loop" 2>"$tmp/err"'
check "with its place" grep -qF "60-other.conf:2" "$tmp/err"
check "and before the drain" swap_active "$loop"
check "in the plan too" eval '! swapctl remove --persist --dry-run "$loop" 2>/dev/null'
finish
