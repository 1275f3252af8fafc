/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* zswap writes back at our word: its pool is made full for a moment. */
#ifndef SWAPADM_SQUEEZE_H
#define SWAPADM_SQUEEZE_H

#include "state/zswaplimits.h"

/**
 * zswap_limits_for() - limits that make a pool full, and that it ends at after that
 *
 * Both are whole percents: the pool ends at most one hundredth of itself below @target.
 * Return: false: the pool is smaller than one percent of memory, or would be emptied.
 */
bool zswap_limits_for(uint64_t pool_bytes, uint64_t total_bytes, uint64_t target_bytes,
		      struct zswap_limits *out);

/**
 * zswap_squeeze() - have the kernel write back until the pool is @bytes smaller
 * @cgroup_root:   where a cgroup can be made
 * @stop_fd:       readable: to stop, within a second; -1
 *
 * Takes up to 30 s. What was written, if anything, the counters say: a pool whose pages
 * the kernel has not passed over yet may take several calls.
 * Return: 0; -ERANGE the pool is too small; -EPROTONOSUPPORT cgroups of this kernel have
 * no memory.zswap.writeback; -errno of state_lock() or the parameters.
 */
int zswap_squeeze(struct swapadm_ctx *ctx, const char *cgroup_root, uint64_t bytes,
		  int stop_fd);

/*
 * put back what was left behind by one that was killed, and remove its cgroup
 * Return: 0, also where nothing was left; -errno of state_lock() or the parameters.
 */
int zswap_limits_recover(struct swapadm_ctx *ctx, const char *cgroup_root);

#endif
