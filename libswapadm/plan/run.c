/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Carrying out a plan: unit by unit, each step by the table of its kind. */
#include "plan/run.h"

#include <time.h>

#include "plan/planner.h"
#include "plan/record.h"
#include "state/degraded.h"

#define BUSY_LOOKS   10
#define BUSY_WAIT_NS 200000000

typedef int (*step_fn)(struct swapadm_plan *plan, struct plan_step *step, int *lock);

/* who does the steps of a unit; those of UNIT_NOTE and _REFUSED do nothing */
static const step_fn runners[] = {
	[UNIT_ZRAM] = run_direct_step,   [UNIT_FILE] = run_direct_step,
	[UNIT_DEVICE] = run_direct_step, [UNIT_RERANK] = run_direct_step,
	[UNIT_PRUNE] = run_direct_step,  [UNIT_SET] = run_direct_step,
	[UNIT_LINE] = run_direct_step,   [UNIT_TSWAP] = run_redirect_step,
	[UNIT_AREA] = run_redirect_step, [UNIT_CONVERT] = run_redirect_step,
	[UNIT_LEAF] = run_redirect_step, [UNIT_TIER] = run_redirect_step,
	[UNIT_RULE] = run_redirect_step, [UNIT_BACK] = run_back_step,
	[UNIT_DOWN] = run_back_step,     [UNIT_MASK] = run_mask_step,
};

static int run_step(struct swapadm_plan *plan, struct plan_step *step, int *lock)
{
	const struct plan_unit *unit = step->unit;

	switch (step->pub.action) {
	case SWAPADM_ACTION_KEEP:
		return 0;
	case SWAPADM_ACTION_WARN:
		if (unit->kind != UNIT_REFUSED)
			return 0;
		return ctx_fail(plan->ctx, unit->refused.err, "%s",
				unit->refused.sentence);
	default:
		return runners[unit->kind](plan, step, lock);
	}
}

static bool has_changes(const struct swapadm_plan *plan, size_t first, size_t n)
{
	for (size_t i = first; i < first + n; i++)
		if (plan->steps[i].pub.action != SWAPADM_ACTION_KEEP &&
		    plan->steps[i].pub.action != SWAPADM_ACTION_WARN)
			return true;
	return false;
}

/* 1: nothing is left to do; a file is made without the lock, which may take long */
static int check_unit(struct swapadm_plan *plan, const struct plan_unit *unit, int *lock)
{
	int r = plan_take_lock(plan, lock);

	if (!r)
		r = run_is_done(plan, unit);
	if (r > 0)
		log_info(plan->ctx, "%s: done by another swapadm meanwhile",
			 unit->path ? unit->path : unit->spec_text);
	if (unit->kind == UNIT_FILE || r)
		plan_drop_lock(lock);
	return r;
}

/* a failed unit is taken back, unless another swapadm was faster with the same thing */
static int unit_failed(struct swapadm_plan *plan, struct plan_unit *unit, int err,
		       int *lock)
{
	char why[sizeof(plan->ctx->error)];

	snprintf(why, sizeof(why), "%s", plan->ctx->error);
	run_undo_unit(plan, unit);
	if (unit->kind == UNIT_FILE && err == -EEXIST && check_unit(plan, unit, lock) > 0)
		return 0;
	return ctx_fail(plan->ctx, err, "%s", why);
}

/* run_undo_unit() has taken a new zram or file away again: nothing of it stays */
static void say_undone(const struct swapadm_plan *plan, size_t first, size_t end,
		       swapadm_plan_fn fn, void *data)
{
	enum unit_kind kind = plan->steps[first].unit->kind;

	if (!fn || (kind != UNIT_ZRAM && kind != UNIT_FILE))
		return;
	for (size_t i = first; i < end; i++)
		fn(data, &plan->steps[i].pub, SWAPADM_STEP_UNDONE);
}

/* the steps of the unit that begins at @first */
static size_t count_steps(const struct swapadm_plan *plan, size_t first)
{
	size_t i = first;

	while (i < plan->n_steps && plan->steps[i].unit == plan->steps[first].unit)
		i++;
	return i - first;
}

/* the steps of one unit from @first on; how many there were goes to @n */
static int run_unit(struct swapadm_plan *plan, size_t first, size_t *n,
		    swapadm_plan_fn fn, void *data)
{
	struct plan_unit *unit = plan->steps[first].unit;
	_cleanup_close_ int lock = -1;
	bool done = false;
	size_t i;
	int r = 0;

	*n = count_steps(plan, first);
	if (run_makes_something(plan, unit) && has_changes(plan, first, *n)) {
		r = check_unit(plan, unit, &lock);
		done = r > 0;
		r = r < 0 ? r : 0;
		if (r && fn)
			fn(data, &plan->steps[first].pub, r);
	}
	for (i = first; !r && !done && i < first + *n; i++) {
		r = run_step(plan, &plan->steps[i], &lock);
		if (r) {
			ctx_fail_unsaid(plan->ctx, r, plan->steps[i].pub.object,
					plan->holder);
			r = unit_failed(plan, unit, r, &lock);
			done = !r;
		}
		if (fn)
			fn(data, &plan->steps[i].pub, r);
		if (r)
			say_undone(plan, first, i, fn, data);
	}
	return r;
}

static bool makes_leaf(const struct swapadm_plan *plan, enum unit_kind kind)
{
	return plan->tswap.wanted &&
	       (kind == UNIT_ZRAM || kind == UNIT_FILE || kind == UNIT_DEVICE);
}

/* does the unit mean the tswap device? @first: its first step */
static bool needs_tswap(const struct swapadm_plan *plan, size_t first)
{
	enum unit_kind kind = plan->steps[first].unit->kind;

	return makes_leaf(plan, kind) || kind == UNIT_AREA || kind == UNIT_CONVERT ||
	       kind == UNIT_LEAF || kind == UNIT_TIER || kind == UNIT_RULE ||
	       (kind == UNIT_TSWAP &&
		plan->steps[first].pub.action != SWAPADM_ACTION_CREATE_TSWAP);
}

/*
 * What the unit that begins at @first stands on, if that has failed; else NULL. An area
 * that would become a leaf is not drained for nothing, nothing is made or formatted for
 * nothing.
 */
static const char *lacks(const struct swapadm_plan *plan, size_t first, size_t area)
{
	if (!has_changes(plan, first, count_steps(plan, first)))
		return NULL;
	if (!plan->tswap.exists && needs_tswap(plan, first))
		return "there is no tswap device";
	if (area != SIZE_MAX && plan->steps[first].unit->kind == UNIT_CONVERT)
		return "the tswap device is not in use as swap";
	return NULL;
}

static int not_done(struct swapadm_plan *plan, const struct plan_step *step,
		    const char *why)
{
	enum unit_kind kind = step->unit->kind;
	const char *verb = "change it", *rest = "";

	if (makes_leaf(plan, kind) || kind == UNIT_CONVERT)
		verb = "make it a leaf";
	else if (kind == UNIT_AREA)
		verb = "make it swap";
	if (kind == UNIT_CONVERT)
		rest = "; it stays an area";
	return ctx_fail(plan->ctx, -ENODEV, "%s: %s: not done, because %s%s",
			step->pub.object, verb, why, rest);
}

/*
 * run_unit(), and what depends on the tswap device being an area: where the leaf that it
 * had could not be written, another one may do; what is swap already stays that until
 * then.
 * @area: where the unit begins that failed to make it one, SIZE_MAX: none has
 */
static int run_next(struct swapadm_plan *plan, size_t first, size_t *n, size_t *area,
		    swapadm_plan_fn fn, void *data)
{
	struct plan_unit *unit = plan->steps[first].unit;
	const char *why = lacks(plan, first, *area);
	size_t n_area;
	int r;

	if (why) {
		*n = count_steps(plan, first);
		r = not_done(plan, &plan->steps[first], why);
		if (fn)
			fn(data, &plan->steps[first].pub, r);
		return r;
	}
	r = run_unit(plan, first, n, fn, data);
	if (r && unit->kind == UNIT_AREA)
		*area = first;
	if (r || *area == SIZE_MAX || !makes_leaf(plan, unit->kind))
		return r;
	r = run_unit(plan, *area, &n_area, fn, data);
	if (!r)
		*area = SIZE_MAX;
	return r;
}

static int stopped(struct swapadm_plan *plan)
{
	return ctx_fail(plan->ctx, -ECANCELED, "%s: stopped on request", plan->holder);
}

/* of apply: readers see that the layer is not the one that was asked for, and why */
static int note_layer(struct swapadm_plan *plan, char *why, size_t size)
{
	degraded_note(plan->ctx, plan->degraded);
	if (!plan->degraded)
		return 0;
	snprintf(why, size, "%s", plan->degraded);
	return -EPROTONOSUPPORT;
}

static bool has_busy(const struct swapadm_plan *plan)
{
	for (size_t i = 0; i < plan->n_units; i++)
		if (plan->units[i]->kind == UNIT_REFUSED &&
		    plan->units[i]->refused.err == -EBUSY)
			return true;
	return false;
}

/*
 * What another swapadm was about to attach was held by it when the plan was made. It is
 * looked at again when that one is through with it; files are made without the lock.
 */
static bool look_again(struct swapadm_plan *plan, unsigned *n_looks)
{
	int lock = -1;

	if (!has_busy(plan) || *n_looks == BUSY_LOOKS)
		return false;
	if ((*n_looks)++)
		nanosleep(&(struct timespec){ .tv_nsec = BUSY_WAIT_NS }, NULL);
	if (plan_take_lock(plan, &lock))
		return false;
	plan_drop_lock(&lock);
	return true;
}

/*
 * A swapoff(2) that was left behind ends before anything is done: then its area is gone
 * or active as before, and the plan is made again. -ECANCELED: stopped before that.
 */
static int settle(struct swapadm_plan *plan)
{
	unsigned n_looks = 0;

	while (!plan_is_stopped(plan) && (plan_await_orphans(plan) || plan->unsettled ||
					  look_again(plan, &n_looks))) {
		struct swapadm_plan *fresh = NULL, old = *plan;
		int r = swapadm_plan_apply(plan->ctx, plan->conf, plan->flags, &fresh);

		if (r)
			return r;
		*plan = *fresh;
		plan->refs = old.refs;
		plan->stop = old.stop;
		*fresh = old;
		fresh->refs = 1;
		plan->replaced = fresh;
	}
	return plan_is_stopped(plan) ? stopped(plan) : 0;
}

SWAPADM_API int swapadm_plan_run(struct swapadm_plan *plan, swapadm_plan_fn fn,
				 void *data)
{
	CTX_CALL(plan ? plan->ctx : NULL);
	char why[sizeof(plan->ctx->error)] = "";
	size_t n_failed = 0, area = SIZE_MAX, n, i;
	int result = plan ? ctx_may_change(plan->ctx, plan->holder) : -EINVAL;

	if (result)
		return result;
	if (plan->go_on)
		result = settle(plan);
	if (result)
		return result;
	if (plan->go_on)
		result = note_layer(plan, why, sizeof(why));
	n_failed = result != 0;
	for (i = 0; i < plan->n_steps && !plan_is_stopped(plan); i += n) {
		int r = run_next(plan, i, &n, &area, fn, data);

		if (!r)
			continue;
		if (n_failed++)
			log_warning(plan->ctx, "%s", plan->ctx->error);
		else
			snprintf(why, sizeof(why), "%s", plan->ctx->error);
		result = result ? result : r;
		if (!plan->go_on)
			break;
	}
	if (!result && i < plan->n_steps)
		return stopped(plan);
	return result ? ctx_fail(plan->ctx, result, "%s", why) : 0;
}
