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
