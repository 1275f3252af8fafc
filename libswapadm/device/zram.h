/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Making and removing zram devices.
 *
 * Kernel ABI: /sys/class/zram-control/hot_add (reading it makes a device) and hot_remove,
 * /sys/block/zram<N>/{comp_algorithm,recomp_algorithm,algorithm_params,backing_dev,
 * compressed_writeback,writeback_batch_size,disksize,mem_limit,reset}; what says how
 * pages are kept comes before disksize, which makes the device usable
 * (Documentation/admin-guide/blockdev/zram.rst).
 */
#ifndef SWAPADM_ZRAM_MAKE_H
#define SWAPADM_ZRAM_MAKE_H

#include "base/ctx.h"

/**
 * struct zram_setup - what a device is to be
 * @spec:             its options
 * @mem_limit_bytes:  of them, 0: none
 * @backing:          path of the write-back device as the kernel may open it, or NULL
 */
struct zram_setup {
	const struct swapadm_devspec *spec;
	uint64_t size_bytes, mem_limit_bytes;
	const char *backing;
};

/* options of a device; all but the size some kernels' zram lacks */
enum zram_option {
	ZRAM_SIZE,
	ZRAM_ALGORITHM,
	ZRAM_LEVEL,
	ZRAM_RECOMPRESS,
	ZRAM_MEM_LIMIT,
	ZRAM_WRITEBACK,
	ZRAM_COMPRESSED_WRITEBACK,
	ZRAM_WRITEBACK_BATCH,
	ZRAM_OPTIONS,
};

/**
 * zram_lacking() - which of a line's options does this kernel not have?
 *
 * Asks a zram device for its attributes, never the kernel for its version.
 * @number:  of the device; -1: any that there is; without one nothing is known to lack
 * Return: 1u << ZRAM_*, or'ed.
 */
unsigned zram_lacking(struct swapadm_ctx *ctx, int number,
		      const struct swapadm_devspec *spec);

/* those of which that shows only when a device is made, as there is none to ask */
unsigned zram_unknown(struct swapadm_ctx *ctx, const struct swapadm_devspec *spec);

/* "recompress (CONFIG_ZRAM_MULTI_COMP), writeback-batch" */
const char *zram_print_options(unsigned options, char *buf, size_t size);
/* "recompress, writeback-batch" */
const char *zram_print_names(unsigned options, char *buf, size_t size);

/**
 * zram_find_module() - can this kernel have zram devices? changes nothing
 * Return: 0 it is there or can be loaded; -EPROTONOSUPPORT, with the sentence.
 */
int zram_find_module(struct swapadm_ctx *ctx);

/**
 * zram_check() - is the algorithm on offer, are the options there?
 *
 * Looks at any zram device there is; without one the answer comes with zram_configure().
 * What an "optional" line lacks is not a failure.
 * Return: 0; -EPROTONOSUPPORT an algorithm or an option that this kernel's zram lacks; of
 * an algorithm the sentence names those on offer.
 */
int zram_check(struct swapadm_ctx *ctx, const struct swapadm_devspec *spec);

/*
 * load the module if need be and make a device; its number, or -errno with the sentence
 */
int zram_hot_add(struct swapadm_ctx *ctx);

/**
 * zram_configure() - give a fresh device its options and size
 *
 * Return: 0; -EINVAL; -EPROTONOSUPPORT; -EBUSY; -ENOMEM; else -errno. Sentence set.
 */
int zram_configure(struct swapadm_ctx *ctx, int number, const struct zram_setup *setup);

/* back to a device without size; -EBUSY it is open. Sentence set. */
int zram_reset(struct swapadm_ctx *ctx, int number);

/* reset and take the device away; -EBUSY it is open. Sentence set. */
int zram_remove(struct swapadm_ctx *ctx, int number);

/* its size, 0: not configured; -ENODEV */
int zram_read_size(struct swapadm_ctx *ctx, int number, uint64_t *size_bytes);

/* number of the zram device that writes back to this block device; -1 none */
int zram_of_backing(struct swapadm_ctx *ctx, dev_t backing);

/**
 * zram_is_left_over() - may a device that is not an area be taken for one of ours?
 *
 * True when it has no size, holds a swap area and nothing else, or nothing at all: a
 * recorded number may have been taken away and made again by others.
 */
bool zram_is_left_over(struct swapadm_ctx *ctx, int number);

/**
 * zram_check_removal() - may a device that is not an area be taken away by its record?
 * @is_ours:  it is known to be the one that was made, not another one of that number
 *
 * Return: 0; -EBUSY others use it; -EMEDIUMTYPE others have written to it: a file system,
 * or of a device that may not be ours anything but swap. Sentence set.
 */
int zram_check_removal(struct swapadm_ctx *ctx, int number, bool is_ours);

/* is it a word of "lzo [lz4] zstd"? */
bool zram_offers(const char *text, const char *algorithm);

#endif
