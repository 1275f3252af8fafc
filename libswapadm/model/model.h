/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The model from the inside: a layer's load() adds tiers and devices to an empty one,
 * then model_finish() orders the tiers and adds up their use. All that a model points to
 * lives in its arena, so a failed load needs no unwinding.
 */
#ifndef SWAPADM_MODEL_H
#define SWAPADM_MODEL_H

#include "base/arena.h"
#include "base/ctx.h"

/**
 * struct model_device - a device and what only the library needs
 * @ino:      of a swap file, 0 unknown
 * @leaf_id:  of a leaf, 0: it is none; @tswap_id: the tswap device that has it
 * @line:     of the model's configuration that names it, or NULL; @file: the one it is in
 */
struct model_device {
	struct swapadm_device pub;
	ino_t ino;
	uint32_t leaf_id, tswap_id;
	const struct swapadm_devspec *line;
	const char *file;
};

/**
 * struct model_tier - a tier and what only the library needs
 * @order_prio:  of its rank, or of its areas: tiers are ordered by it
 */
struct model_tier {
	struct swapadm_tier pub;
	struct model_device **devices; /* pub.devices points to the same */
	int order_prio;
	size_t index; /* order in which it was added */
};

struct swapadm_model {
	unsigned refs;
	struct swapadm_ctx *ctx;
	struct swapadm_conf *conf; /* or NULL */
	enum swapadm_layer layer;
	unsigned flags; /* SWAPADM_LOAD_* */
	struct arena arena;
	struct model_tier **tiers;
	size_t n_tiers;
	struct swapadm_usage total;
	const char *degraded; /* why direct runs in place of redirect; or NULL */
	struct swapadm_redirect redirect; /* of the redirect layer */
	struct model_device tswap;        /* its device: in no tier; no path: none */
};

/* an empty model; -ENOMEM with the sentence */
int model_new(struct swapadm_ctx *ctx, struct swapadm_conf *conf, unsigned flags,
	      struct swapadm_model **out);

/**
 * model_add_tier() - a tier without devices
 * @rank:  or SWAPADM_RANK_NONE
 * @prio:  of the rank, or of the areas in it
 */
int model_add_tier(struct swapadm_model *model, const char *name, int rank, int prio,
		   bool is_auto, struct model_tier **out);
struct model_tier *model_find_tier(const struct swapadm_model *model, const char *name);

/* a device of no tier yet: inactive, without priority */
int model_new_device(struct swapadm_model *model, struct model_device **out);
int model_tier_add(struct model_tier *tier, struct model_device *dev);

/* model_jobs.c: devices that a job of the direct layer drains say so; -ENOMEM */
int model_mark_jobs(struct swapadm_model *model);

/* a device that only has pages because others keep them: a leaf of a tswap device */
static inline bool device_is_leaf(const struct swapadm_device *dev)
{
	return ((const struct model_device *)dev)->leaf_id != 0; /* .pub comes first */
}

/* room for new pages: 0 of a device that takes none */
uint64_t device_room_bytes(const struct swapadm_device *dev);

/*
 * save.c: swapadm_model_save(); @in_main: for /etc/swapadm.conf, where a device that a
 * drop-in names must not be named a second time
 */
int model_print(const struct swapadm_model *model, bool in_main, char **out);

/* is it in use, and named by a drop-in? */
bool model_is_in_drop_in(const struct model_device *dev);

/* order the tiers, find their kinds and priorities, add up */
void model_finish(struct swapadm_model *model);

static inline void model_unrefp(struct swapadm_model **model)
{
	swapadm_model_unref(*model);
}

#endif
