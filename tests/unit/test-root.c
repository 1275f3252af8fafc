/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading below another root, while the machine that does it is busy. */
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>

#include "sandbox.h"
#include "unit.h"

#define OPENS 20000

struct renamer {
	char a[80], b[80];
	atomic_bool stop;
};

static void *rename_on_and_on(void *arg)
{
	struct renamer *r = arg;

	while (!atomic_load(&r->stop)) {
		(void)!rename(r->a, r->b);
		(void)!rename(r->b, r->a);
	}
	return NULL;
}

/* a rename anywhere makes openat2(2) ask to try a path with ".." again */
static void renames_elsewhere(void **state)
{
	struct sandbox *box = *state;
	struct swapadm_ctx *ctx = NULL;
	struct renamer r = { .stop = false };
	unsigned failed = 0;
	pthread_t thread;

	sandbox_write(box, "/elsewhere/a", "");
	snprintf(r.a, sizeof(r.a), "%s/elsewhere/a", box->dir);
	snprintf(r.b, sizeof(r.b), "%s/elsewhere/b", box->dir);
	sandbox_write(box, "/root/sys/devices/x/y/z/size", "1\n");
	sandbox_link(box, "../../../../devices/x/y/z", "/root/sys/class/block/a/b/z");
	assert_int_equal(swapadm_new(&ctx, sandbox_real(box, "/root")), 0);
	assert_int_equal(pthread_create(&thread, NULL, rename_on_and_on, &r), 0);
	for (unsigned i = 0; i < OPENS; i++) {
		int fd = ctx_open(ctx, "/sys/class/block/a/b/z/size", O_RDONLY);

		failed += fd < 0;
		if (fd >= 0)
			close(fd);
	}
	atomic_store(&r.stop, true);
	pthread_join(thread, NULL);
	swapadm_unref(ctx);
	assert_int_equal(failed, 0);
}

static int setup(void **state)
{
	static struct sandbox box;

	sandbox_open(&box);
	*state = &box;
	return 0;
}

static int teardown(void **state)
{
	sandbox_close(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(renames_elsewhere, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
