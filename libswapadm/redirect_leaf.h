/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Leaves of the tswap device: attach, detach, cordon. */
#ifndef SWAPADM_REDIRECT_LEAF_H
#define SWAPADM_REDIRECT_LEAF_H

#include "model.h"
#include "tswap_client.h"

/**
 * redirect_leaf_remove() - take an empty leaf off the tswap device
 * @persist:  also out of the drop-in of the configuration
 *
 * A zram device that swapadm made is taken away; what was recorded of the leaf is dropped.
 * Return: 0; -EBUSY it still holds pages, or the others would not cover the slots; else as
 * tswap_call().
 */
int redirect_leaf_remove(struct swapadm_ctx *ctx, const struct model_device *leaf,
			 bool persist);

/* set a leaf's state: cordoned or active */
int redirect_leaf_set_state(struct swapadm_ctx *ctx, const struct model_device *leaf,
			    enum tswap_leaf_state state, const char *verb);

#endif
