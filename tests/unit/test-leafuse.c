/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <sys/sysmacros.h>

#include "fixture.h"
#include "module/sysfs.h"

#define TSWAP "/sys/block/tswap"

static void leaves_are_found(void **state)
{
	struct leaf_use use = { .tier = "as before" };
	struct sandbox *box = *state;

	assert_false(leafuse_find(box->ctx, makedev(254, 16), &use));
	sandbox_write(box, "/sys/block/vda/size", "1\n");
	sandbox_write(box, TSWAP "0/tswap/overcommit", "0\n");
	sandbox_write(box, TSWAP "0/tswap/leaf1/dev", "254:1\n");
	sandbox_write(box, TSWAP "0/tswap/leaf1/tier", "fast\n");
	sandbox_write(box, TSWAP "1/tswap/leaf1/dev", "254:16\n");
	assert_false(leafuse_find(box->ctx, makedev(254, 16), &use)); /* it is going */
	assert_string_equal(use.tier, "as before");
	sandbox_write(box, TSWAP "1/tswap/leaf1/tier", "slow\n");
	assert_true(leafuse_find(box->ctx, makedev(254, 16), &use));
	assert_string_equal(use.tswap, "tswap1");
	assert_string_equal(use.tier, "slow");
	assert_true(leafuse_find(box->ctx, makedev(254, 1), &use));
	assert_string_equal(use.tswap, "tswap0");
	assert_string_equal(use.tier, "fast");
	assert_false(leafuse_find(box->ctx, makedev(254, 2), &use));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(leaves_are_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
