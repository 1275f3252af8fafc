/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What workers of the redirect layer do. A remove waits for the kernel's job, then takes
 * the leaves away. The drain of the whole layer is one of an area, with another end.
 */
#include "layer/direct/drain.h"
#include "job/kernel.h"
#include "layer/redirect/kernelrun.h"
#include "layer/redirect/leaf.h"
#include "layer/redirect/redirect.h"

int redirect_job_begin(struct swapadm_op *op, struct swapadm_job **out)
{
	char object[320];

	snprintf(object, sizeof(object), "%s: %s", op->req.source, op->verb);
	return redirect_job_start(op->ctx, op->priv, object, out);
}

static int remove_main(struct swapadm_ctx *ctx, struct jobrec *rec, void *arg)
{
	struct swapadm_op *op = arg;
	struct jobrun job;
	char object[320];
	int r = jobrun_begin(&job, ctx, rec, op->req.timeout_s);

	if (r)
		return r;
	jobrun_phase(&job, SWAPADM_PHASE_MOVE);
	snprintf(object, sizeof(object), "%s: remove", op->req.source);
	r = kernelrun(&job, op->priv, object, NULL);
	if (!r) {
		jobrun_be_sure(&job, true);
		jobrun_phase(&job, SWAPADM_PHASE_DETACH);
	}
	for (size_t i = 0; !r && i < op->plan.n_devices; i++)
		r = redirect_leaf_remove(ctx,
					 (const struct model_device *)op->plan.devices[i],
					 op->req.persist);
	jobrun_be_sure(&job, false);
	return jobrun_end(&job, r);
}

/* ---- what it has to know ---------------------------------------------------------- */

int redirect_remove_save(const struct swapadm_op *op, struct request *req)
{
	int r = op_save(op, req);

	return r ? r : kernelrun_save(op->priv, req);
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
	r = kernelrun_load(req, op->priv);
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
