/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Cgroups: who sits in which tier, with what is below. */
#include <math.h>

#include "view/use.h"

enum {
	COL_PATH,
	COL_SWAP,
	COL_MAX,
	COL_BAR,
	COL_T0,
	COL_IN = COL_T0 + USE_TIERS,
	COL_WAIT,
	COL_ZSWAP,
	COL_MEM,
	COL_TIERS,
};

static const struct column columns[] = {
	[COL_PATH] = { "cgroup", "CGROUP", "control group (in a tree: the last part)", 18,
		       80, 0 },
	[COL_SWAP] = { "swap", "SWAP", "bytes in swap, cgroups below included", 5, 5, 0,
		       true },
	[COL_MAX] = { "swapmax", "SWAPMAX", "swap limit (memory.swap.max)", 7, 7, 2,
		      true },
	[COL_BAR] = { "split", "BY TIER", "its swap by tier, relative to the largest", 10,
		      40, 1 },
	[COL_T0] = USE_TIER_COLUMN("t0", 3),
	[COL_T0 + 1] = USE_TIER_COLUMN("t1", 3),
	[COL_T0 + 2] = USE_TIER_COLUMN("t2", 3),
	[COL_T0 + 3] = USE_TIER_COLUMN("t3", 3),
	[COL_T0 + 4] = USE_TIER_COLUMN("t4", 7),
	[COL_T0 + 5] = USE_TIER_COLUMN("t5", 7),
	[COL_IN] = { "in", "IN/s", "read from swap, a second", 5, 5, 4, true },
	[COL_WAIT] = { "wait", "WAIT%", "share of the time some task waited for memory",
		       5, 5, 3, true },
	[COL_ZSWAP] = { "zswap", "ZSWAPPED", "of SWAP, compressed in zswap", 8, 8, 5,
			true },
	[COL_MEM] = { "memory", "MEMORY", "memory charged to it", 6, 6, 4, true },
	[COL_TIERS] = { "tiers", "TIERS",
			"tiers that its pages may use, with limits; +: then others", 12,
			30, 2 },
	{ 0 },
};

static bool any_delay(const struct sample *s, bool rate)
{
	for (size_t i = 0; s && i < s->n_cgroups; i++) {
		const struct sample_delay *d = &s->cgroups[i].delay;

		if (rate ? d->rate_known : d->share_known)
			return true;
	}
	return false;
}

static bool any_rule(const struct sample *s)
{
	for (size_t i = 0; s && i < s->n_cgroups; i++) {
		if (*s->cgroups[i].tiers)
			return true;
	}
	return false;
}

static const char *title_of(const struct ui *ui, int column)
{
	if (column == COL_TIERS)
		return any_rule(ui->s) ? NULL : "";
	if (column == COL_IN || column == COL_WAIT)
		return any_delay(ui->s, column == COL_IN) ? NULL : "";
	if (column >= COL_T0 && column < COL_T0 + USE_TIERS)
		return use_tier_title(ui, (size_t)(column - COL_T0));
	return NULL;
}

static void collect(struct ui *ui, struct list *l)
{
	for (size_t i = 0; i < ui->s->n_cgroups; i++) {
		const struct sample_cgroup *g = &ui->s->cgroups[i];

		if (g->use.swap_bytes || g->parked || ui->set.show_all)
			list_add(l, ROW_CGROUP, i, hash_text(g->path));
	}
}

static uint64_t parent_id(const struct ui *ui, const struct row *row)
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

static const char *text_of(const struct ui *ui, const struct row *row)
{
	return ui->s->cgroups[row->index].path;
}

static struct sort_value value(const struct ui *ui, const struct row *row, int column)
{
	const struct sample_cgroup *g = &ui->s->cgroups[row->index];
	struct sort_value v = { NULL, NAN };

	switch (column) {
	case COL_PATH:
		v.text = g->path;
		break;
	case COL_SWAP:
	case COL_BAR:
		v.number = (double)g->use.swap_bytes;
		break;
	case COL_MAX:
		v.number = (double)g->swap_max_bytes;
		break;
	case COL_IN:
		v.number = g->delay.rate_known ? (double)g->delay.in_bytes_per_s : NAN;
		break;
	case COL_WAIT:
		v.number = g->delay.share_known ? (double)g->delay.share_centipct : NAN;
		break;
	case COL_ZSWAP:
		v.number = g->use.zswap_known ? (double)g->use.zswap_bytes : NAN;
		break;
	case COL_TIERS:
		v.text = g->tiers;
		break;
	case COL_MEM:
		v.number = g->mem_known ? (double)g->mem_bytes : NAN;
		break;
	default:
		if (g->use.split_known)
			v.number = (double)g->use.tier_bytes[column - COL_T0];
	}
	return v;
}

static uint64_t largest(const struct ui *ui)
{
	uint64_t max = 0;

	for (size_t i = 0; i < ui->s->n_cgroups; i++)
		max = MAX(max, ui->s->cgroups[i].use.swap_bytes);
	return max;
}

static void cell_group(struct surf s, const struct ui *ui, const struct row *row)
{
	const char *path = ui->s->cgroups[row->index].path;
	const char *slash = strrchr(path, '/');
	int x = ui->set.tree[LIST_CGROUPS] ? cell_tree(s, row) : 0;

	if (ui->set.tree[LIST_CGROUPS] && row->depth && slash && slash[1])
		path = slash + 1;
	if (ui->s->cgroups[row->index].parked)
		x = surf_printf(s, x, 0, ST(ROLE_WARN), "parked ");
	surf_cell(s, x, 0, s.w - x, ST(ROLE_TEXT), false, path);
}

/* a rule of its own stands out from that of an ancestor */
static void cell_rule(struct surf s, const struct sample_cgroup *g)
{
	enum role role = streq(g->tiers_from, g->path) ? ROLE_TEXT : ROLE_DIM;
	char text[sizeof(g->tiers) + 2];

	snprintf(text, sizeof(text), "%s%s", g->tiers, g->tiers_prefer ? " +" : "");
	surf_cell(s, 0, 0, s.w, ST(role), false, *g->tiers ? text : "all");
}

static void cell(struct surf s, const struct ui *ui, const struct row *row, int column)
{
	const struct sample_cgroup *g = &ui->s->cgroups[row->index];

	switch (column) {
	case COL_PATH:
		cell_group(s, ui, row);
		break;
	case COL_SWAP:
		cell_bytes(s, true, g->use.swap_bytes);
		break;
	case COL_MAX:
		if (g->swap_max_bytes == UINT64_MAX)
			cell_right(s, ST(ROLE_DIM), "max");
		else
			cell_bytes(s, true, g->swap_max_bytes);
		break;
	case COL_BAR:
		cell_split(s, ui, &g->use, largest(ui));
		break;
	case COL_IN:
		cell_bytes(s, g->delay.rate_known, g->delay.in_bytes_per_s);
		break;
	case COL_WAIT:
		cell_pct(s, g->delay.share_known ? (double)g->delay.share_centipct / 100
						 : NAN);
		break;
	case COL_ZSWAP:
		cell_bytes(s, g->use.zswap_known, g->use.zswap_bytes);
		break;
	case COL_TIERS:
		cell_rule(s, g);
		break;
	case COL_MEM:
		cell_bytes(s, g->mem_known, g->mem_bytes);
		break;
	default:
		cell_bytes(s, g->use.split_known, g->use.tier_bytes[column - COL_T0]);
	}
}

static void empty(const struct ui *ui, char *buf, size_t size)
{
	use_empty(&ui->s->cgroup_scan, "cgroup", buf, size);
}

const struct list_ops list_ops_cgroups = {
	.name = "cgroups",
	.title = "Cgroups",
	.columns = columns,
	.title_of = title_of,
	.collect = collect,
	.value = value,
	.text = text_of,
	.cell = cell,
	.empty = empty,
	.parent_id = parent_id,
	.sort = "swap",
	.tree = true,
};
