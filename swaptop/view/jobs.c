/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Jobs: what moves, how far it is, how long it takes. */
#include <math.h>

#include "canvas/draw.h"
#include "common/fmt.h"
#include "view/view.h"

#define MAX_ROWS 5

enum {
	COL_ID,
	COL_KIND,
	COL_FROM,
	COL_TO,
	COL_BAR,
	COL_PCT,
	COL_MOVED,
	COL_TOTAL,
	COL_RATE,
	COL_ETA,
	COL_STATE,
	COL_WORDS,
};

static const struct column columns[] = {
	[COL_ID] = { "job", "JOB", "number to name it by", 4, 6, 0 },
	[COL_KIND] = { "kind", "KIND", "drain, migrate, writeback...", 7, 9, 1 },
	[COL_FROM] = { "from", "FROM", "device or tier", 9, 24, 0 },
	[COL_TO] = { "to", "TO", "destination, where one was named", 6, 16, 4 },
	[COL_BAR] = { "progress", "PROGRESS", "share that has moved", 8, 40, 3 },
	[COL_PCT] = { "pct", "%", "the same as a number", 4, 4, 1, true },
	[COL_MOVED] = { "moved", "MOVED", "bytes moved", 5, 5, 2, true },
	[COL_TOTAL] = { "total", "TOTAL", "bytes to move", 5, 5, 3, true },
	[COL_RATE] = { "rate", "RATE/s", "bytes a second", 6, 6, 2, true },
	[COL_ETA] = { "eta", "TO GO", "predicted time left", 7, 7, 1, true },
	[COL_STATE] = { "state", "STATE", "running, paused, done...", 9, 9, 0 },
	[COL_WORDS] = { "phase", "PHASE", "what it does just now, or why it failed", 12,
			90, 6 },
	{ 0 },
};

static void collect(struct ui *ui, struct list *l)
{
	for (size_t i = 0; i < ui->s->n_jobs; i++)
		list_add(l, ROW_JOB, i, hash_text(ui->s->jobs[i].id));
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
			 j->phase ? j->phase : "", (int)j->pid);
	else
		copy_text(text, j->state == SWAPADM_JOB_RUNNING ? j->phase : "");
	cell_text(s, ST(j->error ? ROLE_BAD : ROLE_DIM), text);
}

static void cell_progress(struct surf s, const struct swapadm_progress *j)
{
	struct bar_part part = { done_share(j), job_style(j->state).role, 0 };

	draw_bar(s, 0, 0, s.w, &part, 1);
}

static void cell(struct surf s, const struct ui *ui, const struct row *row, int column)
{
	const struct swapadm_progress *j = &ui->s->jobs[row->index];
	bool running = j->state == SWAPADM_JOB_RUNNING;

	switch (column) {
	case COL_ID:
		cell_text(s, ST(ROLE_KEY), j->id);
		break;
	case COL_KIND:
		cell_text(s, ST(ROLE_TEXT), swapadm_job_kind_name(j->kind));
		break;
	case COL_FROM:
		cell_path(s, ST(ROLE_TEXT), j->source);
		break;
	case COL_TO:
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

static bool is_open(const struct swapadm_progress *j)
{
	return j->state == SWAPADM_JOB_RUNNING || j->state == SWAPADM_JOB_PAUSED ||
	       j->state == SWAPADM_JOB_NO_SPACE;
}

/* running ones, and the last of those that ended */
static int height(const struct ui *ui, int w, int h)
{
	int n = (int)ui->lists[LIST_JOBS].n_rows, open = 0;

	if (!n || h < 12)
		return 0;
	if (ui->focus != LIST_JOBS && ui->s->mono_ns >= ui->jobs_until_ns)
		return 0;
	for (size_t i = 0; i < ui->s->n_jobs; i++)
		open += is_open(&ui->s->jobs[i]);
	n = MIN(n, h >= 40 ? 2 * MAX_ROWS : MAX_ROWS);
	return 2 + (ui->focus == LIST_JOBS ? n : clamp_int(open, 1, n));
}

static void draw(struct surf s, struct ui *ui)
{
	char title[64];

	snprintf(title, sizeof(title), "Jobs (%zu)", ui->s->n_jobs);
	draw_rule(s, 0, title);
	list_draw(surf_sub(s, 0, 1, s.w, s.h - 1), ui, LIST_JOBS);
}

const struct view view_jobs = { "Jobs", 0, height, draw };
