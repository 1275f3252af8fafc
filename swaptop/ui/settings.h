/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the user chose and wants to find again: $XDG_CONFIG_HOME/swaptop/settings.ini. */
#ifndef SWAPTOP_SETTINGS_H
#define SWAPTOP_SETTINGS_H

#include "common/util.h"

/* the lists on the screen; those from LIST_DEVICES on share the lower pane */
enum list_id {
	LIST_TIERS,
	LIST_JOBS,
	LIST_DEVICES,
	LIST_PROCS,
	LIST_CGROUPS,
	LIST_EVENTS,
	N_LISTS,
};

enum graph_mode {
	GRAPH_AUTO, /* where the screen is tall enough */
	GRAPH_ON,
	GRAPH_OFF,
	N_GRAPH_MODES,
};

/**
 * struct list_settings - of one list
 * @sort:    index of the column sorted by, -1: the list's own order
 * @hidden:  columns turned off, by bit; @pinned: those that stay when it gets narrow
 */
struct list_settings {
	int sort;
	bool reverse;
	uint32_t hidden, pinned;
};

struct list_ops;

/**
 * struct settings - all of them
 * @ops:  the lists that they are about, by enum list_id; for reading and writing
 */
struct settings {
	const struct list_ops *const *ops;
	double delay_s;
	enum list_id pane; /* in the lower half */
	enum graph_mode graph;
	bool show_all, fold_tiers;
	bool tree[N_LISTS]; /* of those that can be one */
	struct list_settings lists[N_LISTS];
};

void settings_init(struct settings *set, const struct list_ops *const ops[N_LISTS]);
/**
 * settings_parse() - read settings from text
 * @problem:  the first line that was not understood, "" none; such lines change nothing
 *
 * Return: number of lines that were not understood.
 */
int settings_parse(struct settings *set, const char *text, char *problem, size_t size);
/* the text of a settings file; to be freed */
char *settings_format(const struct settings *set);

/* $XDG_CONFIG_HOME/swaptop/settings.ini, to be freed; NULL: there is no such place */
char *settings_path(void);
/* 0, also when there is no file; -EBADMSG with @problem set: the rest was taken; else
 * -errno of reading */
int settings_load(struct settings *set, const char *path, char *problem, size_t size);
/* writes a new file next to it and renames it; makes the folder; 0 or -errno */
int settings_save(const struct settings *set, const char *path);

#endif
