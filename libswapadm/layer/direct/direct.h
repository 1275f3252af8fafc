/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The direct layer: each device is an area of its own, tiers are bands of priorities.
 */
#ifndef SWAPADM_DIRECT_H
#define SWAPADM_DIRECT_H

#include "base/ctx.h"

/*
 * The layer's entries of struct layer_ops; contracts as of swapadm_model_load(),
 * swapadm_plan_add(), _apply()
 */
int direct_load(struct swapadm_ctx *ctx, struct swapadm_conf *conf, unsigned flags,
		struct swapadm_model *model);
int direct_plan_add(struct swapadm_ctx *ctx, struct swapadm_conf *conf, const char *tier,
		    int rank, const struct swapadm_devspec *const *specs, size_t n,
		    unsigned flags, struct swapadm_plan **out);
int direct_plan_apply(struct swapadm_ctx *ctx, struct swapadm_conf *conf, unsigned flags,
		      struct swapadm_plan **out);

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

#endif
