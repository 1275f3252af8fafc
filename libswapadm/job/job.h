/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A handle on a job. The direct layer's jobs are processes (jobs.h), the redirect layer's
 * live in the kernel: a table of operations each.
 */
#ifndef SWAPADM_JOB_H
#define SWAPADM_JOB_H

#include "base/ctx.h"

struct job_ops {
	int (*fd)(const struct swapadm_job *job);
	int (*get_progress)(struct swapadm_job *job, struct swapadm_progress *progress);
	int (*pause)(struct swapadm_job *job);
	int (*resume)(struct swapadm_job *job);
	int (*cancel)(struct swapadm_job *job);
	void (*release)(struct swapadm_job *job); /* closes what .priv holds */
};

struct swapadm_job {
	unsigned refs;
	const struct job_ops *ops;
	struct swapadm_ctx *ctx;
	char id[16];
	bool outlives; /* it goes on when the process that started it ends */
	void *priv;
};

/* a handle for @ops; takes a reference on @ctx, takes over @priv also on failure */
int job_new(struct swapadm_ctx *ctx, const struct job_ops *ops, const char *id,
	    void *priv, struct swapadm_job **out);

/**
 * job_open_direct() - a handle on a job of the direct layer
 * @child:    its worker, when that is a child of this process, to be reaped; else 0
 * @news_fd:  the socket of job/work.h, taken over also on failure; -1: there is none
 *
 * Return: 0; -ENOENT, -EINVAL, -EBADMSG as jobs_read(); -ENOMEM; else -errno.
 */
int job_open_direct(struct swapadm_ctx *ctx, const char *id, pid_t child, int news_fd,
		    struct swapadm_job **out);

/* where jobs come from, one entry a layer */
struct job_source {
	/* is @id in this layer's style? */
	bool (*owns)(const char *id);
	int (*open)(struct swapadm_ctx *ctx, const char *id, struct swapadm_job **out);
	/* append to the array; -EPROTONOSUPPORT when the layer is not there */
	int (*list)(struct swapadm_ctx *ctx, struct swapadm_progress **items, size_t *n);
};
extern const struct job_source job_source_direct;

static inline void jobs_freep(struct swapadm_jobs **jobs)
{
	swapadm_jobs_free(*jobs);
}

static inline void swapadm_job_unrefp(struct swapadm_job **job)
{
	swapadm_job_unref(*job);
}

#endif
