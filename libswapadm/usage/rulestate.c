/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Do the tiers hold that [cgroup] sections ask for? A rule goes with its cgroup, and the
 * one that is made next at the same path has none until the next apply.
 */
#include "kernel/cgroupid.h"
#include "usage/ktiers.h"
#include "usage/rules.h"

#define FULL_PCT 98 /* of a tier or a limit: what is left goes by as pages come and go */

struct swapadm_rules {
	struct swapadm_conf *conf; /* the paths are its own */
	struct swapadm_rule *items;
	size_t n;
};

/* what all of them are judged by */
struct judge {
	struct swapadm_ctx *ctx;
	const struct swapadm_model *model;
	struct memcg_mount mount;
	struct snapshot state;
	struct usage_ktiers ktiers;
	enum swapadm_rule_state all; /* _HOLDS: look at each */
};

static enum swapadm_rule_state ask_module(struct judge *judge)
{
	_cleanup_(tswap_client_closep) struct tswap_client *client = NULL;

	if (judge->ctx->foreign_root || !tswap_loaded(judge->ctx) ||
	    tswap_client_open(judge->ctx, &client) ||
	    snapshot_read(client, &judge->state) ||
	    snapshot_read_rules(client, &judge->state))
		return SWAPADM_RULE_UNKNOWN;
	return judge->state.old ? SWAPADM_RULE_OLD_MODULE : SWAPADM_RULE_HOLDS;
}

static enum swapadm_rule_state ask_all(struct judge *judge,
				       const struct swapadm_conf *conf)
{
	if (memcg_mount_find(judge->ctx, &judge->mount) || !judge->mount.version)
		return SWAPADM_RULE_UNKNOWN; /* apply says so */
	if (judge->mount.version == 1)
		return SWAPADM_RULE_NOT_HERE;
	if (swapadm_model_layer(judge->model) == SWAPADM_LAYER_REDIRECT)
		return ask_module(judge);
	if (swapadm_conf_layer(conf) == SWAPADM_LAYER_REDIRECT)
		return SWAPADM_RULE_UNKNOWN; /* degraded, or not applied yet */
	usage_ktiers_read(judge->ctx, &judge->ktiers);
	return judge->ktiers.tiers.n ? SWAPADM_RULE_HOLDS : SWAPADM_RULE_NOT_HERE;
}

static bool is_full(uint64_t used, uint64_t size)
{
	return used >= size - size * (100 - FULL_PCT) / 100;
}

/* is nothing free on the leaves of a tier that take pages? */
static bool tier_is_full(const struct snapshot *state, const char *tier, size_t len)
{
	uint64_t pages = 0, used = 0;

	for (size_t i = 0; i < state->n_leaves; i++) {
		const struct tswap_leaf_msg *leaf = &state->leaves[i];

		if (strncmp(leaf->tier, tier, len) != 0 || leaf->tier[len] ||
		    leaf->state != TSWAP_LEAF_ACTIVE)
			continue;
		pages += u64_minus(leaf->pages, leaf->bad);
		used += leaf->used;
	}
	return is_full(used, pages);
}

static bool has_no_room(const struct snapshot *state, const struct tswap_cgroup_msg *rule)
{
	const char *tier = rule->tiers;

	for (size_t i = 0; i < TSWAP_CGROUP_TIERS && *tier; i++) {
		size_t len = strcspn(tier, ",");
		bool limited = rule->limit[i] && is_full(rule->used[i], rule->limit[i]);

		if (!limited && !tier_is_full(state, tier, len))
			return false;
		tier += len + (tier[len] == ',');
	}
	return true;
}

static void judge_rule(struct judge *judge, const struct swapadm_conf_cgroup *cgroup,
		       uint64_t id, struct swapadm_rule *out)
{
	const struct tswap_cgroup_msg *rule = usage_rules_find(&judge->state, id);
	struct tswap_cgroup_msg want;

	out->state = SWAPADM_RULE_UNSET;
	if (!rule)
		return;
	out->refused_writes = rule->refused;
	out->state = SWAPADM_RULE_HOLDS;
	if (usage_rule_want(judge->ctx, cgroup, id, &want) == 0 &&
	    !usage_rule_same(rule, &want))
		out->state = SWAPADM_RULE_DIFFERS;
	out->no_room = rule->mode == TSWAP_CGROUP_STRICT &&
		       has_no_room(&judge->state, rule);
}

static void judge_one(struct judge *judge, const struct swapadm_conf_cgroup *cgroup,
		      struct swapadm_rule *out)
{
	char folder[5200];
	uint64_t id;

	out->cgroup = cgroup->path;
	out->state = judge->all;
	if (judge->all != SWAPADM_RULE_HOLDS)
		return;
	snprintf(folder, sizeof(folder), "%s%s", judge->mount.path, cgroup->path);
	if (cgroupid_get(judge->ctx, folder, &id))
		out->state = SWAPADM_RULE_NO_CGROUP;
	else if (!judge->ktiers.tiers.n)
		judge_rule(judge, cgroup, id, out);
	else if (!ktier_masks_find(&judge->ktiers.masks, cgroup->path))
		out->state = SWAPADM_RULE_UNSET;
}

SWAPADM_API int swapadm_rules_load(struct swapadm_ctx *ctx,
				   const struct swapadm_model *model,
				   const struct swapadm_conf *conf,
				   struct swapadm_rules **out)
{
	CTX_CALL(ctx);
	struct judge judge = { .ctx = ctx, .model = model };
	struct swapadm_rules *rules;
	size_t n;

	if (!ctx || !model || !conf || !out)
		return -EINVAL;
	n = swapadm_conf_n_cgroups(conf);
	rules = calloc(1, sizeof(*rules));
	if (!rules)
		return -ENOMEM;
	rules->conf = swapadm_conf_ref((struct swapadm_conf *)conf);
	rules->items = calloc(n + 1, sizeof(*rules->items));
	if (!rules->items) {
		swapadm_rules_free(rules);
		return -ENOMEM;
	}
	for (size_t i = 0; i < n; i++) {
		const struct swapadm_conf_cgroup *cgroup = swapadm_conf_cgroup(conf, i);

		if (!cgroup->n_tiers)
			continue;
		if (!rules->n)
			judge.all = ask_all(&judge, conf);
		judge_one(&judge, cgroup, &rules->items[rules->n++]);
	}
	snapshot_free(&judge.state);
	usage_ktiers_free(&judge.ktiers);
	*out = rules;
	return 0;
}

SWAPADM_API struct swapadm_rules *swapadm_rules_free(struct swapadm_rules *rules)
{
	if (!rules)
		return NULL;
	swapadm_conf_unref(rules->conf);
	free(rules->items);
	free(rules);
	return NULL;
}

SWAPADM_API size_t swapadm_rules_n(const struct swapadm_rules *rules)
{
	return rules ? rules->n : 0;
}

SWAPADM_API const struct swapadm_rule *
swapadm_rules_get(const struct swapadm_rules *rules, size_t i)
{
	return rules && i < rules->n ? &rules->items[i] : NULL;
}
