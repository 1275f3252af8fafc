/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Parsers of the kernel's counters: text to the public structs. All of them leave the
 * result untouched on failure, accept more than they know (later kernels append fields
 * and lines) and set a bit of .known for what was there: one strange line never takes the
 * others' values away. They return 0 or, where nothing was understood, -EBADMSG.
 */
#ifndef SWAPADM_STATS_H
#define SWAPADM_STATS_H

#include "swapadm.h"
#include "base/util.h"

/* one counter of a table of "name value" lines */
struct stats_field {
	const char *name;
	uint32_t known;
	size_t offset; /* of its uint64_t */
};

/**
 * stats_parse_table() - pick counters out of lines "NAME VALUE [UNIT]"
 * @text:    the table
 * @suffix:  what a line has behind the number: "" or " kB"
 * @scale:   the number is multiplied by this
 * @base:    struct to fill
 * @known:   bits of what was found are added
 *
 * A line that is cut off, or whose number is above 2^64, is absent, and only it.
 */
void stats_parse_table(const char *text, const struct stats_field *fields, size_t n,
		       const char *suffix, uint64_t scale, void *base, uint32_t *known);

/* /proc/meminfo; without MemTotal it is none */
int meminfo_parse(const char *text, struct swapadm_mem_stats *out);

/* /proc/vmstat */
void vmstat_parse(const char *text, struct swapadm_vmstat *out);

/* /proc/pressure/RESOURCE; cpu has no "full" line before 5.13 */
int psi_parse(const char *text, struct swapadm_psi *out);

/* number of "/dev/zramN" or "zramN"; -1 it is something else */
int zram_number(const char *path);

/* files of /sys/block/zram<N>; each fills its part of the struct and its bits */
int zram_parse_mm_stat(const char *text, struct swapadm_zram_stats *stats);
int zram_parse_bd_stat(const char *text, struct swapadm_zram_stats *stats);
int zram_parse_io_stat(const char *text, struct swapadm_zram_stats *stats);
/* "lzo [lz4] zstd": the one in brackets */
int zram_parse_algorithm(const char *text, struct swapadm_zram_stats *stats);
/* "none" or a path; one that does not fit stays unknown */
int zram_parse_backing(const char *text, struct swapadm_zram_stats *stats);

/*
 * as swapadm_zram_get_stats(), but only the files whose bits (SWAPADM_ZRAM_*) are wanted
 */
int zram_get(struct swapadm_ctx *ctx, const char *name, uint32_t wanted,
	     struct swapadm_zram_stats *stats);

/*
 * a line of block_state; @used_s: last use, since boot; @final: nothing for a second
 * compressor, as it is filled with one word, written, recompressed or incompressible
 */
struct zram_page {
	uint64_t used_s;
	bool idle, written, recompressed, final;
};

/* false: not such a line */
bool zram_parse_state(const char *line, struct zram_page *page);

/*
 * what a zram holds in memory, uncompressed; pages filled with one word, which are stored
 * in its table and never written back, are left out
 */
static inline uint64_t zram_held_bytes(const struct swapadm_zram_stats *st,
				       uint64_t page_bytes)
{
	/* bd_stat counts 4 KiB, whatever a page is */
	return u64_minus(st->orig_bytes,
			 st->bd_count_pages * 4096 + st->same_pages * page_bytes);
}

/* zswap as the kernel has it now; as swapadm_zswap_get_stats() */
int zswap_read_stats(struct swapadm_ctx *ctx, struct swapadm_zswap_stats *out);

#endif
