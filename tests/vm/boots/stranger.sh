#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# system-args: --source
# A stranger's first minutes: a Debian on which README's first command was run (when the disk was
# made), its first configuration word for word but for the size of a file, its second command, and
# a boot. No other knowledge is used.
# shellcheck source=tests/vm/lib/system-guest.sh
. "$VM_LIB"

readme=/root/swapadm/README.md

# the configuration after "The same as a file"; the disk has no 4 GiB
first_configuration() {
	awk '/^only with `--format`. The same as a file/ { on = 1; next }
		on && /^    / { print substr($0, 5); seen = 1; next }
		seen { exit }' $readme | sed 's/size=4G/size=1G/'
}

# does README have the command, as an indented line, whatever the comment behind it?
in_readme() { # COMMAND
	sed -n -e 's/ *#.*//' -e 's/^    //p' $readme | grep -qFx "$1"
}

both_there() {
	[ "$(swapctl list -rno TIER,KIND,STATE | xargs)" = "fast zram active cold $1 active" ]
}

boot_1() {
	local start=$SECONDS command
	say "./quickstart --packages took $(cat /root/quickstart-seconds) s, when the disk was made"
	check "README says so" in_readme "./quickstart --packages"
	check "no swap was changed" [ "$(swap_total_kib)" = 0 ]
	check "and no unit enabled" [ "$(systemctl is-enabled swapadm)" = disabled ]
	first_configuration >/etc/swapadm.conf
	run cat /etc/swapadm.conf
	for command in 'swapctl check' 'swapctl apply --dry-run' 'swapctl apply' \
		'systemctl enable --now swapadm swapadm-balance'; do
		check "README has: $command" in_readme "$command"
		# shellcheck disable=SC2086 # a list of words
		run $command
	done
	run swapctl list
	check "both tiers are there" both_there "$(swapctl list -rno KIND cold)"
	check "with both devices" [ "$(swap_total_kib)" -gt 2000000 ]
	check "no unit failed" [ -z "$(systemctl --failed --plain --no-legend)" ]
	say "from the configuration to here: $((SECONDS - start)) s in the emulator"
	next_boot reboot
}

boot_2() {
	show_swap
	run swapctl list
	run swapctl status
	check "both tiers are there" both_there "$(swapctl list -rno KIND cold)"
	check "with both devices" [ "$(swap_total_kib)" -gt 2000000 ]
	check "apply ended with 0" [ "$(systemctl show -p ExecMainStatus --value swapadm)" = 0 ]
	check "no unit failed" [ -z "$(systemctl --failed --plain --no-legend)" ]
}

run_boots
