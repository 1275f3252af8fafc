/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * --persist for a device that is in use and stays: its line of the drop-in, in the place
 * of the one that means it now.
 */
#include "conf/devspec.h"
#include "conf/persist.h"
#include "plan/planner.h"
#include "plan/run.h"

/* the line of its tier that means @active; NULL: none */
static const struct swapadm_devspec *find_line(struct planner *planner, const char *name,
					       const struct active *active)
{
	const struct swapadm_conf_tier *tier =
		planner->conf ? swapadm_conf_find_tier(planner->conf, name) : NULL;
	_cleanup_free_ struct match *matches =
		tier ? calloc(tier->n_devices + 1, sizeof(*matches)) : NULL;

	if (!matches)
		return NULL;
	load_match(&planner->load, tier, matches);
	for (size_t i = 0; i < tier->n_devices; i++)
		if (matches[i].active == active)
			return tier->devices[i];
	return NULL;
}

int plan_drop_in(struct planner *planner, const struct planned_tier *tier,
		 const struct active *active, const struct swapadm_devspec *spec)
{
	const struct swapadm_devspec *line;
	_cleanup_free_ char *now = NULL, *text = NULL;
	struct plan_unit *unit;
	int r = 0;

	if (!(planner->plan->flags & SWAPADM_PLAN_PERSIST))
		return 0;
	line = find_line(planner, tier->name, active);
	if (devspec_print(spec, &text) || (line && devspec_print(line, &now)))
		return ctx_fail(planner->ctx, -ENOMEM, "%s: plan: memory is short",
				spec->word);
	if (now && streq(now, text))
		return 0;
	r = plan_new_device(planner->plan, UNIT_LINE, tier, spec, &unit);
	if (r)
		return r;
	unit->new_rank = tier->record ? tier->rank : SWAPADM_RANK_NONE;
	unit->replaces = steal_ptr(&now);
	r = unit->replaces
		    ? persist_remove_check(planner->ctx, tier->name, unit->replaces, text)
		    : persist_add_check(planner->ctx, tier->name, unit->new_rank, text);
	return r ? r
		 : plan_add_step(planner->plan, unit, SWAPADM_ACTION_SET, PERSIST_FILE, 0,
				 "device = %s", text);
}

int run_drop_in(struct swapadm_plan *plan, struct plan_unit *unit)
{
	int r = unit->replaces ? persist_change(plan->ctx, unit->tier, unit->new_rank,
						unit->spec_text, unit->replaces)
			       : persist_add(plan->ctx, unit->tier, unit->new_rank,
					     unit->spec_text);

	return r < 0 ? r : 0;
}
