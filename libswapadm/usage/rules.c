/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "usage/rules.h"

#include "kernel/cgroupid.h"

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
	uint64_t page_bytes = (uint64_t)sysconf(_SC_PAGESIZE), bytes = max->value;
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
static char *print_tiers(const struct tswap_cgroup_msg *rule)
{
	uint64_t page_bytes = (uint64_t)sysconf(_SC_PAGESIZE);
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
	cg->tiers = print_tiers(rule);
	cg->tiers_from = strdup(path);
	cg->tiers_prefer = rule->mode == TSWAP_CGROUP_PREFER;
	cg->refused_writes = rule->refused;
	cg->outside_bytes = rule->other * (uint64_t)sysconf(_SC_PAGESIZE);
	return cg->tiers && cg->tiers_from ? 0 : -ENOMEM;
}

int usage_rules_add(struct swapadm_ctx *ctx, const struct snapshot *rules,
		    const struct memcg_mount *mount, struct swapadm_cgroup *cg)
{
	char path[4096], folder[5200];
	uint64_t id;

	if (!rules->n_rules || mount->version != 2)
		return 0;
	snprintf(path, sizeof(path), "%s", cg->path);
	for (;;) {
		const struct tswap_cgroup_msg *rule = NULL;
		char *slash;

		snprintf(folder, sizeof(folder), "%s%s", mount->path, path);
		if (cgroupid_get(ctx, folder, &id) == 0)
			rule = usage_rules_find(rules, id);
		if (rule)
			return fill(rule, path, cg);
		slash = strrchr(path, '/');
		if (!slash || !slash[1])
			return 0;
		slash[slash == path] = '\0';
	}
}
