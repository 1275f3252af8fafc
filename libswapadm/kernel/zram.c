/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * zram's counters. mm_stat had 7 fields at first (4.1), 8 with huge_pages (4.18), 9 with
 * huge_pages_since (5.15); bd_stat and backing_dev exist only with CONFIG_ZRAM_WRITEBACK.
 * What a kernel does not print is absent, never 0.
 */
#include <ctype.h>
#include <limits.h>

#include "base/ctx.h"
#include "kernel/stats.h"

/* up to @n numbers; how many there were, or -EBADMSG when one is something else */
static int parse_numbers(const char *text, uint64_t *v, int n)
{
	for (int i = 0; i < n; i++) {
		int r = next_u64(&text, &v[i]);

		if (r == -ENODATA)
			return i;
		if (r || (*text && !isspace((unsigned char)*text)))
			return -EBADMSG;
	}
	return n;
}

int zram_parse_mm_stat(const char *text, struct swapadm_zram_stats *stats)
{
	uint64_t v[9] = {};
	int n = parse_numbers(text, v, ARRAY_SIZE(v));

	if (n < 7)
		return -EBADMSG;
	stats->orig_bytes = v[0];
	stats->compr_bytes = v[1];
	stats->mem_used_bytes = v[2];
	stats->mem_limit_bytes = v[3];
	stats->mem_used_max_bytes = v[4];
	stats->same_pages = v[5];
	stats->compacted_pages = v[6];
	stats->huge_pages = v[7];
	stats->huge_since_pages = v[8];
	stats->known |= SWAPADM_ZRAM_MM | SWAPADM_ZRAM_COMPACTED;
	if (n > 7)
		stats->known |= SWAPADM_ZRAM_HUGE;
	if (n > 8)
		stats->known |= SWAPADM_ZRAM_HUGE_SINCE;
	return 0;
}

int zram_parse_bd_stat(const char *text, struct swapadm_zram_stats *stats)
{
	uint64_t v[3];

	if (parse_numbers(text, v, ARRAY_SIZE(v)) < 3)
		return -EBADMSG;
	stats->bd_count_pages = v[0];
	stats->bd_read_pages = v[1];
	stats->bd_write_pages = v[2];
	stats->known |= SWAPADM_ZRAM_BD;
	return 0;
}

int zram_parse_io_stat(const char *text, struct swapadm_zram_stats *stats)
{
	uint64_t v[2];

	if (parse_numbers(text, v, ARRAY_SIZE(v)) < 2)
		return -EBADMSG;
	stats->failed_reads = v[0];
	stats->failed_writes = v[1];
	stats->known |= SWAPADM_ZRAM_IO;
	return 0;
}

int zram_parse_algorithm(const char *text, struct swapadm_zram_stats *stats)
{
	const char *begin = strchr(text, '['), *end = begin ? strchr(begin, ']') : NULL;
	size_t n;

	if (!end)
		return -EBADMSG;
	n = (size_t)(end - ++begin);
	if (n == 0 || n >= sizeof(stats->algorithm) || memchr(begin, ' ', n))
		return -EBADMSG;
	memcpy(stats->algorithm, begin, n);
	stats->algorithm[n] = '\0';
	stats->known |= SWAPADM_ZRAM_ALGORITHM;
	return 0;
}

int zram_parse_backing(const char *text, struct swapadm_zram_stats *stats)
{
	size_t n = strcspn(text, "\n");

	if (n == 4 && memcmp(text, "none", n) == 0)
		n = 0;
	else if (*text != '/')
		return -EBADMSG;
	if (n >= sizeof(stats->backing_dev))
		return 0;
	memcpy(stats->backing_dev, text, n);
	stats->backing_dev[n] = '\0';
	stats->known |= SWAPADM_ZRAM_BACKING;
	return 0;
}

static int parse_disksize(const char *text, struct swapadm_zram_stats *stats)
{
	uint64_t v;

	if (parse_numbers(text, &v, 1) != 1)
		return -EBADMSG;
	stats->disksize_bytes = v;
	stats->known |= SWAPADM_ZRAM_DISKSIZE;
	return 0;
}

/* "#1: lzo [zstd]": of several, that of the first priority */
static int parse_recompress(const char *text, struct swapadm_zram_stats *stats)
{
	struct swapadm_zram_stats s = {};
	int r = zram_parse_algorithm(text, &s);

	if (r)
		return r;
	memcpy(stats->recompress, s.algorithm, sizeof(stats->recompress));
	stats->known |= SWAPADM_ZRAM_RECOMPRESS;
	return 0;
}

static int parse_batch(const char *text, struct swapadm_zram_stats *stats)
{
	uint64_t v;

	if (parse_numbers(text, &v, 1) != 1)
		return -EBADMSG;
	stats->writeback_batch = v;
	stats->known |= SWAPADM_ZRAM_BATCH;
	return 0;
}

static int parse_compressed(const char *text, struct swapadm_zram_stats *stats)
{
	stats->compressed_writeback = strchr("1Yy", *text) != NULL;
	stats->known |= SWAPADM_ZRAM_COMPRESSED;
	return 0;
}

struct zram_file {
	const char *name;
	uint32_t known;
	int (*parse)(const char *text, struct swapadm_zram_stats *stats);
};

/* without the first one there is no device; any other is absent when it can't be read */
static const struct zram_file files[] = {
	{ "disksize", SWAPADM_ZRAM_DISKSIZE, parse_disksize },
	{ "mm_stat", SWAPADM_ZRAM_MM, zram_parse_mm_stat },
	{ "comp_algorithm", SWAPADM_ZRAM_ALGORITHM, zram_parse_algorithm },
	{ "bd_stat", SWAPADM_ZRAM_BD, zram_parse_bd_stat },
	{ "io_stat", SWAPADM_ZRAM_IO, zram_parse_io_stat },
	{ "backing_dev", SWAPADM_ZRAM_BACKING, zram_parse_backing },
	{ "recomp_algorithm", SWAPADM_ZRAM_RECOMPRESS, parse_recompress },
	{ "writeback_batch_size", SWAPADM_ZRAM_BATCH, parse_batch },
	{ "compressed_writeback", SWAPADM_ZRAM_COMPRESSED, parse_compressed },
};

static int read_one(struct swapadm_ctx *ctx, const char *name,
		    const struct zram_file *file, struct swapadm_zram_stats *stats)
{
	bool optional = file != &files[0];
	char path[PATH_MAX], text[4096];
	int r;

	snprintf(path, sizeof(path), "/sys/block/%s/%s", name, file->name);
	r = ctx_read_line(ctx, path, text, sizeof(text));
	if (r == -ENOENT && !optional)
		return ctx_fail(ctx, -ENODEV, "%s: read counters: no such zram device",
				name);
	if (!r)
		r = file->parse(text, stats);
	if (r)
		log_debug(ctx, "%s: read: %s", path, strerror(-r));
	return 0;
}

int zram_number(const char *path)
{
	const char *digits = str_after(path, "/dev/zram");
	uint64_t n;

	if (!digits)
		digits = str_after(path, "zram");
	if (!digits || parse_u64(digits, &n) || n > 1u << 20)
		return -1;
	return (int)n;
}

int zram_get(struct swapadm_ctx *ctx, const char *name, uint32_t wanted,
	     struct swapadm_zram_stats *stats)
{
	struct swapadm_zram_stats s = {};

	if (zram_number(name) < 0 || strchr(name, '/'))
		return ctx_fail(ctx, -ENODEV, "%s: read counters: not a zram device",
				name);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		int r = files[i].known & wanted ? read_one(ctx, name, &files[i], &s) : 0;

		if (r)
			return r;
	}
	*stats = s;
	return 0;
}

SWAPADM_API int swapadm_zram_get_stats_sized(struct swapadm_ctx *ctx, const char *name,
					     struct swapadm_zram_stats *stats,
					     size_t size)
{
	struct swapadm_zram_stats zram;
	CTX_CALL(ctx);
	int r;

	if (!ctx || !name || !stats)
		return -EINVAL;
	r = zram_get(ctx, name, UINT32_MAX, &zram);
	return r ? r : sized_put(stats, size, &zram, sizeof(zram));
}
