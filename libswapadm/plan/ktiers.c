/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * tiers of [cgroup] on the direct layer, where the kernel has tiers of its own: masks of
 * cgroups in debugfs (kernel/ktiers.h).
 *
 * The kernel's tier of one of ours is that of its priority. Its index is known only when
 * an area of it is active, so the mask is made when the step is run.
 */
#include "kernel/ktiers.h"
#include "plan/planner.h"
#include "plan/record.h"
#include "plan/run.h"

#define EVALUATION "in debugfs, for evaluation only"

/* the mask of the tiers that are there now; all for a cgroup without tiers */
static uint32_t mask_of(const struct ktiers *tiers, const struct plan_unit *unit)
{
	uint32_t mask = 0;

	if (!unit->mask.n)
		return ktiers_all(tiers);
	for (size_t i = 0; i < unit->mask.n; i++) {
		int index = ktiers_index(tiers, unit->mask.prios[i]);

		if (index >= 0)
			mask |= UINT32_C(1) << index;
	}
	return mask;
}

static int check_kind(struct planner *planner, const char *folder,
		      const struct swapadm_conf_cgroup *cgroup)
{
	bool limits = false;

	for (size_t i = 0; i < cgroup->n_tiers; i++)
		limits |= cgroup->tiers[i].max.unit != SWAPADM_SIZE_NONE;
	if (limits || cgroup->tiers_prefer)
		return ctx_fail(
			planner->ctx, -EPROTONOSUPPORT,
			"%s: set tiers: the kernel's own tiers know no %s; take it out, or set layer = redirect in [swapadm]",
			folder, limits ? "tier-max" : "tiers-mode = prefer");
	return 0;
}

static int fill_prios(struct planner *planner, const char *folder,
		      const struct swapadm_conf_cgroup *cgroup, struct plan_unit *unit)
{
	for (size_t i = 0; i < cgroup->n_tiers; i++) {
		const struct swapadm_conf_tier *tier =
			swapadm_conf_find_tier(planner->conf, cgroup->tiers[i].tier);

		if (!tier || i == ARRAY_SIZE(unit->mask.prios))
			return ctx_fail(planner->ctx, -ENOENT,
					"%s: set tiers: %s: no such tier", folder,
					cgroup->tiers[i].tier);
		unit->mask.prios[unit->mask.n++] = swapadm_rank_to_prio(tier->rank);
	}
	return 0;
}

static void print_tiers(const struct swapadm_conf_cgroup *cgroup, char *buf, size_t size)
{
	size_t len = 0;

	for (size_t i = 0; i < cgroup->n_tiers && len < size; i++)
		len += (size_t)snprintf(buf + len, size - len, "%s%s", i ? ", " : "",
					cgroup->tiers[i].tier);
}

static int add_unit(struct planner *planner, const char *folder,
		    const struct swapadm_conf_cgroup *cgroup,
		    const struct plan_unit *want)
{
	char text[1024] = "all";
	struct plan_unit *unit;
	int r = plan_new_unit(planner->plan, UNIT_MASK, NULL, &unit);

	if (r)
		return r;
	unit->mask = want->mask;
	unit->path = strdup(folder);
	unit->mask.cgroup = strdup(cgroup->path);
	if (!unit->path || !unit->mask.cgroup)
		return ctx_fail(planner->ctx, -ENOMEM, "%s: plan: %s", folder,
				strerror(ENOMEM));
	print_tiers(cgroup, text, sizeof(text));
	return plan_add_step(planner->plan, unit, SWAPADM_ACTION_SET, NULL, 0,
			     "tiers = %s, by the kernel's own tiers (" EVALUATION ")",
			     text);
}

int plan_mask(struct planner *planner, const char *folder,
	      const struct swapadm_conf_cgroup *cgroup)
{
	_cleanup_(ktier_masks_free) struct ktier_masks masks = { 0 };
	const struct ktier_mask *now;
	struct plan_unit want = { 0 };
	struct ktiers tiers;
	int r = ktiers_load(planner->ctx, &tiers);

	if (!r)
		r = ktier_masks_load(planner->ctx, &masks);
	if (r && !cgroup->n_tiers)
		return 0;
	if (r)
		return ctx_fail(
			planner->ctx, -EPROTONOSUPPORT,
			"%s: set tiers: rules need cgroup v2 and the redirect layer; set layer = redirect in [swapadm], or take tiers out of its [cgroup]",
			folder);
	r = check_kind(planner, folder, cgroup);
	if (!r)
		r = fill_prios(planner, folder, cgroup, &want);
	if (r)
		return r;
	now = ktier_masks_find(&masks, cgroup->path);
	/* a tier without an active area has no index yet: the step finds it then */
	if (!cgroup->n_tiers ? !now : now && now->mask == mask_of(&tiers, &want))
		return 0;
	return add_unit(planner, folder, cgroup, &want);
}

int run_mask_step(struct swapadm_plan *plan, struct plan_step *step, int *lock)
{
	const struct plan_unit *unit = step->unit;
	struct ktiers tiers;
	uint32_t mask;
	int r = plan_take_lock(plan, lock);

	if (r)
		return r;
	r = ktiers_load(plan->ctx, &tiers);
	if (r)
		return ctx_fail(plan->ctx, r, "%s: set tiers: " KTIERS_TIERS ": %s",
				unit->path, strerror(-r));
	mask = mask_of(&tiers, unit);
	if (!mask)
		return ctx_fail(plan->ctx, -ENODEV,
				"%s: set tiers: no area of them is active", unit->path);
	r = ktier_mask_set(plan->ctx, unit->mask.cgroup, mask);
	return r ? ctx_fail(plan->ctx, r, "%s: set tiers: " KTIERS_MASKS ": %s",
			    unit->path, strerror(-r))
		 : 0;
}
