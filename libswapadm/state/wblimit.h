/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The write-back limit that a zram had before a job set its own: a line in
 * /run/swapadm/writeback-limit-zramN from the job's first step until the limit is back.
 *
 * A guard process puts it back when the worker dies. When that is killed too, whoever
 * finds the lost job does. A limit that somebody sets meanwhile is kept to, and stays.
 */
#ifndef SWAPADM_WBLIMIT_H
#define SWAPADM_WBLIMIT_H

#include "base/ctx.h"

/**
 * struct wblimit - in units of 4 KiB
 * @zram:               "zram0"; @diskseq distinguishes it from a later one of that name
 * @enabled:            the limit was on
 * @limit_units:        as it was
 * @start_units:        written to the backing device before the job, bd_stat's count
 * @guard:              process that puts it back, with its start time
 * @sum_units:          limit and written together, as the job has left them last, and as
 *                      the step before; another sum is that of somebody else's limit
 */
struct wblimit {
	char zram[64];
	bool enabled;
	uint64_t limit_units, start_units, diskseq, guard_start_ticks;
	uint64_t sum_units[2];
	pid_t guard;
};

/* what the kernel has now; only that is set. Return: 0; -errno. */
int wblimit_read(struct swapadm_ctx *ctx, const char *zram, struct wblimit *out);

/* and from where on it counts. Return: 0; -EPROTONOSUPPORT no bd_stat; -errno. */
int wblimit_begin(struct swapadm_ctx *ctx, const char *zram, struct wblimit *out);

/*
 * allow so many units more, less where the limit that is to be put back leaves fewer;
 * with a guard that is put on record. Return: 0; -errno.
 */
int wblimit_set(struct swapadm_ctx *ctx, struct wblimit *limit, uint64_t units);

/* write the line. Return: 0; -errno. */
int wblimit_keep(struct swapadm_ctx *ctx, const struct wblimit *limit);

/*
 * set it again, less what was written meanwhile, and remove the line, which is kept for
 * wblimit_recover() when that fails. Return: 0; -errno.
 */
int wblimit_restore(struct swapadm_ctx *ctx, const struct wblimit *limit);

/**
 * wblimit_recover() - put back what a job left behind that was killed with its guard
 *
 * Waits a moment for a guard that is at it. Without a line, or when the zram is another
 * one now, nothing is set.
 * Return: 0; -errno of the zram's files.
 */
int wblimit_recover(struct swapadm_ctx *ctx, const char *zram);

#endif
