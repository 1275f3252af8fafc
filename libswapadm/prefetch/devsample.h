/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A short read-only sample of a swap area: how long does one page take, alone?
 *
 * swapoff(2) reads page by page and waits for each, so this is what a plain swapoff
 * costs, give or take its readahead. Reads go past the page cache (O_DIRECT) and are made
 * where pages lie, in the order in which swapoff would want them: an empty zram slot or
 * the track buffer of a disk would show something else.
 */
#ifndef SWAPADM_DEVSAMPLE_H
#define SWAPADM_DEVSAMPLE_H

#include "base/ctx.h"

/**
 * devsample_read_ns() - mean time of a read of one page
 * @path:      device or swap file
 * @offsets:   slots to read, in pages
 * @n:         how many, at most
 * @budget_ns: stop after that time
 * @read_ns:   mean of the reads made, at least one
 * @waits:     whether the reader slept for them. A synchronous device (zram, brd, pmem)
 *             has done its work when the call comes back: there is no queue that could be
 *             filled.
 *
 * Return: 0; -ENODATA nothing could be read; -EACCES; else -errno of open.
 */
int devsample_read_ns(struct swapadm_ctx *ctx, const char *path, const uint64_t *offsets,
		      size_t n, uint64_t budget_ns, uint64_t *read_ns, bool *waits);

/**
 * devsample_bandwidth() - how fast does it read in large pieces?
 * @offset:    slot of the first piece
 * @all_bytes: what is going to be read: no more than a hundredth of it is read for this
 *
 * The others and the result as above. At least one piece, of 1 MiB, is read.
 */
int devsample_bandwidth(struct swapadm_ctx *ctx, const char *path, uint64_t offset,
			uint64_t all_bytes, uint64_t budget_ns, uint64_t *bytes_per_s);

#endif
