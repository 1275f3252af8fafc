/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdarg.h>
#include <wchar.h>

#include "canvas/canvas.h"

int canvas_init(struct canvas *c, int w, int h, enum glyph_set glyphs, bool mono)
{
	*c = (struct canvas){ .glyphs = glyphs, .mono = mono };
	return canvas_resize(c, w, h);
}

int canvas_resize(struct canvas *c, int w, int h)
{
	struct cell *cells;

	w = clamp_int(w, 1, CANVAS_MAX);
	h = clamp_int(h, 1, CANVAS_MAX);
	if (!c->cells || w != c->w || h != c->h) {
		cells = calloc((size_t)w * h, sizeof(*cells));
		if (!cells)
			return -ENOMEM;
		free(c->cells);
		c->cells = cells;
		c->w = w;
		c->h = h;
	}
	canvas_clear(c);
	return 0;
}

void canvas_clear(struct canvas *c)
{
	for (int i = 0; i < c->w * c->h; i++)
		c->cells[i] = (struct cell){ .ch = ' ' };
}

void canvas_done(struct canvas *c)
{
	free(c->cells);
	c->cells = NULL;
}

int utf8_encode(uint32_t ch, char *buf)
{
	int n = 0;

	if (ch < 0x80) {
		buf[n++] = (char)ch;
	} else if (ch < 0x800) {
		buf[n++] = (char)(0xc0 | ch >> 6);
		buf[n++] = (char)(0x80 | (ch & 0x3f));
	} else if (ch < 0x10000) {
		buf[n++] = (char)(0xe0 | ch >> 12);
		buf[n++] = (char)(0x80 | (ch >> 6 & 0x3f));
		buf[n++] = (char)(0x80 | (ch & 0x3f));
	} else {
		buf[n++] = (char)(0xf0 | ch >> 18);
		buf[n++] = (char)(0x80 | (ch >> 12 & 0x3f));
		buf[n++] = (char)(0x80 | (ch >> 6 & 0x3f));
		buf[n++] = (char)(0x80 | (ch & 0x3f));
	}
	buf[n] = '\0';
	return n;
}

/* length of the sequence that @lead begins and its payload bits; 0: not a lead byte */
static int utf8_lead(unsigned char lead, uint32_t *bits)
{
	if (lead >= 0xc2 && lead <= 0xdf) {
		*bits = lead & 0x1f;
		return 2;
	}
	if (lead >= 0xe0 && lead <= 0xef) {
		*bits = lead & 0x0f;
		return 3;
	}
	if (lead >= 0xf0 && lead <= 0xf4) {
		*bits = lead & 0x07;
		return 4;
	}
	return 0;
}

uint32_t utf8_next(const char **s)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *p = (const unsigned char *)*s;
	uint32_t ch = *p;
	int n;

	if (ch == 0)
		return 0;
	(*s)++;
	if (ch < 0x80)
		return ch;
	n = utf8_lead(p[0], &ch);
	if (n == 0)
		return REPLACEMENT;
	for (int i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return REPLACEMENT;
		ch = ch << 6 | (p[i] & 0x3f);
	}
	if (ch < least[n] || ch > 0x10ffff || (ch >= 0xd800 && ch <= 0xdfff))
		return REPLACEMENT;
	*s += n - 1;
	return ch;
}

int char_columns(uint32_t ch)
{
	/* what we draw ourselves is narrow, whatever the locale thinks of it */
	if ((ch >= 0x20 && ch < 0x7f) || (ch >= 0x2500 && ch <= 0x259f) ||
	    (ch >= 0x2800 && ch <= 0x28ff) || ch == REPLACEMENT)
		return 1;
	/* controls, and what turns the direction of the text that follows */
	if (ch < 0xa0 || (ch >= 0x200b && ch <= 0x200f) ||
	    (ch >= 0x202a && ch <= 0x202e) || (ch >= 0x2066 && ch <= 0x2069) ||
	    ch == 0xfeff)
		return -1;
	return wcwidth((wchar_t)ch);
}

/* what of @ch can be shown on @c */
static uint32_t showable(const struct canvas *c, uint32_t ch, int *columns)
{
	*columns = char_columns(ch);
	if (*columns >= 0 && (ch < 0x7f || c->glyphs != GLYPHS_ASCII))
		return ch;
	*columns = 1;
	return '?';
}

int text_columns(const struct canvas *c, const char *text)
{
	int sum = 0, columns;
	uint32_t ch;

	while ((ch = utf8_next(&text))) {
		showable(c, ch, &columns);
		sum += columns;
	}
	return sum;
}

void canvas_row_text(const struct canvas *c, int y, char *buf)
{
	const struct cell *row = c->cells + (size_t)y * c->w;
	char *p = buf, *end = buf;

	for (int x = 0; x < c->w; x++) {
		if (row[x].ch == 0)
			continue;
		p += utf8_encode(row[x].ch, p);
		if (row[x].ch != ' ')
			end = p;
	}
	*end = '\0';
}

struct surf canvas_surf(struct canvas *c)
{
	return (struct surf){ c, 0, 0, c->w, c->h };
}

struct surf surf_sub(struct surf s, int x, int y, int w, int h)
{
	int x0 = clamp_int(x, 0, s.w), y0 = clamp_int(y, 0, s.h);

	return (struct surf){
		.c = s.c,
		.x = s.x + x0,
		.y = s.y + y0,
		.w = clamp_int(x + w, x0, s.w) - x0,
		.h = clamp_int(y + h, y0, s.h) - y0,
	};
}

static struct cell *cell_at(struct surf s, int x, int y)
{
	if (x < 0 || y < 0 || x >= s.w || y >= s.h)
		return NULL;
	return s.c->cells + (size_t)(s.y + y) * s.c->w + s.x + x;
}

/* a wide character that loses one of its halves becomes a blank */
static void unpair(struct surf s, int x, int y)
{
	struct surf all = canvas_surf(s.c);
	struct cell *cell = cell_at(all, s.x + x, s.y + y);
	struct cell *right = cell_at(all, s.x + x + 1, s.y + y);
	struct cell *left = cell_at(all, s.x + x - 1, s.y + y);

	if (cell->ch == 0 && left)
		left->ch = ' ';
	if (right && right->ch == 0)
		right->ch = ' ';
}

void surf_put(struct surf s, int x, int y, struct style st, uint32_t ch)
{
	struct cell *cell = cell_at(s, x, y);

	if (!cell)
		return;
	unpair(s, x, y);
	*cell = (struct cell){ ch, st };
}

void surf_fill(struct surf s, struct style st, uint32_t ch)
{
	for (int y = 0; y < s.h; y++) {
		for (int x = 0; x < s.w; x++)
			surf_put(s, x, y, st, ch);
	}
}

void surf_mark_row(struct surf s, int y)
{
	struct cell *cell;

	for (int x = 0; (cell = cell_at(s, x, y)); x++)
		cell->style = (struct style){ ROLE_TEXT, STYLE_REVERSE };
}

int surf_text(struct surf s, int x, int y, struct style st, const char *text)
{
	int columns;
	uint32_t ch;

	while (x < s.w && (ch = utf8_next(&text))) {
		ch = showable(s.c, ch, &columns);
		if (columns == 0)
			continue; /* combining marks: dropped */
		if (x + columns > s.w) {
			surf_put(s, x, y, st, ' ');
			return s.w;
		}
		if (columns == 2)
			surf_put(s, x + 1, y, st, ' ');
		surf_put(s, x, y, st, ch);
		if (columns == 2 && cell_at(s, x + 1, y))
			cell_at(s, x + 1, y)->ch = 0;
		x += columns;
	}
	return x;
}

int surf_printf(struct surf s, int x, int y, struct style st, const char *fmt, ...)
{
	char buf[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	return surf_text(s, x, y, st, buf);
}

void surf_cell(struct surf s, int x, int y, int w, struct style st, bool right,
	       const char *text)
{
	struct surf cell = surf_sub(s, x, y, w, 1);
	int columns = text_columns(s.c, text);

	if (columns <= w) {
		surf_text(cell, right ? w - columns : 0, 0, st, text);
		return;
	}
	if (w < 1)
		return;
	surf_text(surf_sub(cell, 0, 0, w - 1, 1), 0, 0, st, text);
	surf_put(cell, w - 1, 0, st, s.c->glyphs == GLYPHS_ASCII ? '~' : 0x2026);
}
