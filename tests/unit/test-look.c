/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is reported between two looks, also when one of them could not read all. */
#include "fixture.h"

#include <sys/stat.h>

#include "events/look.h"

#define JOBS  "/run/swapadm/jobs"
#define ROUND "/run/swapadm/balance-round"

static void note(void *data, const struct swapadm_event *event)
{
	char *text = data;
	size_t n = strlen(text);

	if (!streq(event->kind, "job") && !streq(event->kind, "round"))
		return;
	snprintf(text + n, 512 - n, "%s-%s ", event->kind, event->what);
}

/* the next look; what it reports of jobs and rounds: static buffer */
static const char *next_look(struct sandbox *box, struct look *look)
{
	static char text[512];
	struct look now;

	text[0] = '\0';
	assert_int_equal(look_take(box->ctx, NULL, &now), 0);
	look_compare(look, &now, note, text);
	look_free(look);
	*look = now;
	return text;
}

static void a_job(struct sandbox *box, const char *id, const char *state)
{
	char path[64], text[256];

	snprintf(path, sizeof(path), JOBS "/%s", id);
	snprintf(text, sizeof(text),
		 "swapadm-job 1\nid %s\nkind drain\nstate %s\nsource /dev/sdb\n", id,
		 state);
	sandbox_write(box, path, text);
	assert_int_equal(chmod(sandbox_real(box, path), 0644), 0);
}

static void move(struct sandbox *box, const char *from, const char *to)
{
	char real[512];

	strcpy(real, sandbox_real(box, from));
	assert_int_equal(rename(real, sandbox_real(box, to)), 0);
}

static void a_machine(struct sandbox *box)
{
	sandbox_write(box, "/proc/swaps", "Filename Type Size Used Priority\n");
	a_job(box, "d1", "done");
}

static void jobs_unreadable_once(void **state)
{
	struct sandbox *box = *state;
	struct look look = { 0 };

	a_machine(box);
	assert_string_equal(next_look(box, &look), ""); /* it ended before */
	a_job(box, "d2", "done");
	assert_string_equal(next_look(box, &look), "job-ended ");
	move(box, JOBS, "/run/swapadm/away");
	sandbox_write(box, JOBS, "not a folder");
	assert_string_equal(next_look(box, &look), "");
	assert_int_equal(unlink(sandbox_real(box, JOBS)), 0);
	move(box, "/run/swapadm/away", JOBS);
	assert_string_equal(next_look(box, &look), "");
	a_job(box, "d3", "failed");
	assert_string_equal(next_look(box, &look), "job-ended ");
	look_free(&look);
}

static void jobs_unreadable_at_first(void **state)
{
	struct sandbox *box = *state;
	struct look look = { 0 };

	a_machine(box);
	move(box, JOBS, "/run/swapadm/away");
	sandbox_write(box, JOBS, "not a folder");
	assert_string_equal(next_look(box, &look), "");
	assert_int_equal(unlink(sandbox_real(box, JOBS)), 0);
	move(box, "/run/swapadm/away", JOBS);
	assert_string_equal(next_look(box, &look), "");
	look_free(&look);
}

static void round_unreadable_once(void **state)
{
	struct sandbox *box = *state;
	struct look look = { 0 };

	a_machine(box);
	assert_string_equal(next_look(box, &look), "");
	sandbox_write(box, ROUND, "1700000000 4096 0 0\n"); /* the first one ever */
	assert_string_equal(next_look(box, &look), "round-done ");
	sandbox_write(box, ROUND, "rubbish\n");
	assert_string_equal(next_look(box, &look), "");
	sandbox_write(box, ROUND, "1700000000 4096 0 0\n");
	assert_string_equal(next_look(box, &look), "");
	sandbox_write(box, ROUND, "1700000010 0 0 1\n");
	assert_string_equal(next_look(box, &look), "round-failed ");
	look_free(&look);
}

static void round_unreadable_at_first(void **state)
{
	struct sandbox *box = *state;
	struct look look = { 0 };

	a_machine(box);
	sandbox_write(box, ROUND, "rubbish\n");
	assert_string_equal(next_look(box, &look), "");
	sandbox_write(box, ROUND, "1700000000 4096 0 0\n");
	assert_string_equal(next_look(box, &look), "");
	look_free(&look);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(jobs_unreadable_once),
		fixture_test(jobs_unreadable_at_first),
		fixture_test(round_unreadable_once),
		fixture_test(round_unreadable_at_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
