/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/when.h"
#include "ui/action.h"
#include "ui/dialog_keys.h"
#include "ui/keys.h"
#include "ui/list.h"

bool search_next(struct ui *ui, const char *text, bool from_next)
{
	struct list *l = ui_list(ui);
	const struct list_ops *ops = list_ops(ui, ui->focus);

	for (size_t i = 0; *text && ops->text && i < l->n_rows; i++) {
		size_t at = ((size_t)l->selected + i + from_next) % l->n_rows;

		if (strcasestr(ops->text(ui, &l->rows[at]), text)) {
			ui_select(ui, ui->focus, (int)at);
			return true;
		}
	}
	return false;
}

static void ask_text(struct ui *ui, enum dialog_purpose purpose, const char *title,
		     const char *text, const char *hint)
{
	if (!list_ops(ui, ui->focus)->text) {
		ui_say(ui, EVENT_INFO, "%s have no text to search",
		       list_ops(ui, ui->focus)->title);
		return;
	}
	dialog_open(&ui->dialog, DIALOG_INPUT, title);
	ui->dialog.purpose = purpose;
	copy_text(ui->dialog.input, text);
	dialog_set_hint(&ui->dialog, hint);
}

void dialog_ask_filter(struct ui *ui)
{
	ask_text(ui, PURPOSE_FILTER, "Filter", ui_list(ui)->filter,
		 "Enter: keep, Esc: show all");
}

void dialog_ask_search(struct ui *ui)
{
	ask_text(ui, PURPOSE_SEARCH, "Search", "", "F3: next, Enter or Esc: close");
}

void dialog_ask_time(struct ui *ui)
{
	dialog_open(&ui->dialog, DIALOG_INPUT, "Go to time");
	ui->dialog.purpose = PURPOSE_TIME;
	dialog_set_hint(&ui->dialog, WHEN_FORMS);
}

static void choose_time(struct ui *ui)
{
	if (when_parse(ui->dialog.input, ui->s->realtime_ns, ui->replay_last_ns,
		       &ui->seek_ns))
		ui->seek = SEEK_TIME;
	else
		ui_say(ui, EVENT_WARN, "%s: not a time; " WHEN_FORMS, ui->dialog.input);
	ui->paused = true;
}

static const char *column_title(const struct ui *ui, size_t i)
{
	const struct list_ops *ops = list_ops(ui, ui->focus);
	const char *title = ops->title_of ? ops->title_of(ui, (int)i) : NULL;

	return title ? title : ops->columns[i].title;
}

/* the menus have an item for every column, also for those without a heading now */
static void column_items(struct ui *ui, bool marks)
{
	const struct list_ops *ops = list_ops(ui, ui->focus);
	const struct list_settings *set = &ui->set.lists[ui->focus];
	char text[128];

	for (size_t i = 0; ops->columns[i].id; i++) {
		char mark = ' ';

		if (marks)
			mark = set->pinned >> i & 1   ? '!'
			       : set->hidden >> i & 1 ? ' '
						      : '*';
		else if (set->sort == (int)i)
			mark = set->reverse ? '^' : 'v';
		snprintf(text, sizeof(text), "%-8s %s",
			 *column_title(ui, i) ? column_title(ui, i) : ops->columns[i].id,
			 ops->columns[i].help);
		dialog_item(&ui->dialog, mark, text);
	}
}

void dialog_ask_sort(struct ui *ui)
{
	if (!list_ops(ui, ui->focus)->value) {
		ui_say(ui, EVENT_INFO, "%s keep their own order",
		       list_ops(ui, ui->focus)->title);
		return;
	}
	dialog_open(&ui->dialog, DIALOG_MENU, "Sort by");
	ui->dialog.purpose = PURPOSE_SORT;
	column_items(ui, false);
	ui->dialog.selected = MAX(0, ui->set.lists[ui->focus].sort);
	dialog_set_hint(&ui->dialog, "Enter: choose, Esc: cancel");
}

void dialog_ask_columns(struct ui *ui)
{
	dialog_open(&ui->dialog, DIALOG_MENU, "Columns");
	ui->dialog.purpose = PURPOSE_COLUMNS;
	column_items(ui, true);
	dialog_set_hint(&ui->dialog, "Space: show or hide, p: pin, Enter: close");
}

/* ---- keys ----------------------------------------------------------------------- */

static void input_changed(struct ui *ui)
{
	if (ui->dialog.purpose == PURPOSE_FILTER) {
		copy_text(ui_list(ui)->filter, ui->dialog.input);
		ui_rebuild(ui);
	} else if (ui->dialog.purpose == PURPOSE_SEARCH) {
		search_next(ui, ui->dialog.input, false);
	}
}

static void press_input(struct ui *ui, int key)
{
	struct dialog *d = &ui->dialog;
	size_t n = strlen(d->input);
	char utf8[5];

	if (key == K_ENTER) {
		if (d->purpose == PURPOSE_TIME && *d->input)
			choose_time(ui);
		dialog_close(d);
	} else if (key == K_ESC) {
		*d->input = '\0';
		if (d->purpose == PURPOSE_FILTER)
			input_changed(ui);
		dialog_close(d);
	} else if (key == K_F(3) && d->purpose == PURPOSE_SEARCH) {
		search_next(ui, d->input, true);
	} else if (key == K_BACKSPACE && n) {
		while (n && (d->input[--n] & 0xc0) == 0x80)
			;
		d->input[n] = '\0';
		input_changed(ui);
	} else if (key >= ' ' && key < KEY_BASE_ && char_columns((uint32_t)key) > 0) {
		int len = utf8_encode((uint32_t)key, utf8);

		if (n + (size_t)len < sizeof(d->input)) {
			memcpy(d->input + n, utf8, (size_t)len + 1);
			input_changed(ui);
		}
	}
}

static void choose_sort(struct ui *ui)
{
	struct list_settings *set = &ui->set.lists[ui->focus];

	if (set->sort == ui->dialog.selected)
		set->reverse = !set->reverse;
	else
		set->reverse = false;
	set->sort = ui->dialog.selected;
	dialog_close(&ui->dialog);
	ui_rebuild(ui);
}

static void toggle_column(struct ui *ui, int key)
{
	struct list_settings *set = &ui->set.lists[ui->focus];
	int selected = ui->dialog.selected, top = ui->dialog.top;
	uint32_t bit = 1u << selected;

	if (key == 'p') {
		set->pinned ^= bit;
		set->hidden &= ~bit;
	} else {
		set->hidden ^= bit;
		set->pinned &= ~bit;
	}
	dialog_ask_columns(ui);
	ui->dialog.selected = selected;
	ui->dialog.top = top;
}

static void press_menu(struct ui *ui, int key)
{
	struct dialog *d = &ui->dialog;
	int step = key == K_UP || key == K_WHEEL_UP       ? -1
		   : key == K_DOWN || key == K_WHEEL_DOWN ? 1
		   : key == K_PGUP                        ? -d->height
		   : key == K_PGDN                        ? d->height
							  : 0;

	if (step)
		d->selected = clamp_int(d->selected + step, 0, d->n_items - 1);
	else if (key == K_ESC || key == 'q')
		dialog_close(d);
	else if (d->purpose == PURPOSE_COLUMNS && (key == ' ' || key == 'p'))
		toggle_column(ui, key);
	else if (key == K_ENTER && d->purpose == PURPOSE_SORT)
		choose_sort(ui);
	else if (key == K_ENTER)
		dialog_close(d);
}

/* false: not a key that scrolls; the view clamps .top */
static bool scroll(struct dialog *d, int key)
{
	if (key == K_UP || key == K_WHEEL_UP || key == 'k')
		d->top--;
	else if (key == K_DOWN || key == K_WHEEL_DOWN || key == 'j')
		d->top++;
	else if (key == K_PGUP)
		d->top -= d->height;
	else if (key == K_PGDN || key == ' ')
		d->top += d->height;
	else
		return false;
	return true;
}

static void press_help(struct ui *ui, int key)
{
	if (!scroll(&ui->dialog, key))
		dialog_close(&ui->dialog);
}

static void press_list(struct ui *ui, int key)
{
	if (key == 's')
		ui_shared(ui);
	else if (key == K_ESC || key == 'q' || key == K_ENTER)
		dialog_close(&ui->dialog);
	else
		scroll(&ui->dialog, key);
}

/* a plan is shown: the action it is for was kept, with .plan set */
static void press_confirm(struct ui *ui, int key)
{
	switch (key) {
	case 'y':
	case 'Y':
		if (ui->dialog.refused)
			break;
		ui->action = ui->pending;
		ui->action.plan = false;
		dialog_close(&ui->dialog);
		break;
	case 't':
		if (ui->pending.kind == ACTION_DRAIN ||
		    ui->pending.kind == ACTION_MIGRATE)
			ui_next_dest(ui);
		break;
	case 'n':
	case 'N':
	case 'q':
	case K_ESC:
		dialog_close(&ui->dialog);
		break;
	}
}

void dialog_press(struct ui *ui, int key)
{
	switch (ui->dialog.kind) {
	case DIALOG_NONE:
		break;
	case DIALOG_HELP:
		press_help(ui, key);
		break;
	case DIALOG_LIST:
		press_list(ui, key);
		break;
	case DIALOG_INPUT:
		press_input(ui, key);
		break;
	case DIALOG_MENU:
		press_menu(ui, key);
		break;
	case DIALOG_CONFIRM:
		press_confirm(ui, key);
		break;
	case DIALOG_BUSY:
		if (key == K_ESC || key == 'q') {
			ui->pending.kind = ACTION_NONE; /* its answer will be ignored */
			dialog_close(&ui->dialog);
		}
		break;
	case DIALOG_TELL:
		dialog_close(&ui->dialog);
		break;
	}
}
