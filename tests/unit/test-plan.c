/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Plans on fabricated machines: ranks, order, apply without opening a device. */
#include "planbox.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "layer/direct/direct.h"
#include "conf/devspec.h"
#include "device/check.h"
#include "plan/planner.h"

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

/* ---- apply ----------------------------------------------------------------------- */

static void test_apply_keeps_zram(void **state)
{
	struct sandbox *box = *state;
	_cleanup_(plan_unrefp) struct swapadm_plan *plan = NULL;

	put_zram(box, "zram1", "1073741824\n");
	put_areas(box, "/dev/zram1 partition 1048572 8 30000\n");
	put_record(box, "/dev/zram1", "fast", 0, "zram,size=25%ram", true);
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

static void plan_of_zram(struct sandbox *box, const char *words)
{
	struct swapadm_plan *plan = apply(box, "[tier fast]\ndevice = zram, size=64M\n");

	step_is(plan, 0, SWAPADM_ACTION_CREATE_ZRAM, "zram,size=64M", words);
	swapadm_plan_unref(plan);
}

/* what looks left over may be what a run under way is making: looked at again later */
static void test_left_over_of_a_live_run(void **state)
{
	struct sandbox *box = *state;
	int lock;

	sandbox_write(box, "/sys/class/zram-control/hot_add", "");
	put_zram(box, "zram1", "0\n");
	put_areas(box, "");
	put_record(box, "/dev/zram1", "fast", 0, "zram,size=64M", true);
	plan_of_zram(box, "completes what a drain or an interrupted run left");
	lock = state_lock(box->ctx, "test");
	assert_true(lock >= 0);
	plan_of_zram(box, "completes what another run leaves, or a new zram device");
	close(lock);
	plan_of_zram(box, "completes");
}

/* in the box, but what is open already is opened again as on the running system */
static int open_in_box(int dirfd, const char *path, int flags, mode_t mode)
{
	if (str_after(path, "/proc/self/fd/"))
		return open(path, flags, mode);
	return openat(dirfd, path + strspn(path, "/"), flags, mode);
}

static ssize_t readlink_in_box(int dirfd, const char *path, char *buf, size_t size)
{
	return readlink(path, buf, size);
}

/*
 * /back is the file of /dev/loop0, to which zram77 writes back. stat(2) leads out of the
 * box, to a loop device of this machine; nothing is done to that. false: there is none.
 */
static bool put_writeback(struct sandbox *box)
{
	_cleanup_close_ int fd = -1;
	char block[65536], real[80];
	struct stat st;

	put_zram(box, "zram77", "0\n");
	sandbox_write(box, "/sys/block/zram77/backing_dev", "/dev/loop0\n");
	memset(block, 'x', sizeof(block));
	sandbox_write_bytes(box, "/back", block, sizeof(block));
	snprintf(real, sizeof(real), "%s/back\n", box->dir);
	sandbox_write(box, "/sys/block/loop0/loop/backing_file", real);
	assert_int_equal(chmod(sandbox_real(box, "/back"), 0600), 0);
	fd = open(sandbox_real(box, "/back"), O_RDONLY);
	box->ctx->ops.openat = open_in_box;
	box->ctx->ops.readlinkat = readlink_in_box;
	return check_filesystem(box->ctx, fd, "/back", "write-back") == 0 &&
	       stat("/dev/loop0", &st) == 0 && S_ISBLK(st.st_mode);
}

static void refused(struct sandbox *box, const char *words)
{
	_cleanup_(check_donep) struct check check = { 0 };
	struct target *target = NULL;

	assert_int_equal(check_load(box->ctx, &check), 0);
	assert_int_equal(check_device(&check, "/back", CHECK_BACKING, &target), -EBUSY);
	if (!strstr(swapadm_get_error(box->ctx), words))
		fail_msg("\"%s\" lacks \"%s\"", swapadm_get_error(box->ctx), words);
}

/* detaching the loop device would change nothing while a zram has it */
static void test_remedy_of_writeback(void **state)
{
	struct sandbox *box = *state;

	if (!put_writeback(box))
		skip();
	refused(box,
		"the backing file of /dev/loop0, the write-back device of /dev/zram77; `zramctl --reset /dev/zram77` first");
	put_areas(box, "/dev/zram77 partition 100 0 5\n");
	refused(box, "; `swapctl remove zram77 && zramctl --reset /dev/zram77` first");
	put_record(box, "/dev/zram77", "other", 0, "zram,size=1M", true);
	refused(box, "; `swapctl remove zram77` first");
	sandbox_write(box, "/sys/block/zram77/backing_dev", "none\n");
	refused(box, "(losetup -d /dev/loop0)");
}

/* ---- remove: a zram that swapadm made and others have written to ------------------- */

static int detach_zram(struct sandbox *box, const char *first_words)
{
	char page[65536] = "";

	snprintf(page, sizeof(page), "%s", first_words);
	sandbox_write(box, "/sys/class/zram-control/hot_remove", "");
	put_zram(box, "zram77", "65536\n");
	sandbox_write(box, "/sys/block/zram77/reset", "");
	sandbox_write(box, "/sys/block/zram77/mm_stat", "4096 70 4096 0 4096 0 0 0 0\n");
	sandbox_write_bytes(box, "/dev/zram77", page, sizeof(page));
	put_areas(box, "");
	return direct_detach(box->ctx, "/dev/zram77", false);
}

static void put_diskseq(struct sandbox *box, uint64_t diskseq)
{
	_cleanup_(state_free) struct state state = { 0 };
	const struct identity identity = { .diskseq = diskseq };

	put_record(box, "/dev/zram77", "fast", 0, "zram,size=64M", true);
	assert_int_equal(state_load(box->ctx, &state), 0);
	state_set_identity(&state, "/dev/zram77", &identity);
	assert_int_equal(state_save(box->ctx, &state), 0);
}

static void removed(struct sandbox *box, bool want)
{
	_cleanup_(state_free) struct state state = { 0 };
	_cleanup_free_ char *number =
		sandbox_read(box, "/sys/class/zram-control/hot_remove");

	assert_string_equal(number, want ? "77\n" : "");
	assert_int_equal(state_load(box->ctx, &state), 0);
	assert_int_equal(state.n_devices, want ? 0 : 1);
}

static void test_detach_written_zram(void **state)
{
	struct sandbox *box = *state;

	put_diskseq(box, 7);
	assert_int_equal(detach_zram(box, "no signature"), 0);
	removed(box, true);
	/* what has a signature is somebody's */
	put_diskseq(box, 7);
	assert_int_equal(detach_zram(box, "LUKS\xba\xbe\0\2"), -EMEDIUMTYPE);
	removed(box, false);
	/* nor may what is not known to be the one that was made go with what it holds */
	put_record(box, "/dev/zram77", "fast", 0, "zram,size=64M", true);
	assert_int_equal(detach_zram(box, "no signature"), -EMEDIUMTYPE);
	assert_non_null(strstr(swapadm_get_error(box->ctx),
			       "`zramctl --reset /dev/zram77` takes it away"));
	removed(box, false);
}

/* said before a device is made: later on it would be an I/O error of mkswap */
static void test_tiny_mem_limit(void **state)
{
	struct sandbox *box = *state;
	_cleanup_(plan_unrefp) struct swapadm_plan *plan = NULL;

	put_areas(box, "");
	sandbox_write(box, "/sys/class/zram-control/hot_add", "");
	plan = apply(box, "[tier fast]\ndevice = zram, size=64M, mem-limit=1\n");
	step_is(plan, 0, SWAPADM_ACTION_WARN, "zram",
		"mem-limit of 1 bytes is too small");
	assert_int_equal(swapadm_plan_n_changes(plan), 0);
}

static void test_apply_takes_others_zram(void **state)
{
	struct sandbox *box = *state;
	_cleanup_(plan_unrefp) struct swapadm_plan *plan = NULL;

	/* the state was lost: no second device of the same kind is made */
	put_zram(box, "zram1", "1073741824\n");
	put_zram(box, "zram2", "2147483648\n");
	put_areas(box, "/dev/zram2 partition 2097148 8 30000\n"
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

	put_zram(box, "zram1", "1073741824\n");
	put_areas(box, "/dev/zram1 partition 1048572 8 30000\n");
	put_record(box, "/dev/zram1", "fast", 0, "zram,size=1G", true);
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

/* a level can't be read back: what it was made with is on record */
static void test_apply_tells_levels(void **state)
{
	struct sandbox *box = *state;
	_cleanup_(plan_unrefp) struct swapadm_plan *plan = NULL;

	put_zram(box, "zram1", "1073741824\n");
	sandbox_write(box, "/sys/block/zram1/comp_algorithm", "lz4 [zstd]\n");
	sandbox_write(box, "/sys/block/zram1/algorithm_params", "\n");
	put_areas(box, "/dev/zram1 partition 1048572 8 30000\n");
	put_record(box, "/dev/zram1", "fast", 0, "zram,size=1G,algorithm=zstd(level=3)",
		   true);
	box->ctx->foreign_root = true; /* else its attributes are this machine's */
	plan = apply(box,
		     "[tier fast]\ndevice = zram, size=1G, algorithm=zstd(level=3)\n");
	step_is(plan, 0, SWAPADM_ACTION_KEEP, "/dev/zram1", "active");
	swapadm_plan_unref(plan);
	plan = apply(box,
		     "[tier fast]\ndevice = zram, size=1G, algorithm=zstd(level=9)\n");
	step_is(plan, 0, SWAPADM_ACTION_WARN, "/dev/zram1", "differs");
	swapadm_plan_unref(plan);
	/* where the kernel has no levels there is nothing to be changed */
	unlink(sandbox_real(box, "/sys/block/zram1/algorithm_params"));
	plan = apply(
		box,
		"[tier fast]\ndevice = zram, size=1G, algorithm=zstd(level=9), optional\n");
	step_is(plan, 0, SWAPADM_ACTION_KEEP, "/dev/zram1",
		"is active, without level, which this kernel's zram lacks");
}

/* what a kernel with all of zram's options has for a device in use */
static void put_options(struct sandbox *box)
{
	static const char *const attrs[][2] = {
		{ "comp_algorithm", "lzo [lz4] zstd\n" },
		{ "algorithm_params", "\n" },
		{ "recomp_algorithm", "\n" },
		{ "backing_dev", "none\n" },
		{ "compressed_writeback", "0\n" },
		{ "writeback_batch_size", "32\n" },
		{ "mem_limit", "" },
		{ "mm_stat", "0 0 0 8388608 0 0 0 0 0\n" },
	};
	char path[64];

	put_zram(box, "zram1", "1073741824\n");
	for (size_t i = 0; i < ARRAY_SIZE(attrs); i++) {
		snprintf(path, sizeof(path), "/sys/block/zram1/%s", attrs[i][0]);
		sandbox_write(box, path, attrs[i][1]);
	}
	put_areas(box, "/dev/zram1 partition 1048572 8 30000\n");
	box->ctx->foreign_root = true; /* else its attributes are this machine's */
}

/* the first step of the plan for a line; the last one keeps the device */
static void zram_step_is(struct sandbox *box, const char *options,
			 enum swapadm_action action, const char *object,
			 const char *words)
{
	_cleanup_(plan_unrefp) struct swapadm_plan *plan = NULL;
	char text[256];
	size_t n;

	snprintf(text, sizeof(text), "[tier fast]\ndevice = zram, size=1G%s\n", options);
	plan = apply(box, text);
	n = swapadm_plan_n_steps(plan);
	assert_int_equal(n, action == SWAPADM_ACTION_KEEP ? 1 : 2);
	step_is(plan, 0, action, object, words);
	step_is(plan, n - 1, SWAPADM_ACTION_KEEP, "/dev/zram1", "active");
}

/* what a zram in use can't be given is named, each by its own name */
static void test_apply_tells_options(void **state)
{
	static const char *const lines[][2] = {
		{ ",mem-limit=8M,recompress=lz4", "in recompress; remove it" },
		{ ",mem-limit=8M,writeback=/dev/b", "in writeback; remove it" },
		{ ",mem-limit=8M,writeback=/dev/b,compressed-writeback",
		  "in writeback; remove it" },
		{ ",mem-limit=8M,writeback=/dev/b,recompress=lz4,optional",
		  "in recompress, writeback; remove it" },
	};
	struct sandbox *box = *state;

	put_options(box);
	put_record(box, "/dev/zram1", "fast", 0, "zram,size=1G,mem-limit=8M", true);
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		zram_step_is(box, lines[i][0], SWAPADM_ACTION_WARN, "/dev/zram1",
			     lines[i][1]);
	zram_step_is(box, ",mem-limit=8M", SWAPADM_ACTION_KEEP, "/dev/zram1", "active");
	/* it has them, but not these */
	sandbox_write(box, "/sys/block/zram1/backing_dev", "/dev/b\n");
	sandbox_write(box, "/sys/block/zram1/recomp_algorithm", "#1: lzo [zstd]\n");
	put_record(box, "/dev/zram1", "fast", 0,
		   "zram,size=1G,mem-limit=8M,recompress=zstd,writeback=/dev/b", true);
	zram_step_is(box, ",mem-limit=8M,recompress=zstd,writeback=/dev/b",
		     SWAPADM_ACTION_KEEP, "/dev/zram1", "active");
	zram_step_is(box, ",mem-limit=8M,recompress=zstd,writeback=/dev/c",
		     SWAPADM_ACTION_WARN, "/dev/zram1", "in writeback; remove it");
	zram_step_is(
		box,
		",mem-limit=8M,recompress=zstd,writeback=/dev/b,compressed-writeback",
		SWAPADM_ACTION_WARN, "/dev/zram1", "in compressed-writeback; remove it");
	zram_step_is(box, ",mem-limit=8M", SWAPADM_ACTION_WARN, "/dev/zram1",
		     "in recompress, writeback; remove it");
}

/* as for one that is to be made: without "optional" it is a failure */
static void test_apply_tells_lacking(void **state)
{
	struct sandbox *box = *state;
	_cleanup_(plan_unrefp) struct swapadm_plan *plan = NULL;

	put_options(box);
	unlink(sandbox_real(box, "/sys/block/zram1/backing_dev"));
	put_record(box, "/dev/zram1", "fast", 0, "zram,size=1G,mem-limit=8M", true);
	zram_step_is(box, ",mem-limit=8M,writeback=/dev/b", SWAPADM_ACTION_WARN,
		     "/dev/zram1",
		     "lacks writeback (CONFIG_ZRAM_WRITEBACK); leave it out");
	zram_step_is(box, ",mem-limit=8M,writeback=/dev/b,optional", SWAPADM_ACTION_KEEP,
		     "/dev/zram1", "without writeback");
	box->ctx->foreign_root = false;
	unlink(sandbox_real(box, "/sys/block/zram1/backing_dev"));
	plan = apply(box, "[tier fast]\ndevice = zram, size=1G, mem-limit=8M, "
			  "algorithm=none-such\n");
	assert_int_equal(swapadm_plan_run(plan, NULL, NULL), -EPROTONOSUPPORT);
}

/* a limit that the line no longer has goes, if swapadm has set it */
static void test_apply_limit(void **state)
{
	static const char *const attr = "/sys/block/zram1/mem_limit";
	struct sandbox *box = *state;

	put_options(box);
	put_record(box, "/dev/zram1", "fast", 0, "zram,size=1G,mem-limit=8M", true);
	zram_step_is(box, "", SWAPADM_ACTION_SET, attr, "0, was 8388608");
	zram_step_is(box, ",mem-limit=6M", SWAPADM_ACTION_SET, attr,
		     "6291456, was 8388608");
	zram_step_is(box, ",mem-limit=1", SWAPADM_ACTION_WARN, "/dev/zram1",
		     "mem-limit of 1 bytes is too small");
	/* somebody else's stays */
	sandbox_write(box, "/sys/block/zram1/mm_stat", "0 0 0 4194304 0 0 0 0 0\n");
	zram_step_is(box, "", SWAPADM_ACTION_WARN, "/dev/zram1",
		     "has a memory limit of 4.0 MiB");
}

/* without a zram there is none to ask */
static void test_unknown_options(void **state)
{
	struct sandbox *box = *state;
	_cleanup_(plan_unrefp) struct swapadm_plan *plan = NULL;

	put_areas(box, "");
	sandbox_write(box, "/sys/class/zram-control/hot_add", "");
	plan = apply(box, "[tier fast]\ndevice = zram, size=64M, recompress=zstd\n");
	step_is(plan, 0, SWAPADM_ACTION_CREATE_ZRAM, "zram,size=64M,recompress=zstd",
		"whether this kernel's zram has recompress shows when it is made");
}

struct said {
	char text[2048];
};

static void hear(void *data, enum swapadm_log_level level, const char *text)
{
	struct said *said = data;
	size_t n = strlen(said->text);

	assert_int_equal(level, SWAPADM_LOG_WARNING);
	snprintf(said->text + n, sizeof(said->text) - n, "%s\n", text);
}

static int idle_keys(struct sandbox *box, const char *text, struct said *said)
{
	struct swapadm_conf *conf = conf_of(box, text);
	int n;

	said->text[0] = '\0';
	swapadm_set_log(box->ctx, SWAPADM_LOG_WARNING, hear, said);
	n = swapadm_conf_warn_idle(conf, box->ctx);
	swapadm_set_log(box->ctx, SWAPADM_LOG_WARNING, NULL, NULL);
	swapadm_conf_unref(conf);
	return n;
}

/* keys that do nothing are named, with their line; those that do are not */
static void test_idle_keys(void **state)
{
	struct sandbox *box = *state;
	struct said said;

	assert_int_equal(idle_keys(box,
				   "[tier fast]\ndevice = zram\ndemote-above = 80%\n"
				   "recompress-older = 1h\nwrite-budget = 1G/day\n"
				   "[zswap]\nmax-pool = 20%\n",
				   &said),
			 4);
	assert_non_null(strstr(said.text, ":3: [tier fast] demote-above has no effect"));
	assert_non_null(
		strstr(said.text, ":4: [tier fast] recompress-older has no effect"));
	assert_non_null(strstr(said.text, ":5: [tier fast] write-budget has no effect"));
	assert_non_null(strstr(said.text, "zswap is off; add enabled = yes"));
	assert_int_equal(
		idle_keys(box,
			  "[tier fast]\ndevice = zram,recompress=zstd,writeback=/dev/b\n"
			  "demote-above = 80%\nrecompress-older = 1h\n"
			  "write-budget = 1G/day\n"
			  "[tier slow]\ndevice = /dev/c\nwrite-budget = 1G/day\n"
			  "[zswap]\nenabled = yes\nmax-pool = 20%\ndemote-above = 50%\n",
			  &said),
		0);
	/* the redirect layer demotes whatever there is */
	assert_int_equal(
		idle_keys(box,
			  "[swapadm]\nlayer = redirect\n[tier fast]\n"
			  "device = /dev/b\ndemote-above = 80%\n"
			  "[tier slow]\ndevice = /dev/c\nwrite-budget = 1G/day\n",
			  &said),
		0);
	assert_int_equal(
		idle_keys(box, "[zswap]\nenabled = no\ndemote-above = 50%\n", &said), 1);
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
		box, "/proc/meminfo",
		"MemTotal: 1048576 kB\nMemFree: 900000 kB\nMemAvailable: 900000 kB\n");
	assert_int_equal(planner_begin(box->ctx, conf, 0, "test", false, &planner), 0);
	planner.plan->tswap.wanted = true;
	assert_int_equal(plan_tswap_create(&planner), 0);
	assert_int_equal(plan_tswap_cover(&planner), -SWAPADM_ENOROOM);
	assert_non_null(strstr(swapadm_get_error(box->ctx), "takes 2.2 GiB of memory"));
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
		plan_test(test_first_tier),
		plan_test(test_known_tiers),
		plan_test(test_drained_tier),
		plan_test(test_configured_tiers),
		plan_test(test_order),
		plan_test(test_foreign_tswap),
		plan_test(test_apply_keeps_zram),
		plan_test(test_left_over_of_a_live_run),
		plan_test(test_remedy_of_writeback),
		plan_test(test_detach_written_zram),
		plan_test(test_apply_tells_levels),
		plan_test(test_idle_keys),
		plan_test(test_tiny_mem_limit),
		plan_test(test_apply_tells_options),
		plan_test(test_apply_tells_lacking),
		plan_test(test_apply_limit),
		plan_test(test_unknown_options),
		plan_test(test_apply_takes_others_zram),
		plan_test(test_apply_tells_changes),
		plan_test(test_apply_goes_on),
		plan_test(test_words),
		plan_test(test_sizes),
		plan_test(test_foreign_root),
		plan_test(test_map_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
