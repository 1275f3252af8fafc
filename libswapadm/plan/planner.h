/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What planning looks at, on both layers, and its parts. */
#ifndef SWAPADM_PLANNER_H
#define SWAPADM_PLANNER_H

#include "model/load.h"
#include "module/snapshot.h"
#include "plan/plan.h"

/**
 * struct planner - one planning
 * @check:       areas and mounts as they are now
 * @redirect:    the tswap device, when there is one and the plan has to know
 * @load:        what is active, which line means what, what swapadm attached; its devices
 *               are in the arena of @model, which gets no tiers
 */
struct planner {
	struct swapadm_ctx *ctx;
	struct swapadm_conf *conf; /* or NULL */
	struct swapadm_plan *plan;
	struct check check;
	struct snapshot redirect;
	struct swapadm_model *model;
	struct load load;
	char tswap_path[40]; /* of its area, "" none */
};

/* all that a caller may ask for */
#define PLAN_FLAGS                                                        \
	(SWAPADM_PLAN_FORMAT | SWAPADM_PLAN_PRUNE | SWAPADM_PLAN_RERANK | \
	 SWAPADM_PLAN_PERSIST | SWAPADM_PLAN_FORCE | SWAPADM_PLAN_LOAD |  \
	 SWAPADM_PLAN_SELFTEST)

/**
 * planner_begin() - look at everything that planning needs
 * @module:  also at the tswap module, when it is loaded
 *
 * End with planner_end(), also on failure.
 * Return: 0; -errno with the sentence.
 */
int planner_begin(struct swapadm_ctx *ctx, struct swapadm_conf *conf, unsigned flags,
		  const char *holder, bool module, struct planner *planner);
void planner_end(struct planner *planner);

/* is there a tswap device? known also when its module is not of our version */
bool plan_has_tswap(struct swapadm_ctx *ctx);

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
 * plan_tiers_settle() - the rank of the tier that devices are added to
 * @rank:  wanted, or SWAPADM_RANK_NONE
 *
 * As plan_tiers_resolve(), but a new tier without a wanted rank comes behind every active
 * area that is faster than its devices. Where that can't be, or is not wanted, it becomes
 * a WARN step.
 */
int plan_tiers_settle(struct planner *planner, const char *name, int rank,
		      const struct swapadm_devspec *const *specs, size_t n,
		      struct planned_tier *out);

/**
 * plan_tiers_check_order() - do foreign areas come before the fastest tier?
 * @rank:     of the tier that is added to
 * @slowest:  of what is added to it; what is faster may come before all; 0: not known
 *
 * Foreign areas that lie between tiers, or share a priority with one, become WARN
 * steps.
 * Return: 0; -EPROTONOSUPPORT, the sentence names the area and the remedy.
 */
int plan_tiers_check_order(struct planner *planner, int rank, int slowest);

/* ---- device.c: one device -------------------------------------------------------- */

/*
 * plan what brings a device that is not an active area into a tier; refusals as
 * check_device()
 */
int plan_device(struct planner *planner, const struct planned_tier *tier,
		const struct swapadm_devspec *spec);

/**
 * struct plan_name - a device line whose paths mean the same everywhere
 * @spec:  with absolute paths; the rest is borrowed
 */
struct plan_name {
	struct swapadm_devspec spec;
	char *word, *writeback;
};

/*
 * before an area or a leaf is taken out of use to be attached in another way: would it be
 * taken then? What others have activated need not be
 */
int plan_fitness(struct planner *planner, const char *path);

/* also on failure: end with plan_name_done() */
int plan_name(struct planner *planner, const struct swapadm_devspec *spec,
	      struct plan_name *out);
void plan_name_done(struct plan_name *name);

/*
 * resolved size of a zram or swap file, in whole pages; -ERANGE, -EIO with the sentence
 */
int plan_size(struct swapadm_ctx *ctx, const struct swapadm_devspec *spec,
	      uint64_t *bytes);
/* likewise what mem-limit= gives a zram, 0: none */
int plan_limit(struct swapadm_ctx *ctx, const struct swapadm_devspec *spec,
	       uint64_t *bytes);

/* ---- drain.c: areas that go ------------------------------------------------------ */

/**
 * plan_fits() - may an area be drained? asks the layer's drain planning
 * Return: 0; -SWAPADM_ENOROOM; -EBUSY a job has it; else -errno. The sentence is set.
 */
int plan_fits(struct swapadm_ctx *ctx, struct swapadm_conf *conf, const char *path,
	      unsigned flags);

/**
 * struct plan_verdict - of a drain that comes after other steps
 * @extra_bytes:   room that there will be by then
 * @predicted_ns:  how long it will take, 0: unknown
 */
struct plan_verdict {
	uint64_t extra_bytes, predicted_ns;
};

/* as plan_fits() */
int plan_fits_with(struct swapadm_ctx *ctx, struct swapadm_conf *conf, const char *path,
		   unsigned flags, struct plan_verdict *verdict);

/* as plan_drain(), to a device or tier; NULL: where it fits */
int plan_drain_to(struct swapadm_ctx *ctx, struct swapadm_conf *conf, const char *path,
		  const char *to, unsigned flags);

/*
 * drain it by a job and wait for that; as plan_fits(), -ECANCELED, -ECHILD, or the job's
 */
int plan_drain(struct swapadm_ctx *ctx, struct swapadm_conf *conf, const char *path,
	       unsigned flags);

/*
 * a job that was killed in its swapoff(2), which is still under way: what it is at may
 * vanish yet, or stay
 */
bool plan_find_orphan(struct swapadm_ctx *ctx, struct swapadm_progress *job);

/* until there is none; true: there was one, what was planned before is stale */
bool plan_await_orphans(const struct swapadm_plan *plan);

/*
 * -EBUSY: a job has the device that is not to be waited for, a removal or a paused drain
 */
int plan_check_claim(struct swapadm_ctx *ctx, const char *path);

/* is an area about to go? @id: the job that drains it */
bool plan_is_draining(struct swapadm_ctx *ctx, const char *path, char id[16]);

/* ---- apply.c --------------------------------------------------------------------- */

/* all that the configuration names, and what it no longer names */
int plan_configuration(struct planner *planner);

/* ---- tswap.c: the tswap device and its area -------------------------------------- */

/* make the device, unless there is one */
int plan_tswap_create(struct planner *planner);

/* the area, once the first leaf is there; nothing when it is active or planned */
int plan_tswap_area(struct planner *planner);

/*
 * after the leaves: how many slots, and do the leaves cover them? @go_on: a size that is
 * too large for the memory becomes that of the leaves, and a refusal among the steps
 */
int plan_tswap_cover(struct planner *planner, bool go_on);

/* ---- leaf.c ---------------------------------------------------------------------- */

/* a leaf that the configuration names: keep it, or change it while it runs */
int plan_leaf(struct planner *planner, struct plan_unit *unit,
	      const struct active *active);

/* an active area that the configuration wants as a leaf */
int plan_leaf_convert(struct planner *planner, struct plan_unit *unit,
		      const struct active *active);

/* ---- ranks.c: tiers that the module has ------------------------------------------ */

/* before the devices, so that a new tier finds its rank free */
int plan_ranks(struct planner *planner);
/* after them, so that the tiers are there */
int plan_policies(struct planner *planner);

/* ---- back.c: from the redirect layer to the direct one --------------------------- */

/* a leaf that the configuration names */
int plan_back_leaf(struct planner *planner, struct plan_unit *unit,
		   const struct active *active);
/* the steps, now that all leaves are known; -SWAPADM_ENOROOM, -EBUSY with the sentence */
int plan_back_end(struct planner *planner);

/* ---- dropin.c: the line of a device that stays ------------------------------------ */

/* with --persist: a step that writes it, unless a file has it so already */
int plan_drop_in(struct planner *planner, const struct planned_tier *tier,
		 const struct active *active, const struct swapadm_devspec *spec);

/* ---- set.c: [zswap] and [cgroup] ------------------------------------------------- */

int plan_settings(struct planner *planner);

/* ---- rules.c: the tiers that a cgroup may use ------------------------------------- */

/* -EPROTONOSUPPORT on the direct layer, with the sentence */
int plan_rule(struct planner *planner, const char *folder,
	      const struct swapadm_conf_cgroup *cgroup);

/* ---- ktiers.c: likewise, where the kernel has tiers of its own -------------------- */

/**
 * plan_mask() - on the direct layer
 * Return: 0; -EPROTONOSUPPORT the kernel has none, or none of the kind that is asked for.
 */
int plan_mask(struct planner *planner, const char *folder,
	      const struct swapadm_conf_cgroup *cgroup);

/* after them: rules that no [cgroup] speaks of */
int plan_other_rules(struct planner *planner);

/* a step that writes @value to a file of /proc or /sys; @old for its note */
int plan_set(struct planner *planner, const char *path, const char *value,
	     const char *old);
/* the one that was planned last is of @area: record that it is now as @spec has it */
int plan_set_record(struct planner *planner, const char *area,
		    const struct swapadm_devspec *spec);

/**
 * plan_refused() - turn the last refusal into a unit, so that others can go on
 * @n_units:  how many units there were before the one that was refused
 */
int plan_refused(struct planner *planner, size_t n_units, const char *tier,
		 const char *object, int err);

#endif
