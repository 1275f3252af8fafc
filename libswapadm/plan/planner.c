/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "layer/direct/direct.h"
#include "plan/planner.h"

int planner_begin(struct swapadm_ctx *ctx, struct swapadm_conf *conf, unsigned flags,
		  const char *holder, struct planner *planner)
{
	int r;

	*planner = (struct planner){ .ctx = ctx, .conf = conf };
	r = plan_new(ctx, conf, flags, holder, &planner->plan);
	if (!r)
		r = check_load(ctx, &planner->check);
	if (!r)
		r = state_load(ctx, &planner->state);
	if (r)
		return r;
	planner->check.state = &planner->state;
	planner->claimed = calloc(planner->check.areas.n + 1, sizeof(bool));
	return planner->claimed ? 0 : ctx_fail(ctx, -ENOMEM, "plan: out of memory");
}

void planner_end(struct planner *planner)
{
	swapadm_plan_unref(planner->plan);
	check_done(&planner->check);
	state_free(&planner->state);
	redirect_state_free(&planner->redirect);
	free(planner->claimed);
}

int plan_refused(struct planner *planner, size_t n_units, const char *tier,
		 const char *object, int err)
{
	static const char action[] = ": add: ";
	struct plan_unit *unit;
	char *sentence, *cause;
	int r;

	sentence = strdup(planner->ctx->error);
	plan_cut(planner->plan, n_units);
	r = plan_new_unit(planner->plan, UNIT_REFUSED, tier, &unit);
	if (r || !sentence) {
		free(sentence);
		return r ? r : -ENOMEM;
	}
	unit->err = err;
	unit->sentence = sentence;
	cause = strstr(sentence, action);
	return plan_add_step(planner->plan, unit, SWAPADM_ACTION_WARN, object, 0, "%s",
			     cause ? cause + strlen(action) : sentence);
}

int plan_specs(struct planner *planner, const char *tier, int rank,
	       const struct swapadm_devspec *const *specs, size_t n)
{
	struct planned_tier planned;
	int r = tiers_resolve(planner, tier, rank, &planned);

	for (size_t i = 0; !r && i < n; i++)
		r = plan_device(planner, &planned, specs[i]);
	return r ? r : tiers_check_order(planner, planned.rank);
}

int direct_plan_add(struct swapadm_ctx *ctx, struct swapadm_conf *conf, const char *tier,
		    int rank, const struct swapadm_devspec *const *specs, size_t n,
		    unsigned flags, struct swapadm_plan **out)
{
	_cleanup_(planner_end) struct planner planner;
	char holder[64];
	int r;

	snprintf(holder, sizeof(holder), "add %.31s", tier);
	r = planner_begin(ctx, conf, flags, holder, &planner);
	if (!r)
		r = plan_specs(&planner, tier, rank, specs, n);
	if (r)
		return r;
	*out = steal_ptr(&planner.plan);
	return 0;
}
