/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fixture.h"

static void knobs(void **state)
{
	struct sandbox *box = *state;
	struct swapadm_vm_params p = { .swappiness = 7 };

	assert_int_equal(swapadm_vm_params_get(box->ctx, &p), 0);
	assert_int_equal(p.known, 0); /* a kernel without them */
	sandbox_write(box, "/proc/sys/vm/swappiness", "180\n");
	sandbox_write(box, "/proc/sys/vm/page-cluster", "3\n");
	assert_int_equal(swapadm_vm_params_get(box->ctx, &p), 0);
	assert_int_equal(p.known, SWAPADM_VM_SWAPPINESS | SWAPADM_VM_PAGE_CLUSTER);
	assert_int_equal(p.swappiness, 180);
	assert_int_equal(p.page_cluster, 3);
	sandbox_write(box, "/proc/sys/vm/page-cluster", "three\n");
	assert_int_equal(swapadm_vm_params_get(box->ctx, &p), 0);
	assert_int_equal(p.known, SWAPADM_VM_SWAPPINESS); /* the other one is not lost */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(knobs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
