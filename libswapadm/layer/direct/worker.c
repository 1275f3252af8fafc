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
#include <stdarg.h>

#include "kernel/area.h"
#include "layer/direct/direct.h"
#include "kernel/guard.h"
#include "layer/direct/went.h"
#include "prefetch/follow.h"
#include "job/worker.h"
#include "prefetch/leaforder.h"
#include "prefetch/preread.h"
#include "kernel/pagewatch.h"
#include "kernel/proc.h"
#include "kernel/swapoff.h"
#include "kernel/tmpfs.h"
#include "prefetch/window.h"

#define LOOK_NS           UINT64_C(1000000000) /* at memory and the cgroups */
#define TMPFS_WORTH_BYTES (UINT64_C(4) << 20)
#define SETTLE_MS         2000 /* for write-back, when the child was the victim */
#define IDLE_ROUNDS_MAX   5    /* after which nothing had left the area */

struct drain_run {
	struct swapadm_ctx *ctx;
	const struct swapadm_op *op;
	struct jobrun job;
	const struct swapadm_device *dev;
	uint64_t done_bytes;  /* of the devices that are through */
	uint64_t ahead_bytes; /* of this device: read ahead */
	uint64_t off_bytes;   /* of this device: taken out by rounds of swapoff(2) */
	uint64_t low_bytes;   /* of this round: the least that was in use */
	struct emergency emergency;
	struct drain_kills kills;
	struct went went;
	uint64_t n_victims; /* of our own among them: see guard.h */
	char *host;         /* the group that the child has to be in, or NULL */
	struct guard guard; /* the one that it is in */
	bool was_victim;    /* the last child */
	uint64_t looked_ns, look_took_ns;
	char why[300];  /* it does not fit any more */
	char hung[256]; /* of a process whose page tables can't be read */
};

static void _printf_(2, 3) say(struct drain_run *run, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(run->job.rec->p.message, sizeof(run->job.rec->p.message), fmt, ap);
	va_end(ap);
}

/* used bytes of an area now; false when it is not an area any more */
static bool area_used(struct swapadm_ctx *ctx, const char *path, uint64_t *used_bytes)
{
	struct area_list areas = { 0 };
	const struct area *area;

	if (areas_load(ctx, &areas))
		return true; /* unreadable for a moment: keep the last figure */
	area = areas_find(&areas, path);
	if (area)
		*used_bytes = area->used_bytes;
	areas_free(&areas);
	return area != NULL;
}

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
		if (!area_used(run->ctx, dev->path, &used) ||
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
	run->look_took_ns = monotonic_ns() - run->looked_ns;
	run->looked_ns += run->look_took_ns;
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
	/* one at every process may take long: it must not fill the time */
	return monotonic_ns() - run->looked_ns >= LOOK_NS + 4 * run->look_took_ns;
}

/* once asked to stop, a swapoff(2) that brings nothing in for so long hangs */
#define HANGS_NS (JOBRUN_STUCK_MS * UINT64_C(1000000))

/* @window: what to do meanwhile, or NULL; false: it was asked to stop, and hangs */
static bool watch_child(struct drain_run *run, const struct swapadm_device *dev,
			const struct swapoff_child *child, struct window *window)
{
	int tick_ms = window ? WINDOW_TICK_MS : JOBRUN_TICK_MS;
	uint64_t used = dev->usage.used_bytes;
	uint64_t last = used, changed_ns = monotonic_ns();
	struct follow follow = { 0 };
	bool told = false, hangs = false;

	while (!hangs && !jobrun_wait(&run->job, child->fd, tick_ms)) {
		area_used(run->ctx, dev->path, &used);
		note_round(run, used);
		if (used != last || !run->job.cancelled)
			changed_ns = monotonic_ns();
		last = used;
		hangs = monotonic_ns() - changed_ns >= HANGS_NS;
		show_progress(run, dev, used);
		if (emergency_look(&run->emergency))
			say(run, "memory was short: %.180s is active now",
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
	say(run,
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

	run->was_victim = false;
	if (run->host && fd < 0)
		return -ESRCH;
	run->low_bytes = dev->usage.used_bytes;
	area_used(run->ctx, dev->path, &run->low_bytes);
	r = swapoff_start(run->ctx, dev->path, fd, &child);
	if (fd >= 0)
		close(fd);
	if (r)
		return r;
	rec->child = child.pid;
	proc_start_ticks(run->ctx, child.pid, &rec->child_start_ticks);
	jobrun_phase(&run->job, SWAPADM_PHASE_SWAPOFF);
	if (!watch_child(run, dev, &child, window))
		return leave_child(run, &child);
	r = swapoff_finish(&child);
	used = run->low_bytes;
	area_used(run->ctx, dev->path, &used);
	note_round(run, used);
	run->was_victim = child.killed && guard_has_killed(run->ctx, &run->guard);
	run->n_victims += run->was_victim;
	guard_end(&run->guard);
	rec->child = 0;
	rec->child_start_ticks = 0;
	rec->p.pid = 0;
	return r;
}

/*
 * While it is read ahead, which may take hours with a rate, its area may be ended by
 * somebody else, and memory and limits may shrink below what still comes in: 0; -ENODEV;
 * -SWAPADM_ENOROOM with .why
 */
static int look_around(void *data)
{
	struct drain_run *run = data;
	uint64_t used;

	if (!is_time_to_look(run))
		return 0;
	run->looked_ns = monotonic_ns();
	if (!area_used(run->ctx, run->dev->path, &used))
		return -ENODEV;
	return still_fits(run, run->dev) ? 0 : -SWAPADM_ENOROOM;
}

/* read everything ahead, as much of the area at a time as the map holds */
static int preread_passes(struct drain_run *run, struct preread *pre, struct swapmap *map)
{
	uint64_t page_bytes = own_page_bytes(), next;
	int r;

	jobrun_phase(&run->job, SWAPADM_PHASE_PREREAD);
	for (;;) {
		r = leaforder_apply(run->ctx, pre->path, &map->runs);
		if (r) {
			swapmap_free(map);
			return r;
		}
		r = preread_feed(pre, map, run->done_bytes + run->ahead_bytes);
		run->ahead_bytes = pre->fed_pages * page_bytes;
		next = map->runs.end_offset;
		swapmap_free(map);
		if (r || pre->verdict != PREREAD_FASTER || next > UINT32_MAX)
			return r;
		r = swapmap_load(run->ctx, pre->type, next, 0, map);
		if (r)
			return r == -ENOMEM ? r : 0;
	}
}

/* is this the only area with pages on it? */
static bool is_only_area(struct swapadm_ctx *ctx, const char *path)
{
	struct area_list areas = { 0 };
	bool only = true;

	if (areas_load(ctx, &areas))
		return false;
	for (size_t i = 0; i < areas.n; i++)
		if (areas.items[i].used_bytes && !streq(areas.items[i].path, path))
			only = false;
	areas_free(&areas);
	return only;
}

static int tmpfs_piece(void *data, uint64_t bytes)
{
	struct drain_run *run = data;
	uint64_t rate = run->op->req.rate_bytes_per_s;
	uint64_t wait_ms = rate ? bytes * 1000 / rate : 0;

	run->ahead_bytes += bytes;
	jobrun_moved(&run->job, run->done_bytes + run->ahead_bytes);
	while (wait_ms && !run->job.cancelled) {
		uint64_t before_ns = monotonic_ns(), slept_ms;

		int r;

		jobrun_wait(&run->job, -1, wait_ms < 200 ? (int)wait_ms : 200);
		r = look_around(run);
		if (r)
			return r;
		slept_ms = (monotonic_ns() - before_ns) / 1000000 + 1;
		wait_ms -= slept_ms < wait_ms ? slept_ms : wait_ms;
	}
	if (jobrun_sit_out_pause(&run->job) || jobrun_check(&run->job))
		return -ECANCELED;
	return look_around(run);
}

/*
 * What no pagemap shows is shared memory, and the files of tmpfs among it can be read
 * ahead, too. Worth a look when it is more than what is on its way at any time.
 */
static int preread_tmpfs(struct drain_run *run, const struct swapadm_device *dev)
{
	uint64_t used = 0, seen = run->ahead_bytes;

	if (!drain_of(run->op)->fits_ram || !area_used(run->ctx, dev->path, &used) ||
	    used < seen + TMPFS_WORTH_BYTES || !is_only_area(run->ctx, dev->path))
		return 0;
	jobrun_phase(&run->job, SWAPADM_PHASE_PREREAD);
	return tmpfs_preread(run->ctx, tmpfs_piece, run);
}

/* what can be said about the area's pages, and when they fit, all of them read ahead */
static int preread_device(struct drain_run *run, const struct swapadm_device *dev,
			  struct preread *pre)
{
	struct swapmap map = { 0 };
	int r;

	run->ahead_bytes = 0;
	jobrun_phase(&run->job, SWAPADM_PHASE_SAMPLE);
	r = preread_begin(pre, &map, true);
	if (!r && pre->verdict == PREREAD_FASTER && drain_of(run->op)->fits_ram)
		r = preread_passes(run, pre, &map);
	swapmap_free(&map);
	if (!r && pre->verdict != PREREAD_SLOWER)
		r = preread_tmpfs(run, dev);
	if ((pre->verdict == PREREAD_IMPOSSIBLE && pre->type != SWAPTYPE_NONE) ||
	    (pre->verdict == PREREAD_SLOWER && pre->fed_pages)) /* given up on the way */
		say(run, "%.120s: plain swapoff: %.80s", pre->path, pre->why);
	if (pagewatch_news(run->ctx, run->hung, sizeof(run->hung)))
		say(run, "%s", run->hung);
	return r;
}

/*
 * The window next to swapoff(2), where memory does not hold all or --to says so: @window
 * is left NULL where there is none. 0; -errno with the sentence.
 */
static int begin_window(struct drain_run *run, const struct swapadm_device *dev,
			struct preread *pre, struct window *w, struct window **window)
{
	int r;

	*w = (struct window){
		.ctx = run->ctx,
		.job = &run->job,
		.pre = pre,
		.read_ahead = pre->verdict == PREREAD_FASTER &&
			      !drain_of(run->op)->fits_ram,
		.page_out = drain_of(run->op)->to_tier,
	};
	if (pre->verdict == PREREAD_IMPOSSIBLE || (!w->read_ahead && !w->page_out))
		return 0;
	r = window_begin(w);
	if (!r) {
		*window = w;
		return 0;
	}
	window_end(w);
	return ctx_fail(run->ctx, r, "%s: note where its pages are: %s%s", dev->path,
			r == -E2BIG ? "they lie in too many pieces" : strerror(-r),
			w->page_out ? "; leave out --to" : "");
}

static int swapoff_device(struct drain_run *run, const struct swapadm_device *dev,
			  struct window *window)
{
	int r = swapoff_once(run, dev, window);

	if (!window)
		return r;
	if (window->page_out)
		jobrun_phase(&run->job, SWAPADM_PHASE_PAGEOUT);
	window_end(window);
	return r;
}

/* what stopped a job on request; 0 nothing did */
static int stop_reason(const struct drain_run *run)
{
	if (!run->job.cancelled)
		return 0;
	return run->job.timed_out ? -ETIME : -ECANCELED;
}

/* the area is off, and what it held not yet where it was to go */
static int cut_short(struct drain_run *run, const struct window *window)
{
	if (!window->is_cut)
		return 0;
	say(run,
	    "%sit is no longer used as swap; what was not yet paged out again stays in memory",
	    run->job.timed_out ? "timed out; " : "");
	return op_is(run->op, SWAPADM_OP_REMOVE) ? 0 : stop_reason(run);
}

/* of a drain that was stopped: only what has left the area counts as moved */
static void show_truth(struct drain_run *run, const struct swapadm_device *dev)
{
	uint64_t used = 0;

	run->ahead_bytes = 0;
	area_used(run->ctx, dev->path, &used);
	show_progress(run, dev, used);
}

/* @plain: nothing is to be read ahead or paged out, so nothing has to be known */
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

	if (!run->was_victim || !area_used(run->ctx, dev->path, &used))
		return false;
	*idle = used < *left_bytes ? 0 : *idle + 1;
	*left_bytes = used;
	jobrun_wait(&run->job, -1, SETTLE_MS);
	return *idle < IDLE_ROUNDS_MAX;
}

/* what the plan has seen; NULL: too long ago, or nothing that helps */
static const struct preread_seen *still_seen(const struct drain_run *run,
					     const struct drain_seen *seen)
{
	bool fresh = monotonic_ns() - drain_of(run->op)->seen_ns < DRAIN_SEEN_NS;

	return fresh && seen->pages.plain_page_ns ? &seen->pages : NULL;
}

static int drain_device(struct drain_run *run, const struct swapadm_device *dev,
			const struct drain_seen *seen)
{
	bool plain = seen->plain && !drain_of(run->op)->to_tier;
	uint64_t used, left = dev->usage.used_bytes;
	unsigned idle = 0;
	bool again = true;
	int r;

	run->dev = dev;
	run->off_bytes = 0;
	for (;;) {
		struct preread pre = {
			.ctx = run->ctx,
			.job = &run->job,
			.path = dev->path,
			.type = SWAPTYPE_UNKNOWN,
			.rate_bytes_per_s = run->op->req.rate_bytes_per_s,
			.look = look_around,
			.look_data = run,
		};
		struct window w, *window = NULL;

		if (jobrun_sit_out_pause(&run->job))
			return stop_reason(run);
		pre.seen = still_seen(run, seen); /* a pause may have been long */
		if (plain)
			pre.verdict = PREREAD_SLOWER;
		r = plain ? 0 : preread_device(run, dev, &pre);
		/* somebody else's swapoff(2) has ended it */
		if (r == -ENODEV && !area_used(run->ctx, dev->path, &used))
			return 0;
		if (r == -SWAPADM_ENOROOM)
			return not_any_more(run, dev);
		if (r)
			return r == -ECANCELED ? stop_reason(run) : r;
		if (!still_fits(run, dev))
			return not_any_more(run, dev);
		r = begin_window(run, dev, &pre, &w, &window);
		if (r)
			return r;
		r = swapoff_device(run, dev, window);
		/* the child may have been asked too late, or someone else was faster */
		if ((r == -EINTR || r == -EINVAL) &&
		    !area_used(run->ctx, dev->path, &used))
			return window ? cut_short(run, window) : 0;
		if (run->job.leaves_child)
			return stop_reason(run);
		if (r == -ESRCH && again) { /* the group has gone since it was found */
			again = false;
			continue;
		}
		if (!r)
			return window ? cut_short(run, window) : 0;
		if (r != -EINTR)
			break;
		show_truth(run, dev);
		if (*run->why)
			return not_any_more(run, dev);
		if (!run->job.cancelled && !run->job.pause_wanted &&
		    !goes_on(run, dev, &left, &idle))
			return swapoff_explain(run->ctx, dev->path, r);
	}
	return swapoff_explain(run->ctx, dev->path, r);
}

static int drain_devices(struct drain_run *run)
{
	const struct swapadm_op_plan *plan = &run->op->plan;

	for (size_t i = 0; i < plan->n_devices; i++) {
		const struct swapadm_device *dev = plan->devices[i];
		int r = stop_reason(run);

		if (!r && dev->state != SWAPADM_STATE_INACTIVE)
			r = drain_device(run, dev, &drain_of(run->op)->seen[i]);
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
	say(run, "%s", text);
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
		say(&run, "the emergency area %.120s has pages now and stays active",
		    run.emergency.path);
	return jobrun_end(&run.job, r);
}
