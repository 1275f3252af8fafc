/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ui/escape.h"

#include <string.h>

#define ESC        0x1b
#define BEL        0x07
#define PAUSE_NS   UINT64_C(500000000) /* what comes later was typed */
#define NUMBER_MAX 10000

bool escape_begin(struct escape *e, unsigned c, uint64_t now_ns)
{
	*e = (struct escape){ .last_ns = now_ns };
	if (c == '[') {
		e->state = ESCAPE_CONTROL;
		e->begun = true;
	} else if (c == 'O') {
		e->state = ESCAPE_ONE;
	} else if (c && c < 0x80 && strchr("]P_^X", (int)c)) {
		e->state = ESCAPE_STRING;
	}
	return e->state != ESCAPE_NONE;
}

void escape_begin_report(struct escape *e, uint64_t now_ns)
{
	*e = (struct escape){ .state = ESCAPE_REPORT, .last_ns = now_ns };
}

/* "M": pressed; "m": let go */
static enum escape_result end_report(struct escape *e, unsigned c)
{
	e->state = ESCAPE_NONE;
	return c == 'M' && e->n == ESCAPE_NUMBERS - 1 && e->numbers[1] && e->numbers[2]
		       ? ESCAPE_CLICK
		       : ESCAPE_TAKEN;
}

static enum escape_result take_report(struct escape *e, unsigned c)
{
	if (c == ';') {
		e->n += e->n < ESCAPE_NUMBERS;
	} else if (c >= '0' && c <= '9') {
		if (e->n < ESCAPE_NUMBERS)
			e->numbers[e->n] = e->numbers[e->n] * 10 + (int)(c - '0');
		if (e->n < ESCAPE_NUMBERS && e->numbers[e->n] > NUMBER_MAX)
			e->numbers[e->n] = NUMBER_MAX;
	} else {
		return end_report(e, c);
	}
	return ESCAPE_TAKEN;
}

/* parameters are from blank to "?", what ends it is above that; "[": a key of linux */
static enum escape_result take_control(struct escape *e, unsigned c)
{
	bool begun = e->begun;

	e->begun = false;
	if (begun && c == '<')
		escape_begin_report(e, e->last_ns);
	else if (begun && c == '[')
		e->state = ESCAPE_ONE;
	else if (c >= 0x40)
		e->state = ESCAPE_NONE;
	return ESCAPE_TAKEN;
}

enum escape_result escape_take(struct escape *e, unsigned c, uint64_t now_ns)
{
	bool is_string = e->state == ESCAPE_STRING || e->state == ESCAPE_END;

	if (now_ns - e->last_ns > PAUSE_NS ||
	    (!is_string && (c < ' ' || c > '~'))) /* cut off */
		e->state = ESCAPE_NONE;
	e->last_ns = now_ns;
	switch (e->state) {
	case ESCAPE_NONE:
		return ESCAPE_KEY;
	case ESCAPE_CONTROL:
		return take_control(e, c);
	case ESCAPE_REPORT:
		return take_report(e, c);
	case ESCAPE_STRING:
		e->state = c == BEL ? ESCAPE_NONE : c == ESC ? ESCAPE_END : ESCAPE_STRING;
		return ESCAPE_TAKEN;
	case ESCAPE_ONE:
	case ESCAPE_END:
		e->state = ESCAPE_NONE;
		return ESCAPE_TAKEN;
	}
	return ESCAPE_KEY;
}
