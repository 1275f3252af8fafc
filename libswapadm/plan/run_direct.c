/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The steps of the direct layer, done and undone.
 *
 * Order inside a unit: what could be left behind by a crash is recorded before it is made
 * (a zram device under the number that it should get, and again if it gets another),
 * files have no name until they are complete, the drop-in and the state are written
 * before swapon(2). So a killed run leaves nothing, or something that the next apply
 * completes.
 */
#include <fcntl.h>

#include "base/privilege.h"
#include "device/activate.h"
#include "layer/direct/direct.h"
#include "device/format.h"
#include "device/loop.h"
#include "kernel/area.h"
#include "conf/persist.h"
#include "plan/planner.h"
#include "plan/record.h"
#include "plan/run.h"
#include "device/swapfile.h"
#include "device/zram.h"

/* ---- making ---------------------------------------------------------------------- */

static int set_zram_path(struct swapadm_plan *plan, struct plan_unit *unit)
{
	char path[32];

	snprintf(path, sizeof(path), "/dev/zram%d", unit->zram.number);
	free(unit->path);
	unit->path = strdup(path);
	return unit->path ? 0 : ctx_fail(plan->ctx, -ENOMEM, "%s: out of memory", path);
}

/* the kernel gives the lowest number that is free (drivers/block/zram: idr_alloc()) */
static int next_zram(struct swapadm_ctx *ctx, int *number)
{
	uint64_t size_bytes;
	int n = 0, r;

	while (!(r = zram_read_size(ctx, n, &size_bytes)))
		n++;
	if (r != -ENODEV)
		return ctx_fail(ctx, r, "/dev/zram%d: look: %s", n, strerror(-r));
	*number = n;
	return 0;
}

/* not recorded, so nobody would ever take it away */
static int give_back_zram(struct swapadm_plan *plan, struct plan_unit *unit, int err)
{
	char why[sizeof(plan->ctx->error)];

	snprintf(why, sizeof(why), "%s", plan->ctx->error);
	if (zram_remove(plan->ctx, unit->zram.number))
		log_warning(plan->ctx, "%s", plan->ctx->error);
	return ctx_fail(plan->ctx, err, "%s", why);
}

/* recorded before it is made, with the number that it should get: see the top */
static int new_zram(struct swapadm_plan *plan, struct plan_unit *unit)
{
	int number, r = next_zram(plan->ctx, &unit->zram.number);

	if (!r)
		r = set_zram_path(plan, unit);
	if (!r)
		r = plan_record(plan, unit, true);
	if (r)
		return r;
	number = zram_hot_add(plan->ctx);
	if (number == unit->zram.number)
		return 0;
	r = plan_forget(plan->ctx, unit->path);
	unit->recorded = r && number >= 0; /* undoing it tries that again */
	unit->zram.number = number;
	if (number < 0 || r)
		return number < 0 ? number : r;
	r = set_zram_path(plan, unit);
	if (!r)
		r = plan_record(plan, unit, true);
	return r ? give_back_zram(plan, unit, r) : 0;
}

/*
 * A device to set up: the left-over one of the plan, if it still is one (the lock is held
 * only now), else a new one.
 */
static int get_zram(struct swapadm_plan *plan, struct plan_unit *unit)
{
	int r;

	if (unit->zram.number < 0)
		return new_zram(plan, unit);
	r = set_zram_path(plan, unit);
	if (r)
		return r;
	if (plan_is_left_over(plan->ctx, unit->zram.number) &&
	    zram_reset(plan->ctx, unit->zram.number) == 0)
		return plan_record(plan, unit, true);
	return new_zram(plan, unit);
}

/*
 * @loop_fd: of a file, its loop device, to be held until the zram has it open; the kernel
 * keeps the name that the open file has, not this one
 */
static int open_backing(struct swapadm_plan *plan, const struct target *backing,
			int *loop_fd, char *path, size_t size)
{
	int r = check_same(plan->ctx, backing), fd = backing->fd;

	if (!r && backing->is_file) {
		*loop_fd = fd = loop_attach(plan->ctx, backing->fd, backing->path);
		r = fd < 0 ? fd : 0;
	}
	if (!r)
		snprintf(path, size, "/proc/self/fd/%d", fd);
	return r;
}

/* the plan let pass that the left-over zram had it; now that must be over */
static int check_backing_again(struct swapadm_plan *plan, struct plan_unit *unit)
{
	unsigned flags = CHECK_BACKING | CHECK_FORMAT |
			 (unit->spec->allow_loop ? CHECK_ALLOW_LOOP : 0);
	struct target *again = NULL;
	int r = check_same(plan->ctx, unit->zram.backing);

	if (!r)
		r = plan_check_again(plan->ctx, unit->zram.backing->path, flags, &again);
	target_free(again);
	return r;
}

static int create_zram(struct swapadm_plan *plan, struct plan_unit *unit)
{
	struct zram_setup setup = { .spec = unit->spec,
				    .size_bytes = unit->size_bytes,
				    .mem_limit_bytes = unit->zram.mem_limit_bytes };
	_cleanup_close_ int loop_fd = -1;
	bool left_over = unit->zram.number >= 0;
	char backing[64];
	int r = get_zram(plan, unit);

	if (!r && left_over && unit->zram.backing)
		r = check_backing_again(plan, unit);
	if (!r && unit->zram.backing) {
		r = open_backing(plan, unit->zram.backing, &loop_fd, backing,
				 sizeof(backing));
		setup.backing = backing;
	}
	if (!r)
		r = zram_configure(plan->ctx, unit->zram.number, &setup);
	if (!r)
		r = plan_check_again(plan->ctx, unit->path, CHECK_FORMAT, &unit->target);
	return r ? r : format_target(plan->ctx, unit->target);
}

/* the path is looked up again for the check: it must lead to the file that was made */
static int check_is_ours(struct swapadm_ctx *ctx, const struct plan_unit *unit)
{
	const struct stat *named = &unit->target->st;
	struct stat made;

	if (fstat(unit->file.fd, &made) == 0 && stat_same(&made, named))
		return 0;
	return ctx_fail(
		ctx, -ESTALE,
		"%s: add: its folder was renamed or replaced meanwhile; try again",
		unit->path);
}

/*
 * Made without the lock, which may take long; nobody sees it before it has its name. From
 * then on until swapon(2) the lock is held, so whoever finds the name taken finds the
 * area.
 */
static int create_file(struct swapadm_plan *plan, struct plan_unit *unit, int *lock)
{
	int r;

	unit->file.fd = swapfile_make(plan->ctx, unit->file.folder_fd, unit->path,
				      unit->size_bytes);
	if (unit->file.fd < 0)
		return unit->file.fd;
	r = format_fd(plan->ctx, unit->file.fd, unit->path, NULL);
	if (!r)
		r = plan_take_lock(plan, lock);
	if (!r) /* as a zram is: a run that is killed leaves no file that nobody knows */
		r = plan_record(plan, unit, true);
	if (!r)
		r = swapfile_make_folders(plan->ctx, &unit->file.folder_fd, unit->path,
					  &unit->file.n_folders);
	if (!r)
		r = swapfile_link(plan->ctx, unit->file.folder_fd, unit->file.fd,
				  unit->path);
	if (r)
		return r;
	unit->file.linked = true;
	r = plan_check_again(plan->ctx, unit->path, 0, &unit->target);
	return r ? r : check_is_ours(plan->ctx, unit);
}

/* what was agreed to be erased is what is erased, and nothing that came since */
static int check_still(struct swapadm_ctx *ctx, const struct target *target)
{
	struct probe now;
	int r = probe_fd(target->fd, &now);

	if (r)
		return ctx_fail(ctx, r, "%s: format: read what is on it: %s",
				target->path, strerror(-r));
	if (streq(now.foreign, target->probe.foreign) && !now.hibernated &&
	    now.swap == target->probe.swap && streq(now.uuid, target->probe.uuid))
		return 0;
	return ctx_fail(
		ctx, -ESTALE,
		"%s: format: what is on it has changed since the plan was made%s%s; look at it and try again",
		target->path, *now.foreign ? ", now it holds " : "", now.foreign);
}

static int format(struct swapadm_plan *plan, struct plan_unit *unit)
{
	struct target *target = unit->kind == UNIT_ZRAM ? unit->zram.backing
							: unit->target;
	int r = check_same(plan->ctx, target);

	if (!r)
		r = check_still(plan->ctx, target);
	if (r)
		return r;
	return unit->kind == UNIT_ZRAM ? format_wipe_target(plan->ctx, target)
				       : format_target(plan->ctx, target);
}

/* ---- activating ------------------------------------------------------------------ */

static int write_drop_in(struct swapadm_plan *plan, struct plan_unit *unit)
{
	int r;

	if (!(plan->flags & SWAPADM_PLAN_PERSIST))
		return 0;
	r = persist_add(plan->ctx, unit->tier, unit->new_rank, unit->spec_text);
	unit->persisted = r > 0;
	return r < 0 ? r : 0;
}

/* the active areas of our tiers: does another one have @prio, and which has this one? */
static bool is_taken(const struct area_list *areas, const struct state *state,
		     const char *tier, int prio, int *own_prio)
{
	bool taken = false;

	for (size_t i = 0; i < areas->n; i++) {
		const struct state_device *dev =
			state_find_device(state, areas->items[i].path);

		if (dev && streq(dev->tier, tier))
			*own_prio = areas->items[i].prio;
		else if (dev && areas->items[i].prio == prio)
			taken = true;
	}
	return taken;
}

/*
 * A rank that the plan chose for a new tier is chosen again, now that the lock is held:
 * another swapadm may have given it away since.
 */
static int settle_rank(struct swapadm_plan *plan, struct plan_unit *unit)
{
	_cleanup_(areas_free) struct area_list areas = { 0 };
	_cleanup_(state_free) struct state state = { 0 };
	int prio = unit->prio, own_prio = SWAPADM_PRIO_NONE, r;

	if (!unit->open_rank)
		return 0;
	r = areas_load(plan->ctx, &areas);
	if (!r)
		r = state_load(plan->ctx, &state);
	if (r)
		return ctx_fail(plan->ctx, r, "%s: choose a rank: %s", unit->tier,
				strerror(-r));
	while (is_taken(&areas, &state, unit->tier, prio, &own_prio) &&
	       unit->rank <= SWAPADM_RANK_MAX)
		prio = swapadm_rank_to_prio(++unit->rank);
	if (own_prio != SWAPADM_PRIO_NONE)
		for (unit->rank = 0; unit->rank <= SWAPADM_RANK_MAX &&
				     swapadm_rank_to_prio(unit->rank) != own_prio;)
			unit->rank++;
	if (unit->rank > SWAPADM_RANK_MAX)
		return ctx_fail(
			plan->ctx, -EEXIST,
			"%s: tier: another swapadm took its rank meanwhile; try again, or give --rank",
			unit->tier);
	unit->prio = swapadm_rank_to_prio(unit->rank);
	if (unit->new_rank != SWAPADM_RANK_NONE)
		unit->new_rank = unit->rank;
	for (size_t i = 0; i < plan->n_steps; i++)
		if (plan->steps[i].unit == unit)
			plan->steps[i].pub.prio = unit->prio;
	return 0;
}

static int activate_unit(struct swapadm_plan *plan, struct plan_unit *unit)
{
	int r = settle_rank(plan, unit);

	if (!r)
		r = write_drop_in(plan, unit);
	/*
	 * what is made here was recorded before, so without what identifies it
	 */
	if (!r && (!unit->recorded || unit->kind == UNIT_ZRAM || unit->kind == UNIT_FILE))
		r = plan_record(plan, unit,
				unit->kind == UNIT_ZRAM || unit->kind == UNIT_FILE ||
					plan_was_created(plan->ctx, unit->path));
	if (r)
		return r;
	if (plan->tswap.wanted)
		return run_attach_leaf(plan, unit);
	return activate(plan->ctx, unit->target, unit->prio, unit->spec->discard);
}

static int rerank(struct swapadm_plan *plan, struct plan_unit *unit, int *lock)
{
	int r = plan_drain(plan->ctx, plan->conf, unit->path, plan->flags);

	if (r)
		return r;
	r = plan_retake(plan, unit, lock);
	if (!r)
		r = activate(plan->ctx, unit->target, unit->prio, unit->spec->discard);
	return r ? plan_reactivate(plan, unit, r) : 0;
}

/* ---- settings -------------------------------------------------------------------- */

static int set(struct swapadm_plan *plan, const struct plan_unit *unit, int *lock)
{
	int r = ctx_write_line(plan->ctx, unit->path, unit->setting.value);

	switch (r) {
	case 0:
		if (!unit->setting.zram)
			return 0;
		r = plan_take_lock(plan, lock);
		return r ? r : plan_record_options(plan, unit);
	case -EACCES:
	case -EPERM:
		return ctx_fail(plan->ctx, r, "%s: set %s: %s", unit->path,
				unit->setting.value,
				PRIVILEGE_REMEDY("CAP_DAC_OVERRIDE"));
	case -EINVAL:
	case -ENOENT:
		return ctx_fail(plan->ctx, r,
				"%s: set %s: the kernel does not take this value (%s)",
				unit->path, unit->setting.value, strerror(-r));
	default:
		return ctx_fail(plan->ctx, r, "%s: set %s: %s", unit->path,
				unit->setting.value, strerror(-r));
	}
}

/* ---- what goes ------------------------------------------------------------------- */

static int drain(struct swapadm_plan *plan, const struct plan_unit *unit)
{
	const char *to = unit->leaf.id && unit->leaf.into ? unit->leaf.into->path : NULL;

	return plan_drain_to(plan->ctx, plan->conf, unit->path, to, plan->flags);
}

/* its name goes before its record: the record is what a run that was killed leaves */
static int delete_file(struct swapadm_plan *plan, const struct plan_unit *unit)
{
	/* the lock is not held any more: whatever has the name now is not touched */
	return swapfile_unlink(unit->leaf.folder_fd, unit->leaf.fd, unit->path);
}

static int detach(struct swapadm_plan *plan, struct plan_unit *unit)
{
	bool persist = plan->flags & SWAPADM_PLAN_PERSIST;
	int deleted, r;

	if (unit->leaf.id)
		return run_detach_leaf(plan, unit);
	deleted = unit->leaf.deletes ? delete_file(plan, unit) : 0;
	r = direct_detach(plan->ctx, unit->path, persist);
	if (r || !deleted)
		return r;
	if (deleted == -ESTALE)
		return ctx_fail(
			plan->ctx, deleted,
			"%s: delete: it is out of use, but another file has its name now, which stays",
			unit->path);
	return ctx_fail(plan->ctx, deleted,
			"%s: delete: %s; it is out of use, delete it by hand", unit->path,
			strerror(-deleted));
}

/* ---- steps ----------------------------------------------------------------------- */

int run_direct_step(struct swapadm_plan *plan, struct plan_step *step, int *lock)
{
	struct plan_unit *unit = step->unit;
	int r;

	switch (step->pub.action) {
	case SWAPADM_ACTION_CREATE_ZRAM:
		r = plan_take_lock(plan, lock);
		return r ? r : create_zram(plan, unit);
	case SWAPADM_ACTION_CREATE_FILE:
		return create_file(plan, unit, lock);
	case SWAPADM_ACTION_FORMAT:
		return format(plan, unit);
	case SWAPADM_ACTION_ACTIVATE:
		r = plan_take_lock(plan, lock);
		return r ? r : activate_unit(plan, unit);
	case SWAPADM_ACTION_RERANK:
		return rerank(plan, unit, lock);
	case SWAPADM_ACTION_DRAIN:
		return drain(plan, unit);
	case SWAPADM_ACTION_DETACH:
		plan_drop_lock(lock); /* direct_detach() takes it */
		return detach(plan, unit);
	case SWAPADM_ACTION_SET:
		if (unit->kind != UNIT_LINE)
			return set(plan, unit, lock);
		r = plan_take_lock(plan, lock);
		return r ? r : run_drop_in(plan, unit);
	default:
		return -EINVAL;
	}
}

/* the file, then its folders */
static void undo_file(struct swapadm_plan *plan, struct plan_unit *unit)
{
	int r = 0;

	if (unit->file.linked)
		r = swapfile_unlink(unit->file.folder_fd, unit->file.fd, unit->path);
	if (r)
		log_warning(plan->ctx, "%s: remove the file again: %s", unit->path,
			    strerror(-r));
	unit->file.linked = false;
	r = swapfile_remove_folders(&unit->file.folder_fd, unit->path,
				    unit->file.n_folders);
	if (r)
		log_warning(plan->ctx, "%s: remove its folder again: %s", unit->path,
			    strerror(-r));
	unit->file.n_folders = 0;
}

/* what the unit's steps made is taken away; what was formatted stays formatted */
void run_undo_unit(struct swapadm_plan *plan, struct plan_unit *unit)
{
	if (unit->target && unit->kind == UNIT_ZRAM) {
		target_free(unit->target); /* an open device can't be removed */
		unit->target = NULL;
	}
	if (unit->kind == UNIT_ZRAM && unit->recorded &&
	    zram_remove(plan->ctx, unit->zram.number))
		log_warning(plan->ctx, "%s; the next apply will use it",
			    plan->ctx->error);
	else if (unit->recorded && plan_forget(plan->ctx, unit->path))
		log_warning(plan->ctx, "%s", plan->ctx->error);
	unit->recorded = false;
	if (unit->kind == UNIT_FILE)
		undo_file(plan, unit);
	if (unit->persisted &&
	    direct_persist_forget(plan->ctx, unit->tier, unit->path, unit->spec_text))
		log_warning(plan->ctx, "%s", plan->ctx->error);
	unit->persisted = false;
}
