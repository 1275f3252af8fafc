/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "balance/direct.h"

#include "balance/zram.h"
#include "kernel/stats.h"
#include "layer/direct/direct.h"
#include "layer/direct/drain.h"
#include "model/model.h"

#define ZRAMS_MAX 64 /* of a tier */

/* ---- what there is ----------------------------------------------------------------- */

static bool writes_back(const struct swapadm_device *dev)
{
	return dev->kind == SWAPADM_KIND_ZRAM && !dev->is_file &&
	       dev->state == SWAPADM_STATE_ACTIVE && dev->backing_dev &&
	       *dev->backing_dev;
}

static struct balance_memory *recall_zram(struct swapadm_balance *balance,
					  const char *name)
{
	char key[72];

	snprintf(key, sizeof(key), "/%.64s", name);
	return balance_recall(balance, key);
}

/* false: its counters can't be read now */
static bool fill_zram(struct swapadm_balance *balance, const struct swapadm_device *dev,
		      struct balance_zram *out)
{
	struct balance_memory *m = recall_zram(balance, dev->name);
	struct swapadm_zram_stats st;

	if (!m || swapadm_zram_get_stats(balance->ctx, dev->name, &st) ||
	    !(st.known & SWAPADM_ZRAM_MM) || !(st.known & SWAPADM_ZRAM_BD))
		return false;
	*out = (struct balance_zram){
		.name = dev->name,
		.size_bytes = st.disksize_bytes,
		.held_bytes = zram_held_bytes(&st),
		.mem_bytes = st.mem_used_bytes,
		.limit_bytes = st.mem_limit_bytes,
		.marked_s = NOT_MARKED,
		.resting = monotonic_ns() < m->rest_until_ns,
	};
	return writeback_room(balance->ctx, &st, &out->room_bytes);
}

/* only where it matters: it costs a write to the device's attribute, once */
static void fill_age(struct swapadm_balance *balance, struct balance_zram *z)
{
	struct balance_memory *m = recall_zram(balance, z->name);

	if (!m)
		return;
	if (!m->asked)
		m->ages = balance_tracks_ages(balance->ctx, z->name);
	m->asked = true;
	z->ages = m->ages;
	if (!z->ages)
		z->marked_s = balance_marked(balance->ctx, z->name);
}

/* ---- decisions ---------------------------------------------------------------------- */

/* whether the tier can write back at all; what to do now is appended */
static bool decide_tier(struct swapadm_balance *balance, const struct swapadm_tier *tier,
			struct balance_tier *t, struct swapadm_balance_decision *out,
			size_t *n)
{
	struct balance_zram items[ZRAMS_MAX];
	struct balance_zrams zrams = { t, items, 0 };

	if (t->above_pct == SWAPADM_PCT_NONE)
		return false;
	for (size_t i = 0; i < tier->n_devices && zrams.n < ZRAMS_MAX; i++)
		if (writes_back(tier->devices[i]) &&
		    fill_zram(balance, tier->devices[i], &items[zrams.n]))
			zrams.n++;
	if (!zrams.n)
		return false;
	for (size_t i = 0; t->older_s && i < zrams.n; i++)
		fill_age(balance, &items[i]);
	*n += balance_decide_zram(&zrams, &out[*n]);
	return true;
}

int balance_decide_direct(struct swapadm_balance *balance, struct swapadm_conf *conf,
			  const struct swapadm_model *model, struct balance_tier *tiers,
			  struct swapadm_balance_decision *out, size_t *n)
{
	bool can = false;

	*n = 0;
	for (size_t i = swapadm_model_n_tiers(model); i-- > 0;)
		can |= decide_tier(balance, swapadm_model_tier(model, i), &tiers[i], out,
				   n);
	if (can)
		return 0;
	return ctx_fail(
		balance->ctx, -EPROTONOSUPPORT,
		"balance: nothing here can be demoted: the direct layer writes back pages of zram devices with writeback=, in tiers with demote-above; the redirect layer moves them between tiers: load the tswap module and set layer = redirect");
}

/* ---- doing it ----------------------------------------------------------------------- */

int balance_prepare_direct(struct swapadm_balance *balance, struct swapadm_model *model,
			   const struct swapadm_balance_decision *decision,
			   struct swapadm_drain **out)
{
	const struct balance_memory *m = recall_zram(balance, decision->device);
	const struct writeback_how how = {
		.marked = decision->older_s && m && m->asked && !m->ages,
		.why = decision->why,
	};
	const struct swapadm_migrate_req req = {
		.source = decision->device,
		.dest = "backing",
		.amount = { SWAPADM_SIZE_BYTES, decision->bytes },
		.older_s = how.marked ? 0 : decision->older_s,
	};

	return writeback_prepare(balance->ctx, model, &req, &how, out);
}

int balance_act_direct(struct swapadm_balance *balance, struct swapadm_model *model,
		       const struct swapadm_balance_decision *decision,
		       struct swapadm_job **out)
{
	switch (decision->kind) {
	case SWAPADM_BALANCE_MARK:
		return balance_mark(balance->ctx, decision->device);
	default:
		return -EINVAL;
	}
}
