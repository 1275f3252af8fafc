/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/when.h"
#include "record/record.h"
#include "record/ring.h"
#include "record/source.h"
#include "record/tape.h"
#include "sample/reader.h"
#include "sample/sampler.h"

#define HISTORY_BACK 240 /* samples shown in graphs after a jump */

struct source {
	struct reader *reader;
	struct sampler *sampler; /* has the reader, once detached */
	struct tape *tape;
	uint64_t at_ns, last_ns; /* of the tape */
	FILE *record_file;
	struct recorder *recorder;
	struct ring *ring;
	int ring_error; /* the last one that was reported */
	/* the ui points at @cur and at one of the two rates */
	struct sample *prev, *cur;
	struct rates rates[2];
	unsigned turn;
	bool told_end;
};

static int fail(const char *object, const char *action, int r)
{
	fprintf(stderr, "swaptop: %s: %s: %s\n", object, action, strerror(-r));
	return r;
}

static void date_of(uint64_t realtime_ns, char *buf, size_t size)
{
	time_t t = (time_t)(realtime_ns / 1000000000);
	struct tm tm;

	if (!localtime_r(&t, &tm) || !strftime(buf, size, "%Y-%m-%d %H:%M:%S", &tm))
		*buf = '\0';
}

static int not_recorded(const char *at, uint64_t first_ns, uint64_t last_ns)
{
	char from[32], to[32];

	date_of(first_ns, from, sizeof(from));
	date_of(last_ns, to, sizeof(to));
	fprintf(stderr, "swaptop: --at %s: the recording is from %s to %s\n", at, from,
		to);
	return -ENODATA;
}

static int open_replay(struct source *src, const struct source_spec *spec)
{
	uint64_t first_ns;
	char problem[200];
	int r = tape_open(&src->tape, spec->replay, problem, sizeof(problem));

	if (r < 0) {
		fprintf(stderr, "swaptop: %s: %s\n", spec->replay, problem);
		return r;
	}
	/* a recording without a whole sample has no times: playing it reports that */
	if (tape_range(src->tape, &first_ns, &src->last_ns) < 0)
		return 0;
	src->at_ns = src->last_ns;
	if (spec->at && !when_parse(spec->at, src->last_ns, src->last_ns, &src->at_ns)) {
		fprintf(stderr, "swaptop: --at %s: not a time; " WHEN_FORMS "\n",
			spec->at);
		return -EINVAL;
	}
	/* a distance that is too long begins at an end; a time must be in it */
	if (spec->at && !strchr("+-", *spec->at) &&
	    (src->at_ns < first_ns || src->at_ns > src->last_ns))
		return not_recorded(spec->at, first_ns, src->last_ns);
	return 0;
}

static int open_ring(struct source *src, const struct source_spec *spec)
{
	int r = ring_open(&src->ring, spec->record, spec->ring_bytes, spec->ring_age_s);

	if (r != -EBUSY)
		return r < 0 ? fail(spec->record, "record", r) : 0;
	fprintf(stderr, "swaptop: %s: record: another swaptop records there\n",
		spec->record);
	return r;
}

static int open_record(struct source *src, const char *path)
{
	int r;

	src->record_file = fopen(path, "wxe");
	if (!src->record_file && errno == EEXIST) {
		fprintf(stderr,
			"swaptop: %s: record: the file exists; name another or remove it\n",
			path);
		return -EEXIST;
	}
	if (!src->record_file)
		return fail(path, "record", -errno);
	r = recorder_new(&src->recorder, src->record_file);
	return r < 0 ? fail(path, "record", r) : 0;
}

static int open_parts(struct source *src, const struct source_spec *spec)
{
	char problem[256];
	int r;

	if (spec->replay)
		return open_replay(src, spec);
	r = reader_open(&src->reader, spec->root, spec->config, problem, sizeof(problem));
	if (r < 0) {
		fprintf(stderr, "swaptop: %s\n", problem);
		return r;
	}
	if (spec->record && spec->ring_bytes)
		return open_ring(src, spec);
	return spec->record ? open_record(src, spec->record) : 0;
}

int source_open(struct source **out, const struct source_spec *spec)
{
	struct source *src = calloc(1, sizeof(*src));
	int r;

	if (!src)
		return fail("swaptop", "start", -ENOMEM);
	r = open_parts(src, spec);
	if (r < 0)
		source_close(src);
	else
		*out = src;
	return r;
}

void source_close(struct source *src)
{
	if (!src)
		return;
	sampler_free(src->sampler);
	reader_close(src->reader);
	tape_close(src->tape);
	recorder_free(src->recorder);
	ring_close(src->ring);
	if (src->record_file)
		fclose(src->record_file);
	sample_free(src->prev);
	sample_free(src->cur);
	rates_done(&src->rates[0]);
	rates_done(&src->rates[1]);
	free(src);
}

/* of a ring the day: nobody counts its samples */
static void say_position(struct source *src, struct ui *ui, const struct sample *s)
{
	size_t played, all;
	time_t t;
	struct tm tm;

	if (tape_position(src->tape, &played, &all)) {
		snprintf(ui->replay_status, sizeof(ui->replay_status), "replay %zu/%zu",
			 played, all);
	} else if (s) {
		t = (time_t)(s->realtime_ns / NSEC_PER_SEC);
		strftime(ui->replay_status, sizeof(ui->replay_status), "replay %Y-%m-%d",
			 localtime_r(&t, &tm));
	}
}

static int play_sample(struct source *src, struct ui *ui, struct sample **out)
{
	int r = tape_next(src->tape, out);
	size_t played, all;

	if (r < 0 && !src->told_end) {
		src->told_end = true;
		if (r == -EBADMSG && tape_position(src->tape, &played, &all))
			ui_say(ui, EVENT_WARN,
			       "the recording is cut off after sample %zu", played);
		else
			ui_say(ui, EVENT_INFO, "end of the recording");
	}
	say_position(src, ui, r == 0 ? *out : NULL);
	return r;
}

static unsigned wanted(const struct source *src, const struct ui *ui)
{
	unsigned flags = 0;

	bool all = src->recorder || src->ring;

	if (ui_wants_procs(ui) || all)
		flags |= READ_PROCS;
	if (ui_wants_cgroups(ui) || all)
		flags |= READ_CGROUPS;
	if (src->ring)
		flags |= READ_RARELY;
	return flags;
}

/* a full disk must not end what runs unattended: it is reported once, and tried again */
static void write_ring(struct source *src, const struct sample *s)
{
	int r = ring_write(src->ring, s);

	if (r < 0 && r != src->ring_error)
		fprintf(stderr, "swaptop: record: %s; samples are lost\n", strerror(-r));
	if (r == 0 && src->ring_error)
		fputs("swaptop: record: samples are written again\n", stderr);
	src->ring_error = r;
}

/* takes @s over; @quiet: others follow at once, no screen is made of it */
static int put(struct source *src, struct ui *ui, struct sample *s, bool quiet)
{
	struct rates *rates = &src->rates[++src->turn & 1];
	int r = 0;

	if (src->recorder)
		r = recorder_write(src->recorder, s);
	if (src->ring)
		write_ring(src, s);
	if (r == 0)
		r = rates_compute(src->cur, s, rates);
	if (r < 0) {
		sample_free(s);
		return r;
	}
	ui_note(ui, s, rates);
	if (!quiet)
		ui_rebuild(ui);
	sample_free(src->prev);
	src->prev = src->cur;
	src->cur = s;
	return 0;
}

int source_next(struct source *src, struct ui *ui)
{
	struct sample *s;
	int r = src->tape ? play_sample(src, ui, &s)
			  : reader_sample(src->reader, wanted(src, ui), &s);

	return r < 0 ? r : put(src, ui, s, src->ring);
}

int source_detach(struct source *src)
{
	int r = src->reader ? sampler_new(&src->sampler, src->reader) : 0;

	if (src->sampler)
		src->reader = NULL;
	return r;
}

void source_ask(struct source *src, const struct ui *ui)
{
	if (src->sampler)
		sampler_ask(src->sampler, wanted(src, ui));
}

int source_take(struct source *src, struct ui *ui)
{
	struct sample *s;
	int r = src->tape ? play_sample(src, ui, &s) : sampler_take(src->sampler, &s);

	return r < 0 ? r : put(src, ui, s, src->ring);
}

int source_fd(const struct source *src)
{
	return src->sampler ? sampler_fd(src->sampler) : -1;
}

double source_pace_s(const struct source *src)
{
	uint64_t a, b;

	if (!src->prev || !src->cur)
		return 1;
	a = src->prev->mono_ns;
	b = src->cur->mono_ns;
	return b > a ? (double)(b - a) / NSEC_PER_SEC : 1;
}

uint64_t source_at_ns(const struct source *src)
{
	return src->at_ns;
}

uint64_t source_last_ns(const struct source *src)
{
	return src->last_ns;
}

/* the sample that comes next, as if all before it had been played */
static int replay_from(struct source *src, struct ui *ui)
{
	int n = tape_back(src->tape, HISTORY_BACK), r;

	if (n < 0)
		return n;
	r = ui_restart(ui); /* it points at @cur */
	sample_free(src->prev);
	sample_free(src->cur);
	src->prev = src->cur = NULL;
	src->told_end = false;
	for (int i = 0; r == 0 && i <= n; i++) {
		struct sample *s;

		r = play_sample(src, ui, &s);
		if (r == 0)
			r = put(src, ui, s, i < n);
	}
	return r;
}

int source_seek(struct source *src, struct ui *ui, enum seek seek, uint64_t realtime_ns)
{
	int r = 0;

	switch (seek) {
	case SEEK_NONE:
		return 0;
	case SEEK_FORWARD:
		return source_next(src, ui);
	case SEEK_BACK:
		r = tape_back(src->tape, 2);
		break;
	case SEEK_TIME:
		r = tape_find(src->tape, realtime_ns);
		break;
	}
	return r < 0 ? r : replay_from(src, ui);
}
