/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "prefetch/swaptype.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/swap.h>

#define KERNEL_TYPES 32 /* 5 bits; the upper ones are the kernel's own entries */
#define MAX_PROBES   8
#define PROBE_PAGES  10

void type_stats_add(struct type_stats *stats, const struct swap_span *span)
{
	uint64_t last = span->offset + span->n_pages - 1;

	stats->n_pages[span->type] += span->n_pages;
	if (last > stats->max_offset[span->type])
		stats->max_offset[span->type] = last;
}

void type_stats_merge(struct type_stats *stats, const struct type_stats *more)
{
	for (unsigned type = 0; type < PAGEMAP_TYPES; type++) {
		stats->n_pages[type] += more->n_pages[type];
		if (more->max_offset[type] > stats->max_offset[type])
			stats->max_offset[type] = more->max_offset[type];
	}
}

/* ---- fitting --------------------------------------------------------------------- */

struct fit {
	const struct area_list *areas;
	const struct type_stats *stats;
	unsigned seen[PAGEMAP_TYPES]; /* types, ascending */
	size_t n_seen;
	uint64_t page_bytes;
};

static bool can_be(const struct fit *f, unsigned type, size_t line)
{
	const struct area *area = &f->areas->items[line];

	return type >= line && area->used_bytes &&
	       f->stats->max_offset[type] <= area->size_bytes / f->page_bytes;
}

/*
 * do types [@from, @to) fit the lines [@first, @end) in order? Taking the first is best.
 */
static bool fits(const struct fit *f, size_t from, size_t to, size_t first, size_t end)
{
	size_t line = first;

	for (size_t i = from; i < to; i++, line++) {
		while (line < end && !can_be(f, f->seen[i], line))
			line++;
		if (line >= end)
			return false;
	}
	return true;
}

/* the types seen that an area can have at all; special entries lie above them */
static void gather_seen(struct fit *f)
{
	for (unsigned type = 0; type < KERNEL_TYPES; type++)
		if (f->stats->n_pages[type])
			f->seen[f->n_seen++] = type;
	while (f->n_seen) {
		size_t line = 0;

		while (line < f->areas->n && !can_be(f, f->seen[f->n_seen - 1], line))
			line++;
		if (line < f->areas->n)
			break;
		f->n_seen--;
	}
}

int swaptype_fit(const struct area_list *areas, const struct type_stats *stats,
		 size_t target, int *type)
{
	struct fit f = {
		.areas = areas,
		.stats = stats,
		.page_bytes = (uint64_t)sysconf(_SC_PAGESIZE),
	};
	int answer = SWAPTYPE_NONE, n_answers = 0;

	gather_seen(&f);
	for (size_t i = 0; i < f.n_seen; i++) {
		if (!can_be(&f, f.seen[i], target) || !fits(&f, 0, i, 0, target) ||
		    !fits(&f, i + 1, f.n_seen, target + 1, areas->n))
			continue;
		answer = (int)f.seen[i];
		n_answers++;
	}
	/* or do all of them fit elsewhere? */
	for (size_t i = 0; i <= f.n_seen; i++)
		if (fits(&f, 0, i, 0, target) &&
		    fits(&f, i, f.n_seen, target + 1, areas->n)) {
			n_answers++;
			break;
		}
	if (n_answers != 1)
		return n_answers ? -ENOTUNIQ : -ESTALE;
	*type = answer;
	return 0;
}

/* ---- probing --------------------------------------------------------------------- */

int swaptype_from_probes(const bool *is_probe, size_t n, bool complete, size_t line)
{
	size_t last = n;

	/* up to the last probe there are no holes: each took the lowest free type */
	for (size_t i = 0; i < n; i++)
		if (is_probe[i])
			last = i;
	if (last == n || (line > last && !complete))
		return -1;
	return (int)line;
}

struct probe {
	char path[64];
	bool made, active;
};

/* a swap signature of version 1 as the kernel wants it, see include/linux/swap.h */
static int write_header(int fd, size_t page_bytes)
{
	_cleanup_free_ char *page = calloc(PROBE_PAGES, page_bytes);
	uint32_t *info;
	size_t size = PROBE_PAGES * page_bytes;

	if (!page)
		return -ENOMEM;
	info = (uint32_t *)(page + 1024);
	info[0] = 1;               /* version */
	info[1] = PROBE_PAGES - 1; /* last page */
	memcpy(page + page_bytes - 10, "SWAPSPACE2", 10);
	memset(page + page_bytes, 0xff, size - page_bytes); /* real blocks */
	if (write(fd, page, size) != (ssize_t)size)
		return -EIO;
	return fsync(fd) < 0 ? -errno : 0;
}

static int probe_start(struct swapadm_ctx *ctx, struct probe *probe, int number)
{
	_cleanup_close_ int fd = -1;
	int r;

	snprintf(probe->path, sizeof(probe->path), "/var/tmp/.swapadm-probe-%d-%d",
		 (int)getpid(), number);
	fd = ctx_open_mode(ctx, probe->path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW,
			   0600);
	if (fd < 0)
		return fd;
	probe->made = true;
	r = write_header(fd, (size_t)sysconf(_SC_PAGESIZE));
	if (r)
		return r;
	/* without SWAP_FLAG_PREFER it is the last to be filled */
	if (ctx->ops.swapon(probe->path, 0) < 0)
		return -errno;
	probe->active = true;
	return 0;
}

static void probe_end(struct swapadm_ctx *ctx, struct probe *probe)
{
	if (probe->active && ctx->ops.swapoff(probe->path) < 0)
		log_warning(ctx, "%s: swapoff: %s; it is a probe of swapadm, remove it",
			    probe->path, strerror(errno));
	else if (probe->made)
		unlink(probe->path);
}

static bool is_probe_of(const struct probe *probes, int n, const char *path)
{
	for (int i = 0; i < n; i++)
		if (streq(probes[i].path, path))
			return true;
	return false;
}

/* the type of @path with @n probes active; -EAGAIN: one probe more would tell */
static int read_positions(struct swapadm_ctx *ctx, const struct probe *probes, int n,
			  const char *path, int *type)
{
	bool is_probe[PAGEMAP_TYPES] = { false };
	struct area_list areas = { 0 };
	size_t line = SIZE_MAX;
	int r = areas_load(ctx, &areas);

	for (size_t i = 0; !r && i < areas.n && i < PAGEMAP_TYPES; i++) {
		is_probe[i] = is_probe_of(probes, n, areas.items[i].path);
		if (streq(areas.items[i].path, path))
			line = i;
	}
	if (!r && line == SIZE_MAX)
		r = -ENODEV;
	if (!r) {
		size_t count = areas.n < PAGEMAP_TYPES ? areas.n : PAGEMAP_TYPES;

		*type = swaptype_from_probes(is_probe, count, is_probe[count - 1], line);
		r = *type < 0 ? -EAGAIN : 0;
	}
	areas_free(&areas);
	return r;
}

int swaptype_probe(struct swapadm_ctx *ctx, const char *path, int *type)
{
	struct probe probes[MAX_PROBES] = { 0 };
	int r = ctx_may_change(ctx, path), n = 0, found = -1;

	if (r)
		return r;
	r = -EAGAIN;
	while (r == -EAGAIN && n < MAX_PROBES) {
		r = probe_start(ctx, &probes[n], n);
		n++;
		if (!r)
			r = read_positions(ctx, probes, n, path, &found);
		else if (r != -EROFS)
			r = -EOPNOTSUPP;
	}
	for (int i = 0; i < n; i++)
		probe_end(ctx, &probes[i]);
	if (r)
		return r == -EAGAIN ? -EOPNOTSUPP : r;
	*type = found;
	return 0;
}
