/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * block_state of a zram: a line a page, "INDEX SECONDS.MICROS FLAGS", the time being that
 * of its last use since boot. It is debugfs, for root, with CONFIG_ZRAM_MEMORY_TRACKING.
 */
#include <fcntl.h>
#include <time.h>

#include "base/ctx.h"
#include "kernel/stats.h"

#define LINES_MAX (UINT64_C(2) << 20) /* of 8 GiB: about a second */

/* false: not such a line */
bool zram_parse_state(const char *line, uint64_t *used_s, bool *idle, bool *written,
		      bool *recompressed)
{
	unsigned long long index, seconds;
	char flags[16];

	if (sscanf(line, "%llu %llu.%*u %15s", &index, &seconds, flags) != 3)
		return false;
	*used_s = seconds;
	*idle = strchr(flags, 'i') != NULL;
	*written = strchr(flags, 'w') != NULL;
	*recompressed = strchr(flags, 'r') != NULL;
	return true;
}

static void count_line(const char *line, uint64_t now_s,
		       struct swapadm_zram_idle_req *req, uint64_t page_bytes)
{
	bool idle, written, recompressed;
	uint64_t used_s;

	if (!zram_parse_state(line, &used_s, &idle, &written, &recompressed))
		return;
	if (recompressed)
		req->recompressed_bytes += page_bytes;
	if (!written && (idle || (req->older_s && now_s > req->older_s &&
				  used_s <= now_s - req->older_s)))
		req->idle_bytes += page_bytes;
}

SWAPADM_API int swapadm_zram_get_idle(struct swapadm_ctx *ctx, const char *name,
				      struct swapadm_zram_idle_req *req)
{
	uint64_t page_bytes = (uint64_t)sysconf(_SC_PAGESIZE);
	struct swapadm_zram_idle_req counted = { .older_s = req->older_s };
	struct timespec now;
	char path[128], line[128];
	FILE *f;
	int fd;

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
	for (uint64_t i = 0; fgets(line, sizeof(line), f); i++) {
		if (i == LINES_MAX) {
			fclose(f);
			return -EFBIG;
		}
		count_line(line, (uint64_t)now.tv_sec, &counted, page_bytes);
	}
	fclose(f);
	*req = counted;
	return 0;
}
