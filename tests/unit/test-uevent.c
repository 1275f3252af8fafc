/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's messages about devices, as it sends them. */
#include "unit.h"

#include "kernel/uevent.h"

static void test_kernel_message(void **state)
{
	static const char add[] = "add@/devices/virtual/block/zram1\0ACTION=add\0"
				  "DEVPATH=/devices/virtual/block/zram1\0"
				  "SUBSYSTEM=block\0MAJOR=253\0MINOR=1\0DEVNAME=zram1\0"
				  "DEVTYPE=disk\0DISKSEQ=7\0SEQNUM=1234";
	struct uevent ev;

	assert_int_equal(uevent_parse(add, sizeof(add), &ev), 0);
	assert_string_equal(ev.action, "add");
	assert_string_equal(ev.subsystem, "block");
	assert_string_equal(ev.devname, "zram1");
	assert_string_equal(ev.devtype, "disk");
}

static void test_without_device(void **state)
{
	static const char text[] = "change@/module/x\0ACTION=change\0SUBSYSTEM=module";
	struct uevent ev;

	assert_int_equal(uevent_parse(text, sizeof(text), &ev), 0);
	assert_null(ev.devname);
	assert_null(ev.devtype);
}

static void test_bad(void **state)
{
	static const char udev[] = "libudev\0\376\355", none[] = "add@/x\0SEQNUM=1",
			  cut[] = { 'a', '@', 'b' };
	struct uevent ev = { .action = "kept" };

	assert_int_equal(uevent_parse(udev, sizeof(udev), &ev), -EBADMSG);
	assert_int_equal(uevent_parse(none, sizeof(none), &ev), -EBADMSG);
	assert_int_equal(uevent_parse(cut, sizeof(cut), &ev), -EBADMSG);
	assert_int_equal(uevent_parse("", 0, &ev), -EBADMSG);
	assert_string_equal(ev.action, "kept");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kernel_message),
		cmocka_unit_test(test_without_device),
		cmocka_unit_test(test_bad),
	};

	return cmocka_run_group_tests_name("uevent", tests, NULL, NULL);
}
