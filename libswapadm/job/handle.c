/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "job/job.h"

int job_new(struct swapadm_ctx *ctx, const struct job_ops *ops, const char *id,
	    void *priv, struct swapadm_job **out)
{
	struct swapadm_job *job = calloc(1, sizeof(*job));
	struct swapadm_job tmp = { .ops = ops, .ctx = ctx, .priv = priv, .refs = 1 };

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

SWAPADM_API struct swapadm_job *swapadm_job_ref(struct swapadm_job *job)
{
	if (job)
		job->refs++;
	return job;
}

SWAPADM_API struct swapadm_job *swapadm_job_unref(struct swapadm_job *job)
{
	if (!job || --job->refs)
		return NULL;
	job->ops->release(job);
	swapadm_unref(job->ctx);
	free(job);
	return NULL;
}

SWAPADM_API int swapadm_job_fd(const struct swapadm_job *job)
{
	return job ? job->ops->fd(job) : -EINVAL;
}

SWAPADM_API int swapadm_job_get_progress_sized(struct swapadm_job *job,
					       struct swapadm_progress *progress,
					       size_t size)
{
	struct swapadm_progress p;
	CTX_CALL(job ? job->ctx : NULL);
	int r = job && progress ? job->ops->get_progress(job, &p) : -EINVAL;

	return r ? r : sized_put(progress, size, &p, sizeof(p));
}

SWAPADM_API int swapadm_job_pause(struct swapadm_job *job)
{
	CTX_CALL(job ? job->ctx : NULL);

	return job ? job->ops->pause(job) : -EINVAL;
}

SWAPADM_API int swapadm_job_resume(struct swapadm_job *job)
{
	CTX_CALL(job ? job->ctx : NULL);

	return job ? job->ops->resume(job) : -EINVAL;
}

SWAPADM_API int swapadm_job_cancel(struct swapadm_job *job)
{
	CTX_CALL(job ? job->ctx : NULL);

	return job ? job->ops->cancel(job) : -EINVAL;
}

SWAPADM_API bool swapadm_job_outlives(const struct swapadm_job *job)
{
	return job && job->outlives;
}
