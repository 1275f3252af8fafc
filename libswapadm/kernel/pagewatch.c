/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/pagewatch.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>

#define TICK_MS     100
#define STACK_BYTES (256u << 10)

/**
 * struct watched_scan - one scan, shared by its thread and whoever waits for it
 * @lock:  covers what follows
 * @refs:  the thread, the waiting call, the list of those that hung
 * @left:  nobody waits any more: @fn must not be called
 */
struct watched_scan {
	pthread_mutex_t lock;
	pthread_cond_t ended_cond;
	unsigned refs;
	bool left, ended;
	int result;
	/* the thread's own, set before it begins */
	struct swapadm_ctx ctx;
	pid_t pid;
	uint64_t swap_bytes;
	pagemap_fn fn;
	void *data;
	/* of the list */
	struct watched_scan *next;
};

/* those that hung and that nobody has seen end */
struct scan_stalls {
	pthread_mutex_t lock;
	struct watched_scan *first;
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
	pthread_cond_destroy(&scan->ended_cond);
	pthread_mutex_destroy(&scan->lock);
	free(scan);
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

static void *scan_thread(void *arg)
{
	struct watched_scan *scan = arg;
	int r = pagemap_scan(&scan->ctx, scan->pid, scan->swap_bytes, pass_on, scan);

	pthread_mutex_lock(&scan->lock);
	scan->result = r;
	scan->ended = true;
	pthread_cond_signal(&scan->ended_cond);
	pthread_mutex_unlock(&scan->lock);
	scan_unref(scan);
	return NULL;
}

/* signals are for the caller's threads */
static int start_thread(struct watched_scan *scan, pthread_t *thread)
{
	sigset_t all, before;
	pthread_attr_t attr;
	int r;

	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(thread, &attr, scan_thread, scan);
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

/* under its lock: until it has ended (true), or has used no time for @limit_ms */
static bool wait_for(struct watched_scan *scan, clockid_t clock, unsigned limit_ms)
{
	uint64_t since_ns = monotonic_ns(), used_ns = 0;

	while (!scan->ended) {
		struct timespec at = after_ms(TICK_MS);
		uint64_t now_ns;

		pthread_cond_timedwait(&scan->ended_cond, &scan->lock, &at);
		if (scan->ended)
			break;
		now_ns = cpu_ns(clock);
		if (now_ns != used_ns) {
			used_ns = now_ns;
			since_ns = monotonic_ns();
		} else if (monotonic_ns() - since_ns >= limit_ms * UINT64_C(1000000)) {
			return false;
		}
	}
	return true;
}

/* ---- those that hung --------------------------------------------------------------- */

static bool has_ended(struct watched_scan *scan)
{
	bool ended;

	pthread_mutex_lock(&scan->lock);
	ended = scan->ended;
	pthread_mutex_unlock(&scan->lock);
	return ended;
}

/* does it still hang? What has ended meanwhile is forgotten. */
static bool hangs_still(struct scan_stalls *stalls, pid_t pid)
{
	struct watched_scan **link = &stalls->first;
	bool found = false;

	pthread_mutex_lock(&stalls->lock);
	while (*link) {
		struct watched_scan *scan = *link;

		if (has_ended(scan)) {
			*link = scan->next;
			scan_unref(scan);
			continue;
		}
		found |= scan->pid == pid;
		link = &scan->next;
	}
	pthread_mutex_unlock(&stalls->lock);
	return found;
}

/* takes the caller's reference over */
static void note_stall(struct scan_stalls *stalls, struct watched_scan *scan)
{
	pthread_mutex_lock(&stalls->lock);
	scan->next = stalls->first;
	stalls->first = scan;
	stalls->last_pid = scan->pid;
	stalls->n_ever++;
	pthread_mutex_unlock(&stalls->lock);
}

static unsigned limit_ms(struct scan_stalls *stalls)
{
	size_t n = 0;

	pthread_mutex_lock(&stalls->lock);
	for (const struct watched_scan *scan = stalls->first; scan; scan = scan->next)
		n++; /* hangs_still() has dropped those that are over */
	pthread_mutex_unlock(&stalls->lock);
	return n < PAGEWATCH_N_FIRST ? PAGEWATCH_FIRST_MS : PAGEWATCH_NEXT_MS;
}

static void stalls_free(struct scan_stalls *stalls)
{
	while (stalls->first) {
		struct watched_scan *scan = stalls->first;

		stalls->first = scan->next;
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
	ctx->stalls_free = stalls_free;
	if (atomic_compare_exchange_strong(&ctx->stalls, &now, made))
		return made;
	stalls_free(made);
	return now;
}

/* ---- the calls --------------------------------------------------------------------- */

static int new_scan(struct swapadm_ctx *ctx, pid_t pid, uint64_t swap_bytes,
		    pagemap_fn fn, void *data, struct watched_scan **out)
{
	struct watched_scan *scan = calloc(1, sizeof(*scan));
	pthread_condattr_t attr;

	if (!scan)
		return -ENOMEM;
	*scan = (struct watched_scan){
		.refs = 2,
		.pid = pid,
		.swap_bytes = swap_bytes,
		.fn = fn,
		.data = data,
	};
	/* the caller's context may be gone before the thread is */
	scan->ctx.ops = ctx->ops;
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
	pthread_cond_init(&scan->ended_cond, &attr);
	pthread_condattr_destroy(&attr);
	*out = scan;
	return 0;
}

int pagewatch_scan(struct swapadm_ctx *ctx, pid_t pid, uint64_t swap_bytes, pagemap_fn fn,
		   void *data)
{
	struct scan_stalls *stalls = stalls_of(ctx);
	struct watched_scan *scan = NULL;
	clockid_t clock;
	pthread_t thread;
	int r;

	if (!stalls)
		return -ENOMEM;
	if (hangs_still(stalls, pid))
		return -ETIME;
	r = new_scan(ctx, pid, swap_bytes, fn, data, &scan);
	if (r)
		return r;
	pthread_mutex_lock(&scan->lock); /* it can't end before its clock is known */
	r = start_thread(scan, &thread);
	if (!r)
		r = -pthread_getcpuclockid(thread, &clock);
	if (r) {
		scan->refs = 1;
	} else if (wait_for(scan, clock, limit_ms(stalls))) {
		r = scan->result;
	} else {
		scan->left = true;
		r = -ETIME;
	}
	pthread_mutex_unlock(&scan->lock);
	if (r == -ETIME)
		note_stall(stalls, scan);
	else
		scan_unref(scan);
	return r;
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
