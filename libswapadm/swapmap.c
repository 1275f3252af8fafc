/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "swapmap.h"

#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/uio.h>

#define BATCH_IOVECS 1024 /* UIO_MAXIOV */
#define PIDFDS_MAX   512

#define PIDFD_CLOSED (-1)
#define PIDFD_GONE   (-2)

/* ---- map -------------------------------------------------------------------------- */

struct load_arg {
	struct swapmap *map;
	int type;
	unsigned owner;
};

static int add_span(void *data, const struct swap_span *span)
{
	struct load_arg *arg = data;

	type_stats_add(&arg->map->stats, span);
	if (arg->type != SWAPMAP_ANY_TYPE && (int)span->type != arg->type)
		return 0;
	return runset_add(&arg->map->runs, span, arg->owner);
}

static int list_procs(struct swapadm_ctx *ctx, pid_t pid, struct proc_swap_list *out)
{
	if (!pid)
		return procs_swapped(ctx, out);
	out->items = calloc(1, sizeof(*out->items));
	if (!out->items)
		return -ENOMEM;
	out->items[0].pid = pid;
	out->n = 1;
	return 0;
}

int swapmap_load_list(struct swapadm_ctx *ctx, int type, uint64_t begin_offset,
		      struct proc_swap_list *procs, struct swapmap *out)
{
	_cleanup_(swapmap_free) struct swapmap map = { .procs = *procs };
	struct load_arg arg = { .map = &map, .type = type };
	int r = 0;

	*procs = (struct proc_swap_list){ 0 };
	runset_init(&map.runs, begin_offset, 0);
	for (size_t i = 0; !r && i < map.procs.n; i++) {
		arg.owner = (unsigned)i;
		r = pagemap_scan(ctx, map.procs.items[i].pid, add_span, &arg);
	}
	if (r)
		return r;
	runset_sort(&map.runs);
	*out = map;
	map = (struct swapmap){ 0 };
	return 0;
}

int swapmap_load(struct swapadm_ctx *ctx, int type, uint64_t begin_offset, pid_t pid,
		 struct swapmap *out)
{
	struct proc_swap_list procs = { 0 };
	int r = list_procs(ctx, pid, &procs);

	return r ? r : swapmap_load_list(ctx, type, begin_offset, &procs, out);
}

#define REGIONS_MAX ((UINT64_C(16) << 20) / sizeof(struct swap_run))

/* the span as part of a region: neighbours in memory, wherever they lie */
static int add_region(void *data, const struct swap_span *span)
{
	struct load_arg *arg = data;
	struct runset *set = &arg->map->runs;
	struct swap_run *last = set->n ? &set->runs[set->n - 1] : NULL;

	if ((int)span->type != arg->type || span->n_pages >= RUN_MAX_PAGES)
		return 0;
	if (last && last->owner == arg->owner && last->vpn + last->n_pages == span->vpn &&
	    last->n_pages + span->n_pages < RUN_MAX_PAGES) {
		last->n_pages += (uint32_t)span->n_pages;
		return 0;
	}
	if (set->n == REGIONS_MAX)
		return -E2BIG;
	return runset_add(set,
			  &(struct swap_span){ span->type, 0, span->vpn, span->n_pages },
			  arg->owner);
}

int swapmap_load_regions(struct swapadm_ctx *ctx, int type, struct swapmap *out)
{
	_cleanup_(swapmap_free) struct swapmap map = { 0 };
	struct load_arg arg = { .map = &map, .type = type };
	int r;

	runset_init(&map.runs, 0, REGIONS_MAX);
	r = procs_swapped(ctx, &map.procs);
	for (size_t i = 0; !r && i < map.procs.n; i++) {
		arg.owner = (unsigned)i;
		r = pagemap_scan(ctx, map.procs.items[i].pid, add_region, &arg);
	}
	if (r)
		return r;
	*out = map;
	map = (struct swapmap){ 0 };
	return 0;
}

void swapmap_free(struct swapmap *map)
{
	proc_swap_list_free(&map->procs);
	runset_free(&map->runs);
}

/* ---- feeder ----------------------------------------------------------------------- */

int feeder_init(struct feeder *f, struct swapadm_ctx *ctx, const struct swapmap *map,
		int advice)
{
	size_t n = map->procs.n;

	*f = (struct feeder){ .ctx = ctx, .map = map, .advice = advice };
	f->pidfds = calloc(n ? n : 1, sizeof(*f->pidfds));
	if (!f->pidfds)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		f->pidfds[i] = PIDFD_CLOSED;
	return 0;
}

static void close_pidfds(struct feeder *f)
{
	for (size_t i = 0; i < f->map->procs.n; i++)
		if (f->pidfds[i] >= 0) {
			close(f->pidfds[i]);
			f->pidfds[i] = PIDFD_CLOSED;
		}
	f->n_open = 0;
}

void feeder_free(struct feeder *f)
{
	if (f->pidfds)
		close_pidfds(f);
	free(f->pidfds);
	f->pidfds = NULL;
}

static int get_pidfd(struct feeder *f, unsigned owner)
{
	int *fd = &f->pidfds[owner];

	if (*fd != PIDFD_CLOSED)
		return *fd;
	if (f->n_open >= PIDFDS_MAX)
		close_pidfds(f);
	*fd = pidfd_open(f->map->procs.items[owner].pid, 0);
	if (*fd < 0 && errno == ENOSYS)
		return -ENOSYS;
	if (*fd < 0)
		*fd = PIDFD_GONE;
	else
		f->n_open++;
	return *fd;
}

/* the next ranges of one process: @iov's length; @owner and @pages are set */
static size_t gather(struct feeder *f, uint64_t max_pages, struct iovec *iov,
		     unsigned *owner, uint64_t *pages)
{
	const struct runset *set = &f->map->runs;
	size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE), n = 0;

	*pages = 0;
	while (f->next_run < set->n && *pages < max_pages) {
		const struct swap_run *run = &set->runs[f->next_run];
		uint64_t count = run->n_pages - f->next_page;
		char *base = (char *)((run->vpn + f->next_page) * page_bytes);

		if (n && run->owner != *owner)
			break;
		*owner = (unsigned)run->owner;
		if (count > max_pages - *pages)
			count = max_pages - *pages;
		if (n && (char *)iov[n - 1].iov_base + iov[n - 1].iov_len == base)
			iov[n - 1].iov_len += count * page_bytes;
		else if (n == BATCH_IOVECS)
			break;
		else
			iov[n++] = (struct iovec){ base, count * page_bytes };
		*pages += count;
		f->next_page += count;
		if (f->next_page == run->n_pages) {
			f->next_run++;
			f->next_page = 0;
		}
	}
	return n;
}

/* drop what was advised from the front; the range that failed goes too */
static size_t skip_advised(struct iovec **iov, size_t n, size_t advised, bool skip_failed)
{
	while (n && advised >= (*iov)->iov_len) {
		advised -= (*iov)->iov_len;
		(*iov)++;
		n--;
	}
	if (n && advised) {
		(*iov)->iov_base = (char *)(*iov)->iov_base + advised;
		(*iov)->iov_len -= advised;
	}
	if (n && skip_failed) {
		(*iov)++;
		n--;
	}
	return n;
}

static int advise(struct feeder *f, int pidfd, struct iovec *iov, size_t n)
{
	while (n) {
		ssize_t done = process_madvise(pidfd, iov, n, f->advice, 0);

		if (done < 0 && (errno == EPERM || errno == ENOSYS))
			return -errno;
		if (done < 0 && errno == ESRCH)
			return 0;
		if (done < 0 && errno != EINTR)
			done = 0;
		if (done < 0)
			continue;
		/* short: the next range is not mapped any more, or can't take advice */
		n = skip_advised(&iov, n, (size_t)done, true);
	}
	return 0;
}

int64_t feeder_next(struct feeder *f, uint64_t max_pages)
{
	struct iovec iov[BATCH_IOVECS];
	unsigned owner = 0;
	uint64_t pages;
	size_t n = gather(f, max_pages, iov, &owner, &pages);
	int pidfd, r;

	if (!n)
		return 0;
	pidfd = get_pidfd(f, owner);
	if (pidfd == -ENOSYS)
		return -ENOSYS;
	if (pidfd == PIDFD_GONE) {
		f->gone_pages += pages;
		return (int64_t)pages;
	}
	r = advise(f, pidfd, iov, n);
	if (r)
		return r;
	f->fed_pages += pages;
	return (int64_t)pages;
}
