/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which view gets how much of the screen. */
#include "view/view.h"

/* rows of each view, from the top; what is short is taken where it hurts least */
struct layout {
	int header, tiers, graphs, jobs, lower, footer;
};

static int sum_without_lower(const struct layout *l)
{
	return l->header + l->tiers + l->graphs + l->jobs + l->footer;
}

static void take(int *from, int least, int *missing)
{
	int n = clamp_int(*missing, 0, MAX(0, *from - least));

	*from -= n;
	*missing -= n;
}

/* what the lower pane can fill */
static int lower_full(const struct ui *ui)
{
	return MAX(4, 2 + (int)ui->lists[ui->set.pane].n_rows);
}

/* it keeps a third, or half of the screen where the focus is in it */
static int lower_rows(const struct ui *ui, int h)
{
	return MIN(h / (ui->focus == ui->set.pane ? 2 : 3), lower_full(ui));
}

/*
 * Graphs on a screen that is not tall, in rows that would be empty. Not where the lower
 * pane is a list that grows and shrinks: they would come and go with it.
 */
static void fill_with_graphs(struct layout *l, const struct ui *ui, int w, int h)
{
	int spare = h - sum_without_lower(l) - lower_full(ui);

	if (ui->set.graph == GRAPH_AUTO && ui->set.pane == LIST_DEVICES &&
	    spare >= GRAPHS_LEAST && !l->graphs)
		l->graphs = MIN(spare, view_graphs.height(ui, w, GRAPHS_TALL));
}

static struct layout layout_of(const struct ui *ui, int w, int h)
{
	struct layout l = {
		.header = view_header.height(ui, w, h),
		.tiers = view_tiers.height(ui, w, h),
		.graphs = view_graphs.height(ui, w, h),
		.jobs = view_jobs.height(ui, w, h),
		.footer = view_footer.height(ui, w, h),
	};
	int lower = h < 12 ? 0 : lower_rows(ui, h);
	int missing;

	fill_with_graphs(&l, ui, w, h);
	missing = sum_without_lower(&l) + lower - h;
	/* on a low screen the devices need not stand there twice */
	if (h < 20 && ui->set.pane == LIST_DEVICES && ui->focus != LIST_DEVICES)
		take(&lower, 0, &missing);
	take(&l.tiers, 5, &missing);
	take(&l.graphs, 0, &missing);
	take(&lower, h < 12 ? 0 : 4, &missing);
	take(&l.jobs, 3, &missing);
	take(&l.tiers, 2, &missing);
	take(&l.jobs, 0, &missing);
	take(&lower, 0, &missing);
	take(&l.header, 1, &missing);
	take(&l.tiers, 0, &missing);
	take(&l.footer, 0, &missing);
	l.lower = MAX(0, h - sum_without_lower(&l));
	if (l.jobs && l.jobs < 3) {
		l.lower += l.jobs;
		l.jobs = 0;
	}
	if (l.lower < 3) { /* not even a row: the tiers may have it */
		l.tiers += l.lower;
		l.lower = 0;
	}
	return l;
}

static void part(const struct view *view, struct surf s, int *y, int h, struct ui *ui)
{
	if (h > 0)
		view->draw(surf_sub(s, 0, *y, s.w, h), ui);
	*y += h;
}

void screen_draw(struct canvas *c, struct ui *ui)
{
	struct surf s = canvas_surf(c);
	struct layout l;
	int y = 0;

	canvas_clear(c);
	ui->n_hits = 0;
	if (!ui->s) {
		surf_text(s, 0, 0, ST(ROLE_DIM), "reading...");
		return;
	}
	l = layout_of(ui, c->w, c->h);
	part(&view_header, s, &y, l.header, ui);
	part(&view_tiers, s, &y, l.tiers, ui);
	part(&view_graphs, s, &y, l.graphs, ui);
	part(&view_jobs, s, &y, l.jobs, ui);
	part(&view_lower, s, &y, l.lower, ui);
	part(&view_footer, s, &y, l.footer, ui);
	view_dialog.draw(s, ui);
}
