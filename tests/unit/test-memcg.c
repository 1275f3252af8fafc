/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fixture.h"

#include <fcntl.h>
#include <sys/resource.h>

#include "kernel/memcg.h"
#include "kernel/pagemap.h"
#include "kernel/proc.h"

#define MIB   UINT64_C(1048576)
#define STOCK (64 * UINT64_C(4096)) /* of one CPU */

static void where_the_controller_is(void **state)
{
	struct sandbox *box = *state;
	struct memcg_mount mount;

	/* v1 has it, v2 is there for the processes only; names are escaped */
	sandbox_write(
		box, "/proc/self/mountinfo",
		"22 24 0:5 / /proc rw - proc proc rw\n"
		"30 24 0:27 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n"
		"31 24 0:28 / /cg\\040of/memory rw,relatime shared:9 - cgroup x rw,memory\n"
		"32 24 0:29 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n");
	assert_int_equal(memcg_mount_find(box->ctx, &mount), 0);
	assert_int_equal(mount.version, 1);
	assert_string_equal(mount.path, "/cg of/memory");
	sandbox_write(box, "/proc/self/mountinfo",
		      "30 24 0:27 / /sys/fs/cgroup/x rw - cgroup cgroup rw,memoryless\n");
	assert_int_equal(memcg_mount_find(box->ctx, &mount), 0);
	assert_int_equal(mount.version, 0);
}

static void v2_needs_the_controller(void **state)
{
	struct sandbox *box = *state;
	struct memcg_mount mount;

	assert_int_equal(memcg_mount_find(box->ctx, &mount), -ENOENT);
	sandbox_write(box, "/proc/self/mountinfo",
		      "30 24 0:27 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
	sandbox_write(box, "/sys/fs/cgroup/cgroup.controllers", "cpu io\n");
	assert_int_equal(memcg_mount_find(box->ctx, &mount), 0);
	assert_int_equal(mount.version, 0);
	sandbox_write(box, "/sys/fs/cgroup/cgroup.controllers", "cpu memory\n");
	assert_int_equal(memcg_mount_find(box->ctx, &mount), 0);
	assert_int_equal(mount.version, 2);
}

static void a_group_of_v2(void **state)
{
	static const struct memcg_mount mount = { 2, "/sys/fs/cgroup" };
	struct sandbox *box = *state;
	struct memcg cg;

	sandbox_write(box, "/sys/fs/cgroup/a/b/memory.current", "1000\n");
	sandbox_write(box, "/sys/fs/cgroup/a/b/memory.max", "max\n");
	sandbox_write(box, "/sys/fs/cgroup/a/b/memory.high", "5000\n");
	sandbox_write(box, "/sys/fs/cgroup/a/b/memory.swap.current", "300\n");
	sandbox_write(
		box, "/sys/fs/cgroup/a/b/memory.stat",
		"anon 1\ninactive_file 40\nactive_file 60\nswapcached 5\nzswap 2\n"
		"zswapped 8\nshmem 3\nworkingset_refault_anon 4\npswpin 6\npswpout 7\n");
	assert_int_equal(memcg_read(box->ctx, &mount, "/a/b", &cg), 0);
	assert_int_equal(cg.known, MEMCG_USAGE | MEMCG_SWAP | MEMCG_STAT | MEMCG_ZSWAP |
					   MEMCG_MOVES | MEMCG_REFAULTS);
	assert_int_equal(cg.swapin_pages, 6);
	assert_int_equal(cg.swapout_pages, 7);
	assert_int_equal(cg.refault_pages, 4);
	assert_int_equal(cg.usage_bytes, 1000);
	assert_int_equal(cg.limit_bytes, 5000);
	assert_int_equal(cg.swap_bytes, 300);
	assert_int_equal(cg.swap_cached_bytes, 5);
	assert_int_equal(cg.file_bytes, 40);
	assert_int_equal(cg.active_file_bytes, 60);
	assert_int_equal(cg.zswapped_bytes, 8);
	assert_true(cg.swap_limit_bytes == MEMCG_NO_LIMIT);
	assert_int_equal(memcg_read(box->ctx, &mount, "/a/c", &cg), -ENOENT);
}

/* 60 MiB that were read back from swap are in "anon" and in "swapcached" */
static void each_page_once(void **state)
{
	static const struct memcg_mount mount = { 2, "/sys/fs/cgroup" };
	struct sandbox *box = *state;
	struct memcg cg;

	sandbox_write(box, "/sys/fs/cgroup/a/memory.current", "70000000\n");
	sandbox_write(box, "/sys/fs/cgroup/a/memory.stat",
		      "anon 62914560\nswapcached 62914560\nshmem 0\n"
		      "inactive_anon 52428800\nactive_anon 10485760\n");
	assert_int_equal(memcg_read(box->ctx, &mount, "/a", &cg), 0);
	assert_int_equal(memcg_resident_bytes(&cg), 60 * MIB);
	/* what is being written is mapped no more */
	sandbox_write(box, "/sys/fs/cgroup/a/memory.stat",
		      "anon 0\nswapcached 1048576\nshmem 0\n"
		      "inactive_anon 1048576\nactive_anon 0\n");
	assert_int_equal(memcg_read(box->ctx, &mount, "/a", &cg), 0);
	assert_int_equal(memcg_resident_bytes(&cg), MIB);
	/* locked pages are on no list */
	sandbox_write(box, "/sys/fs/cgroup/a/memory.stat",
		      "anon 2097152\nswapcached 0\nshmem 1048576\n"
		      "inactive_anon 0\nactive_anon 0\nunevictable 3145728\n");
	assert_int_equal(memcg_read(box->ctx, &mount, "/a", &cg), 0);
	assert_int_equal(memcg_resident_bytes(&cg), 3 * MIB);
}

static void a_group_of_v1(void **state)
{
	static const struct memcg_mount mount = { 1, "/cg" };
	struct sandbox *box = *state;
	struct memcg cg;

	sandbox_write(box, "/cg/x/memory.usage_in_bytes", "1000\n");
	sandbox_write(box, "/cg/x/memory.limit_in_bytes", "9223372036854771712\n");
	sandbox_write(box, "/cg/x/memory.memsw.usage_in_bytes", "1500\n");
	sandbox_write(box, "/cg/x/memory.memsw.limit_in_bytes", "2000\n");
	sandbox_write(box, "/cg/x/memory.stat",
		      "swap 1\ninactive_file 1\ntotal_swap 500\ntotal_inactive_file 40\n"
		      "total_active_file 60\nworkingset_refault_anon 1\n"
		      "total_workingset_refault_anon 9\npswpin 5\npswpout 5\n");
	assert_int_equal(memcg_read(box->ctx, &mount, "/x", &cg), 0);
	assert_int_equal(cg.known, MEMCG_USAGE | MEMCG_SWAP | MEMCG_STAT | MEMCG_MEMSW |
					   MEMCG_REFAULTS);
	assert_int_equal(cg.refault_pages, 9);
	assert_true(cg.limit_bytes == MEMCG_NO_LIMIT);
	assert_int_equal(cg.swap_bytes, 500);
	assert_int_equal(cg.file_bytes, 40);
	assert_int_equal(cg.memsw_limit_bytes, 2000);
}

static void what_fits(void **state)
{
	struct memcg cg = {
		.known = MEMCG_USAGE,
		.usage_bytes = 60 * MIB,
		.limit_bytes = 64 * MIB,
		.memsw_limit_bytes = MEMCG_NO_LIMIT,
	};

	assert_int_equal(memcg_short_bytes(&cg, 0, 2 * STOCK), 0);
	assert_int_equal(memcg_short_bytes(&cg, 3 * MIB, 2 * STOCK), 0);
	/* 160 MiB under a limit of 64 MiB: what the kernel kills for */
	assert_int_equal(memcg_short_bytes(&cg, 160 * MIB, STOCK), 156 * MIB + STOCK);
	cg.file_bytes = 20 * MIB;
	cg.active_file_bytes = 10 * MIB;
	assert_int_equal(memcg_short_bytes(&cg, 28 * MIB, STOCK), 0);
	assert_int_equal(memcg_short_bytes(&cg, 30 * MIB, STOCK), MIB + STOCK);
	cg.limit_bytes = MEMCG_NO_LIMIT;
	assert_int_equal(memcg_short_bytes(&cg, 160 * MIB, STOCK), 0);
}

/*
 * memory + swap stays the same on the way in, but each page is charged before uncharged
 */
static void memsw_at_its_limit(void **state)
{
	struct memcg cg = {
		.known = MEMCG_USAGE | MEMCG_MEMSW,
		.limit_bytes = MEMCG_NO_LIMIT,
		.memsw_usage_bytes = 100 * MIB,
		.memsw_limit_bytes = 101 * MIB,
	};

	assert_int_equal(memcg_short_bytes(&cg, 50 * MIB, 2 * STOCK), 0);
	cg.memsw_usage_bytes = cg.memsw_limit_bytes;
	assert_int_equal(memcg_short_bytes(&cg, 50 * MIB, 2 * STOCK), 2 * STOCK);
	assert_int_equal(memcg_short_bytes(&cg, 4096, 2 * STOCK), 4096);
}

/* 64 pages a CPU, whatever a page is */
static void stock_of_charges(void **state)
{
	struct sandbox *box = *state;
	uint64_t n_cpus = (uint64_t)sysconf(_SC_NPROCESSORS_ONLN);

	if (is_emulated()) /* smaps of its own, below any root */
		skip();
	sandbox_write(box, "/proc/self/smaps", "KernelPageSize:       16 kB\n");
	assert_int_equal(memcg_stock_bytes(box->ctx), 64 * 16384 * n_cpus);
}

static int collect(void *data, const struct memcg *cg, unsigned depth)
{
	char *names = data;

	sprintf(names + strlen(names), "%u%s ", depth, cg->path);
	return streq(cg->path, "/stop") ? 7 : 0;
}

static void walking(void **state)
{
	static const struct memcg_mount mount = { 2, "/cg" };
	struct sandbox *box = *state;
	char names[256] = "";

	sandbox_write(box, "/cg/a/b/c/memory.swap.current", "1\n");
	sandbox_write(box, "/cg/a/memory.swap.current", "1\n");
	sandbox_write(box, "/cg/a/b/memory.swap.current", "0\n");
	assert_int_equal(memcg_walk(box->ctx, &mount, false, collect, names), 0);
	assert_string_equal(names, "0/ 1/a 2/a/b 3/a/b/c ");
	*names = '\0';
	assert_int_equal(memcg_walk(box->ctx, &mount, true, collect, names), 0);
	assert_string_equal(names, "0/ 1/a 2/a/b ");
	sandbox_write(box, "/cg/stop/memory.swap.current", "1\n");
	assert_int_equal(memcg_walk(box->ctx, &mount, true, collect, names), 7);
}

/* a tree deeper than there are descriptors is walked whole; with none left, not at all */
static void walking_with_few_descriptors(void **state)
{
	static const struct memcg_mount mount = { 2, "/cg" };
	struct sandbox *box = *state;
	char path[256] = "/cg", names[2048] = "";
	struct rlimit saved, few;
	int next = dup(0), r;

	for (int i = 0; i < 30; i++)
		strcat(path, "/d");
	strcat(path, "/memory.swap.current");
	sandbox_write(box, path, "1\n");
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &saved), 0);
	few = saved;
	few.rlim_cur = (rlim_t)next + 4;
	close(next);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	r = memcg_walk(box->ctx, &mount, false, collect, names);
	few.rlim_cur = (rlim_t)next;
	setrlimit(RLIMIT_NOFILE, &few);
	next = memcg_walk(box->ctx, &mount, false, collect, names + strlen(names) + 1);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &saved), 0);
	assert_int_equal(r, 0);
	assert_non_null(strstr(names, " 30/d/d"));
	assert_int_equal(next, -EMFILE);
}

static int deepest(void *data, const struct memcg *cg, unsigned depth)
{
	unsigned *most = data;

	*most = depth > *most ? depth : *most;
	return 0;
}

static unsigned n_warned;

static void note_warning(void *data, enum swapadm_log_level level, const char *line)
{
	n_warned += strstr(line, "are left out") != NULL;
}

/* too long for a path of one call */
static void make_long_path(struct sandbox *box, unsigned levels)
{
	int fd = open(sandbox_real(box, "/cg"), O_PATH | O_DIRECTORY), file;
	char name[201];

	memset(name, 'n', 200);
	name[200] = '\0';
	while (levels--) {
		int below;

		assert_int_equal(mkdirat(fd, name, 0755), 0);
		below = openat(fd, name, O_PATH | O_DIRECTORY);
		close(fd);
		fd = below;
		file = openat(fd, "memory.swap.current", O_WRONLY | O_CREAT, 0644);
		assert_int_equal(write(file, "1\n", 2), 2);
		close(file);
	}
	close(fd);
}

/* the sandbox removes by paths of one call */
static void remove_long_path(struct sandbox *box)
{
	char command[PATH_MAX + 16];

	snprintf(command, sizeof(command), "rm -rf %s/n*", sandbox_real(box, "/cg"));
	assert_int_equal(system(command), 0);
}

/* whatever its depth, a group is there; one that can't be named is said to be left out */
static void walking_far_down(void **state)
{
	static const struct memcg_mount mount = { 2, "/cg" };
	struct sandbox *box = *state;
	char path[8192] = "/cg";
	unsigned depth = 0;

	for (int i = 0; i < 200; i++)
		strcat(path, "/d");
	strcat(path, "/memory.swap.current");
	sandbox_write(box, path, "1\n");
	assert_int_equal(memcg_walk(box->ctx, &mount, false, deepest, &depth), 0);
	assert_int_equal(depth, 200);
	swapadm_set_log(box->ctx, SWAPADM_LOG_WARNING, note_warning, NULL);
	make_long_path(box, 25);
	depth = 0;
	assert_int_equal(memcg_walk(box->ctx, &mount, false, deepest, &depth), 0);
	assert_int_equal(depth, 200);
	assert_int_equal(n_warned, 1);
	remove_long_path(box);
}

/* a group that can't be looked at has not gone, nor has it no limit */
static void no_descriptor(void **state)
{
	static const char *const paths[] = { "/cg/a/memory.max", "/cg/a/memory.stat",
					     "/cg/a/memory.events", "/cg/a" };
	static const struct memcg_mount mount = { 2, "/cg" };
	struct sandbox *box = *state;
	char names[256];

	sandbox_write(box, "/cg/a/b/memory.swap.current", "1\n");
	sandbox_write(box, "/cg/a/memory.current", "4096\n");
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		sandbox_no_descriptor(box, paths[i]);
		*names = '\0';
		assert_int_equal(memcg_walk(box->ctx, &mount, false, collect, names),
				 -EMFILE);
		assert_string_equal(swapadm_get_error(box->ctx),
				    "cgroup /a: read: Too many open files");
	}
}

static void group_of_a_process(void **state)
{
	char path[32];
	const char *v1 = "9:name=systemd:/s\n4:hugetlb,memory:/m/x\n0::/u\n";

	assert_int_equal(memcg_parse_proc(v1, 1, path, sizeof(path)), 0);
	assert_string_equal(path, "/m/x");
	assert_int_equal(memcg_parse_proc(v1, 2, path, sizeof(path)), 0);
	assert_string_equal(path, "/u");
	assert_int_equal(memcg_parse_proc("0::/u:v\n", 2, path, sizeof(path)), 0);
	assert_string_equal(path, "/u:v");
	assert_int_equal(memcg_parse_proc("0::/u\n", 1, path, sizeof(path)), -ENOENT);
	assert_int_equal(memcg_parse_proc(v1, 1, path, 4), -EOVERFLOW);
}

static void status_and_stat(void **state)
{
	struct proc_status st;
	uint64_t ticks;

	assert_int_equal(proc_status_parse("Name:\ta (b) c\nTgid:\t7\nPPid:\t1\n"
					   "Uid:\t1000\t0\nVmRSS:\t 8 kB\n"
					   "VmSwap:\t     12 kB\n",
					   &st),
			 0);
	assert_string_equal(st.comm, "a (b) c");
	assert_int_equal(st.tgid, 7);
	assert_int_equal(st.uid, 1000);
	assert_true(st.known_swap);
	assert_int_equal(st.swap_bytes, 12288);
	assert_int_equal(st.rss_bytes, 8192);
	assert_int_equal(proc_status_parse("Name:\tkthreadd\n", &st), 0);
	assert_false(st.known_swap);
	assert_int_equal(proc_status_parse("", &st), -EBADMSG);
	assert_int_equal(proc_status_parse("VmSwap:\t4 kB\n", &st), -EBADMSG);
	assert_int_equal(proc_status_parse("Name:\t\nVmSwap:\t4 kB\n", &st), 0);
	assert_string_equal(st.comm, ""); /* prctl(PR_SET_NAME, "") */
	assert_int_equal(st.swap_bytes, 4096);
	assert_int_equal(
		proc_stat_parse_start(
			"1 (a) b) S 0 1 1 0 -1 4194560 1 2 3 4 5 6 -7 8 20 0 1 0 321 9\n",
			&ticks),
		0);
	assert_int_equal(ticks, 321);
	assert_int_equal(proc_stat_parse_start("1 (a) S 0 1", &ticks), -EBADMSG);
	assert_int_equal(proc_stat_parse_start("", &ticks), -EBADMSG);
}

static void swapped_processes(void **state)
{
	struct sandbox *box = *state;
	struct proc_swap_list list;

	sandbox_write(box, "/proc/5/status", "Name:\tsmall\nVmSwap:\t4 kB\n");
	sandbox_write(box, "/proc/6/status", "Name:\tnone\nVmSwap:\t0 kB\n");
	sandbox_write(box, "/proc/7/status", "Name:\tbig\nVmSwap:\t400 kB\n");
	sandbox_write(box, "/proc/8/cmdline", "gone");
	sandbox_write(box, "/proc/swaps", "");
	assert_int_equal(procs_swapped(box->ctx, &list), 0);
	assert_int_equal(list.n, 2);
	assert_int_equal(list.items[0].pid, 7);
	assert_string_equal(list.items[1].comm, "small");
	proc_swap_list_free(&list);
}

static void put_stat(struct sandbox *box, int pid, char state, int n_threads)
{
	char path[64], text[128];

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	snprintf(text, sizeof(text),
		 "%d (p) %c 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 %d 0 %d 0 0\n", pid, state,
		 n_threads, pid * 100);
	sandbox_write(box, path, text);
}

/* what a process can make of its own status must not hide it */
static void no_status_hides_a_process(void **state)
{
	struct sandbox *box = *state;
	struct proc_swap_list list;
	struct proc_status st;
	char *text = malloc(800000);
	size_t n = 0;

	assert_non_null(text);
	n += (size_t)sprintf(text, "Name:\tgroups\nState:\tS (sleeping)\nGroups:\t");
	for (unsigned gid = 1; gid <= 65536; gid++)
		n += (size_t)sprintf(text + n, "%u ", 3000000000u + gid);
	sprintf(text + n, "\nVmSwap:\t8 kB\nThreads:\t1\n");
	sandbox_write(box, "/proc/5/status", text);
	free(text);
	sandbox_write(box, "/proc/6/status", "Name:\t\nVmSwap:\t4 kB\n");
	/* its first thread has ended, another one has the memory */
	sandbox_write(box, "/proc/7/status",
		      "Name:\tmain\nState:\tZ (zombie)\n"
		      "Threads:\t2\n");
	sandbox_write(box, "/proc/7/task/7/status", "Name:\tmain\nState:\tZ (zombie)\n");
	sandbox_write(box, "/proc/7/task/9/status", "Name:\tworker\nVmSwap:\t16 kB\n");
	sandbox_write(box, "/proc/8/status",
		      "Name:\tended\nState:\tZ (zombie)\n"
		      "Threads:\t1\n");
	assert_int_equal(procs_swapped(box->ctx, &list), 0);
	assert_int_equal(list.n, 3);
	assert_int_equal(list.items[0].pid, 7);
	assert_int_equal(list.items[1].pid, 5);
	assert_int_equal(list.items[1].swap_bytes, 8192);
	assert_int_equal(list.items[2].pid, 6);
	proc_swap_list_free(&list);
	assert_int_equal(proc_status_read(box->ctx, 7, &st), 0);
	assert_int_equal(st.task, 9);
	assert_int_equal(proc_status_read(box->ctx, 8, &st), 0);
	assert_false(st.known_swap);
	/* that one is there, but the first thread's work is done by nobody */
	put_stat(box, 7, 'Z', 2);
	put_stat(box, 8, 'Z', 1);
	put_stat(box, 5, 'S', 1);
	assert_true(proc_has_threads(box->ctx, 7, 700));
	assert_false(proc_is_alive(box->ctx, 7, 700));
	assert_false(proc_has_threads(box->ctx, 7, 701));
	assert_false(proc_has_threads(box->ctx, 8, 800));
	assert_true(proc_has_threads(box->ctx, 5, 500));
	assert_true(proc_is_alive(box->ctx, 5, 500));
}

/* the last end that a kernel takes is found, whatever it is */
static bool takes(void *data, uint64_t end)
{
	return end <= *(uint64_t *)data;
}

static void end_of_the_address_space(void **state)
{
	uint64_t ends[] = {
		(UINT64_C(1) << 47) - 4096,
		(UINT64_C(1) << 56) - 4096, /* x86-64 */
		UINT64_C(1) << 48,
		UINT64_C(1) << 52, /* arm64 */
		UINT64_C(1) << 39, /* arm64, three levels */
		UINT64_C(0xc0000000),
		UINT64_C(0xbf000000), /* 32 bits */
		UINT64_C(0x8000000000003000),
		UINT64_C(1) << 63,
	};

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		assert_int_equal(pagemap_find_end(4096, takes, &ends[i]),
				 ends[i] < (UINT64_C(1) << 63) ? ends[i]
							       : UINT64_C(1) << 63);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(where_the_controller_is),
		fixture_test(v2_needs_the_controller),
		fixture_test(a_group_of_v2),
		fixture_test(each_page_once),
		fixture_test(a_group_of_v1),
		cmocka_unit_test(what_fits),
		cmocka_unit_test(memsw_at_its_limit),
		fixture_test(stock_of_charges),
		fixture_test(walking),
		fixture_test(walking_with_few_descriptors),
		fixture_test(walking_far_down),
		fixture_test(no_descriptor),
		cmocka_unit_test(group_of_a_process),
		cmocka_unit_test(status_and_stat),
		fixture_test(swapped_processes),
		fixture_test(no_status_hides_a_process),
		cmocka_unit_test(end_of_the_address_space),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
