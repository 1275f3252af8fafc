/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The terminal. term.c is the only file that knows curses.
 *
 * However swaptop ends, the terminal is as it was: on the usual way by term_close(), on a
 * signal that ends us because the loop of live.c sees it as an event and closes, on a
 * crash because a handler writes the closing sequences and restores the tty before it
 * dies of the signal.
 */
#ifndef SWAPTOP_TERM_H
#define SWAPTOP_TERM_H

#include "canvas/palette.h"

struct term;

enum term_event_kind {
	TERM_NONE, /* time is over, or another fd has something */
	TERM_KEY,
	TERM_CLICK,
	TERM_RESIZED,
	TERM_ENDED, /* a signal asks us to leave, or the terminal is gone */
};

struct term_event {
	enum term_event_kind kind;
	int key; /* Unicode, or K_* of keycodes.h */
	int x, y;
	bool twice;
};

/**
 * term_open() - take over the terminal of stdin and stdout
 * @colours:  at most these; fewer where the terminal has fewer
 * @problem:  sentence on failure
 *
 * Return: 0; -ENOTTY not a terminal; -ENOENT the terminal's type is unknown; -ENOMEM.
 */
int term_open(struct term **out, enum colours colours, bool mouse, char *problem,
	      size_t size);
void term_close(struct term *t);
enum colours term_colours(const struct term *t);
void term_size(const struct term *t, int *w, int *h);

/* bring the screen to what the canvas has; @repaint: whatever is there is not trusted */
void term_show(struct term *t, const struct canvas *c, bool repaint);

/**
 * term_wait() - the next event
 * @until_ns:  CLOCK_MONOTONIC time to wait until
 * @fd, @fd2:  other descriptors that end the wait when they are readable, or -1
 */
struct term_event term_wait(struct term *t, uint64_t until_ns, int fd, int fd2);

#endif
