/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Following swapoff(2): it takes one process after the other, in an order that nobody
 * reports, so the one whose VmSwap falls is the one it is at.
 */
#ifndef SWAPADM_FOLLOW_H
#define SWAPADM_FOLLOW_H

#include "kernel/proc.h"

/**
 * struct follow - the processes there were
 * @fell_bytes:  for each, by how much its VmSwap fell between the last two looks
 */
struct follow {
	struct proc_swap_list procs;
	uint64_t *fell_bytes;
};

/* take the processes of now; -ENOMEM */
int follow_begin(struct swapadm_ctx *ctx, struct follow *f);

/**
 * follow_update() - look again
 * Return: the process whose VmSwap fell most since the last look, 0: none did.
 */
pid_t follow_update(struct swapadm_ctx *ctx, struct follow *f);
void follow_end(struct follow *f);

#endif
