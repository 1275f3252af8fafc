/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fixture.h"
#include "kernel/stats.h"

static void kernels(void **state)
{
	struct swapadm_vmstat v;

	/* 6.1 */
	vmstat_parse("nr_free_pages 1234\npswpin 10\npswpout 20\n"
		     "oom_kill 3\nzswpin 4\nzswpout 5\nswap_ra 6\n"
		     "swap_ra_hit 7\nworkingset_refault_anon 8\n"
		     "workingset_refault_file 9\n",
		     &v);
	assert_int_equal(v.known,
			 SWAPADM_VMSTAT_PSWPIN | SWAPADM_VMSTAT_PSWPOUT |
				 SWAPADM_VMSTAT_ZSWPIN | SWAPADM_VMSTAT_ZSWPOUT |
				 SWAPADM_VMSTAT_SWAP_RA | SWAPADM_VMSTAT_SWAP_RA_HIT |
				 SWAPADM_VMSTAT_OOM_KILL | SWAPADM_VMSTAT_REFAULT);
	assert_int_equal(v.refault_anon_pages, 8);
	assert_int_equal(v.pswpin_pages, 10);
	assert_int_equal(v.pswpout_pages, 20);
	assert_int_equal(v.oom_kills, 3);
	assert_int_equal(v.zswpin_pages, 4);
	assert_int_equal(v.zswpout_pages, 5);
	assert_int_equal(v.swap_ra_pages, 6);
	assert_int_equal(v.swap_ra_hit_pages, 7);
	/* 6.12 and later, with the batches of 7.3 that look like pages but are none */
	vmstat_parse("nrswpin 99\nnrswpout 98\nzswpwb 1\nswpin_zero 2\n"
		     "swpout_zero 18446744073709551615\n",
		     &v);
	assert_int_equal(v.known, SWAPADM_VMSTAT_ZSWPWB | SWAPADM_VMSTAT_SWPIN_ZERO |
					  SWAPADM_VMSTAT_SWPOUT_ZERO);
	assert_int_equal(v.zswpwb_pages, 1);
	assert_int_equal(v.swpin_zero_pages, 2);
	assert_int_equal(v.swpout_zero_pages, UINT64_MAX);
	/* no swap at all */
	vmstat_parse("", &v);
	assert_int_equal(v.known, 0);
}

static void what_is_no_table(void **state)
{
	static const char *const bad[] = {
		"pswpin 12",
		"pswpin",
		"pswpin \n",
		"pswpin x\n",
		"pswpin -1\n",
		"pswpin 1 2\n",
		"pswpin 18446744073709551616\n",
	};
	struct swapadm_vmstat v;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		char text[128];

		snprintf(text, sizeof(text), "oom_kill 3\n%s\npswpout 7\n", bad[i]);
		if (bad[i][strlen(bad[i]) - 1] == '2') /* whole with its newline */
			continue;
		vmstat_parse(text, &v);
		assert_int_equal(v.known,
				 SWAPADM_VMSTAT_OOM_KILL | SWAPADM_VMSTAT_PSWPOUT);
		assert_int_equal(v.pswpout_pages, 7);
	}
	vmstat_parse("pswpin 12", &v); /* cut off */
	assert_int_equal(v.known, 0);
}

static void an_overlong_line(void **state)
{
	size_t n = 70000;
	char *text = malloc(n + 32);
	struct swapadm_vmstat v;

	memset(text, 'p', n);
	strcpy(text + n, " 1\npswpin 2\n");
	vmstat_parse(text, &v);
	assert_int_equal(v.known, SWAPADM_VMSTAT_PSWPIN);
	free(text);
}

static void read_from_the_kernel(void **state)
{
	struct swapadm_vmstat v = { .known = 77 };
	struct sandbox *box = *state;

	assert_int_equal(swapadm_vmstat_get(box->ctx, &v), -ENOENT);
	sandbox_write(box, "/proc/vmstat", "pswpin 8\npswpout");
	assert_int_equal(swapadm_vmstat_get(box->ctx, &v), 0);
	assert_int_equal(v.known, SWAPADM_VMSTAT_PSWPIN);
	v.known = 77;
	sandbox_write(box, "/proc/vmstat", "pswpin 8\n");
	box->ctx->ops.read = read_fails;
	assert_int_equal(swapadm_vmstat_get(box->ctx, &v), -EIO);
	assert_int_equal(v.known, 77);
	box->ctx->ops.read = read_in_bits;
	assert_int_equal(swapadm_vmstat_get(box->ctx, &v), 0);
	assert_int_equal(v.pswpin_pages, 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kernels),
		cmocka_unit_test(what_is_no_table),
		cmocka_unit_test(an_overlong_line),
		fixture_test(read_from_the_kernel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
