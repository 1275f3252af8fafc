/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The steps of a plan, done and undone; all: 0; -errno with the sentence. */
#ifndef SWAPADM_PLAN_RUN_H
#define SWAPADM_PLAN_RUN_H

#include "plan/plan.h"

/**
 * run_is_done() - has another swapadm done it since the plan was made?
 *
 * Asked under the lock, before the first step of a unit that makes something.
 * Return: 1 done, 0 not; -errno with the sentence.
 */
int run_is_done(struct swapadm_plan *plan, const struct plan_unit *unit);
bool run_makes_something(const struct swapadm_plan *plan, const struct plan_unit *unit);

/* run_direct.c: UNIT_ZRAM, _FILE, _DEVICE, _RERANK, _PRUNE, _SET and _LINE */
int run_direct_step(struct swapadm_plan *plan, struct plan_step *step, int *lock);
/* what the steps of a unit that failed had made is taken away */
void run_undo_unit(struct swapadm_plan *plan, struct plan_unit *unit);

/* dropin.c */
int run_drop_in(struct swapadm_plan *plan, struct plan_unit *unit);

/* run_redirect.c: UNIT_TSWAP, _AREA, _CONVERT, _LEAF, _TIER and _RULE */
int run_redirect_step(struct swapadm_plan *plan, struct plan_step *step, int *lock);

/* ktiers.c */
int run_mask_step(struct swapadm_plan *plan, struct plan_step *step, int *lock);
/* make a checked device a leaf */
int run_attach_leaf(struct swapadm_plan *plan, struct plan_unit *unit);
/* take an emptied leaf off the tswap device */
int run_detach_leaf(struct swapadm_plan *plan, struct plan_unit *unit);

/* run_back.c: UNIT_BACK and _DOWN */
int run_back_step(struct swapadm_plan *plan, struct plan_step *step, int *lock);

#endif
