/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "state/degraded.h"

#include "base/atomic.h"
#include "state/state.h"

#define FOLDER "/run/swapadm"
#define NAME   "degraded"

int degraded_read(struct swapadm_ctx *ctx, char *buf, size_t size)
{
	return ctx_read_line(ctx, FOLDER "/" NAME, buf, size);
}

static int write_note(struct swapadm_ctx *ctx, int dirfd, const char *why)
{
	char line[1100];
	int r;

	snprintf(line, sizeof(line), "%s\n", why);
	r = atomic_stage(ctx, dirfd, NAME ".new", 0644, line, strlen(line));
	return r ? r : atomic_commit(dirfd, NAME ".new", NAME);
}

void degraded_note(struct swapadm_ctx *ctx, const char *why)
{
	_cleanup_close_ int lock = -1, dirfd = -1;
	char line[8];
	int r;

	if (!why && degraded_read(ctx, line, sizeof(line)) == -ENOENT)
		return;
	lock = state_lock(ctx, "apply");
	if (lock < 0) {
		log_warning(ctx, "%s", ctx->error);
		return;
	}
	dirfd = atomic_mkdir(ctx, FOLDER);
	r = dirfd < 0 ? dirfd : 0;
	if (!r && why)
		r = write_note(ctx, dirfd, why);
	else if (!r)
		r = unlinkat(dirfd, NAME, 0) < 0 && errno != ENOENT ? -errno : 0;
	if (r)
		log_warning(ctx, FOLDER "/" NAME ": write: %s", strerror(-r));
}
