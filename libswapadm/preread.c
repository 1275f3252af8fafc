/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Does a pre-read pay? Names don't tell: a disk may have zswap before it, a block device may
 * be RAM, and under emulation the advice itself can cost more than the reads that it saves
 * (each range is submitted by itself). So both sides are measured. Plain swapoff: the time
 * of single reads at the places where pages lie, halved for its readahead, and only for the
 * part that is not in zswap. The pre-read: what its batches take, the first ones and all
 * later ones. It ends as soon as it loses.
 */
#include "preread.h"

#include <sys/mman.h>

#include "devsample.h"

#define SAMPLE_READS     48
#define SAMPLE_BUDGET_NS UINT64_C(40000000)
/* a page of advice costs 1-3 us of CPU on any machine: nothing to gain below */
#define WORTH_A_TRY_NS  3000
#define BATCH_PAGES     UINT64_C(8192)
#define FIRST_PAGES     UINT64_C(256)
#define JUDGE_NS        UINT64_C(300000000)
#define JUDGE_PAGES     UINT64_C(8192)
#define RAM_CHECK_PAGES UINT64_C(16384)
#define RAM_FLOOR_BYTES (UINT64_C(24) << 20)

static int set_verdict(struct preread *pre, enum preread_verdict verdict, const char *why)
{
	pre->verdict = verdict;
	pre->why = why;
	log_info(pre->ctx, "%s: pre-read: %s", pre->path, why);
	return 0;
}

/* ---- what swapoff would take ------------------------------------------------------- */

/* the order in which swapoff walks one process */
static int by_address(const void *a, const void *b)
{
	const struct swap_run *x = a, *y = b;

	if (x->owner != y->owner)
		return x->owner < y->owner ? -1 : 1;
	return (x->vpn > y->vpn) - (x->vpn < y->vpn);
}

/*
 * Slots that swapoff would read one after the other: neighbours in memory, from several
 * places of the map. Returns how many.
 */
static size_t pick_offsets(const struct runset *set, uint64_t *offsets, size_t max)
{
	_cleanup_free_ struct swap_run *some = NULL;
	size_t n_some = set->n < 4096 ? set->n : 4096, n = 0, first;

	if (!n_some)
		return 0;
	some = calloc(n_some, sizeof(*some));
	if (!some)
		return 0;
	for (size_t i = 0; i < n_some; i++)
		some[i] = set->runs[i * set->n / n_some];
	qsort(some, n_some, sizeof(*some), by_address);
	/* a stretch in the middle */
	first = n_some > max ? (n_some - max) / 2 : 0;
	for (size_t i = first; i < n_some && n < max; i++) {
		/* one run is read on and on, as swapoff would */
		size_t k = n_some < max ? max / n_some : 1;

		for (size_t j = 0; j < some[i].n_pages && j < k && n < max; j++)
			offsets[n++] = some[i].offset + j;
	}
	return n;
}

/* share of swapped pages that are not in zswap, in percent */
static unsigned unzswapped_pct(struct swapadm_ctx *ctx)
{
	struct swapadm_mem_stats mem;
	uint64_t used;

	if (swapadm_mem_get_stats(ctx, &mem) || !(mem.known & SWAPADM_MEM_ZSWAPPED))
		return 100;
	used = mem.swap_total_bytes - mem.swap_free_bytes;
	if (!used || mem.zswapped_bytes >= used)
		return used ? 0 : 100;
	return (unsigned)(100 - mem.zswapped_bytes * 100 / used);
}

static void estimate_plain(struct preread *pre, const struct swapmap *map)
{
	uint64_t offsets[SAMPLE_READS], read_ns;
	size_t n = pick_offsets(&map->runs, offsets, SAMPLE_READS);

	if (devsample_read_ns(pre->ctx, pre->path, offsets, n, SAMPLE_BUDGET_NS,
			      &read_ns))
		return;
	pre->plain_page_ns = read_ns * unzswapped_pct(pre->ctx) / 100 / 2;
}

/* ---- whose pages ------------------------------------------------------------------- */

static int find_type(struct preread *pre, const struct swapmap *map, bool may_probe)
{
	struct area_list areas = { 0 };
	const struct area *area;
	int r = areas_load(pre->ctx, &areas);

	if (r)
		return r;
	area = areas_find(&areas, pre->path);
	r = area ? swaptype_fit(&areas, &map->stats, (size_t)(area - areas.items),
				&pre->type)
		 : -ENODEV;
	areas_free(&areas);
	if ((r == -ENOTUNIQ || r == -ESTALE) && may_probe)
		r = swaptype_probe(pre->ctx, pre->path, &pre->type);
	return r;
}

/* the first look took every type: now only ours, again if that did not fit */
static int narrow_map(struct preread *pre, struct swapmap *map)
{
	bool whole = map->runs.end_offset > UINT32_MAX;

	if (whole) {
		runset_keep_type(&map->runs, (unsigned)pre->type);
		runset_sort(&map->runs);
		return 0;
	}
	swapmap_free(map);
	return swapmap_load(pre->ctx, pre->type, 0, 0, map);
}

int preread_begin(struct preread *pre, struct swapmap *map, bool may_probe)
{
	int r = swapmap_load(pre->ctx, SWAPMAP_ANY_TYPE, 0, 0, map);

	if (r == -ENOMEM)
		return r;
	if (r)
		return set_verdict(pre, PREREAD_IMPOSSIBLE,
				   "pagemaps are not readable (CAP_SYS_ADMIN)");
	r = find_type(pre, map, may_probe);
	if (r)
		set_verdict(pre, PREREAD_IMPOSSIBLE,
			    "which pages are this area's can't be told");
	else if (pre->type == SWAPTYPE_NONE)
		set_verdict(pre, PREREAD_IMPOSSIBLE, "no process maps a page of it");
	else
		r = narrow_map(pre, map);
	if (r == -ENOMEM || pre->verdict == PREREAD_IMPOSSIBLE) {
		swapmap_free(map);
		return r == -ENOMEM ? r : 0;
	}
	estimate_plain(pre, map);
	/* a rate can only be kept here: swapoff(2) knows none */
	if (pre->plain_page_ns && pre->plain_page_ns < WORTH_A_TRY_NS &&
	    !pre->rate_bytes_per_s)
		return set_verdict(pre, PREREAD_SLOWER,
				   "the device answers as fast as it can be asked");
	pre->verdict = PREREAD_FASTER;
	return 0;
}

/* ---- feeding ----------------------------------------------------------------------- */

struct feeding {
	struct feeder feeder;
	uint64_t start_ns, idle_ns; /* idle: pauses and waits for the rate */
	uint64_t done_pages;
	uint64_t judged_pages, judged_ns; /* at the last verdict */
	uint64_t ram_pages;               /* at the last look at memory */
};

static bool ram_is_short(struct swapadm_ctx *ctx)
{
	struct swapadm_mem_stats mem;

	return !swapadm_mem_get_stats(ctx, &mem) && (mem.known & SWAPADM_MEM_AVAILABLE) &&
	       mem.available_bytes < RAM_FLOOR_BYTES + mem.total_bytes / 100;
}

/* compare the last stretch with plain swapoff; the first one alone is not held against it */
static void judge(struct preread *pre, struct feeding *fd)
{
	uint64_t now_ns = monotonic_ns() - fd->idle_ns;
	uint64_t pages = fd->done_pages - fd->judged_pages;
	uint64_t took_ns = now_ns - fd->judged_ns;

	if (!pages || (took_ns < JUDGE_NS && pages < JUDGE_PAGES))
		return;
	pre->page_ns = took_ns / pages;
	fd->judged_pages = fd->done_pages;
	fd->judged_ns = now_ns;
	if (pre->plain_page_ns && pre->page_ns > pre->plain_page_ns &&
	    !pre->rate_bytes_per_s)
		set_verdict(pre, PREREAD_SLOWER, "advice is slower than reading here");
}

static void keep_to_rate(struct preread *pre, struct feeding *fd)
{
	uint64_t page_bytes = (uint64_t)sysconf(_SC_PAGESIZE), delay_ns;
	uint64_t from_ns = monotonic_ns();

	delay_ns = rate_delay_ns(pre->rate_bytes_per_s, fd->done_pages * page_bytes,
				 from_ns - fd->start_ns - fd->idle_ns);
	while (delay_ns && !jobrun_check(pre->job) && !pre->job->pause_wanted) {
		uint64_t gone_ns = monotonic_ns() - from_ns;

		if (gone_ns >= delay_ns)
			return;
		jobrun_wait(pre->job, -1, (int)((delay_ns - gone_ns) / 1000000) + 1);
	}
}

static uint64_t batch_pages(const struct preread *pre, const struct feeding *fd)
{
	uint64_t pages = fd->done_pages < FIRST_PAGES * 4 ? FIRST_PAGES : BATCH_PAGES;
	uint64_t rate_pages = pre->rate_bytes_per_s / (uint64_t)sysconf(_SC_PAGESIZE);

	/* with a slow device, too, a cancel is to be obeyed at once */
	if (pre->page_ns && pages * pre->page_ns > JUDGE_NS)
		pages = JUDGE_NS / pre->page_ns + 1;
	if (pre->rate_bytes_per_s && pages > rate_pages / 10)
		pages = rate_pages / 10 + 1;
	return pages;
}

/* 1: go on; 0: enough */
static int feed_once(struct preread *pre, struct feeding *fd, uint64_t base_bytes,
		     uint64_t max_pages)
{
	uint64_t page_bytes = (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t pages = batch_pages(pre, fd), before_ns = monotonic_ns();
	int64_t n;

	if (jobrun_sit_out_pause(pre->job) || jobrun_check(pre->job))
		return -ECANCELED;
	fd->idle_ns += monotonic_ns() - before_ns;
	if (pages > max_pages - fd->done_pages)
		pages = max_pages - fd->done_pages;
	n = pages ? feeder_next(&fd->feeder, pages) : 0;
	if (n == -EPERM || n == -ENOSYS) {
		set_verdict(pre, PREREAD_IMPOSSIBLE,
			    n == -EPERM ? "not permitted (CAP_SYS_NICE)"
					: "the kernel has no process_madvise(2)");
		return 0;
	}
	if (n <= 0)
		return (int)n;
	fd->done_pages += (uint64_t)n;
	jobrun_moved(pre->job, base_bytes + fd->feeder.fed_pages * page_bytes);
	judge(pre, fd);
	if (pre->verdict != PREREAD_FASTER)
		return 0;
	if (fd->done_pages - fd->ram_pages >= RAM_CHECK_PAGES) {
		fd->ram_pages = fd->done_pages;
		if (ram_is_short(pre->ctx))
			return 0;
	}
	before_ns = monotonic_ns();
	keep_to_rate(pre, fd);
	fd->idle_ns += pre->rate_bytes_per_s ? 0 : monotonic_ns() - before_ns;
	return 1;
}

int preread_feed(struct preread *pre, const struct swapmap *map, uint64_t base_bytes,
		 uint64_t max_pages)
{
	struct feeding fd = { .start_ns = monotonic_ns() };
	int r = feeder_init(&fd.feeder, pre->ctx, map, MADV_WILLNEED);

	fd.judged_ns = fd.start_ns;
	while (!r) {
		r = feed_once(pre, &fd, base_bytes, max_pages);
		r = r == 1 ? 0 : r ? r : 1;
	}
	pre->fed_pages += fd.feeder.fed_pages;
	pre->gone_pages += fd.feeder.gone_pages;
	feeder_free(&fd.feeder);
	return r < 0 ? r : 0;
}
