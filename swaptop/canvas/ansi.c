/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "canvas/ansi.h"

static bool same_style(struct style a, struct style b)
{
	return a.role == b.role && a.flags == b.flags;
}

static void write_style(FILE *f, struct style st, enum colours colours)
{
	struct paint p = palette_get(st, colours);

	fputs("\x1b[0", f);
	if (p.flags & STYLE_BOLD)
		fputs(";1", f);
	if (p.faint)
		fputs(";2", f);
	if (p.flags & STYLE_UNDER)
		fputs(";4", f);
	if (p.flags & STYLE_REVERSE)
		fputs(";7", f);
	if (p.fg >= 0 && colours == COLOURS_256)
		fprintf(f, ";38;5;%d", p.fg);
	else if (p.fg >= 0)
		fprintf(f, ";3%d", p.fg);
	fputc('m', f);
}

static void write_row(FILE *f, const struct canvas *c, int y, enum colours colours)
{
	const struct cell *row = c->cells + (size_t)y * c->w;
	const struct style plain = ST(ROLE_TEXT);
	struct style now = plain;
	char utf8[5];
	int end = c->w;

	while (end > 0 && row[end - 1].ch == ' ' && same_style(row[end - 1].style, plain))
		end--;
	for (int x = 0; x < end; x++) {
		if (row[x].ch == 0)
			continue;
		if (!same_style(row[x].style, now)) {
			now = row[x].style;
			write_style(f, now, colours);
		}
		utf8_encode(row[x].ch, utf8);
		fputs(utf8, f);
	}
	fputs(same_style(now, plain) ? "\n" : "\x1b[0m\n", f);
}

int ansi_write(FILE *f, const struct canvas *c, enum colours colours, bool escapes)
{
	_cleanup_free_ char *text = malloc(4 * (size_t)c->w + 1);

	if (!text)
		return -ENOMEM;
	for (int y = 0; y < c->h; y++) {
		if (escapes) {
			write_row(f, c, y, colours);
			continue;
		}
		canvas_row_text(c, y, text);
		fprintf(f, "%s\n", text);
	}
	return ferror(f) ? -EIO : 0;
}
