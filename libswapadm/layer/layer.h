/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A layer: how tiers reach the swap core. One table a layer; the model, the plans and the
 * jobs call only these. An entry that is NULL is what the layer can't do.
 */
#ifndef SWAPADM_LAYER_H
#define SWAPADM_LAYER_H

#include "base/ctx.h"

struct layer_ops {
	enum swapadm_layer layer;
	/* 0: the running system has it in use; -EPROTONOSUPPORT: it has not */
	int (*probe)(struct swapadm_ctx *ctx);
	/* -EPROTONOSUPPORT as above, and @model is as it was */
	int (*load)(struct swapadm_ctx *ctx, struct swapadm_conf *conf, unsigned flags,
		    struct swapadm_model *model);
	int (*plan_add)(struct swapadm_ctx *ctx, struct swapadm_conf *conf,
			const char *tier, int rank,
			const struct swapadm_devspec *const *specs, size_t n,
			unsigned flags, struct swapadm_plan **out);
	int (*plan_apply)(struct swapadm_ctx *ctx, struct swapadm_conf *conf,
			  unsigned flags, struct swapadm_plan **out);
	int (*drain_prepare)(struct swapadm_ctx *ctx, struct swapadm_model *model,
			     const struct swapadm_drain_req *req,
			     struct swapadm_drain **out);
	int (*migrate_prepare)(struct swapadm_ctx *ctx, struct swapadm_model *model,
			       const struct swapadm_migrate_req *req,
			       struct swapadm_drain **out);
	int (*cordon_prepare)(struct swapadm_ctx *ctx, struct swapadm_model *model,
			      const char *word, bool on, struct swapadm_cordon **out);
};

extern const struct layer_ops layer_direct, layer_redirect;

/* the table of a layer; AUTO is direct; NULL when this library lacks it */
const struct layer_ops *layer_get(enum swapadm_layer layer);

/* the layer that the running system has in use; direct when none has */
const struct layer_ops *layer_running(struct swapadm_ctx *ctx);

/* fill @model by the layer that is in use: asked for once, not first whether it is */
int layer_load(struct swapadm_ctx *ctx, struct swapadm_conf *conf, unsigned flags,
	       struct swapadm_model *model, enum swapadm_layer *layer);

#endif
