/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How long processes waited for pages from swap, in all and since the last scan. */
#ifndef SWAPTOP_DELAYS_H
#define SWAPTOP_DELAYS_H

#include "sample/sample.h"

/**
 * struct delays - of the processes of a scan, and of the one before
 * @items:   as many as the scan has processes, in its order
 * @before:  by pid
 * @at_ns:   when @items was read, on CLOCK_MONOTONIC
 * @why:     none were read: what is missing; "" when nothing is to be said
 */
struct delays {
	struct swapadm_delays *kernel;
	struct delay_item {
		int pid;
		struct swapadm_delay got;
		struct sample_delay delay;
	} * items, *before;
	size_t n, n_before;
	uint64_t at_ns;
	char why[SAMPLE_NAME];
};

/**
 * delays_load() - read them anew
 *
 * Return: 0, also when they can't be read; -ENOMEM.
 */
int delays_load(struct delays *d, struct swapadm_ctx *ctx,
		const struct swapadm_procs *procs);
void delays_done(struct delays *d);

#endif
