/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is never frozen, since nobody would be left to thaw it. */
#include "park/park.h"

#define DEPTH_MAX 4096 /* of processes, above us */

/* the process above; 0: there is none, or it is not shown to us; -errno */
static pid_t parent_of(struct swapadm_ctx *ctx, pid_t pid)
{
	struct proc_status st;
	int r = proc_status_read(ctx, pid, &st);

	if (r)
		return is_shortage(r) ? r : 0;
	return st.ppid;
}

static int cant_look(struct paging *pull, int err)
{
	return ctx_fail(pull->ctx, err, "%s: park: look at what runs this command: %s",
			pull->source, strerror(-err));
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
	for (int i = 0; pid > 0 && pid != pull->pid && i < DEPTH_MAX; i++)
		pid = parent_of(ctx, pid);
	if (pid < 0)
		return cant_look(pull, pid);
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

/* is a process that has to run in the group? 1; 0; -errno: that can't be seen now */
static int holds(struct paging *pull, pid_t pid)
{
	char path[4096];
	int r = memcg_of_pid(pull->ctx, &pull->mount, pid, path, sizeof(path));

	if (r)
		return is_shortage(r) ? r : 0;
	return paging_has_cgroup(pull, path);
}

/* this program, those that run it, init: the first that is in the group; 0; -errno */
static pid_t find_held(struct paging *pull)
{
	pid_t pid = getpid();
	int r = holds(pull, pid);

	for (int i = 0; !r && pid > 0 && i < DEPTH_MAX; i++) {
		pid = parent_of(pull->ctx, pid);
		r = pid > 0 ? holds(pull, pid) : pid;
	}
	if (r)
		return r < 0 ? r : pid;
	r = holds(pull, 1);
	return r > 0 ? 1 : r;
}

static int check_group(struct paging *pull)
{
	struct swapadm_ctx *ctx = pull->ctx;
	struct proc_status st = { 0 };
	pid_t pid;

	if (streq(pull->cgroup, "/"))
		return ctx_fail(
			ctx, -EPERM,
			"cgroup /: park: it holds the whole machine; name a group below it");
	pid = find_held(pull);
	if (pid < 0)
		return cant_look(pull, pid);
	if (!pid) {
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
