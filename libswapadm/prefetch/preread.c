/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Does a pre-read pay? Names don't show it: a disk may have zswap before it, a block
 * device may be RAM, and under emulation the advice itself can cost more than the reads
 * that it saves (each range is submitted on its own). So both sides are measured. Plain
 * swapoff: the time of single reads at the places where pages lie, halved for its
 * readahead, and only for the part that is not in zswap. The pre-read: what its batches
 * take, the first ones and all later ones. It ends as soon as it loses. It does not begin
 * where there is no queue that could be filled, as on zram and brd: nothing below has
 * one, and a read never puts the reader to sleep. The second alone would not do: in a
 * virtual machine a disk's answer may be there before the reader can sleep, when the host
 * runs both on the same processor.
 */
#include "prefetch/preread.h"

#include <sys/mman.h>

#include "kernel/blockdev.h"
#include "prefetch/devsample.h"
#include "prefetch/feeder.h"

#define SAMPLE_READS     48
#define SAMPLE_BUDGET_NS UINT64_C(40000000)
/* a page of advice costs 1-3 us of CPU on any machine: nothing to gain below */
#define WORTH_A_TRY_NS  3000
#define PIECE_PAGES     UINT64_C(8192)
#define FIRST_PAGES     UINT64_C(256)
#define JUDGE_NS        UINT64_C(300000000)
#define JUDGE_PAGES     UINT64_C(8192)
#define LOOK_MS         20
#define NS_PER_S        UINT64_C(1000000000)
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
 * places of the map, another time others: a cache may hold those. Returns how many.
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
	first = n_some > max ? monotonic_ns() % (n_some - max + 1) : 0;
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
	used = u64_minus(mem.swap_total_bytes, mem.swap_free_bytes);
	if (!used || mem.zswapped_bytes >= used)
		return used ? 0 : 100;
	return (unsigned)(100 - mem.zswapped_bytes * 100 / used);
}

static void estimate_plain(struct preread *pre, const struct swapmap *map)
{
	uint64_t offsets[SAMPLE_READS], read_ns;
	size_t n = pick_offsets(&map->runs, offsets, SAMPLE_READS);

	if (devsample_read_ns(pre->ctx, pre->path, offsets, n, SAMPLE_BUDGET_NS, &read_ns,
			      &pre->waits))
		return;
	pre->plain_page_ns = read_ns * unzswapped_pct(pre->ctx) / 100 / 2;
}

static bool has_queue(const struct preread *pre)
{
	struct stat st;

	return !ctx_stat(pre->ctx, pre->path, &st) &&
	       blockdev_has_queue(pre->ctx, S_ISBLK(st.st_mode) ? st.st_rdev : st.st_dev);
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

/* of all processes, and of our type in the end */
static int find_pages(struct preread *pre, struct swapmap *map, bool may_probe)
{
	int r = find_type(pre, map, may_probe);

	if (r)
		set_verdict(
			pre, PREREAD_IMPOSSIBLE,
			r == -EPROTONOSUPPORT
				? "this kernel's page tables name virtual slots, not places on an area"
				: "it is not known which pages are this area's");
	else if (pre->type == SWAPTYPE_NONE)
		set_verdict(pre, PREREAD_IMPOSSIBLE, "no process maps a page of it");
	else
		r = narrow_map(pre, map);
	return r == -ENOMEM ? r : 0;
}

static void take_over(struct preread *pre)
{
	pre->type = pre->seen->type;
	pre->plain_page_ns = pre->seen->plain_page_ns;
	pre->waits = pre->seen->waits;
}

int preread_begin(struct preread *pre, struct swapmap *map, bool may_probe)
{
	const struct preread_seen *seen = pre->seen;
	int r = seen ? swapmap_load_pids(pre->ctx, seen->type, seen->pids, seen->n_pids,
					 map)
		     : swapmap_load(pre->ctx, SWAPMAP_ANY_TYPE, 0, 0, map);

	if (r == -ENOMEM)
		return r;
	if (r)
		return set_verdict(pre, PREREAD_IMPOSSIBLE,
				   is_shortage(r)
					   ? "too many files are open"
					   : "pagemaps are not readable (CAP_SYS_ADMIN)");
	if (seen)
		take_over(pre);
	else
		r = find_pages(pre, map, may_probe);
	if (r || pre->verdict == PREREAD_IMPOSSIBLE) {
		swapmap_free(map);
		return r;
	}
	if (!pre->plain_page_ns)
		estimate_plain(pre, map);
	/* a rate can only be kept here: swapoff(2) knows none */
	if (pre->plain_page_ns && !pre->rate_bytes_per_s &&
	    (pre->plain_page_ns < WORTH_A_TRY_NS || !(pre->waits || has_queue(pre))))
		return set_verdict(pre, PREREAD_SLOWER,
				   "the device answers as fast as it can be asked");
	pre->verdict = PREREAD_FASTER;
	return 0;
}

/* ---- feeding ----------------------------------------------------------------------- */

struct feeding {
	struct feeder feeder;
	const struct swapmap *map;
	struct feeder_count count;
	uint64_t start_ns, idle_ns;       /* idle: pauses, and times with no more leave */
	uint64_t judged_pages, judged_ns; /* at the last verdict */
	uint64_t ram_pages;               /* at the last look at memory */
};

static bool ram_is_short(struct swapadm_ctx *ctx)
{
	struct swapadm_mem_stats mem;

	return !swapadm_mem_get_stats(ctx, &mem) && (mem.known & SWAPADM_MEM_AVAILABLE) &&
	       mem.available_bytes < RAM_FLOOR_BYTES + mem.total_bytes / 100;
}

static bool loses(const struct preread *pre)
{
	return pre->plain_page_ns && pre->page_ns > pre->plain_page_ns &&
	       !pre->rate_bytes_per_s;
}

/*
 * The sample at the start may have met a cache, or the requests that a throttled disk
 * lets pass at first: before the pre-read is given up, plain swapoff is looked at once
 * more, with what has been asked for until now out of the way.
 */
static void sample_again(struct preread *pre, struct feeding *fd)
{
	uint64_t before_ns = monotonic_ns(), offset, read_ns;

	feeder_hold(&fd->feeder);
	/* waits for what is queued before it, and is not counted */
	if (pick_offsets(&fd->map->runs, &offset, 1) == 1)
		devsample_read_ns(pre->ctx, pre->path, &offset, 1, SAMPLE_BUDGET_NS,
				  &read_ns, &pre->waits);
	estimate_plain(pre, fd->map);
	feeder_look(&fd->feeder, &fd->count);
	fd->judged_pages = fd->count.done_pages;
	fd->idle_ns += monotonic_ns() - before_ns;
}

/*
 * compare the last stretch with plain swapoff; the first one alone is not held against it
 */
static void judge(struct preread *pre, struct feeding *fd)
{
	uint64_t now_ns = monotonic_ns() - fd->idle_ns;
	uint64_t pages = fd->count.done_pages - fd->judged_pages;
	uint64_t took_ns = now_ns - fd->judged_ns;

	if (!pages || (took_ns < JUDGE_NS && pages < JUDGE_PAGES))
		return;
	pre->page_ns = took_ns / pages;
	fd->judged_pages = fd->count.done_pages;
	fd->judged_ns = now_ns;
	if (loses(pre))
		sample_again(pre, fd);
	if (loses(pre))
		set_verdict(pre, PREREAD_SLOWER, "advice is slower than reading here");
}

/* what a rate allows in a tenth of a second; 0: there is none */
static uint64_t rate_pages(const struct preread *pre)
{
	if (!pre->rate_bytes_per_s)
		return 0;
	return pre->rate_bytes_per_s / 10 / own_page_bytes() + 1;
}

/* of one call: with a slow device, too, a cancel is to be obeyed at once */
static uint64_t piece_pages(const struct preread *pre, const struct feeding *fd)
{
	uint64_t pages = fd->count.done_pages < FIRST_PAGES * 4 ? FIRST_PAGES
								: PIECE_PAGES;
	uint64_t page_ns = pre->page_ns ? pre->page_ns : pre->plain_page_ns;

	page_ns *= fd->feeder.n_threads;
	if (page_ns && pages > JUDGE_NS / page_ns)
		pages = JUDGE_NS / page_ns + 1;
	if (rate_pages(pre) && pages > rate_pages(pre))
		pages = rate_pages(pre);
	return pages;
}

/* how far the threads may go by now: with a rate, in steps of a tenth of a second */
static uint64_t allowed_pages(const struct preread *pre, const struct feeding *fd)
{
	uint64_t gone_ns = monotonic_ns() - fd->start_ns - fd->idle_ns;
	uint64_t steps = gone_ns / (NS_PER_S / 10) + 1;

	if (!pre->rate_bytes_per_s)
		return UINT64_MAX;
	return pre->rate_bytes_per_s / 10 * steps / own_page_bytes();
}

/* true: the job is to stop */
static bool sit_out_pause(struct preread *pre, struct feeding *fd)
{
	uint64_t before_ns = monotonic_ns();

	if (!pre->job->pause_wanted)
		return pre->job->cancelled;
	feeder_hold(&fd->feeder);
	jobrun_sit_out_pause(pre->job);
	fd->idle_ns += monotonic_ns() - before_ns;
	return pre->job->cancelled;
}

static bool is_enough(struct preread *pre, struct feeding *fd)
{
	judge(pre, fd);
	if (pre->verdict != PREREAD_FASTER)
		return true;
	if (fd->count.done_pages - fd->ram_pages < RAM_CHECK_PAGES)
		return false;
	fd->ram_pages = fd->count.done_pages;
	return ram_is_short(pre->ctx);
}

/* 1: go on; 0: enough; -errno */
static int feed_on(struct preread *pre, struct feeding *fd, uint64_t base_bytes)
{
	uint64_t page_bytes = own_page_bytes();
	int r;

	feeder_allow(&fd->feeder, allowed_pages(pre, fd), piece_pages(pre, fd));
	jobrun_wait(pre->job, fd->feeder.event_fd, LOOK_MS);
	if (sit_out_pause(pre, fd))
		return -ECANCELED;
	r = feeder_look(&fd->feeder, &fd->count);
	if (r < 0) {
		set_verdict(pre, PREREAD_IMPOSSIBLE,
			    r == -EPERM ? "not permitted (CAP_SYS_NICE)"
					: "the kernel has no process_madvise(2)");
		return 0;
	}
	jobrun_moved(pre->job, base_bytes + fd->count.fed_pages * page_bytes);
	if (!r || is_enough(pre, fd))
		return 0;
	r = pre->look ? pre->look(pre->look_data) : 0;
	return r ? r : 1;
}

int preread_feed(struct preread *pre, const struct swapmap *map, uint64_t base_bytes)
{
	struct feeding fd = { .map = map, .start_ns = monotonic_ns() };
	int r = feeder_init(&fd.feeder, map, MADV_WILLNEED);

	if (r)
		return r;
	fd.judged_ns = fd.start_ns;
	r = feeder_start(&fd.feeder, FEEDER_THREADS_MAX);
	if (r)
		set_verdict(pre, PREREAD_IMPOSSIBLE, "no thread could be started");
	r = r ? 0 : 1;
	while (r == 1)
		r = feed_on(pre, &fd, base_bytes);
	feeder_free(&fd.feeder);
	pre->fed_pages += fd.count.fed_pages;
	pre->gone_pages += fd.count.gone_pages;
	return r;
}
