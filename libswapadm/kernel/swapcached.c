/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/swapcached.h"

#include <fcntl.h>

#define CHUNK 512 /* entries a read */

#define PM_PRESENT    (UINT64_C(1) << 63)
#define PM_FILE       (UINT64_C(1) << 61) /* or shared memory */
#define PM_PFN        ((UINT64_C(1) << 55) - 1)
#define KPF_SWAPCACHE (UINT64_C(1) << 13)

struct counter {
	int pagemap, flags;
	uint64_t page_bytes, bytes, max_bytes;
};

/* the number of the page frame; 0: no anonymous page is there, or it is not shown */
static uint64_t frame_of(uint64_t entry)
{
	return (entry & PM_PRESENT) && !(entry & PM_FILE) ? entry & PM_PFN : 0;
}

static void count_frames(struct counter *c, uint64_t first, size_t n)
{
	uint64_t flags[CHUNK];
	ssize_t got = pread(c->flags, flags, n * sizeof(*flags),
			    (off_t)(first * sizeof(*flags)));

	for (size_t i = 0; got > 0 && i < (size_t)got / sizeof(*flags); i++)
		if (flags[i] & KPF_SWAPCACHE)
			c->bytes += c->page_bytes;
}

/* frames that are neighbours are read at once */
static void count_entries(struct counter *c, const uint64_t *entries, size_t n)
{
	for (size_t i = 0, run; i < n; i += run) {
		uint64_t first = frame_of(entries[i]);

		run = 1;
		if (!first)
			continue;
		while (i + run < n && frame_of(entries[i + run]) == first + run)
			run++;
		count_frames(c, first, run);
	}
}

static void count_range(struct counter *c, uint64_t start, uint64_t end)
{
	uint64_t vpn = start / c->page_bytes, last = end / c->page_bytes;
	uint64_t entries[CHUNK];

	while (vpn < last && c->bytes < c->max_bytes) {
		size_t n = last - vpn < CHUNK ? last - vpn : CHUNK;
		ssize_t got = pread(c->pagemap, entries, n * sizeof(*entries),
				    (off_t)(vpn * sizeof(*entries)));

		if (got < (ssize_t)sizeof(*entries))
			return;
		count_entries(c, entries, (size_t)got / sizeof(*entries));
		vpn += (size_t)got / sizeof(*entries);
	}
}

uint64_t swapcached_bytes(struct swapadm_ctx *ctx, pid_t pid, uint64_t max_bytes)
{
	_cleanup_close_ int pagemap = -1, flags = -1;
	_cleanup_free_ char *maps = NULL;
	struct counter c = { .page_bytes = own_page_bytes(), .max_bytes = max_bytes };
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
	if (!max_bytes || ctx_read_file(ctx, path, &maps, NULL))
		return 0;
	snprintf(path, sizeof(path), "/proc/%d/pagemap", (int)pid);
	c.pagemap = pagemap = ctx_open(ctx, path, O_RDONLY);
	c.flags = flags = ctx_open(ctx, "/proc/kpageflags", O_RDONLY);
	if (pagemap < 0 || flags < 0)
		return 0;
	for (const char *line = maps; line && *line;) {
		char *dash;
		uint64_t start = strtoull(line, &dash, 16);
		uint64_t end = *dash == '-' ? strtoull(dash + 1, NULL, 16) : start;

		count_range(&c, start, end);
		line = strchr(line, '\n');
		if (line)
			line++;
	}
	return u64_min(c.bytes, max_bytes);
}
