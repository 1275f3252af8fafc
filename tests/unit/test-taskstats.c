/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <linux/taskstats.h>

#include "fixture.h"
#include "kernel/taskstats.h"

static const struct taskstats waited = {
	.version = 13,
	.swapin_count = 7,
	.swapin_delay_total = 7000000,
	.thrashing_count = 3,
	.thrashing_delay_total = 900,
};

static void versions(void **state)
{
	/* as 6.1 hands it out, and a later kernel with more at the end */
	char longer[sizeof(struct taskstats) + 144 + 1] = { 0 };
	struct taskstats later = waited;
	struct swapadm_delay d;

	assert_int_equal(taskstats_parse(&waited, sizeof(waited), &d), 0);
	assert_true(d.known);
	assert_int_equal(d.swapin_count, 7);
	assert_int_equal(d.swapin_ns, 7000000);
	assert_int_equal(d.thrashing_count, 3);
	assert_int_equal(d.thrashing_ns, 900);
	later.version = 17;
	memcpy(longer + 1, &later, sizeof(later)); /* netlink aligns to 4 bytes only */
	assert_int_equal(taskstats_parse(longer + 1, sizeof(longer) - 1, &d), 0);
	assert_int_equal(d.swapin_ns, 7000000);
}

static void what_cannot_be_read(void **state)
{
	struct taskstats moved = waited;
	struct swapadm_delay d = { .swapin_ns = 77 };

	assert_int_equal(taskstats_parse(&waited, 0, &d), -EBADMSG);
	assert_int_equal(
		taskstats_parse(&waited,
				offsetof(struct taskstats, thrashing_delay_total) + 7,
				&d),
		-EBADMSG);
	moved.version = 15;
	assert_int_equal(taskstats_parse(&moved, sizeof(moved), &d), -EPROTONOSUPPORT);
	assert_int_equal(d.swapin_ns, 77); /* untouched */
}

static void processes_from_before_the_switch(void **state)
{
	struct taskstats ts = { .version = 16, .cpu_count = 12 };
	struct swapadm_delay d;

	assert_int_equal(taskstats_parse(&ts, sizeof(ts), &d), 0);
	assert_false(d.known);
	ts.wpcopy_count = 1; /* accounted, and never waited for swap */
	assert_int_equal(taskstats_parse(&ts, sizeof(ts), &d), 0);
	assert_true(d.known);
	assert_int_equal(d.swapin_ns, 0);
}

/* what IN/s and WAIT% of ps and swaptop show */
static void rates(void **state)
{
	const struct swapadm_delay before = { true, 100, 5000, 0, 0 };
	struct swapadm_delay now = { true, 350, 5000 + 250000000, 0, 0 };
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), in = 7, wait = 7;

	assert_int_equal(swapadm_delay_rates(&before, &now, 1000000000, &in, &wait), 0);
	assert_int_equal(in, 250 * page);
	assert_int_equal(wait, 2500);
	assert_int_equal(swapadm_delay_rates(&before, &now, 500000000, &in, NULL), 0);
	assert_int_equal(in, 500 * page);
	/* more threads than one waited */
	assert_int_equal(swapadm_delay_rates(&before, &now, 125000000, NULL, &wait), 0);
	assert_int_equal(wait, 20000);
	assert_int_equal(swapadm_delay_rates(&now, &now, 1000000000, &in, &wait), 0);
	assert_int_equal(in + wait, 0);
}

static void rates_that_nobody_knows(void **state)
{
	const struct swapadm_delay unknown = { false, 0, 0, 0, 0 };
	const struct swapadm_delay before = { true, 100, 5000, 0, 0 };
	struct swapadm_delay now = { true, 350, 6000, 0, 0 };
	uint64_t in = 7, wait = 7;

	assert_int_equal(swapadm_delay_rates(&before, &now, 0, &in, &wait), -ENODATA);
	assert_int_equal(swapadm_delay_rates(&unknown, &now, 9, &in, &wait), -ENODATA);
	assert_int_equal(swapadm_delay_rates(&before, &unknown, 9, &in, &wait), -ENODATA);
	/* another process has the pid now */
	now.swapin_ns = 4000;
	assert_int_equal(swapadm_delay_rates(&before, &now, 9, &in, &wait), -ENODATA);
	now = (struct swapadm_delay){ true, 99, 6000, 0, 0 };
	assert_int_equal(swapadm_delay_rates(&before, &now, 9, &in, &wait), -ENODATA);
	assert_int_equal(swapadm_delay_rates(NULL, &now, 9, &in, &wait), -EINVAL);
	assert_int_equal(swapadm_delay_rates(&before, NULL, 9, &in, &wait), -EINVAL);
	assert_int_equal(in, 7); /* untouched */
	assert_int_equal(wait, 7);
}

static void not_in_a_capture(void **state)
{
	struct swapadm_delays *delays = NULL;
	struct sandbox *box = *state;

	sandbox_write(box, "/proc/sys/kernel/task_delayacct", "1\n");
	assert_int_equal(swapadm_delays_open(box->ctx, &delays), -EPROTONOSUPPORT);
	assert_null(delays);
	assert_null(swapadm_delays_free(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(versions),
		cmocka_unit_test(what_cannot_be_read),
		cmocka_unit_test(processes_from_before_the_switch),
		cmocka_unit_test(rates),
		cmocka_unit_test(rates_that_nobody_knows),
		fixture_test(not_in_a_capture),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
