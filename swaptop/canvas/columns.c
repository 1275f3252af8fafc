/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "canvas/columns.h"

static bool bit(uint32_t set, size_t i)
{
	return set >> i & 1;
}

static int width_of(const struct column *table, uint32_t shown)
{
	int width = -1; /* one blank between two columns */

	for (size_t i = 0; table[i].id; i++) {
		if (bit(shown, i))
			width += table[i].min + 1;
	}
	return width;
}

/* the least important column that may still go, or -1 */
static int next_to_go(const struct column *table, uint32_t shown, uint32_t pinned)
{
	int go = -1, rank = 0;

	for (size_t i = 0; table[i].id; i++) {
		int r = table[i].rank && bit(pinned, i) ? 1 : table[i].rank;

		if (bit(shown, i) && r > 0 && r >= rank) {
			rank = r;
			go = (int)i;
		}
	}
	return go;
}

static uint32_t choose(const struct column *table, int width, uint32_t hidden,
		       uint32_t pinned)
{
	uint32_t shown = 0;
	int go;

	for (size_t i = 0; table[i].id; i++) {
		if (!bit(hidden, i) || table[i].rank == 0)
			shown |= 1u << i;
	}
	while (width_of(table, shown) > width &&
	       (go = next_to_go(table, shown, pinned)) >= 0)
		shown &= ~(1u << go);
	return shown;
}

/* give what is left over to the growing columns, one column each in turn */
static void grow(const struct column *table, int spare, struct columns *out)
{
	bool grew = true;

	while (spare > 0 && grew) {
		grew = false;
		for (size_t i = 0; i < out->n && spare > 0; i++) {
			if (out->at[i].w >= table[out->at[i].index].max)
				continue;
			out->at[i].w++;
			spare--;
			grew = true;
		}
	}
}

void columns_fit(const struct column *table, int width, uint32_t hidden, uint32_t pinned,
		 struct columns *out)
{
	uint32_t shown = choose(table, width, hidden, pinned);
	int x = 0;

	out->n = 0;
	for (size_t i = 0; table[i].id && out->n < TABLE_MAX_COLUMNS; i++) {
		if (!bit(shown, i))
			continue;
		out->at[out->n].index = (uint8_t)i;
		out->at[out->n++].w = table[i].min;
	}
	grow(table, width - width_of(table, shown), out);
	for (size_t i = 0; i < out->n; i++) {
		out->at[i].x = (short)x;
		x += out->at[i].w + 1;
	}
}

void columns_draw_titles(struct surf s, int y, const struct column *table,
			 const struct columns *fit, int sort, bool reverse)
{
	static const char *const arrows[2][2] = { { "v", "^" }, { "▼", "▲" } };
	const char *const *arrow = arrows[s.c->glyphs != GLYPHS_ASCII];
	char title[64];

	for (size_t i = 0; i < fit->n; i++) {
		const struct column *col = &table[fit->at[i].index];
		bool sorted = (int)fit->at[i].index == sort;

		snprintf(title, sizeof(title), "%s%s", col->title,
			 sorted ? arrow[reverse] : "");
		/* a heading that no longer fits with its arrow loses its own last
		 * letters */
		if (sorted && text_columns(s.c, title) > fit->at[i].w)
			snprintf(title, sizeof(title), "%.*s%s", fit->at[i].w - 1,
				 col->title, arrow[reverse]);
		surf_cell(s, fit->at[i].x, y, fit->at[i].w,
			  sorted ? ST_BOLD(ROLE_KEY) : ST_BOLD(ROLE_TITLE), col->right,
			  title);
	}
}

void scroll_to(int *top, int rows, int n, int selected)
{
	if (rows < 1) {
		*top = 0;
		return;
	}
	if (selected >= 0 && selected < *top)
		*top = selected;
	if (selected >= *top + rows)
		*top = selected - rows + 1;
	*top = clamp_int(*top, 0, MAX(0, n - rows));
}
