/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/latency.h"

int latency_parse(const char *text, uint64_t *buckets)
{
	uint64_t v;

	for (size_t i = 0; i < SWAPADM_LATENCY_BUCKETS; i++)
		if (next_u64(&text, &buckets[i]))
			return -EBADMSG;
	while (next_u64(&text, &v) == 0)
		buckets[SWAPADM_LATENCY_BUCKETS - 1] += v;
	return 0;
}

static int read_one(struct swapadm_ctx *ctx, const char *tswap, uint32_t leaf_id,
		    const char *file, uint64_t *buckets)
{
	char path[128], text[1024];
	int r;

	snprintf(path, sizeof(path), "/sys/block/%s/tswap/leaf%u/%s", tswap, leaf_id,
		 file);
	r = ctx_read_line(ctx, path, text, sizeof(text));
	return r ? r : latency_parse(text, buckets);
}

int latency_get(struct swapadm_ctx *ctx, const char *tswap, uint32_t leaf_id,
		struct swapadm_latency *out)
{
	struct swapadm_latency l = { .known = true };
	int r = read_one(ctx, tswap, leaf_id, "read_latency", l.reads);

	if (!r)
		r = read_one(ctx, tswap, leaf_id, "write_latency", l.writes);
	if (r)
		return r;
	*out = l;
	return 0;
}
