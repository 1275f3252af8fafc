/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Cgroups whose pages zswap keeps: memory.zswap.writeback is 0 (6.8). */
#ifndef SWAPADM_ZSWAP_GROUP_H
#define SWAPADM_ZSWAP_GROUP_H

#include "base/ctx.h"

/**
 * struct zswap_kept - the part of zswap's pool that the kernel may not write back
 * @bytes:   of the pool, of all such cgroups
 * @cgroup:  the one with most of it, below the mount point; "" there is none
 * @file:    its memory.zswap.writeback
 */
struct zswap_kept {
	uint64_t bytes;
	char cgroup[256], file[512];
};

/* by memory.stat of each cgroup with pages in swap. Return: 0; -ENODATA no cgroup v2. */
int zswap_kept_read(struct swapadm_ctx *ctx, struct zswap_kept *out);

#endif
