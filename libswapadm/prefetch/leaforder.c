/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "prefetch/leaforder.h"

#include <linux/tswap.h>

#include "module/map.h"

#define N_LEAVES   (TSWAP_LEAF_MAX + 1) /* 0: pages that are on none */
#define MAX_RUNS   (UINT64_C(1) << 20)
#define MAX_PIECES (2 * MAX_RUNS)
/* pages of one leaf's turn: what the I/O scheduler of a disk can make something of */
#define TURN_PAGES 256

struct order {
	struct leafmap *map;
	uint64_t end[N_LEAVES];  /* position behind the leaf's last page of the set */
	uint64_t base[N_LEAVES]; /* where its positions begin, in a row of all leaves */
	uint64_t n_unplaced;
};

/* ---- by leaf and position -------------------------------------------------------- */

static void find_ends(struct order *order, const struct runset *set)
{
	for (size_t i = 0; i < set->n; i++)
		for (uint64_t k = 0; k < set->runs[i].n_pages; k++) {
			uint64_t word = leafmap_word(order->map, set->runs[i].offset + k);
			uint32_t leaf = TSWAP_SLOT_LEAF(word);
			uint64_t end = TSWAP_SLOT_POS(word) + UINT64_C(1);

			if (leaf < N_LEAVES && end > order->end[leaf])
				order->end[leaf] = end;
		}
	order->end[0] = set->n_pages; /* until the next look, any page may have moved */
}

/* false: more positions than an offset has room for */
static bool line_up(struct order *order)
{
	uint64_t sum = 0;

	for (unsigned leaf = 0; leaf < N_LEAVES; leaf++) {
		order->base[leaf] = sum;
		sum += order->end[leaf];
	}
	return sum <= UINT32_MAX;
}

/* where a slot's page is in the row; one that moved since counts as being on no leaf */
static uint64_t place_of(struct order *order, uint64_t slot)
{
	uint64_t word = leafmap_word(order->map, slot);
	uint32_t leaf = TSWAP_SLOT_LEAF(word);

	if (leaf && leaf < N_LEAVES && TSWAP_SLOT_POS(word) < order->end[leaf])
		return order->base[leaf] + TSWAP_SLOT_POS(word);
	return order->base[0] + order->n_unplaced++;
}

/* the first pages of a run, as pieces whose pages lie side by side */
static int split_run(struct order *order, const struct swap_run *run, uint64_t n_pages,
		     struct runset *out)
{
	struct swap_span piece = { .type = run->type };
	int r = 0;

	for (uint64_t k = 0; !r && k < n_pages; k++) {
		uint64_t place = place_of(order, (uint64_t)run->offset + k);

		if (piece.n_pages && place == piece.offset + piece.n_pages) {
			piece.n_pages++;
			continue;
		}
		if (piece.n_pages)
			r = runset_add(out, &piece, (unsigned)run->owner);
		piece = (struct swap_span){ run->type, place, run->vpn + k, 1 };
	}
	return r ? r : runset_add(out, &piece, (unsigned)run->owner);
}

static int split(struct order *order, struct runset *set, struct runset *out)
{
	int r = 0;

	for (size_t i = 0; !r && i < set->n; i++) {
		const struct swap_run *run = &set->runs[i];
		/* a run may become as many pieces as it has pages */
		uint64_t room = out->max_runs - out->n;
		bool fits = run->n_pages <= room;

		if (!fits)
			set->end_offset = run->offset + room;
		if (room)
			r = split_run(order, run, fits ? run->n_pages : room, out);
		if (!fits)
			break;
	}
	return r;
}

/* ---- turns ----------------------------------------------------------------------- */

struct turns {
	size_t next[N_LEAVES], end[N_LEAVES]; /* the leaf's runs */
	uint64_t done[N_LEAVES], pages[N_LEAVES];
};

static void find_turns(const struct order *order, const struct runset *set,
		       struct turns *turns)
{
	size_t i = 0;

	for (unsigned leaf = 0; leaf < N_LEAVES; leaf++) {
		turns->next[leaf] = i;
		for (; i < set->n &&
		       set->runs[i].offset < order->base[leaf] + order->end[leaf];
		     i++)
			turns->pages[leaf] += set->runs[i].n_pages;
		turns->end[leaf] = i;
	}
}

/* the leaf that is behind the others; N_LEAVES: all are through */
static unsigned whose_turn(const struct turns *turns)
{
	unsigned best = N_LEAVES;

	for (unsigned leaf = 0; leaf < N_LEAVES; leaf++)
		if (turns->next[leaf] < turns->end[leaf] &&
		    (best == N_LEAVES || turns->done[leaf] * turns->pages[best] <
						 turns->done[best] * turns->pages[leaf]))
			best = leaf;
	return best;
}

/* from here on an offset is a page's number in the order of reading */
static void take_turns(const struct order *order, struct runset *set)
{
	struct turns turns = { 0 };
	uint64_t number = 0;
	unsigned leaf;

	find_turns(order, set, &turns);
	while ((leaf = whose_turn(&turns)) < N_LEAVES) {
		uint64_t stop = turns.done[leaf] + TURN_PAGES;

		while (turns.next[leaf] < turns.end[leaf] && turns.done[leaf] < stop) {
			struct swap_run *run = &set->runs[turns.next[leaf]++];

			run->offset = (uint32_t)number;
			number += run->n_pages;
			turns.done[leaf] += run->n_pages;
		}
	}
}

/* ---- the call -------------------------------------------------------------------- */

static void trim(struct runset *set)
{
	struct swap_run *runs;

	if (set->n <= MAX_RUNS)
		return;
	set->end_offset = set->runs[MAX_RUNS].offset;
	set->n = MAX_RUNS;
	runs = reallocarray(set->runs, MAX_RUNS, sizeof(*runs));
	if (!runs)
		return; /* as large as before, then */
	set->runs = runs;
	set->room = MAX_RUNS;
}

static int reorder(struct order *order, struct runset *set)
{
	struct runset out;
	int r;

	runset_init(&out, 0, MAX_PIECES);
	r = split(order, set, &out);
	if (r) {
		runset_free(&out);
		return r;
	}
	runset_sort(&out);
	take_turns(order, &out);
	runset_sort(&out);
	out.begin_offset = set->begin_offset;
	out.end_offset = set->end_offset;
	runset_free(set);
	*set = out;
	return 0;
}

int leaforder_apply(struct swapadm_ctx *ctx, const char *path, struct runset *set)
{
	const char *name = str_after(path, "/dev/");
	struct order order = { 0 };
	int r;

	if (!name || !str_after(name, "tswap") || !set->n)
		return 0;
	r = leafmap_open(ctx, name, &order.map);
	if (r) {
		log_info(ctx, "%s: map: %s; read in the order of slots", path,
			 strerror(-r));
		return r == -ENOMEM ? r : 0;
	}
	trim(set);
	find_ends(&order, set);
	if (line_up(&order))
		r = reorder(&order, set);
	leafmap_close(order.map);
	return r;
}
