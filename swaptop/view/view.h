/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Views draw what ui.h describes; they read nothing else. */
#ifndef SWAPTOP_VIEW_H
#define SWAPTOP_VIEW_H

#include "ui/list.h"

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

/* what is listed, by enum list_id; main.c hands it to the user interface */
extern const struct list_ops *const view_lists[N_LISTS];
extern const struct list_ops list_ops_tiers, list_ops_jobs, list_ops_devices,
	list_ops_procs, list_ops_cgroups, list_ops_events;

extern const struct view view_header, view_tiers, view_graphs, view_jobs, view_lower,
	view_footer, view_dialog;

#define GRAPHS_TALL  34 /* a screen this tall shows graphs on its own */
#define GRAPHS_LEAST 5  /* rows that they need */

/* the whole screen, and what is in front of it */
void screen_draw(struct canvas *c, struct ui *ui);

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
