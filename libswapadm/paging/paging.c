/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "paging/paging.h"

#include <limits.h>

/* ---- checks ---------------------------------------------------------------------- */

/* "." or ".." as a part of a path would lead to another group, or name one differently */
static bool has_dots(const char *path)
{
	for (const char *s = path; (s = strstr(s, "/.")); s++) {
		const char *end = s + (s[2] == '.' ? 3 : 2);

		if (!*end || *end == '/')
			return true;
	}
	return false;
}

/* "/a/b", "a/b" or a path in the mounted tree: to a path below the mount point */
static int find_cgroup(struct paging *pull, const char *word)
{
	const char *path = word, *rest = str_after(word, pull->mount.path);
	struct memcg cg;
	size_t n;

	if (rest && (!*rest || *rest == '/'))
		path = rest;
	n = (size_t)snprintf(pull->cgroup, sizeof(pull->cgroup), "%s%s",
			     *path == '/' ? "" : "/", path);
	while (n > 1 && n < sizeof(pull->cgroup) && pull->cgroup[n - 1] == '/')
		pull->cgroup[--n] = '\0';
	if (n >= sizeof(pull->cgroup) || has_dots(pull->cgroup) ||
	    strstr(pull->cgroup, "//") ||
	    memcg_read(pull->ctx, &pull->mount, pull->cgroup, &cg))
		return ctx_fail(pull->ctx, -ENOENT,
				"%s: no such memory cgroup; see `swapctl cgroups`", word);
	return 0;
}

static int find_target(struct paging *pull, const struct op_req *req)
{
	struct swapadm_ctx *ctx = pull->ctx;
	struct proc_status st;
	int r;

	if (!req->pid == !req->cgroup || req->pid > INT_MAX)
		return ctx_fail(ctx, -EINVAL,
				"swap-in and swap-out: one process or one cgroup");
	r = memcg_mount_find(ctx, &pull->mount);
	if (r)
		pull->mount.version = 0;
	if (req->cgroup && !pull->mount.version)
		return ctx_fail(ctx, -EPROTONOSUPPORT,
				"%s: no memory controller is mounted; name a process",
				req->cgroup);
	if (req->cgroup)
		return find_cgroup(pull, req->cgroup);
	if (proc_is_hidden(ctx, (pid_t)req->pid))
		return ctx_fail(
			ctx, -EPERM,
			"%d: belongs to another user and /proc hides it (hidepid); run as root",
			(int)req->pid);
	if (proc_status_read(ctx, (pid_t)req->pid, &st))
		return ctx_fail(ctx, -ESRCH, "%d: no such process", (int)req->pid);
	if (!st.known_swap)
		return ctx_fail(
			ctx, -EINVAL,
			"%d (%s): a thread of the kernel or a process that has ended has no memory to move",
			(int)req->pid, st.comm);
	pull->pid = (pid_t)req->pid;
	memcpy(pull->comm, st.comm, sizeof(pull->comm));
	return 0;
}

/* ---- the job --------------------------------------------------------------------- */

static int paging_main(struct swapadm_ctx *ctx, struct jobrec *rec, void *data)
{
	struct paging *pull = data;
	bool in = rec->p.kind == SWAPADM_JOB_SWAPIN;
	int r = jobrun_begin(&pull->job, ctx, rec, 0);

	if (r)
		return r;
	jobrun_phase(&pull->job, in ? SWAPADM_PHASE_PULL_IN : SWAPADM_PHASE_PUSH_OUT);
	return jobrun_end(&pull->job, in ? paging_in(pull) : paging_out(pull));
}

static int start(struct swapadm_op *op, struct swapadm_job **out)
{
	_cleanup_(jobrec_free) struct jobrec rec = { 0 };
	struct paging *pull = op->priv;

	if (geteuid() != 0)
		return ctx_fail(op->ctx, -EPERM, "%s: not permitted; run as root",
				op->verb);
	rec.p.kind = pull->out ? SWAPADM_JOB_SWAPOUT : SWAPADM_JOB_SWAPIN;
	rec.p.state = SWAPADM_JOB_RUNNING;
	snprintf(rec.p.source, sizeof(rec.p.source), "%.255s", pull->source);
	snprintf(rec.p.dest, sizeof(rec.p.dest), "%s", pull->out ? "swap" : "memory");
	rec.p.total_bytes = rec.p.left_bytes = pull->amount_bytes;
	return jobs_start(op->ctx, &rec, op->req.background, paging_main, pull, out);
}

static void release(struct swapadm_op *op)
{
	free(op->priv);
}

static const struct op_ops paging_ops = { .start = start, .release = release };

int paging_prepare(struct swapadm_op *op)
{
	struct paging *pull = calloc(1, sizeof(*pull));
	int r;

	if (!pull)
		return -ENOMEM;
	op->ops = &paging_ops;
	op->priv = pull;
	pull->ctx = op->ctx;
	pull->op = op;
	pull->out = op_is(op, SWAPADM_OP_SWAPOUT);
	pull->rate_bytes_per_s = op->req.rate_bytes_per_s;
	r = find_target(pull, &op->req);
	if (r)
		return r;
	if (pull->pid)
		snprintf(pull->source, sizeof(pull->source), "pid %d", (int)pull->pid);
	else
		snprintf(pull->source, sizeof(pull->source), "cgroup %s", pull->cgroup);
	return paging_make_plan(pull);
}
