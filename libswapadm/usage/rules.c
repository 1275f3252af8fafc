/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "usage/rules.h"

#include "kernel/cgroupid.h"
#include "kernel/pagesize.h"

void usage_rules_read(struct swapadm_ctx *ctx, struct snapshot *out)
{
	_cleanup_(tswap_client_closep) struct tswap_client *client = NULL;

	*out = (struct snapshot){ 0 };
	if (ctx->foreign_root || !tswap_loaded(ctx) || tswap_client_open(ctx, &client))
		return;
	if (snapshot_read(client, out) == 0)
		snapshot_read_rules(client, out);
}

struct tswap_cgroup_msg *usage_rules_find(const struct snapshot *rules, uint64_t id)
{
	for (size_t i = 0; i < rules->n_rules; i++)
		if (rules->rules[i].id == id)
			return &rules->rules[i];
	return NULL;
}

/* whole pages, one at least; 0: no limit */
static int max_pages(struct swapadm_ctx *ctx, const struct swapadm_size *max,
		     uint64_t *pages)
{
	uint64_t page_bytes = ctx_page_bytes(ctx), bytes = max->value;
	struct swapadm_mem_stats mem = { 0 };
	int r = 0;

	*pages = 0;
	if (max->unit == SWAPADM_SIZE_NONE)
		return 0;
	if (max->unit == SWAPADM_SIZE_PCT_RAM) {
		r = swapadm_mem_get_stats(ctx, &mem);
		bytes = mem.total_bytes / 100 * max->value;
	}
	*pages = bytes > page_bytes ? bytes / page_bytes : 1;
	return r;
}

int usage_rule_want(struct swapadm_ctx *ctx, const struct swapadm_conf_cgroup *cgroup,
		    uint64_t id, struct tswap_cgroup_msg *rule)
{
	size_t len = 0;
	int r = 0;

	*rule = (struct tswap_cgroup_msg){
		.present = TSWAP_BIT(TSWAP_A_CGROUP_DEVICE) |
			   TSWAP_BIT(TSWAP_A_CGROUP_ID) | TSWAP_BIT(TSWAP_A_CGROUP_MODE) |
			   TSWAP_BIT(TSWAP_A_CGROUP_TIERS) |
			   TSWAP_BIT(TSWAP_A_CGROUP_LIMIT),
		.id = id,
		.mode = cgroup->tiers_prefer ? TSWAP_CGROUP_PREFER : TSWAP_CGROUP_STRICT,
	};
	for (size_t i = 0; !r && i < cgroup->n_tiers; i++) {
		len += (size_t)snprintf(rule->tiers + len, sizeof(rule->tiers) - len,
					"%s%s", i ? "," : "", cgroup->tiers[i].tier);
		r = max_pages(ctx, &cgroup->tiers[i].max, &rule->limit[i]);
	}
	return r;
}

bool usage_rule_same(const struct tswap_cgroup_msg *a, const struct tswap_cgroup_msg *b)
{
	return a->mode == b->mode && streq(a->tiers, b->tiers) &&
	       !memcmp(a->limit, b->limit, sizeof(a->limit));
}

/* "ssd:4G, hdd" */
char *usage_rule_tiers(const struct tswap_cgroup_msg *rule)
{
	uint64_t page_bytes = own_page_bytes();
	const char *name = rule->tiers;
	char buf[2 * sizeof(rule->tiers)];
	size_t len = 0;

	for (size_t i = 0; i < TSWAP_CGROUP_TIERS && name; i++) {
		size_t n = strcspn(name, ",");

		len += (size_t)snprintf(buf + len, sizeof(buf) - len, "%s%.*s",
					i ? ", " : "", (int)n, name);
		if (rule->limit[i])
			len += (size_t)snprintf(
				buf + len, sizeof(buf) - len, ":%s",
				words_exact(rule->limit[i] * page_bytes).text);
		name = name[n] ? name + n + 1 : NULL;
	}
	return strdup(buf);
}

static int fill(const struct tswap_cgroup_msg *rule, const char *path,
		struct swapadm_cgroup *cg)
{
	cg->tiers = usage_rule_tiers(rule);
	cg->tiers_from = strdup(path);
	cg->tiers_prefer = rule->mode == TSWAP_CGROUP_PREFER;
	cg->refused_writes = rule->refused;
	cg->outside_bytes = rule->other * own_page_bytes();
	return cg->tiers && cg->tiers_from ? 0 : -ENOMEM;
}

const struct tswap_cgroup_msg *usage_rules_of(struct swapadm_ctx *ctx,
					      const struct snapshot *rules,
					      const struct memcg_mount *mount,
					      char path[4096])
{
	char folder[5200];
	uint64_t id;

	while (rules->n_rules && mount->version == 2) {
		const struct tswap_cgroup_msg *rule = NULL;
		char *slash = strrchr(path, '/');

		snprintf(folder, sizeof(folder), "%s%s", mount->path, path);
		if (cgroupid_get(ctx, folder, &id) == 0)
			rule = usage_rules_find(rules, id);
		if (rule || !slash || !slash[1])
			return rule;
		slash[slash == path] = '\0';
	}
	return NULL;
}

int usage_rules_add(struct swapadm_ctx *ctx, const struct snapshot *rules,
		    const struct memcg_mount *mount, struct swapadm_cgroup *cg)
{
	const struct tswap_cgroup_msg *rule;
	char path[4096];

	snprintf(path, sizeof(path), "%s", cg->path);
	rule = usage_rules_of(ctx, rules, mount, path);
	return rule ? fill(rule, path, cg) : 0;
}

/* ---- room -------------------------------------------------------------------------- */

int usage_rule_index(const struct tswap_cgroup_msg *rule, const char *tier)
{
	const char *name = rule->tiers;

	for (int i = 0; i < TSWAP_CGROUP_TIERS; i++) {
		size_t n = strcspn(name, ",");

		if (n && n == strlen(tier) && memcmp(name, tier, n) == 0)
			return i;
		if (!name[n])
			break;
		name += n + 1;
	}
	return -ENOENT;
}

uint64_t usage_rule_left_bytes(const struct tswap_cgroup_msg *rule, int index)
{
	uint64_t page_bytes = own_page_bytes();

	if (!rule->limit[index])
		return UINT64_MAX;
	return u64_minus(rule->limit[index], rule->used[index]) * page_bytes;
}

uint64_t usage_rule_used_bytes(const struct tswap_cgroup_msg *rule)
{
	uint64_t pages = 0;

	for (size_t i = 0; i < TSWAP_CGROUP_TIERS; i++)
		pages += rule->used[i];
	return pages * own_page_bytes();
}

uint64_t usage_leaves_room_bytes(const struct snapshot *state, const char *tier)
{
	uint64_t pages = 0;

	for (size_t i = 0; i < state->n_leaves; i++) {
		const struct tswap_leaf_msg *leaf = &state->leaves[i];

		if (leaf->state == TSWAP_LEAF_ACTIVE &&
		    (!tier || streq(leaf->tier, tier)))
			pages += u64_minus(leaf->pages, leaf->used);
	}
	return pages * own_page_bytes();
}

uint64_t usage_rule_room_bytes(const struct snapshot *state,
			       const struct tswap_cgroup_msg *rule)
{
	const char *name = rule->tiers;
	uint64_t room = 0;

	for (int i = 0; i < TSWAP_CGROUP_TIERS; i++) {
		size_t n = strcspn(name, ",");
		char tier[TSWAP_NAME_MAX];

		snprintf(tier, sizeof(tier), "%.*s", (int)n, name);
		room += u64_min(usage_leaves_room_bytes(state, tier),
				usage_rule_left_bytes(rule, i));
		if (!name[n])
			break;
		name += n + 1;
	}
	return room;
}
