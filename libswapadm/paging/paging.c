/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "paging/paging.h"

/* ---- whose pages -------------------------------------------------------------------- */

struct members_arg {
	struct swapadm_pull *pull;
	bool swapped;
	struct proc_swap_list list;
};

bool pull_has_cgroup(const struct swapadm_pull *pull, const char *path)
{
	const char *rest = str_after(path, pull->cgroup);

	return streq(pull->cgroup, "/") || (rest && (!*rest || *rest == '/'));
}

static bool is_member(struct swapadm_pull *pull, pid_t pid)
{
	char path[4096];

	if (!*pull->cgroup)
		return pid == pull->pid;
	return !memcg_of_pid(pull->ctx, &pull->mount, pid, path, sizeof(path)) &&
	       pull_has_cgroup(pull, path);
}

bool pull_member_status(struct swapadm_pull *pull, pid_t pid, struct proc_status *st)
{
	char text[4096];

	return is_member(pull, pid) &&
	       proc_read(pull->ctx, pid, "status", text, sizeof(text)) >= 0 &&
	       !proc_status_parse(text, st) && st->known_swap;
}

static int add_member(void *data, pid_t pid)
{
	struct members_arg *arg = data;
	struct proc_status st;
	struct proc_swap *p;

	if (!pull_member_status(arg->pull, pid, &st) || (arg->swapped && !st.swap_bytes))
		return 0;
	if (!array_grow(&arg->list.items, arg->list.n))
		return -ENOMEM;
	p = &arg->list.items[arg->list.n++];
	*p = (struct proc_swap){ .pid = pid, .swap_bytes = st.swap_bytes };
	memcpy(p->comm, st.comm, sizeof(p->comm));
	return 0;
}

int pull_procs(struct swapadm_pull *pull, bool swapped, struct proc_swap_list *out)
{
	struct members_arg arg = { .pull = pull, .swapped = swapped };
	int r = pull->pid ? add_member(&arg, pull->pid)
			  : procs_each(pull->ctx, add_member, &arg);

	if (r) {
		proc_swap_list_free(&arg.list);
		return r;
	}
	*out = arg.list;
	return 0;
}

uint64_t pull_swapped_bytes(struct swapadm_pull *pull)
{
	struct proc_swap_list procs = { 0 };
	uint64_t bytes = 0;
	struct memcg cg;

	/* version 1 tells it in memory.stat, which is up to some seconds old */
	if (*pull->cgroup && pull->mount.version == 2 &&
	    !memcg_read(pull->ctx, &pull->mount, pull->cgroup, &cg) &&
	    (cg.known & MEMCG_SWAP))
		return cg.swap_bytes;
	if (pull_procs(pull, true, &procs))
		return 0;
	for (size_t i = 0; i < procs.n; i++)
		bytes += procs.items[i].swap_bytes;
	proc_swap_list_free(&procs);
	return bytes;
}

bool pull_keep_to_rate(struct swapadm_pull *pull, uint64_t bytes)
{
	for (;;) {
		uint64_t elapsed_ns =
			monotonic_ns() - pull->job.start_ns - pull->job.paused_ns;
		uint64_t delay_ns =
			rate_delay_ns(pull->rate_bytes_per_s, bytes, elapsed_ns);

		if (jobrun_sit_out_pause(&pull->job) || jobrun_check(&pull->job))
			return true;
		if (!delay_ns)
			return false;
		jobrun_wait(&pull->job, -1,
			    (int)(delay_ns < 1000000000 ? delay_ns / 1000000 + 1 : 1000));
	}
}

/* ---- checks ------------------------------------------------------------------------- */

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
	char text[4096];
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
	if (proc_read(ctx, req->pid, "status", text, sizeof(text)) < 0 ||
	    proc_status_parse(text, &st))
		return ctx_fail(ctx, -ESRCH, "%d: no such process", (int)req->pid);
	if (!st.known_swap)
		return ctx_fail(ctx, -EINVAL,
				"%d (%s): a thread of the kernel or a process that has "
				"ended has no memory to move",
				(int)req->pid, st.comm);
	pull->pid = req->pid;
	memcpy(pull->comm, st.comm, sizeof(pull->comm));
	return 0;
}

/* ---- the job ------------------------------------------------------------------------ */

static int pull_main(struct swapadm_ctx *ctx, struct jobrec *rec, void *data)
{
	struct swapadm_pull *pull = data;
	bool in = rec->p.kind == SWAPADM_JOB_SWAPIN;
	int r = jobrun_begin(&pull->job, ctx, rec, 0);

	if (r)
		return r;
	jobrun_phase(&pull->job, in ? "pull-in" : "push-out");
	return jobrun_end(&pull->job, in ? pull_in(pull) : pull_out(pull));
}

static void pull_unrefp(struct swapadm_pull **pull)
{
	swapadm_pull_unref(*pull);
}

SWAPADM_API int swapadm_pull_prepare(struct swapadm_ctx *ctx, struct swapadm_model *model,
				     const struct swapadm_pull_req *req,
				     struct swapadm_pull **out)
{
	_cleanup_(pull_unrefp) struct swapadm_pull *pull = calloc(1, sizeof(*pull));
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
	r = pull_make_plan(pull, req->amount_bytes);
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
	return jobs_start(pull->ctx, &rec, pull->background, pull_main, pull, out);
}
