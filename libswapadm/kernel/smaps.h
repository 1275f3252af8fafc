/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Shared mappings of /proc/PID/maps and smaps. What "Swap:" says of one is shared memory
 * in swap: the pages of a tmpfs file, memfd or segment that are in swap within the range
 * that is mapped, whoever put them there (fs/proc/task_mmu.c, smap_gather_stats()).
 */
#ifndef SWAPADM_SMAPS_H
#define SWAPADM_SMAPS_H

#include "base/ctx.h"

/**
 * struct smaps_range - a shared mapping of a file without a block device
 * @start:         its address
 * @offset_bytes:  in the file, of @size_bytes that are mapped
 * @name:          as printed: a path, "/memfd:NAME (deleted)", "/SYSV0000007b (deleted)"
 * @swap_bytes:    0 in /proc/PID/maps
 */
struct smaps_range {
	uint64_t start;
	dev_t dev;
	uint64_t inode;
	uint64_t offset_bytes, size_bytes;
	const char *name;
	uint64_t swap_bytes;
};

/**
 * smaps_each_shared() - call @fn for each such mapping
 * @text:  of /proc/PID/smaps or maps; cut into strings
 *
 * Return: 0; the first other result of @fn; lines that are not understood are passed
 * over.
 */
int smaps_each_shared(char *text, int (*fn)(void *data, const struct smaps_range *range),
		      void *data);

#endif
