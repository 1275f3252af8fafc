/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What distinguishes a device or file from another one that gets its name later:
 * /dev/zram0 may be removed and made again, a swap file deleted and written anew.
 */
#ifndef SWAPADM_IDENTITY_H
#define SWAPADM_IDENTITY_H

#include "base/ctx.h"

/**
 * struct identity - of a device or file; what is not known is 0 or ""
 * @boot:        of the kernel that runs: numbers and names mean nothing to the next one
 * @uuid:        of the swap signature
 * @size_bytes:  of the area by its signature, without the header page as in /proc/swaps
 * @diskseq:     of the whole disk: no two disks of one boot have the same
 * @dev, @ino:   of a file
 */
struct identity {
	char boot[40], uuid[40];
	uint64_t size_bytes, diskseq;
	uint64_t dev, ino;
};

/* IDENTITY_SIGNATURE: the device is opened and its first page read */
#define IDENTITY_SIGNATURE (1u << 0)

/**
 * identity_get() - what can be seen of it now
 * @path:  device node or file; in a capture only the kernel name of a device leads on
 *
 * Kernel ABI: /sys/dev/block/MAJ:MIN/diskseq (since 5.15),
 * /proc/sys/kernel/random/boot_id, include/linux/swap.h union swap_header. What can't be
 * read stays unknown.
 */
void identity_get(struct swapadm_ctx *ctx, const char *path, unsigned flags,
		  struct identity *out);

/* false when something that both know differs */
bool identity_matches(const struct identity *a, const struct identity *b);

/* the first page of a device or file; false: no signature of version 1. Pure. */
bool identity_parse_header(const unsigned char *page, size_t page_bytes,
			   struct identity *out);

#endif
