/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The redirect layer: one tswap device is the swap area, its leaves are the devices of
 * the tiers, and the kernel module moves pages between them.
 *
 * swapadm runs one tswap device, the one with the lowest number; areas next to it are
 * shown and handled as on the direct layer.
 */
#ifndef SWAPADM_REDIRECT_H
#define SWAPADM_REDIRECT_H

#include "job/work.h"
#include "model/model.h"

int redirect_load(struct swapadm_ctx *ctx, struct swapadm_conf *conf, unsigned flags,
		  struct swapadm_model *model);
/**
 * redirect_take_down() - delete a tswap device that is not an active area any more
 * @path:     "/dev/tswap0"; any other area is detached as on the direct layer
 * @persist:  also take its leaves out of the drop-in
 *
 * Then the leaves are nobody's: zram devices that swapadm made are taken away, the others
 * stay as they are, and the state forgets all of them.
 * Return: 0; -EBUSY it is an active area, or open; -ENODEV; else as tswap_call().
 */
int redirect_take_down(struct swapadm_ctx *ctx, const char *path, bool persist);

/* only delete the device; its leaves stay as they are, and recorded */
int redirect_delete(struct swapadm_ctx *ctx, const char *path);

/*
 * what workers do: take the leaves away that a job of the kernel has emptied; drain the
 * whole layer, and take it down
 */
extern const struct job_work redirect_remove_work;
extern const struct job_work redirect_drain_work;

/* let the kernel begin the job of .priv, a struct tswap_job_msg */
int redirect_job_begin(struct swapadm_op *op, struct swapadm_job **out);

/* what the worker of a remove has to know; 0; -ENOMEM */
int redirect_remove_save(const struct swapadm_op *op, struct request *req);

/* the redirect layer's way of drain and remove, migrate, cordon and uncordon */
int redirect_drain_prepare(struct swapadm_op *op);
int redirect_migrate_prepare(struct swapadm_op *op);
int redirect_cordon_prepare(struct swapadm_op *op);

#endif
