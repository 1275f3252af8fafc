/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Drains inside a plan (--prune, --rerank): the same jobs as those of `swapctl drain`, so
 * that they claim the device, are shown by `swapctl jobs` and can be cancelled there.
 */
#include <poll.h>

#include "job/job.h"
#include "op/op.h"
#include "state/jobs.h"
#include "plan/planner.h"

#define FOLLOW_MS 200

/* ---- a drain that is under way already ------------------------------------------- */

/*
 * the job of a drain of @path that is not over, a direct or a kernel's one; 0: there is
 * none
 */
static int find_drain(struct swapadm_ctx *ctx, const char *path,
		      struct swapadm_progress *out)
{
	_cleanup_(jobs_freep) struct swapadm_jobs *jobs = NULL;
	const char *name = str_after(path, "/dev/");
	char holder[16] = "";
	int r = jobs_holder(ctx, path, holder);

	if (r >= 0)
		r = swapadm_jobs_load(ctx, &jobs);
	for (size_t i = 0; !r && i < swapadm_jobs_n(jobs); i++) {
		const struct swapadm_progress *job = swapadm_jobs_get(jobs, i);
		bool holds = streq(job->id, holder);
		bool moves = job->state < SWAPADM_JOB_DONE &&
			     job->kind == SWAPADM_JOB_DRAIN &&
			     streq_null(job->source, name);

		if (!holds && !moves)
			continue;
		*out = *job;
		return 1;
	}
	return r;
}

int plan_check_claim(struct swapadm_ctx *ctx, const char *path)
{
	struct swapadm_progress job;

	if (find_drain(ctx, path, &job) <= 0 ||
	    (job.kind == SWAPADM_JOB_DRAIN && job.state != SWAPADM_JOB_PAUSED))
		return 0;
	return ctx_fail(
		ctx, -EBUSY,
		"%s: drain: job %s has it; wait for that or cancel it (`swapctl cancel %s`)",
		path, job.id, job.id);
}

/*
 * Perhaps of a run that was killed: its worker still ends what it was at, the kernel's
 * job goes on. What they have not done is done afterwards.
 */
static int await_drain(struct swapadm_ctx *ctx, const char *path)
{
	struct swapadm_progress job;
	bool warned = false;
	int r;

	while (!(r = plan_check_claim(ctx, path)) &&
	       (r = find_drain(ctx, path, &job)) > 0) {
		if (!warned)
			log_warning(
				ctx,
				"%s: waiting for the end of job %s, which drains it (`swapctl cancel %s` ends it)",
				path, job.id, job.id);
		warned = true;
		usleep(FOLLOW_MS * 1000);
	}
	return r;
}

static bool takes_area(const struct jobrec *rec)
{
	return rec->p.kind == SWAPADM_JOB_DRAIN || rec->p.kind == SWAPADM_JOB_REMOVE;
}

bool plan_is_draining(struct swapadm_ctx *ctx, const char *path, char id[16])
{
	_cleanup_(jobrec_free) struct jobrec rec = { 0 };

	return jobs_holder(ctx, path, id) > 0 && jobs_read(ctx, id, &rec) == 0 &&
	       takes_area(&rec);
}

/*
 * a drain that was killed, and whose swapoff(2) does not look for signals at once; or
 * NULL
 */
static const struct jobrec *find_orphan(struct swapadm_ctx *ctx,
					const struct jobrec_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		if (takes_area(&list->items[i]) &&
		    jobs_is_abandoned(ctx, &list->items[i]))
			return &list->items[i];
	return NULL;
}

bool plan_find_orphan(struct swapadm_ctx *ctx, struct swapadm_progress *job)
{
	_cleanup_(jobrec_list_free) struct jobrec_list list = { 0 };
	const struct jobrec *orphan;

	if (jobs_read_unfinished(ctx, &list))
		return false; /* none that we may see */
	orphan = find_orphan(ctx, &list);
	if (orphan)
		*job = orphan->p;
	return orphan != NULL;
}

bool plan_await_orphans(const struct swapadm_plan *plan)
{
	struct swapadm_ctx *ctx = plan->ctx;
	struct swapadm_progress job;
	bool waited = false;

	for (; !plan_is_stopped(plan) && plan_find_orphan(ctx, &job); waited = true) {
		if (!waited)
			log_warning(
				ctx,
				"%s: waiting for the end of job %s, which was killed in its swapoff(2)",
				job.source, job.id);
		usleep(FOLLOW_MS * 1000);
	}
	return waited;
}

/* ---- a drain of our own ---------------------------------------------------------- */

/* would it be different with room that is not there yet? */
static bool is_refused(const struct swapadm_op *op, uint64_t extra_bytes)
{
	const struct swapadm_op_plan *plan = &op->plan;

	if (!plan->refusal)
		return false;
	return !plan->short_bytes || plan->short_bytes > extra_bytes ||
	       plan->limit == SWAPADM_LIMIT_CGROUP || plan->limit == SWAPADM_LIMIT_COMMIT;
}

/* @to: NULL where it fits; @extra_bytes: room that is not there yet */
static int prepare(struct swapadm_ctx *ctx, struct swapadm_conf *conf, const char *path,
		   const char *to, uint64_t extra_bytes, unsigned flags,
		   struct swapadm_op **out)
{
	_cleanup_(op_unrefp) struct swapadm_op *op = NULL;
	struct swapadm_model *model = NULL;
	bool force = flags & SWAPADM_PLAN_FORCE;
	int r = plan_check_claim(ctx, path);

	if (!r)
		r = swapadm_model_load(ctx, conf, 0, &model);
	if (!r)
		r = swapadm_op_new(ctx, SWAPADM_OP_DRAIN, &op);
	if (!r)
		r = swapadm_op_set(op, SWAPADM_PARAM_SOURCE, path);
	if (!r && to)
		r = swapadm_op_set(op, SWAPADM_PARAM_DEST, to);
	if (!r)
		r = swapadm_op_set_u64(op, SWAPADM_PARAM_FORCE, force);
	if (!r)
		r = swapadm_op_prepare(op, model);
	swapadm_model_unref(model);
	if (!r && !force && is_refused(op, extra_bytes))
		r = ctx_fail(ctx, -SWAPADM_ENOROOM, "%s", op->plan.refusal);
	if (r)
		return r;
	*out = steal_ptr(&op);
	return 0;
}

int plan_fits_with(struct swapadm_ctx *ctx, struct swapadm_conf *conf, const char *path,
		   unsigned flags, struct plan_verdict *verdict)
{
	_cleanup_(op_unrefp) struct swapadm_op *op = NULL;
	int r = prepare(ctx, conf, path, NULL, verdict->extra_bytes, flags, &op);

	if (!r)
		verdict->predicted_ns = op->plan.predicted_ns;
	return r;
}

int plan_fits(struct swapadm_ctx *ctx, struct swapadm_conf *conf, const char *path,
	      unsigned flags)
{
	struct plan_verdict verdict = { 0 };

	return plan_fits_with(ctx, conf, path, flags, &verdict);
}

static bool has_ended(enum swapadm_job_state state)
{
	return state != SWAPADM_JOB_RUNNING && state != SWAPADM_JOB_PAUSED &&
	       state != SWAPADM_JOB_NO_SPACE;
}

static int wait_end(struct swapadm_job *job, struct swapadm_progress *progress)
{
	struct pollfd fd = { .fd = swapadm_job_fd(job), .events = POLLIN };
	int r;

	for (;;) {
		r = swapadm_job_get_progress(job, progress);
		if (r || has_ended(progress->state))
			return r;
		if (poll(&fd, 1, 1000) < 0 && errno != EINTR)
			return -errno;
	}
}

static int explain_end(struct swapadm_ctx *ctx, const char *path,
		       const struct swapadm_progress *progress)
{
	switch (progress->state) {
	case SWAPADM_JOB_DONE:
		return 0;
	case SWAPADM_JOB_CANCELLED:
		return ctx_fail(ctx, -ECANCELED,
				"%s: drain: job %s was cancelled; the area is active",
				path, progress->id);
	case SWAPADM_JOB_LOST:
		return ctx_fail(
			ctx, -ECHILD,
			"%s: drain: the process of job %s died; look whether the area is active, then try again",
			path, progress->id);
	default:
		return ctx_fail(ctx, progress->error ? -progress->error : -EIO, "%s",
				*progress->message ? progress->message : path);
	}
}

/* an area that somebody else has drained meanwhile; a leaf stays one when it is empty */
static bool is_drained(struct swapadm_ctx *ctx, struct swapadm_conf *conf,
		       const char *path)
{
	const struct swapadm_device *dev = NULL;
	const struct swapadm_tier *tier = NULL;
	struct swapadm_model *model;
	bool drained;

	if (swapadm_model_load(ctx, conf, 0, &model))
		return false;
	drained = swapadm_model_find(model, path, &tier, &dev) || !dev ||
		  dev->state == SWAPADM_STATE_INACTIVE;
	swapadm_model_unref(model);
	return drained;
}

int plan_drain(struct swapadm_ctx *ctx, struct swapadm_conf *conf, const char *path,
	       unsigned flags)
{
	return plan_drain_to(ctx, conf, path, NULL, flags);
}

int plan_drain_to(struct swapadm_ctx *ctx, struct swapadm_conf *conf, const char *path,
		  const char *to, unsigned flags)
{
	_cleanup_(op_unrefp) struct swapadm_op *op = NULL;
	_cleanup_(swapadm_job_unrefp) struct swapadm_job *job = NULL;
	struct swapadm_progress progress = { 0 };
	int r = await_drain(ctx, path);

	if (r || is_drained(ctx, conf, path))
		return r;
	r = prepare(ctx, conf, path, to, 0, flags, &op);
	if (!r)
		r = swapadm_op_start(op, &job);
	if (r)
		return r;
	r = wait_end(job, &progress);
	if (r)
		return ctx_fail(ctx, r, "%s: drain: follow its job: %s", path,
				strerror(-r));
	return explain_end(ctx, path, &progress);
}
