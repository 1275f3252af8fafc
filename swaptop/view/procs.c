/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Processes: who sits in which tier, and who waits for it. */
#include <math.h>

#include "view/use.h"

enum {
	COL_PID,
	COL_USER,
	COL_SWAP,
	COL_BAR,
	COL_T0,
	COL_IN = COL_T0 + USE_TIERS,
	COL_WAIT,
	COL_WAITED,
	COL_RSS,
	COL_COMMAND,
	COL_CGROUP,
};

static const struct column columns[] = {
	[COL_PID] = { "pid", "PID", "process id", 7, 7, 0, true },
	[COL_USER] = { "user", "USER", "owner", 8, 12, 5 },
	[COL_SWAP] = { "swap", "SWAP", "bytes in swap, without shared memory", 5, 5, 0,
		       true },
	[COL_BAR] = { "split", "BY TIER", "its swap by tier, relative to the largest", 10,
		      40, 1 },
	[COL_T0] = USE_TIER_COLUMN("t0", 3),
	[COL_T0 + 1] = USE_TIER_COLUMN("t1", 3),
	[COL_T0 + 2] = USE_TIER_COLUMN("t2", 3),
	[COL_T0 + 3] = USE_TIER_COLUMN("t3", 3),
	[COL_T0 + 4] = USE_TIER_COLUMN("t4", 7),
	[COL_T0 + 5] = USE_TIER_COLUMN("t5", 7),
	[COL_IN] = { "in", "IN/s", "pages that it waited for from swap, a second", 5, 5,
		     3, true },
	[COL_WAIT] = { "wait", "WAIT%", "share of the time it waited for swap-ins", 5, 5,
		       2, true },
	[COL_WAITED] = { "waited", "WAITED", "time it waited for swap-ins, in total", 6,
			 6, 9, true },
	[COL_RSS] = { "rss", "RSS", "bytes in memory", 5, 5, 4, true },
	[COL_COMMAND] = { "command", "COMMAND", "name", 12, 32, 0 },
	[COL_CGROUP] = { "cgroup", "CGROUP", "control group", 16, 80, 6 },
	{ 0 },
};

static bool any_delay(const struct sample *s)
{
	for (size_t i = 0; s && i < s->n_procs; i++) {
		if (s->procs[i].delay.known)
			return true;
	}
	return false;
}

static bool any_rate(const struct sample *s)
{
	for (size_t i = 0; s && i < s->n_procs; i++) {
		if (s->procs[i].delay.rate_known)
			return true;
	}
	return false;
}

static const char *title_of(const struct ui *ui, int column)
{
	if ((column == COL_WAIT || column == COL_WAITED) && !any_delay(ui->s))
		return "";
	if (column == COL_IN && !any_rate(ui->s))
		return "";
	if (column >= COL_T0 && column < COL_T0 + USE_TIERS)
		return use_tier_title(ui, (size_t)(column - COL_T0));
	return NULL;
}

static uint64_t proc_id(const struct sample_proc *p)
{
	return ((uint64_t)p->pid + 1) * 0x9e3779b97f4a7c15ULL;
}

static void collect(struct ui *ui, struct list *l)
{
	for (size_t i = 0; i < ui->s->n_procs; i++) {
		const struct sample_proc *p = &ui->s->procs[i];

		list_add(l, ROW_PROC, i, proc_id(p));
	}
}

static uint64_t parent_id(const struct ui *ui, const struct row *row)
{
	struct sample_proc up = { .pid = ui->s->procs[row->index].ppid };

	return up.pid ? proc_id(&up) : 0;
}

static const char *text_of(const struct ui *ui, const struct row *row)
{
	return ui->s->procs[row->index].comm;
}

static struct sort_value value(const struct ui *ui, const struct row *row, int column)
{
	const struct sample_proc *p = &ui->s->procs[row->index];
	struct sort_value v = { NULL, NAN };

	switch (column) {
	case COL_PID:
		v.number = -p->pid; /* from the lowest */
		break;
	case COL_USER:
		v.text = p->user;
		break;
	case COL_COMMAND:
		v.text = p->comm;
		break;
	case COL_CGROUP:
		v.text = p->cgroup;
		break;
	case COL_SWAP:
	case COL_BAR:
		v.number = (double)p->use.swap_bytes;
		break;
	case COL_WAIT:
		v.number = p->delay.share_known ? (double)p->delay.share_centipct : NAN;
		break;
	case COL_IN:
		v.number = p->delay.rate_known ? (double)p->delay.in_bytes_per_s : NAN;
		break;
	case COL_WAITED:
		v.number = p->delay.known ? (double)p->delay.total_ns : NAN;
		break;
	case COL_RSS:
		v.number = (double)p->rss_bytes;
		break;
	default:
		if (p->use.split_known)
			v.number = (double)p->use.tier_bytes[column - COL_T0];
	}
	return v;
}

static uint64_t largest(const struct ui *ui)
{
	uint64_t max = 0;

	for (size_t i = 0; i < ui->s->n_procs; i++)
		max = MAX(max, ui->s->procs[i].use.swap_bytes);
	return max;
}

static void cell_command(struct surf s, const struct ui *ui, const struct row *row,
			 const char *text)
{
	int x = ui->set.tree[LIST_PROCS] ? cell_tree(s, row) : 0;

	if (ui->s->procs[row->index].parked)
		x = surf_printf(s, x, 0, ST(ROLE_WARN), "parked ");
	surf_cell(s, x, 0, s.w - x, ST(ROLE_TEXT), false, text);
}

static void cell(struct surf s, const struct ui *ui, const struct row *row, int column)
{
	const struct sample_proc *p = &ui->s->procs[row->index];
	char text[24];

	switch (column) {
	case COL_PID:
		snprintf(text, sizeof(text), "%d", p->pid);
		cell_right(s, ST(ROLE_TEXT), text);
		break;
	case COL_USER:
		cell_text(s, ST(ROLE_DIM), p->user);
		break;
	case COL_SWAP:
		cell_bytes(s, true, p->use.swap_bytes);
		break;
	case COL_BAR:
		cell_split(s, ui, &p->use, largest(ui));
		break;
	case COL_WAIT:
		cell_pct(s, p->delay.share_known ? (double)p->delay.share_centipct / 100
						 : NAN);
		break;
	case COL_IN:
		cell_bytes(s, p->delay.rate_known, p->delay.in_bytes_per_s);
		break;
	case COL_WAITED:
		cell_ns(s, p->delay.known ? (double)p->delay.total_ns : NAN);
		break;
	case COL_RSS:
		cell_bytes(s, true, p->rss_bytes);
		break;
	case COL_COMMAND:
		cell_command(s, ui, row, p->comm);
		break;
	case COL_CGROUP:
		cell_text(s, ST(ROLE_DIM), p->cgroup);
		break;
	default:
		cell_bytes(s, p->use.split_known, p->use.tier_bytes[column - COL_T0]);
	}
}

static void empty(const struct ui *ui, char *buf, size_t size)
{
	use_empty(&ui->s->proc_scan, "process", buf, size);
}

const struct list_ops list_ops_procs = {
	.name = "processes",
	.title = "Processes",
	.columns = columns,
	.title_of = title_of,
	.collect = collect,
	.value = value,
	.text = text_of,
	.cell = cell,
	.empty = empty,
	.parent_id = parent_id,
	.sort = "swap",
};
