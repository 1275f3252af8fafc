/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * zswap's cold pages go to the disk: by the kernel's shrinker, where it has one, or at
 * our word, where memory.reclaim takes "source=zswap". Whether it does is asked by trying,
 * on a cgroup of our own without a process: the word is refused with EINVAL where it is
 * unknown, and with EAGAIN, as nothing is there, where it is known.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>

#include "balance/direct.h"
#include "kernel/mounts.h"

#define PIECE_BYTES (UINT64_C(64) << 20)

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

bool balance_zswap_may_obey(struct swapadm_ctx *ctx)
{
	char root[1024];

	return !ctx->foreign_root && geteuid() == 0 && find_root(ctx, root, sizeof(root));
}

bool balance_zswap_obeys(struct swapadm_ctx *ctx)
{
	char root[1024], group[1200];
	_cleanup_close_ int dirfd = -1;
	char name[64];
	int r;

	if (!balance_zswap_may_obey(ctx) || !find_root(ctx, root, sizeof(root)))
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

int balance_zswap_reclaim(struct swapadm_ctx *ctx, uint64_t bytes)
{
	char root[1024];
	int r;

	if (!find_root(ctx, root, sizeof(root)))
		return ctx_fail(
			ctx, -EPROTONOSUPPORT,
			"zswap: write back: the memory controller of cgroup v2 is not in use");
	r = reclaim(ctx, root, bytes);
	/* EAGAIN: less than that was cold enough */
	return r && r != -EAGAIN
		       ? ctx_fail(ctx, r, "zswap: write back: %s/memory.reclaim: %s",
				  root, strerror(-r))
		       : 0;
}

static unsigned pool_pct(const struct swapadm_zswap_stats *st,
			 const struct swapadm_mem_stats *mem)
{
	double limit = (double)mem->total_bytes * st->max_pool_pct / 100;

	return limit > 0 ? (unsigned)((double)st->pool_bytes * 100 / limit) : 0;
}

static void say_how(struct swapadm_balance *balance, const struct swapadm_zswap_stats *st,
		    struct swapadm_balance_decision *d)
{
	struct balance_memory *m = balance_recall(balance, ZSWAP_MEMORY);

	if (m && !m->asked && balance->may_try) {
		m->ages = balance_zswap_obeys(balance->ctx);
		m->asked = true;
	}
	if (m && (m->ages || (!m->asked && balance_zswap_may_obey(balance->ctx))))
		return;
	d->bytes = 0;
	if (st->known & SWAPADM_ZSWAP_SHRINKER)
		snprintf(d->waits, sizeof(d->waits), "%s",
			 st->shrinker ? "for the kernel's shrinker, which is on"
				      : "the kernel's shrinker is off: shrinker = yes");
	else
		snprintf(
			d->waits, sizeof(d->waits),
			"this kernel writes zswap's pages back only when its pool is full");
}

int balance_decide_zswap(struct swapadm_balance *balance,
			 const struct swapadm_conf_zswap *conf,
			 struct swapadm_balance_decision *d)
{
	const unsigned need = SWAPADM_ZSWAP_POOL | SWAPADM_ZSWAP_MAX_POOL;
	struct balance_memory *m = balance_recall(balance, ZSWAP_MEMORY);
	struct swapadm_zswap_stats st;
	struct swapadm_mem_stats mem;
	struct balance_tier t;
	int pct;

	if (!m || conf->demote_above_pct == SWAPADM_PCT_NONE ||
	    swapadm_zswap_get_stats(balance->ctx, &st) || !st.enabled ||
	    (st.known & need) != need || swapadm_mem_get_stats(balance->ctx, &mem))
		return 0;
	t = (struct balance_tier){ .above_pct = conf->demote_above_pct,
				   .below_pct = conf->demote_below_pct };
	pct = (int)pool_pct(&st, &mem);
	if (pct <= balance_below(&t))
		m->descending = false;
	else if (pct > t.above_pct)
		m->descending = true;
	if (!m->descending || monotonic_ns() < m->rest_until_ns)
		return 1;
	*d = (struct swapadm_balance_decision){ .kind = SWAPADM_BALANCE_ZSWAP,
						.tier = "zswap",
						.bytes = PIECE_BYTES };
	snprintf(
		d->why, sizeof(d->why),
		"zswap's pool is at %d%% of its limit, demotion begins above %d%% and ends at %d%%",
		pct, t.above_pct, balance_below(&t));
	say_how(balance, &st, d);
	return 2;
}
