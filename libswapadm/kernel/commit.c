/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/commit.h"

#include "kernel/stats.h"

#define NEVER_OVERCOMMIT 2

struct commit {
	uint64_t limit_bytes, committed_bytes;
};

uint64_t commit_short_bytes(struct swapadm_ctx *ctx, uint64_t area_bytes)
{
	static const struct stats_field fields[] = {
		{ "CommitLimit:", 1u << 0, offsetof(struct commit, limit_bytes) },
		{ "Committed_AS:", 1u << 1, offsetof(struct commit, committed_bytes) },
	};
	_cleanup_free_ char *text = NULL;
	struct commit c = { 0 };
	uint32_t known = 0;
	uint64_t mode;

	if (ctx_read_u64(ctx, "/proc/sys/vm/overcommit_memory", &mode) ||
	    mode != NEVER_OVERCOMMIT || ctx_read_file(ctx, "/proc/meminfo", &text, NULL))
		return 0;
	stats_parse_table(text, fields, ARRAY_SIZE(fields), " kB", 1024, &c, &known);
	if (known != 3)
		return 0;
	return u64_minus(c.committed_bytes + area_bytes, c.limit_bytes);
}
