/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tswap device and its area in a plan. */
#include "plan/planner.h"

#include "kernel/pagesize.h"

#define AREA_RANK 0

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
int plan_tswap_create(struct planner *planner)
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

int plan_tswap_area(struct planner *planner)
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

static uint64_t pages_of(const struct planner *planner, uint64_t bytes)
{
	return bytes / ctx_page_bytes(planner->ctx);
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
			pages += pages_of(planner, bytes) - 1;
		else if (unit->kind == UNIT_CONVERT)
			pages += pages_of(planner, bytes);
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
	*pages = pages_of(planner, bytes);
	return 0;
}

/*
 * The module keeps a word of 8 bytes for each slot, allocated when the device is made,
 * and the swap core at least one byte more (swap_map). It can't be swapped itself.
 */
#define MAP_SLOT_BYTES 9

static int check_map_fits(struct planner *planner)
{
	uint64_t slots = planner->plan->tswap.slots, page = ctx_page_bytes(planner->ctx);
	uint64_t need = slots * MAP_SLOT_BYTES;
	char size[32], map[32], has[32];
	struct swapadm_mem_stats mem;
	int r = swapadm_mem_get_stats(planner->ctx, &mem);

	if (r || need <= mem.available_bytes)
		return r;
	return ctx_fail(
		planner->ctx, -SWAPADM_ENOROOM,
		"tswap: size: the map of %s takes %s of memory (%d B a page), and %s are available; give a smaller size in [swapadm], or use the direct layer",
		words_size(slots * page, size, sizeof(size)),
		words_size(need, map, sizeof(map)), MAP_SLOT_BYTES,
		words_size(mem.available_bytes, has, sizeof(has)));
}

/*
 * The size of a device that is made. @go_on: a size that is too large for the memory is
 * no reason to go without swap, it becomes what the devices hold.
 */
static int plan_slots(struct planner *planner, struct plan_unit *create, uint64_t covered,
		      bool go_on)
{
	struct swapadm_plan *plan = planner->plan;
	int r = wanted_pages(planner, covered, &plan->tswap.slots);

	if (r)
		return r;
	if (plan->tswap.slots >= 10)
		r = check_map_fits(planner);
	if (r == -SWAPADM_ENOROOM && go_on && plan->tswap.slots > covered) {
		r = plan_refused(planner, plan->n_units, NULL, "tswap", r);
		plan->tswap.slots = covered;
		if (!r && covered >= 10)
			r = check_map_fits(planner);
	}
	if (r)
		return r;
	if (plan->tswap.slots < 10)
		return ctx_fail(
			planner->ctx, -ERANGE,
			"tswap: size: no device of the plan has room; name one that can be a leaf");
	for (size_t i = 0; i < plan->n_steps; i++)
		if (plan->steps[i].unit == create)
			plan->steps[i].pub.bytes =
				plan->tswap.slots * ctx_page_bytes(planner->ctx);
	return 0;
}

/* now that all devices are known: the size, and what it means */
int plan_tswap_cover(struct planner *planner, bool go_on)
{
	struct swapadm_plan *plan = planner->plan;
	struct plan_unit *create = find_unit(plan, UNIT_TSWAP), *unit;
	uint64_t covered = planned_pages(planner), page = ctx_page_bytes(planner->ctx);
	char lacks[32];
	int r = create ? plan_slots(planner, create, covered, go_on) : 0;

	if (r)
		return r;
	r = plan_new_unit(plan, UNIT_TSWAP, NULL, &unit);
	if (!r)
		r = set_tswap_path(planner, unit);
	if (r)
		return r;
	if (plan->tswap.slots > covered)
		return plan_add_step(
			plan, unit, SWAPADM_ACTION_WARN, NULL, 0,
			"is %s larger than its devices; pages beyond that stay in memory; add devices",
			words_size((plan->tswap.slots - covered) * page, lacks,
				   sizeof(lacks)));
	/* an area that comes before the last leaf needs it meanwhile */
	if (planner->redirect.device.overcommit || create ||
	    (planner->redirect.device.short_slots && find_unit(plan, UNIT_AREA)))
		return plan_add_step(
			plan, unit, SWAPADM_ACTION_SET, NULL, 0,
			"the devices now have room for every page of the area: overcommit is switched off");
	plan_drop_units(plan, plan->n_units - 1);
	return 0;
}
