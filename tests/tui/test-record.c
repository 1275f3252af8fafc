/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Recordings: they come back as they were, cut off at any byte, damaged in any byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <inttypes.h>

#include "fake.h"
#include "record/codec.h"
#include "record/record.h"
#include "sample/json.h"

#define FRAMES 70 /* more than one key frame */

struct tape {
	char *data;
	size_t size;
	size_t ends[FRAMES]; /* of the frames */
};

static struct sample *machine(int i)
{
	switch (i % 9) {
	case 5:
		return fake_odd((unsigned)i);
	case 3:
		return fake_upkeep((unsigned)i);
	case 6:
	case 7:
		return fake_redirect((unsigned)i);
	default:
		return fake_machine((unsigned)i);
	}
}

static int setup(void **state)
{
	struct tape *t = calloc(1, sizeof(*t));
	struct recorder *r;
	FILE *f = open_memstream(&t->data, &t->size);

	assert_int_equal(recorder_new(&r, f), 0);
	for (int i = 0; i < FRAMES; i++) {
		struct sample *s = machine(i);

		assert_int_equal(recorder_write(r, s), 0);
		t->ends[i] = t->size;
		sample_free(s);
	}
	recorder_free(r);
	fclose(f);
	*state = t;
	return 0;
}

static int teardown(void **state)
{
	struct tape *t = *state;

	free(t->data);
	free(t);
	return 0;
}

/* a sample as text: whatever differs shows there */
static char *text_of(const struct sample *s)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);
	struct rates r = { 0 };

	assert_int_equal(rates_compute(NULL, s, &r), 0);
	assert_int_equal(json_write(f, s, &r), 0);
	fprintf(f, "%" PRIu64 " %" PRIu64 " %d %" PRIu64 "", s->mono_ns, s->page_bytes,
		s->privileged, s->vm.refault_anon_pages);
	for (size_t i = 0; i < s->n_devices; i++) {
		for (size_t b = 0; b < SWAPADM_LATENCY_BUCKETS; b++)
			fprintf(f, " %" PRIu64 " %" PRIu64 "",
				s->devices[i].latency.reads[b],
				s->devices[i].latency.writes[b]);
	}
	rates_done(&r);
	fclose(f);
	return text;
}

static void assert_same(const struct sample *a, const struct sample *b)
{
	char *ta = text_of(a), *tb = text_of(b);

	assert_string_equal(ta, tb);
	assert_int_equal(a->n_devices, b->n_devices);
	for (size_t i = 0; i < a->n_devices; i++)
		assert_memory_equal(&a->devices[i], &b->devices[i], sizeof(*a->devices));
	for (size_t i = 0; i < a->n_tiers; i++)
		assert_memory_equal(&a->tiers[i], &b->tiers[i], sizeof(*a->tiers));
	assert_memory_equal(&a->vm, &b->vm, sizeof(a->vm));
	assert_memory_equal(&a->mem, &b->mem, sizeof(a->mem));
	free(ta);
	free(tb);
}

/* what follows from two scans is not recorded */
static void drop_rates(struct sample *s)
{
	for (size_t i = 0; i < s->n_procs; i++) {
		s->procs[i].delay.rate_known = false;
		s->procs[i].delay.in_bytes_per_s = 0;
	}
	for (size_t i = 0; i < s->n_cgroups; i++)
		s->cgroups[i].delay = (struct sample_delay){ 0 };
}

static void test_round_trip(void **state)
{
	struct tape *t = *state;
	struct player *p;
	struct sample *got;
	char problem[200];

	assert_int_equal(player_new(&p, t->data, t->size, problem, sizeof(problem)), 0);
	assert_int_equal(player_n_frames(p), FRAMES);
	for (int i = 0; i < FRAMES; i++) {
		struct sample *want = machine(i);

		drop_rates(want);
		assert_int_equal(player_next(p, &got), 0);
		assert_same(want, got);
		sample_free(want);
		sample_free(got);
	}
	assert_int_equal(player_next(p, &got), -ENODATA);
	player_free(p);
}

/* the kernel cuts names of processes after 15 bytes */
static void test_json_is_utf8(void **state)
{
	struct sample *s = fake_machine(1);
	char *text;

	assert_true(s->n_procs > 1);
	copy_text(s->procs[0].comm, "\xd0\x98\xd0\xb7\xd0\xbe\xd0");
	text = text_of(s);
	assert_non_null(strstr(text, "\"\xd0\x98\xd0\xb7\xd0\xbe?\""));
	free(text);
	sample_free(s);
}

static void test_compact(void **state)
{
	struct recorder *r;
	struct sample *s = fake_machine(40);
	char *data = NULL;
	size_t size, before;
	FILE *f = open_memstream(&data, &size);

	assert_int_equal(recorder_new(&r, f), 0);
	assert_int_equal(recorder_write(r, s), 0);
	before = size;
	s->mono_ns += NSEC_PER_SEC;
	s->realtime_ns += NSEC_PER_SEC;
	s->seq++;
	assert_int_equal(recorder_write(r, s), 0);
	/* a second in which nothing happened */
	assert_true(size - before < 50);
	recorder_free(r);
	fclose(f);
	free(data);
	sample_free(s);
}

/* more jobs than a reader takes: the rest is not there, and that is said */
static void test_more_than_fits(void **state)
{
	struct sample *s = fake_machine(1), *got;
	struct recorder *r;
	struct player *p;
	char *data = NULL, problem[200];
	size_t size;
	FILE *f = open_memstream(&data, &size);

	(void)state;
	while (s->n_jobs < 4100)
		assert_non_null(sample_add_job(s));
	while (s->n_notes < SAMPLE_NOTES)
		sample_note(s, "not read");
	assert_int_equal(recorder_new(&r, f), 0);
	assert_int_equal(recorder_write(r, s), 0);
	recorder_free(r);
	fclose(f);
	assert_int_equal(s->n_jobs, 4100);
	assert_string_equal(s->notes[SAMPLE_NOTES - 1], "not read");
	assert_int_equal(player_new(&p, data, size, problem, sizeof(problem)), 0);
	assert_int_equal(player_next(p, &got), 0);
	assert_int_equal(got->n_jobs, 4096);
	assert_int_equal(got->n_notes, SAMPLE_NOTES);
	assert_string_equal(got->notes[SAMPLE_NOTES - 1],
			    "recording: only 4096 of 4100 jobs");
	player_free(p);
	sample_free(got);
	sample_free(s);
	free(data);
}

/* number of frames that play, and how it ends */
static int play_all(const char *data, size_t size, size_t *frames)
{
	struct player *p;
	struct sample *s;
	char problem[200];
	int r = player_new(&p, data, size, problem, sizeof(problem));

	*frames = 0;
	if (r < 0)
		return r;
	while ((r = player_next(p, &s)) == 0) {
		(*frames)++;
		sample_free(s);
	}
	assert_true(*frames <= player_n_frames(p));
	player_free(p);
	return r;
}

/* a copy that ends where the file does: reading beyond is found by the sanitizers */
static char *cut(const struct tape *t, size_t n)
{
	char *copy = malloc(n ? n : 1);

	memcpy(copy, t->data, n);
	return copy;
}

static void test_cut_anywhere(void **state)
{
	struct tape *t = *state;
	size_t whole = 0, frames;

	for (size_t n = 0; n <= t->ends[8]; n++) {
		char *copy = cut(t, n);
		int r = play_all(copy, n, &frames);

		if (n == t->ends[whole])
			whole++;
		assert_int_equal(frames, whole);
		if (n >= 12)
			assert_int_equal(r, (whole && n == t->ends[whole - 1]) || n == 12
						    ? -ENODATA
						    : -EBADMSG);
		else
			assert_int_equal(r, -EBADMSG);
		free(copy);
	}
}

static void test_damage(void **state)
{
	struct tape *t = *state;
	size_t frames;

	for (size_t n = 12; n < t->ends[3]; n++) {
		char *copy = cut(t, t->ends[3]);

		copy[n] ^= 0x55;
		assert_int_equal(play_all(copy, t->ends[3], &frames), -EBADMSG);
		free(copy);
	}
}

/* damage that the checksum does not see: made by someone on purpose */
static void test_hostile(void **state)
{
	struct tape *t = *state;
	size_t frames, start = 12 + 9, size = t->ends[0] - start;

	for (size_t n = 0; n < size; n++) {
		for (int bit = 0; bit < 8; bit++) {
			char *copy = cut(t, t->ends[0]);
			uint32_t h = 2166136261u;

			copy[start + n] ^= (char)(1 << bit);
			for (size_t i = 0; i < size; i++)
				h = (h ^ (unsigned char)copy[start + i]) * 16777619u;
			for (int i = 0; i < 4; i++)
				copy[17 + i] = (char)(h >> 8 * i);
			play_all(copy, t->ends[0], &frames);
			free(copy);
		}
	}
}

/* @n records of one field in a list, from tiers (1) to notes (6): few bytes of a file */
static int read_many(int list, size_t n)
{
	struct numbers in = { calloc(n + 15, sizeof(*in.v)), n + 15, n + 15 };
	struct names names = { 0 };
	struct sample *s = sample_new();
	int r;

	in.v[0] = in.v[1] = 1;
	in.v[1 + 2 * list] = n;
	in.v[2 + 2 * list] = 1;
	r = sample_from_numbers(s, &in, &names);
	sample_free(s);
	free(in.v);
	return r;
}

static void test_too_many(void **state)
{
	for (int list = 1; list <= 6; list++) {
		assert_int_equal(read_many(list, 600000), -EBADMSG);
		/* devices need a tier */
		assert_int_equal(read_many(list, 6), list == 2 ? -EBADMSG : 0);
	}
}

/* what would not be read is not written */
static void test_most(void **state)
{
	struct sample *s = fake_bare(1), *copy = sample_new();
	struct numbers numbers = { 0 };
	struct names names = { 0 };

	for (int i = 0; i < 5000; i++)
		snprintf(sample_add_job(s)->id, 16, "%d", i);
	assert_int_equal(sample_to_numbers(s, &numbers, &names), 0);
	assert_int_equal(sample_from_numbers(copy, &numbers, &names), 0);
	assert_int_equal(copy->n_jobs, 4096);
	assert_string_equal(copy->jobs[4095].id, s->jobs[4095].id);
	numbers_done(&numbers);
	names_done(&names);
	sample_free(copy);
	sample_free(s);
}

static void test_version(void **state)
{
	struct tape *t = *state;
	char *copy = cut(t, t->size), problem[200];
	struct player *p;

	copy[8] = 9;
	assert_int_equal(player_new(&p, copy, t->size, problem, sizeof(problem)),
			 -EPROTONOSUPPORT);
	assert_non_null(strstr(problem, "version 9"));
	free(copy);
	assert_int_equal(player_new(&p, "hello, this is text", 19, problem,
				    sizeof(problem)),
			 -EBADMSG);
	assert_non_null(strstr(problem, "not a swaptop recording"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_round_trip, setup, teardown),
		cmocka_unit_test(test_compact),
		cmocka_unit_test(test_more_than_fits),
		cmocka_unit_test(test_json_is_utf8),
		cmocka_unit_test_setup_teardown(test_cut_anywhere, setup, teardown),
		cmocka_unit_test_setup_teardown(test_damage, setup, teardown),
		cmocka_unit_test_setup_teardown(test_hostile, setup, teardown),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_most),
		cmocka_unit_test_setup_teardown(test_version, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
