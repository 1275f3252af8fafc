/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fixture.h"
#include "module/sysfs.h"

#define LINE "0 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22"

static void lines(void **state)
{
	uint64_t n[SWAPADM_LATENCY_BUCKETS];

	assert_int_equal(latency_parse(LINE, n), 0);
	assert_int_equal(n[0], 0);
	assert_int_equal(n[3], 2);
	assert_int_equal(n[23], 22);
	/* a module with buckets for longer times */
	assert_int_equal(latency_parse(LINE " 100 1000", n), 0);
	assert_int_equal(n[23], 1122);
	assert_int_equal(latency_parse("", n), -EBADMSG);
	assert_int_equal(latency_parse("1 2 3", n), -EBADMSG);
	assert_int_equal(latency_parse("0 -1 2", n), -EBADMSG);
}

static void from_sysfs(void **state)
{
	struct swapadm_latency l = { .reads = { 77 } };
	struct sandbox *box = *state;

	assert_int_equal(latency_get(box->ctx, "tswap0", 3, &l), -ENOENT);
	sandbox_write(box, "/sys/block/tswap0/tswap/leaf3/read_latency", LINE "\n");
	assert_int_equal(latency_get(box->ctx, "tswap0", 3, &l), -ENOENT);
	sandbox_write(box, "/sys/block/tswap0/tswap/leaf3/write_latency", "7\n");
	assert_int_equal(latency_get(box->ctx, "tswap0", 3, &l), -EBADMSG);
	assert_int_equal(l.reads[0], 77); /* untouched */
	assert_false(l.known);
	sandbox_write(box, "/sys/block/tswap0/tswap/leaf3/write_latency", LINE "\n");
	assert_int_equal(latency_get(box->ctx, "tswap0", 3, &l), 0);
	assert_true(l.known);
	assert_int_equal(l.reads[2], 1);
	assert_int_equal(l.writes[23], 22);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines),
		fixture_test(from_sysfs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
