/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How long cgroups waited for memory and what they read from swap since the last scan. */
#ifndef SWAPTOP_STALLS_H
#define SWAPTOP_STALLS_H

#include "sample/sample.h"

/**
 * struct stalls - of the cgroups of a scan, and of the one before
 * @items:   as many as the scan has cgroups, in its order
 * @before:  by path
 * @at_ns:   when @items was read, on CLOCK_MONOTONIC
 */
struct stalls {
	struct stall_item {
		char path[sizeof(((struct sample_cgroup *)0)->path)];
		bool psi_known, in_known;
		uint64_t stalled_us, in_bytes;
		struct sample_delay delay;
	} * items, *before;
	size_t n, n_before;
	uint64_t at_ns;
};

/**
 * stalls_load() - read them anew
 *
 * Return: 0, also when they can't be read; -ENOMEM.
 */
int stalls_load(struct stalls *st, struct swapadm_ctx *ctx,
		const struct swapadm_cgroups *cgroups);
void stalls_done(struct stalls *st);

#endif
