/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "prefetch/window.h"

#include <sys/mman.h>

#include "kernel/pagewatch.h"
#include "prefetch/feeder.h"
#include "prefetch/leaforder.h"

#define WINDOW_MIN_BYTES (UINT64_C(4) << 20)
#define WINDOW_MAX_RUNS  (UINT64_C(1) << 20) /* 16 MiB of runs */
#define BATCH_PAGES      UINT64_C(2048)
#define LOOK_NS          UINT64_C(100000000)
#define END_ROUNDS       5
#define END_ROUND_BYTES  (UINT64_C(4) << 20) /* with less another round is not worth it */

static uint64_t page_size(void)
{
	return own_page_bytes();
}

/* half of what memory has to spare: the other half is for what has come in already */
static uint64_t window_size(const struct window *w)
{
	struct swapadm_mem_stats mem;
	uint64_t bytes = 0, margin;

	if (!swapadm_mem_get_stats(w->ctx, &mem)) {
		margin = mem.total_bytes / 25;
		bytes = mem.available_bytes > margin ? mem.available_bytes - margin : 0;
	}
	bytes /= 2;
	if (bytes < WINDOW_MIN_BYTES)
		bytes = WINDOW_MIN_BYTES;
	bytes /= page_size();
	return bytes < WINDOW_MAX_RUNS ? bytes : WINDOW_MAX_RUNS;
}

/* ---- ahead ------------------------------------------------------------------------- */

struct gather_arg {
	struct runset *runs;
	unsigned type;
	uint64_t left, first_vpn;
};

/* the first pages by address; 1 ends the scan */
static int gather_span(void *data, const struct swap_span *span)
{
	struct gather_arg *arg = data;
	struct swap_span part = *span;
	int r;

	if (part.type != arg->type)
		return 0;
	if (arg->first_vpn == UINT64_MAX)
		arg->first_vpn = part.vpn;
	if (part.n_pages > arg->left)
		part.n_pages = arg->left;
	r = runset_add(arg->runs, &part, 0);
	arg->left -= part.n_pages;
	return r ? r : arg->left == 0;
}

/* @position: the first page that swapoff has not reached, UINT64_MAX: it has them all */
static int load_ahead(struct window *w, pid_t pid, uint64_t *position)
{
	struct swapmap *map = &w->ahead;
	struct gather_arg arg = { &map->runs, (unsigned)w->pre->type, window_size(w),
				  UINT64_MAX };
	int r;

	swapmap_free(map);
	*map = (struct swapmap){ 0 };
	runset_init(&map->runs, 0, WINDOW_MAX_RUNS);
	map->procs.items = calloc(1, sizeof(*map->procs.items));
	if (!map->procs.items)
		return -ENOMEM;
	map->procs.items[0].pid = pid;
	map->procs.n = 1;
	r = pagewatch_scan(w->ctx, pid, 0, gather_span, &arg);
	runset_sort(&map->runs);
	*position = arg.first_vpn;
	if (r == -ENOMEM)
		return r;
	return w->read_ahead ? leaforder_apply(w->ctx, w->pre->path, &map->runs) : 0;
}

static void feed_ahead(struct window *w)
{
	struct feeder f;

	if (!w->read_ahead || feeder_init(&f, &w->ahead, MADV_WILLNEED))
		return;
	while (!jobrun_check(w->job) && !w->job->pause_wanted) {
		int64_t n = feeder_next(&f, BATCH_PAGES);

		if (n < 0)
			w->read_ahead = false; /* not permitted: go on without */
		if (n <= 0)
			break;
	}
	w->pre->fed_pages += f.count.fed_pages;
	feeder_free(&f);
}

/* ---- behind ------------------------------------------------------------------------ */

/* the regions of one process between two pages, as a map of its own */
static int cut_regions(const struct window *w, unsigned owner, uint64_t from, uint64_t to,
		       struct swapmap *out)
{
	runset_init(&out->runs, 0, 0);
	out->procs = w->regions.procs; /* borrowed */
	for (size_t i = 0; i < w->regions.runs.n; i++) {
		const struct swap_run *run = &w->regions.runs.runs[i];
		uint64_t begin = run->vpn, end = begin + run->n_pages;
		int r;

		if (run->owner != owner)
			continue;
		begin = begin > from ? begin : from;
		end = end < to ? end : to;
		if (begin >= end)
			continue;
		r = runset_add(&out->runs,
			       &(struct swap_span){ run->type, 0, begin, end - begin },
			       owner);
		if (r)
			return r;
	}
	return 0;
}

/* page out what one process has present between where that ended last and @to */
static int page_out_behind(struct window *w, unsigned owner, uint64_t to)
{
	struct swapmap part = { 0 };
	struct feeder f;
	int r = cut_regions(w, owner, w->behind[owner], to, &part);

	if (!r)
		r = feeder_init(&f, &part, MADV_PAGEOUT);
	if (!r) {
		while (!(w->is_cut = jobrun_check(w->job)) &&
		       feeder_next(&f, BATCH_PAGES) > 0)
			;
		w->paged_out_pages += f.count.fed_pages;
		feeder_free(&f);
		w->behind[owner] = to;
	}
	runset_free(&part.runs);
	return r;
}

static unsigned owner_of(const struct window *w, pid_t pid)
{
	unsigned i = 0;

	while (i < w->regions.procs.n && w->regions.procs.items[i].pid != pid)
		i++;
	return i;
}

/* @position: up to where swapoff has come in @pid */
static int page_out_pid(struct window *w, pid_t pid, uint64_t position)
{
	unsigned owner = owner_of(w, pid);

	if (!w->page_out || owner == w->regions.procs.n || position <= w->behind[owner])
		return 0;
	return page_out_behind(w, owner, position);
}

/* processes that swapoff was done with between two looks */
static int page_out_passed(struct window *w, pid_t current)
{
	int r = 0;

	for (size_t i = 0; !r && w->page_out && i < w->follow.procs.n; i++)
		if (w->follow.fell_bytes[i] && w->follow.procs.items[i].pid != current)
			r = page_out_pid(w, w->follow.procs.items[i].pid, UINT64_MAX);
	return r;
}

/* ---- both -------------------------------------------------------------------------- */

static int advance(struct window *w, pid_t pid, uint64_t used_bytes)
{
	uint64_t position;
	int r = 0;

	if (w->pid && w->pid != pid)
		r = page_out_pid(w, w->pid, UINT64_MAX);
	if (!r)
		r = load_ahead(w, pid, &position);
	if (!r)
		r = page_out_pid(w, pid, position);
	if (r)
		return r;
	w->pid = pid;
	w->used_bytes = used_bytes;
	feed_ahead(w);
	/* paging out has raised VmSwap: that is not to be taken for a fall later */
	follow_update(w->ctx, &w->follow);
	w->looked_ns = monotonic_ns();
	return 0;
}

int window_begin(struct window *w)
{
	int r = follow_begin(w->ctx, &w->follow);

	w->looked_ns = monotonic_ns();
	if (r || !w->page_out)
		return r;
	r = swapmap_load_regions(w->ctx, w->pre->type, &w->regions);
	if (r)
		return r;
	w->behind = calloc(w->regions.procs.n + 1, sizeof(*w->behind));
	return w->behind ? 0 : -ENOMEM;
}

int window_step(struct window *w, uint64_t used_bytes)
{
	uint64_t moved = w->used_bytes > used_bytes ? w->used_bytes - used_bytes : 0;
	uint64_t now_ns = monotonic_ns();
	bool has_more = w->pid && w->ahead.runs.n_pages;
	pid_t pid;
	int r;

	if (has_more && moved / page_size() >= w->ahead.runs.n_pages / 2)
		return advance(w, w->pid, used_bytes);
	if (now_ns - w->looked_ns < LOOK_NS / (has_more ? 1 : 5))
		return 0;
	w->looked_ns = now_ns;
	pid = follow_update(w->ctx, &w->follow);
	if (!pid)
		return 0;
	r = page_out_passed(w, pid);
	if (r || (pid == w->pid && has_more))
		return r;
	return advance(w, pid, used_bytes);
}

static uint64_t swap_free_bytes(const struct window *w)
{
	struct swapadm_mem_stats mem;

	return swapadm_mem_get_stats(w->ctx, &mem) ? 0 : mem.swap_free_bytes;
}

/*
 * While memory is full the kernel may find none to note a page's new slot (7.x), and the
 * page stays. What has gone makes room for the next round.
 */
static void page_out_rest(struct window *w)
{
	for (int round = 0; round < END_ROUNDS; round++) {
		uint64_t before = swap_free_bytes(w);

		for (unsigned i = 0; i < w->regions.procs.n; i++) {
			if (round)
				w->behind[i] = 0;
			if (w->job->cancelled)
				w->is_cut = true;
			if (w->is_cut || page_out_behind(w, i, UINT64_MAX))
				return;
		}
		if (u64_minus(before, swap_free_bytes(w)) < END_ROUND_BYTES)
			return;
	}
}

void window_end(struct window *w)
{
	if (w->behind)
		page_out_rest(w);
	free(w->behind);
	w->behind = NULL;
	swapmap_free(&w->regions);
	swapmap_free(&w->ahead);
	follow_end(&w->follow);
}
