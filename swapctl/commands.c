/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of commands: names, options, operands, help. Nothing else lists them. */
#include "commands.h"

const char *const group_titles[GROUP_N] = {
	[GROUP_LOOK] = "See",
	[GROUP_CHANGE] = "Change and move",
	[GROUP_JOBS] = "Jobs",
	[GROUP_PROCESSES] = "Processes and cgroups",
	[GROUP_CONFIG] = "Configuration",
	[GROUP_WATCH] = "Watch",
};

const struct option_def global_options[] = {
	{ OPT_CONFIG, 0, "config", "FILE", VALUE_FILE,
	  "read this configuration instead of /etc/swapadm.conf and its drop-ins" },
	{ OPT_ROOT, 0, "root", "DIR", VALUE_DIR,
	  "read another tree (a capture of a machine) as /; nothing can be changed then" },
	{ OPT_PERSIST, 0, "persist", NULL, VALUE_NONE,
	  "also write the change to a drop-in in /etc/swapadm.conf.d" },
	{ OPT_VERBOSE, 'v', "verbose", NULL, VALUE_NONE,
	  "print each step; twice: in more detail" },
	{ OPT_HELP, 'h', "help", NULL, VALUE_NONE, "show this help and exit" },
	{ OPT_VERSION, 'V', "version", NULL, VALUE_NONE, "show the version and exit" },
	{ OPT_NONE },
};

/* ---- options that several commands share */

#define O_COLUMNS                                                                    \
	{                                                                            \
		OPT_COLUMNS, 'o', "output", "COLUMNS", VALUE_COLUMNS,                \
			"these columns, comma-separated; +COLUMNS adds them to the " \
			"default ones"                                               \
	}
#define O_ALL                                                                        \
	{                                                                            \
		OPT_ALL_COLUMNS, 'O', "output-all", NULL, VALUE_NONE, "every column" \
	}
#define O_JSON                                                                           \
	{                                                                                \
		OPT_JSON, 'J', "json", NULL, VALUE_NONE,                                 \
			"JSON: stable names, plain integers in bytes, null for what is " \
			"unknown"                                                        \
	}
#define O_RAW                                                                      \
	{                                                                          \
		OPT_RAW, 'r', "raw", NULL, VALUE_NONE,                             \
			"one blank between columns, blanks inside a value escaped" \
	}
#define O_BYTES                                                             \
	{                                                                   \
		OPT_BYTES, 'b', "bytes", NULL, VALUE_NONE, "sizes in bytes" \
	}
#define O_NO_HEADINGS                                                                   \
	{                                                                               \
		OPT_NO_HEADINGS, 'n', "noheadings", NULL, VALUE_NONE, "no heading line" \
	}
#define O_SORT                                                              \
	{                                                                   \
		OPT_SORT, 0, "sort", "COLUMN", VALUE_COLUMN,                \
			"by this column: amounts largest first, names and " \
			"numbers of things ascending"                       \
	}
#define O_DRY_RUN                                                                      \
	{                                                                              \
		OPT_DRY_RUN, 0, "dry-run", NULL, VALUE_NONE, "print the plan and stop" \
	}
#define O_RATE                                                        \
	{                                                             \
		OPT_RATE, 0, "rate", "RATE", VALUE_RATE,              \
			"at most so many bytes a second, such as 50M" \
	}
#define O_BACKGROUND                                               \
	{                                                          \
		OPT_BACKGROUND, 0, "background", NULL, VALUE_NONE, \
			"print the job's id and return at once"    \
	}

static const struct option_def table_options[] = {
	O_COLUMNS, O_ALL, O_JSON, O_RAW, O_BYTES, O_NO_HEADINGS, O_SORT, { OPT_NONE },
};

#define O_INTERVAL                                                   \
	{                                                            \
		OPT_INTERVAL, 0, "interval", "SECONDS", VALUE_COUNT, \
			"watch for so long, for columns of rates"    \
	}

static const struct option_def ps_options[] = {
	{ OPT_SHARED, 0, "shared", NULL, VALUE_NONE,
	  "shared memory instead: tmpfs files, memfds, System V segments, and who maps them" },
	O_INTERVAL,
	O_COLUMNS,
	O_ALL,
	O_JSON,
	O_RAW,
	O_BYTES,
	O_NO_HEADINGS,
	O_SORT,
	{ OPT_NONE },
};

static const struct option_def cgroups_options[] = {
	O_INTERVAL, O_COLUMNS,     O_ALL,  O_JSON,       O_RAW,
	O_BYTES,    O_NO_HEADINGS, O_SORT, { OPT_NONE },
};

static const struct option_def status_options[] = { O_JSON, O_BYTES, { OPT_NONE } };

static const struct option_def add_options[] = {
	{ OPT_RANK, 0, "rank", "N", VALUE_RANK,
	  "rank of a new tier, 0 (fastest) to 60; default: after the slowest one" },
	{ OPT_FORMAT, 0, "format", NULL, VALUE_NONE,
	  "write a swap signature even if the device holds other data (DESTROYS it); never on a mounted or busy device" },
	O_DRY_RUN,
	O_JSON,
	{ OPT_NONE },
};

static const struct option_def drain_options[] = {
	{ OPT_TO, 0, "to", "TIER|memory", VALUE_DEST,
	  "where the pages go; default: where they fit" },
	O_RATE,
	O_DRY_RUN,
	O_BACKGROUND,
	{ OPT_TIMEOUT, 0, "timeout", "TIME", VALUE_AGE,
	  "cancel after this time and exit with 5" },
	{ OPT_EMERGENCY, 0, "emergency", "DEVICE", VALUE_DEVICE,
	  "swap area to activate when memory runs out on the way" },
	{ OPT_FORCE, 0, "force", NULL, VALUE_NONE, "try although it may not fit" },
	O_JSON,
	{ OPT_NONE },
};

static const struct option_def migrate_options[] = {
	{ OPT_AMOUNT, 0, "amount", "SIZE|N%", VALUE_AMOUNT, "move at most this much" },
	{ OPT_OLDER, 0, "older", "AGE", VALUE_AGE,
	  "only pages swapped out longer ago than this" },
	{ OPT_PID, 0, "pid", "PID", VALUE_PID, "only pages of this process" },
	{ OPT_CGROUP, 0, "cgroup", "PATH", VALUE_CGROUP,
	  "only pages of the processes of this cgroup, and of those below it" },
	O_RATE,
	O_DRY_RUN,
	O_BACKGROUND,
	O_JSON,
	{ OPT_NONE },
};

static const struct option_def wait_options[] = {
	{ OPT_TIMEOUT, 0, "timeout", "TIME", VALUE_AGE,
	  "stop waiting after this time and exit with 5; the job goes on" },
	O_JSON,
	{ OPT_NONE },
};

static const struct option_def process_options[] = {
	{ OPT_PID, 0, "pid", "PID", VALUE_PID, "this process" },
	{ OPT_CGROUP, 0, "cgroup", "PATH", VALUE_CGROUP, "every process of this cgroup" },
	{ OPT_AMOUNT, 0, "amount", "SIZE", VALUE_SIZE, "move at most this much" },
	O_DRY_RUN,
	O_JSON,
	{ OPT_NONE },
};

static const struct option_def park_options[] = {
	{ OPT_PID, 0, "pid", "PID", VALUE_PID, "this process" },
	{ OPT_CGROUP, 0, "cgroup", "PATH", VALUE_CGROUP,
	  "every process of this cgroup and of those below it" },
	{ OPT_TO, 0, "to", "TIER", VALUE_DEST, "the tier that the pages go to" },
	{ OPT_NO_FREEZE, 0, "no-freeze", NULL, VALUE_NONE, "push it out and let it run" },
	O_RATE,
	O_DRY_RUN,
	O_BACKGROUND,
	{ OPT_FORCE, 0, "force", NULL, VALUE_NONE, "push out what there is room for" },
	O_JSON,
	{ OPT_NONE },
};

static const struct option_def wake_options[] = {
	{ OPT_PID, 0, "pid", "PID", VALUE_PID, "this process" },
	{ OPT_CGROUP, 0, "cgroup", "PATH", VALUE_CGROUP, "this cgroup" },
	O_RATE,
	O_DRY_RUN,
	O_BACKGROUND,
	{ OPT_FORCE, 0, "force", NULL, VALUE_NONE,
	  "read back what there is memory for, and thaw" },
	O_JSON,
	{ OPT_NONE },
};

static const struct option_def cordon_options[] = {
	O_DRY_RUN,
	{ OPT_FORCE, 0, "force", NULL, VALUE_NONE,
	  "also when nothing else takes new pages" },
	O_JSON,
	{ OPT_NONE },
};

static const struct option_def replace_options[] = {
	{ OPT_FORMAT, 0, "format", NULL, VALUE_NONE,
	  "write a swap signature on NEW even if it holds other data (destroys it); never on a mounted or busy device" },
	O_DRY_RUN,
	{ OPT_FORCE, 0, "force", NULL, VALUE_NONE, "try although it may not fit" },
	O_JSON,
	{ OPT_NONE },
};

static const struct option_def resize_options[] = {
	O_DRY_RUN,
	{ OPT_FORCE, 0, "force", NULL, VALUE_NONE, "try although it may not fit" },
	O_JSON,
	{ OPT_NONE },
};

static const struct option_def uncordon_options[] = { O_DRY_RUN, O_JSON, { OPT_NONE } };

static const struct option_def apply_options[] = {
	O_DRY_RUN,
	{ OPT_PRUNE, 0, "prune", NULL, VALUE_NONE,
	  "drain and detach devices that left the configuration" },
	{ OPT_RERANK, 0, "rerank", NULL, VALUE_NONE,
	  "drain and re-activate areas whose priority is not their tier's" },
	{ OPT_TAKE_OVER, 0, "take-over", NULL, VALUE_NONE,
	  "turn off lines of fstab and units that activate the same devices at boot" },
	{ OPT_EXIT_CODE, 0, "exit-code", NULL, VALUE_NONE,
	  "with --dry-run: exit 7 when the machine is not as configured" },
	O_JSON,
	{ OPT_NONE },
};

static const struct option_def monitor_options[] = {
	{ OPT_JOURNAL, 0, "journal", NULL, VALUE_NONE,
	  "write entries of the systemd journal, with fields, instead of lines" },
	O_JSON,
	{ OPT_NONE },
};

static const struct option_def json_options[] = { O_JSON, { OPT_NONE } };

static const struct option_def doctor_options[] = {
	{ OPT_EXIT_CODE, 0, "exit-code", NULL, VALUE_NONE,
	  "exit 7 when there are errors or warnings" },
	O_JSON,
	{ OPT_NONE },
};

static const struct option_def save_options[] = {
	{ OPT_WRITE, 0, "write", NULL, VALUE_NONE,
	  "write FILE, or /etc/swapadm.conf, and keep what it was before under another name" },
	{ OPT_NONE },
};

static const struct option_def import_options[] = {
	{ OPT_TAKE_OVER, 0, "take-over", NULL, VALUE_NONE,
	  "write /etc/swapadm.conf, enable swapadm.service, turn the source off and apply" },
	{ OPT_DRY_RUN, 0, "dry-run", NULL, VALUE_NONE,
	  "print what --take-over would turn off and stop" },
	{ OPT_NONE },
};

static const struct option_def balance_options[] = {
	{ OPT_ONCE, 0, "once", NULL, VALUE_NONE, "one round, then exit" },
	{ OPT_WATCH, 0, "watch", NULL, VALUE_NONE, "go on until stopped" },
	{ OPT_RECOVER, 0, "recover", NULL, VALUE_NONE,
	  "put back the limits that a killed balance left, and exit" },
	{ OPT_DRY_RUN, 0, "dry-run", NULL, VALUE_NONE,
	  "print what a round would do now, and why" },
	{ OPT_NONE },
};

static const struct option_def metrics_options[] = {
	{ OPT_WRITE, 0, "write", "FILE", VALUE_FILE,
	  "replace this file at once, mode 0644, instead of writing to standard output" },
	{ OPT_OPENMETRICS, 0, "openmetrics", NULL, VALUE_NONE,
	  "OpenMetrics 1.0; default: the classic text format" },
	{ OPT_CGROUPS, 0, "cgroups", "N", VALUE_COUNT,
	  "also the N cgroups with most in swap" },
	{ OPT_PROCESSES, 0, "processes", "N", VALUE_COUNT,
	  "also the N processes with most in swap" },
	{ OPT_ABOVE, 0, "above", "SIZE", VALUE_SIZE,
	  "of those only the ones with more than this in swap" },
	{ OPT_ZRAM_IDLE, 0, "zram-idle", NULL, VALUE_NONE,
	  "also what of each zram is idle and recompressed: reads a line for each page" },
	{ OPT_NONE },
};

const struct command commands[] = {
	{ .name = "status",
	  .group = GROUP_LOOK,
	  .synopsis = "[-J] [-b]",
	  .summary = "one screen: layer, tiers, use, pressure, jobs, warnings",
	  .help = "Shows the layer in use, memory and swap in all, zswap, memory pressure with its trend, each tier with its use, running jobs, and what deserves attention. "
		  "This is what swapctl does without a command.",
	  .options = status_options,
	  .fn = cmd_status },
	{ .name = "list",
	  .group = GROUP_LOOK,
	  .synopsis =
		  "[-o COLUMNS|+COLUMNS] [-O] [-J|-r] [-b] [-n] [--sort COLUMN] [TIER|DEVICE...]",
	  .summary = "devices, a line each, by tier",
	  .help = "Lists the devices of the tiers and devices that are named, else of all, fastest tier first. "
		  "Without a configuration areas are grouped by their priority into tiers named auto-KIND. "
		  "A value that the kernel does not report is shown as \"-\".",
	  .options = table_options,
	  .operands = { VALUE_TARGET, VALUE_TARGET },
	  .max = OPERANDS_MANY,
	  .columns = &list_columns,
	  .fn = cmd_list },
	{ .name = "doctor",
	  .group = GROUP_LOOK,
	  .synopsis = "[--exit-code] [-J]",
	  .summary = "find problems in the swap setup and show how to fix them",
	  .help = "Checks the running swap, and what is set up for boot, against what is known to hurt and prints, for each finding, the reason and a remedy. swapadm-doctor(7) lists the checks. Exits with 0 also when there are findings, unless --exit-code is given.",
	  .options = doctor_options,
	  .fn = cmd_doctor },
	{ .name = "add",
	  .group = GROUP_CHANGE,
	  .synopsis = "TIER DEVICE[,OPTION...]... [--rank N] [--format] [--dry-run] [-J]",
	  .summary = "check devices and attach them to a tier",
	  .help = "DEVICE is a path, LABEL=, UUID=, PARTLABEL=, PARTUUID=, a swap file (size=SIZE makes it) or zram; "
		  "options follow after commas: size=SIZE, discard[=once|pages], allow-loop, and of a zram algorithm=NAME[(level=N)], recompress=NAME[(level=N)], mem-limit=SIZE, writeback=DEVICE|FILE, compressed-writeback, writeback-batch=N, optional; swapadm.conf(5) describes them. "
		  "All devices are checked before the first one is touched; "
		  "one that holds anything but swap is refused unless --format is given, one that is mounted or in use always.",
	  .flags = CMD_MAY_PERSIST,
	  .options = add_options,
	  .operands = { VALUE_TIER, VALUE_DEVSPEC },
	  .min = 2,
	  .max = OPERANDS_MANY,
	  .fn = cmd_add },
	{ .name = "remove",
	  .group = GROUP_CHANGE,
	  .synopsis =
		  "DEVICE|TIER [--to TIER|memory] [--rate RATE] [--dry-run] [--background] [--timeout TIME] [--emergency DEVICE] [--force] [-J]",
	  .summary = "drain a device or tier, then detach it",
	  .help = "Drains the device as the command drain does, then detaches it. A zram device that swapadm created is deleted; swap files are kept.",
	  .flags = CMD_MAY_PERSIST,
	  .options = drain_options,
	  .operands = { VALUE_TARGET, VALUE_TARGET },
	  .min = 1,
	  .max = 1,
	  .fn = cmd_remove },
	{ .name = "drain",
	  .group = GROUP_CHANGE,
	  .synopsis =
		  "DEVICE|TIER|all [--to TIER|memory] [--rate RATE] [--dry-run] [--background] [--timeout TIME] [--emergency DEVICE] [--force] [-J]",
	  .summary = "move everything off a device or tier",
	  .help = "Prints the plan first: what is there, where it would go, whether it fits, how long it takes. "
		  "What would not fit is refused (exit 3) unless --force is given. "
		  "Ctrl-C: on the direct layer it cancels the drain (no page is lost); on the redirect layer the drain continues in the kernel and only the display stops. "
		  "Afterwards: on the direct layer the device is no longer used for swap; on the redirect layer it stays attached but takes no pages until `uncordon`.",
	  .options = drain_options,
	  .operands = { VALUE_TARGET, VALUE_TARGET },
	  .min = 1,
	  .max = 1,
	  .fn = cmd_drain },
	{ .name = "migrate",
	  .group = GROUP_CHANGE,
	  .synopsis =
		  "SOURCE DESTINATION [--amount SIZE|N%] [--older AGE] [--pid PID|--cgroup PATH] [--rate RATE] [--dry-run] [--background] [-J]",
	  .summary = "move pages from one tier or device to another",
	  .help = "DESTINATION is a tier or a device, or backing: the write-back device of a zram. "
		  "Ctrl-C: on the redirect layer the move continues and only the display stops; see jobs and cancel. "
		  "On the direct layer it cancels the move, which can be one to backing only: pages can't move between areas there (exit 6).",
	  .options = migrate_options,
	  .operands = { VALUE_TARGET, VALUE_TO },
	  .min = 2,
	  .max = 2,
	  .fn = cmd_migrate },
	{ .name = "replace",
	  .group = GROUP_CHANGE,
	  .synopsis = "OLD NEW[,OPTION...] [--format] [--dry-run] [--force] [-J]",
	  .summary = "put a device in the place of another, in its tier",
	  .help = "Attaches NEW in the tier of OLD, moves OLD's pages (on the redirect layer to NEW, on the direct layer through memory), then takes OLD out. "
		  "At no moment is there less room than before. A run that was interrupted is completed by the same command. Options of NEW are those of add.",
	  .flags = CMD_MAY_PERSIST,
	  .options = replace_options,
	  .operands = { VALUE_TARGET, VALUE_DEVSPEC },
	  .min = 2,
	  .max = 2,
	  .fn = cmd_replace },
	{ .name = "resize",
	  .group = GROUP_CHANGE,
	  .synopsis = "DEVICE SIZE [--dry-run] [--force] [-J]",
	  .summary = "give a swap file or zram in use another size",
	  .help = "Makes one of the new size, moves the pages and takes the old one away, as replace does. "
		  "A swap file in use keeps its name, so the new one is FILE.2, or FILE when the old one is FILE.2; the old one is deleted.",
	  .flags = CMD_MAY_PERSIST,
	  .options = resize_options,
	  .operands = { VALUE_TARGET, VALUE_SIZE },
	  .min = 2,
	  .max = 2,
	  .fn = cmd_resize },
	{ .name = "cordon",
	  .group = GROUP_CHANGE,
	  .synopsis = "DEVICE|TIER [--dry-run] [--force] [-J]",
	  .summary = "keep the pages of a device or tier, take no new ones",
	  .help = "Undone by uncordon. Refused (exit 3) when nothing else takes new pages, unless --force is given. Needs the redirect layer (else exit 6).",
	  .options = cordon_options,
	  .operands = { VALUE_TARGET, VALUE_TARGET },
	  .min = 1,
	  .max = 1,
	  .fn = cmd_cordon },
	{ .name = "uncordon",
	  .group = GROUP_CHANGE,
	  .synopsis = "DEVICE|TIER [--dry-run] [-J]",
	  .summary = "take new pages again",
	  .help = "Undoes cordon, and a drain that has ended.",
	  .options = uncordon_options,
	  .operands = { VALUE_TARGET, VALUE_TARGET },
	  .min = 1,
	  .max = 1,
	  .fn = cmd_uncordon },
	{ .name = "jobs",
	  .group = GROUP_JOBS,
	  .synopsis = "[-o COLUMNS|+COLUMNS] [-O] [-J|-r] [-b] [-n] [--sort COLUMN]",
	  .summary = "running jobs and the last finished ones",
	  .help = "Jobs of the kernel are numbers, those of the direct layer dN. The last 64 finished ones are kept.",
	  .options = table_options,
	  .columns = &jobs_columns,
	  .fn = cmd_jobs },
	{ .name = "pause",
	  .group = GROUP_JOBS,
	  .synopsis = "JOB",
	  .summary = "pause a job",
	  .help = "On the direct layer a drain can rest only while it reads ahead; swapoff(2) itself can't be paused.",
	  .operands = { VALUE_JOB, VALUE_JOB },
	  .min = 1,
	  .max = 1,
	  .fn = cmd_pause },
	{ .name = "resume",
	  .group = GROUP_JOBS,
	  .synopsis = "JOB",
	  .summary = "continue a paused job",
	  .help = "Undoes pause.",
	  .operands = { VALUE_JOB, VALUE_JOB },
	  .min = 1,
	  .max = 1,
	  .fn = cmd_resume },
	{ .name = "cancel",
	  .group = GROUP_JOBS,
	  .synopsis = "JOB",
	  .summary = "end a job; what has moved stays moved",
	  .help = "Asks the job to end and returns at once; `swapctl wait JOB` waits for it. "
		  "swapoff(2) checks for signals only between processes, so a large process is finished first.",
	  .operands = { VALUE_JOB, VALUE_JOB },
	  .min = 1,
	  .max = 1,
	  .fn = cmd_cancel },
	{ .name = "wait",
	  .group = GROUP_JOBS,
	  .synopsis = "JOB [--timeout TIME] [-J]",
	  .summary = "wait for a job and exit with its status",
	  .help = "Shows the job's progress. Ctrl-C stops the waiting, not the job.",
	  .options = wait_options,
	  .operands = { VALUE_JOB, VALUE_JOB },
	  .min = 1,
	  .max = 1,
	  .fn = cmd_wait },
	{ .name = "swapin",
	  .group = GROUP_PROCESSES,
	  .synopsis = "--pid PID|--cgroup PATH [--amount SIZE] [--dry-run] [-J]",
	  .summary = "bring a process or cgroup back into memory",
	  .help = "Reads in the order of the disk, before the pages are needed. What would not fit into memory or below a cgroup's limit is refused (exit 3).",
	  .flags = CMD_NEEDS_PROCESS,
	  .options = process_options,
	  .fn = cmd_swapin },
	{ .name = "swapout",
	  .group = GROUP_PROCESSES,
	  .synopsis = "--pid PID|--cgroup PATH [--amount SIZE] [--dry-run] [-J]",
	  .summary = "push a process or cgroup out of memory",
	  .help = "Pushes what is coldest first where the kernel lets that be chosen.",
	  .flags = CMD_NEEDS_PROCESS,
	  .options = process_options,
	  .fn = cmd_swapout },
	{ .name = "park",
	  .group = GROUP_PROCESSES,
	  .synopsis =
		  "--pid PID|--cgroup PATH [--to TIER] [--no-freeze] [--rate RATE] [--dry-run] [--background] [--force] [-J]",
	  .summary = "freeze a process or cgroup and push all of it out",
	  .help = "Freezes it (cgroup.freeze, the freezer of cgroups of version 1, else SIGSTOP) and pushes its anonymous memory to swap. It stays so until `swapctl wake`, also when no tool runs. What has no room is refused (exit 3). Init, the shell that asks and what holds them are never parked. Ctrl-C lets it run again.",
	  .flags = CMD_NEEDS_PROCESS,
	  .options = park_options,
	  .fn = cmd_park },
	{ .name = "wake",
	  .group = GROUP_PROCESSES,
	  .synopsis =
		  "--pid PID|--cgroup PATH [--rate RATE] [--dry-run] [--background] [--force] [-J]",
	  .summary = "read back what was parked and let it run",
	  .help = "Reads its pages in the order of the disk, then thaws it. What would not fit into memory is refused (exit 3), and so is what would not fit below the limit of a cgroup that can't push other pages out; of one that can, half of the room is filled. With --force what fits is read. The process reads the rest when it needs it. Ctrl-C stops the reading and thaws. What somebody else had frozen stays frozen.",
	  .flags = CMD_NEEDS_PROCESS,
	  .options = wake_options,
	  .fn = cmd_wake },
	{ .name = "ps",
	  .group = GROUP_PROCESSES,
	  .synopsis =
		  "[--shared] [--interval SECONDS] [-o COLUMNS|+COLUMNS] [-O] [-J|-r] [-b] [-n] [--sort COLUMN]",
	  .summary = "swap by process, split by tier",
	  .help = "Largest first, unless sorted otherwise, with a column for each tier. Shared memory (tmpfs) belongs to no process: its sum is shown at the end, and --shared lists it.",
	  .options = ps_options,
	  .columns = &ps_columns,
	  .shared_columns = &shared_columns,
	  .fn = cmd_ps },
	{ .name = "cgroups",
	  .group = GROUP_PROCESSES,
	  .synopsis =
		  "[--interval SECONDS] [-o COLUMNS|+COLUMNS] [-O] [-J|-r] [-b] [-n] [--sort COLUMN]",
	  .summary = "swap by cgroup, split by tier",
	  .help = "As a tree of cgroups, unless sorted, with a column for each tier that counts the processes in the cgroup and below.",
	  .options = cgroups_options,
	  .columns = &cgroups_columns,
	  .fn = cmd_cgroups },
	{ .name = "apply",
	  .group = GROUP_CONFIG,
	  .synopsis =
		  "[--dry-run [--exit-code]] [--prune] [--rerank] [--take-over] [-J] [FILE]",
	  .summary = "make the machine match the configuration",
	  .help = "Prints the plan, then carries it out; done twice, the second time changes nothing. With --dry-run --exit-code the exit status says whether there is anything to do. FILE takes the place of /etc/swapadm.conf and its drop-ins.",
	  .options = apply_options,
	  .operands = { VALUE_FILE, VALUE_FILE },
	  .max = 1,
	  .fn = cmd_apply },
	{ .name = "check",
	  .group = GROUP_CONFIG,
	  .synopsis = "[-J] [FILE]",
	  .summary = "check the configuration and report errors",
	  .help = "Errors are printed as file:line. Only the configuration files are opened. With -J: the files and devices, for programs.",
	  .options = json_options,
	  .operands = { VALUE_FILE, VALUE_FILE },
	  .max = 1,
	  .fn = cmd_check },
	{ .name = "save",
	  .group = GROUP_CONFIG,
	  .synopsis = "[--write [FILE]]",
	  .summary = "print the running state as a configuration",
	  .help = "Applied again, the output changes nothing. A '>' of the shell to a file that is read here would empty it first: use --write, which replaces the file in one step with mode and owner as they were.",
	  .options = save_options,
	  .operands = { VALUE_FILE, VALUE_FILE },
	  .max = 1,
	  .fn = cmd_save },
	{ .name = "selftest",
	  .group = GROUP_LOOK,
	  .synopsis = "",
	  .summary = "does all of it work on this machine?",
	  .help = "Takes a zram and a file of its own into use for some seconds, swaps memory out to them, drains and removes them and compares each byte. "
		  "Nobody else's swap is changed; what was made is taken away on every way out. Needs root, 200 MiB of memory and 64 MiB in /var/tmp.",
	  .fn = cmd_selftest },
	{ .name = "import",
	  .group = GROUP_CONFIG,
	  .synopsis =
		  "[fstab|zram-generator|zram-tools|dphys-swapfile|systemd-swap|running] [--take-over] [--dry-run]",
	  .summary = "print what other tools configured as a configuration",
	  .help = "Reads the configuration of other makers of swap, of all without a name, and prints one of swapadm's that applies to the same state, with a comment for each thing that could not be carried over. "
		  "--take-over also makes it the configuration and turns the source off from the next boot on; swap that is in use stays in use.",
	  .options = import_options,
	  .operands = { VALUE_SOURCE, VALUE_SOURCE },
	  .max = 1,
	  .fn = cmd_import },
	{ .name = "balance",
	  .group = GROUP_WATCH,
	  .synopsis = "[--once|--watch|--recover|--dry-run]",
	  .summary = "demote by the tiers' watermarks",
	  .help = "Moves what is older than demote-older from tiers above demote-above to the next slower ones, until they are below demote-below, in pieces of 64 MiB; "
		  "on the direct layer from zram devices to their write-back devices. "
		  "Keeps the pool of zswap below the demote-above of [zswap], and has pages of zram devices that are older than recompress-older compressed again. "
		  "A line says why. Leaves tiers alone that a job touches. One round, unless --watch is given.",
	  .options = balance_options,
	  .fn = cmd_balance },
	{ .name = "monitor",
	  .group = GROUP_WATCH,
	  .synopsis = "[-J|--journal]",
	  .summary = "print events as they happen",
	  .help = "A line for each area that appears, changes or goes, each job that starts, changes or ends, memory pressure, what the tswap module reports, and rounds of balance. Ends with Ctrl-C.",
	  .options = monitor_options,
	  .fn = cmd_monitor },
	{ .name = "metrics",
	  .group = GROUP_WATCH,
	  .synopsis =
		  "[--write FILE] [--openmetrics] [--cgroups N] [--processes N] [--above SIZE] [--zram-idle]",
	  .summary = "print metrics for Prometheus",
	  .help = "One snapshot in the text format of Prometheus, which node_exporter's textfile collector reads. "
		  "Without --cgroups and --processes only a few small files for each device are read.",
	  .options = metrics_options,
	  .fn = cmd_metrics },
};

const size_t n_commands = ARRAY_SIZE(commands);

const struct command *command_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (streq(commands[i].name, name))
			return &commands[i];
	return NULL;
}
