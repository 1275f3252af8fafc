/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Records of what is parked that can't be read. */
#ifndef SWAPADM_PARK_DAMAGED_H
#define SWAPADM_PARK_DAMAGED_H

#include "base/ctx.h"

/* @out: its texts are to be freed; 0; -ENOMEM */
int damaged_fill(struct swapadm_ctx *ctx, const char *id,
		 struct swapadm_parked_damaged *out);

#endif
