/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Read back, thaw. */
#include "kernel/pidns.h"
#include "park/park.h"

#define STAYS_BYTES (UINT64_C(1) << 20) /* less says nothing */

/* ---- the job --------------------------------------------------------------------- */

static int forget_gone(struct park *park)
{
	struct swapadm_ctx *ctx = park->pull.ctx;
	char said[128];

	/* of a group that was removed some processes may live on elsewhere, stopped */
	int r = park_thaw(ctx, &park->rec, said, sizeof(said));

	if (!r)
		r = parks_remove(ctx, park->rec.id);
	if (r)
		return r;
	if (park->rec.pid)
		return ctx_fail(
			ctx, -ESRCH,
			"%s (%s): wake: it has ended while it was parked; its record was removed",
			park->pull.source, park->rec.comm);
	return ctx_fail(
		ctx, -ENOENT,
		"%s: wake: the group was removed while it was parked; its record was removed",
		park->pull.source);
}

/* the record as it is now: since the plan it may have been woken, or stopped more */
static int claim(struct park *park)
{
	_cleanup_(parkrec_free) struct parkrec now = { 0 };
	struct swapadm_ctx *ctx = park->pull.ctx;
	int r = parks_read(ctx, park->rec.id, &now);

	if (r)
		return ctx_fail(ctx, r, "%s: wake: it is not parked any more",
				park->pull.source);
	parkrec_free(&park->rec);
	park->rec = now;
	now = (struct parkrec){ 0 };
	if (parkrec_is_gone(ctx, &park->rec))
		return forget_gone(park);
	if (parkrec_is_elsewhere(ctx, &park->rec))
		return ctx_fail(ctx, -ESRCH, "%s: wake: parked anew in another namespace",
				park->pull.source);
	r = park_forget_namesakes(park);
	if (r)
		return r;
	snprintf(park->rec.job, sizeof(park->rec.job), "%s", park->pull.job.rec->p.id);
	park->rec.pid_ns = pidns_own(ctx); /* no other number is in it, or it is ours */
	park->rec.worker = getpid();
	r = proc_start_ticks(ctx, park->rec.worker, &park->rec.worker_start_ticks);
	return r ? r : park_write(park, SWAPADM_PARK_WAKING);
}

/* @in_swap: before it began. Shared memory is never read, so that alone says nothing */
static void say_what_stays(struct park *park, uint64_t in_swap)
{
	struct swapadm_progress *p = &park->pull.job.rec->p;
	uint64_t stays = u64_minus(in_swap, p->moved_bytes);
	char a[32];

	if (*p->message || park->pull.amount_bytes >= in_swap || stays < STAYS_BYTES)
		return;
	snprintf(
		p->message, sizeof(p->message),
		"%s stay in swap: it runs again and reads them itself when it needs them",
		words_size(stays, a, sizeof(a)));
}

/* whatever became of the reading: it was asked to run again */
static int thaw(struct park *park, int r)
{
	struct swapadm_progress *p = &park->pull.job.rec->p;
	struct swapadm_ctx *ctx = park->pull.ctx;
	bool is_gone = parkrec_is_gone(ctx, &park->rec);
	char said[160], error[200];
	int thawed;

	if (r)
		ctx_fail_unsaid(ctx, r, park->pull.source, "wake");
	snprintf(error, sizeof(error), "%.199s", ctx->error);
	jobrun_phase(&park->pull.job, SWAPADM_PHASE_THAW);
	thawed = park_thaw(ctx, &park->rec, said, sizeof(said));
	if (!thawed)
		thawed = parks_remove(ctx, park->rec.id);
	if (thawed)
		return thawed;
	if (is_gone)
		return paging_fail_gone(&park->pull, "wake");
	if (r && r != -ECANCELED)
		return ctx_fail(ctx, r, "%s; it runs again and reads the rest itself",
				error);
	snprintf(p->message, sizeof(p->message), "%s", said);
	if (r && !*said)
		snprintf(p->message, sizeof(p->message),
			 "it runs again and reads the rest itself");
	park_say_forgotten(park);
	return r;
}

static int wake_main(struct swapadm_ctx *ctx, struct jobrec *rec, void *data)
{
	struct park *park = data;
	int r = jobrun_begin(&park->pull.job, ctx, rec, 0);
	uint64_t in_swap;

	if (r)
		return r;
	jobrun_be_sure(&park->pull.job, true); /* a cancel thaws, too */
	r = claim(park);
	if (r)
		return jobrun_end(&park->pull.job, r);
	jobrun_phase(&park->pull.job, SWAPADM_PHASE_PULL_IN);
	/* one that runs could have given the memory back: a touch would bring zeroes */
	park->pull.maps = park->rec.freezer != SWAPADM_FREEZER_NONE;
	in_swap = paging_swapped_bytes(&park->pull);
	if (park->pull.amount_bytes)
		r = paging_in(&park->pull);
	r = thaw(park, r);
	if (!r)
		say_what_stays(park, in_swap);
	return jobrun_end(&park->pull.job, r);
}

const struct job_work wake_work = {
	.name = "wake",
	.load = park_load,
	.run = wake_main,
};

/* ---- prepare --------------------------------------------------------------------- */

/* by its path, also of a group that is gone and can't be looked up any more */
static bool is_group(const struct memcg_mount *mount, const char *word, const char *path)
{
	const char *rest = mount->version ? str_after(word, mount->path) : NULL;
	size_t n;

	if (rest && *rest == '/')
		word = rest;
	path += *word != '/';
	n = strlen(path);
	return strncmp(word, path, n) == 0 && strspn(word + n, "/") == strlen(word + n);
}

static bool is_meant(const struct park *park, const struct parkrec *rec)
{
	const struct op_req *req = &park->pull.op->req;

	if (req->pid)
		return (uint64_t)rec->pid == req->pid;
	return *rec->cgroup && is_group(&park->pull.mount, req->cgroup, rec->cgroup);
}

/* is it the name of the record that what is meant would have? */
static bool is_named(struct park *park, const char *id)
{
	const struct op_req *req = &park->pull.op->req;
	char path[4608], name[32];
	struct stat st;

	if (req->pid) {
		snprintf(name, sizeof(name), "p%ju", (uintmax_t)req->pid);
		return streq(name, id);
	}
	snprintf(path, sizeof(path), "%s%s%s",
		 str_after(req->cgroup, park->pull.mount.path) ? ""
							       : park->pull.mount.path,
		 *req->cgroup == '/' ? "" : "/", req->cgroup);
	if (ctx_stat(park->pull.ctx, path, &st))
		return false;
	snprintf(name, sizeof(name), "c%ju", (uintmax_t)st.st_ino);
	return streq(name, id);
}

/* a group that was made anew may have been parked as well: the one that is there first */
static int find_record(struct park *park)
{
	_cleanup_(parkrec_list_free) struct parkrec_list list = { 0 };
	struct swapadm_ctx *ctx = park->pull.ctx;
	struct parkrec *found = NULL;
	int r = parks_read_all(ctx, &list);

	if (r)
		return ctx_fail(ctx, r, PARKS_DIR ": read: %s", strerror(-r));
	for (size_t i = 0; i < list.n; i++)
		if (is_meant(park, &list.items[i]) &&
		    (!found || parkrec_is_gone(ctx, found)))
			found = &list.items[i];
	if (found) {
		park->rec = *found;
		*found = (struct parkrec){ 0 };
		return 0;
	}
	for (size_t i = 0; i < list.n_damaged; i++)
		if (is_named(park, list.damaged[i]))
			return ctx_fail(
				ctx, -EBADMSG,
				PARKS_DIR
				"/%s: this record can't be read; `swapctl doctor` says how to let it run again",
				list.damaged[i]);
	if (park->pull.op->req.pid)
		return ctx_fail(ctx, -ENOENT, "pid %ju: wake: it is not parked",
				(uintmax_t)park->pull.op->req.pid);
	return ctx_fail(ctx, -ENOENT, "cgroup %s: wake: it is not parked",
			park->pull.op->req.cgroup);
}

static int refuse_worked_on(struct park *park)
{
	const struct parkrec *rec = &park->rec;
	char source[sizeof(park->pull.source)];

	parkrec_source(rec, source, sizeof(source));
	return ctx_fail(
		park->pull.ctx, -EBUSY,
		"%s: wake: job %s is %s it; `swapctl wait %s` or `swapctl cancel %s` first",
		source, rec->job, swapadm_park_state_name(rec->state), rec->job,
		rec->job);
}

int wake_prepare(struct swapadm_op *op)
{
	struct park *park = park_begin(op);
	int r;

	if (!park)
		return -ENOMEM;
	if (!op->req.pid == !op->req.cgroup)
		return ctx_fail(op->ctx, -EINVAL, "wake: one process or one cgroup");
	if (memcg_mount_find(op->ctx, &park->pull.mount))
		park->pull.mount.version = 0;
	r = find_record(park);
	if (r)
		return r;
	if (parkrec_is_worked_on(op->ctx, &park->rec))
		return refuse_worked_on(park);
	park->pull.pid = park->rec.pid;
	memcpy(park->pull.comm, park->rec.comm, sizeof(park->pull.comm));
	strcpy(park->pull.cgroup, park->rec.cgroup);
	parkrec_source(&park->rec, park->pull.source, sizeof(park->pull.source));
	return wake_make_plan(park);
}
