/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The machine as a whole: memory, swap, zswap, pressure, rates. */
#include <math.h>

#include "canvas/draw.h"
#include "common/fmt.h"
#include "view/view.h"

#define LINES 3 /* of each block */

/* "LABEL [bar] text" in one row; the text ends at the right edge */
static void meter(struct surf s, int y, const char *label, const struct bar_part *parts,
		  size_t n, const char *text)
{
	int text_w = text_columns(s.c, text);
	int x = surf_text(s, 0, y, ST(ROLE_DIM), label);

	x = MAX(x, 5) + 1;
	surf_text(s, MAX(x, s.w - text_w), y, ST(ROLE_TEXT), text);
	draw_bar(s, x, y, s.w - text_w - 1 - x, parts, n);
}

static void meter_ram(struct surf s, int y, const struct ui *ui)
{
	const struct swapadm_mem_stats *m = &ui->s->mem;
	const uint32_t need = SWAPADM_MEM_TOTAL | SWAPADM_MEM_AVAILABLE |
			      SWAPADM_MEM_FREE;
	double total = (double)m->total_bytes;
	struct bar_part parts[2];
	char text[64];

	if ((m->known & need) != need || !m->total_bytes) {
		meter(s, y, "RAM", NULL, 0, "unknown");
		return;
	}
	uint64_t used = m->total_bytes - MIN(m->available_bytes, m->total_bytes);
	uint64_t cache = m->available_bytes - MIN(m->free_bytes, m->available_bytes);

	parts[0] = (struct bar_part){ (double)used / total, ROLE_MEM, 0 };
	parts[1] = (struct bar_part){ (double)cache / total, ROLE_CACHE, BAR_LIGHT };
	snprintf(text, sizeof(text), "%5s of %5s", fmt_bytes(used).s,
		 fmt_bytes(m->total_bytes).s);
	meter(s, y, "RAM", parts, 2, text);
}

static void meter_swap(struct surf s, int y, const struct ui *ui)
{
	const struct sample *sm = ui->s;
	struct bar_part parts[16];
	char text[64];
	size_t n = 0;

	for (size_t i = 0; i < sm->n_tiers && n < ARRAY_SIZE(parts); i++) {
		const struct sample_tier *t = &sm->tiers[i];

		if (t->is_zswap || !sm->total.size_bytes)
			continue;
		parts[n++] = (struct bar_part){
			(double)t->usage.used_bytes / (double)sm->total.size_bytes,
			(uint8_t)tier_role(i),
			tier_mark(sm, i),
		};
	}
	if (sm->total.size_bytes)
		snprintf(text, sizeof(text), "%5s of %5s",
			 fmt_bytes(sm->total.used_bytes).s,
			 fmt_bytes(sm->total.size_bytes).s);
	else
		copy_text(text, "none active");
	meter(s, y, "Swap", parts, n, text);
}

static void meter_zswap(struct surf s, int y, const struct ui *ui)
{
	const struct swapadm_zswap_stats *z = &ui->s->zswap;
	struct bar_part part = { 0, ROLE_MEM, 0 };
	char text[64];

	if (!(z->known & SWAPADM_ZSWAP_ENABLED) || (!z->enabled && !z->stored_bytes)) {
		surf_text(s, 0, y, ST(ROLE_DIM),
			  z->known & SWAPADM_ZSWAP_ENABLED ? "Zswap off"
							   : "Zswap not in this kernel");
		return;
	}
	if (!(z->known & SWAPADM_ZSWAP_STORED) || !(z->known & SWAPADM_ZSWAP_POOL)) {
		meter(s, y, "Zswap", NULL, 0, "on");
		return;
	}
	if (ui->s->mem.total_bytes && z->max_pool_pct)
		part.share = (double)z->pool_bytes /
			     ((double)ui->s->mem.total_bytes * z->max_pool_pct / 100);
	snprintf(text, sizeof(text), "%5s in %5s", fmt_bytes(z->stored_bytes).s,
		 fmt_bytes(z->pool_bytes).s);
	meter(s, y, "Zswap", &part, 1, text);
}

static void block_meters(struct surf s, const struct ui *ui)
{
	meter_ram(s, 0, ui);
	meter_swap(s, 1, ui);
	meter_zswap(s, 2, ui);
}

/* a sparkline in what is left of the row */
static void trend(struct surf s, int x, int y, const struct ui *ui, enum metric m,
		  enum role role, double least)
{
	float values[CANVAS_MAX];
	int w = s.w - x;

	if (w < 4)
		return;
	history_get(&ui->hist, NULL, m, values, spark_values(s.c, w));
	draw_spark(s, x, y, w, ST(role), values,
		   graph_scale(values_max(values, spark_values(s.c, w)), least));
}

static void line_psi(struct surf s, int y, const struct ui *ui, const char *label,
		     const struct swapadm_psi_line *psi, double now, enum metric m)
{
	enum role role = psi->avg10_centipct >= 1000  ? ROLE_BAD
			 : psi->avg10_centipct >= 100 ? ROLE_WARN
						      : ROLE_TEXT;
	int x = surf_text(s, 0, y, ST(ROLE_DIM), label);

	if (!psi->known) {
		surf_text(s, x + 1, y, ST(ROLE_DIM), "not reported by this kernel");
		return;
	}
	x = surf_printf(s, x + 1, y, ST(role), "%5.2f %5.2f %5.2f",
			psi->avg10_centipct / 100.0, psi->avg60_centipct / 100.0,
			psi->avg300_centipct / 100.0);
	if (s.w - x >= 18 && !isnan(now))
		x = surf_printf(s, x + 1, y, ST(ROLE_DIM), "now %s", fmt_pct(now).s);
	trend(s, MAX(x + 1, s.w >= 48 ? 38 : 0), y, ui, m, role, 10);
}

static void line_rates(struct surf s, int y, const struct ui *ui)
{
	const struct rates *r = ui->r;
	bool refault = !isnan(r->refault_bps) && s.w >= 38;
	int x = 0;

	if (!refault || s.w >= 43) /* the label goes before the third number does */
		x = surf_text(s, x, y, ST(ROLE_DIM), "Swap ");

	x = surf_text(s, x, y, ST(ROLE_DIM), "in ");
	if (isnan(r->swapin_bps)) {
		surf_text(s, x, y, ST(ROLE_DIM), "- (needs two samples)");
		return;
	}
	x = surf_printf(s, x, y, ST(ROLE_IN), "%5s/s", fmt_rate(r->swapin_bps).s);
	x = surf_text(s, x, y, ST(ROLE_DIM), " out ");
	x = surf_printf(s, x, y, ST(ROLE_OUT), "%5s/s", fmt_rate(r->swapout_bps).s);
	if (refault) {
		x = surf_text(s, x, y, ST(ROLE_DIM), " refault ");
		x = surf_printf(s, x, y, ST(ROLE_TEXT), "%5s/s",
				fmt_rate(r->refault_bps).s);
	}
	if (s.w - x >= 22 && !isnan(r->readahead_hit_pct))
		x = surf_printf(s, x, y, ST(ROLE_DIM), " readahead %s used",
				fmt_pct(r->readahead_hit_pct).s);
	trend(s, MAX(x + 1, s.w >= 48 ? 38 : 0), y, ui, METRIC_IN_BPS, ROLE_IN, 1 << 16);
}

static void block_pressure(struct surf s, const struct ui *ui)
{
	line_psi(s, 0, ui, "PSI some", &ui->s->psi_mem.some, ui->r->stall_some_pct,
		 METRIC_STALL_PCT);
	line_psi(s, 1, ui, "PSI full", &ui->s->psi_mem.full, ui->r->stall_full_pct,
		 METRIC_FULL_PCT);
	line_rates(s, 2, ui);
}

/* graphs of what goes in and out, on screens wide enough for a third block */
static void block_graph(struct surf s, const struct ui *ui)
{
	float in[2 * CANVAS_MAX], out[2 * CANVAS_MAX];
	struct surf g = surf_sub(s, 5, 0, s.w - 5, s.h);
	int n = graph_values(s.c, g.w);
	int half = (g.h + 1) / 2;
	double max;

	history_get(&ui->hist, NULL, METRIC_IN_BPS, in, n);
	history_get(&ui->hist, NULL, METRIC_OUT_BPS, out, n);
	max = graph_scale(fmax(values_max(in, n), values_max(out, n)), 1 << 16);
	surf_text(s, 0, 0, ST(ROLE_IN), "in");
	surf_text(s, 0, 1, ST(ROLE_DIM), fmt_rate(max).s);
	surf_text(s, 0, g.h - 1, ST(ROLE_OUT), "out");
	draw_graph(surf_sub(g, 0, 0, g.w, half), ST(ROLE_IN), in, max, false);
	draw_graph(surf_sub(g, 0, half, g.w, g.h - half), ST(ROLE_OUT), out, max, true);
}

static void title_left(struct surf s, const struct ui *ui, int room)
{
	const struct sample *sm = ui->s;
	struct surf left = surf_sub(s, 0, 0, room, 1);
	int x = surf_text(left, 0, 0, ST_BOLD(ROLE_TITLE), "swaptop");
	char parts[3][64];
	size_t tiers = 0;

	for (size_t i = 0; i < sm->n_tiers; i++)
		tiers += !sm->tiers[i].is_zswap;
	x = surf_printf(left, x, 0, ST(ROLE_TEXT), "  %s", sm->host);
	if (*sm->kernel)
		x = surf_printf(left, x, 0, ST(ROLE_DIM), "  %s", sm->kernel);
	snprintf(parts[0], sizeof(parts[0]), "  %s layer", swapadm_layer_name(sm->layer));
	snprintf(parts[1], sizeof(parts[1]), ", %zu tier%s", tiers,
		 tiers == 1 ? "" : "s");
	snprintf(parts[2], sizeof(parts[2]), ", %zu device%s", sm->n_devices,
		 sm->n_devices == 1 ? "" : "s");
	/* whole ones, as far as they go */
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		if (x + text_columns(s.c, parts[i]) > left.w)
			break;
		x = surf_text(left, x, 0, ST(ROLE_DIM), parts[i]);
	}
}

static void draw_title(struct surf s, const struct ui *ui)
{
	char right[96];
	int w;

	snprintf(right, sizeof(right), "%s%s  %.3gs  %s", ui->replay_status,
		 ui->paused ? " PAUSED" : "", ui->set.delay_s,
		 ui->s->realtime_ns ? fmt_clock(ui->s->realtime_ns).s : "");
	w = text_columns(s.c, right);
	title_left(s, ui, MAX(0, s.w - w - 1));
	surf_text(s, MAX(0, s.w - w), 0, ST(ui->paused ? ROLE_WARN : ROLE_DIM), right);
}

static int height(const struct ui *ui, int w, int h)
{
	if (h < 8)
		return 1;
	return 1 + LINES + (ui->s && ui->s->n_notes && h >= 20 ? 1 : 0);
}

static void draw_notes(struct surf s, const struct ui *ui)
{
	int x = surf_text(s, 0, 0, ST(ROLE_WARN), "missing: ");

	for (size_t i = 0; i < ui->s->n_notes; i++)
		x = surf_printf(s, x, 0, ST(ROLE_DIM), "%s%s", i ? "; " : "",
				ui->s->notes[i]);
}

static void draw(struct surf s, struct ui *ui)
{
	int left = s.w >= 120 ? s.w / 3 : s.w / 2;

	if (!ui->s)
		return;
	draw_title(surf_sub(s, 0, 0, s.w, 1), ui);
	if (s.h <= LINES)
		return;
	if (s.w < 50) {
		block_meters(surf_sub(s, 0, 1, s.w, LINES), ui);
	} else {
		int gap = 2, right = left + gap;
		int w = s.w >= 120 ? s.w / 3 : s.w - right;

		block_meters(surf_sub(s, 0, 1, left, LINES), ui);
		block_pressure(surf_sub(s, right, 1, w, LINES), ui);
		if (s.w >= 120)
			block_graph(surf_sub(s, right + w + gap, 1, s.w - right - w - gap,
					     LINES),
				    ui);
	}
	draw_notes(surf_sub(s, 0, 1 + LINES, s.w, 1), ui);
}

const struct view view_header = { "Header", 0, height, draw };
