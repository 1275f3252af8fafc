/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mounts, by device number, through libmount. */
#ifndef SWAPADM_MOUNTS_H
#define SWAPADM_MOUNTS_H

#include "kernel/blockdev.h"

/* how another block device lies to one's own */
enum relation {
	RELATION_NONE,
	RELATION_SAME,
	RELATION_PARTITION, /* the other is a partition of one's own */
	RELATION_DISK,      /* one's own is a partition of the other */
};

enum relation blockdev_relate(struct swapadm_ctx *ctx, const struct blockdev *own,
			      dev_t other);

/**
 * struct mount_use - a mount that uses a device
 * @device:  kernel name or path of what is mounted
 */
struct mount_use {
	enum relation relation;
	char device[256], target[1024], fstype[64];
};

struct mounts; /* a snapshot of /proc/self/mountinfo */

/* Return: 0; -EBADMSG; -ENOMEM; else -errno of reading. No sentence is set. */
int mounts_parse(const char *text, size_t len, struct mounts **out);
int mounts_load(struct swapadm_ctx *ctx, struct mounts **out);
void mounts_free(struct mounts *mounts);

/* the first mount of @own, of its whole disk or of one of its partitions; -ENOENT none */
int mounts_find_device(struct swapadm_ctx *ctx, const struct mounts *mounts,
		       const struct blockdev *own, struct mount_use *out);

/*
 * The mount that a path is on, or NULL: the last one of the longest target. libmount's
 * own search for it wants the path to exist, which that of a capture need not.
 */
struct libmnt_fs *mounts_find_path(const struct mounts *mounts, const char *path);

/*
 * The lowest mount point of /etc/fstab, other than /, that @path is below and on which
 * nothing is mounted: 0 and its name there in @buf; else -ENOENT, also without an fstab.
 * @path: without symbolic links.
 */
int mounts_find_absent(struct swapadm_ctx *ctx, const char *path, char *buf, size_t size);

/*
 * @id:       of the mount, not of its file system
 * @dev:      as st_dev shows it
 * @options:  those of the file system, such as the controllers of a cgroup hierarchy
 */
struct mount_line {
	int id;
	dev_t dev;
	const char *target, *fstype, *options;
};

/* call @fn for each mount, in the kernel's order; stops at its first non-zero result */
int mounts_each(const struct mounts *mounts,
		int (*fn)(void *data, const struct mount_line *line), void *data);

/* walking through a mount of @fstype may wait for a server: FUSE, network, automounter */
bool mounts_is_foreign(const char *fstype);

/* where a file system of @fstype is mounted, the first after @skip of them; -ENOENT */
int mounts_find_type(const struct mounts *mounts, const char *fstype, unsigned skip,
		     char *buf, size_t size);

static inline void mounts_freep(struct mounts **mounts)
{
	mounts_free(*mounts);
}

#endif
