/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Plans of zrams on fabricated machines: what apply keeps, changes and removes. */
#include "planbox.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "layer/direct/direct.h"
#include "conf/devspec.h"
#include "device/check.h"
#include "plan/planner.h"

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

/* that is no number that is taken: the next one can't be looked at either, and so on */
static void test_no_descriptor(void **state)
{
	struct sandbox *box = *state;
	_cleanup_(plan_unrefp) struct swapadm_plan *plan = NULL;
	_cleanup_(state_free) struct state after = { 0 };

	sandbox_write(box, "/sys/class/zram-control/hot_add", "0\n");
	plan = apply(box, "[tier fast]\ndevice = zram, size=64M\n");
	sandbox_no_descriptor(box, "/sys/block/zram");
	assert_int_equal(swapadm_plan_run(plan, NULL, NULL), -EMFILE);
	assert_string_equal(swapadm_get_error(box->ctx),
			    "/dev/zram0: look: Too many open files");
	assert_int_equal(state_load(box->ctx, &after), 0);
	assert_int_equal(after.n_devices, 0);
}

/* ---- another program's zram gets the number of this one -------------------------- */

static struct sandbox *the_box;
static int n_saves, fails_at;

/* it comes after the first record; the write of the state with that number fails */
static ssize_t write_state(int fd, const void *buf, size_t n)
{
	static const char head[] = "# swapadm state ";

	if (n < sizeof(head) || memcmp(buf, head, sizeof(head) - 1) != 0)
		return write(fd, buf, n);
	if (n_saves == 0)
		put_zram(the_box, "zram0", "0\n");
	if (++n_saves != fails_at)
		return write(fd, buf, n);
	errno = ENOSPC;
	return -1;
}

/* the kernel gives zram3; the write of the state number @fails fails, 0: none does */
static void run_beaten(struct sandbox *box, int fails, int err)
{
	_cleanup_(plan_unrefp) struct swapadm_plan *plan = NULL;

	the_box = box;
	n_saves = 0;
	fails_at = fails;
	put_zram(box, "zram3", "0\n");
	sandbox_write(box, "/sys/block/zram3/reset", "");
	sandbox_write(box, "/sys/class/zram-control/hot_add", "3\n");
	plan = apply(box, "[tier fast]\ndevice = zram, size=64M\n");
	box->ctx->ops.write = write_state;
	assert_int_equal(swapadm_plan_run(plan, NULL, NULL), err);
}

static void has_records(struct sandbox *box, const char *path)
{
	_cleanup_(state_free) struct state now = { 0 };

	assert_int_equal(state_load(box->ctx, &now), 0);
	assert_int_equal(now.n_devices, path != NULL);
	if (path)
		assert_string_equal(now.devices[0].path, path);
}

/* what can't be set up can't be removed either: on record is the one that was made */
static void test_other_number(void **state)
{
	struct sandbox *box = *state;

	run_beaten(box, 0, -ENOENT);
	assert_int_equal(n_saves, 3);
	has_records(box, "/dev/zram3");
}

static void was_given_back(struct sandbox *box)
{
	_cleanup_free_ char *removed =
		sandbox_read(box, "/sys/class/zram-control/hot_remove");

	assert_non_null(strstr(swapadm_get_error(box->ctx), "No space left"));
	assert_non_null(removed);
	assert_string_equal(removed, "3\n");
}

/* its record can't be written: it goes again, nobody would ever take it away */
static void test_other_number_no_record(void **state)
{
	struct sandbox *box = *state;

	sandbox_write(box, "/sys/class/zram-control/hot_remove", "");
	run_beaten(box, 3, -ENOSPC);
	was_given_back(box);
	has_records(box, NULL);
}

/* the first record stays, and means the other's device: no run goes on with that */
static void test_other_number_recorded(void **state)
{
	struct sandbox *box = *state;

	sandbox_write(box, "/sys/class/zram-control/hot_remove", "");
	run_beaten(box, 2, -ENOSPC);
	was_given_back(box);
	assert_int_equal(n_saves, 3);
	has_records(box, NULL);
}

/* in the box, but what is open already is opened again as on the running system */
static int open_in_box(int dirfd, const char *path, int flags, mode_t mode)
{
	if (str_after(path, "/proc/self/fd/"))
		return open(path, flags, mode);
	return openat(dirfd, path + strspn(path, "/"), flags, mode);
}

static int open_no_block(int dirfd, const char *path, int flags, mode_t mode)
{
	if (!streq(path, "/sys/block"))
		return open_in_box(dirfd, path, flags, mode);
	errno = EMFILE;
	return -1;
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

/* a loop device could have the file that would be erased */
static void test_no_look_at_loops(void **state)
{
	struct sandbox *box = *state;
	_cleanup_(check_donep) struct check check = { 0 };
	struct target *target = NULL;

	if (!put_writeback(box))
		skip();
	assert_int_equal(unlink(sandbox_real(box, "/sys/block/loop0/loop/backing_file")),
			 0);
	assert_int_equal(check_load(box->ctx, &check), 0);
	box->ctx->ops.openat = open_no_block;
	assert_int_equal(check_device(&check, "/back", CHECK_BACKING, &target), -EMFILE);
	assert_non_null(strstr(swapadm_get_error(box->ctx), "look for loop devices"));
	box->ctx->ops.openat = open_in_box;
	assert_int_equal(check_device(&check, "/back", CHECK_BACKING, &target), 0);
	target_free(target);
}

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

/* of a zram in use, and on record: the next apply compares with that */
static void test_set_limit(void **state)
{
	struct sandbox *box = *state;
	_cleanup_(plan_unrefp) struct swapadm_plan *plan = NULL;
	_cleanup_free_ char *limit = NULL;
	_cleanup_(state_free) struct state now = { 0 };

	put_options(box);
	put_record(box, "/dev/zram1", "fast", 0, "zram,size=1G,mem-limit=8M", true);
	plan = apply(box, "[tier fast]\ndevice = zram, size=1G, mem-limit=6M\n");
	the_box = box;
	box->ctx->foreign_root = false;
	box->ctx->ops.write = write_state;
	n_saves = 1;
	fails_at = 2; /* it is set, but not on record: a failure */
	assert_int_equal(swapadm_plan_run(plan, NULL, NULL), -ENOSPC);
	assert_non_null(strstr(swapadm_get_error(box->ctx), "/dev/zram1: record: "));
	assert_int_equal(swapadm_plan_run(plan, NULL, NULL), 0);
	limit = sandbox_read(box, "/sys/block/zram1/mem_limit");
	assert_string_equal(limit, "6291456\n");
	assert_int_equal(state_load(box->ctx, &now), 0);
	assert_string_equal(now.devices[0].spec, "zram,size=1G,mem-limit=6M");
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		plan_test(test_apply_keeps_zram),
		plan_test(test_left_over_of_a_live_run),
		plan_test(test_no_descriptor),
		plan_test(test_other_number),
		plan_test(test_other_number_no_record),
		plan_test(test_other_number_recorded),
		plan_test(test_remedy_of_writeback),
		plan_test(test_no_look_at_loops),
		plan_test(test_detach_written_zram),
		plan_test(test_apply_tells_levels),
		plan_test(test_idle_keys),
		plan_test(test_tiny_mem_limit),
		plan_test(test_apply_tells_options),
		plan_test(test_apply_tells_lacking),
		plan_test(test_apply_limit),
		plan_test(test_set_limit),
		plan_test(test_unknown_options),
		plan_test(test_apply_takes_others_zram),
		plan_test(test_apply_tells_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
