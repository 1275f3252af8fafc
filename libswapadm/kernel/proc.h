/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Processes and what they have in swap, from /proc. They come and go: that is not an
 * error.
 */
#ifndef SWAPADM_PROCSCAN_H
#define SWAPADM_PROCSCAN_H

#include "base/ctx.h"

/**
 * struct proc_status - lines of /proc/PID/status
 * @comm:        what the process calls itself; may be empty (prctl(2) PR_SET_NAME)
 * @task:        thread that this is of: the process, or one that outlived its first
 *   thread
 * @known_swap:  VmSwap is there (not of kernel threads and zombies)
 * @swap_bytes:  VmSwap: anonymous pages in swap, without shmem
 */
struct proc_status {
	char comm[64];
	uid_t uid;
	pid_t tgid, ppid;
	pid_t task;
	uint64_t n_threads;
	bool known_comm, known_swap, zombie;
	bool stopped; /* by a signal */
	pid_t tracer; /* 0: nobody traces it */
	uint64_t swap_bytes, rss_bytes;
	uint64_t anon_bytes;  /* of rss_bytes: RssAnon, what can go to swap */
	uint64_t shmem_bytes; /* of rss_bytes: RssShmem */
};

/* the text of /proc/PID/status; -EBADMSG without a line "Name:" */
int proc_status_parse(const char *text, struct proc_status *out);

/**
 * proc_stat_parse_start() - when a process began
 * @text:   of /proc/PID/stat; the name in it may hold blanks and parentheses
 * @ticks:  clock ticks since boot: together with the pid it names one process
 *
 * Return: 0; -EBADMSG.
 */
int proc_stat_parse_start(const char *text, uint64_t *ticks);
int proc_start_ticks(struct swapadm_ctx *ctx, pid_t pid, uint64_t *ticks);

/*
 * /proc mounted with hidepid= shows only one's own processes, but kill(2) still knows the
 * others. What can't be seen is not dead.
 */
bool proc_is_hidden(struct swapadm_ctx *ctx, pid_t pid);
/* a pid namespace other than the first: what is outside of it has no number here */
bool proc_namespace_is_own(struct swapadm_ctx *ctx);
/* those of other users, or those outside of a pid namespace */
bool procs_are_hidden(struct swapadm_ctx *ctx);

/*
 * Is the process that had this start time still there? A zombie is not, unless only its
 * first thread has ended. A hidden one counts as that process, and one that can't be
 * looked at because descriptors or memory are missing: nothing more can be found out.
 */
bool proc_is_alive(struct swapadm_ctx *ctx, pid_t pid, uint64_t start_ticks);

struct proc_swap {
	pid_t pid;
	char comm[64];
	uint64_t swap_bytes;
};

struct proc_swap_list {
	struct proc_swap *items;
	size_t n;
};

/**
 * procs_swapped() - processes with anything in swap, most first
 * @out:  free with proc_swap_list_free()
 *
 * Kernel ABI: /proc/PID/status VmSwap. One entry an address space is not ensured: threads
 * of one process are one, processes made by vfork(2) may count twice.
 * Return: 0; -ENOMEM; -ENOENT/-EACCES no /proc.
 */
int procs_swapped(struct swapadm_ctx *ctx, struct proc_swap_list *out);
void proc_swap_list_free(struct proc_swap_list *list);
int proc_swap_list_add(struct proc_swap_list *list, pid_t pid,
		       const struct proc_status *st); /* 0; -ENOMEM */

/* call @fn for the number of each process of /proc; stops at its first non-zero result */
int procs_each(struct swapadm_ctx *ctx, int (*fn)(void *data, pid_t pid), void *data);

/**
 * proc_read() - a file of /proc/PID, however long
 * @out:  to be freed with free()
 *
 * No length is safe to assume: a process of many supplementary groups has a status of
 * hundreds of KiB. Return: as ctx_read_seq().
 */
int proc_read(struct swapadm_ctx *ctx, pid_t pid, const char *name, char **out);

/* read and parse /proc/PID/status: 0; -EBADMSG; else as proc_read() */
int proc_status_read(struct swapadm_ctx *ctx, pid_t pid, struct proc_status *out);

#endif
