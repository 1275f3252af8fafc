/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a unit leaves in the state, and the lock that covers it. */
#include "plan/record.h"

#include "conf/devspec.h"
#include "device/activate.h"
#include "device/zram.h"
#include "kernel/stats.h"
#include "kernel/area.h"
#include "layer/direct/direct.h"
#include "plan/planner.h"

int plan_take_lock(struct swapadm_plan *plan, int *lock)
{
	char holder[96];

	if (*lock >= 0)
		return 0;
	snprintf(holder, sizeof(holder), "%s %s", program_invocation_short_name,
		 plan->holder);
	*lock = state_lock(plan->ctx, holder);
	return *lock < 0 ? *lock : 0;
}

void plan_drop_lock(int *lock)
{
	if (*lock >= 0)
		close(steal_fd(lock));
}

/* zram devices that were made or were to be made, and are not there: the number may come
   back as somebody else's */
static void drop_vanished(struct swapadm_ctx *ctx, struct state *state)
{
	uint64_t size_bytes;

	for (size_t i = 0; i < state->n_devices;) {
		const struct state_device *dev = &state->devices[i];
		int number = zram_number(dev->path);

		if (dev->created && number >= 0 &&
		    zram_read_size(ctx, number, &size_bytes) == -ENODEV)
			state_drop_device(state, dev->path);
		else
			i++;
	}
}

/*
 * The plan found the old device in use and without a successor. That is looked up again
 * before anything is made: another swapadm may have taken or removed it meanwhile. A
 * drain may have ended, which leaves the record.
 */
static int check_place(struct swapadm_plan *plan, const struct plan_unit *unit,
		       const struct state *state)
{
	const char *verb = plan_verb(plan), *old = unit->replaces;
	int r = old ? plan_check_claim(plan->ctx, old) : 0;

	for (size_t i = 0; old && !r && i < state->n_devices; i++) {
		const struct state_device *dev = &state->devices[i];

		if (streq_null(dev->replaces, old) && !streq(dev->path, unit->path) &&
		    direct_is_active(plan->ctx, dev->path))
			r = ctx_fail(
				plan->ctx, -EBUSY,
				"%s: %s: another swapadm was faster, and %s takes its place; wait for the end of that",
				old, verb, dev->path);
	}
	if (old && !r && !direct_is_active(plan->ctx, old) &&
	    !state_find_device(state, old))
		r = ctx_fail(
			plan->ctx, -EBUSY,
			"%s: %s: another swapadm was faster and has taken it out; see `swapctl list`",
			old, verb);
	return r;
}

int plan_record(struct swapadm_plan *plan, struct plan_unit *unit, bool created)
{
	_cleanup_(state_free) struct state state = { 0 };
	_cleanup_free_ char *replaces = NULL;
	const struct state_device *before;
	struct identity identity;
	int r = state_load(plan->ctx, &state);
	bool known;

	if (!r)
		r = check_place(plan, unit, &state);
	if (r)
		return r;
	drop_vanished(plan->ctx, &state);
	before = state_find_device(&state, unit->path);
	known = before != NULL;
	if (known && before->replaces && unit->kind == UNIT_RERANK)
		replaces = strdup(before->replaces);
	else if (unit->kind != UNIT_RERANK) /* it is attached, so nothing has its place */
		state_end_replaces(&state, unit->path);
	r = state_set_device(&state, unit->path, unit->tier, unit->spec_text, created);
	identity_get(plan->ctx, unit->path, IDENTITY_SIGNATURE, &identity);
	state_set_identity(&state, unit->path, &identity);
	if (!r && (unit->replaces || replaces))
		r = state_set_replaces(&state, unit->path,
				       unit->replaces ? unit->replaces : replaces);
	if (!r && unit->new_rank != SWAPADM_RANK_NONE)
		r = state_set_tier(&state, unit->tier, unit->new_rank);
	if (r)
		return ctx_fail(plan->ctx, r, "%s: record: %s", unit->path, strerror(-r));
	r = state_save(plan->ctx, &state);
	unit->recorded |= !r && (!known || unit->kind == UNIT_ZRAM);
	return r;
}

int plan_record_options(struct swapadm_plan *plan, const struct plan_unit *unit)
{
	_cleanup_(devspec_freep) struct swapadm_devspec *was = NULL, *now = NULL;
	_cleanup_(state_free) struct state state = { 0 };
	const char *path = unit->setting.zram;
	const struct state_device *dev;
	_cleanup_free_ char *text = NULL;
	int r = state_load(plan->ctx, &state);

	dev = r ? NULL : state_find_device(&state, path);
	if (!dev)
		return r;
	r = swapadm_devspec_parse(plan->ctx, dev->spec, &was);
	if (!r)
		r = swapadm_devspec_parse(plan->ctx, unit->spec_text, &now);
	if (r)
		return r;
	was->mem_limit = now->mem_limit;
	was->writeback_batch = now->writeback_batch;
	r = devspec_print(was, &text);
	if (!r)
		r = state_set_spec(&state, path, text);
	if (!r)
		r = state_save(plan->ctx, &state);
	return r ? ctx_fail(plan->ctx, r, "%s: record: %s", path, strerror(-r)) : 0;
}

int plan_forget(struct swapadm_ctx *ctx, const char *path)
{
	_cleanup_(state_free) struct state state = { 0 };
	int r = state_load(ctx, &state);

	if (r || !state_drop_device(&state, path))
		return r;
	return state_save(ctx, &state);
}

bool plan_is_left_over(struct swapadm_ctx *ctx, int number)
{
	char path[32];

	snprintf(path, sizeof(path), "/dev/zram%d", number);
	return !direct_is_active(ctx, path) && zram_is_left_over(ctx, number);
}

bool plan_was_created(struct swapadm_ctx *ctx, const char *path)
{
	_cleanup_(state_free) struct state state = { 0 };
	const struct state_device *dev;

	if (state_load(ctx, &state))
		return false;
	dev = state_find_ours(ctx, &state, path);
	return dev && dev->created;
}

int plan_check_again(struct swapadm_ctx *ctx, const char *path, unsigned flags,
		     struct target **out)
{
	_cleanup_(check_donep) struct check check = { 0 };
	int r = check_load(ctx, &check);

	return r ? r : check_device(&check, path, flags, out);
}

int plan_retake(struct swapadm_plan *plan, struct plan_unit *unit, int *lock)
{
	int r = plan_check_again(plan->ctx, unit->path, CHECK_ALLOW_LOOP, &unit->target);

	if (!r)
		r = plan_take_lock(plan, lock);
	if (!r)
		r = plan_record(plan, unit, plan_was_created(plan->ctx, unit->path));
	unit->recorded = false; /* a failure does not forget a device that stays */
	return r;
}

int plan_reactivate(struct swapadm_plan *plan, struct plan_unit *unit, int err)
{
	char why[sizeof(plan->ctx->error)];

	snprintf(why, sizeof(why), "%s", plan->ctx->error);
	if (!unit->target) /* what failed may have been the look at it */
		plan_check_again(plan->ctx, unit->path, CHECK_ALLOW_LOOP, &unit->target);
	if (unit->target &&
	    activate(plan->ctx, unit->target, unit->old_prio, unit->spec->discard) == 0)
		return ctx_fail(plan->ctx, err, "%s; it is active again as it was", why);
	return ctx_fail(plan->ctx, err, "%s; it is drained and not active now", why);
}
