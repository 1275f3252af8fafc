/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who has which pages on an area, in the order of the device.
 */
#ifndef SWAPADM_SWAPMAP_H
#define SWAPADM_SWAPMAP_H

#include "kernel/proc.h"
#include "prefetch/runset.h"
#include "prefetch/swaptype.h"

#define SWAPMAP_ANY_TYPE (-1)

/**
 * struct swapmap - the swapped pages of the processes there are
 * @runs:   sorted by offset; .owner is an index into @procs
 * @stats:  of all types, whatever @runs were limited to
 */
struct swapmap {
	struct proc_swap_list procs;
	struct runset runs;
	struct type_stats stats;
};

/**
 * swapmap_load() - scan all processes that have something in swap
 * @type:          only this swap type, or SWAPMAP_ANY_TYPE
 * @begin_offset:  leave out what lies before; the next pass begins at runs.end_offset
 * @pid:           only this process, 0: all
 *
 * Return: 0; -EACCES/-EPERM needs CAP_SYS_ADMIN and CAP_SYS_PTRACE; -ENOMEM.
 */
int swapmap_load(struct swapadm_ctx *ctx, int type, uint64_t begin_offset, pid_t pid,
		 struct swapmap *out);
/* the same for those of a list that are there and have anything in swap */
int swapmap_load_pids(struct swapadm_ctx *ctx, int type, const pid_t *pids, size_t n,
		      struct swapmap *out);
/* the same for a list of processes, which the map takes over (also on failure) */
int swapmap_load_list(struct swapadm_ctx *ctx, int type, uint64_t begin_offset,
		      struct proc_swap_list *procs, struct swapmap *out);
void swapmap_free(struct swapmap *map);

/**
 * swapmap_load_regions() - where in memory the pages of a type belong, not where they lie
 * @out:  .runs in the order of processes and addresses, as long as neighbours go; their
 *        .offset is 0
 *
 * Return: as swapmap_load(); -E2BIG more regions than the bound on memory has room for.
 */
int swapmap_load_regions(struct swapadm_ctx *ctx, int type, struct swapmap *out);

#endif
