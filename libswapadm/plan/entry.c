/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * add and apply. Both layers plan with the same code: on the redirect layer a device that
 * passed the same checks becomes a leaf of the tswap device instead of an area. Around
 * that come the tswap device itself, made at its final size, and its area, active as soon
 * as the first leaf is there. While devices are still missing the device is
 * overcommitted; that flag goes when the leaves cover its slots.
 */
#include "conf/conf.h"
#include "module/client.h"
#include "module/loading.h"
#include "plan/planner.h"

static bool wants_redirect(struct swapadm_ctx *ctx, struct swapadm_conf *conf)
{
	enum swapadm_layer layer = conf ? swapadm_conf_layer(conf) : SWAPADM_LAYER_AUTO;

	return layer == SWAPADM_LAYER_AUTO ? plan_has_tswap(ctx)
					   : layer == SWAPADM_LAYER_REDIRECT;
}

/* -EPROTONOSUPPORT: it can't be used, the sentence has cause and remedy */
static int find_module(struct swapadm_ctx *ctx, unsigned flags)
{
	_cleanup_(tswap_client_closep) struct tswap_client *client = NULL;
	int r = flags & SWAPADM_PLAN_LOAD && geteuid() == 0 ? tswap_load_module(ctx)
							    : tswap_find_module(ctx);

	return r || !tswap_loaded(ctx) ? r : tswap_client_open(ctx, &client);
}

/* of apply a part that is missing, of add a remark */
static int note_degraded(struct planner *planner, const char *why)
{
	struct swapadm_plan *plan = planner->plan;
	struct plan_unit *unit;
	int r = plan_new_unit(plan, UNIT_NOTE, NULL, &unit);

	plan->degraded = strdup(why);
	if (r || !plan->degraded)
		return r ? r : -ENOMEM;
	return plan_add_step(plan, unit, SWAPADM_ACTION_WARN, "redirect", 0,
			     "can't be used: %s; until then the direct layer", why);
}

static int begin(struct swapadm_ctx *ctx, struct swapadm_conf *conf, unsigned flags,
		 const char *holder, bool module, struct planner *planner)
{
	bool redirect = wants_redirect(ctx, conf);
	int found = redirect ? find_module(ctx, flags) : 0, r;
	char why[sizeof(ctx->error)];

	snprintf(why, sizeof(why), "%s", ctx->error);
	/* no other layer next to one that runs, also of a module of another version */
	if (found && (found != -EPROTONOSUPPORT || (conf && conf->no_fallback) ||
		      plan_has_tswap(ctx)))
		return found;
	r = planner_begin(ctx, conf, flags, holder, !found && (module || redirect),
			  planner);
	if (r || !redirect)
		return r;
	if (found)
		return note_degraded(planner, why);
	planner->plan->tswap.wanted = true;
	return plan_tswap_create(planner);
}

static int plan_specs(struct planner *planner, const char *tier, int rank,
		      const struct swapadm_devspec *const *specs, size_t n)
{
	struct planned_tier planned;
	int r = plan_tiers_settle(planner, tier, rank, specs, n, &planned);

	for (size_t i = 0; !r && i < n; i++) {
		_cleanup_(plan_name_done) struct plan_name name = { 0 };

		r = plan_name(planner, specs[i], &name);
		if (!r)
			r = plan_device(planner, &planned, &name.spec);
	}
	return r ? r : plan_tiers_check_order(planner, planned.rank, planned.slowness);
}

SWAPADM_API int swapadm_plan_add(struct swapadm_ctx *ctx, struct swapadm_conf *conf,
				 const char *tier, int rank,
				 const struct swapadm_devspec *const *specs, size_t n,
				 unsigned flags, struct swapadm_plan **out)
{
	CTX_CALL(ctx);
	_cleanup_(planner_end) struct planner planner = { 0 };
	char holder[64];
	int r;

	if (!ctx || !tier || (n && !specs) || !out || flags & ~PLAN_FLAGS)
		return -EINVAL;
	for (size_t i = 0; i < n; i++)
		if (!specs[i])
			return -EINVAL;
	snprintf(holder, sizeof(holder), "add %.31s", tier);
	r = begin(ctx, conf, flags, holder, false, &planner);
	if (!r)
		r = plan_specs(&planner, tier, rank, specs, n);
	if (!r && planner.plan->tswap.wanted)
		r = plan_tswap_cover(&planner, false);
	if (r)
		return r;
	*out = steal_ptr(&planner.plan);
	return 0;
}

static int apply_redirect(struct planner *planner)
{
	int r = plan_ranks(planner);

	if (!r)
		r = plan_configuration(planner);
	if (!r && planner->redirect.n_leaves)
		r = plan_tswap_area(
			planner); /* an interrupted run may have left it out */
	if (!r)
		r = plan_policies(planner);
	return r ? r : plan_tswap_cover(planner, true);
}

static int apply_direct(struct planner *planner)
{
	int r = plan_configuration(planner);

	return r ? r : plan_back_end(planner);
}

/* planning waits for nothing: swapadm_plan_run() does */
static int note_orphan(struct swapadm_plan *plan, const struct swapadm_progress *job)
{
	struct plan_unit *unit;
	int r = plan_new_unit(plan, UNIT_NOTE, NULL, &unit);

	plan->unsettled = true;
	return r ? r
		 : plan_add_step(
			   plan, unit, SWAPADM_ACTION_WARN, job->source, 0,
			   "swapoff(2) of job %s, which was killed, is still under way; apply waits for its end and then plans again",
			   job->id);
}

SWAPADM_API int swapadm_plan_apply(struct swapadm_ctx *ctx, struct swapadm_conf *conf,
				   unsigned flags, struct swapadm_plan **out)
{
	CTX_CALL(ctx);
	_cleanup_(planner_end) struct planner planner = { 0 };
	struct swapadm_progress job;
	bool orphan;
	int r;

	if (!ctx || !conf || !out || flags & ~PLAN_FLAGS)
		return -EINVAL;
	orphan = plan_find_orphan(ctx, &job); /* it may end before the areas are read */
	r = begin(ctx, conf, flags & ~SWAPADM_PLAN_FORMAT, "apply", true, &planner);
	if (!r && orphan)
		r = note_orphan(planner.plan, &job);
	if (!r)
		r = planner.plan->tswap.wanted ? apply_redirect(&planner)
					       : apply_direct(&planner);
	if (r)
		return r;
	planner.plan->go_on = true;
	*out = steal_ptr(&planner.plan);
	return 0;
}
