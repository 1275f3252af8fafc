/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The redirect layer: one tswap device is the swap area, its leaves are the devices of the
 * tiers, and the kernel module moves pages between them.
 *
 * swapadm runs one tswap device, the one with the lowest number; areas beside it are shown
 * and handled as on the direct layer.
 */
#ifndef SWAPADM_REDIRECT_H
#define SWAPADM_REDIRECT_H

#include "kernel/area.h"
#include "model/model.h"
#include "module/client.h"

/* part of their room that the leaves that stay must spare: tswap/capacity.c */
#define REDIRECT_RESERVE 64

/**
 * struct redirect_state - what the module tells
 * @tiers:  leaves name their tiers themselves: only who plans asks for more about them
 */
struct redirect_state {
	struct tswap_device_msg device;
	struct tswap_leaf_msg *leaves;
	size_t n_leaves;
	struct tswap_tier_msg *tiers;
	size_t n_tiers;
};

/**
 * redirect_read() - the tswap device with its leaves
 * @client:  connection, borrowed
 * @out:     free with redirect_state_free(); untouched on failure
 *
 * Return: 0; -ENODEV the module has no device; else as tswap_dump().
 */
int redirect_read(struct tswap_client *client, struct redirect_state *out);

/* its tiers, too; as tswap_dump() */
int redirect_read_tiers(struct tswap_client *client, struct redirect_state *state);
void redirect_state_free(struct redirect_state *state);

/* the area that a leaf would be, for what sorts areas into tiers; -ENOMEM */
int redirect_leaf_as_area(const struct tswap_leaf_msg *leaf, struct area *out);

/* what the module tells of a leaf, into the device made from it; -ENOMEM */
int redirect_fill(struct swapadm_model *model, struct model_device *dev,
		  const struct tswap_leaf_msg *leaf, uint32_t tswap_id);

/* 0 the module is loaded and has a device; -EPROTONOSUPPORT; needs no privilege */
int redirect_probe(struct swapadm_ctx *ctx);

int redirect_load(struct swapadm_ctx *ctx, struct swapadm_conf *conf, unsigned flags,
		  struct swapadm_model *model);
/**
 * redirect_take_down() - delete a tswap device that is no active area any more
 * @path:     "/dev/tswap0"
 * @persist:  also take its leaves out of the drop-in
 *
 * Then the leaves are nobody's: zram devices that swapadm made are taken away, the others
 * stay as they are, and the state forgets all of them.
 * Return: 0; -EBUSY it is an active area, or open; -ENODEV; else as tswap_call().
 */
int redirect_take_down(struct swapadm_ctx *ctx, const char *path, bool persist);

/* only delete the device; its leaves stay as they are, and recorded */
int redirect_delete(struct swapadm_ctx *ctx, const char *path);

int redirect_drain_prepare(struct swapadm_ctx *ctx, struct swapadm_model *model,
			   const struct swapadm_drain_req *req,
			   struct swapadm_drain **out);
int redirect_migrate_prepare(struct swapadm_ctx *ctx, struct swapadm_model *model,
			     const struct swapadm_migrate_req *req,
			     struct swapadm_drain **out);
int redirect_plan_add(struct swapadm_ctx *ctx, struct swapadm_conf *conf,
		      const char *tier, int rank,
		      const struct swapadm_devspec *const *specs, size_t n,
		      unsigned flags, struct swapadm_plan **out);
int redirect_plan_apply(struct swapadm_ctx *ctx, struct swapadm_conf *conf,
			unsigned flags, struct swapadm_plan **out);
int redirect_cordon_prepare(struct swapadm_ctx *ctx, struct swapadm_model *model,
			    const char *word, bool on, struct swapadm_cordon **out);

#endif
