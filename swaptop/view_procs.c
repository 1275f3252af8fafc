/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Processes and cgroups: who sits in which tier. */
#include <inttypes.h>
#include <math.h>

#include "fmt.h"
#include "view.h"

#define SHOWN_SPLIT 6 /* columns of single tiers */

enum {
	COL_PID,
	COL_USER,
	COL_SWAP,
	COL_BAR,
	COL_T0,
	COL_ZSWAP = COL_T0 + SHOWN_SPLIT,
	COL_WAIT,
	COL_WAITED,
	COL_RSS,
	COL_COMMAND,
	COL_CGROUP,
};

#define TIER_HELP "bytes of it in that tier"
static const struct column columns[] = {
	[COL_PID] = { "pid", "PID", "process", 7, 7, 0, true },
	[COL_USER] = { "user", "USER", "owner", 8, 12, 5 },
	[COL_SWAP] = { "swap", "SWAP", "bytes of it in swap, without shared memory", 5, 5,
		       0, true },
	[COL_BAR] = { "split", "BY TIER", "the same by tier, against the largest process",
		      10, 40, 1 },
	[COL_T0] = { "t0", "", TIER_HELP, 6, 8, 3, true },
	[COL_T0 + 1] = { "t1", "", TIER_HELP, 6, 8, 3, true },
	[COL_T0 + 2] = { "t2", "", TIER_HELP, 6, 8, 3, true },
	[COL_T0 + 3] = { "t3", "", TIER_HELP, 6, 8, 3, true },
	[COL_T0 + 4] = { "t4", "", TIER_HELP, 6, 8, 7, true },
	[COL_T0 + 5] = { "t5", "", TIER_HELP, 6, 8, 7, true },
	[COL_ZSWAP] = { "zswap", "ZSWAP", "of that in the zswap pool", 5, 5, 8, true },
	[COL_WAIT] = { "wait", "WAIT%", "share of the time it waited for swap-ins", 5, 5,
		       2, true },
	[COL_WAITED] = { "waited", "WAITED", "the same in all, since it began", 6, 6, 9,
			 true },
	[COL_RSS] = { "rss", "RSS", "bytes of it in memory", 5, 5, 4, true },
	[COL_COMMAND] = { "command", "COMMAND", "name", 12, 32, 0 },
	[COL_CGROUP] = { "cgroup", "CGROUP", "control group", 16, 80, 6 },
	{ 0 },
};

/* the single tiers have columns only when there is more than one */
static const char *tier_title(const struct ui *ui, size_t tier)
{
	const char *name;
	size_t n = 0;

	if (!ui->s)
		return "";
	for (size_t i = 0; i < ui->s->n_tiers; i++)
		n += !ui->s->tiers[i].is_zswap;
	if (n < 2 || tier >= ui->s->n_tiers || ui->s->tiers[tier].is_zswap)
		return "";
	name = ui->s->tiers[tier].name;
	return name + tier_prefix(name);
}

static bool any_delay(const struct sample *s)
{
	for (size_t i = 0; s && i < s->n_procs; i++) {
		if (s->procs[i].delay.known)
			return true;
	}
	return false;
}

static const char *title_of(const struct ui *ui, int column)
{
	if ((column == COL_WAIT || column == COL_WAITED) && !any_delay(ui->s))
		return "";
	if (column >= COL_T0 && column < COL_T0 + SHOWN_SPLIT)
		return tier_title(ui, (size_t)(column - COL_T0));
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
	case COL_ZSWAP:
		v.number = p->use.zswap_known ? (double)p->use.zswap_bytes : NAN;
		break;
	case COL_WAIT:
		v.number = p->delay.share_known ? (double)p->delay.share_centipct : NAN;
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
	case COL_ZSWAP:
		cell_bytes(s, p->use.zswap_known, p->use.zswap_bytes);
		break;
	case COL_WAIT:
		cell_pct(s, p->delay.share_known ? (double)p->delay.share_centipct / 100
						 : NAN);
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

/* what is to be said in place of a list that is not there */
static void empty_of(const struct sample_scan *scan, const char *what, char *buf,
		     size_t size)
{
	switch (scan->state) {
	case SAMPLE_LIST_NOT_READ:
		snprintf(buf, size, "%s: reading...", what);
		break;
	case SAMPLE_LIST_READ:
		snprintf(buf, size, "no %s has anything in swap", what);
		break;
	default:
		snprintf(buf, size, "%s: %s", what, scan->why);
	}
}

static void empty(const struct ui *ui, char *buf, size_t size)
{
	empty_of(&ui->s->proc_scan, "process", buf, size);
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
};

/* ---- cgroups -------------------------------------------------------------------- */

enum {
	CG_PATH,
	CG_SWAP,
	CG_MAX,
	CG_BAR,
	CG_T0,
	CG_ZSWAP = CG_T0 + SHOWN_SPLIT,
	CG_MEM,
};

static const struct column cg_columns[] = {
	[CG_PATH] = { "cgroup", "CGROUP", "control group; in a tree its last part", 18,
		      80, 0 },
	[CG_SWAP] = { "swap", "SWAP", "bytes of it in swap, cgroups below included", 5, 5,
		      0, true },
	[CG_MAX] = { "max", "MAX", "memory.swap.max", 5, 5, 2, true },
	[CG_BAR] = { "split", "BY TIER", "its swap by tier, against the largest", 10, 40,
		     1 },
	[CG_T0] = { "t0", "", TIER_HELP, 6, 8, 3, true },
	[CG_T0 + 1] = { "t1", "", TIER_HELP, 6, 8, 3, true },
	[CG_T0 + 2] = { "t2", "", TIER_HELP, 6, 8, 3, true },
	[CG_T0 + 3] = { "t3", "", TIER_HELP, 6, 8, 3, true },
	[CG_T0 + 4] = { "t4", "", TIER_HELP, 6, 8, 7, true },
	[CG_T0 + 5] = { "t5", "", TIER_HELP, 6, 8, 7, true },
	[CG_ZSWAP] = { "zswap", "ZSWAP", "of that in the zswap pool", 5, 5, 5, true },
	[CG_MEM] = { "mem", "MEM", "memory charged to it", 5, 5, 4, true },
	{ 0 },
};

static const char *cg_title_of(const struct ui *ui, int column)
{
	if (column >= CG_T0 && column < CG_T0 + SHOWN_SPLIT)
		return tier_title(ui, (size_t)(column - CG_T0));
	return NULL;
}

static void cg_collect(struct ui *ui, struct list *l)
{
	for (size_t i = 0; i < ui->s->n_cgroups; i++) {
		const struct sample_cgroup *g = &ui->s->cgroups[i];

		if (g->use.swap_bytes || ui->set.show_all)
			list_add(l, ROW_CGROUP, i, hash_text(g->path));
	}
}

static uint64_t cg_parent_id(const struct ui *ui, const struct row *row)
{
	char path[sizeof(ui->s->cgroups->path)];
	char *slash;

	copy_text(path, ui->s->cgroups[row->index].path);
	slash = strrchr(path, '/');
	if (!slash || !slash[1])
		return 0;
	slash[slash == path] = '\0'; /* the parent of "/a" is "/" */
	return hash_text(path);
}

static const char *cg_text_of(const struct ui *ui, const struct row *row)
{
	return ui->s->cgroups[row->index].path;
}

static struct sort_value cg_value(const struct ui *ui, const struct row *row, int column)
{
	const struct sample_cgroup *g = &ui->s->cgroups[row->index];
	struct sort_value v = { NULL, NAN };

	switch (column) {
	case CG_PATH:
		v.text = g->path;
		break;
	case CG_SWAP:
	case CG_BAR:
		v.number = (double)g->use.swap_bytes;
		break;
	case CG_MAX:
		v.number = (double)g->swap_max_bytes;
		break;
	case CG_ZSWAP:
		v.number = g->use.zswap_known ? (double)g->use.zswap_bytes : NAN;
		break;
	case CG_MEM:
		v.number = g->mem_known ? (double)g->mem_bytes : NAN;
		break;
	default:
		if (g->use.split_known)
			v.number = (double)g->use.tier_bytes[column - CG_T0];
	}
	return v;
}

static uint64_t cg_largest(const struct ui *ui)
{
	uint64_t max = 0;

	for (size_t i = 0; i < ui->s->n_cgroups; i++)
		max = MAX(max, ui->s->cgroups[i].use.swap_bytes);
	return max;
}

static void cg_cell_path(struct surf s, const struct ui *ui, const struct row *row)
{
	const char *path = ui->s->cgroups[row->index].path;
	const char *slash = strrchr(path, '/');
	int x = ui->set.tree[LIST_CGROUPS] ? cell_tree(s, row) : 0;

	if (ui->set.tree[LIST_CGROUPS] && row->depth && slash && slash[1])
		path = slash + 1;
	surf_cell(s, x, 0, s.w - x, ST(ROLE_TEXT), false, path);
}

static void cg_cell(struct surf s, const struct ui *ui, const struct row *row, int column)
{
	const struct sample_cgroup *g = &ui->s->cgroups[row->index];

	switch (column) {
	case CG_PATH:
		cg_cell_path(s, ui, row);
		break;
	case CG_SWAP:
		cell_bytes(s, true, g->use.swap_bytes);
		break;
	case CG_MAX:
		if (g->swap_max_bytes == UINT64_MAX)
			cell_right(s, ST(ROLE_DIM), "max");
		else
			cell_bytes(s, true, g->swap_max_bytes);
		break;
	case CG_BAR:
		cell_split(s, ui, &g->use, cg_largest(ui));
		break;
	case CG_ZSWAP:
		cell_bytes(s, g->use.zswap_known, g->use.zswap_bytes);
		break;
	case CG_MEM:
		cell_bytes(s, g->mem_known, g->mem_bytes);
		break;
	default:
		cell_bytes(s, g->use.split_known, g->use.tier_bytes[column - CG_T0]);
	}
}

static void cg_empty(const struct ui *ui, char *buf, size_t size)
{
	empty_of(&ui->s->cgroup_scan, "cgroup", buf, size);
}

const struct list_ops list_ops_cgroups = {
	.name = "cgroups",
	.title = "Cgroups",
	.columns = cg_columns,
	.title_of = cg_title_of,
	.collect = cg_collect,
	.value = cg_value,
	.text = cg_text_of,
	.cell = cg_cell,
	.empty = cg_empty,
	.parent_id = cg_parent_id,
};
