/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <math.h>

#include "unit.h"

static void size_units(void **state)
{
	static const struct {
		const char *text;
		enum swapadm_size_unit unit;
		uint64_t value;
	} good[] = {
		{ "4096", SWAPADM_SIZE_BYTES, 4096 },
		{ "1K", SWAPADM_SIZE_BYTES, 1024 },
		{ "1.5G", SWAPADM_SIZE_BYTES, 3ull << 29 },
		{ "2MiB", SWAPADM_SIZE_BYTES, 2 << 20 },
		{ "7t", SWAPADM_SIZE_BYTES, 7ull << 40 },
		{ "50%", SWAPADM_SIZE_PCT, 50 },
		{ "150%ram", SWAPADM_SIZE_PCT_RAM, 150 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		struct swapadm_size size;

		assert_int_equal(swapadm_parse_size(good[i].text, &size), 0);
		assert_int_equal(size.unit, good[i].unit);
		assert_int_equal(size.value, good[i].value);
	}
}

static void size_refused(void **state)
{
	static const char *const bad[] = { "",    "-1",   "0",    "0%",     "G",   "1X",
					   "1GG", "1e9",  "0x10", "nan",    "inf", " 1",
					   "1 G", "1.5%", "+1",   "50%rom", "1,5G" };
	struct swapadm_size size = { SWAPADM_SIZE_NONE, 7 };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(swapadm_parse_size(bad[i], &size), -EINVAL);
	assert_int_equal(swapadm_parse_size("101%", &size), -ERANGE);
	assert_int_equal(swapadm_parse_size("99999999999T", &size), -ERANGE);
	assert_int_equal(swapadm_parse_size("9007199254740993", &size), -ERANGE);
	assert_int_equal(size.value, 7); /* untouched */
	/* what is taken is exact */
	assert_int_equal(swapadm_parse_size("9007199254740991", &size), 0);
	assert_true(size.value == 9007199254740991);
}

static void ages_and_rates(void **state)
{
	uint64_t v;

	assert_int_equal(swapadm_parse_age("90", &v), 0);
	assert_int_equal(v, 90);
	assert_int_equal(swapadm_parse_age("10min", &v), 0);
	assert_int_equal(v, 600);
	assert_int_equal(swapadm_parse_age("2h", &v), 0);
	assert_int_equal(v, 7200);
	assert_int_equal(swapadm_parse_age("0.5s", &v), 0);
	assert_int_equal(v, 1);
	assert_int_equal(swapadm_parse_age("1.5", &v), 0);
	assert_int_equal(v, 2);
	assert_int_equal(swapadm_parse_age("0", &v), -EINVAL);
	assert_int_equal(swapadm_parse_age("0.0h", &v), -EINVAL);
	assert_int_equal(swapadm_parse_age("-0", &v), -EINVAL);
	assert_int_equal(v, 2);
	assert_int_equal(swapadm_parse_age("-2h", &v), -EINVAL);
	assert_int_equal(swapadm_parse_age("2y", &v), -EINVAL);
	assert_int_equal(swapadm_parse_age("99999d", &v), -ERANGE);
	assert_int_equal(swapadm_parse_rate("50M/s", &v), 0);
	assert_int_equal(v, 50 << 20);
	assert_int_equal(swapadm_parse_rate("50M", &v), 0);
	assert_int_equal(swapadm_parse_rate("0", &v), -EINVAL);
	assert_int_equal(swapadm_parse_rate("5%", &v), -EINVAL);
	assert_int_equal(swapadm_parse_rate("/s", &v), -EINVAL);
}

static void tier_names(void **state)
{
	assert_true(swapadm_tier_name_valid("ssd"));
	assert_false(swapadm_tier_name_valid("auto-ssd-2")); /* areas that were found */
	assert_true(swapadm_tier_name_valid("a_1"));
	assert_false(swapadm_tier_name_valid(""));
	assert_false(swapadm_tier_name_valid("1a"));
	assert_false(swapadm_tier_name_valid("Fast"));
	assert_false(swapadm_tier_name_valid("memory"));
	assert_false(swapadm_tier_name_valid("zram"));
	assert_false(swapadm_tier_name_valid("selftest"));
	assert_false(swapadm_tier_name_valid("a/b"));
	assert_false(swapadm_tier_name_valid("abcdefghijklmnopqrstuvwxyz-abcdef"));
}

static void bands_of_ranks(void **state)
{
	assert_int_equal(swapadm_rank_to_prio(0), 30000);
	assert_int_equal(swapadm_rank_to_prio(1), 29500);
	assert_int_equal(swapadm_rank_to_prio(SWAPADM_RANK_MAX), 0);
}

static void doubles(void **state)
{
	assert_int_equal(u64_of(0.9), 0);
	assert_int_equal(u64_of(-1), 0);
	assert_int_equal(u64_of(NAN), 0);
	assert_int_equal(u64_of(1e18), 1000000000000000000);
	assert_int_equal(u64_of((double)UINT64_MAX), UINT64_MAX);
	/* 64 GiB left at a byte a second, in ns */
	assert_int_equal(u64_of(0x1p36 * 1e9), UINT64_MAX);
	assert_int_equal(u64_of(INFINITY), UINT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(size_units),     cmocka_unit_test(size_refused),
		cmocka_unit_test(ages_and_rates), cmocka_unit_test(tier_names),
		cmocka_unit_test(bands_of_ranks), cmocka_unit_test(doubles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
