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

static bool zswap_has_mark(const struct machine *m)
{
	return m->conf && machine_zswap_on(m) &&
	       swapadm_conf_zswap(m->conf)->demote_above_pct != SWAPADM_PCT_NONE;
}

void check_zswap_watermark(struct probe *p)
{
	const char *lacks = zswap_has_mark(p->m) ? swapadm_balance_zswap_lacks(p->m->ctx)
						 : NULL;

	if (!lacks)
		return;
	probe_remedy(
		probe_report(
			p, "zswap",
			"zswap has demote-above, and the kernel can't be asked to write its pages back: %s",
			lacks),
		"take demote-above out of [zswap]");
}

/* above the mark, and cgroups that are not written back hold so much that it stays so */
static bool report_kept(struct probe *p)
{
	const unsigned need = SWAPADM_ZSWAP_POOL | SWAPADM_ZSWAP_MAX_POOL;
	const struct machine *m = p->m;
	const struct swapadm_conf_zswap *marks = swapadm_conf_zswap(m->conf);
	int below_pct = marks->demote_below_pct == SWAPADM_PCT_NONE
				? marks->demote_above_pct - 10
				: marks->demote_below_pct;
	uint64_t limit_bytes, kept_bytes;
	char file[512];
	struct buf a;

	if ((m->zswap.known & need) != need || !m->has_mem)
		return false;
	limit_bytes = m->mem.total_bytes / 100 * m->zswap.max_pool_pct;
	if ((int)text_pct(m->zswap.pool_bytes, limit_bytes) <= marks->demote_above_pct ||
	    swapadm_zswap_kept(m->ctx, &kept_bytes, file, sizeof(file)) ||
	    (int)text_pct(kept_bytes, limit_bytes) < below_pct)
		return false;
	probe_remedy(
		probe_report(
			p, "zswap",
			"zswap's pool can't be written back: %s is 0, and cgroups with that hold %s of the pool",
			file, text_amount(&a, kept_bytes)),
		"echo 1 > %s; or raise max-pool in [zswap]", probe_quote(p, file));
	return true;
}

void check_zswap_kept(struct probe *p)
{
	struct swapadm_balance_round round = { 0 };

	if (!zswap_has_mark(p->m) || report_kept(p) ||
	    swapadm_balance_get_last(p->m->ctx, &round) ||
	    !strstr(round.why, "zswap: the kernel finds"))
		return;
	probe_remedy(
		probe_report(
			p, "zswap",
			"zswap's pool can't be written back: balance has asked for it, and the kernel wrote next to nothing"),
		"look for cgroups with memory.zswap.writeback=0 and for a full swap area; else take demote-above out of [zswap]");
}

void check_zswap_limits(struct probe *p)
{
	if (!p->m->has_zswap || !p->m->zswap.limits_left)
		return;
	probe_remedy(
		probe_report(
			p, "zswap",
			"zswap's limits are still lowered, by a balance that was killed; they were %u%% and %u%%, as /run/swapadm/zswap-limits says",
			p->m->zswap.max_pool_pct, p->m->zswap.accept_threshold_pct),
		"swapctl balance --recover");
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
