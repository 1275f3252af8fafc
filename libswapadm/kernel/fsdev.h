/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The block device that a file is on. */
#ifndef SWAPADM_FSDEV_H
#define SWAPADM_FSDEV_H

#include "kernel/mounts.h"

/*
 * What was asked already: many swap files lie on few file systems. Zero-initialise; the
 * table of mounts is only read when numbers are not enough.
 */
struct fsdev_cache {
	struct fsdev_entry *entries;
	size_t n;
	struct mounts *mounts;
	bool mounts_tried;
};

/**
 * fsdev_get() - the device below a file
 * @path:  of the file, absolute
 * @st:    of the file or of its folder; NULL: unknown (a capture)
 * @out:   as of blockdev_get_brief(); of a network file system only .kind is set
 *
 * A file system with a number of its own (btrfs, subvolumes of all kinds) is looked up in
 * the table of mounts, where its source stands.
 * Return: 0; -ENODEV there is none, or it is not known; -ENOMEM.
 */
int fsdev_get(struct swapadm_ctx *ctx, struct fsdev_cache *cache, const char *path,
	      const struct stat *st, struct blockdev *out);
void fsdev_free(struct fsdev_cache *cache);

#endif
