/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Jobs: what moves, how far it is, how long it takes. */
#include <math.h>

#include "canvas/draw.h"
#include "common/fmt.h"
#include "ui/fold.h"
#include "view/view.h"

#define MAX_ROWS 5

enum {
	COL_ID,
	COL_KIND,
	COL_SOURCE,
	COL_DEST,
	COL_BAR,
	COL_PCT,
	COL_MOVED,
	COL_TOTAL,
	COL_RATE,
	COL_ETA,
	COL_STATE,
	COL_WORDS,
};

/* names as in swapctl jobs */
static const struct column columns[] = {
	[COL_ID] = { "job", "JOB", "id of the job; +/-: other finished jobs", 5, 6, 0 },
	[COL_KIND] = { "kind", "KIND", "drain, migrate, writeback...", 7, 9, 1 },
	[COL_SOURCE] = { "source", "SOURCE", "device, tier, process or cgroup", 9, 24,
			 0 },
	[COL_DEST] = { "dest", "DEST", "where the pages go, or went", 6, 16, 4 },
	[COL_BAR] = { "progress", "PROGRESS", "share of the pages moved", 8, 40, 3 },
	[COL_PCT] = { "done", "DONE%", "MOVED of TOTAL", 5, 5, 1, true },
	[COL_MOVED] = { "moved", "MOVED", "bytes moved", 5, 5, 2, true },
	[COL_TOTAL] = { "total", "TOTAL", "bytes to move", 5, 5, 3, true },
	[COL_RATE] = { "rate", "RATE", "bytes per second", 5, 5, 2, true },
	[COL_ETA] = { "eta", "ETA", "predicted time to its end", 7, 7, 1, true },
	[COL_STATE] = { "state", "STATE", "running, paused, done...", 9, 9, 0 },
	[COL_WORDS] = { "phase", "PHASE", "current phase, or why it failed", 12, 90, 6 },
	{ 0 },
};

/* those that are under way, then the one that ended last, with the others folded below
 * it */
static void collect(struct ui *ui, struct list *l)
{
	uint64_t last_id = 0;
	struct row *row = NULL, *last = NULL;
	size_t at = 0;

	for (size_t i = 0; i < ui->s->n_jobs; i++) {
		if (sample_job_open(&ui->s->jobs[i]))
			list_add(l, ROW_JOB, i, hash_text(ui->s->jobs[i].id));
	}
	for (size_t i = 0; i < ui->s->n_jobs; i++) {
		uint64_t id = hash_text(ui->s->jobs[i].id);

		if (sample_job_open(&ui->s->jobs[i]))
			continue;
		if (!last_id) {
			if (!list_add(l, ROW_JOB, i, id))
				return;
			last_id = id;
			at = l->n_rows - 1;
			continue;
		}
		last = &l->rows[at];
		last->parent = true;
		last->folded = !ui_folded(ui, FOLD_JOBS);
		row = last->folded ? NULL : list_add(l, ROW_JOB, i, id);
		if (row)
			row->depth = 1;
	}
	if (row)
		row->last = true;
}

static double done_share(const struct swapadm_progress *j)
{
	if (j->state == SWAPADM_JOB_DONE)
		return 1;
	return j->total_bytes ? (double)j->moved_bytes / (double)j->total_bytes : NAN;
}

static struct style job_style(enum swapadm_job_state state)
{
	switch (state) {
	case SWAPADM_JOB_RUNNING:
		return ST(ROLE_MOVE);
	case SWAPADM_JOB_DONE:
		return ST(ROLE_GOOD);
	case SWAPADM_JOB_FAILED:
	case SWAPADM_JOB_LOST:
		return ST_BOLD(ROLE_BAD);
	case SWAPADM_JOB_PAUSED:
	case SWAPADM_JOB_NO_SPACE:
		return ST(ROLE_WARN);
	default:
		return ST(ROLE_DIM);
	}
}

static void cell_words(struct surf s, const struct swapadm_progress *j)
{
	char text[320];

	if (*j->message)
		copy_text(text, j->message);
	else if (j->state == SWAPADM_JOB_NO_SPACE)
		snprintf(text, sizeof(text), "needs %s", fmt_bytes(j->needed_bytes).s);
	else if (j->state == SWAPADM_JOB_RUNNING && j->pid)
		snprintf(text, sizeof(text), "%s, finishing process %d",
			 j->phase ? swapadm_phase_name(j->phase) : "", (int)j->pid);
	else
		copy_text(text, j->state == SWAPADM_JOB_RUNNING
					? swapadm_phase_name(j->phase)
					: "");
	cell_text(s, ST(j->error ? ROLE_BAD : ROLE_DIM), text);
}

static void cell_progress(struct surf s, const struct swapadm_progress *j)
{
	struct bar_part part = { done_share(j), job_style(j->state).role, 0 };

	draw_bar(s, 0, 0, s.w, &part, 1);
}

static void cell_id(struct surf s, const struct row *row,
		    const struct swapadm_progress *j)
{
	int x = row->depth ? cell_tree(s, row) : 0;

	if (row->parent) {
		surf_text(s, 0, 0, ST(ROLE_DIM), row->folded ? "+" : "-");
		x = 2;
	}
	cell_text(surf_sub(s, x, 0, s.w - x, 1), ST(ROLE_KEY), j->id);
}

static void cell(struct surf s, const struct ui *ui, const struct row *row, int column)
{
	const struct swapadm_progress *j = &ui->s->jobs[row->index];
	bool running = j->state == SWAPADM_JOB_RUNNING;

	switch (column) {
	case COL_ID:
		cell_id(s, row, j);
		break;
	case COL_KIND:
		cell_text(s, ST(ROLE_TEXT), swapadm_job_kind_name(j->kind));
		break;
	case COL_SOURCE:
		cell_path(s, ST(ROLE_TEXT), j->source);
		break;
	case COL_DEST:
		cell_text(s, ST(ROLE_TEXT), j->dest);
		break;
	case COL_BAR:
		cell_progress(s, j);
		break;
	case COL_PCT:
		cell_pct(s, 100 * done_share(j));
		break;
	case COL_MOVED:
		cell_bytes(s, true, j->moved_bytes);
		break;
	case COL_TOTAL:
		cell_bytes(s, j->total_bytes, j->total_bytes);
		break;
	case COL_RATE:
		cell_rate(s, ROLE_MOVE, running ? (double)j->rate_bytes_per_s : NAN);
		break;
	case COL_ETA:
		if (running && j->eta_ns)
			cell_right(s, ST(ROLE_TEXT), fmt_duration(j->eta_ns).s);
		else
			cell_absent(s);
		break;
	case COL_STATE:
		cell_text(s, job_style(j->state), swapadm_job_state_name(j->state));
		break;
	case COL_WORDS:
		cell_words(s, j);
		break;
	}
}

const struct list_ops list_ops_jobs = {
	.name = "jobs",
	.title = "Jobs",
	.columns = columns,
	.collect = collect,
	.cell = cell,
};

static size_t n_open(const struct ui *ui)
{
	size_t n = 0;

	for (size_t i = 0; i < ui->s->n_jobs; i++)
		n += sample_job_open(&ui->s->jobs[i]);
	return n;
}

/* those under way; the one that ended last where none is, or where somebody looks */
static int height(const struct ui *ui, int w, int h)
{
	int n = (int)ui->lists[LIST_JOBS].n_rows;

	if (!n || h < 12)
		return 0;
	if (ui->focus != LIST_JOBS && ui->s->mono_ns >= ui->jobs_until_ns)
		return 0;
	n = MIN(n, h >= 40 ? 2 * MAX_ROWS : MAX_ROWS);
	return 2 + (ui->focus == LIST_JOBS ? n : clamp_int((int)n_open(ui), 1, n));
}

/* "Jobs (1 active, 3 finished)" */
static void draw(struct surf s, struct ui *ui)
{
	size_t open = n_open(ui), ended = ui->s->n_jobs - open;
	char title[96];
	int n;

	n = snprintf(title, sizeof(title), "Jobs (");
	if (open)
		n += snprintf(title + n, sizeof(title) - (size_t)n, "%zu active%s", open,
			      ended ? ", " : "");
	if (ended)
		n += snprintf(title + n, sizeof(title) - (size_t)n, "%zu finished",
			      ended);
	snprintf(title + n, sizeof(title) - (size_t)n, ")");
	draw_rule(s, 0, title);
	list_draw(surf_sub(s, 0, 1, s.w, s.h - 1), ui, LIST_JOBS);
}

const struct view view_jobs = { "Jobs", 0, height, draw };
