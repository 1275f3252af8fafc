/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Swap-in and swap-out of a process or a cgroup: what the two directions share. */
#ifndef SWAPADM_PAGING_H
#define SWAPADM_PAGING_H

#include "job/worker.h"
#include "kernel/memcg.h"
#include "kernel/proc.h"

/**
 * struct swapadm_pull - one swap-in or swap-out
 * @model:        or NULL: tiers are of no interest
 * @cgroup:       below the mount point, "" none
 * @source:       the same, or "pid N"
 * @amount_bytes: at most
 */
struct swapadm_pull {
	struct swapadm_ctx *ctx;
	struct swapadm_model *model;
	struct jobrun job;
	struct memcg_mount mount;
	pid_t pid;
	char comm[64];
	char cgroup[4096];
	char source[4160];
	bool out, background;
	uint64_t amount_bytes, rate_bytes_per_s;
	struct swapadm_pull_plan plan;
	struct swapadm_pull_tier *tiers; /* what plan.tiers points to */
	char *tightest;                  /* what plan.cgroup points to */
	char *refusal;                   /* what plan.refusal points to */
};

/* is a process in the group with this path one that is meant? */
bool paging_has_cgroup(const struct swapadm_pull *pull, const char *path);

/* of the processes' status: one that is meant, and has memory of its own? */
bool paging_member_status(struct swapadm_pull *pull, pid_t pid, struct proc_status *st);

/* pull_plan.c: fill .plan; 0; -ENOMEM; -errno of reading /proc */
int paging_make_plan(struct swapadm_pull *pull, uint64_t wanted_bytes);

/**
 * paging_procs() - the processes that are meant
 * @swapped:  only those with something in swap
 * Return: 0; -ENOMEM; else -errno.
 */
int paging_procs(struct swapadm_pull *pull, bool swapped, struct proc_swap_list *out);

/* what the processes, or a cgroup of version 2 by its own count, have in swap now */
uint64_t paging_swapped_bytes(struct swapadm_pull *pull);

/* wait until the rate allows more; true: stop now */
bool paging_keep_to_rate(struct swapadm_pull *pull, uint64_t bytes);

/* the work: 0; -ECANCELED; else -errno with the sentence set */
int paging_in(struct swapadm_pull *pull);
int paging_out(struct swapadm_pull *pull);

#endif
