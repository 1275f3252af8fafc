/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "prefetch/swapmap.h"

#include "kernel/pagewatch.h"

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

/* what hangs is left out, as what a process hides is */
static int scan_procs(struct swapadm_ctx *ctx, const struct proc_swap_list *procs,
		      pagemap_fn fn, struct load_arg *arg)
{
	for (size_t i = 0; i < procs->n; i++) {
		int r;

		arg->owner = (unsigned)i;
		r = pagewatch_scan(ctx, procs->items[i].pid, procs->items[i].swap_bytes,
				   fn, arg);
		if (r && r != -ETIME)
			return r;
	}
	if (ctx->log_fn) /* a worker has none, and says it in its record */
		pagewatch_warn(ctx);
	return 0;
}

int swapmap_load_list(struct swapadm_ctx *ctx, int type, uint64_t begin_offset,
		      struct proc_swap_list *procs, struct swapmap *out)
{
	_cleanup_(swapmap_free) struct swapmap map = { .procs = *procs };
	struct load_arg arg = { .map = &map, .type = type };
	int r;

	*procs = (struct proc_swap_list){ 0 };
	runset_init(&map.runs, begin_offset, 0);
	r = scan_procs(ctx, &map.procs, add_span, &arg);
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

int swapmap_load_pids(struct swapadm_ctx *ctx, int type, const pid_t *pids, size_t n,
		      struct swapmap *out)
{
	struct proc_swap_list procs = { 0 };
	struct proc_status st;
	int r = 0;

	for (size_t i = 0; !r && i < n; i++) {
		int err = proc_status_read(ctx, pids[i], &st);

		if (is_shortage(err))
			r = err;
		else if (!err && st.swap_bytes)
			r = proc_swap_list_add(&procs, pids[i], &st);
	}
	if (!r)
		return swapmap_load_list(ctx, type, 0, &procs, out);
	proc_swap_list_free(&procs);
	return r;
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
	if (!r)
		r = scan_procs(ctx, &map.procs, add_region, &arg);
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
