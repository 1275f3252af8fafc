/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Processes and what they have in swap, from /proc. They come and go: that is no error. */
#ifndef SWAPADM_PROCSCAN_H
#define SWAPADM_PROCSCAN_H

#include "base/ctx.h"

/**
 * struct proc_status - lines of /proc/PID/status
 * @known_swap:  VmSwap is there (not of kernel threads and zombies)
 * @swap_bytes:  VmSwap: anonymous pages in swap, without shmem
 */
struct proc_status {
	char comm[64];
	uid_t uid;
	pid_t tgid, ppid;
	bool known_swap;
	uint64_t swap_bytes, rss_bytes;
	uint64_t anon_bytes; /* of rss_bytes: RssAnon, what can go to swap */
};

/* the text of /proc/PID/status; -EBADMSG without a name */
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

/* is the process that had this start time still there? (a zombie is not) */
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

/* call @fn for the number of each process of /proc; stops at its first non-zero result */
int procs_each(struct swapadm_ctx *ctx, int (*fn)(void *data, pid_t pid), void *data);

/* a file of /proc/PID in @buf, cut at @size - 1: its length, or -errno */
ssize_t proc_read(struct swapadm_ctx *ctx, pid_t pid, const char *name, char *buf,
		  size_t size);

#endif
