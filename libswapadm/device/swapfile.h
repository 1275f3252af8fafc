/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Swap files that are made: real blocks, mode 0600, no holes, no copy-on-write. */
#ifndef SWAPADM_SWAPFILE_H
#define SWAPADM_SWAPFILE_H

#include "base/ctx.h"

/**
 * swapfile_plan() - could a swap file be made here? changes nothing
 * @path:       must not exist
 * @real_path:  the path without symbolic links, to be freed
 *
 * Return: 0; -ENOENT its folder is missing; -EEXIST; -SWAPADM_ENOROOM; -ERANGE too small;
 * -EOPNOTSUPP, -EACCES of the file system; else -errno. The sentence is set.
 */
int swapfile_plan(struct swapadm_ctx *ctx, const char *path, uint64_t size_bytes,
		  char **real_path);

/**
 * swapfile_make() - make the file, without a name yet
 * @path:  where swapfile_link() will put it
 *
 * Nothing is left when the process dies before swapfile_link(): the kernel frees a file
 * without a name.
 * Return: descriptor; -ENOSPC; -EOPNOTSUPP the file system has no files without a name or
 * can't turn copy-on-write off; else -errno. The sentence is set.
 */
int swapfile_make(struct swapadm_ctx *ctx, const char *path, uint64_t size_bytes);

/* give it its name, durably; -EEXIST something has it meanwhile. The sentence is set. */
int swapfile_link(struct swapadm_ctx *ctx, int fd, const char *path);

/* take it away again, if @path still names the file @fd */
void swapfile_unlink(struct swapadm_ctx *ctx, int fd, const char *path);

#endif
