/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* /proc/meminfo. Its "kB" are KiB. */
#include "base/ctx.h"
#include "kernel/stats.h"

#define FIELD(name, bit, member)                                                        \
	{                                                                               \
		name ":", SWAPADM_MEM_##bit, offsetof(struct swapadm_mem_stats, member) \
	}

int meminfo_parse(const char *text, struct swapadm_mem_stats *out)
{
	static const struct stats_field fields[] = {
		FIELD("MemTotal", TOTAL, total_bytes),
		FIELD("MemFree", FREE, free_bytes),
		FIELD("MemAvailable", AVAILABLE, available_bytes),
		FIELD("SwapTotal", SWAP_TOTAL, swap_total_bytes),
		FIELD("SwapFree", SWAP_FREE, swap_free_bytes),
		FIELD("SwapCached", SWAP_CACHED, swap_cached_bytes),
		FIELD("Zswap", ZSWAP, zswap_bytes),
		FIELD("Zswapped", ZSWAPPED, zswapped_bytes),
		FIELD("Shmem", SHMEM, shmem_bytes),
		FIELD("CommitLimit", COMMIT, commit_limit_bytes),
		FIELD("Committed_AS", COMMITTED, committed_bytes),
	};
	struct swapadm_mem_stats stats = {};

	stats_parse_table(text, fields, ARRAY_SIZE(fields), " kB", 1024, &stats,
			  &stats.known);
	if (!(stats.known & SWAPADM_MEM_TOTAL))
		return -EBADMSG;
	*out = stats;
	return 0;
}

SWAPADM_API int swapadm_mem_get_stats_sized(struct swapadm_ctx *ctx,
					    struct swapadm_mem_stats *stats, size_t size)
{
	struct swapadm_mem_stats mem;
	_cleanup_free_ char *text = NULL;
	CTX_CALL(ctx);
	int r;

	if (!ctx || !stats)
		return -EINVAL;
	r = ctx_read_file(ctx, "/proc/meminfo", &text, NULL);
	if (r)
		return ctx_fail(ctx, r, "/proc/meminfo: read: %s; mount /proc",
				strerror(-r));
	if (meminfo_parse(text, &mem))
		return ctx_fail(
			ctx, -EBADMSG,
			"/proc/meminfo: read: not the table that kernels print; report it with the file's text");
	return sized_put(stats, size, &mem, sizeof(mem));
}
