# SPDX-License-Identifier: GPL-2.0-or-later
#
# For scripts of tests/vm/system. A script is a function for each boot, boot_1, boot_2, …, and
# ends with `run_boots`; a boot that has called next_boot is followed by the next one.
#	VM_BOOT		number of this boot
#	VM_DOWN		seconds that the shutdown before this boot took, of the guest's clock
# shellcheck shell=bash

set -euo pipefail

fail() {
	echo "FAIL: $*" >&2
	exit 1
}

say() {
	echo "[boot $VM_BOOT] $*"
}

run() {
	echo "[boot $VM_BOOT] \$ $*"
	"$@"
}

# check WORDS COMMAND...: the command must succeed
check() {
	local words=$1
	shift
	"$@" || fail "$words"
	say "ok: $words"
}

# status_of COMMAND...: print how it ended; its output goes to stderr
status_of() {
	local s=0
	"$@" >&2 || s=$?
	echo "$s"
}

# next_boot [reboot|poweroff] [KERNEL]: go down after this script and come up again.
next_boot() {
	echo "${1:-reboot}" >/vm/next
	[ -z "${2-}" ] || echo "$2" >/vm/kernel
}

swap_total_kib() {
	awk 'NR > 1 { n += $3 } END { print n + 0 }' /proc/swaps
}

swap_used_kib() {
	awk 'NR > 1 { n += $4 } END { print n + 0 }' /proc/swaps
}

# what there is, in two lines for the journal of a run
show_swap() {
	say "$(systemd-analyze time 2>&1 | head -n 1)"
	sed "s/^/[boot $VM_BOOT] /" /proc/swaps
	say "swapadm.service: $(systemctl show -p ActiveState,SubState,Result,ExecMainStatus,StatusText \
		--value swapadm.service | tr '\n' ' ')"
}

run_boots() {
	"boot_$VM_BOOT"
}
