/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fixture.h"

#define PARAMETERS "/sys/module/zswap/parameters/"
#define DEBUGFS    "/sys/kernel/debug/zswap/"

static void parameters_of_6_1(struct sandbox *box)
{
	sandbox_write(box, PARAMETERS "enabled", "Y\n");
	sandbox_write(box, PARAMETERS "compressor", "zstd\n");
	sandbox_write(box, PARAMETERS "zpool", "z3fold\n");
	sandbox_write(box, PARAMETERS "max_pool_percent", "20\n");
	sandbox_write(box, PARAMETERS "accept_threshold_percent", "90\n");
}

static void no_zswap(void **state)
{
	struct swapadm_zswap_stats s = { .known = 77 };
	struct sandbox *box = *state;

	assert_int_equal(swapadm_zswap_get_stats(box->ctx, &s), -EPROTONOSUPPORT);
	sandbox_write(box, PARAMETERS "enabled", "perhaps\n");
	assert_int_equal(swapadm_zswap_get_stats(box->ctx, &s), -EBADMSG);
	box->ctx->ops.read = read_fails;
	assert_int_equal(swapadm_zswap_get_stats(box->ctx, &s), -EIO);
	assert_int_equal(s.known, 77);
}

static void without_privilege(void **state)
{
	struct swapadm_zswap_stats s;
	struct sandbox *box = *state;

	box->ctx->ops.read = read_in_bits;
	parameters_of_6_1(box);
	assert_int_equal(swapadm_zswap_get_stats(box->ctx, &s), 0);
	assert_int_equal(s.known, SWAPADM_ZSWAP_ENABLED | SWAPADM_ZSWAP_COMPRESSOR |
					  SWAPADM_ZSWAP_MAX_POOL | SWAPADM_ZSWAP_ACCEPT);
	assert_true(s.enabled);
	assert_string_equal(s.compressor, "zstd");
	assert_int_equal(s.max_pool_pct, 20);
	assert_int_equal(s.accept_threshold_pct, 90);
	/* 6.12: the shrinker, and pages written back as an event */
	sandbox_write(box, PARAMETERS "shrinker_enabled", "N\n");
	sandbox_write(box, "/proc/vmstat", "zswpwb 5\n");
	sandbox_write(box, "/proc/meminfo",
		      "MemTotal: 4 kB\nZswap: 100 kB\nZswapped: 300 kB\n");
	assert_int_equal(swapadm_zswap_get_stats(box->ctx, &s), 0);
	assert_int_equal(s.known & (SWAPADM_ZSWAP_LIMIT_HITS | SWAPADM_ZSWAP_REJECTS), 0);
	assert_true(s.known & SWAPADM_ZSWAP_SHRINKER);
	assert_false(s.shrinker);
	assert_true(s.known & SWAPADM_ZSWAP_WRITTEN_BACK);
	assert_int_equal(s.written_back_pages, 5);
	assert_int_equal(s.pool_bytes, 100 * 1024);
	assert_int_equal(s.stored_bytes, 300 * 1024);
}

static void as_root(void **state)
{
	struct swapadm_zswap_stats s;
	struct sandbox *box = *state;

	parameters_of_6_1(box);
	sandbox_write(box, DEBUGFS "written_back_pages", "7\n");
	sandbox_write(box, DEBUGFS "pool_limit_hit", "8\n");
	sandbox_write(box, DEBUGFS "reject_reclaim_fail", "1\n");
	sandbox_write(box, DEBUGFS "reject_alloc_fail", "2\n");
	sandbox_write(box, DEBUGFS "reject_something_new", "4\n");
	sandbox_write(box, DEBUGFS "pool_total_size", "40960\n");
	sandbox_write(box, DEBUGFS "stored_pages", "30\n");
	assert_int_equal(swapadm_zswap_get_stats(box->ctx, &s), 0);
	assert_int_equal(s.known,
			 ((SWAPADM_ZSWAP_REJECTS << 1) - 1) & ~SWAPADM_ZSWAP_SHRINKER);
	assert_int_equal(s.written_back_pages, 7);
	assert_int_equal(s.pool_limit_hits, 8);
	assert_int_equal(s.rejects, 7);
	assert_int_equal(s.pool_bytes, 40960);
	assert_int_equal(s.stored_bytes, 30 * sysconf(_SC_PAGESIZE));
	/* a counter that can't be parsed makes the sum unknown, not smaller */
	sandbox_write(box, DEBUGFS "reject_alloc_fail", "many\n");
	assert_int_equal(swapadm_zswap_get_stats(box->ctx, &s), 0);
	assert_int_equal(s.known & SWAPADM_ZSWAP_REJECTS, 0);
}

static void malformed_parameters(void **state)
{
	struct swapadm_zswap_stats s;
	struct sandbox *box = *state;

	parameters_of_6_1(box);
	sandbox_write(box, PARAMETERS "compressor",
		      "a-name-that-is-longer-than-any-compressor\n");
	sandbox_write(box, PARAMETERS "max_pool_percent", "4294967296\n");
	sandbox_write(box, PARAMETERS "accept_threshold_percent", "\n");
	assert_int_equal(swapadm_zswap_get_stats(box->ctx, &s), 0);
	assert_int_equal(s.known, SWAPADM_ZSWAP_ENABLED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(no_zswap),
		fixture_test(without_privilege),
		fixture_test(as_root),
		fixture_test(malformed_parameters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
