/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf/devspec.h"
#include "unit.h"

static struct swapadm_ctx *ctx;

static int setup(void **state)
{
	return swapadm_new(&ctx, NULL);
}

static int teardown(void **state)
{
	swapadm_unref(ctx);
	return 0;
}

static void zram_with_all(void **state)
{
	struct swapadm_devspec *spec;

	assert_int_equal(
		swapadm_devspec_parse(
			ctx,
			" zram ,\tsize = 50%ram , algorithm=lz4hc,writeback=/dev/disk/by-id/a b,allow-loop ",
			&spec),
		0);
	assert_string_equal(spec->word, "zram");
	assert_int_equal(spec->size.unit, SWAPADM_SIZE_PCT_RAM);
	assert_int_equal(spec->size.value, 50);
	assert_string_equal(spec->algorithm, "lz4hc");
	assert_string_equal(spec->writeback, "/dev/disk/by-id/a b");
	assert_true(spec->allow_loop);
	assert_int_equal(spec->discard, SWAPADM_DISCARD_NONE);
	swapadm_devspec_free(spec);
}

/* parsed, printed and parsed again */
static void zram_as_people_set_it_up(void **state)
{
	static const char text[] =
		"zram,size=4G,algorithm=lz4(level=-3),recompress=zstd(level=9),mem-limit=25%ram,writeback=/var/lib/zram.img,compressed-writeback,writeback-batch=32,optional";
	struct swapadm_devspec *spec, *copy;
	char *out;

	assert_int_equal(swapadm_devspec_parse(ctx, text, &spec), 0);
	assert_int_equal(devspec_copy(spec, &copy), 0);
	swapadm_devspec_free(spec);
	assert_string_equal(copy->algorithm, "lz4");
	assert_int_equal(copy->algorithm_level, -3);
	assert_string_equal(copy->recompress, "zstd");
	assert_int_equal(copy->recompress_level, 9);
	assert_int_equal(copy->mem_limit.unit, SWAPADM_SIZE_PCT_RAM);
	assert_int_equal(copy->mem_limit.value, 25);
	assert_int_equal(copy->writeback_batch, 32);
	assert_true(copy->compressed_writeback && copy->optional);
	assert_int_equal(devspec_print(copy, &out), 0);
	assert_string_equal(out, text);
	free(out);
	swapadm_devspec_free(copy);
	assert_int_equal(
		swapadm_devspec_parse(
			ctx,
			"zram,writeback=/dev/sdb,compressed-writeback=yes,optional=no",
			&spec),
		0);
	assert_true(spec->compressed_writeback);
	assert_false(spec->optional);
	swapadm_devspec_free(spec);
}

static void bad_levels_and_limits(void **state)
{
	static const char *const bad[] = {
		"zram,algorithm=zstd(level=)",
		"zram,algorithm=zstd(level=0)",
		"zram,algorithm=zstd(level=3",
		"zram,algorithm=zstd(lvl=3)",
		"zram,algorithm=(level=3)",
		"zram,algorithm=zstd(level=3)x",
		"zram,algorithm=zstd(level= 3)",
		"zram,algorithm=zstd(level=9999999)",
		"zram,recompress=",
		"zram,mem-limit=0",
		"zram,mem-limit=50%",
		"zram,mem-limit=101%ram",
		"zram,writeback-batch=0,writeback=/dev/a",
		"zram,writeback-batch=4",
		"zram,compressed-writeback",
		"zram,writeback=/f,optional=1",
		"/dev/sdb,mem-limit=1G",
		"zram,writeback=/f,writeback-batch=65537",
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct swapadm_devspec *spec;

		assert_int_equal(swapadm_devspec_parse(ctx, bad[i], &spec), -EINVAL);
	}
}

static void nothing_but_a_word(void **state)
{
	static const char *const words[] = {
		"zram",      "/dev/sdb2",        "sdb2",        "/swap file",
		"/a=b/swap", "UUID=2b1c-0a",     "LABEL=my lb", "PARTUUID=1",
		"./swap",    "PARTLABEL=x\"y\"",
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		struct swapadm_devspec *spec;

		assert_int_equal(swapadm_devspec_parse(ctx, words[i], &spec), 0);
		assert_string_equal(spec->word, words[i]);
		assert_int_equal(spec->size.unit, SWAPADM_SIZE_NONE);
		assert_null(spec->algorithm);
		assert_null(spec->writeback);
		assert_int_equal(spec->discard, SWAPADM_DISCARD_NONE);
		assert_false(spec->allow_loop);
		swapadm_devspec_free(spec);
	}
}

static void file_to_be_made(void **state)
{
	struct swapadm_devspec *spec;

	assert_int_equal(swapadm_devspec_parse(ctx, "/var/swap,size=1.5G", &spec), 0);
	assert_int_equal(spec->size.value, 3ull << 29);
	swapadm_devspec_free(spec);
	assert_int_equal(swapadm_devspec_parse(ctx, "/var/swap,size=25%ram", &spec), 0);
	assert_int_equal(spec->size.unit, SWAPADM_SIZE_PCT_RAM);
	swapadm_devspec_free(spec);
}

/* blanks at the ends of a label are part of it, and stay where it is written down */
static void blanks_of_tags(void **state)
{
	static const char *const texts[] = { "LABEL=\"cold \",discard", "LABEL=\" cold\"",
					     "PARTLABEL=\"\t\",discard=pages" };
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		_cleanup_(devspec_freep) struct swapadm_devspec *spec = NULL;
		_cleanup_free_ char *out = NULL;

		assert_int_equal(swapadm_devspec_parse(ctx, texts[i], &spec), 0);
		assert_int_equal(devspec_print(spec, &out), 0);
		assert_string_equal(out, texts[i]);
	}
}

static void quoted_tags(void **state)
{
	struct swapadm_devspec *spec;

	assert_int_equal(swapadm_devspec_parse(ctx, "LABEL=\"cold one\"", &spec), 0);
	assert_string_equal(spec->word, "LABEL=cold one");
	swapadm_devspec_free(spec);
	assert_int_equal(swapadm_devspec_parse(ctx, "UUID='1-2',discard", &spec), 0);
	assert_string_equal(spec->word, "UUID=1-2");
	swapadm_devspec_free(spec);
}

static void discard_values(void **state)
{
	static const struct {
		const char *text;
		enum swapadm_discard discard;
	} good[] = {
		{ "sdb,discard", SWAPADM_DISCARD_BOTH },
		{ "sdb,discard=both", SWAPADM_DISCARD_BOTH },
		{ "sdb,discard=once", SWAPADM_DISCARD_ONCE },
		{ "sdb, discard = pages", SWAPADM_DISCARD_PAGES },
	};

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		struct swapadm_devspec *spec;

		assert_int_equal(swapadm_devspec_parse(ctx, good[i].text, &spec), 0);
		assert_int_equal(spec->discard, good[i].discard);
		swapadm_devspec_free(spec);
	}
}

static void refusals(void **state)
{
	static const struct {
		const char *text, *error;
	} bad[] = {
		{ "",
		  "device: name is empty; give a path, LABEL=, UUID=, PARTLABEL=, PARTUUID= or zram" },
		{ " ,size=1G",
		  "device: name is empty; give a path, LABEL=, UUID=, PARTLABEL=, PARTUUID= or zram" },
		{ "a\nb",
		  "device: name holds a line break or control character; rename it or name it by a tag such as UUID=" },
		{ "/srv/swap ",
		  "/srv/swap: not a device: there is a blank before or behind the name; leave it out, or where it belongs to the name make a link to it" },
		{ "size=1G,zram",
		  "size=1G: not a device; a tag is LABEL=, UUID=, PARTLABEL= or PARTUUID=, options stand behind the device: zram,size=50%ram" },
		{ "UUID=\"x",
		  "UUID=\"x: the quote is not closed; write the value without quotes, blanks need none" },
		{ "LABEL=",
		  "LABEL=: tag has no value; see lsblk -f for the labels and UUIDs there are" },
		{ "UUID=\"\"",
		  "UUID=: tag has no value; see lsblk -f for the labels and UUIDs there are" },
		{ "zram,siez=1G",
		  "zram: option \"siez\": unknown; did you mean size? allowed: size, algorithm, recompress, mem-limit, writeback, compressed-writeback, writeback-batch, optional, allow-loop" },
		{ "/dev/sdb,prio=3",
		  "/dev/sdb: option \"prio\": unknown; allowed: discard, allow-loop" },
		{ "zram,",
		  "zram: option after a comma is empty; allowed: size, algorithm, recompress, mem-limit, writeback, compressed-writeback, writeback-batch, optional, allow-loop" },
		{ "zram,,size=1G",
		  "zram: option after a comma is empty; allowed: size, algorithm, recompress, mem-limit, writeback, compressed-writeback, writeback-batch, optional, allow-loop" },
		{ "/mnt/a,b/swap",
		  "/mnt/a: option \"b/swap\": unknown; allowed: size, discard, allow-loop; "
		  "a path with a comma can't be used, because commas separate options: rename it or make a link to it" },
		{ "/dev/mapper/a,b",
		  "/dev/mapper/a: option \"b\": unknown; allowed: discard, allow-loop" },
		{ "zram,size=1G,size=2G",
		  "zram: option size: given twice; leave one out" },
		{ "sdb,discard,discard=once",
		  "sdb: option discard: given twice; leave one out" },
		{ "/dev/sdb,algorithm=zstd",
		  "/dev/sdb: option algorithm: makes no sense here: only zram compresses what it holds; allowed: discard, allow-loop" },
		{ "LABEL=x,size=1G",
		  "LABEL=x: option size: makes no sense here: a block device is used whole; size is for zram and for a swap file to be made; allowed: discard, allow-loop" },
		{ "/swap,writeback=/dev/sdb",
		  "/swap: option writeback: makes no sense here: only zram writes back to another device; allowed: size, discard, allow-loop" },
		{ "zram,discard",
		  "zram: option discard: makes no sense here: zram frees the memory of a page as soon as it is not needed; "
		  "allowed: size, algorithm, recompress, mem-limit, writeback, compressed-writeback, writeback-batch, optional, allow-loop" },
		{ "zram,allow-loop",
		  "zram: option allow-loop: makes no sense without writeback=; leave it out" },
		{ "zram,size",
		  "zram: option size: needs a value; give bytes with K, M, G or T, or a percentage of memory: size=4G, size=50%ram" },
		{ "zram,size=99999999T",
		  "zram: option size: \"99999999T\" is too large; give a smaller size" },
		{ "zram,size=big",
		  "zram: option size: bad value \"big\"; give bytes with K, M, G or T, or a percentage of memory: size=4G, size=50%ram" },
		{ "zram,size=50%",
		  "zram: option size: \"50%\" does not say of what; write size=50%ram for a percentage of memory" },
		{ "zram,algorithm=",
		  "zram: option algorithm: needs a value; give the name of a compressor as in /sys/block/zram0/comp_algorithm, with its level or without: zstd, zstd(level=3)" },
		{ "zram,algorithm=a/b",
		  "zram: option algorithm: bad value \"a/b\"; give the name of a compressor as in /sys/block/zram0/comp_algorithm, with its level or without: zstd, zstd(level=3)" },
		{ "zram,writeback=sdb",
		  "zram: option writeback: bad value \"sdb\"; give a block device by its path or tag, or a file: writeback=/dev/sdb2" },
		{ "zram,writeback=UUID=",
		  "zram: option writeback: bad value \"UUID=\"; give a block device by its path or tag, or a file: writeback=/dev/sdb2" },
		{ "sdb,discard=never",
		  "sdb: option discard: bad value \"never\"; give discard=once, discard=pages, or discard alone for both" },
		{ "sdb,allow-loop=yes",
		  "sdb: option allow-loop: takes no value; write allow-loop" },
	};
	struct swapadm_devspec *spec = (void *)&bad;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(swapadm_devspec_parse(ctx, bad[i].text, &spec), -EINVAL);
		assert_string_equal(swapadm_get_error(ctx), bad[i].error);
		assert_ptr_equal(spec, &bad); /* untouched */
	}
	swapadm_devspec_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(zram_with_all),
		cmocka_unit_test(zram_as_people_set_it_up),
		cmocka_unit_test(bad_levels_and_limits),
		cmocka_unit_test(nothing_but_a_word),
		cmocka_unit_test(file_to_be_made),
		cmocka_unit_test(quoted_tags),
		cmocka_unit_test(blanks_of_tags),
		cmocka_unit_test(discard_values),
		cmocka_unit_test(refusals),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
