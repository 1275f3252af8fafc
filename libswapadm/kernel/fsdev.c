/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/fsdev.h"

#include <libmount.h>
#include <sys/sysmacros.h>

/* one file system: by its number, or by its line in the table of mounts */
struct fsdev_entry {
	dev_t dev;
	struct libmnt_fs *fs;
	int result;
	struct blockdev bd;
};

static int dev_of_source(struct swapadm_ctx *ctx, const char *source,
			 struct blockdev *out)
{
	struct stat st;

	if (!ctx->foreign_root && !ctx_stat(ctx, source, &st) && S_ISBLK(st.st_mode))
		return blockdev_get_brief(ctx, st.st_rdev, out);
	return blockdev_get_brief_by_name(ctx, strrchr(source, '/') + 1, out);
}

static int ask_fs(struct swapadm_ctx *ctx, struct libmnt_fs *fs, struct blockdev *out)
{
	dev_t dev = mnt_fs_get_devno(fs);
	const char *source = mnt_fs_get_srcpath(fs);

	if (mnt_fs_is_netfs(fs)) {
		*out = (struct blockdev){ .kind = SWAPADM_KIND_NETWORK };
		return 0;
	}
	if (major(dev))
		return blockdev_get_brief(ctx, dev, out);
	return source && *source == '/' ? dev_of_source(ctx, source, out) : -ENODEV;
}

static const struct fsdev_entry *find(const struct fsdev_cache *cache, dev_t dev,
				      const struct libmnt_fs *fs)
{
	for (size_t i = 0; i < cache->n; i++)
		if (cache->entries[i].dev == dev && cache->entries[i].fs == fs)
			return &cache->entries[i];
	return NULL;
}

int fsdev_get(struct swapadm_ctx *ctx, struct fsdev_cache *cache, const char *path,
	      const struct stat *st, struct blockdev *out)
{
	struct fsdev_entry entry = { .dev = st ? st->st_dev : 0 };
	const struct fsdev_entry *known;

	if (!major(entry.dev)) {
		if (!cache->mounts_tried)
			mounts_load(ctx, &cache->mounts);
		cache->mounts_tried = true;
		entry.dev = 0;
		entry.fs = cache->mounts ? mounts_find_path(cache->mounts, path) : NULL;
		if (!entry.fs)
			return -ENODEV;
	}
	known = find(cache, entry.dev, entry.fs);
	if (!known) {
		entry.result = entry.fs ? ask_fs(ctx, entry.fs, &entry.bd)
					: blockdev_get_brief(ctx, entry.dev, &entry.bd);
		if (!array_grow(&cache->entries, cache->n))
			return -ENOMEM;
		cache->entries[cache->n] = entry;
		known = &cache->entries[cache->n++];
	}
	if (known->result)
		return -ENODEV;
	*out = known->bd;
	return 0;
}

void fsdev_free(struct fsdev_cache *cache)
{
	mounts_free(cache->mounts);
	free(cache->entries);
	*cache = (struct fsdev_cache){};
}
