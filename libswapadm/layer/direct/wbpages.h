/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whose pages of a zram are to be written back: those of one process, or of the processes
 * of one cgroup, as slots of the area.
 */
#ifndef SWAPADM_WBPAGES_H
#define SWAPADM_WBPAGES_H

#include "kernel/memcg.h"
#include "op/op.h"
#include "prefetch/swapmap.h"

/**
 * struct wbpages
 * @pid:     or 0: the processes of @cgroup, a path below the mount point
 * @area:    as /proc/swaps names it
 * @type:    its swap type
 * @done:    pages of the run at hand that have been written
 */
struct wbpages {
	struct swapadm_ctx *ctx;
	pid_t pid;
	char cgroup[512];
	struct memcg_mount mount;
	char area[280];
	int type;
	struct swapmap map;
	size_t at, done;
};

/**
 * wbpages_open() - find out who is meant and which swap type the area is
 * Return: 0; -ENOENT no such process or cgroup; -EPROTONOSUPPORT no memory controller is
 * mounted; -EPERM; -ENOTUNIQ the area can't be told from others. Sentence set.
 */
int wbpages_open(struct swapadm_ctx *ctx, const struct op_req *req, const char *area,
		 struct wbpages *out);

/**
 * wbpages_look() - where their pages are now, from a slot on
 * Return: 0; -errno of reading pagemaps, with the sentence.
 */
int wbpages_look(struct wbpages *pages, uint64_t begin);

/**
 * wbpages_next() - the words for the `writeback` attribute
 * @batch:  the kernel takes several, "page_index=N page_indexes=LO-HI ..."
 * @max:    pages at most
 *
 * Return: how many pages; 0 none is left.
 */
uint64_t wbpages_next(struct wbpages *pages, bool batch, uint64_t max, char *text,
		      size_t size);

/* the slot that comes next, to look again from there */
uint64_t wbpages_position(const struct wbpages *pages);

void wbpages_close(struct wbpages *pages);

#endif
