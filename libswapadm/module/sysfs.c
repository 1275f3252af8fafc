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
