/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Jobs of the redirect layer. The kernel owns them: a handle may be released and another
 * opened at any time, by any process, and the job does not notice.
 */
#ifndef SWAPADM_REDIRECT_JOB_H
#define SWAPADM_REDIRECT_JOB_H

#include "job/job.h"
#include "module/client.h"

extern const struct job_source job_source_redirect;

/* the job that is not over and moves pages off @source, a leaf's name or a tier */
bool redirect_job_find(struct swapadm_ctx *ctx, const char *source,
		       struct swapadm_progress *out);

/**
 * redirect_job_start() - let the kernel begin a job
 * @req:     kind, device, source, and what else is present
 * @object:  begins the sentence of a refusal: "sdb2: drain"
 *
 * Return: 0; -EROFS; else as tswap_call().
 */
int redirect_job_start(struct swapadm_ctx *ctx, const struct tswap_job_msg *req,
		       const char *object, struct swapadm_job **out);

#endif
