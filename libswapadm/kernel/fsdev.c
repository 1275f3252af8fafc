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

static void load_mounts(struct swapadm_ctx *ctx, struct fsdev_cache *cache)
{
	_cleanup_free_ char *text = NULL;
	_cleanup_fclose_ FILE *f = NULL;
	size_t len;

	if (cache->mounts_tried)
		return;
	cache->mounts_tried = true;
	if (ctx_read_file(ctx, "/proc/self/mountinfo", &text, &len) || !len)
		return;
	f = fmemopen(text, len, "r");
	cache->mounts = f ? mnt_new_table() : NULL;
	if (!cache->mounts)
		return;
	if (mnt_table_parse_stream(cache->mounts, f, "mountinfo")) {
		mnt_unref_table(cache->mounts);
		cache->mounts = NULL;
	}
}

/*
 * The mount that a path lies on: the last one of the longest target. libmount's own
 * search for it wants the path to exist, which that of a capture need not.
 */
static struct libmnt_fs *find_mount(struct libmnt_table *mounts, const char *path)
{
	_cleanup_free_ char *target = strdup(path);

	for (char *slash; target && *target == '/'; *slash = '\0') {
		struct libmnt_fs *fs =
			mnt_table_find_target(mounts, target, MNT_ITER_BACKWARD);

		if (fs)
			return fs;
		slash = strrchr(target, '/');
		if (slash == target)
			slash += slash[1] != '\0'; /* "/a" to "/", then to "" */
	}
	return NULL;
}

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
		load_mounts(ctx, cache);
		entry.dev = 0;
		entry.fs = cache->mounts ? find_mount(cache->mounts, path) : NULL;
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
	if (cache->mounts)
		mnt_unref_table(cache->mounts);
	free(cache->entries);
	*cache = (struct fsdev_cache){};
}
