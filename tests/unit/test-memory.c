/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fixture.h"
#include "kernel/stats.h"

static void a_whole_table(void **state)
{
	struct swapadm_mem_stats m;

	assert_int_equal(meminfo_parse("MemTotal:       24684084 kB\n"
				       "MemFree:        24458108 kB\n"
				       "MemAvailable:   24399972 kB\n"
				       "SwapCached:           12 kB\n"
				       "SwapTotal:       8388604 kB\n"
				       "SwapFree:              0 kB\n"
				       "Zswap:               100 kB\n"
				       "Zswapped:            300 kB\n"
				       "Shmem:              8872 kB\n"
				       "ShmemHugePages:        1 kB\n"
				       "HugePages_Total:       0\n",
				       &m),
			 0);
	assert_int_equal(m.known, (SWAPADM_MEM_SHMEM << 1) - 1);
	assert_int_equal(m.total_bytes, 24684084ull * 1024);
	assert_int_equal(m.free_bytes, 24458108ull * 1024);
	assert_int_equal(m.available_bytes, 24399972ull * 1024);
	assert_int_equal(m.swap_total_bytes, 8388604ull * 1024);
	assert_int_equal(m.swap_free_bytes, 0);
	assert_int_equal(m.swap_cached_bytes, 12 * 1024);
	assert_int_equal(m.zswap_bytes, 100 * 1024);
	assert_int_equal(m.zswapped_bytes, 300 * 1024);
	assert_int_equal(m.shmem_bytes, 8872 * 1024);
}

static void absent_is_not_0(void **state)
{
	struct swapadm_mem_stats m;

	/* a kernel without swap and zswap */
	assert_int_equal(
		meminfo_parse("MemTotal: 4 kB\nSomething new: yes\n\nMemFree: 0 kB\n",
			      &m),
		0);
	assert_int_equal(m.known, SWAPADM_MEM_TOTAL | SWAPADM_MEM_FREE);
}

static void what_is_no_table(void **state)
{
	static const char *const bad[] = {
		"",
		"rubbish",
		"MemFree: 4 kB\n",                  /* no MemTotal */
		"MemTotal: 4 MB\n",                 /* unit */
		"MemTotal: -4 kB\n",                /* sign */
		"MemTotal: 18014398509481984 kB\n", /* 2^64 bytes */
		"MemTotal: 99999999999999999999 kB\n",
	};
	struct swapadm_mem_stats m = { .known = 77 };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(meminfo_parse(bad[i], &m), -EBADMSG);
	assert_int_equal(m.known, 77); /* untouched */
}

/* one strange line takes no other value away */
static void a_strange_line(void **state)
{
	static const char *const strange[] = {
		"MemFree: 24458",
		"MemFree: 4 k",
		"MemFree:",
		"MemFree: x kB",
		"MemFree: 18014398509481984 kB",
	};
	struct swapadm_mem_stats m;

	for (size_t i = 0; i < ARRAY_SIZE(strange); i++) {
		char text[128];

		snprintf(text, sizeof(text), "MemTotal: 4 kB\n%s\nMemAvailable: 3 kB\n",
			 strange[i]);
		assert_int_equal(meminfo_parse(text, &m), 0);
		assert_int_equal(m.known, SWAPADM_MEM_TOTAL | SWAPADM_MEM_AVAILABLE);
		assert_int_equal(m.available_bytes, 3072);
	}
}

static void read_from_the_kernel(void **state)
{
	struct swapadm_mem_stats m = { .known = 77 };
	struct sandbox *box = *state;

	assert_int_equal(swapadm_mem_get_stats(box->ctx, &m), -ENOENT);
	sandbox_write(box, "/proc/meminfo", "MemTotal: 8 kB");
	assert_int_equal(swapadm_mem_get_stats(box->ctx, &m), -EBADMSG);
	sandbox_write(box, "/proc/meminfo", "MemTotal: 8 kB\n");
	box->ctx->ops.read = read_fails;
	assert_int_equal(swapadm_mem_get_stats(box->ctx, &m), -EIO);
	assert_int_equal(m.known, 77);
	box->ctx->ops.read = read_in_bits;
	assert_int_equal(swapadm_mem_get_stats(box->ctx, &m), 0);
	assert_int_equal(m.total_bytes, 8192);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_table),    cmocka_unit_test(absent_is_not_0),
		cmocka_unit_test(what_is_no_table), cmocka_unit_test(a_strange_line),
		fixture_test(read_from_the_kernel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
