/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Leaves of the tswap device: taking one off, cordons. Attaching is for plans. */
#ifndef SWAPADM_REDIRECT_LEAF_H
#define SWAPADM_REDIRECT_LEAF_H

#include "model/model.h"
#include "module/client.h"

/**
 * redirect_leaf_remove() - take an empty leaf off the tswap device
 * @persist:  also out of the drop-in of the configuration
 *
 * A zram device that swapadm made is taken away; what was recorded of the leaf is
 * dropped. When the others do not cover all slots, the device becomes overcommitted.
 * Return: 0; -EBUSY it still holds pages; -SWAPADM_ENOROOM the others have no room to
 * spare for the pages in use; else as tswap_call().
 */
int redirect_leaf_remove(struct swapadm_ctx *ctx, const struct model_device *leaf,
			 bool persist);

/* the same, but what is recorded of the device stays, and a zram too */
int redirect_leaf_delete(struct swapadm_ctx *ctx, const struct model_device *leaf);

/*
 * allow the tswap device more slots than its leaves hold, or end that:
 * -SWAPADM_ENOROOM not covered
 */
int redirect_overcommit(struct swapadm_ctx *ctx, uint32_t tswap_id, bool on);

/* set a leaf's state: cordoned or active */
int redirect_leaf_set_state(struct swapadm_ctx *ctx, const struct model_device *leaf,
			    enum tswap_leaf_state state, const char *verb);

#endif
