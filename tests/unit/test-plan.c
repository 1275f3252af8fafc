/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Plans on fabricated machines: ranks, order, apply without opening a device. */
#include "unit.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>

#include "layer/direct/direct.h"
#include "conf/devspec.h"
#include "plan/planner.h"
#include "sandbox.h"
#include "state/jobs.h"

#define HEAD "Filename\tType\tSize\tUsed\tPriority\n"

static int setup(void **state)
{
	struct sandbox *box = calloc(1, sizeof(*box));

	assert_non_null(box);
	sandbox_open(box);
	sandbox_write(box, "/proc/swaps", HEAD);
	sandbox_write(box, "/proc/self/mountinfo",
		      "30 1 0:30 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
	sandbox_write(box, "/proc/meminfo", "MemTotal: 4194304 kB\n");
	*state = box;
	return 0;
}

static int teardown(void **state)
{
	sandbox_close(*state);
	free(*state);
	return 0;
}

static void areas(struct sandbox *box, const char *lines)
{
	char text[1024];

	snprintf(text, sizeof(text), HEAD "%s", lines);
	sandbox_write(box, "/proc/swaps", text);
}

static void remember(struct sandbox *box, const char *path, const char *tier, int rank,
		     const char *spec, bool created)
{
	_cleanup_(state_free) struct state state = { 0 };

	assert_int_equal(state_load(box->ctx, &state), 0);
	assert_int_equal(state_set_device(&state, path, tier, spec, created), 0);
	assert_int_equal(state_set_tier(&state, tier, rank), 0);
	sandbox_write(box, "/run/keep", ""); /* makes /run */
	assert_int_equal(state_save(box->ctx, &state), 0);
}

static struct swapadm_conf *conf_of(struct sandbox *box, const char *text)
{
	struct swapadm_conf *conf = NULL;
	int r;

	sandbox_write(box, "/etc/test.conf", text);
	r = swapadm_conf_load(box->ctx, "/etc/test.conf", &conf);
	if (r)
		fail_msg("conf: %s", swapadm_get_error(box->ctx));
	return conf;
}

/* ---- ranks ----------------------------------------------------------------------- */

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

	areas(box, "/dev/zram1 partition 100 0 29000\n");
	remember(box, "/dev/zram1", "fast", 2, "zram", true);
	remember(box, "/dev/sdq", "gone", 40, "/dev/sdq", false); /* not active */
	assert_int_equal(resolve(box, NULL, "fast", SWAPADM_RANK_NONE, &tier), 0);
	assert_int_equal(tier.rank, 2);
	assert_int_equal(resolve(box, NULL, "fast", 2, &tier), 0);
	assert_int_equal(resolve(box, NULL, "fast", 3, &tier), -EEXIST);
	assert_int_equal(resolve(box, NULL, "slow", SWAPADM_RANK_NONE, &tier), 0);
	assert_int_equal(tier.rank, 3); /* a tier without areas does not count */
	assert_int_equal(resolve(box, NULL, "gone", SWAPADM_RANK_NONE, &tier), 0);
	assert_int_equal(tier.rank, 3);
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

/* ---- order ----------------------------------------------------------------------- */

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

	areas(box, "/dev/sdx partition 100 0 -2\n/dev/sdy partition 100 0 28999\n");
	assert_int_equal(order(box, 2, &n), 0); /* both below 29000 */
	assert_int_equal(n, 0);
	areas(box, "/dev/sdx partition 100 0 29000\n");
	assert_int_equal(order(box, 2, &n), 0); /* shared: reported */
	assert_int_equal(n, 1);
	areas(box, "/dev/sdx partition 100 0 29001\n");
	assert_int_equal(order(box, 2, &n), -EPROTONOSUPPORT);
	assert_non_null(strstr(swapadm_get_error(box->ctx), "/dev/sdx: "));
	assert_non_null(strstr(swapadm_get_error(box->ctx), "29001"));
	assert_int_equal(order(box, 0, &n), 0);
	remember(box, "/dev/sdx", "t", 1, "/dev/sdx", false); /* ours, whatever it has */
	assert_int_equal(order(box, 2, &n), 0);
	assert_int_equal(n, 0);
}

/* ---- apply ----------------------------------------------------------------------- */

static struct swapadm_plan *apply(struct sandbox *box, const char *text)
{
	struct swapadm_conf *conf = conf_of(box, text);
	struct swapadm_plan *plan = NULL;
	int r = swapadm_plan_apply(box->ctx, conf, 0, &plan);

	swapadm_conf_unref(conf);
	if (r)
		fail_msg("apply: %s", swapadm_get_error(box->ctx));
	return plan;
}

static void step_is(const struct swapadm_plan *plan, size_t i, enum swapadm_action action,
		    const char *object, const char *words)
{
	const struct swapadm_step *step = swapadm_plan_step(plan, i);

	assert_non_null(step);
	assert_int_equal(step->action, action);
	assert_string_equal(step->object, object);
	if (!strstr(step->text, words))
		fail_msg("\"%s\" lacks \"%s\"", step->text, words);
}

static void zram_device(struct sandbox *box, const char *name, const char *bytes)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/block/%s/disksize", name);
	sandbox_write(box, path, bytes);
	snprintf(path, sizeof(path), "/sys/block/%s/comp_algorithm", name);
	sandbox_write(box, path, "lzo [lz4]\n");
}

static void test_apply_keeps_zram(void **state)
{
	struct sandbox *box = *state;
	_cleanup_(plan_unrefp) struct swapadm_plan *plan = NULL;

	zram_device(box, "zram1", "1073741824\n");
	areas(box, "/dev/zram1 partition 1048572 8 30000\n");
	remember(box, "/dev/zram1", "fast", 0, "zram,size=25%ram", true);
	/* the same spec, then another one of the same size (4 GiB of RAM) */
	plan = apply(box, "[tier fast]\ndevice = zram, size=25%ram\n");
	step_is(plan, 0, SWAPADM_ACTION_KEEP, "/dev/zram1", "active");
	assert_int_equal(swapadm_plan_n_steps(plan), 1);
	assert_int_equal(swapadm_plan_n_changes(plan), 0);
	swapadm_plan_unref(plan);
	plan = apply(box, "[tier fast]\ndevice = zram, size=1G, algorithm=lz4\n");
	assert_int_equal(swapadm_plan_n_steps(plan), 1);
	step_is(plan, 0, SWAPADM_ACTION_KEEP, "/dev/zram1", "active");
}

static void test_apply_takes_others_zram(void **state)
{
	struct sandbox *box = *state;
	_cleanup_(plan_unrefp) struct swapadm_plan *plan = NULL;

	/* the state was lost: no second device of the same kind is made */
	zram_device(box, "zram1", "1073741824\n");
	zram_device(box, "zram2", "2147483648\n");
	areas(box, "/dev/zram2 partition 2097148 8 30000\n"
		   "/dev/zram1 partition 1048572 8 29500\n");
	plan = apply(box, "[tier fast]\ndevice = zram, size=2G\n"
			  "[tier slow]\ndevice = zram, size=1G\n");
	assert_int_equal(swapadm_plan_n_steps(plan), 2);
	step_is(plan, 0, SWAPADM_ACTION_KEEP, "/dev/zram2", "active");
	step_is(plan, 1, SWAPADM_ACTION_KEEP, "/dev/zram1", "active");
}

static void test_apply_tells_changes(void **state)
{
	struct sandbox *box = *state;
	_cleanup_(plan_unrefp) struct swapadm_plan *plan = NULL;

	zram_device(box, "zram1", "1073741824\n");
	areas(box, "/dev/zram1 partition 1048572 8 30000\n");
	remember(box, "/dev/zram1", "fast", 0, "zram,size=1G", true);
	plan = apply(box, "[tier fast]\ndevice = zram, size=2G\n");
	step_is(plan, 0, SWAPADM_ACTION_WARN, "/dev/zram1", "differs");
	swapadm_plan_unref(plan);
	plan = apply(box, "[tier fast]\nrank = 3\ndevice = zram, size=1G\n");
	step_is(plan, 0, SWAPADM_ACTION_WARN, "/dev/zram1", "30000 instead of 28500");
	assert_int_equal(swapadm_plan_step(plan, 0)->prio, 28500);
	swapadm_plan_unref(plan);
	plan = apply(box, "[swapadm]\nlayer = direct\n");
	step_is(plan, 0, SWAPADM_ACTION_WARN, "/dev/zram1", "--prune");
	assert_int_equal(swapadm_plan_n_changes(plan), 0);
}

static void test_apply_goes_on(void **state)
{
	struct sandbox *box = *state;
	_cleanup_(plan_unrefp) struct swapadm_plan *plan = NULL;

	areas(box, "/dev/zram1 partition 1048572 8 30000\n");
	zram_device(box, "zram1", "1073741824\n");
	remember(box, "/dev/zram1", "fast", 0, "zram,size=1G", true);
	plan = apply(box, "[tier fast]\ndevice = /dev/no-such-device\n"
			  "device = zram, size=1G\n");
	assert_int_equal(swapadm_plan_n_steps(plan), 2);
	step_is(plan, 0, SWAPADM_ACTION_WARN, "/dev/no-such-device", "no such device");
	step_is(plan, 1, SWAPADM_ACTION_KEEP, "/dev/zram1", "active");
	assert_int_equal(swapadm_plan_run(plan, NULL, NULL), -ENOENT);
	assert_non_null(strstr(swapadm_get_error(box->ctx), "/dev/no-such-device: add:"));
}

static void count_step(void *data, const struct swapadm_step *step, int result)
{
	assert_int_equal(result, 0);
	++*(unsigned *)data;
}

static void value_is(struct sandbox *box, const char *path, const char *want)
{
	_cleanup_free_ char *text = sandbox_read(box, path);

	assert_non_null(text);
	assert_string_equal(text, want);
}

static void test_settings(void **state)
{
	static const char conf[] = "[zswap]\nenabled = yes\nmax-pool = 20%\n"
				   "[cgroup a]\npath = /a\nswap-max = 8193\n"
				   "zswap-writeback = no\n"
				   "[cgroup b]\npath = /b\nswap-max = max\n";
	struct sandbox *box = *state;
	_cleanup_(plan_unrefp) struct swapadm_plan *plan = NULL;
	unsigned n = 0;

	sandbox_write(box, "/sys/module/zswap/parameters/enabled", "N\n");
	sandbox_write(box, "/sys/module/zswap/parameters/max_pool_percent", "20\n");
	sandbox_write(box, "/sys/fs/cgroup/cgroup.controllers", "cpu memory\n");
	sandbox_write(box, "/sys/fs/cgroup/a/memory.swap.max",
		      "8192\n"); /* whole pages */
	sandbox_write(box, "/sys/fs/cgroup/a/memory.zswap.writeback", "1\n");
	plan = apply(box, conf);
	assert_int_equal(swapadm_plan_n_changes(plan), 2);
	step_is(plan, 0, SWAPADM_ACTION_SET, "/sys/module/zswap/parameters/enabled",
		"Y, was N");
	step_is(plan, 1, SWAPADM_ACTION_SET, "/sys/fs/cgroup/a/memory.zswap.writeback",
		"0, was 1");
	step_is(plan, 2, SWAPADM_ACTION_WARN, "/sys/fs/cgroup/b", "no such cgroup");
	assert_int_equal(swapadm_plan_run(plan, count_step, &n), 0);
	assert_int_equal(n, 3);
	value_is(box, "/sys/module/zswap/parameters/enabled", "Y\n");
	value_is(box, "/sys/fs/cgroup/a/memory.zswap.writeback", "0\n");
	swapadm_plan_unref(plan);
	plan = apply(box, conf);
	assert_int_equal(swapadm_plan_n_changes(plan), 0);
}

static void test_settings_missing(void **state)
{
	struct sandbox *box = *state;
	_cleanup_(plan_unrefp) struct swapadm_plan *plan = NULL;

	sandbox_write(box, "/sys/module/zswap/parameters/enabled", "N\n");
	plan = apply(box, "[zswap]\nshrinker = yes\n[cgroup a]\npath = /a\n"
			  "swap-max = 1G\n");
	step_is(plan, 0, SWAPADM_ACTION_WARN,
		"/sys/module/zswap/parameters/shrinker_enabled", "no such parameter");
	step_is(plan, 1, SWAPADM_ACTION_WARN, "cgroup", "cgroup v2");
	assert_int_equal(swapadm_plan_run(plan, NULL, NULL), -EPROTONOSUPPORT);
}

/* ---- in a thread -------------------------------------------------------------------*/

#define TWO_SETTINGS "[zswap]\nenabled = yes\n[cgroup a]\npath = /a\nswap-max = 8K\n"

static struct swapadm_plan *two_settings(struct sandbox *box)
{
	sandbox_write(box, "/sys/module/zswap/parameters/enabled", "N\n");
	sandbox_write(box, "/sys/fs/cgroup/cgroup.controllers", "cpu memory\n");
	sandbox_write(box, "/sys/fs/cgroup/a/memory.swap.max", "max\n");
	return apply(box, TWO_SETTINGS);
}

/* the next step, waited for by its descriptor; 0: all is over, with @result */
static int next_step(struct swapadm_run *run, const struct swapadm_step **step,
		     int *result)
{
	struct pollfd fd = { .fd = swapadm_run_fd(run), .events = POLLIN };
	int r;

	while ((r = swapadm_run_next(run, step, result)) == -EAGAIN)
		assert_int_equal(poll(&fd, 1, 60000), 1);
	return r;
}

static void test_thread(void **state)
{
	struct sandbox *box = *state;
	_cleanup_(plan_unrefp) struct swapadm_plan *plan = two_settings(box);
	const struct swapadm_step *step = NULL;
	struct swapadm_run *run = NULL, *second = NULL;
	int result = 1;

	assert_int_equal(swapadm_plan_start(plan, &run), 0);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(next_step(run, &step, &result), 1);
		assert_ptr_equal(step, swapadm_plan_step(plan, i));
		assert_int_equal(result, 0);
	}
	assert_int_equal(next_step(run, &step, &result), 0);
	assert_int_equal(result, 0);
	/* over is over, and one run is enough until it is released */
	assert_int_equal(next_step(run, &step, &result), 0);
	assert_int_equal(swapadm_plan_start(plan, &second), -EINVAL);
	assert_null(swapadm_run_free(run));
	value_is(box, "/sys/module/zswap/parameters/enabled", "Y\n");
	value_is(box, "/sys/fs/cgroup/a/memory.swap.max", "8192\n");
	assert_int_equal(swapadm_plan_start(plan, NULL), -EINVAL);
	assert_null(swapadm_run_free(NULL));
}

static void test_thread_fails(void **state)
{
	struct sandbox *box = *state;
	_cleanup_(plan_unrefp) struct swapadm_plan *plan = NULL;
	const struct swapadm_step *step = NULL;
	struct swapadm_run *run = NULL;
	int result = 1;

	plan = apply(box, "[tier fast]\ndevice = /dev/no-such-device\n");
	assert_int_equal(swapadm_plan_start(plan, &run), 0);
	assert_int_equal(next_step(run, &step, &result), 1);
	assert_int_equal(result, -ENOENT);
	assert_int_equal(next_step(run, &step, &result), 0);
	assert_int_equal(result, -ENOENT);
	assert_non_null(strstr(swapadm_get_error(box->ctx), "/dev/no-such-device: add:"));
	swapadm_run_free(run);
	box->ctx->foreign_root = true;
	assert_int_equal(swapadm_plan_start(plan, &run), -EROFS);
	box->ctx->foreign_root = false;
}

static pthread_barrier_t at_write; /* the first write of the plan is under way */
static pthread_t main_thread;

static ssize_t slow_write(int fd, const void *buf, size_t n)
{
	sigset_t mask;

	if (!pthread_equal(pthread_self(), main_thread)) {
		pthread_sigmask(SIG_SETMASK, NULL, &mask);
		assert_int_equal(sigismember(&mask, SIGINT), 1);
		pthread_barrier_wait(&at_write);
		pthread_barrier_wait(&at_write);
	}
	return write(fd, buf, n);
}

/* the setting under way is made, the next one is not */
static void stop_in_the_middle(struct sandbox *box, struct swapadm_plan *plan,
			       bool released)
{
	const struct swapadm_step *step = NULL;
	struct swapadm_run *run = NULL;
	int result = 1;

	main_thread = pthread_self();
	box->ctx->ops.write = slow_write;
	pthread_barrier_init(&at_write, NULL, 2);
	assert_int_equal(swapadm_plan_start(plan, &run), 0);
	pthread_barrier_wait(&at_write);
	assert_int_equal(swapadm_run_next(run, &step, &result), -EAGAIN);
	swapadm_run_stop(run);
	pthread_barrier_wait(&at_write);
	if (!released) {
		assert_int_equal(next_step(run, &step, &result), 1);
		assert_int_equal(next_step(run, &step, &result), 0);
		assert_int_equal(result, -ECANCELED);
		assert_non_null(strstr(swapadm_get_error(box->ctx), "stopped"));
	}
	swapadm_run_free(run);
	pthread_barrier_destroy(&at_write);
	box->ctx->ops.write = write;
	value_is(box, "/sys/module/zswap/parameters/enabled", "Y\n");
	value_is(box, "/sys/fs/cgroup/a/memory.swap.max", "max\n");
}

static void test_thread_stops(void **state)
{
	struct swapadm_plan *plan = two_settings(*state);

	stop_in_the_middle(*state, plan, false);
	swapadm_plan_unref(plan);
	plan = two_settings(*state);
	stop_in_the_middle(*state, plan, true);
	/* it can be carried out later, the usual way */
	assert_int_equal(swapadm_plan_run(plan, NULL, NULL), 0);
	value_is(*state, "/sys/fs/cgroup/a/memory.swap.max", "8192\n");
	swapadm_plan_unref(plan);
}

/* ---- words, roots ---------------------------------------------------------------- */

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
	_cleanup_(planner_end) struct planner planner;

	sandbox_write(
		box, "proc/meminfo",
		"MemTotal: 1048576 kB\nMemFree: 900000 kB\nMemAvailable: 900000 kB\n");
	assert_int_equal(planner_begin(box->ctx, conf, 0, "test", false, &planner), 0);
	planner.plan->tswap.wanted = true;
	assert_int_equal(plan_tswap_create(&planner), 0);
	assert_int_equal(plan_tswap_cover(&planner), -SWAPADM_ENOROOM);
	assert_non_null(strstr(swapadm_get_error(box->ctx), "takes 2.2 GiB of memory"));
	swapadm_conf_unref(conf);
}

/* ---- a swapoff(2) that was left behind --------------------------------------------- */

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

#define ORPHAN "/proc/77/stat"

static void put_orphan(struct sandbox *box)
{
	const struct jobrec rec = {
		.p = { .id = "d3",
		       .kind = SWAPADM_JOB_DRAIN,
		       .state = SWAPADM_JOB_LOST,
		       .source = "/dev/zram1" },
		.child = 77,
		.child_start_ticks = 99,
		.devices = (char *[]){ "/dev/zram1" },
		.n_devices = 1,
	};
	char *text = jobrec_format(&rec);

	sandbox_write(box, JOBS_DIR "/d3", text);
	sandbox_write(box, ORPHAN,
		      "77 (swapoff) R 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 99 0 0\n");
	free(text);
}

/* another process: in 0.3 s the area and the swapoff(2) are gone */
static pid_t end_orphan_soon(struct sandbox *box)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	usleep(300 * 1000);
	areas(box, "");
	unlink(sandbox_real(box, ORPHAN));
	_exit(0);
}

static void test_orphan(void **state)
{
	struct sandbox *box = *state;
	_cleanup_(plan_unrefp) struct swapadm_plan *plan = NULL;
	const struct swapadm_step *step;
	uint64_t start_ns = monotonic_ns();
	pid_t pid;

	zram_device(box, "zram1", "1073741824\n");
	areas(box, "/dev/zram1 partition 1048572 8 30000\n");
	remember(box, "/dev/zram1", "fast", 0, "zram,size=1G", false);
	put_orphan(box);
	/* planning waits for nothing */
	plan = apply(box, "[tier fast]\ndevice = zram, size=1G\n");
	step_is(plan, 0, SWAPADM_ACTION_WARN, "/dev/zram1", "of job d3");
	step_is(plan, 1, SWAPADM_ACTION_WARN, "/dev/zram1", "drained by job d3");
	assert_int_equal(swapadm_plan_n_changes(plan), 0);
	step = swapadm_plan_step(plan, 1);
	pid = end_orphan_soon(box);
	swapadm_plan_run(plan, NULL, NULL);
	assert_true(monotonic_ns() - start_ns >= 300 * UINT64_C(1000000));
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	/* planned again: the area is gone, so it is to be made active */
	assert_true(swapadm_plan_n_changes(plan) > 0);
	assert_string_equal(step->object, "/dev/zram1"); /* still there for its holder */
}

/* stopped while it waits: that is the result, and nothing is noted or done */
static void test_orphan_stopped(void **state)
{
	struct sandbox *box = *state;
	_cleanup_(plan_unrefp) struct swapadm_plan *plan = NULL;
	const struct swapadm_step *step = NULL;
	struct swapadm_run *run = NULL;
	int result = 1;

	zram_device(box, "zram1", "1073741824\n");
	areas(box, "/dev/zram1 partition 1048572 8 30000\n");
	remember(box, "/dev/zram1", "fast", 0, "zram,size=1G", false);
	put_orphan(box);
	plan = apply(
		box,
		"[swapadm]\nlayer = redirect\n[tier fast]\ndevice = zram, size=1G\n");
	assert_int_equal(swapadm_plan_start(plan, &run), 0);
	usleep(50 * 1000);
	swapadm_run_stop(run);
	assert_int_equal(next_step(run, &step, &result), 0);
	assert_int_equal(result, -ECANCELED);
	assert_non_null(strstr(swapadm_get_error(box->ctx), "stopped"));
	swapadm_run_free(run);
	assert_false(sandbox_has(box, "/run/swapadm/degraded"));
	assert_int_equal(unlink(sandbox_real(box, ORPHAN)), 0);
}

#define plan_test(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		plan_test(test_first_tier),
		plan_test(test_known_tiers),
		plan_test(test_configured_tiers),
		plan_test(test_order),
		plan_test(test_foreign_tswap),
		plan_test(test_apply_keeps_zram),
		plan_test(test_apply_takes_others_zram),
		plan_test(test_apply_tells_changes),
		plan_test(test_apply_goes_on),
		plan_test(test_settings),
		plan_test(test_settings_missing),
		plan_test(test_thread),
		plan_test(test_thread_fails),
		plan_test(test_thread_stops),
		plan_test(test_words),
		plan_test(test_sizes),
		plan_test(test_foreign_root),
		plan_test(test_map_fits),
		plan_test(test_orphan),
		plan_test(test_orphan_stopped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
