/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A layer: how tiers reach the swap core. One table a layer, by which a model is loaded
 * and an operation prepared. What a plan does differs by the kind of its unit, see
 * plan/plan.h.
 */
#ifndef SWAPADM_LAYER_H
#define SWAPADM_LAYER_H

#include "op/op.h"

struct layer_ops {
	enum swapadm_layer layer;
	/* -EPROTONOSUPPORT: the running system has it not in use; @model is as it was */
	int (*load)(struct swapadm_ctx *ctx, struct swapadm_conf *conf, unsigned flags,
		    struct swapadm_model *model);
	/* by SWAPADM_OP_*; NULL: the layer can't do it */
	int (*prepare[SWAPADM_OP_UNCORDON + 1])(struct swapadm_op *op);
};

/* prepare an operation on devices or tiers by the layer of its model */
int layer_prepare(struct swapadm_op *op);

#endif
