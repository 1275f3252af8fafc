/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/zram.h"

#include "kernel/stats.h"
#include "device/zram.h"

#define DEFAULT_PCT_RAM 50
#define PCT_MAX         100000
/* percentages of memory are not the same to the byte after a kernel update */
#define SLACK_BYTES (1u << 20)

bool zram_is_line(const struct swapadm_devspec *spec)
{
	return streq(spec->word, "zram");
}

int zram_wanted_bytes(struct swapadm_ctx *ctx, const struct swapadm_size *size,
		      uint64_t *bytes)
{
	struct swapadm_mem_stats mem;
	uint64_t pct;

	*bytes = size->value;
	if (size->unit == SWAPADM_SIZE_BYTES)
		return 0;
	pct = size->unit == SWAPADM_SIZE_NONE ? DEFAULT_PCT_RAM : size->value;
	if (pct > PCT_MAX)
		return -ERANGE;
	if (swapadm_mem_get_stats(ctx, &mem) || !mem.total_bytes)
		return -EIO;
	*bytes = mem.total_bytes / 100 * pct + mem.total_bytes % 100 * pct / 100;
	return 0;
}

static bool has_size(struct swapadm_ctx *ctx, const struct swapadm_devspec *spec,
		     uint64_t bytes)
{
	uint64_t wanted;

	if (zram_wanted_bytes(ctx, &spec->size, &wanted))
		return false;
	return (bytes > wanted ? bytes - wanted : wanted - bytes) < SLACK_BYTES;
}

/* @optional: it need not be what this kernel does not offer */
static bool has_algorithm(struct swapadm_ctx *ctx, int number, const char *algorithm,
			  bool optional)
{
	struct swapadm_zram_stats stats = {};
	char path[64], text[512];

	snprintf(path, sizeof(path), "/sys/block/zram%d/comp_algorithm", number);
	return ctx_read_line(ctx, path, text, sizeof(text)) == 0 &&
	       zram_parse_algorithm(text, &stats) == 0 &&
	       (streq(stats.algorithm, algorithm) ||
		(optional && !zram_offers(text, algorithm)));
}

/* a level can't be read back: what it was made with is on record */
static bool has_levels(struct swapadm_ctx *ctx, int number,
		       const struct swapadm_devspec *spec,
		       const struct state_device *record)
{
	_cleanup_(devspec_freep) struct swapadm_devspec *was = NULL;
	unsigned lacking = zram_lacking(ctx, number, spec);

	if (!record || lacking & 1u << ZRAM_LEVEL ||
	    swapadm_devspec_parse(ctx, record->spec, &was))
		return true;
	if (spec->algorithm && streq_null(was->algorithm, spec->algorithm) &&
	    was->algorithm_level != spec->algorithm_level)
		return false;
	return lacking & 1u << ZRAM_RECOMPRESS || !spec->recompress ||
	       !streq_null(was->recompress, spec->recompress) ||
	       was->recompress_level == spec->recompress_level;
}

bool zram_matches(struct swapadm_ctx *ctx, enum zram_pass pass, const char *tier,
		  const struct swapadm_devspec *spec, const struct swapadm_device *dev,
		  const struct state_device *record)
{
	int number = zram_number(dev->path);

	if (number < 0 ||
	    (pass == ZRAM_OTHERS_AS_WANTED ? record != NULL
					   : !state_is_as(record, tier, "zram")))
		return false;
	if (pass == ZRAM_OURS)
		return true;
	return has_size(ctx, spec, dev->usage.size_bytes) &&
	       (!spec->algorithm ||
		has_algorithm(ctx, number, spec->algorithm, spec->optional)) &&
	       has_levels(ctx, number, spec, record);
}

/* what an optional line wishes stays its wish on a kernel that lacks it */
static void keep_wishes(const struct swapadm_devspec *asked, unsigned lacking,
			struct swapadm_devspec *spec)
{
	if (lacking & 1u << ZRAM_ALGORITHM)
		spec->algorithm = asked->algorithm;
	if (lacking & 1u << ZRAM_RECOMPRESS)
		spec->recompress = asked->recompress;
	if (lacking & 1u << ZRAM_WRITEBACK) {
		spec->writeback = asked->writeback;
		spec->allow_loop = asked->allow_loop;
	}
	if (lacking & (1u << ZRAM_WRITEBACK | 1u << ZRAM_COMPRESSED_WRITEBACK))
		spec->compressed_writeback = asked->compressed_writeback;
	if (lacking & (1u << ZRAM_WRITEBACK | 1u << ZRAM_WRITEBACK_BATCH))
		spec->writeback_batch = asked->writeback_batch;
}

void zram_to_spec(struct swapadm_ctx *ctx, const struct swapadm_device *dev,
		  const struct swapadm_devspec *asked, struct swapadm_devspec *spec)
{
	spec->algorithm = dev->algorithm;
	spec->recompress = dev->recompress;
	spec->writeback = dev->backing_file ? dev->backing_file : dev->backing_dev;
	spec->allow_loop = !dev->backing_file && dev->backing_dev &&
			   str_after(dev->backing_dev, "/dev/loop");
	spec->compressed_writeback = spec->writeback && dev->compressed_writeback;
	if (dev->mem_limit_bytes)
		spec->mem_limit =
			(struct swapadm_size){ SWAPADM_SIZE_BYTES, dev->mem_limit_bytes };
	if (!asked)
		return;
	spec->optional = asked->optional;
	if (asked->writeback_batch && spec->writeback)
		spec->writeback_batch = (unsigned)dev->writeback_batch;
	if (asked->optional)
		keep_wishes(asked, zram_lacking(ctx, zram_number(dev->path), asked),
			    spec);
	if (streq_null(asked->algorithm, spec->algorithm))
		spec->algorithm_level = asked->algorithm_level;
	if (streq_null(asked->recompress, spec->recompress))
		spec->recompress_level = asked->recompress_level;
}
