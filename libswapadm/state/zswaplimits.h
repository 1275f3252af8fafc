/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The limits of zswap that somebody set, while balance has lower ones in their place for
 * a moment: a line in /run/swapadm/zswap-limits, from before until they are back. As long
 * as it is there swapadm_zswap_get_stats() has those that were set.
 */
#ifndef SWAPADM_ZSWAPLIMITS_H
#define SWAPADM_ZSWAPLIMITS_H

#include "base/ctx.h"

/* zswap's max_pool_percent and accept_threshold_percent */
struct zswap_limits {
	uint32_t max_pct, accept_pct;
};

/* write the line, for this process to put them back; under state_lock(). 0; -errno. */
int zswaplimits_keep(struct swapadm_ctx *ctx, const struct zswap_limits *old,
		     const struct zswap_limits *low);

/* Return: 0; -ENOENT there is no line, or none that can be read; else -errno. */
int zswaplimits_read(struct swapadm_ctx *ctx, struct zswap_limits *old,
		     struct zswap_limits *low);

/* remove the line */
void zswaplimits_forget(struct swapadm_ctx *ctx);

/* what is to be set now: what @low is not any more has been set by somebody and stays */
void zswaplimits_back(const struct zswap_limits *old, const struct zswap_limits *low,
		      struct zswap_limits *now);

/*
 * one process at a time has zswap write back; a child of it holds the lock as well
 * Return: descriptor; -EWOULDBLOCK another one does; -errno.
 */
int zswaplimits_lock(struct swapadm_ctx *ctx);

#endif
