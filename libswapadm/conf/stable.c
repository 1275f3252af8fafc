/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/stable.h"

#include <fcntl.h>
#include <sys/sysmacros.h>

#include "conf/devspec.h"
#include "device/probe.h"
#include "kernel/blockdev.h"
#include "state/identity.h"

/* a node under the kernel's own name: no link, which somebody keeps up to date */
static bool is_kernel_name(struct swapadm_ctx *ctx, const char *word, struct stat *st)
{
	_cleanup_close_ int fd = -1;

	if (!str_after(word, "/dev/") || str_after(word, "/dev/mapper/"))
		return false;
	fd = ctx_open(ctx, word, O_PATH | O_NOFOLLOW);
	return fd >= 0 && fstat(fd, st) == 0 && S_ISBLK(st->st_mode);
}

#define SYSFS_DIR 64

static void sysfs_dir(const struct stat *st, char buf[SYSFS_DIR])
{
	snprintf(buf, SYSFS_DIR, "/sys/dev/block/%u:%u", major(st->st_rdev),
		 minor(st->st_rdev));
}

static bool uuid_name(struct swapadm_ctx *ctx, const char *path, const struct stat *st,
		      char *buf, size_t size)
{
	_cleanup_free_ char *found = NULL;
	struct identity id;
	struct stat again;
	char dir[SYSFS_DIR];

	sysfs_dir(st, dir);
	if (blockdev_is_plain_crypt(ctx, dir))
		return false;
	identity_get(ctx, path, IDENTITY_SIGNATURE, &id);
	if (!*id.uuid)
		return false;
	snprintf(buf, size, "UUID=%s", id.uuid);
	return probe_resolve_tag(buf, &found) == 0 && stat(found, &again) == 0 &&
	       again.st_rdev == st->st_rdev;
}

static bool mapper_name(struct swapadm_ctx *ctx, const struct stat *st, char *buf,
			size_t size)
{
	char dir[SYSFS_DIR];

	sysfs_dir(st, dir);
	return blockdev_mapper_path(ctx, dir, buf, size);
}

int stable_spec(struct swapadm_ctx *ctx, const struct swapadm_devspec *spec, char **out)
{
	struct swapadm_devspec copy = *spec;
	char name[192];
	struct stat st;

	*out = NULL;
	if (!is_kernel_name(ctx, spec->word, &st))
		return 0;
	if (!uuid_name(ctx, spec->word, &st, name, sizeof(name)) &&
	    !mapper_name(ctx, &st, name, sizeof(name)))
		return 0;
	copy.word = name;
	return devspec_print(&copy, out);
}
