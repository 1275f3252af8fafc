/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A recording that swaptop replays: header and frames, raw ('r') or (else) with the
 * header and the checksums put right, so that what is behind them is reached. The samples
 * of one of DRAWN inputs are drawn, those of one of RECORDED are recorded again and play
 * as the same: either takes longer than the decoder.
 */
#include <errno.h>

#include "fuzz.h"
#include "record/codec.h"
#include "record/record.h"
#include "ui/keys.h"
#include "view/view.h"

#define DRAWN        8
#define RECORDED     4
#define FRAMES_MAX   20
#define RECORDS_MAX  2000 /* a frame of some bytes may have half a million of them */
#define UNKNOWN_MAX  4
#define FRAME_HEADER 9

static uint32_t checksum(const unsigned char *p, size_t n)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < n; i++)
		h = (h ^ p[i]) * 16777619u;
	return h;
}

static uint32_t get_u32(const unsigned char *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	       (uint32_t)p[3] << 24;
}

static void put_u32(unsigned char *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (unsigned char)(v >> 8 * i);
}

static void put_right(unsigned char *data, size_t size)
{
	size_t at = RECORD_HEADER;

	if (size < RECORD_HEADER)
		return;
	record_header(data);
	while (size - at >= FRAME_HEADER) {
		uint32_t n = get_u32(data + at + 1);

		if (n > size - at - FRAME_HEADER) {
			n = (uint32_t)(size - at - FRAME_HEADER);
			put_u32(data + at + 1, n);
		}
		if (data[at] != 'F')
			data[at] = 'K';
		put_u32(data + at + 5, checksum(data + at + FRAME_HEADER, n));
		at += FRAME_HEADER + n;
	}
}

static void record_again(const struct sample *s)
{
	struct numbers first = { 0 }, second = { 0 };
	struct names names = { 0 }, again = { 0 };
	struct sample *copy = calloc(1, sizeof(*copy));
	struct recorder *recorder;
	const unsigned char *frame;
	size_t size;

	MUST(copy);
	MUST(recorder_new(&recorder, NULL) == 0);
	MUST(recorder_encode(recorder, s, &frame, &size) == 0 && *frame == 'K');
	recorder_free(recorder);
	MUST(sample_to_numbers(s, &first, &names) == 0);
	MUST(sample_from_numbers(copy, &first, &names) == 0);
	MUST(sample_to_numbers(copy, &second, &again) == 0);
	MUST(first.n == second.n);
	MUST(memcmp(first.v, second.v, first.n * sizeof(*first.v)) == 0);
	sample_free(copy);
	numbers_done(&first);
	numbers_done(&second);
	names_done(&names);
	names_done(&again);
}

static void draw(struct ui *ui, struct sample *prev, struct sample *s, struct rates *r)
{
	static struct canvas canvas;

	if (!canvas.w)
		MUST(canvas_init(&canvas, 100, 40, GLYPHS_BRAILLE, false) == 0);
	MUST(rates_compute(prev, s, r) == 0);
	ui_update(ui, s, r);
	screen_draw(&canvas, ui);
	keys_press(ui, K_TAB);
}

static size_t n_records(const struct sample *s)
{
	return s->n_tiers + s->n_devices + s->n_jobs + s->n_procs + s->n_cgroups;
}

/* the number of records, up to about RECORDS_MAX */
static size_t play(struct player *p, unsigned thrown)
{
	struct rates rates[2] = { 0 };
	struct sample *prev = NULL, *s;
	struct ui ui;
	bool drawn = thrown % DRAWN == 0, recorded = thrown / DRAWN % RECORDED == 0;
	size_t records = 0;
	int n = 0;

	if (drawn)
		MUST(ui_init(&ui, view_lists) == 0);
	ui.replay = true;
	while (n < FRAMES_MAX && records < RECORDS_MAX && player_next(p, &s) == 0) {
		records += n_records(s);
		if (recorded && records < RECORDS_MAX)
			record_again(s);
		if (drawn && records < RECORDS_MAX)
			draw(&ui, prev, s, &rates[n & 1]);
		n++;
		sample_free(prev);
		prev = s;
	}
	if (drawn)
		ui_done(&ui);
	sample_free(prev);
	rates_done(&rates[0]);
	rates_done(&rates[1]);
	return records;
}

static void seek(struct player *p)
{
	size_t n = player_n_frames(p);
	struct sample *s;

	player_seek(p, n / 2);
	if (player_find(p, UINT64_C(1700000000) * NSEC_PER_SEC) == 0) {
		MUST(player_position(p) < n);
		if (player_next(p, &s) == 0)
			sample_free(s);
	}
	MUST(player_seek(p, n + 1) == -ENODATA);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned char *copy = malloc(size + 1);
	struct player *p = NULL;
	char problem[128];
	int r;

	MUST(copy);
	if (!size) {
		free(copy);
		return 0;
	}
	memcpy(copy, data + 1, size - 1);
	if (*data != 'r')
		put_right(copy, size - 1);
	r = player_new(&p, copy, size - 1, problem, sizeof(problem));
	MUST(r == 0 || r == -EBADMSG || r == -EPROTONOSUPPORT);
	if (r == 0) {
		/* frames not looked at may be large, and are read again and again */
		if (play(p, fuzz_dice(data, size)) < RECORDS_MAX &&
		    player_n_frames(p) <= player_position(p) + UNKNOWN_MAX)
			seek(p);
	} else {
		MUST(!p && *problem);
	}
	player_free(p);
	free(copy);
	return 0;
}
