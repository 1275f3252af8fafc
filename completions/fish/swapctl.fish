# SPDX-License-Identifier: GPL-2.0-or-later
# fish completion for swapctl; a test holds it against the table of commands

function __swapctl_needs_command
	set -l words (commandline -opc)
	set -e words[1]
	while set -q words[1]
		switch $words[1]
			case --config --root
				set -e words[1]
			case '-*' help
			case '*'
				return 1
		end
		set -e words[1]
	end
	return 0
end

function __swapctl_on
	set -l words (commandline -opc)
	set -e words[1]
	while set -q words[1]
		switch $words[1]
			case --config --root
				set -e words[1]
			case '-*'
			case help
				return 1
			case '*'
				contains -- $words[1] $argv
				return
		end
		set -e words[1]
	end
	contains -- status $argv
end

function __swapctl_tiers
	swapctl list -rno TIER 2>/dev/null | string match -v -- -
end

function __swapctl_targets
	__swapctl_tiers
	swapctl list -rno DEVICE 2>/dev/null | string match -v -- -
end

function __swapctl_jobs
	swapctl jobs -rno JOB 2>/dev/null
end

# the last name of a comma-separated list, with the names before it
function __swapctl_columns
	set -l token (commandline -ct | string replace -r -- '^--(output|sort)=|^-o' '')
	set -l head (string replace -r '[^,+]*$' '' -- $token)
	swapctl --help-table 2>/dev/null | while read -l -d \t kind command name help
		if test "$kind" = column; and __swapctl_on $command
			printf '%s%s\t%s\n' "$head" $name $help
		end
	end
end

function __swapctl_cgroups
	find /sys/fs/cgroup -mindepth 1 -maxdepth 3 -type d -printf '/%P\n' 2>/dev/null
end

complete -c swapctl -f

complete -c swapctl -n __swapctl_needs_command -a status -d 'one screen: layer, tiers, use, pressure, jobs, warnings'
complete -c swapctl -n __swapctl_needs_command -a list -d 'devices, a line each, by tier'
complete -c swapctl -n __swapctl_needs_command -a doctor -d 'find problems in the swap setup and show how to fix them'
complete -c swapctl -n __swapctl_needs_command -a add -d 'check devices and attach them to a tier'
complete -c swapctl -n __swapctl_needs_command -a remove -d 'drain a device or tier, then detach it'
complete -c swapctl -n __swapctl_needs_command -a drain -d 'move everything off a device or tier'
complete -c swapctl -n __swapctl_needs_command -a migrate -d 'move pages from one tier or device to another'
complete -c swapctl -n __swapctl_needs_command -a cordon -d 'keep the pages of a device or tier, take no new ones'
complete -c swapctl -n __swapctl_needs_command -a uncordon -d 'take new pages again'
complete -c swapctl -n __swapctl_needs_command -a jobs -d 'running jobs and the last finished ones'
complete -c swapctl -n __swapctl_needs_command -a pause -d 'pause a job'
complete -c swapctl -n __swapctl_needs_command -a resume -d 'continue a paused job'
complete -c swapctl -n __swapctl_needs_command -a cancel -d 'end a job; what has moved stays moved'
complete -c swapctl -n __swapctl_needs_command -a wait -d 'wait for a job and exit with its status'
complete -c swapctl -n __swapctl_needs_command -a swapin -d 'bring a process or cgroup back into memory'
complete -c swapctl -n __swapctl_needs_command -a swapout -d 'push a process or cgroup out of memory'
complete -c swapctl -n __swapctl_needs_command -a park -d 'freeze a process or cgroup and push all of it out'
complete -c swapctl -n __swapctl_needs_command -a wake -d 'read back what was parked and let it run'
complete -c swapctl -n __swapctl_needs_command -a ps -d 'swap by process, split by tier'
complete -c swapctl -n __swapctl_needs_command -a cgroups -d 'swap by cgroup, split by tier'
complete -c swapctl -n __swapctl_needs_command -a apply -d 'make the machine match the configuration'
complete -c swapctl -n __swapctl_needs_command -a check -d 'check the configuration and report errors'
complete -c swapctl -n __swapctl_needs_command -a import -d 'print what other tools configured as a configuration'
complete -c swapctl -n __swapctl_needs_command -a selftest -d 'does all of it work on this machine?'
complete -c swapctl -n __swapctl_needs_command -a replace -d 'put a device in the place of another, in its tier'
complete -c swapctl -n __swapctl_needs_command -a resize -d 'give a swap file or zram in use another size'
complete -c swapctl -n __swapctl_needs_command -a save -d 'print the running state as a configuration'
complete -c swapctl -n __swapctl_needs_command -a balance -d 'demote by the tiers\' watermarks'
complete -c swapctl -n __swapctl_needs_command -a monitor -d 'print events as they happen'
complete -c swapctl -n __swapctl_needs_command -a metrics -d 'print metrics for Prometheus'

complete -c swapctl -l config -r -F -d 'read this configuration'
complete -c swapctl -l root -x -a '(__fish_complete_directories)' -d 'read another tree'
complete -c swapctl -l persist -d 'also write the change to a drop-in'
complete -c swapctl -s v -l verbose -d 'print each step'
complete -c swapctl -s h -l help -d 'show help'
complete -c swapctl -s V -l version -d 'show the version'

complete -c swapctl -n '__swapctl_on list jobs ps cgroups' -s o -l output -x -a '(__swapctl_columns)' -d 'these columns'
complete -c swapctl -n '__swapctl_on list jobs ps cgroups' -s O -l output-all -d 'every column'
complete -c swapctl -n '__swapctl_on list jobs ps cgroups status doctor add remove drain migrate cordon uncordon swapin swapout park wake wait apply monitor replace resize check' -s J -l json -d 'JSON'
complete -c swapctl -n '__swapctl_on list jobs ps cgroups' -s r -l raw -d 'one blank between columns'
complete -c swapctl -n '__swapctl_on list jobs ps cgroups status' -s b -l bytes -d 'sizes in bytes'
complete -c swapctl -n '__swapctl_on list jobs ps cgroups' -s n -l noheadings -d 'no heading line'
complete -c swapctl -n '__swapctl_on list jobs ps cgroups' -l sort -x -a '(__swapctl_columns)' -d 'by this column'
complete -c swapctl -n '__swapctl_on ps' -l shared -d 'shared memory, and who maps it'
complete -c swapctl -n '__swapctl_on ps cgroups' -l interval -x -d 'watch for so many seconds'
complete -c swapctl -n '__swapctl_on add' -l rank -x -d 'rank of a new tier, 0 to 60'
complete -c swapctl -n '__swapctl_on add replace' -l format -d 'write a swap signature'
complete -c swapctl -n '__swapctl_on add remove drain migrate cordon uncordon swapin swapout park wake apply replace resize import' -l dry-run -d 'print the plan and stop'
complete -c swapctl -n '__swapctl_on remove drain' -l to -x -a 'memory (__swapctl_tiers)' -d 'where the pages go'
complete -c swapctl -n '__swapctl_on park' -l to -x -a '(__swapctl_tiers)' -d 'where the pages go'
complete -c swapctl -n '__swapctl_on remove drain migrate park wake' -l rate -x -d 'at most so many bytes a second'
complete -c swapctl -n '__swapctl_on remove drain migrate park wake' -l background -d 'print the job\'s id and return'
complete -c swapctl -n '__swapctl_on remove drain wait' -l timeout -x -d 'end after this time'
complete -c swapctl -n '__swapctl_on remove drain' -l emergency -r -F -d 'area to activate when memory runs out'
complete -c swapctl -n '__swapctl_on remove drain replace resize park wake' -l force -d 'try although it may not fit'
complete -c swapctl -n '__swapctl_on cordon' -l force -d 'also when nothing else takes new pages'
complete -c swapctl -n '__swapctl_on migrate swapin swapout' -l amount -x -d 'move at most this much'
complete -c swapctl -n '__swapctl_on migrate' -l older -x -d 'only pages older than this'
complete -c swapctl -n '__swapctl_on migrate swapin swapout park wake' -l pid -x -a '(__fish_complete_pids)' -d 'this process'
complete -c swapctl -n '__swapctl_on migrate swapin swapout park wake' -l cgroup -x -a '(__swapctl_cgroups)' -d 'every process of this cgroup'
complete -c swapctl -n '__swapctl_on park' -l no-freeze -d 'push it out and let it run'
complete -c swapctl -n '__swapctl_on save' -l write -d 'write FILE, or /etc/swapadm.conf'
complete -c swapctl -n '__swapctl_on apply' -l prune -d 'drain and detach what left the configuration'
complete -c swapctl -n '__swapctl_on apply' -l rerank -d 're-activate areas with another priority'
complete -c swapctl -n '__swapctl_on doctor apply' -l exit-code -d 'exit 7 when there is something to do'
complete -c swapctl -n '__swapctl_on monitor' -l journal -d 'entries of the systemd journal'
complete -c swapctl -n '__swapctl_on apply import' -l take-over -d 'turn off others that activate the same devices'
complete -c swapctl -n '__swapctl_on balance' -l once -d 'one round, then exit'
complete -c swapctl -n '__swapctl_on balance' -l watch -d 'go on until stopped'
complete -c swapctl -n '__swapctl_on balance' -l recover -d 'put back the limits that a killed balance left'
complete -c swapctl -n '__swapctl_on balance' -l dry-run -d 'print what a round would do'
complete -c swapctl -n '__swapctl_on metrics' -l write -r -F -d 'replace this file at once'
complete -c swapctl -n '__swapctl_on metrics' -l openmetrics -d 'OpenMetrics 1.0'
complete -c swapctl -n '__swapctl_on metrics' -l cgroups -x -d 'also the N cgroups with most in swap'
complete -c swapctl -n '__swapctl_on metrics' -l processes -x -d 'also the N processes with most in swap'
complete -c swapctl -n '__swapctl_on metrics' -l above -x -d 'of those only the ones with more in swap'
complete -c swapctl -n '__swapctl_on metrics' -l zram-idle -d 'also what of each zram is idle and recompressed'

complete -c swapctl -n 'not __swapctl_needs_command; and __swapctl_on list remove drain migrate cordon uncordon replace resize' -a '(__swapctl_targets)'
complete -c swapctl -n 'not __swapctl_needs_command; and __swapctl_on migrate' -a backing
complete -c swapctl -n 'not __swapctl_needs_command; and __swapctl_on add' -a '(__swapctl_tiers) zram'
complete -c swapctl -n 'not __swapctl_needs_command; and __swapctl_on add apply check save replace' -F
complete -c swapctl -n 'not __swapctl_needs_command; and __swapctl_on import' -x -a 'fstab zram-generator zram-tools dphys-swapfile systemd-swap running'
complete -c swapctl -n 'not __swapctl_needs_command; and __swapctl_on pause resume cancel wait' -a '(__swapctl_jobs)'
