/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A plan is made without the lock, so another swapadm may do the same work before this
 * one takes it. What a unit is to make is looked up again under the lock.
 */
#include "plan/planner.h"
#include "plan/run.h"

/* does the unit's line of the configuration mean something active by now? */
static int line_is_active(struct planner *planner, const struct plan_unit *unit)
{
	size_t n = planner->conf ? swapadm_conf_n_tiers(planner->conf) : 0;
	bool done = false;

	for (size_t t = 0; !done && t < n; t++) {
		const struct swapadm_conf_tier *tier =
			swapadm_conf_tier(planner->conf, t);
		_cleanup_free_ struct match *matches =
			calloc(tier->n_devices + 1, sizeof(*matches));

		if (!matches)
			return ctx_fail(planner->ctx, -ENOMEM, "plan: out of memory");
		load_match(&planner->load, tier, matches);
		if (streq(tier->name, unit->tier))
			done = matches[unit->line].active || matches[unit->line].taken;
	}
	return done;
}

/* the device of another swapadm serves as well; the plan goes on with that */
static int tswap_is_there(const struct planner *planner, struct swapadm_plan *plan)
{
	if (!planner->plan->tswap.exists)
		return 0;
	plan->tswap.exists = true;
	plan->tswap.id = planner->plan->tswap.id;
	return 1;
}

/* of `add` the device's own check says that it is active, and a zram is another one */
bool run_makes_something(const struct swapadm_plan *plan, const struct plan_unit *unit)
{
	switch (unit->kind) {
	case UNIT_ZRAM:
	case UNIT_FILE:
	case UNIT_DEVICE:
		return unit->line >= 0;
	case UNIT_TSWAP:
		return !plan->tswap.exists;
	case UNIT_AREA:
		return true;
	default:
		return false;
	}
}

int run_is_done(struct swapadm_plan *plan, const struct plan_unit *unit)
{
	_cleanup_(planner_end) struct planner planner = { 0 };
	int r = planner_begin(plan->ctx, plan->conf, plan->flags, plan->holder,
			      plan->tswap.wanted, &planner);

	if (r)
		return r;
	if (unit->kind == UNIT_TSWAP)
		return tswap_is_there(&planner, plan);
	if (unit->kind == UNIT_AREA)
		return areas_find(&planner.check.areas, planner.tswap_path) != NULL;
	return line_is_active(&planner, unit);
}
