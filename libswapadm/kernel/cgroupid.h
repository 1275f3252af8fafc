/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Ids of cgroups of version 2: the kernel's own number of a cgroup, which is the inode
 * number of its directory and the handle by which the directory is found.
 */
#ifndef SWAPADM_CGROUPID_H
#define SWAPADM_CGROUPID_H

#include "kernel/memcg.h"

/* of a directory; 0; -errno of openat(2), without a sentence */
int cgroupid_get(struct swapadm_ctx *ctx, const char *folder, uint64_t *id);

/**
 * cgroupid_name() - the path of a cgroup below the mount point
 * @buf:  the path; "with id N" when it is not found, or may not be looked for
 *
 * Kernel ABI: open_by_handle_at(2), handles of kernfs (fs/kernfs/mount.c); it needs
 * CAP_DAC_READ_SEARCH.
 */
void cgroupid_name(struct swapadm_ctx *ctx, uint64_t id, char *buf, size_t size);

#endif
