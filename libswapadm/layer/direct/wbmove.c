/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The worker that carries out a zram's write-back.
 *
 * The kernel's interface is a few attributes: `idle` marks pages ("all", or those untouched
 * for so many seconds where CONFIG_ZRAM_TRACK_ENTRY_ACTIME is set), `writeback` writes
 * what is marked and comes back when it is done, `writeback_limit` (4 KiB units, counting
 * down) bounds it. So a move is a loop of small limits, and between two of them there is
 * time for pause, cancel, rate and progress. A limit that was set before is kept to, and
 * is put back with what the move has used of it, by a child that does so even when the
 * worker is killed; when both are, by who finds the lost job (state/wblimit.h).
 */
#include <fcntl.h>
#include <inttypes.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "job/worker.h"
#include "kernel/proc.h"
#include "kernel/stats.h"
#include "layer/direct/wbmove.h"
#include "state/marks.h"
#include "state/wblimit.h"

#define STEP_UNITS UINT64_C(4096)

/*
 * of a page: a limit that is not a whole number of them wraps around below zero in the
 * kernel (drivers/block/zram: bd_wb_limit), and is none then
 */
static uint64_t page_units(void)
{
	return own_page_bytes() / WB_UNIT_BYTES;
}

struct wbmove {
	const char *name; /* zram0 */
	struct writeback *what;
	struct swapadm_ctx *ctx;
	struct jobrun job;
	uint64_t rate_bytes_per_s;
	struct wblimit *old; /* the guard has it too */
	int guard_fd;        /* the guard's end of life: it puts the limit back */
};

/* ---- attributes ------------------------------------------------------------------ */

static void attr_path(const struct wbmove *wb, const char *attr, char *path, size_t size)
{
	snprintf(path, size, "/sys/block/%s/%s", wb->name, attr);
}

static int write_attr(const struct wbmove *wb, const char *attr, const char *text)
{
	char path[128];

	attr_path(wb, attr, path, sizeof(path));
	return ctx_write_line(wb->ctx, path, text);
}

static int attr_failed(struct wbmove *wb, const char *attr, int err)
{
	return ctx_fail(wb->ctx, err, "%s: write back: %s: %s", wb->name, attr,
			strerror(-err));
}

/* 4 KiB units that were ever written to the backing device */
static int written_units(const struct wbmove *wb, uint64_t *units)
{
	struct swapadm_zram_stats st;
	int r = swapadm_zram_get_stats(wb->ctx, wb->name, &st);

	if (r)
		return r;
	if (!(st.known & SWAPADM_ZRAM_BD))
		return -EPROTONOSUPPORT;
	*units = st.bd_write_pages;
	return 0;
}

/* ---- the move -------------------------------------------------------------------- */

static int mark_idle(struct wbmove *wb)
{
	/* balance's marks look like these */
	int r = zram_unmark(wb->ctx, wb->name);
	uint64_t older_s = wb->what->older_s;
	char age[32];

	if (r)
		return r;
	snprintf(age, sizeof(age), "%" PRIu64, older_s);
	r = write_attr(wb, "idle", older_s ? age : "all");
	if (r == -EINVAL && older_s)
		return ctx_fail(
			wb->ctx, -EPROTONOSUPPORT,
			"%s: write back: this kernel does not track the age of zram's pages (CONFIG_ZRAM_TRACK_ENTRY_ACTIME); leave out --older",
			wb->name);
	return r ? attr_failed(wb, "idle", r) : 0;
}

/* 6.16 made the mode a key, older kernels know the bare word only; newer take both */
static int write_pages(struct wbmove *wb, const char *mode)
{
	int r = write_attr(wb, "writeback", mode);
	char key[32];

	if (r != -EINVAL)
		return r;
	snprintf(key, sizeof(key), "type=%s", mode);
	return write_attr(wb, "writeback", key);
}

static int set_limit(struct wbmove *wb, uint64_t units)
{
	int r = wblimit_set(wb->ctx, wb->old, units);

	return r ? attr_failed(wb, "writeback_limit", r) : 0;
}

static int keep_old_limit(struct wbmove *wb)
{
	int r;

	wb->old = mmap(NULL, sizeof(*wb->old), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (wb->old == MAP_FAILED)
		return attr_failed(wb, "writeback_limit", -errno);
	wblimit_recover(wb->ctx, wb->name);
	r = wblimit_begin(wb->ctx, wb->name, wb->old);
	return r ? attr_failed(wb, "writeback_limit", r) : 0;
}

/* waits in a child until the worker lets go of the pipe, as it does in any death */
static int start_guard(struct wbmove *wb)
{
	sigset_t all;
	pid_t pid;
	int fds[2];
	char c;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	pid = fork();
	if (pid == 0) {
		sigfillset(&all);
		sigprocmask(SIG_SETMASK, &all, NULL);
		close(fds[1]);
		while (read(fds[0], &c, 1) < 0 && errno == EINTR)
			;
		_exit(wblimit_restore(wb->ctx, wb->old) ? 1 : 0);
	}
	close(fds[0]);
	if (pid < 0) {
		close(fds[1]);
		return -EAGAIN;
	}
	wb->old->guard = pid;
	wb->guard_fd = fds[1];
	/* should both be killed; a full /run must not stop the move */
	proc_start_ticks(wb->ctx, wb->old->guard, &wb->old->guard_start_ticks);
	if (wblimit_keep(wb->ctx, wb->old))
		log_debug(wb->ctx, "%s: its write-back limit is not on record", wb->name);
	return 0;
}

static void end_guard(struct wbmove *wb)
{
	int status = 0;

	close(wb->guard_fd);
	while (waitpid(wb->old->guard, &status, 0) < 0 && errno == EINTR)
		;
	if (!WIFEXITED(status) || WEXITSTATUS(status)) /* it was killed, or could not */
		wblimit_restore(wb->ctx, wb->old);
}

static bool keep_to_rate(struct wbmove *wb, uint64_t bytes)
{
	for (;;) {
		uint64_t delay_ns = rate_delay_ns(wb->rate_bytes_per_s, bytes,
						  monotonic_ns() - wb->job.start_ns -
							  wb->job.paused_ns);

		if (jobrun_sit_out_pause(&wb->job) || jobrun_check(&wb->job))
			return true;
		if (!delay_ns)
			return false;
		jobrun_wait(&wb->job, -1,
			    (int)(delay_ns < 1000000000 ? delay_ns / 1000000 + 1 : 1000));
	}
}

/* how much the next write may take */
static uint64_t step_units(const struct wbmove *wb, uint64_t moved, uint64_t want)
{
	uint64_t units = STEP_UNITS, per_tick = wb->rate_bytes_per_s / WB_UNIT_BYTES / 5;

	if (wb->rate_bytes_per_s && units > per_tick)
		units = (per_tick / page_units() + 1) * page_units();
	if (wb->old->enabled && want > wb->old->limit_units)
		want = wb->old->limit_units;
	units = u64_min(units, u64_minus(want, moved));
	return units / page_units() * page_units();
}

/* EIO is also how the kernel says that its limit was reached */
static bool limit_is_reached(const struct wbmove *wb)
{
	struct wblimit now;

	return wblimit_read(wb->ctx, wb->name, &now) || now.limit_units == 0;
}

/* what the kernel's answer @written means. 1: nothing was written */
static int account(struct wbmove *wb, int written, uint64_t *moved_units)
{
	uint64_t before = *moved_units, now;
	int r = written_units(wb, &now);

	if (r)
		return attr_failed(wb, "bd_stat", r);
	*moved_units = now > wb->old->start_units ? now - wb->old->start_units : 0;
	jobrun_moved(&wb->job, *moved_units * WB_UNIT_BYTES);
	if (written == -EINVAL)
		return 1; /* a kernel without this mode */
	if (written == -ENOSPC)
		return ctx_fail(wb->ctx, written,
				"%s: write back: its backing device is full", wb->name);
	if (written == -EIO && *moved_units == before && !limit_is_reached(wb))
		return ctx_fail(
			wb->ctx, written,
			"%s: write back: its backing device fails (I/O error); what was not written is still in memory",
			wb->name);
	if (written && written != -EIO && *moved_units == before)
		return attr_failed(wb, "writeback", written);
	return *moved_units == before;
}

/* 1: nothing is left to be written */
static int move_step(struct wbmove *wb, const char *mode, uint64_t units,
		     uint64_t *moved_units)
{
	int r = set_limit(wb, units);

	return r ? r : account(wb, write_pages(wb, mode), moved_units);
}

/* what does not compress first: it frees the most for each page written */
static int move_mode(struct wbmove *wb, const char *mode, uint64_t want, uint64_t *moved)
{
	uint64_t units;
	int r = 0;

	while (!r && (units = step_units(wb, *moved, want))) {
		r = move_step(wb, mode, units, moved);
		if (!r && keep_to_rate(wb, *moved * WB_UNIT_BYTES))
			r = wb->job.timed_out ? -ETIME : -ECANCELED;
	}
	return r < 0 ? r : 0;
}

#define LOOK_AGAIN_NS UINT64_C(2000000000) /* slots change hands */

/* 1: no page is left */
static int move_some_pages(struct wbmove *wb, bool *batch, uint64_t units,
			   uint64_t *moved)
{
	uint64_t position;
	int r = wbpages_refill(&wb->what->pages), written;
	struct wbtext words;
	char path[128];

	if (r <= 0)
		return r ? r : 1;
	r = set_limit(wb, units);
	if (r)
		return r;
	position = wbpages_position(&wb->what->pages);
	if (*batch) {
		wbpages_next(&wb->what->pages, true, units / page_units(), &words);
		written = write_attr(wb, "writeback", words.text);
		*batch = written != -EINVAL;
		if (!*batch)
			return wbpages_look(&wb->what->pages, position);
	} else {
		attr_path(wb, "writeback", path, sizeof(path));
		written = wbpages_write_singles(&wb->what->pages, path,
						units / page_units());
	}
	r = account(wb, written, moved);
	return r < 0 ? r : 0; /* nothing new among those: there may be behind them */
}

static int move_pages(struct wbmove *wb, uint64_t want, uint64_t *moved)
{
	uint64_t units, looked_ns = monotonic_ns();
	int r = wbpages_look(&wb->what->pages, 0);
	bool batch = true;

	while (!r && (units = step_units(wb, *moved, want))) {
		r = move_some_pages(wb, &batch, units, moved);
		if (!r && keep_to_rate(wb, *moved * WB_UNIT_BYTES))
			r = wb->job.timed_out ? -ETIME : -ECANCELED;
		if (r || monotonic_ns() - looked_ns < LOOK_AGAIN_NS)
			continue;
		r = wbpages_look(&wb->what->pages, wbpages_position(&wb->what->pages));
		looked_ns = monotonic_ns();
	}
	return r < 0 ? r : 0;
}

static int move_idle(struct wbmove *wb, uint64_t want, uint64_t *moved)
{
	int r = wb->what->marked ? 0 : mark_idle(wb);

	if (!r)
		r = move_mode(wb, "huge_idle", want, moved);
	return r ? r : move_mode(wb, "idle", want, moved);
}

/* less than was asked for: not because that was all */
static void say_if_limited(struct wbmove *wb, uint64_t want, uint64_t moved)
{
	struct swapadm_progress *p = &wb->job.rec->p;
	size_t len = strlen(p->message);

	if (wb->old->enabled && wb->old->limit_units < want &&
	    moved + page_units() > wb->old->limit_units)
		snprintf(p->message + len, sizeof(p->message) - len,
			 "%sthe kernel's writeback_limit of %s allows no more",
			 len ? "; " : "", wb->name);
}

static int move_all(struct wbmove *wb)
{
	uint64_t want = wb->job.rec->p.total_bytes / WB_UNIT_BYTES, moved = 0;
	int r = start_guard(wb);

	if (r)
		return ctx_fail(wb->ctx, r, "%s: write back: start a process: %s",
				wb->name, strerror(-r));
	r = wb->what->by_pages ? move_pages(wb, want, &moved)
			       : move_idle(wb, want, &moved);
	end_guard(wb);
	if (!r)
		say_if_limited(wb, want, moved);
	return r;
}

/* ---- what it has to know --------------------------------------------------------- */

int writeback_save(const struct swapadm_op *op, struct request *req)
{
	const struct writeback *wb = op->priv;
	int r = op_save(op, req);

	if (!r)
		r = request_add(req, "zram", wb->name);
	if (!r)
		r = request_add_u64(req, "marked", wb->marked);
	return r || !wb->by_pages ? r : wbpages_save(&wb->pages, req);
}

void writeback_release(struct swapadm_op *op)
{
	struct writeback *wb = op->priv;

	if (wb)
		wbpages_close(&wb->pages);
	free(wb);
}

static int load_writeback(struct swapadm_op *op, const struct request *req,
			  struct writeback *wb)
{
	const char *name = request_get(req, "zram");
	uint64_t marked;

	if (!name || request_get_u64(req, "marked", 1, &marked))
		return -EBADMSG;
	snprintf(wb->name, sizeof(wb->name), "%s", name);
	wb->older_s = op->req.older_s;
	wb->marked = marked;
	wb->by_pages = op->req.pid || op->req.cgroup;
	return wb->by_pages ? wbpages_load(op->ctx, req, &wb->pages) : 0;
}

static int load(struct swapadm_ctx *ctx, const struct request *req, void **arg)
{
	static const struct op_ops ops = { .release = writeback_release };
	_cleanup_(op_unrefp) struct swapadm_op *op = NULL;
	int r = op_restore(ctx, req, &op);

	if (r)
		return r;
	op->ops = &ops;
	op->priv = calloc(1, sizeof(struct writeback));
	if (!op->priv)
		return -ENOMEM;
	r = load_writeback(op, req, op->priv);
	if (!r)
		*arg = steal_ptr(&op);
	return r;
}

static int writeback_main(struct swapadm_ctx *ctx, struct jobrec *rec, void *arg)
{
	struct swapadm_op *op = arg;
	struct writeback *what = op->priv;
	struct wbmove wb = {
		.name = what->name,
		.what = what,
		.ctx = ctx,
		.rate_bytes_per_s = op->req.rate_bytes_per_s,
	};
	int r = jobrun_begin(&wb.job, ctx, rec, op->req.timeout_s);

	if (r)
		return r;
	jobrun_phase(&wb.job, SWAPADM_PHASE_MOVE);
	r = keep_old_limit(&wb);
	return jobrun_end(&wb.job, r ? r : move_all(&wb));
}

const struct job_work writeback_work = {
	.name = "writeback",
	.load = load,
	.run = writeback_main,
};
