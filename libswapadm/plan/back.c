/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From the redirect layer to the direct one, while swap is in use.
 *
 * As many leaves as the pages can do without become areas first, the slowest ones before
 * the faster: drained to the other leaves, taken off the tswap device, swapon. Then comes
 * swapoff of the tswap area, with memory and those areas to take what is left; then the
 * other leaves. A run that is killed in between is completed by the next apply: what has
 * become an area is kept, the rest goes on from there.
 */
#include "device/activate.h"
#include "kernel/pagesize.h"
#include "kernel/stats.h"
#include "layer/direct/drain.h"
#include "layer/redirect/leaf.h"
#include "plan/planner.h"

int plan_back_leaf(struct planner *planner, struct plan_unit *unit,
		   const struct active *active)
{
	unit->kind = UNIT_BACK;
	unit->leaf.id = active->leaf->id;
	unit->leaf.uncordon = active->leaf->state == TSWAP_LEAF_ACTIVE;
	unit->size_bytes = active->dev->pub.usage.size_bytes;
	return 0; /* its steps come when all are known */
}

/* ---- which leaves go first ------------------------------------------------------- */

struct back {
	struct planner *planner;
	uint64_t room_bytes, used_bytes; /* of the leaves that are left */
	struct drain_elsewhere areas;    /* the new ones */
	uint64_t slow_ns;                /* a group at its limit adds to swapoff(2) */
};

static bool has_steps(const struct swapadm_plan *plan, const struct plan_unit *unit)
{
	for (size_t i = 0; i < plan->n_steps; i++)
		if (plan->steps[i].unit == unit &&
		    plan->steps[i].pub.action == SWAPADM_ACTION_ACTIVATE)
			return true;
	return false;
}

/* the slowest leaf without steps, of those that the others can do without or not */
static struct plan_unit *next_unit(const struct back *back, bool early)
{
	const struct swapadm_plan *plan = back->planner->plan;
	struct plan_unit *best = NULL;

	for (size_t i = 0; i < plan->n_units; i++) {
		struct plan_unit *unit = plan->units[i];
		uint64_t left = back->room_bytes > unit->size_bytes
					? back->room_bytes - unit->size_bytes
					: 0;

		if (unit->kind != UNIT_BACK || has_steps(plan, unit))
			continue;
		if (early && back->used_bytes + left / TSWAP_RESERVE >= left)
			continue;
		if (!best || unit->rank > best->rank)
			best = unit;
	}
	return best;
}

static int plan_early(struct back *back, struct plan_unit *unit)
{
	struct swapadm_plan *plan = back->planner->plan;
	int r;

	back->room_bytes -= unit->size_bytes;
	back->areas.bytes += unit->size_bytes;
	back->areas.is_memory &= zram_number(unit->path) >= 0;
	r = plan_add_step(plan, unit, SWAPADM_ACTION_DRAIN, NULL, 0,
			  "is a leaf: its pages go to the others");
	return r ? r
		 : plan_add_step(plan, unit, SWAPADM_ACTION_ACTIVATE, NULL, 0,
				 "swapon, as an area of its own");
}

static int plan_late(struct back *back, struct plan_unit *unit)
{
	unit->leaf.id = 0; /* it goes with the tswap device */
	return plan_add_step(back->planner->plan, unit, SWAPADM_ACTION_ACTIVATE, NULL, 0,
			     "swapon, as an area of its own");
}

static int plan_leaves(struct back *back, bool early)
{
	struct plan_unit *unit;
	int r = 0;

	while (!r && (unit = next_unit(back, early)))
		r = early ? plan_early(back, unit) : plan_late(back, unit);
	return r;
}

/* ---- the tswap area -------------------------------------------------------------- */

static int check_memory(const struct back *back, uint64_t area_used_bytes)
{
	struct planner *planner = back->planner;
	struct swapadm_mem_stats mem;
	uint64_t room = back->areas.bytes;
	char lacks[32];
	int r = swapadm_mem_get_stats(planner->ctx, &mem);

	if (r)
		return r;
	room += mem.available_bytes;
	if (area_used_bytes <= room)
		return 0;
	return ctx_fail(
		planner->ctx, -SWAPADM_ENOROOM,
		"%s: apply: back to the direct layer: memory and the areas that the leaves can become meanwhile are %s short of what is in use; "
		"add a device, or free memory first",
		planner->tswap_path,
		words_size(area_used_bytes - room, lacks, sizeof(lacks)));
}

/* what comes in is charged to its group, and when that is full, pushed out again */
static int check_cgroups(struct back *back, const struct area *area)
{
	struct planner *planner = back->planner;
	struct drain_limits limits = { 0 };
	char lacks[32];
	int r = drain_limits_of_area(planner->ctx, area, back->areas, &limits);

	if (!r && limits.short_bytes)
		r = ctx_fail(
			planner->ctx, -SWAPADM_ENOROOM,
			"%s: apply: back to the direct layer: cgroup %s would go past its memory limit by %s, and its OOM killer act; raise the limit, stop a process in it, or add a device",
			planner->tswap_path, limits.short_path,
			words_size(limits.short_bytes, lacks, sizeof(lacks)));
	back->slow_ns = drain_pushed_ns(limits.pushed_bytes);
	drain_limits_free(&limits);
	return r;
}

static int check_fit(struct back *back, const struct area *area)
{
	int r;

	if (back->planner->plan->flags & SWAPADM_PLAN_FORCE)
		return 0;
	r = check_memory(back, area->used_bytes);
	return r ? r : check_cgroups(back, area);
}

static int plan_swapoff(struct back *back, struct plan_unit *unit,
			const struct area *area)
{
	char slow[64] = "";

	if (back->slow_ns)
		snprintf(slow, sizeof(slow),
			 "; slow, a cgroup is at its memory limit: about %ju s",
			 (uintmax_t)(back->slow_ns / 1000000000 + 1));
	return plan_add_step(back->planner->plan, unit, SWAPADM_ACTION_DRAIN, NULL,
			     area->used_bytes,
			     "swapoff: its pages go to memory and the areas%s", slow);
}

static int plan_down(struct back *back)
{
	struct planner *planner = back->planner;
	const struct area *area = areas_find(&planner->check.areas, planner->tswap_path);
	struct plan_unit *unit;
	int r = area ? check_fit(back, area) : 0;

	if (!r)
		r = plan_new_unit(planner->plan, UNIT_DOWN, NULL, &unit);
	if (r)
		return r;
	unit->path = strdup(planner->tswap_path);
	if (!unit->path)
		return ctx_fail(planner->ctx, -ENOMEM, "plan: out of memory");
	if (area)
		r = plan_swapoff(back, unit, area);
	return r ? r
		 : plan_add_step(planner->plan, unit, SWAPADM_ACTION_DETACH, NULL, 0,
				 "deletes the tswap device");
}

/* a leaf that no file names would lose its place silently */
static int check_all_named(const struct planner *planner)
{
	for (size_t i = 0; i < planner->load.n_active; i++) {
		const struct active *active = &planner->load.active[i];

		if (active->leaf && !active->claimed &&
		    !(planner->plan->flags & SWAPADM_PLAN_PRUNE))
			return ctx_fail(
				planner->ctx, -EBUSY,
				"%s: apply: back to the direct layer: it is a leaf, and no file names it; name it in a tier, or remove it first",
				active->dev->pub.path);
	}
	return 0;
}

/* what would not be taken as an area is not taken off the device */
static int check_all_fit(struct planner *planner)
{
	static const char action[] = ": add: ";

	for (size_t i = 0; i < planner->load.n_active; i++) {
		const struct active *active = &planner->load.active[i];
		const char *path = active->dev->pub.path, *cause;
		int r = active->leaf && active->claimed ? plan_fitness(planner, path) : 0;

		if (!r)
			continue;
		cause = strstr(planner->ctx->error, action);
		return ctx_fail(
			planner->ctx, r,
			"%s: apply: back to the direct layer: %s; or `swapctl remove %s` first",
			path, cause ? cause + strlen(action) : strerror(-r), path);
	}
	return 0;
}

int plan_back_end(struct planner *planner)
{
	uint64_t page_bytes = ctx_page_bytes(planner->ctx);
	struct back back = {
		.planner = planner,
		.room_bytes = planner->redirect.device.room * page_bytes,
		.used_bytes = planner->redirect.device.used * page_bytes,
		.areas.is_memory = true,
	};
	int r;

	if (!planner->plan->tswap.exists)
		return 0;
	r = check_all_named(planner);
	if (!r)
		r = check_all_fit(planner);
	if (!r)
		r = plan_leaves(&back, true);
	if (!r)
		r = plan_down(&back);
	if (!r)
		r = plan_leaves(&back, false);
	return r;
}
