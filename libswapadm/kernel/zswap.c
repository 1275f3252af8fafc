/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * zswap: parameters of the module, and counters from where they can be read.
 *
 * /proc/meminfo has the pool's size and content for everybody; debugfs has the same and
 * the rest for root alone. Pages written back are also an event of /proc/vmstat (6.12).
 */
#include <limits.h>

#include "base/ctx.h"
#include "kernel/pagesize.h"
#include "kernel/stats.h"

#define PARAMETERS "/sys/module/zswap/parameters/"
#define DEBUGFS    "/sys/kernel/debug/zswap"

static int read_bool(struct swapadm_ctx *ctx, const char *path, bool *out)
{
	char text[8];
	int r = ctx_read_line(ctx, path, text, sizeof(text));

	if (r)
		return r;
	if (!streq(text, "Y") && !streq(text, "N"))
		return -EBADMSG;
	*out = text[0] == 'Y';
	return 0;
}

static int read_u32(struct swapadm_ctx *ctx, const char *path, uint32_t *out)
{
	uint64_t v;
	int r = ctx_read_u64(ctx, path, &v);

	if (r)
		return r;
	if (v > UINT32_MAX)
		return -EBADMSG;
	*out = (uint32_t)v;
	return 0;
}

/* set the bit of what was read; what is not there or may not be read stays absent */
static void note(struct swapadm_zswap_stats *stats, uint32_t bit, int r)
{
	if (!r)
		stats->known |= bit;
}

static void read_parameters(struct swapadm_ctx *ctx, struct swapadm_zswap_stats *s)
{
	note(s, SWAPADM_ZSWAP_SHRINKER,
	     read_bool(ctx, PARAMETERS "shrinker_enabled", &s->shrinker));
	note(s, SWAPADM_ZSWAP_COMPRESSOR,
	     ctx_read_line(ctx, PARAMETERS "compressor", s->compressor,
			   sizeof(s->compressor)));
	note(s, SWAPADM_ZSWAP_MAX_POOL,
	     read_u32(ctx, PARAMETERS "max_pool_percent", &s->max_pool_pct));
	note(s, SWAPADM_ZSWAP_ACCEPT,
	     read_u32(ctx, PARAMETERS "accept_threshold_percent",
		      &s->accept_threshold_pct));
}

/* the counters reject_*: which ones there are changes with the kernel */
static int read_rejects(struct swapadm_ctx *ctx, uint64_t *out)
{
	_cleanup_closedir_ DIR *dir = ctx_opendir(ctx, DEBUGFS);
	struct dirent *entry;
	uint64_t sum = 0;
	bool any = false;

	if (!dir)
		return -errno;
	while ((entry = readdir(dir))) {
		char path[PATH_MAX];
		uint64_t v;
		int r;

		if (!str_after(entry->d_name, "reject_"))
			continue;
		snprintf(path, sizeof(path), DEBUGFS "/%s", entry->d_name);
		r = ctx_read_u64(ctx, path, &v);
		if (r)
			return r;
		sum += v;
		any = true;
	}
	if (!any)
		return -ENOENT;
	*out = sum;
	return 0;
}

static void read_debugfs(struct swapadm_ctx *ctx, struct swapadm_zswap_stats *s)
{
	uint64_t pages;

	note(s, SWAPADM_ZSWAP_WRITTEN_BACK,
	     ctx_read_u64(ctx, DEBUGFS "/written_back_pages", &s->written_back_pages));
	if (!(s->known & SWAPADM_ZSWAP_WRITTEN_BACK))
		return; /* not mounted, or not for us */
	note(s, SWAPADM_ZSWAP_LIMIT_HITS,
	     ctx_read_u64(ctx, DEBUGFS "/pool_limit_hit", &s->pool_limit_hits));
	note(s, SWAPADM_ZSWAP_REJECTS, read_rejects(ctx, &s->rejects));
	if (!(s->known & SWAPADM_ZSWAP_POOL))
		note(s, SWAPADM_ZSWAP_POOL,
		     ctx_read_u64(ctx, DEBUGFS "/pool_total_size", &s->pool_bytes));
	if (!(s->known & SWAPADM_ZSWAP_STORED) &&
	    !ctx_read_u64(ctx, DEBUGFS "/stored_pages", &pages)) {
		s->stored_bytes = pages * ctx_page_bytes(ctx);
		s->known |= SWAPADM_ZSWAP_STORED;
	}
}

static void read_meminfo(struct swapadm_ctx *ctx, struct swapadm_zswap_stats *s)
{
	struct swapadm_mem_stats mem;

	if (swapadm_mem_get_stats(ctx, &mem))
		return;
	if (mem.known & SWAPADM_MEM_ZSWAP) {
		s->pool_bytes = mem.zswap_bytes;
		s->known |= SWAPADM_ZSWAP_POOL;
	}
	if (mem.known & SWAPADM_MEM_ZSWAPPED) {
		s->stored_bytes = mem.zswapped_bytes;
		s->known |= SWAPADM_ZSWAP_STORED;
	}
}

static void read_vmstat(struct swapadm_ctx *ctx, struct swapadm_zswap_stats *s)
{
	struct swapadm_vmstat vm;

	if (s->known & SWAPADM_ZSWAP_WRITTEN_BACK || swapadm_vmstat_get(ctx, &vm) ||
	    !(vm.known & SWAPADM_VMSTAT_ZSWPWB))
		return;
	s->written_back_pages = vm.zswpwb_pages;
	s->known |= SWAPADM_ZSWAP_WRITTEN_BACK;
}

int zswap_read_stats(struct swapadm_ctx *ctx, struct swapadm_zswap_stats *out)
{
	struct swapadm_zswap_stats s = { .known = SWAPADM_ZSWAP_ENABLED };
	int r = read_bool(ctx, PARAMETERS "enabled", &s.enabled);

	if (r == -ENOENT)
		return ctx_fail(
			ctx, -EPROTONOSUPPORT,
			"zswap: read: this kernel has none; boot a kernel with CONFIG_ZSWAP");
	if (r)
		return ctx_fail(ctx, r, PARAMETERS "enabled: read: %s", strerror(-r));
	read_parameters(ctx, &s);
	read_meminfo(ctx, &s);
	read_debugfs(ctx, &s);
	read_vmstat(ctx, &s);
	*out = s;
	return 0;
}
