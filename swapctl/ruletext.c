/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ruletext.h"

const char *rule_problem(const struct swapadm_rule *rule)
{
	switch (rule->state) {
	case SWAPADM_RULE_UNSET:
		return "its tiers are configured and not in force: it was made, or made again, after the last apply";
	case SWAPADM_RULE_DIFFERS:
		return "its tiers in force are not those of the configuration";
	case SWAPADM_RULE_NOT_HERE:
		return "its tiers are configured and not in force: rules need cgroup v2 and the redirect layer; it uses all";
	case SWAPADM_RULE_OLD_MODULE:
		return "its tiers are configured, and the loaded module tswap is too old for that: it uses all";
	default:
		return NULL;
	}
}

const char *rule_remedy(const struct swapadm_rule *rule)
{
	switch (rule->state) {
	case SWAPADM_RULE_NOT_HERE:
		return "boot with cgroup v2 and set layer = redirect in [swapadm], or take tiers out of its [cgroup]";
	case SWAPADM_RULE_OLD_MODULE:
		return "install module and tools of one version and reboot; without a reboot: layer = direct, swapctl apply, modprobe -r tswap, layer = redirect, swapctl apply";
	default:
		return "swapctl apply";
	}
}

void rules_say(const struct cli *cli, const struct swapadm_model *model)
{
	struct swapadm_rules *rules;

	if (!cli->conf || swapadm_rules_load(cli->ctx, model, cli->conf, &rules))
		return;
	for (size_t i = 0; i < swapadm_rules_n(rules); i++) {
		const struct swapadm_rule *rule = swapadm_rules_get(rules, i);
		const char *what = rule_problem(rule);

		if (what)
			cli_say("%s: cgroup %s: %s; %s", cli->cmd->name, rule->cgroup,
				what, rule_remedy(rule));
	}
	swapadm_rules_free(rules);
}
