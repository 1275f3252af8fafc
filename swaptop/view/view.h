/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Views draw what ui.h describes; they read nothing else. */
#ifndef SWAPTOP_VIEW_H
#define SWAPTOP_VIEW_H

#include "ui/ui.h"

/**
 * struct view - a part of the screen
 * @name:    title
 * @key:     key that leads there, 0: none
 * @height:  rows it would like at a width of @w columns, 0: it is not shown now
 * @draw:    fills @s, whatever its size
 */
struct view {
	const char *name;
	int key;
	int (*height)(const struct ui *ui, int w, int h);
	void (*draw)(struct surf s, struct ui *ui);
};

extern const struct view view_header, view_tiers, view_graphs, view_jobs, view_lower,
	view_footer, view_dialog;

#define GRAPHS_TALL  34 /* a screen this tall shows graphs by itself */
#define GRAPHS_LEAST 5  /* rows that they need */

/* the whole screen, and what is in front of it */
void screen_draw(struct canvas *c, struct ui *ui);

/* ---- lists ---------------------------------------------------------------------- */

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
};

const struct list_ops *list_ops(enum list_id id);
extern const struct list_ops list_ops_tiers, list_ops_jobs, list_ops_devices,
	list_ops_procs, list_ops_cgroups, list_ops_events;

struct row *list_add(struct list *l, enum row_kind kind, size_t index, uint64_t id);
/* order the rows as the settings say, as a tree where the list is one */
void list_arrange(struct ui *ui, enum list_id id);
/* headings in the first row, then rows */
void list_draw(struct surf s, struct ui *ui, enum list_id id);
/* columns as they fit into @w */
void list_columns(const struct ui *ui, enum list_id id, int w, struct columns *fit);

/* ---- cells ---------------------------------------------------------------------- */

void cell_text(struct surf s, struct style st, const char *text); /* to the left */
/* of a path that does not fit, its end */
void cell_path(struct surf s, struct style st, const char *path);
void cell_right(struct surf s, struct style st, const char *text); /* to the right */
void cell_absent(struct surf s);
void cell_bytes(struct surf s, bool known, uint64_t bytes);
void cell_rate(struct surf s, enum role role, double bps);
void cell_ns(struct surf s, double ns);
void cell_pct(struct surf s, double pct);
/* how a process or cgroup divides over the tiers, as a bar over the whole width */
void cell_split(struct surf s, const struct ui *ui, const struct sample_use *use,
		uint64_t whole);
/* "├ " and such before a row of a tree; returns the column after it */
int cell_tree(struct surf s, const struct row *row);

enum role tier_role(size_t tier);
/* bytes of "auto-", which says little where there is little room */
size_t tier_prefix(const char *name);
/* a character for a tier where colours are missing: of its name, else its place */
char tier_mark(const struct sample *s, size_t tier);
struct style state_style(enum swapadm_state state);
double usage_pct(const struct swapadm_usage *u); /* NAN: unknown */
double compression(const struct swapadm_usage *u);

#endif
