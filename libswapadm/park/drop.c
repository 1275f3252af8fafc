/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Pages of one process that were written to swap but are still in the swap cache.
 *
 * MADV_PAGEOUT starts the writes and does not wait for them, so on a disk the pages stay
 * in memory until it is wanted (mm/vmscan.c, shrink_folio_list()), and advice does not
 * reach pages that are not mapped. A cgroup's own reclaim takes them; a process has none.
 * So each page is looked at once more, which maps it, clean, from the cache; then the
 * same advice frees it without a write. It reads one byte of each page; a stopped process
 * does not notice. Only pages that went out just now are looked at: those that were out
 * before would be read from the disk.
 *
 * Not of zram or with zswap: their writes are done when the call returns, and nothing
 * is cached. Not when swap is half full: the kernel then gives the slot up with the look
 * (mm/memory.c, should_try_to_free_swap()), and the page would be written anew.
 */
#include "kernel/area.h"
#include "kernel/pagemap.h"
#include "kernel/touch.h"
#include "park/park.h"
#include "prefetch/swaptype.h"

#define LOOK_MS     50
#define IDLE_LOOKS  100 /* of writes that do not get fewer */
#define WORTH_PAGES 256
#define RANGES_MAX  (UINT64_C(4) << 20)

/* ---- which pages ----------------------------------------------------------------- */

struct range_arg {
	struct park_ranges *ranges;
	uint64_t skip_types; /* bit 1 << type */
};

static int add_span(void *data, const struct swap_span *span)
{
	struct range_arg *arg = data;
	struct park_ranges *ranges = arg->ranges;
	struct park_range *last = ranges->n ? &ranges->items[ranges->n - 1] : NULL;

	if (arg->skip_types & UINT64_C(1) << span->type)
		return 0;
	if (last && last->vpn + last->n == span->vpn) {
		last->n += span->n_pages;
		return 0;
	}
	if (ranges->n >= RANGES_MAX)
		return -E2BIG;
	if (!array_grow(&ranges->items, ranges->n))
		return -ENOMEM;
	ranges->items[ranges->n++] = (struct park_range){ span->vpn, span->n_pages };
	return 0;
}

static int load_ranges(struct park *park, pid_t pid, uint64_t skip_types,
		       struct park_ranges *out)
{
	struct range_arg arg = { out, skip_types };
	int r;

	*out = (struct park_ranges){ 0 };
	r = pagemap_scan(park->pull.ctx, pid, 0, add_span, &arg);
	if (r)
		park_ranges_free(out);
	return r;
}

int park_swapped_before(struct park *park, pid_t pid, struct park_ranges *out)
{
	return load_ranges(park, pid, 0, out);
}

void park_ranges_free(struct park_ranges *ranges)
{
	free(ranges->items);
	*ranges = (struct park_ranges){ 0 };
}

/* ---- which areas ----------------------------------------------------------------- */

static int count_type(void *data, const struct swap_span *span)
{
	type_stats_add(data, span);
	return 0;
}

/* what goes to it has left memory when the advice comes back, as with zram */
static bool is_zswap_on(struct swapadm_ctx *ctx)
{
	struct swapadm_zswap_stats zswap;

	return !swapadm_zswap_get_stats(ctx, &zswap) &&
	       (zswap.known & SWAPADM_ZSWAP_ENABLED) && zswap.enabled;
}

/* types of zram areas as bits; false: they can't be told apart, or no look is worth it */
static bool find_sync_types(struct park *park, pid_t pid, uint64_t *types)
{
	uint64_t size = 0, used = 0, n_sync = 0;
	struct type_stats stats = { 0 };
	struct area_list areas = { 0 };
	bool ok = !is_zswap_on(park->pull.ctx) && !areas_load(park->pull.ctx, &areas);

	*types = 0;
	if (ok)
		ok = !pagemap_scan(park->pull.ctx, pid, 0, count_type, &stats);
	for (size_t i = 0; ok && i < areas.n; i++) {
		int type;

		size += areas.items[i].size_bytes;
		used += areas.items[i].used_bytes;
		if (!str_after(areas.items[i].path, "/dev/zram"))
			continue;
		n_sync++;
		ok = !swaptype_fit(&areas, &stats, i, &type);
		if (ok && type >= 0)
			*types |= UINT64_C(1) << type;
	}
	ok = ok && n_sync < areas.n && used < size / 2;
	areas_free(&areas);
	return ok;
}

/* ---- the look -------------------------------------------------------------------- */

static uint64_t page_size(void)
{
	return own_page_bytes();
}

static void look_at(pid_t pid, uint64_t vpn, uint64_t n)
{
	const struct iovec range = { (void *)(uintptr_t)(vpn * page_size()),
				     n * page_size() };

	touch_pages(pid, &range, 1);
}

/* what of @range was not in swap before; @at moves along @before, both are sorted */
static void look_at_new(pid_t pid, struct park_range range,
			const struct park_ranges *before, size_t *at)
{
	while (range.n) {
		const struct park_range *b;
		uint64_t free_pages = range.n;

		while (*at < before->n &&
		       before->items[*at].vpn + before->items[*at].n <= range.vpn)
			++*at;
		b = *at < before->n ? &before->items[*at] : NULL;
		if (b && b->vpn < range.vpn + range.n)
			free_pages = u64_minus(b->vpn, range.vpn);
		look_at(pid, range.vpn, free_pages);
		range.vpn += free_pages;
		range.n -= free_pages;
		if (range.n) {
			uint64_t skip = u64_min(b->vpn + b->n - range.vpn, range.n);

			range.vpn += skip;
			range.n -= skip;
		}
	}
}

/* ---- writes under way ------------------------------------------------------------ */

static uint64_t writeback_pages(struct swapadm_ctx *ctx)
{
	_cleanup_free_ char *text = NULL;
	const char *at;
	uint64_t n;

	if (ctx_read_file(ctx, "/proc/vmstat", &text, NULL))
		return 0;
	at = strstr(text, "\nnr_writeback ");
	if (!at)
		return 0;
	at += strlen("\nnr_writeback ");
	return next_u64(&at, &n) ? 0 : n;
}

/* of the whole machine: nobody says whose they are; others may write on and on */
int park_await_writes(struct park *park)
{
	uint64_t least = UINT64_MAX;

	for (unsigned idle = 0; idle < IDLE_LOOKS; idle++) {
		uint64_t now = writeback_pages(park->pull.ctx);

		if (now < WORTH_PAGES)
			return 0;
		if (now < least)
			idle = 0;
		least = u64_min(least, now);
		jobrun_wait(&park->pull.job, -1, LOOK_MS);
		if (jobrun_check(&park->pull.job))
			return -ECANCELED;
	}
	return 0;
}

int park_drop_cached(struct park *park, pid_t pid, const struct park_ranges *before)
{
	struct paging *pull = &park->pull;
	struct park_ranges now = { 0 };
	uint64_t sync_types, out_bytes;
	size_t at = 0;
	int r;

	if (!find_sync_types(park, pid, &sync_types))
		return 0;
	r = park_await_writes(park);
	if (!r)
		r = load_ranges(park, pid, sync_types, &now);
	out_bytes = paging_swapped_of(pull, pid);
	for (size_t i = 0; !r && i < now.n; i++) {
		look_at_new(pid, now.items[i], before, &at);
		if (jobrun_check(&park->pull.job))
			r = -ECANCELED;
	}
	park_ranges_free(&now);
	/* what was looked at is in the process again, and moves once more */
	out_bytes = u64_minus(out_bytes, paging_swapped_of(pull, pid));
	pull->done_bytes = u64_minus(pull->done_bytes, out_bytes);
	if (!r)
		r = paging_push_process(pull, pid);
	return r == -ECANCELED ? r : 0; /* it has been pushed out without this as well */
}
