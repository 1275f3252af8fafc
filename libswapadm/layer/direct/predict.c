/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a drain will take, and whose pages come in: a look at pagemaps and devices. */
#include "layer/direct/drain.h"

#include "prefetch/devsample.h"
#include "kernel/memcg.h"
#include "prefetch/preread.h"

/* what swapoff takes for a page that it finds in the swap cache, on a usual machine */
#define CACHED_PAGE_NS      1300
#define UNSAMPLED_PAGE_NS   UINT64_C(60000) /* 59 to 173 us were measured on disks */
#define BANDWIDTH_BUDGET_NS UINT64_C(30000000)

struct prediction {
	struct swapadm_op *op;
	struct drain_shares *shares;
	uint64_t ns;              /* of all areas so far */
	uint64_t slowest_page_ns; /* of swapoff, on any of the areas */
	bool any_preread, all_preread;
};

void drain_shares_free(struct drain_shares *shares)
{
	for (size_t i = 0; i < shares->n; i++)
		free(shares->items[i].cgroup);
	free(shares->items);
	*shares = (struct drain_shares){ 0 };
}

/* the entry of a process, made when absent; NULL: no memory */
static struct drain_share *share_of(struct drain_shares *shares, pid_t pid,
				    const char *comm)
{
	struct drain_share *s;

	for (size_t i = 0; i < shares->n; i++)
		if (shares->items[i].pid == pid)
			return &shares->items[i];
	if (!array_grow(&shares->items, shares->n))
		return NULL;
	s = &shares->items[shares->n++];
	*s = (struct drain_share){ .pid = pid };
	snprintf(s->comm, sizeof(s->comm), "%s", comm);
	return s;
}

static int count_pages(struct drain_shares *shares, const struct swapmap *map,
		       uint64_t *seen_bytes)
{
	uint64_t page_bytes = own_page_bytes();
	_cleanup_free_ uint64_t *pages = calloc(map->procs.n + 1, sizeof(*pages));

	if (!pages)
		return -ENOMEM;
	for (size_t i = 0; i < map->runs.n; i++)
		pages[map->runs.runs[i].owner] += map->runs.runs[i].n_pages;
	for (size_t i = 0; i < map->procs.n; i++) {
		const struct proc_swap *p = &map->procs.items[i];
		struct drain_share *s;

		if (!pages[i])
			continue;
		s = share_of(shares, p->pid, p->comm);
		if (!s)
			return -ENOMEM;
		s->bytes += pages[i] * page_bytes;
		*seen_bytes += pages[i] * page_bytes;
	}
	return 0;
}

/* the time of one area */
static void predict_time(struct prediction *pn, const struct preread *pre,
			 const struct swapmap *map, uint64_t used_bytes)
{
	uint64_t pages = used_bytes / own_page_bytes(), per_s = 0;
	uint64_t page_ns = 2 * pre->plain_page_ns + CACHED_PAGE_NS;

	if (!pre->plain_page_ns) { /* the device can't be sampled */
		pn->ns += pages * UNSAMPLED_PAGE_NS;
		return;
	}
	if (pre->verdict == PREREAD_FASTER && map->runs.n &&
	    !devsample_bandwidth(pn->op->ctx, pre->path, map->runs.runs[0].offset,
				 used_bytes, BANDWIDTH_BUDGET_NS, &per_s) &&
	    per_s) {
		uint64_t rate = pn->op->req.rate_bytes_per_s;

		if (rate && rate < per_s)
			per_s = rate;
		pn->ns += u64_of((double)used_bytes * 1e9 / (double)per_s);
		if (drain_of(pn->op)->fits_ram)
			page_ns = CACHED_PAGE_NS;
	}
	/* a window only sees part of it, so the disk's order is worth less */
	if (per_s && !drain_of(pn->op)->fits_ram)
		pn->ns += pages * pre->plain_page_ns / 2;
	pn->ns += pages * (per_s ? CACHED_PAGE_NS : page_ns);
	if (page_ns > pn->slowest_page_ns)
		pn->slowest_page_ns = page_ns;
}

/* whose the pages of one area are; @map as preread_begin() has filled it */
static int add_shares(struct drain_shares *shares, const struct preread *pre,
		      const struct swapmap *map, uint64_t used_bytes)
{
	uint64_t seen_bytes = 0;
	int r = 0;

	if (pre->verdict != PREREAD_IMPOSSIBLE)
		r = count_pages(shares, map, &seen_bytes);
	if (pre->verdict == PREREAD_IMPOSSIBLE || map->runs.end_offset <= UINT32_MAX)
		shares->known = false;
	if (used_bytes > seen_bytes)
		shares->unseen_bytes += used_bytes - seen_bytes;
	return r;
}

/* each look at an area sees all processes: the last one's are taken */
static int note_pids(struct drain *drain, const struct proc_swap_list *procs)
{
	pid_t *pids = reallocarray(drain->pids, procs->n + 1, sizeof(*pids));

	if (!pids)
		return -ENOMEM;
	for (size_t i = 0; i < procs->n; i++)
		pids[i] = procs->items[i].pid;
	drain->pids = pids;
	drain->n_pids = procs->n;
	drain->seen_ns = monotonic_ns();
	return 0;
}

static int predict_device(struct prediction *pn, const struct swapadm_device *dev,
			  struct drain_seen *seen)
{
	struct preread pre = {
		.ctx = pn->op->ctx,
		.path = dev->path,
		.type = SWAPTYPE_NONE,
		.rate_bytes_per_s = pn->op->req.rate_bytes_per_s,
	};
	struct swapmap map = { 0 };
	int r = preread_begin(&pre, &map, false);

	if (r)
		return r;
	predict_time(pn, &pre, &map, dev->usage.used_bytes);
	pn->any_preread |= pre.verdict == PREREAD_FASTER;
	pn->all_preread &= pre.verdict == PREREAD_FASTER;
	seen->plain = pre.verdict == PREREAD_SLOWER;
	if (pre.verdict == PREREAD_FASTER)
		seen->pages = (struct preread_seen){
			.type = pre.type,
			.plain_page_ns = pre.plain_page_ns,
			.waits = pre.waits,
		};
	if (pre.verdict != PREREAD_IMPOSSIBLE) /* else there is no map */
		r = note_pids(drain_of(pn->op), &map.procs);
	if (!r)
		r = add_shares(pn->shares, &pre, &map, dev->usage.used_bytes);
	swapmap_free(&map);
	return r;
}

static int set_largest(struct prediction *pn)
{
	struct swapadm_op *op = pn->op;
	const struct drain_share *most = NULL;

	for (size_t i = 0; i < pn->shares->n; i++)
		if (!most || pn->shares->items[i].bytes > most->bytes)
			most = &pn->shares->items[i];
	if (!most)
		return 0;
	op->largest_comm = strdup(most->comm);
	op->plan.largest_pid = most->pid;
	op->plan.largest_bytes = most->bytes;
	op->plan.largest_comm = op->largest_comm;
	op->plan.cancel_delay_ns = most->bytes / own_page_bytes() * pn->slowest_page_ns;
	return op->largest_comm ? 0 : -ENOMEM;
}

static int set_cgroups(struct swapadm_ctx *ctx, struct drain_shares *shares)
{
	struct memcg_mount mount;

	if (memcg_mount_find(ctx, &mount) || !mount.version)
		return 0;
	for (size_t i = 0; i < shares->n; i++) {
		char path[4096];

		if (memcg_of_pid(ctx, &mount, shares->items[i].pid, path, sizeof(path)))
			continue; /* ended: counts for every group */
		shares->items[i].cgroup = strdup(path);
		if (!shares->items[i].cgroup)
			return -ENOMEM;
	}
	return 0;
}

int drain_shares_load(struct swapadm_ctx *ctx, const char *path, uint64_t used_bytes,
		      struct drain_shares *out)
{
	struct preread pre = { .ctx = ctx, .path = path, .type = SWAPTYPE_NONE };
	struct drain_shares shares = { .known = true };
	struct swapmap map = { 0 };
	int r = preread_begin(&pre, &map, false);

	if (r)
		return r;
	r = add_shares(&shares, &pre, &map, used_bytes);
	swapmap_free(&map);
	if (!r)
		r = set_cgroups(ctx, &shares);
	if (r)
		drain_shares_free(&shares);
	else
		*out = shares;
	return r;
}

int drain_predict(struct swapadm_op *op, struct drain_shares *out)
{
	struct drain_shares shares = { .known = true };
	struct prediction pn = { .op = op, .shares = &shares, .all_preread = true };
	int r = 0;

	op->plan.strategy = SWAPADM_STRATEGY_SWAPOFF;
	drain_of(op)->seen = calloc(op->plan.n_devices, sizeof(*drain_of(op)->seen));
	if (!drain_of(op)->seen)
		return -ENOMEM;
	for (size_t i = 0; !r && i < op->plan.n_devices; i++)
		if (op->devices[i]->usage.used_bytes)
			r = predict_device(&pn, op->devices[i], &drain_of(op)->seen[i]);
	if (!r)
		r = set_largest(&pn);
	if (!r)
		r = set_cgroups(op->ctx, &shares);
	if (r) {
		drain_shares_free(&shares);
		return r;
	}
	if (pn.any_preread)
		op->plan.strategy = drain_of(op)->fits_ram ? SWAPADM_STRATEGY_PREREAD
							   : SWAPADM_STRATEGY_WINDOW;
	op->plan.predicted_ns = pn.ns;
	op->plan.rate_unkept = op->req.rate_bytes_per_s &&
			       !(pn.all_preread && drain_of(op)->fits_ram);
	*out = shares;
	return 0;
}
