/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whom the OOM killer of a cgroup at its limit takes while an area is drained: the child
 * that calls swapoff(2), not the workload.
 *
 * A group at its limit pushes pages out for those that come in. With cgroup v2 reclaim
 * does not wait for the disk: when the area that is drained is read faster than the other
 * one is written, the whole group is under write-back at some moment, and the OOM killer
 * is called (6.12, 2 MB/s, limits of 24 and 60 MiB: each time). The kernel marks the
 * caller of swapoff(2) as the first victim (set_current_oom_origin()), but looks for
 * victims in the group only. So the child enters the group. When it is the victim it goes
 * on, slower: what is killed calls the OOM killer no more. What is only read ahead needs
 * no guard: it keeps its place on the area, so that reclaim drops it without a write.
 */
#ifndef SWAPADM_GUARD_H
#define SWAPADM_GUARD_H

#include "kernel/memcg.h"

/**
 * struct guard_group - a group with pages in swap, at its limit or below one that is
 * @path:       owned
 * @at_limit:   what comes in would go past its memory.max
 * @kills_all:  memory.oom.group: a victim takes the whole group with it
 */
struct guard_group {
	char *path;
	uint64_t swap_bytes;
	bool at_limit, kills_all;
};

struct guard_groups {
	struct guard_group *items;
	size_t n;
};

/* notes @cg when it is @at_limit or below one that was noted; 0; -ENOMEM */
int guard_note(struct guard_groups *groups, const struct memcg *cg, bool at_limit);
void guard_free(struct guard_groups *groups);

/**
 * guard_host() - the group that the child has to enter
 * @out:  NULL when none protects all groups that are at their limit: two of them are not
 *   one below the other, one of them has memory.oom.group, or none below has processes
 * Return: 0; -ENOMEM.
 */
int guard_host(struct swapadm_ctx *ctx, const struct memcg_mount *mount,
	       const struct guard_groups *groups, char **out);

/* opens the cgroup.procs of a group for writing; a descriptor, or -errno */
int guard_open(struct swapadm_ctx *ctx, const char *path);

#endif
