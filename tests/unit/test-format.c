/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What mkswap(8) did is not believed, but looked at; here it is a function of ours. */
#include "unit.h"

#include <fcntl.h>
#include <sys/mman.h>

#include "base/program.h"
#include "device/format.h"

#define IMAGE_BYTES (1u << 20)

static struct {
	int r;               /* what it ends with */
	const char *words;   /* and says */
	unsigned page_bytes; /* of the signature that it writes; 0: none */
	const char *label;
	bool leaves_other; /* a file system that was there */
	unsigned n_runs;
	char command[512];
} mkswap;

static struct swapadm_ctx *ctx;

static void put(int fd, off_t at, const void *data, size_t len)
{
	assert_int_equal(pwrite(fd, data, len, at), len);
}

/* mm/swapfile.c, union swap_header; its uuid is 11223344-5566-7788-99aa-bbccddeeff00 */
static void put_swap(int fd)
{
	uint32_t info[3] = { 1, IMAGE_BYTES / mkswap.page_bytes - 1, 0 };

	put(fd, 1024, info, sizeof(info));
	put(fd, 1024 + 12, "\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc\xdd\xee\xff",
	    16);
	put(fd, 1024 + 28, mkswap.label, strlen(mkswap.label) + 1);
	put(fd, (off_t)mkswap.page_bytes - 10, "SWAPSPACE2", 10);
}

/* enough of XFS for libblkid, which wants it at the beginning */
static void put_other(int fd)
{
	static const unsigned char xfs[] = { 'X', 'F', 'S', 'B', 0, 0, 16, 0 };

	put(fd, 0, xfs, sizeof(xfs));
	put(fd, 65536 + 64, "_BHRfS_M", 8); /* btrfs */
}

int __wrap_program_run(char *const argv[], char *words, size_t size);

int __wrap_program_run(char *const argv[], char *words, size_t size)
{
	size_t n = 0;
	int fd;

	mkswap.n_runs++;
	mkswap.command[0] = '\0';
	for (; argv[n + 1]; n++)
		snprintf(mkswap.command + strlen(mkswap.command),
			 sizeof(mkswap.command) - strlen(mkswap.command), "%s ", argv[n]);
	snprintf(words, size, "%s", mkswap.words ? mkswap.words : "");
	fd = open(argv[n], O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	if (mkswap.page_bytes)
		put_swap(fd);
	if (mkswap.leaves_other)
		put_other(fd);
	close(fd);
	return mkswap.r;
}

static int setup(void **state)
{
	memset(&mkswap, 0, sizeof(mkswap));
	mkswap.page_bytes = (unsigned)sysconf(_SC_PAGESIZE);
	mkswap.label = "";
	return swapadm_new(&ctx, NULL);
}

static int teardown(void **state)
{
	swapadm_unref(ctx);
	return 0;
}

static int image(void)
{
	int fd = memfd_create("image", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, IMAGE_BYTES), 0);
	return fd;
}

static void refused(const struct probe *old, int err, const char *words)
{
	_cleanup_close_ int fd = image();

	assert_int_equal(format_fd(ctx, fd, "/dev/x", old), err);
	assert_non_null(strstr(swapadm_get_error(ctx), words));
	assert_int_equal(mkswap.n_runs, 1);
}

static void good(void **state)
{
	_cleanup_close_ int fd = image();

	assert_int_equal(format_fd(ctx, fd, "/dev/x", NULL), 0);
	assert_string_equal(mkswap.command, "mkswap --force -- ");
}

static void capture_is_only_read(void **state)
{
	_cleanup_close_ int fd = image();
	_cleanup_(swapadm_unrefp) struct swapadm_ctx *other = NULL;

	assert_int_equal(swapadm_new(&other, "/tmp"), 0);
	assert_int_equal(format_fd(other, fd, "/dev/x", NULL), -EROFS);
	assert_int_equal(mkswap.n_runs, 0);
}

static void failed(void **state)
{
	mkswap.page_bytes = 0;
	mkswap.r = -ECHILD;
	mkswap.words = "device is too small";
	refused(NULL, -ECHILD, "mkswap failed: device is too small");
}

static void failed_silently(void **state)
{
	mkswap.r = -ECHILD;
	refused(NULL, -ECHILD, "it gave no reason");
}

static void missing(void **state)
{
	mkswap.r = -ENOENT;
	refused(NULL, -ENOENT, "install util-linux");
}

static void did_nothing(void **state)
{
	mkswap.page_bytes = 0;
	refused(NULL, -EIO, "no usable swap signature");
}

static void other_pages(void **state)
{
	mkswap.page_bytes *= 2;
	refused(NULL, -EIO, "no usable swap signature");
}

static void file_system_stays(void **state)
{
	mkswap.leaves_other = true;
	refused(NULL, -EIO, "the device may be damaged");
}

static const struct probe old = {
	.swap = true,
	.label = "cold",
	.uuid = "11223344-5566-7788-99aa-bbccddeeff00",
};

static void name_is_kept(void **state)
{
	_cleanup_close_ int fd = image();

	mkswap.label = "cold";
	assert_int_equal(format_fd(ctx, fd, "/dev/x", &old), 0);
	assert_string_equal(
		mkswap.command,
		"mkswap --force --label cold --uuid 11223344-5566-7788-99aa-bbccddeeff00 -- ");
}

static void name_is_lost(void **state)
{
	refused(&old, -EIO, "instead of \"cold\"");
}

static void uuid_is_lost(void **state)
{
	struct probe another = old;

	mkswap.label = "cold";
	another.uuid[0] = '2';
	refused(&another, -EIO, "instead of \"cold\" and 21223344");
}

/* the label of a file system that goes is not one for swap */
static void name_of_other(void **state)
{
	_cleanup_close_ int fd = image();
	struct probe other = { .n_foreign = 1, .label = "home" };

	assert_int_equal(format_fd(ctx, fd, "/dev/x", &other), 0);
	assert_string_equal(mkswap.command, "mkswap --force -- ");
}

#define test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(good),         test(capture_is_only_read),
		test(failed),       test(failed_silently),
		test(missing),      test(did_nothing),
		test(other_pages),  test(file_system_stays),
		test(name_is_kept), test(name_is_lost),
		test(uuid_is_lost), test(name_of_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
