/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state of the screen: what is selected, folded, sorted, asked. Keys change it, views
 * draw it. Neither reads the machine: a wish that needs the library is left in @action
 * for live.c.
 */
#ifndef SWAPTOP_UI_H
#define SWAPTOP_UI_H

#include "canvas/canvas.h"
#include "canvas/columns.h"
#include "sample/events.h"
#include "sample/history.h"
#include "ui/dialog.h"
#include "ui/settings.h"

enum row_kind {
	ROW_TIER,
	ROW_DEVICE,
	ROW_JOB,
	ROW_PROC,
	ROW_CGROUP,
	ROW_EVENT,
};

/**
 * struct row - a line of a list
 * @index:  into the sample's list (of events: 0 is the newest)
 * @id:     the same for the same thing in the next sample
 * @guide:  in a tree: bit i set means a line goes on downwards at depth i
 */
struct row {
	uint32_t index;
	enum row_kind kind;
	uint8_t depth;
	bool last, folded, parent;
	uint32_t guide;
	uint64_t id;
};

struct list {
	struct row *rows;
	size_t n_rows, cap;
	int selected, top;
	int height; /* rows on the screen, as last drawn */
	uint64_t selected_id;
	bool follow; /* the selection stays with its row when the order changes */
	char filter[48];
};

/* a place that answers to the mouse */
struct hit {
	short x, y, w, h;
	int key;           /* acts like this key; 0: a row or a heading of a list */
	enum list_id list; /* row: y is that of the first row */
	int column;        /* heading: its column; -1: rows */
};
#define HITS_MAX 96

enum action_kind {
	ACTION_NONE,
	ACTION_DRAIN,
	ACTION_MIGRATE,
	ACTION_CORDON,
	ACTION_UNCORDON,
	ACTION_SWAPIN,
	ACTION_SWAPOUT,
	ACTION_PARK,
	ACTION_WAKE,
	ACTION_PAUSE,
	ACTION_RESUME,
	ACTION_CANCEL,
	ACTION_SHARED, /* a list to look at */
};

/**
 * struct action - something to be done to the machine
 * @target:  word for the library: path, tier, job id, cgroup path
 * @label:   the same for a person
 * @to:      destination tier or "memory"; "" as the library chooses
 * @pid:     of a process, 0: @target
 * @plan:    only show what would be done
 */
struct action {
	enum action_kind kind;
	char target[256], label[96], to[64];
	int pid;
	bool plan;
};

/* another place in a recording */
enum seek {
	SEEK_NONE,
	SEEK_BACK,
	SEEK_FORWARD,
	SEEK_TIME,
};

#define FOLDS_MAX 64

struct ui {
	const struct sample *s; /* NULL: nothing read yet */
	const struct rates *r;
	struct history hist;
	struct event_log *events;
	struct settings set;

	struct list lists[N_LISTS];
	enum list_id focus; /* LIST_TIERS, LIST_JOBS or set.pane */
	uint64_t folds[FOLDS_MAX];
	size_t n_folds;
	struct dialog dialog;
	struct action action;  /* kind other than NONE: live.c takes it */
	struct action pending; /* what the dialog is about */

	uint64_t now_ns; /* CLOCK_MONOTONIC, as live.c last saw it */
	bool quit, paused, step;
	bool redraw, repaint;    /* repaint: the terminal lost what it showed */
	enum seek seek;          /* other than NONE: live.c takes it */
	uint64_t seek_ns;        /* SEEK_TIME: CLOCK_REALTIME */
	uint64_t replay_last_ns; /* of the recording */
	bool replay, offline;    /* actions are impossible: a recording, another root */
	char replay_status[48];
	char message[200];
	enum severity message_severity;
	uint64_t message_until_ns;
	uint64_t jobs_until_ns; /* by the sample's clock: finished jobs are shown until */
	struct hit hits[HITS_MAX];
	size_t n_hits;
};

/* @ops: the lists that there are, by their ids */
int ui_init(struct ui *ui, const struct list_ops *const ops[N_LISTS]);
void ui_done(struct ui *ui);
/* the next sample: what the former ui->s and ui->r pointed to is no longer used */
void ui_update(struct ui *ui, const struct sample *s, const struct rates *r);
/* the same without ui_rebuild(): for samples that are followed by others at once */
void ui_note(struct ui *ui, const struct sample *s, const struct rates *r);
/* forget all samples and what follows from them; 0; -ENOMEM */
int ui_restart(struct ui *ui);
/* collect, filter and sort the rows of all lists that are shown */
void ui_rebuild(struct ui *ui);
void ui_say(struct ui *ui, enum severity severity, const char *fmt, ...) _printf_(3, 4);

struct list *ui_list(struct ui *ui); /* that has the focus */
const struct row *ui_selected(const struct ui *ui, enum list_id id);
void ui_select(struct ui *ui, enum list_id id, int row);
void ui_set_pane(struct ui *ui, enum list_id pane);
void ui_focus_next(struct ui *ui, int direction);
void ui_hit(struct ui *ui, struct surf s, int x, int y, int w, int h, int key);

/* the list asks that the sample has processes or cgroups */
static inline bool ui_wants_procs(const struct ui *ui)
{
	return ui->set.pane == LIST_PROCS;
}

static inline bool ui_wants_cgroups(const struct ui *ui)
{
	return ui->set.pane == LIST_CGROUPS;
}

#endif
