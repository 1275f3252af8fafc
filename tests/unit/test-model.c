/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Areas as tiers and devices, what they hold, and what words mean in them. */
#include "machine.h"

/* ---- without a configuration ------------------------------------------------------ */

static void nothing_at_all(void **state)
{
	struct sandbox *box = *state;
	struct swapadm_model *model = NULL;

	assert_int_equal(swapadm_model_load(box->ctx, NULL, 0, &model), -ENOENT);
	assert_null(model);
	areas(box, "");
	model = load(box, 0);
	assert_int_equal(swapadm_model_layer(model), SWAPADM_LAYER_DIRECT);
	assert_int_equal(swapadm_model_n_tiers(model), 0);
	assert_int_equal(swapadm_model_total(model)->known & ~SWAPADM_USAGE_ORIG, ALL);
	assert_int_equal(swapadm_model_total(model)->size_bytes, 0);
	assert_ptr_equal(swapadm_model_ref(model), model);
	assert_null(swapadm_model_unref(model));
	assert_null(swapadm_model_unref(model));
	assert_null(swapadm_model_unref(NULL));
}

static void tiers_by_priority(void **state)
{
	struct sandbox *box = *state;
	struct swapadm_model *model;

	a_machine(box);
	areas(box, SDA2("-2") ZRAM0("100") SDC("-4") SDB("-3"));
	model = load(box, 0);
	assert_string_equal(
		shape(model),
		"auto-zram[0/100/zram]: zram0 | auto-ssd[1/-2/ssd]: sda2 | auto-ssd-2[2/-3/ssd]: sdb | auto-hdd[3/-4/hdd]: sdc");
	assert_true(swapadm_model_tier(model, 0)->is_auto);
	swapadm_model_unref(model);
	/* 7.3 gives all the same */
	areas(box, SDC("-1") SDA2("-1") SDB("-1"));
	model = load(box, 0);
	assert_string_equal(shape(model), "auto-mixed[0/-1/mixed]: sdc sda2 sdb");
	swapadm_model_unref(model);
	/* nothing known of the machine */
	areas(box, "/dev/sdx9 partition 4 0 -2\n/swapfile file 4 0 -2\n");
	model = load(box, 0);
	assert_string_equal(shape(model), "auto-unknown[0/-2/unknown]: sdx9 /swapfile");
	swapadm_model_unref(model);
}

static void devices_in_detail(void **state)
{
	struct sandbox *box = *state;
	struct swapadm_model *model;
	const struct swapadm_device *dev;

	a_machine(box);
	sandbox_write(box, "/sys/devices/" ATA "sda/device/model", "Samsung SSD\n");
	sandbox_write(box, "/sys/devices/" ATA "sda/sda2/stat",
		      "1 2 3 4 5 6 7 8 9 10 11\n");
	areas(box, SDA2("-2") "/var/swap\\040file\\040(deleted) file 4 0 -3\n");
	sandbox_write(box, "/proc/self/mountinfo",
		      "27 1 8:0 / / rw - ext4 /dev/sda rw\n"
		      "28 27 0:40 /@ /var rw - btrfs /dev/sdc rw\n");
	model = load(box, SWAPADM_LOAD_IO);
	dev = swapadm_model_tier(model, 0)->devices[0];
	assert_string_equal(dev->name, "sda2");
	assert_string_equal(dev->path, "/dev/sda2");
	assert_string_equal(dev->disk, "sda");
	assert_string_equal(dev->model, "Samsung SSD");
	assert_string_equal(dev->tier, "auto-ssd");
	assert_int_equal(dev->prio, -2);
	assert_int_equal(dev->state, SWAPADM_STATE_ACTIVE);
	assert_null(dev->spec);
	assert_null(dev->label);
	assert_false(dev->is_file || dev->managed || dev->created || dev->deleted);
	assert_int_equal(dev->io.known, SWAPADM_IO_ALL);
	assert_int_equal(dev->io.write_bytes, 7 * 512);
	dev = swapadm_model_tier(model, 1)->devices[0];
	assert_string_equal(dev->name, "/var/swap file");
	assert_string_equal(dev->disk, "sdc");
	assert_int_equal(dev->kind, SWAPADM_KIND_HDD); /* by the source of the mount */
	assert_true(dev->is_file && dev->deleted);
	assert_int_equal(dev->io.known, 0); /* files have no counters */
	swapadm_model_unref(model);
	model = load(box, 0);
	assert_int_equal(swapadm_model_tier(model, 0)->devices[0]->io.known, 0);
	swapadm_model_unref(model);
}

/* ---- use -------------------------------------------------------------------------- */

static void use_of_zram_and_disk(void **state)
{
	struct sandbox *box = *state;
	struct swapadm_model *model;
	const struct swapadm_usage *u;

	a_machine(box);
	areas(box, ZRAM0("-1") SDA2("-1") SDC("-1"));
	model = load(box, 0);
	u = &swapadm_model_tier(model, 0)->devices[0]->usage;
	assert_int_equal(u->known & ~SWAPADM_USAGE_ORIG, ALL);
	assert_int_equal(u->size_bytes, 1048572 * KIB);
	assert_int_equal(u->used_bytes, 4 * MIB);
	assert_int_equal(u->stored_bytes, MIB);
	assert_int_equal(u->ram_bytes, 1536 * KIB);
	assert_int_equal(u->disk_bytes, 0); /* no write-back in this kernel */
	u = &swapadm_model_tier(model, 0)->devices[1]->usage;
	assert_int_equal(u->known & ~SWAPADM_USAGE_ORIG, ALL);
	assert_int_equal(u->stored_bytes, MIB);
	assert_int_equal(u->ram_bytes, 0);
	assert_int_equal(u->disk_bytes, MIB);
	u = &swapadm_model_tier(model, 0)->usage;
	assert_int_equal(u->known & ~SWAPADM_USAGE_ORIG, ALL);
	assert_int_equal(u->used_bytes, 4 * MIB + MIB + 512 * KIB);
	assert_int_equal(u->stored_bytes, MIB + MIB + 512 * KIB);
	assert_int_equal(u->ram_bytes, 1536 * KIB);
	assert_memory_equal(u, swapadm_model_total(model), sizeof(*u));
	swapadm_model_unref(model);
}

static void use_with_write_back(void **state)
{
	struct sandbox *box = *state;
	struct swapadm_model *model;
	const struct swapadm_device *dev;

	a_machine(box);
	areas(box, ZRAM0("5"));
	/* 4 MiB in all, of them 100 pages on the backing device */
	sandbox_write(box, "/sys/block/zram0/mm_stat",
		      "4194304 1000000 1100000 0 1100000 0 0 0 0\n");
	sandbox_write(box, "/sys/block/zram0/bd_stat", "100 1 200\n");
	sandbox_write(box, "/sys/block/zram0/backing_dev", "/dev/sdb\n");
	model = load(box, 0);
	dev = swapadm_model_tier(model, 0)->devices[0];
	assert_int_equal(dev->usage.known & ~SWAPADM_USAGE_ORIG, ALL);
	assert_int_equal(dev->usage.disk_bytes, 409600);
	assert_int_equal(dev->usage.orig_bytes, 4194304 - 409600);
	assert_string_equal(dev->backing_dev, "/dev/sdb");
	assert_string_equal(dev->algorithm, "zstd");
	swapadm_model_unref(model);
	sandbox_write(box, "/sys/block/zram0/backing_dev", "none\n");
	model = load(box, 0);
	dev = swapadm_model_tier(model, 0)->devices[0];
	assert_int_equal(dev->usage.disk_bytes, 0);
	assert_null(dev->backing_dev);
	swapadm_model_unref(model);
}

static void absent_is_not_0(void **state)
{
	struct sandbox *box = *state;
	struct swapadm_model *model;
	const struct swapadm_tier *tier;

	a_machine(box);
	fixture_blockdev(box, "virtual/block/ram0", "1:0", "0\n");
	sandbox_write(box, "/sys/block/zram0/mm_stat", "1 2\n"); /* unreadable */
	areas(box, ZRAM0("1") SDC("1") "/dev/ram0 partition 4 4 0\n");
	model = load(box, 0);
	tier = swapadm_model_tier(model, 0);
	assert_int_equal(tier->devices[0]->usage.known, KNOWN);
	assert_int_equal(tier->devices[1]->usage.known & ~SWAPADM_USAGE_ORIG, ALL);
	assert_int_equal(tier->usage.known, KNOWN);
	assert_int_equal(tier->usage.used_bytes, 4 * MIB + 512 * KIB);
	assert_int_equal(tier->usage.stored_bytes, 0); /* not half of it */
	/* what RAM a RAM disk costs nobody knows */
	tier = swapadm_model_tier(model, 1);
	assert_string_equal(tier->name, "auto-memory");
	assert_int_equal(tier->usage.known, ALL & ~SWAPADM_USAGE_RAM);
	assert_int_equal(swapadm_model_total(model)->known, KNOWN);
	swapadm_model_unref(model);
}

/* ---- reads that are slow, interrupted, or fail ------------------------------------- */

static void hard_reads(void **state)
{
	struct sandbox *box = *state;
	struct swapadm_model *model = NULL;
	char usual[1024];

	a_machine(box);
	sandbox_write(box, CONF, "[tier one]\ndevice = zram,size=50%ram\n");
	areas(box, ZRAM0("30000") SDA2("1"));
	model = load(box, SWAPADM_LOAD_IO | SWAPADM_LOAD_BLKID);
	snprintf(usual, sizeof(usual), "%s", shape(model));
	swapadm_model_unref(model);
	box->ctx->ops.read = read_in_bits;
	model = load(box, SWAPADM_LOAD_IO | SWAPADM_LOAD_BLKID);
	assert_string_equal(shape(model), usual);
	assert_int_equal(swapadm_model_total(model)->known & ~SWAPADM_USAGE_ORIG, ALL);
	swapadm_model_unref(model);
	box->ctx->ops.read = read_fails;
	model = NULL;
	assert_int_equal(swapadm_model_load(box->ctx, NULL, 0, &model), -EIO);
	assert_null(model);
	assert_string_equal(swapadm_get_error(box->ctx),
			    "/proc/swaps: read: Input/output error");
}

/* the table of areas is read, nothing behind it */
static ssize_t only_one_read(int fd, void *buf, size_t n)
{
	static unsigned left;

	if (!buf) {
		left = 2; /* the second one finds the end */
		return 0;
	}
	if (left) {
		left--;
		return read(fd, buf, n);
	}
	errno = EIO;
	return -1;
}

static void broken_sysfs(void **state)
{
	struct sandbox *box = *state;
	struct swapadm_model *model = NULL;

	a_machine(box);
	areas(box, ZRAM0("2") SDC("1"));
	only_one_read(-1, NULL, 0);
	box->ctx->ops.read = only_one_read;
	assert_int_equal(swapadm_model_load(box->ctx, NULL, SWAPADM_LOAD_IO, &model), 0);
	assert_string_equal(
		shape(model),
		"auto-zram[0/2/zram]: zram0 | auto-unknown[1/1/unknown]: sdc");
	assert_int_equal(swapadm_model_tier(model, 0)->usage.known, KNOWN);
	assert_int_equal(swapadm_model_tier(model, 1)->usage.known & ~SWAPADM_USAGE_ORIG,
			 ALL);
	assert_int_equal(swapadm_model_tier(model, 1)->devices[0]->io.known, 0);
	swapadm_model_unref(model);
}

/* ---- find ------------------------------------------------------------------------- */

static void what_words_mean(void **state)
{
	static const struct {
		const char *word, *tier, *device;
	} cases[] = {
		{ "fast", "fast", NULL },
		{ "sdb", NULL, "sdb" },      /* kernel name */
		{ "/dev/sdb", NULL, "sdb" }, /* path */
		{ "zram0", NULL, "zram0" },
		{ "/dev/disk/by-uuid/0f-1", NULL, "sda2" },
		{ "UUID=0f-1", NULL, "sda2" },
		{ "LABEL=cold", NULL, "LABEL=cold" }, /* configured, not there */
		{ "/swap file", NULL, "/swap file" },
		{ "sdc", "sdc", NULL }, /* a tier of that name comes first */
		{ "/dev/sdc", NULL, "sdc" },
		{ "auto-unknown", "auto-unknown", NULL },
	};
	static const char *const unknown[] = {
		"",      "sdd", "/dev/sdd", "UUID=0f", "LABEL=c", "swap file",
		"/dev/", "sda", "UUID=",    "LABEL=",  "fas",     "/"
	};
	static const char *const reserved[] = { "memory", "zram", "all", "backing" };
	struct sandbox *box = *state;
	struct swapadm_model *model;
	const struct swapadm_tier *tier;
	const struct swapadm_device *dev;

	a_machine(box);
	sandbox_link(box, "../../sda2", "/dev/disk/by-uuid/0f-1");
	sandbox_write(
		box, CONF,
		"[tier fast]\ndevice = zram,size=1G\n[tier sdc]\ndevice = /dev/sdb\n"
		"device = LABEL=cold,discard\n");
	areas(box, SDA2("1") SDB("29500") SDC("1")
			   ZRAM0("30000") "/swap\\040file file 4 0 0\n");
	model = load(box, 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		if (swapadm_model_find(model, cases[i].word, &tier, &dev))
			fail_msg("%s: %s", cases[i].word, swapadm_get_error(box->ctx));
		assert_int_equal(tier == NULL, cases[i].tier == NULL);
		assert_int_equal(dev == NULL, cases[i].device == NULL);
		assert_string_equal(tier ? tier->name : dev->name,
				    tier ? cases[i].tier : cases[i].device);
	}
	tier = (const void *)state;
	for (size_t i = 0; i < ARRAY_SIZE(unknown); i++)
		if (swapadm_model_find(model, unknown[i], &tier, &dev) != -ENODEV)
			fail_msg("%s is known", unknown[i]);
	for (size_t i = 0; i < ARRAY_SIZE(reserved); i++)
		assert_int_equal(swapadm_model_find(model, reserved[i], &tier, &dev),
				 -EINVAL);
	assert_ptr_equal(tier, state); /* untouched */
	swapadm_model_unref(model);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(nothing_at_all),      fixture_test(tiers_by_priority),
		fixture_test(devices_in_detail),   fixture_test(use_of_zram_and_disk),
		fixture_test(use_with_write_back), fixture_test(absent_is_not_0),
		fixture_test(hard_reads),          fixture_test(broken_sysfs),
		fixture_test(what_words_mean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
