/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is asked or shown in front of the screen. */
#ifndef SWAPTOP_DIALOG_H
#define SWAPTOP_DIALOG_H

#include "canvas/canvas.h"

enum dialog_kind {
	DIALOG_NONE,
	DIALOG_HELP,
	DIALOG_TELL,    /* lines; any key closes */
	DIALOG_LIST,    /* lines below a heading, which is the first; they scroll */
	DIALOG_BUSY,    /* lines; waiting for the library; Esc gives up waiting */
	DIALOG_CONFIRM, /* lines; y starts what was planned */
	DIALOG_INPUT,   /* one line of text */
	DIALOG_MENU,    /* one of several */
};

enum dialog_purpose {
	PURPOSE_NONE,
	PURPOSE_FILTER,
	PURPOSE_SEARCH,
	PURPOSE_SORT,
	PURPOSE_COLUMNS,
	PURPOSE_TIME,
};

#define DIALOG_LINES 200
#define DIALOG_WIDTH 256
#define DIALOG_ITEMS 64

struct dialog {
	enum dialog_kind kind;
	enum dialog_purpose purpose;
	char title[64];
	char lines[DIALOG_LINES][DIALOG_WIDTH];
	uint8_t roles[DIALOG_LINES];
	int n_lines;
	bool refused; /* DIALOG_CONFIRM: y is not an answer */
	char hint[96];
	char input[48];
	struct {
		char text[48];
		char mark; /* before the text: ' ', '*', '-', '+' */
	} items[DIALOG_ITEMS];
	int n_items, selected, top, height;
};

void dialog_open(struct dialog *d, enum dialog_kind kind, const char *title);
void dialog_close(struct dialog *d);
void dialog_line(struct dialog *d, uint8_t role, const char *fmt, ...) _printf_(3, 4);
void dialog_item(struct dialog *d, char mark, const char *text);
void dialog_set_hint(struct dialog *d, const char *hint);

#endif
