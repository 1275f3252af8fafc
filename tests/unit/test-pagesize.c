/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How large a page is on the machine that a context looks at. */
#include "kernel/pagesize.h"

#include "fixture.h"

static void words_of_smaps(void **state)
{
	assert_int_equal(pagesize_of_smaps(""), 0);
	assert_int_equal(pagesize_of_smaps("KernelPageSize:        4 kB\n"), 4096);
	assert_int_equal(pagesize_of_smaps("00400000-00480000 r-xp 0 00:1f 7 /bin/a\n"
					   "Size: 512 kB\nKernelPageSize:       64 kB\n"
					   "MMUPageSize:           4 kB\n"),
			 65536);
	/* a mapping of huge pages comes first */
	assert_int_equal(pagesize_of_smaps("KernelPageSize:     2048 kB\n"
					   "KernelPageSize:       16 kB\n"),
			 16384);
	assert_int_equal(pagesize_of_smaps("KernelPageSize:     2048 kB\n"), 0);
	assert_int_equal(pagesize_of_smaps("KernelPageSize:       12 kB\n"), 0);
	assert_int_equal(pagesize_of_smaps("KernelPageSize:       16\n"), 0);
	assert_int_equal(pagesize_of_smaps("a KernelPageSize:       16 kB\n"), 0);
}

static void two_files_of_counters(void **state)
{
	assert_int_equal(pagesize_of_counters("", ""), 0);
	assert_int_equal(pagesize_of_counters("Mapped:  1024 kB\n", "nr_mapped 64\n"),
			 16384);
	/* read one after the other: not quite the same */
	assert_int_equal(pagesize_of_counters("Mapped:  1000 kB\nShmem: 500 kB\n",
					      "nr_mapped 260\nnr_shmem 140\n"),
			 4096);
	assert_int_equal(pagesize_of_counters("Shmem:  70000 kB\n", "nr_shmem 1024\n"),
			 65536);
	/* nothing in common, or none of it in use */
	assert_int_equal(pagesize_of_counters("Mapped:  1024 kB\n", "nr_shmem 64\n"), 0);
	assert_int_equal(pagesize_of_counters("Mapped:  0 kB\n", "nr_mapped 0\n"), 0);
	/* no page that there is */
	assert_int_equal(pagesize_of_counters("Mapped:  10 kB\n", "nr_mapped 1000\n"), 0);
	assert_int_equal(pagesize_of_counters("Mapped:  1000000 kB\n", "nr_mapped 10\n"),
			 0);
	assert_int_equal(pagesize_of_counters("Mapped: 18446744073709551615 kB\n",
					      "nr_mapped 10\n"),
			 0);
}

static void note(void *data, enum swapadm_log_level level, const char *text)
{
	unsigned *n = data;

	assert_int_equal(level, SWAPADM_LOG_WARNING);
	assert_non_null(strstr(text, "how large a page is"));
	(*n)++;
}

static void of_a_capture(void **state)
{
	struct sandbox *box = *state;
	unsigned said = 0;

	if (is_emulated()) /* smaps of its own, below any root */
		skip();
	swapadm_set_log(box->ctx, SWAPADM_LOG_WARNING, note, &said);
	sandbox_write(box, "/proc/meminfo", "MemTotal: 100 kB\nMapped: 1024 kB\n");
	sandbox_write(box, "/proc/vmstat", "nr_mapped 16\n");
	assert_int_equal(swapadm_page_bytes(box->ctx), 65536);
	/* the record comes first */
	box->ctx->page_bytes = 0;
	sandbox_write(box, "/proc/self/smaps", "KernelPageSize:       16 kB\n");
	assert_int_equal(swapadm_page_bytes(box->ctx), 16384);
	assert_int_equal(said, 0);
}

static void what_says_nothing(void **state)
{
	struct sandbox *box = *state;
	unsigned said = 0;

	if (is_emulated()) /* smaps of its own, below any root */
		skip();
	swapadm_set_log(box->ctx, SWAPADM_LOG_WARNING, note, &said);
	assert_int_equal(ctx_page_bytes(box->ctx), own_page_bytes());
	assert_int_equal(said, 0); /* a folder of configurations */
	box->ctx->page_bytes = 0;
	sandbox_write(box, "/proc/meminfo", "MemTotal: 100 kB\nMapped: 1024 kB\n");
	assert_int_equal(ctx_page_bytes(box->ctx), own_page_bytes());
	assert_int_equal(ctx_page_bytes(box->ctx), own_page_bytes());
	assert_int_equal(said, 1);
}

static void of_the_running_system(void **state)
{
	struct sandbox *box = *state;

	box->ctx->foreign_root = false;
	sandbox_write(box, "/proc/self/smaps", "KernelPageSize:       64 kB\n");
	assert_int_equal(ctx_page_bytes(box->ctx), sysconf(_SC_PAGESIZE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_of_smaps),
		cmocka_unit_test(two_files_of_counters),
		fixture_test(of_a_capture),
		fixture_test(what_says_nothing),
		fixture_test(of_the_running_system),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
