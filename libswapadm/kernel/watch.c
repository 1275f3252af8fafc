/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Being told when swap areas come and go. */
#include <assert.h>
#include <fcntl.h>

#include "base/ctx.h"

SWAPADM_API int swapadm_areas_event_fd(struct swapadm_ctx *ctx)
{
	int fd;

	assert(ctx);
	if (ctx->foreign_root)
		return ctx_fail(ctx, -EINVAL,
				"%s: wait for events: a capture of a machine does not "
				"change; leave out --root",
				ctx->root);
	fd = ctx_open(ctx, "/proc/swaps", O_RDONLY);
	if (fd < 0)
		return ctx_fail(ctx, fd, "/proc/swaps: open: %s", strerror(-fd));
	return fd;
}
