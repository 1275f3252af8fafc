/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where the swapped pages of processes lie, from /proc/PID/pagemap.
 *
 * Only mapped anonymous (and private) pages show there; swapped shmem shows as nothing. A
 * process that ends, forks or unmaps meanwhile is not an error: what is reported was true
 * at the moment it was read, and is only ever used as advice.
 */
#ifndef SWAPADM_PAGEMAP_H
#define SWAPADM_PAGEMAP_H

#include "base/ctx.h"

#define PAGEMAP_TYPES 64 /* more than the kernel has, so that special types fit as well */

/**
 * struct swap_span - pages that are neighbours in memory and on the device
 * @type:   swap type: the kernel's number of the area
 * @offset: slot in the area, counted in pages from its start (the header page is 0)
 * @vpn:    virtual page number
 */
struct swap_span {
	unsigned type;
	uint64_t offset, vpn, n_pages;
};

typedef int (*pagemap_fn)(void *data, const struct swap_span *span);

/**
 * pagemap_decode() - one entry
 * Return: true when it is a swapped page, then @type and @offset are set.
 *
 * Kernel ABI: Documentation/admin-guide/mm/pagemap.rst: bit 62 swapped, bits 0-4 type,
 * bits 5-54 offset.
 */
bool pagemap_decode(uint64_t entry, unsigned *type, uint64_t *offset);

/**
 * pagemap_scan() - call @fn for every span of swapped pages of a process
 * @swap_bytes:  how much there is, about (VmSwap): reads are made to fit; 0: not known
 *
 * Looks only where something is swapped: PAGEMAP_SCAN finds it (6.7+), else smaps; where
 * there is little address space, in all of it. A
 * non-zero result of @fn ends the scan and is returned. A process whose first thread has
 * ended is read through another thread.
 * Return: 0, also when the process has ended; -EACCES/-EPERM no privilege (offsets need
 * CAP_SYS_ADMIN); -ENOMEM; -EMFILE; -ENFILE.
 */
int pagemap_scan(struct swapadm_ctx *ctx, pid_t pid, uint64_t swap_bytes, pagemap_fn fn,
		 void *data);

/**
 * pagemap_find_end() - the end of the address space that a scan may ask for
 * @takes:  does the kernel take a range that ends there?
 *
 * Return: the largest multiple of @page_bytes that it takes; about 20 questions for the
 * usual ends, 70 for any other.
 */
uint64_t pagemap_find_end(uint64_t page_bytes, bool (*takes)(void *data, uint64_t end),
			  void *data);

/**
 * maps_next_private() - the next private mappings, which alone have swapped pages
 * @cursor:   in the text of /proc/PID/maps; moved behind them
 * @max_gap:  bytes between two that are still given as one range
 * Return: true, with @start and @end set; false at the end.
 */
bool maps_next_private(const char **cursor, uint64_t max_gap, uint64_t *start,
		       uint64_t *end);

/**
 * smaps_next_swapped() - the next mapping with swapped pages
 * @cursor:  in the text of /proc/PID/smaps; moved behind the mapping
 * Return: true, with @start and @end set; false at the end.
 */
bool smaps_next_swapped(const char **cursor, uint64_t *start, uint64_t *end);

#endif
