/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "state/zswaplimits.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sys/file.h>

#include "base/atomic.h"
#include "kernel/proc.h"
#include "kernel/stats.h"

#define RUN_DIR   "/run/swapadm"
#define LINE_NAME "zswap-limits"
#define LINE_TMP  ".zswap-limits.new"
#define LOCK_NAME "zswap-lock"

int zswaplimits_keep(struct swapadm_ctx *ctx, const struct zswap_limits *old,
		     const struct zswap_limits *low)
{
	_cleanup_close_ int dirfd = ctx_open(ctx, RUN_DIR, O_RDONLY | O_DIRECTORY);
	uint64_t start_ticks;
	char text[96];
	int n, r;

	if (dirfd < 0)
		return dirfd;
	r = proc_start_ticks(ctx, getpid(), &start_ticks);
	if (r)
		return r;
	n = snprintf(text, sizeof(text), "%u %u %u %u %d %" PRIu64 "\n", old->max_pct,
		     old->accept_pct, low->max_pct, low->accept_pct, (int)getpid(),
		     start_ticks);
	r = atomic_stage(ctx, dirfd, LINE_TMP, 0644, text, (size_t)n);
	return r ? r : atomic_commit(dirfd, LINE_TMP, LINE_NAME);
}

int zswaplimits_read(struct swapadm_ctx *ctx, struct zswap_limits *old,
		     struct zswap_limits *low)
{
	char text[96];
	int r = ctx_read_line(ctx, RUN_DIR "/" LINE_NAME, text, sizeof(text));

	if (r)
		return r;
	return sscanf(text, "%u %u %u %u", &old->max_pct, &old->accept_pct, &low->max_pct,
		      &low->accept_pct) == 4 &&
			       old->max_pct <= 100 && old->accept_pct <= 100
		       ? 0
		       : -ENOENT;
}

void zswaplimits_forget(struct swapadm_ctx *ctx)
{
	_cleanup_close_ int dirfd = ctx_open(ctx, RUN_DIR, O_RDONLY | O_DIRECTORY);

	if (dirfd >= 0)
		unlinkat(dirfd, LINE_NAME, 0);
}

void zswaplimits_back(const struct zswap_limits *old, const struct zswap_limits *low,
		      struct zswap_limits *now)
{
	if (now->max_pct == low->max_pct)
		now->max_pct = old->max_pct;
	if (now->accept_pct == low->accept_pct)
		now->accept_pct = old->accept_pct;
}

int zswaplimits_lock(struct swapadm_ctx *ctx)
{
	_cleanup_close_ int dirfd = ctx_open(ctx, RUN_DIR, O_RDONLY | O_DIRECTORY);
	_cleanup_close_ int fd = -1;

	if (dirfd < 0)
		return dirfd;
	/* 0600: whoever may open a file may also lock it */
	fd = openat(dirfd, LOCK_NAME, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0)
		return -errno;
	return steal_fd(&fd);
}

/* while it lives, who wrote the line puts them back; meanwhile the line may be gone */
static bool is_left(struct swapadm_ctx *ctx)
{
	uint64_t start_ticks;
	char text[96];
	int pid;

	if (ctx_read_line(ctx, RUN_DIR "/" LINE_NAME, text, sizeof(text)))
		return false;
	return sscanf(text, "%*u %*u %*u %*u %d %" SCNu64, &pid, &start_ticks) != 2 ||
	       !proc_is_alive(ctx, pid, start_ticks);
}

SWAPADM_API int swapadm_zswap_get_stats_sized(struct swapadm_ctx *ctx,
					      struct swapadm_zswap_stats *stats,
					      size_t size)
{
	struct swapadm_zswap_stats s = { 0 };
	struct zswap_limits old, low, now;
	CTX_CALL(ctx);
	int r;

	if (!ctx || !stats)
		return -EINVAL;
	r = zswap_read_stats(ctx, &s);
	if (r)
		return r;
	if (!zswaplimits_read(ctx, &old, &low)) {
		now = (struct zswap_limits){ s.max_pool_pct, s.accept_threshold_pct };
		zswaplimits_back(&old, &low, &now);
		s.limits_left = is_left(ctx) &&
				(now.max_pct != s.max_pool_pct ||
				 now.accept_pct != s.accept_threshold_pct);
		s.max_pool_pct = now.max_pct;
		s.accept_threshold_pct = now.accept_pct;
	}
	return sized_put(stats, size, &s, sizeof(s));
}
