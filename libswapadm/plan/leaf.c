/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Plans of the redirect layer.
 *
 * They are the direct layer's plans with another last step: a device that passed the same
 * checks becomes a leaf of the tswap device instead of an area. Around that come the tswap
 * device itself, made at its final size, and its area, active as soon as the first leaf is
 * there. While devices are still missing the device is overcommitted; that flag goes when
 * the leaves cover its slots.
 */
#include "layer/redirect/redirect.h"

#include "plan/planner.h"

#define AREA_RANK 0

/* ---- what is there ------------------------------------------------------------------- */

const struct tswap_leaf_msg *planner_leaf(const struct planner *planner, size_t index)
{
	size_t n_areas = planner->check.areas.n - planner->redirect.n_leaves;

	return index < n_areas ? NULL : &planner->redirect.leaves[index - n_areas];
}

/* the leaves behind the areas: a device that is one is in use, and has its tier */
static int append_leaves(struct planner *planner)
{
	struct area_list *list = &planner->check.areas;
	size_t n = list->n + planner->redirect.n_leaves;
	struct area *items = reallocarray(list->items, n + 1, sizeof(*items));
	bool *claimed;

	if (!items)
		return -ENOMEM;
	list->items = items;
	for (size_t i = 0; i < planner->redirect.n_leaves; i++) {
		int r = redirect_leaf_as_area(&planner->redirect.leaves[i],
					      &items[list->n]);

		if (r)
			return r;
		list->n++;
	}
	claimed = reallocarray(planner->claimed, n + 1, sizeof(*claimed));
	if (!claimed)
		return -ENOMEM;
	memset(claimed, 0, (n + 1) * sizeof(*claimed));
	planner->claimed = claimed;
	return 0;
}

int redirect_plan_read(struct planner *planner)
{
	_cleanup_(tswap_client_closep) struct tswap_client *client = NULL;
	struct plan_tswap *tswap = &planner->plan->tswap;
	int r = tswap_client_open(planner->ctx, &client);

	if (!r)
		r = redirect_read(client, &planner->redirect);
	if (r == -ENODEV)
		return 0;
	if (!r)
		r = redirect_read_tiers(client, &planner->redirect);
	if (r)
		return r;
	tswap->exists = true;
	tswap->id = planner->redirect.device.id;
	tswap->slots = planner->redirect.device.slots;
	snprintf(planner->tswap_path, sizeof(planner->tswap_path), "/dev/%s",
		 planner->redirect.device.name);
	r = append_leaves(planner);
	return r ? ctx_fail(planner->ctx, r, "plan: out of memory") : 0;
}

static int read_module(struct planner *planner)
{
	planner->plan->tswap.wanted = true;
	if (!tswap_loaded(planner->ctx))
		return tswap_find_module(planner->ctx);
	return redirect_plan_read(planner);
}

/* ---- the tswap device and its area ----------------------------------------------------- */

static struct plan_unit *find_unit(const struct swapadm_plan *plan, enum unit_kind kind)
{
	for (size_t i = 0; i < plan->n_units; i++)
		if (plan->units[i]->kind == kind)
			return plan->units[i];
	return NULL;
}

static int set_tswap_path(struct planner *planner, struct plan_unit *unit)
{
	char path[32];

	snprintf(path, sizeof(path), "/dev/tswap%u", planner->plan->tswap.id);
	unit->path = strdup(path);
	return unit->path ? 0 : ctx_fail(planner->ctx, -ENOMEM, "plan: out of memory");
}

/* comes first; its size is known when all devices have been planned */
static int plan_create(struct planner *planner)
{
	struct plan_unit *unit;
	int r;

	if (planner->plan->tswap.exists)
		return 0;
	r = plan_new_unit(planner->plan, UNIT_TSWAP, NULL, &unit);
	if (!r)
		r = set_tswap_path(planner, unit);
	if (r)
		return r;
	return plan_add_step(planner->plan, unit, SWAPADM_ACTION_CREATE_TSWAP, NULL, 0,
			     "makes the tswap device%s",
			     tswap_loaded(planner->ctx) ? ""
							: ", after loading its module");
}

static bool area_is_active(const struct planner *planner)
{
	return planner->plan->tswap.exists &&
	       areas_find(&planner->check.areas, planner->tswap_path) != NULL;
}

int redirect_plan_area(struct planner *planner)
{
	struct plan_unit *unit;
	int r;

	if (area_is_active(planner) || find_unit(planner->plan, UNIT_AREA))
		return 0;
	r = plan_new_unit(planner->plan, UNIT_AREA, NULL, &unit);
	if (!r)
		r = set_tswap_path(planner, unit);
	if (r)
		return r;
	unit->prio = swapadm_rank_to_prio(AREA_RANK);
	r = plan_add_step(planner->plan, unit, SWAPADM_ACTION_FORMAT, NULL, 0,
			  "mkswap on the tswap device");
	if (r)
		return r;
	return plan_add_step(planner->plan, unit, SWAPADM_ACTION_ACTIVATE, NULL, 0,
			     "swapon");
}

static uint64_t pages_of(uint64_t bytes)
{
	return bytes / (uint64_t)sysconf(_SC_PAGESIZE);
}

/* what the leaves will hold: a header page of each holds nothing */
static uint64_t planned_pages(const struct planner *planner)
{
	const struct swapadm_plan *plan = planner->plan;
	uint64_t pages = 0;

	for (size_t i = 0; i < planner->redirect.n_leaves; i++)
		pages += planner->redirect.leaves[i].pages;
	for (size_t i = 0; i < plan->n_units; i++) {
		const struct plan_unit *unit = plan->units[i];
		uint64_t bytes = unit->target ? unit->target->size_bytes
					      : unit->size_bytes;

		if (unit->kind == UNIT_ZRAM || unit->kind == UNIT_DEVICE)
			pages += pages_of(bytes) - 1;
		else if (unit->kind == UNIT_CONVERT)
			pages += pages_of(bytes);
	}
	return pages;
}

static int wanted_pages(struct planner *planner, uint64_t covered, uint64_t *pages)
{
	struct swapadm_size size = { 0 };
	struct swapadm_mem_stats mem;
	uint64_t bytes;
	int r;

	if (planner->conf)
		size = swapadm_conf_size(planner->conf);
	*pages = covered;
	if (size.unit == SWAPADM_SIZE_NONE)
		return 0;
	bytes = size.value;
	if (size.unit == SWAPADM_SIZE_PCT_RAM) {
		r = swapadm_mem_get_stats(planner->ctx, &mem);
		if (r)
			return r;
		bytes = mem.total_bytes / 100 * size.value;
	}
	*pages = pages_of(bytes);
	return 0;
}

/* now that all devices are known: the size, and what it means */
static int plan_cover(struct planner *planner)
{
	struct swapadm_plan *plan = planner->plan;
	struct plan_unit *create = find_unit(plan, UNIT_TSWAP), *unit;
	uint64_t covered = planned_pages(planner), page = (uint64_t)sysconf(_SC_PAGESIZE);
	char lacks[32];
	int r;

	if (create) {
		r = wanted_pages(planner, covered, &plan->tswap.slots);
		if (r)
			return r;
		if (plan->tswap.slots < 10)
			return ctx_fail(planner->ctx, -ERANGE,
					"tswap: size: no device of the plan has room; "
					"name one that "
					"can be a leaf");
		for (size_t i = 0; i < plan->n_steps; i++)
			if (plan->steps[i].unit == create)
				plan->steps[i].pub.bytes = plan->tswap.slots * page;
	}
	r = plan_new_unit(plan, UNIT_TSWAP, NULL, &unit);
	if (!r)
		r = set_tswap_path(planner, unit);
	if (r)
		return r;
	if (plan->tswap.slots > covered)
		return plan_add_step(
			plan, unit, SWAPADM_ACTION_WARN, NULL, 0,
			"has %s more slots than its leaves hold; writes beyond that stay "
			"in memory; add devices",
			size_print((plan->tswap.slots - covered) * page, lacks,
				   sizeof(lacks)));
	if (planner->redirect.device.overcommit || create)
		return plan_add_step(
			plan, unit, SWAPADM_ACTION_SET, NULL, 0,
			"its leaves cover all slots: no overcommit any more");
	plan_cut(plan, plan->n_units - 1);
	return 0;
}

/* ---- devices that are in use --------------------------------------------------------- */

/* what keeps a leaf from taking pages; NULL nothing does */
static const char *state_note(const struct tswap_leaf_msg *leaf)
{
	switch (leaf->state) {
	case TSWAP_LEAF_CORDONED:
		return "is a leaf, cordoned; uncordon it when it is to take pages";
	case TSWAP_LEAF_DRAINING:
		return "is a leaf, being drained; see `swapctl jobs`";
	case TSWAP_LEAF_FAILED:
		return "is a leaf that failed; remove it and look at the device";
	default:
		return NULL;
	}
}

/* one more change to a leaf that stays one; they are made together */
static int plan_leaf_set(struct planner *planner, struct plan_unit *unit,
			 const char *note)
{
	unit->kind = UNIT_LEAF;
	return plan_add_step(planner->plan, unit, SWAPADM_ACTION_SET, NULL, 0, "%s",
			     note);
}

static int plan_leaf_changes(struct planner *planner, struct plan_unit *unit,
			     const struct tswap_leaf_msg *leaf)
{
	bool discard = unit->spec->discard != SWAPADM_DISCARD_NONE;
	char note[128];
	int r = 0;

	if (!streq(leaf->tier, unit->tier)) {
		snprintf(note, sizeof(note), "moves from tier %s to %s, while in use",
			 leaf->tier, unit->tier);
		r = plan_leaf_set(planner, unit, note);
	}
	if (!r && discard != !!(leaf->flags & TSWAP_LEAF_F_DISCARD)) {
		unit->flags = leaf->flags ^ TSWAP_LEAF_F_DISCARD;
		unit->set_flags = true;
		r = plan_leaf_set(planner, unit, discard ? "discard" : "no discard");
	}
	/* a drain, perhaps of a run that was killed, is over; a cordon is somebody's wish */
	if (!r && leaf->state == TSWAP_LEAF_DRAINED) {
		unit->uncordon = true;
		r = plan_leaf_set(planner, unit, "was drained, takes pages again");
	}
	return r;
}

int redirect_plan_leaf(struct planner *planner, struct plan_unit *unit, size_t index)
{
	const struct tswap_leaf_msg *leaf = planner_leaf(planner, index);
	const struct area *area = &planner->check.areas.items[index];
	const char *note = state_note(leaf);
	int r;

	unit->leaf_id = leaf->id;
	r = plan_leaf_changes(planner, unit, leaf);
	if (r || (unit->kind == UNIT_LEAF && !note))
		return r;
	return plan_add_step(planner->plan, unit,
			     note ? SWAPADM_ACTION_WARN : SWAPADM_ACTION_KEEP, NULL,
			     area->used_bytes, "%s", note ? note : "is a leaf");
}

int redirect_plan_convert(struct planner *planner, struct plan_unit *unit, size_t index)
{
	const struct area *area = &planner->check.areas.items[index];
	int r;

	if (area->is_file)
		return ctx_fail(planner->ctx, -ENOTBLK,
				"%s: add: a swap file can't be a leaf; remove it, and "
				"use a block "
				"device",
				area->path);
	r = plan_fits(planner->ctx, NULL, area->path, planner->plan->flags);
	if (r)
		return r;
	unit->kind = UNIT_CONVERT;
	unit->old_prio = area->prio;
	unit->size_bytes = area->size_bytes;
	r = plan_add_step(
		planner->plan, unit, SWAPADM_ACTION_DRAIN, NULL, area->used_bytes,
		"is an area of its own: its pages go to memory and the other areas");
	if (!r)
		r = plan_add_step(planner->plan, unit, SWAPADM_ACTION_ACTIVATE, NULL, 0,
				  "leaf of the tswap device");
	return r ? r : redirect_plan_area(planner);
}

/* ---- the layer's entries ------------------------------------------------------------------ */

int redirect_plan_add(struct swapadm_ctx *ctx, struct swapadm_conf *conf,
		      const char *tier, int rank,
		      const struct swapadm_devspec *const *specs, size_t n,
		      unsigned flags, struct swapadm_plan **out)
{
	_cleanup_(planner_end) struct planner planner;
	char holder[64];
	int r;

	snprintf(holder, sizeof(holder), "add %.31s", tier);
	r = planner_begin(ctx, conf, flags, holder, &planner);
	if (!r)
		r = read_module(&planner);
	if (!r)
		r = plan_create(&planner);
	if (!r)
		r = plan_specs(&planner, tier, rank, specs, n);
	if (!r)
		r = plan_cover(&planner);
	if (r)
		return r;
	*out = steal_ptr(&planner.plan);
	return 0;
}

int redirect_plan_apply(struct swapadm_ctx *ctx, struct swapadm_conf *conf,
			unsigned flags, struct swapadm_plan **out)
{
	_cleanup_(planner_end) struct planner planner;
	int r;

	plan_await_orphans(ctx);
	r = planner_begin(ctx, conf, flags & ~SWAPADM_PLAN_FORMAT, "apply", &planner);
	if (!r)
		r = read_module(&planner);
	if (!r)
		r = plan_create(&planner);
	if (!r)
		r = redirect_plan_ranks(&planner);
	if (!r)
		r = plan_configuration(&planner);
	if (!r && planner.redirect.n_leaves)
		r = redirect_plan_area(
			&planner); /* an interrupted run may have left it out */
	if (!r)
		r = redirect_plan_policies(&planner);
	if (!r)
		r = plan_cover(&planner);
	if (r)
		return r;
	planner.plan->go_on = true;
	*out = steal_ptr(&planner.plan);
	return 0;
}
