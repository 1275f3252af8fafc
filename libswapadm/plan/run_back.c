/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The steps of the way back to the direct layer. */
#include "device/activate.h"
#include "layer/redirect/leaf.h"
#include "layer/redirect/redirect.h"
#include "plan/planner.h"
#include "plan/record.h"
#include "plan/run.h"

static int leave(struct swapadm_plan *plan, const struct plan_unit *unit)
{
	const struct model_device leaf = {
		.pub.path = unit->path,
		.leaf_id = unit->leaf.id,
		.tswap_id = plan->tswap.id,
	};
	char why[sizeof(plan->ctx->error)];
	int r = redirect_leaf_delete(plan->ctx, &leaf);

	if (!r)
		return 0;
	snprintf(why, sizeof(why), "%s", plan->ctx->error);
	if (unit->leaf.uncordon)
		redirect_leaf_set_state(plan->ctx, &leaf, TSWAP_LEAF_ACTIVE, "uncordon");
	return ctx_fail(plan->ctx, r, "%s; it is a leaf as before", why);
}

static int make_area(struct swapadm_plan *plan, struct plan_unit *unit, int *lock)
{
	char why[sizeof(plan->ctx->error)];
	int r = plan_take_lock(plan, lock);
	bool left;

	if (!r && unit->leaf.id)
		r = leave(plan, unit);
	left = !r && unit->leaf.id;
	if (!r)
		r = plan_retake(plan, unit, lock);
	if (!r)
		r = activate(plan->ctx, unit->target, unit->prio, unit->spec->discard);
	if (!r || !left)
		return r;
	snprintf(why, sizeof(why), "%s", plan->ctx->error);
	return ctx_fail(plan->ctx, r, "%s; it is not a leaf any more, and not active now",
			why);
}

int run_back_step(struct swapadm_plan *plan, struct plan_step *step, int *lock)
{
	struct plan_unit *unit = step->unit;
	int r;

	switch (step->pub.action) {
	case SWAPADM_ACTION_DRAIN:
		return plan_drain(plan->ctx, plan->conf, unit->path, plan->flags);
	case SWAPADM_ACTION_ACTIVATE:
		return make_area(plan, unit, lock);
	case SWAPADM_ACTION_DETACH:
		r = plan_take_lock(plan, lock);
		return r ? r : redirect_delete(plan->ctx, unit->path);
	default:
		return 0;
	}
}
