/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where the blocks of a file are, and what swapon(2) can use of them. */
#ifndef SWAPADM_EXTENTS_H
#define SWAPADM_EXTENTS_H

#include <linux/fiemap.h>

#include "base/ctx.h"

#define EXTENTS_MAX 64 /* of one look */

/**
 * struct extents - a walk over the extents of a file, in their order
 * @fd:         the file, borrowed
 * @end_bytes:  where it ends: blocks past it are not looked at
 *
 * The rest is of extents_next(), and 0 at the start.
 */
struct extents {
	int fd;
	uint64_t end_bytes;
	uint64_t at_bytes;
	unsigned next, n;
	union {
		struct fiemap map;
		char room[sizeof(struct fiemap) +
			  EXTENTS_MAX * sizeof(struct fiemap_extent)];
	};
};

/**
 * extents_next() - the next one; what is not written yet is written before
 * @out:  of @walk, until the next call
 *
 * Kernel ABI: FS_IOC_FIEMAP (Documentation/filesystems/fiemap.rst).
 * Return: 1; 0 there are no more; -EOPNOTSUPP, -ENOTTY the file system has no FIEMAP;
 * else -errno. No sentence.
 */
int extents_next(struct extents *walk, const struct fiemap_extent **out);

/**
 * extents_usable() - what swapon(2) makes of a file, with its header page
 * @size_bytes:  of the file
 *
 * The kernel takes whole pages that begin at a page of the disk: blocks smaller than a
 * page lose up to one at each end of a run (mm/page_io.c:generic_swapfile_activate(),
 * fs/iomap/swapfile.c:iomap_swapfile_add_extent()).
 * Return: 0; as extents_next().
 */
int extents_usable(int fd, uint64_t size_bytes, uint64_t *usable_bytes);

#endif
