/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "layer.h"

#include "direct.h"
#include "drain.h"
#include "redirect.h"

static int direct_probe(struct swapadm_ctx *ctx)
{
	return 0; /* every kernel with swap has it */
}

const struct layer_ops layer_direct = {
	.layer = SWAPADM_LAYER_DIRECT,
	.probe = direct_probe,
	.load = direct_load,
	.plan_add = direct_plan_add,
	.plan_apply = direct_plan_apply,
	.drain_prepare = direct_drain_prepare,
};

const struct layer_ops layer_redirect = {
	.layer = SWAPADM_LAYER_REDIRECT,
	.probe = redirect_probe,
	.load = redirect_load,
	.drain_prepare = redirect_drain_prepare,
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
