/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Check of watermarks that nobody goes by. */
#include <time.h>

#include "doctor/probe.h"
#include "text.h"

#define NS_PER_S UINT64_C(1000000000)
#define IDLE_S   3600 /* a round may take long, and a timer may begin it */

/* of the direct layer: what was written back keeps its slot and does not count */
static int zram_pct(const struct swapadm_tier *tier)
{
	uint64_t held_bytes = 0, size_bytes = 0;

	for (size_t i = 0; i < tier->n_devices; i++) {
		const struct swapadm_usage *u = &tier->devices[i]->usage;

		if (!is_active(tier->devices[i]) || !tier->devices[i]->backing_dev ||
		    !usage_has(u, SWAPADM_USAGE_USED | SWAPADM_USAGE_SIZE))
			continue;
		size_bytes += u->size_bytes;
		held_bytes += usage_has(u, SWAPADM_USAGE_DISK)
				      ? u64_minus(u->used_bytes, u->disk_bytes)
				      : u->used_bytes;
	}
	return (int)text_pct(held_bytes, size_bytes);
}

static int zswap_pct(const struct machine *m)
{
	const unsigned need = SWAPADM_ZSWAP_POOL | SWAPADM_ZSWAP_MAX_POOL;

	if (!machine_zswap_on(m) || (m->zswap.known & need) != need || !m->has_mem ||
	    swapadm_balance_zswap_lacks(m->ctx))
		return -1;
	return (int)text_pct(m->zswap.pool_bytes,
			     m->mem.total_bytes / 100 * m->zswap.max_pool_pct);
}

/* the fastest tier, or zswap, that is above its mark; NULL: none */
static const char *find_above(const struct machine *m, int *pct, int *mark_pct)
{
	size_t n = m->conf ? swapadm_model_n_tiers(m->model) : 0;

	for (size_t i = 0; i < n; i++) {
		const struct swapadm_tier *tier = swapadm_model_tier(m->model, i);
		const struct swapadm_conf_tier *conf =
			swapadm_conf_find_tier(m->conf, tier->name);

		if (!conf || conf->demote_above_pct == SWAPADM_PCT_NONE)
			continue;
		*mark_pct = conf->demote_above_pct;
		*pct = swapadm_model_layer(m->model) == SWAPADM_LAYER_DIRECT
			       ? zram_pct(tier)
			       : probe_use_pct(&tier->usage);
		if (*pct > *mark_pct)
			return tier->name;
	}
	if (!m->conf)
		return NULL;
	*mark_pct = swapadm_conf_zswap(m->conf)->demote_above_pct;
	*pct = zswap_pct(m);
	return *mark_pct != SWAPADM_PCT_NONE && *pct > *mark_pct ? "zswap" : NULL;
}

/* its last round, in seconds; of a capture any round will do. false: it is long ago */
static bool ran_lately(const struct machine *m, uint64_t *ago_s)
{
	struct swapadm_balance_round last = { 0 };

	*ago_s = 0;
	if (swapadm_balance_get_last(m->ctx, &last))
		return false;
	*ago_s = u64_minus((uint64_t)time(NULL), last.ended_s);
	return m->is_capture || *ago_s < IDLE_S;
}

void check_balance_idle(struct probe *p)
{
	int pct, mark_pct;
	const char *above = find_above(p->m, &pct, &mark_pct);
	char since[80] = "since boot";
	uint64_t ago_s;
	struct buf a;

	if (!above || ran_lately(p->m, &ago_s) ||
	    swapadm_file_exists(p->m->ctx,
				"/sys/fs/cgroup/system.slice/swapadm-balance.service"))
		return;
	if (ago_s)
		snprintf(since, sizeof(since), "for %s",
			 text_duration(&a, ago_s * NS_PER_S));
	probe_remedy(
		probe_report(
			p, above,
			"%s is at %d%%, above its demote-above of %d%%, and balance has not run %s",
			above, pct, mark_pct, since),
		"systemctl enable --now swapadm-balance.service; for one round: swapctl balance");
}
