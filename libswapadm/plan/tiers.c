/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/planner.h"

#include <fcntl.h>

#include "base/quote.h"

static const struct swapadm_conf_tier *conf_tier(const struct planner *planner,
						 const char *name)
{
	return planner->conf ? swapadm_conf_find_tier(planner->conf, name) : NULL;
}

/* a tier of the state counts while one of its devices is an active area */
static bool tier_is_live(const struct planner *planner, const char *name)
{
	for (size_t i = 0; i < planner->load.state.n_devices; i++) {
		const struct state_device *dev = &planner->load.state.devices[i];

		if (streq(dev->tier, name) && load_of_record(&planner->load, dev))
			return true;
	}
	return false;
}

/* one that is not active is there still: it can be attached again, and has its rank */
static bool tier_is_drained(const struct planner *planner, const char *name)
{
	for (size_t i = 0; i < planner->load.state.n_devices; i++) {
		const struct state_device *dev = &planner->load.state.devices[i];
		_cleanup_close_ int fd = -1;

		if (!streq(dev->tier, name))
			continue;
		fd = ctx_open(planner->ctx, dev->path, O_PATH);
		if (fd >= 0)
			return true;
	}
	return false;
}

/* the one that it has, and that no --rank changes */
static int known_rank(const struct planner *planner, const char *name)
{
	const struct swapadm_conf_tier *tier = conf_tier(planner, name);
	const struct state_tier *kept = state_find_tier(&planner->load.state, name);

	if (tier)
		return tier->rank;
	if (kept && tier_is_live(planner, name))
		return kept->rank;
	return SWAPADM_RANK_NONE;
}

/* other tiers go before or behind it */
static int counted_rank(const struct planner *planner, const char *name)
{
	const struct state_tier *kept = state_find_tier(&planner->load.state, name);
	int rank = known_rank(planner, name);

	return rank == SWAPADM_RANK_NONE && kept && tier_is_drained(planner, name)
		       ? kept->rank
		       : rank;
}

/* fastest and slowest rank that counts; false: no tier is known */
static bool rank_range(const struct planner *planner, int *min, int *max)
{
	size_t n_conf = planner->conf ? swapadm_conf_n_tiers(planner->conf) : 0;
	bool found = false;

	*min = SWAPADM_RANK_MAX + 1;
	*max = -1;
	for (size_t i = 0; i < n_conf + planner->load.state.n_tiers; i++) {
		const char *name = i < n_conf
					   ? swapadm_conf_tier(planner->conf, i)->name
					   : planner->load.state.tiers[i - n_conf].name;
		int rank = counted_rank(planner, name);

		if (rank == SWAPADM_RANK_NONE)
			continue;
		*min = rank < *min ? rank : *min;
		*max = rank > *max ? rank : *max;
		found = true;
	}
	return found;
}

/* @except: a tier that is not looked at, or NULL */
static bool rank_is_known(const struct planner *planner, int rank, const char *except)
{
	size_t n_conf = planner->conf ? swapadm_conf_n_tiers(planner->conf) : 0;

	for (size_t i = 0; i < n_conf + planner->load.state.n_tiers; i++) {
		const char *name = i < n_conf
					   ? swapadm_conf_tier(planner->conf, i)->name
					   : planner->load.state.tiers[i - n_conf].name;

		if (!streq_null(except, name) && counted_rank(planner, name) == rank)
			return true;
	}
	return false;
}

/* the rank that a tier had before its devices were drained, if no other has it by now */
static int kept_rank(const struct planner *planner, const char *name)
{
	const struct state_tier *kept = state_find_tier(&planner->load.state, name);

	return kept && !rank_is_known(planner, kept->rank, name) ? kept->rank
								 : SWAPADM_RANK_NONE;
}

static int check_name(struct swapadm_ctx *ctx, const char *name, unsigned flags)
{
	if (tier_is_selftest(name))
		return flags & SWAPADM_PLAN_SELFTEST
			       ? 0
			       : ctx_fail(
					 ctx, -EINVAL,
					 "%s: tier: the self-test removes what is in a tier of that name; choose another",
					 name);
	if (str_after(name, "auto-"))
		return ctx_fail(
			ctx, -EINVAL,
			"%s: tier: names that begin with auto- stand for areas that were found; choose another",
			name);
	if (!swapadm_tier_name_valid(name))
		return ctx_fail(
			ctx, -EINVAL,
			"%s: tier: the name must be a-z, then a-z 0-9 _ -, at most 31 characters, and not memory, zram, all, backing or selftest",
			name);
	return 0;
}

static int rank_after_slowest(struct planner *planner, const char *name, int *rank)
{
	int min, max;

	*rank = rank_range(planner, &min, &max) ? max + 1 : 0;
	/* behind the last rank there is nothing: the next one that is free before it */
	if (*rank > SWAPADM_RANK_MAX)
		while (--*rank >= 0 && rank_is_known(planner, *rank, NULL))
			;
	if (*rank >= 0)
		return 0;
	return ctx_fail(
		planner->ctx, -EINVAL,
		"%s: tier: each of the ranks 0 to %d has a tier; name one of those tiers",
		name, SWAPADM_RANK_MAX);
}

int plan_tiers_resolve(struct planner *planner, const char *name, int rank,
		       struct planned_tier *out)
{
	int known, r = check_name(planner->ctx, name, planner->plan->flags);

	if (r)
		return r;
	if (rank != SWAPADM_RANK_NONE && (rank < 0 || rank > SWAPADM_RANK_MAX))
		return ctx_fail(planner->ctx, -EINVAL,
				"%s: rank %d: ranks go from 0 (fastest) to %d", name,
				rank, SWAPADM_RANK_MAX);
	known = known_rank(planner, name);
	if (known != SWAPADM_RANK_NONE && rank != SWAPADM_RANK_NONE && rank != known)
		return ctx_fail(
			planner->ctx, -EEXIST,
			"%s: rank %d: the tier has rank %d already; leave --rank out, or change the configuration and apply it with --rerank",
			name, rank, known);
	if (known != SWAPADM_RANK_NONE)
		rank = known;
	else if (rank == SWAPADM_RANK_NONE)
		rank = kept_rank(planner, name);
	if (rank == SWAPADM_RANK_NONE) {
		r = rank_after_slowest(planner, name, &rank);
		if (r)
			return r;
	}
	*out = (struct planned_tier){
		.name = name,
		.rank = rank,
		.record = !conf_tier(planner, name),
	};
	return 0;
}

/* ---- areas that are not ours ---------------------------------------------------- */

static bool is_others(struct planner *planner, const struct active *active)
{
	return !active->leaf && !active->claimed && !active->record &&
	       !load_is_named(&planner->load, active);
}

/* zram and RAM disks are memory; of what is not known nothing is said */
static int slowness(enum swapadm_kind kind)
{
	switch (kind) {
	case SWAPADM_KIND_ZRAM:
	case SWAPADM_KIND_MEMORY:
		return 1;
	case SWAPADM_KIND_SSD:
		return 2;
	case SWAPADM_KIND_HDD:
		return 3;
	case SWAPADM_KIND_NETWORK:
		return 4;
	default:
		return 0;
	}
}

/* of the new devices; 0: of none it is known */
struct speeds {
	int fastest, slowest;
};

static int speeds_of(struct planner *planner, const struct swapadm_devspec *const *specs,
		     size_t n, struct speeds *out)
{
	struct model_device *dev;
	int r = 0;

	*out = (struct speeds){ 0 };
	for (size_t i = 0; !r && i < n; i++) {
		int slow;

		r = load_inactive(&planner->load, specs[i], &dev);
		slow = r ? 0 : slowness(dev->pub.kind);
		if (slow > out->slowest)
			out->slowest = slow;
		if (slow && (!out->fastest || slow < out->fastest))
			out->fastest = slow;
	}
	return r;
}

static int warn_faster(struct planner *planner, const char *name, int prio,
		       const struct swapadm_device *area)
{
	_cleanup_(quoted_free) struct quoted q = { 0 };
	const char *path = quote_word(&q, area->path);
	struct plan_unit *unit;
	int r = plan_new_unit(planner->plan, UNIT_NOTE, name, &unit);

	if (r)
		return r;
	unit->prio = area->prio;
	return plan_add_step(
		planner->plan, unit, SWAPADM_ACTION_WARN, area->path, 0,
		"is faster, but has a lower priority than tier %s (%d) and is filled after it; "
		"drain it and activate it again with a higher priority (`swapctl drain %s && swapon -p %d %s`)",
		name, prio, path, prio < 32000 ? prio + 1 : 32767, path);
}

/* the rank that was not asked for is behind something slower: once is enough */
static int warn_slower(struct planner *planner, const struct planned_tier *tier,
		       int fastest)
{
	int prio = swapadm_rank_to_prio(tier->rank);
	struct plan_unit *unit;
	int r;

	for (size_t i = 0; i < planner->load.n_active; i++) {
		const struct swapadm_device *area = &planner->load.active[i].dev->pub;

		if (!fastest || slowness(area->kind) <= fastest || area->prio <= prio)
			continue;
		r = plan_new_unit(planner->plan, UNIT_NOTE, tier->name, &unit);
		if (r)
			return r;
		unit->prio = area->prio;
		return plan_add_step(
			planner->plan, unit, SWAPADM_ACTION_WARN, area->path, 0,
			"is slower, but is filled before tier %s (%d); give a --rank before it, or change the ranks in the configuration and use `swapctl apply --rerank`",
			tier->name, prio);
	}
	return 0;
}

/*
 * the fastest rank whose priority is below @prio; above SWAPADM_RANK_MAX: there is none
 */
static int rank_below(int prio)
{
	int rank = 0;

	while (rank <= SWAPADM_RANK_MAX && swapadm_rank_to_prio(rank) >= prio)
		rank++;
	return rank;
}

int plan_tiers_settle(struct planner *planner, const char *name, int rank,
		      const struct swapadm_devspec *const *specs, size_t n,
		      struct planned_tier *out)
{
	bool chosen = rank == SWAPADM_RANK_NONE &&
		      known_rank(planner, name) == SWAPADM_RANK_NONE &&
		      kept_rank(planner, name) == SWAPADM_RANK_NONE;
	/* the priority of the tswap area is not that of its tiers */
	bool open = chosen && !planner->plan->tswap.wanted;
	int r = plan_tiers_resolve(planner, name, rank, out);
	struct speeds new;

	if (!r)
		r = speeds_of(planner, specs, n, &new);
	if (!r) {
		out->slowness = new.slowest;
		out->open = open;
	}
	for (size_t i = 0; !r && i < planner->load.n_active; i++) {
		const struct active *active = &planner->load.active[i];
		const struct swapadm_device *area = &active->dev->pub;
		int behind = rank_below(area->prio);

		if (!slowness(area->kind) || slowness(area->kind) >= new.slowest ||
		    !is_others(planner, active) || out->rank >= behind)
			continue;
		if (open && behind <= SWAPADM_RANK_MAX)
			out->rank = behind;
		else
			r = warn_faster(planner, name, swapadm_rank_to_prio(out->rank),
					area);
	}
	return !r && chosen ? warn_slower(planner, out, new.fastest) : r;
}

static int warn_between(struct planner *planner, const struct swapadm_device *area)
{
	_cleanup_(quoted_free) struct quoted q = { 0 };
	const char *path = quote_word(&q, area->path);
	struct plan_unit *unit;
	int r = plan_new_unit(planner->plan, UNIT_NOTE, NULL, &unit);

	if (r)
		return r;
	unit->prio = area->prio;
	return plan_add_step(
		planner->plan, unit, SWAPADM_ACTION_WARN, area->path, 0,
		"is not in any tier, but its priority makes the kernel fill it before or together with one; name it in a tier of the configuration and use `swapctl apply --rerank`, or give it a lower priority (`swapctl drain %s && swapon -p 0 %s`)",
		path, path);
}

int plan_tiers_check_order(struct planner *planner, int rank, int slowest)
{
	_cleanup_(quoted_free) struct quoted q = { 0 };
	const char *path;
	int min = rank, max = rank, known_min, known_max, fastest_prio, slowest_prio;

	if (rank_range(planner, &known_min, &known_max)) {
		min = known_min < min ? known_min : min;
		max = known_max > max ? known_max : max;
	}
	fastest_prio = swapadm_rank_to_prio(min);
	slowest_prio = swapadm_rank_to_prio(max);
	for (size_t i = 0; i < planner->load.n_active; i++) {
		const struct active *active = &planner->load.active[i];
		const struct swapadm_device *area = &active->dev->pub;
		int r;

		/* first the cheap question: the other one may look at every disk */
		if (area->prio < slowest_prio || !is_others(planner, active) ||
		    (slowness(area->kind) && slowness(area->kind) < slowest))
			continue;
		path = quote_word(&q, area->path);
		if (area->prio > fastest_prio)
			return ctx_fail(
				planner->ctx, -EPROTONOSUPPORT,
				"%s: order of tiers: this area belongs to no tier and its priority %d puts it before the fastest one (%d); "
				"deactivate it (`swapctl drain %s`), or after that activate it again with a lower priority (`swapon -p 0 %s`)",
				area->path, area->prio, fastest_prio, path, path);
		r = warn_between(planner, area);
		if (r)
			return r;
	}
	return 0;
}
