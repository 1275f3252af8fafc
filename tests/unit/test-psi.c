/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fixture.h"
#include "kernel/stats.h"

#define SOME "some avg10=1.02 avg60=20.30 avg300=100.00 total=123456\n"
#define FULL "full avg10=0.00 avg60=0.01 avg300=0.10 total=18446744073709551615\n"

static void both_lines(void **state)
{
	struct swapadm_psi psi;

	assert_int_equal(psi_parse(SOME FULL, &psi), 0);
	assert_true(psi.some.known && psi.full.known);
	assert_int_equal(psi.some.avg10_centipct, 102);
	assert_int_equal(psi.some.avg60_centipct, 2030);
	assert_int_equal(psi.some.avg300_centipct, 10000);
	assert_int_equal(psi.some.total_us, 123456);
	assert_int_equal(psi.full.avg10_centipct, 0);
	assert_int_equal(psi.full.avg60_centipct, 1);
	assert_int_equal(psi.full.avg300_centipct, 10);
	assert_int_equal(psi.full.total_us, UINT64_MAX);
}

static void one_line(void **state)
{
	struct swapadm_psi psi;

	assert_int_equal(psi_parse(SOME, &psi), 0); /* cpu of old kernels */
	assert_true(psi.some.known);
	assert_false(psi.full.known);
	assert_int_equal(psi_parse(FULL, &psi), 0); /* irq */
	assert_true(psi.full.known);
	assert_false(psi.some.known);
	assert_int_equal(psi_parse("new stuff\n" SOME, &psi), 0);
}

static void what_is_none(void **state)
{
	static const char *const bad[] = {
		"",
		"some",
		"some\n",
		"some avg10=0.00 avg60=0.00 avg300=0.00 total=",
		"some avg10=0.00 avg60=0.00 avg300=0.00 total=12", /* cut off */
		"some avg10=0.00 avg60=0.00 avg300=0.00\n",
		"some avg10=0.0 avg60=0.00 avg300=0.00 total=0\n",
		"some avg10=-1.00 avg60=0.00 avg300=0.00 total=0\n",
		"some avg10=101.00 avg60=0.00 avg300=0.00 total=0\n",
		"some avg10= 1.00 avg60=0.00 avg300=0.00 total=0\n",
		"some avg10=1,00 avg60=0.00 avg300=0.00 total=0\n",
		"some avg60=0.00 avg10=0.00 avg300=0.00 total=0\n",
		"some avg10=0.00 avg60=0.00 avg300=0.00 total=99999999999999999999\n",
	};
	struct swapadm_psi psi = { .some.total_us = 77 };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(psi_parse(bad[i], &psi), -EBADMSG);
	assert_int_equal(psi.some.total_us, 77);                   /* untouched */
	assert_int_equal(psi_parse(SOME "full avg10\n", &psi), 0); /* one line stays */
	assert_true(psi.some.known);
	assert_false(psi.full.known);
}

static ssize_t read_unsupported(int fd, void *buf, size_t n)
{
	errno = EOPNOTSUPP;
	return -1;
}

static void read_from_the_kernel(void **state)
{
	struct swapadm_psi psi = { .some.total_us = 77 };
	struct sandbox *box = *state;

	assert_int_equal(swapadm_psi_get(box->ctx, "memory", &psi), -EPROTONOSUPPORT);
	assert_int_equal(swapadm_psi_get(box->ctx, "../meminfo", &psi), -EINVAL);
	sandbox_write(box, "/proc/pressure/memory", SOME);
	box->ctx->ops.read = read_unsupported; /* psi=0 */
	assert_int_equal(swapadm_psi_get(box->ctx, "memory", &psi), -EPROTONOSUPPORT);
	box->ctx->ops.read = read_fails;
	assert_int_equal(swapadm_psi_get(box->ctx, "memory", &psi), -EIO);
	sandbox_write(box, "/proc/pressure/io", "some\n");
	box->ctx->ops.read = read_in_bits;
	assert_int_equal(swapadm_psi_get(box->ctx, "io", &psi), -EBADMSG);
	assert_int_equal(psi.some.total_us, 77);
	assert_int_equal(swapadm_psi_get(box->ctx, "memory", &psi), 0);
	assert_int_equal(psi.some.total_us, 123456);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_lines),
		cmocka_unit_test(one_line),
		cmocka_unit_test(what_is_none),
		fixture_test(read_from_the_kernel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
