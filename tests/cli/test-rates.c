/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The columns of rates of swapctl cgroups: values, and what is unknown is not 0. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "commands.h"
#include "tiercols.h"

static bool rate(const char *name, const struct swapadm_cgroup *before,
		 const struct swapadm_cgroup *now, uint64_t interval_ns, uint64_t *value)
{
	struct tier_row row = { now, .group_before = before, .interval_ns = interval_ns };
	struct cell cell = { 0 };
	bool known;

	for (size_t i = 0; i < cgroups_columns.n; i++)
		if (!strcmp(cgroups_columns.items[i].name, name)) {
			known = cgroups_columns.items[i].get(&row, &cell);
			*value = cell.u;
			return known;
		}
	fail_msg("no column %s", name);
	return false;
}

static void values(void **state)
{
	struct swapadm_cgroup before = {
		.known = SWAPADM_CGROUP_MOVES | SWAPADM_CGROUP_REFAULTS,
		.swapin_bytes = 1000,
		.swapout_bytes = 2000,
		.refault_bytes = 3000,
	};
	struct swapadm_cgroup now = before;
	uint64_t v;

	now.swapin_bytes += 8192;
	now.swapout_bytes += 4096;
	assert_true(rate("IN/s", &before, &now, 2000000000, &v));
	assert_int_equal(v, 4096);
	assert_true(rate("OUT/s", &before, &now, 500000000, &v));
	assert_int_equal(v, 8192);
	assert_true(rate("REFAULT/s", &before, &now, 1000000000, &v));
	assert_int_equal(v, 0);
}

static void unknown(void **state)
{
	struct swapadm_cgroup before = { .known = SWAPADM_CGROUP_REFAULTS,
					 .refault_bytes = 5 };
	struct swapadm_cgroup now = before;
	uint64_t v;

	assert_false(rate("IN/s", &before, &now, 1000000000, &v)); /* 6.12 */
	assert_false(rate("OUT/s", &before, &now, 1000000000, &v));
	assert_false(rate("REFAULT/s", NULL, &now, 1000000000, &v)); /* made since */
	assert_false(rate("REFAULT/s", &before, &now, 0, &v));
	now.known = SWAPADM_CGROUP_MOVES; /* and not before */
	assert_false(rate("IN/s", &before, &now, 1000000000, &v));
	now = before;
	now.refault_bytes = 4; /* another group of that name */
	assert_false(rate("REFAULT/s", &before, &now, 1000000000, &v));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values),
		cmocka_unit_test(unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
