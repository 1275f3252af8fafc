/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Single cells of tables, alike in all lists. */
#include <math.h>

#include "canvas/draw.h"
#include "common/fmt.h"
#include "view/view.h"

void cell_text(struct surf s, struct style st, const char *text)
{
	surf_cell(s, 0, 0, s.w, st, false, text);
}

void cell_right(struct surf s, struct style st, const char *text)
{
	surf_cell(s, 0, 0, s.w, st, true, text);
}

void cell_absent(struct surf s)
{
	cell_right(s, ST(ROLE_DIM), "-");
}

void cell_bytes(struct surf s, bool known, uint64_t bytes)
{
	if (!known)
		cell_absent(s);
	else
		cell_right(s, ST(bytes ? ROLE_TEXT : ROLE_DIM), fmt_bytes(bytes).s);
}

void cell_rate(struct surf s, enum role role, double bps)
{
	if (isnan(bps))
		cell_absent(s);
	else
		cell_right(s, ST(bps >= 0.5 ? role : ROLE_DIM), fmt_rate(bps).s);
}

void cell_ns(struct surf s, double ns)
{
	if (isnan(ns))
		cell_absent(s);
	else if (ns < 1) /* below what the kernel's milliseconds can show */
		cell_right(s, ST(ROLE_DIM), "0");
	else
		cell_right(s, ST(ROLE_TEXT), fmt_ns(ns).s);
}

void cell_pct(struct surf s, double pct)
{
	if (isnan(pct))
		cell_absent(s);
	else
		cell_right(s, ST(ROLE_TEXT), fmt_pct(pct).s);
}

void cell_split(struct surf s, const struct ui *ui, const struct sample_use *use,
		uint64_t whole)
{
	struct bar_part parts[SAMPLE_SPLIT + 1];
	uint64_t rest = use->swap_bytes;
	size_t n = 0;

	if (!whole)
		return;
	for (size_t i = 0; use->split_known && i < SAMPLE_SPLIT; i++) {
		if (!use->tier_bytes[i] || i >= ui->s->n_tiers)
			continue;
		parts[n++] =
			(struct bar_part){ (double)use->tier_bytes[i] / (double)whole,
					   (uint8_t)tier_role(i), tier_mark(ui->s, i) };
		rest -= MIN(rest, use->tier_bytes[i]);
	}
	/* in swap, but nobody says where */
	parts[n++] = (struct bar_part){ (double)rest / (double)whole, ROLE_TEXT, '?' };
	draw_bar(s, 0, 0, s.w, parts, n);
}

void cell_path(struct surf s, struct style st, const char *path)
{
	const char *name = strrchr(path, '/');
	const char *tail;
	int columns;

	if (text_columns(s.c, path) <= s.w || *path != '/' || !name[1]) {
		cell_text(s, st, path);
		return;
	}
	name++;
	columns = text_columns(s.c, name);
	for (tail = name; columns > s.w - 1 && columns > 1;
	     columns = text_columns(s.c, tail))
		utf8_next(&tail);
	if (text_columns(s.c, name) <= s.w) {
		cell_text(s, st, name);
		return;
	}
	surf_put(s, 0, 0, st, s.c->glyphs == GLYPHS_ASCII ? '~' : 0x2026);
	surf_text(s, 1, 0, st, tail);
}

int cell_tree(struct surf s, const struct row *row)
{
	static const uint32_t utf8[] = { 0x2502, 0x251c, 0x2514 };
	static const uint32_t ascii[] = { '|', '|', '`' };
	const uint32_t *g = s.c->glyphs == GLYPHS_ASCII ? ascii : utf8;
	int x = 0;

	for (int i = 1; i < row->depth; i++, x += 2) {
		if (row->guide >> i & 1)
			surf_put(s, x, 0, ST(ROLE_DIM), g[0]);
	}
	if (row->depth) {
		surf_put(s, x, 0, ST(ROLE_DIM), g[row->last ? 2 : 1]);
		x += 2;
	}
	if (row->parent && row->folded) {
		surf_put(s, x, 0, ST_BOLD(ROLE_KEY), '+');
		x += 2;
	}
	return x;
}

enum role tier_role(size_t tier)
{
	return ROLE_TIER0 + tier % N_TIER_ROLES;
}

size_t tier_prefix(const char *name)
{
	return strncmp(name, "auto-", 5) == 0 && name[5] ? 5 : 0;
}

static char tier_letter(const struct sample_tier *t)
{
	return t->name[tier_prefix(t->name)];
}

char tier_mark(const struct sample *s, size_t tier)
{
	char letter = tier_letter(&s->tiers[tier]);

	for (size_t i = 0; i < s->n_tiers; i++) {
		if (i != tier && tier_letter(&s->tiers[i]) == letter)
			return (char)('0' + tier % 10);
	}
	return letter;
}

struct style state_style(enum swapadm_state state)
{
	switch (state) {
	case SWAPADM_STATE_ACTIVE:
		return ST(ROLE_GOOD);
	case SWAPADM_STATE_CORDONED:
	case SWAPADM_STATE_DRAINING:
		return ST(ROLE_WARN);
	case SWAPADM_STATE_FAILED:
		return ST_BOLD(ROLE_BAD);
	default:
		return ST(ROLE_DIM);
	}
}

static double ratio(bool known, uint64_t a, uint64_t b)
{
	return known && b ? (double)a / (double)b : NAN;
}

double usage_pct(const struct swapadm_usage *u)
{
	const uint32_t both = SWAPADM_USAGE_SIZE | SWAPADM_USAGE_USED;
	/* the kernel reads the two one after the other: more than all is all */
	double pct = 100 * ratio((u->known & both) == both,
				 MIN(u->used_bytes, u->size_bytes), u->size_bytes);

	return pct >= 10 ? floor(pct) : pct; /* 100% is full, as in swapctl */
}

double compression(const struct swapadm_usage *u)
{
	const uint32_t both = SWAPADM_USAGE_STORED | SWAPADM_USAGE_USED;

	/* not USED: zswap in front may hold most of that */
	if (u->known & SWAPADM_USAGE_ORIG)
		return ratio(u->known & SWAPADM_USAGE_STORED && u->orig_bytes,
			     u->orig_bytes, u->stored_bytes);
	/* on disks pages are stored as they are: nothing to show */
	return ratio((u->known & both) == both && u->used_bytes &&
			     u->stored_bytes != u->used_bytes,
		     u->used_bytes, u->stored_bytes);
}
