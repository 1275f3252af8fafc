/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SWAPTOP_OPTIONS_H
#define SWAPTOP_OPTIONS_H

#include "canvas/palette.h"
#include "record/source.h"

enum mode {
	MODE_LIVE,
	MODE_BATCH, /* --once is a batch of one screen */
};

struct options {
	enum mode mode;
	uint64_t screens; /* of a batch; 0: without end */
	bool json, no_colour, always_colour, ascii, mouse;
	double delay_s; /* 0: as the settings say */
	int w, h;       /* of a batch; 0: the terminal's, else 80x24 */
	struct source_spec source;
	int pane; /* list_id, -1: as the settings say */
	const char *sort;
};

/* one option; the manual and the completions are tested against this table */
struct option_help {
	char letter;
	const char *name, *value, *help;
};

extern const struct option_help option_table[]; /* ended by one without name */

/* -1: go on; else an exit status: help or version was printed, or a usage error was */
int options_parse(struct options *o, int argc, char **argv);

/* flush standard output; 0; 1: it can't be written, which was said */
int output_end(void);

#endif
