/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What workers of the redirect layer do. A remove waits for the kernel's job, then takes
 * the leaves away. The drain of the whole layer is one of an area, with another end.
 */
#include "layer/direct/drain.h"
#include "layer/redirect/leaf.h"
#include "layer/redirect/redirect.h"
#include "job/kernel.h"
#include "job/worker.h"

int redirect_job_begin(struct swapadm_op *op, struct swapadm_job **out)
{
	char object[320];

	snprintf(object, sizeof(object), "%s: %s", op->req.source, op->verb);
	return redirect_job_start(op->ctx, op->priv, object, out);
}

struct remove_run {
	struct jobrun job;
	const struct swapadm_op *op;
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
		if (*p.dest)
			snprintf(mine->dest, sizeof(mine->dest), "%s", p.dest);
		jobrun_moved(&run->job, p.moved_bytes);
		jobrun_publish(&run->job);
		if (p.state == SWAPADM_JOB_DONE)
			return 0;
		if (p.state == SWAPADM_JOB_CANCELLED)
			return run->job.timed_out ? -ETIME : -ECANCELED;
		if (p.state == SWAPADM_JOB_FAILED)
			return ctx_fail(run->op->ctx, p.error ? -p.error : -EIO,
					"%s: remove: %s", run->op->req.source, p.message);
		jobrun_wait(&run->job, swapadm_job_fd(run->kernel), JOBRUN_TICK_MS);
		pass_on(run);
	}
}

static int remove_main(struct swapadm_ctx *ctx, struct jobrec *rec, void *arg)
{
	struct swapadm_op *op = arg;
	struct remove_run run = { .op = op };
	int r = jobrun_begin(&run.job, ctx, rec, op->req.timeout_s);

	if (r)
		return r;
	jobrun_phase(&run.job, SWAPADM_PHASE_MOVE);
	r = redirect_job_begin(op, &run.kernel);
	if (!r)
		r = mirror(&run);
	swapadm_job_unref(run.kernel);
	if (!r) {
		jobrun_be_sure(&run.job, true);
		jobrun_phase(&run.job, SWAPADM_PHASE_DETACH);
	}
	for (size_t i = 0; !r && i < op->plan.n_devices; i++)
		r = redirect_leaf_remove(ctx,
					 (const struct model_device *)op->plan.devices[i],
					 op->req.persist);
	jobrun_be_sure(&run.job, false);
	return jobrun_end(&run.job, r);
}

/* ---- what it has to know ---------------------------------------------------------- */

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
	NUMBER(present),  NUMBER(device),           NUMBER(kind),   NUMBER(src_leaf),
	NUMBER(dst_leaf), NUMBER(rate_bytes_per_s), TEXT(src_tier), TEXT(dst_tier),
};

int redirect_remove_save(const struct swapadm_op *op, struct request *req)
{
	int r = op_save(op, req);

	for (size_t i = 0; !r && i < ARRAY_SIZE(fields); i++) {
		const char *at = (const char *)op->priv + fields[i].offset;

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

static void release(struct swapadm_op *op)
{
	free(op->priv);
}

static int load_remove(struct swapadm_ctx *ctx, const struct request *req, void **arg)
{
	static const struct op_ops ops = { .release = release };
	_cleanup_(op_unrefp) struct swapadm_op *op = NULL;
	int r = op_restore(ctx, req, &op);

	if (r)
		return r;
	op->ops = &ops;
	op->priv = calloc(1, sizeof(struct tswap_job_msg));
	if (!op->priv)
		return -ENOMEM;
	for (size_t i = 0; !r && i < ARRAY_SIZE(fields); i++)
		r = load_field(req, &fields[i], (char *)op->priv + fields[i].offset);
	if (!r)
		*arg = steal_ptr(&op);
	return r;
}

const struct job_work redirect_remove_work = {
	.name = "remove-leaves",
	.load = load_remove,
	.run = remove_main,
};

/* ---- the whole layer --------------------------------------------------------------- */

static int load_drain(struct swapadm_ctx *ctx, const struct request *req, void **arg)
{
	int r = drain_load(ctx, req, arg);

	if (!r)
		drain_of(*arg)->detach = redirect_take_down;
	return r;
}

const struct job_work redirect_drain_work = {
	.name = "drain-layer",
	.load = load_drain,
	.run = drain_main,
};
