/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What planning looks at, on both layers, and its parts. */
#ifndef SWAPADM_PLANNER_H
#define SWAPADM_PLANNER_H

#include "plan/plan.h"
#include "module/snapshot.h"

/**
 * struct planner - one planning
 * @check:    areas and mounts as they are now
 * @state:    what swapadm attached
 * @claimed:  for each area: a device of the configuration is it
 * @redirect: on the redirect layer: the tswap device, when there is one; its leaves stand
 *            behind the areas of @check, in the same order
 */
struct planner {
	struct swapadm_ctx *ctx;
	struct swapadm_conf *conf; /* or NULL */
	struct swapadm_plan *plan;
	struct check check;
	struct state state;
	bool *claimed;
	struct snapshot redirect;
	char tswap_path[40]; /* of its area, "" none */
};

int planner_begin(struct swapadm_ctx *ctx, struct swapadm_conf *conf, unsigned flags,
		  const char *holder, struct planner *planner);
void planner_end(struct planner *planner);

/**
 * struct planned_tier - where a device goes
 * @record:  the rank must be kept in the state: no file names the tier
 */
struct planned_tier {
	const char *name;
	int rank;
	bool record;
};

/* ---- tiers.c: ranks and the order of all areas --------------------------------- */

/**
 * plan_tiers_resolve() - the rank of a tier, new or known
 * @rank:  wanted, or SWAPADM_RANK_NONE
 *
 * Return: 0; -EINVAL bad name or rank; -EEXIST @rank contradicts the known one.
 */
int plan_tiers_resolve(struct planner *planner, const char *name, int rank,
		       struct planned_tier *out);

/**
 * plan_tiers_check_order() - do areas of others come before the fastest tier?
 * @rank:  of the tier that is added to
 *
 * Areas of others that lie between tiers, or share a priority with one, become WARN steps.
 * Return: 0; -EPROTONOSUPPORT, the sentence names the area and the remedy.
 */
int plan_tiers_check_order(struct planner *planner, int rank);

/* does a line of the configuration mean this area by its path or tag? */
bool plan_tiers_name_area(struct planner *planner, const struct area *area);

/* ---- device.c: one device -------------------------------------------------------- */

/* plan what brings a device that is no active area into a tier; refusals as check_device() */
int plan_device(struct planner *planner, const struct planned_tier *tier,
		const struct swapadm_devspec *spec);

/* resolved size of a zram or swap file, in whole pages; -ERANGE, -EIO with the sentence */
int plan_size(struct swapadm_ctx *ctx, const struct swapadm_devspec *spec,
	      uint64_t *bytes);

/* ---- drain.c: areas that go ------------------------------------------------------ */

/**
 * plan_fits() - may an area be drained? asks the layer's drain planning
 * Return: 0; -ENOSPC; -EBUSY a job has it; else -errno. The sentence is set.
 */
int plan_fits(struct swapadm_ctx *ctx, struct swapadm_conf *conf, const char *path,
	      unsigned flags);

/* drain it by a job and wait for that; as plan_fits(), -ECANCELED, -ECHILD, or the job's */
int plan_drain(struct swapadm_ctx *ctx, struct swapadm_conf *conf, const char *path,
	       unsigned flags);

/* before apply looks at the areas: an area that a killed job's swapoff(2) is at may vanish yet */
void plan_await_orphans(struct swapadm_ctx *ctx);

/* is an area about to go? @id: the job that drains it */
bool plan_is_draining(struct swapadm_ctx *ctx, const char *path, char id[16]);

/* ---- apply.c ------------------------------------------------------------------------- */

/* all that the configuration names, and what it no longer names */
int plan_configuration(struct planner *planner);

/* ---- planner.c: the tswap device that is there ------------------------------------- */

/* the leaf that an area of @check stands for, or NULL */
const struct tswap_leaf_msg *planner_leaf(const struct planner *planner, size_t index);

/* read the module's state: a device's leaves stand behind the areas from then on */
int planner_read_module(struct planner *planner);

/* ---- tswap.c: the tswap device and its area ------------------------------------------ */

/* make the device, unless there is one */
int plan_tswap_create(struct planner *planner);

/* the area, once the first leaf is there; nothing when it is active or planned */
int plan_tswap_area(struct planner *planner);

/* after the leaves: how many slots, and do the leaves cover them? */
int plan_tswap_cover(struct planner *planner);

/* ---- leaf.c ---------------------------------------------------------------------------- */

/* a leaf that the configuration names: keep it, or change it while it runs */
int plan_leaf(struct planner *planner, struct plan_unit *unit, size_t index);

/* an active area that the configuration wants as a leaf */
int plan_leaf_convert(struct planner *planner, struct plan_unit *unit, size_t index);

/* ---- ranks.c: tiers that the module has ------------------------------------------------ */

/* before the devices, so that a new tier finds its rank free */
int plan_ranks(struct planner *planner);
/* after them, so that the tiers are there */
int plan_policies(struct planner *planner);

/* ---- back.c: from the redirect layer to the direct one --------------------------------- */

/* a leaf that the configuration names */
int plan_back_leaf(struct planner *planner, struct plan_unit *unit, size_t index);
/* the steps, now that all leaves are known; -ENOSPC, -EBUSY with the sentence */
int plan_back_end(struct planner *planner);

/* ---- set.c: [zswap] and [cgroup] ------------------------------------------------- */

int plan_settings(struct planner *planner);

/**
 * plan_refused() - turn the last refusal into a unit, so that others can go on
 * @n_units:  how many units there were before the one that was refused
 */
int plan_refused(struct planner *planner, size_t n_units, const char *tier,
		 const char *object, int err);

#endif
