/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tables that fit their width: of the columns the more important ones are shown, the rest
 * of the width goes to those that can use it.
 */
#ifndef SWAPTOP_TABLE_H
#define SWAPTOP_TABLE_H

#include "canvas/canvas.h"

#define TABLE_MAX_COLUMNS 32

/**
 * struct column - one column
 * @id:     stable name, for settings and the help; NULL ends the table
 * @title:  heading
 * @help:   what it shows, for the help screen and the manual
 * @min:    columns it takes at least
 * @max:    up to which it may grow, when there is room
 * @rank:   importance: 0 is always there, the highest number goes first
 * @right:  numbers: to the right
 */
struct column {
	const char *id, *title, *help;
	uint8_t min, max, rank;
	bool right;
};

/* where the shown columns lie */
struct columns {
	size_t n;
	struct {
		uint8_t index;
		short x, w;
	} at[TABLE_MAX_COLUMNS];
};

/**
 * columns_fit() - choose and place columns
 * @hidden:  bit set: the column with that index is turned off
 * @pinned:  bit set: the column goes last when the width is short
 */
void columns_fit(const struct column *table, int width, uint32_t hidden, uint32_t pinned,
		 struct columns *out);

/* headings in row @y; @sort: index of the column sorted by, or -1 */
void columns_draw_titles(struct surf s, int y, const struct column *table,
			 const struct columns *fit, int sort, bool reverse);

/* the part of a window [0, rows) over @n lines that shows @selected; keeps *@top */
void scroll_to(int *top, int rows, int n, int selected);

#endif
