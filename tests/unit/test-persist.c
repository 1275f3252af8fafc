/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --persist: what it writes, what it leaves alone, and when it writes nothing. */
#include "unit.h"
#include "sandbox.h"
#include "conf/persist.h"
#include "state/state.h"

#include <sys/stat.h>

#define MAIN "/etc/swapadm.conf"
#define HEAD                                                                           \
	"# Devices that were added with swapctl --persist. This file may be edited:\n" \
	"# swapctl keeps what it does not change, comments too.\n"

static int setup(void **state)
{
	static struct sandbox box;

	sandbox_open(&box);
	*state = &box;
	return 0;
}

static int teardown(void **state)
{
	sandbox_close(*state);
	return 0;
}

static void is_now(struct sandbox *box, const char *text)
{
	_cleanup_free_ char *now = sandbox_read(box, PERSIST_FILE);

	if (!text) {
		assert_null(now);
		return;
	}
	assert_non_null(now);
	assert_string_equal(now, text);
	assert_false(sandbox_has(box, "/etc/swapadm.conf.d/.50-swapctl.conf.new"));
}

static void ok(struct sandbox *box, int r)
{
	if (r < 0)
		fail_msg("%s", swapadm_get_error(box->ctx));
}

static void refused(struct sandbox *box, int r, int err, const char *error)
{
	assert_string_equal(swapadm_get_error(box->ctx), error);
	assert_int_equal(r, err);
}

static void first_device_makes_the_file(void **state)
{
	struct sandbox *box = *state;
	struct stat st;
	mode_t old = umask(077);

	ok(box, persist_add(box->ctx, "fast", 3, "zram, size=1G"));
	umask(old);
	is_now(box, HEAD "\n[tier fast]\nrank = 3\ndevice = zram, size=1G\n");
	assert_int_equal(stat(sandbox_real(box, PERSIST_FILE), &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0644);
	assert_int_equal(stat(sandbox_real(box, "/etc/swapadm.conf.d"), &st), 0);
	assert_int_equal(st.st_mode, S_IFDIR | 0755);
}

static void check_writes_nothing(void **state)
{
	struct sandbox *box = *state;

	ok(box, persist_add_check(box->ctx, "fast", 3, "zram"));
	assert_false(sandbox_has(box, "/etc/swapadm.conf.d"));
	ok(box, persist_add(box->ctx, "fast", 3, "/dev/sdb"));
	ok(box, persist_remove_check(box->ctx, NULL, "/dev/sdb", NULL));
	is_now(box, HEAD "\n[tier fast]\nrank = 3\ndevice = /dev/sdb\n");
}

static void add_and_remove_again(void **state)
{
	struct sandbox *box = *state;

	ok(box, persist_add(box->ctx, "a", SWAPADM_RANK_NONE, "/dev/sda"));
	ok(box, persist_add(box->ctx, "b", SWAPADM_RANK_NONE, "UUID=1, discard"));
	ok(box, persist_add(box->ctx, "a", SWAPADM_RANK_NONE, "/swap,size=1G"));
	is_now(box, HEAD "\n[tier a]\ndevice = /dev/sda\ndevice = /swap,size=1G\n"
			 "\n[tier b]\ndevice = UUID=1, discard\n");
	ok(box, persist_remove(box->ctx, NULL, "UUID=1"));
	is_now(box, HEAD "\n[tier a]\ndevice = /dev/sda\ndevice = /swap,size=1G\n");
	ok(box, persist_remove(box->ctx, NULL, "/swap"));
	ok(box, persist_remove(box->ctx, NULL, "/dev/sda"));
	is_now(box, HEAD);
	ok(box, persist_add(box->ctx, "a", SWAPADM_RANK_NONE, "/dev/sda"));
	is_now(box, HEAD "\n[tier a]\ndevice = /dev/sda\n");
}

/* a boot that goes by the copy must not attach what was taken out */
static void the_copy_follows(void **state)
{
	static const char copy[] = "/var/lib/swapadm/last-good.conf";
	_cleanup_free_ char *with = NULL, *without = NULL;
	struct sandbox *box = *state;

	sandbox_write(box, "/var/lib/swapadm/.keep", "");
	sandbox_write(box, "/etc/swapadm.conf", "[tier own]\ndevice = /dev/own\n");
	ok(box, persist_add(box->ctx, "a", SWAPADM_RANK_NONE, "/dev/sda"));
	with = sandbox_read(box, copy);
	assert_non_null(strstr(with, "\ndevice = /dev/own\n"));
	assert_non_null(strstr(with, "\ndevice = /dev/sda\n"));
	ok(box, persist_remove(box->ctx, NULL, "/dev/sda"));
	without = sandbox_read(box, copy);
	assert_non_null(strstr(without, "\ndevice = /dev/own\n"));
	assert_null(strstr(without, "/dev/sda"));
}

/* undo removes only what was written: a line that was there is not ours */
static void what_was_written_is_told(void **state)
{
	struct sandbox *box = *state;

	assert_int_equal(persist_add(box->ctx, "a", SWAPADM_RANK_NONE, "/dev/sda"), 1);
	assert_int_equal(persist_add(box->ctx, "a", SWAPADM_RANK_NONE, "/dev/sda"), 0);
	is_now(box, HEAD "\n[tier a]\ndevice = /dev/sda\n");
}

static void the_rest_is_kept(void **state)
{
	static const char text[] = "; mine\r\n"
				   "\n"
				   "[swapadm]\n"
				   "layer  =  direct   ; yes\n"
				   "[ tier  ssd ]   # spelt oddly\n"
				   "\trank_comment\n"
				   "[tier last]\n"
				   "device = LABEL=x";
	static const char valid[] = "; mine\r\n"
				    "\n"
				    "[swapadm]\n"
				    "layer  =  direct   ; yes\n"
				    "[ tier  ssd ]   # spelt oddly\n"
				    "rank=4\r\n"
				    "\n"
				    "  # about last\n"
				    "[tier last]\n"
				    "device = LABEL=x";
	struct sandbox *box = *state;

	sandbox_write(box, PERSIST_FILE, text);
	assert_int_equal(persist_add(box->ctx, "ssd", -1, "/dev/sdb"), -EBADMSG);
	is_now(box, text);
	sandbox_write(box, PERSIST_FILE, valid);
	ok(box, persist_add(box->ctx, "ssd", -1, "/dev/sdb"));
	is_now(box, "; mine\r\n\n[swapadm]\nlayer  =  direct   ; yes\n"
		    "[ tier  ssd ]   # spelt oddly\nrank=4\r\ndevice = /dev/sdb\n\n"
		    "  # about last\n[tier last]\ndevice = LABEL=x");
	ok(box, persist_add(box->ctx, "last", -1, "/dev/sdc"));
	is_now(box, "; mine\r\n\n[swapadm]\nlayer  =  direct   ; yes\n"
		    "[ tier  ssd ]   # spelt oddly\nrank=4\r\ndevice = /dev/sdb\n\n"
		    "  # about last\n[tier last]\ndevice = LABEL=x\n"
		    "device = /dev/sdc\n");
	ok(box, persist_remove(box->ctx, NULL, "/dev/sdc"));
	ok(box, persist_remove(box->ctx, NULL, "/dev/sdb"));
	is_now(box, "; mine\r\n\n[swapadm]\nlayer  =  direct   ; yes\n"
		    "[ tier  ssd ]   # spelt oddly\nrank=4\r\n\n"
		    "  # about last\n[tier last]\ndevice = LABEL=x\n");
	ok(box, persist_remove(box->ctx, NULL, "LABEL=x"));
	is_now(box, "; mine\r\n\n[swapadm]\nlayer  =  direct   ; yes\n"
		    "[ tier  ssd ]   # spelt oddly\nrank=4\r\n\n"
		    "  # about last\n");
}

static void comments_keep_their_section(void **state)
{
	struct sandbox *box = *state;

	sandbox_write(box, PERSIST_FILE, "[tier a]\ndevice = /dev/a\n# why\n[tier b]\n");
	ok(box, persist_remove(box->ctx, NULL, "/dev/a"));
	is_now(box, "[tier a]\n# why\n[tier b]\n");
	sandbox_write(box, PERSIST_FILE, "[tier a]\ndevice = /dev/a\n\n[tier b]\n");
	ok(box, persist_remove(box->ctx, NULL, "/dev/a"));
	is_now(box, "[tier b]\n");
}

/* a rank that stays behind would collide with the next tier's */
static void the_rank_goes_with_the_last_device(void **state)
{
	struct sandbox *box = *state;

	ok(box, persist_add(box->ctx, "a", 0, "/dev/a"));
	ok(box, persist_add(box->ctx, "a", 0, "/dev/b"));
	ok(box, persist_remove(box->ctx, NULL, "/dev/a"));
	is_now(box, HEAD "\n[tier a]\nrank = 0\ndevice = /dev/b\n");
	ok(box, persist_remove(box->ctx, NULL, "/dev/b"));
	is_now(box, HEAD);
	/* devices in another file keep it */
	sandbox_write(box, "/etc/swapadm.conf.d/60.conf", "[tier a]\ndevice = /dev/c\n");
	sandbox_write(box, PERSIST_FILE, "[tier a]\nrank = 4\n\ndevice = /dev/b\n");
	ok(box, persist_remove(box->ctx, NULL, "/dev/b"));
	is_now(box, "[tier a]\nrank = 4\n\n");
	remove(sandbox_real(box, "/etc/swapadm.conf.d/60.conf"));
	/* and so does what else stands there */
	sandbox_write(box, PERSIST_FILE, "[tier a]\ndevice = /dev/b\nrank = 4\n# mine\n");
	ok(box, persist_remove(box->ctx, NULL, "/dev/b"));
	is_now(box, "[tier a]\nrank = 4\n# mine\n");
}

/* a second name of a device is the same device, and a collision has its place */
static void one_device_by_two_names(void **state)
{
	struct sandbox *box = *state;

	sandbox_write(box, "/swap/file", "x");
	sandbox_link(box, "file", "/swap/link");
	sandbox_write(box, MAIN, "[tier a]\ndevice = /swap/link\n[tier b]\n");
	ok(box, persist_add(box->ctx, "a", -1, "/swap/file"));
	assert_false(sandbox_has(box, PERSIST_FILE));
	refused(box, persist_add(box->ctx, "b", -1, "/swap/file"), -EEXIST,
		"/swap/file: add: " MAIN
		":2 names the same device as /swap/link in [tier a]; change that line, or leave out --persist");
	refused(box, persist_add_check(box->ctx, "a", -1, "/swap/file,discard"), -EEXIST,
		"/swap/file: add: " MAIN
		":2 names the same device as /swap/link in [tier a]; change that line, or leave out --persist");
	assert_false(sandbox_has(box, PERSIST_FILE));
}

static void tier_of_another_file(void **state)
{
	struct sandbox *box = *state;

	sandbox_write(box, MAIN, "[tier a]\n[tier b]\ndevice = /dev/b\n");
	/* it has its rank there: none is written */
	ok(box, persist_add(box->ctx, "b", 1, "/dev/c"));
	is_now(box, HEAD "\n[tier b]\ndevice = /dev/c\n");
	refused(box, persist_add(box->ctx, "b", 4, "/dev/d"), -EEXIST,
		"tier b: add: rank 4 is asked for, but it has rank 1 by " PERSIST_FILE
		":4; leave out --rank or change the file");
	refused(box, persist_add(box->ctx, "a", 4, "/dev/d"), -EEXIST,
		"tier a: add: rank 4 is asked for, but it has rank 0 by " MAIN
		":1; leave out --rank or change the file");
	/* what is there already is not written again */
	ok(box, persist_add(box->ctx, "b", SWAPADM_RANK_NONE, "/dev/b"));
	is_now(box, HEAD "\n[tier b]\ndevice = /dev/c\n");
	refused(box, persist_add(box->ctx, "a", SWAPADM_RANK_NONE, "/dev/b"), -EBADMSG,
		MAIN
		":3: [tier b] device: /dev/b is in use already by [tier a] device at " PERSIST_FILE
		":8; leave one out");
	refused(box, persist_remove(box->ctx, NULL, "/dev/b"), -EEXIST,
		"/dev/b: remove from the configuration: it is in " MAIN
		":3, which swapctl does not write; remove it there, or leave out --persist");
	refused(box, persist_remove_check(box->ctx, NULL, "/dev/b", NULL), -EEXIST,
		"/dev/b: remove from the configuration: it is in " MAIN
		":3, which swapctl does not write; remove it there, or leave out --persist");
	refused(box, persist_remove_check(box->ctx, NULL, "/dev/b", "/dev/c,size=1G"),
		-EEXIST,
		"/dev/b: change the configuration: it is in " MAIN
		":3, which swapctl does not write; leave out --persist, and write there: device = /dev/c,size=1G");
	is_now(box, HEAD "\n[tier b]\ndevice = /dev/c\n");
}

static void several_zram(void **state)
{
	struct sandbox *box = *state;

	ok(box, persist_add(box->ctx, "fast", -1, "zram,size=1G"));
	/* one with other options is another one, and so is that of another tier */
	refused(box, persist_remove(box->ctx, NULL, "zram"), -ENODEV,
		"zram: remove from the configuration: no file names it; leave out --persist");
	refused(box, persist_remove(box->ctx, "slow", "zram,size=1G"), -ENODEV,
		"zram,size=1G: remove from the configuration: no file names it; leave out --persist");
	is_now(box, HEAD "\n[tier fast]\ndevice = zram,size=1G\n");
	ok(box, persist_add(box->ctx, "fast", -1, "zram,size=1G"));
	ok(box, persist_add(box->ctx, "fast", -1, "zram,size=2G"));
	ok(box, persist_remove(box->ctx, "fast", "zram, size=1024M"));
	is_now(box, HEAD "\n[tier fast]\ndevice = zram,size=1G\ndevice = zram,size=2G\n");
	ok(box, persist_remove(box->ctx, NULL, "zram,size=2G"));
	is_now(box, HEAD "\n[tier fast]\ndevice = zram,size=1G\n");
}

static void another_name_of_the_device(void **state)
{
	struct sandbox *box = *state;

	sandbox_write(box, "/swap/file", "");
	sandbox_link(box, "file", "/swap/link");
	ok(box, persist_add(box->ctx, "ssd", -1, "/swap/link"));
	ok(box, persist_remove(box->ctx, NULL, "/swap/file"));
	is_now(box, HEAD);
	refused(box, persist_remove(box->ctx, NULL, "/swap/file"), -ENODEV,
		"/swap/file: remove from the configuration: no file names it; leave out --persist");
}

static void what_would_be_read_otherwise(void **state)
{
	static const char error[] =
		": write to " PERSIST_FILE
		": a comment sign behind a blank, as its name has one, ends a line there; name it by UUID=, rename it, or leave out --persist";
	struct sandbox *box = *state;
	char text[512];

	snprintf(text, sizeof(text), "/swap ;x%s", error);
	refused(box, persist_add(box->ctx, "a", -1, "/swap ;x"), -EINVAL, text);
	snprintf(text, sizeof(text), "/swap #x%s", error);
	refused(box, persist_add(box->ctx, "a", -1, "/swap #x"), -EINVAL, text);
	refused(box, persist_add_check(box->ctx, "a", -1, "/swap #x"), -EINVAL, text);
	sandbox_write(box, "/etc/swapadm.conf.d/60-x.conf", "[tier a]\ndevice =\n");
	refused(box, persist_add(box->ctx, "a", -1, "/swap"), -EINVAL,
		"/swap: write to " PERSIST_FILE
		": would have no effect: a later file empties [tier a]; edit that");
	is_now(box, NULL);
}

static void refusals(void **state)
{
	struct sandbox *box = *state;
	char name[256], text[512];

	refused(box, persist_add(box->ctx, "zram", -1, "/swap"), -EINVAL,
		"tier zram: add: is not a name for a tier; use a-z, 0-9, _ and -");
	refused(box, persist_add(box->ctx, "a", -1, "/swap,algorithm=zstd"), -EINVAL,
		"/swap: option algorithm: makes no sense here: only zram compresses what it holds; allowed: size, discard, allow-loop");
	refused(box, persist_add(box->ctx, "a", -1, "sdb"), -EBADMSG,
		"sdb: write to " PERSIST_FILE
		": its line would be refused: [tier a] device: \"sdb\" is not an absolute path; write /dev/sdb, a tag such as UUID=, or zram");
	memset(name, 'x', sizeof(name));
	name[0] = '/';
	name[200] = '\0';
	snprintf(
		text, sizeof(text),
		"%s: write to " PERSIST_FILE
		": its line would be refused: line is longer than 198 characters without its comment; shorten it, a device also has a UUID",
		name);
	refused(box, persist_add(box->ctx, "a", -1, name), -EBADMSG, text);
	sandbox_write(box, MAIN, "[tier a]\nx = 1\n");
	assert_int_equal(persist_add(box->ctx, "a", -1, "/swap"), -EBADMSG);
	assert_int_equal(persist_remove(box->ctx, NULL, "/swap"), -EBADMSG);
	is_now(box, NULL);
	box->ctx->foreign_root = true;
	assert_int_equal(persist_add(box->ctx, "a", -1, "/swap"), -EROFS);
	assert_int_equal(persist_add_check(box->ctx, "a", -1, "/swap"), -EROFS);
	assert_int_equal(persist_remove(box->ctx, NULL, "/swap"), -EROFS);
}

static void links_are_not_followed(void **state)
{
	struct sandbox *box = *state;

	sandbox_link(box, "/dev/null", PERSIST_FILE);
	refused(box, persist_add(box->ctx, "a", -1, "/swap"), -EEXIST,
		PERSIST_FILE
		": change: is a link to /dev/null; remove it, or edit the files by hand");
	remove(sandbox_real(box, PERSIST_FILE));
	rmdir(sandbox_real(box, "/etc/swapadm.conf.d"));
	sandbox_write(box, "/etc/elsewhere/.keep", "");
	sandbox_link(box, "elsewhere", "/etc/swapadm.conf.d");
	refused(box, persist_add(box->ctx, "a", -1, "/swap"), -ENOTDIR,
		PERSIST_FILE
		": write: /etc/swapadm.conf.d is not a folder; remove what is in its place");
}

static ssize_t write_fails(int fd, const void *buf, size_t n)
{
	errno = ENOSPC;
	return -1;
}

static void full_disk(void **state)
{
	struct sandbox *box = *state;

	ok(box, persist_add(box->ctx, "a", -1, "/dev/a"));
	box->ctx->ops.write = write_fails;
	refused(box, persist_add(box->ctx, "a", -1, "/dev/b"), -ENOSPC,
		PERSIST_FILE ": write: No space left on device");
	is_now(box, HEAD "\n[tier a]\ndevice = /dev/a\n");
}

static unsigned syncs_fail; /* how many of a folder */

int fsync(int fd)
{
	struct stat st;

	if (!syncs_fail || fstat(fd, &st) < 0 || !S_ISDIR(st.st_mode))
		return 0;
	syncs_fail--;
	errno = EIO;
	return -1;
}

/* what a command that fails has written is taken back, or said to be there */
static void a_folder_that_is_not_synced(void **state)
{
	static const char one[] = HEAD "\n[tier a]\ndevice = /dev/sda\n";
	struct sandbox *box = *state;

	syncs_fail = 1;
	refused(box, persist_add(box->ctx, "a", SWAPADM_RANK_NONE, "/dev/sda"), -EIO,
		PERSIST_FILE ": write: Input/output error");
	is_now(box, NULL);
	ok(box, persist_add(box->ctx, "a", SWAPADM_RANK_NONE, "/dev/sda"));
	is_now(box, one);
	syncs_fail = 2;
	refused(box, persist_add(box->ctx, "a", SWAPADM_RANK_NONE, "/dev/sdb"), -EIO,
		PERSIST_FILE ": write: Input/output error");
	is_now(box, one);
	syncs_fail = 1;
	refused(box, persist_remove(box->ctx, NULL, "/dev/sda"), -EIO,
		PERSIST_FILE ": write: Input/output error");
	is_now(box, one);
	syncs_fail = 0;
}

/* the second of two lines is refused: which one is new? */
static void whose_line_is_refused(void **state)
{
	struct sandbox *box = *state;

	sandbox_write(box, PERSIST_FILE,
		      "[tier a]\ndevice = /dev/sda\n[tier b]\n# mine\ndevice = /swap\n");
	assert_int_equal(persist_add(box->ctx, "a", SWAPADM_RANK_NONE, "/swap"),
			 -EBADMSG);
	assert_non_null(
		strstr(swapadm_get_error(box->ctx),
		       "with it, line 5 of that file would be refused: [tier b]"));
	assert_int_equal(persist_add(box->ctx, "c", SWAPADM_RANK_NONE, "/swap"),
			 -EBADMSG);
	assert_non_null(strstr(swapadm_get_error(box->ctx),
			       "/swap: write to " PERSIST_FILE
			       ": its line would be refused: [tier c]"));
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(first_device_makes_the_file),
		T(check_writes_nothing),
		T(add_and_remove_again),
		T(the_rank_goes_with_the_last_device),
		T(one_device_by_two_names),
		T(the_copy_follows),
		T(what_was_written_is_told),
		T(the_rest_is_kept),
		T(comments_keep_their_section),
		T(tier_of_another_file),
		T(several_zram),
		T(another_name_of_the_device),
		T(what_would_be_read_otherwise),
		T(refusals),
		T(links_are_not_followed),
		T(full_disk),
		T(a_folder_that_is_not_synced),
		T(whose_line_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
