/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rules of cgroups that the tswap module has, as properties of cgroups. */
#ifndef SWAPADM_USAGE_RULES_H
#define SWAPADM_USAGE_RULES_H

#include "conf/conf.h"
#include "kernel/memcg.h"
#include "module/snapshot.h"

/* of the first tswap device; none without the module, or where it can't be asked */
void usage_rules_read(struct swapadm_ctx *ctx, struct snapshot *out);

/* the rule of a cgroup itself; NULL: it has none */
struct tswap_cgroup_msg *usage_rules_find(const struct snapshot *rules, uint64_t id);

/**
 * usage_rule_want() - the rule that a [cgroup] with tiers asks for
 * @id:  of the cgroup
 *
 * Return: 0; -errno of reading how much memory there is.
 */
int usage_rule_want(struct swapadm_ctx *ctx, const struct swapadm_conf_cgroup *cgroup,
		    uint64_t id, struct tswap_cgroup_msg *rule);
bool usage_rule_same(const struct tswap_cgroup_msg *a, const struct tswap_cgroup_msg *b);

/**
 * usage_rules_add() - fill in the rule that holds for a cgroup
 * @cg:  its @path is set; .tiers and .tiers_from are to be freed with free()
 *
 * Return: 0; -ENOMEM.
 */
int usage_rules_add(struct swapadm_ctx *ctx, const struct snapshot *rules,
		    const struct memcg_mount *mount, struct swapadm_cgroup *cg);

#endif
