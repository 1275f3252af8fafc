/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is never frozen, since nobody would be left to thaw it. */
#include "park/park.h"

#define DEPTH_MAX 4096 /* of processes, above us */

/* the process above; 0: there is none, or it can't be seen */
static pid_t parent_of(struct swapadm_ctx *ctx, pid_t pid)
{
	struct proc_status st;

	return proc_status_read(ctx, pid, &st) ? 0 : st.ppid;
}

static const char *relation(pid_t pid)
{
	if (pid == 1)
		return "is init";
	return pid == getpid() ? "is this program itself" : "runs this command";
}

/* a job, or a service that starts some, would stand still with what it has locked */
static bool is_own_program(const char *comm)
{
	return streq(comm, "swapadm-worker") || streq(comm, "swapctl");
}

/* the first of them in a group; 0: there is none */
static pid_t find_own_program(struct paging *pull, char comm[64])
{
	struct proc_swap_list procs = { 0 };
	pid_t pid = 0;

	if (paging_procs(pull, false, &procs))
		return 0;
	for (size_t i = 0; !pid && i < procs.n; i++)
		if (is_own_program(procs.items[i].comm)) {
			pid = procs.items[i].pid;
			memcpy(comm, procs.items[i].comm, sizeof(procs.items[i].comm));
		}
	proc_swap_list_free(&procs);
	return pid;
}

static int check_process(struct paging *pull)
{
	struct swapadm_ctx *ctx = pull->ctx;
	struct proc_status st;
	pid_t pid = getpid();

	if (proc_status_read(ctx, pull->pid, &st))
		return ctx_fail(ctx, -ESRCH, "%d: no such process", (int)pull->pid);
	if (st.tgid && st.tgid != pull->pid)
		return ctx_fail(ctx, -EINVAL, "%d: is a thread of process %d; name that",
				(int)pull->pid, (int)st.tgid);
	if (pull->pid == 1)
		pid = 1;
	for (int i = 0; pid && pid != pull->pid && i < DEPTH_MAX; i++)
		pid = parent_of(ctx, pid);
	if (pid != pull->pid && is_own_program(st.comm))
		return ctx_fail(
			ctx, -EPERM,
			"%s (%s): park: it is a program of swapadm, which others wait for; nothing was frozen",
			pull->source, st.comm);
	if (pid != pull->pid)
		return 0;
	return ctx_fail(ctx, -EPERM, "%s (%s): park: it %s; nothing was frozen",
			pull->source, st.comm, relation(pid));
}

/* is a process that has to run in the group? */
static bool holds(struct paging *pull, pid_t pid)
{
	char path[4096];

	return !memcg_of_pid(pull->ctx, &pull->mount, pid, path, sizeof(path)) &&
	       paging_has_cgroup(pull, path);
}

static int check_group(struct paging *pull)
{
	struct swapadm_ctx *ctx = pull->ctx;
	struct proc_status st = { 0 };
	pid_t pid = getpid();

	if (streq(pull->cgroup, "/"))
		return ctx_fail(
			ctx, -EPERM,
			"cgroup /: park: it holds the whole machine; name a group below it");
	for (int i = 0; pid && !holds(pull, pid) && i < DEPTH_MAX; i++)
		pid = parent_of(ctx, pid);
	if (!pid && holds(pull, 1))
		pid = 1;
	if (!pid || !holds(pull, pid)) {
		pid = find_own_program(pull, st.comm);
		return !pid ? 0
			    : ctx_fail(
				      ctx, -EPERM,
				      "%s: park: it holds process %d (%s), a program of swapadm that others wait for; nothing was frozen",
				      pull->source, (int)pid, st.comm);
	}
	proc_status_read(ctx, pid, &st);
	return ctx_fail(
		ctx, -EPERM,
		"%s: park: it holds process %d (%s), which %s; nothing was frozen",
		pull->source, (int)pid, st.comm, relation(pid));
}

int park_check_target(struct paging *pull)
{
	return pull->pid ? check_process(pull) : check_group(pull);
}
