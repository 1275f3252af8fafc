/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two examples for each command, at the end of its help. */
#include "commands.h"

static const struct {
	const char *command, *examples[2];
} table[] = {
	{ "status", { "swapctl", "swapctl status -J | jq .swap" } },
	{ "list", { "swapctl list -o +READS,WRITES", "swapctl list -J ssd" } },
	{ "doctor", { "swapctl doctor", "swapctl doctor -J" } },
	{ "add",
	  { "swapctl add fast zram,size=2G", "swapctl add cold /var/swap.d/a,size=8G" } },
	{ "remove", { "swapctl remove /dev/sdb2 --dry-run", "swapctl remove cold" } },
	{ "drain",
	  { "swapctl drain /dev/sdb2 --dry-run", "swapctl drain cold --rate 50M" } },
	{ "migrate",
	  { "swapctl migrate ssd hdd --older 1h", "swapctl migrate zram0 backing" } },
	{ "replace",
	  { "swapctl replace sdb2 /dev/nvme0n1p3 --dry-run",
	    "swapctl replace zram0 zram,size=8G" } },
	{ "resize", { "swapctl resize /var/swap.d/a 16G", "swapctl resize zram0 4G" } },
	{ "selftest", { "swapctl selftest", "swapctl selftest -v" } },
	{ "import", { "swapctl import", "swapctl import fstab --take-over" } },
	{ "cordon", { "swapctl cordon sdb2 --dry-run", "swapctl cordon hdd" } },
	{ "uncordon", { "swapctl uncordon sdb2", "swapctl uncordon hdd" } },
	{ "jobs", { "swapctl jobs", "swapctl jobs -J" } },
	{ "pause", { "swapctl pause d3", "swapctl pause 12" } },
	{ "resume", { "swapctl resume d3", "swapctl resume 12" } },
	{ "cancel", { "swapctl cancel d3", "swapctl cancel 12" } },
	{ "wait", { "swapctl wait d3", "swapctl wait d3 --timeout 10min" } },
	{ "swapin",
	  { "swapctl swapin --pid 4711", "swapctl swapin --cgroup /app.slice" } },
	{ "park",
	  { "swapctl park --cgroup /system.slice/build.service",
	    "swapctl park --pid 4711 --dry-run" } },
	{ "wake",
	  { "swapctl wake --cgroup /system.slice/build.service",
	    "swapctl wake --pid 4711 --force" } },
	{ "swapout",
	  { "swapctl swapout --pid 4711 --amount 256M",
	    "swapctl swapout --cgroup /app.slice --dry-run" } },
	{ "ps", { "swapctl ps --sort SWAP", "swapctl ps --shared" } },
	{ "cgroups", { "swapctl cgroups", "swapctl cgroups -J" } },
	{ "apply", { "swapctl apply --dry-run", "swapctl apply" } },
	{ "check", { "swapctl check", "swapctl check --config ./new.conf" } },
	{ "save", { "swapctl save", "swapctl save --write" } },
	{ "balance", { "swapctl balance --once", "swapctl balance" } },
	{ "monitor", { "swapctl monitor", "swapctl monitor -J" } },
	{ "metrics",
	  { "swapctl metrics",
	    "swapctl metrics --write /var/lib/prometheus/node-exporter/swapadm.prom" } },
};

const char *const *command_examples(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (streq(table[i].command, name))
			return table[i].examples;
	return NULL;
}
