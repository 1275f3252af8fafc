/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tiers with their devices under them: the reason for this program. */
#include <math.h>

#include "canvas/draw.h"
#include "common/fmt.h"
#include "ui/fold.h"
#include "view/view.h"

enum {
	COL_NAME,
	COL_BAR,
	COL_PCT,
	COL_USED,
	COL_SIZE,
	COL_IN,
	COL_OUT,
	COL_RLAT,
	COL_WLAT,
	COL_P99,
	COL_RATIO,
	COL_RAM,
	COL_DISK,
	COL_MOVED_IN,
	COL_MOVED_OUT,
	COL_BUSY,
	COL_PRIO,
	COL_MARKS,
	COL_TREND,
	COL_STATE,
};

/* names as in swapctl list, where it has them */
static const struct column columns[] = {
	[COL_NAME] = { "name", "TIER", "tier, with its devices below; +/- fold", 12, 28,
		       0 },
	[COL_BAR] = { "use", "USE", "share of SIZE in use, as a bar", 8, 30, 3 },
	[COL_PCT] = { "pct", "USE%", "USED of SIZE", 4, 4, 2, true },
	[COL_USED] = { "used", "USED", "bytes of pages there, uncompressed", 5, 5, 0,
		       true },
	[COL_SIZE] = { "size", "SIZE", "bytes of pages it can hold", 5, 5, 1, true },
	[COL_IN] = { "in", "IN/s", "bytes read from it per second", 5, 5, 1, true },
	[COL_OUT] = { "out", "OUT/s", "bytes written to it per second", 5, 5, 1, true },
	[COL_RLAT] = { "rlat", "RLAT", "average time of a read in the last interval", 5,
		       5, 4, true },
	[COL_WLAT] = { "wlat", "WLAT", "average time of a write in the last interval", 5,
		       5, 9, true },
	[COL_P99] = { "p99", "P99", "99% of the reads were faster (redirect layer)", 5, 5,
		      8, true },
	[COL_RATIO] = { "ratio", "RATIO", "compression: size of its pages to stored size",
			5, 5, 5, true },
	[COL_RAM] = { "ram", "RAM", "memory that those pages occupy", 5, 5, 6, true },
	[COL_DISK] = { "disk", "DISK", "space that they occupy on a disk", 5, 5, 14,
		       true },
	[COL_MOVED_IN] = { "moved-in", "MV-IN",
			   "bytes moved here from other tiers per second", 5, 5, 7,
			   true },
	[COL_MOVED_OUT] = { "moved-out", "MVOUT", "bytes moved away per second", 5, 5, 7,
			    true },
	[COL_BUSY] = { "busy", "BUSY", "share of the time with requests in flight", 4, 4,
		       11, true },
	[COL_PRIO] = { "prio", "PRIO", "swap priority; the highest is filled first", 5, 5,
		       13, true },
	[COL_MARKS] = { "marks", "MARKS", "watermarks: demotion stops and starts", 6, 12,
			12 },
	[COL_TREND] = { "trend", "TREND", "use over time, the newest value at the right",
			8, 60, 8 },
	[COL_STATE] = { "state", "STATE", "active, cordoned, draining...", 8, 8, 2 },
	{ 0 },
};

static void collect(struct ui *ui, struct list *l)
{
	for (size_t t = 0; t < ui->s->n_tiers; t++) {
		const struct sample_tier *tier = &ui->s->tiers[t];
		uint64_t id = hash_text(tier->name);
		bool folded = ui->set.fold_tiers != ui_folded(ui, id);
		struct row *row = list_add(l, ROW_TIER, t, id);

		if (!row)
			return;
		row->parent = tier->n_devices > 0;
		row->folded = row->parent && folded;
		for (uint32_t d = 0; d < tier->n_devices && !folded; d++) {
			const struct sample_device *dev =
				&ui->s->devices[tier->first + d];

			row = list_add(l, ROW_DEVICE, tier->first + d,
				       hash_text(dev->path) ^ hash_text(dev->name));
			if (!row)
				return;
			row->depth = 1;
			row->last = d + 1 == tier->n_devices;
		}
	}
}

static bool any_moves(const struct sample *s)
{
	for (size_t i = 0; i < s->n_devices; i++) {
		if (s->devices[i].moves.known)
			return true;
	}
	return false;
}

/* zswap only writes pages back: nothing is ever moved there */
static bool any_writeback(const struct sample *s)
{
	return s->n_tiers && s->tiers[0].is_zswap &&
	       (s->vm.known & SWAPADM_VMSTAT_ZSWPWB);
}

static bool any_marks(const struct sample *s)
{
	for (size_t i = 0; i < s->n_tiers; i++) {
		if (s->tiers[i].demote_above_pct >= 0)
			return true;
	}
	return false;
}

/* columns that nothing on this machine could fill are not shown */
static const char *title_of(const struct ui *ui, int column)
{
	bool shown = true;

	if (column == COL_P99)
		shown = sample_any_latency(ui->s);
	if (column == COL_MOVED_IN)
		shown = any_moves(ui->s);
	if (column == COL_MOVED_OUT)
		shown = any_moves(ui->s) || any_writeback(ui->s);
	if (column == COL_MARKS)
		shown = any_marks(ui->s);
	return shown ? NULL : "";
}

static const char *text_of(const struct ui *ui, const struct row *row)
{
	if (row->kind == ROW_TIER)
		return ui->s->tiers[row->index].name;
	return ui->s->devices[row->index].name;
}

static void cell_name(struct surf s, const struct ui *ui, const struct row *row)
{
	const struct sample_device *d;
	int x;

	if (row->kind == ROW_TIER) {
		struct style st = ST_BOLD(tier_role(row->index));

		if (row->parent)
			surf_text(s, 0, 0, ST(ROLE_DIM), row->folded ? "+" : "-");
		surf_cell(s, 2, 0, s.w - 2, st, false, ui->s->tiers[row->index].name);
		return;
	}
	d = &ui->s->devices[row->index];
	x = cell_tree(s, row);
	cell_path(surf_sub(s, x, 0, s.w - x, 1), ST(ROLE_TEXT), d->name);
}

/* how full: of zswap the pool against its limit, for it has no size of its own */
static double row_pct(const struct ui *ui, const struct row *row)
{
	const struct sample_tier *t;
	const uint32_t need = SWAPADM_ZSWAP_POOL | SWAPADM_ZSWAP_MAX_POOL;
	double limit;

	if (row->kind == ROW_DEVICE)
		return usage_pct(&ui->s->devices[row->index].usage);
	t = &ui->s->tiers[row->index];
	if (!t->is_zswap)
		return usage_pct(&t->usage);
	if ((ui->s->zswap.known & need) != need ||
	    !(ui->s->mem.known & SWAPADM_MEM_TOTAL))
		return NAN;
	limit = (double)ui->s->mem.total_bytes * ui->s->zswap.max_pool_pct / 100;
	return limit > 0 ? (double)ui->s->zswap.pool_bytes / limit * 100 : NAN;
}

static void cell_bar(struct surf s, const struct ui *ui, const struct row *row)
{
	size_t tier = row->kind == ROW_TIER ? row->index
					    : ui->s->devices[row->index].tier;
	double pct = row_pct(ui, row);
	struct bar_part part = { pct / 100, (uint8_t)tier_role(tier), 0 };

	if (!isnan(pct))
		draw_bar(s, 0, 0, s.w, &part, 1);
}

static void cell_trend(struct surf s, const struct ui *ui, const struct row *row)
{
	float values[CANVAS_MAX];
	int n = spark_values(s.c, s.w);

	if (row->kind != ROW_TIER)
		return;
	history_get(&ui->hist, ui->s->tiers[row->index].name, METRIC_USED_PCT, values, n);
	draw_spark(s, 0, 0, s.w, ST(tier_role(row->index)), values, 100);
}

static void cell_marks(struct surf s, const struct sample_tier *t)
{
	char text[64];
	int n;

	if (t->demote_above_pct < 0)
		return;
	if (t->demote_below_pct < 0)
		n = snprintf(text, sizeof(text), "%d%%", t->demote_above_pct);
	else
		n = snprintf(text, sizeof(text), "%d-%d%%", t->demote_below_pct,
			     t->demote_above_pct);
	if (t->demote_older_s)
		snprintf(text + n, sizeof(text) - (size_t)n, " %s",
			 fmt_age(t->demote_older_s).s);
	cell_text(s, ST(ROLE_TEXT), text);
}

static void cell_state(struct surf s, const struct ui *ui, const struct row *row)
{
	const struct sample_tier *t;
	const struct sample_device *d;
	bool same = true;

	if (row->kind == ROW_DEVICE) {
		d = &ui->s->devices[row->index];
		cell_text(s, state_style(d->state),
			  d->deleted ? "deleted" : swapadm_state_name(d->state));
		return;
	}
	t = &ui->s->tiers[row->index];
	if (t->is_zswap) {
		bool on = ui->s->zswap.enabled;

		cell_text(s, ST(on ? ROLE_GOOD : ROLE_DIM), on ? "enabled" : "off");
		return;
	}
	if (!t->n_devices) {
		cell_text(s, ST(ROLE_DIM), "empty");
		return;
	}
	d = &ui->s->devices[t->first];
	for (uint32_t i = 1; i < t->n_devices; i++)
		same &= d[i].state == d[0].state;
	if (same)
		cell_text(s, row->folded ? state_style(d->state) : ST(ROLE_DIM),
			  swapadm_state_name(d->state));
	else
		cell_text(s, ST(ROLE_WARN), "mixed");
}

static void cell_usage(struct surf s, const struct swapadm_usage *u, int column)
{
	switch (column) {
	case COL_USED:
		cell_bytes(s, u->known & SWAPADM_USAGE_USED, u->used_bytes);
		break;
	case COL_SIZE:
		cell_bytes(s, u->known & SWAPADM_USAGE_SIZE, u->size_bytes);
		break;
	case COL_RAM:
		cell_bytes(s, u->known & SWAPADM_USAGE_RAM, u->ram_bytes);
		break;
	case COL_DISK:
		cell_bytes(s, u->known & SWAPADM_USAGE_DISK, u->disk_bytes);
		break;
	case COL_RATIO:
		if (isnan(compression(u)))
			cell_absent(s);
		else
			cell_right(s, ST(ROLE_TEXT), fmt_ratio(compression(u)).s);
		break;
	}
}

static void cell_io(struct surf s, const struct io_rates *r, int column)
{
	switch (column) {
	case COL_IN:
		cell_rate(s, ROLE_IN, r->in_bps);
		break;
	case COL_OUT:
		cell_rate(s, ROLE_OUT, r->out_bps);
		break;
	case COL_RLAT:
		cell_ns(s, r->read_ns);
		break;
	case COL_WLAT:
		cell_ns(s, r->write_ns);
		break;
	case COL_P99:
		cell_ns(s, r->read_p99_ns);
		break;
	case COL_MOVED_IN:
		cell_rate(s, ROLE_MOVE, r->moved_in_bps);
		break;
	case COL_MOVED_OUT:
		cell_rate(s, ROLE_MOVE, r->moved_out_bps);
		break;
	case COL_BUSY:
		cell_pct(s, r->busy_pct);
		break;
	}
}

static void cell_prio(struct surf s, int prio)
{
	char text[16];

	if (prio == SWAPADM_PRIO_NONE) {
		cell_absent(s);
		return;
	}
	snprintf(text, sizeof(text), "%d", prio);
	cell_right(s, ST(ROLE_TEXT), text);
}

static void cell(struct surf s, const struct ui *ui, const struct row *row, int column)
{
	bool is_tier = row->kind == ROW_TIER;
	const struct sample_tier *t = is_tier ? &ui->s->tiers[row->index] : NULL;
	const struct sample_device *d = is_tier ? NULL : &ui->s->devices[row->index];

	switch (column) {
	case COL_NAME:
		cell_name(s, ui, row);
		break;
	case COL_BAR:
		cell_bar(s, ui, row);
		break;
	case COL_PCT:
		cell_pct(s, row_pct(ui, row));
		break;
	case COL_PRIO:
		cell_prio(s, is_tier ? t->prio : d->prio);
		break;
	case COL_MARKS:
		if (is_tier)
			cell_marks(s, t);
		break;
	case COL_TREND:
		cell_trend(s, ui, row);
		break;
	case COL_STATE:
		cell_state(s, ui, row);
		break;
	default:
		cell_usage(s, is_tier ? &t->usage : &d->usage, column);
		cell_io(s,
			is_tier ? &ui->r->tiers[row->index] : &ui->r->devices[row->index],
			column);
	}
}

static void empty(const struct ui *ui, char *buf, size_t size)
{
	snprintf(
		buf, size,
		"no swap area is active; to add one: swapctl add fast zram,size=50%%ram");
}

const struct list_ops list_ops_tiers = {
	.name = "tiers",
	.title = "Tiers",
	.columns = columns,
	.title_of = title_of,
	.collect = collect,
	.text = text_of,
	.cell = cell,
	.empty = empty,
};

static int height(const struct ui *ui, int w, int h)
{
	return 1 + MAX(1, (int)ui->lists[LIST_TIERS].n_rows);
}

static void draw(struct surf s, struct ui *ui)
{
	list_draw(s, ui, LIST_TIERS);
}

const struct view view_tiers = { "Tiers", 0, height, draw };
