/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* After swapoff: what swapadm made and wrote for an area goes. */
#include "layer/direct/direct.h"

#include "conf/persist.h"
#include "device/check.h"
#include "device/zram.h"
#include "kernel/stats.h"
#include "module/sysfs.h"
#include "state/state.h"

#define LOCK_TRIES 6 /* of 5 s */

/* under any of its names: an area, or a leaf of the tswap device */
bool direct_is_active(struct swapadm_ctx *ctx, const char *path)
{
	struct area_list areas = { 0 };
	struct leaf_use use;
	struct stat st;
	bool found;

	if (areas_load(ctx, &areas))
		return true; /* be careful */
	found = areas_find(&areas, path) != NULL;
	if (!found && ctx_stat(ctx, path, &st) == 0)
		found = check_find_area(ctx, &areas, &st) ||
			(S_ISBLK(st.st_mode) && leafuse_find(ctx, st.st_rdev, &use));
	areas_free(&areas);
	return found;
}

/* a zram; of a file the caller knows whether it is deleted */
static int remove_created(struct swapadm_ctx *ctx, const struct state_device *dev)
{
	int number = zram_number(dev->path), r;
	uint64_t size_bytes;

	if (number < 0)
		return 0;
	if (zram_read_size(ctx, number, &size_bytes) == -ENODEV) {
		log_debug(ctx, "%s: not taken away: it is gone", dev->path);
		return 0;
	}
	/* the record of a run that was killed early does not say which device it made */
	r = zram_check_removal(ctx, number, dev->identity.diskseq != 0);
	return r ? r : zram_remove(ctx, number);
}

int direct_persist_forget(struct swapadm_ctx *ctx, const char *tier, const char *path,
			  const char *spec)
{
	int r = spec ? persist_remove(ctx, tier, spec) : -ENODEV;

	if (r == -ENODEV)
		r = persist_remove(ctx, tier, path);
	return r == -ENODEV ? 0 : r;
}

int direct_persist_forget_check(struct swapadm_ctx *ctx, const char *tier,
				const char *path, const char *spec, const char *instead)
{
	int r = spec ? persist_remove_check(ctx, tier, spec, instead) : -ENODEV;

	if (r == -ENODEV)
		r = persist_remove_check(ctx, tier, path, instead);
	return r == -ENODEV ? 0 : r;
}

static const char *recorded_path(struct swapadm_ctx *ctx, const struct state *state,
				 const char *path)
{
	const struct state_device *dev;
	struct stat st;
	bool node = ctx_stat(ctx, path, &st) == 0 && S_ISBLK(st.st_mode);

	dev = state_find_node(ctx, state, path, node ? st.st_rdev : 0);
	return dev ? dev->path : path;
}

/* a zram is the one that was made whatever others have written to it since */
static const struct state_device *find_ours(struct swapadm_ctx *ctx,
					    const struct state *state, const char *path)
{
	const struct state_device *dev = state_find_device(state, path);
	struct identity now;

	if (!dev || !dev->created || zram_number(path) < 0 || !dev->identity.diskseq)
		return state_find_ours(ctx, state, path);
	identity_get(ctx, path, 0, &now);
	return state_is_same(dev, &now) ? dev : NULL;
}

/*
 * A drain may have taken hours: what keeps the lock for longer than state_lock() waits, a
 * park that waits for its processes to stop, must not make it a failure.
 */
static int lock_patiently(struct swapadm_ctx *ctx, const char *path)
{
	char holder[128];
	int lock = -EBUSY;

	snprintf(holder, sizeof(holder), "%s detach %.64s", program_invocation_short_name,
		 path);
	for (int i = 0; i < LOCK_TRIES && lock == -EBUSY; i++)
		lock = state_lock(ctx, holder);
	return lock;
}

int direct_detach(struct swapadm_ctx *ctx, const char *path, bool persist)
{
	_cleanup_(state_free) struct state state = { 0 };
	const struct state_device *dev;
	const char *recorded;
	_cleanup_close_ int lock = -1;
	int r = ctx_may_change(ctx, path);

	if (r)
		return r;
	lock = lock_patiently(ctx, path);
	if (lock < 0)
		return lock;
	if (direct_is_active(ctx, path))
		return ctx_fail(ctx, -EBUSY,
				"%s: detach: it is in use as swap; drain it first", path);
	r = state_load(ctx, &state);
	if (r)
		return r;
	recorded = recorded_path(ctx, &state, path);
	dev = find_ours(ctx, &state, recorded);
	if (dev && dev->created)
		r = remove_created(ctx, dev);
	if (!r && persist)
		r = direct_persist_forget(ctx, dev ? dev->tier : NULL, path,
					  dev ? dev->spec : NULL);
	if (r || !state_drop_device(&state, recorded))
		return r;
	return state_save(ctx, &state);
}
