/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What goes on during a swapoff(2) under way: a window of pages ahead of it is read in
 * disk order when memory does not hold all, and with --to what it has left behind is
 * paged out.
 *
 * swapoff walks one process after the other, by address. Which one it is at is seen by
 * VmSwap, how far it has come by the first address in its pagemap that is still on the
 * area. What is behind goes out once, to the first area with room.
 */
#ifndef SWAPADM_WINDOW_H
#define SWAPADM_WINDOW_H

#include "prefetch/follow.h"
#include "job/worker.h"
#include "prefetch/preread.h"

#define WINDOW_TICK_MS 20

/**
 * struct window - the window of one area's drain
 * @read_ahead: the pre-read pays, and not everything has been read before
 * @page_out:   what is passed goes out again (--to)
 * @regions:    with @page_out: where the area's pages belong
 * @behind:     for each process of @regions, up to which page it has been paged out
 * @ahead:      pages of @pid being read
 * @used_bytes: of the area when the window was moved
 */
struct window {
	struct swapadm_ctx *ctx;
	struct jobrun *job;
	struct preread *pre;
	bool read_ahead, page_out;
	struct follow follow;
	struct swapmap regions, ahead;
	uint64_t *behind;
	pid_t pid;
	uint64_t used_bytes, looked_ns;
	uint64_t paged_out_pages;
	bool is_cut; /* it was asked to stop while it paged out */
};

/**
 * window_begin() - before swapoff starts; .ctx .job .pre .read_ahead .page_out are set
 * Return: 0; -ENOMEM; -E2BIG too many regions to remember.
 */
int window_begin(struct window *w);

/**
 * window_step() - between two looks at the child
 * @used_bytes:  of the area now
 *
 * Return: 0; -ENOMEM.
 */
int window_step(struct window *w, uint64_t used_bytes);

/* swapoff is through: page out what is left, and let go */
void window_end(struct window *w);

#endif
