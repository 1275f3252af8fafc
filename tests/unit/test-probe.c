/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <fcntl.h>
#include <sys/mman.h>

#include "device/probe.h"

#define IMAGE_BYTES (4u << 20)

static void put(int fd, off_t at, const void *data, size_t len)
{
	assert_int_equal(pwrite(fd, data, len, at), len);
}

static int image(void)
{
	int fd = memfd_create("image", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, IMAGE_BYTES), 0);
	return fd;
}

/* what mkswap(8) writes: mm/swapfile.c union swap_header */
static void put_swap(int fd, unsigned page_bytes, const char *magic, uint32_t last_page)
{
	uint32_t info[3] = { 1, last_page, 0 };

	put(fd, 1024, info, sizeof(info));
	put(fd, 1024 + 12, "\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc\xdd\xee\xff",
	    16);
	put(fd, 1024 + 28, "cold", 4);
	put(fd, (off_t)page_bytes - 10, magic, 10);
}

static void test_blank(void **state)
{
	_cleanup_close_ int fd = image();
	struct probe probe;

	assert_int_equal(probe_fd(fd, &probe), 0);
	assert_false(probe.swap || probe.hibernated || probe.old_swap);
	assert_int_equal(probe.n_foreign, 0);
	assert_string_equal(probe.foreign, "");
}

static void test_swap(void **state)
{
	_cleanup_close_ int fd = image();
	struct probe probe;

	put_swap(fd, 4096, "SWAPSPACE2", 1023);
	assert_int_equal(probe_fd(fd, &probe), 0);
	assert_true(probe.swap);
	assert_false(probe.hibernated || probe.old_swap);
	assert_int_equal(probe.n_foreign, 0);
	assert_int_equal(probe.page_bytes, 4096);
	assert_int_equal(probe.area_bytes, IMAGE_BYTES);
	assert_string_equal(probe.label, "cold");
	assert_string_equal(probe.uuid, "11223344-5566-7788-99aa-bbccddeeff00");
}

static void test_swap_of_other_pages(void **state)
{
	_cleanup_close_ int fd = image();
	struct probe probe;

	put_swap(fd, 16384, "SWAPSPACE2", 255);
	assert_int_equal(probe_fd(fd, &probe), 0);
	assert_true(probe.swap);
	assert_int_equal(probe.page_bytes, 16384);
	assert_int_equal(probe.area_bytes, IMAGE_BYTES);
}

static void test_hibernated(void **state)
{
	static const char *const magics[] = { "S1SUSPEND\0", "S2SUSPEND\0", "ULSUSPEND\0",
					      "LINHIB0001" };

	for (size_t i = 0; i < ARRAY_SIZE(magics); i++) {
		_cleanup_close_ int fd = image();
		struct probe probe;

		put_swap(fd, 4096, magics[i], 1023);
		assert_int_equal(probe_fd(fd, &probe), 0);
		assert_true(probe.hibernated);
		assert_false(probe.swap);
	}
}

static void test_old_swap(void **state)
{
	_cleanup_close_ int fd = image();
	struct probe probe;

	put(fd, 4086, "SWAP-SPACE", 10);
	assert_int_equal(probe_fd(fd, &probe), 0);
	assert_true(probe.old_swap);
	assert_false(probe.swap);
}

static void test_others(void **state)
{
	_cleanup_close_ int fd = image();
	struct probe probe;

	/*
	 * a LUKS header, and the boot signature of a DOS partition table with one entry
	 */
	put(fd, 0, "LUKS\xba\xbe\x00\x01", 8);
	assert_int_equal(probe_fd(fd, &probe), 0);
	assert_int_equal(probe.n_foreign, 1);
	assert_string_equal(probe.foreign, "an encrypted volume (crypto_LUKS)");
	put_swap(fd, 4096, "SWAPSPACE2", 1023);
	assert_int_equal(probe_fd(fd, &probe), 0);
	assert_true(probe.swap);
	assert_int_equal(probe.n_foreign, 1);
}

static void test_wipe(void **state)
{
	_cleanup_close_ int fd = image();
	struct probe probe;

	put(fd, 0, "LUKS\xba\xbe\x00\x01", 8);
	put_swap(fd, 4096, "SWAPSPACE2", 1023);
	assert_int_equal(probe_wipe(fd), 0);
	assert_int_equal(probe_fd(fd, &probe), 0);
	assert_int_equal(probe.n_foreign, 0);
	assert_false(probe.swap);
}

static void test_unreadable(void **state)
{
	_cleanup_close_ int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	struct probe probe = { .n_foreign = 7 };

	assert_int_equal(probe_fd(fd, &probe), -EIO);
	assert_int_equal(probe.n_foreign, 7); /* untouched */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_blank),
		cmocka_unit_test(test_swap),
		cmocka_unit_test(test_swap_of_other_pages),
		cmocka_unit_test(test_hibernated),
		cmocka_unit_test(test_old_swap),
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_wipe),
		cmocka_unit_test(test_unreadable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
