/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Swap-in and swap-out of a process or a cgroup: what the two directions share. */
#ifndef SWAPADM_PULL_H
#define SWAPADM_PULL_H

#include "jobrun.h"
#include "memcg.h"
#include "procscan.h"

/**
 * struct pull - one swap-in or swap-out
 * @cgroup:       below the mount point, "" none
 * @amount_bytes: at most
 */
struct pull {
	struct swapadm_ctx *ctx;
	struct jobrun job;
	struct memcg_mount mount;
	pid_t pid;
	char cgroup[4096];
	uint64_t amount_bytes, rate_bytes_per_s;
};

/**
 * pull_procs() - the processes that are meant
 * @swapped:  only those with something in swap
 * Return: 0; -ENOMEM; else -errno.
 */
int pull_procs(struct pull *pull, bool swapped, struct proc_swap_list *out);

/* what the processes, or a cgroup of version 2 by its own count, have in swap now */
uint64_t pull_swapped_bytes(struct pull *pull);

/* wait until the rate allows more; true: stop now */
bool pull_keep_to_rate(struct pull *pull, uint64_t bytes);

/* the work: 0; -ECANCELED; else -errno with the sentence set */
int pull_in(struct pull *pull);
int pull_out(struct pull *pull);

#endif
