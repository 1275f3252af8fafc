/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Threads that read of processes: used again, gone with the context, not there in a
 * child, left behind when they hang.
 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "fixture.h"
#include "kernel/pagewatch.h"

static unsigned count_threads(void)
{
	DIR *dir = opendir("/proc/self/task");
	unsigned n = 0;

	assert_non_null(dir);
	for (struct dirent *de; (de = readdir(dir));)
		n += de->d_name[0] != '.';
	closedir(dir);
	return n;
}

static void read_is(struct sandbox *box, int pid, const char *want)
{
	char *text = NULL;

	assert_int_equal(pagewatch_read(box->ctx, pid, "smaps", &text), 0);
	assert_string_equal(text, want);
	free(text);
}

static void *nothing(void *arg)
{
	return arg;
}

static void used_again(void **state)
{
	struct sandbox *box = *state;
	char *text = NULL;
	pthread_t first;
	unsigned before;

	if (is_emulated())
		skip();
	/* with the first one TSan starts one of its own */
	assert_int_equal(pthread_create(&first, NULL, nothing, NULL), 0);
	pthread_join(first, NULL);
	before = count_threads();
	sandbox_write(box, "/proc/5/smaps", "five\n");
	sandbox_write(box, "/proc/6/smaps", "six\n");
	read_is(box, 5, "five\n");
	read_is(box, 6, "six\n");
	assert_int_equal(pagewatch_read(box->ctx, 7, "smaps", &text), -ENOENT);
	assert_null(text);
	read_is(box, 5, "five\n");
	assert_int_equal(count_threads(), before + 1);
	swapadm_unref(box->ctx);
	assert_int_equal(count_threads(), before);
	assert_int_equal(swapadm_new(&box->ctx, NULL), 0); /* for the teardown */
}

/* fork(2) leaves the threads with the parent: the child takes some of its own */
static void in_a_child(void **state)
{
	struct sandbox *box = *state;
	int status;
	pid_t pid;

#ifdef __SANITIZE_THREAD__
	skip(); /* it allows a child of threads no threads */
#endif
	sandbox_write(box, "/proc/5/smaps", "five\n");
	read_is(box, 5, "five\n");
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		char *text = NULL;
		int r = pagewatch_read(box->ctx, 5, "smaps", &text);

		if (r || !streq(text, "five\n"))
			_exit(1);
		free(text);
		swapadm_unref(box->ctx);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	read_is(box, 5, "five\n");
}

/* ---- a process that hangs ---------------------------------------------------------- */

static pthread_mutex_t hung = PTHREAD_MUTEX_INITIALIZER;
static int (*open_any)(int dirfd, const char *path, int flags, mode_t mode);

static int open_slowly(int dirfd, const char *path, int flags, mode_t mode)
{
	if (strstr(path, "6/smaps")) {
		pthread_mutex_lock(&hung);
		pthread_mutex_unlock(&hung);
	}
	return open_any(dirfd, path, flags, mode);
}

static void left_behind(void **state)
{
	struct sandbox *box = *state;
	char news[256], *text = NULL;
	int r;

	sandbox_write(box, "/proc/5/smaps", "five\n");
	sandbox_write(box, "/proc/6/smaps", "six\n");
	box->ctx->foreign_root = false; /* else openat2(2), past .ops */
	open_any = box->ctx->ops.openat;
	box->ctx->ops.openat = open_slowly;
	read_is(box, 5, "five\n");
	pthread_mutex_lock(&hung);
	assert_int_equal(pagewatch_read(box->ctx, 6, "smaps", &text), -ETIME);
	assert_int_equal(pagewatch_read(box->ctx, 6, "smaps", &text), -ETIME);
	assert_null(text);
	read_is(box, 5, "five\n");
	assert_true(pagewatch_news(box->ctx, news, sizeof(news)));
	assert_non_null(strstr(news, "process 6: reading"));
	assert_false(pagewatch_news(box->ctx, news, sizeof(news)));
	pthread_mutex_unlock(&hung);
	do
		r = pagewatch_read(box->ctx, 6, "smaps", &text);
	while (r == -ETIME);
	assert_int_equal(r, 0);
	assert_string_equal(text, "six\n");
	free(text);
}

/* ---- process after process --------------------------------------------------------- */

struct list {
	pid_t last, next;
};

static bool next_of(void *data, pid_t *pid, uint64_t *swap_bytes)
{
	struct list *list = data;

	if (list->next > list->last)
		return false;
	*pid = list->next++;
	*swap_bytes = 4096;
	return true;
}

static int no_span(void *data, const struct swap_span *span)
{
	(void)data;
	(void)span;
	return 0;
}

/* of which processes anything was opened, as bits */
static atomic_uint opened;

static int open_and_note(int dirfd, const char *path, int flags, mode_t mode)
{
	unsigned pid;

	if (sscanf(path, "proc/%u/", &pid) == 1 || sscanf(path, "/proc/%u/", &pid) == 1)
		atomic_fetch_or(&opened, 1u << pid);
	if (strstr(path, "proc/6/")) {
		pthread_mutex_lock(&hung);
		pthread_mutex_unlock(&hung);
	}
	return open_any(dirfd, path, flags, mode);
}

static void each_once(struct sandbox *box, unsigned want)
{
	struct list list = { .next = 4, .last = 9 };

	opened = 0;
	assert_int_equal(pagewatch_scan_each(box->ctx, next_of, no_span, &list), 0);
	assert_int_equal(list.next, 10);
	assert_int_equal(opened, want);
}

/* ---- a thread that gets no processor time ------------------------------------------ */

static int go_on[2]; /* made before there are threads, for TSan's sake */

/* as if the scheduler had it wait */
static void stop_thread(int signal)
{
	char end;

	(void)signal;
	if (read(go_on[0], &end, 1))
		abort();
}

static void *go_on_later(void *arg)
{
	usleep((PAGEWATCH_FIRST_MS + 500) * 1000);
	close(go_on[1]);
	return arg;
}

static void stop_all_but_this(void)
{
	DIR *dir = opendir("/proc/self/task");

	assert_non_null(dir);
	for (struct dirent *de; (de = readdir(dir));)
		if (atoi(de->d_name) > 0 && atoi(de->d_name) != gettid())
			syscall(SYS_tgkill, getpid(), atoi(de->d_name), SIGILL);
	closedir(dir);
}

/* no process has been taken, so none hangs */
static void not_begun(void **state)
{
	struct sandbox *box = *state;
	struct sigaction act = { .sa_handler = stop_thread }, before;
	pthread_t thread;
	char news[256];

	if (is_emulated())
		skip();
	box->ctx->foreign_root = false;
	open_any = box->ctx->ops.openat;
	box->ctx->ops.openat = open_and_note;
	each_once(box, 0x3f0);
	assert_int_equal(sigaction(SIGILL, &act, &before), 0);
	stop_all_but_this();
	assert_int_equal(pthread_create(&thread, NULL, go_on_later, NULL), 0);
	each_once(box, 0x3f0);
	pthread_join(thread, NULL);
	assert_int_equal(sigaction(SIGILL, &before, NULL), 0);
	assert_false(pagewatch_news(box->ctx, news, sizeof(news)));
}

static void one_of_many(void **state)
{
	struct sandbox *box = *state;
	unsigned before = count_threads();
	char news[256];

	box->ctx->foreign_root = false;
	open_any = box->ctx->ops.openat;
	box->ctx->ops.openat = open_and_note;
	each_once(box, 0x3f0);
	assert_int_equal(count_threads(), before + 1);
	pthread_mutex_lock(&hung);
	each_once(box, 0x3f0);
	assert_true(pagewatch_news(box->ctx, news, sizeof(news)));
	assert_non_null(strstr(news, "process 6: reading"));
	each_once(box, 0x3b0); /* it is known to hang */
	assert_false(pagewatch_news(box->ctx, news, sizeof(news)));
	pthread_mutex_unlock(&hung);
	while (count_threads() > before + 1)
		usleep(1000);
	each_once(box, 0x3f0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(used_again),  fixture_test(in_a_child),
		fixture_test(left_behind), fixture_test(one_of_many),
		fixture_test(not_begun),
	};

	if (pipe(go_on))
		return EXIT_FAILURE;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
