/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who has which pages on an area, in the order of the device; and telling the kernel to
 * read them ahead of need.
 */
#ifndef SWAPADM_SWAPMAP_H
#define SWAPADM_SWAPMAP_H

#include "procscan.h"
#include "runset.h"
#include "swaptype.h"

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

/**
 * struct feeder - where a pre-read stands
 * @fed_pages:   the kernel took them: they come in, or are there already
 * @gone_pages:  of processes that ended, of mappings that went away
 */
struct feeder {
	struct swapadm_ctx *ctx;
	const struct swapmap *map;
	int advice;
	int *pidfds; /* -1 not opened, -2 the process is gone */
	size_t n_open;
	size_t next_run;
	uint64_t next_page; /* in that run */
	uint64_t fed_pages, gone_pages;
};

/* -ENOMEM; @advice MADV_WILLNEED or MADV_PAGEOUT */
int feeder_init(struct feeder *f, struct swapadm_ctx *ctx, const struct swapmap *map,
		int advice);
void feeder_free(struct feeder *f);

/**
 * feeder_next() - one process_madvise(2) of at most @max_pages, in disk order
 *
 * The ranges of a batch belong to one process, at most 1024 of them.
 * Return: pages dealt with, 0 at the end; -EPERM (CAP_SYS_NICE) or -ENOSYS: the kernel does
 * not let us; -ENOMEM.
 */
int64_t feeder_next(struct feeder *f, uint64_t max_pages);

#endif
