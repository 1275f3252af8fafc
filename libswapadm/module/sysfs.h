/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files in sysfs say of a leaf, for callers without a connection to the module.
 */
#ifndef SWAPADM_SYSFS_H
#define SWAPADM_SYSFS_H

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

/**
 * latency_parse() - a line of counts
 * @text:     as many numbers as the module has buckets
 * @buckets:  SWAPADM_LATENCY_BUCKETS; counts of longer times are added to the last
 *
 * Return: 0; -EBADMSG fewer numbers than buckets, or no numbers.
 */
int latency_parse(const char *text, uint64_t *buckets);

/**
 * latency_get() - of a leaf
 * @tswap:  name of the tswap device
 *
 * Kernel ABI: /sys/block/tswap<N>/tswap/leaf<ID>/{read,write}_latency.
 * Return: 0; -EBADMSG; else -errno of open or read. Untouched on failure.
 */
int latency_get(struct swapadm_ctx *ctx, const char *tswap, uint32_t leaf_id,
		struct swapadm_latency *out);

#endif
