/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Ranks and policies of the tiers that the module has already.
 *
 * They are changed while the tiers are in use. No two tiers may have the same rank, so
 * the changes come in an order in which each finds its rank free; where tiers change
 * places, one of them goes to a spare rank for that moment.
 */
#include "plan/planner.h"

#include <linux/tswap.h>

struct rank_change {
	const struct tswap_tier_msg *tier;
	uint32_t wanted;
};

static const struct tswap_tier_msg *find_tier(const struct planner *planner,
					      const char *name)
{
	for (size_t i = 0; i < planner->redirect.n_tiers; i++)
		if (streq(planner->redirect.tiers[i].name, name))
			return &planner->redirect.tiers[i];
	return NULL;
}

/* ---- ranks ----------------------------------------------------------------------- */

/* the tier with that rank, by the planned ones; NULL: free */
static struct rank_change *holder_of(struct rank_change *changes, const uint32_t *now,
				     size_t n, uint32_t rank)
{
	for (size_t i = 0; i < n; i++)
		if (now[i] == rank)
			return &changes[i];
	return NULL;
}

static bool is_wanted(const struct rank_change *changes, size_t n, uint32_t rank)
{
	for (size_t i = 0; i < n; i++)
		if (changes[i].wanted == rank)
			return true;
	return false;
}

/* the slowest rank that no tier has or wants */
static uint32_t spare_rank(struct rank_change *changes, const uint32_t *now, size_t n)
{
	uint32_t rank = TSWAP_RANK_MAX;

	while (rank && (holder_of(changes, now, n, rank) || is_wanted(changes, n, rank)))
		rank--;
	return rank;
}

static int plan_rank(struct planner *planner, const struct rank_change *change,
		     uint32_t from, uint32_t to)
{
	const char *name = change->tier->name;
	struct plan_unit *unit;
	int r = plan_new_unit(planner->plan, UNIT_TIER, name, &unit);

	if (r)
		return r;
	unit->rank = (int)to;
	unit->policy.set_rank = true;
	return plan_add_step(planner->plan, unit, SWAPADM_ACTION_SET, name, 0,
			     to == change->wanted ? "rank %u becomes %u, while in use"
						  : "rank %u becomes %u for a moment",
			     from, to);
}

/* a tier whose rank is free, else any that has not got its rank; n: all have it */
static size_t next_change(struct rank_change *changes, const uint32_t *now, size_t n)
{
	size_t blocked = n;

	for (size_t i = 0; i < n; i++) {
		if (now[i] == changes[i].wanted)
			continue;
		if (!holder_of(changes, now, n, changes[i].wanted))
			return i;
		blocked = i;
	}
	return blocked;
}

static int plan_changes(struct planner *planner, struct rank_change *changes,
			uint32_t *now, size_t n)
{
	size_t i;
	int r = 0;

	while (!r && (i = next_change(changes, now, n)) < n) {
		uint32_t to = changes[i].wanted;

		if (holder_of(changes, now, n, to))
			to = spare_rank(changes, now, n);
		r = plan_rank(planner, &changes[i], now[i], to);
		now[i] = to;
	}
	return r;
}

/* does a file give that rank to a tier? */
static bool is_named(const struct swapadm_conf *conf, uint32_t rank)
{
	for (size_t i = 0; i < swapadm_conf_n_tiers(conf); i++)
		if (swapadm_conf_tier(conf, i)->rank == (int)rank)
			return true;
	return false;
}

/* the slowest rank that a tier has or is to have */
static uint32_t slowest_rank(const struct planner *planner)
{
	uint32_t slowest = 0;

	for (size_t i = 0; i < swapadm_conf_n_tiers(planner->conf); i++)
		if (swapadm_conf_tier(planner->conf, i)->rank > (int)slowest)
			slowest = (uint32_t)swapadm_conf_tier(planner->conf, i)->rank;
	for (size_t i = 0; i < planner->redirect.n_tiers; i++)
		if (planner->redirect.tiers[i].rank > slowest)
			slowest = planner->redirect.tiers[i].rank;
	return slowest;
}

/*
 * What each tier is to have: the rank of the files; a tier that no file names keeps its
 * own, unless that is given to another now: then it comes behind all of them.
 */
static void find_wanted(struct planner *planner, struct rank_change *changes, size_t n)
{
	uint32_t slowest = slowest_rank(planner);

	for (size_t i = 0; i < n; i++) {
		const struct tswap_tier_msg *tier = &planner->redirect.tiers[i];
		const struct swapadm_conf_tier *conf =
			swapadm_conf_find_tier(planner->conf, tier->name);

		changes[i] = (struct rank_change){ tier, tier->rank };
		if (conf)
			changes[i].wanted = (uint32_t)conf->rank;
		else if (is_named(planner->conf, tier->rank))
			changes[i].wanted = ++slowest;
	}
}

/* on the direct layer tiers may share a rank, here the module knows one tier a rank */
static int check_distinct(struct planner *planner)
{
	const struct swapadm_conf *conf = planner->conf;

	for (size_t i = 0; i < swapadm_conf_n_tiers(conf); i++)
		for (size_t j = 0; j < i; j++) {
			const struct swapadm_conf_tier *a = swapadm_conf_tier(conf, j);
			const struct swapadm_conf_tier *b = swapadm_conf_tier(conf, i);

			if (a->rank == b->rank)
				return ctx_fail(
					planner->ctx, -EINVAL,
					"%s: apply: rank %d is that of tier %s too; on the redirect layer each tier needs a rank of its own",
					b->name, b->rank, a->name);
		}
	return 0;
}

int plan_ranks(struct planner *planner)
{
	size_t n = planner->redirect.n_tiers;
	_cleanup_free_ struct rank_change *changes = calloc(n + 1, sizeof(*changes));
	_cleanup_free_ uint32_t *now = calloc(n + 1, sizeof(*now));
	int r = check_distinct(planner);

	if (r)
		return r;
	if (!changes || !now)
		return ctx_fail(planner->ctx, -ENOMEM, "plan: out of memory");
	for (size_t i = 0; i < n; i++)
		now[i] = planner->redirect.tiers[i].rank;
	find_wanted(planner, changes, n);
	return plan_changes(planner, changes, now, n);
}

/* ---- policies -------------------------------------------------------------------- */

static int plan_policy(struct planner *planner, const struct swapadm_conf_tier *conf)
{
	const struct tswap_tier_msg *tier = find_tier(planner, conf->name);
	enum swapadm_on_swapin now = SWAPADM_ON_SWAPIN_KEEP;
	struct plan_unit *unit;
	int r;

	if (tier && tier->on_swapin == TSWAP_ON_SWAPIN_FREE)
		now = SWAPADM_ON_SWAPIN_FREE;
	if (now == conf->on_swapin)
		return 0;
	r = plan_new_unit(planner->plan, UNIT_TIER, conf->name, &unit);
	if (r)
		return r;
	unit->policy.on_swapin = conf->on_swapin;
	return plan_add_step(planner->plan, unit, SWAPADM_ACTION_SET, conf->name, 0,
			     "on-swapin = %s",
			     conf->on_swapin == SWAPADM_ON_SWAPIN_FREE ? "free" : "keep");
}

int plan_policies(struct planner *planner)
{
	int r = 0;

	for (size_t i = 0; !r && i < swapadm_conf_n_tiers(planner->conf); i++)
		r = plan_policy(planner, swapadm_conf_tier(planner->conf, i));
	return r;
}
