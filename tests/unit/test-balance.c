/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the watermarks decide, on tables of tiers. */
#include "fixture.h"

#include <sys/stat.h>
#include <time.h>

#include "balance/balance.h"
#include "balance/direct.h"
#include "balance/squeeze.h"
#include "balance/zram.h"
#include "model/model.h"

#define MIB (UINT64_C(1) << 20)

static void balance_freep(struct swapadm_balance **balance)
{
	swapadm_balance_free(*balance);
}

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

	assert_int_equal(used_after(box, "this-boot", 0, 0), 5000);
	/* set forward by ten days, but no time has gone by; the same from 1970 */
	assert_int_equal(used_after(box, "this-boot", 10 * day + of_day, 0), 5000);
	assert_int_equal(used_after(box, "this-boot", (int64_t)time(NULL), 0), 5000);
	/* set back */
	assert_int_equal(used_after(box, "this-boot", -10 * day + of_day, 0), 5000);
	assert_int_equal(used_after(box, "other-boot", -10 * day, 0), 5000);
	/* yesterday, in another boot, or before midnight of this one */
	assert_int_equal(used_after(box, "other-boot", of_day + 10, 0), 0);
	clock_gettime(CLOCK_BOOTTIME, &boot);
	if (of_day + 10 < boot.tv_sec)
		assert_int_equal(used_after(box, "this-boot", of_day + 10, of_day + 10),
				 0);
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

/* ---- zram on the direct layer ------------------------------------------------------ */

/* two of 500 MiB, which hold @a and @b MiB, in a tier with watermarks 80 and 60 */
static void zrams(struct balance_tier *t, struct balance_zram z[2], uint64_t a,
		  uint64_t b)
{
	const struct balance_zram plain = {
		.size_bytes = 500 * MIB,
		.room_bytes = 1000 * MIB,
		.ages = true,
		.marked_s = NOT_MARKED,
	};

	*t = (struct balance_tier){ .name = "fast",
				    .above_pct = 80,
				    .below_pct = 60,
				    .older_s = 600,
				    .budget_bytes = UINT64_MAX };
	z[0] = z[1] = plain;
	z[0].name = "zram0";
	z[1].name = "zram1";
	z[0].held_bytes = a * MIB;
	z[1].held_bytes = b * MIB;
	z[0].mem_bytes = a * MIB / 2;
	z[1].mem_bytes = b * MIB / 2;
}

static void zram_hysteresis(void **state)
{
	struct swapadm_balance_decision d;
	struct balance_zram z[2];
	struct balance_tier t;
	const struct balance_zrams all = { &t, z, 2 };

	zrams(&t, z, 400, 400); /* not above it */
	assert_false(balance_decide_zram(&all, &d));
	zrams(&t, z, 400, 411);
	assert_true(balance_decide_zram(&all, &d));
	assert_string_equal(d.tier, "fast");
	assert_string_equal(d.device, "zram1"); /* the fuller one */
	assert_string_equal(d.dest, "backing");
	assert_int_equal(d.kind, SWAPADM_BALANCE_DEMOTE);
	assert_int_equal(d.bytes, BALANCE_PIECE_BYTES);
	assert_int_equal(d.older_s, 600);
	assert_non_null(strstr(d.why, "holds 81% of its size"));
	z[1].held_bytes = 210 * MIB; /* between the two: it goes on, by what is left */
	assert_true(balance_decide_zram(&all, &d));
	assert_string_equal(d.device, "zram0");
	assert_int_equal(d.bytes, 10 * MIB);
	z[1].held_bytes = 200 * MIB + 1; /* a part of a page is one */
	assert_true(balance_decide_zram(&all, &d));
	assert_int_equal(d.bytes, sysconf(_SC_PAGESIZE));
	z[1].held_bytes = 200 * MIB;
	assert_false(balance_decide_zram(&all, &d));
	z[1].held_bytes = 300 * MIB; /* and does not begin there */
	assert_false(balance_decide_zram(&all, &d));
}

static void zram_by_limit(void **state)
{
	struct swapadm_balance_decision d;
	struct balance_zram z[2];
	struct balance_tier t;
	const struct balance_zrams all = { &t, z, 2 };

	zrams(&t, z, 100, 100);
	z[0].limit_bytes = 50 * MIB; /* one without a limit: it can't be full by that */
	assert_false(balance_decide_zram(&all, &d));
	z[1].limit_bytes = 50 * MIB;
	assert_true(balance_decide_zram(&all, &d));
	assert_non_null(strstr(d.why, "holds 100% of its mem-limit"));
	/* 40 MiB of memory too much, at two pages a page of memory: 80 MiB, in pieces */
	assert_int_equal(d.bytes, BALANCE_PIECE_BYTES);
	z[0].mem_bytes = z[1].mem_bytes = 31 * MIB;
	assert_true(balance_decide_zram(&all, &d));
	assert_int_equal(d.bytes >> 20, 6); /* 2 of 62, of 200 */
}

static void zram_waits(void **state)
{
	struct swapadm_balance_decision d;
	struct balance_zram z[2];
	struct balance_tier t;
	const struct balance_zrams all = { &t, z, 2 };

	zrams(&t, z, 450, 450);
	t.budget_bytes = 3 * MIB + 17;
	assert_true(balance_decide_zram(&all, &d));
	assert_int_equal(d.bytes, 3 * MIB);
	t.budget_bytes = 17; /* less than a page */
	assert_true(balance_decide_zram(&all, &d));
	assert_int_equal(d.bytes, 0);
	assert_string_equal(d.waits, "today's write-budget is used up of fast");
	t.budget_bytes = UINT64_MAX;
	strcpy(t.job, "d7");
	assert_true(balance_decide_zram(&all, &d));
	assert_string_equal(d.waits, "for job d7");
	t.job[0] = '\0';
	z[0].resting = true; /* all warm there a while ago: the other one */
	assert_true(balance_decide_zram(&all, &d));
	assert_string_equal(d.device, "zram1");
	z[1].room_bytes = 0;
	assert_true(balance_decide_zram(&all, &d));
	assert_int_equal(d.bytes, 0);
	assert_non_null(strstr(d.waits, "no backing device has room"));
	z[1].resting = true;
	assert_false(balance_decide_zram(&all, &d));
}

/* a kernel that does not track ages */
static void zram_by_marks(void **state)
{
	struct swapadm_balance_decision d;
	struct balance_zram z[2];
	struct balance_tier t;
	const struct balance_zrams all = { &t, z, 1 };

	zrams(&t, z, 450, 0);
	z[0].ages = false;
	assert_true(balance_decide_zram(&all, &d));
	assert_int_equal(d.kind, SWAPADM_BALANCE_MARK);
	z[0].marked_s = 599;
	assert_true(balance_decide_zram(&all, &d));
	assert_int_equal(d.bytes, 0);
	assert_non_null(strstr(d.waits, "marked idle"));
	assert_string_equal(t.marks_of, "zram0"); /* not for recompression now */
	z[0].marked_s = 600;
	assert_true(balance_decide_zram(&all, &d));
	assert_int_equal(d.kind, SWAPADM_BALANCE_DEMOTE);
	assert_true(d.bytes > 0);
	t.older_s = 0; /* age does not matter: no marks needed */
	z[0].marked_s = NOT_MARKED;
	assert_true(balance_decide_zram(&all, &d));
	assert_int_equal(d.kind, SWAPADM_BALANCE_DEMOTE);
}

/* a tier of two zrams in use that have a second compressor, and both ask for it */
static void two_to_recompress(void **state)
{
	static const char *const names[] = { "zram0", "zram1" };
	_cleanup_(balance_freep) struct swapadm_balance *balance = NULL;
	_cleanup_(model_unrefp) struct swapadm_model *model = NULL;
	struct sandbox *box = *state;
	struct swapadm_conf *conf = NULL;
	struct swapadm_job *job;
	struct model_tier *tier;
	size_t n;

	sandbox_write(box, "/etc/swapadm.conf",
		      "[tier fast]\ndevice = zram,size=1G,recompress=zstd\n"
		      "recompress-older = 10min\n");
	assert_int_equal(swapadm_conf_load(box->ctx, NULL, &conf), 0);
	assert_int_equal(model_new(box->ctx, NULL, 0, &model), 0);
	assert_int_equal(model_add_tier(model, "fast", 0, 100, false, &tier), 0);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct model_device *dev;

		assert_int_equal(model_new_device(model, &dev), 0);
		dev->pub.name = names[i];
		dev->pub.kind = SWAPADM_KIND_ZRAM;
		dev->pub.state = SWAPADM_STATE_ACTIVE;
		dev->pub.recompress = "zstd";
		dev->pub.usage.stored_bytes = 4 * MIB;
		assert_int_equal(model_tier_add(tier, dev), 0);
	}
	model_finish(model);
	assert_int_equal(swapadm_balance_new(box->ctx, &balance), 0);
	assert_int_equal(swapadm_balance_decide(balance, conf, model, &n), 0);
	assert_int_equal(n, 2);
	for (size_t i = 0; i < n; i++) {
		const struct swapadm_balance_decision *d =
			swapadm_balance_get(balance, i);

		assert_int_equal(d->kind, SWAPADM_BALANCE_RECOMPRESS);
		assert_string_equal(d->device, names[i]);
		assert_true(d->bytes > 0);
	}
	/* one that fails rests, and the next one has its turn */
	assert_int_equal(swapadm_balance_start(balance, model,
					       swapadm_balance_get(balance, 0), &job),
			 -EROFS);
	assert_int_equal(swapadm_balance_decide(balance, conf, model, &n), 0);
	assert_int_equal(n, 1);
	assert_string_equal(swapadm_balance_get(balance, 0)->device, "zram1");
	swapadm_conf_unref(conf);
}

static void zswap_limits(void **state)
{
	struct zswap_limits l;

	(void)state;
	/* of 1000 MiB: 57 MiB are 5 whole percents and more; 20 MiB are 40 % of those */
	assert_true(zswap_limits_for(57 * MIB, 1000 * MIB, 20 * MIB, &l));
	assert_int_equal(l.max_pct, 5);
	assert_int_equal(l.accept_pct, 40);
	assert_true(zswap_limits_for(57 * MIB, 1000 * MIB, 56 * MIB, &l));
	assert_int_equal(l.accept_pct, 112);
	/* a limit of 0 would empty it */
	assert_false(zswap_limits_for(9 * MIB, 1000 * MIB, 5 * MIB, &l));
	assert_false(zswap_limits_for(57 * MIB, 1000 * MIB, 0, &l));
	assert_false(zswap_limits_for(0, 0, 0, &l));
}

/* zswap's pool at @pool_kib of 1000 MiB memory and a limit of 20 %, before a disk */
static void zswap_decision(struct sandbox *box, unsigned pool_kib, const char *budget,
			   struct swapadm_balance_decision *out, size_t *n)
{
	_cleanup_(balance_freep) struct swapadm_balance *balance = NULL;
	_cleanup_(model_unrefp) struct swapadm_model *model = NULL;
	struct swapadm_conf *conf = NULL;
	struct model_device *dev;
	struct model_tier *tier;
	char text[256];
	int r;

	snprintf(text, sizeof(text),
		 "MemTotal: 1024000 kB\nZswap: %u kB\nZswapped: %u kB\n", pool_kib,
		 pool_kib * 4);
	sandbox_write(box, "/proc/meminfo", text);
	sandbox_write(box, "/sys/module/zswap/parameters/enabled", "Y\n");
	sandbox_write(box, "/sys/module/zswap/parameters/max_pool_percent", "20\n");
	sandbox_write(box, "/sys/module/zswap/parameters/accept_threshold_percent",
		      "90\n");
	snprintf(text, sizeof(text),
		 "[zswap]\ndemote-above = 60%%\ndemote-below = 40%%\n[tier hdd]\n"
		 "device = /dev/sdb\n%s",
		 budget);
	sandbox_write(box, "/etc/swapadm.conf", text);
	assert_int_equal(swapadm_conf_load(box->ctx, NULL, &conf), 0);
	assert_int_equal(model_new(box->ctx, NULL, 0, &model), 0);
	assert_int_equal(model_add_tier(model, "hdd", 0, 100, false, &tier), 0);
	assert_int_equal(model_new_device(model, &dev), 0);
	dev->pub.name = "sdb";
	dev->pub.kind = SWAPADM_KIND_HDD;
	dev->pub.state = SWAPADM_STATE_ACTIVE;
	assert_int_equal(model_tier_add(tier, dev), 0);
	model_finish(model);
	assert_int_equal(swapadm_balance_new(box->ctx, &balance), 0);
	*n = 0;
	r = swapadm_balance_decide(balance, conf, model, n);
	assert_int_equal(r, *n == 0 && r ? -EPROTONOSUPPORT : 0);
	if (*n)
		*out = *swapadm_balance_get(balance, 0);
	else
		out->bytes = (uint64_t)(r != 0);
	swapadm_conf_unref(conf);
}

static void zswap_group(struct sandbox *box, const char *group, unsigned pool_kib,
			const char *writeback)
{
	char path[128], text[64];

	snprintf(path, sizeof(path), "/sys/fs/cgroup/%s/memory.stat", group);
	snprintf(text, sizeof(text), "anon 0\nzswap %u\nzswapped %u\n", pool_kib << 10,
		 pool_kib << 12);
	sandbox_write(box, path, text);
	snprintf(path, sizeof(path), "/sys/fs/cgroup/%s/memory.zswap.writeback", group);
	sandbox_write(box, path, writeback);
}

/* what cgroups keep in the pool by memory.zswap.writeback=0 is not asked for */
static void zswap_that_is_kept(void **state)
{
	struct swapadm_balance_decision d;
	struct sandbox *box = *state;
	uint64_t bytes;
	char file[256];
	size_t n;

	sandbox_write(box, "/proc/self/mountinfo",
		      "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
	sandbox_write(box, "/sys/fs/cgroup/cgroup.controllers", "cpu memory\n");
	sandbox_write(box, "/sys/module/zswap/parameters/shrinker_enabled", "N\n");
	zswap_group(box, "hold", 100 * 1024, "0\n"); /* 50 % of the limit */
	zswap_group(box, "hold/sub", 90 * 1024, "0\n");
	zswap_group(box, "free", 30 * 1024, "1\n");
	zswap_decision(box, 130 * 1024, "", &d, &n);
	assert_int_equal(n, 1);
	assert_int_equal(d.bytes, 0);
	assert_string_equal(d.waits, "cgroup /hold has memory.zswap.writeback=0");
	box->ctx->foreign_root = true;
	assert_int_equal(swapadm_zswap_kept(box->ctx, &bytes, file, sizeof(file)), 0);
	assert_int_equal(bytes, 100 * MIB); /* those below are in it */
	assert_string_equal(file, "/sys/fs/cgroup/hold/memory.zswap.writeback");
	assert_int_equal(swapadm_zswap_kept(box->ctx, &bytes, file, 9), -ENAMETOOLONG);
	/* 35 %: the rest can go below the mark of 40 % */
	zswap_group(box, "hold", 70 * 1024, "0\n");
	zswap_decision(box, 130 * 1024, "", &d, &n);
	assert_int_equal(n, 1);
	assert_true(d.bytes > 0);
	zswap_group(box, "hold", 100 * 1024, "1\n");
	zswap_group(box, "hold/sub", 90 * 1024, "1\n");
	zswap_decision(box, 130 * 1024, "", &d, &n);
	assert_true(d.bytes > 0);
	assert_int_equal(swapadm_zswap_kept(box->ctx, &bytes, file, sizeof(file)),
			 -ENODATA);
}

static unsigned rest_s(const struct balance_memory *m)
{
	return (unsigned)((u64_minus(m->rest_until_ns, monotonic_ns()) + 500000000) /
			  1000000000);
}

/* a few pages are no success: the rests grow all the same */
static void zswap_rests(void **state)
{
	static const unsigned want_s[] = { 10, 10, 120, 240, 480, 960, 1920, 3600 };
	struct balance_memory m = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(want_s); i++) {
		balance_zswap_rest(&m, 64 * MIB, i % 2 * 100 * 4096);
		assert_int_equal(rest_s(&m), want_s[i]);
		assert_int_equal(*m.why != '\0', i >= 2);
	}
	balance_zswap_rest(&m, 64 * MIB, 20 * MIB);
	assert_int_equal(rest_s(&m), 0);
	assert_string_equal(m.why, "");
	balance_zswap_rest(&m, 64 * MIB, 0);
	assert_int_equal(rest_s(&m), 10);
}

static void rounds_are_kept(void **state)
{
	struct swapadm_balance_round round = { 7, 4096, 2, true, "zswap: because" }, read;
	struct sandbox *box = *state;

	sandbox_write(box, "/run/.keep", "");
	box->ctx->foreign_root = false;
	assert_int_equal(swapadm_balance_set_last(box->ctx, &round), 0);
	assert_int_equal(swapadm_balance_get_last(box->ctx, &read), 0);
	assert_int_equal(read.moved_bytes, 4096);
	assert_int_equal(read.waiting, 2);
	assert_string_equal(read.why, "zswap: because");
	sandbox_write(box, "/run/swapadm/balance-round", "7 4096 2 1\n");
	assert_int_equal(swapadm_balance_get_last(box->ctx, &read), 0);
	assert_string_equal(read.why, "");
}

static void zswap_before_a_disk(void **state)
{
	struct swapadm_balance_decision d;
	struct sandbox *box = *state;
	size_t n;

	/* without a shrinker the kernel can't be asked */
	zswap_decision(box, 150 * 1024, "", &d, &n);
	assert_int_equal(n, 0);
	assert_int_equal(d.bytes, 1);
	sandbox_write(box, "/sys/module/zswap/parameters/shrinker_enabled", "N\n");
	zswap_decision(box, 110 * 1024, "", &d, &n); /* 55 % of the limit */
	assert_int_equal(n, 0);
	assert_int_equal(d.bytes, 0);
	zswap_decision(box, 130 * 1024, "", &d, &n); /* 65 %, and 80 MiB are 40 % */
	assert_int_equal(n, 1);
	assert_int_equal(d.kind, SWAPADM_BALANCE_ZSWAP);
	assert_in_range(d.bytes, 50 * MIB, 51 * MIB);
	assert_string_equal(d.waits, "");
	/* what it costs is not known: a fiftieth of the pool at first */
	zswap_decision(box, 130 * 1024, "write-budget = 640M/day\n", &d, &n);
	assert_in_range(d.bytes, 2 * MIB, 3 * MIB);
	zswap_decision(box, 130 * 1024, "write-budget = 8M/day\n", &d, &n);
	assert_int_equal(n, 1);
	assert_int_equal(d.bytes, 0);
	assert_string_equal(
		d.waits,
		"the rest of today's write-budget of hdd is below the smallest step");
	assert_string_equal(
		strstr(d.why, "; the"),
		"; the smallest step writes up to 42 MiB, 8.0 MiB may be written");
	sandbox_write(box, "/run/swapadm/.keep", "");
	sandbox_write(box, "/var/lib/swapadm/.keep", "");
	box->ctx->foreign_root = false;
	assert_int_equal(balance_budget_charge(box->ctx, "hdd", 8 * MIB), 0);
	box->ctx->foreign_root = true;
	zswap_decision(box, 130 * 1024, "write-budget = 8M/day\n", &d, &n);
	assert_string_equal(d.waits, "today's write-budget is used up of hdd");
}

/* the limits after a round that was killed with 3 and 7 in place of 20 and 90 */
static void limits_after_kill(struct sandbox *box, const char *max, const char *accept,
			      unsigned want_max, unsigned want_accept)
{
	_cleanup_(balance_freep) struct swapadm_balance *balance = NULL;
	struct swapadm_zswap_stats st;
	uint64_t value;

	sandbox_write(box, "/run/swapadm/zswap-limits", "20 90 3 7\n");
	sandbox_write(box, "/sys/module/zswap/parameters/enabled", "Y\n");
	sandbox_write(box, "/sys/module/zswap/parameters/max_pool_percent", max);
	sandbox_write(box, "/sys/module/zswap/parameters/accept_threshold_percent",
		      accept);
	box->ctx->foreign_root = true;
	/* who reads in between sees those that were set */
	assert_int_equal(swapadm_zswap_get_stats(box->ctx, &st), 0);
	assert_int_equal(st.max_pool_pct, want_max);
	assert_int_equal(st.accept_threshold_pct, want_accept);
	assert_int_equal(st.limits_left, atoi(max) == 3 || atoi(accept) == 7);
	assert_int_equal(swapadm_balance_new(box->ctx, &balance), 0);
	box->ctx->foreign_root = false;
	assert_int_equal(swapadm_balance_begin(balance), 0);
	assert_int_equal(ctx_read_u64(box->ctx,
				      "/sys/module/zswap/parameters/max_pool_percent",
				      &value),
			 0);
	assert_int_equal(value, want_max);
	assert_int_equal(
		ctx_read_u64(box->ctx,
			     "/sys/module/zswap/parameters/accept_threshold_percent",
			     &value),
		0);
	assert_int_equal(value, want_accept);
	assert_int_not_equal(access(sandbox_real(box, "/run/swapadm/zswap-limits"), F_OK),
			     0);
}

/* the process that lowered them puts them back while it lives */
static void zswap_limits_that_are_low_for_now(void **state)
{
	struct zswap_limits old = { 20, 90 }, low = { 3, 7 };
	struct swapadm_zswap_stats st;
	struct sandbox *box = *state;
	char path[64], text[256];

	if (is_emulated()) /* a stat of its own */
		skip();
	sandbox_write(box, "/run/swapadm/.keep", "");
	sandbox_write(box, "/sys/module/zswap/parameters/enabled", "Y\n");
	sandbox_write(box, "/sys/module/zswap/parameters/max_pool_percent", "3\n");
	sandbox_write(box, "/sys/module/zswap/parameters/accept_threshold_percent",
		      "7\n");
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)getpid());
	snprintf(text, sizeof(text),
		 "%d (x) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 99 0 0\n",
		 (int)getpid());
	sandbox_write(box, path, text);
	assert_int_equal(zswaplimits_keep(box->ctx, &old, &low), 0);
	assert_int_equal(swapadm_zswap_get_stats(box->ctx, &st), 0);
	assert_false(st.limits_left);
	assert_int_equal(st.max_pool_pct, 20);
	assert_int_equal(unlink(sandbox_real(box, path)), 0);
	assert_int_equal(swapadm_zswap_get_stats(box->ctx, &st), 0);
	assert_true(st.limits_left);
}

/* a write-back of a zram that was killed with its guard left its own limit */
static void zram_limits_come_back(void **state)
{
	_cleanup_(balance_freep) struct swapadm_balance *balance = NULL;
	_cleanup_free_ char *limit = NULL, *enabled = NULL;
	struct sandbox *box = *state;

	sandbox_write(box, "/run/swapadm/jobs/d7",
		      "swapadm-job 1\nid d7\nkind writeback\nstate running\n"
		      "source zram0\ndevice /dev/zram0\nworker 4242\nworker-start 99\n");
	sandbox_write(box, "/run/swapadm/writeback-limit-zram0", "0 5 1000 7 0 0\n");
	sandbox_write(box, "/sys/block/zram0/writeback_limit", "0\n");
	sandbox_write(box, "/sys/block/zram0/writeback_limit_enable", "1\n");
	sandbox_write(box, "/sys/block/zram0/disksize", "1073741824\n");
	sandbox_write(box, "/sys/block/zram0/bd_stat", "5 6 1300\n");
	sandbox_write(box, "/sys/block/zram0/diskseq", "7\n");
	assert_int_equal(swapadm_balance_new(box->ctx, &balance), 0);
	box->ctx->foreign_root = false;
	assert_int_equal(swapadm_balance_begin(balance), 0);
	limit = sandbox_read(box, "/sys/block/zram0/writeback_limit");
	enabled = sandbox_read(box, "/sys/block/zram0/writeback_limit_enable");
	assert_int_equal(atoi(limit), 5);
	assert_int_equal(atoi(enabled), 0);
	assert_false(sandbox_has(box, "/run/swapadm/writeback-limit-zram0"));
}

static void zswap_limits_come_back(void **state)
{
	limits_after_kill(*state, "3\n", "7\n", 20, 90);
	/* one that somebody has set since stays */
	limits_after_kill(*state, "35\n", "7\n", 35, 90);
	limits_after_kill(*state, "20\n", "95\n", 20, 95);
}

/* what can't be put back is reported, and stays on record */
static void limits_that_do_not_come_back(void **state)
{
	_cleanup_(balance_freep) struct swapadm_balance *balance = NULL;
	struct sandbox *box = *state;
	const char *kept = "/run/swapadm/zswap-limits";

	sandbox_write(box, kept, "20 90 3 7\n");
	sandbox_write(box, "/sys/module/zswap/parameters/enabled", "Y\n");
	/* a folder can't be written */
	sandbox_write(box, "/sys/module/zswap/parameters/max_pool_percent/x", "");
	sandbox_write(box, "/sys/module/zswap/parameters/accept_threshold_percent",
		      "7\n");
	assert_int_equal(swapadm_balance_new(box->ctx, &balance), 0);
	box->ctx->foreign_root = false;
	assert_true(swapadm_balance_begin(balance) < 0);
	assert_non_null(strstr(swapadm_get_error(box->ctx), "put back: "));
	assert_true(sandbox_has(box, kept));
}

static void marks_are_read(void **state)
{
	struct sandbox *box = *state;

	assert_true(zram_marked_s(box->ctx, "zram3") == NOT_MARKED);
	sandbox_write(box, "/run/swapadm/idle-marks", "garbage\nzram3 1\n");
	assert_true(zram_marked_s(box->ctx, "zram0") == NOT_MARKED);
	assert_true(zram_marked_s(box->ctx, "zram3") != NOT_MARKED);
	/* one that claims to be of later than now is not believed */
	sandbox_write(box, "/run/swapadm/idle-marks", "zram0 99999999999\n");
	assert_true(zram_marked_s(box->ctx, "zram0") == NOT_MARKED);
}

/* somebody else marks zram3: balance's word about it is gone, that about zram4 stays */
static void marks_are_dropped(void **state)
{
	struct sandbox *box = *state;

	box->ctx->foreign_root = false;
	sandbox_write(box, "/run/swapadm/idle-marks", "zram3 1\nzram4 1\n");
	assert_int_equal(zram_unmark(box->ctx, "zram3"), 0);
	assert_true(zram_marked_s(box->ctx, "zram3") == NOT_MARKED);
	assert_true(zram_marked_s(box->ctx, "zram4") != NOT_MARKED);
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
		cmocka_unit_test(zram_hysteresis),
		cmocka_unit_test(zram_by_limit),
		cmocka_unit_test(zram_waits),
		cmocka_unit_test(zram_by_marks),
		fixture_test(two_to_recompress),
		fixture_test(marks_are_read),
		fixture_test(marks_are_dropped),
		cmocka_unit_test(zswap_limits),
		fixture_test(zswap_before_a_disk),
		fixture_test(zswap_that_is_kept),
		cmocka_unit_test(zswap_rests),
		fixture_test(rounds_are_kept),
		fixture_test(zswap_limits_that_are_low_for_now),
		fixture_test(zswap_limits_come_back),
		fixture_test(limits_that_do_not_come_back),
		fixture_test(zram_limits_come_back),
	};

	return cmocka_run_group_tests_name("balance", tests, NULL, NULL);
}
