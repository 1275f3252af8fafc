/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What keeps a cgroup from running: cgroup.freeze of version 2, the freezer of version 1.
 *
 * The memory controller may be in one hierarchy and the freezer in another. A group of
 * the latter stands for one of the former when it has the same path and the same
 * processes.
 */
#ifndef SWAPADM_KERNEL_FREEZER_H
#define SWAPADM_KERNEL_FREEZER_H

#include "kernel/memcg.h"

/**
 * struct freezer - a group that can be frozen
 * @kind:   SWAPADM_FREEZER_CGROUP or _STATE
 * @dir:    its folder
 * @inode:  of that: another group with its name has another one
 */
struct freezer {
	enum swapadm_freezer kind;
	char dir[4608];
	uint64_t inode;
};

/**
 * freezer_find() - the freezer of a memory cgroup
 * @cgroup:  below @mount
 *
 * Return: 0; -ENOENT there is none with just these processes; else -errno of /proc.
 */
int freezer_find(struct swapadm_ctx *ctx, const struct memcg_mount *mount,
		 const char *cgroup, struct freezer *out);

/**
 * struct freezer_state - of one group
 * @own:    it was asked to freeze
 * @above:  a group above it was
 * @done:   no process of it runs any more
 */
struct freezer_state {
	bool own, above, done;
};

/* Return: 0; -ESTALE the group is gone, or is another one by now; else -errno */
int freezer_read(struct swapadm_ctx *ctx, const struct freezer *freezer,
		 struct freezer_state *out);

/* ask it to freeze or to thaw; Return: as freezer_read() */
int freezer_write(struct swapadm_ctx *ctx, const struct freezer *freezer, bool freeze);

/* cgroup.events of version 2: does it say "frozen 1"? pure */
bool freezer_parse_events(const char *text);

#endif
