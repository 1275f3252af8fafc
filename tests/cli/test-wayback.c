/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command that is said to attach a device again is one that add takes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "wayback.h"

static void says(const struct swapadm_device *dev, const char *want)
{
	const struct swapadm_tier tier = { .name = "hdd" };
	struct swapadm_ctx *ctx = NULL;
	char *command;

	assert_int_equal(swapadm_new(&ctx, NULL), 0);
	command = wayback_of_device(ctx, NULL, &tier, dev);
	if (want)
		assert_string_equal(command, want);
	else
		assert_null(command);
	free(command);
	swapadm_unref(ctx);
}

static void they_are_taken(void **state)
{
	struct swapadm_device dev = { .name = "sdb2", .uuid = "1-2" };

	says(&dev, "swapctl add hdd sdb2");
	dev.spec = "/dev/sdb2,discard=once";
	says(&dev, "swapctl add hdd /dev/sdb2,discard=once");
	dev.spec = "/dev/disk/by-label/a\nb";
	says(&dev, "swapctl add hdd UUID=1-2");
	dev.uuid = NULL;
	says(&dev, NULL);
	dev = (struct swapadm_device){ .name = "/a\nb", .uuid = "1-2", .is_file = true };
	says(&dev, NULL);
	dev.name = "/a,b";
	says(&dev, NULL);
	dev.name = "/a b";
	says(&dev, "swapctl add hdd '/a b'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(they_are_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
