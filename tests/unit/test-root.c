/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading below another root, while the machine that does it is busy. */
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/inroot.h"
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

/* ---- without openat2(2) ------------------------------------------------------------ */

static int errno_of_refusal;

static int refused_open(int root_fd, const char *path, int flags)
{
	errno = errno_of_refusal;
	return -1;
}

/* 0 and what is open, or the errno */
static int opened(int fd, struct stat *st)
{
	int err = errno;

	memset(st, 0, sizeof(*st));
	if (fd < 0)
		return err;
	assert_int_equal(fstat(fd, st), 0);
	close(fd);
	return 0;
}

static void make_tree(struct sandbox *box)
{
	sandbox_write(box, "/outside", "secret\n");
	sandbox_write(box, "/root/a/b/file", "inside\n");
	sandbox_write(box, "/root/outside", "the root's own\n");
	sandbox_link(box, "b", "/root/a/down");
	sandbox_link(box, "../a/b/file", "/root/a/up");
	sandbox_link(box, "/a/b", "/root/absolute");
	sandbox_link(box, "/../../outside", "/root/a/out");
	sandbox_link(box, "../../../../outside", "/root/a/b/out");
	sandbox_link(box, "nowhere", "/root/dangling");
	sandbox_link(box, "loop", "/root/loop");
	sandbox_link(box, "a/b/", "/root/slash");
	sandbox_link(box, "/", "/root/top");
}

/* what openat2(2) opens, and its errors */
static void same_as_openat2(void **state)
{
	static const char *const paths[] = {
		"/",
		"/a",
		"/a/",
		"//a//b/file",
		"/a/./b/../b/file",
		"/../a/b",
		"/a/down",
		"/a/down/file",
		"/a/up",
		"/absolute/file",
		"/absolute",
		"/a/out",
		"/a/b/out",
		"/dangling",
		"/loop",
		"/loop/a",
		"/slash/file",
		"/slash",
		"/top/a/b",
		"/top",
		"/a/b/file/",
		"/a/b/file/c",
		"/none",
		"/a/none/file",
		"/a/b/..",
		"/..",
		"/top/../a/up",
	};
	static const int flags[] = { O_RDONLY, O_PATH, O_PATH | O_NOFOLLOW,
				     O_RDONLY | O_DIRECTORY, O_RDONLY | O_NOFOLLOW };
	struct sandbox *box = *state;
	int root;

	make_tree(box);
	root = open(sandbox_real(box, "/root"), O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_true(root >= 0);
	if (opened(inroot_open(root, "/", O_PATH), &(struct stat){ 0 })) {
		close(root);
		skip(); /* an emulator without it */
	}
	for (size_t i = 0; i < ARRAY_SIZE(paths) * ARRAY_SIZE(flags); i++) {
		const char *path = paths[i / ARRAY_SIZE(flags)];
		int flag = flags[i % ARRAY_SIZE(flags)] | O_CLOEXEC;
		struct stat a, b;
		int want = opened(inroot_open(root, path, flag), &a);
		int is = opened(inroot_open_slowly(root, path, flag), &b);

		if (want != is || !stat_same(&a, &b))
			fail_msg("%s, flags %o: %s, and openat2: %s", path,
				 (unsigned)flag, strerror(is), strerror(want));
	}
	close(root);
}

/* a filter says EPERM, a kernel without it ENOSYS */
static void without_openat2(void **state)
{
	static const int errors[] = { ENOSYS, EPERM };
	struct sandbox *box = *state;
	struct swapadm_ctx *ctx = NULL;

	make_tree(box);
	assert_int_equal(swapadm_new(&ctx, sandbox_real(box, "/root")), 0);
	ctx->ops.open_in_root = refused_open;
	for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
		char line[32];

		errno_of_refusal = errors[i];
		assert_int_equal(ctx_read_line(ctx, "/a/up", line, sizeof(line)), 0);
		assert_string_equal(line, "inside");
		assert_int_equal(ctx_read_line(ctx, "/a/b/out", line, sizeof(line)), 0);
		assert_string_equal(line, "the root's own");
		assert_int_equal(ctx_readlink(ctx, "/absolute", line, sizeof(line)), 0);
		assert_string_equal(line, "/a/b");
		assert_int_equal(ctx_open(ctx, "/none", O_RDONLY), -ENOENT);
	}
	swapadm_unref(ctx);
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
		cmocka_unit_test_setup_teardown(same_as_openat2, setup, teardown),
		cmocka_unit_test_setup_teardown(without_openat2, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
