/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * swapoff(2) in a child.
 *
 * The kernel marks the caller of swapoff(2) as the first victim when memory runs out, and
 * the call comes back only when everything is in memory: so it is made by a child that
 * dies with its parent (PR_SET_PDEATHSIG) and has nothing else to lose. A signal, SIGKILL
 * too, is noticed only between two processes (mm/swapfile.c try_to_unuse()): the area is
 * then enabled again, and what has come in stays in memory.
 */
#ifndef SWAPADM_SWAPOFF_H
#define SWAPADM_SWAPOFF_H

#include "base/ctx.h"

/**
 * struct swapoff_child - a swapoff(2) under way
 * @pid:    the child
 * @pidfd:  pollable, readable when the child has ended; also to send it a signal
 * @fd:     pipe with its result; readable (or hung up) when it has ended
 * @killed: it was ended by SIGKILL; set by swapoff_finish()
 */
struct swapoff_child {
	pid_t pid;
	int pidfd, fd;
	bool killed;
};

#define SWAPOFF_CHILD_INIT                       \
	{                                        \
		.pid = -1, .pidfd = -1, .fd = -1 \
	}

/**
 * swapoff_start() - begin to deactivate an area
 * @path:   as /proc/swaps names it, unescaped
 * @procs_fd:  cgroup.procs of the cgroup that the child enters before it begins, or -1
 * @child:  to be ended by swapoff_finish()
 *
 * Return: 0; -EROFS foreign root; else -errno of pipe/fork. No sentence but for -EROFS.
 */
int swapoff_start(struct swapadm_ctx *ctx, const char *path, int procs_fd,
		  struct swapoff_child *child);

/**
 * swapoff_finish() - wait for the child and take its result
 *
 * Blocks until the child has ended; poll .fd before to avoid that. @child is reset.
 * Return: 0; -EINTR the child got a signal (.killed: SIGKILL); -ESRCH it could not enter
 * the cgroup, nothing was done; -EPERM; -EINVAL not an active area; -ENOMEM;
 * -EBUSY; -ENOENT; else -errno of swapoff(2). No sentence is set: see swapoff_explain().
 */
int swapoff_finish(struct swapoff_child *child);

/* instead of swapoff_finish(): whoever it is left to reaps it; @child is reset */
void swapoff_leave(struct swapoff_child *child);

/* the sentence for a result of swapoff_finish(); returns @err */
int swapoff_explain(struct swapadm_ctx *ctx, const char *path, int err);

/**
 * swapoff_wait() - deactivate an area, and wait until it is done
 * Return: 0; else as swapoff_start() and swapoff_finish(), with the sentence set.
 */
int swapoff_wait(struct swapadm_ctx *ctx, const char *path);

#endif
