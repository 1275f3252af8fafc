/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which swap type is which area?
 *
 * pagemap names areas by type, a number; /proc/swaps lists areas in the order of their
 * types but leaves unused ones out (after a swapoff there are holes), so the N-th line
 * need not be type N. Two ways to find out. Fitting: the types seen in pagemap must match
 * the lines in order, a line without used pages has no type to be seen, no offset may
 * exceed its line's size, and line N has at least type N. Probing: a tiny area takes the
 * lowest free type, and where its line appears, there was the hole.
 */
#ifndef SWAPADM_SWAPTYPE_H
#define SWAPADM_SWAPTYPE_H

#include "kernel/area.h"
#include "kernel/pagemap.h"

/* what a scan of pagemaps saw of each type */
struct type_stats {
	uint64_t n_pages[PAGEMAP_TYPES];
	uint64_t max_offset[PAGEMAP_TYPES];
};

void type_stats_add(struct type_stats *stats, const struct swap_span *span);
void type_stats_merge(struct type_stats *stats, const struct type_stats *more);

#define SWAPTYPE_NONE    (-1) /* no process has pages of it mapped */
#define SWAPTYPE_UNKNOWN (-2) /* not asked, or it is not known */

/**
 * swaptype_fit() - the type of one line by what was seen
 * @target:  index of the line
 * @type:    the type, or SWAPTYPE_NONE
 *
 * Types that no line can have (those of migration entries and the like) are passed over
 * when they are above all that fit.
 * Return: 0; -ENOTUNIQ more than one answer is possible; -ESTALE none is (the lines or
 * the pages changed meanwhile); -EPROTONOSUPPORT types name no area (kernel/vswap.h).
 */
int swaptype_fit(const struct area_list *areas, const struct type_stats *stats,
		 size_t target, int *type);

/**
 * swaptype_probe() - the type of an active area by activating tiny ones
 * @path:  as /proc/swaps names it
 *
 * The probes are loop devices of 40 KiB in memory with the lowest priority, deactivated
 * and gone before the call returns; nothing of them is on a disk.
 * Return: 0; -ENODEV not an active area; -EOPNOTSUPP no probe could be made; -EROFS.
 */
int swaptype_probe(struct swapadm_ctx *ctx, const char *path, int *type);

/**
 * swaptype_from_probes() - pure part of the above
 * @is_probe:  for each line, in order, with all probes active
 * @complete:  the last probe is the last line: no hole is left
 * Return: the type of line @line; -1 when it is not known.
 */
int swaptype_from_probes(const bool *is_probe, size_t n, bool complete, size_t line);

#endif
