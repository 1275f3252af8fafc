/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which line of the configuration or the state means which area. */
#include "machine.h"

#include <sys/stat.h>

#include "state/state.h"

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
	/* the second name of sda2 is the same device */
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
	/* without a size only the state shows it */
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(configured_tiers),      fixture_test(by_links_and_tags),
		fixture_test(recorded_in_the_state), fixture_test(recorded_and_inactive),
		fixture_test(recorded_and_replaced), fixture_test(drained_before),
		fixture_test(drained_by_a_job),      fixture_test(a_damaged_state),
		fixture_test(tags_without_links),    fixture_test(which_zram_is_which),
		fixture_test(files_by_inode),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
