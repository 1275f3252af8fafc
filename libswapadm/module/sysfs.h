/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which leaf a block device is, for whoever has no connection to the module. */
#ifndef SWAPADM_LEAFUSE_H
#define SWAPADM_LEAFUSE_H

#include "base/ctx.h"

struct leaf_use {
	char tswap[32]; /* "tswap0" */
	char tier[64];
};

/**
 * leafuse_find() - the leaf that a block device is
 * @dev:  its number
 * @out:  untouched when it is none
 *
 * Kernel ABI: /sys/block/tswap<N>/tswap/leaf<ID>/{dev,tier}
 * (tswap/Documentation/ABI-sysfs-block-tswap).
 */
bool leafuse_find(struct swapadm_ctx *ctx, dev_t dev, struct leaf_use *out);

#endif
