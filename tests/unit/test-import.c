/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Taking over from other makers of swap, with a systemctl of our own. */
#include "unit.h"

#include <sys/stat.h>

#include "sandbox.h"

#define FSTAB "/etc/fstab"
#define CONF  "/etc/swapadm.conf"
#define ZRAM  "/etc/systemd/system-generators/zram-generator"

/* what systemctl was asked for, and what it says */
static char asked[512];
static int answer;
/* where somebody else changes fstab while systemctl runs, or NULL */
static struct sandbox *changed_meanwhile;
static const char *changed_to;

static int fake_run(char *const argv[], char *words, size_t size)
{
	size_t len = strlen(asked);

	snprintf(words, size, "Unit is masked.");
	snprintf(asked + len, sizeof(asked) - len, "%s %s\n", argv[2],
		 argv[3] ? argv[3] : "");
	if (changed_meanwhile)
		sandbox_write(changed_meanwhile, FSTAB, changed_to);
	changed_meanwhile = NULL;
	return answer;
}

static int setup(void **state)
{
	struct sandbox *box = calloc(1, sizeof(*box));

	assert_non_null(box);
	sandbox_open(box);
	box->ctx->ops.run = fake_run;
	sandbox_write(box, "/proc/swaps", "Filename\tType\tSize\tUsed\tPriority\n");
	sandbox_write(box, "/proc/meminfo", "MemTotal: 4194304 kB\nMemFree: 0 kB\n");
	sandbox_write(box, "/proc/self/mountinfo", "");
	sandbox_link(box, "/proc/self/fd", "/proc/self/fd");
	*asked = '\0';
	answer = 0;
	*state = box;
	return 0;
}

static int teardown(void **state)
{
	sandbox_close(*state);
	free(*state);
	return 0;
}

static struct swapadm_import *import_of(struct sandbox *box, const char *source)
{
	struct swapadm_import *import = NULL;

	if (swapadm_import_new(box->ctx, source, &import))
		fail_msg("import: %s", swapadm_get_error(box->ctx));
	return import;
}

static void take_over(struct sandbox *box, struct swapadm_import *import, int want,
		      const char *words)
{
	int r;

	if (geteuid() != 0)
		skip();
	r = swapadm_import_take_over(import);
	if (r != want)
		fail_msg("%d: %s", r, swapadm_get_error(box->ctx));
	if (words)
		assert_non_null(strstr(swapadm_get_error(box->ctx), words));
	swapadm_import_unref(import);
}

static void has_text(struct sandbox *box, const char *path, const char *want)
{
	char *text = sandbox_read(box, path);

	if (want) {
		assert_non_null(text);
		assert_string_equal(text, want);
	} else {
		assert_null(text);
	}
	free(text);
}

#define LINES "/dev/sda1 / ext4 defaults 0 1\n/dev/sda2 none swap pri=5 0 0\n"

static void test_fstab(void **state)
{
	struct sandbox *box = *state;

	sandbox_write(box, FSTAB, LINES);
	take_over(box, import_of(box, "fstab"), 0, NULL);
	assert_string_equal(asked, "enable swapadm.service\ndaemon-reload \n");
	has_text(
		box, FSTAB,
		"/dev/sda1 / ext4 defaults 0 1\n# swapadm: /dev/sda2 none swap pri=5 0 0\n");
	has_text(box, FSTAB ".old", LINES);
	assert_true(sandbox_has(box, CONF));
}

/* a machine whose boot would attach nothing keeps its fstab */
static void refused_enable(struct sandbox *box, struct swapadm_import *import, int want)
{
	take_over(box, import, want, "swapadm.service: take over: systemctl");
	assert_string_equal(asked, "enable swapadm.service\n");
	has_text(box, FSTAB, LINES);
	*asked = '\0';
}

static void test_no_service(void **state)
{
	struct sandbox *box = *state;
	struct swapadm_import *import = NULL;
	struct swapadm_conf *conf = NULL;

	sandbox_write(box, FSTAB, LINES);
	answer = -ENOENT;
	refused_enable(box, import_of(box, "fstab"), -EPROTONOSUPPORT);
	answer = -ECHILD;
	refused_enable(box, import_of(box, "fstab"), -ECHILD);
	has_text(box, CONF, NULL);
	/* what apply --take-over does */
	sandbox_write(box, CONF, "[tier disk]\ndevice = /dev/sda2\n");
	assert_int_equal(swapadm_conf_load(box->ctx, NULL, &conf), 0);
	assert_int_equal(swapadm_import_conflicts(box->ctx, conf, &import), 0);
	assert_int_equal(swapadm_import_n_changes(import), 1);
	refused_enable(box, import, -ECHILD);
	answer = 0;
	assert_int_equal(swapadm_import_conflicts(box->ctx, conf, &import), 0);
	take_over(box, import, 0, NULL);
	assert_string_equal(asked, "enable swapadm.service\ndaemon-reload \n");
	swapadm_conf_unref(conf);
}

static void test_fstab_changed(void **state)
{
	struct sandbox *box = *state;
	struct swapadm_import *import;
	static const char *const others[] = {
		("# new\n" LINES),
		"/dev/sda1 / ext4 defaults 0 1\n",
		"/dev/sda2 none swap pri=5 0 0\n/dev/sda1 / ext4 defaults 0 1\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		sandbox_write(box, FSTAB, LINES);
		import = import_of(box, "fstab");
		sandbox_write(box, FSTAB, others[i]);
		take_over(box, import, -ESTALE, "changed meanwhile");
		has_text(box, FSTAB, others[i]);
		has_text(box, CONF, NULL);
		assert_string_equal(asked, "");
	}
}

/* what was added while systemctl ran stays */
static void test_fstab_changed_late(void **state)
{
	struct sandbox *box = *state;

	sandbox_write(box, FSTAB, LINES);
	changed_meanwhile = box;
	changed_to = LINES "/dev/sda3 /srv ext4 defaults 0 2\n";
	take_over(box, import_of(box, "fstab"), 0, NULL);
	has_text(
		box, FSTAB,
		"/dev/sda1 / ext4 defaults 0 1\n# swapadm: /dev/sda2 none swap pri=5 0 0\n/dev/sda3 /srv ext4 defaults 0 2\n");
}

static void test_fstab_stale_late(void **state)
{
	struct sandbox *box = *state;

	sandbox_write(box, FSTAB, LINES);
	changed_meanwhile = box;
	changed_to = "# new\n" LINES;
	take_over(box, import_of(box, "fstab"), -ESTALE, "changed meanwhile");
	has_text(box, FSTAB, changed_to);
}

static void test_fstab_link(void **state)
{
	struct sandbox *box = *state;

	sandbox_write(box, "/etc/fstab.real", LINES);
	sandbox_link(box, "fstab.real", FSTAB);
	take_over(box, import_of(box, "fstab"), -EINVAL, "symbolic link");
	has_text(box, CONF, NULL);
	assert_string_equal(asked, "");
}

/* what a source activates and no line of ours would: it is not turned off */
static void lost(struct sandbox *box, const char *source, const char *path,
		 const char *text)
{
	struct swapadm_import *import;

	sandbox_write(box, path, text);
	import = import_of(box, source);
	assert_int_equal(swapadm_import_check(import), -EPROTONOSUPPORT);
	take_over(box, import, -EPROTONOSUPPORT, "not all that it activates");
	assert_string_equal(asked, "");
	has_text(box, CONF, NULL);
}

static void test_lost(void **state)
{
	struct sandbox *box = *state;

	lost(box, "systemd-swap", "/etc/systemd/swap.conf",
	     "zswap_enabled=0\nswapfc_enabled=1\nswapd_auto_swapon=0\n");
	lost(box, "systemd-swap", "/etc/systemd/swap.conf",
	     "zswap_enabled=0\nswapd_auto_swapon=1\n");
	lost(box, "zram-generator", "/etc/systemd/zram-generator.conf",
	     "[zram0]\n[zram1]\nmount-point = /var/tmp\n");
	lost(box, "zram-generator", "/etc/systemd/zram-generator.conf",
	     "[zram0]\nzram-size = 2 * sqrt(ram)\n");
	lost(box, "dphys-swapfile", "/etc/dphys-swapfile", "CONF_SWAPFILE=/var/a,b\n");
	lost(box, "dphys-swapfile", "/etc/dphys-swapfile", "CONF_SWAPFILE=var/swap\n");
	lost(box, "zram-tools", "/etc/default/zramswap", "SIZE=0\n");
	lost(box, "zram-tools", "/etc/default/zramswap", "SIZE=17592186044417\n");
	lost(box, "zram-tools", "/etc/default/zramswap", "PERCENT=429496729601\n");
}

/* what the configuration would refuse becomes a comment */
static void test_refused_values(void **state)
{
	struct sandbox *box = *state;
	struct swapadm_import *import;

	sandbox_write(box, "/etc/systemd/swap.conf",
		      "zswap_compressor=\nzswap_max_pool_percent=400\n");
	import = import_of(box, "systemd-swap");
	assert_non_null(strstr(swapadm_import_text(import),
			       "\n; can't be carried over: compressor = \n"));
	assert_non_null(strstr(swapadm_import_text(import),
			       "\n; can't be carried over: max-pool = 400%\n"));
	swapadm_import_unref(import);
}

static void too_large(struct sandbox *box, const char *text, const char *words)
{
	struct swapadm_import *import;

	sandbox_write(box, "/etc/dphys-swapfile", text);
	assert_int_equal(swapadm_import_new(box->ctx, "dphys-swapfile", &import),
			 -ERANGE);
	assert_non_null(strstr(swapadm_get_error(box->ctx), words));
}

static void test_too_large(void **state)
{
	struct sandbox *box = *state;

	sandbox_write(box, "/proc/meminfo", "MemTotal: 1048576 kB\n");
	too_large(box, "CONF_SWAPSIZE=99999999999999999999999\n",
		  "CONF_SWAPSIZE=99999999999999999999999: is too large");
	too_large(box, "CONF_SWAPFACTOR=1e300\n", "CONF_SWAPFACTOR=1e300");
	too_large(box, "CONF_SWAPFACTOR=nan\n", "CONF_SWAPFACTOR=nan");
}

/* what the source leaves alone is not a reason */
static void test_not_lost(void **state)
{
	struct sandbox *box = *state;

	sandbox_write(box, FSTAB,
		      "/dev/a,b none swap sw 0 0\nLABEL=x none swap noauto 0 0\n" LINES);
	take_over(box, import_of(box, "fstab"), 0, NULL);
	has_text(
		box, FSTAB,
		"/dev/a,b none swap sw 0 0\nLABEL=x none swap noauto 0 0\n/dev/sda1 / ext4 defaults 0 1\n# swapadm: /dev/sda2 none swap pri=5 0 0\n");
}

/* what the boot formats anew carries nothing that apply would take: the line stays */
static void test_makefs(void **state)
{
	static const char lines[] =
		"/dev/zram0 none swap discard,pri=100,x-systemd.makefs 0 0\n";
	struct sandbox *box = *state;
	struct swapadm_import *import = NULL;
	struct swapadm_conf *conf = NULL;

	sandbox_write(
		box, FSTAB,
		"/dev/zram0 none swap discard,pri=100,x-systemd.makefs 0 0\n" LINES);
	import = import_of(box, "fstab");
	assert_null(strstr(swapadm_import_text(import), "\ndevice = /dev/zram0"));
	assert_int_equal(swapadm_import_n_changes(import), 1);
	take_over(box, import, 0, NULL);
	has_text(
		box, FSTAB,
		"/dev/zram0 none swap discard,pri=100,x-systemd.makefs 0 0\n/dev/sda1 / ext4 defaults 0 1\n# swapadm: /dev/sda2 none swap pri=5 0 0\n");
	/* nor does apply --take-over end it */
	sandbox_write(box, FSTAB, lines);
	sandbox_write(box, CONF, "[tier fast]\ndevice = /dev/zram0\n");
	assert_int_equal(swapadm_conf_load(box->ctx, NULL, &conf), 0);
	assert_int_equal(swapadm_import_conflicts(box->ctx, conf, &import), 0);
	assert_int_equal(swapadm_import_n_changes(import), 0);
	swapadm_import_unref(import);
	swapadm_conf_unref(conf);
}

/* one area that two lines name is one device; both lines go */
static void test_fstab_twice(void **state)
{
	struct sandbox *box = *state;

	sandbox_write(box, FSTAB,
		      "/var/swap none swap pri=5 0 0\n"
		      "/var/swap none swap sw 0 0\n");
	take_over(box, import_of(box, "fstab"), 0, NULL);
	has_text(
		box, FSTAB,
		"# swapadm: /var/swap none swap pri=5 0 0\n# swapadm: /var/swap none swap sw 0 0\n");
	has_text(
		box, CONF,
		"; made by swapctl import from: fstab\n\n[tier disk]\n; had priority 5; the order is the same here\ndevice = /var/swap\n\n; fstab names it again: /var/swap\n");
}

/* a line would mean another file; priorities that are none, or more than there is */
static void test_fstab_odd(void **state)
{
	struct sandbox *box = *state;

	sandbox_write(box, FSTAB,
		      "/swap\\040 none swap sw 0 0\n"
		      "/a none swap pri=9999999999999 0 0\n"
		      "/b none swap pri=high 0 0\n");
	take_over(box, import_of(box, "fstab"), 0, NULL);
	has_text(box, FSTAB,
		 "/swap\\040 none swap sw 0 0\n"
		 "# swapadm: /a none swap pri=9999999999999 0 0\n"
		 "# swapadm: /b none swap pri=high 0 0\n");
	has_text(
		box, CONF,
		"; made by swapctl import from: fstab\n\n[tier disk]\n; had priority 32767; the order is the same here\ndevice = /a\n\n; left out: /etc/fstab:1: /swap  can't stand in a configuration\n\n[tier disk-2]\ndevice = /b\n");
}

/* what to do where there is a configuration: apply ends fstab only */
static void test_has_conf(void **state)
{
	struct sandbox *box = *state;

	sandbox_write(box, CONF, "[tier disk]\ndevice = /dev/sda9\n");
	sandbox_write(box, FSTAB, LINES);
	take_over(box, import_of(box, "fstab"), -EEXIST,
		  "into it, then: swapctl apply --take-over");
	sandbox_write(box, "/etc/default/zramswap", "PERCENT=50\n");
	take_over(
		box, import_of(box, "zram-tools"), -EEXIST,
		"into it, then: systemctl disable zramswap.service; swapctl apply --take-over");
}

static void test_generator(void **state)
{
	struct sandbox *box = *state;
	struct swapadm_import *import = NULL;
	char target[16] = "";
	struct stat folder;
	mode_t before;

	sandbox_write(box, "/usr/lib/systemd/zram-generator.conf", "[zram0]\n");
	sandbox_write(box, "/etc/systemd/zram-generator.conf", "[zram0]\n");
	sandbox_write(box, "/etc/systemd/zram-generator.conf.d/a.conf",
		      "[zram0]\nzram-size = 1024\n[zram1]\nhost-memory-limit = 1\n");
	import = import_of(box, "zram-generator");
	assert_string_equal(swapadm_import_change(import, 0)->undo, "rm " ZRAM);
	before = umask(077);
	take_over(box, import, 0, NULL);
	umask(before);
	assert_int_equal(
		stat(sandbox_real(box, "/etc/systemd/system-generators"), &folder), 0);
	assert_int_equal(folder.st_mode & 07777, 0755);
	assert_true(readlink(sandbox_real(box, ZRAM), target, sizeof(target) - 1) > 0);
	assert_string_equal(target, "/dev/null");
	assert_true(sandbox_has(box, "/etc/systemd/zram-generator.conf"));
	/* it makes nothing any more */
	assert_int_equal(swapadm_import_new(box->ctx, "zram-generator", &import),
			 -ENOENT);
}

static void put_swap_file(struct sandbox *box, const char *path, mode_t mode)
{
	const uint32_t info[] = { 1, (1u << 20) / 4096 - 1 };
	char *block = calloc(1, 1 << 20);

	assert_non_null(block);
	memcpy(block + 1024, info, sizeof(info));
	memcpy(block + 4096 - 10, "SWAPSPACE2", 10);
	box->ctx->page_bytes = 4096;
	sandbox_write_bytes(box, path, block, 1 << 20);
	free(block);
	assert_int_equal(chmod(sandbox_real(box, path), mode), 0);
}

/*
 * swapon(8) takes a file that everybody may read, apply does not: its line would be gone,
 * and with the next boot its swap
 */
static void test_exposed_file(void **state)
{
	static const char lines[] = "/swapfile none swap sw 0 0\n";
	struct sandbox *box = *state;
	struct swapadm_import *import = NULL;
	struct swapadm_conf *conf;

	sandbox_write(box, FSTAB, lines);
	put_swap_file(box, "/swapfile", 0644);
	import = import_of(box, "fstab");
	if (swapadm_import_check(import) == -EOPNOTSUPP) { /* no swap file goes there */
		swapadm_import_unref(import);
		skip();
	}
	take_over(
		box, import, -EPERM,
		"/swapfile: take over: not done, because the next boot would not attach it: others than root may use the file (mode 0644); `chmod 600 ");
	assert_string_equal(asked, "");
	has_text(box, FSTAB, lines);
	has_text(box, CONF, NULL);
	/* likewise of a configuration that is there */
	sandbox_write(box, CONF, "[tier disk]\ndevice = /swapfile\n");
	assert_int_equal(swapadm_conf_load(box->ctx, NULL, &conf), 0);
	assert_int_equal(swapadm_import_conflicts(box->ctx, conf, &import), 0);
	take_over(box, import, -EPERM, "others than root may use the file");
	has_text(box, FSTAB, lines);
	put_swap_file(box, "/swapfile", 0600);
	assert_int_equal(swapadm_import_conflicts(box->ctx, conf, &import), 0);
	take_over(box, import, 0, NULL);
	has_text(box, FSTAB, "# swapadm: /swapfile none swap sw 0 0\n");
	swapadm_conf_unref(conf);
}

static int conflicts(struct sandbox *box, struct swapadm_import **import)
{
	struct swapadm_conf *conf;
	int r = swapadm_conf_load(box->ctx, NULL, &conf);

	if (r)
		fail_msg("conf: %s", swapadm_get_error(box->ctx));
	r = swapadm_import_conflicts(box->ctx, conf, import);
	swapadm_conf_unref(conf);
	return r;
}

/* a line that apply refuses at each boot does not take the place of fstab's */
static void test_file_and_redirect(void **state)
{
	struct sandbox *box = *state;
	struct swapadm_import *import = NULL;
	char lines[600], conf[600];

	put_swap_file(box, "/swapfile", 0600);
	snprintf(lines, sizeof(lines), "%s/swapfile none swap sw 0 0\n", box->dir);
	snprintf(conf, sizeof(conf),
		 "[swapadm]\nlayer = redirect\n[tier disk]\ndevice = %s/swapfile\n",
		 box->dir);
	sandbox_write(box, FSTAB, lines);
	sandbox_write(box, CONF, conf);
	assert_int_equal(conflicts(box, &import), 0);
	take_over(box, import, -ENOTBLK, "a swap file can't be a leaf");
	has_text(box, FSTAB, lines);
}

/* the way back is to be pasted: a unit of a UUID has \x2d in its name */
static void test_unit(void **state)
{
	static const char name[] = "dev-disk-by\\x2dpath-pci.swap";
	struct sandbox *box = *state;
	struct swapadm_import *import = NULL;

	sandbox_write(box, CONF, "[tier disk]\ndevice = /dev/disk/by-path/pci\n");
	sandbox_write(box, "/run/systemd/generator.late/dev-disk-by\\x2dpath-pci.swap",
		      "[Swap]\nWhat=/dev/disk/by-path/pci\n");
	assert_int_equal(conflicts(box, &import), 0);
	assert_int_equal(swapadm_import_n_changes(import), 1);
	assert_string_equal(swapadm_import_change(import, 0)->object, name);
	assert_string_equal(swapadm_import_change(import, 0)->undo,
			    "systemctl unmask 'dev-disk-by\\x2dpath-pci.swap'");
	swapadm_import_unref(import);
}

/* what can't be opened for want of descriptors is no conflict less */
static void test_no_descriptor(void **state)
{
	static const char *const paths[] = { FSTAB, "/run/systemd/generator" };
	struct sandbox *box = *state;
	struct swapadm_import *import = NULL;

	sandbox_write(box, CONF, "[tier disk]\ndevice = /dev/sda2\n");
	sandbox_write(box, FSTAB, LINES);
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		sandbox_no_descriptor(box, paths[i]);
		assert_int_equal(conflicts(box, &import), -EMFILE);
		assert_non_null(strstr(swapadm_get_error(box->ctx), paths[i]));
	}
}

/* an override that does something is found before anything is changed */
static void test_generator_override(void **state)
{
	struct sandbox *box = *state;

	sandbox_write(box, "/etc/systemd/zram-generator.conf", "[zram0]\n");
	sandbox_write(box, ZRAM, "#!/bin/sh\n");
	take_over(box, import_of(box, "zram-generator"), -EEXIST,
		  ZRAM ": take over: there is something");
	assert_int_equal(unlink(sandbox_real(box, ZRAM)), 0);
	sandbox_link(box, "/nowhere", ZRAM);
	take_over(box, import_of(box, "zram-generator"), -EEXIST,
		  ZRAM ": take over: there is something");
	assert_string_equal(asked, "");
	has_text(box, CONF, NULL);
}

#define import_test(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		import_test(test_fstab),
		import_test(test_makefs),
		import_test(test_fstab_twice),
		import_test(test_fstab_odd),
		import_test(test_has_conf),
		import_test(test_no_service),
		import_test(test_lost),
		import_test(test_refused_values),
		import_test(test_too_large),
		import_test(test_fstab_changed),
		import_test(test_fstab_link),
		import_test(test_not_lost),
		import_test(test_generator),
		import_test(test_exposed_file),
		import_test(test_file_and_redirect),
		import_test(test_unit),
		import_test(test_no_descriptor),
		import_test(test_fstab_changed_late),
		import_test(test_fstab_stale_late),
		import_test(test_generator_override),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
