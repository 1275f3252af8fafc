/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/vswap.h"

bool vswap_in_use(struct swapadm_ctx *ctx)
{
	struct stat st;

	return ctx_stat(ctx, "/sys/kernel/debug/vswap/used", &st) == 0;
}

SWAPADM_API int swapadm_virtual_slots(struct swapadm_ctx *ctx)
{
	return ctx ? vswap_in_use(ctx) : -EINVAL;
}
