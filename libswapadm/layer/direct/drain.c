/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "layer/direct/drain.h"

#include "kernel/xswap.h"
#include <sys/statvfs.h>
#include <sys/sysmacros.h>

#include "base/quote.h"
#include "kernel/swapoff.h"
#include "layer/direct/direct.h"
#include "model/model.h"

/* also a leaf that is drained or failed: its removal is still wanted */
static bool is_wanted(const struct swapadm_op *op, const struct swapadm_device *dev)
{
	if (dev->state != SWAPADM_STATE_INACTIVE)
		return true;
	return op_is(op, SWAPADM_OP_REMOVE) &&
	       dev->managed; /* only the detaching is left */
}

static int add_device(struct swapadm_op *op, const struct swapadm_device *dev)
{
	return is_wanted(op, dev) ? op_add_device(op, dev) : 0;
}

/* every area; of the redirect layer the tswap device stands for its leaves */
static int add_all(struct swapadm_op *op)
{
	struct swapadm_model *model = op->model;
	int r = 0;

	for (size_t i = 0; !r && i < swapadm_model_n_tiers(model); i++) {
		const struct swapadm_tier *tier = swapadm_model_tier(model, i);

		for (size_t k = 0; !r && k < tier->n_devices; k++)
			if (!device_is_leaf(tier->devices[k]))
				r = add_device(op, tier->devices[k]);
	}
	if (!r && model->redirect.active)
		r = add_device(op, &model->tswap.pub);
	return r;
}

static int find_source(struct swapadm_op *op)
{
	const struct swapadm_device *dev = NULL;
	const struct swapadm_tier *tier = NULL;
	const char *word = op->req.source;
	int r = streq(word, "all") ? add_all(op)
				   : swapadm_model_find(op->model, word, &tier, &dev);

	if (r && r != -ENODEV)
		return r;
	if (r)
		return ctx_fail(op->ctx, r,
				"%s: %s: no such device or tier; see `swapctl list`",
				word, op->verb);
	if (dev)
		r = add_device(op, dev);
	for (size_t i = 0; !r && tier && i < tier->n_devices; i++)
		r = add_device(op, tier->devices[i]);
	if (r)
		return r;
	if (!op->plan.n_devices && streq(word, "all"))
		return ctx_fail(op->ctx, -ENODEV,
				"%s: all: no swap area is active; see `swapctl list`",
				op->verb);
	if (!op->plan.n_devices && op_is(op, SWAPADM_OP_REMOVE))
		return ctx_fail(
			op->ctx, -ENODEV,
			"%s: remove: it is not attached, so there is nothing to remove; a line of a configuration that names it is yours to take out",
			word);
	if (!op->plan.n_devices)
		return ctx_fail(op->ctx, -ENODEV,
				"%s: %s: it is not active as swap; see `swapctl list`",
				word, op->verb);
	return 0;
}

/* what --persist can't write is known before the first page moves */
static int check_persist(const struct swapadm_op *op)
{
	int r = 0;

	if (!op->req.persist || op->ctx->foreign_root)
		return 0;
	for (size_t i = 0; !r && i < op->plan.n_devices; i++)
		r = direct_persist_forget_check(op->ctx, op->devices[i]->tier,
						op->devices[i]->path,
						op->devices[i]->spec, NULL);
	return r;
}

/*
 * swapoff(2) takes a path: what no path leads to can't be drained, however well it would
 * fit
 */
static int check_reachable(struct swapadm_op *op, const struct swapadm_device *dev)
{
	_cleanup_(quoted_free) struct quoted q = { 0 };
	struct statvfs fs;
	char size[32];

	if (dev->is_file && !dev->deleted && !op->ctx->foreign_root &&
	    dev->state != SWAPADM_STATE_INACTIVE && statvfs(dev->path, &fs) == 0 &&
	    fs.f_flag & ST_RDONLY)
		return swapoff_explain(op->ctx, dev->path, -EROFS);
	if (dev->kind == SWAPADM_KIND_XSWAP)
		return ctx_fail(
			op->ctx, -EPROTONOSUPPORT,
			"%s: %s: swapoff(2) can't name it, as no path leads to it; its kernel takes it away, and its %s of pages come into memory, with `echo %s > " XSWAP_DESTROY
			"`, when that fits (see `free`); so its patches were posted, look at this kernel's documentation first",
			dev->name, op->verb,
			words_size(dev->usage.used_bytes, size, sizeof(size)),
			dev->name + strlen("xswap"));
	if (dev->is_virtual)
		return ctx_fail(
			op->ctx, -EOPNOTSUPP,
			"%s: %s: it is a container's view of the host's swap; run swapctl on the host",
			dev->name, op->verb);
	if (!dev->deleted || device_is_leaf(dev))
		return 0;
	quote_word(&q, dev->path);
	if (dev->is_file)
		return ctx_fail(
			op->ctx, -ENOENT,
			"%s: %s: the file was deleted while active, and swapoff(2) needs a path; it is gone after the next boot",
			dev->path, op->verb);
	if (!dev->dev)
		return ctx_fail(
			op->ctx, -ENOENT,
			"%s: %s: its device node was deleted; make it again with `mknod %s b MAJOR MINOR` (lsblk shows the numbers)",
			dev->path, op->verb, q.text);
	return ctx_fail(
		op->ctx, -ENOENT,
		"%s: %s: its device node was deleted; make it again with `mknod %s b %u %u`",
		dev->path, op->verb, q.text, major(dev->dev), minor(dev->dev));
}

int drain_find_source(struct swapadm_op *op)
{
	int r = find_source(op);

	if (!r)
		r = check_persist(op);
	for (size_t i = 0; !r && i < op->plan.n_devices; i++)
		r = check_reachable(op, op->devices[i]);
	return r;
}
