/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Cordon and uncordon of leaves: what changes, and where new pages go then. */
#include "job/kernel.h"
#include "layer/redirect/redirect.h"
#include "layer/redirect/leaf.h"
#include "op/op.h"

/* what is drained or failed takes no pages already, and says more precisely why */
static bool changes(const struct swapadm_op *op, const struct swapadm_device *dev)
{
	return (dev->state == SWAPADM_STATE_ACTIVE) == op_is(op, SWAPADM_OP_CORDON);
}

static int refuse_draining(const struct swapadm_op *op, const struct swapadm_device *dev)
{
	struct swapadm_progress job;

	if (redirect_job_find(op->ctx, dev->name, &job) ||
	    (dev->tier && redirect_job_find(op->ctx, dev->tier, &job)))
		return ctx_fail(
			op->ctx, -EBUSY,
			"%s: %s: job %s (%s %s) has it; `swapctl wait %s` or `swapctl cancel %s` first",
			dev->path, op->verb, job.id, swapadm_job_kind_name(job.kind),
			job.source, job.id, job.id);
	return ctx_fail(op->ctx, -EBUSY,
			"%s: %s: a drain of it is running; cancel its job first",
			dev->path, op->verb);
}

static int add_device(struct swapadm_op *op, const struct swapadm_device *dev)
{
	if (dev->state == SWAPADM_STATE_DRAINING)
		return refuse_draining(op, dev);
	if (!changes(op, dev))
		return 0;
	op->plan.room_bytes += u64_minus(dev->usage.size_bytes, dev->usage.used_bytes);
	return op_add_device(op, dev);
}

static int find_devices(struct swapadm_op *op)
{
	const struct swapadm_device *dev = NULL;
	const struct swapadm_tier *tier = NULL;
	size_t n_leaves = 0, n_areas = 0;
	int r = swapadm_model_find(op->model, op->req.source, &tier, &dev);

	if (r)
		return ctx_fail(op->ctx, r,
				"%s: %s: no such device or tier; see `swapctl list`",
				op->req.source, op->verb);
	for (size_t i = 0; !r && i < (tier ? tier->n_devices : 1); i++) {
		const struct swapadm_device *each = tier ? tier->devices[i] : dev;

		if (!device_is_leaf(each)) {
			n_areas += each->state != SWAPADM_STATE_INACTIVE;
			continue;
		}
		n_leaves++;
		r = add_device(op, each);
	}
	if (!r && !n_leaves && !n_areas)
		return ctx_fail(
			op->ctx, -ENODEV,
			"%s: %s: it is not attached; first attach it: `swapctl apply` if the configuration names it, else `swapctl add TIER DEVICE`",
			op->req.source, op->verb);
	if (!r && !n_leaves)
		return ctx_fail(
			op->ctx, -EPROTONOSUPPORT,
			"%s: %s: it is not a leaf of the tswap device; only the redirect layer can do it",
			op->req.source, op->verb);
	return r;
}

/* room of a leaf once all is done */
static uint64_t room_then(const struct swapadm_op *op, const struct swapadm_device *dev)
{
	struct swapadm_device then = *dev;

	if (!device_is_leaf(dev))
		return 0;
	if (op_has_device(op, dev))
		then.state = op_is(op, SWAPADM_OP_CORDON) ? SWAPADM_STATE_CORDONED
							  : SWAPADM_STATE_ACTIVE;
	return device_room_bytes(&then);
}

static int find_dests(struct swapadm_op *op)
{
	struct swapadm_op_plan *plan = &op->plan;

	for (size_t t = 0; t < swapadm_model_n_tiers(op->model); t++) {
		const struct swapadm_tier *tier = swapadm_model_tier(op->model, t);
		uint64_t room = 0;
		int r;

		for (size_t i = 0; i < tier->n_devices; i++)
			room += room_then(op, tier->devices[i]);
		if (!room)
			continue;
		r = op_add_dest(op, tier->name, room);
		if (r)
			return r;
	}
	if (!op_is(op, SWAPADM_OP_CORDON) || !plan->n_devices || plan->n_dests)
		return 0;
	return op_refuse(
		op,
		"%s: cordon: nothing else takes new pages: they would stay in memory; add a device first, or insist with --force",
		op->req.source);
}

static int start(struct swapadm_op *op, struct swapadm_job **out)
{
	const enum tswap_leaf_state state =
		op_is(op, SWAPADM_OP_CORDON) ? TSWAP_LEAF_CORDONED : TSWAP_LEAF_ACTIVE;
	int r = 0;

	for (size_t i = 0; !r && i < op->plan.n_devices; i++)
		/* .pub is the first member */
		r = redirect_leaf_set_state(op->ctx,
					    (const struct model_device *)op->devices[i],
					    state, op->verb);
	return r;
}

static const struct op_ops cordon_ops = { .start = start };

int redirect_cordon_prepare(struct swapadm_op *op)
{
	int r = find_devices(op);

	op->ops = &cordon_ops;
	return r ? r : find_dests(op);
}
