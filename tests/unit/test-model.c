/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fixture.h"

#include <sys/stat.h>

#include "layer/layer.h"
#include "state/state.h"

#define HEAD  "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"
#define ATA   "x/host0/target0:0:0/0:0:0:0/block/"
#define CONF  "/etc/swapadm.conf"
#define KNOWN (SWAPADM_USAGE_SIZE | SWAPADM_USAGE_USED)
#define ALL   (KNOWN | SWAPADM_USAGE_STORED | SWAPADM_USAGE_RAM | SWAPADM_USAGE_DISK)
#define KIB   1024ull
#define MIB   (1024 * KIB)

static struct swapadm_model *load(struct sandbox *box, unsigned flags)
{
	struct swapadm_conf *conf = NULL;
	struct swapadm_model *model = NULL;
	int r = swapadm_conf_load(box->ctx, NULL, &conf);

	if (r)
		fail_msg("conf: %s", swapadm_get_error(box->ctx));
	r = swapadm_model_load(box->ctx, conf, flags, &model);
	if (r)
		fail_msg("model: %s", swapadm_get_error(box->ctx));
	swapadm_conf_unref(conf);
	return model;
}

/* "tier[rank/prio/kind]: device device(inactive) | tier..." */
static const char *shape(const struct swapadm_model *model)
{
	static char text[4096];
	size_t n = 0;

	text[0] = '\0';
	for (size_t t = 0; t < swapadm_model_n_tiers(model); t++) {
		const struct swapadm_tier *tier = swapadm_model_tier(model, t);
		char prio[16] = "-";

		if (tier->prio != SWAPADM_PRIO_NONE)
			snprintf(prio, sizeof(prio), "%d", tier->prio);
		n += (size_t)snprintf(text + n, sizeof(text) - n,
				      "%s%s[%d/%s/%s]:", t ? " | " : "", tier->name,
				      tier->rank, prio, swapadm_kind_name(tier->kind));
		for (size_t i = 0; i < tier->n_devices; i++) {
			const struct swapadm_device *dev = tier->devices[i];

			assert_ptr_equal(dev->tier, tier->name);
			n += (size_t)snprintf(
				text + n, sizeof(text) - n, " %s%s", dev->name,
				dev->state == SWAPADM_STATE_ACTIVE ? "" : "(inactive)");
		}
	}
	return text;
}

/* two SSDs, a hard disk, a zram device */
static void a_machine(struct sandbox *box)
{
	fixture_blockdev(box, ATA "sda", "8:0", "0\n");
	fixture_blockdev(box, ATA "sda/sda2", "8:2", NULL);
	fixture_blockdev(box, ATA "sdb", "8:16", "0\n");
	fixture_blockdev(box, ATA "sdc", "8:32", "1\n");
	fixture_blockdev(box, "virtual/block/zram0", "252:0", "0\n");
	sandbox_write(box, "/sys/block/zram0/disksize", "1073741824\n");
	sandbox_write(box, "/sys/block/zram0/mm_stat",
		      "4194304 1048576 1572864 0 2097152 3 0 0 0\n");
	sandbox_write(box, "/sys/block/zram0/comp_algorithm", "lzo [zstd]\n");
	sandbox_write(box, "/proc/meminfo", "MemTotal: 2097152 kB\n");
}

static void areas(struct sandbox *box, const char *lines)
{
	char text[4096];

	snprintf(text, sizeof(text), HEAD "%s", lines);
	sandbox_write(box, "/proc/swaps", text);
}

#define ZRAM0(prio) "/dev/zram0 partition 1048572 4096 " prio "\n"
#define SDA2(prio)  "/dev/sda2 partition 8388604 1024 " prio "\n"
#define SDB(prio)   "/dev/sdb partition 1048572 0 " prio "\n"
#define SDC(prio)   "/dev/sdc partition 1048572 512 " prio "\n"

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
	sandbox_write(box, "/sys/block/zram0/bd_stat", "100 1 200\n");
	sandbox_write(box, "/sys/block/zram0/backing_dev", "/dev/sdb\n");
	model = load(box, 0);
	dev = swapadm_model_tier(model, 0)->devices[0];
	assert_int_equal(dev->usage.known & ~SWAPADM_USAGE_ORIG, ALL);
	assert_int_equal(dev->usage.disk_bytes, 409600);
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

/* ---- with a configuration --------------------------------------------------------- */

static void configured_tiers(void **state)
{
	struct sandbox *box = *state;
	struct swapadm_model *model;
	const struct swapadm_device *dev;

	a_machine(box);
	sandbox_write(box, CONF,
		      "[tier slow]\nrank = 9\ndevice = /dev/sdc\n"
		      "[tier fast]\nrank = 0\ndevice = zram,size=1G\n"
		      "[tier disk]\nrank = 4\ndevice = /dev/nvme9n1,discard\n"
		      "device = /dev/sda2,discard=pages\n");
	areas(box, SDB("-2") SDC("25500") SDA2("7") ZRAM0("30000"));
	model = load(box, 0);
	assert_string_equal(
		shape(model),
		"fast[0/30000/zram]: zram0 | disk[4/-/ssd]: /dev/nvme9n1(inactive) sda2 | slow[9/25500/hdd]: sdc | auto-ssd[-1/-2/ssd]: sdb");
	dev = swapadm_model_tier(model, 1)->devices[0];
	assert_string_equal(dev->spec, "/dev/nvme9n1,discard");
	assert_int_equal(dev->usage.known, 0);
	assert_int_equal(dev->prio, SWAPADM_PRIO_NONE);
	dev = swapadm_model_tier(model, 1)->devices[1];
	assert_string_equal(dev->spec, "/dev/sda2,discard=pages");
	assert_int_equal(dev->discard, SWAPADM_DISCARD_PAGES);
	assert_int_equal(dev->prio, 7);
	/* what is not attached holds nothing and hides nothing */
	assert_int_equal(swapadm_model_tier(model, 1)->usage.known & ~SWAPADM_USAGE_ORIG,
			 ALL);
	assert_int_equal(swapadm_model_tier(model, 1)->usage.used_bytes, MIB);
	swapadm_model_unref(model);
	/* none of them active */
	areas(box, "");
	model = load(box, 0);
	assert_string_equal(
		shape(model),
		"fast[0/30000/zram]: zram(inactive) | disk[4/28000/ssd]: /dev/nvme9n1(inactive) sda2(inactive) | slow[9/25500/hdd]: sdc(inactive)");
	swapadm_model_unref(model);
}

static void by_links_and_tags(void **state)
{
	struct sandbox *box = *state;
	struct swapadm_model *model;
	const struct swapadm_device *dev;

	a_machine(box);
	sandbox_link(box, "../../sda2", "/dev/disk/by-uuid/0f-1");
	sandbox_link(box, "../../sdb", "/dev/disk/by-label/cold\\x20one");
	sandbox_link(box, "../../sdc", "/dev/disk/by-partuuid/77");
	sandbox_link(box, "../dm-3", "/dev/mapper/vg-swap");
	sandbox_link(box, "../mapper/vg-swap", "/dev/vg/swap");
	sandbox_write(box, CONF,
		      "[tier one]\ndevice = UUID=0f-1\ndevice = LABEL=cold one\n"
		      "device = /dev/vg/swap\ndevice = PARTUUID=77\n"
		      "device = PARTLABEL=nowhere\n"
		      "[tier two]\ndevice = /dev/sda2\n");
	areas(box, SDC("0") SDB("0") SDA2("0") "/dev/dm-3 partition 4 0 0\n");
	model = load(box, SWAPADM_LOAD_BLKID);
	/* the second name of sda2 is no second device */
	assert_string_equal(
		shape(model),
		"one[0/-/mixed]: sda2 sdb dm-3 sdc PARTLABEL=nowhere(inactive) | two[1/29500/unknown]:");
	dev = swapadm_model_tier(model, 0)->devices[0];
	assert_string_equal(dev->uuid, "0f-1");
	assert_null(dev->label);
	dev = swapadm_model_tier(model, 0)->devices[1];
	assert_string_equal(dev->label, "cold one");
	assert_null(swapadm_model_tier(model, 0)->devices[4]->path);
	swapadm_model_unref(model);
}

static void record(struct sandbox *box, const char *const (*devices)[3], size_t n)
{
	struct state s = {};

	for (size_t i = 0; i < n; i++)
		assert_int_equal(state_set_device(&s, devices[i][0], devices[i][1],
						  devices[i][2], true),
				 0);
	assert_int_equal(state_set_tier(&s, "cli", 7), 0);
	assert_int_equal(state_set_tier(&s, "empty", 8), 0);
	box->ctx->foreign_root = false; /* the test may, the library may not */
	assert_int_equal(state_mkdir(box->ctx, NULL), 0);
	assert_int_equal(state_save(box->ctx, &s), 0);
	box->ctx->foreign_root = true;
	state_free(&s);
}

static void recorded_in_the_state(void **state)
{
	static const char *const devices[][3] = {
		{ "/dev/sda2", "cli", "/dev/sda2,discard" },
		{ "/dev/sdb", "lost", "sdb" },
		{ "/dev/sdc", "cli", "/dev/sdc" },
		{ "/dev/gone", "cli", "/dev/gone" },
	};
	struct sandbox *box = *state;
	struct swapadm_model *model;
	const struct swapadm_device *dev;

	a_machine(box);
	record(box, devices, ARRAY_SIZE(devices));
	sandbox_write(box, CONF, "[tier slow]\nrank = 9\ndevice = /dev/sdc\n");
	areas(box, SDC("25500") SDB("3") SDA2("26500") ZRAM0("2"));
	model = load(box, 0);
	/* the configuration is asked first */
	assert_string_equal(
		shape(model),
		"cli[7/26500/ssd]: sda2 | slow[9/25500/hdd]: sdc | lost[-1/3/ssd]: sdb | auto-zram[-1/2/zram]: zram0");
	dev = swapadm_model_tier(model, 0)->devices[0];
	assert_true(dev->managed && dev->created);
	assert_string_equal(dev->spec, "/dev/sda2,discard");
	assert_int_equal(dev->discard, SWAPADM_DISCARD_BOTH);
	assert_false(swapadm_model_tier(model, 0)->is_auto);
	assert_true(swapadm_model_tier(model, 1)->devices[0]->managed);
	assert_false(swapadm_model_tier(model, 3)->devices[0]->managed);
	swapadm_model_unref(model);
}

/* a record speaks of one device, and not of whatever gets its name later */
static void recorded_and_replaced(void **state)
{
	static const char *const devices[][3] = {
		{ "/dev/sda2", "cli", "/dev/sda2" },
		{ "/dev/sdb", "cli", "/dev/sdb" },
		{ "/dev/sdc", "cli", "/dev/sdc" },
	};
	struct sandbox *box = *state;
	struct swapadm_model *model;
	struct state s;

	a_machine(box);
	sandbox_write(box, "/proc/sys/kernel/random/boot_id", "one\n");
	sandbox_write(box, "/sys/class/block/sdb/diskseq", "5\n");
	record(box, devices, ARRAY_SIZE(devices));
	assert_int_equal(state_load(box->ctx, &s), 0);
	state_set_identity(&s, "/dev/sda2", &(struct identity){ .boot = "zero" });
	state_set_identity(&s, "/dev/sdb",
			   &(struct identity){ .boot = "one", .diskseq = 5 });
	state_set_identity(&s, "/dev/sdc", &(struct identity){ .size_bytes = 4096 });
	box->ctx->foreign_root = false;
	assert_int_equal(state_save(box->ctx, &s), 0);
	box->ctx->foreign_root = true;
	state_free(&s);
	areas(box, SDC("25500") SDB("26500") SDA2("26500"));
	model = load(box, 0);
	assert_string_equal(
		shape(model),
		"cli[7/26500/ssd]: sdb | auto-ssd[-1/26500/ssd]: sda2 | auto-hdd[-1/25500/hdd]: sdc");
	assert_false(swapadm_model_tier(model, 1)->devices[0]->managed);
	swapadm_model_unref(model);
	/* another disk, and nothing of it is in use: no line for it */
	sandbox_write(box, "/sys/class/block/sdb/diskseq", "6\n");
	areas(box, SDC("25500"));
	model = load(box, 0);
	assert_string_equal(shape(model), "auto-hdd[0/25500/hdd]: sdc");
	swapadm_model_unref(model);
}

/* what a drain took out of use is still shown, once, and known to be ours */
static void recorded_and_inactive(void **state)
{
	static const char *const devices[][3] = {
		{ "/dev/sda2", "cli", "/dev/sda2,discard" },
		{ "/dev/sdb", "cold", "LABEL=cold" },
		{ "/dev/sdc", "cold", "/dev/sdc" },
		{ "/dev/gone", "cli", "/dev/gone" },
	};
	struct sandbox *box = *state;
	struct swapadm_model *model;
	const struct swapadm_tier *tier;

	a_machine(box);
	record(box, devices, ARRAY_SIZE(devices));
	for (size_t i = 0; i < 3; i++)
		sandbox_write(box, devices[i][0], "");
	sandbox_write(box, CONF, "[tier cold]\ndevice = LABEL=cold\ndevice = /dev/sdc\n");
	areas(box, "");
	model = load(box, 0);
	assert_string_equal(
		shape(model),
		"cold[0/30000/mixed]: sdb(inactive) sdc(inactive) | cli[7/26500/ssd]: sda2(inactive)");
	for (size_t t = 0; t < 2; t++) {
		tier = swapadm_model_tier(model, t);
		for (size_t i = 0; i < tier->n_devices; i++)
			assert_true(tier->devices[i]->managed);
	}
	tier = swapadm_model_tier(model, 1);
	assert_string_equal(tier->devices[0]->path, "/dev/sda2");
	swapadm_model_unref(model);
}

/* recorded and not active: one line each, whether the configuration names it or not */
static void drained_before(void **state)
{
	static const char *const devices[][3] = {
		{ "/dev/zram0", "fast", "zram,size=1G" },
		{ "/dev/sda2", "slow", "UUID=0f-1" },
		{ "/dev/sdb", "cli", "sdb" },
		{ "/dev/sdd", "cli", "/dev/sdd" }, /* gone */
	};
	struct sandbox *box = *state;
	struct swapadm_model *model;
	const struct swapadm_tier *tier;
	const struct swapadm_device *dev;

	a_machine(box);
	record(box, devices, ARRAY_SIZE(devices));
	sandbox_link(box, "../../sda2", "/dev/disk/by-uuid/0f-1");
	sandbox_write(box, CONF,
		      "[tier fast]\ndevice = zram,size=2G\ndevice = zram,size=1G\n"
		      "[tier slow]\ndevice = UUID=0f-1\n");
	areas(box, "");
	model = load(box, 0);
	assert_string_equal(
		shape(model),
		"fast[0/30000/zram]: zram(inactive) zram0(inactive) | slow[1/29500/ssd]: sda2(inactive) | cli[7/26500/ssd]: sdb(inactive)");
	assert_int_equal(swapadm_model_find(model, "zram0", &tier, &dev), 0);
	assert_string_equal(dev->path, "/dev/zram0");
	assert_true(dev->managed && dev->created);
	assert_int_equal(swapadm_model_find(model, "UUID=0f-1", &tier, &dev), 0);
	assert_true(dev->managed);
	swapadm_model_unref(model);
}

/* a drain's record, while its worker lives and afterwards */
static void drained_by_a_job(void **state)
{
	struct sandbox *box = *state;
	struct swapadm_model *model;
	const struct swapadm_tier *tier;

	a_machine(box);
	areas(box, SDB("3") SDA2("3"));
	sandbox_write(box, "/run/swapadm/jobs/d7",
		      "swapadm-job 1\nid d7\nkind drain\nstate running\nsource /dev/sdb\n"
		      "worker 4242\nworker-start 99\ndevice /dev/sdb\n");
	assert_int_equal(chmod(sandbox_real(box, "/run/swapadm/jobs/d7"), 0644), 0);
	sandbox_write(box, "/proc/4242/stat",
		      "4242 (x) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 99 0 0 0\n");
	model = load(box, 0);
	tier = swapadm_model_tier(model, 0);
	assert_int_equal(tier->devices[0]->state, SWAPADM_STATE_DRAINING);
	assert_int_equal(tier->devices[1]->state, SWAPADM_STATE_ACTIVE);
	assert_int_equal(tier->usage.size_bytes, (1048572 + 8388604) * KIB);
	swapadm_model_unref(model);
	sandbox_write(box, "/proc/4242/stat",
		      "4242 (y) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 100 0 0 0\n");
	model = load(box, 0);
	tier = swapadm_model_tier(model, 0);
	assert_int_equal(tier->devices[0]->state, SWAPADM_STATE_ACTIVE);
	swapadm_model_unref(model);
}

static void count_warnings(void *data, enum swapadm_log_level level, const char *text)
{
	*(unsigned *)data += level == SWAPADM_LOG_WARNING;
}

static void a_damaged_state(void **state)
{
	struct sandbox *box = *state;
	struct swapadm_model *model;
	unsigned warnings = 0;

	areas(box, SDA2("-2"));
	sandbox_write(box, "/run/swapadm/state", "rubbish\n");
	swapadm_set_log(box->ctx, SWAPADM_LOG_WARNING, count_warnings, &warnings);
	model = load(box, 0);
	assert_int_equal(swapadm_model_n_tiers(model), 1);
	assert_int_equal(warnings, 1);
	swapadm_model_unref(model);
}

/* no udev, and no privilege to read the device: what was recorded is believed */
static void tags_without_links(void **state)
{
	static const char *const devices[][3] = {
		{ "/dev/nowhere1", "a", "LABEL=one,discard" },
		{ "/dev/nowhere2", "a", "LABEL=two" },
	};
	struct sandbox *box = *state;
	struct swapadm_model *model;
	struct stat st;

	if (stat("/run/udev/control", &st) == 0)
		skip();
	areas(box,
	      "/dev/nowhere1 partition 4 0 30000\n/dev/nowhere2 partition 4 0 30000\n");
	record(box, devices, ARRAY_SIZE(devices));
	sandbox_write(box, CONF, "[tier a]\ndevice = LABEL=one\ndevice = LABEL=tw\n");
	assert_int_equal(chmod(sandbox_real(box, CONF), 0644), 0);
	box->ctx->foreign_root = false;
	model = load(box, 0);
	assert_string_equal(shape(model),
			    "a[0/30000/unknown]: nowhere1 LABEL=tw(inactive) nowhere2");
	swapadm_model_unref(model);
}

#define ZRAM(n, kib) "/dev/zram" #n " partition " #kib " 0 30000\n"

static void which_zram_is_which(void **state)
{
	static const char *const devices[][3] = {
		{ "/dev/zram3", "fast", "zram,size=3G" },
		{ "/dev/zram1", "fast", "zram,size=1G" },
		{ "/dev/zram2", "other", "zram,size=2G" },
	};
	struct sandbox *box = *state;
	struct swapadm_model *model;

	/* 2G is recorded elsewhere; 4G is nobody's; 50%ram of 2 GiB is 1 GiB */
	sandbox_write(box, "/proc/meminfo", "MemTotal: 2097152 kB\n");
	areas(box, ZRAM(1, 1048572) ZRAM(2, 2097148) ZRAM(3, 3145724) ZRAM(4, 4194300));
	record(box, devices, ARRAY_SIZE(devices));
	sandbox_write(box, CONF,
		      "[tier fast]\ndevice = zram,size=9G\ndevice = zram,size=50%ram\n"
		      "device = zram,size=2G\ndevice = zram,size=4G\n");
	model = load(box, 0);
	assert_string_equal(
		shape(model),
		"fast[0/30000/zram]: zram3 zram1 zram(inactive) zram4 | other[-1/30000/zram]: zram2");
	swapadm_model_unref(model);
	/* without a size only the state tells */
	sandbox_write(box, CONF,
		      "[tier fast]\ndevice = zram\n[tier new]\ndevice = zram\n");
	model = load(box, 0);
	assert_string_equal(
		shape(model),
		"fast[0/30000/zram]: zram1 zram3 | other[-1/30000/zram]: zram2 | auto-zram[-1/30000/zram]: zram4 | new[1/29500/zram]: zram(inactive)");
	swapadm_model_unref(model);
}

/* ---- the running system: numbers instead of names --------------------------------- */

static void files_by_inode(void **state)
{
	struct sandbox *box = *state;
	struct swapadm_model *model;
	const struct swapadm_tier *tier;
	const struct swapadm_device *dev;
	char conf[1024], lines[1024], word[600];

	box->ctx->foreign_root = false;
	sandbox_write(box, "/data/swapfile", "x");
	sandbox_write(box, "/data/other", "x");
	sandbox_link(box, "data/swapfile", "/link");
	snprintf(conf, sizeof(conf), "[tier f]\ndevice = %s/link\n", box->dir);
	sandbox_write(box, CONF, conf);
	assert_int_equal(chmod(sandbox_real(box, CONF), 0644), 0);
	snprintf(lines, sizeof(lines),
		 "%s/data/other file 4 0 1\n%s/data/swapfile file 4 0 30000\n"
		 "%s/data/unlinked\\040(deleted) file 4 0 1\n",
		 box->dir, box->dir, box->dir);
	areas(box, lines);
	model = load(box, 0);
	assert_int_equal(swapadm_model_n_tiers(model), 2);
	tier = swapadm_model_tier(model, 0);
	assert_string_equal(tier->name, "f");
	assert_int_equal(tier->n_devices, 1);
	assert_int_equal(tier->devices[0]->state, SWAPADM_STATE_ACTIVE);
	assert_string_equal(tier->devices[0]->path, sandbox_real(box, "/data/swapfile"));
	snprintf(word, sizeof(word), "%s/data/../link", box->dir);
	assert_int_equal(swapadm_model_find(model, word, &tier, &dev), 0);
	assert_null(tier);
	assert_string_equal(dev->path, sandbox_real(box, "/data/swapfile"));
	snprintf(word, sizeof(word), "%s/data/unlinked", box->dir);
	assert_int_equal(swapadm_model_find(model, word, &tier, &dev), 0);
	assert_true(dev->deleted);
	/* a new file of the old name is another one */
	sandbox_write(box, "/data/unlinked", "x");
	sandbox_link(box, "data/unlinked", "/link2");
	snprintf(word, sizeof(word), "%s/link2", box->dir);
	assert_int_equal(swapadm_model_find(model, word, &tier, &dev), -ENODEV);
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

/* ---- save ------------------------------------------------------------------------- */

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
		      "[cgroup c]\npath = /c\nswap-max = max\nzswap-max = 0\n");
	areas(box,
	      SDA2("26000") SDC("27000") ZRAM0(
		      "30000") "/swap\\040;file file 4 0 -2\n/swapfile file 8 0 -2\n"
			       "/a,b file 4 0 -2\n/gone\\040(deleted) file 4 0 -2\n");
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
		"device = /swapfile\n"
		"; left out: /a,b has a name that can't stand in a configuration\n"
		"; left out: /gone was deleted while active\n"
		"\n[zswap]\nenabled = yes\ncompressor = lz4\nmax-pool = 20%\n"
		"\n[cgroup b]\npath = /b\nswap-max = 8G\nzswap-writeback = no\n"
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(nothing_at_all),
		fixture_test(tiers_by_priority),
		fixture_test(devices_in_detail),
		fixture_test(use_of_zram_and_disk),
		fixture_test(use_with_write_back),
		fixture_test(absent_is_not_0),
		fixture_test(configured_tiers),
		fixture_test(by_links_and_tags),
		fixture_test(recorded_in_the_state),
		fixture_test(recorded_and_inactive),
		fixture_test(recorded_and_replaced),
		fixture_test(drained_before),
		fixture_test(drained_by_a_job),
		fixture_test(a_damaged_state),
		fixture_test(tags_without_links),
		fixture_test(which_zram_is_which),
		fixture_test(files_by_inode),
		fixture_test(hard_reads),
		fixture_test(broken_sysfs),
		fixture_test(what_words_mean),
		fixture_test(saved_and_read_again),
		fixture_test(names_that_stay_are_saved),
		fixture_test(names_of_saved_tiers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
