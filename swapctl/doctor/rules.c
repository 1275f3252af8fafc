/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tiers of cgroups: configured and not in force, or without room. */
#include <inttypes.h>

#include "doctor/probe.h"

#include "ruletext.h"

void check_cgroup_tiers(struct probe *p)
{
	for (size_t i = 0; i < p->m->n_rules; i++) {
		const struct swapadm_rule *rule = &p->m->rules[i];
		const char *what = rule_problem(rule);

		if (what)
			probe_remedy(probe_report(p, rule->cgroup, "cgroup %s: %s",
						  rule->cgroup, what),
				     "%s", rule_remedy(rule));
	}
}

void check_cgroup_full(struct probe *p)
{
	for (size_t i = 0; i < p->m->n_rules; i++) {
		const struct swapadm_rule *rule = &p->m->rules[i];

		if (!rule->no_room || !rule->refused_writes)
			continue;
		probe_remedy(
			probe_report(p, rule->cgroup,
				     "cgroup %s: its tiers have no room; %" PRIu64
				     " writes found none and stayed in memory",
				     rule->cgroup, rule->refused_writes),
			"raise tier-max, or name another tier, in its [cgroup]; or add a device to a tier of it: swapctl add TIER DEVICE");
	}
}
