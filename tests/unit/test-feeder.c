/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Advice about our own memory: what is taken, what is left, who stops. */
#include "unit.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "prefetch/feeder.h"

#define PAGES 2000
#define RUN   2 /* pages of a run: no two of them are neighbours in memory */

static struct swapmap map;
static char *memory;

/* every second run is of a process that is gone */
static int set_up(void **state)
{
	static struct proc_swap procs[2];
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	pid_t gone = fork();

	if (!gone)
		_exit(0);
	if (gone < 0 || waitpid(gone, NULL, 0) != gone)
		return -1;
	memory = mmap(NULL, 2 * PAGES * page, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		return -1;
	procs[0].pid = getpid();
	procs[1].pid = gone;
	map.procs.items = procs;
	map.procs.n = 2;
	runset_init(&map.runs, 0, 0);
	for (uint64_t i = 0; i < PAGES; i += RUN) {
		const struct swap_span span = { 0, 1 + i,
						(uintptr_t)memory / page + 2 * i, RUN };

		if (runset_add(&map.runs, &span, i / RUN % 2))
			return -1;
	}
	runset_sort(&map.runs);
	return 0;
}

static int tear_down(void **state)
{
	runset_free(&map.runs);
	return 0;
}

/* an ordinary user may not advise: nothing to be seen here then */
static void need_advice(void)
{
	struct feeder f;
	int64_t n;

	assert_int_equal(feeder_init(&f, &map, MADV_WILLNEED), 0);
	n = feeder_next(&f, 1);
	feeder_free(&f);
	if (n == -EPERM || n == -ENOSYS)
		skip();
}

static void one_after_the_other(void **state)
{
	uint64_t pages = 0;
	struct feeder f;
	int64_t n;

	need_advice();
	assert_int_equal(feeder_init(&f, &map, MADV_WILLNEED), 0);
	while ((n = feeder_next(&f, 3)) > 0) {
		assert_true(n <= 3);
		pages += (uint64_t)n;
	}
	assert_int_equal(n, 0);
	assert_int_equal(pages, PAGES);
	assert_int_equal(f.count.done_pages, PAGES);
	assert_int_equal(f.count.fed_pages, PAGES / 2);
	assert_int_equal(f.count.gone_pages, PAGES / 2);
	feeder_free(&f);
}

/* a zombie has a pidfd and no memory: nothing was read of it */
static void no_memory_is_not_fed(void **state)
{
	pid_t gone = map.procs.items[1].pid, zombie = fork();
	struct feeder f;
	siginfo_t si;

	need_advice();
	if (!zombie)
		_exit(0);
	assert_int_equal(waitid(P_PID, (id_t)zombie, &si, WEXITED | WNOWAIT), 0);
	map.procs.items[1].pid = zombie;
	assert_int_equal(feeder_init(&f, &map, MADV_WILLNEED), 0);
	while (feeder_next(&f, 3) > 0)
		;
	assert_int_equal(f.count.fed_pages, PAGES / 2);
	assert_int_equal(f.count.gone_pages, PAGES / 2);
	feeder_free(&f);
	map.procs.items[1].pid = gone;
	assert_int_equal(waitpid(zombie, NULL, 0), zombie);
}

static struct feeder_count wait_for(struct feeder *f, uint64_t pages)
{
	struct feeder_count count;

	do {
		poll(NULL, 0, 1);
		assert_true(feeder_look(f, &count) >= 0);
	} while (count.done_pages < pages);
	return count;
}

static void threads_stop_where_they_are_told(void **state)
{
	struct feeder_count count;
	struct pollfd done;
	struct feeder f;

	need_advice();
	assert_int_equal(feeder_init(&f, &map, MADV_WILLNEED), 0);
	assert_int_equal(feeder_start(&f, FEEDER_THREADS_MAX), 0);
	assert_int_equal(feeder_look(&f, &count), 1);
	assert_int_equal(count.done_pages, 0);
	feeder_allow(&f, 101, 7);
	count = wait_for(&f, 101);
	assert_int_equal(count.done_pages, 101);
	feeder_hold(&f);
	assert_int_equal(feeder_look(&f, &count), 1);
	assert_int_equal(count.done_pages, 101);
	feeder_allow(&f, UINT64_MAX, 7);
	done = (struct pollfd){ .fd = f.event_fd, .events = POLLIN };
	assert_int_equal(poll(&done, 1, -1), 1);
	assert_int_equal(feeder_look(&f, &count), 0);
	assert_int_equal(count.done_pages, PAGES);
	assert_int_equal(count.fed_pages + count.gone_pages, PAGES);
	feeder_free(&f);
}

static void threads_end_with_work_left(void **state)
{
	struct feeder f;

	need_advice();
	assert_int_equal(feeder_init(&f, &map, MADV_WILLNEED), 0);
	assert_int_equal(feeder_start(&f, FEEDER_THREADS_MAX), 0);
	feeder_allow(&f, 10, 1);
	wait_for(&f, 10);
	feeder_free(&f);
	feeder_free(&f); /* nothing is left to free */
}

/* process_madvise(2) fails with @err from here on, for the whole process */
static int forbid(unsigned err)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_process_madvise, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | err),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { ARRAY_SIZE(code), code };

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog);
}

/* 0: both ways to feed say @err */
static int try_forbidden(int err)
{
	struct feeder_count count;
	struct pollfd done;
	struct feeder f;

	map.procs.items[0].pid = getpid();
	if (forbid((unsigned)-err) || feeder_init(&f, &map, MADV_WILLNEED))
		return 1;
	if (feeder_next(&f, 1) != err)
		return 2;
	feeder_free(&f);
	if (feeder_init(&f, &map, MADV_WILLNEED) || feeder_start(&f, FEEDER_THREADS_MAX))
		return 3;
	feeder_allow(&f, UINT64_MAX, 7);
	done = (struct pollfd){ .fd = f.event_fd, .events = POLLIN };
	if (poll(&done, 1, -1) != 1 || feeder_look(&f, &count) != err)
		return 4;
	feeder_free(&f);
	return 0;
}

static void what_the_kernel_refuses(void **state)
{
	static const int errors[] = { -EPERM, -ENOSYS };

	if (is_emulated())
		skip();
	for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
		pid_t pid = fork();
		int status;

		if (!pid)
			_exit(try_forbidden(errors[i]));
		assert_true(pid > 0);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, 0);
	}
}

static bool is_mapped(uint64_t page)
{
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	uint64_t entry = 0, at = (uintptr_t)memory / (uintptr_t)sysconf(_SC_PAGESIZE);

	assert_true(fd >= 0);
	assert_int_equal(pread(fd, &entry, sizeof(entry), (off_t)((at + page) * 8)), 8);
	close(fd);
	return entry >> 63;
}

/* a page that is gone keeps none of the others from being mapped */
static void pages_are_mapped(void **state)
{
	const uint64_t hole = 2 * (PAGES / 2); /* first page of a run of ours */
	size_t page = (size_t)sysconf(_SC_PAGESIZE), mapped = 0;
	struct pollfd done;
	struct feeder f;

	if (is_emulated())
		skip();
	assert_int_equal(munmap(memory + hole * page, page), 0);
	assert_int_equal(feeder_init(&f, &map, FEEDER_MAP), 0);
	assert_int_equal(feeder_start(&f, 1), 0);
	assert_int_equal(f.n_threads, 1);
	feeder_allow(&f, 8, 3);
	wait_for(&f, 8);
	assert_true(is_mapped(0) && is_mapped(1));
	assert_false(is_mapped(2 * 2)); /* of the process that is gone */
	assert_false(is_mapped(2 * 100));
	feeder_allow(&f, UINT64_MAX, 256);
	done = (struct pollfd){ .fd = f.event_fd, .events = POLLIN };
	assert_int_equal(poll(&done, 1, -1), 1);
	assert_int_equal(f.count.fed_pages, PAGES / 2);
	feeder_free(&f);
	for (uint64_t i = 0; i < 2 * PAGES; i++)
		mapped += is_mapped(i);
	assert_int_equal(mapped, PAGES / 2 - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_after_the_other),
		cmocka_unit_test(no_memory_is_not_fed),
		cmocka_unit_test(threads_stop_where_they_are_told),
		cmocka_unit_test(threads_end_with_work_left),
		cmocka_unit_test(what_the_kernel_refuses),
		cmocka_unit_test(pages_are_mapped), /* takes a page away: last */
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
