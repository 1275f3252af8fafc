/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * /run/swapadm/degraded: why the last apply used the direct layer although the
 * configuration has the redirect one. One line for a person, mode 0644.
 */
#ifndef SWAPADM_DEGRADED_H
#define SWAPADM_DEGRADED_H

#include "base/ctx.h"

/* @why NULL: no more; failures are only logged, as the note is there for readers alone */
void degraded_note(struct swapadm_ctx *ctx, const char *why);

/* 0; -ENOENT there is none; else -errno */
int degraded_read(struct swapadm_ctx *ctx, char *buf, size_t size);

#endif
