/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* /proc/vmstat: events since boot, of the whole machine. */
#include "base/ctx.h"
#include "kernel/stats.h"

#define FIELD(name, bit, member)                                                    \
	{                                                                           \
		name, SWAPADM_VMSTAT_##bit, offsetof(struct swapadm_vmstat, member) \
	}

void vmstat_parse(const char *text, struct swapadm_vmstat *out)
{
	static const struct stats_field fields[] = {
		FIELD("pswpin", PSWPIN, pswpin_pages),
		FIELD("pswpout", PSWPOUT, pswpout_pages),
		FIELD("zswpin", ZSWPIN, zswpin_pages),
		FIELD("zswpout", ZSWPOUT, zswpout_pages),
		FIELD("zswpwb", ZSWPWB, zswpwb_pages),
		FIELD("swpin_zero", SWPIN_ZERO, swpin_zero_pages),
		FIELD("swpout_zero", SWPOUT_ZERO, swpout_zero_pages),
		FIELD("swap_ra", SWAP_RA, swap_ra_pages),
		FIELD("swap_ra_hit", SWAP_RA_HIT, swap_ra_hit_pages),
		FIELD("oom_kill", OOM_KILL, oom_kills),
		FIELD("workingset_refault_anon", REFAULT, refault_anon_pages),
	};
	struct swapadm_vmstat stats = {};

	stats_parse_table(text, fields, ARRAY_SIZE(fields), "", 1, &stats, &stats.known);
	*out = stats;
}

SWAPADM_API int swapadm_vmstat_get_sized(struct swapadm_ctx *ctx,
					 struct swapadm_vmstat *stats, size_t size)
{
	struct swapadm_vmstat vmstat;
	_cleanup_free_ char *text = NULL;
	CTX_CALL(ctx);
	int r;

	if (!ctx || !stats)
		return -EINVAL;
	r = ctx_read_file(ctx, "/proc/vmstat", &text, NULL);
	if (r)
		return ctx_fail(ctx, r, "/proc/vmstat: read: %s; mount /proc",
				strerror(-r));
	vmstat_parse(text, &vmstat);
	return sized_put(stats, size, &vmstat, sizeof(vmstat));
}
