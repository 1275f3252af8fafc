/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>

#include "kernel/swapoff.h"

static int off_ok(const char *path)
{
	return 0;
}

static int off_enomem(const char *path)
{
	errno = ENOMEM;
	return -1;
}

static int off_killed(const char *path)
{
	raise(SIGKILL);
	return 0;
}

static _Noreturn int off_for_ever(const char *path)
{
	for (;;)
		pause();
}

/* succeeds only where the child's promises hold */
static int off_looks(const char *path)
{
	int sig = 0;

	prctl(PR_GET_PDEATHSIG, &sig);
	if (sig != SIGKILL)
		errno = ESRCH;
	else if (fcntl(100, F_GETFD) >= 0)
		errno = EMFILE;
	else if (strcmp(path, "/swap file") != 0)
		errno = ENOENT;
	else
		return 0;
	return -1;
}

static struct swapadm_ctx *ctx_with(int (*off)(const char *))
{
	struct swapadm_ctx *ctx;

	assert_int_equal(swapadm_new(&ctx, NULL), 0);
	ctx->ops.swapoff = off;
	return ctx;
}

static void test_result_comes_back(void **state)
{
	_cleanup_(swapadm_unrefp) struct swapadm_ctx *ctx = ctx_with(off_ok);

	assert_int_equal(swapoff_wait(ctx, "/swap"), 0);
	ctx->ops.swapoff = off_enomem;
	assert_int_equal(swapoff_wait(ctx, "/swap"), -ENOMEM);
	assert_non_null(strstr(swapadm_get_error(ctx), "/swap: swapoff: memory"));
	ctx->ops.swapoff = off_killed;
	assert_int_equal(swapoff_wait(ctx, "/swap"), -EINTR);
	assert_non_null(strstr(swapadm_get_error(ctx), "active again"));
}

static void test_child_is_alone(void **state)
{
	_cleanup_(swapadm_unrefp) struct swapadm_ctx *ctx = ctx_with(off_looks);

	assert_int_equal(dup2(0, 100), 100);
	assert_int_equal(swapoff_wait(ctx, "/swap file"), 0);
	close(100);
}

static void test_cancel(void **state)
{
	_cleanup_(swapadm_unrefp) struct swapadm_ctx *ctx = ctx_with(off_for_ever);
	struct swapoff_child child = SWAPOFF_CHILD_INIT;

	assert_int_equal(swapoff_start(ctx, "/swap", -1, &child), 0);
	assert_int_equal(kill(child.pid, SIGTERM), 0);
	assert_int_equal(swapoff_finish(&child), -EINTR);
	assert_int_equal(child.pid, -1);
}

/* in the cgroup, or not at all */
static void test_enters_cgroup(void **state)
{
	_cleanup_(swapadm_unrefp) struct swapadm_ctx *ctx = ctx_with(off_killed);
	struct swapoff_child child = SWAPOFF_CHILD_INIT;
	FILE *procs = tmpfile();
	char text[8] = "";

	assert_non_null(procs);
	assert_int_equal(swapoff_start(ctx, "/swap", fileno(procs), &child), 0);
	assert_int_equal(swapoff_finish(&child), -EINTR);
	assert_true(child.killed);
	rewind(procs);
	assert_non_null(fgets(text, sizeof(text), procs));
	assert_string_equal(text, "0");
	fclose(procs);
	ctx->ops.swapoff = off_ok;
	assert_int_equal(swapoff_start(ctx, "/swap", 999, &child), 0);
	assert_int_equal(swapoff_finish(&child), -ESRCH);
	assert_int_equal(swapoff_explain(ctx, "/swap", -ESRCH), -ESRCH);
	assert_non_null(strstr(swapadm_get_error(ctx), "not begun"));
}

static void test_foreign_root(void **state)
{
	_cleanup_(swapadm_unrefp) struct swapadm_ctx *ctx = NULL;

	assert_int_equal(swapadm_new(&ctx, "/tmp"), 0);
	ctx->ops.swapoff = off_ok;
	assert_int_equal(swapoff_wait(ctx, "/swap"), -EROFS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_result_comes_back),
		cmocka_unit_test(test_child_is_alone),
		cmocka_unit_test(test_cancel),
		cmocka_unit_test(test_enters_cgroup),
		cmocka_unit_test(test_foreign_root),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
