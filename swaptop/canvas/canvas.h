/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A buffer of character cells. Views draw into it, the terminal, --once, SVG and the
 * tests take it from there, so that a screen needs no terminal to be looked at.
 *
 * A cell has a meaning (role), not a colour: what a role looks like in 256 colours, in 8
 * or without any is decided by whoever shows the canvas.
 */
#ifndef SWAPTOP_CANVAS_H
#define SWAPTOP_CANVAS_H

#include "common/util.h"

enum role {
	ROLE_TEXT,
	ROLE_DIM,   /* labels, absent values, the empty part of a bar */
	ROLE_TITLE, /* section titles and column headings */
	ROLE_KEY,   /* key names in the footer and in the help */
	ROLE_GOOD,
	ROLE_WARN,
	ROLE_BAD,
	ROLE_MEM,   /* RAM in use */
	ROLE_CACHE, /* RAM that could be given back */
	ROLE_IN,    /* read from swap */
	ROLE_OUT,   /* written to swap */
	ROLE_MOVE,  /* moved between tiers */
	ROLE_TIER0, /* tiers in their order; six, then again from the first */
	ROLE_TIER1,
	ROLE_TIER2,
	ROLE_TIER3,
	ROLE_TIER4,
	ROLE_TIER5,
	N_ROLES,
};
#define N_TIER_ROLES 6

enum {
	STYLE_BOLD = 1 << 0,
	STYLE_REVERSE = 1 << 1, /* the selected row, bars of titles */
	STYLE_UNDER = 1 << 2,
};

struct style {
	uint8_t role, flags;
};

#define ST(r)      ((struct style){ (r), 0 })
#define ST_BOLD(r) ((struct style){ (r), STYLE_BOLD })
#define ST_REV(r)  ((struct style){ (r), STYLE_REVERSE })

/**
 * struct cell - one place on the screen
 * @ch:  code point; 0: the right half of the wide character before it
 */
struct cell {
	uint32_t ch;
	struct style style;
};

enum glyph_set {
	GLYPHS_ASCII,
	GLYPHS_BLOCKS,  /* UTF-8 without braille: the Linux console */
	GLYPHS_BRAILLE, /* UTF-8 */
};

struct canvas {
	int w, h;
	enum glyph_set glyphs;
	bool mono; /* no colours: what colour would show must be shown otherwise */
	struct cell *cells;
};

/* 0 or -ENOMEM; sizes are clamped to 1..CANVAS_MAX */
#define CANVAS_MAX 1000
int canvas_init(struct canvas *c, int w, int h, enum glyph_set glyphs, bool mono);
int canvas_resize(struct canvas *c, int w, int h);
void canvas_clear(struct canvas *c);
void canvas_done(struct canvas *c);

/**
 * canvas_row_text() - a row as text
 * @buf:  at least 4 x width + 1 bytes; trailing blanks are left out
 */
void canvas_row_text(const struct canvas *c, int y, char *buf);

/* encode a code point; returns the number of bytes, @buf holds at least 5 */
int utf8_encode(uint32_t ch, char *buf);
#define REPLACEMENT 0xfffd
/* next code point of *@s, 0 at its end; REPLACEMENT for each byte that is not UTF-8 */
uint32_t utf8_next(const char **s);
/* columns a code point takes: 0, 1 or 2; -1 for what must not reach a terminal */
int char_columns(uint32_t ch);
/* columns a text takes on a canvas */
int text_columns(const struct canvas *c, const char *text);

/* a window of a canvas: coordinates are relative to it, nothing is drawn outside */
struct surf {
	struct canvas *c;
	int x, y, w, h;
};

struct surf canvas_surf(struct canvas *c);
struct surf surf_sub(struct surf s, int x, int y, int w, int h);
void surf_put(struct surf s, int x, int y, struct style st, uint32_t ch);
void surf_fill(struct surf s, struct style st, uint32_t ch);
/* show the row @y as selected: reverse video, one colour */
void surf_mark_row(struct surf s, int y);
/* draw text from @x on; returns the column after it; cut at the right edge */
int surf_text(struct surf s, int x, int y, struct style st, const char *text);
int surf_printf(struct surf s, int x, int y, struct style st, const char *fmt, ...)
	_printf_(5, 6);
/* text in @w columns, cut with an ellipsis, to the left or to the right */
void surf_cell(struct surf s, int x, int y, int w, struct style st, bool right,
	       const char *text);

#endif
