/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Freeze, push out. */
#include "kernel/pidns.h"
#include "layer/redirect/ownmove.h"
#include "park/park.h"

#include <time.h>

#define STAYS_WORTH_BYTES (UINT64_C(1) << 20)

/* ---- the job --------------------------------------------------------------------- */

static int refuse_parked(struct swapadm_ctx *ctx, const char *source,
			 const struct parkrec *old)
{
	if (parkrec_is_elsewhere(ctx, old))
		return ctx_fail(
			ctx, -EALREADY,
			"%s: park: its number is that of what was parked in another namespace, " PARKS_DIR
			"/%s; wake that there first",
			source, old->id);
	if (parkrec_is_worked_on(ctx, old))
		return ctx_fail(
			ctx, -EBUSY,
			"%s: park: job %s is %s it; `swapctl wait %s` or `swapctl cancel %s` first",
			source, old->job, swapadm_park_state_name(old->state), old->job,
			old->job);
	return ctx_fail(
		ctx, -EALREADY,
		"%s: park: it is parked already, or that did not finish; `swapctl wake` first",
		source);
}

/* 0: there is no record of it, or one of something that is gone */
static int check_unparked(struct park *park)
{
	_cleanup_(parkrec_free) struct parkrec old = { 0 };
	struct swapadm_ctx *ctx = park->pull.ctx;
	int r = parks_read(ctx, park->rec.id, &old);

	if (r == -ENOENT || r == -ESTALE)
		return 0;
	/* of a group that was renamed or removed some may be stopped still */
	if (!r && parkrec_is_gone(ctx, &old) && !parkrec_is_frozen(ctx, &old))
		return 0;
	if (r)
		return ctx_fail(ctx, r,
				"%s: park: its record " PARKS_DIR
				"/%s can't be read: %s; see `swapctl doctor`",
				park->pull.source, park->rec.id, strerror(-r));
	return refuse_parked(ctx, park->pull.source, &old);
}

/* does what is parked hold the target, or the other way round? Not when both are one. */
static bool overlaps(struct park *park, const struct memcg_mount *mount,
		     const struct parkrec *rec)
{
	const char *cgroup = park->rec.pid ? NULL : park->rec.cgroup;
	pid_t pid = park->rec.pid ? park->rec.pid : rec->pid;
	char path[sizeof(rec->cgroup)];

	if (!cgroup && rec->pid)
		return false;
	if (!pid)
		return path_is_in(rec->cgroup, cgroup) || path_is_in(cgroup, rec->cgroup);
	return !memcg_of_pid(park->pull.ctx, mount, pid, path, sizeof(path)) &&
	       path_is_in(path, cgroup ? cgroup : rec->cgroup);
}

/* wake of the one would let the other run, which would still count as parked */
static int check_others(struct park *park)
{
	_cleanup_(parkrec_list_free) struct parkrec_list list = { 0 };
	struct swapadm_ctx *ctx = park->pull.ctx;
	struct memcg_mount mount;
	int r = parks_read_all(ctx, &list);

	if (r)
		return ctx_fail(ctx, r, PARKS_DIR ": read: %s", strerror(-r));
	if (memcg_mount_find(ctx, &mount) || !mount.version)
		return 0;
	for (size_t i = 0; i < list.n; i++) {
		const struct parkrec *rec = &list.items[i];
		char source[sizeof(park->pull.source)];

		if (streq(rec->id, park->rec.id) || parkrec_is_gone(ctx, rec) ||
		    parkrec_is_elsewhere(ctx, rec) || !overlaps(park, &mount, rec))
			continue;
		parkrec_source(rec, source, sizeof(source));
		return ctx_fail(
			ctx, -EALREADY,
			"%s: park: %s is parked, and one is in the other; `swapctl wake` first",
			park->pull.source, source);
	}
	return 0;
}

/* @lock: for the caller to close */
static int claim(struct park *park, int *lock)
{
	struct swapadm_ctx *ctx = park->pull.ctx;
	const struct jobrec *job = park->pull.job.rec;
	int r;

	*lock = state_lock(ctx, "park");
	r = *lock < 0 ? *lock : check_unparked(park);
	if (!r)
		r = check_others(park);
	if (r)
		return r;
	if (parkrec_is_gone(ctx, &park->rec))
		return ctx_fail(ctx, -ESRCH, "%s: park: it has ended", park->pull.source);
	r = park_forget_namesakes(park);
	if (r)
		return r;
	park->rec.since_s = (uint64_t)time(NULL);
	snprintf(park->rec.job, sizeof(park->rec.job), "%s", job->p.id);
	park->rec.worker = getpid();
	r = proc_start_ticks(ctx, park->rec.worker, &park->rec.worker_start_ticks);
	return r ? r : park_write(park, SWAPADM_PARK_PARKING);
}

/* what other tiers have of it goes to the one that was named: 0; -ECANCELED */
static int move_on(struct park *park)
{
	struct jobrun *job = &park->pull.job;
	uint64_t bytes = park->rec.pushed_bytes;
	int r;

	if (!park->gathers || !park->pull.op->req.to)
		return 0;
	jobrun_phase(job, SWAPADM_PHASE_MOVE);
	r = ownmove_gather(job, &park->pull.op->req, park->pull.op->req.to, &bytes);
	job->rec->p.total_bytes = park->rec.pushed_bytes;
	jobrun_moved(job, park->rec.pushed_bytes);
	if (r == -ECANCELED)
		return r;
	if (r) /* it is parked all the same */
		snprintf(park->unmoved, sizeof(park->unmoved), "%.191s",
			 park->pull.ctx->error);
	return 0;
}

/*
 * @lock: held until all are frozen, so that none of them holds it then: wake could not
 * start
 */
static int freeze_and_push(struct park *park, int *lock)
{
	int r;

	jobrun_phase(&park->pull.job, SWAPADM_PHASE_FREEZE);
	r = park_freeze(park);
	closep(lock);
	*lock = -1;
	if (r)
		return r;
	jobrun_phase(&park->pull.job, SWAPADM_PHASE_PUSH_OUT);
	r = park_push(park);
	if (r)
		return r;
	r = move_on(park);
	if (r)
		return r;
	return park_write(park, SWAPADM_PARK_PARKED);
}

/* the sentence of what failed first stays, and what to do where it can't be undone */
static void undo(struct park *park, int err)
{
	struct swapadm_ctx *ctx = park->pull.ctx;
	char error[sizeof(ctx->error)], said[128];

	ctx_fail_unsaid(ctx, err, park->pull.source, "park");
	snprintf(error, sizeof(error), "%s", ctx->error);
	if (!park_thaw(ctx, &park->rec, said, sizeof(said))) {
		parks_remove(ctx, park->rec.id);
		ctx_fail(ctx, err, "%s", error);
		return;
	}
	snprintf(said, sizeof(said), "%s", "; it may be frozen still: `swapctl wake`");
	ctx_fail(ctx, err, "%.*s%s", (int)(sizeof(error) - sizeof(said)), error, said);
}

static void say_how(struct park *park)
{
	struct swapadm_progress *p = &park->pull.job.rec->p;
	uint64_t stays = park->rec.stays_bytes;
	char a[32], why[128];
	int n;

	if (stays < STAYS_WORTH_BYTES || !paging_why_stuck(&park->pull, why, sizeof(why)))
		snprintf(why, sizeof(why), "locked, or shared with others");

	n = snprintf(
		p->message, sizeof(p->message), "%s",
		park->rec.freezer == SWAPADM_FREEZER_NONE ? "it runs on"
		: park->rec.freezer == SWAPADM_FREEZER_FOREIGN
			? "somebody else had frozen it already; wake will leave it so"
			: "frozen by ");
	if (park->rec.freezer != SWAPADM_FREEZER_NONE &&
	    park->rec.freezer != SWAPADM_FREEZER_FOREIGN)
		n += snprintf(p->message + n, sizeof(p->message) - (size_t)n, "%s",
			      swapadm_freezer_name(park->rec.freezer));
	if (stays >= STAYS_WORTH_BYTES)
		n += snprintf(p->message + n, sizeof(p->message) - (size_t)n,
			      "; %s stay in memory: %s", words_size(stays, a, sizeof(a)),
			      why);
	if (*park->unmoved)
		snprintf(p->message + n, sizeof(p->message) - (size_t)n,
			 "; not all of it is in %s: %s", park->pull.op->req.to,
			 park->unmoved);
	park_say_forgotten(park);
}

static int park_main(struct swapadm_ctx *ctx, struct jobrec *rec, void *data)
{
	struct park *park = data;
	int r = jobrun_begin(&park->pull.job, ctx, rec, 0);
	_cleanup_close_ int lock = -1;

	if (r)
		return r;
	jobrun_be_sure(&park->pull.job, true); /* a cancel thaws, too */
	r = claim(park, &lock);
	if (r)
		return jobrun_end(&park->pull.job, r);
	r = freeze_and_push(park, &lock);
	if (r != -ECANCELED && parkrec_is_gone(ctx, &park->rec))
		r = paging_fail_gone(&park->pull, "park");
	if (r)
		undo(park, r);
	else
		say_how(park);
	return jobrun_end(&park->pull.job, r);
}

const struct job_work park_work = {
	.name = "park",
	.load = park_load,
	.run = park_main,
};

/* ---- prepare --------------------------------------------------------------------- */

/* what names it, now and after a restart of the tools */
static int identify(struct park *park)
{
	struct paging *pull = &park->pull;
	struct parkrec *rec = &park->rec;
	char path[4608];
	struct stat st;

	parks_boot(pull->ctx, rec->boot);
	rec->pid_ns = pidns_own(pull->ctx);
	if (pull->pid) {
		snprintf(rec->id, sizeof(rec->id), "p%d", (int)pull->pid);
		rec->pid = pull->pid;
		memcpy(rec->comm, pull->comm, sizeof(rec->comm));
		return proc_start_ticks(pull->ctx, pull->pid, &rec->start_ticks);
	}
	snprintf(path, sizeof(path), "%s%s", pull->mount.path, pull->cgroup);
	if (ctx_stat(pull->ctx, path, &st))
		return ctx_fail(pull->ctx, -ENOENT, "%s: it is gone", pull->source);
	rec->inode = st.st_ino;
	if (!ctx_stat(pull->ctx, pull->mount.path, &st))
		rec->root_inode = st.st_ino;
	strcpy(rec->cgroup, pull->cgroup);
	snprintf(rec->id, sizeof(rec->id), "c%llu", (unsigned long long)rec->inode);
	return 0;
}

/* an empty one has nothing to freeze, and gets no processes by it */
static int check_members(struct park *park)
{
	struct proc_swap_list procs = { 0 };
	int r = paging_procs(&park->pull, false, &procs);
	size_t n = procs.n;

	if (r)
		return r;
	proc_swap_list_free(&procs);
	return n ? 0
		 : ctx_fail(park->pull.ctx, -ESRCH, "%s: park: no process is in it",
			    park->pull.source);
}

int park_prepare(struct swapadm_op *op)
{
	struct park *park = park_begin(op);
	int r;

	if (!park)
		return -ENOMEM;
	r = paging_find_target(&park->pull);
	if (!r)
		r = park_check_target(&park->pull);
	if (!r)
		r = identify(park);
	if (!r)
		r = check_members(park);
	if (!r)
		r = check_unparked(park);
	if (!r)
		r = check_others(park);
	return r ? r : park_make_plan(park);
}
