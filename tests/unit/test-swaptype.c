/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include "prefetch/swapmap.h"
#include "kernel/tmpfs.h"

#define PAGE 4096

/* ---- whose type is it? ------------------------------------------------------------ */

static struct area lines[4];
static struct area_list table = { lines, 0 };

/* lines of @sizes pages, all of them used to the half; 0 used where the size is odd */
static void set_lines(size_t n, const unsigned *sizes)
{
	table.n = n;
	for (size_t i = 0; i < n; i++)
		lines[i] = (struct area){
			.size_bytes = (uint64_t)sizes[i] * PAGE,
			.used_bytes = sizes[i] % 2 ? 0 : (uint64_t)sizes[i] / 2 * PAGE,
		};
}
#define LINES(...)                                                        \
	set_lines(sizeof((unsigned[]){ __VA_ARGS__ }) / sizeof(unsigned), \
		  (unsigned[]){ __VA_ARGS__ })

static struct type_stats seen(unsigned type, uint64_t offset, struct type_stats before)
{
	type_stats_add(&before, &(struct swap_span){ type, offset, 1, 1 });
	return before;
}
#define NOTHING ((struct type_stats){ { 0 } })

static int fit(size_t target, struct type_stats stats)
{
	int type = -77, r = swaptype_fit(&table, &stats, target, &type);

	return r ? r : type;
}

static void one_area(void **state)
{
	LINES(100);
	assert_int_equal(fit(0, seen(0, 50, NOTHING)), 0);
	/* after a hole */
	assert_int_equal(fit(0, seen(5, 50, NOTHING)), 5);
	assert_int_equal(fit(0, NOTHING), SWAPTYPE_NONE);
	assert_int_equal(fit(0, seen(0, 101, NOTHING)), SWAPTYPE_NONE);
	/* a migration entry next to it */
	assert_int_equal(fit(0, seen(30, 1 << 20, seen(2, 50, NOTHING))), 2);
}

static void all_are_seen(void **state)
{
	LINES(100, 100, 100);
	struct type_stats stats = seen(1, 9, seen(4, 9, seen(7, 9, NOTHING)));

	assert_int_equal(fit(0, stats), 1);
	assert_int_equal(fit(1, stats), 4);
	assert_int_equal(fit(2, stats), 7);
}

static void an_unused_area_has_no_type(void **state)
{
	LINES(100, 101, 100);
	struct type_stats stats = seen(0, 9, seen(2, 9, NOTHING));

	assert_int_equal(fit(0, stats), 0);
	assert_int_equal(fit(1, stats), SWAPTYPE_NONE);
	assert_int_equal(fit(2, stats), 2);
}

static void offsets_tell(void **state)
{
	LINES(100, 1000);
	assert_int_equal(fit(1, seen(1, 500, NOTHING)), 1);
	assert_int_equal(fit(0, seen(1, 500, NOTHING)), SWAPTYPE_NONE);
	/* line 1 has at least type 1 */
	assert_int_equal(fit(0, seen(0, 50, NOTHING)), 0);
	assert_int_equal(fit(1, seen(0, 50, NOTHING)), SWAPTYPE_NONE);
}

static void ambiguous_is_said(void **state)
{
	LINES(100, 100);
	assert_int_equal(fit(0, seen(1, 50, NOTHING)), -ENOTUNIQ);
	assert_int_equal(fit(1, seen(1, 50, NOTHING)), -ENOTUNIQ);
	/* more types than lines: the table is out of date */
	assert_int_equal(fit(0, seen(1, 5, seen(2, 5, seen(3, 5, NOTHING)))), -ESTALE);
}

static void probes_show_the_holes(void **state)
{
	const bool at_end[] = { false, false, true };
	const bool in_hole[] = { false, true, false };
	const bool filled[] = { false, true, false, true };

	assert_int_equal(swaptype_from_probes(at_end, 3, true, 0), 0);
	assert_int_equal(swaptype_from_probes(at_end, 3, true, 1), 1);
	assert_int_equal(swaptype_from_probes(in_hole, 3, false, 0), 0);
	assert_int_equal(swaptype_from_probes(in_hole, 3, false, 2), -1);
	assert_int_equal(swaptype_from_probes(filled, 4, true, 2), 2);
}

/* ---- pages in order --------------------------------------------------------------- */

static void add(struct runset *set, uint64_t offset, uint64_t vpn, uint64_t n)
{
	assert_int_equal(runset_add(set, &(struct swap_span){ 1, offset, vpn, n }, 3), 0);
}

static void sorted_and_once(void **state)
{
	struct runset set;

	runset_init(&set, 0, 0);
	for (unsigned i = 0; i < 50000; i++) /* 7919 is prime: every slot once */
		add(&set, 1 + (uint64_t)i * 7919 % 50000, i, 1);
	add(&set, 10, 100000, 1); /* shared with another process */
	runset_sort(&set);
	assert_int_equal(set.n, 50000);
	assert_int_equal(set.n_pages, 50000);
	for (unsigned i = 0; i < 50000; i++) {
		assert_int_equal(set.runs[i].offset, i + 1);
		assert_int_equal(set.runs[i].n_pages, 1);
	}
	runset_free(&set);
}

static void overlaps_are_cut(void **state)
{
	struct runset set;

	runset_init(&set, 20, 0);
	add(&set, 10, 100, 20); /* 20..29 are left */
	add(&set, 25, 500, 20);
	add(&set, 26, 900, 3);
	runset_sort(&set);
	assert_int_equal(set.n, 2);
	assert_int_equal(set.n_pages, 25);
	assert_int_equal(set.runs[0].offset, 20);
	assert_int_equal(set.runs[0].vpn, 110);
	assert_int_equal(set.runs[1].offset, 30);
	assert_int_equal(set.runs[1].vpn, 505);
	assert_int_equal(set.runs[1].n_pages, 15);
	runset_free(&set);
}

/* the same place on another area is another page */
static void areas_do_not_hide_each_other(void **state)
{
	struct runset set;

	runset_init(&set, 0, 0);
	for (unsigned type = 0; type < 3; type++)
		for (uint64_t offset = 1; offset <= 1000; offset++)
			assert_int_equal(
				runset_add(&set,
					   &(struct swap_span){ type, offset,
								1000 * type + offset, 1 },
					   0),
				0);
	runset_sort(&set);
	assert_int_equal(set.n_pages, 3000);
	runset_keep_type(&set, 1);
	runset_sort(&set);
	assert_int_equal(set.n_pages, 1000);
	assert_int_equal(set.runs[999].vpn, 2000);
	runset_free(&set);
}

/* bounded memory: what did not fit comes in the next passes, nothing twice or never */
static void passes_cover_everything(void **state)
{
	bool met[5001] = { false };
	uint64_t begin = 0;
	unsigned passes = 0, n = 0;

	while (begin <= UINT32_MAX && ++passes < 100) {
		struct runset set;

		runset_init(&set, begin, 512);
		for (unsigned i = 0; i < 5000; i++)
			add(&set, 1 + (uint64_t)i * 7919 % 5000, i, 1);
		runset_sort(&set);
		assert_in_range(set.room, 1, 512);
		for (size_t i = 0; i < set.n; i++) {
			assert_false(met[set.runs[i].offset]);
			met[set.runs[i].offset] = true;
			n++;
		}
		begin = set.end_offset;
		runset_free(&set);
	}
	assert_int_equal(n, 5000);
	assert_in_range(passes, 10, 40);
}

static void odd_spans_are_left_out(void **state)
{
	struct runset set;

	runset_init(&set, 0, 0);
	add(&set, UINT64_C(1) << 33, 1, 1);
	add(&set, UINT32_MAX, 1, 5); /* only one slot is below the end */
	assert_int_equal(runset_add(&set, &(struct swap_span){ 1, 5, 1, 1 }, 1u << 20),
			 0);
	runset_sort(&set);
	assert_int_equal(set.n_pages, 1);
	runset_free(&set);
}

/* ---- pagemap ---------------------------------------------------------------------- */

static void entries(void **state)
{
	uint64_t offset = 7;
	unsigned type = 7;

	assert_false(pagemap_decode(0, &type, &offset));
	assert_false(pagemap_decode(UINT64_C(1) << 63 | 5, &type, &offset));
	assert_false(pagemap_decode(UINT64_C(1) << 62 | 3, &type, &offset));
	assert_int_equal(type * 0 + 7, 7);
	assert_true(pagemap_decode(UINT64_C(1) << 62 | UINT64_C(1) << 55 |
					   UINT64_C(0x123456789) << 5 | 3,
				   &type, &offset));
	assert_int_equal(type, 3);
	assert_int_equal(offset, 0x123456789);
}

static void mappings_with_swap(void **state)
{
	const char *text = "00400000-00452000 r-xp 00000000 08:02 173521 /bin/a\n"
			   "Size:  328 kB\nSwap:   0 kB\nSwapPss: 9 kB\n"
			   "a0000-b0000 rw-p 00000000 00:00 0 [heap]\n"
			   "Swap:  12 kB\nVmFlags: rd wr\n"
			   "7f0000000000-7f0000002000 rw-p 00000000 00:00 0\n"
			   "Swap:  4 kB";
	uint64_t start, end;

	assert_true(smaps_next_swapped(&text, &start, &end));
	assert_int_equal(start, 0xa0000);
	assert_int_equal(end, 0xb0000);
	assert_true(smaps_next_swapped(&text, &start, &end));
	assert_int_equal(start, 0x7f0000000000);
	assert_false(smaps_next_swapped(&text, &start, &end));
}

/* "start-end " in pages of each range */
static const char *private_of(const char *maps, uint64_t max_gap)
{
	static char text[256];
	uint64_t start, end;
	size_t n = 0;

	text[0] = '\0';
	while (maps_next_private(&maps, max_gap, &start, &end))
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%llx-%llx ",
				      (unsigned long long)start >> 12,
				      (unsigned long long)end >> 12);
	return text;
}

static void private_mappings(void **state)
{
	static const char maps[] =
		"a0000-a1000 r-xp 00000000 fe:00 12133137    /usr/bin/x\n"
		"a1000-a2000 rw-p 00001000 fe:00 12133137    /usr/bin/x 1-2 rw-p\n"
		"a4000-a6000 ---p 00000000 00:00 0\n"
		"a6000-a7000 rw-s 00000000 00:01 5           /dev/zero (deleted)\n"
		"\n"
		"a7000-a8000 r\n"
		"b0000-b0000 rw-p 00000000 00:00 0\n"
		"7f0000000000-7f0000001000 rw-p 00000000 00:00 0           [heap]\n"
		"ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0  [vsyscall]\n";

	(void)state;
	assert_string_equal(private_of(maps, 0), "a0-a2 a4-a6 7f0000000-7f0000001 ");
	assert_string_equal(private_of(maps, 0x1000), "a0-a2 a4-a6 7f0000000-7f0000001 ");
	assert_string_equal(private_of(maps, 0x2000), "a0-a6 7f0000000-7f0000001 ");
	assert_string_equal(private_of("", 0), "");
	assert_string_equal(private_of("x\na0000-a1000 rw-p", 0), "a0-a1 ");
}

static void put_pagemap(struct sandbox *box, int pid, uint64_t vpn, const uint64_t *e,
			size_t n)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/pagemap", pid);
	sandbox_write(box, path, "");
	fd = open(sandbox_real(box, path), O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, e, n * 8, (off_t)(vpn * 8)), n * 8);
	close(fd);
}

static uint64_t swapped(unsigned type, uint64_t offset)
{
	return UINT64_C(1) << 62 | offset << 5 | type;
}

static void whole_processes(void **state)
{
	struct sandbox *box = *state;
	const uint64_t first[] = { swapped(2, 8), swapped(2, 9),   0,
				   swapped(2, 4), swapped(30, 99), swapped(2, 5) };
	const uint64_t second[] = { swapped(2, 9), swapped(2, 6), swapped(1, 1) };
	struct swapmap map;

	sandbox_write(box, "/proc/5/status", "Name:\ta\nVmSwap:\t20 kB\n");
	sandbox_write(box, "/proc/5/smaps", "100000-106000 rw-p 0 0 0\nSwap: 16 kB\n");
	put_pagemap(box, 5, 0x100, first, 6);
	sandbox_write(box, "/proc/6/status", "Name:\tb\nVmSwap:\t12 kB\n");
	sandbox_write(box, "/proc/6/smaps",
		      "200000-203000 rw-p 0 0 0\nSwap: 8 kB\n"
		      "300000-303000 rw-p 0 0 0\nSwap: 0 kB\n");
	put_pagemap(box, 6, 0x200, second, 3);
	/* ended between two looks */
	sandbox_write(box, "/proc/7/status", "Name:\tc\nVmSwap:\t16 kB\n");
	assert_int_equal(swapmap_load(box->ctx, 2, 0, 0, &map), 0);
	assert_int_equal(map.procs.n, 3);
	assert_int_equal(map.runs.n_pages, 5); /* slot 9 is shared */
	assert_int_equal(map.runs.runs[0].offset, 4);
	assert_int_equal(map.runs.runs[0].vpn, 0x103);
	assert_int_equal(map.runs.runs[2].offset, 6);
	assert_int_equal(map.procs.items[map.runs.runs[2].owner].pid, 6);
	assert_int_equal(map.stats.n_pages[1], 1);
	assert_int_equal(map.stats.n_pages[30], 1);
	assert_int_equal(map.stats.max_offset[2], 9);
	swapmap_free(&map);
	assert_int_equal(swapmap_load(box->ctx, SWAPMAP_ANY_TYPE, 0, 6, &map), 0);
	assert_int_equal(map.runs.n_pages, 3);
	swapmap_free(&map);
	/* then its pages are not known, and not none */
	sandbox_no_descriptor(box, "/proc/6/smaps");
	assert_int_equal(swapmap_load(box->ctx, SWAPMAP_ANY_TYPE, 0, 6, &map), -EMFILE);
}

static int off_fd;

static int swapon_interrupted(const char *path, int flags)
{
	kill(getpid(), SIGTERM);
	return 0;
}

static int swapoff_noted(const char *path)
{
	return write(off_fd, "", 1) == 1 ? 0 : -1;
}

/* a loop device without swap is all that is made here */
static void a_probe_is_not_left_behind(void **state)
{
	struct swapadm_ctx *ctx;
	int fds[2], type, status;
	char byte;
	pid_t pid;

	if (geteuid() != 0 || access("/dev/loop-control", W_OK) < 0 || is_emulated())
		skip();
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	pid = fork();
	if (!pid) {
		off_fd = fds[1];
		signal(SIGTERM, SIG_DFL);
		if (swapadm_new(&ctx, NULL))
			_exit(1);
		ctx->ops.swapon = swapon_interrupted;
		ctx->ops.swapoff = swapoff_noted;
		_exit(swaptype_probe(ctx, "/nonesuch", &type) == -EOPNOTSUPP ? 2 : 3);
	}
	close(fds[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 2)
		skip(); /* no loop device can be made here */
	assert_int_equal(read(fds[0], &byte, 1), 1);
	assert_true(WIFSIGNALED(status)); /* when all was as before */
	close(fds[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_area),
		cmocka_unit_test(all_are_seen),
		cmocka_unit_test(an_unused_area_has_no_type),
		cmocka_unit_test(offsets_tell),
		cmocka_unit_test(ambiguous_is_said),
		cmocka_unit_test(probes_show_the_holes),
		cmocka_unit_test(sorted_and_once),
		cmocka_unit_test(overlaps_are_cut),
		cmocka_unit_test(areas_do_not_hide_each_other),
		cmocka_unit_test(passes_cover_everything),
		cmocka_unit_test(odd_spans_are_left_out),
		cmocka_unit_test(entries),
		cmocka_unit_test(mappings_with_swap),
		cmocka_unit_test(private_mappings),
		fixture_test(whole_processes),
		cmocka_unit_test(a_probe_is_not_left_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
