/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tables: one list of columns feeds text, raw, JSON, help and completions.
 *
 * A command declares struct column[] over its own row type and prints rows with
 * table_print(); libsmartcols does the layout and the quoting.
 */
#ifndef SWAPCTL_TABLE_H
#define SWAPCTL_TABLE_H

#include "cli.h"

enum unit {
	UNIT_TEXT,
	UNIT_BYTES,
	UNIT_NUMBER, /* signed: ranks, priorities */
	UNIT_COUNT,  /* unsigned counters */
	UNIT_PCT,
	UNIT_RATIO, /* cell.ratio, one decimal */
	UNIT_NS,    /* durations; JSON in ns */
	UNIT_BOOL,
};

/* what a getter fills: the member that its column's unit names */
struct cell {
	const char *text; /* UNIT_TEXT; borrowed from the row */
	uint64_t u;       /* BYTES, COUNT, PCT, NS, BOOL */
	int64_t i;        /* NUMBER */
	double ratio;
	size_t index;    /* of the column, for a getter that serves several */
	char room[352];  /* .text may point here */
	bool is_spelled; /* .text went through text_escape() already */
};

/* what a getter of a text returns; NULL and "" are absent */
static inline bool give_text(struct cell *c, const char *text)
{
	c->text = text;
	return text && *text;
}

/**
 * struct column - one column of a table
 * @name:  heading
 * @json:  name in JSON; NULL: @name in lower case
 * @load:  what the command must load for it (SWAPADM_LOAD_* or the command's own bits)
 * @get:   false: absent ("-", null)
 * @index: handed to @get, which may serve several columns
 */
struct column {
	const char *name, *json;
	enum unit unit;
	unsigned load;
	const char *help;
	bool (*get)(const void *row, struct cell *cell);
	size_t index;
};

/**
 * struct columns - all columns of a command
 * @table:     name of the array in JSON
 * @defaults:  comma-separated names
 */
struct columns {
	const char *table;
	const struct column *items;
	size_t n;
	const char *defaults;
};

/* the columns that one run shows, in order; released with selection_free() */
struct selection {
	const struct columns *cols;
	const struct column **items; /* @n of them */
	size_t n;
	const struct column *sort; /* NULL: as the command gives the rows */
	unsigned load;             /* of all of them */
};

/**
 * table_select() - which columns -o, -O and --sort ask for
 * Return: CLI_DONE; CLI_USAGE with the unknown name reported; CLI_FAILED (memory).
 */
int table_select(const struct cli *cli, const struct columns *cols,
		 struct selection *out);

void selection_free(struct selection *sel);

/**
 * table_print() - rows as the options of @cli want them: text, -r, -J, -b, -n
 * @rows:  @n pointers into an array, handed to the getters; sorted here when asked for
 *
 * Return: CLI_DONE or CLI_FAILED (memory).
 */
int table_print(const struct cli *cli, const struct selection *sel, const void **rows,
		size_t n);

#endif
