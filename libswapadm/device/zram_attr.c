/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "device/zram_attr.h"

#include <time.h>

#define BUSY_WAIT_NS  2000000000u /* udev opens a device that appeared */
#define BUSY_RETRY_NS 20000000

const char *zram_attr(char *buf, size_t size, int number, const char *name)
{
	snprintf(buf, size, "/sys/block/zram%d/%s", number, name);
	return buf;
}

int zram_write(struct swapadm_ctx *ctx, const char *path, const char *text)
{
	const struct timespec pause = { .tv_nsec = BUSY_RETRY_NS };
	uint64_t start_ns = monotonic_ns();
	int r;

	while ((r = ctx_write_line(ctx, path, text)) == -EBUSY &&
	       monotonic_ns() - start_ns < BUSY_WAIT_NS)
		nanosleep(&pause, NULL);
	return r;
}
