/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who is in swap: split by tier without pagemaps and with them, cgroups of both versions.
 */
#include <fcntl.h>

#include "fixture.h"
#include "kernel/proc.h"

#define HEAD "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"
#define BOTH (SWAPADM_PROCS_SPLIT | SWAPADM_PROCS_CGROUP)
#define KIB  UINT64_C(1024)

static struct swapadm_procs *load(struct sandbox *box, unsigned flags)
{
	struct swapadm_model *model = NULL;
	struct swapadm_procs *procs = NULL;

	assert_int_equal(swapadm_model_load(box->ctx, NULL, 0, &model), 0);
	assert_int_equal(swapadm_procs_load(box->ctx, model, flags, &procs), 0);
	swapadm_model_unref(model);
	return procs;
}

/* @used_a KiB on an area of priority 20, @used_b on one of 10 */
static void put_areas(struct sandbox *box, unsigned used_a, unsigned used_b)
{
	char text[512];

	snprintf(text, sizeof(text),
		 HEAD "/a file 1000 %u 20\n"
		      "/b file 2000 %u 10\n",
		 used_a, used_b);
	sandbox_write(box, "/proc/swaps", text);
	sandbox_write(box, "/a", "");
	sandbox_write(box, "/b", "");
}

static void put_process(struct sandbox *box, int pid, const char *name, unsigned kib,
			const char *cgroup)
{
	char path[64], text[256];

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	snprintf(text, sizeof(text),
		 "Name:\t%s\nTgid:\t%d\nPPid:\t1\nUid:\t7\t7\t7\t7\n"
		 "VmRSS:\t 12 kB\nVmSwap:\t%u kB\n",
		 name, pid, kib);
	sandbox_write(box, path, text);
	snprintf(path, sizeof(path), "/proc/%d/cgroup", pid);
	sandbox_write(box, path, cgroup);
}

/* @n pages of @type from virtual page 0x100 on */
static void put_pages(struct sandbox *box, int pid, unsigned type, unsigned n)
{
	char path[64];
	uint64_t e[64];
	int fd;

	assert_true(n <= 64);
	for (unsigned i = 0; i < n; i++)
		e[i] = UINT64_C(1) << 62 | (uint64_t)(i + 1) << 5 | type;
	snprintf(path, sizeof(path), "/proc/%d/smaps", pid);
	sandbox_write(box, path, "100000-200000 rw-p 0 0 0\nSwap: 4 kB\n");
	snprintf(path, sizeof(path), "/proc/%d/pagemap", pid);
	sandbox_write(box, path, "");
	fd = open(sandbox_real(box, path), O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, e, n * 8, 0x100 * 8), n * 8);
	close(fd);
}

static void one_tier_needs_no_pagemap(void **state)
{
	struct sandbox *box = *state;
	struct swapadm_procs *procs;
	const struct swapadm_proc *p;

	put_areas(box, 0, 500);
	put_process(box, 5, "small", 100, "0::/x\n");
	put_process(box, 6, "none", 0, "0::/x\n");
	put_process(box, 7, "big", 300, "0::/x\n");
	sandbox_write(box, "/proc/8/cmdline", "ended");
	procs = load(box, BOTH);
	assert_int_equal(swapadm_procs_n(procs), 2);
	assert_int_equal(swapadm_procs_n_tiers(procs), 2);
	p = swapadm_procs_get(procs, 0);
	assert_int_equal(p->pid, 7);
	assert_int_equal(p->ppid, 1);
	assert_int_equal(p->uid, 7);
	assert_string_equal(p->comm, "big");
	assert_null(p->cgroup); /* nothing is mounted */
	assert_int_equal(p->swap_bytes, 300 * KIB);
	assert_int_equal(p->rss_bytes, 12 * KIB);
	assert_int_equal(p->tier_bytes[0], 0);
	assert_int_equal(p->tier_bytes[1], 300 * KIB);
	assert_int_equal(p->other_bytes, 0);
	assert_int_equal(swapadm_procs_unseen_bytes(procs), 100 * KIB);
	swapadm_procs_unref(procs);
}

static void two_tiers_by_pagemap(void **state)
{
	struct sandbox *box = *state;
	struct swapadm_procs *procs;
	const struct swapadm_proc *p;

	put_areas(box, 160, 80);
	put_process(box, 5, "on-a", 168, "");
	put_pages(box, 5, 0, 40);
	put_process(box, 6, "on-b", 80, "");
	put_pages(box, 6, 1, 20);
	put_process(box, 7, "ending", 4, ""); /* its pagemap has gone */
	procs = load(box, SWAPADM_PROCS_SPLIT);
	assert_int_equal(swapadm_procs_n(procs), 3);
	p = swapadm_procs_get(procs, 0);
	assert_string_equal(p->comm, "on-a");
	assert_int_equal(p->tier_bytes[0], 160 * KIB);
	assert_int_equal(p->tier_bytes[1], 0);
	assert_int_equal(p->other_bytes, 8 * KIB);
	p = swapadm_procs_get(procs, 1);
	assert_int_equal(p->tier_bytes[0], 0);
	assert_int_equal(p->tier_bytes[1], 80 * KIB);
	p = swapadm_procs_get(procs, 2);
	assert_int_equal(p->other_bytes, 4 * KIB);
	assert_int_equal(swapadm_procs_unseen_bytes(procs), 0);
	swapadm_procs_unref(procs);
}

/* and pages enough for several threads to look at them */
static void many_processes(void **state)
{
	struct sandbox *box = *state;
	struct swapadm_procs *procs;
	uint64_t sums[2] = { 0, 0 };

	put_areas(box, 800, 1600);
	sandbox_write(box, "/proc/swaps",
		      HEAD "/a file 20000000 18000000 20\n"
			   "/b file 20000000 18000000 10\n");
	for (int pid = 100; pid < 300; pid++) {
		put_process(box, pid, "p", 12, "");
		put_pages(box, pid, 0, 1);
		if (pid % 2)
			put_pages(box, pid, 1, 2);
	}
	procs = load(box, SWAPADM_PROCS_SPLIT);
	assert_int_equal(swapadm_procs_n(procs), 200);
	for (size_t i = 0; i < 200; i++) {
		const struct swapadm_proc *p = swapadm_procs_get(procs, i);

		assert_int_equal(p->pid, 100 + i);
		assert_int_equal(p->tier_bytes[p->pid % 2],
				 p->pid % 2 ? 8 * KIB : 4 * KIB);
		sums[0] += p->tier_bytes[0];
		sums[1] += p->tier_bytes[1];
	}
	assert_int_equal(sums[0], 400 * KIB);
	assert_int_equal(sums[1], 800 * KIB);
	swapadm_procs_unref(procs);
}

static int (*open_any)(int dirfd, const char *path, int flags, mode_t mode);

static int open_but_one(int dirfd, const char *path, int flags, mode_t mode)
{
	if (strstr(path, "proc/150/pagemap")) {
		errno = EACCES;
		return -1;
	}
	return open_any(dirfd, path, flags, mode);
}

/* then nothing is split, but no process is missing */
static void one_is_denied(void **state)
{
	struct sandbox *box = *state;
	struct swapadm_procs *procs;

	put_areas(box, 800, 1600);
	for (int pid = 100; pid < 300; pid++) {
		put_process(box, pid, "p", 8, "");
		put_pages(box, pid, 0, 2);
	}
	box->ctx->foreign_root = false; /* else openat2(2), past .ops */
	open_any = box->ctx->ops.openat;
	box->ctx->ops.openat = open_but_one;
	procs = load(box, SWAPADM_PROCS_SPLIT);
	assert_int_equal(swapadm_procs_n(procs), 200);
	for (size_t i = 0; i < 200; i++) {
		const struct swapadm_proc *p = swapadm_procs_get(procs, i);

		assert_int_equal(p->pid, 100 + i);
		assert_int_equal(p->swap_bytes, 8 * KIB);
		assert_null(p->tier_bytes);
	}
	assert_int_equal(swapadm_procs_unseen_bytes(procs), UINT64_MAX);
	swapadm_procs_unref(procs);
}

static int no_descriptor_left(int dirfd, const char *path, int flags, mode_t mode)
{
	if (strstr(path, "proc/150/status")) {
		errno = EMFILE;
		return -1;
	}
	return open_any(dirfd, path, flags, mode);
}

/* a process that can't be looked at has not ended: no list without it */
static void no_descriptors(void **state)
{
	struct sandbox *box = *state;
	struct swapadm_model *model = NULL;
	struct swapadm_procs *procs = NULL;

	put_areas(box, 800, 1600);
	for (int pid = 100; pid < 200; pid++) {
		put_process(box, pid, "p", 8, "");
		put_pages(box, pid, 0, 2);
	}
	assert_int_equal(swapadm_model_load(box->ctx, NULL, 0, &model), 0);
	box->ctx->foreign_root = false;
	open_any = box->ctx->ops.openat;
	box->ctx->ops.openat = no_descriptor_left;
	for (unsigned flags = 0; flags <= SWAPADM_PROCS_SPLIT; flags++)
		assert_int_equal(swapadm_procs_load(box->ctx, model, flags, &procs),
				 -EMFILE);
	assert_null(procs);
	swapadm_model_unref(model);
}

static void sums_only(void **state)
{
	struct sandbox *box = *state;
	struct swapadm_procs *procs;

	put_areas(box, 160, 80);
	put_process(box, 5, "p", 168, "0::/x\n");
	/* asked for no more, or nobody's pagemap shows anything */
	for (unsigned flags = 0; flags <= BOTH; flags++) {
		procs = load(box, flags);
		assert_int_equal(swapadm_procs_get(procs, 0)->swap_bytes, 168 * KIB);
		assert_null(swapadm_procs_get(procs, 0)->tier_bytes);
		assert_int_equal(swapadm_procs_unseen_bytes(procs), UINT64_MAX);
		swapadm_procs_unref(procs);
	}
	sandbox_write(box, "/proc/swaps", HEAD);
	put_process(box, 5, "p", 0, "");
	procs = load(box, BOTH);
	assert_int_equal(swapadm_procs_n(procs), 0);
	swapadm_procs_unref(procs);
}

/* "path depth swap tier0 processes;" of each group */
static const char *groups_of(struct sandbox *box)
{
	static char text[512];
	struct swapadm_procs *procs = load(box, BOTH);
	struct swapadm_cgroups *cgroups = NULL;
	size_t n = 0;

	assert_int_equal(swapadm_cgroups_load(box->ctx, procs, &cgroups), 0);
	text[0] = '\0';
	for (size_t i = 0; i < swapadm_cgroups_n(cgroups); i++) {
		const struct swapadm_cgroup *g = swapadm_cgroups_get(cgroups, i);

		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s %u %lld %llu %zu;",
				      g->path, g->depth,
				      g->known & SWAPADM_CGROUP_SWAP
					      ? (long long)(g->swap_bytes / KIB)
					      : -1,
				      (unsigned long long)(g->tier_bytes[0] / KIB),
				      g->n_procs);
	}
	swapadm_cgroups_free(cgroups);
	swapadm_procs_unref(procs);
	return text;
}

static void cgroups_v2(void **state)
{
	struct sandbox *box = *state;

	put_areas(box, 300, 0);
	sandbox_write(box, "/proc/self/mountinfo",
		      "30 24 0:27 / /cg rw - cgroup2 cgroup2 rw\n");
	sandbox_write(box, "/cg/cgroup.controllers", "cpu memory\n");
	sandbox_write(box, "/cg/s/memory.swap.current", "307200\n");
	sandbox_write(box, "/cg/s/a/memory.swap.current", "307200\n");
	sandbox_write(box, "/cg/s/ab/memory.swap.current", "0\n");
	put_process(box, 5, "one", 100, "0::/s/a\n");
	put_process(box, 6, "two", 150, "0::/s/a/below\n");
	assert_string_equal(groups_of(box),
			    "/ 0 -1 250 2;/s 1 300 250 2;/s/a 2 300 250 2;");
}

static void cgroups_v1(void **state)
{
	struct sandbox *box = *state;

	put_areas(box, 300, 0);
	sandbox_write(box, "/proc/self/mountinfo",
		      "30 24 0:27 / /cg rw - cgroup cgroup rw,memory\n");
	sandbox_write(box, "/cg/memory.stat", "swap 0\ntotal_swap 204800\n");
	sandbox_write(box, "/cg/a/memory.stat", "swap 0\ntotal_swap 102400\n");
	put_process(box, 5, "one", 100, "4:cpu:/\n3:memory:/a\n0::/\n");
	assert_string_equal(groups_of(box), "/ 0 200 100 1;/a 1 100 100 1;");
}

/* what is cached is a part of what is in swap, on either version */
static void cgroups_cached(void **state)
{
	struct sandbox *box = *state;
	struct swapadm_cgroups *cgroups;
	struct swapadm_procs *procs;
	const struct swapadm_cgroup *cg;

	put_areas(box, 300, 0);
	sandbox_write(box, "/proc/self/mountinfo",
		      "30 24 0:27 / /cg rw - cgroup cgroup rw,memory\n");
	sandbox_write(box, "/cg/memory.stat", "total_swap 4096\ntotal_swapcached 8192\n");
	sandbox_write(box, "/cg/a/memory.stat", "total_swap 0\ntotal_swapcached 8192\n");
	procs = load(box, BOTH);
	assert_int_equal(swapadm_cgroups_load(box->ctx, procs, &cgroups), 0);
	assert_int_equal(swapadm_cgroups_n(cgroups), 2);
	cg = swapadm_cgroups_get(cgroups, 0);
	assert_int_equal(cg->swap_bytes, 12288);
	assert_int_equal(cg->cached_bytes, 8192);
	swapadm_cgroups_free(cgroups);

	/* version 2: another group's pages may be charged here */
	sandbox_write(box, "/proc/self/mountinfo",
		      "30 24 0:27 / /cg rw - cgroup2 cgroup2 rw\n");
	sandbox_write(box, "/cg/cgroup.controllers", "cpu memory\n");
	sandbox_write(box, "/cg/a/memory.swap.current", "4096\n");
	sandbox_write(box, "/cg/a/memory.stat", "swapcached 8192\n");
	sandbox_write(box, "/cg/memory.stat", "swapcached 16384\n");
	swapadm_procs_unref(procs);
	procs = load(box, BOTH);
	assert_int_equal(swapadm_cgroups_load(box->ctx, procs, &cgroups), 0);
	cg = swapadm_cgroups_get(cgroups,
				 0); /* without a file that says what is in swap */
	assert_int_equal(cg->known, SWAPADM_CGROUP_CACHED);
	assert_int_equal(cg->cached_bytes, 16384);
	cg = swapadm_cgroups_get(cgroups, 1);
	assert_int_equal(cg->swap_bytes, 4096);
	assert_int_equal(cg->cached_bytes, 4096);
	swapadm_cgroups_free(cgroups);
	swapadm_procs_unref(procs);
}

static void cgroups_nowhere(void **state)
{
	struct sandbox *box = *state;
	struct swapadm_cgroups *cgroups = NULL;
	struct swapadm_procs *procs;

	put_areas(box, 4, 0);
	sandbox_write(box, "/proc/self/mountinfo",
		      "30 24 0:27 / /proc rw - proc proc rw\n");
	procs = load(box, BOTH);
	assert_int_equal(swapadm_cgroups_load(box->ctx, procs, &cgroups),
			 -EPROTONOSUPPORT);
	assert_null(cgroups);
	assert_non_null(strstr(swapadm_get_error(box->ctx), "swapctl ps"));
	swapadm_procs_unref(procs);
}

static void put_stat(struct sandbox *box, char state, int n_threads)
{
	char text[160];

	snprintf(text, sizeof(text),
		 "7 (a b) c) %c 1 7 7 0 -1 4194304 1 0 0 0 1 2 0 0 20 0 %d 0 4711 0\n",
		 state, n_threads);
	sandbox_write(box, "/proc/7/stat", text);
}

/* exit(2) of the first thread alone leaves a zombie in /proc, and a process that runs */
static void who_is_alive(void **state)
{
	struct sandbox *box = *state;

	put_stat(box, 'S', 1);
	assert_true(proc_has_threads(box->ctx, 7, 4711));
	assert_false(proc_has_threads(box->ctx, 7, 4712));
	put_stat(box, 'Z', 1);
	assert_false(proc_has_threads(box->ctx, 7, 4711));
	put_stat(box, 'Z', 2);
	assert_true(proc_has_threads(box->ctx, 7, 4711));
	assert_false(proc_has_threads(box->ctx, 8, 4711));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(one_tier_needs_no_pagemap),
		fixture_test(two_tiers_by_pagemap),
		fixture_test(many_processes),
		fixture_test(one_is_denied),
		fixture_test(no_descriptors),
		fixture_test(sums_only),
		fixture_test(cgroups_v2),
		fixture_test(cgroups_v1),
		fixture_test(cgroups_cached),
		fixture_test(cgroups_nowhere),
		fixture_test(who_is_alive),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
