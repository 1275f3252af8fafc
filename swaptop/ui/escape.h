/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a terminal sends after ESC and curses does not know: a mouse report in decimals, a
 * key with Ctrl or Shift, an answer to a question of another program. Taken as a whole,
 * so that no byte of it is a key of ours. It may come in parts, as on a serial line.
 */
#ifndef SWAPTOP_ESCAPE_H
#define SWAPTOP_ESCAPE_H

#include <stdbool.h>
#include <stdint.h>

#define ESCAPE_NUMBERS 3

/**
 * struct escape - a sequence that is not complete
 * @numbers:  of a mouse report: button, column, row, at most 10000
 * @n:        which of them is being read
 * @last_ns:  when its last byte came
 */
struct escape {
	enum {
		ESCAPE_NONE,
		ESCAPE_CONTROL, /* ESC [, up to a letter */
		ESCAPE_REPORT,  /* ESC [ <, the same */
		ESCAPE_ONE,     /* one more byte: ESC O and ESC [ [ */
		ESCAPE_STRING,  /* ESC ] and others, up to BEL or ESC \ */
		ESCAPE_END,     /* the ESC of that */
	} state;
	bool begun; /* ESC [ and nothing more yet */
	int numbers[ESCAPE_NUMBERS], n;
	uint64_t last_ns;
};

enum escape_result {
	ESCAPE_KEY,   /* @c is not of a sequence */
	ESCAPE_TAKEN, /* it is */
	ESCAPE_CLICK, /* and ends a report of a button that was pressed: .numbers */
};

/* @c follows ESC at once: does a sequence begin? */
bool escape_begin(struct escape *e, unsigned c, uint64_t now_ns);

/* ESC [ < has come */
void escape_begin_report(struct escape *e, uint64_t now_ns);

enum escape_result escape_take(struct escape *e, unsigned c, uint64_t now_ns);

#endif
