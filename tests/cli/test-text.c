/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Quantities and progress lines as swapctl words them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "progress.h"
#include "text.h"

#define KIB 1024ull
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)
#define S   1000000000ull

static void sizes(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *table, *sentence;
	} all[] = {
		{ 0, "0B", "0 B" },
		{ 512, "512B", "512 B" },
		{ 1023, "1023B", "1023 B" },
		{ KIB, "1K", "1 KiB" },
		{ 1536, "1.5K", "1.5 KiB" },
		{ 40 * KIB, "40K", "40 KiB" },
		{ 40 * KIB + 512, "40.5K", "41 KiB" },
		{ 850 * MIB, "850M", "850 MiB" },
		{ MIB - 1, "1M", "1 MiB" },
		{ GIB - 1, "1G", "1.0 GiB" },
		{ GIB, "1G", "1.0 GiB" },
		{ 6 * GIB / 5, "1.2G", "1.2 GiB" },
		{ 48 * GIB / 5, "9.6G", "9.6 GiB" },
		{ 2048 * GIB, "2T", "2.0 TiB" },
		{ UINT64_MAX, "16E", "16.0 EiB" },
	};
	struct buf b;

	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		assert_string_equal(text_size(&b, all[i].bytes), all[i].table);
		assert_string_equal(text_amount(&b, all[i].bytes), all[i].sentence);
	}
}

static void utf8(void **state)
{
	static const struct {
		const char *text, *want;
	} all[] = {
		{ "", "" },
		{ "a b\t", "a b\t" },
		{ "caf\xc3\xa9 \xf0\x9f\x90\xa7", "caf\xc3\xa9 \xf0\x9f\x90\xa7" },
		{ "cut \xd0\x98\xd0", "cut \xd0\x98?" }, /* after 15 bytes */
		{ "caf\xe9s", "caf?s" },                 /* latin 1 */
		{ "\xc3", "?" },
		{ "\xa9\xc3\xa9", "?\xc3\xa9" },
		{ "\xc0\xaf\xed\xa0\x80", "?????" }, /* overlong, half of a pair */
	};

	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		char text[32];

		strcpy(text, all[i].text);
		assert_ptr_equal(text_utf8(text), text);
		assert_string_equal(text, all[i].want);
	}
}

static void times(void **state)
{
	struct buf b;

	assert_string_equal(text_clock(&b, 0), "0:00");
	assert_string_equal(text_clock(&b, 10 * S), "0:10");
	assert_string_equal(text_clock(&b, 599 * S), "9:59");
	assert_string_equal(text_clock(&b, 3599 * S + S / 2), "1:00:00");
	assert_string_equal(text_clock(&b, 36061 * S), "10:01:01");
	assert_string_equal(text_duration(&b, S / 3), "0.3 s");
	assert_string_equal(text_duration(&b, 12 * S), "12 s");
	assert_string_equal(text_duration(&b, 240 * S), "4 min");
	assert_string_equal(text_duration(&b, 7200 * S), "2 h");
}

static void percents(void **state)
{
	assert_int_equal(text_pct(0, 0), 0);
	assert_int_equal(text_pct(1, 3), 33);
	assert_int_equal(text_pct(999, 1000), 99); /* 100 only when it is all */
	assert_int_equal(text_pct(UINT64_MAX, UINT64_MAX), 100);
}

static const struct swapadm_progress running = {
	.id = "d3",
	.kind = SWAPADM_JOB_DRAIN,
	.state = SWAPADM_JOB_RUNNING,
	.source = "sdb2",
	.total_bytes = 48 * GIB / 5,
	.moved_bytes = 6 * GIB / 5,
	.left_bytes = 42 * GIB / 5,
	.rate_bytes_per_s = 850 * MIB,
	.eta_ns = 10 * S,
};

static void progress_lines(void **state)
{
	struct swapadm_progress p = running;
	char line[600];

	progress_line(&p, line, sizeof(line));
	assert_string_equal(
		line, "drain sdb2: 1.2 GiB of 9.6 GiB moved, 850 MiB/s, 12%, 0:10 to go");
	p.eta_ns = 0;
	p.rate_bytes_per_s = 0;
	p.pid = 1234;
	progress_line(&p, line, sizeof(line));
	assert_string_equal(
		line,
		"drain sdb2: 1.2 GiB of 9.6 GiB moved, 12%, finishing process 1234");
	p = running;
	p.state = SWAPADM_JOB_PAUSED;
	progress_line(&p, line, sizeof(line));
	assert_string_equal(line, "drain sdb2: paused, 1.2 GiB of 9.6 GiB moved, 12%");
	p.state = SWAPADM_JOB_NO_SPACE;
	p.needed_bytes = 31 * GIB / 10;
	progress_line(&p, line, sizeof(line));
	assert_string_equal(
		line,
		"drain sdb2: paused (no space, needs 3.1 GiB), 1.2 GiB of 9.6 GiB moved, 12%");
	p = running;
	p.kind = SWAPADM_JOB_MIGRATE;
	strcpy(p.dest, "hdd");
	progress_line(&p, line, sizeof(line));
	assert_string_equal(
		line,
		"migrate sdb2 to hdd: 1.2 GiB of 9.6 GiB moved, 850 MiB/s, 12%, 0:10 to go");
}

/* the longest texts that the library can hand over */
static void long_texts(void **state)
{
	struct swapadm_progress p = running;
	char line[600];

	p.state = SWAPADM_JOB_FAILED;
	memset(p.source, 'x', sizeof(p.source) - 1);
	memset(p.message, 'y', sizeof(p.message) - 1);
	progress_line(&p, line, sizeof(line));
	assert_true(strlen(line) < sizeof(line));
	progress_end(&p, line, sizeof(line));
	assert_true(strlen(line) < sizeof(line));
}

static int code_of(enum swapadm_job_state job_state, int error, uint64_t moved,
		   uint64_t left)
{
	struct swapadm_progress p = { .state = job_state,
				      .error = error,
				      .moved_bytes = moved,
				      .left_bytes = left };
	char line[600];

	return progress_end(&p, line, sizeof(line));
}

static void exit_codes(void **state)
{
	assert_int_equal(code_of(SWAPADM_JOB_DONE, 0, 7, 0), CLI_DONE);
	assert_int_equal(code_of(SWAPADM_JOB_CANCELLED, 0, 7, 7), CLI_INTERRUPTED);
	assert_int_equal(code_of(SWAPADM_JOB_CANCELLED, ETIMEDOUT, 7, 7), CLI_TIMED_OUT);
	assert_int_equal(code_of(SWAPADM_JOB_CANCELLED, ETIME, 7, 7), CLI_TIMED_OUT);
	assert_int_equal(code_of(SWAPADM_JOB_FAILED, ETIMEDOUT, 7, 7), CLI_TIMED_OUT);
	assert_int_equal(code_of(SWAPADM_JOB_FAILED, SWAPADM_ENOROOM, 0, 7), CLI_NO_ROOM);
	assert_int_equal(code_of(SWAPADM_JOB_FAILED, EPERM, 0, 7), CLI_FAILED);
	assert_int_equal(code_of(SWAPADM_JOB_FAILED, EIO, 3, 7), CLI_PARTLY);
	assert_int_equal(code_of(SWAPADM_JOB_FAILED, EPROTONOSUPPORT, 0, 7),
			 CLI_UNSUPPORTED);
	assert_int_equal(code_of(SWAPADM_JOB_LOST, 0, 0, 7), CLI_FAILED);
	assert_int_equal(exit_code_of(-EROFS), CLI_FAILED);
	assert_int_equal(exit_code_of(-EINTR), CLI_INTERRUPTED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes),      cmocka_unit_test(times),
		cmocka_unit_test(percents),   cmocka_unit_test(progress_lines),
		cmocka_unit_test(long_texts), cmocka_unit_test(exit_codes),
		cmocka_unit_test(utf8),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
