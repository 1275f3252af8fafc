/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "device/zram_attr.h"

const char *zram_attr(char *buf, size_t size, int number, const char *name)
{
	snprintf(buf, size, "/sys/block/zram%d/%s", number, name);
	return buf;
}

int zram_write(struct swapadm_ctx *ctx, const char *path, const char *text)
{
	uint64_t start_ns = monotonic_ns();
	int r;

	do
		r = ctx_write_line(ctx, path, text);
	while (busy_for_now(r, start_ns));
	return r;
}
