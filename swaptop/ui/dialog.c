/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>

#include "ui/dialog.h"

void dialog_open(struct dialog *d, enum dialog_kind kind, const char *title)
{
	memset(d, 0, sizeof(*d));
	d->kind = kind;
	copy_text(d->title, title);
}

void dialog_close(struct dialog *d)
{
	d->kind = DIALOG_NONE;
}

void dialog_line(struct dialog *d, uint8_t role, const char *fmt, ...)
{
	va_list ap;

	if (d->n_lines == DIALOG_LINES)
		return;
	d->roles[d->n_lines] = role;
	va_start(ap, fmt);
	vsnprintf(d->lines[d->n_lines++], DIALOG_WIDTH, fmt, ap);
	va_end(ap);
}

void dialog_item(struct dialog *d, char mark, const char *text)
{
	if (d->n_items == DIALOG_ITEMS)
		return;
	d->items[d->n_items].mark = mark;
	copy_text(d->items[d->n_items++].text, text);
}

void dialog_set_hint(struct dialog *d, const char *hint)
{
	copy_text(d->hint, hint);
}
