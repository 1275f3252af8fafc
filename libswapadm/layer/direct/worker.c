/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The direct layer's drain, as a worker runs it, one area after the other: where it pays,
 * a pre-read, which can be paused and cancelled at once; then swapoff(2) in a child.
 *
 * Progress is what has been read ahead, then what /proc/swaps says has gone. A pause and
 * a cancel of the second part are a signal to the child: the kernel looks for it only
 * between two processes, then enables the area again, with what has come in left in
 * memory. So both may take as long as the largest process needs, and a pause costs a new
 * start.
 */
#include "layer/direct/drain.h"

#include <signal.h>

#include "layer/direct/direct.h"
#include "layer/direct/run.h"
#include "prefetch/follow.h"
#include "kernel/proc.h"
#include "kernel/swapoff.h"
#include "prefetch/window.h"

#define LOOK_NS         UINT64_C(1000000000) /* at memory and the cgroups */
#define REST_TICK_MS    5
#define SETTLE_MS       2000 /* for write-back, when the child was the victim */
#define IDLE_ROUNDS_MAX 5    /* after which nothing had left the area */

/*
 * @used_bytes: of the area now. Before and after a swapoff(2) that is interrupted the
 * area takes pages again, so what the rounds took out may be more than it has lost since
 * the plan.
 */
static void show_progress(struct drain_run *run, const struct swapadm_device *dev,
			  uint64_t used_bytes)
{
	uint64_t size = dev->usage.used_bytes;
	uint64_t moved = used_bytes < size ? size - used_bytes : 0;

	if (moved < run->ahead_bytes)
		moved = run->ahead_bytes;
	if (moved < run->off_bytes)
		moved = u64_min(run->off_bytes, size);
	jobrun_moved(&run->job, run->done_bytes + moved);
}

/* @used_bytes: swapoff(2) runs, and the area takes no pages: less is what it took out */
static void note_round(struct drain_run *run, uint64_t used_bytes)
{
	run->off_bytes += u64_minus(run->low_bytes, used_bytes);
	run->low_bytes = u64_min(run->low_bytes, used_bytes);
}

static void show_dest(struct drain_run *run)
{
	struct swapadm_progress *p = &run->job.rec->p;

	went_say(run->op, &run->went, p->moved_bytes, p->dest, sizeof(p->dest));
}

/*
 * Ask the kernel to stop; once is enough, it is only noticed between processes. From
 * then on say which one it is at: that is what everybody waits for.
 */
static void interrupt_child(struct drain_run *run, const struct swapoff_child *child,
			    struct follow *follow, bool *told)
{
	pid_t pid;

	if (!*told) {
		kill(child->pid, SIGTERM);
		follow_begin(run->ctx, follow);
	}
	*told = true;
	pid = follow_update(run->ctx, follow);
	if (pid)
		run->job.rec->p.pid = pid;
}

/*
 * The plan may be hours old, and somebody else may have taken the memory or lowered a
 * limit. Page tables are only read where they decide: when the figures of a group alone
 * do not rule it out, and nothing goes past the verdict.
 */
static bool still_fits(struct drain_run *run, const struct swapadm_device *dev)
{
	const struct emergency *spare = &run->emergency;
	bool goes_past = run->op->req.force ||
			 (spare->path && !spare->active && !spare->failed);
	struct drain_shares shares = { 0 };
	uint64_t used = dev->usage.used_bytes;
	enum drain_verdict verdict;

	run->looked_ns = monotonic_ns();
	free(run->host);
	verdict = drain_fits_now(run->op, dev, &shares, run->guard.path, run->why,
				 sizeof(run->why), &run->host);
	if (verdict == DRAIN_GROUP_SHORT && !goes_past) {
		if (!drain_area_used(run->ctx, dev->path, &used) ||
		    drain_shares_load(run->ctx, dev->path, used, &shares)) {
			verdict = DRAIN_FITS; /* it is off, or can't be said */
		} else {
			free(run->host);
			verdict = drain_fits_now(run->op, dev, &shares, run->guard.path,
						 run->why, sizeof(run->why), &run->host);
		}
		drain_shares_free(&shares);
	}
	if (verdict == DRAIN_FITS || goes_past)
		*run->why = '\0';
	return verdict == DRAIN_FITS || goes_past;
}

/* limits, and groups at them, change while the child runs */
static void keep_guarded(struct drain_run *run, const struct swapoff_child *child)
{
	if (guard_is_stopped(run->ctx, &run->guard)) {
		snprintf(
			run->why, sizeof(run->why),
			"cgroup %.200s, which is at its memory limit, was frozen meanwhile",
			run->guard.path);
		kill(child->pid, SIGKILL); /* nothing else ends it */
	} else if (!*run->why && run->host && !streq_null(run->host, run->guard.path) &&
		   !guard_has_killed(run->ctx, &run->guard) &&
		   guard_move(run->ctx, run->host, child->pid, &run->guard))
		snprintf(run->why, sizeof(run->why),
			 "cgroup %.200s is at its memory limit now, and can't be entered",
			 run->host);
}

static bool is_time_to_look(const struct drain_run *run)
{
	return monotonic_ns() - run->looked_ns >= LOOK_NS;
}

/* once asked to stop, a swapoff(2) that brings nothing in for so long hangs */
#define HANGS_NS (JOBRUN_STUCK_MS * UINT64_C(1000000))

static int tick_ms(const struct drain_run *run, const struct window *window)
{
	if (run->pre->rest)
		return REST_TICK_MS;
	return window ? WINDOW_TICK_MS : JOBRUN_TICK_MS;
}

/* @window: what to do meanwhile, or NULL; false: it was asked to stop, and hangs */
static bool watch_child(struct drain_run *run, const struct swapadm_device *dev,
			const struct swapoff_child *child, struct window *window)
{
	uint64_t used = dev->usage.used_bytes;
	uint64_t last = used, changed_ns = monotonic_ns();
	struct follow follow = { 0 };
	bool told = false, hangs = false;

	drain_lead_mapper(run);
	while (!hangs && !jobrun_wait(&run->job, child->fd, tick_ms(run, window))) {
		drain_lead_mapper(run);
		drain_area_used(run->ctx, dev->path, &used);
		note_round(run, used);
		if (used != last || !run->job.cancelled)
			changed_ns = monotonic_ns();
		last = used;
		hangs = monotonic_ns() - changed_ns >= HANGS_NS;
		show_progress(run, dev, used);
		if (emergency_look(&run->emergency))
			drain_say(run, "memory was short: %.180s is active now",
				  run->emergency.path);
		if (is_time_to_look(run)) {
			run->looked_ns = monotonic_ns();
			show_dest(run);
			if (!*run->why)
				still_fits(run, dev);
			keep_guarded(run, child);
		}
		if (run->job.cancelled || run->job.pause_wanted || *run->why)
			interrupt_child(run, child, &follow, &told);
		else if (window && window_step(window, used))
			window = NULL; /* no memory: the kernel does it alone */
	}
	follow_end(&follow);
	return !hangs;
}

/*
 * It waits for something in the kernel, and not even SIGKILL gets through before that
 * comes: the lock of a process, or a disk that does not answer. Then the kernel enables
 * the area again. Nobody has to wait for it.
 */
static int leave_child(struct drain_run *run, struct swapoff_child *child)
{
	kill(child->pid, SIGKILL);
	drain_say(
		run,
		"given up: swapoff(2) hangs, see /proc/%d/stack%s%.100s; then the area is active again, or off when nothing was left",
		(int)child->pid, *run->hung ? "; " : "", run->hung);
	run->job.leaves_child = true;
	swapoff_leave(child);
	return -ECANCELED;
}

static int swapoff_once(struct drain_run *run, const struct swapadm_device *dev,
			struct window *window)
{
	struct swapoff_child child = SWAPOFF_CHILD_INIT;
	struct jobrec *rec = run->job.rec;
	int fd = run->host ? guard_open(run->ctx, run->host, &run->guard) : -1, r;
	uint64_t used;
	bool watched;

	run->was_victim = false;
	if (run->host && fd < 0)
		return -ESRCH;
	run->low_bytes = dev->usage.used_bytes;
	drain_area_used(run->ctx, dev->path, &run->low_bytes);
	r = swapoff_start(run->ctx, dev->path, fd, &child);
	if (fd >= 0)
		close(fd);
	if (r)
		return r;
	rec->child = child.pid;
	proc_start_ticks(run->ctx, child.pid, &rec->child_start_ticks);
	jobrun_phase(&run->job, SWAPADM_PHASE_SWAPOFF);
	drain_start_mapper(run);
	watched = watch_child(run, dev, &child, window);
	drain_drop_mapper(run);
	if (!watched)
		return leave_child(run, &child);
	r = swapoff_finish(&child);
	used = run->low_bytes;
	drain_area_used(run->ctx, dev->path, &used);
	note_round(run, used);
	run->was_victim = child.killed && guard_has_killed(run->ctx, &run->guard);
	run->n_victims += run->was_victim;
	guard_end(&run->guard);
	rec->child = 0;
	rec->child_start_ticks = 0;
	rec->p.pid = 0;
	return r;
}

/* swapoff, with a window next to it where memory does not hold all or --to says so */
static int swapoff_device(struct drain_run *run, const struct swapadm_device *dev,
			  struct preread *pre)
{
	struct window window = {
		.ctx = run->ctx,
		.job = &run->job,
		.pre = pre,
		.read_ahead = pre->verdict == PREREAD_FASTER &&
			      !drain_of(run->op)->fits_ram,
		.page_out = drain_of(run->op)->to_tier,
	};
	bool knows_pages = pre->verdict != PREREAD_IMPOSSIBLE;
	int r;

	if (!knows_pages || (!window.read_ahead && !window.page_out))
		return swapoff_once(run, dev, NULL);
	r = window_begin(&window);
	if (!r)
		r = swapoff_once(run, dev, &window);
	if (window.page_out)
		jobrun_phase(&run->job, SWAPADM_PHASE_PAGEOUT);
	window_end(&window);
	return r;
}

/* what stopped a job on request; 0 nothing did */
static int stop_reason(const struct drain_run *run)
{
	if (!run->job.cancelled)
		return 0;
	return run->job.timed_out ? -ETIME : -ECANCELED;
}

/* of a drain that was stopped: only what has left the area counts as moved */
static void show_truth(struct drain_run *run, const struct swapadm_device *dev)
{
	uint64_t used = 0;

	run->ahead_bytes = 0;
	drain_area_used(run->ctx, dev->path, &used);
	show_progress(run, dev, used);
}

static int not_any_more(struct drain_run *run, const struct swapadm_device *dev)
{
	return ctx_fail(run->ctx, -SWAPADM_ENOROOM,
			"%.60s: stopped, it is active again: %s", dev->path, run->why);
}

/*
 * The child was the OOM killer's victim, and the area is active again: when what went out
 * is on the disk, the rest goes on. False after rounds that moved nothing.
 */
static bool goes_on(struct drain_run *run, const struct swapadm_device *dev,
		    uint64_t *left_bytes, unsigned *idle)
{
	uint64_t used = *left_bytes;

	if (!run->was_victim || !drain_area_used(run->ctx, dev->path, &used))
		return false;
	*idle = used < *left_bytes ? 0 : *idle + 1;
	*left_bytes = used;
	jobrun_wait(&run->job, -1, SETTLE_MS);
	return *idle < IDLE_ROUNDS_MAX;
}

/*
 * Read ahead and call swapoff(2). With *@called what that returned, else what stopped the
 * round before it.
 */
static int drain_round(struct drain_run *run, const struct swapadm_device *dev,
		       const struct drain_look *look, bool *called)
{
	struct preread pre = {
		.ctx = run->ctx,
		.job = &run->job,
		.path = dev->path,
		.type = SWAPTYPE_UNKNOWN,
		.rate_bytes_per_s = run->op->req.rate_bytes_per_s,
		.plain_page_ns = look->page_ns,
		.waits = look->waits,
	};
	int r = 0;

	*called = false;
	run->pre = &pre;
	if (jobrun_sit_out_pause(&run->job))
		return stop_reason(run);
	if (look->plain && !drain_of(run->op)->to_tier &&
	    (look->alone || !drain_maps_well()))
		pre.verdict = PREREAD_SLOWER; /* nothing has to be known */
	else
		r = drain_preread(run, dev, look, &pre);
	if (!r && !still_fits(run, dev))
		r = not_any_more(run, dev);
	else if (!r)
		*called = true;
	if (*called)
		r = swapoff_device(run, dev, &pre);
	drain_drop_mapper(run);
	return r == -ECANCELED ? stop_reason(run) : r;
}

static int drain_device(struct drain_run *run, const struct swapadm_device *dev,
			const struct drain_look *look)
{
	uint64_t used, left = dev->usage.used_bytes;
	unsigned idle = 0;
	bool again = true, called;
	int r;

	run->off_bytes = 0;
	for (;;) {
		r = drain_round(run, dev, look, &called);
		if (!called)
			return r;
		/* the child may have been asked too late, or someone else was faster */
		if ((r == -EINTR || r == -EINVAL) &&
		    !drain_area_used(run->ctx, dev->path, &used))
			return 0;
		if (run->job.leaves_child)
			return stop_reason(run);
		if (r == -ESRCH && again) { /* the group has gone since it was found */
			again = false;
			continue;
		}
		if (r != -EINTR)
			break;
		show_truth(run, dev);
		if (*run->why)
			return not_any_more(run, dev);
		if (!run->job.cancelled && !run->job.pause_wanted &&
		    !goes_on(run, dev, &left, &idle))
			return swapoff_explain(run->ctx, dev->path, r);
	}
	return r ? swapoff_explain(run->ctx, dev->path, r) : 0;
}

static int drain_devices(struct drain_run *run)
{
	const struct swapadm_op_plan *plan = &run->op->plan;

	for (size_t i = 0; i < plan->n_devices; i++) {
		const struct swapadm_device *dev = plan->devices[i];
		int r = stop_reason(run);

		if (!r && dev->state != SWAPADM_STATE_INACTIVE)
			r = drain_device(run, dev, &drain_of(run->op)->looks[i]);
		if (r)
			show_truth(run, dev);
		if (!r && op_is(run->op, SWAPADM_OP_REMOVE)) {
			jobrun_be_sure(&run->job, true);
			jobrun_phase(&run->job, SWAPADM_PHASE_DETACH);
			r = drain_of(run->op)->detach(run->ctx, dev->path,
						      run->op->req.persist);
		}
		if (r)
			return r;
		jobrun_be_sure(&run->job, false);
		run->done_bytes += dev->usage.used_bytes;
		jobrun_moved(&run->job, run->done_bytes);
	}
	return 0;
}

/* a kill is said whatever else there is to say; @err is returned */
static int add_kills(struct drain_run *run, int err)
{
	char text[600];

	snprintf(text, sizeof(text),
		 "the OOM killer ended %llu process%s of cgroup %.120s meanwhile%s%s",
		 (unsigned long long)run->kills.n_new, run->kills.n_new == 1 ? "" : "es",
		 run->kills.group, err || *run->job.rec->p.message ? "; " : "",
		 err ? swapadm_get_error(run->ctx) : run->job.rec->p.message);
	if (err)
		return ctx_fail(run->ctx, err, "%s", text);
	drain_say(run, "%s", text);
	return err;
}

int drain_main(struct swapadm_ctx *ctx, struct jobrec *rec, void *arg)
{
	struct swapadm_op *op = arg;
	struct drain_run run = { .ctx = ctx,
				 .op = op,
				 .emergency = drain_of(op)->emergency };
	int r = jobrun_begin(&run.job, ctx, rec, op->req.timeout_s);

	if (r)
		return r;
	drain_kills_begin(ctx, &run.kills);
	went_begin(ctx, &run.went);
	r = drain_devices(&run);
	show_dest(&run);
	went_end(&run.went);
	free(run.host);
	if (drain_kills_end(ctx, &run.kills) && run.kills.n_new > run.n_victims) {
		run.kills.n_new -= run.n_victims;
		r = add_kills(&run, r);
	}
	if (emergency_end(&run.emergency))
		drain_say(&run,
			  "the emergency area %.120s has pages now and stays active",
			  run.emergency.path);
	return jobrun_end(&run.job, r);
}
