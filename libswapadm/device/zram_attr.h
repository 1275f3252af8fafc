/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The attributes of a zram device, as files. */
#ifndef SWAPADM_ZRAM_ATTR_H
#define SWAPADM_ZRAM_ATTR_H

#include "base/ctx.h"

/* the path of an attribute, in @buf */
const char *zram_attr(char *buf, size_t size, int number, const char *name);

/* waits for udev and others, who open a device for a moment when it appears */
int zram_write(struct swapadm_ctx *ctx, const char *path, const char *text);

#endif
