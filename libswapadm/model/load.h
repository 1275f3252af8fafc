/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is active now, and which line of the configuration means it: the ground of both
 * the model and the plans. On the redirect layer the leaves of the tswap device are among
 * what is active, and its own area is not.
 */
#ifndef SWAPADM_LOAD_H
#define SWAPADM_LOAD_H

#include "kernel/area.h"
#include "kernel/fsdev.h"
#include "model/model.h"
#include "module/snapshot.h"
#include "state/state.h"

/**
 * struct active - a device that takes pages: an area, or a leaf
 * @dev:      in the arena of the model; path, size, use and priority are there
 * @leaf:     of the tswap device; NULL: an area of its own
 * @record:   of the state, NULL: not attached by swapadm
 * @claimed:  a line of the configuration means it
 */
struct active {
	struct model_device *dev;
	const struct tswap_leaf_msg *leaf;
	const struct state_device *record;
	bool claimed;
};

struct load {
	struct swapadm_ctx *ctx;
	struct swapadm_conf *conf;
	struct swapadm_model *model; /* borrowed; its arena has the devices */
	unsigned flags;
	const struct snapshot *redirect; /* borrowed, or NULL: the direct layer */
	struct state state;
	struct fsdev_cache fsdevs;
	struct active *active; /* areas in the kernel's order, then leaves */
	size_t n_active;
};

/**
 * load_begin() - what is active, each with a device of @model
 * @strict:    for a change: signatures are compared too, and a state that can't be read
 *             is a failure; else only tiers are not known
 * @redirect:  the tswap device, or NULL
 * @load:      end with load_end(), also on failure; its state lacks the records of
 *             devices whose names lead to something else by now
 *
 * Return: 0; -ENOMEM; -EBADMSG; else -errno of reading /proc/swaps or the state.
 */
int load_begin(struct swapadm_ctx *ctx, struct swapadm_conf *conf, unsigned flags,
	       bool strict, const struct snapshot *redirect, struct swapadm_model *model,
	       struct load *load);
void load_end(struct load *load);

/* the active device of a record, or NULL */
struct active *load_of_record(const struct load *load, const struct state_device *record);

/* load_begin(), sorted into the tiers of @model: the load() of both layers */
int load_model(struct swapadm_ctx *ctx, struct swapadm_conf *conf, unsigned flags,
	       const struct snapshot *redirect, struct swapadm_model *model);

/* ---- device.c -------------------------------------------------------------------- */

/* a device from an area, and from a leaf, into @active; -ENOMEM */
int load_fill_area(struct load *load, const struct area *area, struct active *active);
int load_fill_leaf(struct load *load, const struct tswap_leaf_msg *leaf,
		   struct active *active);

/* the record of an active device, when the state has one */
int load_attach_record(struct load *load, struct active *active);

/* a device that is configured and not active */
int load_inactive(struct load *load, const struct swapadm_devspec *spec,
		  struct model_device **out);

/* what the configuration asks of a device */
int load_set_spec(struct load *load, struct model_device *dev,
		  const struct swapadm_devspec *spec);

/* a device that swapadm attached and that is not active any more */
int load_recorded(struct load *load, const struct state_device *record,
		  struct model_device *dev);

/* ---- match.c --------------------------------------------------------------------- */

/**
 * struct match - what a line of the configuration means
 * @active:   a device that no line before it meant; NULL: none
 * @taken:    it is active, but another line has it already
 */
struct match {
	struct active *active;
	bool taken;
};

/**
 * load_match() - which active devices the lines of a tier mean
 * @matches:  one a device of @tier, zeroed; what they mean is marked as claimed
 */
void load_match(struct load *load, const struct swapadm_conf_tier *tier,
		struct match *matches);

/* does a line of any tier name it by path or tag? */
bool load_is_named(struct load *load, const struct active *active);

#endif
