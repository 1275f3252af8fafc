/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/pagewatch.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "base/signals.h"

#define TICK_MS     100
#define STACK_BYTES (256u << 10)

/**
 * struct watched_scan - a thread that scans process after process, and what it shares
 * with whoever waits for it
 * @lock:    covers what follows
 * @refs:    the thread; the waiting call, the idle ones or those that hung; those that
 *           took over from it
 * @begin:   wakes the thread: @busy or @left was set
 * @over:    wakes the caller: @busy was cleared
 * @left:    nobody waits any more: @fn must not be called, and the thread ends
 * @clock:   of its time on the processor
 * @owner:   the process that has the thread: a child of fork(2) has only this memory
 * @file:    to be read into @text, NULL: the pages are scanned
 * @fn:      gets those of @pid
 * @next:    not NULL: one process after the other, whose pages @each gets; @pid is 0
 *           before the first one
 * @lane:    whose lock covers the calls of @fn, @next and @each: its own, or that of the
 *           scan it took over from. To set @left takes both
 * @stalls:  of the caller's context: there until @left is set
 * @idle_ms: without a bit of processor time, as whoever waits has counted
 * @passed:  others have taken over
 */
struct watched_scan {
	pthread_mutex_t lock;
	pthread_cond_t begin, over;
	unsigned refs;
	bool busy, left;
	atomic_bool ended;
	int result;
	clockid_t clock;
	pthread_t thread;
	pid_t owner;
	/* the thread's own while it is busy */
	struct swapadm_ctx ctx;
	_Atomic pid_t pid;
	size_t at;
	const char *file;
	char *text;
	uint64_t swap_bytes;
	struct watched_scan *lane;
	struct scan_stalls *stalls;
	pagemap_fn fn;
	pagewatch_next_fn next;
	pagewatch_span_fn each;
	void *data;
	/* of whoever waits */
	uint64_t used_ns;
	unsigned idle_ms;
	bool passed;
	struct watched_scan *link;
};

/**
 * struct scan_stalls - the threads of a context that no call has now
 * @first:  those that hung and that nobody has seen end
 * @idle:   to be used again
 * @news:   @n_news processes that hung, and that pagewatch_news() has not named
 */
struct scan_stalls {
	pthread_mutex_t lock;
	struct watched_scan *first, *idle;
	pid_t *news;
	size_t n_news;
};

static char empty_root[] = "";

static void scan_unref(struct watched_scan *scan);

static void join_lane(struct watched_scan *scan, struct watched_scan *lane)
{
	scan->lane = lane;
	if (lane == scan)
		return;
	pthread_mutex_lock(&lane->lock);
	lane->refs++;
	pthread_mutex_unlock(&lane->lock);
}

static void leave_lane(struct watched_scan *scan)
{
	if (scan->lane && scan->lane != scan)
		scan_unref(scan->lane);
	scan->lane = NULL;
}

static void scan_unref(struct watched_scan *scan)
{
	bool last;

	pthread_mutex_lock(&scan->lock);
	last = --scan->refs == 0;
	pthread_mutex_unlock(&scan->lock);
	if (!last)
		return;
	leave_lane(scan);
	if (scan->ctx.root_fd >= 0)
		close(scan->ctx.root_fd);
	pthread_cond_destroy(&scan->begin);
	pthread_cond_destroy(&scan->over);
	pthread_mutex_destroy(&scan->lock);
	free(scan->text);
	free(scan);
}

/* ---- those that hung --------------------------------------------------------------- */

/*
 * Does it still hang? What has ended meanwhile is forgotten. A thread asks with its own
 * lock held, so no other's is taken inside of that of the list.
 */
static bool hangs_still(struct scan_stalls *stalls, pid_t pid)
{
	struct watched_scan **link = &stalls->first, *ended = NULL, *scan;
	bool found = false;

	pthread_mutex_lock(&stalls->lock);
	while ((scan = *link)) {
		if (atomic_load(&scan->ended)) {
			*link = scan->link;
			scan->link = ended;
			ended = scan;
			continue;
		}
		found |= scan->pid == pid;
		link = &scan->link;
	}
	pthread_mutex_unlock(&stalls->lock);
	while ((scan = ended)) {
		ended = scan->link;
		scan_unref(scan);
	}
	return found;
}

/* ---- the thread -------------------------------------------------------------------- */

static int pass_on(void *data, const struct swap_span *span)
{
	struct watched_scan *scan = data;
	int r = -ETIME;

	pthread_mutex_lock(&scan->lane->lock);
	if (!scan->left)
		r = scan->next ? scan->each(scan->data, scan->at, span)
			       : scan->fn(scan->data, span);
	pthread_mutex_unlock(&scan->lane->lock);
	return r;
}

/* with the lock: whoever waits must not leave meanwhile, and its context with it */
static bool take_next(struct watched_scan *scan)
{
	struct watched_process p;
	bool found;

	pthread_mutex_lock(&scan->lane->lock);
	do
		found = !scan->left && scan->next(scan->data, &p);
	while (found && hangs_still(scan->stalls, p.pid));
	if (found) {
		scan->at = p.at;
		scan->swap_bytes = p.swap_bytes;
		scan->pid = p.pid;
	}
	pthread_mutex_unlock(&scan->lane->lock);
	return found;
}

static int scan_each(struct watched_scan *scan)
{
	int r = 0;

	while (!r && take_next(scan))
		r = pagemap_scan(&scan->ctx, scan->pid, scan->swap_bytes, pass_on, scan);
	return r;
}

static int do_work(struct watched_scan *scan)
{
	char path[64];

	if (scan->next)
		return scan_each(scan);
	if (!scan->file)
		return pagemap_scan(&scan->ctx, scan->pid, scan->swap_bytes, pass_on,
				    scan);
	snprintf(path, sizeof(path), "/proc/%d/%s", (int)scan->pid, scan->file);
	return ctx_read_file(&scan->ctx, path, &scan->text, NULL);
}

static void *scan_thread(void *arg)
{
	struct watched_scan *scan = arg;

	pthread_mutex_lock(&scan->lock);
	while (!scan->left) {
		int r;

		if (!scan->busy) {
			pthread_cond_wait(&scan->begin, &scan->lock);
			continue;
		}
		pthread_mutex_unlock(&scan->lock);
		r = do_work(scan);
		pthread_mutex_lock(&scan->lock);
		scan->result = r;
		scan->busy = false;
		pthread_mutex_unlock(&scan->lock);
		pthread_cond_signal(&scan->over); /* who wakes up can have the lock */
		pthread_mutex_lock(&scan->lock);
	}
	scan->ended = true;
	pthread_mutex_unlock(&scan->lock);
	scan_unref(scan);
	return NULL;
}

/* signals are for the caller's threads */
static int start_thread(struct watched_scan *scan)
{
	sigset_t all, before;
	pthread_attr_t attr;
	int r;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	signals_but_faults(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pthread_mutex_lock(&scan->lock); /* it has to wait until all is known of it */
	r = pthread_create(&scan->thread, &attr, scan_thread, scan);
	if (!r) {
		scan->refs++;
		scan->owner = getpid();
		pthread_getcpuclockid(scan->thread, &scan->clock); /* it is there */
	}
	pthread_mutex_unlock(&scan->lock);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	return -r;
}

/* ---- the wait ---------------------------------------------------------------------- */

static struct timespec after_ms(unsigned ms)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	at.tv_nsec += (long)ms * 1000000;
	at.tv_sec += at.tv_nsec / 1000000000;
	at.tv_nsec %= 1000000000;
	return at;
}

static uint64_t cpu_ns(clockid_t clock)
{
	struct timespec used;

	if (clock_gettime(clock, &used) < 0)
		return 0;
	return (uint64_t)used.tv_sec * 1000000000 + (uint64_t)used.tv_nsec;
}

/* under its lock, for a tick or until it is over (true) */
static bool wait_a_tick(struct watched_scan *scan)
{
	struct timespec at = after_ms(TICK_MS);

	if (scan->busy)
		pthread_cond_timedwait(&scan->over, &scan->lock, &at);
	return !scan->busy;
}

/*
 * After a tick: for how long it has used no time. A thread that has no process yet waits
 * for the processor, not for a lock. Ticks are counted and no clock is read: a stop of
 * all of us (SIGSTOP) is one tick, however long.
 */
static unsigned count_idle(struct watched_scan *scan)
{
	uint64_t now_ns = cpu_ns(scan->clock);

	scan->idle_ms += TICK_MS;
	if (now_ns != scan->used_ns || !scan->pid)
		scan->idle_ms = 0;
	scan->used_ns = now_ns;
	return scan->idle_ms;
}

/* ---- those that are left behind --------------------------------------------------- */

/* under its lock: nothing of the caller is touched from now on */
static void set_left(struct watched_scan *scan)
{
	if (scan->lane != scan)
		pthread_mutex_lock(&scan->lane->lock);
	scan->left = true;
	if (scan->lane != scan)
		pthread_mutex_unlock(&scan->lane->lock);
}

/* takes the caller's reference over */
static void note_stall(struct scan_stalls *stalls, struct watched_scan *scan)
{
	pthread_detach(scan->thread); /* nobody can wait for its end */
	pthread_mutex_lock(&stalls->lock);
	scan->link = stalls->first;
	stalls->first = scan;
	if (array_grow(&stalls->news, stalls->n_news))
		stalls->news[stalls->n_news++] = scan->pid;
	pthread_mutex_unlock(&stalls->lock);
}

/* where one is waited for after the other, the sum matters */
static unsigned limit_ms(struct scan_stalls *stalls)
{
	bool any;

	pthread_mutex_lock(&stalls->lock);
	any = stalls->first; /* hangs_still() has dropped those that are over */
	pthread_mutex_unlock(&stalls->lock);
	return any ? PAGEWATCH_NEXT_MS : PAGEWATCH_FIRST_MS;
}

/* ---- those to be used again -------------------------------------------------------- */

static struct watched_scan *take_idle(struct scan_stalls *stalls)
{
	struct watched_scan *scan;

	pthread_mutex_lock(&stalls->lock);
	scan = stalls->idle;
	if (scan)
		stalls->idle = scan->link;
	pthread_mutex_unlock(&stalls->lock);
	return scan;
}

/* takes the caller's reference over */
static void put_idle(struct scan_stalls *stalls, struct watched_scan *scan)
{
	leave_lane(scan);
	pthread_mutex_lock(&stalls->lock);
	scan->link = stalls->idle;
	stalls->idle = scan;
	pthread_mutex_unlock(&stalls->lock);
}

/*
 * An idle thread ends at once. In a child of fork(2) there is none, but @begin still
 * counts it as waiting, so that it can't be destroyed.
 */
static void end_idle(struct watched_scan *scan)
{
	if (scan->owner != getpid()) {
		close(scan->ctx.root_fd);
		free(scan);
		return;
	}
	pthread_mutex_lock(&scan->lock);
	scan->left = true;
	pthread_cond_signal(&scan->begin);
	pthread_mutex_unlock(&scan->lock);
	pthread_join(scan->thread, NULL);
	scan_unref(scan);
}

static void stalls_free(struct scan_stalls *stalls)
{
	struct watched_scan *scan;

	while ((scan = take_idle(stalls)))
		end_idle(scan);
	while ((scan = stalls->first)) {
		stalls->first = scan->link;
		scan_unref(scan);
	}
	pthread_mutex_destroy(&stalls->lock);
	free(stalls->news);
	free(stalls);
}

/* the context's list, made by the first of its threads; NULL: no memory */
static struct scan_stalls *stalls_of(struct swapadm_ctx *ctx)
{
	struct scan_stalls *now = atomic_load(&ctx->stalls), *made;

	if (now)
		return now;
	made = calloc(1, sizeof(*made));
	if (!made)
		return NULL;
	pthread_mutex_init(&made->lock, NULL);
	if (atomic_compare_exchange_strong(&ctx->stalls, &now, made)) {
		ctx->stalls_free = stalls_free;
		return made;
	}
	stalls_free(made);
	return now;
}

/* ---- a piece of work --------------------------------------------------------------- */

static int new_scan(struct swapadm_ctx *ctx, struct watched_scan **out)
{
	struct watched_scan *scan = calloc(1, sizeof(*scan));
	pthread_condattr_t attr;
	int r;

	if (!scan)
		return -ENOMEM;
	scan->refs = 1;
	/* the caller's context may be gone before the thread is */
	scan->ctx.foreign_root = ctx->foreign_root;
	scan->ctx.root = empty_root;
	scan->ctx.root_fd = fcntl(ctx->root_fd, F_DUPFD_CLOEXEC, 0);
	if (scan->ctx.root_fd < 0) {
		free(scan);
		return -EMFILE;
	}
	pthread_mutex_init(&scan->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&scan->begin, NULL);
	pthread_cond_init(&scan->over, &attr);
	pthread_condattr_destroy(&attr);
	r = start_thread(scan);
	if (r)
		scan_unref(scan);
	else
		*out = scan;
	return r;
}

/* an idle thread of this process, or a new one */
static int get_scan(struct swapadm_ctx *ctx, struct scan_stalls *stalls,
		    struct watched_scan **out)
{
	struct watched_scan *scan;

	while ((scan = take_idle(stalls)) && scan->owner != getpid())
		end_idle(scan);
	if (!scan)
		return new_scan(ctx, out);
	*out = scan;
	return 0;
}

/* @work: what to do: the fields of the same name are taken over */
static int begin(struct swapadm_ctx *ctx, const struct watched_scan *work,
		 struct watched_scan **out)
{
	struct scan_stalls *stalls = stalls_of(ctx);
	struct watched_scan *scan;
	int r;

	if (!stalls)
		return -ENOMEM;
	if (work->pid && hangs_still(stalls, work->pid))
		return -ETIME;
	r = get_scan(ctx, stalls, &scan);
	if (r)
		return r;
	scan->ctx.ops = ctx->ops;
	scan->pid = work->pid;
	scan->file = work->file;
	scan->swap_bytes = work->swap_bytes;
	scan->stalls = stalls;
	scan->fn = work->fn;
	scan->next = work->next;
	scan->each = work->each;
	scan->data = work->data;
	scan->used_ns = scan->idle_ms = 0;
	scan->passed = false;
	join_lane(scan, work->lane ? work->lane : scan);
	pthread_mutex_lock(&scan->lock);
	scan->busy = true;
	pthread_cond_signal(&scan->begin);
	pthread_mutex_unlock(&scan->lock);
	*out = scan;
	return 0;
}

/* its result; -ETIME: it hangs, and was left behind. @text: or NULL */
static int finish(struct watched_scan *scan, char **text)
{
	struct scan_stalls *stalls = scan->stalls;
	unsigned limit = limit_ms(stalls);
	bool over;
	int r;

	pthread_mutex_lock(&scan->lock);
	do
		over = wait_a_tick(scan);
	while (!over && count_idle(scan) < limit);
	if (!over)
		set_left(scan);
	pthread_mutex_unlock(&scan->lock);
	if (!over) {
		note_stall(stalls, scan);
		return -ETIME;
	}
	r = scan->result;
	if (!r && text)
		*text = steal_ptr(&scan->text);
	put_idle(stalls, scan);
	return r;
}

/* ---- process after process --------------------------------------------------------- */

/*
 * Others go on with the processes behind the one that @scan has, which may hang: two, so
 * that many that do are found in few steps.
 */
static int take_over(struct swapadm_ctx *ctx, struct watched_scan *scan,
		     struct watched_scan **list)
{
	struct watched_scan work = { .next = scan->next,
				     .each = scan->each,
				     .data = scan->data,
				     .lane = scan->lane };
	int r = 0;

	for (unsigned i = 0; !r && i < 2; i++) {
		struct watched_scan *other;

		r = begin(ctx, &work, &other);
		if (r)
			break;
		scan->passed = true;
		other->link = *list;
		*list = other;
	}
	return scan->passed ? 0 : r;
}

/* after a tick: true when it hangs, and is left behind */
static bool give_up(struct watched_scan *scan)
{
	bool hangs;

	pthread_mutex_lock(&scan->lock);
	hangs = scan->busy && count_idle(scan) >= PAGEWATCH_FIRST_MS;
	if (hangs)
		set_left(scan);
	pthread_mutex_unlock(&scan->lock);
	return hangs;
}

/* after a tick: others take over from those in @list that may hang, and join it */
static int look_after(struct swapadm_ctx *ctx, struct watched_scan **list)
{
	struct watched_scan *more = NULL, *scan, **link = list;
	int result = 0;

	while ((scan = *link)) {
		bool left = give_up(scan);
		int r = 0;

		if (scan->idle_ms >= PAGEWATCH_NEXT_MS && !scan->passed)
			r = take_over(ctx, scan, &more);
		if (!left) {
			link = &scan->link;
			continue;
		}
		result = result ? result : r; /* nobody looks at the rest */
		*link = scan->link;
		note_stall(scan->stalls, scan);
	}
	*link = more;
	return result;
}

static bool is_over(struct watched_scan *scan)
{
	bool over;

	pthread_mutex_lock(&scan->lock);
	over = wait_a_tick(scan);
	pthread_mutex_unlock(&scan->lock);
	return over;
}

static int finish_list(struct swapadm_ctx *ctx, struct watched_scan *list)
{
	struct watched_scan *scan;
	int result = 0;

	while ((scan = list)) {
		int r;

		if (is_over(scan)) {
			list = scan->link;
			r = scan->result;
			if (scan->lane == scan)
				put_idle(scan->stalls, scan);
			else
				end_idle(scan);
		} else {
			r = look_after(ctx, &list);
		}
		result = result ? result : r;
	}
	return result;
}

/* ---- the calls --------------------------------------------------------------------- */

static int watch(struct swapadm_ctx *ctx, const struct watched_scan *work, char **text)
{
	struct watched_scan *scan;
	int r = begin(ctx, work, &scan);

	return r ? r : finish(scan, text);
}

int pagewatch_scan(struct swapadm_ctx *ctx, pid_t pid, uint64_t swap_bytes, pagemap_fn fn,
		   void *data)
{
	struct watched_scan work = {
		.pid = pid, .swap_bytes = swap_bytes, .fn = fn, .data = data
	};

	return watch(ctx, &work, NULL);
}

int pagewatch_start_each(struct swapadm_ctx *ctx, pagewatch_next_fn next,
			 pagewatch_span_fn each, void *data, struct watched_scan **out)
{
	struct watched_scan work = { .next = next, .each = each, .data = data };

	return begin(ctx, &work, out);
}

int pagewatch_finish_each(struct swapadm_ctx *ctx, struct watched_scan *const *scans,
			  size_t n)
{
	struct watched_scan *list = NULL;

	for (size_t i = n; i > 0; i--) {
		scans[i - 1]->link = list;
		list = scans[i - 1];
	}
	return finish_list(ctx, list);
}

int pagewatch_scan_each(struct swapadm_ctx *ctx, pagewatch_next_fn next,
			pagewatch_span_fn each, void *data)
{
	struct watched_scan *scan;
	int r = pagewatch_start_each(ctx, next, each, data, &scan);

	return r ? r : pagewatch_finish_each(ctx, &scan, 1);
}

int pagewatch_read(struct swapadm_ctx *ctx, pid_t pid, const char *file, char **out)
{
	struct watched_scan work = { .pid = pid, .file = file };

	return watch(ctx, &work, out);
}

/* "7, 8, 9": as many of @n as there is room for; their number */
static size_t print_pids(const pid_t *pids, size_t n, char *buf, size_t size)
{
	size_t len = 0, i;

	buf[0] = '\0';
	for (i = 0; i < n && size - len > sizeof(", 2147483647"); i++)
		len += (size_t)snprintf(buf + len, size - len, "%s%d", i ? ", " : "",
					(int)pids[i]);
	return i;
}

bool pagewatch_news(struct swapadm_ctx *ctx, char *buf, size_t size)
{
	struct scan_stalls *stalls = atomic_load(&ctx->stalls);
	char pids[64];
	pid_t first;
	size_t n;

	if (!stalls)
		return false;
	pthread_mutex_lock(&stalls->lock);
	n = print_pids(stalls->news, stalls->n_news, pids, sizeof(pids));
	first = n ? stalls->news[0] : 0;
	stalls->n_news -= n;
	memmove(stalls->news, stalls->news + n, stalls->n_news * sizeof(*stalls->news));
	pthread_mutex_unlock(&stalls->lock);
	if (!n)
		return false;
	snprintf(
		buf, size,
		"process%s %s: reading the page tables hangs, something keeps the memory lock of %s (look at /proc/%d/task/*/stack); %s pages are left out",
		n > 1 ? "es" : "", pids, n > 1 ? "each of them" : "the process",
		(int)first, n > 1 ? "their" : "its");
	return true;
}

void pagewatch_warn(struct swapadm_ctx *ctx)
{
	char text[PAGEWATCH_NEWS_MAX];

	while (pagewatch_news(ctx, text, sizeof(text)))
		log_warning(ctx, "%s", text);
}
