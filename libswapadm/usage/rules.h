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

/**
 * usage_rules_of() - the rule that holds for the pages of a cgroup
 * @path:  of the cgroup; becomes that of the one whose rule it is
 *
 * Return: a rule of @rules; NULL: none holds.
 */
const struct tswap_cgroup_msg *usage_rules_of(struct swapadm_ctx *ctx,
					      const struct snapshot *rules,
					      const struct memcg_mount *mount,
					      char path[4096]);

/* "ssd:4G, hdd", to be freed with free(); NULL: no memory */
char *usage_rule_tiers(const struct tswap_cgroup_msg *rule);

/* which of its tiers it is; -ENOENT: none */
int usage_rule_index(const struct tswap_cgroup_msg *rule, const char *tier);

/* what the limit of one of its tiers leaves; UINT64_MAX: it has none */
uint64_t usage_rule_left_bytes(const struct tswap_cgroup_msg *rule, int index);

/* what counts for it, in all its tiers */
uint64_t usage_rule_used_bytes(const struct tswap_cgroup_msg *rule);

/* free in the leaves that take pages, of a tier or (NULL) of all */
uint64_t usage_leaves_room_bytes(const struct snapshot *state, const char *tier);

/* what more its tiers take of its pages, its limits and their leaves considered */
uint64_t usage_rule_room_bytes(const struct snapshot *state,
			       const struct tswap_cgroup_msg *rule);

#endif
