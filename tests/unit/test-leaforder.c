/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fcntl.h>
#include <linux/tswap.h>

#include "fixture.h"
#include "prefetch/leaforder.h"

#define N_SLOTS 4096

struct world {
	uint64_t words[N_SLOTS];
	struct runset set;
};

static uint64_t on_leaf(uint64_t leaf, uint64_t pos)
{
	return leaf << TSWAP_SLOT_LEAF_SHIFT | pos;
}

static void put_map(struct sandbox *box, const struct world *w)
{
	int fd;

	sandbox_write(box, "/sys/block/tswap0/tswap/map", "");
	fd = open(sandbox_real(box, "/sys/block/tswap0/tswap/map"), O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, w->words, sizeof(w->words)), sizeof(w->words));
	close(fd);
}

static void add(struct runset *set, uint64_t slot, uint64_t n)
{
	/* the page's number in memory is its slot's: it can be found again */
	assert_int_equal(runset_add(set, &(struct swap_span){ 2, slot, slot, n }, 7), 0);
}

/* every page once, whatever the order */
static void assert_all(const struct runset *set, uint64_t first, uint64_t n)
{
	bool seen[N_SLOTS] = { false };
	uint64_t count = 0;

	for (size_t i = 0; i < set->n; i++)
		for (uint64_t k = 0; k < set->runs[i].n_pages; k++) {
			uint64_t slot = set->runs[i].vpn + k;

			assert_in_range(slot, first, first + n - 1);
			assert_false(seen[slot]);
			seen[slot] = true;
			count++;
			assert_int_equal(set->runs[i].type, 2);
			assert_int_equal(set->runs[i].owner, 7);
		}
	assert_int_equal(count, n);
	assert_int_equal(set->n_pages, n);
}

static void in_the_order_of_one_leaf(void **state)
{
	struct sandbox *box = *state;
	struct world w = { { 0 } };

	for (uint64_t slot = 1; slot < N_SLOTS; slot++) /* backwards */
		w.words[slot] = on_leaf(3, 10000 - slot);
	put_map(box, &w);
	runset_init(&w.set, 0, 0);
	add(&w.set, 1, N_SLOTS - 1);
	runset_sort(&w.set);
	assert_int_equal(leaforder_apply(box->ctx, "/dev/tswap0", &w.set), 0);
	assert_all(&w.set, 1, N_SLOTS - 1);
	assert_int_equal(w.set.n, N_SLOTS - 1);
	for (size_t i = 0; i < w.set.n; i++)
		assert_int_equal(w.set.runs[i].vpn, N_SLOTS - 1 - i);
	assert_int_equal(w.set.end_offset, UINT64_C(1) << 32);
	runset_free(&w.set);
}

static void neighbours_stay_one_run(void **state)
{
	struct sandbox *box = *state;
	struct world w = { { 0 } };

	for (uint64_t slot = 1; slot < 101; slot++) /* a stamp and busy do not matter */
		w.words[slot] = on_leaf(1, slot + 500) | UINT64_C(77) << 40 |
				(slot & 1 ? TSWAP_SLOT_BUSY : 0);
	for (uint64_t slot = 101; slot < 201; slot++)
		w.words[slot] = on_leaf(1, slot);
	put_map(box, &w);
	runset_init(&w.set, 0, 0);
	add(&w.set, 1, 200);
	runset_sort(&w.set);
	assert_int_equal(leaforder_apply(box->ctx, "/dev/tswap0", &w.set), 0);
	assert_all(&w.set, 1, 200);
	assert_int_equal(w.set.n, 2);
	assert_int_equal(w.set.runs[0].vpn, 101);
	assert_int_equal(w.set.runs[0].n_pages, 100);
	assert_int_equal(w.set.runs[1].vpn, 1);
	runset_free(&w.set);
}

/* three pages of four on leaf 9, one on leaf 5: neither waits for the other's end */
static void leaves_take_turns(void **state)
{
	struct sandbox *box = *state;
	struct world w = { { 0 } };
	uint64_t n_small = 0, n_large = 0;
	uint64_t last_small = 0, last_large = 0;

	for (uint64_t slot = 1; slot < N_SLOTS; slot++)
		w.words[slot] = slot % 4 ? on_leaf(9, slot * 7919 % 4096)
					 : on_leaf(5, slot * 7919 % 4096);
	put_map(box, &w);
	runset_init(&w.set, 0, 0);
	add(&w.set, 1, N_SLOTS - 1);
	runset_sort(&w.set);
	assert_int_equal(leaforder_apply(box->ctx, "/dev/tswap0", &w.set), 0);
	assert_all(&w.set, 1, N_SLOTS - 1);
	for (size_t i = 0; i < w.set.n; i++) {
		uint64_t slot = w.set.runs[i].vpn;
		uint64_t pos = TSWAP_SLOT_POS(w.words[slot]);
		uint64_t *last = slot % 4 ? &last_large : &last_small;
		uint64_t *n = slot % 4 ? &n_large : &n_small;

		assert_true(!*n || pos > *last);
		*last = pos;
		(*n)++;
		/* one turn is 256 pages, the other then has its share */
		assert_true(n_large <= 3 * n_small + 3 * 256 + 256);
		assert_true(3 * n_small <= n_large + 3 * 256 + 256);
	}
	runset_free(&w.set);
}

/* zero words: pages that zswap holds; they are fed as well */
static void pages_without_a_leaf_are_kept(void **state)
{
	struct sandbox *box = *state;
	struct world w = { { 0 } };

	for (uint64_t slot = 1; slot < 1000; slot++)
		w.words[slot] = slot % 3 ? on_leaf(2, slot) : 0;
	put_map(box, &w);
	runset_init(&w.set, 0, 0);
	add(&w.set, 1, 999);
	add(&w.set, 4000, 90); /* hole in the map */
	runset_sort(&w.set);
	assert_int_equal(leaforder_apply(box->ctx, "/dev/tswap0", &w.set), 0);
	assert_int_equal(w.set.n_pages, 999 + 90);
	runset_free(&w.set);
}

/* more pieces than memory is for: the next pass begins where this one ended */
static void passes_cover_everything(void **state)
{
	const uint64_t n_pages = (UINT64_C(2) << 20) + 12345;
	struct sandbox *box = *state;
	struct world w = { { 0 } };
	uint64_t begin = 1, sum = 0;
	unsigned passes = 0;

	if (UINTPTR_MAX == UINT32_MAX)
		skip(); /* no process of a 32-bit machine has so many */
	put_map(box, &w);
	while (begin <= UINT32_MAX) {
		struct swap_span span = { 2, 1, 1, n_pages };

		runset_init(&w.set, begin, 0);
		assert_int_equal(runset_add(&w.set, &span, 7), 0);
		runset_sort(&w.set);
		assert_int_equal(leaforder_apply(box->ctx, "/dev/tswap0", &w.set), 0);
		assert_true(w.set.end_offset > begin);
		sum += w.set.n_pages;
		begin = w.set.end_offset;
		runset_free(&w.set);
		passes++;
	}
	assert_int_equal(sum, n_pages);
	assert_int_equal(passes, 2);
}

static void others_are_left_alone(void **state)
{
	struct sandbox *box = *state;
	struct runset set;

	runset_init(&set, 0, 0);
	assert_int_equal(leaforder_apply(box->ctx, "/dev/tswap0", &set), 0); /* empty */
	add(&set, 5, 3);
	add(&set, 1, 3);
	runset_sort(&set);
	assert_int_equal(leaforder_apply(box->ctx, "/dev/sda2", &set), 0);
	assert_int_equal(leaforder_apply(box->ctx, "/var/swap", &set), 0);
	assert_int_equal(leaforder_apply(box->ctx, "/dev/tswap7", &set), 0); /* no map */
	assert_int_equal(set.n, 2);
	assert_int_equal(set.runs[0].offset, 1);
	assert_int_equal(set.runs[1].offset, 5);
	runset_free(&set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(in_the_order_of_one_leaf),
		fixture_test(neighbours_stay_one_run),
		fixture_test(leaves_take_turns),
		fixture_test(pages_without_a_leaf_are_kept),
		fixture_test(passes_cover_everything),
		fixture_test(others_are_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
