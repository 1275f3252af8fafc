/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "device/activate.h"
#include "base/privilege.h"

#include <assert.h>
#include <sys/swap.h>

#include "kernel/swapoff.h"

/* include/linux/swap.h; the C library has only the first two of them */
#define FLAG_DISCARD       0x10000
#define FLAG_DISCARD_ONCE  0x20000
#define FLAG_DISCARD_PAGES 0x40000

int activate_flags(int prio, enum swapadm_discard discard)
{
	int flags = prio < 0 ? 0 : SWAP_FLAG_PREFER | (prio & SWAP_FLAG_PRIO_MASK);

	assert(prio <= SWAP_FLAG_PRIO_MASK);
	switch (discard) {
	case SWAPADM_DISCARD_NONE:
		return flags;
	case SWAPADM_DISCARD_ONCE:
		return flags | FLAG_DISCARD | FLAG_DISCARD_ONCE;
	case SWAPADM_DISCARD_PAGES:
		return flags | FLAG_DISCARD | FLAG_DISCARD_PAGES;
	case SWAPADM_DISCARD_BOTH:
		return flags | FLAG_DISCARD;
	}
	return flags;
}

/* the kernel has 23 to 29 numbers for areas (MAX_SWAPFILES), by its configuration */
#define TYPES_MIN 23

/* as root, EPERM means both: no privilege, and no number left (alloc_swap_info()) */
static int explain_eperm(struct swapadm_ctx *ctx, const char *path)
{
	struct area_list areas = { 0 };
	size_t n = areas_load(ctx, &areas) ? 0 : areas.n;

	areas_free(&areas);
	if (geteuid() == 0 && n >= TYPES_MIN)
		return ctx_fail(
			ctx, -EPERM,
			"%s: swapon: the kernel takes no more than the %zu areas that are active; remove one first",
			path, n);
	return ctx_fail(ctx, -EPERM, "%s: swapon: %s", path,
			PRIVILEGE_REMEDY("CAP_SYS_ADMIN"));
}

static int explain(struct swapadm_ctx *ctx, const struct target *target, int err)
{
	const char *path = target->path;

	switch (err) {
	case -EBUSY:
		return ctx_fail(
			ctx, err,
			"%s: swapon: it came into use after it was checked (an area activated by others, a mount, a leaf of tswap); see `swapctl list` and `lsblk`",
			path);
	case -EPERM:
		return explain_eperm(ctx, path);
	case -EINVAL:
		return ctx_fail(
			ctx, err,
			"%s: swapon: the kernel refuses it%s; the kernel log has the reason (`dmesg | tail`)",
			path,
			target->is_file
				? ": a hole, copy-on-write, btrfs on several devices (RAID1 and the like), or a file system that can't swap"
				: ": its signature or its size");
	case -ENOMEM:
		return ctx_fail(
			ctx, err,
			"%s: swapon: no memory for the map of its slots; free some or use a smaller area",
			path);
	default:
		return ctx_fail(ctx, err, "%s: swapon: %s", path, strerror(-err));
	}
}

/* what is active now is what was checked, and under the name that is recorded */
static int verify(struct swapadm_ctx *ctx, const struct target *target, int prio)
{
	struct area_list areas = { 0 };
	const struct area *area;
	int r = areas_load(ctx, &areas);

	if (r)
		return ctx_fail(ctx, r, "/proc/swaps: read: %s", strerror(-r));
	area = areas_find(&areas, target->path);
	r = check_same(ctx, target);
	if (!r && (!area || (prio < 0 ? area->prio >= 0 : area->prio != prio)))
		r = ctx_fail(
			ctx, -ESTALE,
			"%s: swapon: succeeded, but /proc/swaps does not show it with priority %d",
			target->path, prio);
	areas_free(&areas);
	return r;
}

int activate(struct swapadm_ctx *ctx, const struct target *target, int prio,
	     enum swapadm_discard discard)
{
	char node[64], why[sizeof(ctx->error)];
	uint64_t start_ns = monotonic_ns();
	int r = ctx_may_change(ctx, target->path);

	if (!r)
		r = check_same(ctx, target);
	if (r)
		return r;
	snprintf(node, sizeof(node), "/proc/self/fd/%d", target->fd);
	do
		r = ctx->ops.swapon(node, activate_flags(prio, discard)) < 0 ? -errno : 0;
	while (busy_for_now(r, start_ns));
	if (r)
		return explain(ctx, target, r);
	r = verify(ctx, target, prio);
	if (!r)
		return 0;
	snprintf(why, sizeof(why), "%s", ctx->error);
	if (swapoff_wait(ctx, target->path) < 0)
		return ctx_fail(ctx, r, "%s; it can't be deactivated again", why);
	return ctx_fail(ctx, r, "%s", why);
}
