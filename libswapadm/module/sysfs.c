/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/sysfs.h"

#include <sys/sysmacros.h>

static bool read_leaf(struct swapadm_ctx *ctx, const char *folder, const char *leaf,
		      const char *file, char *buf, size_t size)
{
	char path[128];

	snprintf(path, sizeof(path), "%.60s/%.20s/%s", folder, leaf, file);
	return ctx_read_line(ctx, path, buf, size) == 0;
}

/* @number: "MAJ:MIN" */
static bool find_in(struct swapadm_ctx *ctx, const char *tswap, const char *number,
		    struct leaf_use *out)
{
	_cleanup_closedir_ DIR *dir = NULL;
	struct leaf_use use = { 0 };
	const struct dirent *entry;
	char folder[64], dev[32];

	snprintf(use.tswap, sizeof(use.tswap), "%.31s", tswap);
	snprintf(folder, sizeof(folder), "/sys/block/%s/tswap", use.tswap);
	dir = ctx_opendir(ctx, folder);
	while (dir && (entry = readdir(dir))) {
		if (!str_after(entry->d_name, "leaf") ||
		    !read_leaf(ctx, folder, entry->d_name, "dev", dev, sizeof(dev)) ||
		    !streq(dev, number) ||
		    !read_leaf(ctx, folder, entry->d_name, "tier", use.tier,
			       sizeof(use.tier)))
			continue;
		*out = use;
		return true;
	}
	return false;
}

bool leafuse_find(struct swapadm_ctx *ctx, dev_t dev, struct leaf_use *out)
{
	_cleanup_closedir_ DIR *dir = ctx_opendir(ctx, "/sys/block");
	const struct dirent *entry;
	char number[32];

	snprintf(number, sizeof(number), "%u:%u", major(dev), minor(dev));
	while (dir && (entry = readdir(dir)))
		if (str_after(entry->d_name, "tswap") &&
		    find_in(ctx, entry->d_name, number, out))
			return true;
	return false;
}

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
