/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A loop device over a file that a zram writes back to. */
#ifndef SWAPADM_LOOP_H
#define SWAPADM_LOOP_H

#include "base/ctx.h"

/**
 * loop_attach() - a block device for an open file
 * @file_fd:  of the file; opened again for writing
 * @path:     for sentences
 *
 * Direct I/O only: through the page cache each page written back would take memory twice.
 * The device goes away on its own (LO_FLAGS_AUTOCLEAR) when its last user closes it: that
 * is the caller, until a zram has opened it too, and then the zram, until it is reset. So
 * a crash leaves none behind, and nobody has to remember it.
 * Kernel ABI: /dev/loop-control, ioctl LOOP_CONFIGURE (Linux 5.8).
 * Return: a descriptor of the device; -EOPNOTSUPP the file system has no direct I/O;
 * -EPROTONOSUPPORT the kernel has no loop devices; else -errno. The sentence is set.
 */
int loop_attach(struct swapadm_ctx *ctx, int file_fd, const char *path);

#endif
