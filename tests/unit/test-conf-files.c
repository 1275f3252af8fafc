/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which configuration files are read, in what order, and who may write them. */
#include "conffile.h"

#include <fcntl.h>
#include <sys/stat.h>

/* ---- several files ---------------------------------------------------------------- */

static void drop_ins_in_order(void **state)
{
	struct sandbox *box = *state;
	struct swapadm_conf *conf;

	sandbox_write(box, MAIN, "[tier a]\nrank = 1\ndevice = /dev/a\n");
	sandbox_write(box, "/usr/lib/swapadm.conf.d/20-x.conf", "[tier a]\nrank = 2\n");
	sandbox_write(box, "/run/swapadm.conf.d/30-x.conf",
		      "[tier a]\ndevice = /dev/b\n[tier b]\n");
	sandbox_write(box, "/etc/swapadm.conf.d/10-x.conf", "[tier a]\nrank = 3\n");
	sandbox_write(box, "/etc/swapadm.conf.d/ignored", "garbage");
	sandbox_write(box, "/etc/swapadm.conf.d/.hidden.conf", "garbage");
	sandbox_write(box, "/etc/swapadm.conf.d/.conf", "garbage");
	sandbox_write(box, "/etc/swapadm.conf.d/x.conf.dpkg-new", "garbage");
	conf = load(box);
	assert_int_equal(swapadm_conf_n_files(conf), 4);
	assert_string_equal(swapadm_conf_file(conf, 0), MAIN);
	assert_string_equal(swapadm_conf_file(conf, 1), "/etc/swapadm.conf.d/10-x.conf");
	assert_string_equal(swapadm_conf_file(conf, 2),
			    "/usr/lib/swapadm.conf.d/20-x.conf");
	assert_string_equal(swapadm_conf_file(conf, 3), "/run/swapadm.conf.d/30-x.conf");
	assert_int_equal(swapadm_conf_find_tier(conf, "a")->rank, 2);
	assert_int_equal(swapadm_conf_find_tier(conf, "a")->line, 1);
	assert_string_equal(swapadm_conf_find_tier(conf, "a")->file, MAIN);
	assert_int_equal(swapadm_conf_find_tier(conf, "a")->n_devices, 2);
	assert_string_equal(swapadm_conf_find_tier(conf, "a")->devices[1]->word,
			    "/dev/b");
	assert_int_equal(swapadm_conf_find_tier(conf, "b")->rank, 3);
	swapadm_conf_unref(conf);
}

static void same_name_wins_by_folder(void **state)
{
	struct sandbox *box = *state;
	struct swapadm_conf *conf;

	sandbox_write(box, "/usr/lib/swapadm.conf.d/a.conf", "garbage");
	sandbox_write(box, "/run/swapadm.conf.d/a.conf", "[tier run]\n");
	sandbox_write(box, "/usr/lib/swapadm.conf.d/b.conf", "garbage");
	sandbox_write(box, "/run/swapadm.conf.d/b.conf", "garbage");
	sandbox_write(box, "/etc/swapadm.conf.d/b.conf", "[tier etc]\n");
	conf = load(box);
	assert_int_equal(swapadm_conf_n_tiers(conf), 2);
	assert_string_equal(swapadm_conf_tier(conf, 0)->name, "run");
	assert_string_equal(swapadm_conf_tier(conf, 1)->name, "etc");
	swapadm_conf_unref(conf);
}

static void masked(void **state)
{
	struct sandbox *box = *state;
	struct swapadm_conf *conf;

	sandbox_write(box, "/usr/lib/swapadm.conf.d/a.conf", "garbage");
	sandbox_link(box, "/dev/null", "/etc/swapadm.conf.d/a.conf");
	sandbox_link(box, "/dev/null", MAIN);
	conf = load(box);
	assert_int_equal(swapadm_conf_n_files(conf), 0);
	swapadm_conf_unref(conf);
	box->ctx->foreign_root = true; /* a capture has no /dev/null */
	conf = load(box);
	assert_int_equal(swapadm_conf_n_files(conf), 0);
	swapadm_conf_unref(conf);
}

static void cleared_devices(void **state)
{
	struct sandbox *box = *state;
	struct swapadm_conf *conf;

	sandbox_write(box, MAIN,
		      "[tier a]\ndevice = /dev/a\ndevice = zram\n[tier b]\n"
		      "device = /dev/b\n");
	sandbox_write(box, "/etc/swapadm.conf.d/a.conf",
		      "[tier a]\ndevice = /dev/c\ndevice =\ndevice = /dev/b\n[tier b]\n"
		      "device =\n");
	conf = load(box);
	assert_int_equal(swapadm_conf_find_tier(conf, "a")->n_devices, 1);
	assert_string_equal(swapadm_conf_find_tier(conf, "a")->devices[0]->word,
			    "/dev/b");
	assert_int_equal(swapadm_conf_find_tier(conf, "b")->n_devices, 0);
	swapadm_conf_unref(conf);
}

static void later_file_overrides(void **state)
{
	struct sandbox *box = *state;
	struct swapadm_conf *conf;

	sandbox_write(box, MAIN,
		      "[swapadm]\nsize = 1G\nlayer = direct\n[zswap]\nenabled = yes\n"
		      "max-pool = 10%\n[cgroup c]\npath = /a\nswap-max = max\n"
		      "[tier t]\ndemote-above = 50%\ndemote-below = 10%\n");
	sandbox_write(box, "/run/swapadm.conf.d/a.conf",
		      "[swapadm]\nsize = 2G\n[zswap]\nenabled = no\n[cgroup c]\n"
		      "swap-max = 1G\n[tier t]\ndemote-above = 90%\n");
	conf = load(box);
	assert_int_equal(swapadm_conf_layer(conf), SWAPADM_LAYER_DIRECT);
	assert_int_equal(swapadm_conf_size(conf).value, 2ull << 30);
	assert_int_equal(swapadm_conf_zswap(conf)->enabled, SWAPADM_NO);
	assert_int_equal(swapadm_conf_zswap(conf)->max_pool_pct, 10);
	assert_int_equal(swapadm_conf_n_cgroups(conf), 1);
	assert_false(swapadm_conf_cgroup(conf, 0)->swap_max_unlimited);
	assert_string_equal(swapadm_conf_cgroup(conf, 0)->path, "/a");
	assert_int_equal(swapadm_conf_tier(conf, 0)->demote_above_pct, 90);
	assert_int_equal(swapadm_conf_tier(conf, 0)->demote_below_pct, 10);
	swapadm_conf_unref(conf);
}

static void contradictions_across_files(void **state)
{
	struct sandbox *box = *state;

	sandbox_write(box, MAIN, "[tier t]\ndemote-above = 50%\ndemote-below = 10%\n");
	sandbox_write(box, "/etc/swapadm.conf.d/a.conf",
		      "# lower\n[tier t]\ndemote-above = 5%\n");
	refused(box, -EBADMSG,
		MAIN
		":3: [tier t] demote-below: 10% is not below demote-above, 5% at /etc/swapadm.conf.d/a.conf:3; lower it");
	sandbox_write(box, MAIN, "[tier t]\ndevice = /dev/a\n");
	sandbox_write(box, "/etc/swapadm.conf.d/a.conf", "[tier u]\ndevice = /dev/a\n");
	refused(box, -EBADMSG,
		"/etc/swapadm.conf.d/a.conf:2: [tier u] device: /dev/a is in use already by [tier t] device at " MAIN
		":2; leave one out");
	sandbox_write(box, MAIN, "[tier t]\nrank = 3\n[tier v]\nrank = 3\n");
	sandbox_write(box, "/etc/swapadm.conf.d/a.conf", "");
	swapadm_conf_unref(load(box)); /* on the direct layer they may */
	sandbox_write(box, "/etc/swapadm.conf.d/a.conf", "[swapadm]\nlayer = redirect\n");
	refused(box, -EBADMSG,
		MAIN ":3: [tier v] rank: 3 is that of [tier t] at " MAIN
		     ":1 too; with layer = redirect give each tier a rank of its own");
}

static void one_file_alone(void **state)
{
	struct sandbox *box = *state;
	struct swapadm_conf *conf = NULL;

	sandbox_write(box, MAIN, "garbage");
	sandbox_write(box, "/etc/swapadm.conf.d/a.conf", "garbage");
	sandbox_write(box, "/home/my.conf", "[tier mine]\n");
	assert_int_equal(swapadm_conf_load(box->ctx, "/home/my.conf", &conf), 0);
	assert_int_equal(swapadm_conf_n_files(conf), 1);
	assert_string_equal(swapadm_conf_file(conf, 0), "/home/my.conf");
	assert_string_equal(swapadm_conf_tier(conf, 0)->name, "mine");
	conf = swapadm_conf_unref(conf);
	assert_int_equal(swapadm_conf_load(box->ctx, "/home/no.conf", &conf), -ENOENT);
	assert_string_equal(
		swapadm_get_error(box->ctx),
		"/home/no.conf: read: No such file or directory; give a file that exists");
	assert_int_equal(swapadm_conf_load(box->ctx, "/home", &conf), -EBADMSG);
	assert_string_equal(swapadm_get_error(box->ctx),
			    "/home: read: is not a regular file; put one in its place");
	assert_null(conf);
}

/* a name without a slash in front is one of the caller's folder */
static void relative_file(void **state)
{
	struct sandbox *box = *state;
	_cleanup_close_ int old = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct swapadm_conf *conf;

	sandbox_write(box, "/home/my.conf", "[tier mine]\n");
	assert_int_equal(chdir(sandbox_real(box, "/home")), 0);
	assert_int_equal(swapadm_conf_load(box->ctx, "my.conf", &conf), 0);
	assert_int_equal(fchdir(old), 0);
	swapadm_conf_unref(conf);
}

/* ---- the copy of what was applied last --------------------------------------------- */

#define COPY "/var/lib/swapadm/last-good.conf"

/* several files with the same sections, as they may come */
static void write_several(struct sandbox *box)
{
	sandbox_write(box, "/var/lib/swapadm/.keep", "");
	sandbox_write(box, MAIN,
		      "\xef\xbb\xbf[swapadm]\r\nsize = 1G\r\n[tier a]\ndevice = /dev/x\n"
		      "[cgroup c]\npath = /a");
	sandbox_write(
		box, "/etc/swapadm.conf.d/a.conf",
		"[swapadm]\nsize = 2G\n[tier a]\ndevice =\ndevice = /dev/a\nrank = 7");
	sandbox_write(box, "/etc/swapadm.conf.d/b.conf",
		      "# of b\n[tier a]\ndevice = /dev/b\n[cgroup c]\nswap-max = 1G\n");
}

static void expect_several(const struct swapadm_conf *conf)
{
	const struct swapadm_conf_tier *a = swapadm_conf_find_tier(conf, "a");

	assert_int_equal(swapadm_conf_size(conf).value, 2ull << 30);
	assert_int_equal(swapadm_conf_n_tiers(conf), 1);
	assert_int_equal(a->rank, 7);
	assert_int_equal(a->n_devices, 2);
	assert_string_equal(a->devices[0]->word, "/dev/a");
	assert_string_equal(a->devices[1]->word, "/dev/b");
	assert_int_equal(swapadm_conf_n_cgroups(conf), 1);
	assert_int_equal(swapadm_conf_cgroup(conf, 0)->swap_max.value, 1ull << 30);
}

static void a_copy_says_the_same(void **state)
{
	struct sandbox *box = *state;
	struct swapadm_conf *conf;
	struct stat first, again;

	write_several(box);
	conf = load(box);
	expect_several(conf);
	assert_int_equal(swapadm_conf_keep(conf, box->ctx), 0);
	assert_int_equal(stat(sandbox_real(box, COPY), &first), 0);
	assert_int_equal(swapadm_conf_keep(conf, box->ctx), 0);
	assert_int_equal(stat(sandbox_real(box, COPY), &again), 0);
	assert_int_equal(first.st_ino, again.st_ino); /* not written again */
	swapadm_conf_unref(conf);
	sandbox_write(box, MAIN, "garbage");
	assert_int_equal(swapadm_conf_load(box->ctx, COPY, &conf), 0);
	expect_several(conf);
	assert_string_equal(swapadm_conf_find_tier(conf, "a")->file, COPY);
	swapadm_conf_unref(conf);
}

static void a_newer_copy_takes_its_place(void **state)
{
	struct sandbox *box = *state;
	_cleanup_free_ char *text = NULL, *again = NULL;
	struct swapadm_conf *conf;

	write_several(box);
	conf = load(box);
	assert_int_equal(swapadm_conf_keep(conf, box->ctx), 0);
	swapadm_conf_unref(conf);
	text = sandbox_read(box, COPY);
	/* another configuration takes its place, a foreign root's does not */
	sandbox_write(box, MAIN, "[tier new]\n[cgroup c]\npath = /a\n");
	conf = load(box);
	box->ctx->foreign_root = true;
	assert_int_equal(swapadm_conf_keep(conf, box->ctx), -EROFS);
	again = sandbox_read(box, COPY);
	assert_string_equal(text, again);
	box->ctx->foreign_root = false;
	assert_int_equal(swapadm_conf_keep(conf, box->ctx), 0);
	swapadm_conf_unref(conf);
	assert_int_equal(swapadm_conf_load(box->ctx, COPY, &conf), 0);
	assert_non_null(swapadm_conf_find_tier(conf, "new"));
	swapadm_conf_unref(conf);
}

static void keep_main(struct sandbox *box, const char *text, int result)
{
	struct swapadm_conf *conf;

	sandbox_write(box, MAIN, text);
	conf = load(box);
	assert_int_equal(swapadm_conf_keep(conf, box->ctx), result);
	swapadm_conf_unref(conf);
}

/* the boot would refuse it: no copy is better than one that looks like it */
static void a_copy_that_others_may_write(void **state)
{
	struct sandbox *box = *state;
	struct swapadm_conf *conf;

	sandbox_write(box, "/var/lib/swapadm/.keep", "");
	keep_main(box, "[tier a]\n", 0);
	assert_int_equal(chmod(sandbox_real(box, COPY), 0666), 0);
	keep_main(box, "[tier a]\n", 0);
	assert_int_equal(swapadm_conf_load(box->ctx, COPY, &conf), 0);
	swapadm_conf_unref(conf);
}

/* what stays of it then, and what that means, is said */
static void a_copy_that_stays_behind(void **state)
{
	static const char older[] =
		"; it holds what was applied earlier, and a boot that finds an error in the configuration attaches that; remove it, or apply again when it can be written";
	static const char none[] =
		"; until it can be written a boot that finds an error in the configuration attaches no swap";
	struct sandbox *box = *state;
	_cleanup_free_ char *half = calloc(1, (1 << 19) + 10);
	char error[1024];

	sandbox_write(box, "/var/lib/real/.keep", "");
	sandbox_link(box, "real", "/var/lib/swapadm");
	keep_main(box, "[tier a]\n", -ENOTDIR);
	snprintf(error, sizeof(error),
		 COPY ": write: /var/lib/swapadm is not a folder, or is a link to one%s",
		 none);
	assert_string_equal(swapadm_get_error(box->ctx), error);
	remove(sandbox_real(box, "/var/lib/swapadm"));
	sandbox_write(box, COPY, "");
	memset(half, '\n', (1 << 19) + 9);
	sandbox_write(box, "/etc/swapadm.conf.d/a.conf", half);
	keep_main(box, half, -EFBIG);
	snprintf(error, sizeof(error),
		 COPY ": write: the files are larger than 1 MiB together%s", older);
	assert_string_equal(swapadm_get_error(box->ctx), error);
}

/* ---- who may write them ----------------------------------------------------------- */

static void writable_by_others(void **state)
{
	struct sandbox *box = *state;
	struct swapadm_conf *conf;
	char file[512], error[1024];

	sandbox_write(box, MAIN, "[tier a]\n");
	strcpy(file, sandbox_real(box, MAIN));
	assert_int_equal(chmod(file, 0664), 0);
	refused(box, -EPERM,
		MAIN
		": read: others than its owner may write it (mode 0664); run: chmod go-w '" MAIN
		"'");
	assert_int_equal(chmod(file, 0602), 0);
	refused(box, -EPERM,
		MAIN
		": read: others than its owner may write it (mode 0602); run: chmod go-w '" MAIN
		"'");
	box->ctx->foreign_root = true; /* who unpacked a capture does not matter */
	conf = load(box);
	swapadm_conf_unref(conf);
	box->ctx->foreign_root = false;
	assert_int_equal(chmod(file, 0644), 0);
	if (geteuid() != 0)
		return;
	assert_int_equal(chown(file, 12345, 0), 0);
	snprintf(
		error, sizeof(error),
		MAIN
		": read: belongs to user 12345, who could change what swapadm does; run: chown root '" MAIN
		"'");
	refused(box, -EPERM, error);
}

static void unreadable_things(void **state)
{
	struct sandbox *box = *state;
	_cleanup_free_ char *big = calloc(1, (1 << 20) + 2);

	sandbox_write(box, "/etc/swapadm.conf.d/a.conf/x", "");
	refused(box, -EBADMSG,
		"/etc/swapadm.conf.d/a.conf: read: is not a regular file; put one in its place");
	sandbox_write(box, MAIN, "");
	remove(sandbox_real(box, MAIN));
	assert_int_equal(mkfifo(sandbox_real(box, MAIN), 0600), 0);
	refused(box, -EBADMSG,
		MAIN ": read: is not a regular file; put one in its place");
	remove(sandbox_real(box, MAIN));
	memset(big, '\n', (1 << 20) + 1);
	sandbox_write(box, MAIN, big);
	refused(box, -EBADMSG,
		MAIN ": read: is larger than 1 MiB, the most that is read; shorten it");
	remove(sandbox_real(box, MAIN));
	sandbox_link(box, "nowhere", "/run/swapadm.conf.d/b.conf");
	remove(sandbox_real(box, "/etc/swapadm.conf.d/a.conf/x"));
	remove(sandbox_real(box, "/etc/swapadm.conf.d/a.conf"));
	refused(box, -ENOENT,
		"/run/swapadm.conf.d/b.conf: read: No such file or directory; remove it");
	remove(sandbox_real(box, "/run/swapadm.conf.d/b.conf"));
	/* not as if there were none, nor the drop-ins alone */
	sandbox_link(box, "/srv/swapadm.conf", MAIN);
	sandbox_write(box, "/etc/swapadm.conf.d/a.conf", "[tier a]\n");
	refused(box, -EBADMSG,
		MAIN
		": read: is a link to /srv/swapadm.conf, which is not there; remove the link, or put the file there");
}

static ssize_t read_interrupted(int fd, void *buf, size_t n)
{
	static unsigned calls;

	if (++calls % 2) {
		errno = EINTR;
		return -1;
	}
	return read(fd, buf, n > 7 ? 7 : n);
}

static ssize_t read_fails(int fd, void *buf, size_t n)
{
	errno = EIO;
	return -1;
}

static void short_reads(void **state)
{
	struct sandbox *box = *state;
	struct swapadm_conf *conf;

	sandbox_write(box, MAIN, design);
	box->ctx->ops.read = read_interrupted;
	conf = load(box);
	assert_int_equal(swapadm_conf_n_tiers(conf), 3);
	swapadm_conf_unref(conf);
	box->ctx->ops.read = read_fails;
	refused(box, -EIO, MAIN ": read: Input/output error");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(drop_ins_in_order),
		T(same_name_wins_by_folder),
		T(masked),
		T(cleared_devices),
		T(later_file_overrides),
		T(contradictions_across_files),
		T(one_file_alone),
		T(relative_file),
		T(a_copy_says_the_same),
		T(a_newer_copy_takes_its_place),
		T(a_copy_that_others_may_write),
		T(a_copy_that_stays_behind),
		T(writable_by_others),
		T(unreadable_things),
		T(short_reads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
