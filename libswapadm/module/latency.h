/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How long the requests to a leaf took, as the module counts them. */
#ifndef SWAPADM_LATENCY_H
#define SWAPADM_LATENCY_H

#include "base/ctx.h"

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
