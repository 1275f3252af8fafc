/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What all lists share: collecting, filtering, sorting, trees, drawing rows. */
#ifndef SWAPTOP_LIST_H
#define SWAPTOP_LIST_H

#include "ui/ui.h"

/* what a row is sorted by: a text, or a number (NAN: unknown, goes last) */
struct sort_value {
	const char *text;
	double number;
};

/**
 * struct list_ops - what differs between the lists
 * @name:     of the list in settings
 * @title:    in the tab
 * @columns:  table; its ids are the words of settings
 * @title_of: heading of a column when it is not fixed; NULL: the column's own; "" hides it
 * @collect:  append the rows, unsorted or in their own order
 * @value:    what a row is sorted by, in a column
 * @text:     what the filter looks at
 * @cell:     draw one cell; @s is one row high
 * @empty:    what to say when there are no rows
 * @parent_id: for lists that can be a tree: id of the row above, 0: none
 * @sort:     column sorted by until the user says otherwise; NULL: the list's own order
 * @tree:     a tree until the user says otherwise
 */
struct list_ops {
	const char *name, *title;
	const struct column *columns;
	const char *(*title_of)(const struct ui *ui, int column);
	void (*collect)(struct ui *ui, struct list *l);
	struct sort_value (*value)(const struct ui *ui, const struct row *row,
				   int column);
	const char *(*text)(const struct ui *ui, const struct row *row);
	void (*cell)(struct surf s, const struct ui *ui, const struct row *row,
		     int column);
	void (*empty)(const struct ui *ui, char *buf, size_t size);
	uint64_t (*parent_id)(const struct ui *ui, const struct row *row);
	const char *sort;
	bool tree;
};

static inline const struct list_ops *list_ops(const struct ui *ui, enum list_id id)
{
	return ui->set.ops[id];
}

struct row *list_add(struct list *l, enum row_kind kind, size_t index, uint64_t id);
/* order the rows as the settings say, as a tree where the list is one */
void list_arrange(struct ui *ui, enum list_id id);
/* headings in the first row, then rows */
void list_draw(struct surf s, struct ui *ui, enum list_id id);
/* columns as they fit into @w */
void list_columns(const struct ui *ui, enum list_id id, int w, struct columns *fit);

#endif
