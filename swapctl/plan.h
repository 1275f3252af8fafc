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

/*
 * after @status of one of them: keep a copy of the configuration for a boot that finds an
 * error in the files; the command does not fail when that can't be done
 */
void plan_keep_conf(struct cli *cli, const struct swapadm_conf *conf, int status);

#endif
