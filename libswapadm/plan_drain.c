/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Drains inside a plan (--prune, --rerank): the same jobs as those of `swapctl drain`, so
 * that they claim the device, are shown by `swapctl jobs` and can be cancelled there.
 */
#include <poll.h>

#include "drain.h"
#include "job.h"
#include "jobs.h"
#include "planner.h"

static int check_claim(struct swapadm_ctx *ctx, const char *path)
{
	char job[16];
	int r = jobs_holder(ctx, path, job);

	if (r <= 0)
		return 0;
	return ctx_fail(ctx, -EBUSY,
			"%s: drain: job %s has it; wait for that or cancel it (`swapctl "
			"cancel %s`)",
			path, job, job);
}

static int check_fit(struct swapadm_ctx *ctx, const char *path,
		     const struct swapadm_drain_plan *plan)
{
	char text[32];

	if (!plan->short_bytes)
		return 0;
	return ctx_fail(ctx, -ENOSPC,
			"%s: drain: it does not fit, %s are short%s%s; free memory, add "
			"another area, or use --force",
			path, size_print(plan->short_bytes, text, sizeof(text)),
			plan->limit_object ? " in " : "",
			plan->limit_object ? plan->limit_object : "");
}

static int prepare(struct swapadm_ctx *ctx, struct swapadm_conf *conf, const char *path,
		   unsigned flags, struct swapadm_drain **out)
{
	struct swapadm_drain_req req = { .source = path,
					 .force = flags & SWAPADM_PLAN_FORCE };
	_cleanup_(swapadm_drain_unrefp) struct swapadm_drain *drain = NULL;
	struct swapadm_model *model = NULL;
	int r = check_claim(ctx, path);

	if (!r)
		r = swapadm_model_load(ctx, conf, 0, &model);
	if (r)
		return r;
	r = swapadm_drain_prepare(ctx, model, &req, &drain);
	swapadm_model_unref(model);
	if (!r && !req.force)
		r = check_fit(ctx, path, swapadm_drain_get_plan(drain));
	if (r)
		return r;
	*out = steal_ptr(&drain);
	return 0;
}

int plan_fits(struct swapadm_ctx *ctx, struct swapadm_conf *conf, const char *path,
	      unsigned flags)
{
	_cleanup_(swapadm_drain_unrefp) struct swapadm_drain *drain = NULL;

	return prepare(ctx, conf, path, flags, &drain);
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
		return ctx_fail(ctx, -ECHILD,
				"%s: drain: the process of job %s died; look whether the "
				"area is active, then try again",
				path, progress->id);
	default:
		return ctx_fail(ctx, progress->error ? -progress->error : -EIO, "%s",
				*progress->message ? progress->message : path);
	}
}

int plan_drain(struct swapadm_ctx *ctx, struct swapadm_conf *conf, const char *path,
	       unsigned flags)
{
	_cleanup_(swapadm_drain_unrefp) struct swapadm_drain *drain = NULL;
	_cleanup_(swapadm_job_unrefp) struct swapadm_job *job = NULL;
	struct swapadm_progress progress = { 0 };
	int r = prepare(ctx, conf, path, flags, &drain);

	if (!r)
		r = swapadm_drain_start(drain, &job);
	if (r)
		return r;
	r = wait_end(job, &progress);
	if (r)
		return ctx_fail(ctx, r, "%s: drain: follow its job: %s", path,
				strerror(-r));
	return explain_end(ctx, path, &progress);
}
