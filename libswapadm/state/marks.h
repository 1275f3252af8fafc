/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* When all pages of a zram were marked idle, by whom it matters to: balance. */
#ifndef SWAPADM_MARKS_H
#define SWAPADM_MARKS_H

#include "base/ctx.h"

#define NOT_MARKED UINT64_MAX

/**
 * zram_mark() - mark all pages of a zram idle, and remember when
 * zram_marked_s() - how many seconds ago; NOT_MARKED
 * zram_unmark() - forget it: what was marked has gone, or is to be marked again by
 * somebody else
 *
 * Kept in /run/swapadm/idle-marks, a line a device: "NAME SECONDS-SINCE-BOOT".
 * Return: 0; else -errno with the sentence.
 */
int zram_mark(struct swapadm_ctx *ctx, const char *zram);
uint64_t zram_marked_s(struct swapadm_ctx *ctx, const char *zram);
int zram_unmark(struct swapadm_ctx *ctx, const char *zram);

/**
 * zram_tracks_ages() - does the kernel know when a zram's page was used?
 *
 * Asked by trying: it is asked to mark what was not used for longer than any machine
 * runs, which marks nothing, and refuses without CONFIG_ZRAM_TRACK_ENTRY_ACTIME. True
 * where it can't be tried.
 */
bool zram_tracks_ages(struct swapadm_ctx *ctx, const char *zram);

#endif
