/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Moves of a zram device's pages to its own backing device, on either layer. */
#ifndef SWAPADM_WRITEBACK_H
#define SWAPADM_WRITEBACK_H

#include "base/ctx.h"

/* swapadm_migrate_prepare() with the destination "backing" */
int writeback_prepare(struct swapadm_ctx *ctx, struct swapadm_model *model,
		      const struct swapadm_migrate_req *req, struct swapadm_drain **out);

/* the direct layer's migrate_prepare() */
int direct_migrate_prepare(struct swapadm_ctx *ctx, struct swapadm_model *model,
			   const struct swapadm_migrate_req *req,
			   struct swapadm_drain **out);

#endif
