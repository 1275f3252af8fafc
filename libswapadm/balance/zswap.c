/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * zswap's cold pages go to the areas behind it: at our word, where memory.reclaim takes
 * "source=zswap"; else by a pool that is made full for a moment (squeeze.c), where the
 * kernel has a shrinker; its kind writes back as much as is wanted. Besides, the shrinker
 * itself does so when memory is short.
 *
 * Whether memory.reclaim takes it is asked by trying, on a cgroup of our own without a
 * process: the word is refused with EINVAL where it is unknown, and with EAGAIN, as
 * nothing is there, where it is known.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <sys/stat.h>

#include "balance/direct.h"
#include "balance/squeeze.h"
#include "kernel/mounts.h"
#include "kernel/pagesize.h"
#include "kernel/stats.h"
#include "kernel/zswap_group.h"
#include "model/model.h"

#define PIECE_BYTES   (UINT64_C(64) << 20)
#define REST_NS       UINT64_C(5000000000) /* the pool's size follows slowly */
#define REST_VAIN_NS  UINT64_C(10000000000)
#define REST_LONG_NS  UINT64_C(120000000000)
#define REST_MAX_NS   UINT64_C(3600000000000)
#define KEPT_NAME_MAX 52
#define COPIES_MS     100
#define COPIES_TRIES  3
#define COPIES_MIN    (UINT64_C(1) << 20)
#define VAIN_FEW      3 /* a pool that was never looked at may take some */
#define VAIN_PART     8 /* less than this part of what was asked for: in vain */

/* the root of cgroup v2, when the memory controller is there */
static bool find_root(struct swapadm_ctx *ctx, char *buf, size_t size)
{
	_cleanup_(mounts_freep) struct mounts *mounts = NULL;
	char path[1100], controllers[512];

	if (mounts_load(ctx, &mounts))
		return false;
	for (unsigned i = 0; mounts_find_type(mounts, "cgroup2", i, buf, size) == 0;
	     i++) {
		snprintf(path, sizeof(path), "%.1024s/cgroup.controllers", buf);
		if (ctx_read_line(ctx, path, controllers, sizeof(controllers)) == 0 &&
		    strstr(controllers, "memory"))
			return true;
	}
	return false;
}

static int reclaim(struct swapadm_ctx *ctx, const char *group, uint64_t bytes)
{
	char path[1300], text[64];

	snprintf(path, sizeof(path), "%s/memory.reclaim", group);
	snprintf(text, sizeof(text), "%" PRIu64 " source=zswap", bytes);
	return ctx_write_line(ctx, path, text);
}

/* does memory.reclaim take "source=zswap"? */
static bool obeys(struct swapadm_ctx *ctx)
{
	char root[1024], group[1200];
	_cleanup_close_ int dirfd = -1;
	char name[64];
	int r;

	if (geteuid() != 0 || !find_root(ctx, root, sizeof(root)))
		return false;
	snprintf(name, sizeof(name), "swapadm-probe-%d", (int)getpid());
	snprintf(group, sizeof(group), "%s/%s", root, name);
	dirfd = ctx_open(ctx, root, O_RDONLY | O_DIRECTORY);
	if (dirfd < 0 || mkdirat(dirfd, name, 0755) < 0)
		return false;
	r = reclaim(ctx, group, 4096);
	unlinkat(dirfd, name, AT_REMOVEDIR);
	return r == 0 || r == -EAGAIN;
}

/* 0 also when fewer went */
static int reclaim_from(struct swapadm_ctx *ctx, const char *root, uint64_t bytes)
{
	int r = reclaim(ctx, root, bytes);

	/* EAGAIN: less than that was cold enough */
	return r && r != -EAGAIN
		       ? ctx_fail(ctx, r, "zswap: write back: %s/memory.reclaim: %s",
				  root, strerror(-r))
		       : 0;
}

/*
 * Can a cgroup be made that has files of the memory controller? Of a capture: what is not
 * in it is taken as there.
 */
static bool has_cgroups(struct swapadm_ctx *ctx)
{
	_cleanup_(mounts_freep) struct mounts *mounts = NULL;
	char root[1024], path[1100], controllers[512];
	int r;

	if (ctx->foreign_root && mounts_load(ctx, &mounts))
		return true;
	if (!find_root(ctx, root, sizeof(root)))
		return false;
	snprintf(path, sizeof(path), "%s/cgroup.subtree_control", root);
	r = ctx_read_line(ctx, path, controllers, sizeof(controllers));
	return r ? ctx->foreign_root : strstr(controllers, "memory") != NULL;
}

SWAPADM_API const char *swapadm_balance_zswap_lacks(struct swapadm_ctx *ctx)
{
	struct swapadm_zswap_stats st;
	CTX_CALL(ctx);

	if (!ctx)
		return NULL;
	if (swapadm_zswap_get_stats(ctx, &st))
		return "this kernel has no zswap";
	if (!st.enabled)
		return "zswap is off";
	if (!(st.known & SWAPADM_ZSWAP_SHRINKER))
		return "zswap of this kernel has no shrinker, which came with Linux 6.8";
	return has_cgroups(ctx)
		       ? NULL
		       : "the memory controller of cgroup v2 is not in use below the root (+memory in cgroup.subtree_control)";
}

int balance_zswap_begin(struct swapadm_ctx *ctx)
{
	char root[1024];

	return zswap_limits_recover(ctx,
				    find_root(ctx, root, sizeof(root)) ? root : NULL);
}

/* ---- decision ---------------------------------------------------------------------- */

struct pool {
	struct swapadm_zswap_stats st;
	uint64_t total_bytes, limit_bytes, excess_bytes;
	int pct;
};

static bool fill_pool(struct swapadm_ctx *ctx, const struct balance_tier *marks,
		      struct pool *out)
{
	const unsigned need = SWAPADM_ZSWAP_POOL | SWAPADM_ZSWAP_MAX_POOL;
	struct swapadm_mem_stats mem;

	if (swapadm_zswap_get_stats(ctx, &out->st) || !out->st.enabled ||
	    (out->st.known & need) != need || swapadm_mem_get_stats(ctx, &mem))
		return false;
	out->total_bytes = mem.total_bytes;
	out->limit_bytes = mem.total_bytes / 100 * out->st.max_pool_pct;
	out->excess_bytes =
		u64_minus(out->st.pool_bytes,
			  out->limit_bytes / 100 * (uint64_t)balance_below(marks));
	out->pct = out->limit_bytes ? (int)((double)out->st.pool_bytes * 100 /
					    (double)out->limit_bytes)
				    : 0;
	return true;
}

/*
 * Bytes that are written for each byte by which the pool becomes smaller: at least what
 * was compressed, and more where the pages that the kernel chooses lie scattered in the
 * pool. Until a step has shown it four times as much is assumed.
 */
static double cost(const struct balance_memory *m, const struct swapadm_zswap_stats *st)
{
	double least = 1;

	if (st->known & SWAPADM_ZSWAP_STORED && st->pool_bytes &&
	    st->stored_bytes > st->pool_bytes)
		least = (double)st->stored_bytes / (double)st->pool_bytes;
	if (!m->cost)
		return least * 4;
	return m->cost > least ? m->cost : least;
}

/* which area a page is of only the kernel knows: it counts for each tier with a disk */
static bool has_disk(const struct swapadm_tier *tier)
{
	for (size_t i = 0; i < tier->n_devices; i++) {
		const struct swapadm_device *dev = tier->devices[i];

		if (dev->state == SWAPADM_STATE_ACTIVE &&
		    dev->kind != SWAPADM_KIND_ZRAM && dev->kind != SWAPADM_KIND_MEMORY &&
		    dev->kind != SWAPADM_KIND_XSWAP)
			return true;
	}
	return false;
}

static const struct balance_tier *least_budget(const struct swapadm_model *model,
					       const struct balance_tier *tiers)
{
	const struct balance_tier *least = NULL;

	for (size_t i = 0; i < swapadm_model_n_tiers(model); i++)
		if (tiers[i].budget_bytes != UINT64_MAX &&
		    has_disk(swapadm_model_tier(model, i)) &&
		    (!least || tiers[i].budget_bytes < least->budget_bytes))
			least = &tiers[i];
	return least;
}

static void wait_for(struct swapadm_balance_decision *d, const char *what,
		     const char *who)
{
	d->bytes = 0;
	snprintf(d->waits, sizeof(d->waits), "%s%s", what, who);
}

/* a reason is said once, so the amounts, which change with the pool, are not in it */
static void wait_for_budget(const struct pool *pool, double cost,
			    const struct balance_tier *tier,
			    struct swapadm_balance_decision *d)
{
	double step_bytes = (double)pool->st.pool_bytes / 100 * cost * 2;
	size_t at = strlen(d->why);
	char left[16], step[16];

	if (!tier->budget_bytes) {
		wait_for(d, "today's write-budget is used up of ", tier->name);
		return;
	}
	d->bytes = 0;
	snprintf(d->waits, sizeof(d->waits),
		 "the rest of today's write-budget of %s is below the smallest step",
		 tier->name);
	snprintf(d->why + at, sizeof(d->why) - at,
		 "; the smallest step writes up to %s, %s may be written",
		 words_size((uint64_t)step_bytes, step, sizeof(step)),
		 words_size(tier->budget_bytes, left, sizeof(left)));
}

/*
 * What a step will write is known only roughly: half of what a budget allows is asked for
 * at a time, little of it at first, and nothing when that is less than the limits' steps.
 */
static void keep_to_budget(const struct pool *pool, const struct balance_memory *m,
			   const struct balance_tier *tier,
			   struct swapadm_balance_decision *d)
{
	uint64_t most;

	if (!tier)
		return;
	most = (uint64_t)((double)tier->budget_bytes / cost(m, &pool->st) / 2);
	if (most < pool->st.pool_bytes / 100) {
		wait_for_budget(pool, cost(m, &pool->st), tier, d);
		return;
	}
	if (!m->cost)
		most = u64_min(most, pool->st.pool_bytes / 50);
	d->bytes = u64_min(d->bytes, most);
}

static bool is_tiny(const struct pool *pool)
{
	struct zswap_limits limits;

	return !zswap_limits_for(pool->st.pool_bytes, pool->total_bytes,
				 u64_minus(pool->st.pool_bytes, 1), &limits);
}

/*
 * false: there is no way. The shrinker is the older of the two; what only trying shows is
 * taken as there.
 */
static bool choose_way(struct swapadm_balance *balance, struct balance_memory *m,
		       const struct pool *pool, struct swapadm_balance_decision *d)
{
	const uint32_t need = SWAPADM_ZSWAP_SHRINKER | SWAPADM_ZSWAP_ACCEPT;

	if ((pool->st.known & need) != need)
		return false;
	if (!m->asked && balance->may_try) {
		m->ages = obeys(balance->ctx);
		m->asked = true;
	}
	if (m->ages)
		return true;
	if (!has_cgroups(balance->ctx))
		return false;
	if (is_tiny(pool))
		wait_for(d, "its pool is smaller than one percent of memory", "");
	return true;
}

/* ---- rests ------------------------------------------------------------------------- */

/*
 * At a step in vain what was swapped out went past zswap for some seconds: after a few of
 * them there are minutes of rest, then twice as many, up to an hour.
 */
static void rest_in_vain(struct balance_memory *m, const char *why)
{
	uint64_t rest_ns = REST_VAIN_NS;

	if (++m->n_vain >= VAIN_FEW) {
		unsigned times = m->n_vain - VAIN_FEW;

		rest_ns = u64_min(REST_LONG_NS << (times < 5 ? times : 5), REST_MAX_NS);
		snprintf(m->why, sizeof(m->why), "%s", why);
	}
	m->rest_until_ns = monotonic_ns() + rest_ns;
}

void balance_zswap_rest(struct balance_memory *m, uint64_t asked_bytes,
			uint64_t moved_bytes)
{
	if (moved_bytes < asked_bytes / VAIN_PART || !moved_bytes) {
		rest_in_vain(m,
			     "the kernel finds next to no page that it may write back");
		return;
	}
	m->n_vain = 0;
	m->why[0] = '\0';
	m->rest_until_ns = monotonic_ns() + (m->ages ? REST_NS : 0);
}

/* the end of a path is what it is known by */
static void say_kept(const char *cgroup, char *buf, size_t size)
{
	const char *at = cgroup;

	while (strlen(at) > KEPT_NAME_MAX && strchr(at + 1, '/'))
		at = strchr(at + 1, '/');
	snprintf(buf, size, "cgroup %s%.*s has memory.zswap.writeback=0",
		 at > cgroup ? "..." : "", KEPT_NAME_MAX, at);
}

/*
 * What such cgroups have in the pool stays there. Is that alone above the mark, then all
 * that could be done is to write back all the rest, and still miss it.
 */
static bool is_kept(struct swapadm_ctx *ctx, const struct pool *pool,
		    const struct balance_tier *marks, struct balance_memory *m)
{
	uint64_t mark_bytes = pool->limit_bytes / 100 * (uint64_t)balance_below(marks);
	struct zswap_kept kept;
	char why[sizeof(m->why)];

	m->kept_file[0] = '\0';
	if (zswap_kept_read(ctx, &kept) || !*kept.cgroup || kept.bytes < mark_bytes)
		return false;
	say_kept(kept.cgroup, why, sizeof(why));
	snprintf(m->kept_file, sizeof(m->kept_file), "%s", kept.file);
	if (m->n_vain < VAIN_FEW)
		m->n_vain = VAIN_FEW - 1;
	rest_in_vain(m, why);
	return true;
}

/* a rest because of a cgroup is over as soon as that may be written back, or is gone */
static bool rests(struct swapadm_ctx *ctx, struct balance_memory *m)
{
	uint64_t value;

	if (*m->kept_file && (ctx_read_u64(ctx, m->kept_file, &value) || value)) {
		m->kept_file[0] = m->why[0] = '\0';
		m->n_vain = 0;
		m->rest_until_ns = 0;
	}
	return monotonic_ns() < m->rest_until_ns;
}

/* ---- the decision ------------------------------------------------------------------ */

int balance_decide_zswap(struct swapadm_balance *balance, struct swapadm_conf *conf,
			 const struct swapadm_model *model,
			 const struct balance_tier *tiers,
			 struct swapadm_balance_decision *d)
{
	const struct swapadm_conf_zswap *wanted = swapadm_conf_zswap(conf);
	struct balance_memory *m = balance_recall(balance, ZSWAP_MEMORY);
	struct balance_tier marks = { .above_pct = wanted->demote_above_pct,
				      .below_pct = wanted->demote_below_pct };
	struct pool pool;

	if (!m || marks.above_pct == SWAPADM_PCT_NONE ||
	    !fill_pool(balance->ctx, &marks, &pool))
		return 0;
	*d = (struct swapadm_balance_decision){ .kind = SWAPADM_BALANCE_ZSWAP,
						.tier = "zswap" };
	d->bytes = u64_min(balance_whole_pages(pool.excess_bytes), PIECE_BYTES);
	m->pool_bytes = pool.st.pool_bytes;
	snprintf(
		d->why, sizeof(d->why),
		"zswap's pool is at %d%% of its limit, write-back begins above %d%% and ends at %d%%",
		pool.pct, marks.above_pct, balance_below(&marks));
	if (!choose_way(balance, m, &pool, d))
		return 0;
	if (pool.pct <= balance_below(&marks))
		m->descending = false;
	else if (pool.pct > marks.above_pct)
		m->descending = true;
	if (!m->descending)
		return 1;
	if (d->bytes &&
	    (rests(balance->ctx, m) || is_kept(balance->ctx, &pool, &marks, m))) {
		if (!*m->why)
			return 1; /* a short one */
		wait_for(d, m->why, "");
	}
	if (d->bytes)
		keep_to_budget(&pool, m, least_budget(model, tiers), d);
	return 2;
}

/* ---- doing it ---------------------------------------------------------------------- */

static void charge(struct swapadm_balance *balance, const struct swapadm_model *model,
		   int64_t bytes)
{
	for (size_t i = 0; bytes && i < swapadm_model_n_tiers(model); i++) {
		const struct swapadm_tier *tier = swapadm_model_tier(model, i);

		if (has_disk(tier) &&
		    balance_budget_charge(balance->ctx, tier->name, bytes))
			log_warning(balance->ctx, "%s", balance->ctx->error);
	}
}

static int write_back(struct swapadm_balance *balance, const struct balance_memory *m,
		      uint64_t bytes)
{
	struct swapadm_ctx *ctx = balance->ctx;
	char root[1024];

	if (!find_root(ctx, root, sizeof(root)))
		return ctx_fail(
			ctx, -EPROTONOSUPPORT,
			"zswap: write back: the memory controller of cgroup v2 is not in use");
	if (m->ages)
		return reclaim_from(ctx, root, bytes);
	return zswap_squeeze(ctx, root, bytes, balance->stop_fd);
}

static void learn(struct balance_memory *m, const struct swapadm_zswap_stats *before,
		  const struct swapadm_zswap_stats *after, uint64_t moved_bytes)
{
	uint64_t shrunk = u64_minus(before->pool_bytes, after->pool_bytes);

	if (moved_bytes)
		m->cost = (double)moved_bytes / (double)(shrunk ? shrunk : 4096);
}

static uint64_t swap_cache(struct swapadm_ctx *ctx)
{
	struct swapadm_mem_stats mem;

	if (swapadm_mem_get_stats(ctx, &mem) || !(mem.known & SWAPADM_MEM_SWAP_CACHED))
		return 0;
	return mem.swap_cached_bytes;
}

/*
 * What zswap has written stays in the swap cache, uncompressed, as the first to go when
 * memory is wanted: so it is asked for now, else more memory would be taken than before.
 */
static void drop_copies(struct swapadm_balance *balance, uint64_t cached_before)
{
	struct swapadm_ctx *ctx = balance->ctx;
	struct pollfd stop = { balance->stop_fd, POLLIN, 0 };
	char root[1024], path[1100], text[64];

	if (!find_root(ctx, root, sizeof(root)))
		return;
	snprintf(path, sizeof(path), "%s/memory.reclaim", root);
	for (int i = 0; i < COPIES_TRIES; i++) {
		uint64_t bytes;
		int r;

		if (poll(&stop, 1, COPIES_MS) > 0) /* the disk has to have them */
			return;
		bytes = u64_minus(swap_cache(ctx), cached_before);
		if (bytes < COPIES_MIN)
			return;
		/* without the word, before 6.11, files would go instead */
		snprintf(text, sizeof(text), "%" PRIu64 " swappiness=200", bytes);
		r = ctx_write_line(ctx, path, text);
		if (r && r != -EAGAIN)
			return;
	}
}

int balance_act_zswap(struct swapadm_balance *balance, const struct swapadm_model *model,
		      const struct swapadm_balance_decision *d)
{
	struct balance_memory *m = balance_recall(balance, ZSWAP_MEMORY);
	uint64_t page_bytes = ctx_page_bytes(balance->ctx);
	struct swapadm_zswap_stats before, after;
	uint64_t cached = swap_cache(balance->ctx), bytes;
	_cleanup_close_ int lock = zswaplimits_lock(balance->ctx);
	int64_t expected;
	int r;

	if (lock == -EWOULDBLOCK)
		return 0; /* the next round sees what the other one has done */
	r = m ? swapadm_zswap_get_stats(balance->ctx, &before) : -ENOMEM;
	if (r)
		return ctx_fail(balance->ctx, r, "zswap: read: %s", strerror(-r));
	bytes = u64_minus(d->bytes, u64_minus(m->pool_bytes, before.pool_bytes));
	if (!bytes)
		return 0;
	expected = (int64_t)((double)bytes * cost(m, &before));
	charge(balance, model, expected);
	r = write_back(balance, m, bytes);
	if (swapadm_zswap_get_stats(balance->ctx, &after))
		after = before;
	if (before.known & after.known & SWAPADM_ZSWAP_WRITTEN_BACK)
		balance->moved_bytes =
			u64_minus(after.written_back_pages, before.written_back_pages) *
			page_bytes;
	else
		balance->moved_bytes = u64_minus(before.pool_bytes, after.pool_bytes);
	charge(balance, model, (int64_t)balance->moved_bytes - expected);
	learn(m, &before, &after, balance->moved_bytes);
	if (balance->moved_bytes)
		drop_copies(balance, cached);
	balance_zswap_rest(m, bytes, balance->moved_bytes);
	return r;
}
