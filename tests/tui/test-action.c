/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What keys ask the library for: which destination, which job. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "fake.h"
#include "ui/action.h"
#include "ui/keys.h"
#include "view/view.h"

struct shown {
	struct ui ui;
	struct sample *s;
	struct rates rates;
};

static void show(struct shown *sh, struct sample *s)
{
	*sh = (struct shown){ .s = s };
	assert_int_equal(ui_init(&sh->ui, view_lists), 0);
	assert_int_equal(rates_compute(NULL, s, &sh->rates), 0);
	ui_update(&sh->ui, s, &sh->rates);
}

static void hide(struct shown *sh)
{
	rates_done(&sh->rates);
	ui_done(&sh->ui);
	sample_free(sh->s);
}

static void select_name(struct shown *sh, const char *name)
{
	const struct list *l = &sh->ui.lists[LIST_TIERS];

	for (size_t i = 0; i < l->n_rows; i++) {
		if (streq(list_ops_tiers.text(&sh->ui, &l->rows[i]), name)) {
			ui_select(&sh->ui, LIST_TIERS, (int)i);
			return;
		}
	}
	fail_msg("%s is not shown", name);
}

/* the destinations that t goes through, with blanks between them; "-" as the library likes */
static const char *dests(struct shown *sh, const char *source, int key)
{
	static char text[400];
	char first[64];

	*text = '\0';
	sh->ui.action.kind = ACTION_NONE;
	sh->ui.dialog.kind = DIALOG_NONE;
	select_name(sh, source);
	keys_press(&sh->ui, key);
	if (sh->ui.action.kind == ACTION_NONE)
		return "none";
	copy_text(first, sh->ui.action.to);
	for (int i = 0; i < 10; i++) {
		struct answer answer = { .action = sh->ui.action, .ok = true };

		if (i && streq(sh->ui.action.to, first))
			return text;
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s",
			 i ? " " : "", *sh->ui.action.to ? sh->ui.action.to : "-");
		ui_answer(&sh->ui, &answer);
		keys_press(&sh->ui, 't');
	}
	fail_msg("%s: t never comes back to %s", source, first);
	return NULL;
}

static void test_migrate(void **state)
{
	struct shown sh;

	show(&sh, fake_redirect(10));
	/* never the source, nor the tier that is nothing but the source */
	assert_string_equal(dests(&sh, "fast", 'm'), "ssd hdd");
	assert_string_equal(dests(&sh, "zram0", 'm'), "ssd hdd");
	assert_string_equal(dests(&sh, "ssd", 'm'), "hdd fast");
	assert_string_equal(dests(&sh, "hdd", 'm'), "ssd fast");
	/* another device of the own tier may take its pages */
	assert_string_equal(dests(&sh, "sdb2", 'm'), "hdd ssd fast");
	hide(&sh);
}

static void test_migrate_direct(void **state)
{
	struct shown sh;

	show(&sh, fake_machine(10));
	assert_string_equal(dests(&sh, "ssd", 'm'), "none");
	assert_non_null(strstr(sh.ui.message, "redirect"));
	hide(&sh);
	show(&sh, fake_machine(10));
	copy_text(sh.s->devices[0].backing, "sdc1");
	assert_string_equal(dests(&sh, "zram0", 'm'), "backing");
	assert_string_equal(dests(&sh, "fast", 'm'), "backing");
	assert_string_equal(dests(&sh, "ssd", 'm'), "none");
	hide(&sh);
}

static void test_drain(void **state)
{
	struct shown sh;

	show(&sh, fake_machine(10));
	assert_string_equal(dests(&sh, "fast", 'd'), "- ssd hdd memory");
	assert_string_equal(dests(&sh, "sdb2", 'd'), "- hdd ssd fast memory");
	hide(&sh);
	show(&sh, fake_redirect(10));
	assert_string_equal(dests(&sh, "fast", 'd'), "- ssd hdd");
	hide(&sh);
}

static const struct key *key_of(int code)
{
	for (const struct key *k = keys; k->names; k++) {
		if (k->codes[0] == code)
			return k;
	}
	return NULL;
}

static void test_offered(void **state)
{
	struct shown sh;

	show(&sh, fake_machine(10));
	assert_true(key_offered(key_of('d'), &sh.ui));
	assert_false(key_offered(key_of('c'), &sh.ui));
	assert_false(key_offered(key_of('m'), &sh.ui));
	assert_true(key_offered(key_of('p'), &sh.ui));
	sh.ui.replay = true;
	assert_false(key_offered(key_of('d'), &sh.ui));
	assert_true(key_offered(key_of('t'), &sh.ui));
	hide(&sh);
	show(&sh, fake_redirect(4)); /* no job yet */
	assert_true(key_offered(key_of('c'), &sh.ui));
	assert_true(key_offered(key_of('m'), &sh.ui));
	assert_false(key_offered(key_of('p'), &sh.ui));
	hide(&sh);
}

static void test_only_job(void **state)
{
	struct shown sh;

	show(&sh, fake_files(10));
	keys_press(&sh.ui, 'p');
	assert_int_equal(sh.ui.pending.kind, ACTION_PAUSE);
	assert_string_equal(sh.ui.pending.target, "d7");
	sh.ui.dialog.kind = DIALOG_NONE;
	sh.ui.pending.kind = ACTION_NONE;
	/* two: which one? */
	sh.s->jobs[1].state = SWAPADM_JOB_RUNNING;
	ui_rebuild(&sh.ui);
	keys_press(&sh.ui, 'x');
	assert_int_equal(sh.ui.pending.kind, ACTION_NONE);
	assert_non_null(strstr(sh.ui.message, "2 jobs"));
	/* the selected one, where jobs are selected */
	keys_press(&sh.ui, K_TAB);
	assert_int_equal(sh.ui.focus, LIST_JOBS);
	ui_select(&sh.ui, LIST_JOBS, 1);
	keys_press(&sh.ui, 'x');
	assert_string_equal(sh.ui.pending.target, "d6");
	hide(&sh);
	show(&sh, fake_files(4));
	keys_press(&sh.ui, 'x');
	assert_int_equal(sh.ui.pending.kind, ACTION_NONE);
	assert_non_null(strstr(sh.ui.message, "no job"));
	hide(&sh);
}

static void test_finished_fold(void **state)
{
	const struct list *l;
	struct shown sh;

	show(&sh, fake_files(10));
	l = &sh.ui.lists[LIST_JOBS];
	assert_int_equal(l->n_rows, 2);
	assert_true(l->rows[1].parent && l->rows[1].folded);
	keys_press(&sh.ui, K_TAB);
	keys_press(&sh.ui, K_END);
	keys_press(&sh.ui, ' ');
	assert_int_equal(l->n_rows, 4);
	assert_true(l->rows[3].last && l->rows[3].depth == 1);
	keys_press(&sh.ui, '-');
	assert_int_equal(l->n_rows, 2);
	hide(&sh);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_migrate),  cmocka_unit_test(test_migrate_direct),
		cmocka_unit_test(test_drain),    cmocka_unit_test(test_offered),
		cmocka_unit_test(test_only_job), cmocka_unit_test(test_finished_fold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
