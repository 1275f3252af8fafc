/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "job/job.h"

#include "job/kernel.h"

static const struct job_source *const sources[] = {
	&job_source_direct,
	&job_source_redirect,
};

SWAPADM_API int swapadm_job_open(struct swapadm_ctx *ctx, const char *id,
				 struct swapadm_job **out)
{
	CTX_CALL(ctx);

	if (!ctx || !id || !out)
		return -EINVAL;
	for (size_t i = 0; i < ARRAY_SIZE(sources); i++)
		if (sources[i]->owns(id))
			return sources[i]->open(ctx, id, out);
	return ctx_fail(ctx, -EINVAL, "%s: open: not the id of a job; see `swapctl jobs`",
			id);
}

static int running_first(const void *a, const void *b)
{
	const struct swapadm_progress *x = a, *y = b;

	return (x->state >= SWAPADM_JOB_DONE) - (y->state >= SWAPADM_JOB_DONE);
}

struct swapadm_jobs {
	struct swapadm_progress *items;
	size_t n;
};

SWAPADM_API int swapadm_jobs_load(struct swapadm_ctx *ctx, struct swapadm_jobs **out)
{
	_cleanup_(jobs_freep) struct swapadm_jobs *jobs = NULL;
	CTX_CALL(ctx);

	if (!ctx || !out)
		return -EINVAL;
	jobs = calloc(1, sizeof(*jobs));
	if (!jobs)
		return -ENOMEM;
	for (size_t i = 0; i < ARRAY_SIZE(sources); i++) {
		int r = sources[i]->list(ctx, &jobs->items, &jobs->n);

		if (r && r != -EPROTONOSUPPORT)
			return r;
	}
	if (jobs->n)
		qsort(jobs->items, jobs->n, sizeof(*jobs->items), running_first);
	*out = steal_ptr(&jobs);
	return 0;
}

SWAPADM_API struct swapadm_jobs *swapadm_jobs_free(struct swapadm_jobs *jobs)
{
	if (jobs)
		free(jobs->items);
	free(jobs);
	return NULL;
}

SWAPADM_API size_t swapadm_jobs_n(const struct swapadm_jobs *jobs)
{
	return jobs->n;
}

SWAPADM_API const struct swapadm_progress *
swapadm_jobs_get(const struct swapadm_jobs *jobs, size_t i)
{
	return i < jobs->n ? &jobs->items[i] : NULL;
}
