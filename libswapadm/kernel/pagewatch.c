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
 * @refs:    the thread; the waiting call, the idle ones or those that hung
 * @begin:   wakes the thread: @busy or @left was set
 * @over:    wakes the caller: @busy was cleared
 * @left:    nobody waits any more: @fn must not be called, and the thread ends
 * @clock:   of its time on the processor
 * @owner:   the process that has the thread: a child of fork(2) has only this memory
 * @file:    to be read into @text, NULL: the pages are scanned
 * @next:    NULL: those of @pid, else of one process after the other; @pid is 0 before
 *           the first one
 * @stalls:  of the caller's context: there until @left is set
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
	pid_t pid;
	const char *file;
	char *text;
	uint64_t swap_bytes;
	pagewatch_next_fn next;
	struct scan_stalls *stalls;
	pagemap_fn fn;
	void *data;
	/* of the list */
	struct watched_scan *link;
};

/**
 * struct scan_stalls - the threads of a context that no call has now
 * @first:  those that hung and that nobody has seen end
 * @idle:   to be used again
 */
struct scan_stalls {
	pthread_mutex_t lock;
	struct watched_scan *first, *idle;
	pid_t last_pid;
	size_t n_ever, n_said;
};

static char empty_root[] = "";

static void scan_unref(struct watched_scan *scan)
{
	bool last;

	pthread_mutex_lock(&scan->lock);
	last = --scan->refs == 0;
	pthread_mutex_unlock(&scan->lock);
	if (!last)
		return;
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

	pthread_mutex_lock(&scan->lock);
	if (!scan->left)
		r = scan->fn(scan->data, span);
	pthread_mutex_unlock(&scan->lock);
	return r;
}

/* with the lock: whoever waits must not leave meanwhile, and its context with it */
static bool take_next(struct watched_scan *scan)
{
	bool found;

	pthread_mutex_lock(&scan->lock);
	do
		found = !scan->left &&
			scan->next(scan->data, &scan->pid, &scan->swap_bytes);
	while (found && hangs_still(scan->stalls, scan->pid));
	pthread_mutex_unlock(&scan->lock);
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

/*
 * Under its lock: until it is over (true), or has used no time for @limit_ms. A thread
 * that has no process yet waits for the processor, not for a lock. Ticks are counted and
 * no clock is read: a stop of all of us (SIGSTOP) is one tick, however long.
 */
static bool wait_for(struct watched_scan *scan, unsigned limit_ms)
{
	uint64_t used_ns = 0;
	unsigned idle_ms = 0;

	while (scan->busy) {
		struct timespec at = after_ms(TICK_MS);
		uint64_t now_ns;

		pthread_cond_timedwait(&scan->over, &scan->lock, &at);
		if (!scan->busy)
			break;
		now_ns = cpu_ns(scan->clock);
		idle_ms += TICK_MS;
		if (now_ns != used_ns || !scan->pid)
			idle_ms = 0;
		else if (idle_ms >= limit_ms)
			return false;
		used_ns = now_ns;
	}
	return true;
}

/* ---- those that are left behind --------------------------------------------------- */

/* takes the caller's reference over */
static void note_stall(struct scan_stalls *stalls, struct watched_scan *scan)
{
	pthread_detach(scan->thread); /* nobody can wait for its end */
	pthread_mutex_lock(&stalls->lock);
	scan->link = stalls->first;
	stalls->first = scan;
	stalls->last_pid = scan->pid;
	stalls->n_ever++;
	pthread_mutex_unlock(&stalls->lock);
}

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
	scan->next = work->next;
	scan->stalls = stalls;
	scan->fn = work->fn;
	scan->data = work->data;
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
	over = wait_for(scan, limit);
	scan->left = !over;
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

int pagewatch_start_each(struct swapadm_ctx *ctx, pagewatch_next_fn next, pagemap_fn fn,
			 void *data, struct watched_scan **out)
{
	struct watched_scan work = { .next = next, .fn = fn, .data = data };

	return begin(ctx, &work, out);
}

/* each that hangs takes a thread with it */
int pagewatch_finish_each(struct swapadm_ctx *ctx, struct watched_scan *scan)
{
	struct watched_scan work = { .next = scan->next,
				     .fn = scan->fn,
				     .data = scan->data };
	int r = finish(scan, NULL);

	while (r == -ETIME)
		r = watch(ctx, &work, NULL);
	return r;
}

int pagewatch_scan_each(struct swapadm_ctx *ctx, pagewatch_next_fn next, pagemap_fn fn,
			void *data)
{
	struct watched_scan *scan;
	int r = pagewatch_start_each(ctx, next, fn, data, &scan);

	return r ? r : pagewatch_finish_each(ctx, scan);
}

int pagewatch_read(struct swapadm_ctx *ctx, pid_t pid, const char *file, char **out)
{
	struct watched_scan work = { .pid = pid, .file = file };

	return watch(ctx, &work, out);
}

bool pagewatch_news(struct swapadm_ctx *ctx, char *buf, size_t size)
{
	struct scan_stalls *stalls = atomic_load(&ctx->stalls);
	char others[48] = "";
	size_t n_new;
	pid_t pid;

	if (!stalls)
		return false;
	pthread_mutex_lock(&stalls->lock);
	n_new = stalls->n_ever - stalls->n_said;
	stalls->n_said = stalls->n_ever;
	pid = stalls->last_pid;
	pthread_mutex_unlock(&stalls->lock);
	if (!n_new)
		return false;
	if (n_new > 1)
		snprintf(others, sizeof(others), " and %zu others", n_new - 1);
	snprintf(
		buf, size,
		"process %d%s: reading the page tables hangs, something keeps the memory lock of the process (look at /proc/%d/task/*/stack); its pages are left out",
		(int)pid, others, (int)pid);
	return true;
}

void pagewatch_warn(struct swapadm_ctx *ctx)
{
	char text[256];

	if (pagewatch_news(ctx, text, sizeof(text)))
		log_warning(ctx, "%s", text);
}
