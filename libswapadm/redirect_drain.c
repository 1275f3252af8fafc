/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Drains of leaves: the kernel moves the pages from leaf to leaf, so no memory is needed,
 * only room on the other leaves, and the job is the kernel's.
 */
#include "drain.h"
#include "jobrun.h"
#include "redirect.h"
#include "redirect_job.h"
#include "redirect_leaf.h"

static const struct model_device *as_leaf(const struct swapadm_device *dev)
{
	return (const struct model_device *)dev; /* .pub is its first member */
}

static bool is_leaf(const struct swapadm_device *dev)
{
	return as_leaf(dev)->leaf_id != 0;
}

/* room for pages that come from elsewhere */
static uint64_t tier_room(const struct swapadm_drain *drain,
			  const struct swapadm_tier *tier)
{
	uint64_t room = 0;

	for (size_t i = 0; i < tier->n_devices; i++) {
		const struct swapadm_device *dev = tier->devices[i];

		if (!is_leaf(dev) || drain_has_device(drain, dev) ||
		    dev->state != SWAPADM_STATE_ACTIVE)
			continue;
		if (dev->usage.size_bytes > dev->usage.used_bytes)
			room += dev->usage.size_bytes - dev->usage.used_bytes;
	}
	return room;
}

static int add_dest(struct swapadm_drain *drain, const struct swapadm_tier *tier,
		    uint64_t *room)
{
	struct swapadm_drain_plan *plan = &drain->plan;
	uint64_t bytes = tier_room(drain, tier);

	if (!bytes)
		return 0;
	if (!array_grow(&drain->dests, plan->n_dests))
		return -ENOMEM;
	drain->dests[plan->n_dests++] = (struct swapadm_drain_dest){ tier->name, bytes };
	plan->dests = drain->dests;
	*room += bytes;
	return 0;
}

static size_t index_of(const struct swapadm_model *model, const char *tier)
{
	size_t i = 0;

	while (i < swapadm_model_n_tiers(model) &&
	       !streq(swapadm_model_tier(model, i)->name, tier))
		i++;
	return i;
}

/* the module's own order: siblings, slower tiers, faster ones from the slowest on */
static int plan_default(struct swapadm_drain *drain, uint64_t *room)
{
	const struct swapadm_model *model = drain->model;
	size_t own = index_of(model, drain->plan.devices[0]->tier);
	size_t n = swapadm_model_n_tiers(model);
	int r = 0;

	for (size_t i = own; !r && i < n; i++)
		r = add_dest(drain, swapadm_model_tier(model, i), room);
	for (size_t i = own; !r && i-- > 0;)
		r = add_dest(drain, swapadm_model_tier(model, i), room);
	return r;
}

static int plan_to_tier(struct swapadm_drain *drain, uint64_t *room)
{
	const struct swapadm_device *dev = NULL;
	const struct swapadm_tier *tier = NULL;
	const char *to = drain->req.to;

	if (streq(to, "memory"))
		return ctx_fail(
			drain->ctx, -EPROTONOSUPPORT,
			"%s: %s: to memory: on the redirect layer that is only possible "
			"for the whole layer; see `remove` of the tswap device",
			drain->req.source, drain->verb);
	if (swapadm_model_find(drain->model, to, &tier, &dev) || !tier)
		return ctx_fail(drain->ctx, -EINVAL,
				"%s: %s: to %s: no such tier; see `swapctl list`",
				drain->req.source, drain->verb, to);
	if (streq(to, drain->req.source))
		return ctx_fail(drain->ctx, -EINVAL,
				"%s: %s: to %s: it can't be drained to itself",
				drain->req.source, drain->verb, to);
	return add_dest(drain, tier, room);
}

static int plan_room(struct swapadm_drain *drain)
{
	struct swapadm_drain_plan *plan = &drain->plan;
	uint64_t room = 0;
	int r = drain->req.to ? plan_to_tier(drain, &room) : plan_default(drain, &room);

	if (r || plan->used_bytes <= room)
		return r;
	plan->short_bytes = plan->used_bytes - room;
	plan->limit = SWAPADM_LIMIT_DEST;
	drain->limit_object = strdup(drain->req.to ? drain->req.to : "other tiers");
	plan->limit_object = drain->limit_object;
	return drain->limit_object ? 0 : -ENOMEM;
}

/* ---- start ------------------------------------------------------------------------ */

static bool source_is_tier(const struct swapadm_drain *drain)
{
	return !streq(drain->req.source, drain->plan.devices[0]->name) &&
	       index_of(drain->model, drain->req.source) <
		       swapadm_model_n_tiers(drain->model);
}

static void make_request(const struct swapadm_drain *drain, struct tswap_job_msg *req)
{
	*req = (struct tswap_job_msg){
		.present = TSWAP_BIT(TSWAP_A_JOB_DEVICE) | TSWAP_BIT(TSWAP_A_JOB_KIND),
		.device = as_leaf(drain->plan.devices[0])->tswap_id,
		.kind = TSWAP_JOB_DRAIN,
	};
	if (source_is_tier(drain)) {
		req->present |= TSWAP_BIT(TSWAP_A_JOB_SRC_TIER);
		snprintf(req->src_tier, sizeof(req->src_tier), "%s", drain->req.source);
	} else {
		req->present |= TSWAP_BIT(TSWAP_A_JOB_SRC_LEAF);
		req->src_leaf = as_leaf(drain->plan.devices[0])->leaf_id;
	}
	if (drain->req.to) {
		req->present |= TSWAP_BIT(TSWAP_A_JOB_DST_TIER);
		snprintf(req->dst_tier, sizeof(req->dst_tier), "%s", drain->req.to);
	}
	if (drain->req.rate_bytes_per_s) {
		req->present |= TSWAP_BIT(TSWAP_A_JOB_RATE);
		req->rate_bytes_per_s = drain->req.rate_bytes_per_s;
	}
}

static int begin(struct swapadm_drain *drain, struct swapadm_job **out)
{
	struct tswap_job_msg req;
	char object[320];

	make_request(drain, &req);
	snprintf(object, sizeof(object), "%s: %s", drain->req.source, drain->verb);
	return redirect_job_start(drain->ctx, &req, object, out);
}

static int refuse_short(const struct swapadm_drain *drain)
{
	const struct swapadm_drain_plan *plan = &drain->plan;

	return ctx_fail(
		drain->ctx, -ENOSPC,
		"%s: %s: %s %s %llu KiB short of room; add a device, or --force to "
		"move what fits and wait for room",
		plan->source, drain->verb, drain->req.to ? "tier" : "",
		plan->limit_object, (unsigned long long)plan->short_bytes >> 10);
}

/* ---- remove: a worker waits for the kernel's job, then takes the leaves away -------- */

struct remove_run {
	struct jobrun job;
	const struct swapadm_drain *drain;
	struct swapadm_job *kernel;
	bool told_pause, told_cancel;
};

/* hand the wishes of whoever controls the worker on to the kernel's job */
static void pass_on(struct remove_run *run)
{
	if (run->job.cancelled && !run->told_cancel) {
		run->told_cancel = true;
		swapadm_job_cancel(run->kernel);
	}
	if (run->job.pause_wanted == run->told_pause)
		return;
	run->told_pause = run->job.pause_wanted;
	if (run->told_pause)
		swapadm_job_pause(run->kernel);
	else
		swapadm_job_resume(run->kernel);
}

static int mirror(struct remove_run *run)
{
	struct swapadm_progress *mine = &run->job.rec->p, p;

	for (;;) {
		int r = swapadm_job_get_progress(run->kernel, &p);

		if (r)
			return r;
		mine->state = p.state < SWAPADM_JOB_DONE ? p.state : mine->state;
		mine->needed_bytes = p.needed_bytes;
		mine->lost_race_pages = p.lost_race_pages;
		jobrun_moved(&run->job, p.moved_bytes);
		jobrun_publish(&run->job);
		if (p.state == SWAPADM_JOB_DONE)
			return 0;
		if (p.state == SWAPADM_JOB_CANCELLED)
			return run->job.timed_out ? -ETIME : -ECANCELED;
		if (p.state == SWAPADM_JOB_FAILED)
			return ctx_fail(run->drain->ctx, p.error ? -p.error : -EIO,
					"%s: remove: %s", run->drain->req.source,
					p.message);
		jobrun_wait(&run->job, swapadm_job_fd(run->kernel), JOBRUN_TICK_MS);
		pass_on(run);
	}
}

static int remove_main(struct swapadm_ctx *ctx, struct jobrec *rec, void *arg)
{
	struct swapadm_drain *drain = arg;
	struct remove_run run = { .drain = drain };
	int r = jobrun_begin(&run.job, ctx, rec, drain->req.timeout_s);

	if (r)
		return r;
	jobrun_phase(&run.job, "move");
	r = begin(drain, &run.kernel);
	if (!r)
		r = mirror(&run);
	swapadm_job_unref(run.kernel);
	if (!r)
		jobrun_phase(&run.job, "detach");
	for (size_t i = 0; !r && i < drain->plan.n_devices; i++)
		r = redirect_leaf_remove(ctx, as_leaf(drain->plan.devices[i]),
					 drain->req.persist);
	return jobrun_end(&run.job, r);
}

static int start_remove(struct swapadm_drain *drain, struct swapadm_job **out)
{
	_cleanup_(jobrec_free) struct jobrec rec = { 0 };
	const struct swapadm_drain_plan *plan = &drain->plan;
	int r = 0;

	rec.p.kind = SWAPADM_JOB_REMOVE;
	rec.p.state = SWAPADM_JOB_RUNNING;
	rec.p.total_bytes = rec.p.left_bytes = plan->used_bytes;
	snprintf(rec.p.source, sizeof(rec.p.source), "%s", plan->source);
	snprintf(rec.p.dest, sizeof(rec.p.dest), "%s",
		 drain->req.to ? drain->req.to : "");
	for (size_t i = 0; !r && i < plan->n_devices; i++)
		r = jobrec_add_device(&rec, plan->devices[i]->path);
	/* always in the background: the kernel's job would go on without us as well */
	return r ? r : jobs_start(drain->ctx, &rec, true, remove_main, drain, out);
}

static int redirect_start(struct swapadm_drain *drain, struct swapadm_job **out)
{
	int r = ctx_may_change(drain->ctx, drain->req.source);

	if (r)
		return r;
	if (drain->plan.short_bytes && !drain->req.force)
		return refuse_short(drain);
	return drain->req.remove ? start_remove(drain, out) : begin(drain, out);
}

static const struct drain_ops redirect_drain_ops = { .start = redirect_start };

int redirect_drain_prepare(struct swapadm_ctx *ctx, struct swapadm_model *model,
			   const struct swapadm_drain_req *req,
			   struct swapadm_drain **out)
{
	_cleanup_(swapadm_drain_unrefp) struct swapadm_drain *drain = NULL;
	int r = drain_new(ctx, model, req, &redirect_drain_ops, &drain);

	if (r)
		return r;
	/* an area beside the tswap device is one of the direct layer's */
	if (!is_leaf(drain->plan.devices[0]))
		return direct_drain_prepare(ctx, model, req, out);
	r = plan_room(drain);
	if (r)
		return r;
	drain->plan.strategy = "redirect";
	*out = steal_ptr(&drain);
	return 0;
}
