/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdarg.h>

#include "ui/list.h"
#include "ui/ui.h"

#define JOBS_STAY_NS (60 * NSEC_PER_SEC)
#define MESSAGE_NS   (6 * NSEC_PER_SEC)

int ui_init(struct ui *ui, const struct list_ops *const ops[N_LISTS])
{
	memset(ui, 0, sizeof(*ui));
	settings_init(&ui->set, ops);
	ui->events = calloc(1, sizeof(*ui->events));
	if (!ui->events)
		return -ENOMEM;
	return history_init(&ui->hist);
}

void ui_done(struct ui *ui)
{
	history_done(&ui->hist);
	free(ui->events);
	for (size_t i = 0; i < N_LISTS; i++)
		free(ui->lists[i].rows);
}

static bool pane_shown(const struct ui *ui, enum list_id id)
{
	return id < LIST_DEVICES || id == LIST_EVENTS || id == ui->set.pane;
}

/* the selection stays with its row where that is what is meant, else with its place */
static void reselect(struct ui *ui, enum list_id id)
{
	struct list *l = &ui->lists[id];
	bool by_id = l->follow || id == LIST_TIERS || id == LIST_JOBS ||
		     id == LIST_DEVICES;

	if (id == LIST_JOBS && ui->focus != id) {
		ui_select(ui, id, 0); /* running ones come first */
		return;
	}
	for (size_t i = 0; by_id && i < l->n_rows; i++) {
		if (l->rows[i].id == l->selected_id) {
			l->selected = (int)i;
			return;
		}
	}
	ui_select(ui, id, l->selected);
}

void ui_select(struct ui *ui, enum list_id id, int row)
{
	struct list *l = &ui->lists[id];

	l->selected = clamp_int(row, 0, MAX(0, (int)l->n_rows - 1));
	l->selected_id = l->n_rows ? l->rows[l->selected].id : 0;
}

void ui_rebuild(struct ui *ui)
{
	for (int id = 0; id < N_LISTS; id++) {
		struct list *l = &ui->lists[id];

		l->n_rows = 0;
		if (!ui->s || !pane_shown(ui, (enum list_id)id))
			continue;
		list_ops(ui, (enum list_id)id)->collect(ui, l);
		list_arrange(ui, (enum list_id)id);
		reselect(ui, (enum list_id)id);
	}
	if (ui->focus == LIST_JOBS && ui->lists[LIST_JOBS].n_rows == 0)
		ui->focus = LIST_TIERS;
}

static bool has_job(const struct sample *s, const char *id)
{
	for (size_t i = 0; i < s->n_jobs; i++) {
		if (streq(s->jobs[i].id, id))
			return true;
	}
	return false;
}

/* one is under way, or was, however short, since the sample before */
static bool any_job(const struct sample *prev, const struct sample *s)
{
	for (size_t i = 0; i < s->n_jobs; i++) {
		if (sample_job_open(&s->jobs[i]) ||
		    (prev && !has_job(prev, s->jobs[i].id)))
			return true;
	}
	return false;
}

void ui_note(struct ui *ui, const struct sample *s, const struct rates *r)
{
	const struct sample *prev = ui->s;

	events_derive(ui->events, prev, s, r);
	history_push(&ui->hist, s, r);
	if (any_job(prev, s))
		ui->jobs_until_ns = s->mono_ns + JOBS_STAY_NS;
	ui->s = s;
	ui->r = r;
	ui->redraw = true;
}

void ui_update(struct ui *ui, const struct sample *s, const struct rates *r)
{
	ui_note(ui, s, r);
	ui_rebuild(ui);
}

int ui_restart(struct ui *ui)
{
	ui->s = NULL;
	ui->r = NULL;
	ui->jobs_until_ns = 0;
	*ui->events = (struct event_log){ 0 };
	history_done(&ui->hist);
	return history_init(&ui->hist);
}

void ui_say(struct ui *ui, enum severity severity, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(ui->message, sizeof(ui->message), fmt, ap);
	va_end(ap);
	ui->message_severity = severity;
	ui->message_until_ns = ui->now_ns + MESSAGE_NS;
	ui->redraw = true;
}

struct list *ui_list(struct ui *ui)
{
	return &ui->lists[ui->focus];
}

const struct row *ui_selected(const struct ui *ui, enum list_id id)
{
	const struct list *l = &ui->lists[id];

	return l->selected < (int)l->n_rows ? &l->rows[l->selected] : NULL;
}

void ui_set_pane(struct ui *ui, enum list_id pane)
{
	ui->set.pane = pane;
	ui->focus = pane;
	ui_rebuild(ui);
}

void ui_focus_next(struct ui *ui, int direction)
{
	enum list_id order[3] = { LIST_TIERS };
	int n = 1, at = 0;

	if (ui->lists[LIST_JOBS].n_rows)
		order[n++] = LIST_JOBS;
	order[n++] = ui->set.pane;
	for (int i = 0; i < n; i++) {
		if (order[i] == ui->focus)
			at = i;
	}
	ui->focus = order[(at + direction + n) % n];
}

void ui_hit(struct ui *ui, struct surf s, int x, int y, int w, int h, int key)
{
	struct surf at = surf_sub(s, x, y, w, h);

	if (ui->n_hits < HITS_MAX && at.w > 0 && at.h > 0)
		ui->hits[ui->n_hits++] = (struct hit){
			(short)at.x, (short)at.y, (short)at.w, (short)at.h, key, 0, -1,
		};
}
