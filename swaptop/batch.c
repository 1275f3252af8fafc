/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --once, --batch, --json: without taking over a terminal. */
#include <errno.h>
#include <math.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "batch.h"
#include "canvas/ansi.h"
#include "live.h"
#include "sample/json.h"
#include "view/view.h"

/* how long --once watches when rates are to be had at all */
#define ONCE_S 0.5

static void size_of(const struct options *o, int *w, int *h)
{
	struct winsize ws;

	*w = o->w;
	*h = o->h;
	if (*w)
		return;
	*w = 80;
	*h = 24;
	if (isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws) == 0 &&
	    ws.ws_col > 0 && ws.ws_row > 1) {
		*w = ws.ws_col;
		*h = ws.ws_row - 1; /* the prompt's */
	}
}

static enum colours colours_of(const struct options *o)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	if (o->always_colour)
		return COLOURS_256;
	if (o->no_colour || (no && *no) || !isatty(STDOUT_FILENO) || !term ||
	    streq(term, "dumb"))
		return COLOURS_NONE;
	return strstr(term, "256") ? COLOURS_256 : COLOURS_8;
}

static void pause_s(double s)
{
	struct timespec ts = { (time_t)s, (long)((s - floor(s)) * 1e9) };

	while (nanosleep(&ts, &ts) < 0 && errno == EINTR)
		;
}

/* 1: it was said what is wrong with standard output */
static int print(struct ui *ui, struct canvas *c, const struct options *o)
{
	enum colours colours = colours_of(o);
	int r = 0;

	if (o->json) {
		r = json_write(stdout, ui->s, ui->r);
	} else {
		screen_draw(c, ui);
		ansi_write(stdout, c, colours, colours != COLOURS_NONE);
	}
	return r == -ENOMEM ? r : output_end();
}

static bool is_over(int r)
{
	return r == -ENODATA || r == -EBADMSG;
}

/* one screen is worth waiting for its rates; of a recording the last sample is shown */
static int run_once(struct source *src, struct ui *ui, struct canvas *c,
		    const struct options *o)
{
	int r;

	if (ui->replay) {
		r = source_seek(src, ui, SEEK_TIME, source_at_ns(src));
		if (r == 0)
			r = print(ui, c, o);
		if (r == 0 && !o->source.at && source_next(src, ui) == -EBADMSG)
			fprintf(stderr, "swaptop: %s: %s\n", o->source.replay,
				ui->message);
		return r;
	}
	r = source_next(src, ui);
	if (r == 0 && !ui->offline) {
		pause_s(o->delay_s > 0 ? o->delay_s : ONCE_S);
		r = source_next(src, ui);
	}
	return r == 0 ? print(ui, c, o) : r;
}

static int next_screen(struct source *src, struct ui *ui, const struct options *o,
		       uint64_t i)
{
	if (i == 0 && o->source.at)
		return source_seek(src, ui, SEEK_TIME, source_at_ns(src));
	if (i > 0 && (!ui->replay || o->delay_s > 0))
		pause_s(ui->set.delay_s);
	return source_next(src, ui);
}

static int run_many(struct source *src, struct ui *ui, struct canvas *c,
		    const struct options *o)
{
	int r = 0;

	for (uint64_t i = 0; r == 0 && (o->screens == 0 || i < o->screens); i++) {
		r = next_screen(src, ui, o, i);
		if (r == 0 && i > 0 && !o->json)
			putchar('\n');
		if (r == 0)
			r = print(ui, c, o);
	}
	if (r == -EBADMSG && ui->s) /* what was whole was shown */
		fprintf(stderr, "swaptop: %s: %s\n", o->source.replay, ui->message);
	return is_over(r) && ui->s ? 0 : r;
}

/* a ring has no screen, and nothing to tidy up: a signal may end it at any moment */
static int run_ring(struct source *src, struct ui *ui, const struct options *o)
{
	uint64_t step = (uint64_t)llround(o->delay_s * 1e9), next, now;
	int r;

	next = clock_ns(CLOCK_MONOTONIC);
	while ((r = source_next(src, ui)) == 0) {
		next += step;
		now = clock_ns(CLOCK_MONOTONIC);
		if (next <= now) /* after a long stop begin a new beat */
			next = now + step;
		pause_s((double)(next - now) / 1e9);
	}
	return r;
}

int batch_run(struct source *src, struct ui *ui, const struct options *o)
{
	struct canvas c;
	int w, h, r;

	size_of(o, &w, &h);
	if (canvas_init(&c, w, h, glyphs_of(o), colours_of(o) == COLOURS_NONE) < 0) {
		fprintf(stderr, "swaptop: %s\n", strerror(ENOMEM));
		return 1;
	}
	if (o->source.ring_bytes)
		r = run_ring(src, ui, o);
	else
		r = o->screens == 1 ? run_once(src, ui, &c, o) : run_many(src, ui, &c, o);
	canvas_done(&c);
	if (is_over(r))
		fprintf(stderr, "swaptop: %s: the recording has no whole sample\n",
			o->source.replay);
	else if (r < 0)
		fprintf(stderr, "swaptop: %s\n", strerror(-r));
	return r != 0;
}
