/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * block_state of a zram: a line a page, "INDEX SECONDS.MICROS FLAGS", the time being that
 * of its last use since boot. It is debugfs, for root, with CONFIG_ZRAM_MEMORY_TRACKING.
 */
#include <fcntl.h>
#include <time.h>

#include "base/ctx.h"
#include "kernel/pagesize.h"
#include "kernel/stats.h"

#define LINES_MAX (UINT64_C(2) << 20) /* of 8 GiB: about a second */

bool zram_parse_state(const char *line, struct zram_page *page)
{
	unsigned long long index, seconds;
	char flags[16];

	if (sscanf(line, "%llu %llu.%*u %15s", &index, &seconds, flags) != 3)
		return false;
	*page = (struct zram_page){
		.used_s = seconds,
		.idle = strchr(flags, 'i'),
		.written = strchr(flags, 'w'),
		.recompressed = strchr(flags, 'r'),
		.final = strpbrk(flags, "swrn"),
	};
	return true;
}

struct count {
	struct swapadm_zram_idle idle;
	uint64_t page_bytes;
	uint64_t older_s, now_s;
};

/* a mark says nothing of a time: somebody may have marked all of them just now */
static bool is_idle(const struct count *count, bool marked, uint64_t used_s)
{
	if (!count->older_s)
		return marked;
	return count->now_s > count->older_s && used_s <= count->now_s - count->older_s;
}

static void count_line(const char *line, struct count *count)
{
	struct zram_page page;

	if (!zram_parse_state(line, &page))
		return;
	if (page.recompressed)
		count->idle.recompressed_bytes += count->page_bytes;
	if (page.written || !is_idle(count, page.idle, page.used_s))
		return;
	count->idle.idle_bytes += count->page_bytes;
	if (!page.final)
		count->idle.due_bytes += count->page_bytes;
}

static int count_file(FILE *f, struct count *count)
{
	char line[128];

	for (uint64_t i = 0; fgets(line, sizeof(line), f); i++) {
		if (i == LINES_MAX)
			return -EFBIG;
		count_line(line, count);
	}
	return ferror(f) ? -EIO : 0;
}

SWAPADM_API int swapadm_zram_get_idle_sized(struct swapadm_ctx *ctx, const char *name,
					    uint64_t older_s,
					    struct swapadm_zram_idle *out, size_t size)
{
	struct count count = { .older_s = older_s };
	struct timespec now;
	char path[128];
	CTX_CALL(ctx);
	FILE *f;
	int fd, r;

	if (!ctx || !name || !out)
		return -EINVAL;
	if (zram_number(name) < 0 || strchr(name, '/'))
		return -ENODEV;
	if (older_s && ctx->foreign_root)
		return -ENODATA;
	snprintf(path, sizeof(path), "/sys/kernel/debug/zram/%.32s/block_state", name);
	fd = ctx_open(ctx, path, O_RDONLY);
	if (fd < 0)
		return fd;
	f = fdopen(fd, "r");
	if (!f) {
		close(fd);
		return -ENOMEM;
	}
	clock_gettime(CLOCK_BOOTTIME, &now);
	count.page_bytes = ctx_page_bytes(ctx);
	count.now_s = (uint64_t)now.tv_sec;
	r = count_file(f, &count);
	fclose(f);
	return r ? r : sized_put(out, size, &count.idle, sizeof(count.idle));
}
