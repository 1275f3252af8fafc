/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the watermarks decide, on tables of tiers; write budgets. */
#include "fixture.h"

#include <sys/stat.h>
#include <time.h>

#include "balance/balance.h"

#define MIB (UINT64_C(1) << 20)

/* 1000 MiB each, fast at @pct per cent with watermarks 80 and 60 */
static void tiers(struct balance_tier t[3], unsigned pct)
{
	const struct balance_tier plain = {
		.size_bytes = 1000 * MIB,
		.free_bytes = 1000 * MIB,
		.budget_bytes = UINT64_MAX,
		.above_pct = SWAPADM_PCT_NONE,
		.below_pct = SWAPADM_PCT_NONE,
	};

	t[0] = t[1] = t[2] = plain;
	t[0].name = "fast";
	t[0].above_pct = 80;
	t[0].below_pct = 60;
	t[0].older_s = 600;
	t[0].used_bytes = pct * 10 * MIB;
	t[0].free_bytes = t[0].size_bytes - t[0].used_bytes;
	t[1].name = "ssd";
	t[2].name = "hdd";
}

static void test_hysteresis(void **state)
{
	struct swapadm_balance_decision d[3];
	struct balance_tier t[3];

	tiers(t, 80); /* not above it */
	assert_int_equal(balance_decide(t, 3, d), 0);
	tiers(t, 81);
	assert_int_equal(balance_decide(t, 3, d), 1);
	assert_string_equal(d[0].tier, "fast");
	assert_string_equal(d[0].dest, "ssd");
	assert_int_equal(d[0].bytes, BALANCE_PIECE_BYTES);
	assert_int_equal(d[0].older_s, 600);
	assert_non_null(strstr(d[0].why, "81% full"));
	assert_true(t[0].descending);
	t[0].used_bytes = 700 * MIB; /* between the two: a descent goes on */
	assert_int_equal(balance_decide(t, 3, d), 1);
	t[0].used_bytes = 610 * MIB; /* the last piece is what is left */
	assert_int_equal(balance_decide(t, 3, d), 1);
	assert_int_equal(d[0].bytes, 10 * MIB);
	t[0].used_bytes = 600 * MIB;
	assert_int_equal(balance_decide(t, 3, d), 0);
	t[0].used_bytes = 700 * MIB; /* and does not begin there */
	assert_int_equal(balance_decide(t, 3, d), 0);
}

/* an area's header takes a page, so a percentage of the rest ends inside of one */
static void test_part_of_a_page(void **state)
{
	uint64_t page_bytes = (uint64_t)sysconf(_SC_PAGESIZE), below_bytes;
	struct swapadm_balance_decision d[3];
	struct balance_tier t[3];

	tiers(t, 81);
	t[0].size_bytes = 1024 * MIB - page_bytes;
	t[0].descending = true;
	below_bytes = t[0].size_bytes * 60 / 100 / page_bytes * page_bytes;
	t[0].used_bytes = below_bytes + page_bytes;
	assert_int_equal(balance_decide(t, 3, d), 1);
	assert_int_equal(d[0].bytes, page_bytes);
	t[0].used_bytes -= d[0].bytes;
	assert_int_equal(balance_decide(t, 3, d), 0);
	assert_false(t[0].descending);
}

static void test_room(void **state)
{
	struct swapadm_balance_decision d[3];
	struct balance_tier t[3];

	tiers(t, 90);
	t[1].free_bytes = 0;
	assert_int_equal(balance_decide(t, 3, d), 1);
	assert_string_equal(d[0].dest, "hdd");
	t[2].free_bytes = 3 * MIB;
	assert_int_equal(balance_decide(t, 3, d), 1);
	assert_int_equal(d[0].bytes, 3 * MIB);
	t[2].free_bytes = 0;
	assert_int_equal(balance_decide(t, 3, d), 1);
	assert_int_equal(d[0].bytes, 0);
	assert_non_null(strstr(d[0].waits, "no slower tier has room"));
}

static void test_budget(void **state)
{
	struct swapadm_balance_decision d[3];
	struct balance_tier t[3];

	tiers(t, 90);
	t[1].budget_bytes = 5 * MIB;
	assert_int_equal(balance_decide(t, 3, d), 1);
	assert_int_equal(d[0].bytes, 5 * MIB);
	t[1].budget_bytes = 0;
	assert_int_equal(balance_decide(t, 3, d), 1);
	assert_int_equal(d[0].bytes, 0);
	assert_non_null(strstr(d[0].waits, "write-budget is used up of ssd"));
}

static void test_jobs(void **state)
{
	struct swapadm_balance_decision d[3];
	struct balance_tier t[3];

	tiers(t, 90);
	strcpy(t[1].job, "17");
	assert_int_equal(balance_decide(t, 3, d), 1);
	assert_int_equal(d[0].bytes, 0);
	assert_non_null(strstr(d[0].waits, "for job 17"));
	t[1].job[0] = '\0';
	strcpy(t[2].job, "18"); /* elsewhere: no matter */
	assert_int_equal(balance_decide(t, 3, d), 1);
	assert_true(d[0].bytes > 0);
	t[0].resting = true;
	assert_int_equal(balance_decide(t, 3, d), 0);
}

/* which jobs make a tier wait */
static void jobs_of_a_tier(void **state)
{
	struct swapadm_device ssd = { .name = "sdb2", .path = "/dev/sdb2" };
	const struct swapadm_device *devices[] = { &ssd };
	struct swapadm_tier tier = { .name = "ssd", .devices = devices, .n_devices = 1 };
	static const struct {
		struct swapadm_progress job;
		bool touched;
	} cases[] = {
		{ { .id = "d1", .source = "sda", .dest = "memory" }, false },
		{ { .id = "d1", .source = "ssd", .dest = "memory" }, true },
		{ { .id = "d1", .source = "/dev/sdb2", .dest = "memory" }, true },
		{ { .id = "d1", .source = "sda", .dest = "hdd" }, false },
		{ { .id = "d1", .source = "sda", .dest = "memory,ssd" }, true },
		{ { .id = "d1", .source = "sda", .dest = "memory,ssd2" }, false },
		{ { .id = "d1", .source = "sda", .dest = "" }, true },
		/* the kernel's may choose it yet */
		{ { .id = "7", .source = "sda", .dest = "hdd" }, true },
		{ { .id = "7", .kind = SWAPADM_JOB_MIGRATE, .source = "a", .dest = "b" },
		  false },
		{ { .id = "7", .state = SWAPADM_JOB_DONE, .source = "ssd" }, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(balance_is_touched(&tier, &cases[i].job),
				 cases[i].touched);
}

/* the slowest comes first, so that it has room when the next one is looked at */
static void test_order_and_default(void **state)
{
	struct swapadm_balance_decision d[3];
	struct balance_tier t[3];

	tiers(t, 90);
	t[1].above_pct = 50;
	t[1].used_bytes = 510 * MIB;
	assert_int_equal(balance_decide(t, 3, d), 2);
	assert_string_equal(d[0].tier, "ssd");
	assert_string_equal(d[0].dest, "hdd");
	assert_string_equal(d[1].tier, "fast");
	t[1].used_bytes = 410 * MIB; /* demote-below is 40 then */
	assert_int_equal(balance_decide(t, 3, d), 2);
	assert_int_equal(d[0].bytes, 10 * MIB);
}

static uint64_t used_after(struct sandbox *box, const char *boot_id, int64_t wall_ago_s,
			   int64_t boot_ago_s)
{
	struct timespec boot;
	char text[256];
	int64_t wall = (int64_t)time(NULL) - wall_ago_s;
	uint64_t bytes = 77;

	clock_gettime(CLOCK_BOOTTIME, &boot);
	sandbox_write(box, "/proc/sys/kernel/random/boot_id", "this-boot\n");
	snprintf(text, sizeof(text), "# %lld %lld %s\nssd %lld 5000\n", (long long)wall,
		 (long long)(boot.tv_sec - boot_ago_s), boot_id,
		 (long long)(wall / (24 * 60 * 60)));
	sandbox_write(box, "/var/lib/swapadm/write-budget", text);
	assert_int_equal(balance_budget_used(box->ctx, "ssd", &bytes), 0);
	return bytes;
}

/* a clock that is set gives no new budget; a day that is over does */
static void a_clock_that_jumps(void **state)
{
	const int64_t day = 24 * 60 * 60;
	int64_t of_day = (int64_t)time(NULL) % day;
	struct sandbox *box = *state;
	struct timespec boot;

	if (of_day > day - 60)
		skip(); /* midnight may come in between */
	assert_int_equal(used_after(box, "this-boot", 0, 0), 5000);
	/* set forward by ten days, but no time has gone by; the same from 1970 */
	assert_int_equal(used_after(box, "this-boot", 10 * day + of_day, 0), 5000);
	assert_int_equal(used_after(box, "this-boot", (int64_t)time(NULL), 0), 5000);
	/* set back */
	assert_int_equal(used_after(box, "this-boot", -10 * day + of_day, 0), 5000);
	assert_int_equal(used_after(box, "other-boot", -10 * day, 0), 5000);
	/* yesterday, in another boot, or before midnight of this one */
	assert_int_equal(used_after(box, "other-boot", of_day + 3600, 0), 0);
	clock_gettime(CLOCK_BOOTTIME, &boot);
	if (of_day + 3600 < boot.tv_sec)
		assert_int_equal(
			used_after(box, "this-boot", of_day + 3600, of_day + 3600), 0);
}

/* SECURITY.md says so */
static void modes_of_what_is_kept(void **state)
{
	const struct swapadm_balance_round round = { .ended_s = 1 };
	struct sandbox *box = *state;
	struct stat st;
	mode_t old;

	sandbox_write(box, "/var/lib/.keep", "");
	old = umask(0077);
	box->ctx->foreign_root = false;
	assert_int_equal(balance_budget_charge(box->ctx, "ssd", 4096), 0);
	assert_int_equal(swapadm_balance_set_last(box->ctx, &round), 0);
	umask(old);
	assert_int_equal(stat(sandbox_real(box, "/var/lib/swapadm"), &st), 0);
	assert_int_equal(st.st_mode, S_IFDIR | 0755);
	assert_int_equal(stat(sandbox_real(box, "/var/lib/swapadm/write-budget"), &st),
			 0);
	assert_int_equal(st.st_mode, S_IFREG | 0644);
	assert_int_equal(stat(sandbox_real(box, "/run/swapadm/balance-round"), &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0644);
}

/* who only looks at a budget does not write it; a round does, and loses nothing */
static void a_budget_is_carried(void **state)
{
	_cleanup_free_ char *before = NULL, *looked = NULL, *carried = NULL;
	struct sandbox *box = *state;
	uint64_t bytes;

	box->ctx->foreign_root = false;
	assert_int_equal(used_after(box, "other-boot", 0, 0), 5000);
	before = sandbox_read(box, "/var/lib/swapadm/write-budget");
	assert_non_null(strstr(before, "other-boot"));
	assert_int_equal(balance_budget_carry(box->ctx), 0);
	carried = sandbox_read(box, "/var/lib/swapadm/write-budget");
	assert_non_null(strstr(carried, "this-boot"));
	assert_int_equal(balance_budget_charge(box->ctx, "ssd", 70), 0);
	assert_int_equal(balance_budget_carry(box->ctx), 0);
	assert_int_equal(balance_budget_used(box->ctx, "ssd", &bytes), 0);
	assert_int_equal(bytes, 5070);
	looked = sandbox_read(box, "/var/lib/swapadm/write-budget");
	assert_non_null(strstr(looked, " 5070\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hysteresis),
		cmocka_unit_test(test_part_of_a_page),
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_budget),
		fixture_test(a_clock_that_jumps),
		fixture_test(modes_of_what_is_kept),
		fixture_test(a_budget_is_carried),
		cmocka_unit_test(test_jobs),
		cmocka_unit_test(jobs_of_a_tier),
		cmocka_unit_test(test_order_and_default),
	};

	return cmocka_run_group_tests_name("balance", tests, NULL, NULL);
}
