/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "layer/direct/emergency.h"

#include "device/activate.h"
#include "device/check.h"
#include "kernel/area.h"
#include "kernel/swapoff.h"

#define LOOK_NS       UINT64_C(500000000)
#define FLOOR_BYTES   (UINT64_C(24) << 20)
#define FULL_CENTIPCT 2000

/* the sentence says what it is about */
static int explain(struct swapadm_ctx *ctx, int err)
{
	return ctx_fail(ctx, err, "emergency area: %s", swapadm_get_error(ctx));
}

/* as a device of add is looked at */
static int look_at(struct swapadm_ctx *ctx, const char *path, struct target **out)
{
	struct check check = { .ctx = ctx };
	int r = check_load(ctx, &check);

	if (!r)
		r = check_device(&check, path, 0, out);
	check_done(&check);
	return r;
}

int emergency_check(struct swapadm_ctx *ctx, const char *word, struct emergency *out)
{
	_cleanup_free_ char *path = NULL;
	struct target *target = NULL;
	int r = check_resolve(ctx, word, &path);

	if (!r)
		r = look_at(ctx, path, &target);
	if (r)
		return explain(ctx, r);
	*out = (struct emergency){ .ctx = ctx,
				   .path = strdup(target->path),
				   .id = target->st };
	target_free(target);
	return out->path ? 0 : -ENOMEM;
}

static bool memory_is_short(struct swapadm_ctx *ctx)
{
	struct swapadm_mem_stats mem;
	struct swapadm_psi psi;
	uint64_t floor;

	if (swapadm_mem_get_stats(ctx, &mem))
		return false;
	floor = mem.total_bytes / 50;
	if (mem.available_bytes < (floor > FLOOR_BYTES ? floor : FLOOR_BYTES))
		return true;
	return !swapadm_psi_get(ctx, "memory", &psi) && psi.full.known &&
	       psi.full.avg10_centipct > FULL_CENTIPCT;
}

/*
 * looked at again: it may have come into use meanwhile; and it has to be the same thing
 */
static int activate_it(struct emergency *e)
{
	struct target *target = NULL;
	int r = look_at(e->ctx, e->path, &target);

	if (r)
		return r;
	if (target->st.st_dev != e->id.st_dev || target->st.st_ino != e->id.st_ino ||
	    target->st.st_rdev != e->id.st_rdev)
		r = -ESTALE;
	if (!r)
		r = activate(e->ctx, target, 0, SWAPADM_DISCARD_NONE);
	target_free(target);
	return r;
}

bool emergency_look(struct emergency *e)
{
	uint64_t now_ns = monotonic_ns();

	if (!e->path || e->active || e->failed || now_ns - e->looked_ns < LOOK_NS)
		return false;
	e->looked_ns = now_ns;
	if (!memory_is_short(e->ctx))
		return false;
	e->active = activate_it(e) == 0;
	e->failed = !e->active;
	return e->active;
}

/* without a sentence: that of the drain stays */
static bool is_off_again(struct emergency *e)
{
	struct swapoff_child child = SWAPOFF_CHILD_INIT;

	return !swapoff_start(e->ctx, e->path, -1, &child) && !swapoff_finish(&child);
}

bool emergency_end(struct emergency *e)
{
	struct area_list areas = { 0 };
	const struct area *area;
	bool used = true;

	if (!e->active)
		return false;
	if (!areas_load(e->ctx, &areas)) {
		area = areas_find(&areas, e->path);
		used = !area || area->used_bytes;
		areas_free(&areas);
	}
	return used || !is_off_again(e);
}
