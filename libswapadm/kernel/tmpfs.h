/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Swapped pages of tmpfs files, which no pagemap shows: the files are mapped, mincore(2)
 * shows what is not in memory, SEEK_DATA what is not a hole, and MADV_WILLNEED brings it
 * in. Other shared memory (System V, memfd, files of other mount namespaces) can't be
 * reached from outside: that is left to swapoff.
 */
#ifndef SWAPADM_TMPFS_H
#define SWAPADM_TMPFS_H

#include <sys/stat.h>

#include "base/ctx.h"

/**
 * tmpfs_each_file() - call @fn for each file of each tmpfs in sight that has pages
 * @fn:  @fd is open for reading, borrowed; not 0: stop
 *
 * Left out are files that may not be read, without privilege those of other users (their
 * times of access would change), those of other mount namespaces, and folders more than
 * 32 deep. What is mounted over a tmpfs or in it is not entered.
 * Return: 0; what @fn returned; -ENOMEM; -EMFILE, -ENFILE: not all files were looked at.
 */
int tmpfs_each_file(struct swapadm_ctx *ctx,
		    int (*fn)(void *data, int fd, const struct stat *st), void *data);

/* called after each piece; not 0: stop */
typedef int (*tmpfs_fn)(void *data, uint64_t bytes);

/**
 * tmpfs_preread() - read every swapped page of every tmpfs file in sight
 * @fn:     called with how much was asked for
 *
 * It is not known which area a page comes from, so this is for when there is only one.
 * Return: 0; what @fn returned; -ENOMEM.
 */
int tmpfs_preread(struct swapadm_ctx *ctx, tmpfs_fn fn, void *data);

#endif
