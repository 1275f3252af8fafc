/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lower pane with its tabs, and the footer. */
#include <stdarg.h>

#include "canvas/draw.h"
#include "common/fmt.h"
#include "ui/keys.h"
#include "view/view.h"

#define BESIDE_W 200 /* screens this wide show events next to the pane */

/* what there is to say of a pane, the most important first: the rest goes when short */
struct words {
	char text[8][SAMPLE_PATH];
	size_t n;
};

static void say(struct words *w, const char *fmt, ...) _printf_(2, 3);
static void say(struct words *w, const char *fmt, ...)
{
	va_list ap;

	if (w->n == ARRAY_SIZE(w->text))
		return;
	va_start(ap, fmt);
	vsnprintf(w->text[w->n++], sizeof(w->text[0]), fmt, ap);
	va_end(ap);
}

/* how fresh the numbers are, and what was not read */
static void say_scan(struct words *w, const struct ui *ui)
{
	const struct sample_scan *scan = ui->set.pane == LIST_PROCS ? &ui->s->proc_scan
								    : &ui->s->cgroup_scan;

	if (ui->set.pane != LIST_PROCS && ui->set.pane != LIST_CGROUPS)
		return;
	if (scan->state != SAMPLE_LIST_READ)
		return;
	if (scan->age_ns >= NSEC_PER_SEC)
		say(w, "%s ago", fmt_age(scan->age_ns / NSEC_PER_SEC).s);
	if (*scan->why)
		say(w, "%s", scan->why);
	say(w, "read in %s", fmt_ns((double)scan->cost_ns).s);
	if (ui->set.pane == LIST_PROCS && *ui->s->delays_why)
		say(w, "%s", ui->s->delays_why);
}

static int draw_tabs(struct surf s, struct ui *ui)
{
	int x = 2;

	draw_rule(s, 0, NULL);
	for (int id = LIST_DEVICES; id < N_LISTS && x < s.w; id++) {
		bool open = id == (int)ui->set.pane;
		int from = x;

		surf_put(s, x++, 0, ST(ROLE_DIM), ' ');
		x = surf_printf(s, x, 0, ST(ROLE_KEY), "%d", id - LIST_DEVICES + 1);
		x = surf_printf(s, x, 0,
				open ? (struct style){ ROLE_TITLE,
						       STYLE_BOLD | STYLE_UNDER }
				     : ST(ROLE_DIM),
				"%s", list_ops(ui, (enum list_id)id)->title);
		surf_put(s, x++, 0, ST(ROLE_DIM), ' ');
		ui_hit(ui, s, from, 0, x - from, 1, '1' + id - LIST_DEVICES);
	}
	return x;
}

static void draw_tab_words(struct surf s, const struct ui *ui, int x)
{
	const struct list *l = &ui->lists[ui->set.pane];
	struct style st = ST(*l->filter ? ROLE_WARN : ROLE_DIM);
	struct words words = { .n = 0 };
	int w = 4, room = s.w - x - 1;
	size_t n = 0;

	say(&words, "%zu%s%s", l->n_rows, *l->filter ? " match " : " shown", l->filter);
	if (l->follow)
		say(&words, "followed");
	say_scan(&words, ui);
	for (; n < words.n; n++) {
		int more = text_columns(s.c, words.text[n]) + (n ? 2 : 0);

		if (w + more > room)
			break;
		w += more;
	}
	x = n ? surf_text(s, s.w - w, 0, st, " ") : x;
	for (size_t i = 0; i < n; i++)
		x = surf_printf(s, x, 0, st, "%s%s", i ? ", " : "", words.text[i]);
	if (n)
		surf_text(s, x, 0, st, " ");
}

static void draw(struct surf s, struct ui *ui)
{
	bool beside = s.w >= BESIDE_W && ui->set.pane != LIST_EVENTS;
	struct surf main = s;

	if (beside) {
		struct surf right = surf_sub(s, s.w * 2 / 3 + 1, 0, s.w, s.h);

		main = surf_sub(s, 0, 0, s.w * 2 / 3, s.h);
		draw_rule(right, 0, "Events");
		list_draw(surf_sub(right, 0, 1, right.w, right.h - 1), ui, LIST_EVENTS);
	}
	draw_tab_words(main, ui, draw_tabs(main, ui));
	list_draw(surf_sub(main, 0, 1, main.w, main.h - 1), ui, ui->set.pane);
}

static int height(const struct ui *ui, int w, int h)
{
	return 6;
}

const struct view view_lower = { "Lower pane", 0, height, draw };

/* ---- footer --------------------------------------------------------------------- */

static const struct key *key_at(const struct ui *ui, int place)
{
	for (const struct key *k = keys; k->names; k++) {
		if (k->place == place && key_offered(k, ui))
			return k;
	}
	return NULL;
}

/* "F1" and "Help"; the first of a key's names will do */
static int draw_hint(struct surf s, struct ui *ui, int x, const struct key *k)
{
	char name[16];
	int from = x;

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(k->names, " "), k->names);
	x = surf_text(s, x, 0, ST_BOLD(ROLE_KEY), name);
	x = surf_text(s, x + (text_columns(s.c, name) == 1), 0, ST(ROLE_TEXT), k->hint);
	ui_hit(ui, s, from, 0, x - from, 1, k->codes[0]);
	return x;
}

static int hint_width(struct surf s, const struct key *k)
{
	int name = (int)strcspn(k->names, " ");

	return name + (name == 1) + text_columns(s.c, k->hint);
}

#define LAST_PLACE 17 /* how to quit is always shown */

static void draw_footer(struct surf s, struct ui *ui)
{
	static const uint8_t roles[] = { ROLE_TEXT, ROLE_GOOD, ROLE_WARN, ROLE_BAD };
	const struct key *quit = key_at(ui, LAST_PLACE);
	int x = 0, end = s.w - hint_width(s, quit);

	if (ui->now_ns < ui->message_until_ns) {
		surf_text(s, 0, 0, ST_BOLD(roles[ui->message_severity]), ui->message);
		return;
	}
	for (int place = 1; place < LAST_PLACE; place++) {
		const struct key *k = key_at(ui, place);

		if (k && x + hint_width(s, k) + 2 <= end)
			x = draw_hint(s, ui, x, k) + 2;
	}
	draw_hint(s, ui, MAX(0, end), quit);
}

static int footer_height(const struct ui *ui, int w, int h)
{
	return h >= 4;
}

const struct view view_footer = { "Footer", 0, footer_height, draw_footer };
