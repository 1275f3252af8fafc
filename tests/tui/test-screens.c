/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Screens as text, without a terminal: made-up machines are shown at several sizes and
 * compared with golden/NAME.txt.
 *
 * usage: test-screens FOLDER [NAME]	compares; with NAME prints that screen instead
 *        GOLDEN_UPDATE=1 test-screens FOLDER	writes the files; then look at the diff
 */
#include <locale.h>
#include <time.h>

#include "fake.h"
#include "keys.h"
#include "ui_action.h"
#include "view.h"

struct screen {
	const char *name;
	struct sample *(*machine)(unsigned second);
	unsigned seconds;
	int w, h;
	enum glyph_set glyphs;
	bool mono;
	int keys[12];
	const struct answer *answer; /* comes after the keys */
};

static const struct answer planned = {
	.action = { .plan = true },
	.ok = true,
	.lines = { "to be moved        2.11G on 1 device", "available memory   3.00G",
		   "goes to            ssd, 15.9G free", "predicted time     0:12",
		   "it fits" },
	.roles = { ROLE_TEXT, ROLE_TEXT, ROLE_TEXT, ROLE_TEXT, ROLE_GOOD },
	.n_lines = 5,
};

static const struct answer refused = {
	.action = { .plan = true },
	.lines = { "does not fit: 3.10G short by the memory limit of cgroup "
		   "/system.slice" },
	.roles = { ROLE_BAD },
	.n_lines = 1,
	.message = "swapctl drain --force would try it",
};

static const struct answer unable = {
	.message = "/dev/zram0: cordon: the direct layer can't do it; the redirect layer "
		   "can: load "
		   "the tswap module and set layer = redirect in /etc/swapadm.conf",
};

static const struct screen screens[] = {
	{ "1x1", fake_machine, 3, 1, 1, GLYPHS_BRAILLE, false, { 0 } },
	{ "20x5", fake_machine, 3, 20, 5, GLYPHS_BRAILLE, false, { 0 } },
	{ "40x12", fake_machine, 9, 40, 12, GLYPHS_BRAILLE, false, { 0 } },
	{ "80x24", fake_machine, 40, 80, 24, GLYPHS_BRAILLE, false, { 0 } },
	{ "80x24-ascii", fake_machine, 40, 80, 24, GLYPHS_ASCII, true, { 0 } },
	{ "80x24-mono", fake_machine, 40, 80, 24, GLYPHS_BRAILLE, true, { '2' } },
	{ "80x24-blocks", fake_machine, 40, 80, 24, GLYPHS_BLOCKS, false, { 'g', 0 } },
	{ "120x40", fake_machine, 70, 120, 40, GLYPHS_BRAILLE, false, { 0 } },
	{ "120x40-ascii", fake_machine, 70, 120, 40, GLYPHS_ASCII, true, { '2' } },
	{ "300x100", fake_machine, 200, 300, 100, GLYPHS_BRAILLE, false, { '2' } },
	{ "redirect", fake_redirect, 40, 132, 30, GLYPHS_BRAILLE, false, { 0 } },
	{ "redirect-100x30", fake_redirect, 40, 100, 30, GLYPHS_BRAILLE, false, { 0 } },
	{ "processes", fake_machine, 40, 100, 30, GLYPHS_BRAILLE, false, { '2' } },
	{ "processes-tree",
	  fake_machine,
	  40,
	  100,
	  30,
	  GLYPHS_BRAILLE,
	  false,
	  { '2', 't' } },
	{ "processes-filter",
	  fake_machine,
	  40,
	  100,
	  30,
	  GLYPHS_BRAILLE,
	  false,
	  { '2', '\\', 'J', 'a', K_ENTER } },
	{ "processes-sort",
	  fake_machine,
	  40,
	  100,
	  30,
	  GLYPHS_BRAILLE,
	  false,
	  { '2', K_F(6), K_UP, K_ENTER, 'I' } },
	{ "cgroups", fake_machine, 40, 100, 30, GLYPHS_BRAILLE, false, { '3' } },
	{ "cgroups-folded",
	  fake_machine,
	  40,
	  100,
	  30,
	  GLYPHS_BRAILLE,
	  false,
	  { '3', K_DOWN, '-' } },
	{ "cgroups-ascii", fake_machine, 40, 80, 24, GLYPHS_ASCII, true, { '3' } },
	{ "events", fake_machine, 40, 80, 24, GLYPHS_BRAILLE, false, { '4' } },
	{ "folded", fake_machine, 40, 80, 24, GLYPHS_BRAILLE, false, { '*', K_DOWN, '+' } },
	{ "no-graphs", fake_machine, 40, 120, 40, GLYPHS_BRAILLE, false, { 'g', 'g' } },
	{ "jobs", fake_machine, 12, 120, 30, GLYPHS_BRAILLE, false, { K_TAB } },
	{ "job-cancel", fake_machine, 12, 80, 24, GLYPHS_BRAILLE, false, { K_TAB, 'x' } },
	{ "drain-asked", fake_machine, 3, 80, 24, GLYPHS_BRAILLE, false, { K_DOWN, 'd' } },
	{ "drain-planned",
	  fake_machine,
	  3,
	  80,
	  24,
	  GLYPHS_BRAILLE,
	  false,
	  { K_DOWN, 'd' },
	  &planned },
	{ "drain-refused",
	  fake_machine,
	  3,
	  80,
	  24,
	  GLYPHS_ASCII,
	  true,
	  { K_DOWN, 'd', 't' },
	  &refused },
	{ "cordon-asked", fake_machine, 3, 80, 24, GLYPHS_BRAILLE, false, { K_DOWN, 'c' } },
	{ "cordon-failed",
	  fake_machine,
	  3,
	  60,
	  20,
	  GLYPHS_BRAILLE,
	  false,
	  { K_DOWN, 'c', 'y' },
	  &unable },
	{ "swapin-asked", fake_machine, 3, 80, 24, GLYPHS_BRAILLE, false, { '2', 'i' } },
	{ "help", fake_machine, 3, 80, 24, GLYPHS_BRAILLE, false, { 'h' } },
	{ "help-tall", fake_machine, 3, 100, 60, GLYPHS_ASCII, true, { '?' } },
	{ "sort-menu", fake_machine, 3, 80, 24, GLYPHS_BRAILLE, false, { '2', '>' } },
	{ "columns-menu",
	  fake_machine,
	  3,
	  80,
	  24,
	  GLYPHS_BRAILLE,
	  false,
	  { 'C', K_DOWN, ' ' } },
	{ "bare", fake_bare, 3, 80, 24, GLYPHS_BRAILLE, false, { '2', 0 } },
	{ "bare-drain", fake_bare, 3, 80, 24, GLYPHS_BRAILLE, false, { 'd' } },
	{ "odd", fake_odd, 3, 80, 24, GLYPHS_BRAILLE, false, { 0 } },
	{ "odd-ascii", fake_odd, 3, 60, 40, GLYPHS_ASCII, true, { 0 } },
};

struct shown {
	struct ui ui;
	struct sample *prev;
	struct rates rates;
	struct canvas canvas;
};

static void play(struct shown *sh, const struct screen *sc)
{
	for (unsigned t = 0; t <= sc->seconds; t++) {
		struct sample *s = sc->machine(t);

		sh->ui.now_ns = s->mono_ns;
		if (rates_compute(sh->prev, s, &sh->rates) < 0)
			abort();
		ui_update(&sh->ui, s, &sh->rates);
		sample_free(sh->prev);
		sh->prev = s;
	}
}

/* every screen is drawn after each key too: layouts of all sizes must bear it */
static char *render(const struct screen *sc)
{
	struct shown sh = { 0 };
	char *text = NULL, *row;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (!f || ui_init(&sh.ui) < 0 ||
	    canvas_init(&sh.canvas, sc->w, sc->h, sc->glyphs, sc->mono) < 0)
		abort();
	play(&sh, sc);
	screen_draw(&sh.canvas, &sh.ui);
	for (size_t i = 0; i < ARRAY_SIZE(sc->keys) && sc->keys[i]; i++) {
		keys_press(&sh.ui, sc->keys[i]);
		screen_draw(&sh.canvas, &sh.ui);
	}
	if (sc->answer) {
		struct answer answer = *sc->answer;
		bool plan = answer.action.plan;

		answer.action = sh.ui.pending;
		answer.action.plan = plan;
		ui_answer(&sh.ui, &answer);
		screen_draw(&sh.canvas, &sh.ui);
	}
	row = malloc(4 * (size_t)sc->w + 1);
	for (int y = 0; row && y < sc->h; y++) {
		canvas_row_text(&sh.canvas, y, row);
		fprintf(f, "%s\n", row);
	}
	free(row);
	fclose(f);
	canvas_done(&sh.canvas);
	rates_done(&sh.rates);
	sample_free(sh.prev);
	ui_done(&sh.ui);
	return text;
}

static char *read_file(const char *path)
{
	_cleanup_fclose_ FILE *f = fopen(path, "re");
	char *text = NULL;
	size_t cap = 0;

	if (!f || getdelim(&text, &cap, '\0', f) < 0) {
		free(text);
		return NULL;
	}
	return text;
}

static bool write_file(const char *path, const char *text)
{
	_cleanup_fclose_ FILE *f = fopen(path, "we");

	return f && fputs(text, f) >= 0;
}

static void tell_difference(const char *name, const char *want, const char *got)
{
	int line = 1;

	while (*want && *want == *got) {
		line += *want == '\n';
		want++;
		got++;
	}
	while (line > 1 && want[-1] != '\n') {
		want--;
		got--;
	}
	printf("%s: line %d\n  want |%.*s|\n  got  |%.*s|\n", name, line,
	       (int)strcspn(want, "\n"), want, (int)strcspn(got, "\n"), got);
}

static bool check(const char *folder, const struct screen *sc)
{
	_cleanup_free_ char *path = NULL, *want = NULL, *got = render(sc);

	if (asprintf(&path, "%s/%s.txt", folder, sc->name) < 0)
		abort();
	if (getenv("GOLDEN_UPDATE"))
		return write_file(path, got);
	want = read_file(path);
	if (!want) {
		printf("%s: cannot be read\n", path);
		return false;
	}
	if (streq(want, got))
		return true;
	tell_difference(sc->name, want, got);
	return false;
}

int main(int argc, char **argv)
{
	int failed = 0;

	/* widths of wide characters need a UTF-8 locale; times are shown in UTC */
	if (!setlocale(LC_ALL, "C.UTF-8") || argc < 2) {
		fprintf(stderr,
			"usage: test-screens FOLDER [NAME], with locale C.UTF-8\n");
		return 2;
	}
	setenv("TZ", "UTC", 1);
	tzset();
	for (size_t i = 0; i < ARRAY_SIZE(screens); i++) {
		if (argc == 2) {
			failed += !check(argv[1], &screens[i]);
		} else if (streq(argv[2], screens[i].name)) {
			_cleanup_free_ char *text = render(&screens[i]);

			fputs(text, stdout);
		}
	}
	if (argc == 2)
		printf("%zu screens, %d differ\n", ARRAY_SIZE(screens), failed);
	return failed != 0;
}
