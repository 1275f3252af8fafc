/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Devices in detail, one table for all tiers, to be sorted by anything. */
#include <math.h>

#include "canvas/draw.h"
#include "common/fmt.h"
#include "view/view.h"

enum {
	COL_NAME,
	COL_TIER,
	COL_KIND,
	COL_STATE,
	COL_USED,
	COL_SIZE,
	COL_ROPS,
	COL_WOPS,
	COL_RLAT,
	COL_RP99,
	COL_WLAT,
	COL_WP99,
	COL_BUSY,
	COL_FLIGHT,
	COL_PRIO,
	COL_RATIO,
	COL_RAM,
	COL_DISCARD,
	COL_ALGORITHM,
	COL_BACKING,
	COL_IDLE,
	COL_HUGE,
	COL_WRITTEN,
	COL_RECOMPRESSED,
	COL_BUDGET,
	COL_DRIVE,
	COL_MODEL,
	COL_PATH,
};

/* names as in swapctl list, where it has them */
static const struct column columns[] = {
	[COL_NAME] = { "name", "DEVICE", "kernel name, or path of a swap file", 10, 32,
		       0 },
	[COL_TIER] = { "tier", "TIER", "tier it belongs to", 8, 20, 1 },
	[COL_KIND] = { "kind", "KIND", "zram, ssd, hdd...", 5, 7, 4 },
	[COL_STATE] = { "state", "STATE", "active, cordoned, draining...", 8, 8, 2 },
	[COL_USED] = { "used", "USED", "bytes of pages there, uncompressed", 5, 5, 0,
		       true },
	[COL_SIZE] = { "size", "SIZE", "bytes of pages it can hold", 5, 5, 1, true },
	[COL_ROPS] = { "r/s", "R/s", "reads per second", 5, 5, 2, true },
	[COL_WOPS] = { "w/s", "W/s", "writes per second", 5, 5, 2, true },
	[COL_RLAT] = { "rlat", "RLAT", "average time of a read", 5, 5, 3, true },
	[COL_RP99] = { "rp99", "RP99", "99% of the reads were faster (redirect layer)", 5,
		       5, 6, true },
	[COL_WLAT] = { "wlat", "WLAT", "average time of a write", 5, 5, 3, true },
	[COL_WP99] = { "wp99", "WP99", "99% of the writes were faster (redirect layer)",
		       5, 5, 6, true },
	[COL_BUSY] = { "busy", "BUSY", "share of the time with requests in flight", 5, 5,
		       3, true },
	[COL_FLIGHT] = { "in-flight", "INFLIGHT", "requests in flight", 8, 8, 8, true },
	[COL_PRIO] = { "prio", "PRIO", "swap priority", 5, 6, 5, true },
	[COL_RATIO] = { "ratio", "RATIO", "compression: size of its pages to stored size",
			5, 5, 7, true },
	[COL_RAM] = { "ram", "RAM", "memory that those pages occupy", 5, 5, 7, true },
	[COL_DISCARD] = { "discard", "DISCARD", "discard mode: none, once, pages, both",
			  7, 7, 9 },
	[COL_ALGORITHM] = { "algorithm", "ALGORITHM", "compressor of a zram device", 9,
			    10, 10 },
	[COL_BACKING] = { "backing", "BACKING", "write-back device of a zram device", 8,
			  16, 11 },
	[COL_IDLE] = { "idle", "IDLE", "pages of a zram that nobody used lately", 5, 5, 2,
		       true },
	[COL_HUGE] = { "huge", "HUGE", "pages of a zram that do not compress", 5, 5, 8,
		       true },
	[COL_WRITTEN] = { "written-back", "WRBACK",
			  "written to its backing device since it was made", 6, 6, 2,
			  true },
	[COL_RECOMPRESSED] = { "recompressed", "RECOMP",
			       "pages of a zram that were compressed again", 6, 6, 8,
			       true },
	[COL_BUDGET] = { "budget", "BUDGET",
			 "what balance may still write back today, for the tier", 6, 6, 2,
			 true },
	[COL_DRIVE] = { "drive", "DRIVE", "whole disk that it is on", 6, 12, 12 },
	[COL_MODEL] = { "model", "MODEL", "model of the disk", 10, 32, 13 },
	[COL_PATH] = { "path", "PATH", "path to use with swapctl", 14, 64, 6 },
	{ 0 },
};

static void collect(struct ui *ui, struct list *l)
{
	for (size_t i = 0; i < ui->s->n_devices; i++) {
		const struct sample_device *d = &ui->s->devices[i];

		list_add(l, ROW_DEVICE, i, hash_text(d->path) ^ hash_text(d->name));
	}
}

static const char *title_of(const struct ui *ui, int column)
{
	static const uint32_t upkeep[] = {
		[COL_IDLE] = SAMPLE_UPKEEP_IDLE,
		[COL_HUGE] = SAMPLE_UPKEEP_HUGE,
		[COL_WRITTEN] = SAMPLE_UPKEEP_WRITTEN,
		[COL_RECOMPRESSED] = SAMPLE_UPKEEP_IDLE,
		[COL_BUDGET] = SAMPLE_UPKEEP_BUDGET,
	};
	bool p99 = column == COL_RP99 || column == COL_WP99;

	if (!ui->s)
		return NULL;
	if ((size_t)column < ARRAY_SIZE(upkeep) && upkeep[column] &&
	    !(sample_any_upkeep(ui->s) & upkeep[column]))
		return "";
	return p99 && !sample_any_latency(ui->s) ? "" : NULL;
}

static const char *text_of(const struct ui *ui, const struct row *row)
{
	return ui->s->devices[row->index].name;
}

static double known(bool known_, double v)
{
	return known_ ? v : NAN;
}

static struct sort_value number_of(const struct ui *ui, size_t i, int column)
{
	const struct sample_device *d = &ui->s->devices[i];
	const struct io_rates *r = &ui->r->devices[i];
	const struct swapadm_usage *u = &d->usage;
	const struct sample_upkeep *up = &d->upkeep;

	switch (column) {
	case COL_USED:
		return (struct sort_value){ NULL, known(u->known & SWAPADM_USAGE_USED,
							(double)u->used_bytes) };
	case COL_SIZE:
		return (struct sort_value){ NULL, known(u->known & SWAPADM_USAGE_SIZE,
							(double)u->size_bytes) };
	case COL_ROPS:
		return (struct sort_value){ NULL, r->in_ops };
	case COL_WOPS:
		return (struct sort_value){ NULL, r->out_ops };
	case COL_RLAT:
		return (struct sort_value){ NULL, r->read_ns };
	case COL_RP99:
		return (struct sort_value){ NULL, r->read_p99_ns };
	case COL_WLAT:
		return (struct sort_value){ NULL, r->write_ns };
	case COL_WP99:
		return (struct sort_value){ NULL, r->write_p99_ns };
	case COL_BUSY:
		return (struct sort_value){ NULL, r->busy_pct };
	case COL_FLIGHT:
		return (struct sort_value){ NULL,
					    known(d->io.known, (double)d->io.in_flight) };
	case COL_IDLE:
		return (struct sort_value){ NULL, known(up->known & SAMPLE_UPKEEP_IDLE,
							(double)up->idle_bytes) };
	case COL_HUGE:
		return (struct sort_value){ NULL, known(up->known & SAMPLE_UPKEEP_HUGE,
							(double)up->huge_bytes) };
	case COL_WRITTEN:
		return (struct sort_value){ NULL, known(up->known & SAMPLE_UPKEEP_WRITTEN,
							(double)up->written_back_bytes) };
	case COL_RECOMPRESSED:
		return (struct sort_value){ NULL, known(up->known & SAMPLE_UPKEEP_IDLE,
							(double)up->recompressed_bytes) };
	case COL_BUDGET:
		return (struct sort_value){ NULL, known(up->known & SAMPLE_UPKEEP_BUDGET,
							(double)up->budget_left_bytes) };
	case COL_RATIO:
		return (struct sort_value){ NULL, compression(u) };
	case COL_RAM:
		return (struct sort_value){ NULL, known(u->known & SWAPADM_USAGE_RAM,
							(double)u->ram_bytes) };
	default:
		return (struct sort_value){ NULL, known(d->prio != SWAPADM_PRIO_NONE,
							d->prio) };
	}
}

static const char *word_of(const struct ui *ui, const struct sample_device *d, int column)
{
	switch (column) {
	case COL_NAME:
		return d->name;
	case COL_TIER:
		return ui->s->tiers[d->tier].name;
	case COL_KIND:
		return swapadm_kind_name(d->kind);
	case COL_STATE:
		return d->deleted ? "deleted" : swapadm_state_name(d->state);
	case COL_DISCARD:
		return swapadm_discard_name(d->discard);
	case COL_ALGORITHM:
		return d->algorithm;
	case COL_BACKING:
		return d->backing;
	case COL_DRIVE:
		return d->disk;
	case COL_MODEL:
		return d->model;
	case COL_PATH:
		return d->path;
	}
	return NULL;
}

static struct sort_value value(const struct ui *ui, const struct row *row, int column)
{
	const char *word = word_of(ui, &ui->s->devices[row->index], column);

	return word ? (struct sort_value){ word, 0 } : number_of(ui, row->index, column);
}

static void cell_count(struct surf s, double v)
{
	if (isnan(v))
		cell_absent(s);
	else
		cell_right(s, ST(v >= 0.5 ? ROLE_TEXT : ROLE_DIM),
			   fmt_count((uint64_t)(v + 0.5)).s);
}

static void cell_word(struct surf s, const struct ui *ui, const struct sample_device *d,
		      int column)
{
	struct style st = ST(ROLE_TEXT);

	if (column == COL_STATE)
		st = state_style(d->state);
	if (column == COL_TIER)
		st = ST(tier_role(d->tier));
	if (column == COL_NAME || column == COL_PATH || column == COL_BACKING)
		cell_path(s, st, word_of(ui, d, column));
	else
		cell_text(s, st, word_of(ui, d, column));
}

static void cell_number(struct surf s, const struct ui *ui, const struct row *row,
			int column)
{
	struct sort_value v = number_of(ui, row->index, column);
	char text[16];

	switch (column) {
	case COL_USED:
	case COL_SIZE:
	case COL_RAM:
	case COL_IDLE:
	case COL_HUGE:
	case COL_WRITTEN:
	case COL_RECOMPRESSED:
	case COL_BUDGET:
		cell_rate(s, ROLE_TEXT, v.number); /* bytes, NAN where they are unknown */
		break;
	case COL_ROPS:
	case COL_WOPS:
	case COL_FLIGHT:
		cell_count(s, v.number);
		break;
	case COL_RLAT:
	case COL_RP99:
	case COL_WLAT:
	case COL_WP99:
		cell_ns(s, v.number);
		break;
	case COL_BUSY:
		cell_pct(s, v.number);
		break;
	case COL_RATIO:
		if (isnan(v.number))
			cell_absent(s);
		else
			cell_right(s, ST(ROLE_TEXT), fmt_ratio(v.number).s);
		break;
	case COL_PRIO:
		snprintf(text, sizeof(text), "%.0f", v.number);
		cell_right(s, ST(ROLE_TEXT), isnan(v.number) ? "-" : text);
		break;
	}
}

static void cell(struct surf s, const struct ui *ui, const struct row *row, int column)
{
	const struct sample_device *d = &ui->s->devices[row->index];

	if (word_of(ui, d, column))
		cell_word(s, ui, d, column);
	else
		cell_number(s, ui, row, column);
}

static void empty(const struct ui *ui, char *buf, size_t size)
{
	snprintf(buf, size, "no swap device");
}

const struct list_ops list_ops_devices = {
	.name = "devices",
	.title = "Devices",
	.columns = columns,
	.title_of = title_of,
	.collect = collect,
	.value = value,
	.text = text_of,
	.cell = cell,
	.empty = empty,
};
