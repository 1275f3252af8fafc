/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Swap-in and swap-out of a process or a cgroup: what the two directions share. */
#ifndef SWAPADM_PAGING_H
#define SWAPADM_PAGING_H

#include "job/work.h"
#include "job/worker.h"
#include "kernel/memcg.h"
#include "kernel/proc.h"
#include "op/op.h"

/**
 * struct paging - one swap-in or swap-out
 * @op:           while it is planned
 * @cgroup:       below the mount point, "" none
 * @source:       the same, or "pid N"
 * @amount_bytes: at most
 * @done_bytes:   moved by this job before what is under way
 * @whole:        what does not fit is refused, also where a part of it would
 * @maps:         swap-in: also map what was read; nothing of it runs
 */
struct paging {
	struct swapadm_ctx *ctx;
	struct swapadm_op *op;
	struct jobrun job;
	struct memcg_mount mount;
	pid_t pid;
	char comm[64];
	char cgroup[4096];
	char source[4160];
	bool out, whole, maps;
	uint64_t amount_bytes, rate_bytes_per_s;
	uint64_t done_bytes;
};

/* what op_kind.prepare() is, of swap-in and swap-out */
int paging_prepare(struct swapadm_op *op);

/* whom the parameters mean: .mount, .pid, .cgroup, .source; -errno with the sentence */
int paging_find_target(struct paging *pull);

/* what a worker does for it */
extern const struct job_work paging_work;

/* is a process in the group with this path one that is meant? */
bool paging_has_cgroup(const struct paging *pull, const char *path);

/* of the processes' status: one that is meant, and has memory of its own? */
bool paging_member_status(struct paging *pull, pid_t pid, struct proc_status *st);

/* plan.c: fill the plan of .op; 0; -ENOMEM; -errno of reading /proc */
int paging_make_plan(struct paging *pull);

/**
 * paging_procs() - the processes that are meant
 * @swapped:  only those with something in swap
 * Return: 0; -ENOMEM; else -errno.
 */
int paging_procs(struct paging *pull, bool swapped, struct proc_swap_list *out);

/* what the processes, or a cgroup of version 2 by its own count, have in swap now */
uint64_t paging_swapped_bytes(struct paging *pull);

/*
 * what is in memory as well: of a cgroup its own, else of the whole machine, since page
 * tables do not show which of the swapped pages those are
 */
uint64_t paging_cached_bytes(struct paging *pull);

/* of a cgroup of version 2: what is in swap and not in memory */
uint64_t paging_gone_bytes(struct paging *pull);

/* wait until the rate allows more; true: stop now */
bool paging_keep_to_rate(struct paging *pull, uint64_t bytes);

/* the work: 0; -ECANCELED; else -errno with the sentence set */
int paging_in(struct paging *pull);
int paging_out(struct paging *pull);

/* process by process, what each has for itself */
int paging_push_processes(struct paging *pull);

/**
 * paging_reclaim() - have a cgroup of version 2 push out, what is cached too
 * Return: 0; -EAGAIN fell short; -EPROTONOSUPPORT no such file (before 5.19, or version
 * 1).
 */
int paging_reclaim(struct paging *pull, uint64_t bytes);

#endif
