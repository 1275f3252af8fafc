/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The lock and the entries in the state of a unit that is being carried out. */
#ifndef SWAPADM_PLAN_RECORD_H
#define SWAPADM_PLAN_RECORD_H

#include "plan/plan.h"

/* all: 0; -errno with the sentence */

/* take the lock of /run/swapadm, unless @lock is it already; -EBUSY names the holder */
int plan_take_lock(struct swapadm_plan *plan, int *lock);
void plan_drop_lock(int *lock);

/* write down that @unit's device is ours; @created: swapadm made it */
int plan_record(struct swapadm_plan *plan, struct plan_unit *unit, bool created);
/* the options of a zram that were changed in use: its record, if any, gets them too */
int plan_record_options(struct swapadm_plan *plan, const struct plan_unit *unit);
int plan_forget(struct swapadm_ctx *ctx, const char *path);

/*
 * A zram that nobody uses. What a run that is alive has made so far looks the same: that
 * one holds the lock, so it is asked again when the lock is taken.
 */
bool plan_is_left_over(struct swapadm_ctx *ctx, int number);

/* does the state say that swapadm made it? */
bool plan_was_created(struct swapadm_ctx *ctx, const char *path);

/* check_device() against areas and mounts as they are now */
int plan_check_again(struct swapadm_ctx *ctx, const char *path, unsigned flags,
		     struct target **out);

/*
 * an area that was drained: checked and written down again, under the lock; a loop device
 * that was active already may go on
 */
int plan_retake(struct swapadm_plan *plan, struct plan_unit *unit, int *lock);

/*
 * An area that was drained and could not become what it was to become is active again,
 * as it was: it must not stay away because of a failure. Return: @err; the sentence says
 * whether it is.
 */
int plan_reactivate(struct swapadm_plan *plan, struct plan_unit *unit, int err);

#endif
