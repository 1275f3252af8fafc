/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What drain, remove and migrate share: a plan shown, refused or started as a job. */
#ifndef SWAPCTL_DRAIN_H
#define SWAPCTL_DRAIN_H

#include "cli.h"

/**
 * struct move - one move of pages, as the command line asks for it
 * @verb:       "drain", "remove", "migrate"
 * @source:     what is moved off
 * @timeout_s:  0: none
 * @force:      also when it may not fit
 * @model:      that it was planned with
 */
struct move {
	const char *verb, *source;
	const struct swapadm_model *model;
	uint64_t timeout_s;
	bool force;
};

/**
 * move_run() - show the plan, refuse what does not fit, start the job and follow it
 * @op:  prepared; borrowed
 *
 * --dry-run, --background and -J are the command line's.
 * Return: the exit code.
 */
int move_run(struct cli *cli, const struct move *move, struct swapadm_op *op);

/* source, rate, time limit and background, as the command line has them */
int move_params(struct cli *cli, struct swapadm_op *op, uint64_t *timeout_s);

#endif
