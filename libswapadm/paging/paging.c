/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "paging/paging.h"

#include <limits.h>

#define CACHED_WORTH_BYTES (UINT64_C(1) << 20)

/* ---- checks ---------------------------------------------------------------------- */

static int find_target(struct paging *pull)
{
	const struct op_req *req = &pull->op->req;
	struct swapadm_ctx *ctx = pull->ctx;
	struct proc_status st;
	int r;

	if (!req->pid == !req->cgroup || req->pid > INT_MAX)
		return ctx_fail(ctx, -EINVAL, "%s: one process or one cgroup",
				pull->op->verb);
	r = memcg_mount_find(ctx, &pull->mount);
	if (r)
		pull->mount.version = 0;
	if (req->cgroup && !pull->mount.version)
		return ctx_fail(ctx, -EPROTONOSUPPORT,
				"%s: no memory controller is mounted; name a process",
				req->cgroup);
	if (req->cgroup)
		return memcg_find(ctx, &pull->mount, req->cgroup, pull->cgroup,
				  sizeof(pull->cgroup));
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
	if (st.task != (pid_t)req->pid) /* process_madvise(2): ESRCH */
		return ctx_fail(
			ctx, -EPROTONOSUPPORT,
			"%d (%s): its first thread has ended, and the kernel moves no pages of such a process by its number%s",
			(int)req->pid, st.comm, pull->out ? "; name its cgroup" : "");
	pull->pid = (pid_t)req->pid;
	memcpy(pull->comm, st.comm, sizeof(pull->comm));
	return 0;
}

int paging_find_target(struct paging *pull)
{
	int r = find_target(pull);

	if (r)
		return r;
	if (pull->pid)
		snprintf(pull->source, sizeof(pull->source), "pid %d", (int)pull->pid);
	else
		snprintf(pull->source, sizeof(pull->source), "cgroup %s", pull->cgroup);
	return 0;
}

/* ---- the job --------------------------------------------------------------------- */

/*
 * What came in without being used, or was out already and is not dropped. The whole
 * machine's figure only says something by what it has grown.
 */
static void say_what_is_cached(struct paging *pull, bool in, uint64_t before_bytes)
{
	bool own = *pull->cgroup && !in;
	uint64_t bytes = u64_minus(paging_cached_bytes(pull), own ? 0 : before_bytes);
	struct swapadm_progress *p = &pull->job.rec->p;
	char text[32];

	if (!own && bytes > p->moved_bytes)
		bytes = p->moved_bytes;
	if (bytes < CACHED_WORTH_BYTES || *p->message)
		return;
	words_size(bytes, text, sizeof(text));
	if (in)
		snprintf(
			p->message, sizeof(p->message),
			"%s wait in the swap cache and keep their places in swap until they are used",
			text);
	else
		snprintf(
			p->message, sizeof(p->message),
			"%s are in swap and in memory as well (swap cache) until memory is wanted",
			text);
}

static void say_why_short(struct paging *pull)
{
	struct swapadm_progress *p = &pull->job.rec->p;
	char why[192];

	if (p->moved_bytes < p->total_bytes / 10 * 9 &&
	    paging_why_stuck(pull, why, sizeof(why)))
		snprintf(p->message, sizeof(p->message), "%s", why);
}

/* the number may be another process by now; a group is looked for by its name alone */
static bool is_gone(struct paging *pull)
{
	char path[4608];
	struct stat st;

	if (pull->pid)
		return !proc_has_threads(pull->ctx, pull->pid, pull->start_ticks);
	snprintf(path, sizeof(path), "%s%s", pull->mount.path, pull->cgroup);
	return ctx_stat(pull->ctx, path, &st) == -ENOENT;
}

int paging_fail_gone(struct paging *pull, const char *verb)
{
	pull->job.rec->p.left_bytes = 0; /* what was not moved is nowhere now */
	return ctx_fail(pull->ctx, -ESRCH, "%s: %s: it ended meanwhile",
			pull->job.rec->p.source, verb);
}

static int paging_main(struct swapadm_ctx *ctx, struct jobrec *rec, void *data)
{
	struct paging *pull = data;
	bool in = rec->p.kind == SWAPADM_JOB_SWAPIN;
	int r = jobrun_begin(&pull->job, ctx, rec, 0);
	uint64_t before_bytes;

	if (r)
		return r;
	if (is_gone(pull))
		return jobrun_end(&pull->job, paging_fail_gone(pull, pull->op->verb));
	before_bytes = paging_cached_bytes(pull);
	jobrun_phase(&pull->job, in ? SWAPADM_PHASE_PULL_IN : SWAPADM_PHASE_PUSH_OUT);
	if (!in)
		paging_refused_begin(pull);
	r = in ? paging_in(pull) : paging_out(pull);
	if (!r && is_gone(pull))
		r = paging_fail_gone(pull, pull->op->verb);
	if (!r && !in)
		say_why_short(pull);
	if (!r)
		say_what_is_cached(pull, in, before_bytes);
	return jobrun_end(&pull->job, r);
}

static int save(const struct paging *pull, struct request *req)
{
	int r = op_save(pull->op, req);

	if (!r && *pull->cgroup)
		r = request_add(req, "found-cgroup", pull->cgroup);
	if (!r)
		r = request_add_u64(req, "found-start", pull->start_ticks);
	return r ? r : request_add_u64(req, "found-bytes", pull->amount_bytes);
}

static int start(struct swapadm_op *op, struct swapadm_job **out)
{
	_cleanup_(jobrec_free) struct jobrec rec = { 0 };
	_cleanup_(request_free) struct request req = { 0 };
	struct paging *pull = op->priv;
	int r;

	if (geteuid() != 0)
		return ctx_fail(op->ctx, -EPERM, "%s: not permitted; run as root",
				op->verb);
	rec.p.kind = pull->out ? SWAPADM_JOB_SWAPOUT : SWAPADM_JOB_SWAPIN;
	rec.p.state = SWAPADM_JOB_RUNNING;
	snprintf(rec.p.source, sizeof(rec.p.source), "%.255s", pull->source);
	snprintf(rec.p.dest, sizeof(rec.p.dest), "%s", pull->out ? "swap" : "memory");
	rec.p.total_bytes = rec.p.left_bytes = pull->amount_bytes;
	r = save(pull, &req);
	return r ? r
		 : job_start(op->ctx, &rec, op->req.background, paging_work.name, &req,
			     out);
}

static void release(struct swapadm_op *op)
{
	free(op->priv);
}

static const struct op_ops paging_ops = { .start = start, .release = release };

static struct paging *begin(struct swapadm_op *op)
{
	struct paging *pull = calloc(1, sizeof(*pull));

	if (!pull)
		return NULL;
	op->ops = &paging_ops;
	op->priv = pull;
	pull->ctx = op->ctx;
	pull->op = op;
	pull->out = op_is(op, SWAPADM_OP_SWAPOUT);
	pull->rate_bytes_per_s = op->req.rate_bytes_per_s;
	return pull;
}

/* who is meant was found when it was planned, and is not looked for again */
static int load(struct swapadm_ctx *ctx, const struct request *req, void **arg)
{
	_cleanup_(op_unrefp) struct swapadm_op *op = NULL;
	const char *cgroup = request_get(req, "found-cgroup");
	struct paging *pull;
	int r = op_restore(ctx, req, &op);

	if (r)
		return r;
	pull = begin(op);
	if (!pull)
		return -ENOMEM;
	if (op->req.pid > INT_MAX ||
	    request_get_u64(req, "found-start", UINT64_MAX, &pull->start_ticks) ||
	    request_get_u64(req, "found-bytes", UINT64_MAX, &pull->amount_bytes) ||
	    (cgroup && strlen(cgroup) >= sizeof(pull->cgroup)))
		return -EBADMSG;
	pull->pid = (pid_t)op->req.pid;
	if (cgroup)
		strcpy(pull->cgroup, cgroup);
	if (memcg_mount_find(ctx, &pull->mount))
		pull->mount.version = 0;
	*arg = pull;
	steal_ptr(&op); /* pull->op */
	return 0;
}

const struct job_work paging_work = {
	.name = "paging",
	.load = load,
	.run = paging_main,
};

int paging_prepare(struct swapadm_op *op)
{
	struct paging *pull = begin(op);
	int r;

	if (!pull)
		return -ENOMEM;
	r = paging_find_target(pull);
	if (r)
		return r;
	if (pull->pid) /* one that ends just now has none: it is gone then */
		proc_start_ticks(op->ctx, pull->pid, &pull->start_ticks);
	return paging_make_plan(pull);
}
