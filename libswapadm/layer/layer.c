/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "layer/layer.h"

#include "layer/direct/direct.h"
#include "layer/direct/drain.h"
#include "layer/redirect/redirect.h"
#include "model/load.h"
#include "state/degraded.h"

static int direct_load(struct swapadm_ctx *ctx, struct swapadm_conf *conf, unsigned flags,
		       struct swapadm_model *model)
{
	return load_model(ctx, conf, flags, NULL, model);
}

static const struct layer_ops layer_direct = {
	.layer = SWAPADM_LAYER_DIRECT,
	.load = direct_load,
	.prepare = {
		[SWAPADM_OP_DRAIN] = direct_drain_prepare,
		[SWAPADM_OP_REMOVE] = direct_drain_prepare,
		[SWAPADM_OP_MIGRATE] = direct_migrate_prepare,
	},
};

static const struct layer_ops layer_redirect = {
	.layer = SWAPADM_LAYER_REDIRECT,
	.load = redirect_load,
	.prepare = {
		[SWAPADM_OP_DRAIN] = redirect_drain_prepare,
		[SWAPADM_OP_REMOVE] = redirect_drain_prepare,
		[SWAPADM_OP_MIGRATE] = redirect_migrate_prepare,
		[SWAPADM_OP_CORDON] = redirect_cordon_prepare,
		[SWAPADM_OP_UNCORDON] = redirect_cordon_prepare,
	},
};

/* in the order in which they are asked whether they are in use */
static const struct layer_ops *const layers[] = { &layer_redirect, &layer_direct };

/* AUTO is direct */
static const struct layer_ops *layer_get(enum swapadm_layer layer)
{
	if (layer == SWAPADM_LAYER_AUTO)
		layer = SWAPADM_LAYER_DIRECT;
	for (size_t i = 0; i < ARRAY_SIZE(layers); i++)
		if (layers[i]->layer == layer)
			return layers[i];
	return NULL;
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
static int cannot(struct swapadm_op *op)
{
	const struct swapadm_device *dev;
	const struct swapadm_tier *tier;
	int r = swapadm_model_find(op->model, op->req.source, &tier, &dev);

	if (r)
		return r;
	return ctx_fail(
		op->ctx, -EPROTONOSUPPORT,
		"%s: %s: the %s layer can't do it; the redirect layer can: load the tswap module and set layer = redirect",
		op->req.source, op->verb,
		swapadm_layer_name(swapadm_model_layer(op->model)));
}

int layer_prepare(struct swapadm_op *op)
{
	const struct layer_ops *layer;
	int (*prepare)(struct swapadm_op * op);

	if (!op->model)
		return ctx_fail(op->ctx, -EINVAL, "%s: it needs a model", op->verb);
	layer = layer_get(swapadm_model_layer(op->model));
	prepare = layer->prepare[op->plan.kind];
	return prepare ? prepare(op) : cannot(op);
}

/* is it the layer that was asked for? nobody misses it before something is attached */
static int find_degraded(struct swapadm_model *model)
{
	char why[1100];

	if (model->layer != SWAPADM_LAYER_DIRECT || !model->conf ||
	    swapadm_conf_layer(model->conf) != SWAPADM_LAYER_REDIRECT ||
	    degraded_read(model->ctx, why, sizeof(why)))
		return 0;
	return arena_set(&model->arena, &model->degraded, why);
}

SWAPADM_API int swapadm_model_load(struct swapadm_ctx *ctx, struct swapadm_conf *conf,
				   unsigned flags, struct swapadm_model **out)
{
	_cleanup_(model_unrefp) struct swapadm_model *model = NULL;
	CTX_CALL(ctx);
	int r;

	if (!ctx || !out || flags & ~(SWAPADM_LOAD_IO | SWAPADM_LOAD_BLKID))
		return -EINVAL;
	r = model_new(ctx, conf, flags, &model);
	if (r)
		return r;
	r = layer_load(ctx, conf, flags, model, &model->layer);
	if (!r && model->layer == SWAPADM_LAYER_DIRECT)
		r = model_mark_jobs(model); /* other layers know by themselves */
	if (!r)
		r = find_degraded(model);
	if (r == -ENOMEM)
		return ctx_fail(ctx, r, "swap areas: load: memory is short");
	if (r)
		return r;
	model_finish(model);
	*out = steal_ptr(&model);
	return 0;
}
