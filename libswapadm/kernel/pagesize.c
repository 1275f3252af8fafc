/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/pagesize.h"

#include "kernel/stats.h"

/* of all kernels that swap: 4 KiB to 256 KiB (powerpc) */
#define MIN_BYTES UINT64_C(4096)
#define MAX_BYTES (UINT64_C(256) << 10)

/* counted in KiB by meminfo, in pages by vmstat */
static const struct pair {
	const char *kib, *pages;
} pairs[] = {
	{ "Active(anon):", "nr_active_anon" },
	{ "Inactive(anon):", "nr_inactive_anon" },
	{ "Active(file):", "nr_active_file" },
	{ "Inactive(file):", "nr_inactive_file" },
	{ "Mapped:", "nr_mapped" },
	{ "Shmem:", "nr_shmem" },
	{ "SUnreclaim:", "nr_slab_unreclaimable" },
	{ "PageTables:", "nr_page_table_pages" },
};

static bool is_page_size(uint64_t bytes)
{
	return bytes >= MIN_BYTES && bytes <= MAX_BYTES && !(bytes & (bytes - 1));
}

uint64_t pagesize_of_smaps(const char *text)
{
	static const struct stats_field field = { "KernelPageSize:", 1, 0 };
	uint64_t least = 0;

	for (const char *line = text; (line = strstr(line, field.name)); line++) {
		uint64_t bytes = 0;
		uint32_t known = 0;

		if (line > text && line[-1] != '\n')
			continue;
		stats_parse_table(line, &field, 1, " kB", 1024, &bytes, &known);
		if (is_page_size(bytes) && (!least || bytes < least))
			least = bytes;
	}
	return least;
}

/* one counter of a table; false: it is not there */
static bool read_one(const char *text, const char *name, const char *suffix,
		     uint64_t *value)
{
	const struct stats_field field = { name, 1, 0 };
	uint32_t known = 0;

	stats_parse_table(text, &field, 1, suffix, 1, value, &known);
	return known;
}

uint64_t pagesize_of_counters(const char *meminfo, const char *vmstat)
{
	uint64_t kib_sum = 0, pages_sum = 0, mean;

	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		uint64_t kib, pages;

		if (!read_one(meminfo, pairs[i].kib, " kB", &kib) ||
		    !read_one(vmstat, pairs[i].pages, "", &pages))
			continue;
		kib_sum += kib;
		pages_sum += pages;
	}
	if (!pages_sum || kib_sum > UINT64_MAX / 1024)
		return 0;
	/* the files were read one after the other, so the quotient is only about it */
	mean = kib_sum * 1024 / pages_sum;
	for (uint64_t bytes = MIN_BYTES; bytes <= MAX_BYTES; bytes *= 2)
		if (mean >= bytes - bytes / 4 && mean < bytes + bytes / 2)
			return bytes;
	return 0;
}

static uint64_t of_capture(struct swapadm_ctx *ctx)
{
	_cleanup_free_ char *smaps = NULL, *meminfo = NULL, *vmstat = NULL;
	uint64_t bytes = 0;

	if (!ctx_read_file(ctx, "/proc/self/smaps", &smaps, NULL))
		bytes = pagesize_of_smaps(smaps);
	if (!bytes && !ctx_read_file(ctx, "/proc/meminfo", &meminfo, NULL) &&
	    !ctx_read_file(ctx, "/proc/vmstat", &vmstat, NULL))
		bytes = pagesize_of_counters(meminfo, vmstat);
	if (!bytes && meminfo) /* else nothing of a kernel is there: only files of /etc */
		log_warning(
			ctx,
			"%s: nothing in it says how large a page is on that machine; what its kernel counts in pages is shown with this one's, %ju bytes",
			ctx->root, (uintmax_t)own_page_bytes());
	return bytes ? bytes : own_page_bytes();
}

uint64_t ctx_page_bytes(struct swapadm_ctx *ctx)
{
	if (!ctx->page_bytes)
		ctx->page_bytes = ctx->foreign_root ? of_capture(ctx) : own_page_bytes();
	return ctx->page_bytes;
}

SWAPADM_API uint64_t swapadm_page_bytes(struct swapadm_ctx *ctx)
{
	CTX_CALL(ctx);

	return ctx ? ctx_page_bytes(ctx) : 0;
}
