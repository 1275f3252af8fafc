/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The knobs of /proc/sys/vm that decide how swap is used. */
#include "base/ctx.h"

/* what this kernel lacks, or what cannot be read, is absent */
static void read_knob(struct swapadm_ctx *ctx, const char *path, uint32_t bit,
		      uint64_t *value, uint32_t *known)
{
	int r = ctx_read_u64(ctx, path, value);

	if (r)
		log_debug(ctx, "%s: read: %s", path, strerror(-r));
	else
		*known |= bit;
}

SWAPADM_API int swapadm_vm_params_get_sized(struct swapadm_ctx *ctx,
					    struct swapadm_vm_params *out, size_t size)
{
	struct swapadm_vm_params p = {};
	CTX_CALL(ctx);

	if (!ctx || !out)
		return -EINVAL;
	read_knob(ctx, "/proc/sys/vm/swappiness", SWAPADM_VM_SWAPPINESS, &p.swappiness,
		  &p.known);
	read_knob(ctx, "/proc/sys/vm/page-cluster", SWAPADM_VM_PAGE_CLUSTER,
		  &p.page_cluster, &p.known);
	return sized_put(out, size, &p, sizeof(p));
}
