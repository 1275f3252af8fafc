/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rules of cgroups that the tswap module has, as properties of cgroups. */
#ifndef SWAPADM_USAGE_RULES_H
#define SWAPADM_USAGE_RULES_H

#include "kernel/memcg.h"
#include "module/snapshot.h"

/* of the first tswap device; none without the module, or where it can't be asked */
void usage_rules_read(struct swapadm_ctx *ctx, struct snapshot *out);

/**
 * usage_rules_add() - fill in the rule that holds for a cgroup
 * @cg:  its @path is set; .tiers and .tiers_from are to be freed with free()
 *
 * Return: 0; -ENOMEM.
 */
int usage_rules_add(struct swapadm_ctx *ctx, const struct snapshot *rules,
		    const struct memcg_mount *mount, struct swapadm_cgroup *cg);

#endif
