/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * tiers, tiers-mode, tier-max of [cgroup]: rules of the tswap module, set, changed and
 * cleared.
 *
 * The module names a cgroup by its id, which is the inode number of its directory.
 */
#include "kernel/cgroupid.h"
#include "plan/planner.h"
#include "usage/rules.h"

#define NAMED UINT32_MAX /* in .event, which a dump leaves 0: a [cgroup] speaks of it */

/* ":4G", "" without a limit */
static void print_max(const struct swapadm_size *max, char buf[48])
{
	*buf = '\0';
	if (max->unit == SWAPADM_SIZE_BYTES)
		snprintf(buf, 48, ":%s", words_exact(max->value).text);
	else if (max->unit == SWAPADM_SIZE_PCT_RAM)
		snprintf(buf, 48, ":%ju%%ram", (uintmax_t)max->value);
}

/* "tiers = ssd:4G, hdd (strict)" */
static void print_rule(const struct swapadm_conf_cgroup *cgroup, char *buf, size_t size)
{
	size_t len = (size_t)snprintf(buf, size, "tiers = ");
	char max[48];

	for (size_t i = 0; i < cgroup->n_tiers && len < size; i++) {
		print_max(&cgroup->tiers[i].max, max);
		len += (size_t)snprintf(buf + len, size - len, "%s%s%s", i ? ", " : "",
					cgroup->tiers[i].tier, max);
	}
	if (len < size)
		snprintf(buf + len, size - len, " (%s)",
			 cgroup->tiers_prefer ? "prefer" : "strict");
}

static int add_unit(struct planner *planner, const char *object,
		    const struct tswap_cgroup_msg *rule, bool clears, const char *note)
{
	struct plan_unit *unit;
	int r = plan_new_unit(planner->plan, UNIT_RULE, NULL, &unit);

	if (r)
		return r;
	unit->path = strdup(object);
	unit->rule.clears = clears;
	unit->rule.msg = malloc(sizeof(*rule));
	if (!unit->path || !unit->rule.msg)
		return ctx_fail(planner->ctx, -ENOMEM, "%s: plan: %s", object,
				strerror(ENOMEM));
	*unit->rule.msg = *rule;
	return plan_add_step(planner->plan, unit, SWAPADM_ACTION_SET, NULL, 0, "%s",
			     note);
}

static int clear_rule(struct planner *planner, const char *object, uint64_t id)
{
	const struct tswap_cgroup_msg req = {
		.present = TSWAP_BIT(TSWAP_A_CGROUP_DEVICE) |
			   TSWAP_BIT(TSWAP_A_CGROUP_ID),
		.id = id,
	};

	return add_unit(planner, object, &req, true, "its pages may use all tiers");
}

int plan_rule(struct planner *planner, const char *folder,
	      const struct swapadm_conf_cgroup *cgroup)
{
	struct tswap_cgroup_msg *now = NULL;
	struct tswap_cgroup_msg want;
	char note[1024];
	uint64_t id = 0;
	int r = cgroupid_get(planner->ctx, folder, &id), masked;

	/* before it is refused: a [cgroup] does speak of it */
	if (!r)
		now = usage_rules_find(&planner->redirect, id);
	if (now)
		now->event = NAMED;
	if (!planner->plan->tswap.wanted) {
		masked = plan_mask(planner, folder, cgroup);
		if (masked || (cgroup->n_tiers && !r))
			return masked;
	}
	if (!cgroup->n_tiers && !planner->redirect.n_rules)
		return 0;
	if (r)
		return ctx_fail(planner->ctx, r, "%s: look: %s", folder, strerror(-r));
	if (!cgroup->n_tiers)
		return now ? clear_rule(planner, folder, id) : 0;
	if (planner->redirect.old)
		return ctx_fail(
			planner->ctx, -EPROTONOSUPPORT,
			"%s: set tiers: the loaded module tswap is older than this and knows no tiers of cgroups; " TSWAP_RELOAD,
			folder);
	r = usage_rule_want(planner->ctx, cgroup, id, &want);
	if (r || (now && usage_rule_same(now, &want)))
		return r;
	print_rule(cgroup, note, sizeof(note));
	return add_unit(planner, folder, &want, false, note);
}

int plan_other_rules(struct planner *planner)
{
	int r = 0;

	for (size_t i = 0; !r && i < planner->redirect.n_rules; i++) {
		const struct tswap_cgroup_msg *rule = &planner->redirect.rules[i];
		char path[512], object[520];
		struct plan_unit *unit;

		if (rule->event == NAMED)
			continue;
		cgroupid_name(planner->ctx, rule->id, path, sizeof(path));
		snprintf(object, sizeof(object), "cgroup %s", path);
		if (planner->plan->flags & SWAPADM_PLAN_PRUNE) {
			r = clear_rule(planner, object, rule->id);
			continue;
		}
		r = plan_new_unit(planner->plan, UNIT_NOTE, NULL, &unit);
		if (!r)
			r = plan_add_step(
				planner->plan, unit, SWAPADM_ACTION_WARN, object, 0,
				"may use %s only, and no [cgroup] says so; --prune lifts that",
				rule->tiers);
	}
	return r;
}
