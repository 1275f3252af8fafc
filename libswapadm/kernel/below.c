/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a device is stacked on, down to the hardware: slaves of dm and md, the file of a
 * loop device and the file system that it is on.
 */
#include <ctype.h>
#include <libmount.h>
#include <limits.h>

#include "kernel/mounts.h"
#include "kernel/fsdev.h"

#define DEPTH_MAX 8

struct walk {
	struct swapadm_ctx *ctx;
	struct mounts *mounts; /* read when the first loop device is met */
	uint32_t found;
};

static void walk_free(struct walk *w)
{
	mounts_free(w->mounts);
}

static int read_attr(struct walk *w, const char *disk, const char *file, char *buf,
		     size_t size)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "/sys/class/block/%s/%s", disk, file);
	return ctx_read_line(w->ctx, path, buf, size);
}

static bool lies_in_memory(struct walk *w, const char *path)
{
	const char *type;
	struct libmnt_fs *fs;

	if (!w->mounts && mounts_load(w->ctx, &w->mounts))
		return false;
	fs = mounts_find_path(w->mounts, path);
	type = fs ? mnt_fs_get_fstype(fs) : NULL;
	return streq_null(type, "tmpfs") || streq_null(type, "ramfs");
}

static void look_at(struct walk *w, const char *disk, unsigned depth);

static void look_below_loop(struct walk *w, const char *disk, unsigned depth)
{
	_cleanup_(fsdev_free) struct fsdev_cache cache = {};
	struct blockdev below = {};
	char file[PATH_MAX];
	struct stat st;
	bool known;

	if (read_attr(w, disk, "loop/backing_file", file, sizeof(file)) || *file != '/')
		return;
	w->found |= SWAPADM_BELOW_LOOP;
	if (lies_in_memory(w, file)) {
		w->found |= SWAPADM_BELOW_TMPFS;
		return;
	}
	/* numbers below a foreign root are this machine's */
	known = !w->ctx->foreign_root && !ctx_stat(w->ctx, file, &st);
	if (!fsdev_get(w->ctx, &cache, file, known ? &st : NULL, &below) && *below.disk)
		look_at(w, below.disk, depth);
}

static void look_below_slaves(struct walk *w, const char *disk, unsigned depth)
{
	char path[PATH_MAX];
	struct dirent *entry;
	_cleanup_closedir_ DIR *dir = NULL;

	snprintf(path, sizeof(path), "/sys/class/block/%s/slaves", disk);
	dir = ctx_opendir(w->ctx, path);
	while (dir && (entry = readdir(dir))) {
		struct blockdev below = {};

		if (*entry->d_name != '.' &&
		    !blockdev_get_brief_by_name(w->ctx, entry->d_name, &below))
			look_at(w, below.disk, depth);
	}
}

static bool is_removable(struct walk *w, const char *disk)
{
	char path[PATH_MAX], link[PATH_MAX], text[8];

	if (!read_attr(w, disk, "removable", text, sizeof(text)) && streq(text, "1"))
		return true;
	snprintf(path, sizeof(path), "/sys/class/block/%s", disk);
	return !ctx_readlink(w->ctx, path, link, sizeof(link)) && strstr(link, "/usb");
}

static void look_at(struct walk *w, const char *disk, unsigned depth)
{
	const char *zvol = str_after(disk, "zd");
	struct blockdev bd = {};
	char uuid[64];

	if (!depth)
		return;
	if (zvol && isdigit((unsigned char)*zvol))
		w->found |= SWAPADM_BELOW_ZVOL;
	/* dm-crypt's mappings have it as their prefix (cryptsetup lib/libdevmapper.c) */
	if (!read_attr(w, disk, "dm/uuid", uuid, sizeof(uuid)) &&
	    str_after(uuid, "CRYPT-"))
		w->found |= SWAPADM_BELOW_CRYPT;
	if (is_removable(w, disk))
		w->found |= SWAPADM_BELOW_REMOVABLE;
	if (blockdev_get_brief_by_name(w->ctx, disk, &bd))
		return;
	if (bd.kind == SWAPADM_KIND_NETWORK)
		w->found |= SWAPADM_BELOW_NETWORK;
	if (bd.is_loop)
		look_below_loop(w, disk, depth - 1);
	else
		look_below_slaves(w, disk, depth - 1);
}

SWAPADM_API int swapadm_device_get_below(struct swapadm_ctx *ctx,
					 const struct swapadm_device *dev, uint32_t *out)
{
	CTX_CALL(ctx);
	_cleanup_(walk_free) struct walk w = { .ctx = ctx };

	if (!ctx || !dev || !out)
		return -EINVAL;
	if (dev->kind == SWAPADM_KIND_NETWORK)
		w.found |= SWAPADM_BELOW_NETWORK;
	if (!dev->disk && !w.found)
		return -ENODEV;
	if (dev->disk)
		look_at(&w, dev->disk, DEPTH_MAX);
	*out = w.found;
	return 0;
}
