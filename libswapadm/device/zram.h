/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Making and removing zram devices.
 *
 * Kernel ABI: /sys/class/zram-control/hot_add (reading it makes a device) and hot_remove,
 * /sys/block/zram<N>/{comp_algorithm,backing_dev,disksize,reset}; disksize comes last, it
 * makes the device usable (Documentation/admin-guide/blockdev/zram.rst).
 */
#ifndef SWAPADM_ZRAM_MAKE_H
#define SWAPADM_ZRAM_MAKE_H

#include "base/ctx.h"

/**
 * struct zram_setup - what a device is to be
 * @algorithm:  compressor, or NULL: the kernel's choice
 * @backing:    path of the write-back device as the kernel may open it, or NULL
 */
struct zram_setup {
	uint64_t size_bytes;
	const char *algorithm, *backing;
};

/**
 * zram_find_module() - can this kernel have zram devices? changes nothing
 * Return: 0 it is there or can be loaded; -EPROTONOSUPPORT, with the sentence.
 */
int zram_find_module(struct swapadm_ctx *ctx);

/**
 * zram_check_setup() - is the algorithm on offer, is write-back built in?
 *
 * Looks at any zram device there is; without one the answer comes with zram_make().
 * Return: 0; -EINVAL unknown algorithm, the sentence names those on offer;
 * -EPROTONOSUPPORT kernel without write-back.
 */
int zram_check_setup(struct swapadm_ctx *ctx, const struct zram_setup *setup);

/*
 * load the module if need be and make a device; its number, or -errno with the sentence
 */
int zram_hot_add(struct swapadm_ctx *ctx);

/**
 * zram_configure() - give a fresh device its algorithm, backing device and size
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
 * zram_is_left_over() - may a device that is no area be taken for one of ours?
 *
 * True when it has no size, holds a swap area and nothing else, or nothing at all: a
 * recorded number may have been taken away and made again by others.
 */
bool zram_is_left_over(struct swapadm_ctx *ctx, int number);

/* is it a word of "lzo [lz4] zstd"? */
bool zram_offers(const char *text, const char *algorithm);

#endif
