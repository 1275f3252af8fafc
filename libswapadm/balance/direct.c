/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "balance/direct.h"

#include "balance/zram.h"
#include "kernel/pagesize.h"
#include "kernel/stats.h"
#include "layer/direct/direct.h"
#include "op/op.h"
#include "model/model.h"

#define ZRAMS_MAX             64 /* of a tier */
#define RECOMPRESS_REST_MIN_S 60
#define RECOMPRESS_REST_MAX_S 3600

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
		.held_bytes = zram_held_bytes(&st, ctx_page_bytes(balance->ctx)),
		.mem_bytes = st.mem_used_bytes,
		.limit_bytes = st.mem_limit_bytes,
		.marked_s = NOT_MARKED,
		.resting = monotonic_ns() < m->rest_until_ns,
	};
	/* gone from sysfs: the kernel will report it */
	if (!writeback_room(balance->ctx, &st, &out->room_bytes))
		out->room_bytes = UINT64_MAX;
	return true;
}

/* only where it matters: it costs a write to the device's attribute, once */
static void fill_age(struct swapadm_balance *balance, struct balance_zram *z)
{
	struct balance_memory *m = recall_zram(balance, z->name);

	if (!m)
		return;
	if (!m->asked && balance->may_try) {
		m->ages = zram_tracks_ages(balance->ctx, z->name);
		m->asked = true;
	}
	z->marked_s = zram_marked_s(balance->ctx, z->name);
	/* not tried: marks are only made where ages are unknown */
	z->ages = m->asked ? m->ages : z->marked_s == NOT_MARKED;
}

/* ---- decisions --------------------------------------------------------------------- */

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

/* one step: 64 MiB of pages, so that the service never stands still for long */
#define RECOMPRESS_PAGES 16384

static bool has_recompress(const struct swapadm_device *dev)
{
	return dev->state == SWAPADM_STATE_ACTIVE && dev->recompress &&
	       *dev->recompress && dev->usage.stored_bytes;
}

static void rest_recompress(struct balance_memory *m, uint64_t older_s)
{
	uint64_t rest_s = u64_min(older_s / 2, RECOMPRESS_REST_MAX_S);

	if (rest_s < RECOMPRESS_REST_MIN_S)
		rest_s = RECOMPRESS_REST_MIN_S;
	m->recompress_ns = monotonic_ns() + rest_s * 1000000000;
	m->recompressing = false;
}

/* it reads a line for each page, so only before a first step; false as well: not known */
static bool nothing_due(struct swapadm_balance *balance, const char *zram,
			uint64_t older_s)
{
	struct swapadm_zram_idle idle;

	return !swapadm_zram_get_idle(balance->ctx, zram, older_s, &idle) &&
	       !idle.due_bytes;
}

/* false: there is nothing to do, and a rest begins */
static bool decide_recompress_one(struct swapadm_balance *balance, const char *tier,
				  const struct swapadm_device *dev, uint64_t older_s,
				  struct swapadm_balance_decision *out)
{
	struct balance_zram z = { .name = dev->name, .marked_s = NOT_MARKED };
	struct balance_memory *m = recall_zram(balance, dev->name);

	fill_age(balance, &z);
	if (!m->recompressing && z.ages && nothing_due(balance, dev->name, older_s)) {
		rest_recompress(m, older_s);
		return false;
	}
	*out = (struct swapadm_balance_decision){
		.kind = SWAPADM_BALANCE_RECOMPRESS,
		.older_s = older_s,
		.bytes = RECOMPRESS_PAGES * ctx_page_bytes(balance->ctx),
	};
	snprintf(out->tier, sizeof(out->tier), "%s", tier);
	snprintf(out->device, sizeof(out->device), "%s", dev->name);
	snprintf(out->why, sizeof(out->why), "recompress-older of %s, by %s", tier,
		 dev->recompress);
	if (!z.ages)
		balance_by_marks(&z, out);
	return true;
}

/* whether the tier has a zram to recompress; what is due of each is appended */
static bool decide_recompress(struct swapadm_balance *balance,
			      const struct swapadm_tier *tier,
			      const struct balance_tier *t, uint64_t older_s,
			      struct swapadm_balance_decision *out, size_t *n)
{
	bool can = false;

	for (size_t i = 0; older_s && i < tier->n_devices; i++) {
		const struct swapadm_device *dev = tier->devices[i];
		struct balance_memory *m;

		if (!has_recompress(dev))
			continue;
		can = true;
		m = recall_zram(balance, dev->name);
		/* it uses marks up: those that a write-back waits for are not its own */
		if (m && !*t->job && monotonic_ns() >= m->recompress_ns &&
		    !streq_null(t->marks_of, dev->name))
			*n += decide_recompress_one(balance, tier->name, dev, older_s,
						    &out[*n]);
	}
	return can;
}

/* a zram without the attribute: the kernel is built without write-back */
static bool lacks_writeback(struct swapadm_ctx *ctx, const struct swapadm_tier *tier)
{
	for (size_t i = 0; i < tier->n_devices; i++) {
		const struct swapadm_device *dev = tier->devices[i];
		struct swapadm_zram_stats st;

		if (dev->kind == SWAPADM_KIND_ZRAM && !dev->is_file &&
		    dev->state == SWAPADM_STATE_ACTIVE &&
		    !swapadm_zram_get_stats(ctx, dev->name, &st) &&
		    !(st.known & SWAPADM_ZRAM_BACKING))
			return true;
	}
	return false;
}

static int nothing_can_be_done(struct swapadm_ctx *ctx, const struct swapadm_model *model,
			       const struct swapadm_conf *conf)
{
	bool asks = conf &&
		    swapadm_conf_zswap(conf)->demote_above_pct != SWAPADM_PCT_NONE;
	const char *lacks = asks ? swapadm_balance_zswap_lacks(ctx) : NULL;
	static const char redirect[] =
		"the redirect layer moves pages between tiers: load the tswap module and set layer = redirect";

	for (size_t i = 0; i < swapadm_model_n_tiers(model); i++)
		if (lacks_writeback(ctx, swapadm_model_tier(model, i)))
			return ctx_fail(
				ctx, -EPROTONOSUPPORT,
				"balance: nothing here can be demoted: this kernel's zram can't write back (CONFIG_ZRAM_WRITEBACK is off); %s",
				redirect);
	return ctx_fail(
		ctx, -EPROTONOSUPPORT,
		"balance: nothing here can be demoted: %s%sthe direct layer writes back pages of zram devices with writeback=, in tiers with demote-above, and of zswap where the kernel can be asked to; %s",
		lacks ? lacks : "", lacks ? "; " : "", redirect);
}

int balance_decide_direct(struct swapadm_balance *balance, struct swapadm_conf *conf,
			  const struct swapadm_model *model, struct balance_tier *tiers,
			  struct swapadm_balance_decision *out, size_t *n)
{
	bool can = false;
	int r;

	*n = 0;
	for (size_t i = swapadm_model_n_tiers(model); i-- > 0;) {
		const struct swapadm_tier *tier = swapadm_model_tier(model, i);
		const struct swapadm_conf_tier *wanted =
			conf ? swapadm_conf_find_tier(conf, tier->name) : NULL;

		can |= decide_tier(balance, tier, &tiers[i], out, n);
		can |= decide_recompress(balance, tier, &tiers[i],
					 wanted ? wanted->recompress_older_s : 0, out, n);
	}
	r = conf ? balance_decide_zswap(balance, conf, model, tiers, &out[*n]) : 0;
	*n += r == 2;
	return can || r ? 0 : nothing_can_be_done(balance->ctx, model, conf);
}

/* ---- doing it ---------------------------------------------------------------------- */

void balance_set_direct(struct swapadm_balance *balance,
			const struct swapadm_balance_decision *decision,
			struct swapadm_op *op)
{
	const struct balance_memory *m = recall_zram(balance, decision->device);

	op->service_why = decision->why; /* outlives the start of it */
	op->marked = decision->older_s && m && m->asked && !m->ages;
}

static bool stored_bytes(struct swapadm_ctx *ctx, const char *zram, uint64_t *bytes)
{
	struct swapadm_zram_stats st;

	if (swapadm_zram_get_stats(ctx, zram, &st) || !(st.known & SWAPADM_ZRAM_MM))
		return false;
	*bytes = st.compr_bytes;
	return true;
}

/*
 * a step that made nothing smaller was the last one for a while; the marks of a kernel
 * without ages are used up then
 */
static void after_recompress(struct swapadm_balance *balance,
			     const struct swapadm_balance_decision *d, bool smaller)
{
	struct balance_memory *m = recall_zram(balance, d->device);

	if (!m)
		return;
	m->recompressing = smaller;
	if (smaller)
		return;
	rest_recompress(m, d->older_s);
	zram_unmark(balance->ctx, d->device);
}

/* max_pages is unknown before 6.8, where one call does all of it */
static int recompress(struct swapadm_balance *balance,
		      const struct swapadm_balance_decision *d)
{
	const struct balance_memory *m = recall_zram(balance, d->device);
	struct swapadm_ctx *ctx = balance->ctx;
	uint64_t before = 0, after = 0;
	char path[96], text[64];
	int r = ctx_may_change(ctx, d->device);

	if (!r && m && m->ages) {
		snprintf(path, sizeof(path), "/sys/block/%.64s/idle", d->device);
		snprintf(text, sizeof(text), "%llu", (unsigned long long)d->older_s);
		r = ctx_write_line(ctx, path, text);
	}
	if (r)
		return ctx_fail(ctx, r, "%s: recompress: idle: %s", d->device,
				strerror(-r));
	stored_bytes(ctx, d->device, &before);
	snprintf(path, sizeof(path), "/sys/block/%.64s/recompress", d->device);
	snprintf(text, sizeof(text), "type=idle max_pages=%d", RECOMPRESS_PAGES);
	r = ctx_write_line(ctx, path, text);
	if (r == -EINVAL)
		r = ctx_write_line(ctx, path, "type=idle");
	if (r)
		return ctx_fail(ctx, r, "%s: recompress: %s", d->device, strerror(-r));
	if (stored_bytes(ctx, d->device, &after))
		balance->moved_bytes = u64_minus(before, after);
	after_recompress(balance, d, balance->moved_bytes != 0);
	return 0;
}

int balance_act_direct(struct swapadm_balance *balance, struct swapadm_model *model,
		       const struct swapadm_balance_decision *decision,
		       struct swapadm_job **out)
{
	switch (decision->kind) {
	case SWAPADM_BALANCE_MARK:
		return zram_mark(balance->ctx, decision->device);
	case SWAPADM_BALANCE_RECOMPRESS:
		return recompress(balance, decision);
	case SWAPADM_BALANCE_ZSWAP:
		return balance_act_zswap(balance, model, decision);
	default:
		return -EINVAL;
	}
}
