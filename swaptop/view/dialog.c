/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What stands in front of the screen: questions, menus, the help. */
#include "canvas/draw.h"
#include "ui/keys.h"
#include "view/view.h"

static struct surf centred(struct surf s, int w, int h)
{
	w = MIN(w, s.w);
	h = MIN(h, s.h);
	return surf_sub(s, (s.w - w) / 2, (s.h - h) / 2, w, h);
}

static int help_lines(void)
{
	const char *group = "";
	int n = 0;

	for (const struct key *k = keys; k->names; k++) {
		if (!streq(k->group, group))
			n += 1 + (n > 0);
		group = k->group;
		n++;
	}
	return n;
}

/* one line of the help, as if it were drawn on an endless sheet */
static void help_line(struct surf s, int y, const struct key *k, const char *heading)
{
	if (heading) {
		surf_text(s, 0, y, ST_BOLD(ROLE_TITLE), heading);
		return;
	}
	surf_text(s, 1, y, ST_BOLD(ROLE_KEY), k->names);
	surf_text(s, 20, y, ST(ROLE_TEXT), k->help);
}

static void draw_help(struct surf s, struct ui *ui)
{
	struct dialog *d = &ui->dialog;
	int lines = help_lines();
	struct surf in = draw_box(centred(s, 80, lines + 2), "Keys");
	const char *group = "";
	int y;

	d->height = in.h;
	d->top = clamp_int(d->top, 0, MAX(0, lines - in.h));
	y = -d->top;
	for (const struct key *k = keys; k->names; k++) {
		if (!streq(k->group, group)) {
			y += *group != '\0';
			help_line(in, y++, NULL, k->group);
			group = k->group;
		}
		help_line(in, y++, k, NULL);
	}
	if (lines > in.h)
		surf_printf(s, (s.w - 20) / 2, s.h - 1, ST(ROLE_DIM),
			    " %d%% - arrows scroll ", 100 * (d->top + in.h) / lines);
}

#define TEXT_W 76 /* longer lines are broken */

/* bytes of @text that fit into @w columns, up to a blank where there is one */
static size_t line_bytes(const struct canvas *c, const char *text, int w)
{
	const char *p = text, *blank = NULL;
	char one[5];
	int x = 0;

	while (*p) {
		const char *next = p;

		utf8_encode(utf8_next(&next), one);
		x += text_columns(c, one);
		if (x > w)
			return (size_t)((blank && blank > text ? blank
					 : p > text            ? p
							       : next) -
					text);
		if (*p == ' ')
			blank = p;
		p = next;
	}
	return (size_t)(p - text);
}

/* the rows that @text takes; drawn from row @y on when @draw is set */
static int wrapped(struct surf s, int w, int y, struct style st, const char *text,
		   bool draw)
{
	char line[DIALOG_WIDTH * 4];
	int rows = 0;

	do {
		size_t n = line_bytes(s.c, text, w);

		if (draw) {
			snprintf(line, sizeof(line), "%.*s", (int)n, text);
			surf_text(s, 0, y + rows, st, line);
		}
		rows++;
		text += n;
		text += strspn(text, " ");
	} while (*text);
	return rows;
}

static void draw_lines(struct surf s, struct ui *ui)
{
	const struct dialog *d = &ui->dialog;
	int w = 40, most = MAX(1, MIN(s.w - 4, TEXT_W)), rows = 0, y = 0;
	struct surf in;

	for (int i = 0; i < d->n_lines; i++)
		w = MAX(w, MIN(most, text_columns(s.c, d->lines[i])));
	w = MIN(most, MAX(w, text_columns(s.c, d->hint)));
	w = MIN(most, MAX(w, text_columns(s.c, d->title) + 4));
	for (int i = 0; i < d->n_lines; i++)
		rows += wrapped(s, w, 0, ST(0), d->lines[i], false);
	in = draw_box(centred(s, w + 4, rows + 2 + (*d->hint ? 2 : 0)), d->title);
	for (int i = 0; i < d->n_lines; i++)
		y += wrapped(in, w, y, ST(d->roles[i]), d->lines[i], true);
	if (*d->hint)
		surf_text(in, 0, in.h - 1, ST_BOLD(ROLE_KEY), d->hint);
}

/* the heading stays; lines are as long as the screen is wide, and cut there */
static void draw_list(struct surf s, struct ui *ui)
{
	struct dialog *d = &ui->dialog;
	int w = text_columns(s.c, d->hint), n = d->n_lines - 1;
	struct surf in;

	for (int i = 0; i < d->n_lines; i++)
		w = MAX(w, text_columns(s.c, d->lines[i]));
	in = draw_box(centred(s, w + 4, d->n_lines + 4), d->title);
	d->height = MAX(1, in.h - 3);
	d->top = clamp_int(d->top, 0, MAX(0, n - d->height));
	surf_text(in, 0, 0, ST_BOLD(ROLE_TITLE), d->lines[0]);
	for (int y = 0; y < d->height && d->top + y < n; y++)
		surf_text(in, 0, 1 + y, ST(d->roles[1 + d->top + y]),
			  d->lines[1 + d->top + y]);
	surf_text(in, 0, in.h - 1, ST_BOLD(ROLE_KEY), d->hint);
	if (n > d->height)
		surf_printf(s, (s.w - 20) / 2, s.h - 1, ST(ROLE_DIM),
			    " %d%% - arrows scroll ", 100 * (d->top + d->height) / n);
}

static void draw_input(struct surf s, struct ui *ui)
{
	const struct dialog *d = &ui->dialog;
	struct surf line = surf_sub(s, 0, s.h - 1, s.w, 1);
	int x;

	surf_fill(line, ST(ROLE_TEXT), ' ');
	x = surf_printf(line, 0, 0, ST_BOLD(ROLE_KEY), "%s: ", d->title);
	x = surf_text(line, x, 0, ST(ROLE_TEXT), d->input);
	surf_put(line, x, 0, ST_REV(ROLE_TEXT), ' ');
	surf_text(line, x + 3, 0, ST(ROLE_DIM), d->hint);
}

static void draw_menu(struct surf s, struct ui *ui)
{
	struct dialog *d = &ui->dialog;
	int w = MAX(30, text_columns(s.c, d->hint) + 4);
	struct surf in;

	for (int i = 0; i < d->n_items; i++)
		w = MAX(w, text_columns(s.c, d->items[i].text) + 8);
	in = draw_box(centred(s, w, d->n_items + 4), d->title);
	d->height = MAX(1, in.h - 2);
	scroll_to(&d->top, d->height, d->n_items, d->selected);
	for (int y = 0; y < d->height && d->top + y < d->n_items; y++) {
		int i = d->top + y;

		surf_put(in, 0, y, ST(ROLE_KEY), (unsigned char)d->items[i].mark);
		surf_text(in, 2, y, ST(ROLE_TEXT), d->items[i].text);
		if (i == d->selected)
			surf_mark_row(in, y);
	}
	surf_text(in, 0, in.h - 1, ST_BOLD(ROLE_KEY), d->hint);
}

static void draw(struct surf s, struct ui *ui)
{
	switch (ui->dialog.kind) {
	case DIALOG_NONE:
		break;
	case DIALOG_HELP:
		draw_help(s, ui);
		break;
	case DIALOG_LIST:
		draw_list(s, ui);
		break;
	case DIALOG_INPUT:
		draw_input(s, ui);
		break;
	case DIALOG_MENU:
		draw_menu(s, ui);
		break;
	case DIALOG_TELL:
	case DIALOG_BUSY:
	case DIALOG_CONFIRM:
		draw_lines(s, ui);
		break;
	}
}

static int height(const struct ui *ui, int w, int h)
{
	return ui->dialog.kind == DIALOG_NONE ? 0 : h;
}

const struct view view_dialog = { "Dialog", 0, height, draw };
