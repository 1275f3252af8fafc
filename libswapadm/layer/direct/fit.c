/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The direct layer's plan of a drain: does what swapoff(2) would bring in fit?
 *
 * Three things may be short. Memory, with the room that other areas have: the kernel
 * pushes out there what it needs to. The tier of --to, where everything has to go in the
 * end. And each memory cgroup: a page that comes in is charged to the group that it
 * belongs to, and when that is at its limit, its OOM killer kills there, however much
 * memory the machine has. Nothing is changed here.
 */
#include "layer/direct/drain.h"

#include <sys/statvfs.h>

#include "kernel/area.h"
#include "kernel/memcg.h"
#include "model/model.h"
#include "kernel/proc.h"

#define NEVER_OVERCOMMIT 2 /* vm.overcommit_memory */

static int plan_ram(struct swapadm_drain *drain)
{
	struct swapadm_mem_stats mem;
	uint64_t margin;
	int r = swapadm_mem_get_stats(drain->ctx, &mem);

	if (r)
		return r;
	margin = drain_ram_margin(mem.total_bytes);
	if (mem.available_bytes > margin)
		drain->plan.ram_available_bytes = mem.available_bytes - margin;
	return 0;
}

/* leaves are no areas of their own */
static uint64_t device_room(const struct swapadm_device *dev)
{
	return device_is_leaf(dev) ? 0 : device_room_bytes(dev);
}

/* free room of a tier's devices that are not drained themselves */
static uint64_t tier_room(const struct swapadm_drain *drain,
			  const struct swapadm_tier *tier)
{
	uint64_t room = 0;

	for (size_t i = 0; i < tier->n_devices; i++)
		if (!drain_has_device(drain, tier->devices[i]))
			room += device_room(tier->devices[i]);
	return room;
}

static int add_dest(struct swapadm_drain *drain, const char *name, uint64_t free_bytes)
{
	struct swapadm_drain_plan *plan = &drain->plan;

	if (!array_grow(&drain->dests, plan->n_dests))
		return -ENOMEM;
	drain->dests[plan->n_dests++] = (struct swapadm_drain_dest){ name, free_bytes };
	plan->dests = drain->dests;
	return 0;
}

/*
 * What becomes free in memory by the drain itself: the compressed pages of a zram, which
 * go away one by one as their contents come in.
 */
static uint64_t freed_ram(const struct swapadm_drain *drain)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < drain->plan.n_devices; i++)
		if (drain->devices[i]->usage.known & SWAPADM_USAGE_RAM)
			bytes += drain->devices[i]->usage.ram_bytes;
	return bytes < drain->plan.used_bytes ? bytes : drain->plan.used_bytes;
}

static void set_short(struct swapadm_drain *drain, enum swapadm_limit limit,
		      uint64_t need_bytes, uint64_t room_bytes)
{
	if (need_bytes <= room_bytes)
		return;
	drain->plan.limit = limit;
	drain->plan.short_bytes = need_bytes - room_bytes;
}

static int plan_default(struct swapadm_drain *drain)
{
	struct swapadm_drain_plan *plan = &drain->plan;
	uint64_t room = plan->ram_available_bytes;
	int r = add_dest(drain, "memory", room);

	for (size_t i = 0; !r && i < swapadm_model_n_tiers(drain->model); i++) {
		const struct swapadm_tier *tier = swapadm_model_tier(drain->model, i);
		uint64_t bytes = tier_room(drain, tier);

		if (!bytes)
			continue;
		r = add_dest(drain, tier->name, bytes);
		room += bytes;
	}
	if (!r && drain->model->redirect.active &&
	    !drain_has_device(drain, &drain->model->tswap.pub)) {
		const struct swapadm_redirect *tswap = &drain->model->redirect;
		uint64_t bytes = tswap->room_bytes > tswap->used_bytes
					 ? tswap->room_bytes - tswap->used_bytes
					 : 0;

		r = add_dest(drain, tswap->name, bytes);
		room += bytes;
	}
	if (!r)
		set_short(drain, SWAPADM_LIMIT_RAM, plan->used_bytes,
			  room + freed_ram(drain));
	return r;
}

static int plan_to_memory(struct swapadm_drain *drain)
{
	struct swapadm_drain_plan *plan = &drain->plan;

	set_short(drain, SWAPADM_LIMIT_RAM, plan->used_bytes,
		  plan->ram_available_bytes + freed_ram(drain));
	return add_dest(drain, "memory", plan->ram_available_bytes);
}

/* the best area with room that is neither drained nor in @tier, above @floor_prio */
static const struct swapadm_device *area_in_the_way(const struct swapadm_drain *drain,
						    const struct swapadm_tier *dest,
						    int floor_prio)
{
	const struct swapadm_device *best = NULL;

	for (size_t i = 0; i < swapadm_model_n_tiers(drain->model); i++) {
		const struct swapadm_tier *tier = swapadm_model_tier(drain->model, i);

		for (size_t k = 0; tier != dest && k < tier->n_devices; k++) {
			const struct swapadm_device *dev = tier->devices[k];

			if (drain_has_device(drain, dev) || !device_room(dev))
				continue;
			if (dev->prio >= floor_prio && (!best || dev->prio > best->prio))
				best = dev;
		}
	}
	return best;
}

/*
 * The kernel fills the areas in the order of their priorities, so what is paged out again
 * goes to the first one with room, and from there on down: only as much of the tier
 * counts as comes before the next area of another tier.
 */
static int plan_to_tier(struct swapadm_drain *drain, const struct swapadm_tier *dest)
{
	const struct swapadm_device *wall;
	int best = SWAPADM_PRIO_NONE;
	uint64_t room = 0;
	int r;

	for (size_t i = 0; i < dest->n_devices; i++)
		if (!drain_has_device(drain, dest->devices[i]) &&
		    device_room(dest->devices[i]) && dest->devices[i]->prio > best)
			best = dest->devices[i]->prio;
	wall = area_in_the_way(drain, dest, SWAPADM_PRIO_NONE);
	if (best != SWAPADM_PRIO_NONE && wall && wall->prio >= best)
		return ctx_fail(
			drain->ctx, -EPROTONOSUPPORT,
			"%s: %s: to %s: the kernel would fill %s first (priority %d, above %s with %d); the redirect layer can choose, or drain to %s",
			drain->req.source, drain->verb, dest->name, wall->name,
			wall->prio, dest->name, best, wall->tier);
	for (size_t i = 0; i < dest->n_devices; i++)
		if (!drain_has_device(drain, dest->devices[i]) &&
		    (!wall || dest->devices[i]->prio > wall->prio))
			room += device_room(dest->devices[i]);
	r = add_dest(drain, dest->name, room);
	if (r)
		return r;
	drain->to_tier = true;
	set_short(drain, SWAPADM_LIMIT_DEST, drain->plan.used_bytes, room);
	if (!drain->plan.short_bytes)
		return 0;
	drain->limit_object = strdup(dest->name);
	return drain->limit_object ? 0 : -ENOMEM;
}

static int plan_destination(struct swapadm_drain *drain)
{
	const struct swapadm_device *dev = NULL;
	const struct swapadm_tier *tier = NULL;
	const char *to = drain->req.to;

	drain->fits_ram = drain->plan.used_bytes <=
			  drain->plan.ram_available_bytes + freed_ram(drain);
	if (!to)
		return plan_default(drain);
	if (streq(to, "memory"))
		return plan_to_memory(drain);
	if (swapadm_model_find(drain->model, to, &tier, &dev) || !tier)
		return ctx_fail(drain->ctx, -EINVAL,
				"%s: %s: to %s: no such tier; see `swapctl list`",
				drain->req.source, drain->verb, to);
	if (streq(to, drain->req.source))
		return ctx_fail(drain->ctx, -EINVAL,
				"%s: %s: to %s: it can't be drained to itself",
				drain->req.source, drain->verb, to);
	return plan_to_tier(drain, tier);
}

/* pages that go out for others to come in: 650 to 900 us each were measured on disks */
#define PUSHED_PAGE_NS UINT64_C(800000)

/*
 * A group at its limit makes it slow. Reading its pages ahead would only push others out,
 * and its OOM killer would not find the reader.
 */
static void set_tight(struct swapadm_drain *drain, const struct drain_limits *limits)
{
	struct swapadm_drain_plan *plan = &drain->plan;
	uint64_t pages = limits->pushed_bytes / (uint64_t)sysconf(_SC_PAGESIZE);

	plan->pushed_bytes = limits->pushed_bytes;
	plan->tight_group = drain->tight_group;
	plan->predicted_ns += pages * PUSHED_PAGE_NS;
	plan->strategy = "swapoff";
	for (size_t i = 0; i < plan->n_devices; i++)
		drain->plain[i] = true;
}

static int plan_cgroups(struct swapadm_drain *drain, const struct drain_shares *shares)
{
	struct swapadm_drain_plan *plan = &drain->plan;
	struct drain_limits_req req = {
		.shares = shares,
		.used_bytes = plan->used_bytes,
	};
	struct drain_limits limits = { 0 };
	int r;

	req.elsewhere_bytes = drain_elsewhere_bytes(drain, &req.elsewhere_is_memory);
	r = drain_limits_look(drain->ctx, &req, &limits);
	if (r)
		return r;
	if (limits.short_bytes > plan->short_bytes) {
		free(drain->limit_object);
		drain->limit_object = steal_ptr(&limits.short_path);
		plan->short_bytes = limits.short_bytes;
		plan->limit = SWAPADM_LIMIT_CGROUP;
	}
	if (limits.pushed_bytes) {
		drain->tight_group = steal_ptr(&limits.tight_path);
		set_tight(drain, &limits);
	}
	drain_limits_free(&limits);
	return 0;
}

/* without pagemaps: by VmSwap, on whatever area */
static int plan_largest(struct swapadm_drain *drain)
{
	struct swapadm_drain_plan *plan = &drain->plan;
	struct proc_swap_list list = { 0 };
	int r;

	if (plan->largest_pid)
		return 0;
	r = procs_swapped(drain->ctx, &list);
	if (r == -ENOENT || r == -EACCES || (!r && !list.n))
		return 0;
	if (r)
		return r;
	drain->largest_comm = strdup(list.items[0].comm);
	plan->largest_pid = list.items[0].pid;
	plan->largest_bytes = list.items[0].swap_bytes;
	if (plan->largest_bytes > plan->used_bytes)
		plan->largest_bytes = plan->used_bytes;
	plan->largest_comm = drain->largest_comm;
	proc_swap_list_free(&list);
	return drain->largest_comm ? 0 : -ENOMEM;
}

/*
 * With vm.overcommit_memory=2 swapoff(2) fails at once unless what is promised fits
 * without the whole area, however little of it is used (mm/swapfile.c,
 * __vm_enough_memory()).
 */
static int plan_commit(struct swapadm_drain *drain)
{
	struct swapadm_drain_plan *plan = &drain->plan;
	struct swapadm_mem_stats mem;
	uint64_t mode, lacks, bytes = 0;

	if (ctx_read_u64(drain->ctx, "/proc/sys/vm/overcommit_memory", &mode) ||
	    mode != NEVER_OVERCOMMIT || swapadm_mem_get_stats(drain->ctx, &mem) ||
	    !(mem.known & SWAPADM_MEM_COMMIT) || !(mem.known & SWAPADM_MEM_COMMITTED))
		return 0;
	for (size_t i = 0; i < plan->n_devices; i++)
		if (drain->devices[i]->state != SWAPADM_STATE_INACTIVE)
			bytes += drain->devices[i]->usage.size_bytes;
	lacks = u64_minus(mem.committed_bytes + bytes, mem.commit_limit_bytes);
	if (!lacks)
		return 0;
	plan->short_bytes = lacks;
	plan->limit = SWAPADM_LIMIT_COMMIT;
	free(drain->limit_object);
	if (asprintf(&drain->limit_object, "CommitLimit %ju MiB, Committed_AS %ju MiB",
		     (uintmax_t)(mem.commit_limit_bytes >> 20),
		     (uintmax_t)(mem.committed_bytes >> 20)) < 0)
		drain->limit_object = NULL;
	return drain->limit_object ? 0 : -ENOMEM;
}

static const struct drain_ops direct_drain_ops = { .start = direct_drain_start };

int direct_drain_prepare(struct swapadm_ctx *ctx, struct swapadm_model *model,
			 const struct swapadm_drain_req *req, struct swapadm_drain **out)
{
	_cleanup_(swapadm_drain_unrefp) struct swapadm_drain *drain = NULL;
	struct drain_shares shares = { 0 };
	int r = drain_new(ctx, model, req, &direct_drain_ops, &drain);

	if (!r && drain->req.emergency)
		r = emergency_check(ctx, drain->req.emergency, &drain->emergency);
	if (!r)
		r = plan_ram(drain);
	if (!r)
		r = plan_destination(drain);
	if (!r)
		r = drain_predict(drain, &shares);
	if (!r)
		r = plan_cgroups(drain, &shares);
	if (!r)
		r = plan_largest(drain);
	drain_shares_free(&shares);
	if (r)
		return r;
	r = plan_commit(drain);
	if (r)
		return r;
	drain->plan.limit_object = drain->limit_object;
	*out = steal_ptr(&drain);
	return 0;
}
