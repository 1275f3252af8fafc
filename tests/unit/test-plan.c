/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Plans on fabricated machines: ranks, order, words, roots, tswap. */
#include "planbox.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "layer/direct/direct.h"
#include "conf/devspec.h"
#include "device/check.h"
#include "plan/planner.h"

static int resolve(struct sandbox *box, struct swapadm_conf *conf, const char *name,
		   int rank, struct planned_tier *out)
{
	_cleanup_(planner_end) struct planner planner;

	assert_int_equal(planner_begin(box->ctx, conf, 0, "test", false, &planner), 0);
	return plan_tiers_resolve(&planner, name, rank, out);
}

static void test_first_tier(void **state)
{
	struct planned_tier tier;

	assert_int_equal(resolve(*state, NULL, "fast", SWAPADM_RANK_NONE, &tier), 0);
	assert_int_equal(tier.rank, 0);
	assert_true(tier.record);
	assert_int_equal(resolve(*state, NULL, "fast", 7, &tier), 0);
	assert_int_equal(tier.rank, 7);
}

static void test_known_tiers(void **state)
{
	struct sandbox *box = *state;
	struct planned_tier tier;

	put_areas(box, "/dev/zram1 partition 100 0 29000\n");
	put_record(box, "/dev/zram1", "fast", 2, "zram", true);
	put_record(box, "/dev/sdq", "gone", 40, "/dev/sdq", false); /* not active */
	assert_int_equal(resolve(box, NULL, "fast", SWAPADM_RANK_NONE, &tier), 0);
	assert_int_equal(tier.rank, 2);
	assert_int_equal(resolve(box, NULL, "fast", 2, &tier), 0);
	assert_int_equal(resolve(box, NULL, "fast", 3, &tier), -EEXIST);
	assert_int_equal(resolve(box, NULL, "slow", SWAPADM_RANK_NONE, &tier), 0);
	assert_int_equal(tier.rank, 3); /* a tier without devices does not count */
	assert_int_equal(resolve(box, NULL, "gone", SWAPADM_RANK_NONE, &tier), 0);
	assert_int_equal(tier.rank, 40); /* but has its rank again */
}

/* all of it is drained: it has its rank, and others keep off, until --rank changes it */
static void test_drained_tier(void **state)
{
	struct sandbox *box = *state;
	struct planned_tier tier;

	put_areas(box, "/swap partition 100 0 29500\n");
	put_record(box, "/swap", "cold", 1, "/swap", false);
	put_record(box, "/drained", "fast", 0, "/drained", false);
	put_record(box, "/last", "last", 5, "/last", false);
	sandbox_write(box, "/last", "x");
	assert_int_equal(resolve(box, NULL, "fast", SWAPADM_RANK_NONE, &tier), 0);
	assert_int_equal(tier.rank, 0);
	assert_int_equal(resolve(box, NULL, "fast", 7, &tier), 0);
	assert_int_equal(tier.rank, 7);
	assert_int_equal(resolve(box, NULL, "new", SWAPADM_RANK_NONE, &tier), 0);
	assert_int_equal(tier.rank, 6);
	put_record(box, "/other", "other", 1, "/other", false); /* as cold has by now */
	assert_int_equal(resolve(box, NULL, "other", SWAPADM_RANK_NONE, &tier), 0);
	assert_int_equal(tier.rank, 6);
}

static void test_configured_tiers(void **state)
{
	struct sandbox *box = *state;
	struct swapadm_conf *conf = conf_of(box, "[tier a]\n[tier b]\nrank = 60\n");
	struct planned_tier tier;

	assert_int_equal(resolve(box, conf, "b", SWAPADM_RANK_NONE, &tier), 0);
	assert_int_equal(tier.rank, 60);
	assert_false(tier.record);
	/* behind the last rank there is nothing: the next free one before it */
	assert_int_equal(resolve(box, conf, "c", SWAPADM_RANK_NONE, &tier), 0);
	assert_int_equal(tier.rank, 59);
	assert_int_equal(resolve(box, conf, "c", 5, &tier), 0);
	assert_int_equal(resolve(box, conf, "c", 61, &tier), -EINVAL);
	assert_int_equal(resolve(box, conf, "c", -2, &tier), -EINVAL);
	assert_int_equal(resolve(box, conf, "C", 5, &tier), -EINVAL);
	assert_int_equal(resolve(box, conf, "all", 5, &tier), -EINVAL);
	assert_int_equal(resolve(box, conf, "auto-ssd", 5, &tier), -EINVAL);
	swapadm_conf_unref(conf);
}

static int order(struct sandbox *box, int rank, size_t *n_warnings)
{
	_cleanup_(planner_end) struct planner planner;
	int r;

	assert_int_equal(planner_begin(box->ctx, NULL, 0, "test", false, &planner), 0);
	r = plan_tiers_check_order(&planner, rank, 0);
	*n_warnings = swapadm_plan_n_steps(planner.plan);
	assert_int_equal(swapadm_plan_n_changes(planner.plan), 0);
	return r;
}

static void test_order(void **state)
{
	struct sandbox *box = *state;
	size_t n;

	put_areas(box, "/dev/sdx partition 100 0 -2\n/dev/sdy partition 100 0 28999\n");
	assert_int_equal(order(box, 2, &n), 0); /* both below 29000 */
	assert_int_equal(n, 0);
	put_areas(box, "/dev/sdx partition 100 0 29000\n");
	assert_int_equal(order(box, 2, &n), 0); /* shared: reported */
	assert_int_equal(n, 1);
	put_areas(box, "/dev/sdx partition 100 0 29001\n");
	assert_int_equal(order(box, 2, &n), -EPROTONOSUPPORT);
	assert_non_null(strstr(swapadm_get_error(box->ctx), "/dev/sdx: "));
	assert_non_null(strstr(swapadm_get_error(box->ctx), "29001"));
	assert_int_equal(order(box, 0, &n), 0);
	put_record(box, "/dev/sdx", "t", 1, "/dev/sdx",
		   false); /* ours, whatever it has */
	assert_int_equal(order(box, 2, &n), 0);
	assert_int_equal(n, 0);
}

static void test_apply_goes_on(void **state)
{
	struct sandbox *box = *state;
	_cleanup_(plan_unrefp) struct swapadm_plan *plan = NULL;

	put_areas(box, "/dev/zram1 partition 1048572 8 30000\n");
	put_zram(box, "zram1", "1073741824\n");
	put_record(box, "/dev/zram1", "fast", 0, "zram,size=1G", true);
	plan = apply(box, "[tier fast]\ndevice = /dev/no-such-device\n"
			  "device = zram, size=1G\n");
	assert_int_equal(swapadm_plan_n_steps(plan), 2);
	step_is(plan, 0, SWAPADM_ACTION_WARN, "/dev/no-such-device", "no such device");
	step_is(plan, 1, SWAPADM_ACTION_KEEP, "/dev/zram1", "active");
	assert_int_equal(swapadm_plan_run(plan, NULL, NULL), -ENOENT);
	assert_non_null(strstr(swapadm_get_error(box->ctx), "/dev/no-such-device: add:"));
}

static void put_swap_device(struct sandbox *box, const char *path, unsigned char uuid)
{
	unsigned char *block = calloc(1, 1 << 20);
	const uint32_t info[] = { 1, (1u << 20) / 4096 - 1, 0 };

	assert_non_null(block);
	memcpy(block + 1024, info, sizeof(info));
	memset(block + 1036, uuid, 16);
	memcpy(block + 4096 - 10, "SWAPSPACE2", 10);
	sandbox_write_bytes(box, path, block, 1 << 20);
	free(block);
}

/* swapon(8) has taken it, the next boot would not: said while there is time */
static void test_exposed(void **state)
{
	struct sandbox *box = *state;
	_cleanup_(plan_unrefp) struct swapadm_plan *plan = NULL;
	char path[512], text[1024];

	sandbox_write(box, "/swap file", "x");
	strcpy(path, sandbox_real(box, "/swap file"));
	assert_int_equal(chmod(path, 0640), 0);
	snprintf(text, sizeof(text), "%s/swap\\040file file 100 0 30000\n", box->dir);
	put_areas(box, text);
	snprintf(text, sizeof(text), "[tier a]\ndevice = %s\n", path);
	plan = apply(box, text);
	assert_int_equal(swapadm_plan_n_steps(plan), 2);
	step_is(plan, 0, SWAPADM_ACTION_WARN, path, "mode 0640), so the next boot would");
	step_is(plan, 0, SWAPADM_ACTION_WARN, path, "swap file'");
	step_is(plan, 1, SWAPADM_ACTION_KEEP, path, "is active");
}

/* what would not be taken again is not drained for another priority */
static void test_exposed_rerank(void **state)
{
	struct sandbox *box = *state;
	_cleanup_(plan_unrefp) struct swapadm_plan *plan = NULL;
	struct swapadm_conf *conf;
	char path[512], text[1024];

	box->ctx->page_bytes = 4096;
	put_swap_device(box, "/swapfile", 0x11);
	sandbox_link(box, "/tmp", "/tmp");
	sandbox_link(box, "/proc/self/fd", "/proc/self/fd");
	strcpy(path, sandbox_real(box, "/swapfile"));
	assert_int_equal(chmod(path, 0644), 0);
	snprintf(text, sizeof(text), "%s file 1020 0 -2\n", path);
	put_areas(box, text);
	snprintf(text, sizeof(text), "[tier a]\ndevice = %s\n", path);
	conf = conf_of(box, text);
	assert_int_equal(swapadm_plan_apply(box->ctx, conf, SWAPADM_PLAN_RERANK, &plan),
			 0);
	swapadm_conf_unref(conf);
	assert_int_equal(swapadm_plan_n_changes(plan), 0);
	assert_int_equal(swapadm_plan_n_refused(plan), 1);
	if (!strstr(swapadm_plan_step(plan, 0)->text, "can't hold a swap file"))
		step_is(plan, 0, SWAPADM_ACTION_WARN, path, "others than root may use");
}

/*
 * udev's link leads to a copy of the disk that was plugged in since: what was attached by
 * this line is still what the line means, and no device that --prune would take away
 */
static void test_tag_of_a_copy(void **state)
{
	static const char uuid[] = "UUID=11111111-1111-1111-1111-111111111111";
	static const char *const specs[] = { uuid, "/dev/sda2" };
	struct sandbox *box = *state;
	char text[128];

	sandbox_write(box, "/run/udev/control", "");
	put_swap_device(box, "/dev/sda2", 0x11);
	put_areas(box, "/dev/sda2 partition 1020 0 30000\n");
	snprintf(text, sizeof(text), "[tier a]\ndevice = %s\n", uuid);
	for (size_t i = 0; i < ARRAY_SIZE(specs); i++) {
		_cleanup_(plan_unrefp) struct swapadm_plan *plan = NULL;
		_cleanup_(state_free) struct state known = { 0 };
		struct identity id = { .uuid = "11111111-1111-1111-1111-111111111111" };

		put_record(box, "/dev/sda2", "a", 0, specs[i], false);
		assert_int_equal(state_load(box->ctx, &known), 0);
		state_set_identity(&known, "/dev/sda2", &id);
		assert_int_equal(state_save(box->ctx, &known), 0);
		plan = apply(box, text);
		assert_int_equal(swapadm_plan_n_steps(plan), 1);
		step_is(plan, 0, SWAPADM_ACTION_KEEP, "/dev/sda2", "is active");
	}
	/* it has lost that name, so the line means another device */
	put_swap_device(box, "/dev/sda2", 0x22);
	put_record(box, "/dev/sda2", "a", 0, uuid, false);
	{
		_cleanup_(plan_unrefp) struct swapadm_plan *plan = apply(box, text);

		step_is(plan, 0, SWAPADM_ACTION_WARN, uuid, "no device has this tag");
	}
}

/* a link of udev's that is away for a moment does not make its device nobody's */
static void test_link_is_gone(void **state)
{
	static const char link[] = "/dev/disk/by-id/swapadm-test-none";
	struct sandbox *box = *state;
	_cleanup_(plan_unrefp) struct swapadm_plan *plan = NULL;
	char text[128];

	put_areas(box, "/dev/nowhere2 partition 1020 0 30000\n");
	put_record(box, "/dev/nowhere2", "a", 0, link, false);
	snprintf(text, sizeof(text), "[tier a]\ndevice = %s\n", link);
	plan = apply(box, text);
	assert_int_equal(swapadm_plan_n_steps(plan), 1);
	step_is(plan, 0, SWAPADM_ACTION_KEEP, "/dev/nowhere2", "is active");
}

/* the text of a copy of what @text describes */
static char *copied(struct sandbox *box, const char *text)
{
	struct swapadm_devspec *spec, *copy;
	char *out;

	assert_int_equal(swapadm_devspec_parse(box->ctx, text, &spec), 0);
	assert_int_equal(devspec_copy(spec, &copy), 0);
	swapadm_devspec_free(spec);
	assert_int_equal(devspec_print(copy, &out), 0);
	swapadm_devspec_free(copy);
	return out;
}

static void test_words(void **state)
{
	struct sandbox *box = *state;
	static const char *const same[] = {
		"/dev/sdb2", "zram,size=50%ram", "UUID=1234,discard=once,allow-loop",
		"zram,size=1G,algorithm=lz4,writeback=/dev/sdc"
	};
	char buf[32], *text;

	for (size_t i = 0; i < ARRAY_SIZE(same); i++) {
		text = copied(box, same[i]);
		assert_string_equal(text, same[i]);
		free(text);
	}
	text = copied(box, "sdb2");
	assert_string_equal(text, "/dev/sdb2");
	free(text);
	assert_string_equal(words_size(1023, buf, sizeof(buf)), "1023 B");
	assert_string_equal(words_size(1536, buf, sizeof(buf)), "1.5 KiB");
	assert_string_equal(words_size(64ull << 30, buf, sizeof(buf)), "64 GiB");
}

static void test_sizes(void **state)
{
	struct sandbox *box = *state;
	struct swapadm_devspec spec = { .word = "zram" };
	uint64_t bytes;

	assert_int_equal(plan_size(box->ctx, &spec, &bytes), 0);
	assert_int_equal(bytes, 2ull << 30); /* half of RAM when not given */
	spec.size = (struct swapadm_size){ SWAPADM_SIZE_BYTES, (1u << 20) + 7 };
	assert_int_equal(plan_size(box->ctx, &spec, &bytes), 0);
	assert_int_equal(bytes, 1u << 20);
	spec.size.value = 4096 * 9;
	assert_int_equal(plan_size(box->ctx, &spec, &bytes), -ERANGE);
	spec.size = (struct swapadm_size){ SWAPADM_SIZE_PCT_RAM, 200000 };
	assert_int_equal(plan_size(box->ctx, &spec, &bytes), -ERANGE);
}

static void test_foreign_root(void **state)
{
	struct sandbox *box = *state;
	struct swapadm_devspec spec = { .word = "/dev/sdb" };
	const struct swapadm_devspec *specs[] = { &spec };
	struct swapadm_conf *conf = conf_of(box, "[tier a]\ndevice = /dev/sdb\n");
	struct swapadm_plan *plan = NULL;

	box->ctx->foreign_root = true;
	/* a plan only reads */
	assert_int_equal(swapadm_plan_add(box->ctx, NULL, "a", SWAPADM_RANK_NONE, specs,
					  1, 0, &plan),
			 -ENOENT);
	assert_int_equal(swapadm_plan_apply(box->ctx, conf, 0, &plan), 0);
	assert_int_equal(swapadm_plan_run(plan, NULL, NULL), -EROFS);
	plan = swapadm_plan_unref(plan);
	assert_int_equal(direct_detach(box->ctx, "/dev/sdb", false), -EROFS);
	assert_null(plan);
	box->ctx->foreign_root = false;
	swapadm_conf_unref(conf);
}

/* 1 TiB: 2.25 GiB for the two maps; said in the plan, with the figures */
static void test_map_fits(void **state)
{
	struct sandbox *box = *state;
	struct swapadm_conf *conf = conf_of(box, "[swapadm]\nsize = 1T\n");
	struct tswap_leaf_msg leaf = { .pages = 1000 };
	_cleanup_(planner_end) struct planner planner;

	sandbox_write(
		box, "/proc/meminfo",
		"MemTotal: 1048576 kB\nMemFree: 900000 kB\nMemAvailable: 900000 kB\n");
	assert_int_equal(planner_begin(box->ctx, conf, 0, "test", false, &planner), 0);
	planner.plan->tswap.wanted = true;
	assert_int_equal(plan_tswap_create(&planner), 0);
	assert_int_equal(plan_tswap_cover(&planner, false), -SWAPADM_ENOROOM);
	assert_non_null(strstr(swapadm_get_error(box->ctx), "takes 2.2 GiB of memory"));
	/* apply goes on with what the devices hold: the boot has its swap */
	planner.redirect.leaves = &leaf;
	planner.redirect.n_leaves = 1;
	assert_int_equal(plan_tswap_cover(&planner, true), 0);
	assert_int_equal(planner.plan->tswap.slots, 1000);
	assert_int_equal(swapadm_plan_n_refused(planner.plan), 1);
	planner.redirect.leaves = NULL;
	planner.redirect.n_leaves = 0;
	swapadm_conf_unref(conf);
}

/* a tswap device of a module that does not answer: nothing else is done */
static void test_foreign_tswap(void **state)
{
	struct sandbox *box = *state;
	struct swapadm_plan *plan = NULL;
	static const char *const layers[] = { "redirect", "auto" };
	char text[128];

	for (size_t i = 0; i < ARRAY_SIZE(layers); i++) {
		struct swapadm_conf *conf;

		snprintf(text, sizeof(text), "[swapadm]\nlayer = %s\n[tier a]\n",
			 layers[i]);
		conf = conf_of(box, text);
		unlink(sandbox_real(box, "/sys/block/tswap0/size"));
		rmdir(sandbox_real(box, "/sys/block/tswap0"));
		assert_int_equal(swapadm_plan_apply(box->ctx, conf, 0, &plan), 0);
		swapadm_plan_unref(plan);
		sandbox_write(box, "/sys/block/tswap0/size", "0\n");
		assert_int_equal(swapadm_plan_apply(box->ctx, conf, 0, &plan),
				 -EPROTONOSUPPORT);
		swapadm_conf_unref(conf);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		plan_test(test_first_tier),     plan_test(test_known_tiers),
		plan_test(test_drained_tier),   plan_test(test_configured_tiers),
		plan_test(test_order),          plan_test(test_foreign_tswap),
		plan_test(test_apply_goes_on),  plan_test(test_words),
		plan_test(test_sizes),          plan_test(test_foreign_root),
		plan_test(test_map_fits),       plan_test(test_exposed),
		plan_test(test_link_is_gone),   plan_test(test_tag_of_a_copy),
		plan_test(test_exposed_rerank),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
