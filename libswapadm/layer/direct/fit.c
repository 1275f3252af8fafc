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
#include "layer/direct/direct.h"
#include "kernel/proc.h"

#define NEVER_OVERCOMMIT 2 /* vm.overcommit_memory */

static int plan_ram(struct swapadm_op *op)
{
	struct swapadm_mem_stats mem;
	uint64_t margin;
	int r = swapadm_mem_get_stats(op->ctx, &mem);

	if (r)
		return r;
	margin = drain_ram_margin(mem.total_bytes);
	if (mem.available_bytes > margin)
		op->plan.ram_available_bytes = mem.available_bytes - margin;
	return 0;
}

/* leaves are no areas of their own */
static uint64_t device_room(const struct swapadm_device *dev)
{
	return device_is_leaf(dev) ? 0 : device_room_bytes(dev);
}

/* free room of a tier's devices that are not drained themselves */
static uint64_t tier_room(const struct swapadm_op *op, const struct swapadm_tier *tier)
{
	uint64_t room = 0;

	for (size_t i = 0; i < tier->n_devices; i++)
		if (!op_has_device(op, tier->devices[i]))
			room += device_room(tier->devices[i]);
	return room;
}

/*
 * What becomes free in memory by the drain itself: the compressed pages of a zram, which
 * go away one by one as their contents come in.
 */
static uint64_t freed_ram(const struct swapadm_op *op)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < op->plan.n_devices; i++)
		if (op->devices[i]->usage.known & SWAPADM_USAGE_RAM)
			bytes += op->devices[i]->usage.ram_bytes;
	return bytes < op->plan.used_bytes ? bytes : op->plan.used_bytes;
}

static int set_short(struct swapadm_op *op, enum swapadm_limit limit, uint64_t need_bytes,
		     uint64_t room_bytes, const char *object)
{
	if (need_bytes <= room_bytes)
		return 0;
	return op_set_short(op, limit, need_bytes - room_bytes, object);
}

static int plan_default(struct swapadm_op *op)
{
	struct swapadm_op_plan *plan = &op->plan;
	uint64_t room = plan->ram_available_bytes;
	int r = op_add_dest(op, "memory", room);

	for (size_t i = 0; !r && i < swapadm_model_n_tiers(op->model); i++) {
		const struct swapadm_tier *tier = swapadm_model_tier(op->model, i);
		uint64_t bytes = tier_room(op, tier);

		if (!bytes)
			continue;
		r = op_add_dest(op, tier->name, bytes);
		room += bytes;
	}
	if (!r && op->model->redirect.active &&
	    !op_has_device(op, &op->model->tswap.pub)) {
		const struct swapadm_redirect *tswap = &op->model->redirect;
		uint64_t bytes = tswap->room_bytes > tswap->used_bytes
					 ? tswap->room_bytes - tswap->used_bytes
					 : 0;

		r = op_add_dest(op, tswap->name, bytes);
		room += bytes;
	}
	return r ? r
		 : set_short(op, SWAPADM_LIMIT_RAM, plan->used_bytes,
			     room + freed_ram(op), NULL);
}

static int plan_to_memory(struct swapadm_op *op)
{
	struct swapadm_op_plan *plan = &op->plan;
	int r = op_add_dest(op, "memory", plan->ram_available_bytes);

	return r ? r
		 : set_short(op, SWAPADM_LIMIT_RAM, plan->used_bytes,
			     plan->ram_available_bytes + freed_ram(op), NULL);
}

/* the best area with room that is neither drained nor in @tier, above @floor_prio */
static const struct swapadm_device *area_in_the_way(const struct swapadm_op *op,
						    const struct swapadm_tier *dest,
						    int floor_prio)
{
	const struct swapadm_device *best = NULL;

	for (size_t i = 0; i < swapadm_model_n_tiers(op->model); i++) {
		const struct swapadm_tier *tier = swapadm_model_tier(op->model, i);

		for (size_t k = 0; tier != dest && k < tier->n_devices; k++) {
			const struct swapadm_device *dev = tier->devices[k];

			if (op_has_device(op, dev) || !device_room(dev))
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
static int plan_to_tier(struct swapadm_op *op, const struct swapadm_tier *dest)
{
	const struct swapadm_device *wall;
	int best = SWAPADM_PRIO_NONE;
	uint64_t room = 0;
	int r;

	for (size_t i = 0; i < dest->n_devices; i++)
		if (!op_has_device(op, dest->devices[i]) &&
		    device_room(dest->devices[i]) && dest->devices[i]->prio > best)
			best = dest->devices[i]->prio;
	wall = area_in_the_way(op, dest, SWAPADM_PRIO_NONE);
	if (best != SWAPADM_PRIO_NONE && wall && wall->prio >= best)
		return ctx_fail(
			op->ctx, -EPROTONOSUPPORT,
			"%s: %s: to %s: the kernel would fill %s first (priority %d, above %s with %d); the redirect layer can choose, or drain to %s",
			op->req.source, op->verb, dest->name, wall->name, wall->prio,
			dest->name, best, wall->tier);
	for (size_t i = 0; i < dest->n_devices; i++)
		if (!op_has_device(op, dest->devices[i]) &&
		    (!wall || dest->devices[i]->prio > wall->prio))
			room += device_room(dest->devices[i]);
	r = op_add_dest(op, dest->name, room);
	if (r)
		return r;
	drain_of(op)->to_tier = true;
	return set_short(op, SWAPADM_LIMIT_DEST, op->plan.used_bytes, room, dest->name);
}

static int plan_destination(struct swapadm_op *op)
{
	const struct swapadm_device *dev = NULL;
	const struct swapadm_tier *tier = NULL;
	const char *to = op->req.to;

	drain_of(op)->fits_ram = op->plan.used_bytes <=
				 op->plan.ram_available_bytes + freed_ram(op);
	if (!to)
		return plan_default(op);
	if (streq(to, "memory"))
		return plan_to_memory(op);
	if (swapadm_model_find(op->model, to, &tier, &dev) || !tier)
		return ctx_fail(op->ctx, -EINVAL,
				"%s: %s: to %s: no such tier; see `swapctl list`",
				op->req.source, op->verb, to);
	if (streq(to, op->req.source))
		return ctx_fail(op->ctx, -EINVAL,
				"%s: %s: to %s: it can't be drained to itself",
				op->req.source, op->verb, to);
	return plan_to_tier(op, tier);
}

/*
 * a group at its limit makes it slow; reading its pages ahead would only push others out
 */
static void set_tight(struct swapadm_op *op, const struct drain_limits *limits)
{
	struct swapadm_op_plan *plan = &op->plan;

	plan->pushed_bytes = limits->pushed_bytes;
	plan->tight_group = op->tight_group;
	plan->predicted_ns += drain_pushed_ns(limits->pushed_bytes);
	if (limits->pushed_bytes < plan->used_bytes / 2)
		return;
	plan->strategy = SWAPADM_STRATEGY_SWAPOFF;
	for (size_t i = 0; i < plan->n_devices; i++)
		drain_of(op)->seen[i].plain = true;
}

static int plan_cgroups(struct swapadm_op *op, const struct drain_shares *shares)
{
	struct swapadm_op_plan *plan = &op->plan;
	struct drain_limits_req req = {
		.shares = shares,
		.used_bytes = plan->used_bytes,
	};
	struct drain_limits limits = { 0 };
	int r;

	req.elsewhere_bytes = drain_elsewhere_bytes(op, &req.elsewhere_is_memory);
	r = drain_limits_look(op->ctx, &req, &limits);
	if (r)
		return r;
	if (limits.short_bytes > plan->short_bytes)
		r = op_set_short(op, SWAPADM_LIMIT_CGROUP, limits.short_bytes,
				 limits.short_path);
	if (limits.pushed_bytes) {
		op->tight_group = steal_ptr(&limits.tight_path);
		set_tight(op, &limits);
	}
	drain_limits_free(&limits);
	return r;
}

/* without pagemaps: by VmSwap, on whatever area */
static int plan_largest(struct swapadm_op *op)
{
	struct swapadm_op_plan *plan = &op->plan;
	struct proc_swap_list list = { 0 };
	int r;

	if (plan->largest_pid)
		return 0;
	r = procs_swapped(op->ctx, &list);
	if (r == -ENOENT || r == -EACCES || (!r && !list.n))
		return 0;
	if (r)
		return r;
	op->largest_comm = strdup(list.items[0].comm);
	plan->largest_pid = list.items[0].pid;
	plan->largest_bytes = list.items[0].swap_bytes;
	if (plan->largest_bytes > plan->used_bytes)
		plan->largest_bytes = plan->used_bytes;
	plan->largest_comm = op->largest_comm;
	proc_swap_list_free(&list);
	return op->largest_comm ? 0 : -ENOMEM;
}

/*
 * With vm.overcommit_memory=2 swapoff(2) fails at once unless what is promised fits
 * without the whole area, however little of it is used (mm/swapfile.c,
 * __vm_enough_memory()).
 */
static int plan_commit(struct swapadm_op *op)
{
	struct swapadm_op_plan *plan = &op->plan;
	struct swapadm_mem_stats mem;
	uint64_t mode, lacks, bytes = 0;
	char figures[96];

	if (ctx_read_u64(op->ctx, "/proc/sys/vm/overcommit_memory", &mode) ||
	    mode != NEVER_OVERCOMMIT || swapadm_mem_get_stats(op->ctx, &mem) ||
	    !(mem.known & SWAPADM_MEM_COMMIT) || !(mem.known & SWAPADM_MEM_COMMITTED))
		return 0;
	for (size_t i = 0; i < plan->n_devices; i++)
		if (op->devices[i]->state != SWAPADM_STATE_INACTIVE)
			bytes += op->devices[i]->usage.size_bytes;
	lacks = u64_minus(mem.committed_bytes + bytes, mem.commit_limit_bytes);
	if (!lacks)
		return 0;
	snprintf(figures, sizeof(figures), "CommitLimit %ju MiB, Committed_AS %ju MiB",
		 (uintmax_t)(mem.commit_limit_bytes >> 20),
		 (uintmax_t)(mem.committed_bytes >> 20));
	return op_set_short(op, SWAPADM_LIMIT_COMMIT, lacks, figures);
}

static int refuse_short(struct swapadm_op *op)
{
	const struct swapadm_op_plan *plan = &op->plan;
	const char *source = op->req.source, *object = plan->limit_object;
	char lacks[32];

	words_size(plan->short_bytes, lacks, sizeof(lacks));
	switch (plan->limit) {
	case SWAPADM_LIMIT_NONE:
		return 0;
	case SWAPADM_LIMIT_CGROUP:
		return op_refuse(
			op,
			"%s: %s: cgroup %s would go past its memory limit by %s, and its OOM killer act; raise the limit, stop a process in it, or add a device",
			source, op->verb, object, lacks);
	case SWAPADM_LIMIT_DEST:
		return op_refuse(
			op, "%s: %s: tier %s has %s too little room; add a device to it",
			source, op->verb, object, lacks);
	case SWAPADM_LIMIT_COMMIT:
		return op_refuse(
			op,
			"%s: %s: vm.overcommit_memory is 2, and Committed_AS with the size of the area is %s above CommitLimit, so swapoff(2) would refuse; `sysctl vm.overcommit_memory=0` until it is done",
			source, op->verb, lacks);
	case SWAPADM_LIMIT_RAM:
	case SWAPADM_LIMIT_RULE: /* of the redirect layer */
		break;
	}
	return op_refuse(
		op,
		"%s: %s: memory and the other areas are %s short of room; free memory or add a device",
		source, op->verb, lacks);
}

int direct_drain_plan(struct swapadm_op *op)
{
	struct drain_shares shares = { 0 };
	struct drain *drain = calloc(1, sizeof(*drain));
	int r = 0;

	if (!drain)
		return -ENOMEM;
	op->ops = &direct_drain_ops;
	op->priv = drain;
	drain->work = direct_drain_work.name;
	if (op->req.emergency)
		r = emergency_check(op->ctx, op->req.emergency, &drain->emergency);
	if (!r)
		r = plan_ram(op);
	if (!r)
		r = plan_destination(op);
	if (!r)
		r = drain_predict(op, &shares);
	if (!r)
		r = plan_cgroups(op, &shares);
	if (!r)
		r = plan_largest(op);
	if (!r)
		r = plan_commit(op);
	drain_shares_free(&shares);
	return r ? r : refuse_short(op);
}

int direct_drain_prepare(struct swapadm_op *op)
{
	int r = drain_find_source(op);

	return r ? r : direct_drain_plan(op);
}
