/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of checks: nothing else lists them. */
#include "doctor/probe.h"

const char *severity_name(enum severity severity)
{
	static const char *const names[] = { "note", "warning", "error" };

	return names[severity];
}

static const struct check checks[] = {
	{ "no-swap", SEVERITY_WARNING,
	  "Without swap every idle anonymous page stays in memory, and the OOM killer is the first answer to a peak.",
	  check_no_swap },
	{ "failed", SEVERITY_ERROR, "Pages there may be lost to their processes.",
	  check_failed },
	{ "degraded", SEVERITY_ERROR,
	  "Swap is there, but pages can't move between devices, and cordon, migrate and the redirect policies do nothing.",
	  check_degraded },
	{ "module-version", SEVERITY_NOTE,
	  "A module in use is not replaced; what the new version fixes comes with the next boot.",
	  check_module_version },
	{ "nearly-full", SEVERITY_WARNING,
	  "When the last area is full nothing can be pushed out any more; the OOM killer is next.",
	  check_nearly_full },
	{ "inactive", SEVERITY_WARNING, "The tier has less room than was planned.",
	  check_inactive },
	{ "deleted-file", SEVERITY_WARNING,
	  "It can't be deactivated by a name that is gone; after a reboot it is gone too.",
	  check_deleted },
	{ "read-only", SEVERITY_WARNING,
	  "swapoff(2) opens the file for writing; a file system turns read-only after errors.",
	  check_read_only },
	{ "container", SEVERITY_NOTE,
	  "It can be looked at; adding and draining areas is for the host.",
	  check_virtual },
	{ "xswap", SEVERITY_NOTE,
	  "All that is swapped out stays in memory, compressed; nothing relieves it.",
	  check_xswap },
	{ "zram-after-disk", SEVERITY_WARNING,
	  "The slow device is filled first; the fast one only gets what is left over.",
	  check_inverted },
	{ "hdd-before-ssd", SEVERITY_WARNING,
	  "The slow device is filled first; the fast one only gets what is left over.",
	  check_hdd_above_ssd },
	{ "default-priorities", SEVERITY_WARNING,
	  "Older kernels fill such areas one after the other, newer ones (7.3) round robin: fast and slow devices then share the load evenly.",
	  check_default_prio },
	{ "priority-mismatch", SEVERITY_WARNING,
	  "The area is filled in another order than its tier says; a priority can't be changed while the area is active.",
	  check_prio_mismatch },
	{ "foreign-area", SEVERITY_WARNING,
	  "It takes pages before tiers that are meant to be faster.",
	  check_foreign_between },
	{ "mixed-tier", SEVERITY_WARNING,
	  "Areas of one priority are filled round robin, so that the slowest one sets the pace.",
	  check_mixed },
	{ "same-disk", SEVERITY_WARNING,
	  "They are filled in turns and share one queue: two areas on one disk add seeks, not bandwidth.",
	  check_same_disk },
	{ "zvol", SEVERITY_ERROR,
	  "ZFS allocates memory to write. When memory is short, pushing a page out then waits for memory that only pushing pages out can free: the machine hangs.",
	  check_zvol },
	{ "loop-on-tmpfs", SEVERITY_ERROR,
	  "Pages that are swapped out there stay in memory, and the loop device needs more of it to write them: memory runs out sooner than without this area.",
	  check_loop_tmpfs },
	{ "unencrypted", SEVERITY_NOTE,
	  "Swap holds what was in memory, passwords and keys included; who gets the medium or reads the network gets them.",
	  check_unencrypted },
	{ "fstab-missing", SEVERITY_WARNING,
	  "systemd waits for the device at each boot, 90 seconds by default, and the swap is not there afterwards.",
	  check_fstab_missing },
	{ "fstab-inactive", SEVERITY_WARNING,
	  "The swap that the machine was set up with is not in use.",
	  check_fstab_inactive },
	{ "fstab-double", SEVERITY_WARNING,
	  "Who comes first at boot decides the priority: with that of fstab, the area is filled in another order than its tier says.",
	  check_fstab_double },
	{ "hibernation", SEVERITY_WARNING,
	  "The kernel writes the image of memory to an active area on a disk; without one that is large enough, hibernation fails and the session with it.",
	  check_hibernation },
	{ "other-manager", SEVERITY_WARNING,
	  "Two programs that set up swap undo each other's work: areas appear at other priorities, or twice, after each boot.",
	  check_other_manager },
	{ "zram-twice", SEVERITY_WARNING,
	  "Both want zram0; which one gets it changes from boot to boot, and the other one fails.",
	  check_zram_twice },
	{ "oomd-no-swap", SEVERITY_WARNING,
	  "systemd-oomd measures how long tasks wait for memory; without swap that rises only when it is too late, and the kernel's OOM killer comes first.",
	  check_oomd_no_swap },
	{ "oomd-limit", SEVERITY_WARNING,
	  "Processes are killed while there is swap left; the slowest tier is never used.",
	  check_oomd_limit },
	{ "earlyoom-swap", SEVERITY_WARNING,
	  "Processes are killed while there is swap left; the slowest tier is never used.",
	  check_earlyoom },
	{ "kubelet-refuses", SEVERITY_ERROR,
	  "With failSwapOn, which is the default, the kubelet exits when it finds an active area; after its next start the node is gone from the cluster.",
	  check_kubelet_refuses },
	{ "kubelet-behavior", SEVERITY_WARNING,
	  "What pods may do with swap and the swap that there is do not fit together.",
	  check_kubelet_behavior },
	{ "many-areas", SEVERITY_NOTE,
	  "When all are taken no further area can be added, not even in an emergency.",
	  check_many_areas },
	{ "zswap-on-zram", SEVERITY_WARNING,
	  "Pages are compressed twice and take memory in both pools.", check_zswap_zram },
	{ "zswap-full", SEVERITY_WARNING,
	  "New pages bypass the full pool and go to the disk, while old cold ones keep their place in memory.",
	  check_zswap_full },
	{ "writeback-unused", SEVERITY_WARNING,
	  "zram writes nothing back unless it is asked to: idle and incompressible pages keep costing memory.",
	  check_writeback },
	{ "writeback-limit", SEVERITY_WARNING,
	  "zram writes nothing back until the limit is raised: idle pages keep costing memory.",
	  check_writeback_limit },
	{ "no-backing", SEVERITY_WARNING,
	  "On the direct layer only zram's write-back can move its pages; the watermark does nothing.",
	  check_no_backing },
	{ "recompress-unused", SEVERITY_NOTE,
	  "zram recompresses only when it is asked to; until then the second algorithm saves nothing.",
	  check_recompress },
	{ "zram-full", SEVERITY_WARNING,
	  "zram keeps what went out first, the coldest pages, in memory; the warmer ones that follow are read back from the disk.",
	  check_zram_full },
	{ "zram-ratio", SEVERITY_WARNING,
	  "Data that does not compress costs nearly as much memory there as before.",
	  check_zram_ratio },
	{ "zram-limit", SEVERITY_WARNING,
	  "A zram at its limit fails writes although the swap core sees free slots.",
	  check_zram_limit },
	{ "zram-leftover", SEVERITY_NOTE,
	  "Slots that were freed while zram was busy keep their memory until they are written again.",
	  check_zram_data },
	{ "zram-oversize", SEVERITY_NOTE,
	  "Were it filled with what compresses less than two to one, it would not fit into memory.",
	  check_zram_oversize },
	{ "swappiness", SEVERITY_WARNING,
	  "The kernel then drops file pages that are in use rather than push out idle ones; at 0 it swaps only when the page cache is all but gone.",
	  check_swappiness },
	{ "swappiness-disk", SEVERITY_WARNING,
	  "Above 100 the kernel takes swapping to be cheaper than dropping file pages, which is true of zram and zswap and not of a disk.",
	  check_swappiness_disk },
	{ "page-cluster", SEVERITY_NOTE,
	  "Reading ahead from zram decompresses pages that nobody asked for; it has no seeks to save.",
	  check_page_cluster },
	{ "page-cluster-disk", SEVERITY_NOTE,
	  "A rotating disk takes as long for one page as for eight; read-ahead saves seeks.",
	  check_page_cluster_disk },
	{ "zswap-off", SEVERITY_NOTE,
	  "zswap keeps compressed pages in memory, and most of them never reach the disk.",
	  check_zswap_off },
	{ "zswap-shrinker", SEVERITY_NOTE,
	  "With it the kernel moves cold pages from zswap to the disk before the pool is full.",
	  check_zswap_shrinker },
	{ "mglru-off", SEVERITY_NOTE,
	  "It chooses what to push out with less work and fewer mistakes than the two lists of old.",
	  check_mglru },
	{ "rotating", SEVERITY_NOTE,
	  "One rotating area turns the read-ahead by virtual address off for all areas.",
	  check_rotating },
	{ "park-unfinished", SEVERITY_ERROR,
	  "What is frozen waits for ever; nothing but wake lets it run again.",
	  check_park_unfinished },
	{ "park-stale", SEVERITY_NOTE,
	  "The record stands in the way of the next park and says what is not so.",
	  check_park_stale },
	{ "pressure", SEVERITY_WARNING, "The machine waits for memory, not for work.",
	  check_pressure },
	{ "oom-kills", SEVERITY_NOTE, "Memory and swap were not enough at that moment.",
	  check_oom },
	{ "no-psi", SEVERITY_NOTE,
	  "Without it an idle swap and a thrashing one look the same.", check_psi },
};

size_t checks_n(void)
{
	return ARRAY_SIZE(checks);
}

const char *check_name(size_t i, enum severity *severity)
{
	*severity = checks[i].severity;
	return checks[i].name;
}

void checks_run(const struct machine *m, struct findings *out)
{
	for (size_t i = 0; i < ARRAY_SIZE(checks); i++) {
		struct probe p = { m, &checks[i], out };

		checks[i].fn(&p);
		free(p.quoted);
	}
}

void findings_free(struct findings *findings)
{
	free(findings->items);
	free(findings->below);
}
