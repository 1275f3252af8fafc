/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Room for what is pushed out: what the areas take, and of a tswap device what its leaves
 * take and the rules of cgroups allow. A strict rule has the module refuse writes that
 * find no room in its tiers, although the area has free slots and no other area is tried:
 * such pages stay in memory.
 */
#include <stdarg.h>

#include "kernel/area.h"
#include "kernel/cgroupid.h"
#include "kernel/swapcached.h"
#include "paging/paging.h"
#include "usage/rules.h"

/* ---- refusing -------------------------------------------------------------------- */

/* the worst shortfall is reported; 0, or -ENOMEM */
int paging_refuse(struct paging *pull, enum swapadm_limit limit, uint64_t short_bytes,
		  const char *object, const char *fmt, ...)
{
	struct swapadm_op *op = pull->op;
	char text[1024];
	va_list ap;
	int r;

	if (short_bytes <= op->plan.short_bytes)
		return 0;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	r = op_set_short(op, limit, short_bytes, object);
	return r ? r : op_refuse(op, "%s", text);
}

/*
 * Where not even a page has room; of what is parked: where not all of it has. What is in
 * the swap cache has its slot already, as after a wake: at most @slots_bytes of it, and
 * only what is this one's own.
 */
static uint64_t lacks_room(struct paging *pull, uint64_t need_bytes, uint64_t room_bytes,
			   uint64_t slots_bytes)
{
	uint64_t lacks = u64_minus(need_bytes, room_bytes), cached;

	if (!pull->whole)
		return room_bytes ? 0 : need_bytes;
	if (pull->pid)
		cached = swapcached_bytes(pull->ctx, pull->pid, lacks);
	else
		cached = paging_cached_bytes(pull);
	return u64_minus(lacks, u64_min(cached, slots_bytes));
}

uint64_t paging_lacks_room(struct paging *pull, uint64_t room_bytes)
{
	return lacks_room(pull, pull->amount_bytes, room_bytes, UINT64_MAX);
}

/* ---- what the areas take --------------------------------------------------------- */

/* @closed: an area with free slots, or a leaf with room, that takes no pages; or NULL */
struct room {
	struct paging *pull;
	struct snapshot state; /* of the tswap module; nothing without it */
	const struct swapadm_device *closed;
};

int paging_free_bytes(struct paging *pull, uint64_t *bytes)
{
	_cleanup_(jobrec_list_free) struct jobrec_list jobs = { 0 };
	struct area_list areas = { 0 };
	uint64_t sum = 0;
	int r = areas_load(pull->ctx, &areas);

	if (!r)
		r = jobs_read_unfinished(pull->ctx, &jobs);
	for (size_t i = 0; !r && i < areas.n; i++)
		if (!jobs_drain_area(pull->ctx, &jobs, areas.items[i].path))
			sum += u64_minus(areas.items[i].size_bytes,
					 areas.items[i].used_bytes);
	areas_free(&areas);
	if (!r)
		*bytes = sum;
	return r;
}

static uint64_t free_bytes(const struct swapadm_device *dev)
{
	return u64_minus(dev->usage.size_bytes, dev->usage.used_bytes);
}

/* an area or leaf with room that takes no pages, of the model */
static void find_closed(struct room *room)
{
	const struct swapadm_model *model = room->pull->op->model;

	for (size_t t = 0; model && t < swapadm_model_n_tiers(model); t++) {
		const struct swapadm_tier *tier = swapadm_model_tier(model, t);

		for (size_t i = 0; i < tier->n_devices; i++) {
			const struct swapadm_device *dev = tier->devices[i];

			if (dev->state != SWAPADM_STATE_ACTIVE &&
			    dev->state != SWAPADM_STATE_INACTIVE && free_bytes(dev))
				room->closed = dev;
		}
	}
}

/* free slots of the tswap device for which its leaves have no room */
static int count_roomless(struct room *room, uint64_t *bytes)
{
	struct area_list areas = { 0 };
	char path[sizeof(room->state.device.name) + 8];
	int r;

	*bytes = 0;
	if (!room->state.n_leaves || room->pull->op->plan.zswap)
		return 0;
	r = areas_load(room->pull->ctx, &areas);
	snprintf(path, sizeof(path), "/dev/%s", room->state.device.name);
	for (size_t i = 0; !r && i < areas.n; i++) {
		const struct area *area = &areas.items[i];

		if (streq(area->path, path))
			*bytes = u64_minus(u64_minus(area->size_bytes, area->used_bytes),
					   usage_leaves_room_bytes(&room->state, NULL));
	}
	areas_free(&areas);
	return r;
}

static int plan_areas(struct room *room)
{
	uint64_t bytes, roomless;
	int r = paging_free_bytes(room->pull, &bytes);

	find_closed(room);
	if (!r)
		r = count_roomless(room, &roomless);
	if (!r)
		room->pull->op->plan.swap_free_bytes = u64_minus(bytes, roomless);
	return r;
}

/* ---- rules of cgroups ------------------------------------------------------------ */

/* of a process its cgroup's; false: it is not known */
static bool path_of(struct paging *pull, char path[4096])
{
	if (*pull->cgroup) {
		snprintf(path, 4096, "%s", pull->cgroup);
		return true;
	}
	return pull->mount.version &&
	       !memcg_of_pid(pull->ctx, &pull->mount, pull->pid, path, 4096);
}

static void find_rule(struct room *room)
{
	struct paging_rule *rule = &room->pull->rule;
	const struct tswap_cgroup_msg *found = NULL;
	char path[4096];

	*rule->of = '\0';
	/* zswap takes what leaves a group before the module sees it */
	if (!room->pull->op->plan.zswap && path_of(room->pull, path))
		found = usage_rules_of(room->pull->ctx, &room->state, &room->pull->mount,
				       path);
	if (!found)
		return;
	rule->msg = *found;
	memcpy(rule->of, path, sizeof(path));
}

bool paging_rule_forbids(const struct paging *pull, const char *tier)
{
	return *pull->rule.of && pull->rule.msg.mode == TSWAP_CGROUP_STRICT &&
	       usage_rule_index(&pull->rule.msg, tier) < 0;
}

/* of @need bytes; 0, or -ENOMEM */
static int check_rule(struct room *room, const struct tswap_cgroup_msg *rule,
		      const char *of, uint64_t need)
{
	struct paging *pull = room->pull;
	uint64_t bytes = usage_rule_room_bytes(&room->state, rule), lacks;
	char wants[32], has[32], missing[32];
	_cleanup_free_ char *tiers = NULL;

	if (rule->mode != TSWAP_CGROUP_STRICT)
		return 0;
	/* a page that was written before there was the rule has to find room anew */
	lacks = lacks_room(pull, need, bytes, usage_rule_used_bytes(rule));
	if (!lacks)
		return 0;
	tiers = usage_rule_tiers(rule);
	if (!tiers)
		return -ENOMEM;
	return paging_refuse(
		pull, SWAPADM_LIMIT_RULE, lacks, of,
		"%s: %s: cgroup %s may use only tiers = %s, where it has room for %s of %s: %s short; give it more tiers or a higher tier-max in [cgroup], then `swapctl apply`%s",
		pull->source, pull->op->verb, of, tiers,
		words_size(bytes, has, sizeof(has)),
		words_size(need, wants, sizeof(wants)),
		words_size(lacks, missing, sizeof(missing)),
		pull->whole ? "; --force pushes out what fits" : "");
}

/* @path: of a group with a rule of its own, below the one that is meant */
struct inner {
	char path[512];
	const struct tswap_cgroup_msg *rule;
	uint64_t bytes;
};

static bool read_inner(struct room *room, const struct tswap_cgroup_msg *rule,
		       struct inner *out)
{
	struct paging *pull = room->pull;
	struct memcg cg;

	cgroupid_name(pull->ctx, rule->id, out->path, sizeof(out->path));
	if (!paging_has_cgroup(pull, out->path) || streq(out->path, pull->cgroup) ||
	    memcg_read(pull->ctx, &pull->mount, out->path, &cg))
		return false;
	out->rule = rule;
	out->bytes = cg.anon_bytes + cg.shmem_bytes;
	return true;
}

/* the nearest of the groups around @path that has a rule of its own; NULL: none */
static struct inner *around(struct inner *all, size_t n, const char *path)
{
	struct inner *best = NULL;

	for (size_t i = 0; i < n; i++)
		if (!streq(all[i].path, path) && path_is_in(path, all[i].path) &&
		    (!best || path_is_in(all[i].path, best->path)))
			best = &all[i];
	return best;
}

/* groups count what is in those below them, which may have rules of their own */
static int plan_rules(struct room *room)
{
	struct paging *pull = room->pull;
	struct inner *all = calloc(room->state.n_rules + 1, sizeof(*all));
	uint64_t own_bytes = pull->amount_bytes;
	size_t n = 0;
	int r = 0;

	if (!all)
		return -ENOMEM;
	for (size_t i = 0; *pull->cgroup && i < room->state.n_rules; i++)
		n += read_inner(room, &room->state.rules[i], &all[n]);
	for (size_t i = 0; !r && i < n; i++) {
		uint64_t need = all[i].bytes;

		for (size_t k = 0; k < n; k++)
			if (around(all, n, all[k].path) == &all[i])
				need = u64_minus(need, all[k].bytes);
		if (!around(all, n, all[i].path))
			own_bytes = u64_minus(own_bytes, all[i].bytes);
		r = check_rule(room, all[i].rule, all[i].path, need);
	}
	free(all);
	if (!r && *pull->rule.of)
		r = check_rule(room, &pull->rule.msg, pull->rule.of, own_bytes);
	return r;
}

/* ---- the tiers ------------------------------------------------------------------- */

static int add_tier(struct paging *pull, const struct swapadm_tier *tier)
{
	const struct paging_rule *rule = &pull->rule;
	int index = *rule->of ? usage_rule_index(&rule->msg, tier->name) : -1;
	uint64_t room = 0;

	for (size_t i = 0; i < tier->n_devices; i++)
		room += device_room_bytes(tier->devices[i]);
	if (index >= 0)
		room = u64_min(room, usage_rule_left_bytes(&rule->msg, index));
	return room ? op_add_dest(pull->op, tier->name, room) : 0;
}

/* those of the rule first, then what it allows besides */
static int plan_tiers(struct paging *pull)
{
	const struct swapadm_model *model = pull->op->model;
	int r = 0;

	for (int turn = 0; turn < 2; turn++)
		for (size_t t = 0; !r && t < swapadm_model_n_tiers(model); t++) {
			const struct swapadm_tier *tier = swapadm_model_tier(model, t);
			bool named = !*pull->rule.of ||
				     usage_rule_index(&pull->rule.msg, tier->name) >= 0;

			if (named == !turn && !paging_rule_forbids(pull, tier->name))
				r = add_tier(pull, tier);
		}
	return r;
}

/* ---- all of it ------------------------------------------------------------------- */

static int refuse_closed(struct paging *pull, const struct swapadm_device *dev)
{
	const char *name = dev->path ? dev->path : dev->name;

	if (dev->state == SWAPADM_STATE_DRAINING)
		return paging_refuse(
			pull, SWAPADM_LIMIT_DEST, pull->amount_bytes, NULL,
			"%s: %s: nothing in swap takes pages: %s is being drained; add a device, or cancel that drain",
			pull->source, pull->op->verb, name);
	if (dev->state == SWAPADM_STATE_FAILED)
		return paging_refuse(
			pull, SWAPADM_LIMIT_DEST, pull->amount_bytes, NULL,
			"%s: %s: nothing in swap takes pages: %s has failed; add a device",
			pull->source, pull->op->verb, name);
	return paging_refuse(
		pull, SWAPADM_LIMIT_DEST, pull->amount_bytes, NULL,
		"%s: %s: nothing in swap takes pages: %s is %s; `swapctl uncordon %s`, or add a device",
		pull->source, pull->op->verb, name, swapadm_state_name(dev->state), name);
}

static int check_room(struct room *room)
{
	struct paging *pull = room->pull;
	uint64_t bytes = pull->op->plan.swap_free_bytes;
	uint64_t lacks = paging_lacks_room(pull, bytes);
	char wants[32], has[32];

	if (!lacks)
		return 0;
	if (!bytes && room->closed)
		return refuse_closed(pull, room->closed);
	if (!bytes)
		return paging_refuse(pull, SWAPADM_LIMIT_DEST, pull->amount_bytes, NULL,
				     "%s: %s: there is no room in swap; add a device",
				     pull->source, pull->op->verb);
	return paging_refuse(
		pull, SWAPADM_LIMIT_DEST, lacks, NULL,
		"%s: %s: %s do not fit into the %s free in swap; add a device, or --force pushes out what fits",
		pull->source, pull->op->verb,
		words_size(pull->amount_bytes, wants, sizeof(wants)),
		words_size(bytes, has, sizeof(has)));
}

int paging_plan_room(struct paging *pull)
{
	struct room room = { .pull = pull };
	struct swapadm_op_plan *plan = &pull->op->plan;
	struct swapadm_zswap_stats zswap;
	int r;

	plan->zswap = !swapadm_zswap_get_stats(pull->ctx, &zswap) && zswap.enabled;
	usage_rules_read(pull->ctx, &room.state);
	find_rule(&room);
	r = plan_areas(&room);
	if (!r && pull->op->model)
		r = plan_tiers(pull);
	if (!r && !plan->zswap)
		r = plan_rules(&room);
	if (!r)
		r = check_room(&room);
	if (!r && *pull->rule.of && pull->rule.msg.mode == TSWAP_CGROUP_STRICT)
		plan->swap_free_bytes =
			u64_min(plan->swap_free_bytes,
				usage_rule_room_bytes(&room.state, &pull->rule.msg));
	snapshot_free(&room.state);
	return r;
}
