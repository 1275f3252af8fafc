/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "layer/layer.h"

#include "layer/direct/direct.h"
#include "layer/direct/drain.h"
#include "layer/redirect/redirect.h"
#include "model/load.h"

static int direct_probe(struct swapadm_ctx *ctx)
{
	return 0; /* every kernel with swap has it */
}

static int direct_load(struct swapadm_ctx *ctx, struct swapadm_conf *conf, unsigned flags,
		       struct swapadm_model *model)
{
	return load_model(ctx, conf, flags, NULL, model);
}

static const struct layer_ops layer_direct = {
	.layer = SWAPADM_LAYER_DIRECT,
	.probe = direct_probe,
	.load = direct_load,
	.drain_prepare = direct_drain_prepare,
	.migrate_prepare = direct_migrate_prepare,
};

static const struct layer_ops layer_redirect = {
	.layer = SWAPADM_LAYER_REDIRECT,
	.probe = redirect_probe,
	.load = redirect_load,
	.drain_prepare = redirect_drain_prepare,
	.migrate_prepare = redirect_migrate_prepare,
	.cordon_prepare = redirect_cordon_prepare,
};

/* in the order in which they are asked whether they are in use */
static const struct layer_ops *const layers[] = { &layer_redirect, &layer_direct };

const struct layer_ops *layer_get(enum swapadm_layer layer)
{
	if (layer == SWAPADM_LAYER_AUTO)
		layer = SWAPADM_LAYER_DIRECT;
	for (size_t i = 0; i < ARRAY_SIZE(layers); i++)
		if (layers[i]->layer == layer)
			return layers[i];
	return NULL;
}

const struct layer_ops *layer_running(struct swapadm_ctx *ctx)
{
	for (size_t i = 0; i < ARRAY_SIZE(layers); i++)
		if (layers[i]->probe(ctx) == 0)
			return layers[i];
	return &layer_direct;
}

static int layer_load(struct swapadm_ctx *ctx, struct swapadm_conf *conf, unsigned flags,
		      struct swapadm_model *model, enum swapadm_layer *layer)
{
	int r = -EPROTONOSUPPORT;

	for (size_t i = 0; r == -EPROTONOSUPPORT && i < ARRAY_SIZE(layers); i++) {
		*layer = layers[i]->layer;
		r = layers[i]->load(ctx, conf, flags, model);
	}
	return r;
}

/* ---- what only some layers can do ------------------------------------------------- */

/* what is not there is that first, whatever the layer can do */
static int cannot(struct swapadm_ctx *ctx, const struct swapadm_model *model,
		  const char *word, const char *verb)
{
	const struct swapadm_device *dev;
	const struct swapadm_tier *tier;
	int r = swapadm_model_find(model, word, &tier, &dev);

	if (r)
		return r;
	return ctx_fail(
		ctx, -EPROTONOSUPPORT,
		"%s: %s: the %s layer can't do it; the redirect layer can: load the tswap module and set layer = redirect",
		word, verb, swapadm_layer_name(swapadm_model_layer(model)));
}

SWAPADM_API int swapadm_migrate_prepare(struct swapadm_ctx *ctx,
					struct swapadm_model *model,
					const struct swapadm_migrate_req *req,
					struct swapadm_drain **out)
{
	const struct layer_ops *layer = layer_get(swapadm_model_layer(model));

	if ((req->pid || req->cgroup) && !streq(req->dest, "backing"))
		return ctx_fail(
			ctx, -EPROTONOSUPPORT,
			"%s: migrate: pages of one process or cgroup can go to the backing device of a zram only",
			req->source);
	if (!layer->migrate_prepare)
		return cannot(ctx, model, req->source, "migrate");
	return layer->migrate_prepare(ctx, model, req, out);
}

SWAPADM_API int swapadm_cordon_prepare(struct swapadm_ctx *ctx,
				       struct swapadm_model *model, const char *word,
				       bool on, struct swapadm_cordon **out)
{
	const struct layer_ops *layer = layer_get(swapadm_model_layer(model));

	if (!layer->cordon_prepare)
		return cannot(ctx, model, word, on ? "cordon" : "uncordon");
	return layer->cordon_prepare(ctx, model, word, on, out);
}

SWAPADM_API int swapadm_model_load(struct swapadm_ctx *ctx, struct swapadm_conf *conf,
				   unsigned flags, struct swapadm_model **out)
{
	_cleanup_(model_unrefp) struct swapadm_model *model = NULL;
	int r;

	if (!ctx || !out || flags & ~(SWAPADM_LOAD_IO | SWAPADM_LOAD_BLKID))
		return -EINVAL;
	r = model_new(ctx, conf, flags, &model);
	if (r)
		return r;
	r = layer_load(ctx, conf, flags, model, &model->layer);
	if (!r && model->layer == SWAPADM_LAYER_DIRECT)
		r = model_mark_jobs(model); /* other layers know by themselves */
	if (r == -ENOMEM)
		return ctx_fail(ctx, r, "swap areas: load: memory is short");
	if (r)
		return r;
	model_finish(model);
	*out = steal_ptr(&model);
	return 0;
}

SWAPADM_API int swapadm_drain_prepare(struct swapadm_ctx *ctx,
				      struct swapadm_model *model,
				      const struct swapadm_drain_req *req,
				      struct swapadm_drain **out)
{
	const struct layer_ops *layer = layer_get(swapadm_model_layer(model));

	if (!layer->drain_prepare)
		return ctx_fail(ctx, -EPROTONOSUPPORT,
				"%s: drain: the %s layer can't do it on this system",
				req->source,
				swapadm_layer_name(swapadm_model_layer(model)));
	return layer->drain_prepare(ctx, model, req, out);
}
