/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fixture.h"
#include "kernel/area.h"

#define HEAD "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"

static void a_usual_table(void **state)
{
	struct area_list list;

	assert_int_equal(
		areas_parse(
			HEAD
			"/dev/sdb2                               partition\t8388604\t\t1024\t\t-2\n"
			"/swapfile                               file\t\t2097148\t\t0\t\t30000\n"
			"/dev/zram0                              partition\t4\t0\t-32768\n",
			&list),
		0);
	assert_int_equal(list.n, 3);
	assert_string_equal(list.items[0].path, "/dev/sdb2");
	assert_false(list.items[0].is_file);
	assert_int_equal(list.items[0].size_bytes, 8388604ull * 1024);
	assert_int_equal(list.items[0].used_bytes, 1024 * 1024);
	assert_int_equal(list.items[0].prio, -2);
	assert_true(list.items[1].is_file);
	assert_int_equal(list.items[1].prio, 30000);
	assert_int_equal(list.items[2].prio, -32768);
	assert_ptr_equal(areas_find(&list, "/swapfile"), &list.items[1]);
	assert_null(areas_find(&list, "/swap"));
	areas_free(&list);
	assert_int_equal(list.n, 0);
	areas_free(&list);
}

static void names_are_unescaped(void **state)
{
	static const struct {
		const char *line, *path;
		bool deleted;
	} cases[] = {
		{ "/a\\040b file 4 0 1", "/a b", false },
		{ "/a\\011b\\012c file 4 0 1", "/a\tb\nc", false },
		{ "/a\\134040 file 4 0 1", "/a\\040", false },
		{ "/a\\043b file 4 0 1", "/a#b", false },
		{ "/\\303\\244 file 4 0 1", "/\303\244", false },
		{ "/\303\244 file 4 0 1", "/\303\244", false },
		{ "/a\\04 file 4 0 1", "/a\\04", false }, /* no escape */
		{ "/a\\ file 4 0 1", "/a\\", false },
		{ "/swap\\040(deleted) file 4 0 1", "/swap", true },
		{ "/a\\040b\\040(deleted) file 4 0 1", "/a b", true },
		{ "\\040(deleted) file 4 0 1", " (deleted)", false },
		{ "/dev/x\\040(deleted) partition 4 0 1", "/dev/x", true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char text[256];
		struct area_list list;

		snprintf(text, sizeof(text), HEAD "%s\n", cases[i].line);
		assert_int_equal(areas_parse(text, &list), 0);
		assert_int_equal(list.n, 1);
		assert_string_equal(list.items[0].path, cases[i].path);
		assert_int_equal(list.items[0].deleted, cases[i].deleted);
		areas_free(&list);
	}
}

/* such a line is left out, and only it */
static void what_is_no_line(void **state)
{
	static const char *const bad[] = {
		HEAD "/dev/sda1 partition 4 0\n",                   /* cut off */
		HEAD "/dev/sda1 partition 4 0 -\n",                 /* cut off */
		HEAD "/dev/sda1 partition\n",                       /* cut off */
		HEAD "/dev/sda1\n",                                 /* cut off */
		HEAD "\n",                                          /* empty line */
		HEAD "/dev/sda1 partition 4 0 1 2\n",               /* a column more */
		HEAD "/dev/sda1 partition -4 0 1\n",                /* sign */
		HEAD "/dev/sda1 partition 4k 0 1\n",                /* unit */
		HEAD "/dev/sda1 partition 4 0x1 1\n",               /* hexadecimal */
		HEAD "/dev/sda1 partition 4 0 --1\n",               /* sign */
		HEAD "/dev/sda1 partition 4 0 99999999999\n",       /* overflow */
		HEAD "/dev/sda1 partition 18014398509481984 0 1\n", /* 2^64 bytes */
		HEAD "/dev/sda1 partition 99999999999999999999999 0 1\n",
		HEAD "/dev\\000/sda1 partition 4 0 1\n", /* NUL in a name */
		HEAD "/dev\\777/sda1 partition 4 0 1\n", /* above a byte */
	};
	struct area_list list = { .n = 77 };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		char text[512];

		snprintf(text, sizeof(text), "%s%s/dev/sdb2 partition 8 4 7\n", bad[i],
			 bad[i][strlen(bad[i]) - 1] == '\n' ? "" : "\n");
		assert_int_equal(areas_parse(text, &list), 0);
		assert_int_equal(list.n_skipped, 1);
		assert_int_equal(list.n, 1);
		assert_string_equal(list.items[0].path, "/dev/sdb2");
		areas_free(&list);
	}
	list.n = 77;
	/* no head line: not this table */
	assert_int_equal(areas_parse("/dev/sda1 partition 4 0 1\n", &list), -EBADMSG);
	assert_int_equal(list.n, 77); /* untouched */
}

/* lxcfs shows a container its share of the host's swap */
static void a_view_and_no_area(void **state)
{
	struct area_list list;

	assert_int_equal(areas_parse(HEAD "none virtual 1048576 4096 0\n"
					  "./x file 4 0 1\n"
					  "/dev/sdb2 partition 8 4 7\n",
				     &list),
			 0);
	assert_int_equal(list.n, 3);
	assert_true(list.items[0].is_virtual);
	assert_string_equal(list.items[0].path, "none");
	assert_int_equal(list.items[0].used_bytes, 4096 * 1024);
	assert_true(list.items[1].is_virtual); /* no path leads there */
	assert_false(list.items[2].is_virtual);
	areas_free(&list);
}

static void the_edges(void **state)
{
	struct area_list list;

	assert_int_equal(areas_parse("", &list), 0);
	assert_int_equal(list.n, 0);
	areas_free(&list);
	assert_int_equal(areas_parse(HEAD, &list), 0);
	assert_int_equal(list.n, 0);
	areas_free(&list);
	/* the largest size, and no newline at the end */
	assert_int_equal(
		areas_parse(HEAD "/a file 18014398509481983 0 2147483639", &list), 0);
	assert_int_equal(list.items[0].size_bytes, UINT64_MAX - 1023);
	areas_free(&list);
}

static void a_very_long_name(void **state)
{
	size_t n = 100000;
	char *text = malloc(2 * n);
	struct area_list list;

	strcpy(text, HEAD "/");
	memset(text + strlen(HEAD) + 1, 'x', n);
	strcpy(text + strlen(HEAD) + 1 + n, "\tfile\t4\t0\t1\n");
	assert_int_equal(areas_parse(text, &list), 0);
	assert_int_equal(strlen(list.items[0].path), n + 1);
	areas_free(&list);
	free(text);
}

static void read_from_the_kernel(void **state)
{
	struct sandbox *box = *state;
	struct area_list list = { .n = 77 };

	assert_int_equal(areas_load(box->ctx, &list), -ENOENT);
	assert_non_null(strstr(swapadm_get_error(box->ctx), "/proc/swaps: read: "));
	sandbox_write(box, "/proc/swaps", "rubbish\n");
	assert_int_equal(areas_load(box->ctx, &list), -EBADMSG);
	sandbox_write(box, "/proc/swaps", HEAD "/dev/sdb2 partition 8388604 1024 -2\n");
	box->ctx->ops.read = read_fails;
	assert_int_equal(areas_load(box->ctx, &list), -EIO);
	assert_int_equal(list.n, 77); /* untouched so far */
	box->ctx->ops.read = read_in_bits;
	assert_int_equal(areas_load(box->ctx, &list), 0);
	assert_int_equal(list.n, 1);
	assert_string_equal(list.items[0].path, "/dev/sdb2");
	areas_free(&list);
}

static void deleted_or_so_called(void **state)
{
	struct sandbox *box = *state;
	struct area_list list;

	sandbox_write(box, "/proc/swaps",
		      HEAD
		      "/one\\040(deleted) file 4 0 1\n/two\\040(deleted) file 4 0 1\n");
	sandbox_write(box, "/two (deleted)", "");
	assert_int_equal(areas_load(box->ctx, &list), 0);
	assert_string_equal(list.items[0].path, "/one");
	assert_true(list.items[0].deleted);
	assert_string_equal(list.items[1].path, "/two (deleted)");
	assert_false(list.items[1].deleted);
	areas_free(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_usual_table),    cmocka_unit_test(names_are_unescaped),
		cmocka_unit_test(what_is_no_line),  cmocka_unit_test(a_view_and_no_area),
		cmocka_unit_test(the_edges),        cmocka_unit_test(a_very_long_name),
		fixture_test(read_from_the_kernel), fixture_test(deleted_or_so_called),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
