/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * zswap writes back at our word where memory.reclaim knows no "source=zswap".
 *
 * When a page comes to a pool that is at its limit, the kernel writes back what the pool
 * has held longest, until the pool is down to the accept threshold (mm/zswap.c:
 * zswap_check_limits(), shrink_worker()). So the limit is lowered to just below what the
 * pool takes, the threshold to where the pool is to go, and a page of our own is swapped
 * out. Both are put back as soon as the kernel has begun, since it ends at the threshold
 * that it began with. In those moments other pages go past zswap to the area, as they do
 * with any full pool. A first time takes longer: the kernel passes over a page once
 * before it writes it (second chance), 16 to 512 for each page of ours: that is spread
 * over several of these moments.
 *
 * A child does it, deaf to signals, in a cgroup of its own: the service itself may not
 * swap, and with memory.zswap.writeback=0 the child's pages stay in memory. What the
 * limits were is kept in /run/swapadm until they are back, should the child be killed as
 * well; it ends early when its parent stops or dies. One that somebody has set meanwhile
 * stays.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "balance/squeeze.h"
#include "kernel/stats.h"
#include "state/state.h"

#define PARAMETERS "/sys/module/zswap/parameters/"
#define GROUP      "swapadm-push"

#define PUSH_PAGES  64
#define BEGIN_NS    UINT64_C(3000000000)
#define BEGUN_PAGES 256
#define WINDOWS     4
#define ENOUGH_PART 4 /* of what is asked for: no further window */
#define CHILD_MS    10
#define END_MS      20
#define END_TRIES   250
#define END_QUIET   15 /* so many looks without a change */

struct squeeze {
	struct swapadm_ctx *ctx;
	struct zswap_limits old, low;
	struct swapadm_zswap_stats before;
	char group[1200];
	uint64_t target_bytes, total_bytes;
	uint64_t window_pages; /* written back when the window opened */
	int stop_fd;
};

/* false: it is to stop */
static bool wait_ms(const struct squeeze *s, int ms)
{
	struct pollfd stop = { s->stop_fd, POLLIN, 0 };

	return poll(&stop, 1, ms) <= 0;
}

bool zswap_limits_for(uint64_t pool_bytes, uint64_t total_bytes, uint64_t target_bytes,
		      struct zswap_limits *out)
{
	double limit = (double)total_bytes / 100;

	if (limit <= 0 || (double)pool_bytes < limit)
		return false;
	out->max_pct = (uint32_t)((double)pool_bytes / limit);
	limit *= out->max_pct;
	/* may be above 100: the pool is above the limit then, as it is after a change */
	out->accept_pct = (uint32_t)((double)target_bytes * 100 / limit);
	return out->accept_pct > 0;
}

/* ---- the limits -------------------------------------------------------------------- */

static int write_pct(struct swapadm_ctx *ctx, const char *path, uint32_t pct)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", pct);
	return ctx_write_line(ctx, path, text);
}

/* the pool must not be full in between, with a threshold that nobody wants */
static int set_limits(struct swapadm_ctx *ctx, const struct zswap_limits *limits,
		      bool lower)
{
	static const char *const paths[] = { PARAMETERS "accept_threshold_percent",
					     PARAMETERS "max_pool_percent" };
	const uint32_t values[] = { limits->accept_pct, limits->max_pct };
	int r = write_pct(ctx, paths[!lower], values[!lower]);

	return r ? r : write_pct(ctx, paths[lower], values[lower]);
}

static int restore(struct swapadm_ctx *ctx, const struct zswap_limits *old,
		   const struct zswap_limits *low)
{
	struct swapadm_zswap_stats st;
	struct zswap_limits now;
	int r = zswap_read_stats(ctx, &st);

	if (r)
		return r;
	now = (struct zswap_limits){ st.max_pool_pct, st.accept_threshold_pct };
	zswaplimits_back(old, low, &now);
	r = set_limits(ctx, &now, false);
	if (!r)
		zswaplimits_forget(ctx);
	return r;
}

/* the caller holds the lock. 0, also where nothing was left; -errno. */
static int recover(struct swapadm_ctx *ctx)
{
	struct zswap_limits old, low;
	int r;

	if (zswaplimits_read(ctx, &old, &low))
		return 0;
	r = restore(ctx, &old, &low);
	if (!r)
		log_info(ctx,
			 "zswap: the limits that a killed service left are put back");
	return r;
}

int zswap_limits_recover(struct swapadm_ctx *ctx, const char *cgroup_root)
{
	_cleanup_close_ int lock = -1, dirfd = -1;
	struct zswap_limits old, low;

	if (cgroup_root)
		dirfd = ctx_open(ctx, cgroup_root, O_RDONLY | O_DIRECTORY);
	if (dirfd >= 0) /* another's child in it keeps it */
		unlinkat(dirfd, GROUP, AT_REMOVEDIR);
	if (zswaplimits_read(ctx, &old, &low))
		return 0;
	lock = state_lock(ctx, "balance");
	return lock < 0 ? lock : recover(ctx);
}

/* ---- the child --------------------------------------------------------------------- */

/* single pages are written while it still passes over the others */
static bool has_begun(const struct squeeze *s)
{
	struct swapadm_zswap_stats st;

	if (zswap_read_stats(s->ctx, &st))
		return false;
	return st.pool_bytes <= s->target_bytes ||
	       u64_minus(st.written_back_pages, s->window_pages) > BEGUN_PAGES;
}

/* not pages of one word: such the kernel does not hand to zswap */
static void push_out(unsigned char *mem, size_t n)
{
	for (size_t i = 0; i < n; i++)
		mem[i] = (unsigned char)(i * 31 >> 3);
	madvise(mem, n, MADV_PAGEOUT);
}

static int join(const struct squeeze *s)
{
	char path[1300], text[16];

	snprintf(path, sizeof(path), "%s/cgroup.procs", s->group);
	snprintf(text, sizeof(text), "%d", (int)getpid());
	return ctx_write_line(s->ctx, path, text);
}

/* the parent has closed its end: it is to stop, or dead */
static bool is_let_go(int fd)
{
	struct pollfd end = { fd, 0, 0 };

	return poll(&end, 1, 0) > 0;
}

static int lower_and_push(const struct squeeze *s, int parent_fd)
{
	size_t n = PUSH_PAGES * own_page_bytes();
	unsigned char *mem =
		mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint64_t end_ns = monotonic_ns() + BEGIN_NS;
	int r;

	if (mem == MAP_FAILED)
		return -errno;
	r = zswaplimits_keep(s->ctx, &s->old, &s->low);
	if (r)
		return r;
	r = set_limits(s->ctx, &s->low, true);
	while (!r && !has_begun(s) && monotonic_ns() < end_ns && !is_let_go(parent_fd))
		push_out(mem, n);
	return restore(s->ctx, &s->old, &s->low) ? -EIO : r;
}

static int await_child(const struct squeeze *s, pid_t pid, int child_fd)
{
	int status = 0;
	pid_t r;

	while ((r = waitpid(pid, &status, WNOHANG)) == 0 || (r < 0 && errno == EINTR))
		if (!wait_ms(s, CHILD_MS))
			break;
	close(child_fd);
	while (r == 0 || (r < 0 && errno == EINTR))
		r = waitpid(pid, &status, 0);
	return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -EIO;
}

static int run_child(const struct squeeze *s)
{
	sigset_t all;
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	pid = fork();
	if (pid == 0) {
		sigfillset(&all);
		sigprocmask(SIG_SETMASK, &all, NULL);
		close(fds[1]);
		_exit(join(s) || lower_and_push(s, fds[0]) ? 1 : 0);
	}
	close(fds[0]);
	if (pid < 0) {
		close(fds[1]);
		return -EAGAIN;
	}
	return await_child(s, pid, fds[1]);
}

/* 0; -EPROTONOSUPPORT: what zswap refuses of a process there would go to the disk */
static int make_group(struct squeeze *s, int dirfd, const char *root)
{
	char path[1300];

	if (mkdirat(dirfd, GROUP, 0755) < 0 && errno != EEXIST)
		return -errno;
	snprintf(s->group, sizeof(s->group), "%.1024s/" GROUP, root);
	snprintf(path, sizeof(path), "%s/memory.zswap.writeback", s->group);
	return ctx_write_line(s->ctx, path, "0") ? -EPROTONOSUPPORT : 0;
}

static int in_a_group(struct squeeze *s, const char *root)
{
	_cleanup_close_ int dirfd = ctx_open(s->ctx, root, O_RDONLY | O_DIRECTORY);
	int r = dirfd < 0 ? dirfd : make_group(s, dirfd, root);

	if (!r)
		r = run_child(s);
	if (dirfd >= 0)
		unlinkat(dirfd, GROUP, AT_REMOVEDIR);
	return r;
}

static int with_lock(struct squeeze *s, const char *cgroup_root)
{
	_cleanup_close_ int lock =
		state_lock(s->ctx, "balance"); /* apply sets them too */
	struct swapadm_zswap_stats st;
	int r;

	if (lock < 0)
		return lock;
	recover(s->ctx);
	/* read only now: until then they may be somebody else's low ones */
	r = zswap_read_stats(s->ctx, &st);
	if (r)
		return r;
	s->old = (struct zswap_limits){ st.max_pool_pct, st.accept_threshold_pct };
	s->window_pages = st.written_back_pages;
	if (!zswap_limits_for(st.pool_bytes, s->total_bytes, s->target_bytes, &s->low))
		return 0; /* it has become smaller */
	r = in_a_group(s, cgroup_root);
	recover(s->ctx); /* it was killed */
	if (r == -EPROTONOSUPPORT)
		return ctx_fail(
			s->ctx, r,
			"zswap: write back: the kernel can't be asked without memory.zswap.writeback of cgroup v2");
	return r ? ctx_fail(s->ctx, r, "zswap: write back: its limits can't be set") : 0;
}

/* ---- all of it --------------------------------------------------------------------- */

/*
 * The kernel goes on alone, until the threshold or until it finds no more. Even then the
 * pool may lie above it, or the kernel write a little more, so only its rest says so.
 */
static void await_end(const struct squeeze *s)
{
	struct swapadm_zswap_stats st, last = { 0 };

	for (int i = 0, quiet = 0; i < END_TRIES && quiet < END_QUIET; i++) {
		if (zswap_read_stats(s->ctx, &st))
			return;
		quiet = st.pool_bytes == last.pool_bytes &&
					st.written_back_pages == last.written_back_pages
				? quiet + 1
				: 0;
		last = st;
		if (!wait_ms(s, END_MS))
			return;
	}
}

/*
 * A kernel that passes over most pages (second chance) stops before the threshold, and
 * has written a few: that is not yet what was asked for.
 */
static bool has_enough(const struct squeeze *s)
{
	uint64_t asked_bytes = u64_minus(s->before.pool_bytes, s->target_bytes);
	uint64_t page_bytes = own_page_bytes();
	struct swapadm_zswap_stats st;

	if (zswap_read_stats(s->ctx, &st))
		return true;
	return st.pool_bytes <= s->target_bytes ||
	       u64_minus(st.written_back_pages, s->before.written_back_pages) *
			       page_bytes >=
		       asked_bytes / ENOUGH_PART;
}

int zswap_squeeze(struct swapadm_ctx *ctx, const char *cgroup_root, uint64_t bytes,
		  int stop_fd)
{
	struct squeeze s = { .ctx = ctx, .stop_fd = stop_fd };
	struct swapadm_mem_stats mem;
	int r = zswap_read_stats(ctx, &s.before);

	if (!r)
		r = swapadm_mem_get_stats(ctx, &mem);
	if (r)
		return ctx_fail(ctx, r, "zswap: read: %s", strerror(-r));
	s.target_bytes = u64_minus(s.before.pool_bytes, bytes);
	s.total_bytes = mem.total_bytes;
	if (!zswap_limits_for(s.before.pool_bytes, mem.total_bytes, s.target_bytes,
			      &s.low))
		return ctx_fail(
			ctx, -ERANGE,
			"zswap: write back: its limit is in percent of memory, and its pool is smaller than one");
	r = ctx_may_change(ctx, "zswap");
	for (int i = 0; !r && i < WINDOWS && wait_ms(&s, 0) && !has_enough(&s); i++) {
		r = with_lock(&s, cgroup_root);
		if (!r)
			await_end(&s);
	}
	return r;
}
