/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Devices that are in use, on the redirect layer: leaves, and areas that become leaves.
 */
#include "plan/planner.h"

/* what keeps a leaf from taking pages; NULL nothing does */
static const char *state_note(const struct tswap_leaf_msg *leaf)
{
	switch (leaf->state) {
	case TSWAP_LEAF_CORDONED:
		return "is a leaf, cordoned; uncordon it when it is to take pages";
	case TSWAP_LEAF_DRAINING:
		return "is a leaf, being drained; see `swapctl jobs`";
	case TSWAP_LEAF_REMOVING:
		return "is a leaf, being removed; add it again when it is gone";
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
		unit->leaf.flags = leaf->flags ^ TSWAP_LEAF_F_DISCARD;
		unit->leaf.set_flags = true;
		r = plan_leaf_set(planner, unit, discard ? "discard" : "no discard");
	}
	/*
	 * a drain, perhaps of a run that was killed, is over; a cordon is somebody's wish
	 */
	if (!r && leaf->state == TSWAP_LEAF_DRAINED) {
		unit->leaf.uncordon = true;
		r = plan_leaf_set(planner, unit, "was drained, takes pages again");
	}
	return r;
}

int plan_leaf(struct planner *planner, struct plan_unit *unit,
	      const struct active *active)
{
	const struct tswap_leaf_msg *leaf = active->leaf;
	const char *note = state_note(leaf);
	int r;

	unit->leaf.id = leaf->id;
	r = plan_leaf_changes(planner, unit, leaf);
	if (r || (unit->kind == UNIT_LEAF && !note))
		return r;
	return plan_add_step(planner->plan, unit,
			     note ? SWAPADM_ACTION_WARN : SWAPADM_ACTION_KEEP, NULL,
			     active->dev->pub.usage.used_bytes, "%s",
			     note ? note : "is a leaf");
}

int plan_leaf_convert(struct planner *planner, struct plan_unit *unit,
		      const struct active *active)
{
	const struct swapadm_device *area = &active->dev->pub;
	int r;

	if (area->is_file)
		return ctx_fail(
			planner->ctx, -ENOTBLK,
			"%s: add: a swap file can't be a leaf; remove it, and use a block device",
			area->path);
	r = plan_fitness(planner, area->path);
	if (!r)
		r = plan_fits(planner->ctx, NULL, area->path, planner->plan->flags);
	if (r)
		return r;
	unit->kind = UNIT_CONVERT;
	unit->old_prio = area->prio;
	unit->size_bytes = area->usage.size_bytes;
	r = plan_add_step(
		planner->plan, unit, SWAPADM_ACTION_DRAIN, NULL, area->usage.used_bytes,
		"is an area of its own: its pages go to memory and the other areas");
	if (!r)
		r = plan_add_step(planner->plan, unit, SWAPADM_ACTION_ACTIVATE, NULL, 0,
				  "leaf of the tswap device");
	return r ? r : plan_tswap_area(planner);
}
