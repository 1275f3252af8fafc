/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which of the kernel's own tiers a cgroup may use, as a property of it. */
#ifndef SWAPADM_USAGE_KTIERS_H
#define SWAPADM_USAGE_KTIERS_H

#include "kernel/ktiers.h"

struct usage_ktiers {
	struct ktiers tiers;
	struct ktier_masks masks;
};

/* empty on a kernel without them; free it with usage_ktiers_free() */
void usage_ktiers_read(struct swapadm_ctx *ctx, struct usage_ktiers *out);
void usage_ktiers_free(struct usage_ktiers *kt);

/**
 * usage_ktiers_add() - fill in what the mask of a cgroup allows
 * @cg:  its @path is set; a rule of the tswap module stays
 *
 * The kernel does not pass masks on to the groups below. Return: 0; -ENOMEM.
 */
int usage_ktiers_add(const struct usage_ktiers *kt, const struct swapadm_model *model,
		     struct swapadm_cgroup *cg);

#endif
