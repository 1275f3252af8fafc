/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Processes in swap, split by tier. Where all areas in use are of one tier, VmSwap says
 * it all. Else one scan of the pagemaps, whose types are then told apart as for a drain,
 * but without probes: looking changes nothing. On the redirect layer each slot of the
 * tswap area is looked up in the module's map: in that scan where there is no other area,
 * else in a second one, now that the type of the area is known. A page on no leaf is one
 * that zswap holds, or in flight.
 */
#include "usage/procs.h"

#include "kernel/pagesize.h"
#include "kernel/pagewatch.h"
#include "kernel/proc.h"
#include "model/model.h"
#include "module/map.h"
#include "prefetch/swaptype.h"
#include "usage/lookers.h"

#define TIER_UNKNOWN (-1)
#define N_LEAF_IDS   256

/* pages of one process by swap type */
struct by_type {
	uint64_t pages[PAGEMAP_TYPES];
};

/* what each of the threads has seen */
struct seen {
	struct type_stats stats;
	struct leafmap *leafmap; /* NULL: slots are not looked up */
};

struct loader {
	struct swapadm_ctx *ctx;
	struct swapadm_procs *procs; /* with those not in swap until all is known */
	unsigned flags;              /* SWAPADM_PROCS_* */
	struct lookers lookers;
	struct seen seen[LOOKERS_MAX];
	struct area_list areas;
	struct type_stats stats;
	struct by_type *counts; /* one a process */
	int tier_of[PAGEMAP_TYPES];
	bool one_scan;  /* the first one looks slots up, too */
	int tswap_type; /* SWAPTYPE_NONE: no such area, or not known */
	struct leafmap *leafmap;
	int tier_of_leaf[N_LEAF_IDS];
	uint64_t *leaf_bytes; /* n_tiers a process, of what is on leaves */
	size_t n_looked_up;   /* processes of the second scan, with the one at hand */
};

/* ---- slots of the tswap area to tiers ---------------------------------------------- */

static bool is_tswap(const struct loader *ld, size_t line)
{
	return streq_null(ld->procs->model->tswap.pub.path, ld->areas.items[line].path);
}

static void find_leaf_tiers(struct loader *ld)
{
	const struct swapadm_model *model = ld->procs->model;

	for (size_t i = 0; i < N_LEAF_IDS; i++)
		ld->tier_of_leaf[i] = TIER_UNKNOWN;
	for (size_t t = 0; t < model->n_tiers; t++)
		for (size_t i = 0; i < model->tiers[t]->pub.n_devices; i++) {
			uint32_t id = model->tiers[t]->devices[i]->leaf_id;

			if (id && id < N_LEAF_IDS)
				ld->tier_of_leaf[id] = (int)t;
		}
}

static void count_slots(const struct loader *ld, struct leafmap *map, size_t process,
			const struct swap_span *span)
{
	uint64_t page_bytes = own_page_bytes();
	uint64_t *bytes = ld->leaf_bytes + process * ld->procs->n_tiers;

	for (uint64_t i = 0; i < span->n_pages; i++) {
		uint32_t leaf = leafmap_leaf(map, span->offset + i);

		if (leaf < N_LEAF_IDS && ld->tier_of_leaf[leaf] != TIER_UNKNOWN)
			bytes[ld->tier_of_leaf[leaf]] += page_bytes;
	}
}

/* ---- their pages ------------------------------------------------------------------- */

static void count_span(void *data, unsigned thread, size_t at,
		       const struct swap_span *span)
{
	struct loader *ld = data;

	type_stats_add(&ld->seen[thread].stats, span);
	ld->counts[at].pages[span->type] += span->n_pages;
	if (ld->seen[thread].leafmap)
		count_slots(ld, ld->seen[thread].leafmap, at, span);
}

/* one a thread, or none at all */
static void open_maps(struct loader *ld, unsigned n)
{
	const char *name = ld->procs->model->redirect.name;
	unsigned i;

	for (i = 0; i < n; i++)
		if (leafmap_open(ld->ctx, name, &ld->seen[i].leafmap))
			break;
	ld->one_scan = i == n; /* else the second one says what is wrong */
	while (!ld->one_scan && i-- > 0)
		ld->seen[i].leafmap = leafmap_close(ld->seen[i].leafmap);
}

static int scan_all(struct loader *ld)
{
	struct swapadm_procs *procs = ld->procs;
	unsigned n = lookers_threads(&ld->lookers);
	int r;

	if (ld->lookers.by_pagemap && ld->areas.n == 1 && is_tswap(ld, 0))
		open_maps(ld, n);
	r = lookers_run(&ld->lookers, n);
	for (unsigned i = 0; i < n; i++) {
		type_stats_merge(&ld->stats, &ld->seen[i].stats);
		ld->seen[i].leafmap = leafmap_close(ld->seen[i].leafmap);
	}
	if (!ld->lookers.by_pagemap)
		return r;
	/* without CAP_SYS_ADMIN one's own pagemap opens, but shows no offsets */
	for (unsigned type = 0; !r && type < PAGEMAP_TYPES; type++)
		if (ld->stats.n_pages[type])
			procs->split = true;
	return r;
}

/* ---- types to tiers ---------------------------------------------------------------- */

static int tier_of_path(const struct swapadm_model *model, const char *path)
{
	for (size_t i = 0; i < swapadm_model_n_tiers(model); i++) {
		const struct swapadm_tier *tier = swapadm_model_tier(model, i);

		for (size_t k = 0; k < tier->n_devices; k++)
			if (streq_null(tier->devices[k]->path, path))
				return (int)i;
	}
	return TIER_UNKNOWN;
}

static void find_tiers(struct loader *ld)
{
	const struct area_list *areas = &ld->areas;

	ld->tswap_type = SWAPTYPE_NONE;
	for (unsigned type = 0; type < PAGEMAP_TYPES; type++)
		ld->tier_of[type] = TIER_UNKNOWN;
	for (size_t line = 0; line < areas->n; line++) {
		int type;

		if (swaptype_fit(areas, &ld->stats, line, &type) || type == SWAPTYPE_NONE)
			continue;
		ld->tier_of[type] =
			tier_of_path(ld->procs->model, areas->items[line].path);
		if (is_tswap(ld, line))
			ld->tswap_type = type;
	}
}

/* ---- a second scan, of the slots ------------------------------------------------- */

static int count_if_tswap(void *data, const struct swap_span *span)
{
	struct loader *ld = data;

	if ((int)span->type == ld->tswap_type)
		count_slots(ld, ld->leafmap, ld->n_looked_up - 1, span);
	return 0;
}

static bool next_to_look_up(void *data, pid_t *pid, uint64_t *swap_bytes)
{
	struct loader *ld = data;
	const struct swapadm_proc *p;

	do {
		if (ld->n_looked_up == ld->procs->n)
			return false;
		p = &ld->procs->items[ld->n_looked_up++];
	} while (!p->swap_bytes);
	*pid = p->pid;
	*swap_bytes = p->swap_bytes;
	return true;
}

/* Were the slots looked up by the first scan, and is each of the tswap area? */
static bool looked_up_all(const struct loader *ld)
{
	if (!ld->one_scan)
		return false;
	for (unsigned type = 0; type < PAGEMAP_TYPES; type++)
		if (ld->stats.n_pages[type] && (int)type != ld->tswap_type)
			return false;
	return true;
}

/* what the processes have on the leaves; one that hangs has none there */
static int look_up_slots(struct loader *ld)
{
	int r;

	memset(ld->leaf_bytes, 0,
	       ld->procs->n * ld->procs->n_tiers * sizeof(*ld->leaf_bytes));
	if (ld->tswap_type == SWAPTYPE_NONE)
		return 0;
	r = leafmap_open(ld->ctx, ld->procs->model->redirect.name, &ld->leafmap);
	return r ? r : pagewatch_scan_each(ld->ctx, next_to_look_up, count_if_tswap, ld);
}

/* ---- types and leaves of a process to its tiers ----------------------------------- */

static void take_seen(struct loader *ld, uint64_t bytes)
{
	ld->procs->unseen_bytes = u64_minus(ld->procs->unseen_bytes, bytes);
}

static int split_process(struct loader *ld, size_t i)
{
	uint64_t page_bytes = ctx_page_bytes(ld->ctx), sum = 0;
	size_t n_tiers = ld->procs->n_tiers;
	uint64_t *bytes = calloc(n_tiers + 1, sizeof(*bytes));
	const struct by_type *counts = &ld->counts[i];
	struct swapadm_proc *p = &ld->procs->items[i];

	if (!bytes)
		return -ENOMEM;
	for (size_t t = 0; t < n_tiers; t++)
		bytes[t] = ld->leaf_bytes[i * n_tiers + t];
	for (unsigned type = 0; type < PAGEMAP_TYPES; type++)
		if (counts->pages[type] && ld->tier_of[type] != TIER_UNKNOWN)
			bytes[ld->tier_of[type]] += counts->pages[type] * page_bytes;
	for (size_t t = 0; t < n_tiers; t++)
		sum += bytes[t];
	p->tier_bytes = bytes;
	/* pages may have moved between the two looks: then the later one counts */
	if (p->swap_bytes < sum)
		p->swap_bytes = sum;
	p->other_bytes = p->swap_bytes - sum;
	take_seen(ld, sum);
	return 0;
}

static int split_by_pagemap(struct loader *ld)
{
	int r = 0;

	find_tiers(ld);
	if (!looked_up_all(ld))
		r = look_up_slots(ld);
	for (size_t i = 0; !r && i < ld->procs->n; i++)
		if (ld->procs->items[i].swap_bytes)
			r = split_process(ld, i);
	return r;
}

/* ---- no need to ask the pagemaps ------------------------------------------------- */

/* the one tier that everything in swap is in, or TIER_UNKNOWN */
static int only_tier(const struct loader *ld)
{
	int only = TIER_UNKNOWN;

	for (size_t line = 0; line < ld->areas.n; line++) {
		int tier;

		if (!ld->areas.items[line].used_bytes)
			continue;
		tier = is_tswap(ld, line) ? TIER_UNKNOWN
					  : tier_of_path(ld->procs->model,
							 ld->areas.items[line].path);
		if (tier == TIER_UNKNOWN || (only != TIER_UNKNOWN && tier != only))
			return TIER_UNKNOWN;
		only = tier;
	}
	return only;
}

static int split_by_sum(struct loader *ld, int tier)
{
	for (size_t i = 0; i < ld->procs->n; i++) {
		struct swapadm_proc *p = &ld->procs->items[i];
		uint64_t *bytes;

		if (!p->swap_bytes)
			continue;
		bytes = calloc(ld->procs->n_tiers, sizeof(*bytes));
		if (!bytes)
			return -ENOMEM;
		bytes[tier] = p->swap_bytes;
		p->tier_bytes = bytes;
		take_seen(ld, p->swap_bytes);
	}
	ld->procs->split = true;
	return 0;
}

/* ---- all of it --------------------------------------------------------------------- */

static int prepare_split(struct loader *ld, int *tier)
{
	int r = areas_load(ld->ctx, &ld->areas);

	if (r)
		return r;
	for (size_t line = 0; line < ld->areas.n; line++)
		ld->procs->unseen_bytes += ld->areas.items[line].used_bytes;
	*tier = only_tier(ld);
	if (*tier != TIER_UNKNOWN || ld->areas.virtual_slots)
		return 0;
	ld->lookers.by_pagemap = true;
	ld->lookers.n_pages = ld->procs->unseen_bytes / own_page_bytes();
	ld->counts = calloc(ld->procs->n + 1, sizeof(*ld->counts));
	ld->leaf_bytes =
		calloc(ld->procs->n * ld->procs->n_tiers + 1, sizeof(*ld->leaf_bytes));
	find_leaf_tiers(ld);
	return ld->counts && ld->leaf_bytes ? 0 : -ENOMEM;
}

static int load_all(struct loader *ld)
{
	struct swapadm_procs *procs = ld->procs;
	int tier = TIER_UNKNOWN, r;

	procs->items = calloc(ld->lookers.n + 1, sizeof(*procs->items));
	if (!procs->items)
		return -ENOMEM;
	procs->n = ld->lookers.n;
	ld->lookers.items = procs->items;
	if (ld->flags & SWAPADM_PROCS_CGROUP && procs->mount.version)
		ld->lookers.mount = &procs->mount;
	r = ld->flags & SWAPADM_PROCS_SPLIT ? prepare_split(ld, &tier) : 0;
	if (!r)
		r = scan_all(ld);
	if (!r && tier != TIER_UNKNOWN)
		r = split_by_sum(ld, tier);
	else if (!r && procs->split)
		r = split_by_pagemap(ld);
	return r;
}

static int by_swap(const void *a, const void *b)
{
	const struct swapadm_proc *x = a, *y = b;

	if (x->swap_bytes != y->swap_bytes)
		return x->swap_bytes < y->swap_bytes ? 1 : -1;
	return (x->pid > y->pid) - (x->pid < y->pid);
}

/* without those that are not in swap, most first */
static void sort(struct swapadm_procs *procs)
{
	size_t n = 0;

	for (size_t i = 0; i < procs->n; i++)
		if (procs->items[i].swap_bytes)
			procs->items[n++] = procs->items[i];
	procs->n = n;
	if (n)
		qsort(procs->items, n, sizeof(*procs->items), by_swap);
}

static int add_pid(void *data, pid_t pid)
{
	struct lookers *l = data;

	if (!array_grow(&l->pids, l->n))
		return -ENOMEM;
	l->pids[l->n++] = pid;
	return 0;
}

/* ---- the calls --------------------------------------------------------------------- */

static void procs_unrefp(struct swapadm_procs **procs)
{
	swapadm_procs_unref(*procs);
}

SWAPADM_API int swapadm_procs_load(struct swapadm_ctx *ctx, struct swapadm_model *model,
				   unsigned flags, struct swapadm_procs **out)
{
	CTX_CALL(ctx);
	_cleanup_(procs_unrefp) struct swapadm_procs *procs = NULL;
	struct loader ld = { .ctx = ctx, .flags = flags };
	int r;

	if (!ctx || !model || !out ||
	    flags & ~(SWAPADM_PROCS_SPLIT | SWAPADM_PROCS_CGROUP))
		return -EINVAL;
	ld.lookers = (struct lookers){ .ctx = ctx,
				       .lock = PTHREAD_MUTEX_INITIALIZER,
				       .span = count_span,
				       .data = &ld };
	ld.procs = procs = calloc(1, sizeof(*procs));
	if (!procs)
		return -ENOMEM;
	procs->refs = 1;
	procs->model = swapadm_model_ref(model);
	procs->n_tiers = swapadm_model_n_tiers(model);
	if (memcg_mount_find(ctx, &procs->mount))
		procs->mount.version = 0;
	procs->hidden = procs_are_hidden(ctx);
	r = procs_each(ctx, add_pid, &ld.lookers);
	if (r) {
		free(ld.lookers.pids);
		return ctx_fail(ctx, r, "/proc: read: %s", strerror(-r));
	}
	r = load_all(&ld);
	pagewatch_warn(ctx);
	free(ld.lookers.pids);
	free(ld.counts);
	free(ld.leaf_bytes);
	leafmap_close(ld.leafmap);
	areas_free(&ld.areas);
	if (r)
		return ctx_fail(ctx, r, "processes: split by tier: %s", strerror(-r));
	sort(procs);
	*out = steal_ptr(&procs);
	return 0;
}

struct swapadm_procs *procs_ref(struct swapadm_procs *procs)
{
	procs->refs++;
	return procs;
}

SWAPADM_API struct swapadm_procs *swapadm_procs_unref(struct swapadm_procs *procs)
{
	if (!procs || --procs->refs)
		return NULL;
	for (size_t i = 0; i < procs->n; i++) {
		free((char *)procs->items[i].comm);
		free((char *)procs->items[i].cgroup);
		free((uint64_t *)procs->items[i].tier_bytes);
	}
	free(procs->items);
	swapadm_model_unref(procs->model);
	free(procs);
	return NULL;
}

SWAPADM_API size_t swapadm_procs_n(const struct swapadm_procs *procs)
{
	return procs->n;
}

SWAPADM_API const struct swapadm_proc *
swapadm_procs_get(const struct swapadm_procs *procs, size_t i)
{
	return i < procs->n ? &procs->items[i] : NULL;
}

SWAPADM_API size_t swapadm_procs_n_tiers(const struct swapadm_procs *procs)
{
	return procs->n_tiers;
}

SWAPADM_API const char *swapadm_procs_tier(const struct swapadm_procs *procs, size_t i)
{
	return i >= procs->n_tiers ? NULL : swapadm_model_tier(procs->model, i)->name;
}

SWAPADM_API uint64_t swapadm_procs_unseen_bytes(const struct swapadm_procs *procs)
{
	return procs->split ? procs->unseen_bytes : UINT64_MAX;
}

SWAPADM_API bool swapadm_procs_hidden(const struct swapadm_procs *procs)
{
	return procs->hidden;
}
