/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "paging/paging.h"

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
static int find_cgroup(struct swapadm_pull *pull, const char *word)
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

static int find_target(struct swapadm_pull *pull, const struct swapadm_pull_req *req)
{
	struct swapadm_ctx *ctx = pull->ctx;
	struct proc_status st;
	int r;

	if (!req->pid == !req->cgroup || req->pid < 0)
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
	if (proc_is_hidden(ctx, req->pid))
		return ctx_fail(
			ctx, -EPERM,
			"%d: belongs to another user and /proc hides it (hidepid); run as root",
			(int)req->pid);
	if (proc_status_read(ctx, req->pid, &st))
		return ctx_fail(ctx, -ESRCH, "%d: no such process", (int)req->pid);
	if (!st.known_swap)
		return ctx_fail(
			ctx, -EINVAL,
			"%d (%s): a thread of the kernel or a process that has ended has no memory to move",
			(int)req->pid, st.comm);
	pull->pid = req->pid;
	memcpy(pull->comm, st.comm, sizeof(pull->comm));
	return 0;
}

/* ---- the job --------------------------------------------------------------------- */

static int paging_main(struct swapadm_ctx *ctx, struct jobrec *rec, void *data)
{
	struct swapadm_pull *pull = data;
	bool in = rec->p.kind == SWAPADM_JOB_SWAPIN;
	int r = jobrun_begin(&pull->job, ctx, rec, 0);

	if (r)
		return r;
	jobrun_phase(&pull->job, in ? "pull-in" : "push-out");
	return jobrun_end(&pull->job, in ? paging_in(pull) : paging_out(pull));
}

static void paging_unrefp(struct swapadm_pull **pull)
{
	swapadm_pull_unref(*pull);
}

SWAPADM_API int swapadm_pull_prepare(struct swapadm_ctx *ctx, struct swapadm_model *model,
				     const struct swapadm_pull_req *req,
				     struct swapadm_pull **out)
{
	_cleanup_(paging_unrefp) struct swapadm_pull *pull = calloc(1, sizeof(*pull));
	int r;

	if (!pull)
		return -ENOMEM;
	pull->ctx = swapadm_ref(ctx);
	pull->model = model ? swapadm_model_ref(model) : NULL;
	pull->out = req->out;
	pull->background = req->background;
	pull->rate_bytes_per_s = req->rate_bytes_per_s;
	r = find_target(pull, req);
	if (r)
		return r;
	if (pull->pid)
		snprintf(pull->source, sizeof(pull->source), "pid %d", (int)pull->pid);
	else
		snprintf(pull->source, sizeof(pull->source), "cgroup %s", pull->cgroup);
	r = paging_make_plan(pull, req->amount_bytes);
	if (r)
		return r;
	*out = steal_ptr(&pull);
	return 0;
}

SWAPADM_API struct swapadm_pull *swapadm_pull_unref(struct swapadm_pull *pull)
{
	if (!pull)
		return NULL;
	free(pull->tiers);
	free(pull->tightest);
	free(pull->refusal);
	swapadm_model_unref(pull->model);
	swapadm_unref(pull->ctx);
	free(pull);
	return NULL;
}

SWAPADM_API const struct swapadm_pull_plan *
swapadm_pull_get_plan(const struct swapadm_pull *pull)
{
	return &pull->plan;
}

SWAPADM_API int swapadm_pull_start(struct swapadm_pull *pull, struct swapadm_job **out)
{
	_cleanup_(jobrec_free) struct jobrec rec = { 0 };
	const char *verb = pull->out ? "swap-out" : "swap-in";
	int r = ctx_may_change(pull->ctx, verb);

	if (r)
		return r;
	if (geteuid() != 0)
		return ctx_fail(pull->ctx, -EPERM, "%s: not permitted; run as root",
				verb);
	if (pull->refusal)
		return ctx_fail(pull->ctx, -ENOSPC, "%s", pull->refusal);
	rec.p.kind = pull->out ? SWAPADM_JOB_SWAPOUT : SWAPADM_JOB_SWAPIN;
	rec.p.state = SWAPADM_JOB_RUNNING;
	snprintf(rec.p.source, sizeof(rec.p.source), "%.255s", pull->source);
	snprintf(rec.p.dest, sizeof(rec.p.dest), "%s", pull->out ? "swap" : "memory");
	rec.p.total_bytes = rec.p.left_bytes = pull->amount_bytes;
	return jobs_start(pull->ctx, &rec, pull->background, paging_main, pull, out);
}
