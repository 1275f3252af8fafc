/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pull.h"

#define MARGIN_BYTES (UINT64_C(32) << 20)

/* ---- whose pages -------------------------------------------------------------------- */

struct members_arg {
	struct pull *pull;
	bool swapped;
	struct proc_swap_list list;
	uint64_t rss_bytes;
};

static bool is_member(struct pull *pull, pid_t pid)
{
	char path[4096];
	const char *rest;

	if (!*pull->cgroup)
		return pid == pull->pid;
	if (memcg_of_pid(pull->ctx, &pull->mount, pid, path, sizeof(path)))
		return false;
	rest = str_after(path, pull->cgroup);
	return streq(pull->cgroup, "/") || (rest && (!*rest || *rest == '/'));
}

/* false: not one of them, or without memory of its own */
static bool member_status(struct pull *pull, pid_t pid, struct proc_status *st)
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

	if (!member_status(arg->pull, pid, &st) || (arg->swapped && !st.swap_bytes))
		return 0;
	if (!array_grow(&arg->list.items, arg->list.n))
		return -ENOMEM;
	p = &arg->list.items[arg->list.n++];
	*p = (struct proc_swap){ .pid = pid, .swap_bytes = st.swap_bytes };
	memcpy(p->comm, st.comm, sizeof(p->comm));
	return 0;
}

int pull_procs(struct pull *pull, bool swapped, struct proc_swap_list *out)
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

uint64_t pull_swapped_bytes(struct pull *pull)
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

bool pull_keep_to_rate(struct pull *pull, uint64_t bytes)
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
static int find_cgroup(struct pull *pull, const char *word)
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

static int find_target(struct pull *pull, const struct swapadm_pull_req *req)
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
	return 0;
}

struct fit_arg {
	const char *path;
	uint64_t need_bytes, short_bytes;
	char object[256];
	unsigned n_cpus;
};

/* of the groups that the pages are charged to: the group itself and its ancestors */
static int check_group(void *data, const struct memcg *cg, unsigned depth)
{
	struct fit_arg *arg = data;
	const char *rest = str_after(arg->path, cg->path);
	uint64_t lacks;

	if (!streq(cg->path, "/") && !(rest && (!*rest || *rest == '/')))
		return 0;
	lacks = memcg_short_bytes(cg, arg->need_bytes, arg->n_cpus);
	if (lacks > arg->short_bytes) {
		arg->short_bytes = lacks;
		snprintf(arg->object, sizeof(arg->object), "%s", cg->path);
	}
	return 0;
}

static int check_fits(struct pull *pull, const char *name)
{
	struct fit_arg arg = { .need_bytes = pull->amount_bytes };
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	struct swapadm_mem_stats mem;
	char path[4096] = "/";
	int r = swapadm_mem_get_stats(pull->ctx, &mem);

	if (r)
		return r;
	if (arg.need_bytes + MARGIN_BYTES > mem.available_bytes)
		return ctx_fail(pull->ctx, -ENOSPC,
				"%s: swap-in: %llu KiB do not fit into the %llu KiB of "
				"memory available; give a smaller --amount",
				name, (unsigned long long)arg.need_bytes >> 10,
				(unsigned long long)mem.available_bytes >> 10);
	if (!pull->mount.version)
		return 0;
	if (*pull->cgroup)
		snprintf(path, sizeof(path), "%s", pull->cgroup);
	else if (memcg_of_pid(pull->ctx, &pull->mount, pull->pid, path, sizeof(path)))
		return 0;
	arg.path = path;
	arg.n_cpus = cpus > 0 ? (unsigned)cpus : 1;
	r = memcg_walk(pull->ctx, &pull->mount, false, check_group, &arg);
	if (r || !arg.short_bytes)
		return r;
	return ctx_fail(pull->ctx, -ENOSPC,
			"%s: swap-in: the limit of cgroup %s is %llu KiB short; raise it "
			"or give a smaller --amount",
			name, arg.object, (unsigned long long)arg.short_bytes >> 10);
}

/* ---- the job ------------------------------------------------------------------------ */

static int pull_main(struct swapadm_ctx *ctx, struct jobrec *rec, void *data)
{
	struct pull *pull = data;
	bool in = rec->p.kind == SWAPADM_JOB_SWAPIN;
	int r = jobrun_begin(&pull->job, ctx, rec, 0);

	if (r)
		return r;
	jobrun_phase(&pull->job, in ? "pull-in" : "push-out");
	return jobrun_end(&pull->job, in ? pull_in(pull) : pull_out(pull));
}

static int add_rss(void *data, pid_t pid)
{
	struct members_arg *arg = data;
	struct proc_status st;

	if (member_status(arg->pull, pid, &st))
		arg->rss_bytes += st.rss_bytes;
	return 0;
}

/* what could go out; the root group of version 2 does not tell, its processes do */
static uint64_t pull_resident_bytes(struct pull *pull)
{
	struct members_arg arg = { .pull = pull };
	struct memcg cg;

	if (*pull->cgroup && !memcg_read(pull->ctx, &pull->mount, pull->cgroup, &cg) &&
	    (cg.known & MEMCG_USAGE))
		return cg.usage_bytes;
	if (pull->pid)
		add_rss(&arg, pull->pid);
	else
		procs_each(pull->ctx, add_rss, &arg);
	return arg.rss_bytes;
}

SWAPADM_API int swapadm_pull_start(struct swapadm_ctx *ctx,
				   const struct swapadm_pull_req *req,
				   struct swapadm_job **out)
{
	_cleanup_free_ struct pull *pull = calloc(1, sizeof(*pull));
	_cleanup_(jobrec_free) struct jobrec rec = { 0 };
	const char *verb = req->out ? "swap-out" : "swap-in";
	int r = ctx_may_change(ctx, verb);

	if (!pull)
		return -ENOMEM;
	if (r)
		return r;
	pull->ctx = ctx;
	pull->rate_bytes_per_s = req->rate_bytes_per_s;
	r = find_target(pull, req);
	if (r)
		return r;
	if (geteuid() != 0)
		return ctx_fail(ctx, -EPERM, "%s: not permitted; run as root", verb);
	rec.p.kind = req->out ? SWAPADM_JOB_SWAPOUT : SWAPADM_JOB_SWAPIN;
	rec.p.state = SWAPADM_JOB_RUNNING;
	if (pull->pid)
		snprintf(rec.p.source, sizeof(rec.p.source), "pid %d", (int)pull->pid);
	else
		snprintf(rec.p.source, sizeof(rec.p.source), "cgroup %.240s",
			 pull->cgroup);
	snprintf(rec.p.dest, sizeof(rec.p.dest), "%s", req->out ? "swap" : "memory");
	pull->amount_bytes = req->out ? pull_resident_bytes(pull)
				      : pull_swapped_bytes(pull);
	if (req->amount_bytes && req->amount_bytes < pull->amount_bytes)
		pull->amount_bytes = req->amount_bytes;
	if (!req->out)
		r = check_fits(pull, rec.p.source);
	if (r)
		return r;
	rec.p.total_bytes = rec.p.left_bytes = pull->amount_bytes;
	return jobs_start(ctx, &rec, req->background, pull_main, pull, out);
}
