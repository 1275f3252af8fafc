/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "prefetch/swaptype.h"

#include <fcntl.h>
#include <linux/loop.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/swap.h>

#include "base/signals.h"

#define KERNEL_TYPES 32 /* 5 bits; the upper ones are the kernel's own entries */
#define MAX_PROBES   8
#define PROBE_PAGES  10
#define PROBE_NAME   "swapadm-probe"
#define LOOP_TRIES   16

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
		.page_bytes = own_page_bytes(),
	};
	int answer = SWAPTYPE_NONE, n_answers = 0;

	if (areas->virtual_slots)
		return -EPROTONOSUPPORT;
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

/*
 * A probe is a loop device on memory: what the kernel may put on it meanwhile, nine pages
 * at most, never reaches a disk, which need not be encrypted as the other areas may be.
 * The device is gone when it is closed after its swapoff(2).
 */
struct probe {
	char path[64];
	int fd;
	bool active;
};

/* a swap signature of version 1 as the kernel wants it, see include/linux/swap.h */
static int write_header(int fd, size_t page_bytes)
{
	_cleanup_free_ char *page = calloc(1, page_bytes);
	uint32_t *info;

	if (!page)
		return -ENOMEM;
	info = (uint32_t *)(page + 1024);
	info[0] = 1;               /* version */
	info[1] = PROBE_PAGES - 1; /* last page */
	memcpy(page + page_bytes - 10, "SWAPSPACE2", 10);
	if (ftruncate(fd, (off_t)(PROBE_PAGES * page_bytes)) < 0)
		return -errno;
	return pwrite(fd, page, page_bytes, 0) == (ssize_t)page_bytes ? 0 : -EIO;
}

/* the next free loop device with @memory in it; others may take it before us */
static int attach_loop(struct swapadm_ctx *ctx, struct probe *probe, int memory)
{
	_cleanup_close_ int control = ctx_open(ctx, "/dev/loop-control", O_RDWR);
	struct loop_config config = { .fd = (unsigned)memory,
				      .info.lo_flags = LO_FLAGS_AUTOCLEAR };

	if (control < 0)
		return control;
	snprintf((char *)config.info.lo_file_name, sizeof(config.info.lo_file_name),
		 PROBE_NAME);
	for (int tries = 0; tries < LOOP_TRIES; tries++) {
		int number = ioctl(control, LOOP_CTL_GET_FREE), fd;

		if (number < 0)
			return -errno;
		snprintf(probe->path, sizeof(probe->path), "/dev/loop%d", number);
		fd = ctx_open(ctx, probe->path, O_RDWR);
		if (fd < 0)
			return fd;
		if (ioctl(fd, LOOP_CONFIGURE, &config) == 0) {
			probe->fd = fd;
			return 0;
		}
		close(fd);
		if (errno != EBUSY)
			return -errno;
	}
	return -EBUSY;
}

static int probe_start(struct swapadm_ctx *ctx, struct probe *probe)
{
	_cleanup_close_ int memory = memfd_create(PROBE_NAME, MFD_CLOEXEC);
	int r = memory < 0 ? -errno : write_header(memory, own_page_bytes());

	probe->fd = -1;
	if (!r)
		r = attach_loop(ctx, probe, memory);
	if (r)
		return r;
	log_info(
		ctx,
		"%s: made of memory and activated for a moment, to find the numbers of swap types",
		probe->path);
	/* without SWAP_FLAG_PREFER it is the last to be filled */
	if (ctx->ops.swapon(probe->path, 0) < 0)
		return -errno;
	probe->active = true;
	return 0;
}

static void probe_end(struct swapadm_ctx *ctx, struct probe *probe)
{
	if (probe->active && ctx->ops.swapoff(probe->path) < 0)
		log_warning(
			ctx,
			"%s: swapoff: %s; it is a probe of swapadm in memory, `swapoff %s`",
			probe->path, strerror(errno), probe->path);
	if (probe->fd >= 0)
		close(probe->fd);
}

static bool is_probe_of(const struct probe *probes, int n, const char *path)
{
	for (int i = 0; i < n; i++)
		if (streq(probes[i].path, path))
			return true;
	return false;
}

/* the type of @path with @n probes active; -EAGAIN: one more probe would show it */
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

static int find_by_probes(struct swapadm_ctx *ctx, const char *path, int *type)
{
	struct probe probes[MAX_PROBES] = { 0 };
	int r = -EAGAIN, n = 0, found = -1;

	while (r == -EAGAIN && n < MAX_PROBES) {
		r = probe_start(ctx, &probes[n]);
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

/* a signal that ends the caller waits: it would leave an area behind */
int swaptype_probe(struct swapadm_ctx *ctx, const char *path, int *type)
{
	int r = ctx_may_change(ctx, path);
	sigset_t all, before;

	if (r)
		return r;
	signals_but_faults(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	r = find_by_probes(ctx, path, type);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return r;
}
