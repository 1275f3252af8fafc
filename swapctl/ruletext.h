/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tiers of a [cgroup] that do not hold, in the words of doctor, status and cgroups. */
#ifndef SWAPCTL_RULETEXT_H
#define SWAPCTL_RULETEXT_H

#include "cli.h"

/* what is wrong with it, static text; NULL: it holds, or needs not now, or is unknown */
const char *rule_problem(const struct swapadm_rule *rule);
const char *rule_remedy(const struct swapadm_rule *rule);

/* after a table for people: a line each, on standard error */
void rules_say(const struct cli *cli, const struct swapadm_model *model);

#endif
