/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * migrate DEVICE backing: a zram's own write-back.
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
#include <sys/wait.h>

#include "base/quote.h"
#include "kernel/blockdev.h"
#include "kernel/proc.h"
#include "kernel/stats.h"
#include "layer/direct/drain.h"
#include "layer/direct/direct.h"
#include "layer/direct/wbpages.h"
#include "job/worker.h"
#include "state/marks.h"
#include "state/wblimit.h"

#define UNIT_BYTES UINT64_C(4096) /* of bd_stat and writeback_limit */
#define STEP_UNITS UINT64_C(4096)

static uint64_t page_bytes(void)
{
	return (uint64_t)sysconf(_SC_PAGESIZE);
}

/*
 * of a page: a limit that is not a whole number of them wraps around below zero in the
 * kernel (drivers/block/zram: bd_wb_limit), and is none then
 */
static uint64_t page_units(void)
{
	return page_bytes() / UNIT_BYTES;
}

struct writeback {
	char name[64]; /* zram0 */
	uint64_t older_s;
	bool marked; /* what is to go is idle already */
	bool by_pages;
	struct wbpages pages;
	/* in the worker */
	struct swapadm_ctx *ctx;
	struct jobrun job;
	uint64_t rate_bytes_per_s;
	struct wblimit old;
	int guard_fd; /* the guard's end of life: it puts the limit back */
};

/* ---- attributes ------------------------------------------------------------------ */

static void attr_path(const struct writeback *wb, const char *attr, char *path,
		      size_t size)
{
	snprintf(path, size, "/sys/block/%s/%s", wb->name, attr);
}

static int write_attr(const struct writeback *wb, const char *attr, const char *text)
{
	char path[128];

	attr_path(wb, attr, path, sizeof(path));
	return ctx_write_line(wb->ctx, path, text);
}

static int write_number(const struct writeback *wb, const char *attr, uint64_t value)
{
	char text[32];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
	return write_attr(wb, attr, text);
}

static int read_number(const struct writeback *wb, const char *attr, uint64_t *value)
{
	char path[128];

	attr_path(wb, attr, path, sizeof(path));
	return ctx_read_u64(wb->ctx, path, value);
}

static int attr_failed(struct writeback *wb, const char *attr, int err)
{
	return ctx_fail(wb->ctx, err, "%s: write back: %s: %s", wb->name, attr,
			strerror(-err));
}

/* 4 KiB units that were ever written to the backing device */
static int written_units(const struct writeback *wb, uint64_t *units)
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

static int mark_idle(struct writeback *wb)
{
	/* balance's marks look like these */
	int r = zram_unmark(wb->ctx, wb->name);

	if (r)
		return r;
	r = wb->older_s ? write_number(wb, "idle", wb->older_s)
			: write_attr(wb, "idle", "all");
	if (r == -EINVAL && wb->older_s)
		return ctx_fail(
			wb->ctx, -EPROTONOSUPPORT,
			"%s: write back: this kernel does not track the age of zram's pages (CONFIG_ZRAM_TRACK_ENTRY_ACTIME); leave out --older",
			wb->name);
	return r ? attr_failed(wb, "idle", r) : 0;
}

/* 6.16 made the mode a key, older kernels know the bare word only; newer take both */
static int write_pages(struct writeback *wb, const char *mode)
{
	int r = write_attr(wb, "writeback", mode);
	char key[32];

	if (r != -EINVAL)
		return r;
	snprintf(key, sizeof(key), "type=%s", mode);
	return write_attr(wb, "writeback", key);
}

static int set_limit(struct writeback *wb, uint64_t units)
{
	int r = write_number(wb, "writeback_limit", units);

	if (!r)
		r = write_number(wb, "writeback_limit_enable", 1);
	return r ? attr_failed(wb, "writeback_limit", r) : 0;
}

static int keep_old_limit(struct writeback *wb)
{
	int r;

	wblimit_recover(wb->ctx, wb->name);
	r = wblimit_read(wb->ctx, wb->name, &wb->old);
	return r ? attr_failed(wb, "writeback_limit", r) : 0;
}

/* waits in a child until the worker lets go of the pipe, as it does in any death */
static int start_guard(struct writeback *wb)
{
	sigset_t all;
	int fds[2];
	char c;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	wb->old.guard = fork();
	if (wb->old.guard == 0) {
		sigfillset(&all);
		sigprocmask(SIG_SETMASK, &all, NULL);
		close(fds[1]);
		while (read(fds[0], &c, 1) < 0 && errno == EINTR)
			;
		_exit(wblimit_restore(wb->ctx, &wb->old) ? 1 : 0);
	}
	close(fds[0]);
	if (wb->old.guard < 0) {
		close(fds[1]);
		return -EAGAIN;
	}
	wb->guard_fd = fds[1];
	/* should both be killed; a full /run must not stop the move */
	proc_start_ticks(wb->ctx, wb->old.guard, &wb->old.guard_start_ticks);
	if (wblimit_keep(wb->ctx, &wb->old))
		log_debug(wb->ctx, "%s: its write-back limit is not on record", wb->name);
	return 0;
}

static void end_guard(struct writeback *wb)
{
	int status = 0;

	close(wb->guard_fd);
	while (waitpid(wb->old.guard, &status, 0) < 0 && errno == EINTR)
		;
	if (!WIFEXITED(status) || WEXITSTATUS(status)) /* it was killed, or could not */
		wblimit_restore(wb->ctx, &wb->old);
}

static bool keep_to_rate(struct writeback *wb, uint64_t bytes)
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
static uint64_t step_units(const struct writeback *wb, uint64_t moved, uint64_t want)
{
	uint64_t units = STEP_UNITS, per_tick = wb->rate_bytes_per_s / UNIT_BYTES / 5;

	if (wb->rate_bytes_per_s && units > per_tick)
		units = (per_tick / page_units() + 1) * page_units();
	if (wb->old.enabled && want > wb->old.limit_units)
		want = wb->old.limit_units;
	units = u64_min(units, u64_minus(want, moved));
	return units / page_units() * page_units();
}

/* EIO is also how the kernel says that its limit was reached */
static bool limit_is_reached(const struct writeback *wb)
{
	uint64_t left;

	return read_number(wb, "writeback_limit", &left) || left == 0;
}

/* what the kernel's answer @written means. 1: nothing was written */
static int account(struct writeback *wb, int written, uint64_t *moved_units)
{
	uint64_t before = *moved_units, now;
	int r = written_units(wb, &now);

	if (r)
		return attr_failed(wb, "bd_stat", r);
	*moved_units = now > wb->old.start_units ? now - wb->old.start_units : 0;
	jobrun_moved(&wb->job, *moved_units * UNIT_BYTES);
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
static int move_step(struct writeback *wb, const char *mode, uint64_t units,
		     uint64_t *moved_units)
{
	int r = set_limit(wb, units);

	return r ? r : account(wb, write_pages(wb, mode), moved_units);
}

/* what does not compress first: it frees the most for each page written */
static int move_mode(struct writeback *wb, const char *mode, uint64_t want,
		     uint64_t *moved)
{
	uint64_t units;
	int r = 0;

	while (!r && (units = step_units(wb, *moved, want))) {
		r = move_step(wb, mode, units, moved);
		if (!r && keep_to_rate(wb, *moved * UNIT_BYTES))
			r = wb->job.timed_out ? -ETIME : -ECANCELED;
	}
	return r < 0 ? r : 0;
}

#define LOOK_AGAIN_NS UINT64_C(2000000000) /* slots change hands */

/* 1: no page is left */
static int move_some_pages(struct writeback *wb, bool *batch, uint64_t units,
			   uint64_t *moved)
{
	uint64_t position;
	int r = wbpages_refill(&wb->pages), written;
	struct wbtext words;
	char path[128];

	if (r <= 0)
		return r ? r : 1;
	r = set_limit(wb, units);
	if (r)
		return r;
	position = wbpages_position(&wb->pages);
	if (*batch) {
		wbpages_next(&wb->pages, true, units / page_units(), &words);
		written = write_attr(wb, "writeback", words.text);
		*batch = written != -EINVAL;
		if (!*batch)
			return wbpages_look(&wb->pages, position);
	} else {
		attr_path(wb, "writeback", path, sizeof(path));
		written = wbpages_write_singles(&wb->pages, path, units / page_units());
	}
	r = account(wb, written, moved);
	return r < 0 ? r : 0; /* nothing new among those: there may be behind them */
}

static int move_pages(struct writeback *wb, uint64_t want, uint64_t *moved)
{
	uint64_t units, looked_ns = monotonic_ns();
	int r = wbpages_look(&wb->pages, 0);
	bool batch = true;

	while (!r && (units = step_units(wb, *moved, want))) {
		r = move_some_pages(wb, &batch, units, moved);
		if (!r && keep_to_rate(wb, *moved * UNIT_BYTES))
			r = wb->job.timed_out ? -ETIME : -ECANCELED;
		if (r || monotonic_ns() - looked_ns < LOOK_AGAIN_NS)
			continue;
		r = wbpages_look(&wb->pages, wbpages_position(&wb->pages));
		looked_ns = monotonic_ns();
	}
	return r < 0 ? r : 0;
}

static int move_idle(struct writeback *wb, uint64_t want, uint64_t *moved)
{
	int r = wb->marked ? 0 : mark_idle(wb);

	if (!r)
		r = move_mode(wb, "huge_idle", want, moved);
	return r ? r : move_mode(wb, "idle", want, moved);
}

/* less than was asked for: not because that was all */
static void say_if_limited(struct writeback *wb, uint64_t want, uint64_t moved)
{
	struct swapadm_progress *p = &wb->job.rec->p;
	size_t len = strlen(p->message);

	if (wb->old.enabled && wb->old.limit_units < want &&
	    moved + page_units() > wb->old.limit_units)
		snprintf(p->message + len, sizeof(p->message) - len,
			 "%sthe kernel's writeback_limit of %s allows no more",
			 len ? "; " : "", wb->name);
}

static int move_all(struct writeback *wb)
{
	uint64_t want = wb->job.rec->p.total_bytes / UNIT_BYTES, moved = 0;
	int r = written_units(wb, &wb->old.start_units);

	if (r)
		return attr_failed(wb, "bd_stat", r);
	r = start_guard(wb);
	if (r)
		return ctx_fail(wb->ctx, r, "%s: write back: start a process: %s",
				wb->name, strerror(-r));
	r = wb->by_pages ? move_pages(wb, want, &moved) : move_idle(wb, want, &moved);
	end_guard(wb);
	if (!r)
		say_if_limited(wb, want, moved);
	return r;
}

/* ---- what it has to know --------------------------------------------------------- */

static int save(const struct swapadm_op *op, struct request *req)
{
	const struct writeback *wb = op->priv;
	int r = op_save(op, req);

	if (!r)
		r = request_add(req, "zram", wb->name);
	if (!r)
		r = request_add_u64(req, "marked", wb->marked);
	return r || !wb->by_pages ? r : wbpages_save(&wb->pages, req);
}

static void writeback_release(struct swapadm_op *op)
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
	struct writeback *wb = op->priv;
	int r;

	wb->ctx = ctx;
	wb->rate_bytes_per_s = op->req.rate_bytes_per_s;
	r = jobrun_begin(&wb->job, ctx, rec, op->req.timeout_s);
	if (r)
		return r;
	jobrun_phase(&wb->job, SWAPADM_PHASE_MOVE);
	r = keep_old_limit(wb);
	return jobrun_end(&wb->job, r ? r : move_all(wb));
}

const struct job_work writeback_work = {
	.name = "writeback",
	.load = load,
	.run = writeback_main,
};

/* ---- plan ------------------------------------------------------------------------ */

static int writeback_start(struct swapadm_op *op, struct swapadm_job **out)
{
	_cleanup_(jobrec_free) struct jobrec rec = { 0 };
	_cleanup_(request_free) struct request req = { 0 };
	int r;

	if (geteuid() != 0)
		return ctx_fail(op->ctx, -EPERM,
				"%s: write back: not permitted; run as root",
				op->req.source);
	rec.p.kind = SWAPADM_JOB_WRITEBACK;
	rec.p.state = SWAPADM_JOB_RUNNING;
	rec.p.total_bytes = rec.p.left_bytes = op->plan.used_bytes;
	snprintf(rec.p.source, sizeof(rec.p.source), "%s", op->req.source);
	snprintf(rec.p.dest, sizeof(rec.p.dest), "backing");
	rec.service = op->service_why != NULL;
	if (op->service_why)
		snprintf(rec.p.message, sizeof(rec.p.message), "balance: %s",
			 op->service_why);
	r = jobrec_add_device(&rec, op->devices[0]->path);
	if (!r)
		r = save(op, &req);
	return r ? r
		 : job_start(op->ctx, &rec, op->req.background, writeback_work.name, &req,
			     out);
}

static const struct op_ops writeback_ops = {
	.start = writeback_start,
	.release = writeback_release,
};

/* its first page is never used (drivers/block/zram: alloc_block_bdev()) */
bool writeback_room(struct swapadm_ctx *ctx, const struct swapadm_zram_stats *st,
		    uint64_t *bytes)
{
	const char *slash = strrchr(st->backing_dev, '/');
	struct blockdev backing = { 0 };

	if (blockdev_get_by_name(ctx, slash ? slash + 1 : st->backing_dev, &backing))
		return false;
	*bytes = u64_minus(backing.size_bytes,
			   st->bd_count_pages * UNIT_BYTES + page_bytes());
	return true;
}

static int plan_backing(struct swapadm_op *op, const struct swapadm_zram_stats *st)
{
	uint64_t room;
	int r;

	if (!writeback_room(op->ctx, st, &room))
		return 0; /* gone from sysfs: the kernel will report it */
	r = op_add_dest(op, "backing", room);
	if (r || op->plan.used_bytes <= room)
		return r;
	return op_set_short(op, SWAPADM_LIMIT_DEST, op->plan.used_bytes - room,
			    st->backing_dev);
}

static int check_zram(struct swapadm_op *op, const struct writeback *wb,
		      const struct swapadm_zram_stats *st)
{
	char path[128];
	struct stat sb;

	attr_path(wb, "writeback", path, sizeof(path));
	if (ctx_stat(op->ctx, path, &sb) || !(st->known & SWAPADM_ZRAM_BACKING))
		return ctx_fail(
			op->ctx, -EPROTONOSUPPORT,
			"%s: write back: this kernel's zram can't (CONFIG_ZRAM_WRITEBACK)",
			op->req.source);
	if (!*st->backing_dev || streq(st->backing_dev, "none"))
		return ctx_fail(
			op->ctx, -ENODEV,
			"%s: write back: it has no backing device; remove it and add it again with zram,writeback=DEVICE",
			op->req.source);
	return 0;
}

/* before 6.16 the kernel writes page after page and waits for each */
#define PAGE_NS UINT64_C(100000)

static uint64_t predict_ns(const struct swapadm_op *op)
{
	uint64_t bytes = op->plan.used_bytes, rate = op->req.rate_bytes_per_s;
	uint64_t ns = bytes / page_bytes() * PAGE_NS, slow = 0;

	if (rate)
		slow = (uint64_t)((double)bytes * 1e9 / (double)rate);
	return slow > ns ? slow : ns;
}

/* @held: what is in memory, and then what of it is theirs at most */
static int plan_pages(struct swapadm_op *op, struct writeback *wb, uint64_t *held)
{
	int r;

	if (wb->older_s)
		return ctx_fail(
			op->ctx, -EINVAL,
			"%s: migrate: the age of single pages is not known; leave out --older, or --pid and --cgroup",
			op->req.source);
	r = wbpages_open(op->ctx, &op->req, op->devices[0]->path, &wb->pages);
	if (!r)
		r = wbpages_look(&wb->pages, 0);
	if (r)
		return r;
	wb->by_pages = true;
	if (!wbpages_is_cut(&wb->pages))
		*held = u64_min(*held, wb->pages.map.runs.n_pages * page_bytes());
	return 0;
}

static int writeback_prepare(struct swapadm_op *op)
{
	struct swapadm_zram_stats st;
	struct swapadm_mem_stats mem;
	struct writeback *wb;
	uint64_t held;
	int r = drain_find_source(op);

	if (r)
		return r;
	if (op->plan.n_devices != 1 || op->devices[0]->kind != SWAPADM_KIND_ZRAM)
		return ctx_fail(
			op->ctx, -EINVAL,
			"%s: migrate: only a zram device has a backing device; name one",
			op->req.source);
	op->ops = &writeback_ops;
	wb = op->priv = calloc(1, sizeof(*wb));
	if (!wb)
		return -ENOMEM;
	snprintf(wb->name, sizeof(wb->name), "%.63s", op->devices[0]->name);
	wb->older_s = op->req.older_s;
	wb->marked = op->marked;
	r = swapadm_zram_get_stats(op->ctx, wb->name, &st);
	if (r)
		return ctx_fail(op->ctx, r, "%s: read: %s", wb->name, strerror(-r));
	r = check_zram(op, wb, &st);
	held = zram_held_bytes(&st);
	if (!r && (op->req.pid || op->req.cgroup))
		r = plan_pages(op, wb, &held);
	if (r)
		return r;
	op->plan.used_bytes = op_amount(op, held);
	op->plan.strategy = SWAPADM_STRATEGY_WRITEBACK;
	op->plan.predicted_ns = predict_ns(op);
	if (swapadm_mem_get_stats(op->ctx, &mem) == 0)
		op->plan.ram_available_bytes = mem.available_bytes;
	return plan_backing(op, &st);
}

int direct_migrate_prepare(struct swapadm_op *op)
{
	_cleanup_(quoted_free) struct quoted q = { 0 };
	const char *source = op->req.source, *dest = op->req.to;
	const struct swapadm_tier *tier = NULL, *to = NULL;
	const struct swapadm_device *dev;
	int r;

	if (streq(dest, "backing") && streq(source, "zswap"))
		return ctx_fail(
			op->ctx, -EPROTONOSUPPORT,
			"zswap: migrate: the kernel has no call for it; it chooses what it writes back, see shrinker and max-pool in [zswap] of swapadm.conf(5)");
	if (streq(dest, "backing"))
		return writeback_prepare(op);
	r = swapadm_model_find(op->model, source, &tier, &dev);
	if (!r && !streq(dest, "memory"))
		r = swapadm_model_find(op->model, dest, &to, &dev);
	if (r)
		return r;
	if (to && (to == tier || streq(source, dest)))
		return ctx_fail(op->ctx, -EINVAL,
				"%s: migrate: it is both the source and the destination",
				source);
	if (!to && !streq(dest, "memory"))
		return ctx_fail(op->ctx, -EINVAL,
				"%s: migrate: the destination must be a tier, or memory",
				dest);
	return ctx_fail(
		op->ctx, -EPROTONOSUPPORT,
		"%s: migrate: the direct layer can't move a part of one swap area to another; the redirect layer (tswap module) can, or drain all of it with `swapctl drain %s --to %s`",
		source, quote_word(&q, source), dest);
}
