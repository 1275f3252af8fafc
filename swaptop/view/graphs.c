/* SPDX-License-Identifier: GPL-2.0-or-later */
/* History of each tier side by side: in above, out below the line, use next to both. */
#include <math.h>

#include "canvas/draw.h"
#include "common/fmt.h"
#include "view/view.h"

#define MIN_W  24
#define HEIGHT 7

enum panel_kind {
	PANEL_TIER,
	PANEL_SWAP, /* the whole machine, where tiers have no counters of their own */
	PANEL_JOBS,
};

struct panel {
	enum panel_kind kind;
	size_t tier;
};

struct panels {
	struct panel *v;
	size_t n_tiers, n; /* the tiers come first */
};

/* "fast in 60.0M out 90.0M", and at the right what the height of the graph means */
static void draw_words(struct surf s, struct style st, const char *name, double in_bps,
		       double out_bps, double max)
{
	int x = surf_text(s, 0, 0, st, name);
	char scale[32];

	if (isnan(in_bps)) {
		surf_text(s, x + 1, 0, ST(ROLE_DIM), "-");
		return;
	}
	x = surf_printf(s, x + 1, 0, ST(ROLE_IN), "in %s", fmt_rate(in_bps).s);
	x = surf_printf(s, x + 1, 0, ST(ROLE_OUT), "out %s", fmt_rate(out_bps).s);
	snprintf(scale, sizeof(scale), "of %s/s", fmt_rate(max).s);
	if (x + 2 + text_columns(s.c, scale) <= s.w)
		surf_cell(s, x, 0, s.w - x, ST(ROLE_DIM), true, scale);
}

/* @tier: NULL for the machine */
static double draw_in_out(struct surf g, const struct ui *ui, const char *tier)
{
	float in[2 * CANVAS_MAX], out[2 * CANVAS_MAX];
	int n = graph_values(g.c, g.w), half = g.h / 2;
	double max;

	history_get(&ui->hist, tier, METRIC_IN_BPS, in, n);
	history_get(&ui->hist, tier, METRIC_OUT_BPS, out, n);
	max = graph_scale(fmax(values_max(in, n), values_max(out, n)), 1 << 16);
	draw_graph(surf_sub(g, 0, 0, g.w, half), ST(ROLE_IN), in, max, false);
	draw_graph(surf_sub(g, 0, half, g.w, g.h - half), ST(ROLE_OUT), out, max, true);
	return max;
}

static const struct swapadm_progress *open_job(const struct ui *ui, size_t *n)
{
	const struct swapadm_progress *found = NULL;

	*n = 0;
	for (size_t i = 0; i < ui->s->n_jobs; i++) {
		if (!sample_job_open(&ui->s->jobs[i]))
			continue;
		found = found ? found : &ui->s->jobs[i];
		(*n)++;
	}
	return found;
}

/* "d7 drain 22% 96.0M/s" */
static void draw_jobs(struct surf s, const struct ui *ui)
{
	float values[2 * CANVAS_MAX];
	struct surf g = surf_sub(s, 0, 1, s.w, s.h - 1);
	int n = graph_values(s.c, g.w), x = 0;
	size_t n_jobs;
	const struct swapadm_progress *j = open_job(ui, &n_jobs);

	history_get(&ui->hist, NULL, METRIC_MOVED_BPS, values, n);
	draw_graph(g, ST(ROLE_MOVE), values, graph_scale(values_max(values, n), 1 << 16),
		   false);
	if (n_jobs == 1) {
		x = surf_printf(s, 0, 0, ST_BOLD(ROLE_MOVE), "%s %s ", j->id,
				swapadm_job_kind_name(j->kind));
		if (j->total_bytes)
			x = surf_printf(s, x, 0, ST(ROLE_TEXT), "%s ",
					fmt_pct((double)j->moved_bytes * 100 /
						(double)j->total_bytes)
						.s);
	} else {
		x = surf_printf(s, 0, 0, ST_BOLD(ROLE_MOVE), "%zu jobs ", n_jobs);
	}
	surf_printf(s, x, 0, ST(ROLE_MOVE), "%s/s", fmt_rate(values[n - 1]).s);
}

static void draw_one(struct surf s, const struct ui *ui, const struct panel *p)
{
	struct surf g = surf_sub(s, 0, 1, s.w, s.h - 1);
	const struct rates *r = ui->r;
	double max;

	switch (p->kind) {
	case PANEL_TIER:
		max = draw_in_out(g, ui, ui->s->tiers[p->tier].name);
		draw_words(s, ST_BOLD(tier_role(p->tier)), ui->s->tiers[p->tier].name,
			   r->tiers[p->tier].in_bps, r->tiers[p->tier].out_bps, max);
		break;
	case PANEL_SWAP:
		max = draw_in_out(g, ui, NULL);
		draw_words(s, ST_BOLD(ROLE_TEXT), "all swap", r->swapin_bps,
			   r->swapout_bps, max);
		break;
	case PANEL_JOBS:
		draw_jobs(s, ui);
		break;
	}
}

/* swap files have no counters of their own; of a first sample nobody has rates */
static bool has_rates(const struct ui *ui, size_t tier, int w)
{
	float values[2 * CANVAS_MAX];

	if (isnan(ui->r->dt_s) || !isnan(ui->r->tiers[tier].in_bps))
		return true;
	history_get(&ui->hist, ui->s->tiers[tier].name, METRIC_IN_BPS, values, w);
	for (int i = 0; i < w; i++) {
		if (!isnan(values[i]))
			return true;
	}
	return false;
}

/* an empty graph says nothing: then what the machine does, and what its jobs do */
static void find_panels(struct panels *p, const struct ui *ui, int w)
{
	size_t n_jobs;

	p->n_tiers = p->n = 0;
	for (size_t i = 0; i < ui->s->n_tiers; i++) {
		if (has_rates(ui, i, w))
			p->v[p->n_tiers++] = (struct panel){ PANEL_TIER, i };
	}
	p->n = p->n_tiers;
	if (p->n_tiers == ui->s->n_tiers)
		return;
	p->v[p->n++] = (struct panel){ PANEL_SWAP, 0 };
	if (open_job(ui, &n_jobs))
		p->v[p->n++] = (struct panel){ PANEL_JOBS, 0 };
}

/* a capture stands still */
static bool never_has_rates(const struct ui *ui)
{
	return ui->offline && isnan(ui->r->dt_s);
}

static int height(const struct ui *ui, int w, int h)
{
	if (!ui->s || !ui->s->n_tiers || ui->set.graph == GRAPH_OFF || w < MIN_W)
		return 0;
	if (ui->set.graph == GRAPH_AUTO && (h < GRAPHS_TALL || never_has_rates(ui)))
		return 0;
	return h >= 60 ? HEIGHT + 4 : h >= GRAPHS_TALL ? HEIGHT : GRAPHS_LEAST;
}

/* where not all tiers have room: from the selected one on */
static size_t first_tier(const struct ui *ui, const struct panels *p, size_t shown)
{
	const struct row *sel = ui_selected(ui, LIST_TIERS);
	size_t tier, first = 0;

	if (!sel || shown >= p->n_tiers)
		return 0;
	tier = sel->kind == ROW_TIER ? sel->index : ui->s->devices[sel->index].tier;
	while (first + shown < p->n_tiers && p->v[first].tier < tier)
		first++;
	return first;
}

static void draw(struct surf s, struct ui *ui)
{
	size_t others, tiers, n, first;
	struct panels p = { .v = calloc(ui->s->n_tiers + 2, sizeof(*p.v)) };

	draw_rule(s, 0, "Rates");
	if (!p.v)
		return;
	find_panels(&p, ui, MIN(s.w, CANVAS_MAX));
	others = p.n - p.n_tiers;
	n = (size_t)clamp_int(s.w / MIN_W, 1, (int)p.n);
	tiers = n > others ? n - others : 0;
	first = first_tier(ui, &p, tiers);
	for (size_t i = 0; i < n; i++) {
		int x = s.w * (int)i / (int)n, end = s.w * (int)(i + 1) / (int)n;
		/* of the others the last ones: jobs */
		size_t at = i < tiers ? first + i : p.n - (n - i);

		draw_one(surf_sub(s, x, 1, end - x - (i + 1 < n ? 2 : 0), s.h - 1), ui,
			 &p.v[at]);
	}
	free(p.v);
}

const struct view view_graphs = { "Rates", 0, height, draw };
