/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Swapped pages of an area in the order in which they lie on it: what a pre-read feeds
 * from.
 *
 * Bounded: 16 bytes a run, and a run is at least a page. When the room is used up, the
 * highest offsets are let go, and .end_offset says where the next pass has to begin.
 */
#ifndef SWAPADM_RUNSET_H
#define SWAPADM_RUNSET_H

#include "kernel/pagemap.h"

#define RUNSET_MAX_BYTES (UINT64_C(48) << 20)
#define RUN_MAX_PAGES    (1u << 26)
#define RUN_VPN_BITS     45 /* 57 bits of address without the page */

struct swap_run {
	uint32_t offset;
	uint32_t n_pages : 26, type : 6;
	uint64_t vpn : RUN_VPN_BITS, owner : 64 - RUN_VPN_BITS;
};

struct runset {
	struct swap_run *runs;
	size_t n, room, max_runs;
	uint64_t begin_offset, end_offset; /* what lies outside is not taken */
	uint64_t n_pages;                  /* after runset_sort() */
};

/* @max_runs: 0 for what RUNSET_MAX_BYTES holds */
void runset_init(struct runset *set, uint64_t begin_offset, size_t max_runs);
void runset_free(struct runset *set);

/* -ENOMEM; spans that do not fit the fields of a run are left out: it is only advice */
int runset_add(struct runset *set, const struct swap_span *span, unsigned owner);

/* keep only one type */
void runset_keep_type(struct runset *set, unsigned type);

/* sort by offset, drop what is twice on one area (pages that processes share), count */
void runset_sort(struct runset *set);

#endif
