/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The loop of the live view: samples by the clock, keys as they come. */
#include <errno.h>
#include <langinfo.h>
#include <math.h>
#include <poll.h>

#include "act/actor.h"
#include "live.h"
#include "term.h"
#include "ui/keys.h"
#include "view/view.h"

#define LAST_WAIT_NS (3 * NSEC_PER_SEC)

struct live {
	struct source *src;
	struct ui *ui;
	const struct options *o;
	struct term *term;
	struct actor *actor;
	struct canvas canvas;
	uint64_t next_ns; /* when the next sample is due; UINT64_MAX: never */
	bool asked;       /* it is being read */
	int result;
};

enum glyph_set glyphs_of(const struct options *o)
{
	const char *term = getenv("TERM");

	if (o->ascii || !streq(nl_langinfo(CODESET), "UTF-8"))
		return GLYPHS_ASCII;
	/* fonts of the Linux console have blocks, but no braille */
	return term && streq(term, "linux") ? GLYPHS_BLOCKS : GLYPHS_BRAILLE;
}

static double pace_s(const struct live *l)
{
	/* a recording plays as it was recorded, unless -d says otherwise */
	return l->ui->replay && l->o->delay_s <= 0 ? source_pace_s(l->src)
						   : l->ui->set.delay_s;
}

static void sample(struct live *l)
{
	uint64_t step;
	int r;

	if (!l->asked)
		source_ask(l->src, l->ui);
	l->asked = true;
	r = source_take(l->src, l->ui);
	if (r == -EAGAIN)
		return;
	l->asked = l->ui->step = false;
	if (r == -ENODATA || r == -EBADMSG) {
		l->next_ns = UINT64_MAX;
		l->ui->paused = true;
		l->ui->redraw = true;
		return;
	}
	if (r < 0) {
		l->result = r;
		l->ui->quit = true;
		return;
	}
	step = (uint64_t)llround(fmax(0.02, pace_s(l)) * NSEC_PER_SEC);
	/* on the beat; after a long stop begin a new one */
	l->next_ns += step;
	if (l->next_ns + step < l->ui->now_ns || l->next_ns > l->ui->now_ns + step)
		l->next_ns = l->ui->now_ns + step;
}

static void answers(struct live *l)
{
	struct answer *answer;

	while ((answer = actor_take(l->actor))) {
		ui_answer(l->ui, answer);
		if (!answer->action.plan && l->next_ns != UINT64_MAX)
			l->next_ns = 0; /* show at once what it did */
		free(answer);
	}
}

static void wishes(struct live *l)
{
	struct action action = l->ui->action;
	int r;

	if (action.kind == ACTION_NONE)
		return;
	l->ui->action.kind = ACTION_NONE;
	r = actor_start(l->actor, &action);
	if (r < 0) {
		dialog_close(&l->ui->dialog);
		ui_say(l->ui, EVENT_BAD, "%s %s: %s", action_verb(&action), action.label,
		       r == -EBUSY ? "earlier actions are still running" : strerror(-r));
	}
}

/* another place of the recording; what was the end need not be it any more */
static void seek(struct live *l)
{
	enum seek to = l->ui->seek;
	int r;

	if (to == SEEK_NONE)
		return;
	l->ui->seek = SEEK_NONE;
	r = source_seek(l->src, l->ui, to, l->ui->seek_ns);
	if (r < 0 && r != -ENODATA && r != -EBADMSG) {
		l->result = r;
		l->ui->quit = true;
	}
	if (r == 0)
		l->next_ns = l->ui->now_ns;
	l->ui->redraw = true;
}

static void show(struct live *l)
{
	int w, h;

	if (!l->ui->redraw)
		return;
	term_size(l->term, &w, &h);
	if (canvas_resize(&l->canvas, w, h) < 0)
		return;
	screen_draw(&l->canvas, l->ui);
	term_show(l->term, &l->canvas, l->ui->repaint);
	l->ui->redraw = l->ui->repaint = false;
}

static void handle(struct live *l, const struct term_event *ev)
{
	switch (ev->kind) {
	case TERM_NONE:
		break;
	case TERM_KEY:
		keys_press(l->ui, ev->key);
		break;
	case TERM_CLICK:
		keys_click(l->ui, ev->x, ev->y, ev->twice);
		break;
	case TERM_RESIZED:
		l->ui->redraw = l->ui->repaint = true;
		break;
	case TERM_ENDED:
		l->ui->quit = true;
		break;
	}
}

/* a message in the footer goes when its time is over, paused or not */
static uint64_t wake_at(struct live *l)
{
	bool idle = l->asked || (l->ui->paused && !l->ui->step);
	uint64_t at = idle ? UINT64_MAX : l->next_ns;

	if (l->ui->message_until_ns > l->ui->now_ns && l->ui->message_until_ns < at)
		at = l->ui->message_until_ns;
	if (at == UINT64_MAX)
		at = l->ui->now_ns + 3600 * NSEC_PER_SEC;
	return at;
}

static void loop(struct live *l)
{
	struct ui *ui = l->ui;
	bool message = false;
	enum list_id pane;
	double delay;

	while (!ui->quit) {
		struct term_event ev;

		show(l);
		delay = ui->set.delay_s;
		pane = ui->set.pane;
		ev = term_wait(l->term, wake_at(l), actor_fd(l->actor),
			       source_fd(l->src));
		ui->now_ns = clock_ns(CLOCK_MONOTONIC);
		handle(l, &ev);
		answers(l);
		wishes(l);
		seek(l);
		/* do not sit out the longer one, nor wait for what the pane needs */
		if ((ui->set.delay_s < delay || (ui->set.pane != pane && !ui->replay)) &&
		    l->next_ns != UINT64_MAX)
			l->next_ns = 0;
		if (message && ui->now_ns >= ui->message_until_ns)
			ui->redraw = true;
		message = ui->now_ns < ui->message_until_ns;
		if (l->asked || ui->step || (!ui->paused && ui->now_ns >= l->next_ns))
			sample(l);
	}
}

static enum colours wanted_colours(const struct options *o)
{
	const char *no = getenv("NO_COLOR");

	if (o->no_colour || (!o->always_colour && no && *no))
		return COLOURS_NONE;
	return COLOURS_256;
}

/* what was answered with y is begun before we end, and a failure is reported */
static void last_words(struct actor *a)
{
	struct pollfd fd = { .fd = actor_fd(a), .events = POLLIN };
	uint64_t until_ns = clock_ns(CLOCK_MONOTONIC) + LAST_WAIT_NS, now_ns;
	struct answer *answer;

	while (actor_is_busy(a) && (now_ns = clock_ns(CLOCK_MONOTONIC)) < until_ns) {
		poll(&fd, 1, (int)((until_ns - now_ns) / 1000000) + 1);
		while ((answer = actor_take(a))) {
			if (!answer->action.plan && !answer->ok)
				fprintf(stderr, "swaptop: %s\n", answer->message);
			free(answer);
		}
	}
	if (actor_is_busy(a))
		fputs("swaptop: the last action may not have started; see `swapctl jobs`\n",
		      stderr);
}

int live_run(struct source *src, struct ui *ui, const struct options *o)
{
	struct live l = { .src = src, .ui = ui, .o = o };
	char problem[200];
	int r = term_open(&l.term, wanted_colours(o), o->mouse, problem, sizeof(problem));

	if (r < 0) {
		fprintf(stderr, "swaptop: %s\n", r == -ENOMEM ? strerror(-r) : problem);
		return 1;
	}
	r = canvas_init(&l.canvas, 1, 1, glyphs_of(o),
			term_colours(l.term) == COLOURS_NONE);
	if (r == 0)
		r = actor_new(&l.actor, o->source.root, o->source.config);
	if (r == 0)
		r = source_detach(src);
	if (r == 0) {
		ui->replay_last_ns = source_last_ns(src);
		ui->now_ns = l.next_ns = clock_ns(CLOCK_MONOTONIC);
		ui->redraw = true; /* until the first sample is there: "reading..." */
		if (o->source.at) {
			ui->seek = SEEK_TIME;
			ui->seek_ns = source_at_ns(src);
			ui->paused = true;
			seek(&l);
		} else {
			sample(&l);
		}
		loop(&l);
		r = l.result;
	}
	canvas_done(&l.canvas);
	term_close(l.term);
	if (l.actor)
		last_words(l.actor);
	actor_free(l.actor);
	if (r < 0)
		fprintf(stderr, "swaptop: %s\n", strerror(-r));
	return r < 0;
}
