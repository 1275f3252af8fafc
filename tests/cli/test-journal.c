/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Entries of the journal, received by a socket of our own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "journal.h"

struct fake {
	char dir[64], path[80];
	int fd;
	struct journal *journal;
};

static int setup(void **state)
{
	struct fake *f = calloc(1, sizeof(*f));
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	strcpy(f->dir, "/tmp/swapadm-journal.XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->path, sizeof(f->path), "%s/socket", f->dir);
	strcpy(addr.sun_path, f->path);
	f->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_int_equal(bind(f->fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(journal_open(f->path, &f->journal), 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fake *f = *state;

	journal_closep(&f->journal);
	close(f->fd);
	unlink(f->path);
	rmdir(f->dir);
	free(f);
	return 0;
}

/* the next entry, NUL-terminated; "" none */
static const char *receive(struct fake *f)
{
	static char entry[4096];
	ssize_t n = recv(f->fd, entry, sizeof(entry) - 1, 0);

	entry[n > 0 ? n : 0] = '\0';
	return entry;
}

static bool has(const char *entry, const char *line)
{
	size_t n = strlen(line);

	for (const char *s = entry; (s = strstr(s, line)); s++)
		if ((s == entry || s[-1] == '\n') && s[n] == '\n')
			return true;
	return false;
}

static const char *id_of(const char *event)
{
	const char *name, *id;

	for (size_t i = 0; journal_message(i, &name, &id); i++)
		if (streq(name, event))
			return id;
	return "none";
}

static void check_id(const char *entry, const char *event)
{
	char line[64];

	snprintf(line, sizeof(line), "MESSAGE_ID=%s", id_of(event));
	assert_true(has(entry, line));
}

static void test_leaf(void **state)
{
	struct fake *f = *state;
	struct swapadm_event e = { .source = "tswap",
				   .kind = "leaf",
				   .object = "sdb2",
				   .what = "failed",
				   .text = "" };
	const char *entry;

	journal_event(f->journal, &e, "leaf-failed", "it takes no more pages");
	entry = receive(f);
	assert_true(has(entry, "MESSAGE=leaf-failed sdb2: it takes no more pages"));
	assert_true(has(entry, "PRIORITY=3"));
	assert_true(has(entry, "SYSLOG_IDENTIFIER=swapadm"));
	assert_true(has(entry, "SWAPADM_EVENT=leaf-failed"));
	assert_true(has(entry, "SWAPADM_DEVICE=sdb2"));
	check_id(entry, "leaf-failed");
}

/* what tswap sends of its objects, as libswapadm names it */
static void test_each_notice(void **state)
{
	static const char *const names[] = {
		"leaf-added",       "leaf-removed",   "leaf-changed",   "leaf-failed",
		"leaf-full",        "leaf-lost",      "leaf-stalled",   "leaf-responds",
		"device-added",     "device-removed", "device-changed", "device-no-space",
		"device-uncovered", "device-covered", "tier-added",     "tier-removed",
		"tier-changed",
	};
	struct fake *f = *state;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char kind[16];
		struct swapadm_event e = {
			.source = "tswap", .kind = kind, .object = "x", .text = ""
		};

		snprintf(kind, sizeof(kind), "%.*s", (int)strcspn(names[i], "-"),
			 names[i]);
		e.what = strchr(names[i], '-') + 1;
		journal_event(f->journal, &e, names[i], "");
		check_id(receive(f), names[i]);
	}
}

static void test_area(void **state)
{
	struct fake *f = *state;
	struct swapadm_device dev = { .name = "/var/swap" };
	struct swapadm_tier tier = { .name = "slow" };
	struct swapadm_event e = { .source = "areas",
				   .kind = "area",
				   .object = "/var/swap",
				   .what = "gone",
				   .device = &dev,
				   .tier = &tier };
	const char *entry;

	journal_event(f->journal, &e, "area-gone", "tier slow");
	entry = receive(f);
	assert_true(has(entry, "SWAPADM_DEVICE=/var/swap"));
	assert_true(has(entry, "SWAPADM_TIER=slow"));
	check_id(entry, "area-gone");
}

static void check_job(struct fake *f, enum swapadm_job_state job_state, const char *event,
		      const char *name, const char *state_line)
{
	struct swapadm_progress job = { .id = "d3",
					.kind = SWAPADM_JOB_DRAIN,
					.state = job_state,
					.source = "sdb2",
					.dest = "memory",
					.moved_bytes = 4096 };
	struct swapadm_event e = {
		.source = "jobs", .kind = "job", .object = "d3", .what = "x", .job = &job
	};
	const char *entry;

	journal_event(f->journal, &e, name, "words");
	entry = receive(f);
	assert_true(has(entry, "SWAPADM_JOB=d3"));
	assert_true(has(entry, "SWAPADM_JOB_KIND=drain"));
	assert_true(has(entry, "SWAPADM_DEVICE=sdb2"));
	assert_true(has(entry, "SWAPADM_DEST=memory"));
	assert_true(has(entry, "SWAPADM_MOVED_BYTES=4096"));
	assert_true(has(entry, state_line));
	check_id(entry, event);
}

static void test_jobs(void **state)
{
	struct fake *f = *state;

	check_job(f, SWAPADM_JOB_RUNNING, "job-started", "job-started",
		  "SWAPADM_JOB_STATE=running");
	check_job(f, SWAPADM_JOB_DONE, "job-ended", "job-ended",
		  "SWAPADM_JOB_STATE=done");
	check_job(f, SWAPADM_JOB_FAILED, "job-failed", "job-ended",
		  "SWAPADM_JOB_STATE=failed");
	check_job(f, SWAPADM_JOB_NO_SPACE, "job-no-space", "job-changed",
		  "SWAPADM_JOB_STATE=no-space");
}

/* a value with a newline has its length in front, or it would forge a field */
static void test_newline(void **state)
{
	struct fake *f = *state;
	struct swapadm_event e = { .source = "tswap",
				   .kind = "leaf",
				   .object = "a\nPRIORITY=0",
				   .what = "full" };
	static const char wanted[] = "SWAPADM_DEVICE\n\14\0\0\0\0\0\0\0a\nPRIORITY=0\n";
	char entry[4096];
	ssize_t n;

	journal_event(f->journal, &e, "leaf-full", "");
	n = recv(f->fd, entry, sizeof(entry), 0);
	assert_true(n > 0);
	assert_non_null(memmem(entry, (size_t)n, wanted, sizeof(wanted) - 1));
	assert_null(memmem(entry, (size_t)n, "SWAPADM_DEVICE=", 15));
}

static void test_left_out(void **state)
{
	struct fake *f = *state;
	struct swapadm_event disk = {
		.source = "block", .kind = "disk", .object = "sdb", .what = "added"
	};
	struct swapadm_event present = {
		.source = "areas", .kind = "area", .object = "sdb", .what = "present"
	};

	journal_event(f->journal, &disk, "disk-added", "");
	journal_event(f->journal, &present, "area-present", "");
	assert_string_equal(receive(f), "");
}

/*
 * the journal is away for a while: nothing waits, and the next entry says what was lost
 */
static void test_away(void **state)
{
	struct fake *f = *state;
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	struct swapadm_event e = {
		.source = "tswap", .kind = "leaf", .object = "sdb2", .what = "full"
	};
	const char *entry;

	close(f->fd);
	unlink(f->path);
	journal_event(f->journal, &e, "leaf-full", "");
	journal_event(f->journal, &e, "leaf-full", "");
	strcpy(addr.sun_path, f->path);
	f->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_int_equal(bind(f->fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	journal_event(f->journal, &e, "leaf-full", "");
	entry = receive(f);
	assert_true(has(entry, "SWAPADM_LOST_ENTRIES=2"));
	journal_event(f->journal, &e, "leaf-full", "");
	assert_null(strstr(receive(f), "LOST"));
}

static void test_no_journal(void **state)
{
	struct journal *journal = NULL;

	(void)state;
	assert_int_equal(journal_open("/nonexistent/socket", &journal), -ENOENT);
	assert_null(journal);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_leaf, setup, teardown),
		cmocka_unit_test_setup_teardown(test_each_notice, setup, teardown),
		cmocka_unit_test_setup_teardown(test_area, setup, teardown),
		cmocka_unit_test_setup_teardown(test_jobs, setup, teardown),
		cmocka_unit_test_setup_teardown(test_newline, setup, teardown),
		cmocka_unit_test_setup_teardown(test_left_out, setup, teardown),
		cmocka_unit_test_setup_teardown(test_away, setup, teardown),
		cmocka_unit_test(test_no_journal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
