/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bars, sparklines and graphs, in the glyph set of the canvas. */
#ifndef SWAPTOP_DRAW_H
#define SWAPTOP_DRAW_H

#include "canvas/canvas.h"

/**
 * struct bar_part - a part of a bar
 * @share:  of the whole, 0..1; parts follow each other from the left
 * @mark:   character that it begins with where there are no colours, 0: none
 */
#define BAR_LIGHT '-' /* mark of a part that counts less */
struct bar_part {
	double share;
	uint8_t role;
	char mark;
};

/* a bar of @w columns; in ASCII with brackets around it */
void draw_bar(struct surf s, int x, int y, int w, const struct bar_part *parts,
	      size_t n_parts);

/* how many values a sparkline or graph of @w columns shows */
int spark_values(const struct canvas *c, int w);
int graph_values(const struct canvas *c, int w);

/* one row; @values: spark_values() of them, the newest last, NAN for absent */
void draw_spark(struct surf s, int x, int y, int w, struct style st, const float *values,
		double max);

/* fills @s; @values: graph_values() of them; @down: hangs from the upper edge */
void draw_graph(struct surf s, struct style st, const float *values, double max,
		bool down);

/* the next power of two not below @v, at least @least: a scale that does not jitter */
double graph_scale(double v, double least);
double values_max(const float *values, int n);

/* a line across row @y with a title in it */
void draw_rule(struct surf s, int y, const char *title);
/* a frame around @s, emptied, with a title in the upper edge; returns the inside */
struct surf draw_box(struct surf s, const char *title);

#endif
