/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the parts of load() share. Both layers sort what is attached into tiers in the same
 * way; on the redirect layer the leaves of the tswap device stand beside the areas.
 */
#ifndef SWAPADM_LOAD_H
#define SWAPADM_LOAD_H

#include "kernel/area.h"
#include "kernel/fsdev.h"
#include "model/model.h"
#include "module/snapshot.h"
#include "state/state.h"

/**
 * struct found - an active area and the device made from it
 * @leaf:     of the tswap device; @area is then made up from it. NULL: an area of its own
 * @record:   of the state, NULL: not attached by swapadm
 * @claimed:  it has its tier
 */
struct found {
	const struct area *area;
	const struct tswap_leaf_msg *leaf;
	struct model_device *dev;
	const struct state_device *record;
	bool claimed;
};

struct load {
	struct swapadm_ctx *ctx;
	struct swapadm_conf *conf;
	struct swapadm_model *model;
	unsigned flags;
	const struct snapshot *redirect; /* or NULL: the direct layer */
	struct area_list areas;
	struct state state;
	struct fsdev_cache fsdevs;
	struct found *found; /* one an area */
};

/* direct_device.c: fill a device from its area */
int load_fill(struct load *load, struct found *found);

/* direct_device.c: a device that is configured and not active */
int load_inactive(struct load *load, const struct swapadm_devspec *spec,
		  struct model_device **out);

/* direct_device.c: what the configuration asks of a device */
int load_set_spec(struct load *load, struct model_device *dev,
		  const struct swapadm_devspec *spec);

/**
 * struct hit - what a configured device is
 * @found:  an area that nothing claimed before; NULL: none
 * @taken:  an area, but another line of the configuration has it already
 */
struct hit {
	struct found *found;
	bool taken;
};

/* direct_device.c: fill a device that swapadm attached and that is not active any more */
int load_recorded(struct load *load, const struct state_device *record,
		  struct model_device *dev);

/* the load() of both layers; @redirect NULL: the direct one */
int load_model(struct swapadm_ctx *ctx, struct swapadm_conf *conf, unsigned flags,
	       const struct snapshot *redirect, struct swapadm_model *model);

/**
 * load_match() - which active areas the devices of a configured tier are
 * @hits:  one a device of @tier, zeroed; the areas are marked as claimed
 */
void load_match(struct load *load, const struct swapadm_conf_tier *tier,
		struct hit *hits);

#endif
