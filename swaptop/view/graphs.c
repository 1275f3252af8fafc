/* SPDX-License-Identifier: GPL-2.0-or-later */
/* History of each tier side by side: in above, out below the line, use beside. */
#include <math.h>

#include "canvas/draw.h"
#include "common/fmt.h"
#include "view/view.h"

#define MIN_W  24
#define HEIGHT 7

/* "fast in 60.0M out 90.0M", and at the right what the height of the graph means */
static void draw_words(struct surf s, const struct ui *ui, size_t tier, double max)
{
	const struct io_rates *r = &ui->r->tiers[tier];
	int x = surf_text(s, 0, 0, ST_BOLD(tier_role(tier)), ui->s->tiers[tier].name);
	char scale[32];

	if (isnan(r->in_bps)) {
		surf_text(s, x + 1, 0, ST(ROLE_DIM), "-");
		return;
	}
	x = surf_printf(s, x + 1, 0, ST(ROLE_IN), "in %s", fmt_rate(r->in_bps).s);
	x = surf_printf(s, x + 1, 0, ST(ROLE_OUT), "out %s", fmt_rate(r->out_bps).s);
	snprintf(scale, sizeof(scale), "of %s/s", fmt_rate(max).s);
	if (x + 2 + text_columns(s.c, scale) <= s.w)
		surf_cell(s, x, 0, s.w - x, ST(ROLE_DIM), true, scale);
}

static void draw_one(struct surf s, const struct ui *ui, size_t tier)
{
	const struct sample_tier *t = &ui->s->tiers[tier];
	float in[2 * CANVAS_MAX], out[2 * CANVAS_MAX];
	struct surf g = surf_sub(s, 0, 1, s.w, s.h - 1);
	int n = graph_values(s.c, g.w), half = g.h / 2;
	double max;

	history_get(&ui->hist, t->name, METRIC_IN_BPS, in, n);
	history_get(&ui->hist, t->name, METRIC_OUT_BPS, out, n);
	max = graph_scale(fmax(values_max(in, n), values_max(out, n)), 1 << 16);
	draw_graph(surf_sub(g, 0, 0, g.w, half), ST(ROLE_IN), in, max, false);
	draw_graph(surf_sub(g, 0, half, g.w, g.h - half), ST(ROLE_OUT), out, max, true);
	draw_words(s, ui, tier, max);
}

static int height(const struct ui *ui, int w, int h)
{
	if (!ui->s || !ui->s->n_tiers || ui->set.graph == GRAPH_OFF || w < MIN_W)
		return 0;
	if (ui->set.graph == GRAPH_AUTO && h < GRAPHS_TALL)
		return 0;
	return h >= 60 ? HEIGHT + 4 : h >= GRAPHS_TALL ? HEIGHT : GRAPHS_LEAST;
}

static void draw(struct surf s, struct ui *ui)
{
	int n = clamp_int(s.w / MIN_W, 1, (int)ui->s->n_tiers);
	const struct row *sel = ui_selected(ui, LIST_TIERS);
	int first = 0;

	/* where not all have room: from the selected one on */
	if (sel && n < (int)ui->s->n_tiers) {
		first = sel->kind == ROW_TIER ? (int)sel->index
					      : (int)ui->s->devices[sel->index].tier;
		first = clamp_int(first, 0, (int)ui->s->n_tiers - n);
	}
	draw_rule(s, 0, "Rates");
	for (int i = 0; i < n; i++) {
		int x = s.w * i / n, end = s.w * (i + 1) / n;

		draw_one(surf_sub(s, x, 1, end - x - (i + 1 < n ? 2 : 0), s.h - 1), ui,
			 (size_t)(first + i));
	}
}

const struct view view_graphs = { "Rates", 0, height, draw };
