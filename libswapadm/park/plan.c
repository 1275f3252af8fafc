/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What park and wake would do: how much, where to or from, how long. */
#include "layer/redirect/ownmove.h"
#include "park/park.h"
#include "prefetch/devsample.h"
#include "usage/rules.h"

#define SAMPLE_NS UINT64_C(50000000)

/* ---- how long -------------------------------------------------------------------- */

static uint64_t speed_of(struct swapadm_ctx *ctx, const struct swapadm_device *dev,
			 uint64_t all_bytes)
{
	uint64_t bytes_per_s;

	/* an empty slot of a zram device shows nothing */
	if (dev->kind == SWAPADM_KIND_ZRAM || !dev->path ||
	    devsample_bandwidth(ctx, dev->path, 1, all_bytes, SAMPLE_NS, &bytes_per_s))
		return 0;
	return bytes_per_s;
}

/* of reading, the only thing that can be tried. 0: not known */
static uint64_t time_of(struct park *park, const char *tier_name, uint64_t bytes)
{
	const struct swapadm_model *model = park->pull.op->model;

	for (size_t t = 0; t < swapadm_model_n_tiers(model); t++) {
		const struct swapadm_tier *tier = swapadm_model_tier(model, t);
		uint64_t speed = 0;

		if (!streq(tier->name, tier_name))
			continue;
		for (size_t i = 0; !speed && i < tier->n_devices; i++)
			speed = speed_of(park->pull.ctx, tier->devices[i], bytes);
		return speed ? u64_of((double)bytes * 1e9 / (double)speed) : 0;
	}
	return 0;
}

/* ---- park ------------------------------------------------------------------------ */

static int add_shared(void *data, pid_t pid)
{
	struct park *park = data;
	struct proc_status st;

	if (paging_member_status(&park->pull, pid, &st))
		park->pull.op->plan.shared_bytes += st.shmem_bytes;
	return 0;
}

static bool is_leaf_tier(const struct swapadm_tier *tier)
{
	for (size_t i = 0; i < tier->n_devices; i++)
		if (!device_is_leaf(tier->devices[i]))
			return false;
	return tier->n_devices;
}

/*
 * The first tier with room gets the pages. The module moves them on from there; else no
 * other can be chosen.
 */
static int check_first(struct park *park, const struct swapadm_tier *tier)
{
	struct swapadm_op *op = park->pull.op;
	const char *first = op->plan.n_dests ? op->plan.dests[0].name : NULL;

	if (is_leaf_tier(tier)) {
		park->gathers = true;
		return !first || streq(first, tier->name) ? 0 : ownmove_check(op->ctx);
	}
	if (!first || streq(first, tier->name))
		return 0;
	return ctx_fail(
		op->ctx, -EPROTONOSUPPORT,
		"%s: park: the kernel fills %s first and nothing can direct these pages past it; leave out --to, or migrate them later",
		tier->name, first);
}

static uint64_t room_in(const struct swapadm_op_plan *plan, const char *tier)
{
	for (size_t i = 0; i < plan->n_dests; i++)
		if (streq(plan->dests[i].name, tier))
			return plan->dests[i].bytes;
	return 0;
}

static int refuse_forbidden(struct park *park, const char *tier)
{
	const struct paging_rule *rule = &park->pull.rule;
	struct swapadm_op *op = park->pull.op;
	_cleanup_free_ char *tiers = usage_rule_tiers(&rule->msg);
	int r = op_set_short(op, SWAPADM_LIMIT_RULE, park->pull.amount_bytes, rule->of);

	if (r || !tiers)
		return -ENOMEM;
	return op_refuse(
		op,
		"%s: park: --to %s: cgroup %s may use only tiers = %s; leave out --to, or add %s to its tiers in [cgroup], then `swapctl apply`",
		park->pull.source, tier, rule->of, tiers, tier);
}

static int check_dest(struct park *park)
{
	struct swapadm_op *op = park->pull.op;
	const struct swapadm_device *dev;
	const struct swapadm_tier *tier;
	const char *to = op->req.to;
	char wants[32], has[32];
	uint64_t room;
	int r;

	if (!to)
		return 0;
	r = swapadm_model_find(op->model, to, &tier, &dev);
	if (r)
		return r;
	if (dev || !tier)
		return ctx_fail(op->ctx, -EINVAL, "%s: park: is not a tier", to);
	if (paging_rule_forbids(&park->pull, tier->name))
		return refuse_forbidden(park, tier->name);
	r = check_first(park, tier);
	room = room_in(&op->plan, tier->name);
	if (r || !op->plan.n_dests || room >= park->pull.amount_bytes)
		return r;
	r = op_set_short(op, SWAPADM_LIMIT_DEST, park->pull.amount_bytes - room, to);
	return r ? r
		 : op_refuse(
			   op,
			   "%s: park: %s has room for %s of %s; leave out --to, or --force leaves the rest in other tiers",
			   park->pull.source, to, words_size(room, has, sizeof(has)),
			   words_size(park->pull.amount_bytes, wants, sizeof(wants)));
}

/*
 * How fast a device writes is not known before it does: only the rate that was asked for
 * says something.
 */
static void predict_park(struct park *park)
{
	struct swapadm_op_plan *plan = &park->pull.op->plan;
	uint64_t rate = park->pull.rate_bytes_per_s;
	const char *to = park->pull.op->req.to;

	if (!plan->n_dests)
		return;
	plan->back_ns = time_of(park, to ? to : plan->dests[0].name, plan->used_bytes);
	if (rate)
		plan->predicted_ns =
			u64_of((double)plan->used_bytes * 1e9 / (double)rate);
}

int park_make_plan(struct park *park)
{
	struct swapadm_op_plan *plan = &park->pull.op->plan;
	int r = park_choose_freezer(park);

	if (!r)
		r = paging_make_plan(&park->pull);
	if (!r)
		r = check_dest(park);
	if (r)
		return r;
	plan->freezer = park->rec.freezer;
	if (park->pull.pid)
		add_shared(park, park->pull.pid);
	else
		procs_each(park->pull.ctx, add_shared, park);
	predict_park(park);
	return 0;
}

/* ---- wake ------------------------------------------------------------------------ */

/* all tiers are read at the same time at best; one after another is what is sure */
static void predict_wake(struct park *park)
{
	struct swapadm_op_plan *plan = &park->pull.op->plan;

	for (size_t i = 0; i < plan->n_from; i++)
		plan->predicted_ns +=
			time_of(park, plan->from[i].name, plan->from[i].bytes);
	plan->back_ns = plan->predicted_ns;
}

/*
 * Pages that are being read are locked, and nothing of a frozen group can be pushed out
 * for them: reading up to its limit would call the OOM killer. What is not read comes
 * when it is needed.
 */
static void keep_below_limit(struct park *park)
{
	struct swapadm_op_plan *plan = &park->pull.op->plan;
	uint64_t *amount = &park->pull.amount_bytes;

	if (plan->refusal && park->pull.op->req.force)
		*amount = u64_minus(*amount, plan->short_bytes);
	if (plan->pushed_bytes || (plan->refusal && plan->limit == SWAPADM_LIMIT_CGROUP))
		*amount = u64_min(*amount, plan->cgroup_room_bytes / 2);
	plan->fits_bytes = *amount;
}

int wake_make_plan(struct park *park)
{
	struct paging *pull = &park->pull;
	struct swapadm_op_plan *plan = &pull->op->plan;
	int r;

	if (park->rec.pid && proc_namespace_is_own(pull->ctx) &&
	    !proc_has_threads(pull->ctx, park->rec.pid, park->rec.start_ticks))
		return ctx_fail(
			pull->ctx, -ESRCH,
			"%s: wake: it can't be seen from this pid namespace; run it on the host",
			pull->source);
	plan->source = pull->source;
	plan->comm = pull->pid ? pull->comm : NULL;
	plan->freezer = park->rec.freezer;
	plan->is_gone = parkrec_is_gone(pull->ctx, &park->rec);
	if (plan->is_gone)
		return 0;
	r = paging_make_plan(pull);
	if (r)
		return r;
	keep_below_limit(park);
	predict_wake(park);
	return 0;
}
