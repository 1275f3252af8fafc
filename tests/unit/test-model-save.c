/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The running state written as a configuration. */
#include "machine.h"

#include "model/model.h"

static void a_file(struct sandbox *box, const char *path, off_t bytes)
{
	sandbox_write(box, path, "");
	assert_int_equal(truncate(sandbox_real(box, path), bytes), 0);
}

/* ---- save ------------------------------------------------------------------------- */

/* what an optional line asks for and this kernel lacks is still asked for */
static void wishes_are_saved(void **state)
{
	_cleanup_free_ char *text = NULL;
	struct sandbox *box = *state;
	struct swapadm_model *model;

	a_machine(box);
	sandbox_write(box, CONF,
		      "[tier fast]\ndevice = zram,size=1G,algorithm=zstd(level=3),"
		      "recompress=zstd(level=9),writeback=/dev/sdb,"
		      "compressed-writeback,writeback-batch=8,optional\n");
	areas(box, ZRAM0("30000"));
	model = load(box, 0);
	assert_int_equal(swapadm_model_save(model, &text), 0);
	swapadm_model_unref(model);
	assert_non_null(strstr(
		text,
		"algorithm=zstd(level=3),recompress=zstd(level=9),writeback=/dev/sdb,"
		"compressed-writeback,writeback-batch=8,optional\n"));
}

static void saved_and_read_again(void **state)
{
	struct sandbox *box = *state;
	struct swapadm_model *model;
	char *text, *again, *third;

	a_machine(box);
	sandbox_link(box, "../../sda2", "/dev/disk/by-uuid/0f-1");
	sandbox_write(box, "/sys/block/zram0/bd_stat", "0 0 0\n");
	sandbox_write(box, "/sys/block/zram0/backing_dev", "/dev/sdb\n");
	sandbox_write(box, "/sys/module/zswap/parameters/enabled", "Y\n");
	sandbox_write(box, "/sys/module/zswap/parameters/compressor", "lz4\n");
	sandbox_write(box, "/sys/module/zswap/parameters/max_pool_percent", "20\n");
	sandbox_write(box, CONF,
		      "[swapadm]\nlayer = direct\n"
		      "[tier fast]\ndevice = zram,size=50%ram\n"
		      "[tier slow]\nrank = 8\ndevice = UUID=0f-1,discard=once\n"
		      "device = LABEL=away\non-swapin = free\ndemote-above = 80%\n"
		      "demote-below = 60%\ndemote-older = 10min\nwrite-budget = 20G/day\n"
		      "[cgroup b]\npath = /b\nswap-max = 8G\nzswap-writeback = no\n"
		      "tiers = slow,fast\ntier-max = fast:20%ram , slow:4G\n"
		      "[cgroup c]\npath = /c\nswap-max = max\nzswap-max = 0\n");
	areas(box,
	      SDA2("26000") SDC("27000") ZRAM0(
		      "30000") "/swap\\040;file file 4 0 -2\n/swapfile file 8 0 -2\n"
			       "/a,b file 4 0 -2\n/gone\\040(deleted) file 4 0 -2\n");
	a_file(box, "/swapfile", 64 << 10);
	model = load(box, SWAPADM_LOAD_BLKID);
	assert_int_equal(swapadm_model_save(model, &text), 0);
	swapadm_model_unref(model);
	assert_string_equal(
		text,
		"; the state in which swap runs, for /etc/swapadm.conf\n"
		"\n[swapadm]\nlayer = direct\n"
		"\n[tier fast]\nrank = 0\n"
		"device = zram,size=1G,algorithm=zstd,writeback=/dev/sdb\n"
		"\n[tier hdd]\nrank = 1\n"
		"; its areas have other priorities than 29500: swapctl apply --rerank would change that\n"
		"device = /dev/sdc\n"
		"\n[tier slow]\nrank = 8\n"
		"device = UUID=0f-1,discard=once\n"
		"; not active: device = LABEL=away\n"
		"on-swapin = free\ndemote-above = 80%\ndemote-below = 60%\n"
		"demote-older = 600s\nwrite-budget = 20G/day\n"
		"\n[tier unknown]\nrank = 9\n"
		"; its areas have other priorities than 25500: swapctl apply --rerank would change that\n"
		"; left out: /swap ;file has a name that can't stand in a configuration\n"
		"device = /swapfile,size=64K\n"
		"; left out: /a,b has a name that can't stand in a configuration\n"
		"; left out: /gone was deleted while active\n"
		"\n[zswap]\nenabled = yes\ncompressor = lz4\nmax-pool = 20%\n"
		"\n[cgroup b]\npath = /b\nswap-max = 8G\nzswap-writeback = no\n"
		"tiers = slow, fast\ntiers-mode = strict\n"
		"tier-max = slow:4G, fast:20%ram\n"
		"\n[cgroup c]\npath = /c\nswap-max = max\nzswap-max = 0\n");
	/* it reads back, each device is found again, and saving it changes nothing */
	areas(box, SDA2("26000") SDC("27000") ZRAM0("30000") "/swapfile file 8 0 -2\n");
	sandbox_write(box, CONF, text);
	model = load(box, SWAPADM_LOAD_BLKID);
	assert_string_equal(
		shape(model),
		"fast[0/30000/zram]: zram0 | hdd[1/-/hdd]: sdc | slow[8/26000/ssd]: sda2 | unknown[9/-/unknown]: /swapfile");
	assert_int_equal(swapadm_model_save(model, &again), 0);
	swapadm_model_unref(model);
	sandbox_write(box, CONF, again);
	model = load(box, SWAPADM_LOAD_BLKID);
	assert_int_equal(swapadm_model_save(model, &third), 0);
	assert_string_equal(again, third);
	swapadm_model_unref(model);
	free(text);
	free(again);
	free(third);
}

/* dm-3 may be another device after the next boot */
static void names_that_stay_are_saved(void **state)
{
	struct sandbox *box = *state;
	struct swapadm_model *model;
	char *text;

	a_machine(box);
	sandbox_write(box, "/sys/class/block/dm-3/dm/name", "vg-swap\n");
	areas(box, "/dev/dm-3 partition 8 4 6\n");
	model = load(box, 0);
	assert_int_equal(swapadm_model_save(model, &text), 0);
	assert_non_null(strstr(text, "device = /dev/mapper/vg-swap\n"));
	assert_null(strstr(text, "dm-3"));
	swapadm_model_unref(model);
	free(text);
}

static int (*real_openat)(int dirfd, const char *path, int flags, mode_t mode);

static int openat_as_user(int dirfd, const char *path, int flags, mode_t mode)
{
	if (strstr(path, "/dev/sdc")) {
		errno = EACCES;
		return -1;
	}
	return real_openat(dirfd, path, flags, mode);
}

/* a UUID that can't be read is not taken for none */
static void a_name_that_may_change(void **state)
{
	struct sandbox *box = *state;
	struct swapadm_model *model;
	char *text;

	real_openat = box->ctx->ops.openat;
	a_machine(box);
	areas(box, SDC("5"));
	model = load(box, SWAPADM_LOAD_BLKID);
	box->ctx->foreign_root = false;
	box->ctx->ops.openat = openat_as_user;
	assert_int_equal(swapadm_model_save(model, &text), 0);
	assert_non_null(strstr(text, "; without its UUID, which only root can read"));
	assert_non_null(strstr(text, "device = /dev/sdc\n"));
	free(text);
	swapadm_model_unref(model);
	box->ctx->foreign_root = true;
	sandbox_no_descriptor(box, "/dev/disk/by-uuid");
	assert_int_equal(swapadm_model_load(box->ctx, NULL, SWAPADM_LOAD_BLKID, &model),
			 -EMFILE);
	assert_non_null(strstr(swapadm_get_error(box->ctx), "read its UUID"));
	box->ctx->foreign_root = false;
	sandbox_no_descriptor(box, "/dev/sdc");
	assert_int_equal(swapadm_model_load(box->ctx, NULL, SWAPADM_LOAD_BLKID, &model),
			 -EMFILE);
	assert_non_null(strstr(swapadm_get_error(box->ctx), "/dev/sdc: read its UUID"));
}

/* with a random key the UUID is another one after each boot */
static void plain_crypt_is_saved_by_its_name(void **state)
{
	static const struct {
		const char *dm_uuid, *saved;
	} cases[] = {
		{ "CRYPT-PLAIN-cswap\n", "device = /dev/mapper/cswap\n" },
		{ "CRYPT-LUKS2-77-cswap\n", "device = UUID=0f-3\n" },
		{ "LVM-77\n", "device = UUID=0f-3\n" },
	};
	struct sandbox *box = *state;

	a_machine(box);
	sandbox_write(box, "/sys/class/block/dm-3/dm/name", "cswap\n");
	sandbox_link(box, "../../dm-3", "/dev/disk/by-uuid/0f-3");
	areas(box, "/dev/dm-3 partition 8 4 6\n");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *text = NULL;
		struct swapadm_model *model;

		sandbox_write(box, "/sys/class/block/dm-3/dm/uuid", cases[i].dm_uuid);
		model = load(box, SWAPADM_LOAD_BLKID);
		assert_int_equal(swapadm_model_save(model, &text), 0);
		swapadm_model_unref(model);
		assert_non_null(strstr(text, cases[i].saved));
	}
}

static void names_of_saved_tiers(void **state)
{
	struct sandbox *box = *state;
	struct swapadm_model *model;
	char *text;

	a_machine(box);
	sandbox_write(box, CONF, "[tier ssd]\nrank = 2\ndevice = /dev/sda2\n");
	areas(box, SDA2("29000") SDB("7") SDC("5") ZRAM0("9"));
	model = load(box, 0);
	assert_int_equal(swapadm_model_save(model, &text), 0);
	assert_non_null(strstr(text, "[tier ssd]\nrank = 2\ndevice = /dev/sda2\n"));
	assert_non_null(strstr(text, "[tier zram-tier]\nrank = 3\n")); /* reserved */
	assert_non_null(strstr(text, "[tier ssd-tier]\nrank = 4\n"));  /* taken */
	assert_non_null(strstr(text, "[tier hdd]\nrank = 5\n"));
	free(text);
	swapadm_model_unref(model);
}

static void the_selftest_is_not_saved(void **state)
{
	struct sandbox *box = *state;
	struct swapadm_model *model;
	char *text;

	a_machine(box);
	sandbox_write(
		box, "/run/swapadm/state",
		"# swapadm state 1\n[tier]\nname = selftest\nrank = 3\n"
		"[device]\npath = /dev/sdb\ntier = selftest\nspec = /dev/sdb\ncreated = no\n[end]\n");
	areas(box, SDA2("29000") SDB("28500"));
	model = load(box, 0);
	assert_string_equal(shape(model),
			    "auto-ssd[-1/29000/ssd]: sda2 | selftest[3/28500/ssd]: sdb");
	assert_int_equal(swapadm_model_save(model, &text), 0);
	assert_null(strstr(text, "selftest"));
	assert_null(strstr(text, "sdb"));
	free(text);
	swapadm_model_unref(model);
}

/* add --persist wrote a drop-in, which is read with the file: a device is named once */
static void drop_ins_stay(void **state)
{
	struct sandbox *box = *state;
	struct swapadm_model *model;
	char *main_file, *other;

	a_machine(box);
	sandbox_write(box, CONF, "[tier ssd]\nrank = 2\ndevice = /dev/sda2\n");
	sandbox_write(box, "/etc/swapadm.conf.d/50-swapctl.conf",
		      "[tier hdd]\nrank = 4\ndevice = /dev/sdc\n");
	areas(box, SDA2("29000") SDC("28000"));
	model = load(box, 0);
	assert_int_equal(model_print(model, true, &main_file), 0);
	assert_non_null(strstr(
		main_file,
		"[tier hdd]\nrank = 4\n; in /etc/swapadm.conf.d/50-swapctl.conf: /dev/sdc\n"));
	assert_non_null(strstr(main_file, "[tier ssd]\nrank = 2\ndevice = /dev/sda2\n"));
	/* a file of another name stands alone */
	assert_int_equal(swapadm_model_save(model, &other), 0);
	assert_non_null(strstr(other, "[tier hdd]\nrank = 4\ndevice = /dev/sdc\n"));
	swapadm_model_unref(model);
	/* together they say the same again */
	sandbox_write(box, CONF, main_file);
	model = load(box, 0);
	assert_string_equal(shape(model),
			    "ssd[2/29000/ssd]: sda2 | hdd[4/28000/hdd]: sdc");
	swapadm_model_unref(model);
	free(main_file);
	free(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(wishes_are_saved),
		fixture_test(saved_and_read_again),
		fixture_test(names_that_stay_are_saved),
		fixture_test(a_name_that_may_change),
		fixture_test(plain_crypt_is_saved_by_its_name),
		fixture_test(drop_ins_stay),
		fixture_test(names_of_saved_tiers),
		fixture_test(the_selftest_is_not_saved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
