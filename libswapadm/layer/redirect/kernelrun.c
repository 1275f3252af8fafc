/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "layer/redirect/kernelrun.h"

#include "job/kernel.h"

struct run {
	struct jobrun *job;
	struct swapadm_job *kernel;
	const char *object;
	uint64_t before_bytes;
	bool told_pause, told_cancel;
};

/* hand the wishes of whoever controls the worker on to the kernel's job */
static void pass_on(struct run *run)
{
	if (run->job->cancelled && !run->told_cancel) {
		run->told_cancel = true;
		swapadm_job_cancel(run->kernel);
	}
	if (run->job->pause_wanted == run->told_pause)
		return;
	run->told_pause = run->job->pause_wanted;
	if (run->told_pause)
		swapadm_job_pause(run->kernel);
	else
		swapadm_job_resume(run->kernel);
}

static void show(struct run *run, const struct swapadm_progress *p)
{
	struct swapadm_progress *mine = &run->job->rec->p;

	mine->state = p->state < SWAPADM_JOB_DONE ? p->state : mine->state;
	mine->needed_bytes = p->needed_bytes;
	mine->lost_race_pages = p->lost_race_pages;
	if (*p->dest)
		snprintf(mine->dest, sizeof(mine->dest), "%s", p->dest);
	if (*p->message && p->state < SWAPADM_JOB_FAILED)
		snprintf(mine->message, sizeof(mine->message), "%s", p->message);
	jobrun_moved(run->job, run->before_bytes + p->moved_bytes);
	jobrun_publish(run->job);
}

static int mirror(struct run *run, struct swapadm_progress *p)
{
	for (;;) {
		int r = swapadm_job_get_progress(run->kernel, p);

		if (r)
			return r;
		show(run, p);
		if (p->state == SWAPADM_JOB_DONE)
			return 0;
		if (p->state == SWAPADM_JOB_CANCELLED)
			return run->job->timed_out ? -ETIME : -ECANCELED;
		if (p->state == SWAPADM_JOB_FAILED)
			return ctx_fail(run->job->ctx, p->error ? -p->error : -EIO,
					"%s: %s", run->object, p->message);
		jobrun_wait(run->job, swapadm_job_fd(run->kernel), JOBRUN_TICK_MS);
		pass_on(run);
	}
}

int kernelrun(struct jobrun *job, const struct tswap_job_msg *req, const char *object,
	      uint64_t *moved_pages)
{
	struct run run = { .job = job, .object = object };
	struct swapadm_progress p = { 0 };
	int r;

	run.before_bytes = moved_pages ? *moved_pages * own_page_bytes() : 0;
	r = redirect_job_start(job->ctx, req, object, &run.kernel);
	if (!r)
		r = mirror(&run, &p);
	swapadm_job_unref(run.kernel);
	job->rec->p.state = SWAPADM_JOB_RUNNING;
	if (moved_pages)
		*moved_pages += p.moved_bytes / own_page_bytes();
	return r;
}

/* ---- what a worker has to know ---------------------------------------------------- */

/* a number or text of struct tswap_job_msg */
#define NUMBER(member)                                                        \
	{                                                                     \
		"kernel-" #member, offsetof(struct tswap_job_msg, member),    \
			sizeof(((struct tswap_job_msg *)NULL)->member), false \
	}
#define TEXT(member)                                                         \
	{                                                                    \
		"kernel-" #member, offsetof(struct tswap_job_msg, member),   \
			sizeof(((struct tswap_job_msg *)NULL)->member), true \
	}

static const struct field {
	const char *key;
	size_t offset, size;
	bool is_text;
} fields[] = {
	NUMBER(present),  NUMBER(device),  NUMBER(kind),        NUMBER(src_leaf),
	NUMBER(dst_leaf), NUMBER(older_s), NUMBER(limit_pages), NUMBER(rate_bytes_per_s),
	TEXT(src_tier),   TEXT(dst_tier),  TEXT(owner),
};

int kernelrun_save(const struct tswap_job_msg *job, struct request *req)
{
	int r = 0;

	for (size_t i = 0; !r && i < ARRAY_SIZE(fields); i++) {
		const char *at = (const char *)job + fields[i].offset;

		if (fields[i].is_text)
			r = request_add(req, fields[i].key, at);
		else if (fields[i].size == sizeof(uint64_t))
			r = request_add_u64(req, fields[i].key, *(const uint64_t *)at);
		else
			r = request_add_u64(req, fields[i].key, *(const uint32_t *)at);
	}
	return r;
}

static int load_field(const struct request *req, const struct field *f, char *at)
{
	const char *text = request_get(req, f->key);
	uint64_t number;

	if (f->is_text) {
		snprintf(at, f->size, "%s", text ? text : "");
		return 0;
	}
	if (f->size == sizeof(uint64_t))
		return request_get_u64(req, f->key, UINT64_MAX, (uint64_t *)at);
	if (request_get_u64(req, f->key, UINT32_MAX, &number))
		return -EBADMSG;
	*(uint32_t *)at = (uint32_t)number;
	return 0;
}

int kernelrun_load(const struct request *req, struct tswap_job_msg *job)
{
	int r = 0;

	for (size_t i = 0; !r && i < ARRAY_SIZE(fields); i++)
		r = load_field(req, &fields[i], (char *)job + fields[i].offset);
	return r;
}
