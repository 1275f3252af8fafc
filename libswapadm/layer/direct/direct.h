/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The direct layer: each device is an area of its own, tiers are bands of priorities.
 */
#ifndef SWAPADM_DIRECT_H
#define SWAPADM_DIRECT_H

#include "op/op.h"

/**
 * direct_detach() - after swapoff: take away what swapadm made, and forget the device
 * @path:     as /proc/swaps named it (unescaped)
 * @persist:  also take it out of the drop-in in /etc/swapadm.conf.d
 *
 * A zram device that swapadm hot-added is reset and removed; other devices and swap files
 * stay as they are. Takes the lock of /run/swapadm itself, so that the caller must not
 * hold it. A device that swapadm never attached is fine: there is nothing to forget.
 * Return: 0; -EBUSY the device is (again) an active area or opened by others, or the lock
 * is held; -EROFS; -EACCES; else -errno. The sentence is set.
 */
int direct_detach(struct swapadm_ctx *ctx, const char *path, bool persist);

/* what is free on a zram's backing device; false: it can't be seen */
bool writeback_room(struct swapadm_ctx *ctx, const struct swapadm_zram_stats *st,
		    uint64_t *bytes);

/* the direct layer's way of migrate: only "backing", a zram's own write-back */
int direct_migrate_prepare(struct swapadm_op *op);

/* the area is active, or may be: /proc/swaps can't be read */
bool direct_is_active(struct swapadm_ctx *ctx, const char *path);

/*
 * take a device of @tier out of the drop-in, by @spec (or NULL) or by @path; 0 also if it
 * is not there
 */
int direct_persist_forget(struct swapadm_ctx *ctx, const char *tier, const char *path,
			  const char *spec);

/*
 * would that work? for plans; changes nothing; @instead: the spec that takes its place,
 * for the sentence, or NULL
 */
int direct_persist_forget_check(struct swapadm_ctx *ctx, const char *tier,
				const char *path, const char *spec, const char *instead);

#endif
