/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What balance decides for zrams of the direct layer; marks and limits that it leaves. */
#include "fixture.h"

#include "balance/balance.h"
#include "balance/zram.h"
#include "model/model.h"

#define MIB (UINT64_C(1) << 20)

static void balance_freep(struct swapadm_balance **balance)
{
	swapadm_balance_free(*balance);
}

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
		cmocka_unit_test(zram_hysteresis), cmocka_unit_test(zram_by_limit),
		cmocka_unit_test(zram_waits),      cmocka_unit_test(zram_by_marks),
		fixture_test(two_to_recompress),   fixture_test(marks_are_read),
		fixture_test(marks_are_dropped),   fixture_test(zram_limits_come_back),
	};

	return cmocka_run_group_tests_name("balance-zram", tests, NULL, NULL);
}
