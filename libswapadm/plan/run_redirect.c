/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The steps of the redirect layer, done.
 *
 * Order: the tswap device, a leaf, the signature and the area, the other leaves, then the
 * overcommit flag goes. Where the first leaf can't be written, the area comes after the
 * next one. A run that is killed in between leaves a device that the next apply finds and
 * completes.
 */
#include "layer/redirect/redirect.h"

#include <fcntl.h>

#include "device/activate.h"
#include "layer/direct/direct.h"
#include "device/format.h"
#include "module/loading.h"
#include "module/snapshot.h"
#include "plan/planner.h"
#include "plan/record.h"
#include "plan/run.h"
#include "layer/redirect/leaf.h"

static int call(struct swapadm_plan *plan, int cmd, const struct tswap_table *table,
		const void *req, void *reply, const char *path, const char *verb)
{
	_cleanup_(tswap_client_closep) struct tswap_client *client = NULL;
	char object[320];
	int r = tswap_client_open(plan->ctx, &client);

	if (r)
		return r;
	snprintf(object, sizeof(object), "%s: %s", path, verb);
	return tswap_call(client, cmd, table, req, reply, object);
}

/* ---- the tswap device ------------------------------------------------------------ */

static int create_device(struct swapadm_plan *plan, struct plan_unit *unit)
{
	const struct tswap_device_msg req = {
		.present = TSWAP_BIT(TSWAP_A_DEVICE_SLOTS) |
			   TSWAP_BIT(TSWAP_A_DEVICE_OVERCOMMIT),
		.slots = plan->tswap.slots,
		.overcommit = 1, /* until its leaves are there */
	};
	struct tswap_device_msg reply = { 0 };
	int r = tswap_load_module(plan->ctx);

	if (!r)
		r = call(plan, TSWAP_CMD_DEVICE_ADD, &tswap_device_table, &req, &reply,
			 unit->path, "make");
	if (r)
		return r;
	plan->tswap.exists = true;
	plan->tswap.id = reply.id;
	return 0;
}

/* the node that devtmpfs made; no check: it is ours, and was made a moment ago */
static int open_node(struct swapadm_plan *plan, struct plan_unit *unit)
{
	struct target *target;
	char path[32];

	if (unit->target)
		return 0;
	snprintf(path, sizeof(path), "/dev/tswap%u", plan->tswap.id);
	target = calloc(1, sizeof(*target));
	if (!target)
		return -ENOMEM;
	unit->target = target;
	target->path = strdup(path);
	target->fd = ctx_open(plan->ctx, path, O_RDONLY);
	if (!target->path)
		return -ENOMEM;
	if (target->fd < 0)
		return ctx_fail(plan->ctx, target->fd, "%s: open: %s", path,
				strerror(-target->fd));
	return fstat(target->fd, &target->st) < 0 ? -errno : 0;
}

static int read_device(struct swapadm_plan *plan, struct snapshot *out)
{
	_cleanup_(tswap_client_closep) struct tswap_client *client = NULL;
	int r = tswap_client_open(plan->ctx, &client);

	return r ? r : snapshot_read(client, out);
}

/*
 * It has no size before its leaves hold as much as it has slots, or it is overcommitted:
 * one that others made, or an older swapadm left, need not be.
 */
static int bring_to_life(struct swapadm_plan *plan, const char *path)
{
	_cleanup_(snapshot_free) struct snapshot state = { 0 };
	int r = read_device(plan, &state);

	if (r || !state.n_leaves) /* whichever swapadm attached it */
		return ctx_fail(plan->ctx, -ENODEV,
				"%s: mkswap: not done, because it has no leaf", path);
	if (state.device.overcommit || !state.device.short_slots)
		return 0;
	return redirect_overcommit(plan->ctx, plan->tswap.id, true);
}

static int format_area(struct swapadm_plan *plan, struct plan_unit *unit)
{
	int r = open_node(plan, unit);

	if (!r)
		r = bring_to_life(plan, unit->target->path);
	return r ? r : format_fd(plan->ctx, unit->target->fd, unit->target->path, NULL);
}

static int activate_area(struct swapadm_plan *plan, struct plan_unit *unit)
{
	int r = open_node(plan, unit);

	return r ? r
		 : activate(plan->ctx, unit->target, unit->prio, SWAPADM_DISCARD_NONE);
}

/* ---- leaves ---------------------------------------------------------------------- */

int run_attach_leaf(struct swapadm_plan *plan, struct plan_unit *unit)
{
	struct tswap_leaf_msg req = {
		.present = TSWAP_BIT(TSWAP_A_LEAF_DEVICE) | TSWAP_BIT(TSWAP_A_LEAF_FD) |
			   TSWAP_BIT(TSWAP_A_LEAF_TIER) | TSWAP_BIT(TSWAP_A_LEAF_RANK) |
			   TSWAP_BIT(TSWAP_A_LEAF_FLAGS),
		.device = plan->tswap.id,
		.fd = unit->target->fd,
		.rank = (uint32_t)unit->rank,
	};
	uint64_t start_ns = monotonic_ns();
	int r;

	snprintf(req.tier, sizeof(req.tier), "%s", unit->tier);
	if (unit->spec->allow_loop)
		req.flags |= TSWAP_LEAF_F_ALLOW_LOOP;
	if (unit->spec->discard != SWAPADM_DISCARD_NONE)
		req.flags |= TSWAP_LEAF_F_DISCARD;
	do
		r = call(plan, TSWAP_CMD_LEAF_ADD, &tswap_leaf_table, &req, NULL,
			 unit->path, "make it a leaf");
	while (busy_for_now(r, start_ns));
	return r;
}

static int set_leaf(struct swapadm_plan *plan, const struct plan_unit *unit)
{
	struct tswap_leaf_msg req = {
		.present = TSWAP_BIT(TSWAP_A_LEAF_DEVICE) | TSWAP_BIT(TSWAP_A_LEAF_ID) |
			   TSWAP_BIT(TSWAP_A_LEAF_TIER) | TSWAP_BIT(TSWAP_A_LEAF_RANK),
		.device = plan->tswap.id,
		.id = unit->leaf.id,
		.rank = (uint32_t)unit->rank,
	};

	snprintf(req.tier, sizeof(req.tier), "%s", unit->tier);
	if (unit->leaf.uncordon) {
		req.present |= TSWAP_BIT(TSWAP_A_LEAF_STATE);
		req.state = TSWAP_LEAF_ACTIVE;
	}
	if (unit->leaf.set_flags) {
		req.present |= TSWAP_BIT(TSWAP_A_LEAF_FLAGS);
		req.flags = unit->leaf.flags;
	}
	return call(plan, TSWAP_CMD_LEAF_SET, &tswap_leaf_table, &req, NULL, unit->path,
		    "change it");
}

static int set_tier(struct swapadm_plan *plan, const struct plan_unit *unit)
{
	struct tswap_tier_msg req = {
		.present = TSWAP_BIT(TSWAP_A_TIER_DEVICE) | TSWAP_BIT(TSWAP_A_TIER_NAME),
		.device = plan->tswap.id,
		.rank = (uint32_t)unit->rank,
		.on_swapin = unit->policy.on_swapin == SWAPADM_ON_SWAPIN_FREE
				     ? TSWAP_ON_SWAPIN_FREE
				     : TSWAP_ON_SWAPIN_KEEP,
	};

	req.present |= unit->policy.set_rank ? TSWAP_BIT(TSWAP_A_TIER_RANK)
					     : TSWAP_BIT(TSWAP_A_TIER_ON_SWAPIN);
	snprintf(req.name, sizeof(req.name), "%s", unit->tier);
	return call(plan, TSWAP_CMD_TIER_SET, &tswap_tier_table, &req, NULL, unit->tier,
		    unit->policy.set_rank ? "set its rank" : "set its policy");
}

static int set_rule(struct swapadm_plan *plan, struct plan_unit *unit)
{
	struct tswap_cgroup_msg *req = unit->rule.msg;
	int r;

	req->device = plan->tswap.id;
	r = call(plan, unit->rule.clears ? TSWAP_CMD_CGROUP_DEL : TSWAP_CMD_CGROUP_SET,
		 &tswap_cgroup_table, req, NULL, unit->path,
		 unit->rule.clears ? "clear tiers" : "set tiers");
	return unit->rule.clears && r == -ENOENT ? 0 : r; /* it went with its cgroup */
}

/* ---- what is in use already ------------------------------------------------------ */

int run_detach_leaf(struct swapadm_plan *plan, struct plan_unit *unit)
{
	const struct model_device leaf = {
		.pub.path = unit->path,
		.leaf_id = unit->leaf.id,
		.tswap_id = plan->tswap.id,
	};

	return redirect_leaf_remove(plan->ctx, &leaf, plan->flags & SWAPADM_PLAN_PERSIST);
}

/* an area that was drained, as a leaf; if that fails, an area again */
static int convert(struct swapadm_plan *plan, struct plan_unit *unit, int *lock)
{
	int r = plan_retake(plan, unit, lock);

	if (!r)
		r = run_attach_leaf(plan, unit);
	return r ? plan_reactivate(plan, unit, r) : 0;
}

/* without leaves it would be a device that never gets a size, and no area */
static int end_overcommit(struct swapadm_plan *plan, const struct plan_unit *unit)
{
	_cleanup_(snapshot_free) struct snapshot state = { 0 };
	int r = read_device(plan, &state);

	if (r)
		return r;
	if (state.device.short_slots)
		return ctx_fail(
			plan->ctx, -SWAPADM_ENOROOM,
			"%s: end overcommit: not done, because its devices do not have room for every page",
			unit->path);
	return redirect_overcommit(plan->ctx, plan->tswap.id, false);
}

/* ---- steps ----------------------------------------------------------------------- */

static int set(struct swapadm_plan *plan, struct plan_unit *unit)
{
	switch (unit->kind) {
	case UNIT_TSWAP:
		return end_overcommit(plan, unit);
	case UNIT_LEAF:
		return set_leaf(plan, unit);
	case UNIT_TIER:
		return set_tier(plan, unit);
	case UNIT_RULE:
		return set_rule(plan, unit);
	default:
		return -EINVAL;
	}
}

int run_redirect_step(struct swapadm_plan *plan, struct plan_step *step, int *lock)
{
	struct plan_unit *unit = step->unit;
	int r;

	if (step->pub.action == SWAPADM_ACTION_DRAIN)
		return plan_drain(plan->ctx, plan->conf, unit->path, plan->flags);
	r = plan_take_lock(plan, lock);
	if (r)
		return r;
	switch (step->pub.action) {
	case SWAPADM_ACTION_CREATE_TSWAP:
		return create_device(plan, unit);
	case SWAPADM_ACTION_FORMAT:
		return format_area(plan, unit);
	case SWAPADM_ACTION_ACTIVATE:
		return unit->kind == UNIT_CONVERT ? convert(plan, unit, lock)
						  : activate_area(plan, unit);
	case SWAPADM_ACTION_SET:
		return set(plan, unit);
	default:
		return 0;
	}
}
