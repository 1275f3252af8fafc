/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pages of our own that are touched: which ones, and what a touch that hangs does. */
#include "unit.h"

#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "prefetch/mapper.h"

#define PAGES 1000

static char *memory;
static size_t page;

/* one run of all that is there now */
static struct mapper *new_mapper(bool backwards)
{
	struct swapmap map = { 0 };
	struct swap_span span = { .n_pages = PAGES };

	memory = mmap(NULL, PAGES * page, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_true(memory != MAP_FAILED);
	map.procs.items = calloc(1, sizeof(*map.procs.items));
	assert_non_null(map.procs.items);
	map.procs.n = 1;
	map.procs.items[0].pid = getpid();
	span.vpn = (uintptr_t)memory / page;
	runset_init(&map.runs, 0, 0);
	assert_int_equal(runset_add(&map.runs, &span, 0), 0);
	runset_sort(&map.runs);
	return mapper_new(&map, backwards);
}

static bool is_mapped(uint64_t n)
{
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	uint64_t entry = 0, at = (uintptr_t)memory / page + n;

	assert_true(fd >= 0);
	assert_int_equal(pread(fd, &entry, sizeof(entry), (off_t)(at * 8)), 8);
	close(fd);
	return entry >> 63;
}

static void wait_for(struct mapper *m, uint64_t pages)
{
	struct feeder_count count;

	do {
		poll(NULL, 0, 1);
		assert_true(feeder_look(&m->feeder, &count) >= 0);
	} while (count.done_pages < pages);
}

static void from_the_front(void **state)
{
	struct mapper *m;

	if (is_emulated())
		skip();
	m = new_mapper(false);
	assert_int_equal(mapper_start(m, 1), 0);
	assert_false(is_mapped(0)); /* not before it may */
	mapper_allow(m, 100);
	wait_for(m, 100);
	assert_true(is_mapped(0) && is_mapped(99));
	assert_false(is_mapped(100));
	mapper_end(m);
}

static void from_the_end(void **state)
{
	struct mapper *m;

	if (is_emulated())
		skip();
	m = new_mapper(true);
	assert_int_equal(mapper_start(m, 1), 0);
	mapper_allow(m, 100);
	wait_for(m, 100);
	assert_true(is_mapped(PAGES - 1) && is_mapped(PAGES - 100));
	assert_false(is_mapped(PAGES - 101));
	mapper_allow(m, UINT64_MAX);
	wait_for(m, PAGES);
	for (uint64_t i = 0; i < PAGES; i++)
		assert_true(is_mapped(i));
	mapper_end(m);
}

static void without_a_start(void **state)
{
	struct mapper *m = new_mapper(false);

	mapper_allow(m, UINT64_MAX);
	assert_false(is_mapped(0));
	mapper_end(m);
	mapper_end(NULL);
}

/* from here on a touch of the memory waits until the descriptor is closed */
static int make_it_hang(void)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = { .range = { (uintptr_t)memory, PAGES * page },
				       .mode = UFFDIO_REGISTER_MODE_MISSING };
	int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);

	if (fd < 0 || ioctl(fd, UFFDIO_API, &api) < 0 ||
	    ioctl(fd, UFFDIO_REGISTER, &reg) < 0)
		return -1;
	return fd;
}

static void one_that_hangs_is_left(void **state)
{
	struct mapper *m = new_mapper(false);
	struct pollfd waits = { .events = POLLIN };
	uint64_t began_ns;

	waits.fd = make_it_hang();
	if (waits.fd < 0)
		skip();
	assert_int_equal(mapper_start(m, 1), 0);
	mapper_allow(m, UINT64_MAX);
	assert_int_equal(poll(&waits, 1, 10000), 1);
	began_ns = monotonic_ns();
	mapper_end(m);
	assert_true(monotonic_ns() - began_ns < UINT64_C(5000000000));
	close(waits.fd);
	/* what it still works on is not freed under it */
	for (int i = 0; i < 100 && !is_mapped(PAGES - 1); i++)
		poll(NULL, 0, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(from_the_front),
		cmocka_unit_test(from_the_end),
		cmocka_unit_test(without_a_start),
		cmocka_unit_test(one_that_hangs_is_left),
	};

	page = (size_t)sysconf(_SC_PAGESIZE);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
