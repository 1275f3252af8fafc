/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which pages of a zram are written back, and in which words. */
#include "fixture.h"

#include "op/wbpages.h"

#define ATTR "/sys/block/zram0/writeback"

static unsigned n_writes;
static char last[64];

static ssize_t take_page(int fd, const void *buf, size_t n)
{
	n_writes++;
	snprintf(last, sizeof(last), "%.*s", (int)n, (const char *)buf);
	return (ssize_t)n;
}

/* 200 pages from 1000 on, 100 from 5000 on */
static void fill(struct sandbox *box, struct wbpages *pages)
{
	const struct swap_span spans[] = {
		{ .type = 1, .offset = 5000, .n_pages = 100 },
		{ .type = 1, .offset = 1000, .n_pages = 200 },
	};

	*pages = (struct wbpages){ .ctx = box->ctx, .pid = 1, .type = 1 };
	runset_init(&pages->map.runs, 0, 0);
	for (size_t i = 0; i < ARRAY_SIZE(spans); i++)
		assert_int_equal(runset_add(&pages->map.runs, &spans[i], 0), 0);
	runset_sort(&pages->map.runs);
}

/* a kernel before 6.16: page after page, each once, and an end */
static void one_by_one(void **state)
{
	struct sandbox *box = *state;
	struct wbpages pages;

	box->ctx->foreign_root = false;
	box->ctx->ops.write = take_page;
	sandbox_write(box, ATTR, "");
	fill(box, &pages);
	n_writes = 0;
	assert_int_equal(wbpages_write_singles(&pages, ATTR, 3), 0);
	assert_int_equal(n_writes, 3);
	assert_string_equal(last, "page_index=1002");
	assert_int_equal(wbpages_write_singles(&pages, ATTR, 4096), 0);
	assert_int_equal(n_writes, 3 + WBPAGES_SINGLES);
	assert_int_equal(wbpages_refill(&pages), 1);
	assert_int_equal(wbpages_write_singles(&pages, ATTR, 4096), 0);
	assert_int_equal(n_writes, 300);
	assert_string_equal(last, "page_index=5099");
	assert_int_equal(wbpages_refill(&pages), 0);
	assert_int_equal(wbpages_write_singles(&pages, ATTR, 4096), 0);
	assert_int_equal(n_writes, 300);
	wbpages_close(&pages);
}

static void ranges(void **state)
{
	struct wbpages pages;
	struct wbtext words;

	fill(*state, &pages);
	assert_int_equal(wbpages_next(&pages, true, 250, &words), 250);
	assert_string_equal(words.text, "page_indexes=1000-1199 page_indexes=5000-5049");
	assert_int_equal(wbpages_next(&pages, true, 250, &words), 50);
	assert_int_equal(wbpages_next(&pages, true, 250, &words), 0);
	wbpages_close(&pages);
}

/* a map that was cut off is not the whole: what lies behind it is looked for */
static void behind_a_cut(void **state)
{
	struct sandbox *box = *state;
	struct wbpages pages;

	sandbox_write(box, "/proc/meminfo", "MemTotal: 1 kB\n");
	fill(box, &pages);
	pages.map.runs.end_offset = 7000;
	assert_true(wbpages_is_cut(&pages));
	assert_int_equal(wbpages_refill(&pages), 1);
	pages.at = pages.map.runs.n;
	assert_int_equal(wbpages_refill(&pages), 0); /* nobody is there any more */
	assert_int_equal(pages.map.runs.begin_offset, 7000);
	assert_false(wbpages_is_cut(&pages));
	wbpages_close(&pages);
}

/* a share of theirs is one of all of them, also when the map has no room for all */
static void count_of_a_cut_map(void **state)
{
	struct sandbox *box = *state;
	struct wbpages pages = { .ctx = box->ctx, .pid = 1, .type = 1 };
	struct runset *set = &pages.map.runs;

	runset_init(set, 0, 64);
	for (unsigned i = 0; i < 100; i++) {
		struct swap_span span = { .type = 1, .offset = 10 * i, .n_pages = 2 };

		type_stats_add(&pages.map.stats, &span);
		assert_int_equal(runset_add(set, &span, 0), 0);
	}
	runset_sort(set);
	assert_true(wbpages_is_cut(&pages));
	assert_true(set->n_pages < 200);
	assert_int_equal(wbpages_n(&pages), 200);
	wbpages_close(&pages);
	fill(box, &pages);
	assert_int_equal(wbpages_n(&pages), 300);
	wbpages_close(&pages);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(one_by_one),
		fixture_test(ranges),
		fixture_test(behind_a_cut),
		fixture_test(count_of_a_cut_map),
	};

	return cmocka_run_group_tests_name("wbpages", tests, NULL, NULL);
}
