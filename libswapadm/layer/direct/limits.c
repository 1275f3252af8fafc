/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What memory cgroups let in, now.
 *
 * A page that comes in is charged to the group that it belongs to. A group at its limit
 * pushes others of its pages out for that, to the areas that stay; only when it can't is
 * its OOM killer called. The kernel asks whether any area has free slots, and takes the
 * whole area that is drained off that sum at once (mm/swapfile.c swapoff()), while pages
 * that are in the swap cache keep their slots there. So what is free elsewhere has to be
 * more than all that the area still holds, however little of it belongs to the group:
 * with less the OOM killer acted (6.18). With as much it may act on a slow disk all the
 * same: kernel/guard.h.
 */
#include "kernel/area.h"
#include "kernel/guard.h"
#include "kernel/memcg.h"
#include "kernel/stats.h"
#include "layer/direct/drain.h"

#define MARGIN_MIN_BYTES (UINT64_C(16) << 20)
#define MARGIN_MAX_BYTES (UINT64_C(256) << 20)

struct tight_group {
	char *path;
	uint64_t lacks_bytes;
};

struct limits_walk {
	const struct drain_limits_req *req;
	struct tight_group *tight;
	size_t n_tight;
	char **blocked; /* can't push anything out */
	size_t n_blocked;
	struct guard_groups guards;
	bool guarded; /* by a child in @host, or no guard is needed */
	char *host;
	uint64_t stock_bytes;
};

/*
 * At most how much of the group's pages is on the areas? Three bounds, each of them safe:
 * all that the areas hold, all that the group has in swap, and what its processes have
 * there with all that no process shows. Later on pages that were read ahead are in memory
 * already, and charged.
 */
static uint64_t group_need(const struct limits_walk *w, const struct memcg *cg)
{
	const struct drain_shares *shares = w->req->shares;
	uint64_t need = w->req->used_bytes, seen = shares->unseen_bytes;

	if (cg->known & MEMCG_SWAP)
		need = u64_min(need, cg->swap_in_cache ? u64_minus(cg->swap_bytes,
								   cg->swap_cached_bytes)
						       : cg->swap_bytes);
	if (!shares->known)
		return need;
	for (size_t i = 0; i < shares->n; i++)
		if (!shares->items[i].cgroup ||
		    path_is_in(shares->items[i].cgroup, cg->path))
			seen += shares->items[i].bytes;
	if (w->req->under_way)
		seen = u64_minus(seen, cg->swap_cached_bytes);
	return u64_min(need, seen);
}

static int note_blocked(struct limits_walk *w, const char *path)
{
	char *copy = strdup(path);

	if (!copy || !array_grow(&w->blocked, w->n_blocked)) {
		free(copy);
		return -ENOMEM;
	}
	w->blocked[w->n_blocked++] = copy;
	return 0;
}

static int look_at_group(void *data, const struct memcg *cg, unsigned depth)
{
	struct limits_walk *w = data;
	uint64_t need = group_need(w, cg);
	uint64_t lacks = memcg_short_bytes(cg, need, w->stock_bytes);
	struct memcg hard = *cg;
	int r = need && !memcg_pushes_out(cg, need) ? note_blocked(w, cg->path) : 0;

	hard.limit_bytes = cg->max_bytes;
	if (!r)
		r = guard_note(&w->guards, cg,
			       memcg_short_bytes(&hard, need, w->stock_bytes) > 0);
	if (r || !lacks)
		return r;
	if (!array_grow(&w->tight, w->n_tight))
		return -ENOMEM;
	w->tight[w->n_tight] = (struct tight_group){ strdup(cg->path), lacks };
	return w->tight[w->n_tight++].path ? 0 : -ENOMEM;
}

/*
 * a group that can't push out stops those above it, which reclaim from it, and those
 * below
 */
static bool is_blocked(const struct limits_walk *w, const char *path)
{
	for (size_t i = 0; i < w->n_blocked; i++)
		if (path_is_in(path, w->blocked[i]) || path_is_in(w->blocked[i], path))
			return true;
	return false;
}

/* by how much the group would go past its limit with nothing left to push out to */
static uint64_t really_short(const struct limits_walk *w, const struct tight_group *g)
{
	uint64_t wanted = w->req->used_bytes + memcg_margin_bytes(w->req->used_bytes);

	if (!w->req->elsewhere_bytes || !w->guarded || is_blocked(w, g->path))
		return g->lacks_bytes;
	return u64_min(g->lacks_bytes, u64_minus(wanted, w->req->elsewhere_bytes));
}

static int set_path(char **path, const char *value)
{
	free(*path);
	*path = strdup(value);
	return *path ? 0 : -ENOMEM;
}

static int judge(const struct limits_walk *w, struct drain_limits *out)
{
	int r = 0;

	for (size_t i = 0; !r && i < w->n_tight; i++) {
		const struct tight_group *g = &w->tight[i];
		uint64_t lacks = really_short(w, g);

		if (lacks > out->short_bytes) {
			out->short_bytes = lacks;
			r = set_path(&out->short_path, g->path);
		} else if (!lacks && g->lacks_bytes > out->pushed_bytes) {
			out->pushed_bytes = g->lacks_bytes;
			r = set_path(&out->tight_path, g->path);
		}
	}
	return r;
}

/*
 * With v2 the child must be able to be the victim, unless what goes out is written at
 * once, to memory. With v1 reclaim waits for the disk.
 */
static int look_for_host(struct swapadm_ctx *ctx, const struct memcg_mount *mount,
			 struct limits_walk *w)
{
	bool any = false;
	int r = guard_host(ctx, mount, &w->guards, w->req->host, &w->host);

	for (size_t i = 0; i < w->guards.n; i++)
		any |= w->guards.items[i].at_limit;
	w->guarded = !any || w->host || mount->version == 1 ||
		     w->req->elsewhere_is_memory;
	return r;
}

void drain_limits_free(struct drain_limits *limits)
{
	free(limits->short_path);
	free(limits->tight_path);
	free(limits->host_path);
	*limits = (struct drain_limits){ 0 };
}

int drain_limits_look(struct swapadm_ctx *ctx, const struct drain_limits_req *req,
		      struct drain_limits *out)
{
	struct limits_walk w = { .req = req, .stock_bytes = memcg_stock_bytes(ctx) };
	struct drain_limits limits = { 0 };
	struct memcg_mount mount;
	int r = memcg_mount_find(ctx, &mount);

	if (r == -ENOENT || (!r && !mount.version)) { /* a capture, or no controller */
		*out = limits;
		return 0;
	}
	if (r)
		return ctx_fail(ctx, r, "cgroups: look for their mount: %s",
				strerror(-r));
	r = memcg_walk(ctx, &mount, true, look_at_group, &w);
	if (!r)
		r = look_for_host(ctx, &mount, &w);
	if (!r)
		r = judge(&w, &limits);
	limits.host_path = w.host;
	guard_free(&w.guards);
	for (size_t i = 0; i < w.n_tight; i++)
		free(w.tight[i].path);
	for (size_t i = 0; i < w.n_blocked; i++)
		free(w.blocked[i]);
	free(w.tight);
	free(w.blocked);
	if (r)
		drain_limits_free(&limits);
	else
		*out = limits;
	return r;
}

static bool is_drained_too(const struct swapadm_op *op, const char *path)
{
	for (size_t i = 0; i < op->plan.n_devices; i++)
		if (streq_null(op->devices[i]->path, path))
			return true;
	return false;
}

/* those that stay: neither in @op nor drained by another job, which take no pages */
static void add_areas(struct swapadm_ctx *ctx, const struct area_list *areas,
		      const struct swapadm_op *op, const char *gone,
		      struct drain_elsewhere *sum)
{
	_cleanup_(jobrec_list_free) struct jobrec_list jobs = { 0 };

	if (jobs_read_unfinished(ctx, &jobs))
		log_debug(ctx, JOBS_DIR ": read: %s", swapadm_get_error(ctx));
	for (size_t i = 0; i < areas->n; i++) {
		const struct area *area = &areas->items[i];

		if ((op && is_drained_too(op, area->path)) ||
		    streq_null(gone, area->path) ||
		    jobs_drain_area(ctx, &jobs, area->path))
			continue;
		sum->bytes += u64_minus(area->size_bytes, area->used_bytes);
		sum->is_memory &= zram_number(area->path) >= 0;
	}
}

/* with swappiness 0 the reclaim of a group takes page cache only */
static bool reclaim_swaps(struct swapadm_ctx *ctx)
{
	struct swapadm_vm_params vm;

	return swapadm_vm_params_get(ctx, &vm) || !(vm.known & SWAPADM_VM_SWAPPINESS) ||
	       vm.swappiness;
}

uint64_t drain_elsewhere_bytes(const struct swapadm_op *op, bool *is_memory)
{
	struct drain_elsewhere sum = { .is_memory = true };
	struct area_list areas = { 0 };

	*is_memory = true;
	if (streq_null(op->req.to, "memory") || areas_load(op->ctx, &areas))
		return 0;
	add_areas(op->ctx, &areas, op, NULL, &sum);
	areas_free(&areas);
	*is_memory = sum.is_memory;
	return reclaim_swaps(op->ctx) ? sum.bytes : 0;
}

int drain_limits_of_area(struct swapadm_ctx *ctx, const struct area *gone,
			 struct drain_elsewhere sum, struct drain_limits *out)
{
	struct drain_limits_req req = { .used_bytes = gone->used_bytes };
	struct drain_shares shares = { 0 };
	struct area_list areas = { 0 };
	int r = areas_load(ctx, &areas);

	if (r)
		return r;
	add_areas(ctx, &areas, NULL, gone->path, &sum);
	areas_free(&areas);
	if (reclaim_swaps(ctx))
		req.elsewhere_bytes = sum.bytes;
	req.elsewhere_is_memory = sum.is_memory;
	r = drain_shares_load(ctx, gone->path, gone->used_bytes, &shares);
	if (r)
		return r;
	req.shares = &shares;
	r = drain_limits_look(ctx, &req, out);
	drain_shares_free(&shares);
	return r;
}

/* ---- what the OOM killer did ----------------------------------------------------- */

static int note_kills(void *data, const struct memcg *cg, unsigned depth)
{
	struct drain_kills *kills = data;

	if (!(cg->known & MEMCG_KILLS))
		return 0;
	if (!array_grow(&kills->items, kills->n))
		return -ENOMEM;
	kills->items[kills->n] =
		(struct drain_kill){ strdup(cg->path), depth, cg->oom_kills };
	return kills->items[kills->n++].path ? 0 : -ENOMEM;
}

void drain_kills_begin(struct swapadm_ctx *ctx, struct drain_kills *kills)
{
	struct memcg_mount mount;

	*kills = (struct drain_kills){ 0 };
	if (!memcg_mount_find(ctx, &mount) && mount.version)
		memcg_walk(ctx, &mount, true, note_kills, kills);
}

/* of the groups that were there, with something in swap: others are not its doing */
static void compare_kills(struct swapadm_ctx *ctx, struct drain_kills *kills)
{
	struct memcg_mount mount;
	unsigned deepest = 0; /* v2 counts in those above, too */
	struct memcg cg;

	if (!kills->n || memcg_mount_find(ctx, &mount) || !mount.version)
		return;
	for (size_t i = 0; i < kills->n; i++) {
		const struct drain_kill *before = &kills->items[i];

		if (memcg_read(ctx, &mount, before->path, &cg) ||
		    !(cg.known & MEMCG_KILLS) || cg.oom_kills <= before->count ||
		    before->depth < deepest)
			continue;
		deepest = before->depth;
		kills->n_new = cg.oom_kills - before->count;
		snprintf(kills->group, sizeof(kills->group), "%s", cg.path);
	}
}

bool drain_kills_end(struct swapadm_ctx *ctx, struct drain_kills *kills)
{
	compare_kills(ctx, kills);
	for (size_t i = 0; i < kills->n; i++)
		free(kills->items[i].path);
	free(kills->items);
	kills->items = NULL;
	kills->n = 0;
	return kills->n_new > 0;
}

/* memory that a drain must leave alone */
uint64_t drain_ram_margin(uint64_t total_bytes)
{
	uint64_t margin = total_bytes / 50;

	if (margin < MARGIN_MIN_BYTES)
		return MARGIN_MIN_BYTES;
	return margin > MARGIN_MAX_BYTES ? MARGIN_MAX_BYTES : margin;
}
