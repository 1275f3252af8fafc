/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include "sandbox.h"
#include "base/atomic.h"
#include "state/state.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/resource.h>
#include <sys/wait.h>

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

static void absent_is_empty(void **state)
{
	struct sandbox *box = *state;
	struct state s;

	assert_int_equal(state_load(box->ctx, &s), 0);
	assert_int_equal(s.n_devices, 0);
	assert_int_equal(s.n_tiers, 0);
	state_free(&s);
	assert_false(sandbox_has(box, "/run/swapadm")); /* reading makes nothing */
}

static void round_trip(void **state)
{
	static const char odd[] = " /a b\n[end]\n\\040\t\x7f\xc3\xa9 = ,";
	struct sandbox *box = *state;
	struct state s = { 0 };
	const struct state_device *device;

	assert_int_equal(state_set_device(&s, odd, "ssd", odd, false), 0);
	assert_int_equal(state_set_device(&s, "/dev/zram0", "fast", "zram,size=1G", true),
			 0);
	assert_int_equal(state_set_device(&s, "/dev/sdb", "hdd", NULL, false), 0);
	assert_int_equal(state_set_tier(&s, "fast", 0), 0);
	assert_int_equal(state_set_tier(&s, "hdd", 60), 0);
	assert_int_equal(state_save(box->ctx, &s), 0);
	state_free(&s);
	assert_null(state_find_device(&s, odd));

	assert_int_equal(state_load(box->ctx, &s), 0);
	assert_int_equal(s.n_devices, 3);
	device = state_find_device(&s, odd);
	assert_non_null(device);
	assert_string_equal(device->tier, "ssd");
	assert_string_equal(device->spec, odd);
	assert_false(device->created);
	assert_true(state_find_device(&s, "/dev/zram0")->created);
	assert_string_equal(state_find_device(&s, "/dev/sdb")->spec, "/dev/sdb");
	assert_int_equal(state_find_tier(&s, "hdd")->rank, 60);
	assert_null(state_find_tier(&s, "ssd"));
	state_free(&s);
}

/* what is recorded of a device comes back; a record of a version before has none of it */
static void identity_round_trip(void **state)
{
	static const struct identity id = {
		.boot = "0c53ab4e-8b4a-4a4c-9d5b-0123456789ab",
		.uuid = "2b1c0000-0000-4000-8000-0123456789ab",
		.size_bytes = 1 << 20,
		.diskseq = 7,
		.dev = 0x10300,
		.ino = 12,
	};
	struct sandbox *box = *state;
	struct identity back;
	struct state s = { 0 };

	assert_int_equal(state_set_device(&s, "/swap", "ssd", "/swap", false), 0);
	assert_int_equal(state_set_device(&s, "/old", "ssd", "/old", false), 0);
	state_set_identity(&s, "/swap", &id);
	state_set_identity(&s, "/absent", &id);
	assert_int_equal(state_save(box->ctx, &s), 0);
	state_free(&s);
	assert_int_equal(state_load(box->ctx, &s), 0);
	assert_int_equal(s.n_devices, 2);
	back = state_find_device(&s, "/swap")->identity;
	assert_string_equal(back.boot, id.boot);
	assert_string_equal(back.uuid, id.uuid);
	assert_int_equal(back.size_bytes, id.size_bytes);
	assert_int_equal(back.diskseq, id.diskseq);
	assert_int_equal(back.dev, id.dev);
	assert_int_equal(back.ino, id.ino);
	assert_true(state_is_same(state_find_device(&s, "/old"), &id));
	state_free(&s);
}

/* whose place a device takes comes back, and goes with that device */
static void replaces(void **state)
{
	struct sandbox *box = *state;
	struct state s = { 0 };

	assert_int_equal(state_set_device(&s, "/old", "ssd", "/old", false), 0);
	assert_int_equal(state_set_device(&s, "/new", "ssd", "/new", true), 0);
	assert_int_equal(state_set_replaces(&s, "/none", "/old"), -ENODEV);
	assert_int_equal(state_set_replaces(&s, "/new", "/o ld"), 0);
	assert_int_equal(state_set_replaces(&s, "/new", "/old"), 0);
	assert_int_equal(state_save(box->ctx, &s), 0);
	state_free(&s);
	assert_int_equal(state_load(box->ctx, &s), 0);
	assert_null(state_find_device(&s, "/old")->replaces);
	assert_string_equal(state_find_device(&s, "/new")->replaces, "/old");
	assert_true(state_drop_device(&s, "/old"));
	assert_null(state_find_device(&s, "/new")->replaces);
	assert_int_equal(state_set_replaces(&s, "/new", "/old"), 0);
	assert_true(state_drop_device(&s, "/old")); /* it had no entry */
	assert_false(state_drop_device(&s, "/old"));
	state_free(&s);
}

/* each thing that differs makes it another's; what one side does not know does not */
static void identities(void **state)
{
	const struct identity all = {
		.boot = "b", .uuid = "u", .size_bytes = 1, .diskseq = 2, .dev = 3, .ino = 4
	};
	const struct identity none = {};
	struct identity other[] = { all, all, all, all, all, all };

	strcpy(other[0].boot, "c");
	strcpy(other[1].uuid, "v");
	other[2].size_bytes++;
	other[3].diskseq++;
	other[4].dev++;
	other[5].ino++;
	assert_true(identity_matches(&all, &all));
	assert_true(identity_matches(&all, &none));
	assert_true(identity_matches(&none, &all));
	for (size_t i = 0; i < ARRAY_SIZE(other); i++)
		assert_false(identity_matches(&all, &other[i]));
}

static void make_header(unsigned char *page, uint32_t version, uint32_t last_page)
{
	static const unsigned char uuid[] = "0123456789abcdef";
	const uint32_t numbers[] = { version, last_page, 2 };

	memset(page, 0, 4096);
	memcpy(page + 1024, numbers, sizeof(numbers));
	memcpy(page + 1024 + sizeof(numbers), uuid, 16);
	memcpy(page + 4086, "SWAPSPACE2", 10);
}

static void signatures(void **state)
{
	struct identity id = {};
	unsigned char page[4096];

	make_header(page, 1, 102);
	assert_true(identity_parse_header(page, sizeof(page), &id));
	assert_string_equal(id.uuid, "30313233-3435-3637-3839-616263646566");
	assert_int_equal(id.size_bytes, 100 * 4096); /* two pages are bad */
	make_header(page, 2, 102);
	assert_false(identity_parse_header(page, sizeof(page), &id));
	make_header(page, 1, 1); /* more bad pages than pages */
	id = (struct identity){};
	assert_true(identity_parse_header(page, sizeof(page), &id));
	assert_int_equal(id.size_bytes, 0);
	page[4090] = 'x';
	assert_false(identity_parse_header(page, sizeof(page), &id));
}

/* a file that was deleted and written anew has the name, but is not what was recorded */
static void a_file_is_its_inode(void **state)
{
	_cleanup_(swapadm_unrefp) struct swapadm_ctx *ctx = NULL;
	struct sandbox *box = *state;
	struct state s = { 0 };
	struct identity id;
	unsigned char page[4096];
	char path[512], new[512];

	assert_int_equal(swapadm_new(&ctx, NULL), 0);
	strcpy(path, sandbox_real(box, "/swapfile"));
	strcpy(new, sandbox_real(box, "/new"));
	make_header(page, 1, 102);
	sandbox_write_bytes(box, "/swapfile", page, sizeof(page));
	identity_get(ctx, path, IDENTITY_SIGNATURE, &id);
	assert_int_not_equal(id.ino, 0);
	assert_string_equal(id.uuid, "30313233-3435-3637-3839-616263646566");
	assert_int_equal(id.size_bytes, 100 * 4096);
	state_set_device(&s, path, "t", NULL, false);
	state_set_identity(&s, path, &id);
	assert_non_null(state_find_ours(ctx, &s, path));
	page[1040] ^= 1; /* mkswap(8) was run again */
	sandbox_write_bytes(box, "/swapfile", page, sizeof(page));
	assert_null(state_find_ours(ctx, &s, path));
	page[1040] ^= 1;
	sandbox_write_bytes(box, "/new", page, sizeof(page));
	assert_int_equal(rename(new, path), 0);
	assert_null(state_find_ours(ctx, &s, path));
	state_free(&s);
}

static void what_it_looks_like(void **state)
{
	struct sandbox *box = *state;
	_cleanup_free_ char *text = NULL;
	struct state s = { 0 };
	struct stat st;
	mode_t old = umask(077);

	state_set_tier(&s, "fast", 1);
	state_set_device(&s, "/my swap", "fast", "/my swap,size=1G", false);
	assert_int_equal(state_save(box->ctx, &s), 0);
	umask(old);
	state_free(&s);
	text = sandbox_read(box, "/run/swapadm/state");
	assert_string_equal(text, "# swapadm state 1\n"
				  "[tier]\n"
				  "name = fast\n"
				  "rank = 1\n"
				  "[device]\n"
				  "path = /my\\040swap\n"
				  "tier = fast\n"
				  "spec = /my\\040swap,size=1G\n"
				  "created = no\n"
				  "[end]\n");
	assert_int_equal(stat(sandbox_real(box, "/run/swapadm/state"), &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0644);
	assert_int_equal(stat(sandbox_real(box, "/run/swapadm"), &st), 0);
	assert_int_equal(st.st_mode, S_IFDIR | 0755);
	assert_false(sandbox_has(box, "/run/swapadm/.state.new"));
}

static void setters(void **state)
{
	struct state s = { 0 };
	char path[32];

	for (int i = 0; i < 100; i++) {
		snprintf(path, sizeof(path), "/dev/sd%d", i);
		assert_int_equal(state_set_device(&s, path, "t", "x", false), 0);
	}
	assert_int_equal(state_set_device(&s, "/dev/sd7", "u", "y", true), 0);
	assert_int_equal(s.n_devices, 100);
	assert_string_equal(state_find_device(&s, "/dev/sd7")->tier, "u");
	state_drop_device(&s, "/dev/sd7");
	state_drop_device(&s, "/dev/sd7");
	assert_int_equal(s.n_devices, 99);
	assert_null(state_find_device(&s, "/dev/sd7"));
	assert_string_equal(state_find_device(&s, "/dev/sd99")->spec, "x");
	for (int i = 0; i < 20; i++) {
		snprintf(path, sizeof(path), "t%d", i);
		assert_int_equal(state_set_tier(&s, path, i), 0);
		assert_int_equal(state_set_tier(&s, path, i + 1), 0);
	}
	assert_int_equal(s.n_tiers, 20);
	assert_int_equal(state_find_tier(&s, "t19")->rank, 20);
	/* what could not be loaded again */
	assert_int_equal(state_set_device(&s, "", "t", "x", false), -EINVAL);
	assert_int_equal(state_set_device(&s, "/x", "zram", "x", false), -EINVAL);
	assert_int_equal(state_set_device(&s, "/x", "t", "", false), -EINVAL);
	assert_int_equal(state_set_tier(&s, "T", 1), -EINVAL);
	assert_int_equal(state_set_tier(&s, "t", -1), -EINVAL);
	assert_int_equal(state_set_tier(&s, "t", SWAPADM_RANK_MAX + 1), -EINVAL);
	state_free(&s);
}

#define HEAD   "# swapadm state 1\n"
#define DEVICE "[device]\npath = /a\ntier = t\nspec = s\ncreated = no\n"

static void damaged(void **state)
{
	static const struct {
		const char *text;
		unsigned line;
	} bad[] = {
		{ "", 0 },
		{ HEAD, 1 },
		{ HEAD DEVICE, 6 },
		{ HEAD DEVICE "[end]", 7 },
		{ HEAD DEVICE "[end]\n\n", 8 },
		{ HEAD DEVICE "[end]\n" DEVICE, 8 },
		{ "# swapadm state 2\n[end]\n", 1 },
		{ HEAD "[other]\n[end]\n", 2 },
		{ HEAD "path = /a\n", 2 },
		{ HEAD "[device]\npath = /a\n[end]\n", 4 },
		{ HEAD "[device]\npath = /a\npath = /b\n", 4 },
		{ HEAD "[device]\nPath = /a\n", 3 },
		{ HEAD "[device]\npath /a\n", 3 },
		{ HEAD "[device]\npath = \n", 3 },
		{ HEAD "[device]\npath = /a b\n", 3 },
		{ HEAD "[device]\npath = /a\\0\n", 3 },
		{ HEAD "[device]\npath = /a\\000\n", 3 },
		{ HEAD "[device]\npath = /a\\101\n", 3 },
		{ HEAD "[device]\npath = /a\\777\n", 3 },
		{ HEAD "[device]\npath = /a\ntier = T\nspec = s\ncreated = no\n[end]\n",
		  7 },
		{ HEAD "[device]\npath = /a\ntier = t\nspec = s\ncreated = 1\n[end]\n",
		  7 },
		{ HEAD DEVICE DEVICE "[end]\n", 12 },
		{ HEAD "[tier]\nname = a\nrank = 61\n[end]\n", 5 },
		{ HEAD "[tier]\nname = a\nrank = -1\n[end]\n", 5 },
		{ HEAD "[tier]\nname = a\nrank = 1\n[tier]\nname = a\nrank = 1\n[end]\n",
		  8 },
		{ HEAD "[tier]\npath = a\n", 3 },
	};
	struct sandbox *box = *state;
	struct state s = { .n_tiers = 7 };
	char error[256];

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		sandbox_write(box, "/run/swapadm/state", bad[i].text);
		assert_int_equal(state_load(box->ctx, &s), -EBADMSG);
		snprintf(
			error, sizeof(error),
			"/run/swapadm/state:%u: read: the file is damaged or of another version; move it away, active areas then count as not attached by swapadm",
			bad[i].line);
		assert_string_equal(swapadm_get_error(box->ctx), error);
		assert_int_equal(s.n_tiers, 7); /* untouched */
	}
	sandbox_write_bytes(box, "/run/swapadm/state", HEAD "a\0b\n[end]\n", 28);
	assert_int_equal(state_load(box->ctx, &s), -EBADMSG);
}

static ssize_t write_one_byte(int fd, const void *buf, size_t n)
{
	static unsigned calls;

	if (++calls % 3 == 0) {
		errno = EINTR;
		return -1;
	}
	return write(fd, buf, n ? 1 : 0);
}

static ssize_t write_full(int fd, const void *buf, size_t n)
{
	if (n < 20) {
		errno = ENOSPC;
		return -1;
	}
	return write(fd, buf, 20);
}

static void short_writes(void **state)
{
	struct sandbox *box = *state;
	struct state s = { 0 };

	box->ctx->ops.write = write_one_byte;
	state_set_tier(&s, "fast", 3);
	assert_int_equal(state_save(box->ctx, &s), 0);
	state_free(&s);
	assert_int_equal(state_load(box->ctx, &s), 0);
	assert_int_equal(state_find_tier(&s, "fast")->rank, 3);
	state_free(&s);
}

static void full_disk_keeps_the_old(void **state)
{
	struct sandbox *box = *state;
	struct state s = { 0 };

	state_set_tier(&s, "fast", 3);
	assert_int_equal(state_save(box->ctx, &s), 0);
	box->ctx->ops.write = write_full;
	state_set_tier(&s, "fast", 4);
	assert_int_equal(state_save(box->ctx, &s), -ENOSPC);
	assert_string_equal(swapadm_get_error(box->ctx),
			    "/run/swapadm/state: write: No space left on device");
	state_free(&s);
	assert_false(sandbox_has(box, "/run/swapadm/.state.new"));
	assert_int_equal(state_load(box->ctx, &s), 0);
	assert_int_equal(state_find_tier(&s, "fast")->rank, 3);
	state_free(&s);
}

/* the folder can't be synced: the old content stays, and nothing of the new one */
static void no_descriptor_keeps_the_old(void **state)
{
	struct sandbox *box = *state;
	_cleanup_free_ char *text = NULL;
	_cleanup_close_ int dirfd = -1;
	struct rlimit limit, none;

	sandbox_write(box, "/etc/a", "old");
	dirfd = open(sandbox_real(box, "/etc"), O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(atomic_stage(box->ctx, dirfd, ".a.new", 0644, "new", 3), 0);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = limit;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	assert_int_equal(atomic_commit(dirfd, ".a.new", "a"), -EMFILE);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	text = sandbox_read(box, "/etc/a");
	assert_string_equal(text, "old");
	assert_false(sandbox_has(box, "/etc/.a.new"));
}

static void leftover_is_replaced(void **state)
{
	struct sandbox *box = *state;
	struct state s = { 0 };

	sandbox_write(box, "/run/swapadm/victim", "safe");
	sandbox_link(box, "victim", "/run/swapadm/.state.new");
	assert_int_equal(state_save(box->ctx, &s), 0);
	_cleanup_free_ char *victim = sandbox_read(box, "/run/swapadm/victim");

	assert_string_equal(victim, "safe");
	assert_int_equal(state_load(box->ctx, &s), 0);
	state_free(&s);
}

static void no_folder_in_its_place(void **state)
{
	struct sandbox *box = *state;
	struct state s = { 0 };

	sandbox_link(box, "../etc", "/run/swapadm");
	assert_int_equal(state_save(box->ctx, &s), -ENOTDIR);
	assert_string_equal(
		swapadm_get_error(box->ctx),
		"/run/swapadm: make: its place is taken by something that is not a folder; remove it");
}

static void capture_is_read_only(void **state)
{
	struct sandbox *box = *state;
	struct state s = { 0 };

	box->ctx->foreign_root = true;
	assert_int_equal(state_save(box->ctx, &s), -EROFS);
	assert_int_equal(state_lock(box->ctx, "test"), -EROFS);
	assert_int_equal(state_mkdir(box->ctx, "jobs"), -EROFS);
	assert_non_null(strstr(swapadm_get_error(box->ctx), "capture of a machine"));
	assert_false(sandbox_has(box, "/run/swapadm"));
	sandbox_write(box, "/run/swapadm/state", HEAD DEVICE "[end]\n");
	assert_int_equal(state_load(box->ctx, &s), 0);
	assert_non_null(state_find_device(&s, "/a"));
	state_free(&s);
}

static void folders(void **state)
{
	struct sandbox *box = *state;
	struct stat st;

	assert_int_equal(state_mkdir(box->ctx, NULL), 0);
	assert_int_equal(state_mkdir(box->ctx, "jobs"), 0);
	assert_int_equal(state_mkdir(box->ctx, "jobs"), 0);
	assert_int_equal(stat(sandbox_real(box, "/run/swapadm/jobs"), &st), 0);
	assert_int_equal(st.st_mode, S_IFDIR | 0755);
}

static void lock_names_its_holder(void **state)
{
	struct sandbox *box = *state;
	char error[256];
	struct stat st;
	int fd, again;

	fd = state_lock(box->ctx, "swapctl add ssd");
	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0600); /* who may open it may hold it */
	assert_int_equal(state_lock(box->ctx, "other"), -EBUSY);
	snprintf(
		error, sizeof(error),
		"/run/swapadm/lock: take: held for more than 5 s by swapctl add ssd (pid %d); wait until it is done, or stop it",
		getpid());
	assert_string_equal(swapadm_get_error(box->ctx), error);
	/* who noted itself there has ended, the lock is another program's */
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_true(dprintf(fd, "swapctl add ssd (pid %d)\n", INT_MAX) > 0);
	assert_int_equal(state_lock(box->ctx, "other"), -EBUSY);
	assert_string_equal(
		swapadm_get_error(box->ctx),
		"/run/swapadm/lock: take: held for more than 5 s by another program; `fuser -v /run/swapadm/lock` shows which");
	close(fd);
	again = state_lock(box->ctx, "x");
	assert_true(again >= 0);
	close(again);
}

/* a lock is waited for, and a holder that dies leaves nothing behind */
static void lock_is_waited_for(void **state)
{
	struct sandbox *box = *state;
	int pipe_fds[2], fd, status;
	char c;
	pid_t pid;

	assert_int_equal(pipe(pipe_fds), 0);
	pid = fork();
	if (pid == 0) {
		fd = state_lock(box->ctx, "child");
		if (fd < 0 || write(pipe_fds[1], "x", 1) != 1)
			_exit(1);
		usleep(200000);
		_exit(0);
	}
	assert_int_equal(read(pipe_fds[0], &c, 1), 1);
	fd = state_lock(box->ctx, "parent");
	assert_true(fd >= 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	close(fd);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(absent_is_empty),
		T(round_trip),
		T(identity_round_trip),
		T(replaces),
		T(identities),
		T(signatures),
		T(a_file_is_its_inode),
		T(what_it_looks_like),
		T(setters),
		T(damaged),
		T(short_writes),
		T(full_disk_keeps_the_old),
		T(no_descriptor_keeps_the_old),
		T(leftover_is_replaced),
		T(no_folder_in_its_place),
		T(capture_is_read_only),
		T(folders),
		T(lock_names_its_holder),
		T(lock_is_waited_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
