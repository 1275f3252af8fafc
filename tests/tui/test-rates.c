/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rates, history and events from pairs of samples: wraps, resets, clocks that jump. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>

#include "fake.h"
#include "sample/events.h"
#include "sample/history.h"

struct pair {
	struct sample *a, *b;
	struct rates r;
};

static int setup(void **state)
{
	struct pair *p = calloc(1, sizeof(*p));

	p->a = fake_machine(10);
	p->b = fake_machine(12);
	*state = p;
	return 0;
}

static int teardown(void **state)
{
	struct pair *p = *state;

	sample_free(p->a);
	sample_free(p->b);
	rates_done(&p->r);
	free(p);
	return 0;
}

static void assert_near(double a, double b)
{
	assert_true(fabs(a - b) <= 1e-6 * fmax(1, fabs(b)));
}

#define assert_unknown(v) assert_true(isnan(v))

static void test_delta(void **state)
{
	uint64_t d = 77;

	assert_true(counter_delta(5, 9, &d));
	assert_int_equal(d, 4);
	assert_true(counter_delta(5, 5, &d));
	assert_int_equal(d, 0);
	/* 32 bits over, 64 bits over */
	assert_true(counter_delta(UINT32_MAX - 9, 10, &d));
	assert_int_equal(d, 20);
	assert_true(counter_delta(UINT64_MAX - 9, 10, &d));
	assert_int_equal(d, 20);
	/* begun anew: nothing can be known */
	d = 77;
	assert_false(counter_delta(1000000, 3, &d));
	assert_false(counter_delta(UINT32_MAX / 2, 3, &d));
	assert_false(counter_delta(UINT32_MAX, UINT32_MAX - 1, &d));
	assert_int_equal(d, 77);
}

static void test_plain(void **state)
{
	struct pair *p = *state;
	const struct sample_device *a = &p->a->devices[1], *b = &p->b->devices[1];

	assert_int_equal(rates_compute(p->a, p->b, &p->r), 0);
	assert_near(p->r.dt_s, 2);
	assert_near(p->r.swapin_bps, 2000 * 4096.0);
	assert_near(p->r.devices[1].in_bps,
		    (double)(b->io.read_bytes - a->io.read_bytes) / 2);
	assert_near(p->r.devices[1].read_ns, 95000);
	/* a tier is the sum of its devices; its latency is weighted by requests */
	assert_near(p->r.tiers[2].in_bps,
		    p->r.devices[1].in_bps + p->r.devices[2].in_bps);
	assert_true(p->r.tiers[2].read_ns > 95000 && p->r.tiers[2].read_ns < 210000);
	assert_near(p->r.readahead_hit_pct, 87);
	assert_near(p->r.stall_some_pct, 4);
	/* the direct layer does not move between tiers; latencies are unknown */
	assert_unknown(p->r.devices[1].moved_in_bps);
	assert_unknown(p->r.devices[1].read_p99_ns);
}

static void test_first_sample(void **state)
{
	struct pair *p = *state;

	assert_int_equal(rates_compute(NULL, p->b, &p->r), 0);
	assert_unknown(p->r.dt_s);
	assert_unknown(p->r.swapin_bps);
	assert_int_equal(p->r.n_devices, p->b->n_devices);
	for (size_t i = 0; i < p->r.n_devices; i++)
		assert_unknown(p->r.devices[i].in_bps);
}

static void test_clocks(void **state)
{
	struct pair *p = *state;

	/* the wall clock may do what it likes */
	p->b->realtime_ns = 0;
	assert_int_equal(rates_compute(p->a, p->b, &p->r), 0);
	assert_near(p->r.dt_s, 2);
	/* no time has passed, or less than none: no rates, no division by 0 */
	p->b->mono_ns = p->a->mono_ns;
	assert_int_equal(rates_compute(p->a, p->b, &p->r), 0);
	assert_unknown(p->r.dt_s);
	assert_unknown(p->r.tiers[1].in_bps);
	p->b->mono_ns = p->a->mono_ns - 1;
	assert_int_equal(rates_compute(p->a, p->b, &p->r), 0);
	assert_unknown(p->r.dt_s);
	p->b->mono_ns = p->a->mono_ns + 1;
	assert_int_equal(rates_compute(p->a, p->b, &p->r), 0);
	assert_unknown(p->r.dt_s);
	p->b->mono_ns = UINT64_MAX;
	assert_int_equal(rates_compute(p->a, p->b, &p->r), 0);
	assert_unknown(p->r.dt_s);
}

static void test_reset_and_absence(void **state)
{
	struct pair *p = *state;

	/* a device that came back with fresh counters: unknown, no spike, no underflow */
	p->b->devices[1].io.read_bytes = 3;
	p->b->devices[1].io.reads = 1;
	/* one whose counters can't be read any more */
	p->b->devices[2].io.known = 0;
	/* one that was not there before */
	copy_text(p->b->devices[3].name, "sdz9");
	p->b->vm.known &= ~SWAPADM_VMSTAT_PSWPIN;
	assert_int_equal(rates_compute(p->a, p->b, &p->r), 0);
	assert_unknown(p->r.devices[1].in_bps);
	assert_unknown(p->r.devices[1].read_ns);
	assert_true(p->r.devices[1].out_bps >= 0);
	assert_unknown(p->r.devices[2].in_bps);
	assert_unknown(p->r.devices[3].in_bps);
	assert_unknown(p->r.swapin_bps);
	assert_false(isnan(p->r.swapout_bps));
	/* the tier is the sum of what is known */
	assert_near(p->r.tiers[2].out_bps, p->r.devices[1].out_bps);
	assert_unknown(p->r.tiers[2].in_bps);
	assert_unknown(p->r.tiers[3].in_bps);
}

static void test_devices_change_places(void **state)
{
	struct pair *p = *state;
	struct sample_device swap = p->b->devices[1];
	struct rates straight = { 0 };

	assert_int_equal(rates_compute(p->a, p->b, &straight), 0);
	p->b->devices[1] = p->b->devices[2];
	p->b->devices[2] = swap;
	assert_int_equal(rates_compute(p->a, p->b, &p->r), 0);
	assert_near(p->r.devices[2].in_bps, straight.devices[1].in_bps);
	assert_near(p->r.devices[1].in_bps, straight.devices[2].in_bps);
	rates_done(&straight);
}

/* a swap file has no counters: what the others did not do was its */
static void test_file(void **state)
{
	struct pair *p = *state;

	for (int i = 0; i < 2; i++) {
		struct sample *s = i ? p->b : p->a;

		s->devices[3].is_file = true;
		s->devices[3].io.known = 0;
		s->vm.pswpin_pages = (i ? 2000 : 1000) * 256ULL;
	}
	assert_int_equal(rates_compute(p->a, p->b, &p->r), 0);
	assert_near(p->r.swapin_bps, 500 * 1048576.0);
	assert_near(p->r.devices[3].in_bps,
		    p->r.swapin_bps - p->r.tiers[1].in_bps - p->r.tiers[2].in_bps);
	assert_near(p->r.tiers[3].in_bps, p->r.devices[3].in_bps);
	/* never below nothing, and not where two have none */
	p->b->vm.pswpin_pages = p->a->vm.pswpin_pages;
	assert_int_equal(rates_compute(p->a, p->b, &p->r), 0);
	assert_near(p->r.devices[3].in_bps, 0);
	p->b->devices[2].io.known = 0;
	assert_int_equal(rates_compute(p->a, p->b, &p->r), 0);
	assert_unknown(p->r.devices[3].in_bps);
}

/* two files of one tier share what the others did not do: the tier's sum is known */
static void test_files(void **state)
{
	struct pair *p = *state;
	double others;

	for (int i = 0; i < 2; i++) {
		struct sample *s = i ? p->b : p->a;

		s->devices[1].is_file = s->devices[2].is_file = true;
		s->devices[1].io.known = s->devices[2].io.known = 0;
		s->vm.pswpin_pages = (i ? 2000 : 1000) * 256ULL;
	}
	assert_int_equal(rates_compute(p->a, p->b, &p->r), 0);
	others = p->r.tiers[1].in_bps + p->r.tiers[3].in_bps;
	assert_near(p->r.tiers[2].in_bps, p->r.swapin_bps - others);
	assert_unknown(p->r.devices[1].in_bps);
	assert_unknown(p->r.devices[2].in_bps);
	/* in two tiers: nobody knows */
	p->a->devices[3].is_file = p->b->devices[3].is_file = true;
	p->b->devices[3].io.known = 0;
	assert_int_equal(rates_compute(p->a, p->b, &p->r), 0);
	assert_unknown(p->r.tiers[2].in_bps);
	assert_unknown(p->r.tiers[3].in_bps);
}

/* moves are I/O of the device, but no swapping */
static void test_moves(void **state)
{
	struct pair *p = *state;
	struct sample_device *a = &p->a->devices[1], *b = &p->b->devices[1];
	double in, out;

	assert_int_equal(rates_compute(p->a, p->b, &p->r), 0);
	in = p->r.devices[1].in_bps;
	out = p->r.devices[1].out_bps;
	a->moves.known = b->moves.known = true;
	b->moves.out_bytes = 2 << 20;
	b->moves.in_bytes = 1ULL << 50;
	assert_int_equal(rates_compute(p->a, p->b, &p->r), 0);
	assert_near(p->r.devices[1].moved_out_bps, 1 << 20);
	assert_near(p->r.devices[1].in_bps, in - (1 << 20));
	assert_true(out > 0);
	assert_near(p->r.devices[1].out_bps, 0); /* never below nothing */
	assert_near(p->r.tiers[2].moved_out_bps, 1 << 20);
}

static void test_p99(void **state)
{
	struct pair *p = *state;
	struct swapadm_latency *a = &p->a->devices[0].latency,
			       *b = &p->b->devices[0].latency;

	a->known = b->known = true;
	assert_int_equal(rates_compute(p->a, p->b, &p->r), 0);
	assert_unknown(p->r.devices[0].read_p99_ns); /* no request in the interval */
	a->reads[9] = 5000;                          /* of long ago: does not count */
	b->reads[9] = 5000;
	b->reads[4] = 990;
	b->reads[7] = 10;
	assert_int_equal(rates_compute(p->a, p->b, &p->r), 0);
	assert_near(p->r.devices[0].read_p99_ns, 16000);
	b->reads[7] = 11;
	assert_int_equal(rates_compute(p->a, p->b, &p->r), 0);
	assert_near(p->r.devices[0].read_p99_ns, 128000);
}

static void test_history(void **state)
{
	struct pair *p = *state;
	struct history h;
	float v[HISTORY_LEN + 8];

	assert_int_equal(history_init(&h), 0);
	assert_int_equal(rates_compute(p->a, p->b, &p->r), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(history_push(&h, p->b, &p->r), 0);
	history_get(&h, "ssd", METRIC_IN_BPS, v, 5);
	assert_unknown(v[0]);
	assert_unknown(v[1]);
	assert_true(v[2] > 0 && v[4] > 0);
	/* a tier that went is absent from then on, and forgotten in the end */
	copy_text(p->b->tiers[2].name, "other");
	assert_int_equal(history_push(&h, p->b, &p->r), 0);
	history_get(&h, "ssd", METRIC_IN_BPS, v, 2);
	assert_true(v[0] > 0);
	assert_unknown(v[1]);
	assert_int_equal(h.n_tiers, 5);
	for (int i = 0; i < HISTORY_LEN; i++)
		assert_int_equal(history_push(&h, p->b, &p->r), 0);
	assert_int_equal(h.n_tiers, 4);
	history_get(&h, "other", METRIC_USED_PCT, v, HISTORY_LEN + 8);
	assert_unknown(v[7]); /* older than the ring */
	assert_true(v[8] > 0);
	history_get(&h, "no such tier", METRIC_USED_PCT, v, 1);
	assert_unknown(v[0]);
	history_done(&h);
}

static bool told(const struct event_log *log, const char *object, const char *words)
{
	for (size_t i = 0; i < events_count(log); i++) {
		const struct event *e = events_get(log, i);

		if (streq(e->object, object) && strstr(e->text, words))
			return true;
	}
	return false;
}

static void test_events(void **state)
{
	struct pair *p = *state;
	struct event_log *log = calloc(1, sizeof(*log));

	p->b->devices[1].state = SWAPADM_STATE_FAILED;
	copy_text(p->b->devices[3].name, "sdz9");
	p->b->jobs[0].state = SWAPADM_JOB_DONE;
	p->b->vm.oom_kills = 2;
	p->a->has_redirect = p->b->has_redirect = true;
	copy_text(p->b->redirect.name, "tswap0");
	p->b->redirect.short_bytes = 4096;
	p->b->redirect.lost_writes = 3;
	p->b->psi_mem.some.avg10_centipct = 1500;
	p->b->tiers[1].usage.used_bytes = p->b->tiers[1].usage.size_bytes;
	p->b->realtime_ns += 3600 * NSEC_PER_SEC;
	assert_int_equal(rates_compute(p->a, p->b, &p->r), 0);
	events_derive(log, NULL, p->a, &p->r);
	assert_int_equal(events_count(log), 0);
	events_derive(log, p->a, p->b, &p->r);
	assert_true(told(log, "nvme0n1p3", "is failed, was active"));
	assert_true(told(log, "sdz9", "appeared in tier hdd"));
	assert_true(told(log, "sda4", "left tier hdd"));
	assert_true(told(log, "/dev/sdb2", "job d7: drain done"));
	assert_true(told(log, "memory", "killed 2 processes"));
	assert_true(told(log, "memory", "stalled 15%"));
	assert_true(told(log, "fast", "100% full"));
	assert_true(told(log, "tswap0", "4.00K larger than its devices"));
	assert_true(told(log, "tswap0", "3 writes found no space"));
	assert_true(told(log, "clock", "jumped ahead"));
	/* reported once, not every second; its end is reported too */
	size_t n = events_count(log);

	assert_int_equal(rates_compute(p->b, p->b, &p->r), 0);
	p->b->mono_ns++;
	events_derive(log, p->b, p->b, &p->r);
	assert_int_equal(events_count(log), n + 1); /* the clock stood still */
	p->b->tiers[1].usage.used_bytes = 0;
	p->b->psi_mem.some.avg10_centipct = 10;
	events_derive(log, p->b, p->b, &p->r);
	assert_true(told(log, "fast", "no longer full"));
	assert_true(told(log, "memory", "below 5% again"));
	free(log);
}

static void test_event_ring(void **state)
{
	struct event_log *log = calloc(1, sizeof(*log));

	for (int i = 0; i < EVENTS_MAX + 3; i++)
		events_add(log, (uint64_t)i, EVENT_INFO, "x", "%d", i);
	assert_int_equal(events_count(log), EVENTS_MAX);
	assert_string_equal(events_get(log, 0)->text, "502");
	assert_string_equal(events_get(log, EVENTS_MAX - 1)->text, "3");
	free(log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_delta),
		cmocka_unit_test_setup_teardown(test_plain, setup, teardown),
		cmocka_unit_test_setup_teardown(test_first_sample, setup, teardown),
		cmocka_unit_test_setup_teardown(test_clocks, setup, teardown),
		cmocka_unit_test_setup_teardown(test_reset_and_absence, setup, teardown),
		cmocka_unit_test_setup_teardown(test_devices_change_places, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_file, setup, teardown),
		cmocka_unit_test_setup_teardown(test_files, setup, teardown),
		cmocka_unit_test_setup_teardown(test_moves, setup, teardown),
		cmocka_unit_test_setup_teardown(test_p99, setup, teardown),
		cmocka_unit_test_setup_teardown(test_history, setup, teardown),
		cmocka_unit_test_setup_teardown(test_events, setup, teardown),
		cmocka_unit_test(test_event_ring),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
