/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Idle marks of zram devices, for kernels that do not track when a page was used: all
 * pages are marked, a page that is used loses its mark, and what still has it after a
 * while was idle for that long.
 */
#include <fcntl.h>
#include <time.h>

#include "base/atomic.h"
#include "state/marks.h"
#include "state/state.h"

#define MARKS_DIR  "/run/swapadm"
#define MARKS_NAME "idle-marks"
#define MARKS_PATH MARKS_DIR "/" MARKS_NAME
#define MARKS_TMP  ".idle-marks.new"
#define MARKS_MAX  64

/* longer than any machine runs, and few enough ns for the kernel's signed 64 bits */
#define NEVER_S "4000000000"

struct mark {
	char zram[32];
	unsigned long long at_s;
};

struct marks {
	struct mark items[MARKS_MAX];
	size_t n;
};

static unsigned long long now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (unsigned long long)ts.tv_sec;
}

/* what can't be read was not marked */
static void load(struct swapadm_ctx *ctx, struct marks *marks)
{
	_cleanup_free_ char *text = NULL;
	size_t len;

	marks->n = 0;
	if (ctx_read_file(ctx, MARKS_PATH, &text, &len))
		return;
	for (const char *line = text; line && *line && marks->n < MARKS_MAX;) {
		struct mark *m = &marks->items[marks->n];

		if (sscanf(line, "%31s %llu", m->zram, &m->at_s) == 2)
			marks->n++;
		line = strchr(line, '\n');
		if (line)
			line++;
	}
}

static int save(struct swapadm_ctx *ctx, const struct marks *marks)
{
	_cleanup_close_ int dirfd = -1;
	char text[MARKS_MAX * 64];
	size_t at = 0;
	int r;

	for (size_t i = 0; i < marks->n; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s %llu\n",
				       marks->items[i].zram, marks->items[i].at_s);
	dirfd = ctx_open(ctx, MARKS_DIR, O_RDONLY | O_DIRECTORY);
	r = dirfd < 0 ? dirfd : atomic_stage(ctx, dirfd, MARKS_TMP, 0644, text, at);
	if (!r)
		r = atomic_commit(dirfd, MARKS_TMP, MARKS_NAME);
	return r ? ctx_fail(ctx, r, MARKS_PATH ": write: %s", strerror(-r)) : 0;
}

static void drop(struct marks *marks, const char *zram)
{
	for (size_t i = 0; i < marks->n; i++)
		if (streq(marks->items[i].zram, zram)) {
			marks->items[i] = marks->items[--marks->n];
			return;
		}
}

int zram_unmark(struct swapadm_ctx *ctx, const char *zram)
{
	_cleanup_close_ int lock = -1;
	struct marks marks;
	size_t n;

	load(ctx, &marks);
	n = marks.n;
	drop(&marks, zram);
	if (n == marks.n)
		return 0;
	lock = state_lock(ctx, "idle marks");
	if (lock < 0)
		return lock;
	load(ctx, &marks);
	drop(&marks, zram);
	return save(ctx, &marks);
}

static int mark_idle(struct swapadm_ctx *ctx, const char *zram, const char *value)
{
	char path[96];

	snprintf(path, sizeof(path), "/sys/block/%.64s/idle", zram);
	return ctx_write_line(ctx, path, value);
}

/* the time is taken after the marks are set: they are never younger than it says */
int zram_mark(struct swapadm_ctx *ctx, const char *zram)
{
	_cleanup_close_ int lock = state_lock(ctx, "balance");
	struct marks marks;
	int r;

	if (lock < 0)
		return lock;
	r = mark_idle(ctx, zram, "all");
	if (r)
		return ctx_fail(ctx, r, "%s: mark its pages idle: %s", zram,
				strerror(-r));
	load(ctx, &marks);
	drop(&marks, zram);
	if (marks.n == MARKS_MAX)
		return ctx_fail(ctx, -E2BIG, MARKS_PATH ": write: too many devices");
	snprintf(marks.items[marks.n].zram, sizeof(marks.items[0].zram), "%s", zram);
	marks.items[marks.n++].at_s = now_s();
	return save(ctx, &marks);
}

uint64_t zram_marked_s(struct swapadm_ctx *ctx, const char *zram)
{
	struct marks marks;
	unsigned long long now = now_s();

	load(ctx, &marks);
	for (size_t i = 0; i < marks.n; i++)
		if (streq(marks.items[i].zram, zram) && marks.items[i].at_s <= now)
			return now - marks.items[i].at_s;
	return NOT_MARKED;
}

bool zram_tracks_ages(struct swapadm_ctx *ctx, const char *zram)
{
	if (ctx->foreign_root || geteuid() != 0)
		return true;
	return mark_idle(ctx, zram, NEVER_S) != -EINVAL;
}
