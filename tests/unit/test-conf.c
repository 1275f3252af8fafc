/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What configuration files say, and every way to refuse them. */
#include "conffile.h"

/* ---- what the grammar takes ------------------------------------------------------ */

static void nothing_at_all(void **state)
{
	struct swapadm_conf *conf = load(*state);

	assert_int_equal(swapadm_conf_layer(conf), SWAPADM_LAYER_AUTO);
	assert_int_equal(swapadm_conf_size(conf).unit, SWAPADM_SIZE_NONE);
	assert_int_equal(swapadm_conf_n_files(conf), 0);
	assert_null(swapadm_conf_file(conf, 0));
	assert_int_equal(swapadm_conf_n_tiers(conf), 0);
	assert_null(swapadm_conf_tier(conf, 0));
	assert_null(swapadm_conf_find_tier(conf, "ssd"));
	assert_int_equal(swapadm_conf_n_cgroups(conf), 0);
	assert_null(swapadm_conf_cgroup(conf, 0));
	assert_false(swapadm_conf_zswap(conf)->present);
	assert_int_equal(swapadm_conf_zswap(conf)->enabled, SWAPADM_UNSET);
	assert_int_equal(swapadm_conf_zswap(conf)->max_pool_pct, SWAPADM_PCT_NONE);
	assert_ptr_equal(swapadm_conf_ref(conf), conf);
	assert_null(swapadm_conf_unref(conf));
	swapadm_conf_unref(conf);
}

static void whole_grammar(void **state)
{
	struct sandbox *box = *state;
	const struct swapadm_conf_tier *tier;
	const struct swapadm_conf_cgroup *cgroup;
	struct swapadm_conf *conf;

	sandbox_write(box, MAIN, design);
	conf = load(box);
	assert_int_equal(swapadm_conf_size(conf).value, 64ull << 30);
	assert_int_equal(swapadm_conf_n_tiers(conf), 3);
	tier = swapadm_conf_tier(conf, 0);
	assert_string_equal(tier->name, "fast");
	assert_int_equal(tier->rank, 0);
	assert_false(tier->rank_given);
	assert_string_equal(tier->file, MAIN);
	assert_int_equal(tier->line, 5);
	assert_int_equal(tier->n_devices, 1);
	assert_string_equal(tier->devices[0]->word, "zram");
	assert_string_equal(tier->devices[0]->algorithm, "zstd");
	assert_int_equal(tier->demote_above_pct, SWAPADM_PCT_NONE);
	assert_int_equal(tier->on_swapin, SWAPADM_ON_SWAPIN_KEEP);
	tier = swapadm_conf_tier(conf, 1);
	assert_int_equal(tier->rank, 1);
	assert_int_equal(tier->n_devices, 2);
	assert_string_equal(tier->devices[0]->word, "UUID=2b1c\xe2\x80\xa6");
	assert_int_equal(tier->devices[0]->discard, SWAPADM_DISCARD_PAGES);
	tier = swapadm_conf_find_tier(conf, "hdd");
	assert_int_equal(tier->rank, 2);
	assert_int_equal(tier->on_swapin, SWAPADM_ON_SWAPIN_FREE);
	assert_int_equal(tier->demote_above_pct, 80);
	assert_int_equal(tier->demote_below_pct, 60);
	assert_int_equal(tier->demote_older_s, 600);
	assert_int_equal(tier->write_budget_bytes_per_day, 20ull << 30);
	assert_true(swapadm_conf_zswap(conf)->present);
	assert_int_equal(swapadm_conf_zswap(conf)->enabled, SWAPADM_YES);
	assert_int_equal(swapadm_conf_zswap(conf)->shrinker, SWAPADM_UNSET);
	assert_string_equal(swapadm_conf_zswap(conf)->compressor, "zstd");
	assert_int_equal(swapadm_conf_zswap(conf)->max_pool_pct, 20);
	cgroup = swapadm_conf_cgroup(conf, 0);
	assert_string_equal(cgroup->name, "batch");
	assert_string_equal(cgroup->path, "/system.slice/batch.service");
	assert_int_equal(cgroup->swap_max.value, 8ull << 30);
	assert_false(cgroup->swap_max_unlimited);
	assert_int_equal(cgroup->swap_high.unit, SWAPADM_SIZE_NONE);
	assert_int_equal(cgroup->zswap_writeback, SWAPADM_NO);
	swapadm_conf_unref(conf);
}

static void other_spellings(void **state)
{
	struct sandbox *box = *state;
	const struct swapadm_conf_cgroup *cgroup;
	struct swapadm_conf *conf;

	sandbox_write(box, MAIN,
		      "\xef\xbb\xbf# byte order mark, CR LF, no newline at the end\r\n"
		      "\t ; indented comment\r\n"
		      "[swapadm] # behind a section\r\n"
		      "layer=redirect\r\n"
		      "[ tier \t a_1 ];x\r\n"
		      "rank =\t60\r\n"
		      "device = /a ;b\r\n"
		      "device = /a;b\r\n"
		      "[zswap]\r\n"
		      "enabled = off\r\n"
		      "shrinker = true\r\n"
		      "accept-threshold = 100%\r\n"
		      "[cgroup user-1000@x:y.z]\r\n"
		      "path = /a/..b/.c\r\n"
		      "swap-max = max\r\n"
		      "swap-high = 0\r\n"
		      "zswap-max = 10%ram");
	conf = load(box);
	assert_int_equal(swapadm_conf_layer(conf), SWAPADM_LAYER_REDIRECT);
	assert_int_equal(swapadm_conf_find_tier(conf, "a_1")->rank, 60);
	assert_string_equal(swapadm_conf_tier(conf, 0)->devices[0]->word, "/a");
	assert_string_equal(swapadm_conf_tier(conf, 0)->devices[1]->word, "/a;b");
	assert_int_equal(swapadm_conf_zswap(conf)->enabled, SWAPADM_NO);
	assert_int_equal(swapadm_conf_zswap(conf)->shrinker, SWAPADM_YES);
	assert_int_equal(swapadm_conf_zswap(conf)->accept_threshold_pct, 100);
	cgroup = swapadm_conf_cgroup(conf, 0);
	assert_string_equal(cgroup->path, "/a/..b/.c");
	assert_true(cgroup->swap_max_unlimited);
	assert_int_equal(cgroup->swap_high.unit, SWAPADM_SIZE_BYTES);
	assert_int_equal(cgroup->swap_high.value, 0);
	assert_int_equal(cgroup->zswap_max.unit, SWAPADM_SIZE_PCT_RAM);
	swapadm_conf_unref(conf);
}

static void ranks(void **state)
{
	struct sandbox *box = *state;
	struct swapadm_conf *conf;

	sandbox_write(box, MAIN,
		      "[tier a]\n[tier b]\nrank = 5\n[tier c]\n[tier d]\nrank = 2\n"
		      "[tier e]\n[tier f]\nrank = 7\n");
	conf = load(box);
	assert_int_equal(swapadm_conf_find_tier(conf, "a")->rank, 0);
	assert_int_equal(swapadm_conf_find_tier(conf, "b")->rank, 5);
	assert_int_equal(swapadm_conf_find_tier(conf, "c")->rank, 6);
	assert_int_equal(swapadm_conf_find_tier(conf, "d")->rank, 2);
	assert_int_equal(swapadm_conf_find_tier(conf, "e")->rank, 7);
	assert_int_equal(swapadm_conf_find_tier(conf, "f")->rank, 7); /* may be equal */
	assert_true(swapadm_conf_find_tier(conf, "f")->rank_given);
	swapadm_conf_unref(conf);
}

static void longest_lines(void **state)
{
	struct sandbox *box = *state;
	char text[1024], name[256];
	struct swapadm_conf *conf;

	memset(name, 'x', sizeof(name));
	name[0] = '/';
	/* inih's buffer of 200 holds 198, newline and NUL; comments do not count */
	snprintf(text, sizeof(text),
		 "# %.250s\n[tier a]\ndevice = %.189s ; %.250s\n"
		 "[cgroup %.31s]\npath = /a\n",
		 name, name, name, name + 1);
	sandbox_write(box, MAIN, text);
	conf = load(box);
	assert_int_equal(strlen(swapadm_conf_tier(conf, 0)->devices[0]->word), 189);
	swapadm_conf_unref(conf);
	snprintf(text, sizeof(text), "[tier a]\ndevice = %.190s\n", name);
	sandbox_write(box, MAIN, text);
	refused(box, -EBADMSG,
		MAIN
		":2: line is longer than 198 characters without its comment; shorten it, a device also has a UUID");
}

/* ---- what it refuses ------------------------------------------------------------- */

static const struct {
	const char *text, *error;
} bad[] = {
	/* the reader */
	{ "a = 1\n",
	  ":1: key before the first section; put a line such as [tier NAME] above it" },
	{ "[swapadm]\n layer = auto\n",
	  ":2: line is indented, which would join it to the line before; begin it in the first column" },
	{ "[tier a]\ndevice = zram\n\t, size=1G\n",
	  ":3: line is indented, which would join it to the line before; begin it in the first column" },
	{ "[swapadm\n", ":1: section without \"]\"; write [NAME]" },
	{ "[tier ;]\n", ":1: section without \"]\"; write [NAME]" },
	{ "[swapadm] layer = auto\n",
	  ":1: text behind \"]\"; put it on a line of its own" },
	{ "[tier aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa]\n",
	  ":1: section name is longer than 49 characters; shorten it" },
	{ "[swapadm]\nlayer\n",
	  ":2: neither [section] nor key = value; comments begin with ; or #" },
	{ "[swapadm]\nlayer ; = auto\n",
	  ":2: neither [section] nor key = value; comments begin with ; or #" },
	{ "[swapadm]\nlayer: auto\n", ":2: \":\" behind the key; write key = value" },
	{ "[swapadm]\n= auto\n", ":2: no key before \"=\"; write key = value" },
	{ "[swapadm]\nsize = 1G # one\n",
	  ":2: \"#\" begins a comment only at the start of a line; write \";\" behind a value" },
	{ "[swapadm]\nlayer = au\rto\n",
	  ":2: character 11 is the control character 0x0d; remove it, or give a text file" },
	{ "# \x7f\n",
	  ":1: character 3 is the control character 0x7f; remove it, or give a text file" },
	/* sections */
	{ "[]\n",
	  ":1: []: unknown section; allowed: [swapadm], [tier NAME], [zswap], [cgroup NAME]" },
	{ "[teir a]\n",
	  ":1: [teir a]: unknown section; did you mean tier? allowed: [swapadm], [tier NAME], [zswap], [cgroup NAME]" },
	{ "[Tier a]\n",
	  ":1: [Tier a]: unknown section; did you mean tier? allowed: [swapadm], [tier NAME], [zswap], [cgroup NAME]" },
	{ "[disk]\n",
	  ":1: [disk]: unknown section; allowed: [swapadm], [tier NAME], [zswap], [cgroup NAME]" },
	{ "[swapadm x]\n", ":1: [swapadm x]: takes no name; write [swapadm]" },
	{ "[tier]\n", ":1: [tier]: needs a name, as in [tier fast]" },
	{ "[cgroup ]\n", ":1: [cgroup]: needs a name, as in [cgroup batch]" },
	{ "[tier zram]\n",
	  ":1: [tier zram]: bad name \"zram\"; give at most 31 of a-z, 0-9, _ and -, a letter first, and none of memory, zram, all, backing, selftest" },
	{ "[tier a b]\n",
	  ":1: [tier a b]: bad name \"a b\"; give at most 31 of a-z, 0-9, _ and -, a letter first, and none of memory, zram, all, backing, selftest" },
	{ "[cgroup a/b]\n",
	  ":1: [cgroup a/b]: bad name \"a/b\"; give at most 31 letters, digits and any of - _ . @ :" },
	{ "[tier a]\n[tier b]\n[tier a]\n",
	  ":3: [tier a]: is in this file already, at line 1; join them" },
	{ "[zswap]\ndemote-above = 80%\ndemote-below = 80%\n",
	  ":3: [zswap] demote-below: 80% is not below demote-above; lower it" },
	{ "[zswap]\ndemote-below = 60%\n",
	  ":2: [zswap] demote-below: 60% starts nothing without demote-above; give both" },
	{ "[zswap]\n[zswap]\n",
	  ":2: [zswap]: is in this file already, at line 1; join them" },
	/* keys */
	{ "[tier a]\ndevices = zram\n",
	  ":2: [tier a]: unknown key \"devices\"; did you mean device? allowed: device, rank, on-swapin, demote-above, demote-below, demote-older, write-budget, recompress-older" },
	{ "[swapadm]\nrank = 1\n",
	  ":2: [swapadm]: unknown key \"rank\"; allowed: layer, size, fallback" },
	{ "[swapadm]\nLayer = auto\n",
	  ":2: [swapadm]: unknown key \"Layer\"; did you mean layer? allowed: layer, size, fallback" },
	{ "[tier a]\nrank = 1\non-swapin = keep\nrank = 1\n",
	  ":4: [tier a] rank: given twice, first at line 2; leave one out" },
	/* values */
	{ "[swapadm]\nlayer =\n",
	  ":2: [swapadm] layer: needs a value; give auto, direct or redirect" },
	{ "[swapadm]\nlayer = Direct\n",
	  ":2: [swapadm] layer: bad value \"Direct\"; give auto, direct or redirect" },
	{ "[swapadm]\nsize = 50%\n",
	  ":2: [swapadm] size: \"50%\" does not say of what; write 50%ram for a percentage of memory" },
	{ "[swapadm]\nsize = 0\n",
	  ":2: [swapadm] size: bad value \"0\"; give bytes with K, M, G or T, or a percentage of memory such as 50%ram" },
	{ "[tier auto-ssd]\n",
	  ":1: [tier auto-ssd]: bad name \"auto-ssd\"; names that begin with auto- stand for areas that were found; choose another" },
	{ "[tier selftest]\n",
	  ":1: [tier selftest]: bad name \"selftest\"; the self-test removes what is in a tier of that name; choose another" },
	{ "[tier a]\ndevice = /swap,size=1K\n",
	  ":2: [tier a] device: /swap: option size: 1K is too small for a swap area, which needs 40960 bytes at least" },
	{ "[tier a]\ndevice = zram,size=x\n",
	  ":2: [tier a] device: zram: option size: bad value \"x\"; give bytes with K, M, G or T, or a percentage of memory: size=4G, size=50%ram" },
	{ "[tier a]\ndevice = sdb2, discard\n",
	  ":2: [tier a] device: \"sdb2\" is not an absolute path; write /dev/sdb2, a tag such as UUID=, or zram" },
	{ "[tier a]\nrank = 61\n",
	  ":2: [tier a] rank: bad value \"61\"; give a number from 0, the fastest, to 60" },
	{ "[tier a]\nrank = -1\n",
	  ":2: [tier a] rank: bad value \"-1\"; give a number from 0, the fastest, to 60" },
	{ "[tier a]\nrank = 1 0\n",
	  ":2: [tier a] rank: bad value \"1 0\"; give a number from 0, the fastest, to 60" },
	{ "[tier a]\non-swapin = drop\n",
	  ":2: [tier a] on-swapin: bad value \"drop\"; give keep or free" },
	{ "[tier a]\ndemote-above = 80\n",
	  ":2: [tier a] demote-above: bad value \"80\"; give a percentage from 1% to 100%" },
	{ "[tier a]\ndemote-above = 50%ram\n",
	  ":2: [tier a] demote-above: bad value \"50%ram\"; give a percentage from 1% to 100%" },
	{ "[tier a]\ndemote-below = 101%\n",
	  ":2: [tier a] demote-below: bad value \"101%\"; give a percentage from 1% to 100%" },
	{ "[tier a]\ndemote-older = old\n",
	  ":2: [tier a] demote-older: bad value \"old\"; give an age above 0 such as 90s, 10min or 2h" },
	{ "[tier a]\ndemote-older = 0\n",
	  ":2: [tier a] demote-older: bad value \"0\"; give an age above 0 such as 90s, 10min or 2h" },
	{ "[tier a]\ndemote-older = -5min\n",
	  ":2: [tier a] demote-older: bad value \"-5min\"; give an age above 0 such as 90s, 10min or 2h" },
	{ "[tier a]\ndemote-older = 99999999d\n",
	  ":2: [tier a] demote-older: \"99999999d\" is too large; give a shorter age" },
	{ "[tier a]\nrecompress-older = 99999999d\n",
	  ":2: [tier a] recompress-older: \"99999999d\" is too large; give a shorter age" },
	{ "[tier a]\nwrite-budget = 99999999T/day\n",
	  ":2: [tier a] write-budget: \"99999999T/day\" is too large; give a smaller size" },
	{ "[tier a]\nwrite-budget = 0G/day\n",
	  ":2: [tier a] write-budget: bad value \"0G/day\"; give bytes a day such as 20G/day" },
	{ "[tier a]\nwrite-budget = 20G\n",
	  ":2: [tier a] write-budget: bad value \"20G\"; give bytes a day such as 20G/day" },
	{ "[tier a]\nwrite-budget = 5%/day\n",
	  ":2: [tier a] write-budget: bad value \"5%/day\"; give bytes a day such as 20G/day" },
	{ "[zswap]\nenabled = Y\n",
	  ":2: [zswap] enabled: bad value \"Y\"; give yes or no" },
	{ "[zswap]\nshrinker =\n",
	  ":2: [zswap] shrinker: needs a value; give yes or no" },
	{ "[zswap]\ncompressor = a/b\n",
	  ":2: [zswap] compressor: bad value \"a/b\"; give the name of a compressor such as zstd" },
	{ "[zswap]\nmax-pool = 0%\n",
	  ":2: [zswap] max-pool: bad value \"0%\"; give a percentage from 1% to 100%" },
	{ "[zswap]\naccept-threshold = 1.5%\n",
	  ":2: [zswap] accept-threshold: bad value \"1.5%\"; give a percentage from 1% to 100%" },
#define PATH_RULE                                                  \
	"give the path below the cgroup mount, without . and ..: " \
	"/system.slice/batch.service"
	{ "[cgroup a]\npath = a\n", ":2: [cgroup a] path: bad value \"a\"; " PATH_RULE },
	{ "[cgroup a]\npath = /\n", ":2: [cgroup a] path: bad value \"/\"; " PATH_RULE },
	{ "[cgroup a]\npath = /a/\n",
	  ":2: [cgroup a] path: bad value \"/a/\"; " PATH_RULE },
	{ "[cgroup a]\npath = /a/../b\n",
	  ":2: [cgroup a] path: bad value \"/a/../b\"; " PATH_RULE },
	{ "[cgroup a]\npath = /./b\n",
	  ":2: [cgroup a] path: bad value \"/./b\"; " PATH_RULE },
	{ "[cgroup a]\npath =\n", ":2: [cgroup a] path: needs a value; " PATH_RULE },
	{ "[cgroup a]\npath = /sys/fs/cgroup/x\n",
	  ":2: [cgroup a] path: begins below the cgroup mount; write /x" },
	{ "[cgroup a]\nswap-max = all\n",
	  ":2: [cgroup a] swap-max: bad value \"all\"; give bytes with K, M, G or T, or a percentage of memory such as 50%ram, or max" },
	{ "[cgroup a]\nswap-high = 5%\n",
	  ":2: [cgroup a] swap-high: \"5%\" does not say of what; write 5%ram for a percentage of memory" },
	{ "[cgroup a]\nzswap-max = -1\n",
	  ":2: [cgroup a] zswap-max: bad value \"-1\"; give bytes with K, M, G or T, or a percentage of memory such as 50%ram" },
	{ "[cgroup a]\ntiers = a b\n",
	  ":2: [cgroup a] tiers: bad value \"a b\"; give names of tiers with commas between" },
	{ "[cgroup a]\ntiers = a,,b\n",
	  ":2: [cgroup a] tiers: needs a value; give names of tiers with commas between" },
	{ "[cgroup a]\ntiers = a, b , a\n", ":2: [cgroup a] tiers: names a twice" },
	{ "[cgroup a]\ntiers-mode = lax\n",
	  ":2: [cgroup a] tiers-mode: bad value \"lax\"; give strict or prefer" },
	{ "[cgroup a]\ntier-max = ssd\n",
	  ":2: [cgroup a] tier-max: bad value \"ssd\"; give TIER:SIZE, as ssd:4G" },
	{ "[cgroup a]\ntier-max = ssd:0\n",
	  ":2: [cgroup a] tier-max: bad value \"0\"; give bytes with K, M, G or T, or a percentage of memory such as 50%ram" },
	{ "[cgroup a]\npath = /a\ntier-max = ssd:4G\n",
	  ":3: [cgroup a] tier-max: says nothing without tiers; give tiers = ..." },
	{ "[cgroup a]\npath = /a\ntiers-mode = strict\n",
	  ":3: [cgroup a] tiers-mode: says nothing without tiers; give tiers = ..." },
	{ "[cgroup a]\npath = /a\ntiers = tape\n",
	  ":3: [cgroup a] tiers: there is no [tier tape]; give names of tiers of the configuration" },
	{ "[tier a]\n[tier b]\n[cgroup a]\npath = /a\ntiers = a\ntier-max = b:1G\n",
	  ":6: [cgroup a] tier-max: b is not one of its tiers; add it to tiers, or leave it out" },
	{ "[cgroup a]\nzswap-writeback = 2\n",
	  ":2: [cgroup a] zswap-writeback: bad value \"2\"; give yes or no" },
	/* across sections */
	{ "[tier a]\nrank = 60\n[tier b]\n",
	  ":3: [tier b]: comes behind rank 60, which is the last; give ranks from 0 to 60" },
	{ "[tier a]\ndevice = /dev/sdb\n[tier b]\ndevice = /dev/sdb, discard\n",
	  ":4: [tier b] device: /dev/sdb is in use already by [tier a] device at " MAIN
	  ":2; leave one out" },
	{ "[tier a]\ndevice = UUID=1\ndevice = UUID=1\n",
	  ":3: [tier a] device: UUID=1 is in use already by [tier a] device at " MAIN
	  ":2; leave one out" },
	{ "[tier a]\ndevice = zram,writeback=/dev/sdb\ndevice = zram\ndevice = /dev/sdb\n",
	  ":4: [tier a] device: /dev/sdb is in use already by [tier a] writeback at " MAIN
	  ":2; leave one out" },
	{ "[tier a]\ndemote-above = 50%\ndemote-below = 50%\n",
	  ":3: [tier a] demote-below: 50% is not below demote-above, 50% at " MAIN
	  ":2; lower it" },
	{ "[tier a]\ndemote-below = 50%\n",
	  ":2: [tier a] demote-below: nothing starts without demote-above; give both" },
	{ "[tier a]\ndemote-older = 1h\n",
	  ":2: [tier a] demote-older: nothing starts without demote-above; give both" },
	{ "[cgroup a]\nswap-max = 1G\n",
	  ":1: [cgroup a]: has no path; give the path below the cgroup mount: path = /system.slice/batch.service" },
	{ "[cgroup a]\npath = /x\n[cgroup b]\npath = /x\n",
	  ":3: [cgroup b] path: /x belongs to [cgroup a] at " MAIN
	  ":1 already; join them" },
};

static void refusals(void **state)
{
	struct sandbox *box = *state;
	char error[1024];

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		sandbox_write(box, MAIN, bad[i].text);
		snprintf(error, sizeof(error), MAIN "%s", bad[i].error);
		refused(box, -EBADMSG, error);
	}
}

static void bytes_that_are_no_text(void **state)
{
	struct sandbox *box = *state;

	sandbox_write_bytes(box, MAIN, "[zswap]\n\0\n", 10);
	refused(box, -EBADMSG,
		MAIN
		":2: character 1 is the control character 0x00; remove it, or give a text file");
	sandbox_write_bytes(box, MAIN, "[zswap]\n# \0x\n", 13);
	refused(box, -EBADMSG,
		MAIN
		":2: character 3 is the control character 0x00; remove it, or give a text file");
}

/* each of many sections is found, and the first of two that collide is named */
static void many_sections(void **state)
{
	const unsigned n = 3000;
	struct sandbox *box = *state;
	struct swapadm_conf *conf;
	_cleanup_free_ char *text = malloc(n * 60);
	char *end = text;
	char name[16];

	assert_non_null(text);
	for (unsigned i = 0; i < n; i++)
		end += sprintf(end, "[tier t%u]\nrank=1\n[cgroup c%u]\npath=/%u\n", i, i,
			       i);
	sandbox_write(box, MAIN, text);
	conf = load(box);
	assert_int_equal(swapadm_conf_n_tiers(conf), n);
	for (unsigned i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "t%u", i);
		assert_ptr_equal(swapadm_conf_find_tier(conf, name),
				 swapadm_conf_tier(conf, i));
	}
	assert_null(swapadm_conf_find_tier(conf, "t"));
	swapadm_conf_unref(conf);
	sprintf(end, "[cgroup a]\npath=/7\n");
	sandbox_write(box, MAIN, text);
	refused(box, -EBADMSG,
		MAIN ":12001: [cgroup a] path: /7 belongs to [cgroup c7] at " MAIN
		     ":31 already; join them");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(nothing_at_all), T(whole_grammar),          T(other_spellings),
		T(ranks),          T(longest_lines),          T(refusals),
		T(many_sections),  T(bytes_that_are_no_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
