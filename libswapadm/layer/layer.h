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
	int (*drain_prepare)(struct swapadm_ctx *ctx, struct swapadm_model *model,
			     const struct swapadm_drain_req *req,
			     struct swapadm_drain **out);
	int (*migrate_prepare)(struct swapadm_ctx *ctx, struct swapadm_model *model,
			       const struct swapadm_migrate_req *req,
			       struct swapadm_drain **out);
	int (*cordon_prepare)(struct swapadm_ctx *ctx, struct swapadm_model *model,
			      const char *word, bool on, struct swapadm_cordon **out);
};

/* the table of a layer; AUTO is direct */
const struct layer_ops *layer_get(enum swapadm_layer layer);

/* the layer that the running system has in use; direct when none has */
const struct layer_ops *layer_running(struct swapadm_ctx *ctx);

#endif
