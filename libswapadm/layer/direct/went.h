/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where the pages of a drain went: swapoff(2) brings them to memory, and the kernel
 * pushes others out to the areas that stay. What these hold more than before is what went
 * there.
 */
#ifndef SWAPADM_WENT_H
#define SWAPADM_WENT_H

#include "kernel/area.h"
#include "op/op.h"

struct went {
	struct area_list before;
	bool known;
};

void went_begin(struct swapadm_ctx *ctx, struct went *went);

/**
 * went_say() - "memory", "hdd" or "memory,hdd"
 * @moved_bytes:  so far
 * @dest:         untouched when it can't be said, or nothing has moved
 *
 * What is less than a hundredth of it is the noise of a running machine.
 */
void went_say(const struct swapadm_op *op, const struct went *went, uint64_t moved_bytes,
	      char *dest, size_t size);

void went_end(struct went *went);

#endif
