/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What needs no privilege of the checks; tests/live/test-refuse.sh has the rest. */
#include "fixture.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/sysmacros.h>

#include "base/program.h"
#include "device/activate.h"
#include "device/check.h"
#include "device/swapfile.h"
#include "device/zram.h"
#include "kernel/stats.h"

static const char mountinfo[] = "20 1 8:2 / / rw - ext4 /dev/sda2 rw\n"
				"21 20 0:40 / /data rw - btrfs /dev/sdb rw\n"
				"22 20 8:48 / /whole rw - xfs /dev/sdd rw\n"
				"23 20 0:41 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"
				"24 20 0:42 / /mnt/second rw - cgroup2 cgroup2 rw\n";

static void machine(struct sandbox *box)
{
	fixture_blockdev(box, "block/sda", "8:0", "1\n");
	fixture_blockdev(box, "block/sda/sda1", "8:1", NULL);
	fixture_blockdev(box, "block/sda/sda2", "8:2", NULL);
	fixture_blockdev(box, "block/sdc", "8:32", "0\n");
	fixture_blockdev(box, "block/sdd", "8:48", "0\n");
	fixture_blockdev(box, "block/sdd/sdd1", "8:49", NULL);
	sandbox_write(box, "/proc/self/mountinfo", mountinfo);
	sandbox_write(box, "/proc/swaps", "Filename Type Size Used Priority\n");
}

static int find_mount(struct sandbox *box, int minor, struct mount_use *use)
{
	_cleanup_(mounts_freep) struct mounts *mounts = NULL;
	struct blockdev dev;

	assert_int_equal(mounts_load(box->ctx, &mounts), 0);
	assert_int_equal(blockdev_get(box->ctx, makedev(8, minor), &dev), 0);
	return mounts_find_device(box->ctx, mounts, &dev, use);
}

static void test_mounts(void **state)
{
	struct sandbox *box = *state;
	struct mount_use use;

	machine(box);
	assert_int_equal(find_mount(box, 2, &use), 0);
	assert_int_equal(use.relation, RELATION_SAME);
	assert_string_equal(use.target, "/");
	assert_string_equal(use.fstype, "ext4");
	assert_int_equal(find_mount(box, 0, &use), 0);
	assert_int_equal(use.relation, RELATION_PARTITION);
	assert_string_equal(use.device, "/dev/sda2");
	assert_int_equal(find_mount(box, 49, &use), 0);
	assert_int_equal(use.relation, RELATION_DISK);
	assert_string_equal(use.target, "/whole");
	assert_int_equal(find_mount(box, 1, &use), -ENOENT); /* sda1 next to sda2 */
	assert_int_equal(find_mount(box, 32, &use), -ENOENT);
}

static void test_mounts_by_type(void **state)
{
	struct sandbox *box = *state;
	_cleanup_(mounts_freep) struct mounts *mounts = NULL;
	char target[64];

	machine(box);
	assert_int_equal(mounts_load(box->ctx, &mounts), 0);
	assert_int_equal(mounts_find_type(mounts, "cgroup2", 0, target, sizeof(target)),
			 0);
	assert_string_equal(target, "/sys/fs/cgroup");
	assert_int_equal(mounts_find_type(mounts, "cgroup2", 1, target, sizeof(target)),
			 0);
	assert_string_equal(target, "/mnt/second");
	assert_int_equal(mounts_find_type(mounts, "cgroup2", 2, target, sizeof(target)),
			 -ENOENT);
}

/* a file must not be made on the file system below the one that is meant */
static void test_mounts_absent(void **state)
{
	struct sandbox *box = *state;
	char target[64];

	machine(box);
	assert_int_equal(mounts_find_absent(box->ctx, "/srv/x", target, 64), -ENOENT);
	sandbox_write(box, "/etc/fstab",
		      "LABEL=root / ext4 defaults 0 1\n"
		      "# LABEL=old /old ext4 defaults 0 2\n"
		      "LABEL=data /data btrfs defaults 0 2\n"
		      "LABEL=srv /srv ext4 nofail 0 2\n"
		      "LABEL=sub /srv/sub ext4 noauto 0 2\n"
		      "LABEL=swap none swap sw 0 0\n");
	assert_int_equal(mounts_find_absent(box->ctx, "/data/swap", target, 64), -ENOENT);
	assert_int_equal(mounts_find_absent(box->ctx, "/old/swap", target, 64), -ENOENT);
	assert_int_equal(mounts_find_absent(box->ctx, "/srv2/swap", target, 64), -ENOENT);
	assert_int_equal(mounts_find_absent(box->ctx, "/swap", target, 64), -ENOENT);
	assert_int_equal(mounts_find_absent(box->ctx, "/srv/swap", target, 64), 0);
	assert_string_equal(target, "/srv");
	assert_int_equal(mounts_find_absent(box->ctx, "/srv/sub/a", target, 64), 0);
	assert_string_equal(target, "/srv/sub");
}

/* the file's path is the real one, that of fstab may lead there by a link */
static void test_mounts_absent_names(void **state)
{
	struct sandbox *box = *state;
	char target[64];

	machine(box);
	sandbox_write(box, "/etc/fstab",
		      "LABEL=late /mnt/late/// ext4 nofail 0 2\n"
		      "LABEL=blank /mnt/my\\040disk ext4 nofail 0 2\n"
		      "LABEL=link /link/ ext4 nofail 0 2\n"
		      "LABEL=deep /deep/none/yet ext4 nofail 0 2\n"
		      "LABEL=data /mounted ext4 defaults 0 2\n");
	sandbox_write(box, "/mnt/behind/x", "");
	sandbox_link(box, "mnt/behind", "/link");
	sandbox_link(box, "mnt", "/deep");
	sandbox_write(box, "/data/x", "");
	sandbox_link(box, "data", "/mounted");
	assert_int_equal(mounts_find_absent(box->ctx, "/mnt/late/f", target, 64), 0);
	assert_int_equal(mounts_find_absent(box->ctx, "/mnt/my disk/f", target, 64), 0);
	assert_string_equal(target, "/mnt/my disk");
	assert_int_equal(mounts_find_absent(box->ctx, "/mnt/behind/f", target, 64), 0);
	assert_string_equal(target, "/link/");
	assert_int_equal(mounts_find_absent(box->ctx, "/mnt/none/yet/f", target, 64), 0);
	assert_int_equal(mounts_find_absent(box->ctx, "/data/f", target, 64), -ENOENT);
	assert_int_equal(mounts_find_absent(box->ctx, "/mnt/f", target, 64), -ENOENT);
}

static void test_mounts_empty(void **state)
{
	struct sandbox *box = *state;
	struct mount_use use;

	machine(box);
	sandbox_write(box, "/proc/self/mountinfo", "");
	assert_int_equal(find_mount(box, 2, &use), -ENOENT);
}

static void refuses(const char *path, int want, const char *words)
{
	_cleanup_(swapadm_unrefp) struct swapadm_ctx *ctx = NULL;
	_cleanup_(check_donep) struct check check = { 0 };
	struct target *target = NULL;

	assert_int_equal(swapadm_new(&ctx, NULL), 0);
	assert_int_equal(check_load(ctx, &check), 0);
	assert_int_equal(check_device(&check, path, CHECK_FORMAT, &target), want);
	assert_null(target);
	assert_non_null(strstr(swapadm_get_error(ctx), words));
}

static void test_types(void **state)
{
	refuses("/dev/null", -ENOTBLK, "neither a block device nor a regular file");
	refuses("/proc", -EISDIR, "directory");
	refuses("/dev/no-such-device", -ENOENT, "lsblk");
	refuses("/no/such/file", -ENOENT, "size=4G");
	refuses("/proc/version", -EOPNOTSUPP, "is on proc");
}

static void test_resolve(void **state)
{
	_cleanup_(swapadm_unrefp) struct swapadm_ctx *ctx = NULL;
	_cleanup_free_ char *path = NULL, *node = NULL;

	assert_int_equal(swapadm_new(&ctx, NULL), 0);
	assert_int_equal(check_resolve(ctx, "/a/b", &path), 0);
	assert_string_equal(path, "/a/b");
	assert_int_equal(check_resolve(ctx, "sdb2", &node), 0);
	assert_string_equal(node, "/dev/sdb2");
}

static void test_swapon_flags(void **state)
{
	/*
	 * include/linux/swap.h: PREFER 0x8000, DISCARD 0x10000, ONCE 0x20000, PAGES
	 * 0x40000
	 */
	assert_int_equal(activate_flags(30000, SWAPADM_DISCARD_NONE), 0x8000 | 30000);
	assert_int_equal(activate_flags(0, SWAPADM_DISCARD_ONCE), 0x38000);
	assert_int_equal(activate_flags(-2, SWAPADM_DISCARD_NONE), 0);
	assert_int_equal(activate_flags(1, SWAPADM_DISCARD_PAGES), 0x58001);
	assert_int_equal(activate_flags(1, SWAPADM_DISCARD_BOTH), 0x18001);
}

static void test_zram_words(void **state)
{
	assert_int_equal(zram_number("/dev/zram12"), 12);
	assert_int_equal(zram_number("zram0"), 0);
	assert_int_equal(zram_number("/dev/zram"), -1);
	assert_int_equal(zram_number("/dev/zram1p1"), -1);
	assert_int_equal(zram_number("/dev/sda"), -1);
	assert_true(zram_offers("lzo-rle [lzo] lz4", "lzo"));
	assert_true(zram_offers("lzo-rle [lzo] lz4", "lz4"));
	assert_true(zram_offers("lzo-rle [lzo] lz4", "lzo-rle"));
	assert_false(zram_offers("lzo-rle [lzo] lz4", "lz"));
	assert_false(zram_offers("lzo-rle [lzo] lz4", ""));
	assert_false(zram_offers("", "lz4"));
}

static void test_zram_refusals(void **state)
{
	struct sandbox *box = *state;
	struct swapadm_devspec spec = { .word = "zram", .algorithm = "zstd" };

	assert_int_equal(zram_check(box->ctx, &spec), 0); /* no device to ask */
	sandbox_write(box, "/sys/block/zram3/comp_algorithm", "lzo [lz4]\n");
	assert_int_equal(zram_check(box->ctx, &spec), -EPROTONOSUPPORT);
	assert_non_null(strstr(swapadm_get_error(box->ctx), "it has: lzo lz4; name one"));
	spec.algorithm = "lz4";
	assert_int_equal(zram_check(box->ctx, &spec), 0);
	/* what it lacks is the recompression, whatever is named for it */
	spec.recompress = "zstd";
	assert_int_equal(zram_check(box->ctx, &spec), -EPROTONOSUPPORT);
	assert_non_null(strstr(swapadm_get_error(box->ctx), "(CONFIG_ZRAM_MULTI_COMP)"));
	sandbox_write(box, "/sys/block/zram3/recomp_algorithm", "#1: lzo lz4\n");
	assert_int_equal(zram_check(box->ctx, &spec), -EPROTONOSUPPORT);
	assert_non_null(strstr(swapadm_get_error(box->ctx), "algorithm \"zstd\""));
	spec.recompress = NULL;
	spec.writeback = "/dev/sdb";
	assert_int_equal(zram_check(box->ctx, &spec), -EPROTONOSUPPORT);
	sandbox_write(box, "/sys/block/zram3/backing_dev", "none\n");
	assert_int_equal(zram_check(box->ctx, &spec), 0);
}

/* a swap signature for pages of @signed_bytes, and a kernel with pages of @page_bytes */
static void other_pages(uint64_t signed_bytes, uint64_t page_bytes)
{
	_cleanup_(target_freep) struct target *target = NULL;
	_cleanup_free_ unsigned char *block = calloc(1, 1 << 20);
	const uint32_t info[] = { 1, (uint32_t)((1 << 20) / signed_bytes - 1) };
	_cleanup_free_ char *path = NULL;
	struct swapadm_ctx *ctx = NULL;
	struct check check = { 0 };
	char want[128];
	int fd, r;

	assert_true(asprintf(&path, "%s/swap-XXXXXX",
			     getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp") > 0);
	fd = mkstemp(path);
	assert_true(fd >= 0);
	memcpy(block + 1024, info, sizeof(info));
	memcpy(block + signed_bytes - 10, "SWAPSPACE2", 10);
	assert_int_equal(write(fd, block, 1 << 20), 1 << 20);
	close(fd);
	assert_int_equal(swapadm_new(&ctx, NULL), 0);
	ctx->page_bytes = page_bytes;
	check.ctx = ctx;
	assert_int_equal(check_load(ctx, &check), 0);
	r = check_device(&check, path, 0, &target);
	snprintf(want, sizeof(want),
		 "is for pages of %ju bytes, this kernel has pages of %ju;",
		 (uintmax_t)signed_bytes, (uintmax_t)page_bytes);
	if (r == -EOPNOTSUPP)
		print_message("no swap files on this file system\n");
	else if (signed_bytes == page_bytes)
		assert_int_equal(r, 0);
	else
		assert_int_equal(r, -EMEDIUMTYPE);
	if (r == -EMEDIUMTYPE)
		assert_non_null(strstr(swapadm_get_error(ctx), want));
	assert_int_equal(unlink(path), 0);
	check_done(&check);
	swapadm_unref(ctx);
}

static void swap_of_another_kernel(void **state)
{
	other_pages(4096, 4096);
	other_pages(16384, 4096);
	other_pages(65536, 4096);
	other_pages(4096, 16384);
	other_pages(16384, 16384);
	other_pages(16384, 65536);
}

/* words about a file to write back to, not about a swap file; of a real file */
static void backing_files(void **state)
{
	_cleanup_(target_freep) struct target *target = NULL;
	_cleanup_free_ char *block = malloc(1 << 20), *path = NULL;
	struct swapadm_ctx *ctx = NULL;
	struct check check = { 0 };
	char want[512];
	int fd, r;

	assert_true(asprintf(&path, "%s/back file-XXXXXX",
			     getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp") > 0);
	fd = mkstemp(path);
	assert_true(fd >= 0);
	memset(block, 'x', 1 << 20);
	assert_int_equal(write(fd, block, 1 << 20), 1 << 20);
	assert_int_equal(fchmod(fd, 0644), 0);
	close(fd);
	assert_int_equal(swapadm_new(&ctx, NULL), 0);
	check.ctx = ctx;
	assert_int_equal(check_load(ctx, &check), 0);
	r = check_device(&check, path, CHECK_BACKING, &target);
	if (r == -EOPNOTSUPP)
		strcpy(want, "can't hold a write-back file");
	else
		snprintf(
			want, sizeof(want),
			"who could read what zram writes back; if nothing in it is needed, remove it and make it with `fallocate -l 1024K '%s' && chmod 600 '%s'`",
			path, path);
	assert_non_null(strstr(swapadm_get_error(ctx), want));
	assert_null(strstr(swapadm_get_error(ctx), "swap file"));
	assert_int_equal(truncate(path, 1), 0);
	r = check_device(&check, path, CHECK_BACKING, &target);
	if (r != -EOPNOTSUPP)
		assert_non_null(strstr(swapadm_get_error(ctx),
				       "a device or file to write back to needs"));
	unlink(path);
	check_done(&check);
	swapadm_unref(ctx);
}

/* nothing is formatted by a program whose end nobody would see */
static void children_are_ignored(void **state)
{
	char *const argv[] = { (char *)"true", NULL };
	char words[256];

	if (is_emulated()) /* posix_spawn(3) there starts nothing of this processor */
		skip();
	assert_int_equal(program_run(argv, words, sizeof(words)), 0);
	signal(SIGCHLD, SIG_IGN);
	assert_int_equal(program_run(argv, words, sizeof(words)), -ECHILD);
	signal(SIGCHLD, SIG_DFL);
	assert_non_null(strstr(words, "not started"));
}

/* who may rename in its folder is not known without one more descriptor */
static void no_descriptor_for_folders(void **state)
{
	_cleanup_(swapadm_unrefp) struct swapadm_ctx *ctx = NULL;
	struct rlimit limit, few;
	int folder_fd = -1, r;
	char *real = NULL;

	assert_int_equal(swapadm_new(&ctx, NULL), 0);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	few = limit;
	few.rlim_cur = (rlim_t)dup(0);
	close((int)few.rlim_cur++);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	r = swapfile_plan(ctx, "/tmp/swapadm-no-such-file", 1 << 20, &folder_fd, &real);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_int_equal(r, -EMFILE);
	assert_non_null(strstr(swapadm_get_error(ctx),
			       "/tmp/swapadm-no-such-file: add: look at its folder: "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(test_mounts),
		fixture_test(test_mounts_by_type),
		fixture_test(test_mounts_absent),
		fixture_test(test_mounts_absent_names),
		fixture_test(test_mounts_empty),
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_resolve),
		cmocka_unit_test(test_swapon_flags),
		cmocka_unit_test(test_zram_words),
		fixture_test(test_zram_refusals),
		cmocka_unit_test(no_descriptor_for_folders),
		cmocka_unit_test(children_are_ignored),
		cmocka_unit_test(backing_files),
		cmocka_unit_test(swap_of_another_kernel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
