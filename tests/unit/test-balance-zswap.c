/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What balance decides for zswap, and the limits that it lowers for a moment. */
#include "fixture.h"

#include "balance/balance.h"
#include "balance/direct.h"
#include "balance/squeeze.h"
#include "model/model.h"

#define MIB (UINT64_C(1) << 20)

static void balance_freep(struct swapadm_balance **balance)
{
	swapadm_balance_free(*balance);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(zswap_limits),
		fixture_test(zswap_before_a_disk),
		fixture_test(zswap_that_is_kept),
		cmocka_unit_test(zswap_rests),
		fixture_test(rounds_are_kept),
		fixture_test(zswap_limits_that_are_low_for_now),
		fixture_test(zswap_limits_come_back),
		fixture_test(limits_that_do_not_come_back),
	};

	return cmocka_run_group_tests_name("balance-zswap", tests, NULL, NULL);
}
