/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/zram.h"

#include "kernel/stats.h"
#include "device/zram.h"
#include "model/tags.h"

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

/* ---- is it what the line asks for ---------------------------------------------- */

/* a device that is active and the line for it; @was: what it was made as, or NULL */
struct pair {
	struct swapadm_ctx *ctx;
	const struct swapadm_devspec *spec, *was;
	const struct swapadm_device *dev;
};

static bool other_size(const struct pair *pair)
{
	uint64_t wanted, bytes = pair->dev->usage.size_bytes;

	if (zram_wanted_bytes(pair->ctx, &pair->spec->size, &wanted))
		return true;
	return (bytes > wanted ? bytes - wanted : wanted - bytes) >= SLACK_BYTES;
}

static bool other_algorithm(const struct pair *pair)
{
	struct swapadm_zram_stats stats = {};
	char path[64], text[512];

	if (!pair->spec->algorithm)
		return false;
	snprintf(path, sizeof(path), "/sys/block/zram%d/comp_algorithm",
		 zram_number(pair->dev->path));
	return ctx_read_line(pair->ctx, path, text, sizeof(text)) ||
	       zram_parse_algorithm(text, &stats) ||
	       !streq(stats.algorithm, pair->spec->algorithm);
}

/* it can't be read back: what it was made with is on record */
static bool other_level(const struct pair *pair)
{
	const struct swapadm_devspec *spec = pair->spec, *was = pair->was;

	if (!was)
		return false;
	return (spec->algorithm && streq_null(was->algorithm, spec->algorithm) &&
		was->algorithm_level != spec->algorithm_level) ||
	       (spec->recompress && streq_null(was->recompress, spec->recompress) &&
		was->recompress_level != spec->recompress_level);
}

/* what a line does not name is left alone, unless it was named when the zram was made */
static bool other_recompress(const struct pair *pair)
{
	if (pair->spec->recompress)
		return !streq_null(pair->dev->recompress, pair->spec->recompress);
	return pair->dev->recompress && pair->was && pair->was->recompress;
}

/* a tag without a link is not known to be another */
static bool is_other_node(struct swapadm_ctx *ctx, const char *word, const char *path)
{
	struct devkey want, have;

	if (!path)
		return true;
	if (devkey_get(ctx, word, &want) || devkey_get(ctx, path, &have) ||
	    streq(want.path, have.path))
		return false;
	return !want.known || !have.known || want.is_blk != have.is_blk ||
	       want.dev != have.dev || want.ino != have.ino;
}

static bool other_writeback(const struct pair *pair)
{
	const struct swapadm_device *dev = pair->dev;
	const char *word = pair->spec->writeback;

	if (!word)
		return dev->backing_dev && pair->was && pair->was->writeback;
	return is_other_node(pair->ctx, word, dev->backing_dev) &&
	       is_other_node(pair->ctx, word, dev->backing_file);
}

static bool other_compressed(const struct pair *pair)
{
	if (!pair->spec->writeback || !pair->dev->backing_dev)
		return false;
	if (pair->spec->compressed_writeback)
		return !pair->dev->compressed_writeback;
	return pair->dev->compressed_writeback && pair->was &&
	       pair->was->compressed_writeback;
}

/* of those that can't be changed in use */
static bool (*const is_other[ZRAM_OPTIONS])(const struct pair *pair) = {
	[ZRAM_SIZE] = other_size,
	[ZRAM_ALGORITHM] = other_algorithm,
	[ZRAM_LEVEL] = other_level,
	[ZRAM_RECOMPRESS] = other_recompress,
	[ZRAM_WRITEBACK] = other_writeback,
	[ZRAM_COMPRESSED_WRITEBACK] = other_compressed,
};

unsigned zram_differing(struct swapadm_ctx *ctx, const struct swapadm_devspec *spec,
			const struct swapadm_device *dev,
			const struct state_device *record)
{
	_cleanup_(devspec_freep) struct swapadm_devspec *was = NULL;
	struct pair pair = { .ctx = ctx, .spec = spec, .dev = dev };
	unsigned differing = 0;

	if (record && swapadm_devspec_parse(ctx, record->spec, &was) == 0)
		pair.was = was;
	for (unsigned i = 0; i < ZRAM_OPTIONS; i++)
		if (is_other[i] && is_other[i](&pair))
			differing |= 1u << i;
	return differing & ~zram_lacking(ctx, zram_number(dev->path), spec);
}

bool zram_matches(struct swapadm_ctx *ctx, enum zram_pass pass, const char *tier,
		  const struct swapadm_devspec *spec, const struct swapadm_device *dev,
		  const struct state_device *record)
{
	const unsigned kind = 1u << ZRAM_SIZE | 1u << ZRAM_ALGORITHM;
	int number = zram_number(dev->path);

	if (number < 0 ||
	    (pass == ZRAM_OTHERS_AS_WANTED ? record != NULL
					   : !state_is_as(record, tier, "zram")))
		return false;
	if (pass == ZRAM_OURS)
		return true;
	if (pass == ZRAM_OURS_AS_WANTED)
		return !zram_differing(ctx, spec, dev, record);
	/* no second one of the same kind is made, whatever else it was given */
	return !(zram_differing(ctx, spec, dev, NULL) & kind) &&
	       (spec->optional ||
		!(zram_lacking(ctx, number, spec) & 1u << ZRAM_ALGORITHM));
}

/* ---- the line for what it is ----------------------------------------------------- */

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
