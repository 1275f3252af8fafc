/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "job/job.h"

#include "job/kernel.h"

static const struct job_source *const sources[] = {
	&job_source_direct,
	&job_source_redirect,
};

int job_new(struct swapadm_ctx *ctx, const struct job_ops *ops, const char *id,
	    void *priv, struct swapadm_job **out)
{
	struct swapadm_job *job = calloc(1, sizeof(*job));
	struct swapadm_job tmp = { .ops = ops, .ctx = ctx, .priv = priv };

	if (!job) {
		ops->release(&tmp);
		return -ENOMEM;
	}
	*job = tmp;
	swapadm_ref(ctx);
	snprintf(job->id, sizeof(job->id), "%s", id);
	*out = job;
	return 0;
}

SWAPADM_API struct swapadm_job *swapadm_job_unref(struct swapadm_job *job)
{
	if (!job)
		return NULL;
	job->ops->release(job);
	swapadm_unref(job->ctx);
	free(job);
	return NULL;
}

SWAPADM_API int swapadm_job_open(struct swapadm_ctx *ctx, const char *id,
				 struct swapadm_job **out)
{
	for (size_t i = 0; i < ARRAY_SIZE(sources); i++)
		if (sources[i]->owns(id))
			return sources[i]->open(ctx, id, out);
	return ctx_fail(ctx, -EINVAL, "%s: open: not the id of a job; see `swapctl jobs`",
			id);
}

SWAPADM_API int swapadm_job_fd(const struct swapadm_job *job)
{
	return job->ops->fd(job);
}

SWAPADM_API int swapadm_job_get_progress(struct swapadm_job *job,
					 struct swapadm_progress *progress)
{
	return job->ops->get_progress(job, progress);
}

SWAPADM_API int swapadm_job_pause(struct swapadm_job *job)
{
	return job->ops->pause(job);
}

SWAPADM_API int swapadm_job_resume(struct swapadm_job *job)
{
	return job->ops->resume(job);
}

SWAPADM_API int swapadm_job_cancel(struct swapadm_job *job)
{
	return job->ops->cancel(job);
}

SWAPADM_API bool swapadm_job_outlives(const struct swapadm_job *job)
{
	return job->outlives;
}

static int running_first(const void *a, const void *b)
{
	const struct swapadm_progress *x = a, *y = b;

	return (x->state >= SWAPADM_JOB_DONE) - (y->state >= SWAPADM_JOB_DONE);
}

SWAPADM_API int swapadm_jobs_list(struct swapadm_ctx *ctx, struct swapadm_progress **out,
				  size_t *n)
{
	_cleanup_free_ struct swapadm_progress *items = NULL;
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_SIZE(sources); i++) {
		int r = sources[i]->list(ctx, &items, &count);

		if (r && r != -EPROTONOSUPPORT)
			return r;
	}
	if (!items && !(items = calloc(1, sizeof(*items)))) /* free() takes it anyway */
		return -ENOMEM;
	qsort(items, count, sizeof(*items), running_first);
	*out = steal_ptr(&items);
	*n = count;
	return 0;
}
