/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files below the root of a context, for tools that look at other programs' settings. */
#include "base/ctx.h"

SWAPADM_API int swapadm_file_read(struct swapadm_ctx *ctx, const char *path, char **out)
{
	CTX_CALL(ctx);
	if (!ctx || !path || *path != '/' || !out)
		return -EINVAL;
	return ctx_read_file(ctx, path, out, NULL);
}

SWAPADM_API bool swapadm_file_exists(struct swapadm_ctx *ctx, const char *path)
{
	struct stat st;
	char link[1];
	int r;

	if (!ctx || !path || *path != '/')
		return false;
	/* a link counts when it leads nowhere too: units are enabled by such */
	r = ctx_readlink(ctx, path, link, sizeof(link));
	return !r || r == -EOVERFLOW || ctx_stat(ctx, path, &st) == 0;
}
