/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Cells, glyphs, tables, numbers as words, settings: the parts that screens are made
 * of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <locale.h>
#include <math.h>
#include <unistd.h>

#include "canvas/draw.h"
#include "common/fmt.h"
#include "ui/keys.h"
#include "ui/settings.h"
#include "view/view.h"

static void assert_row(struct canvas *c, int y, const char *want)
{
	char *buf = malloc(4 * (size_t)c->w + 1);

	canvas_row_text(c, y, buf);
	assert_string_equal(buf, want);
	free(buf);
}

static struct canvas canvas(int w, int h, enum glyph_set glyphs)
{
	struct canvas c;

	assert_int_equal(canvas_init(&c, w, h, glyphs, false), 0);
	return c;
}

static void test_text(void **state)
{
	struct canvas c = canvas(10, 2, GLYPHS_BRAILLE);
	struct surf s = canvas_surf(&c);

	assert_int_equal(surf_text(s, 7, 0, ST(0), "abcdef"), 10);
	assert_row(&c, 0, "       abc");
	/* nothing is drawn outside of a window, not even of one outside */
	surf_text(surf_sub(s, 2, 1, 3, 1), 0, 0, ST(0), "abcdef");
	surf_text(surf_sub(s, 2, 1, 3, 1), 0, 1, ST(0), "xxxxxx");
	surf_text(surf_sub(s, -5, -5, 3, 3), 0, 0, ST(0), "xxxxxx");
	surf_text(surf_sub(s, 50, 0, 3, 3), 0, 0, ST(0), "xxxxxx");
	assert_row(&c, 1, "  abc");
	canvas_clear(&c);
	surf_cell(s, 0, 0, 6, ST(0), false, "abcdefgh");
	surf_cell(s, 0, 1, 6, ST(0), true, "abc");
	assert_row(&c, 0, "abcde…");
	assert_row(&c, 1, "   abc");
	canvas_done(&c);
}

static void test_wide(void **state)
{
	struct canvas c = canvas(8, 1, GLYPHS_BRAILLE);
	struct surf s = canvas_surf(&c);

	surf_text(s, 0, 0, ST(0), "中文x");
	assert_row(&c, 0, "中文x");
	assert_int_equal(text_columns(&c, "中文x"), 5);
	/* half a wide character is none */
	surf_put(s, 1, 0, ST(0), '|');
	assert_row(&c, 0, " |文x");
	surf_put(s, 2, 0, ST(0), '|');
	assert_row(&c, 0, " || x");
	canvas_clear(&c);
	surf_text(s, 7, 0, ST(0), "中");
	assert_row(&c, 0, "");
	surf_text(s, 0, 0, ST(0), "中文");
	surf_text(s, 1, 0, ST(0), "文");
	assert_row(&c, 0, " 文");
	canvas_done(&c);
}

static void test_bad_text(void **state)
{
	struct canvas c = canvas(20, 1, GLYPHS_BRAILLE);

	/* controls, turned text, bytes that are no UTF-8: none of it reaches a
	 * terminal */
	surf_text(canvas_surf(&c), 0, 0, ST(0),
		  "a\x1b[31m\n\x7f\xe2\x80\xae\xff\xc0\xafz");
	assert_row(&c, 0, "a?[31m???\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz");
	c.glyphs = GLYPHS_ASCII;
	canvas_clear(&c);
	surf_text(canvas_surf(&c), 0, 0, ST(0), "é中x");
	assert_row(&c, 0, "??x");
	canvas_done(&c);
}

static void test_bars(void **state)
{
	struct canvas c = canvas(12, 1, GLYPHS_ASCII);
	struct bar_part parts[] = {
		{ 0.5, 0, 0 }, { 0.25, 0, '-' }, { NAN, 0, 0 }, { 9, 0, 'x' }
	};

	draw_bar(canvas_surf(&c), 0, 0, 10, parts, 2);
	assert_row(&c, 0, "[####--..]");
	draw_bar(canvas_surf(&c), 0, 0, 10, parts, 4);
	assert_row(&c, 0, "[####--x#]");
	/* little is more than nothing */
	parts[0].share = 1e-9;
	draw_bar(canvas_surf(&c), 0, 0, 10, parts, 1);
	assert_row(&c, 0, "[#.......]");
	parts[0].share = 0;
	draw_bar(canvas_surf(&c), 0, 0, 10, parts, 1);
	assert_row(&c, 0, "[........]");
	draw_bar(canvas_surf(&c), 0, 0, 2, parts, 1);
	canvas_done(&c);
}

static void test_graphs(void **state)
{
	static const float v[] = { NAN, 0, 1, 25, 50, 75, 100, 1000 };
	struct canvas c = canvas(4, 2, GLYPHS_BRAILLE);

	draw_graph(canvas_surf(&c), ST(0), v, 100, false);
	assert_row(&c, 0, "  ⢠⣿");
	assert_row(&c, 1, " ⣠⣿⣿");
	canvas_clear(&c);
	draw_graph(canvas_surf(&c), ST(0), v, 100, true);
	assert_row(&c, 0, " ⠙⣿⣿");
	assert_row(&c, 1, "  ⠘⣿");
	canvas_done(&c);
	c = canvas(8, 1, GLYPHS_BLOCKS);
	draw_spark(canvas_surf(&c), 0, 0, 8, ST(0), v, 100);
	assert_row(&c, 0, "  ▁▂▄▆██");
	c.glyphs = GLYPHS_ASCII;
	canvas_clear(&c);
	draw_spark(canvas_surf(&c), 0, 0, 8, ST(0), v, 100);
	assert_row(&c, 0, "  .:=*##");
	canvas_done(&c);
}

static void test_columns(void **state)
{
	static const struct column table[] = {
		{ "a", "A", "", 4, 10, 0 },
		{ "b", "B", "", 4, 4, 1, true },
		{ "c", "C", "", 4, 6, 2 },
		{ 0 },
	};
	struct columns fit;

	columns_fit(table, 14, 0, 0, &fit);
	assert_int_equal(fit.n, 3);
	columns_fit(table, 13, 0, 0, &fit); /* the least important goes */
	assert_int_equal(fit.n, 2);
	assert_int_equal(fit.at[1].index, 1);
	assert_int_equal(fit.at[0].w, 8);
	columns_fit(table, 13, 0, 1 << 2, &fit); /* unless it is pinned */
	assert_int_equal(fit.n, 2);
	columns_fit(table, 40, 1 << 1, 0, &fit);
	assert_int_equal(fit.n, 2);
	assert_int_equal(fit.at[0].w, 10);
	assert_int_equal(fit.at[1].w, 6);
	columns_fit(table, 1, 0, 0, &fit); /* the first one stays whatever happens */
	assert_int_equal(fit.n, 1);
	columns_fit(table, 40, ~0u, 0, &fit);
	assert_int_equal(fit.n, 1);
}

static void test_scroll(void **state)
{
	int top = 0;

	scroll_to(&top, 5, 20, 7);
	assert_int_equal(top, 3);
	scroll_to(&top, 5, 20, 2);
	assert_int_equal(top, 2);
	scroll_to(&top, 5, 4, 0);
	assert_int_equal(top, 0);
	scroll_to(&top, 0, 4, 3);
	assert_int_equal(top, 0);
}

static void test_numbers(void **state)
{
	static const struct {
		uint64_t v;
		const char *text;
	} sizes[] = {
		{ 0, "0" },           { 1023, "1023" },        { 1024, "1.00K" },
		{ 10234, "9.99K" },   { 10235, "10.0K" },      { 1023 * 1024, "1023K" },
		{ 1048575, "1.00M" }, { 1ULL << 40, "1.00T" }, { UINT64_MAX, "16.0E" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
		assert_string_equal(fmt_bytes(sizes[i].v).s, sizes[i].text);
	for (uint64_t v = 1; v < UINT64_MAX / 3; v = v * 3 - v / 2) {
		assert_true(strlen(fmt_bytes(v).s) <= 5);
		assert_true(strlen(fmt_count(v).s) <= 5);
		assert_true(strlen(fmt_rate((double)v).s) <= 5);
		if (v < 99999 * NSEC_PER_SEC)
			assert_true(strlen(fmt_ns((double)v).s) <= 6);
	}
	assert_string_equal(fmt_rate(NAN).s, "-");
	assert_string_equal(fmt_ns(999).s, "999ns");
	assert_string_equal(fmt_ns(8000).s, "8.0us");
	assert_string_equal(fmt_ns(12e6).s, "12ms");
	assert_string_equal(fmt_duration(7 * NSEC_PER_SEC).s, "0:07");
	assert_string_equal(fmt_duration(3723 * NSEC_PER_SEC).s, "1:02:03");
	assert_string_equal(fmt_duration(100 * 3600 * NSEC_PER_SEC).s, "4d04h");
}

static void test_settings(void **state)
{
	struct settings a, b;
	char problem[200], *text;

	settings_init(&a, view_lists);
	a.delay_s = 2.5;
	a.pane = LIST_CGROUPS;
	a.graph = GRAPH_OFF;
	a.tree[LIST_CGROUPS] = false;
	a.tree[LIST_PROCS] = true;
	a.lists[LIST_PROCS].sort = 0;
	a.lists[LIST_PROCS].reverse = true;
	a.lists[LIST_TIERS].hidden = 1 << 3 | 1 << 5;
	a.lists[LIST_DEVICES].pinned = 1 << 4;
	text = settings_format(&a);
	settings_init(&b, view_lists);
	assert_int_equal(settings_parse(&b, text, problem, sizeof(problem)), 0);
	assert_true(a.delay_s == b.delay_s && a.pane == b.pane && a.graph == b.graph);
	assert_memory_equal(a.lists, b.lists, sizeof(a.lists));
	assert_memory_equal(a.tree, b.tree, sizeof(a.tree));
	free(text);
	/* what is not understood is named and changes nothing */
	settings_init(&a, view_lists);
	assert_true(
		settings_parse(&a,
			       "[swaptop]\ndelay = -1\npane = kitchen\n[nobody]\nx = 1\n"
			       "[processes]\nsort = weight\nhidden = weight pid\n",
			       problem, sizeof(problem)) >= 3);
	assert_non_null(strstr(problem, "delay"));
	assert_true(a.delay_s == 1 && a.pane == LIST_DEVICES);
	assert_int_equal(a.lists[LIST_PROCS].hidden, 1 << 0);
}

static void test_settings_file(void **state)
{
	char folder[] = "/tmp/swaptop-test-XXXXXX", *path, problem[200];
	struct settings set;

	assert_non_null(mkdtemp(folder));
	setenv("XDG_CONFIG_HOME", folder, 1);
	path = settings_path();
	settings_init(&set, view_lists);
	assert_int_equal(settings_load(&set, path, problem, sizeof(problem)), 0);
	set.delay_s = 3;
	assert_int_equal(settings_save(&set, path), 0);
	settings_init(&set, view_lists);
	assert_int_equal(settings_load(&set, path, problem, sizeof(problem)), 0);
	assert_true(set.delay_s == 3);
	assert_int_equal(unlink(path), 0);
	*strrchr(path, '/') = '\0';
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(rmdir(folder), 0);
	free(path);
	setenv("XDG_CONFIG_HOME", "relative", 1);
	unsetenv("HOME");
	assert_null(settings_path());
}

/*
 * no key twice in one list (of replays alone another meaning may stand before the usual
 * one), every line fits the help, every hint the footer
 */
static void test_key_table(void **state)
{
	for (const struct key *a = keys; a->names; a++) {
		assert_true(strlen(a->names) < 20);
		assert_true(strlen(a->help) <= 56);
		assert_true(!a->place == !a->hint);
		for (const struct key *b = a + 1; b->names; b++) {
			bool meet = !a->applies || !b->applies ||
				    (a->applies & b->applies);

			assert_false(meet && !a->exists && a->place &&
				     a->place == b->place);
			for (size_t i = 0; meet && !a->exists && a->codes[i]; i++) {
				for (size_t j = 0; b->codes[j]; j++)
					assert_int_not_equal(a->codes[i], b->codes[j]);
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),      cmocka_unit_test(test_wide),
		cmocka_unit_test(test_bad_text),  cmocka_unit_test(test_bars),
		cmocka_unit_test(test_graphs),    cmocka_unit_test(test_columns),
		cmocka_unit_test(test_scroll),    cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_settings),  cmocka_unit_test(test_settings_file),
		cmocka_unit_test(test_key_table),
	};

	if (!setlocale(LC_ALL, "C.UTF-8"))
		return 77;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
