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
#include <unistd.h>

#include "act/describe.h"
#include "fake.h"
#include "ui/action.h"
#include "ui/keys.h"
#include "view/view.h"

struct screen {
	const char *name;
	struct sample *(*machine)(unsigned second);
	unsigned seconds;
	int w, h;
	enum glyph_set glyphs;
	bool mono;
	int keys[12];
	void (*answer)(struct answer *a); /* comes after the keys */
};

/* what is said of an unprivileged user, whoever runs the test */
uid_t geteuid(void)
{
	return 1000;
}

/* ---- what the library's plans make of a dialog */

#define MIB (UINT64_C(1) << 20)

static void drain_fits(struct answer *a)
{
	static const struct swapadm_op_tier dests[] = { { "ssd", 16280 * MIB } };

	a->ok = a->action.plan = true;
	describe_plan(a, &(struct swapadm_op_plan){
				 .kind = SWAPADM_OP_DRAIN,
				 .n_devices = 1,
				 .used_bytes = 2160 * MIB,
				 .ram_available_bytes = 3072 * MIB,
				 .dests = dests,
				 .n_dests = 1,
				 .predicted_ns = 12 * NSEC_PER_SEC,
				 .strategy = SWAPADM_STRATEGY_PREREAD,
				 .largest_pid = 400,
				 .largest_comm = "postgres",
				 .largest_bytes = 700 * MIB,
			 });
}

static void drain_does_not_fit(struct answer *a)
{
	a->action.plan = true;
	copy_text(a->message, "swapctl drain --force would try it");
	describe_plan(a, &(struct swapadm_op_plan){
				 .kind = SWAPADM_OP_DRAIN,
				 .n_devices = 2,
				 .used_bytes = 8304 * MIB,
				 .ram_available_bytes = 3072 * MIB,
				 .short_bytes = 3174 * MIB,
				 .limit = SWAPADM_LIMIT_CGROUP,
				 .limit_object = "/system.slice",
			 });
}

static const struct swapadm_device leaves[] = { { .name = "nvme0n1p3" },
						{ .name = "sdb2" } };
static const struct swapadm_device *const two_leaves[] = { &leaves[0], &leaves[1] };

static struct swapadm_op_plan cordon_of_ssd(void)
{
	return (struct swapadm_op_plan){
		.kind = SWAPADM_OP_CORDON,
		.devices = two_leaves,
		.n_devices = 2,
		.used_bytes = 8300 * MIB,
		.room_bytes = 16276 * MIB,
	};
}

static void cordon_is_possible(struct answer *a)
{
	static const struct swapadm_op_tier dests[] = { { "fast", 1936 * MIB },
							{ "hdd", 37472 * MIB } };
	struct swapadm_op_plan plan = cordon_of_ssd();

	plan.dests = dests;
	plan.n_dests = 2;
	a->ok = a->action.plan = true;
	describe_plan(a, &plan);
}

static void cordon_of_the_last(struct answer *a)
{
	struct swapadm_op_plan plan = cordon_of_ssd();

	a->action.plan = true;
	copy_text(
		a->message,
		"ssd: cordon: nothing else takes new pages: they would stay in memory; add a device first, or insist with --force");
	plan.refusal = a->message;
	describe_plan(a, &plan);
}

static void uncordon_is_possible(struct answer *a)
{
	static const struct swapadm_op_tier dests[] = { { "ssd", 5092 * MIB } };

	a->ok = a->action.plan = true;
	describe_plan(a, &(struct swapadm_op_plan){
				 .kind = SWAPADM_OP_UNCORDON,
				 .devices = two_leaves + 1,
				 .n_devices = 1,
				 .used_bytes = 3100 * MIB,
				 .room_bytes = 5092 * MIB,
				 .dests = dests,
				 .n_dests = 1,
			 });
}

static void cordon_is_not_possible(struct answer *a)
{
	a->action.plan = true;
	copy_text(
		a->message,
		"fast: cordon: the direct layer can't do it; the redirect layer can: load the tswap module and set layer = redirect");
}

static void cordon_failed(struct answer *a)
{
	a->action.kind = ACTION_CORDON;
	copy_text(a->message,
		  "/dev/zram0: cordon: a drain is running; cancel its job first");
}

static void swapin_fits(struct answer *a)
{
	static const struct swapadm_op_tier tiers[] = { { "fast", 700 * MIB },
							{ "ssd", 892 * MIB } };

	a->ok = a->action.plan = true;
	describe_plan(a, &(struct swapadm_op_plan){
				 .kind = SWAPADM_OP_SWAPIN,
				 .source = "pid 400",
				 .used_bytes = 1600 * MIB,
				 .total_bytes = 1600 * MIB,
				 .from = tiers,
				 .n_from = 2,
				 .other_bytes = 8 * MIB,
				 .ram_available_bytes = 3072 * MIB,
				 .cgroup = "/system.slice/postgresql.service",
				 .cgroup_room_bytes = 1900 * MIB,
				 .fits_bytes = 1600 * MIB,
			 });
}

static void swapin_does_not_fit(struct answer *a)
{
	a->action.plan = true;
	copy_text(
		a->message,
		"pid 400: swap-in: the limit of cgroup /system.slice is 1.2 GiB short; raise it or give a smaller --amount");
	describe_plan(a, &(struct swapadm_op_plan){
				 .kind = SWAPADM_OP_SWAPIN,
				 .source = "pid 400",
				 .used_bytes = 1600 * MIB,
				 .total_bytes = 1600 * MIB,
				 .other_bytes = 1600 * MIB,
				 .ram_available_bytes = 3072 * MIB,
				 .cgroup = "/system.slice",
				 .cgroup_room_bytes = 400 * MIB,
				 .short_bytes = 1200 * MIB,
				 .refusal = a->message,
			 });
}

static void shared_is_read(struct answer *a)
{
	static const struct swapadm_shared_mapper two[] = { { 812, 33, "postgres" },
							    { 900, 33, "postgres" } };
	static const struct swapadm_shared_object objects[] = {
		{ SWAPADM_SHARED_TMPFS, "/dev/shm/PostgreSQL.3129837322", 3072 * MIB,
		  4096 * MIB, two, 2 },
		{ SWAPADM_SHARED_SYSV, "4, key 0x0052e2c1", 56 * MIB, 56 * MIB, two, 1 },
		{ SWAPADM_SHARED_TMPFS, "/tmp/build/a-long-name-of-an-archive.tar.zst",
		  12 * MIB, 12 * MIB, NULL, 0 },
	};

	a->ok = a->action.plan = true;
	describe_shared_head(a);
	for (size_t i = 0; i < ARRAY_SIZE(objects); i++)
		describe_shared_object(a, &objects[i]);
	describe_shared_tail(a, 0, 17 * MIB, false);
}

static void shared_is_long(struct answer *a)
{
	struct swapadm_shared_object o = {
		SWAPADM_SHARED_MEMFD, "pool", 300 * MIB, 300 * MIB, NULL, 0
	};
	size_t n = 0;

	a->ok = a->action.plan = true;
	describe_shared_head(a);
	while (describe_shared_object(a, &o))
		o.swap_bytes = (300 - ++n) * MIB;
	describe_shared_tail(a, 300 - n, UINT64_MAX, true);
}

static void swapout_fits(struct answer *a)
{
	static const struct swapadm_op_tier tiers[] = { { "fast", 1936 * MIB },
							{ "ssd", 16276 * MIB },
							{ "hdd", 37472 * MIB } };

	a->ok = a->action.plan = true;
	describe_plan(a, &(struct swapadm_op_plan){
				 .kind = SWAPADM_OP_SWAPOUT,
				 .source = "cgroup /",
				 .used_bytes = 1432 * MIB,
				 .total_bytes = 1432 * MIB,
				 .movable_bytes = 1200 * MIB,
				 .dests = tiers,
				 .n_dests = 3,
				 .swap_free_bytes = 55684 * MIB,
				 .zswap = true,
				 .fits_bytes = 1200 * MIB,
			 });
}

static void park_fits(struct answer *a)
{
	static const struct swapadm_op_tier tiers[] = { { "ssd", 16276 * MIB } };

	a->ok = a->action.plan = true;
	describe_plan(a, &(struct swapadm_op_plan){
				 .kind = SWAPADM_OP_PARK,
				 .source = "cgroup /user.slice",
				 .used_bytes = 430 * MIB,
				 .dests = tiers,
				 .n_dests = 1,
				 .freezer = SWAPADM_FREEZER_CGROUP,
				 .shared_bytes = 12 * MIB,
				 .predicted_ns = 9 * NSEC_PER_SEC,
				 .back_ns = 3 * NSEC_PER_SEC,
			 });
}

static void park_of_an_ancestor(struct answer *a)
{
	a->action.plan = true;
	copy_text(a->message, "cgroup /: park: the root group can't be frozen");
}

static void wake_fits(struct answer *a)
{
	static const struct swapadm_op_tier tiers[] = { { "hdd", 640 * MIB } };

	a->ok = a->action.plan = true;
	describe_plan(a, &(struct swapadm_op_plan){
				 .kind = SWAPADM_OP_WAKE,
				 .source = "cgroup /system.slice/clamav.service",
				 .used_bytes = 640 * MIB,
				 .from = tiers,
				 .n_from = 1,
				 .freezer = SWAPADM_FREEZER_CGROUP,
				 .back_ns = 6 * NSEC_PER_SEC,
			 });
}

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
	{ "upkeep", fake_upkeep, 40, 160, 24, GLYPHS_BRAILLE, false, { 0 } },
	{ "upkeep-80x24", fake_upkeep, 40, 80, 24, GLYPHS_BRAILLE, false, { 0 } },
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
	{ "cgroups-deep", fake_deep, 3, 160, 50, GLYPHS_BRAILLE, false, { '3' } },
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
	  drain_fits },
	{ "drain-refused",
	  fake_machine,
	  3,
	  80,
	  24,
	  GLYPHS_ASCII,
	  true,
	  { K_DOWN, 'd', 't' },
	  drain_does_not_fit },
	{ "cordon-asked",
	  fake_redirect,
	  3,
	  80,
	  24,
	  GLYPHS_BRAILLE,
	  false,
	  { K_DOWN, K_DOWN, K_DOWN, 'c' } },
	{ "cordon-planned",
	  fake_redirect,
	  3,
	  80,
	  24,
	  GLYPHS_BRAILLE,
	  false,
	  { K_DOWN, K_DOWN, K_DOWN, 'c' },
	  cordon_is_possible },
	{ "cordon-refused",
	  fake_redirect,
	  3,
	  80,
	  24,
	  GLYPHS_ASCII,
	  true,
	  { K_DOWN, K_DOWN, K_DOWN, 'c', 'y' },
	  cordon_of_the_last },
	{ "cordon-impossible",
	  fake_machine,
	  3,
	  80,
	  24,
	  GLYPHS_BRAILLE,
	  false,
	  { K_DOWN, 'c' },
	  cordon_is_not_possible },
	{ "uncordon-planned",
	  fake_cordoned,
	  3,
	  80,
	  24,
	  GLYPHS_BRAILLE,
	  false,
	  { K_DOWN, K_DOWN, K_DOWN, K_DOWN, K_DOWN, 'c' },
	  uncordon_is_possible },
	{ "cordon-failed",
	  fake_machine,
	  3,
	  60,
	  20,
	  GLYPHS_BRAILLE,
	  false,
	  { K_DOWN, 'c', K_ESC },
	  cordon_failed },
	{ "swapin-planned",
	  fake_machine,
	  3,
	  80,
	  24,
	  GLYPHS_BRAILLE,
	  false,
	  { '2', 'i' },
	  swapin_fits },
	{ "swapin-refused",
	  fake_machine,
	  3,
	  60,
	  20,
	  GLYPHS_ASCII,
	  true,
	  { '2', 'i', 'y' },
	  swapin_does_not_fit },
	{ "shared-asked", fake_machine, 3, 80, 24, GLYPHS_BRAILLE, false, { '2', 's' } },
	{ "shared",
	  fake_machine,
	  3,
	  80,
	  24,
	  GLYPHS_BRAILLE,
	  false,
	  { '2', 's' },
	  shared_is_read },
	{ "shared-long",
	  fake_machine,
	  3,
	  80,
	  24,
	  GLYPHS_ASCII,
	  true,
	  { '2', 's' },
	  shared_is_long },
	{ "swapout-planned",
	  fake_machine,
	  3,
	  80,
	  24,
	  GLYPHS_BRAILLE,
	  false,
	  { '3', 'o' },
	  swapout_fits },
	{ "rules", fake_rules, 40, 132, 30, GLYPHS_BRAILLE, false, { '3' } },
	{ "rules-80x24", fake_rules, 40, 80, 24, GLYPHS_ASCII, true, { '3' } },
	{ "park-planned",
	  fake_rules,
	  3,
	  80,
	  24,
	  GLYPHS_BRAILLE,
	  false,
	  { '3', K_END, 'P' },
	  park_fits },
	{ "park-refused",
	  fake_rules,
	  3,
	  80,
	  24,
	  GLYPHS_ASCII,
	  true,
	  { '3', 'P', 'y' },
	  park_of_an_ancestor },
	{ "wake-planned",
	  fake_rules,
	  3,
	  80,
	  24,
	  GLYPHS_BRAILLE,
	  false,
	  { '3', K_DOWN, K_DOWN, K_DOWN, K_DOWN, 'W' },
	  wake_fits },
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
	{ "files-drain", fake_files, 25, 80, 24, GLYPHS_BRAILLE, false, { 0 } },
	{ "files-drain-ascii", fake_files, 25, 80, 24, GLYPHS_ASCII, true, { 0 } },
	{ "files", fake_files, 4, 80, 24, GLYPHS_BRAILLE, false, { 'g', K_TAB } },
	{ "jobs-unfolded",
	  fake_files,
	  25,
	  80,
	  24,
	  GLYPHS_BRAILLE,
	  false,
	  { K_TAB, K_END, ' ' } },
	{ "job-cancel-only", fake_files, 25, 80, 24, GLYPHS_BRAILLE, false, { 'x' } },
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

/* y starts what is possible, and nothing else */
static void press_yes(struct shown *sh, const struct answer *answer)
{
	bool asks = answer->ok && answer->action.plan &&
		    answer->action.kind != ACTION_SHARED;
	enum action_kind wanted = asks ? answer->action.kind : ACTION_NONE;

	sh->ui.action.kind = ACTION_NONE;
	keys_press(&sh->ui, 'y');
	if (sh->ui.action.kind == wanted && !(wanted && sh->ui.action.plan))
		return;
	fprintf(stderr, "y starts action %d, not %d\n", (int)sh->ui.action.kind,
		(int)wanted);
	abort();
}

/* every screen is drawn after each key too: layouts of all sizes must bear it */
static char *render(const struct screen *sc)
{
	struct shown sh = { 0 };
	char *text = NULL, *row;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (!f || ui_init(&sh.ui, view_lists) < 0 ||
	    canvas_init(&sh.canvas, sc->w, sc->h, sc->glyphs, sc->mono) < 0)
		abort();
	play(&sh, sc);
	screen_draw(&sh.canvas, &sh.ui);
	for (size_t i = 0; i < ARRAY_SIZE(sc->keys) && sc->keys[i]; i++) {
		keys_press(&sh.ui, sc->keys[i]);
		screen_draw(&sh.canvas, &sh.ui);
	}
	if (sc->answer) {
		struct answer answer = { .action = sh.ui.pending };

		answer.action.plan = false;
		sc->answer(&answer);
		ui_answer(&sh.ui, &answer);
		screen_draw(&sh.canvas, &sh.ui);
		press_yes(&sh, &answer);
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
