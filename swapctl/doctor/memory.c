/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks of memory pressure and of the knobs of the kernel. */
#include <inttypes.h>

#include "doctor/probe.h"
#include "text.h"

void check_pressure(struct probe *p)
{
	const struct swapadm_psi_line *full = &p->m->psi.full;

	if (!p->m->has_psi || !full->known || full->avg60_centipct < 1000)
		return;
	probe_remedy(
		probe_report(
			p, "memory",
			"during %u%% of the last minute every task was stalled waiting for memory",
			full->avg60_centipct / 100),
		"find who: swapctl list -o +READS,WRITES; swapctl cgroups; then add memory or a faster tier");
}

void check_oom(struct probe *p)
{
	if (!p->m->has_vmstat || !(p->m->vmstat.known & SWAPADM_VMSTAT_OOM_KILL) ||
	    !p->m->vmstat.oom_kills)
		return;
	probe_remedy(
		probe_report(p, "memory",
			     "the OOM killer has killed %" PRIu64 " processes since boot",
			     p->m->vmstat.oom_kills),
		"journalctl -k -g 'Out of memory|oom-kill' names them; add swap or limit the cgroup");
}

void check_psi(struct probe *p)
{
	if (!p->m->has_psi)
		probe_remedy(probe_report(p, "memory",
					  "the kernel does not report memory pressure"),
			     "boot with psi=1");
}

/*
 * Documentation/admin-guide/sysctl/vm.rst: 100 means swap costs what the page cache costs
 */
void check_swappiness(struct probe *p)
{
	uint64_t swappiness = p->m->vm.swappiness;
	bool only, zram = probe_has_active(p->m, SWAPADM_KIND_ZRAM, &only);

	if (!(p->m->vm.known & SWAPADM_VM_SWAPPINESS) ||
	    !swapadm_model_total(p->m->model)->size_bytes)
		return;
	if (swappiness == 0)
		probe_remedy(probe_report(p, "swappiness", "vm.swappiness is 0"),
			     "sysctl vm.swappiness=%d", zram ? 100 : 60);
	else if (zram && swappiness < 60)
		probe_remedy(probe_report(p, "swappiness",
					  "vm.swappiness is %" PRIu64
					  " although there is zram",
					  swappiness),
			     "sysctl vm.swappiness=100");
}

/* the active device that is filled first */
static const struct swapadm_device *first_filled(const struct machine *m)
{
	const struct swapadm_device *best = NULL;

	for (struct walk w = { 0 }; machine_next(m, &w);)
		if (is_active(w.dev) && (!best || w.dev->prio > best->prio))
			best = w.dev;
	return best;
}

void check_swappiness_disk(struct probe *p)
{
	const struct swapadm_device *first = first_filled(p->m);

	if (!first || !probe_is_disk(first) ||
	    !(p->m->vm.known & SWAPADM_VM_SWAPPINESS) || p->m->vm.swappiness <= 100 ||
	    machine_zswap_on(p->m))
		return;
	probe_remedy(probe_report(p, "swappiness",
				  "vm.swappiness is %" PRIu64
				  ", and the first swap that is filled is the disk %s",
				  p->m->vm.swappiness, first->name),
		     "sysctl vm.swappiness=60");
}

void check_page_cluster_disk(struct probe *p)
{
	const struct swapadm_device *first = first_filled(p->m);

	if (!first || first->kind != SWAPADM_KIND_HDD ||
	    !(p->m->vm.known & SWAPADM_VM_PAGE_CLUSTER) || p->m->vm.page_cluster >= 2)
		return;
	probe_remedy(
		probe_report(p, "page-cluster",
			     "vm.page-cluster is %" PRIu64
			     ", and the first swap that is filled is the rotating disk %s",
			     p->m->vm.page_cluster, first->name),
		"sysctl vm.page-cluster=3");
}

/* ---- what the kernel offers and nobody uses: only said where swap is really used */

static bool is_used(const struct machine *m)
{
	return probe_use_pct(swapadm_model_total(m->model)) >= 25;
}

void check_zswap_off(struct probe *p)
{
	bool only;

	if (!p->m->has_zswap || !(p->m->zswap.known & SWAPADM_ZSWAP_ENABLED) ||
	    p->m->zswap.enabled || !is_used(p->m) || !probe_fastest_disk(p->m) ||
	    probe_has_active(p->m, SWAPADM_KIND_ZRAM, &only) ||
	    swapadm_model_redirect(p->m->model))
		return;
	probe_remedy(
		probe_report(p, "zswap", "zswap is off, and all swap is on disks"),
		"echo Y > /sys/module/zswap/parameters/enabled; to keep it: enabled = yes in [zswap] of /etc/swapadm.conf");
}

void check_zswap_shrinker(struct probe *p)
{
	_cleanup_free_ char *text = NULL;

	if (!machine_zswap_on(p->m) || !is_used(p->m) || !probe_fastest_disk(p->m) ||
	    swapadm_file_read(p->m->ctx, "/sys/module/zswap/parameters/shrinker_enabled",
			      &text) ||
	    *text != 'N')
		return;
	probe_remedy(
		probe_report(p, "zswap", "zswap's shrinker is off"),
		"echo Y > /sys/module/zswap/parameters/shrinker_enabled; to keep it: shrinker = yes in [zswap] of /etc/swapadm.conf");
}

void check_zswap_watermark(struct probe *p)
{
	if (!p->m->conf || !machine_zswap_on(p->m) ||
	    swapadm_conf_zswap(p->m->conf)->demote_above_pct == SWAPADM_PCT_NONE ||
	    p->m->zswap.known & SWAPADM_ZSWAP_SHRINKER)
		return;
	probe_remedy(
		probe_report(
			p, "zswap",
			"zswap has demote-above, and this kernel can't be asked to write its pages back"),
		"take demote-above out of [zswap]");
}

void check_mglru(struct probe *p)
{
	_cleanup_free_ char *text = NULL;

	if (!is_used(p->m) ||
	    swapadm_file_read(p->m->ctx, "/sys/kernel/mm/lru_gen/enabled", &text) ||
	    strtoul(text, NULL, 16))
		return;
	probe_remedy(probe_report(p, "memory", "the multi-generational LRU is off"),
		     "echo y > /sys/kernel/mm/lru_gen/enabled");
}
