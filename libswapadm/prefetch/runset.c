/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "prefetch/runset.h"

#include <assert.h>

_Static_assert(sizeof(struct swap_run) == 16, "16 bytes a page are promised");

#define INSERTION_MAX 32
#define RADIX         256

void runset_init(struct runset *set, uint64_t begin_offset, size_t max_runs)
{
	*set = (struct runset){
		.max_runs = max_runs ? max_runs
				     : RUNSET_MAX_BYTES / sizeof(struct swap_run),
		.begin_offset = begin_offset,
		.end_offset = UINT64_C(1) << 32,
	};
}

void runset_free(struct runset *set)
{
	free(set->runs);
	set->runs = NULL;
	set->n = set->room = 0;
}

/* ---- sorting: in place, so that the bound on memory holds ------------------------- */

static void insertion_sort(struct swap_run *runs, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct swap_run run = runs[i];
		size_t k = i;

		for (; k && runs[k - 1].offset > run.offset; k--)
			runs[k] = runs[k - 1];
		runs[k] = run;
	}
}

/* swap every run into the bucket of its digit (most significant digit first) */
static void radix_sort(struct swap_run *runs, size_t n, unsigned shift)
{
	size_t next[RADIX] = { 0 }, end[RADIX], sum = 0;

	if (n <= INSERTION_MAX) {
		insertion_sort(runs, n);
		return;
	}
	for (size_t i = 0; i < n; i++)
		next[(runs[i].offset >> shift) % RADIX]++;
	for (unsigned d = 0; d < RADIX; d++) {
		size_t count = next[d];

		next[d] = sum;
		sum += count;
		end[d] = sum;
	}
	for (unsigned d = 0; d < RADIX; d++) {
		while (next[d] < end[d]) {
			struct swap_run run = runs[next[d]], tmp;
			unsigned to;

			while ((to = (run.offset >> shift) % RADIX) != d) {
				tmp = runs[next[to]];
				runs[next[to]++] = run;
				run = tmp;
			}
			runs[next[d]++] = run;
		}
	}
	for (unsigned d = 0; shift && d < RADIX; d++) {
		size_t begin = d ? end[d - 1] : 0;

		radix_sort(runs + begin, end[d] - begin, shift - 8);
	}
}

/* the part of @run behind @offset; false when nothing is left */
static bool cut_front(struct swap_run *run, uint64_t offset)
{
	uint64_t cut = offset > run->offset ? offset - run->offset : 0;

	if (cut >= run->n_pages)
		return false;
	run->offset += (uint32_t)cut;
	run->vpn += cut;
	run->n_pages -= (uint32_t)cut;
	return true;
}

void runset_sort(struct runset *set)
{
	uint64_t behind[PAGEMAP_TYPES] = { 0 }; /* offsets below are in a run already */
	size_t n = 0;

	radix_sort(set->runs, set->n, 24);
	set->n_pages = 0;
	for (size_t i = 0; i < set->n; i++) {
		struct swap_run run = set->runs[i];

		if (!cut_front(&run, behind[run.type]))
			continue;
		behind[run.type] = (uint64_t)run.offset + run.n_pages;
		set->n_pages += run.n_pages;
		set->runs[n++] = run;
	}
	set->n = n;
}

/* ---- filling --------------------------------------------------------------------- */

/* room for one more: let the upper half go when it can't be had otherwise */
static bool make_room(struct runset *set)
{
	size_t room;
	void *p;

	if (set->n < set->room)
		return true;
	if (set->room == set->max_runs) {
		runset_sort(set);
		if (set->n > set->max_runs / 2) {
			set->n = set->max_runs / 2;
			set->end_offset = set->runs[set->n].offset;
		}
		return true;
	}
	room = set->room ? 2 * set->room : 4096;
	if (room > set->max_runs)
		room = set->max_runs;
	p = reallocarray(set->runs, room, sizeof(*set->runs));
	if (!p)
		return false;
	set->runs = p;
	set->room = room;
	return true;
}

static int add_run(struct runset *set, const struct swap_span *span, unsigned owner)
{
	struct swap_run run = {
		.offset = (uint32_t)span->offset,
		.n_pages = (uint32_t)span->n_pages & (RUN_MAX_PAGES - 1),
		.type = span->type & (PAGEMAP_TYPES - 1),
		.vpn = span->vpn & ((UINT64_C(1) << RUN_VPN_BITS) - 1),
		.owner = owner & ((1u << (64 - RUN_VPN_BITS)) - 1),
	};

	if (!make_room(set))
		return -ENOMEM;
	if (run.offset < set->end_offset) /* making room may have moved it */
		set->runs[set->n++] = run;
	return 0;
}

/* a 32-bit program can't name all addresses of a 64-bit process */
static bool can_name(const struct swap_span *span)
{
	uint64_t page_bytes = own_page_bytes();

	return span->vpn + span->n_pages <= UINTPTR_MAX / page_bytes;
}

int runset_add(struct runset *set, const struct swap_span *span, unsigned owner)
{
	struct swap_span rest = *span;
	int r = 0;

	if (owner >= 1u << (64 - RUN_VPN_BITS) || rest.type >= PAGEMAP_TYPES ||
	    rest.vpn >> RUN_VPN_BITS || !can_name(span))
		return 0;
	if (rest.offset < set->begin_offset) {
		uint64_t cut = set->begin_offset - rest.offset;

		if (cut >= rest.n_pages)
			return 0;
		rest.offset += cut;
		rest.vpn += cut;
		rest.n_pages -= cut;
	}
	while (!r && rest.n_pages && rest.offset < set->end_offset) {
		struct swap_span part = rest;

		if (part.n_pages >= RUN_MAX_PAGES)
			part.n_pages = RUN_MAX_PAGES - 1;
		if (part.n_pages > set->end_offset - part.offset)
			part.n_pages = set->end_offset - part.offset;
		r = add_run(set, &part, owner);
		rest.offset += part.n_pages;
		rest.vpn += part.n_pages;
		rest.n_pages -= part.n_pages;
	}
	return r;
}

void runset_keep_type(struct runset *set, unsigned type)
{
	size_t n = 0;

	for (size_t i = 0; i < set->n; i++)
		if (set->runs[i].type == type)
			set->runs[n++] = set->runs[i];
	set->n = n;
}
