/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Swap-in and swap-out of a process or a cgroup: what the two directions share. */
#ifndef SWAPADM_PAGING_H
#define SWAPADM_PAGING_H

#include "job/work.h"
#include "job/worker.h"
#include "kernel/memcg.h"
#include "kernel/proc.h"
#include "module/msg.h"
#include "op/op.h"

/**
 * struct paging_rule - which tiers the tswap module lets the pages of a cgroup lie in
 * @of:  path of the cgroup whose rule it is, it or one above it; "" there is none
 */
struct paging_rule {
	char of[4096];
	struct tswap_cgroup_msg msg;
};

/* writes that the tswap module refused, ever: for a rule, and as no leaf had room */
struct paging_refused {
	uint64_t by_rule, by_device;
};

/**
 * struct paging - one swap-in or swap-out
 * @op:           while it is planned
 * @start_ticks:  of @pid, of swap-in and swap-out
 * @cgroup:       below the mount point, "" none
 * @source:       the same, or "pid N"
 * @amount_bytes: at most
 * @done_bytes:   moved by this job before what is under way
 * @whole:        what does not fit is refused, also where a part of it would
 * @rule:         swap-out: of the cgroup, or of the process's, by the plan
 * @refused:      swap-out: since it began, and at the last look
 * @maps:         swap-in: also map what was read; nothing of it runs
 */
struct paging {
	struct swapadm_ctx *ctx;
	struct swapadm_op *op;
	struct jobrun job;
	struct memcg_mount mount;
	pid_t pid;
	uint64_t start_ticks;
	char comm[64];
	char cgroup[4096];
	char source[4160];
	bool out, whole, maps;
	uint64_t amount_bytes, rate_bytes_per_s;
	uint64_t done_bytes;
	struct paging_rule rule;
	struct {
		struct paging_refused first, last;
		uint64_t looked_ns, moved_bytes;
		unsigned n_looks; /* in a row that found more */
	} refused;
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

/* -ESRCH with a sentence: it ended while it was moved, so that nothing of it is left */
int paging_fail_gone(struct paging *pull, const char *verb);

/* ---- room.c: what fits of a swap-out */

/* the free slots of the areas that no job drains; 0; -errno of reading */
int paging_free_bytes(struct paging *pull, uint64_t *bytes);

/* the room, the tiers and what has none, in the plan; 0; -ENOMEM; -errno of reading */
int paging_plan_room(struct paging *pull);

/* how much does not fit into @room_bytes: of what is parked all of it has to */
uint64_t paging_lacks_room(struct paging *pull, uint64_t room_bytes);

/* does a strict rule keep the pages out of the tier? */
bool paging_rule_forbids(const struct paging *pull, const char *tier);

/* say in the plan what is short, where nothing is shorter; 0; -ENOMEM */
int paging_refuse(struct paging *pull, enum swapadm_limit limit, uint64_t short_bytes,
		  const char *object, const char *fmt, ...) _printf_(5, 6);

/**
 * paging_procs() - the processes that are meant
 * @swapped:  only those with something in swap
 * Return: 0; -ENOMEM; else -errno.
 */
int paging_procs(struct paging *pull, bool swapped, struct proc_swap_list *out);

/*
 * of a cgroup: anonymous memory that its processes have and that is charged to others, as
 * of those that were moved in, or of a group without a memory controller: the group's own
 * files do not know it
 */
uint64_t paging_elsewhere_bytes(struct paging *pull);

/* what the processes, or a cgroup of version 2 by its own count, have in swap now */
uint64_t paging_swapped_bytes(struct paging *pull);

/* what one process has there; 0: it has ended */
uint64_t paging_swapped_of(struct paging *pull, pid_t pid);

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
/* of one of them; .done_bytes is what the job has moved then */
int paging_push_process(struct paging *pull, pid_t pid);

/* ---- reclaim.c */

/**
 * paging_reclaim() - have a cgroup of version 2 push out, what is cached too
 * Return: 0; -EAGAIN fell short; -ETIME nothing came of it for seconds; -ECANCELED;
 * -EPROTONOSUPPORT no such file (before 5.19, or version 1, or no memory controller).
 */
int paging_reclaim(struct paging *pull, uint64_t bytes);

/*
 * of version 1, which knows only all of it: what the files of the group have cached goes
 * too. As paging_reclaim().
 */
int paging_empty_group(struct paging *pull);

/* ---- stuck.c */

/* note what the module has refused by now */
void paging_refused_begin(struct paging *pull);

/* has it refused writes of these pages for some seconds, so that nothing more goes? */
bool paging_is_refused(struct paging *pull);

/* has it refused any since then? */
bool paging_was_refused(struct paging *pull);

/* what the limits of swap leave of the group and those above it, or MEMCG_NO_LIMIT */
uint64_t paging_swap_room_bytes(struct paging *pull);

/* why what is in memory still does not go, in a few words; false: that is not known */
bool paging_why_stuck(struct paging *pull, char *buf, size_t size);

#endif
