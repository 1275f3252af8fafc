/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ui/action.h"
#include "ui/dialog_keys.h"
#include "ui/fold.h"
#include "ui/keys.h"
#include "ui/list.h"

#define IN(list)   (1u << (list))
#define IN_LISTS   (IN(LIST_DEVICES) | IN(LIST_PROCS) | IN(LIST_CGROUPS))
#define IN_DEVICES (IN(LIST_TIERS) | IN(LIST_DEVICES))
#define IN_USES    (IN(LIST_PROCS) | IN(LIST_CGROUPS))
#define IN_TREES   (IN(LIST_TIERS) | IN(LIST_JOBS) | IN_USES)

#define DELAY_MIN_S 0.1
#define DELAY_MAX_S 60.0

static void move_by(struct ui *ui, int rows)
{
	ui_select(ui, ui->focus, ui_list(ui)->selected + rows);
}

static void key_move(struct ui *ui, int key)
{
	int page = MAX(1, ui_list(ui)->height - 1);

	switch (key) {
	case K_UP:
	case 'k':
		move_by(ui, -1);
		break;
	case K_DOWN:
	case 'j':
		move_by(ui, 1);
		break;
	case K_PGUP:
		move_by(ui, -page);
		break;
	case K_PGDN:
		move_by(ui, page);
		break;
	case K_HOME:
		ui_select(ui, ui->focus, 0);
		break;
	case K_END:
		ui_select(ui, ui->focus, (int)ui_list(ui)->n_rows - 1);
		break;
	}
}

static void key_focus(struct ui *ui, int key)
{
	ui_focus_next(ui, key == K_BTAB ? -1 : 1);
}

static void key_pane(struct ui *ui, int key)
{
	ui_set_pane(ui, LIST_DEVICES + (key - '1'));
}

static void set_fold(struct ui *ui, const struct row *row, bool folded)
{
	/* of tiers the folds are exceptions from fold_tiers; finished jobs are folded
	 * first */
	if (row->kind == ROW_JOB)
		ui_fold(ui, FOLD_JOBS, !folded);
	else if (row->kind == ROW_TIER)
		ui_fold(ui, row->id, folded != ui->set.fold_tiers);
	else
		ui_fold(ui, row->id, folded);
	ui_rebuild(ui);
}

static void key_fold(struct ui *ui, int key)
{
	const struct row *row = ui_selected(ui, ui->focus);

	if (!row)
		return;
	if (row->kind == ROW_DEVICE && ui->focus == LIST_TIERS && key != '+') {
		/* the tier above, as a file manager does it */
		while (row->kind == ROW_DEVICE)
			row--;
		ui_select(ui, LIST_TIERS, (int)(row - ui->lists[LIST_TIERS].rows));
	}
	if (row->parent)
		set_fold(ui, row,
			 key == '+' || key == K_RIGHT  ? false
			 : key == '-' || key == K_LEFT ? true
						       : !row->folded);
}

static void key_fold_all(struct ui *ui, int key)
{
	ui->set.fold_tiers = !ui->set.fold_tiers;
	ui->n_folds = 0;
	ui_rebuild(ui);
}

static void key_seek(struct ui *ui, int key)
{
	ui->paused = true;
	ui->seek = key == K_LEFT ? SEEK_BACK : SEEK_FORWARD;
}

static void key_time(struct ui *ui, int key)
{
	dialog_ask_time(ui);
}

static void key_graph(struct ui *ui, int key)
{
	static const char *const words[] = { "where there is room", "always", "never" };

	ui->set.graph = (ui->set.graph + 1) % N_GRAPH_MODES;
	ui_say(ui, EVENT_INFO, "graphs: %s", words[ui->set.graph]);
}

static void key_tree(struct ui *ui, int key)
{
	ui->set.tree[ui->focus] = !ui->set.tree[ui->focus];
	ui_rebuild(ui);
}

static void key_all(struct ui *ui, int key)
{
	ui->set.show_all = !ui->set.show_all;
	ui_say(ui, EVENT_INFO,
	       ui->set.show_all ? "showing all cgroups"
				: "showing only cgroups with pages in swap");
	ui_rebuild(ui);
}

static void key_columns(struct ui *ui, int key)
{
	dialog_ask_columns(ui);
}

static void key_search(struct ui *ui, int key)
{
	dialog_ask_search(ui);
}

static void key_filter(struct ui *ui, int key)
{
	dialog_ask_filter(ui);
}

static void key_sort(struct ui *ui, int key)
{
	dialog_ask_sort(ui);
}

static void key_invert(struct ui *ui, int key)
{
	ui->set.lists[ui->focus].reverse = !ui->set.lists[ui->focus].reverse;
	ui_rebuild(ui);
}

static void key_follow(struct ui *ui, int key)
{
	struct list *l = ui_list(ui);

	l->follow = !l->follow;
	ui_select(ui, ui->focus, l->selected);
}

static void key_drain(struct ui *ui, int key)
{
	ui_drain(ui);
}

static void key_migrate(struct ui *ui, int key)
{
	ui_migrate(ui);
}

static void key_cordon(struct ui *ui, int key)
{
	ui_cordon(ui);
}

static void key_swapin(struct ui *ui, int key)
{
	ui_swapin(ui);
}

static void key_swapout(struct ui *ui, int key)
{
	ui_swapout(ui);
}

static void key_shared(struct ui *ui, int key)
{
	ui_shared(ui);
}

static void key_park(struct ui *ui, int key)
{
	ui_park(ui);
}

static void key_wake(struct ui *ui, int key)
{
	ui_wake(ui);
}

static void key_pause_job(struct ui *ui, int key)
{
	ui_pause_job(ui);
}

static void key_cancel_job(struct ui *ui, int key)
{
	ui_cancel_job(ui);
}

static void key_freeze(struct ui *ui, int key)
{
	ui->paused = !ui->paused;
}

static void key_step(struct ui *ui, int key)
{
	ui->paused = true;
	ui->step = true;
}

static void key_delay(struct ui *ui, int key)
{
	static const double steps[] = { DELAY_MIN_S, 0.2, 0.5, 1,  2,
					3,           5,   10,  30, DELAY_MAX_S };
	double now = ui->set.delay_s;

	if (key == ']') {
		for (size_t i = 0; i < ARRAY_SIZE(steps) && ui->set.delay_s <= now; i++)
			ui->set.delay_s = MAX(now, steps[i]);
	} else {
		for (size_t i = ARRAY_SIZE(steps); i > 0 && ui->set.delay_s >= now; i--)
			ui->set.delay_s = MIN(now, steps[i - 1]);
	}
	ui_say(ui, EVENT_INFO, "a sample every %g s", ui->set.delay_s);
}

static void key_redraw(struct ui *ui, int key)
{
	ui->redraw = ui->repaint = true;
}

static void key_help(struct ui *ui, int key)
{
	dialog_open(&ui->dialog, DIALOG_HELP, "Keys");
}

static void key_quit(struct ui *ui, int key)
{
	ui->quit = true;
}

/* ---- what is possible now -------------------------------------------------------- */

static bool is_replay(const struct ui *ui)
{
	return ui->replay;
}

static bool is_live(const struct ui *ui)
{
	return !ui->replay;
}

static bool can_change(const struct ui *ui)
{
	return !ui->replay && !ui->offline;
}

static bool can_drain(const struct ui *ui)
{
	return can_change(ui) && ui->s->n_devices;
}

static bool can_migrate(const struct ui *ui)
{
	return can_change(ui) && ui_can_migrate(ui);
}

static bool can_cordon(const struct ui *ui)
{
	return can_change(ui) && ui->s->layer == SWAPADM_LAYER_REDIRECT;
}

static bool can_wake(const struct ui *ui)
{
	return can_change(ui) && ui_has_parked(ui);
}

static bool can_act_on_job(const struct ui *ui)
{
	return can_change(ui) && ui_has_open_job(ui);
}

/* clang-format off */
const struct key keys[] = {
	/* codes, names, group, place and word in the footer, help, lists, function,
	 * when */
	{ { K_UP, 'k', K_DOWN, 'j' }, "Up k Down j", "Move", 0, NULL,
	  "select a row", 0, NULL, key_move },
	{ { K_PGUP, K_PGDN, K_HOME, K_END }, "PgUp PgDn Home End", "Move", 0, NULL,
	  "select a row further away", 0, NULL, key_move },
	{ { K_TAB, K_BTAB }, "Tab Shift-Tab", "Move", 2, "Next",
	  "go to the tiers, the jobs, the lower pane", 0, NULL, key_focus },
	{ { '1', '2', '3', '4' }, "1 2 3 4", "Move", 0, NULL,
	  "lower pane: devices, processes, cgroups, events", 0, NULL, key_pane },
	{ { K_F(3), '/' }, "F3 /", "Move", 10, "Search",
	  "go to a row by part of its name; F3 again: the next", 0, NULL, key_search },

	{ { K_LEFT, K_RIGHT }, "Left Right", "Replay", 3, "Back",
	  "one sample back or forward, and pause", 0, NULL, key_seek, is_replay },
	{ { 't' }, "t", "Replay", 4, "Time",
	  "go to a time", 0, NULL, key_time, is_replay },

	{ { K_F(4), '\\' }, "F4 \\", "Look", 11, "Filter",
	  "show only rows that contain a text", IN_LISTS | IN(LIST_EVENTS),
	  "lists of the lower pane: press 1 to 4", key_filter },
	{ { K_F(6), '>', '.' }, "F6 > .", "Look", 12, "Sort",
	  "choose the column to sort by", IN_LISTS,
	  "devices, processes and cgroups: press 1, 2 or 3", key_sort },
	{ { 'I' }, "I", "Look", 0, NULL,
	  "reverse the sort order", IN_LISTS, NULL, key_invert },
	{ { K_F(5), 't' }, "F5 t", "Look", 13, "Tree",
	  "show processes or cgroups as a tree, or flat", IN_USES,
	  "processes and cgroups: press 2 or 3", key_tree },
	{ { 'a' }, "a", "Look", 14, "All",
	  "show all cgroups, or only those with pages in swap", IN(LIST_CGROUPS),
	  "cgroups: press 3", key_all },
	{ { 'F' }, "F", "Look", 0, NULL,
	  "keep the selection on its row when the order changes",
	  IN_LISTS | IN(LIST_EVENTS), NULL, key_follow },
	{ { '+', '-', K_LEFT, K_RIGHT }, "+ - Left Right", "Look", 0, NULL,
	  "unfold or fold the selected tier, job or branch", IN_TREES, NULL, key_fold },
	{ { K_ENTER, ' ' }, "Enter Space", "Look", 0, NULL,
	  "fold or unfold the selected row", IN_TREES, NULL, key_fold },
	{ { '*' }, "*", "Look", 0, NULL,
	  "fold or unfold all tiers", 0, NULL, key_fold_all },
	{ { 's' }, "s", "Look", 5, "Shared",
	  "what shared memory in swap is: tmpfs files, memfds ...", IN(LIST_PROCS),
	  "processes: press 2", key_shared, NULL, is_live },
	{ { 'g' }, "g", "Look", 15, "Graphs",
	  "graphs: where there is room, always, never", 0, NULL, key_graph },
	{ { K_F(2), 'C' }, "F2 C", "Look", 16, "Columns",
	  "choose and pin the columns of a list", 0, NULL, key_columns },

	{ { 'd' }, "d", "Do", 3, "Drain",
	  "drain a device or tier (shows a plan and asks first)", IN_DEVICES,
	  "tiers and devices", key_drain, NULL, can_drain },
	{ { 'm' }, "m", "Do", 4, "Migrate",
	  "move pages to another tier (plan, then a question)", IN_DEVICES,
	  "tiers and devices", key_migrate, NULL, can_migrate },
	{ { 'c' }, "c", "Do", 5, "Cordon",
	  "cordon or uncordon (plan, then a question)", IN_DEVICES,
	  "tiers and devices", key_cordon, NULL, can_cordon },
	{ { 'i' }, "i", "Do", 3, "Swap in",
	  "swap a process or cgroup in (plan, then a question)", IN_USES,
	  "processes and cgroups: press 2 or 3", key_swapin, NULL, can_change },
	{ { 'o' }, "o", "Do", 4, "Swap out",
	  "swap out what it uses least (plan, then a question)", IN_USES,
	  "processes and cgroups: press 2 or 3", key_swapout, NULL, can_change },
	{ { 'P' }, "P", "Do", 8, "Park",
	  "park: freeze and push out all of it (plan, question)", IN_USES,
	  "processes and cgroups: press 2 or 3", key_park, NULL, can_change },
	{ { 'W' }, "W", "Do", 9, "Wake",
	  "wake what was parked (plan, then a question)", IN_USES,
	  "processes and cgroups: press 2 or 3", key_wake, NULL, can_wake },
	{ { 'p' }, "p", "Do", 6, "Pause/resume",
	  "pause or resume the selected job, or the only one", 0, NULL, key_pause_job,
	  NULL, can_act_on_job },
	{ { 'x' }, "x", "Do", 7, "Cancel",
	  "cancel it; pages that were moved stay moved", 0, NULL, key_cancel_job,
	  NULL, can_act_on_job },

	{ { K_F(1), 'h', '?' }, "F1 h ?", "Program", 1, "Help",
	  "show this list of keys", 0, NULL, key_help },
	{ { 'Z' }, "Z", "Program", 0, NULL,
	  "pause or continue sampling (or the replay)", 0, NULL, key_freeze },
	{ { 'n' }, "n", "Program", 0, NULL,
	  "take (or play) one more sample, then pause", 0, NULL, key_step },
	{ { '[', ']' }, "[ ]", "Program", 0, NULL,
	  "sample faster, slower", 0, NULL, key_delay },
	{ { 'L' - '@' }, "Ctrl-L", "Program", 0, NULL,
	  "redraw the screen", 0, NULL, key_redraw },
	{ { K_F(10), 'q' }, "F10 q", "Program", 17, "Quit",
	  "quit; jobs continue", 0, NULL, key_quit },
	{ .names = NULL },
};
/* clang-format on */

static bool applies(const struct key *k, const struct ui *ui)
{
	return k->applies == 0 || (k->applies & IN(ui->focus));
}

static bool exists(const struct key *k, const struct ui *ui)
{
	return !k->exists || k->exists(ui);
}

bool key_offered(const struct key *k, const struct ui *ui)
{
	return applies(k, ui) && exists(k, ui) && (!k->offered || k->offered(ui));
}

static bool has_code(const struct key *k, int key)
{
	for (size_t i = 0; k->codes[i]; i++) {
		if (k->codes[i] == key)
			return true;
	}
	return false;
}

void keys_press(struct ui *ui, int key)
{
	ui->redraw = true;
	if (key == K_WHEEL_UP || key == K_WHEEL_DOWN) {
		if (ui->dialog.kind == DIALOG_NONE)
			move_by(ui, key == K_WHEEL_UP ? -3 : 3);
		else
			dialog_press(ui, key);
		return;
	}
	if (ui->dialog.kind != DIALOG_NONE) {
		dialog_press(ui, key);
		return;
	}
	if (!ui->s) {
		ui->quit |= key == 'q' || key == K_F(10);
		return;
	}
	for (const struct key *k = keys; k->names; k++) {
		if (!has_code(k, key) || !exists(k, ui))
			continue;
		if (applies(k, ui))
			k->fn(ui, key);
		else if (k->where)
			ui_say(ui, EVENT_INFO, "%s (%s) works on %s", k->names, k->hint,
			       k->where);
		return;
	}
}

static void click_heading(struct ui *ui, const struct hit *hit)
{
	struct list_settings *set = &ui->set.lists[hit->list];

	ui->focus = hit->list;
	set->reverse = set->sort == hit->column && !set->reverse;
	set->sort = hit->column;
	ui_rebuild(ui);
}

void keys_click(struct ui *ui, int x, int y, bool twice)
{
	ui->redraw = true;
	if (ui->dialog.kind != DIALOG_NONE) {
		/* where nothing is asked a click closes it */
		if (ui->dialog.kind == DIALOG_HELP || ui->dialog.kind == DIALOG_TELL ||
		    ui->dialog.kind == DIALOG_LIST)
			dialog_press(ui, K_ESC);
		return;
	}
	for (size_t i = 0; i < ui->n_hits; i++) {
		const struct hit *hit = &ui->hits[i];

		if (x < hit->x || x >= hit->x + hit->w || y < hit->y ||
		    y >= hit->y + hit->h)
			continue;
		if (hit->key) {
			keys_press(ui, hit->key);
		} else if (hit->column >= 0) {
			click_heading(ui, hit);
		} else {
			ui->focus = hit->list;
			ui_select(ui, hit->list, ui->lists[hit->list].top + y - hit->y);
			if (twice)
				keys_press(ui, K_ENTER);
		}
		return;
	}
}
