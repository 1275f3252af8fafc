/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "table.h"

#include <ctype.h>
#include <inttypes.h>
#include <libsmartcols.h>
#include <locale.h>
#include <strings.h>

#include "text.h"

static void table_unrefp(struct libscols_table **tb)
{
	if (*tb)
		scols_unref_table(*tb);
}

/* ---- selection */

static const struct column *find_column(const struct columns *cols, const char *name,
					size_t len)
{
	for (size_t i = 0; i < cols->n; i++)
		if (strlen(cols->items[i].name) == len &&
		    !strncasecmp(cols->items[i].name, name, len))
			return &cols->items[i];
	return NULL;
}

/* there is room for each column once */
static void append(struct selection *sel, const struct column *col)
{
	for (size_t i = 0; i < sel->n; i++)
		if (sel->items[i] == col)
			return; /* JSON objects can't have a name twice */
	sel->items[sel->n++] = col;
	sel->load |= col->load;
}

void selection_free(struct selection *sel)
{
	free(sel->items);
	sel->items = NULL;
	sel->n = 0;
}

static bool get_cell(const struct column *col, const void *row, struct cell *c)
{
	c->index = col->index;
	c->is_spelled = false;
	return col->get(row, c);
}

static int no_such_column(const struct cli *cli, const struct columns *cols,
			  const char *name, size_t len)
{
	const char *names[128], *near;
	char word[64];
	size_t n = 0;

	for (size_t i = 0; i < cols->n && n < ARRAY_SIZE(names); i++)
		names[n++] = cols->items[i].name;
	snprintf(word, sizeof(word), "%.*s", (int)len, name);
	near = swapadm_nearest_word(word, names, n);
	if (near)
		return cli_usage(cli, "--output: '%s': no such column; did you mean %s?",
				 word, near);
	return cli_usage(cli, "--output: '%.*s': no such column", (int)len, name);
}

static int append_names(const struct cli *cli, struct selection *sel, const char *names)
{
	while (*names) {
		size_t len = strcspn(names, ",");
		const struct column *col = find_column(sel->cols, names, len);

		if (!col)
			return no_such_column(cli, sel->cols, names, len);
		append(sel, col);
		names += len;
		if (*names)
			names++;
	}
	return CLI_DONE;
}

static int select_sort(const struct cli *cli, struct selection *sel)
{
	const char *name = cli->values[OPT_SORT];

	if (!name)
		return CLI_DONE;
	sel->sort = find_column(sel->cols, name, strlen(name));
	if (!sel->sort)
		return cli_usage(cli, "--sort: '%s': no such column", name);
	sel->load |= sel->sort->load;
	return CLI_DONE;
}

int table_select(const struct cli *cli, const struct columns *cols, struct selection *out)
{
	const char *names = cli->values[OPT_COLUMNS];
	int r;

	*out = (struct selection){ .cols = cols };
	out->items = calloc(cols->n + 1, sizeof(*out->items));
	if (!out->items)
		return cli_fail(cli, -ENOMEM, cli->cmd->name);
	r = select_sort(cli, out);
	if (r)
		return r;
	if (cli_has(cli, OPT_ALL_COLUMNS)) {
		for (size_t i = 0; i < cols->n; i++)
			append(out, &cols->items[i]);
		return CLI_DONE;
	}
	if (!names || *names == '+')
		append_names(cli, out, cols->defaults);
	if (!names)
		return CLI_DONE;
	return append_names(cli, out, *names == '+' ? names + 1 : names);
}

/* ---- cells */

static const char *human(const struct column *col, struct cell *c, struct buf *b)
{
	switch (col->unit) {
	case UNIT_BYTES:
		return text_size(b, c->u);
	case UNIT_PCT:
		snprintf(b->s, sizeof(b->s), "%" PRIu64 "%%", c->u);
		return b->s;
	case UNIT_NS:
		return text_clock(b, c->u);
	case UNIT_BOOL:
		return c->u ? "yes" : "no";
	default:
		return NULL;
	}
}

/* the plain form: of JSON, and of -b */
static const char *plain(const struct column *col, struct cell *c, struct buf *b)
{
	switch (col->unit) {
	case UNIT_TEXT:
		return c->text;
	case UNIT_NUMBER:
		snprintf(b->s, sizeof(b->s), "%" PRId64, c->i);
		return b->s;
	case UNIT_RATIO:
		snprintf(b->s, sizeof(b->s), "%.1f", c->ratio);
		return b->s;
	default:
		return text_count(b, c->u);
	}
}

static const char *cell_text(const struct cli *cli, const struct column *col,
			     const void *row, struct cell *c, struct buf *b)
{
	bool json = cli_has(cli, OPT_JSON);
	const char *text = NULL;

	if (!get_cell(col, row, c))
		return json ? NULL : "-";
	if (!json && !(col->unit == UNIT_BYTES && cli_has(cli, OPT_BYTES)))
		text = human(col, c, b);
	return text ? text : plain(col, c, b);
}

/* ---- libsmartcols */

static int json_type(enum unit unit)
{
	switch (unit) {
	case UNIT_TEXT:
		return SCOLS_JSON_STRING;
	case UNIT_BOOL:
		return SCOLS_JSON_BOOLEAN;
	default:
		return SCOLS_JSON_NUMBER;
	}
}

static int add_column(struct libscols_table *tb, const struct cli *cli,
		      const struct column *col)
{
	int flags = col->unit == UNIT_TEXT ? 0 : SCOLS_FL_RIGHT;
	const char *name = col->name;
	struct libscols_column *cl;

	if (cli_has(cli, OPT_JSON) && col->json)
		name = col->json;
	cl = scols_table_new_column(tb, name, 0, flags);
	if (!cl)
		return -ENOMEM;
	return scols_column_set_json_type(cl, json_type(col->unit));
}

static int add_row(struct libscols_table *tb, const struct cli *cli,
		   const struct selection *sel, const void *row)
{
	struct libscols_line *ln = scols_table_new_line(tb, NULL);
	struct cell c;
	struct buf b;

	if (!ln)
		return -ENOMEM;
	for (size_t i = 0; i < sel->n; i++) {
		const char *text = cell_text(cli, sel->items[i], row, &c, &b);
		_cleanup_free_ char *clean = NULL;

		/* raw: libsmartcols escapes, so that no field has a blank */
		if (text && !cli_has(cli, OPT_RAW)) {
			clean = cli_has(cli, OPT_JSON) || c.is_spelled
					? strdup(text)
					: text_escape(text);
			if (!clean)
				return -ENOMEM;
			text = cli_has(cli, OPT_JSON) ? text_utf8(clean) : clean;
		}
		if (scols_line_set_data(ln, i, text))
			return -ENOMEM;
	}
	return 0;
}

static int fill(struct libscols_table *tb, const struct cli *cli,
		const struct selection *sel, const void **rows, size_t n)
{
	int r = scols_table_set_name(tb, sel->cols->table);

	scols_table_enable_json(tb, cli_has(cli, OPT_JSON));
	scols_table_enable_raw(tb, cli_has(cli, OPT_RAW));
	/* text_escape() has done it; libsmartcols would make "\x2d" of systemd "\x5cx2d" */
	scols_table_enable_noencoding(tb, !cli_has(cli, OPT_RAW));
	scols_table_enable_noheadings(tb, cli_has(cli, OPT_NO_HEADINGS));
	for (size_t i = 0; !r && i < sel->n; i++)
		r = add_column(tb, cli, sel->items[i]);
	for (size_t i = 0; !r && i < n; i++)
		r = add_row(tb, cli, sel, rows[i]);
	return r;
}

/* ---- order */

/* amounts: largest first; names and the numbers of things: ascending */
static int compare_cells(enum unit unit, const struct cell *a, const struct cell *b)
{
	switch (unit) {
	case UNIT_TEXT:
		return strcmp(a->text, b->text);
	case UNIT_NUMBER:
		return (a->i > b->i) - (a->i < b->i);
	case UNIT_RATIO:
		return (a->ratio < b->ratio) - (a->ratio > b->ratio);
	default:
		return (a->u < b->u) - (a->u > b->u);
	}
}

/* what has no value comes last; equals stay as they were */
static int compare_rows(const void *pa, const void *pb, void *column)
{
	const void *a = *(const void *const *)pa, *b = *(const void *const *)pb;
	const struct column *col = column;
	struct cell x, y;
	bool has_x = get_cell(col, a, &x), has_y = get_cell(col, b, &y);
	int r = has_x && has_y ? compare_cells(col->unit, &x, &y) : has_y - has_x;

	return r ? r : (a > b) - (a < b);
}

/*
 * Names are UTF-8 by now, whatever the locale is: in that of C libsmartcols (2.38) would
 * look for the end of one for ever.
 */
static int print_as_utf8(struct libscols_table *tb)
{
	locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	locale_t before = uselocale(utf8);
	int r = scols_print_table(tb);

	uselocale(before);
	if (utf8)
		freelocale(utf8);
	return r;
}

int table_print(const struct cli *cli, const struct selection *sel, const void **rows,
		size_t n)
{
	_cleanup_(table_unrefp) struct libscols_table *tb = scols_new_table();

	if (sel->sort && n)
		qsort_r(rows, n, sizeof(*rows), compare_rows, (void *)sel->sort);
	if (!tb || fill(tb, cli, sel, rows, n)) {
		cli_say("out of memory");
		return CLI_FAILED;
	}
	if (cli_has(cli, OPT_RAW) ? scols_print_table(tb) : print_as_utf8(tb)) {
		cli_say("standard output: print the table: failed");
		return CLI_FAILED;
	}
	return CLI_DONE;
}
