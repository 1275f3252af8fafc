/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "state/wblimit.h"

#include <fcntl.h>
#include <inttypes.h>
#include <time.h>

#include "base/atomic.h"
#include "kernel/pagesize.h"
#include "kernel/proc.h"
#include "kernel/stats.h"

#define RUN_DIR "/run/swapadm"

#define GUARD_WAIT_MS 10
#define GUARD_TRIES   200

static const char *line_name(char *buf, size_t size, const char *zram)
{
	snprintf(buf, size, "writeback-limit-%.63s", zram);
	return buf;
}

static const char *attr(char *buf, size_t size, const char *zram, const char *name)
{
	snprintf(buf, size, "/sys/block/%.63s/%s", zram, name);
	return buf;
}

/* 0: before 5.15 there is none, then the name must do */
static uint64_t diskseq_of(struct swapadm_ctx *ctx, const char *zram)
{
	uint64_t diskseq;
	char path[128];

	return ctx_read_u64(ctx, attr(path, sizeof(path), zram, "diskseq"), &diskseq)
		       ? 0
		       : diskseq;
}

int wblimit_read(struct swapadm_ctx *ctx, const char *zram, struct wblimit *out)
{
	uint64_t enabled, units;
	char path[128];
	int r = ctx_read_u64(
		ctx, attr(path, sizeof(path), zram, "writeback_limit_enable"), &enabled);

	if (!r)
		r = ctx_read_u64(ctx, attr(path, sizeof(path), zram, "writeback_limit"),
				 &units);
	if (r)
		return r;
	snprintf(out->zram, sizeof(out->zram), "%.63s", zram);
	out->enabled = enabled != 0;
	out->limit_units = units;
	out->diskseq = diskseq_of(ctx, zram);
	return 0;
}

static int write_number(struct swapadm_ctx *ctx, const char *zram, const char *name,
			uint64_t value)
{
	char path[128], text[32];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	return ctx_write_line(ctx, attr(path, sizeof(path), zram, name), text);
}

static int read_written(struct swapadm_ctx *ctx, const char *zram, uint64_t *units)
{
	struct swapadm_zram_stats st;
	int r = zram_get(ctx, zram, SWAPADM_ZRAM_BD, &st);

	if (!r && !(st.known & SWAPADM_ZRAM_BD))
		r = -EPROTONOSUPPORT;
	if (!r)
		*units = st.bd_write_pages;
	return r;
}

int wblimit_begin(struct swapadm_ctx *ctx, const char *zram, struct wblimit *out)
{
	int r = wblimit_read(ctx, zram, out);

	if (!r)
		r = read_written(ctx, zram, &out->start_units);
	if (!r)
		out->sum_units[0] = out->sum_units[1] =
			out->limit_units + out->start_units;
	return r;
}

/* what is left now of the one to be put back */
static uint64_t left_units(const struct wblimit *limit, uint64_t written_units)
{
	return limit->enabled ? u64_minus(limit->limit_units,
					  u64_minus(written_units, limit->start_units))
			      : limit->limit_units;
}

/*
 * What somebody has set meanwhile is the limit from now on. The kernel takes off the
 * limit what it counts as written, so their sum changes only when the limit is set.
 */
static int take_over_changes(struct swapadm_ctx *ctx, struct wblimit *limit,
			     uint64_t *written_units)
{
	struct wblimit now;
	uint64_t sum;
	int r = wblimit_read(ctx, limit->zram, &now);

	if (!r)
		r = read_written(ctx, limit->zram, written_units);
	if (r)
		return r;
	sum = now.limit_units + *written_units;
	if (!limit->sum_units[1]) /* a record of a version before */
		return 0;
	if (sum != limit->sum_units[0] && sum != limit->sum_units[1]) {
		limit->enabled = true;
		limit->limit_units = sum - limit->start_units;
		limit->sum_units[0] = limit->sum_units[1] = sum;
	}
	if (!now.enabled && limit->enabled) {
		limit->limit_units = left_units(limit, *written_units);
		limit->enabled = false;
	}
	return 0;
}

/*
 * The next sum is on record before the limit is set, with the one before it: whenever
 * this is killed, one of the two is what the kernel has.
 */
int wblimit_set(struct swapadm_ctx *ctx, struct wblimit *limit, uint64_t units)
{
	uint64_t written_units, page_units = ctx_page_bytes(ctx) / 4096;
	int r = take_over_changes(ctx, limit, &written_units);

	if (r)
		return r;
	if (limit->enabled)
		units = u64_min(units, left_units(limit, written_units)) / page_units *
			page_units;
	limit->sum_units[0] = limit->sum_units[1];
	limit->sum_units[1] = units + written_units;
	if (limit->guard && wblimit_keep(ctx, limit))
		log_debug(ctx, "%s: its write-back limit is not on record", limit->zram);
	r = write_number(ctx, limit->zram, "writeback_limit", units);
	return r ? r : write_number(ctx, limit->zram, "writeback_limit_enable", 1);
}

/* nobody else writes this zram's line: its job has claimed the device */
int wblimit_keep(struct swapadm_ctx *ctx, const struct wblimit *limit)
{
	_cleanup_close_ int dirfd = ctx_open(ctx, RUN_DIR, O_RDONLY | O_DIRECTORY);
	char name[96], tmp[104], text[200];
	int n, r;

	if (dirfd < 0)
		return dirfd;
	n = snprintf(text, sizeof(text),
		     "%d %" PRIu64 " %" PRIu64 " %" PRIu64 " %d %" PRIu64 " %" PRIu64
		     " %" PRIu64 "\n",
		     limit->enabled, limit->limit_units, limit->start_units,
		     limit->diskseq, (int)limit->guard, limit->guard_start_ticks,
		     limit->sum_units[0], limit->sum_units[1]);
	line_name(name, sizeof(name), limit->zram);
	snprintf(tmp, sizeof(tmp), ".%s.new", name);
	r = atomic_stage(ctx, dirfd, tmp, 0644, text, (size_t)n);
	return r ? r : atomic_commit(dirfd, tmp, name);
}

static bool load(struct swapadm_ctx *ctx, const char *zram, struct wblimit *out)
{
	char name[96], path[128], text[200];
	int enabled, guard;

	snprintf(path, sizeof(path), RUN_DIR "/%s", line_name(name, sizeof(name), zram));
	if (ctx_read_line(ctx, path, text, sizeof(text)) ||
	    sscanf(text,
		   "%d %" SCNu64 " %" SCNu64 " %" SCNu64 " %d %" SCNu64 " %" SCNu64
		   " %" SCNu64,
		   &enabled, &out->limit_units, &out->start_units, &out->diskseq, &guard,
		   &out->guard_start_ticks, &out->sum_units[0], &out->sum_units[1]) < 6)
		return false;
	snprintf(out->zram, sizeof(out->zram), "%.63s", zram);
	out->enabled = enabled != 0;
	out->guard = guard;
	return true;
}

static void remove_line(struct swapadm_ctx *ctx, const char *zram)
{
	_cleanup_close_ int dirfd = ctx_open(ctx, RUN_DIR, O_RDONLY | O_DIRECTORY);
	char name[96];

	if (dirfd >= 0)
		unlinkat(dirfd, line_name(name, sizeof(name), zram), 0);
}

int wblimit_restore(struct swapadm_ctx *ctx, const struct wblimit *limit)
{
	struct wblimit back = *limit;
	uint64_t written_units = limit->start_units;
	int r;

	take_over_changes(ctx, &back, &written_units);
	r = write_number(ctx, back.zram, "writeback_limit",
			 left_units(&back, written_units));
	if (!r && !back.enabled)
		r = write_number(ctx, back.zram, "writeback_limit_enable", 0);
	if (!r || r == -ENOENT) /* the zram is gone */
		remove_line(ctx, back.zram);
	return r;
}

int wblimit_recover(struct swapadm_ctx *ctx, const char *zram)
{
	const struct timespec pause = { .tv_nsec = GUARD_WAIT_MS * 1000000L };
	struct wblimit limit = { 0 };
	int r;

	for (int i = 0;; i++) {
		if (!load(ctx, zram, &limit))
			return 0;
		if (!proc_is_alive(ctx, limit.guard, limit.guard_start_ticks))
			break;
		if (i == GUARD_TRIES)
			return 0;
		nanosleep(&pause, NULL);
	}
	if (limit.diskseq != diskseq_of(ctx, zram)) {
		remove_line(ctx, zram);
		return 0;
	}
	r = wblimit_restore(ctx, &limit);
	if (!r)
		log_info(ctx,
			 "%s: the write-back limit that a killed job left is put back",
			 zram);
	return r == -ENOENT ? 0 : r; /* the zram is gone */
}
