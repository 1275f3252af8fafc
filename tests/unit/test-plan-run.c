/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Plans that are carried out: settings, in a thread, after a swapoff(2) left behind. */
#include "planbox.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>

#include "conf/persist.h"
#include "plan/planner.h"
#include "plan/run.h"
#include "state/jobs.h"

/* ---- settings -------------------------------------------------------------------- */

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
	step_is(plan, 1, SWAPADM_ACTION_WARN, "/a", "cgroup v2");
	assert_int_equal(swapadm_plan_run(plan, NULL, NULL), -EPROTONOSUPPORT);
}

#define KTIERS    "/sys/kernel/debug/swap/tiers"
#define MASKS     "/sys/kernel/debug/swap/memcg_tiers"
#define TWO_TIERS "[tier fast]\n[tier slow]\n[cgroup a]\npath = /a\n"

/* the kernel's own tiers: a plain file takes the line that the kernel would */
static void test_masks(void **state)
{
	struct sandbox *box = *state;
	_cleanup_(plan_unrefp) struct swapadm_plan *plan = NULL;

	sandbox_write(box, "/sys/fs/cgroup/cgroup.controllers", "cpu memory\n");
	sandbox_write(box, "/sys/fs/cgroup/a/memory.swap.max", "max\n");
	sandbox_write(box, KTIERS, "Idx   Prio\n0     30000\n2     29500\n");
	sandbox_write(box, MASKS, "");
	plan = apply(box, TWO_TIERS "tiers = slow\n");
	assert_int_equal(swapadm_plan_n_changes(plan), 1);
	step_is(plan, 0, SWAPADM_ACTION_SET, "/sys/fs/cgroup/a", "evaluation only");
	assert_int_equal(swapadm_plan_run(plan, NULL, NULL), 0);
	value_is(box, MASKS, "/a 0x4\n");
	swapadm_plan_unref(plan);
	plan = apply(box, TWO_TIERS "tiers = slow\n");
	assert_int_equal(swapadm_plan_n_changes(plan), 0);
	swapadm_plan_unref(plan);
	plan = apply(box, TWO_TIERS "tiers = fast, slow\n");
	assert_int_equal(swapadm_plan_run(plan, NULL, NULL), 0);
	value_is(box, MASKS, "/a 0x5\n"); /* the kernel drops it then */
	sandbox_write(box, MASKS, "/a 0x1\n");
	swapadm_plan_unref(plan);
	plan = apply(box, TWO_TIERS);
	assert_int_equal(swapadm_plan_run(plan, NULL, NULL), 0);
	value_is(box, MASKS, "/a 0x5\n");
}

/* its folder is there and can't be opened as one: said, not passed over */
static void test_masks_no_cgroup(void **state)
{
	struct sandbox *box = *state;
	_cleanup_(plan_unrefp) struct swapadm_plan *plan = NULL;

	sandbox_write(box, "/sys/fs/cgroup/cgroup.controllers", "cpu memory\n");
	sandbox_write(box, "/sys/fs/cgroup/a", "");
	sandbox_write(box, KTIERS, "Idx   Prio\n0     30000\n2     29500\n");
	sandbox_write(box, MASKS, "");
	plan = apply(box, TWO_TIERS "tiers = slow\n");
	step_is(plan, 0, SWAPADM_ACTION_WARN, "/sys/fs/cgroup/a", "look: ");
	assert_int_equal(swapadm_plan_n_changes(plan), 0);
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

/* ---- a swapoff(2) that was left behind --------------------------------------------- */

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
	put_areas(box, "");
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

	put_zram(box, "zram1", "1073741824\n");
	put_areas(box, "/dev/zram1 partition 1048572 8 30000\n");
	put_record(box, "/dev/zram1", "fast", 0, "zram,size=1G", false);
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

	put_zram(box, "zram1", "1073741824\n");
	put_areas(box, "/dev/zram1 partition 1048572 8 30000\n");
	put_record(box, "/dev/zram1", "fast", 0, "zram,size=1G", false);
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

/* ---- what stands on a step that failed -------------------------------------------- */

static void note_failure(void *data, const struct swapadm_step *step, int result)
{
	struct swapadm_ctx *ctx = data;
	char want[128];

	snprintf(want, sizeof(want), "%s: ", step->object);
	assert_int_equal(result, -ENODEV);
	assert_ptr_equal(strstr(swapadm_get_error(ctx), want), swapadm_get_error(ctx));
	assert_non_null(strstr(swapadm_get_error(ctx),
			       "not done, because there is no tswap device"));
}

static void add_unit(struct planner *planner, enum unit_kind kind, const char *path,
		     enum swapadm_action action)
{
	struct plan_unit *unit;

	assert_int_equal(plan_new_unit(planner->plan, kind, NULL, &unit), 0);
	unit->path = strdup(path);
	assert_int_equal(plan_add_step(planner->plan, unit, action, NULL, 0, "a step"),
			 0);
}

static int no_swapoff(const char *path)
{
	fail_msg("swapoff of %s, for nothing", path);
	return -1;
}

/* a step fails without a sentence: that of what failed before it is not shown for it */
static void leave_a_sentence(void *data, const struct swapadm_step *step, int result)
{
	if (!result)
		ctx_fail(data, -EPROTONOSUPPORT, "no such layer");
}

static void test_no_sentence(void **state)
{
	struct sandbox *box = *state;
	struct swapadm_conf *conf = conf_of(box, "");
	_cleanup_(planner_end) struct planner planner;

	assert_int_equal(planner_begin(box->ctx, conf, 0, "test", false, &planner), 0);
	add_unit(&planner, UNIT_DEVICE, "/dev/sdb", SWAPADM_ACTION_KEEP);
	add_unit(&planner, UNIT_SET, "/dev/sdc", SWAPADM_ACTION_CREATE_TSWAP);
	assert_int_equal(swapadm_plan_run(planner.plan, leave_a_sentence, box->ctx),
			 -EINVAL);
	assert_string_equal(swapadm_get_error(box->ctx),
			    "/dev/sdc: test: Invalid argument");
	swapadm_conf_unref(conf);
}

/* the tswap device could not be made: nothing is made, formatted or drained for it */
static void test_no_tswap(void **state)
{
	struct sandbox *box = *state;
	struct swapadm_conf *conf = conf_of(box, "[swapadm]\nlayer = redirect\n");
	_cleanup_(planner_end) struct planner planner;

	put_areas(box, "/dev/sdb partition 1048572 8 30000\n");
	box->ctx->ops.swapoff = no_swapoff;
	assert_int_equal(planner_begin(box->ctx, conf, 0, "test", false, &planner), 0);
	planner.plan->tswap.wanted = planner.plan->go_on = true;
	add_unit(&planner, UNIT_CONVERT, "/dev/sdb", SWAPADM_ACTION_DRAIN);
	add_unit(&planner, UNIT_FILE, "/swap", SWAPADM_ACTION_CREATE_FILE);
	add_unit(&planner, UNIT_AREA, "/dev/tswap0", SWAPADM_ACTION_FORMAT);
	add_unit(&planner, UNIT_LEAF, "/dev/sdc", SWAPADM_ACTION_SET);
	add_unit(&planner, UNIT_TIER, "fast", SWAPADM_ACTION_SET);
	add_unit(&planner, UNIT_RULE, "/batch", SWAPADM_ACTION_SET);
	add_unit(&planner, UNIT_TSWAP, "/dev/tswap0", SWAPADM_ACTION_SET);
	assert_int_equal(swapadm_plan_run(planner.plan, note_failure, box->ctx), -ENODEV);
	assert_non_null(strstr(swapadm_get_error(box->ctx), "/dev/sdb: make it a leaf"));
	swapadm_conf_unref(conf);
}

/* it was drained for that, so that is said, too */
static void test_convert_fails(void **state)
{
	struct sandbox *box = *state;
	struct swapadm_conf *conf = conf_of(box, "[swapadm]\nlayer = redirect\n");
	_cleanup_(planner_end) struct planner planner;

	assert_int_equal(planner_begin(box->ctx, conf, 0, "test", false, &planner), 0);
	planner.plan->tswap.wanted = planner.plan->tswap.exists = true;
	add_unit(&planner, UNIT_CONVERT, "/dev/sdb", SWAPADM_ACTION_ACTIVATE);
	assert_int_equal(swapadm_plan_run(planner.plan, NULL, NULL), -ENOENT);
	assert_non_null(strstr(swapadm_get_error(box->ctx), "/dev/sdb: "));
	assert_non_null(strstr(swapadm_get_error(box->ctx),
			       "; it is drained and not active now"));
	swapadm_conf_unref(conf);
}

/* ---- a line of the drop-in takes the place of another ---------------------------- */

static int n_writes, fails_from;

static ssize_t write_some(int fd, const void *buf, size_t n)
{
	if (++n_writes < fails_from)
		return write(fd, buf, n);
	errno = ENOSPC;
	return -1;
}

/* whichever write is the first that fails, the tier has its device, old or new */
static void test_change_of_a_line(void **state)
{
	static const char before[] = "[tier t]\nrank = 3\ndevice = /dev/sdb\n";
	struct sandbox *box = *state;
	struct swapadm_plan plan = { .ctx = box->ctx };
	char *words[] = { (char *)"t", (char *)"/dev/sdb,discard", (char *)"/dev/sdb" };
	struct plan_unit unit = { .kind = UNIT_LINE,
				  .tier = words[0],
				  .spec_text = words[1],
				  .replaces = words[2],
				  .new_rank = 3 };
	int r = -1;

	for (fails_from = 1; r; fails_from++) {
		_cleanup_free_ char *now = NULL;

		assert_true(fails_from < 10);
		sandbox_write(box, PERSIST_FILE, before);
		box->ctx->ops.write = write_some;
		n_writes = 0;
		r = run_drop_in(&plan, &unit);
		now = sandbox_read(box, PERSIST_FILE);
		assert_non_null(now);
		if (r)
			assert_string_equal(now, before);
		else
			assert_non_null(strstr(
				now, "[tier t]\nrank = 3\ndevice = /dev/sdb,discard\n"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		plan_test(test_settings),       plan_test(test_settings_missing),
		plan_test(test_masks),          plan_test(test_masks_no_cgroup),
		plan_test(test_thread),         plan_test(test_thread_fails),
		plan_test(test_thread_stops),   plan_test(test_orphan),
		plan_test(test_orphan_stopped), plan_test(test_no_tswap),
		plan_test(test_no_sentence),    plan_test(test_change_of_a_line),
		plan_test(test_convert_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
