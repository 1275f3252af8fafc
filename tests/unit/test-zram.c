/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fixture.h"

#include <time.h>

#include "kernel/stats.h"
#include "state/wblimit.h"

#define MM (SWAPADM_ZRAM_MM | SWAPADM_ZRAM_COMPACTED)

static void mm_stat(void **state)
{
	struct swapadm_zram_stats s = {};

	/* 9 fields: 6.1 to 7.3 */
	assert_int_equal(
		zram_parse_mm_stat(
			"419430400 104857600 110100480        0 115343360       17        3     1000     2000\n",
			&s),
		0);
	assert_int_equal(s.known, MM | SWAPADM_ZRAM_HUGE | SWAPADM_ZRAM_HUGE_SINCE);
	assert_int_equal(s.orig_bytes, 419430400);
	assert_int_equal(s.compr_bytes, 104857600);
	assert_int_equal(s.mem_used_bytes, 110100480);
	assert_int_equal(s.mem_limit_bytes, 0);
	assert_int_equal(s.mem_used_max_bytes, 115343360);
	assert_int_equal(s.same_pages, 17);
	assert_int_equal(s.compacted_pages, 3);
	assert_int_equal(s.huge_pages, 1000);
	assert_int_equal(s.huge_since_pages, 2000);
	/* fewer, and more than there are today */
	s.known = 0;
	assert_int_equal(zram_parse_mm_stat("1 2 3 4 5 6 7", &s), 0);
	assert_int_equal(s.known, MM);
	s.known = 0;
	assert_int_equal(zram_parse_mm_stat("1 2 3 4 5 6 7 8\n", &s), 0);
	assert_int_equal(s.known, MM | SWAPADM_ZRAM_HUGE);
	s.known = 0;
	assert_int_equal(zram_parse_mm_stat("1 2 3 4 5 6 7 8 9 10 eleven\n", &s), 0);
	assert_int_equal(s.known, MM | SWAPADM_ZRAM_HUGE | SWAPADM_ZRAM_HUGE_SINCE);
}

static void mm_stat_malformed(void **state)
{
	static const char *const bad[] = {
		"",
		"\n",
		"1 2 3 4 5 6\n",
		"1 2 3 4 5 6 x\n",
		"1 2 -3 4 5 6 7\n",
		"1 2 3 4 5 6 7.5\n",
		"1 2 3 4 5 6 99999999999999999999\n",
	};
	struct swapadm_zram_stats s = { .orig_bytes = 77 };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(zram_parse_mm_stat(bad[i], &s), -EBADMSG);
	assert_int_equal(s.known, 0);
	assert_int_equal(s.orig_bytes, 77);
}

static void other_counters(void **state)
{
	struct swapadm_zram_stats s = {};

	assert_int_equal(zram_parse_bd_stat("       1        2        3\n", &s), 0);
	assert_int_equal(s.known, SWAPADM_ZRAM_BD);
	assert_int_equal(s.bd_count_pages, 1);
	assert_int_equal(s.bd_read_pages, 2);
	assert_int_equal(s.bd_write_pages, 3);
	assert_int_equal(zram_parse_bd_stat("1 2\n", &s), -EBADMSG);
	assert_int_equal(zram_parse_bd_stat("1 2 x\n", &s), -EBADMSG);
	assert_int_equal(zram_parse_io_stat("       4        5        0        0\n", &s),
			 0);
	assert_int_equal(s.known, SWAPADM_ZRAM_BD | SWAPADM_ZRAM_IO);
	assert_int_equal(s.failed_reads, 4);
	assert_int_equal(s.failed_writes, 5);
	assert_int_equal(zram_parse_io_stat("4\n", &s), -EBADMSG);
}

static void algorithms(void **state)
{
	static const char *const bad[] = {
		"",
		"lzo",
		"lzo [lz4",
		"lzo lz4]",
		"[]",
		"[lzo zstd]",
		"[a-name-that-is-longer-than-any-compressor]",
	};
	struct swapadm_zram_stats s = {};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(zram_parse_algorithm(bad[i], &s), -EBADMSG);
	assert_int_equal(s.known, 0);
	assert_int_equal(zram_parse_algorithm("lzo lzo-rle lz4 lz4hc [zstd] 842 \n", &s),
			 0);
	assert_string_equal(s.algorithm, "zstd");
	assert_int_equal(zram_parse_algorithm("[lzo-rle] lzo lz4 \n", &s), 0);
	assert_string_equal(s.algorithm, "lzo-rle");
	assert_int_equal(s.known, SWAPADM_ZRAM_ALGORITHM);
}

static void backing_devices(void **state)
{
	struct swapadm_zram_stats s = {};
	char path[300] = "/";

	assert_int_equal(zram_parse_backing("", &s), -EBADMSG);
	assert_int_equal(zram_parse_backing("no", &s), -EBADMSG);
	assert_int_equal(zram_parse_backing("nonesuch", &s), -EBADMSG);
	assert_int_equal(s.known, 0);
	/* what does not fit is unknown */
	memset(path + 1, 'x', sizeof(path) - 2);
	assert_int_equal(zram_parse_backing(path, &s), 0);
	assert_int_equal(s.known, 0);
	assert_int_equal(zram_parse_backing("/dev/loop0\n", &s), 0);
	assert_string_equal(s.backing_dev, "/dev/loop0");
	assert_int_equal(s.known, SWAPADM_ZRAM_BACKING);
	assert_int_equal(zram_parse_backing("none\n", &s), 0);
	assert_string_equal(s.backing_dev, "");
}

static void read_from_the_kernel(void **state)
{
	struct swapadm_zram_stats s = { .known = 77 };
	struct sandbox *box = *state;

	assert_int_equal(swapadm_zram_get_stats(box->ctx, "zram0", &s), -ENODEV);
	assert_int_equal(swapadm_zram_get_stats(box->ctx, "sda", &s), -ENODEV);
	assert_int_equal(swapadm_zram_get_stats(box->ctx, "zram", &s), -ENODEV);
	assert_int_equal(swapadm_zram_get_stats(box->ctx, "zram0/../x", &s), -ENODEV);
	sandbox_write(box, "/sys/block/zram0/disksize", "1073741824\n");
	/* what is not there, or is not what kernels print, is absent, and only it */
	assert_int_equal(swapadm_zram_get_stats(box->ctx, "zram0", &s), 0);
	assert_int_equal(s.known, SWAPADM_ZRAM_DISKSIZE);
	sandbox_write(box, "/sys/block/zram0/mm_stat", "1 2 3 4\n");
	sandbox_write(
		box, "/sys/block/zram0/comp_algorithm",
		"lzo [an-algorithm-whose-name-is-far-too-long-to-be-kept-here-by-anybody-at-all]\n");
	sandbox_write(box, "/sys/block/zram0/bd_stat", "1 2 3\n");
	assert_int_equal(swapadm_zram_get_stats(box->ctx, "zram0", &s), 0);
	assert_int_equal(s.known, SWAPADM_ZRAM_DISKSIZE | SWAPADM_ZRAM_BD);
	unlink(sandbox_real(box, "/sys/block/zram0/comp_algorithm"));
	unlink(sandbox_real(box, "/sys/block/zram0/bd_stat"));
	sandbox_write(box, "/sys/block/zram0/mm_stat", "1 2 3 4 5 6 7 8 9\n");
	/* a kernel without write-back */
	box->ctx->ops.read = read_in_bits;
	assert_int_equal(swapadm_zram_get_stats(box->ctx, "zram0", &s), 0);
	assert_int_equal(s.known, SWAPADM_ZRAM_DISKSIZE | MM | SWAPADM_ZRAM_HUGE |
					  SWAPADM_ZRAM_HUGE_SINCE);
	assert_int_equal(s.disksize_bytes, 1 << 30);
	sandbox_write(box, "/sys/block/zram0/comp_algorithm", "lzo [zstd]\n");
	sandbox_write(box, "/sys/block/zram0/io_stat", "0 0 0 0\n");
	sandbox_write(box, "/sys/block/zram0/bd_stat", "5 6 7\n");
	sandbox_write(box, "/sys/block/zram0/backing_dev", "/dev/sdb3\n");
	assert_int_equal(swapadm_zram_get_stats(box->ctx, "zram0", &s), 0);
	assert_int_equal(s.known, (SWAPADM_ZRAM_BACKING << 1) - 1);
	assert_int_equal(s.bd_count_pages, 5);
	assert_string_equal(s.backing_dev, "/dev/sdb3");
	assert_int_equal(zram_get(box->ctx, "zram0", SWAPADM_ZRAM_BD, &s), 0);
	assert_int_equal(s.known, SWAPADM_ZRAM_BD);
}

static void block_state(void **state)
{
	struct zram_page page;

	assert_true(zram_parse_state("         300           75.033841 .wh...\n", &page));
	assert_int_equal(page.used_s, 75);
	assert_true(page.written && page.final && !page.idle && !page.recompressed);
	assert_true(zram_parse_state("302 63.806919 ..hir.", &page));
	assert_true(!page.written && page.idle && page.recompressed && page.final);
	assert_true(zram_parse_state("303 63.806919 ...i.n", &page));
	assert_true(page.final && page.idle && !page.recompressed);
	assert_true(zram_parse_state("304 63.806919 ..hi..", &page));
	assert_true(!page.final);
	assert_false(zram_parse_state("garbage", &page));
}

#define STATE "/sys/kernel/debug/zram/zram0/block_state"

/* marked a moment ago is not idle for ten minutes; one that cannot be read is an error */
static void idle_pages(void **state)
{
	const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	struct swapadm_zram_idle idle = { 1, 2, 3 };
	struct sandbox *box = *state;
	struct timespec now;
	char text[256];

	clock_gettime(CLOCK_BOOTTIME, &now);
	snprintf(text, sizeof(text),
		 "0 %lld.000001 ...i..\n1 0.000001 ...i..\n2 0.000001 ....r.\n"
		 "3 0.000001 .w.i..\n4 0.000001 ...ir.\n5 0.000001 ...i.n\n",
		 (long long)now.tv_sec);
	sandbox_write(box, STATE, text);
	assert_int_equal(swapadm_zram_get_idle(box->ctx, "zram0", 1, &idle), -ENODATA);
	box->ctx->foreign_root = false;
	assert_int_equal(swapadm_zram_get_idle(box->ctx, "zram0", 0, NULL), -EINVAL);
	assert_int_equal(swapadm_zram_get_idle(box->ctx, NULL, 0, &idle), -EINVAL);
	assert_int_equal(swapadm_zram_get_idle(box->ctx, "../x", 0, &idle), -ENODEV);
	unlink(sandbox_real(box, STATE));
	assert_int_equal(mkdir(sandbox_real(box, STATE), 0755), 0);
	assert_int_equal(swapadm_zram_get_idle(box->ctx, "zram0", 0, &idle), -EIO);
	assert_int_equal(idle.idle_bytes, 1); /* untouched */
	rmdir(sandbox_real(box, STATE));
	sandbox_write(box, STATE, text);
	assert_int_equal(swapadm_zram_get_idle(box->ctx, "zram0", 0, &idle), 0);
	assert_int_equal(idle.idle_bytes, 4 * page);
	assert_int_equal(idle.due_bytes, 2 * page);
	assert_int_equal(idle.recompressed_bytes, 2 * page);
	/* half of the time since the boot: longer than this test stands still */
	assert_int_equal(swapadm_zram_get_idle(box->ctx, "zram0",
					       (uint64_t)now.tv_sec / 2 + 1, &idle),
			 0);
	assert_int_equal(idle.idle_bytes, 4 * page); /* all but 0 and 3 */
	assert_int_equal(idle.due_bytes, page);
}

#define SYS  "/sys/block/zram0/"
#define LINE "/run/swapadm/writeback-limit-zram0"

static void assert_limit(struct sandbox *box, const char *limit, const char *enabled)
{
	_cleanup_free_ char *a = sandbox_read(box, SYS "writeback_limit");
	_cleanup_free_ char *b = sandbox_read(box, SYS "writeback_limit_enable");

	a[strcspn(a, "\n")] = b[strcspn(b, "\n")] = '\0';
	assert_string_equal(a, limit);
	assert_string_equal(b, enabled);
	assert_false(sandbox_has(box, LINE));
}

/* a job and its guard were killed with a limit of 9 set */
static void killed(struct sandbox *box, const char *line)
{
	sandbox_write(box, SYS "writeback_limit", "9\n");
	sandbox_write(box, SYS "writeback_limit_enable", "1\n");
	sandbox_write(box, LINE, line);
	wblimit_recover(box->ctx, "zram0");
}

static void a_limit_is_put_back(void **state)
{
	struct wblimit limit = { .start_units = 1000 };
	_cleanup_free_ char *line = NULL;
	struct sandbox *box = *state;

	box->ctx->foreign_root = false;
	sandbox_write(box, SYS "disksize", "1073741824\n");
	sandbox_write(box, SYS "bd_stat", "5 6 1300\n");
	sandbox_write(box, SYS "diskseq", "7\n");
	killed(box, "0 5 1000 7 0 0\n"); /* it was off */
	assert_limit(box, "5", "0");
	killed(box, "1 5000 1000 7 0 0\n"); /* it was on: less what was written */
	assert_limit(box, "4700", "1");
	killed(box, "1 200 1000 7 0 0\n");
	assert_limit(box, "0", "1");
	killed(box, "1 5000 1000 6 0 0\n"); /* that was another zram0 */
	assert_limit(box, "9", "1");
	/* what is kept is what is read */
	assert_int_equal(wblimit_begin(box->ctx, "zram0", &limit), 0);
	assert_int_equal(wblimit_keep(box->ctx, &limit), 0);
	line = sandbox_read(box, LINE);
	assert_string_equal(line, "1 9 1300 7 0 0 1309 1309\n");
}

/* 9 is left and 1300 are written: only who set another limit makes another sum */
static void a_limit_of_somebody_else_stays(void **state)
{
	struct wblimit limit = { .zram = "" };
	_cleanup_free_ char *set = NULL;
	struct sandbox *box = *state;

	box->ctx->foreign_root = false;
	sandbox_write(box, SYS "disksize", "1073741824\n");
	sandbox_write(box, SYS "bd_stat", "5 6 1300\n");
	sandbox_write(box, SYS "diskseq", "7\n");
	killed(box, "0 5 1000 7 0 0 1100 1309\n"); /* the job's last step */
	assert_limit(box, "5", "0");
	killed(box, "0 5 1000 7 0 0 1309 9999\n"); /* it had not set the next one */
	assert_limit(box, "5", "0");
	killed(box, "0 5 1000 7 0 0 1200 1250\n"); /* it was off, somebody set one */
	assert_limit(box, "9", "1");
	killed(box, "1 5000 1000 7 0 0 1200 1250\n"); /* another one */
	assert_limit(box, "9", "1");
	/* while it runs as well: the next step keeps to it */
	sandbox_write(box, SYS "writeback_limit_enable", "0\n");
	assert_int_equal(wblimit_begin(box->ctx, "zram0", &limit), 0);
	assert_int_equal(wblimit_set(box->ctx, &limit, 4096), 0);
	sandbox_write(box, SYS "bd_stat", "5 6 1400\n");
	sandbox_write(box, SYS "writeback_limit", "70\n");
	assert_int_equal(wblimit_set(box->ctx, &limit, 4096), 0);
	set = sandbox_read(box, SYS "writeback_limit");
	assert_string_equal(set, "70\n");
	assert_int_equal(wblimit_restore(box->ctx, &limit), 0);
	assert_limit(box, "70", "1");
	/* turned off meanwhile */
	assert_int_equal(wblimit_set(box->ctx, &limit, 10), 0);
	sandbox_write(box, SYS "writeback_limit_enable", "0\n");
	assert_int_equal(wblimit_restore(box->ctx, &limit), 0);
	assert_limit(box, "70", "0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(block_state),
		cmocka_unit_test(mm_stat),
		cmocka_unit_test(mm_stat_malformed),
		cmocka_unit_test(other_counters),
		cmocka_unit_test(algorithms),
		cmocka_unit_test(backing_devices),
		fixture_test(read_from_the_kernel),
		fixture_test(a_limit_is_put_back),
		fixture_test(a_limit_of_somebody_else_stays),
		fixture_test(idle_pages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
