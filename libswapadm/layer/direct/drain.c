/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "layer/direct/drain.h"

#include "kernel/xswap.h"
#include <sys/statvfs.h>
#include <sys/sysmacros.h>

#include "base/quote.h"
#include "kernel/swapoff.h"
#include "layer/direct/direct.h"
#include "model/model.h"

static void free_req(struct swapadm_drain_req *req)
{
	free((char *)req->source);
	free((char *)req->to);
	free((char *)req->emergency);
}

static bool dup_or_null(const char **out, const char *text)
{
	*out = text ? strdup(text) : NULL;
	return !text || *out;
}

static bool copy_req(struct swapadm_drain_req *to, const struct swapadm_drain_req *from)
{
	*to = *from;
	/*
	 * all three are set before any failure is looked at, so that free_req() may run
	 */
	return (int)dup_or_null(&to->source, from->source) &
	       (int)dup_or_null(&to->to, from->to) &
	       (int)dup_or_null(&to->emergency, from->emergency);
}

/* also a leaf that is drained or failed: its removal is still wanted */
static bool is_wanted(const struct swapadm_drain *drain, const struct swapadm_device *dev)
{
	if (dev->state != SWAPADM_STATE_INACTIVE)
		return true;
	return drain->req.remove && dev->managed; /* only the detaching is left */
}

static int add_device(struct swapadm_drain *drain, const struct swapadm_device *dev)
{
	struct swapadm_drain_plan *plan = &drain->plan;

	if (!is_wanted(drain, dev))
		return 0;
	if (!array_grow(&drain->devices, plan->n_devices))
		return -ENOMEM;
	drain->devices[plan->n_devices++] = dev;
	plan->devices = drain->devices;
	plan->used_bytes += dev->usage.used_bytes;
	return 0;
}

/* every area; of the redirect layer the tswap device stands for its leaves */
static int add_all(struct swapadm_drain *drain)
{
	struct swapadm_model *model = drain->model;
	int r = 0;

	for (size_t i = 0; !r && i < swapadm_model_n_tiers(model); i++) {
		const struct swapadm_tier *tier = swapadm_model_tier(model, i);

		for (size_t k = 0; !r && k < tier->n_devices; k++)
			if (!device_is_leaf(tier->devices[k]))
				r = add_device(drain, tier->devices[k]);
	}
	if (!r && model->redirect.active)
		r = add_device(drain, &model->tswap.pub);
	return r;
}

static int find_source(struct swapadm_drain *drain)
{
	const struct swapadm_device *dev = NULL;
	const struct swapadm_tier *tier = NULL;
	const char *word = drain->req.source;
	int r = streq(word, "all") ? add_all(drain)
				   : swapadm_model_find(drain->model, word, &tier, &dev);

	if (r && r != -ENODEV)
		return r;
	if (r)
		return ctx_fail(drain->ctx, r,
				"%s: %s: no such device or tier; see `swapctl list`",
				word, drain->verb);
	if (dev)
		r = add_device(drain, dev);
	for (size_t i = 0; !r && tier && i < tier->n_devices; i++)
		r = add_device(drain, tier->devices[i]);
	if (r)
		return r;
	if (!drain->plan.n_devices)
		return ctx_fail(drain->ctx, -ENODEV,
				"%s: %s: it is not active as swap; see `swapctl list`",
				word, drain->verb);
	drain->plan.source = drain->req.source;
	return 0;
}

/* what --persist can't write is known before the first page moves */
static int check_persist(const struct swapadm_drain *drain)
{
	int r = 0;

	if (!drain->req.remove || !drain->req.persist || drain->ctx->foreign_root)
		return 0;
	for (size_t i = 0; !r && i < drain->plan.n_devices; i++)
		r = direct_persist_forget_check(drain->ctx, drain->devices[i]->path,
						drain->devices[i]->spec);
	return r;
}

/*
 * swapoff(2) takes a path: what no path leads to can't be drained, however well it would
 * fit
 */
static int check_reachable(struct swapadm_drain *drain, const struct swapadm_device *dev)
{
	_cleanup_(quoted_free) struct quoted q = { 0 };
	struct statvfs fs;
	char size[32];

	if (dev->is_file && !dev->deleted && !drain->ctx->foreign_root &&
	    dev->state != SWAPADM_STATE_INACTIVE && statvfs(dev->path, &fs) == 0 &&
	    fs.f_flag & ST_RDONLY)
		return swapoff_explain(drain->ctx, dev->path, -EROFS);
	if (dev->kind == SWAPADM_KIND_XSWAP)
		return ctx_fail(
			drain->ctx, -EPROTONOSUPPORT,
			"%s: %s: swapoff(2) can't name it, as no path leads to it; its %s of pages come into memory with `echo %s > " XSWAP_DESTROY
			"`, when that fits (see `free`)",
			dev->name, drain->verb,
			words_size(dev->usage.used_bytes, size, sizeof(size)),
			dev->name + strlen("xswap"));
	if (dev->is_virtual)
		return ctx_fail(
			drain->ctx, -EOPNOTSUPP,
			"%s: %s: it is a container's view of the host's swap; run swapctl on the host",
			dev->name, drain->verb);
	if (!dev->deleted || device_is_leaf(dev))
		return 0;
	quote_word(&q, dev->path);
	if (dev->is_file)
		return ctx_fail(
			drain->ctx, -ENOENT,
			"%s: %s: the file was deleted while active, and swapoff(2) needs a path; it is gone after the next boot",
			dev->path, drain->verb);
	if (!dev->dev)
		return ctx_fail(
			drain->ctx, -ENOENT,
			"%s: %s: its device node was deleted; make it again with `mknod %s b MAJOR MINOR` (lsblk shows the numbers)",
			dev->path, drain->verb, q.text);
	return ctx_fail(
		drain->ctx, -ENOENT,
		"%s: %s: its device node was deleted; make it again with `mknod %s b %u %u`",
		dev->path, drain->verb, q.text, major(dev->dev), minor(dev->dev));
}

int drain_new(struct swapadm_ctx *ctx, struct swapadm_model *model,
	      const struct swapadm_drain_req *req, const struct drain_ops *ops,
	      struct swapadm_drain **out)
{
	_cleanup_(swapadm_drain_unrefp) struct swapadm_drain *drain =
		calloc(1, sizeof(*drain));
	int r;

	if (!drain)
		return -ENOMEM;
	drain->ops = ops;
	if (!req->source)
		return -EINVAL;
	drain->detach = direct_detach;
	drain->ctx = swapadm_ref(ctx);
	drain->model = swapadm_model_ref(model);
	drain->verb = ops->verb ? ops->verb : req->remove ? "remove" : "drain";
	if (!copy_req(&drain->req, req))
		return -ENOMEM;
	r = find_source(drain);
	if (!r)
		r = check_persist(drain);
	for (size_t i = 0; !r && i < drain->plan.n_devices; i++)
		r = check_reachable(drain, drain->devices[i]);
	if (r)
		return r;
	*out = steal_ptr(&drain);
	return 0;
}

bool drain_has_device(const struct swapadm_drain *drain, const struct swapadm_device *dev)
{
	for (size_t i = 0; i < drain->plan.n_devices; i++)
		if (drain->devices[i] == dev)
			return true;
	return false;
}

SWAPADM_API struct swapadm_drain *swapadm_drain_unref(struct swapadm_drain *drain)
{
	if (!drain)
		return NULL;
	if (drain->ops->release)
		drain->ops->release(drain);
	free_req(&drain->req);
	free(drain->devices);
	free(drain->dests);
	free(drain->plain);
	free(drain->limit_object);
	free(drain->tight_group);
	free(drain->emergency.path);
	free(drain->largest_comm);
	swapadm_model_unref(drain->model);
	swapadm_unref(drain->ctx);
	free(drain);
	return NULL;
}

SWAPADM_API const struct swapadm_drain_plan *
swapadm_drain_get_plan(const struct swapadm_drain *drain)
{
	return &drain->plan;
}

SWAPADM_API int swapadm_drain_start(struct swapadm_drain *drain, struct swapadm_job **out)
{
	return drain->ops->start(drain, out);
}
