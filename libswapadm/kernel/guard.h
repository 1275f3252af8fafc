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
 * @in:   the one that it is in already: that is kept while it protects; or NULL
 * @out:  NULL when none protects all groups that are at their limit: two of them are not
 *   one below the other, one of them has memory.oom.group, or each one below is frozen or
 *   has no processes
 * Return: 0; -ENOMEM.
 */
int guard_host(struct swapadm_ctx *ctx, const struct memcg_mount *mount,
	       const struct guard_groups *groups, const char *in, char **out);

/**
 * struct guard - the group that a child is in
 * @path:   owned; NULL: the one of its parent
 * @kills:  what the OOM killer had ended there before
 */
struct guard {
	char *path;
	uint64_t kills;
};

/**
 * guard_open() - before the child is started
 * @host:  of guard_host()
 *
 * Return: a descriptor of its cgroup.procs, into which the child writes "0"; -ENOMEM;
 * -errno of open(2).
 */
int guard_open(struct swapadm_ctx *ctx, const char *host, struct guard *guard);

/* the child @pid goes to another group; 0; -ENOMEM; -errno of cgroup.procs */
int guard_move(struct swapadm_ctx *ctx, const char *host, pid_t pid, struct guard *guard);

/*
 * Has the group been frozen, and the child stopped in it? It does so on its way back to
 * user space, before or after swapoff(2); only a SIGKILL ends it there. "frozen 1" is
 * there once each process of the group has stopped, the child among them.
 */
bool guard_is_stopped(struct swapadm_ctx *ctx, const struct guard *guard);

/* has the OOM killer of the group ended something since? */
bool guard_has_killed(struct swapadm_ctx *ctx, const struct guard *guard);
void guard_end(struct guard *guard);

#endif
