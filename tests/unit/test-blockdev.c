/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fixture.h"

#include <sys/sysmacros.h>

#include "kernel/blockdev.h"

#define VDA   "pci0000:00/0000:00:02.0/virtio1/block/vda"
#define TSWAP "virtual/block/tswap"

static void names_of_links(void **state)
{
	static const struct {
		const char *link, *name, *disk;
	} cases[] = {
		{ "../../devices/" VDA, "vda", "vda" },
		{ "../../devices/" VDA "/vda12", "vda12", "vda" },
		{ "../../devices/x/nvme/nvme0/nvme0n1", "nvme0n1", "nvme0n1" },
		{ "../../devices/x/nvme/nvme0/nvme0n1/nvme0n1p2", "nvme0n1p2",
		  "nvme0n1" },
		{ "../../devices/virtual/block/zram0", "zram0", "zram0" },
		{ "../../devices/virtual/block/loop0/loop0p1", "loop0p1", "loop0" },
		{ "../../devices/x/block/mmcblk0/mmcblk0boot0", "mmcblk0boot0",
		  "mmcblk0boot0" },
		{ "../../devices/x/block/mmcblk0/mmcblk0p1", "mmcblk0p1", "mmcblk0" },
		{ "../../devices/x/cciss!c0d0/cciss!c0d0p1", "cciss!c0d0p1",
		  "cciss!c0d0" },
		{ "../../devices/virtual/block/md127/md127p1", "md127p1", "md127" },
		{ "/dm-3", "dm-3", "dm-3" },
	};
	struct blockdev bd;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(blockdev_parse_link(cases[i].link, &bd), 0);
		assert_string_equal(bd.name, cases[i].name);
		assert_string_equal(bd.disk, cases[i].disk);
	}
	assert_int_equal(blockdev_parse_link("sda", &bd), -EBADMSG);
	assert_int_equal(blockdev_parse_link("", &bd), -EBADMSG);
	assert_int_equal(blockdev_parse_link("a/", &bd), -EBADMSG);
	assert_int_equal(
		blockdev_parse_link(
			"/1234567890123456789012345678901234567890123456789012345678901234",
			&bd),
		-EBADMSG);
}

static void lines_of_counters(void **state)
{
	static const char *const bad[] = { "", "\n", "1 2 3 4 5 6 7 8 9 10\n",
					   "1 2 3 4 5 x 7 8 9 10 11\n",
					   "1 2 3 4 5 -6 7 8 9 10 11\n" };
	struct swapadm_io_stats io = { .reads = 77 };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(blockdev_parse_stat(bad[i], &io), -EBADMSG);
	assert_int_equal(io.reads, 77); /* untouched */
	/* 11 fields (6.x partitions have 17) */
	assert_int_equal(blockdev_parse_stat("1 2 3 4 5 6 7 8 9 10 11\n", &io), 0);
	assert_int_equal(
		blockdev_parse_stat(
			"   69752    12366  7166602    84308    16123    27054  5150624    29821        3    23712   115499    11785       82  2609208     1298     1874       70\n",
			&io),
		0);
	assert_int_equal(io.known, SWAPADM_IO_ALL);
	assert_int_equal(io.reads, 69752);
	assert_int_equal(io.read_bytes, 7166602ull * 512);
	assert_int_equal(io.read_ns, 84308000000ull);
	assert_int_equal(io.writes, 16123);
	assert_int_equal(io.write_bytes, 5150624ull * 512);
	assert_int_equal(io.write_ns, 29821000000ull);
	assert_int_equal(io.in_flight, 3);
	assert_int_equal(io.busy_ns, 23712000000ull);
}

static void a_disk_and_its_partition(void **state)
{
	struct sandbox *box = *state;
	struct blockdev bd;

	fixture_blockdev(box, VDA, "254:0", "1\n");
	fixture_blockdev(box, VDA "/vda1", "254:1", NULL);
	sandbox_write(box, "/sys/devices/" VDA "/queue/logical_block_size", "512\n");
	sandbox_write(box, "/sys/devices/" VDA "/device/model", "QEMU HARDDISK   \n");
	sandbox_write(box, "/sys/devices/" VDA "/vda1/ro", "1\n");
	sandbox_write(box, "/sys/devices/" VDA "/vda1/holders/dm-0/x", "");
	assert_int_equal(blockdev_get(box->ctx, makedev(254, 1), &bd), 0);
	assert_string_equal(bd.name, "vda1");
	assert_string_equal(bd.disk, "vda");
	assert_string_equal(bd.model, "QEMU HARDDISK");
	assert_string_equal(bd.holder, "dm-0");
	assert_int_equal(bd.kind, SWAPADM_KIND_HDD);
	assert_int_equal(bd.size_bytes, 1 << 30);
	assert_int_equal(bd.logical_block_bytes, 512);
	assert_true(bd.known_rotational && bd.rotational && bd.read_only);
	assert_false(bd.is_loop);
	assert_int_equal(blockdev_get_by_name(box->ctx, "vda", &bd), 0);
	assert_string_equal(bd.name, "vda");
	assert_string_equal(bd.holder, "");
	assert_int_equal(bd.dev, makedev(254, 0));
	assert_false(bd.read_only);
	sandbox_write(box, "/sys/devices/" VDA "/size", "abc\n");
	assert_int_equal(blockdev_get_by_name(box->ctx, "vda", &bd), -EBADMSG);
	sandbox_write(box, "/sys/devices/" VDA "/size", "99999999999999999999\n");
	assert_int_equal(blockdev_get_by_name(box->ctx, "vda", &bd), -EBADMSG);
}

static void queues(void **state)
{
	struct sandbox *box = *state;

	fixture_blockdev(box, VDA, "254:0", "1\n");
	fixture_blockdev(box, VDA "/vda1", "254:1", NULL);
	fixture_blockdev(box, "virtual/block/zram0", "252:0", "0\n");
	fixture_blockdev(box, "virtual/block/dm-0", "253:0", "0\n");
	fixture_blockdev(box, "virtual/block/dm-1", "253:1", "0\n");
	fixture_blockdev(box, "virtual/block/dm-2", "253:2", "0\n");
	sandbox_write(box, "/sys/devices/" VDA "/mq/0/nr_tags", "128\n");
	/* dm-1 on dm-0 on vda1; dm-2 on zram0, and one that is on itself */
	sandbox_write(box, "/sys/devices/virtual/block/dm-0/slaves/vda1/x", "");
	sandbox_write(box, "/sys/devices/virtual/block/dm-1/slaves/dm-0/x", "");
	sandbox_write(box, "/sys/devices/virtual/block/dm-2/slaves/zram0/x", "");
	sandbox_write(box, "/sys/devices/virtual/block/zram0/slaves/zram0/x", "");
	/* tswap0 on zram0 and dm-1, tswap1 on zram0 and what can't be known */
	fixture_blockdev(box, TSWAP "0", "251:0", "0\n");
	fixture_blockdev(box, TSWAP "1", "251:1", "0\n");
	sandbox_write(box, "/sys/devices/" TSWAP "0/tswap/leaf1/dev", "252:0\n");
	sandbox_write(box, "/sys/devices/" TSWAP "0/tswap/leaf2/dev", "253:1\n");
	sandbox_write(box, "/sys/devices/" TSWAP "1/tswap/leaf1/dev", "252:0\n");
	sandbox_write(box, "/sys/devices/" TSWAP "1/tswap/leaf2/dev", "253\n");
	sandbox_write(box, "/sys/devices/" TSWAP "1/tswap/other/dev", "253:1\n");
	assert_true(blockdev_has_queue(box->ctx, makedev(251, 0)));
	assert_false(blockdev_has_queue(box->ctx, makedev(251, 1)));
	assert_true(blockdev_has_queue(box->ctx, makedev(254, 0)));
	assert_true(blockdev_has_queue(box->ctx, makedev(254, 1)));
	assert_true(blockdev_has_queue(box->ctx, makedev(253, 1)));
	assert_false(blockdev_has_queue(box->ctx, makedev(253, 2)));
	assert_false(blockdev_has_queue(box->ctx, makedev(252, 0)));
	assert_false(blockdev_has_queue(box->ctx, makedev(0, 40)));
}

static void kinds(void **state)
{
	static const struct {
		const char *where, *rotational;
		enum swapadm_kind kind;
	} cases[] = {
		{ "virtual/block/zram3", "0\n", SWAPADM_KIND_ZRAM },
		{ "virtual/block/ram0", "0\n", SWAPADM_KIND_MEMORY },
		{ "x/ndbus0/region0/btt0.1/block/pmem0s", "0\n", SWAPADM_KIND_MEMORY },
		{ "virtual/block/nbd7", "0\n", SWAPADM_KIND_NETWORK },
		{ "rbd/0/block/rbd0", "0\n", SWAPADM_KIND_NETWORK },
		{ "virtual/block/tswap0", "0\n", SWAPADM_KIND_TSWAP },
		{ "virtual/block/dm-0", "1\n", SWAPADM_KIND_HDD },
		{ "virtual/block/md0", "0\n", SWAPADM_KIND_SSD },
		{ "virtual/nvme-fabrics/ctl/nvme0/nvme0n1", "0\n", SWAPADM_KIND_NETWORK },
		{ "x/0000:03:00.0/nvme/nvme1/nvme1n1", "0\n", SWAPADM_KIND_SSD },
		{ "x/host2/session1/target2:0:0/2:0:0:0/block/sdc", "1\n",
		  SWAPADM_KIND_NETWORK },
		{ "x/host0/target0:0:0/0:0:0:0/block/sda", "1\n", SWAPADM_KIND_HDD },
		{ "virtual/block/ramses", "0\n", SWAPADM_KIND_SSD },
		{ "virtual/block/odd", "2\n", SWAPADM_KIND_UNKNOWN },
		{ "virtual/block/mute", NULL, SWAPADM_KIND_UNKNOWN },
		{ "virtual/block/loop0", "0\n", SWAPADM_KIND_SSD },
		{ "virtual/block/loop1", "1\n", SWAPADM_KIND_HDD },
	};
	struct sandbox *box = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *name = strrchr(cases[i].where, '/') + 1;
		char dev[16];
		struct blockdev bd;

		snprintf(dev, sizeof(dev), "9:%zu", i);
		fixture_blockdev(box, cases[i].where, dev, cases[i].rotational);
		assert_int_equal(blockdev_get_brief_by_name(box->ctx, name, &bd), 0);
		assert_int_equal(bd.kind, cases[i].kind);
		assert_int_equal(bd.is_loop, str_after(name, "loop") != NULL);
	}
}

static void nvme_with_several_paths(void **state)
{
	struct sandbox *box = *state;
	struct blockdev bd;

	fixture_blockdev(box, "virtual/nvme-subsystem/nvme-subsys0/nvme0n1", "259:0",
			 "0\n");
	sandbox_link(box, "../../nvme-subsys0",
		     "/sys/devices/virtual/nvme-subsystem/nvme-subsys0/nvme0n1/device");
	assert_int_equal(blockdev_get_brief(box->ctx, makedev(259, 0), &bd), 0);
	assert_int_equal(bd.kind, SWAPADM_KIND_SSD);
	sandbox_link(box, "../../nvme-fabrics/ctl/nvme0",
		     "/sys/devices/virtual/nvme-subsystem/nvme-subsys0/nvme0");
	assert_int_equal(blockdev_get_brief(box->ctx, makedev(259, 0), &bd), 0);
	assert_int_equal(bd.kind, SWAPADM_KIND_NETWORK);
}

/* captures that keep no links */
static void folders_for_links(void **state)
{
	struct sandbox *box = *state;
	struct blockdev bd;

	sandbox_write(box, "/sys/class/block/nvme0n1p2/uevent",
		      "MAJOR=259\nMINOR=2\nDEVNAME=nvme0n1p2\nDEVTYPE=partition\n");
	sandbox_write(box, "/sys/class/block/nvme0n1p2/partition", "2\n");
	sandbox_write(box, "/sys/class/block/nvme0n1/queue/rotational", "0\n");
	assert_int_equal(blockdev_get_brief_by_name(box->ctx, "nvme0n1p2", &bd), 0);
	assert_string_equal(bd.name, "nvme0n1p2");
	assert_string_equal(bd.disk, "nvme0n1");
	assert_int_equal(bd.kind, SWAPADM_KIND_SSD);
	sandbox_write(box, "/sys/class/block/sdb12/uevent", "DEVNAME=sdb12\n");
	sandbox_write(box, "/sys/class/block/sdb12/partition", "12\n");
	assert_int_equal(blockdev_get_brief_by_name(box->ctx, "sdb12", &bd), 0);
	assert_string_equal(bd.disk, "sdb");
	sandbox_write(box, "/sys/class/block/dm-0/uevent", "MAJOR=253\n");
	assert_int_equal(blockdev_get_brief_by_name(box->ctx, "dm-0", &bd), -EBADMSG);
}

static void who_is_not_there(void **state)
{
	struct sandbox *box = *state;
	struct swapadm_io_stats io;
	struct blockdev bd = { .kind = 77 };

	assert_int_equal(blockdev_get(box->ctx, makedev(8, 1), &bd), -ENODEV);
	assert_int_equal(blockdev_get_by_name(box->ctx, "sda", &bd), -ENODEV);
	assert_int_equal(blockdev_get_by_name(box->ctx, "..", &bd), -ENODEV);
	assert_int_equal(blockdev_get_by_name(box->ctx, "", &bd), -ENODEV);
	assert_int_equal(blockdev_get_io(box->ctx, "sda", &io), -ENODEV);
	assert_int_equal(bd.kind, 77); /* untouched */
}

static void reads_that_fail(void **state)
{
	struct sandbox *box = *state;
	struct swapadm_io_stats io;
	struct blockdev bd;

	fixture_blockdev(box, VDA, "254:0", "1\n");
	sandbox_write(box, "/sys/devices/" VDA "/stat", "1 2 3 4 5 6 7 8 9 10 11\n");
	box->ctx->ops.read = read_in_bits;
	assert_int_equal(blockdev_get(box->ctx, makedev(254, 0), &bd), 0);
	assert_int_equal(bd.size_bytes, 1 << 30);
	assert_int_equal(blockdev_get_io(box->ctx, "vda", &io), 0);
	assert_int_equal(io.reads, 1);
	box->ctx->ops.read = read_fails;
	assert_int_equal(blockdev_get(box->ctx, makedev(254, 0), &bd), -EIO);
	assert_int_equal(blockdev_get_io(box->ctx, "vda", &io), -EIO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_of_links),
		cmocka_unit_test(lines_of_counters),
		fixture_test(a_disk_and_its_partition),
		fixture_test(queues),
		fixture_test(kinds),
		fixture_test(nvme_with_several_paths),
		fixture_test(folders_for_links),
		fixture_test(who_is_not_there),
		fixture_test(reads_that_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
