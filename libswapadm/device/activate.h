/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* swapon(2), on the descriptor that was checked. */
#ifndef SWAPADM_ACTIVATE_H
#define SWAPADM_ACTIVATE_H

#include "device/check.h"

/**
 * activate() - make a checked device an active area
 * @prio:     0 to 32767; below: the kernel chooses one below 0
 * @discard:  what the kernel is to discard; ignored by it where the device can't
 *
 * The name is compared with what was checked before and after. Return: 0; -ESTALE the
 * name was moved, nothing is active; -EBUSY; -EPERM; -EINVAL; -ENOMEM; else -errno of
 * swapon(2). The sentence is set.
 */
int activate(struct swapadm_ctx *ctx, const struct target *target, int prio,
	     enum swapadm_discard discard);

/* flags of swapon(2) */
int activate_flags(int prio, enum swapadm_discard discard);

#endif
