/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What all lists share: collecting, filtering, sorting, trees, drawing rows. */
#include <math.h>
#include <strings.h>

#include "ui/fold.h"
#include "ui/list.h"

#define DEPTH_MAX 31

struct row *list_add(struct list *l, enum row_kind kind, size_t index, uint64_t id)
{
	if (l->n_rows == l->cap) {
		size_t cap = l->cap ? 2 * l->cap : 32;
		struct row *rows = realloc(l->rows, cap * sizeof(*rows));

		if (!rows)
			return NULL;
		l->rows = rows;
		l->cap = cap;
	}
	l->rows[l->n_rows] =
		(struct row){ .kind = kind, .index = (uint32_t)index, .id = id };
	return &l->rows[l->n_rows++];
}

/* ---- order ---------------------------------------------------------------------- */

struct keyed {
	struct sort_value value;
	uint32_t at; /* where the row was: equal rows keep their order */
};

static int compare_values(const struct sort_value *a, const struct sort_value *b)
{
	if (a->text && b->text)
		return strcasecmp(a->text, b->text);
	if (isnan(a->number) || isnan(b->number))
		return 0;
	/* numbers: the largest first */
	return a->number < b->number ? 1 : a->number > b->number ? -1 : 0;
}

static bool absent(const struct sort_value *v)
{
	return !v->text && isnan(v->number);
}

static int compare_keyed(const void *pa, const void *pb, void *reverse)
{
	const struct keyed *a = pa, *b = pb;
	int r;

	if (absent(&a->value) != absent(&b->value))
		return absent(&a->value) ? 1 : -1;
	r = compare_values(&a->value, &b->value);
	if (*(bool *)reverse)
		r = -r;
	if (r == 0)
		r = a->at < b->at ? -1 : 1;
	return r;
}

static void sort_rows(struct ui *ui, enum list_id id)
{
	const struct list_ops *ops = list_ops(ui, id);
	struct list *l = &ui->lists[id];
	int column = ui->set.lists[id].sort;
	_cleanup_free_ struct keyed *keys = calloc(l->n_rows + 1, sizeof(*keys));
	_cleanup_free_ struct row *rows = calloc(l->n_rows + 1, sizeof(*rows));

	if (!keys || !rows || !ops->value || column < 0 || l->n_rows == 0)
		return;
	for (size_t i = 0; i < l->n_rows; i++)
		keys[i] = (struct keyed){ ops->value(ui, &l->rows[i], column),
					  (uint32_t)i };
	qsort_r(keys, l->n_rows, sizeof(*keys), compare_keyed,
		&ui->set.lists[id].reverse);
	for (size_t i = 0; i < l->n_rows; i++)
		rows[i] = l->rows[keys[i].at];
	memcpy(l->rows, rows, l->n_rows * sizeof(*rows));
}

/* ---- trees ---------------------------------------------------------------------- */

struct by_id {
	uint64_t id;
	int row;
};

static int compare_id(const void *pa, const void *pb)
{
	const struct by_id *a = pa, *b = pb;

	return a->id < b->id ? -1 : a->id > b->id;
}

/**
 * struct tree - rows in their sorted order, linked
 * @child:    first child of a row, -1 none; @next: its next sibling
 * @visited:  rows already placed: ids that contradict each other must not loop
 */
struct tree {
	struct list *l;
	struct row *out;
	size_t n_out;
	int *child, *next;
	int roots;
};

static int tree_link(struct ui *ui, const struct list_ops *ops, struct tree *t)
{
	size_t n = t->l->n_rows;
	_cleanup_free_ struct by_id *ids = calloc(n + 1, sizeof(*ids));

	if (!ids)
		return -1;
	for (size_t i = 0; i < n; i++) {
		ids[i] = (struct by_id){ t->l->rows[i].id, (int)i };
		t->child[i] = -1;
	}
	qsort(ids, n, sizeof(*ids), compare_id);
	t->roots = -1;
	for (int i = (int)n - 1; i >= 0; i--) { /* backwards: each goes to the front */
		struct by_id key = { ops->parent_id(ui, &t->l->rows[i]), 0 };
		struct by_id *up =
			key.id ? bsearch(&key, ids, n, sizeof(*ids), compare_id) : NULL;
		int *head = up && up->row != i ? &t->child[up->row] : &t->roots;

		t->next[i] = *head;
		*head = i;
	}
	return 0;
}

static void tree_emit(struct ui *ui, struct tree *t, int row, unsigned depth,
		      uint32_t guide)
{
	for (; row >= 0; row = t->next[row]) {
		struct row *r = &t->out[t->n_out++];

		*r = t->l->rows[row];
		r->depth = (uint8_t)depth;
		r->last = t->next[row] < 0;
		r->guide = guide;
		r->parent = t->child[row] >= 0;
		r->folded = r->parent && ui_folded(ui, r->id);
		if (!r->parent || r->folded)
			continue;
		if (depth < DEPTH_MAX)
			tree_emit(ui, t, t->child[row], depth + 1,
				  r->last ? guide : guide | 1u << depth);
		else /* no further to the right */
			tree_emit(ui, t, t->child[row], depth, guide);
	}
}

static void tree_rows(struct ui *ui, enum list_id id)
{
	struct list *l = &ui->lists[id];
	size_t n = l->n_rows + 1;
	_cleanup_free_ struct row *out = calloc(n, sizeof(*out));
	_cleanup_free_ int *child = calloc(n, sizeof(*child));
	_cleanup_free_ int *next = calloc(n, sizeof(*next));
	struct tree t = { .l = l, .out = out, .child = child, .next = next };

	if (!out || !child || !next || l->n_rows == 0 ||
	    tree_link(ui, list_ops(ui, id), &t) < 0)
		return;
	tree_emit(ui, &t, t.roots, 0, 0);
	memcpy(l->rows, out, t.n_out * sizeof(*out));
	l->n_rows = t.n_out;
}

static void filter_rows(struct ui *ui, enum list_id id)
{
	const struct list_ops *ops = list_ops(ui, id);
	struct list *l = &ui->lists[id];
	size_t n = 0;

	if (!*l->filter || !ops->text)
		return;
	for (size_t i = 0; i < l->n_rows; i++) {
		if (strcasestr(ops->text(ui, &l->rows[i]), l->filter))
			l->rows[n++] = l->rows[i];
	}
	l->n_rows = n;
}

void list_arrange(struct ui *ui, enum list_id id)
{
	struct list *l = &ui->lists[id];

	filter_rows(ui, id);
	sort_rows(ui, id);
	if (list_ops(ui, id)->parent_id && ui->set.tree[id] && !*l->filter)
		tree_rows(ui, id);
}

/* ---- drawing -------------------------------------------------------------------- */

static const char *title_of(const struct ui *ui, const struct list_ops *ops, int column)
{
	const char *title = ops->title_of ? ops->title_of(ui, column) : NULL;

	return title ? title : ops->columns[column].title;
}

/* the table with the headings of this moment; columns without one are hidden */
static uint32_t actual_columns(const struct ui *ui, enum list_id id, struct column *table)
{
	const struct list_ops *ops = list_ops(ui, id);
	uint32_t hidden = ui->set.lists[id].hidden;
	size_t i;

	for (i = 0; ops->columns[i].id; i++) {
		table[i] = ops->columns[i];
		table[i].title = title_of(ui, ops, (int)i);
		if (!*table[i].title)
			hidden |= 1u << i;
	}
	table[i] = (struct column){ 0 };
	return hidden;
}

void list_columns(const struct ui *ui, enum list_id id, int w, struct columns *fit)
{
	struct column table[TABLE_MAX_COLUMNS + 1];
	uint32_t hidden = actual_columns(ui, id, table);

	columns_fit(table, w, hidden, ui->set.lists[id].pinned, fit);
}

static void draw_titles(struct surf s, struct ui *ui, enum list_id id,
			const struct columns *fit)
{
	struct column table[TABLE_MAX_COLUMNS + 1];
	const struct list_settings *set = &ui->set.lists[id];

	actual_columns(ui, id, table);
	columns_draw_titles(s, 0, table, fit, list_ops(ui, id)->value ? set->sort : -1,
			    set->reverse);
	for (size_t i = 0; i < fit->n && list_ops(ui, id)->value; i++) {
		if (ui->n_hits == HITS_MAX || fit->at[i].x >= s.w)
			break;
		ui->hits[ui->n_hits++] = (struct hit){
			(short)(s.x + fit->at[i].x),
			(short)s.y,
			fit->at[i].w,
			1,
			0,
			id,
			fit->at[i].index,
		};
	}
}

static void draw_row(struct surf line, const struct ui *ui, enum list_id id,
		     const struct columns *fit, const struct row *row)
{
	const struct list_ops *ops = list_ops(ui, id);

	for (size_t i = 0; i < fit->n; i++)
		ops->cell(surf_sub(line, fit->at[i].x, 0, fit->at[i].w, 1), ui, row,
			  fit->at[i].index);
}

static void draw_empty(struct surf s, const struct ui *ui, enum list_id id)
{
	const struct list *l = &ui->lists[id];
	char text[256] = "";

	if (*l->filter)
		snprintf(text, sizeof(text), "nothing matches \"%s\"", l->filter);
	else if (list_ops(ui, id)->empty)
		list_ops(ui, id)->empty(ui, text, sizeof(text));
	surf_text(s, 1, 0, ST(ROLE_DIM), text);
}

void list_draw(struct surf s, struct ui *ui, enum list_id id)
{
	struct list *l = &ui->lists[id];
	struct surf body = surf_sub(s, 0, 1, s.w, s.h - 1);
	struct columns fit;

	l->height = body.h;
	if (s.h < 1 || s.w < 1)
		return;
	list_columns(ui, id, s.w, &fit);
	draw_titles(s, ui, id, &fit);
	scroll_to(&l->top, body.h, (int)l->n_rows, l->selected);
	if (l->n_rows == 0)
		draw_empty(body, ui, id);
	for (int y = 0; y < body.h && l->top + y < (int)l->n_rows; y++) {
		struct surf line = surf_sub(body, 0, y, body.w, 1);

		draw_row(line, ui, id, &fit, &l->rows[l->top + y]);
		if (ui->focus == id && l->top + y == l->selected)
			surf_mark_row(line, 0);
	}
	if (ui->n_hits < HITS_MAX)
		ui->hits[ui->n_hits++] = (struct hit){
			(short)body.x,
			(short)body.y,
			(short)body.w,
			(short)body.h,
			0,
			id,
			-1,
		};
}
