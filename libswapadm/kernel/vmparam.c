/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The knobs of /proc/sys/vm that decide how swap is used. */
#include "base/ctx.h"

/* 0, also when this kernel has no such knob; -EBADMSG for what is no number */
static int read_knob(struct swapadm_ctx *ctx, const char *path, uint32_t bit,
		     uint64_t *value, uint32_t *known)
{
	int r = ctx_read_u64(ctx, path, value);

	if (r == -ENOENT)
		return 0;
	if (r)
		return ctx_fail(ctx, r, "%s: read: %s", path,
				r == -EBADMSG ? "not a number" : strerror(-r));
	*known |= bit;
	return 0;
}

SWAPADM_API int swapadm_vm_params_get(struct swapadm_ctx *ctx,
				      struct swapadm_vm_params *out)
{
	struct swapadm_vm_params p = {};
	int r;

	if (!ctx || !out)
		return -EINVAL;
	r = read_knob(ctx, "/proc/sys/vm/swappiness", SWAPADM_VM_SWAPPINESS,
		      &p.swappiness, &p.known);
	if (!r)
		r = read_knob(ctx, "/proc/sys/vm/page-cluster", SWAPADM_VM_PAGE_CLUSTER,
			      &p.page_cluster, &p.known);
	if (r)
		return r;
	*out = p;
	return 0;
}
