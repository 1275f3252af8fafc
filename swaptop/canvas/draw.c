/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <math.h>

#include "canvas/draw.h"

static bool is_ascii(struct surf s)
{
	return s.c->glyphs == GLYPHS_ASCII;
}

/* heavy and light lines differ too little where no colour helps */
static uint32_t part_glyph(struct surf s, const struct bar_part *part)
{
	if (part->mark == BAR_LIGHT)
		return is_ascii(s) ? '-' : s.c->mono ? 0x2592 : 0x2501; /* shade, line */
	return is_ascii(s) ? '#' : s.c->mono ? 0x2588 : 0x2501; /* block, heavy line */
}

static uint32_t rest_glyph(struct surf s)
{
	return is_ascii(s) ? '.' : s.c->mono ? 0xb7 : 0x2500; /* middle dot, line */
}

static bool is_marked(struct surf s, const struct bar_part *part)
{
	return part->mark && part->mark != BAR_LIGHT && (s.c->mono || is_ascii(s));
}

void draw_bar(struct surf s, int x, int y, int w, const struct bar_part *parts,
	      size_t n_parts)
{
	double sum = 0;
	int at = 0;

	if (is_ascii(s)) {
		if (w < 3)
			return;
		surf_put(s, x, y, ST(ROLE_DIM), '[');
		surf_put(s, x + w - 1, y, ST(ROLE_DIM), ']');
		x++;
		w -= 2;
	}
	for (size_t i = 0; i < n_parts; i++) {
		if (!(parts[i].share > 0))
			continue;
		sum += parts[i].share;
		/* what is there is seen, however little it is */
		int end = MAX((int)lround(fmin(sum, 1) * w), at + 1);

		for (bool first = true; at < end && at < w; at++, first = false)
			surf_put(s, x + at, y, ST(parts[i].role),
				 first && is_marked(s, &parts[i])
					 ? (unsigned char)parts[i].mark
					 : part_glyph(s, &parts[i]));
	}
	for (; at < w; at++)
		surf_put(s, x + at, y, ST(ROLE_DIM), rest_glyph(s));
}

int spark_values(const struct canvas *c, int w)
{
	return w;
}

int graph_values(const struct canvas *c, int w)
{
	return c->glyphs == GLYPHS_BRAILLE ? 2 * w : w;
}

/* @v in @steps of @max; 0 only for nothing at all */
static int level_of(double v, double max, int steps)
{
	if (!(v > 0) || !(max > 0))
		return 0;
	return clamp_int((int)lround(v / max * steps), 1, steps);
}

void draw_spark(struct surf s, int x, int y, int w, struct style st, const float *values,
		double max)
{
	static const char ascii[] = " .:-=+*%#";

	for (int i = 0; i < w; i++) {
		int level = level_of(values[i], max, 8);

		if (level)
			surf_put(s, x + i, y, st,
				 is_ascii(s) ? (uint32_t)ascii[level] : 0x2580u + level);
	}
}

/* dots of one braille column of which @n, from the lower (upper) edge on, are set */
static uint32_t braille_column(int n, bool right, bool down)
{
	static const uint8_t left_dots[] = { 0x40, 0x04, 0x02, 0x01 };
	static const uint8_t right_dots[] = { 0x80, 0x20, 0x10, 0x08 };
	const uint8_t *dots = right ? right_dots : left_dots;
	uint32_t bits = 0;

	for (int i = 0; i < n; i++)
		bits |= dots[down ? 3 - i : i];
	return bits;
}

static void graph_braille(struct surf s, struct style st, const float *values, double max,
			  bool down)
{
	for (int x = 0; x < s.w; x++) {
		int left = level_of(values[2 * x], max, 4 * s.h);
		int right = level_of(values[2 * x + 1], max, 4 * s.h);

		for (int row = 0; row < s.h; row++) {
			uint32_t bits;

			bits = braille_column(clamp_int(left - 4 * row, 0, 4), false,
					      down);
			bits |= braille_column(clamp_int(right - 4 * row, 0, 4), true,
					       down);
			if (bits)
				surf_put(s, x, down ? row : s.h - 1 - row, st,
					 0x2800 | bits);
		}
	}
}

/* eighths from below; from above only the half block exists, so halves there */
static uint32_t block_glyph(struct surf s, int eighths, bool down)
{
	static const char ascii[] = " ..::||##";

	if (is_ascii(s))
		return (uint32_t)(down && eighths < 7 ? "  ''''|"[eighths]
						      : ascii[eighths]);
	if (!down || eighths == 8)
		return 0x2580u + eighths;
	return eighths >= 4 ? 0x2580 : 0x2594; /* upper half; upper eighth */
}

static void graph_blocks(struct surf s, struct style st, const float *values, double max,
			 bool down)
{
	for (int x = 0; x < s.w; x++) {
		int level = level_of(values[x], max, 8 * s.h);

		for (int row = 0; row < s.h && level > 8 * row; row++)
			surf_put(s, x, down ? row : s.h - 1 - row, st,
				 block_glyph(s, clamp_int(level - 8 * row, 1, 8), down));
	}
}

void draw_graph(struct surf s, struct style st, const float *values, double max,
		bool down)
{
	if (s.c->glyphs == GLYPHS_BRAILLE)
		graph_braille(s, st, values, max, down);
	else
		graph_blocks(s, st, values, max, down);
}

double graph_scale(double v, double least)
{
	double scale = least;

	while (scale < v && scale < 1e30)
		scale *= 2;
	return scale;
}

double values_max(const float *values, int n)
{
	double max = 0;

	for (int i = 0; i < n; i++) {
		if (values[i] > max)
			max = values[i];
	}
	return max;
}

void draw_rule(struct surf s, int y, const char *title)
{
	uint32_t line = is_ascii(s) ? '-' : 0x2500;

	for (int x = 0; x < s.w; x++)
		surf_put(s, x, y, ST(ROLE_DIM), line);
	if (title && *title && s.w > 8) {
		struct surf inner = surf_sub(s, 2, y, s.w - 4, 1);
		int x;

		x = surf_text(inner, 1, 0, ST_BOLD(ROLE_TITLE), title);
		surf_put(inner, 0, 0, ST(ROLE_DIM), ' ');
		surf_put(inner, x, 0, ST(ROLE_DIM), ' ');
	}
}

struct surf draw_box(struct surf s, const char *title)
{
	static const uint32_t utf8[] = { 0x250c, 0x2510, 0x2514, 0x2518, 0x2500, 0x2502 };
	static const uint32_t ascii[] = { '+', '+', '+', '+', '-', '|' };
	const uint32_t *g = is_ascii(s) ? ascii : utf8;
	struct style st = ST(ROLE_TITLE);

	surf_fill(s, ST(ROLE_TEXT), ' ');
	for (int x = 1; x < s.w - 1; x++) {
		surf_put(s, x, 0, st, g[4]);
		surf_put(s, x, s.h - 1, st, g[4]);
	}
	for (int y = 1; y < s.h - 1; y++) {
		surf_put(s, 0, y, st, g[5]);
		surf_put(s, s.w - 1, y, st, g[5]);
	}
	surf_put(s, 0, 0, st, g[0]);
	surf_put(s, s.w - 1, 0, st, g[1]);
	surf_put(s, 0, s.h - 1, st, g[2]);
	surf_put(s, s.w - 1, s.h - 1, st, g[3]);
	if (title && *title) {
		struct surf edge = surf_sub(s, 2, 0, s.w - 4, 1);

		surf_printf(edge, 0, 0, ST_BOLD(ROLE_TITLE), " %s ", title);
	}
	return surf_sub(s, 2, 1, s.w - 4, s.h - 2);
}
