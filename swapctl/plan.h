/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Printing a plan of add or apply, and carrying it out. */
#ifndef SWAPCTL_PLAN_H
#define SWAPCTL_PLAN_H

#include "cli.h"

/* the plan on stdout; an exit code */
int plan_print(struct cli *cli, const struct swapadm_plan *plan);

/* its steps; an exit code */
int plan_run(struct cli *cli, struct swapadm_plan *plan);

/**
 * plan_print_and_run() - the plan on stdout, then its steps unless --dry-run
 * Return: exit code.
 */
int plan_print_and_run(struct cli *cli, struct swapadm_plan *plan);

#endif
