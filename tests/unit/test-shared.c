/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shared memory in swap: from mappings and segments to objects, without counting a page
 * twice.
 */
#include <sys/resource.h>
#include <sys/sysmacros.h>

#include "fixture.h"
#include "kernel/smaps.h"
#include "kernel/sysvshm.h"
#include "kernel/tmpfs.h"

#define SHM_HEAD                                                                      \
	"       key      shmid perms       size  cpid  lpid nattch   uid   gid  cuid" \
	"  cgid      atime      dtime      ctime        rss       swap\n"

/* a process with these shared mappings, as maps and as smaps show them */
static void put_process(struct sandbox *box, int pid, const char *name, const char *smaps)
{
	char path[64], text[128];

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	snprintf(text, sizeof(text), "Name:\t%s\nUid:\t7\t7\t7\t7\n", name);
	sandbox_write(box, path, text);
	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	sandbox_write(box, path, smaps); /* the lines that maps lacks are passed over */
	snprintf(path, sizeof(path), "/proc/%d/smaps", pid);
	sandbox_write(box, path, smaps);
}

/* "KIND NAME swap/size KiB pid(name)...;" of each object */
static const char *objects_of(struct sandbox *box, bool partial)
{
	static char text[2048];
	struct swapadm_shared *shared = NULL;
	size_t used = 0;

	assert_int_equal(swapadm_shared_load(box->ctx, &shared), 0);
	assert_int_equal(swapadm_shared_partial(shared), partial);
	text[0] = '\0';
	for (size_t i = 0; i < swapadm_shared_n(shared); i++) {
		const struct swapadm_shared_object *o = swapadm_shared_get(shared, i);

		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s %s %u/%u",
					 swapadm_shared_kind_name(o->kind), o->name,
					 (unsigned)(o->swap_bytes >> 10),
					 (unsigned)(o->size_bytes >> 10));
		for (size_t k = 0; k < o->n_mappers; k++)
			used += (size_t)snprintf(text + used, sizeof(text) - used,
						 " %d(%s)", (int)o->mappers[k].pid,
						 o->mappers[k].comm);
		used += (size_t)snprintf(text + used, sizeof(text) - used, ";");
	}
	swapadm_shared_free(shared);
	return text;
}

static void each_kind(void **state)
{
	struct sandbox *box = *state;

	put_process(box, 5, "one",
		    "1000-5000 rw-s 00000000 00:01 70 /memfd:a b (deleted)\nRss: 0 kB\n"
		    "Swap: 12 kB\nSwapPss: 6 kB\nVmFlags: rd wr\n"
		    "5000-9000 rw-s 00000000 00:01 3    /SYSV0000007b (deleted)\n"
		    "Swap: 4 kB\n"
		    "9000-b000 rw-s 00000000 00:01 71   /dev/zero (deleted)\nSwap: 8 kB\n"
		    "b000-d000 r--s 00000000 00:19 70   /dev/shm/x y\nSwap: 7 kB\n"
		    "d000-f000 rw-s 00000000 00:19 72   /dev/shm/gone (deleted)\n"
		    "Swap: 6 kB\n");
	sandbox_write(box, "/proc/sysvipc/shm",
		      SHM_HEAD "       123          3   600      16384     5     5      1"
			       "     0     0     0     0          0          0          0"
			       "       8192       5120\n");
	assert_string_equal(objects_of(box, false),
			    "memfd a b 12/16 5(one);anonymous /dev/zero 8/8 5(one);"
			    "tmpfs /dev/shm/x y 7/8 5(one);"
			    "deleted /dev/shm/gone 6/8 5(one);"
			    "sysv 3, key 0x0000007b 5/16 5(one);");
}

/* the first one since boot: its inode's number is 0 too */
static void first_segment(void **state)
{
	struct sandbox *box = *state;

	put_process(box, 5, "one",
		    "5000-9000 rw-s 00000000 00:01 0    /SYSV00000000 (deleted)\n"
		    "Swap: 4 kB\n");
	sandbox_write(box, "/proc/sysvipc/shm",
		      SHM_HEAD "         0          0   600      16384     5     5      1"
			       "     0     0     0     0          0          0          0"
			       "       8192       4096\n");
	assert_string_equal(objects_of(box, false),
			    "sysv 0, key 0x00000000 4/16 5(one);");
}

/* private memory, files of disks, and what has nothing in swap */
static void not_shared_memory(void **state)
{
	struct sandbox *box = *state;

	put_process(box, 5, "one",
		    "1000-2000 rw-p 00000000 00:01 70 /memfd:a (deleted)\nSwap: 4 kB\n"
		    "2000-3000 rw-s 00000000 08:02 71 /var/x\nSwap: 4 kB\n"
		    "3000-4000 rw-p 00000000 00:00 0\nSwap: 4 kB\n"
		    "4000-5000 rw-s 00000000 00:19 72 /dev/shm/in-memory\nSwap: 0 kB\n"
		    "nonsense\n");
	assert_string_equal(objects_of(box, false), "");
}

static void mapped_by_several(void **state)
{
	struct sandbox *box = *state;

	put_process(
		box, 9, "b",
		"1000-9000 rw-s 00000000 00:01 70 /memfd:all (deleted)\nSwap: 20 kB\n");
	put_process(
		box, 5, "a",
		"1000-9000 rw-s 00000000 00:01 70 /memfd:all (deleted)\nSwap: 20 kB\n"
		"a000-e000 rw-s 00004000 00:01 70 /memfd:all (deleted)\nSwap: 12 kB\n");
	assert_string_equal(objects_of(box, false), "memfd all 20/32 5(a) 9(b);");
}

/* parts that lie apart add up, those that overlap do not */
static void mapped_in_parts(void **state)
{
	struct sandbox *box = *state;

	put_process(box, 5, "a",
		    "1000-3000 rw-s 00000000 00:19 70 /t/f\nSwap: 8 kB\n"
		    "5000-7000 rw-s 00002000 00:19 70 /t/f\nSwap: 4 kB\n");
	put_process(box, 6, "b",
		    "1000-4000 rw-s 00001000 00:19 70 /t/f\nSwap: 8 kB\n"
		    "6000-7000 rw-s 00008000 00:19 70 /t/f\nSwap: 1 kB\n");
	assert_string_equal(objects_of(box, false), "tmpfs /t/f 13/36 5(a) 6(b);");
}

/* numbers of segments say nothing in another namespace; one that nobody has attached */
static void segments(void **state)
{
	static const char *const mapping =
		"1000-5000 rw-s 00000000 00:01 0 x\n"
		"1000-5000 rw-s 00000000 00:01 4 /SYSV00000000 (deleted)\nSwap: 16 kB\n";
	struct sandbox *box = *state;

	put_process(box, 5, "here", mapping);
	put_process(box, 6, "there", mapping);
	sandbox_link(box, "ipc:[1]", "/proc/self/ns/ipc");
	sandbox_link(box, "ipc:[1]", "/proc/5/ns/ipc");
	sandbox_link(box, "ipc:[2]", "/proc/6/ns/ipc");
	sandbox_write(box, "/proc/sysvipc/shm",
		      SHM_HEAD " 0 4 600 16384 5 5 1 0 0 0 0 0 0 0 0 8192\n"
			       " -1 9 600 4096 5 5 0 0 0 0 0 0 0 0 0 4096\n"
			       " 7 10 600 4096 5\n");
	assert_string_equal(objects_of(box, false), "sysv /SYSV00000000 16/16 6(there);"
						    "sysv 4, key 0x00000000 8/16 5(here);"
						    "sysv 9, key 0xffffffff 4/4;");
}

static int (*open_any)(int dirfd, const char *path, int flags, mode_t mode);

static int open_no_maps(int dirfd, const char *path, int flags, mode_t mode)
{
	if (strstr(path, "5/maps")) {
		errno = EACCES;
		return -1;
	}
	return open_any(dirfd, path, flags, mode);
}

/* what other users map is not there, and that is known */
static void without_privilege(void **state)
{
	static const char *const mapping =
		"1000-5000 rw-s 00000000 00:01 70 /memfd:a (deleted)\nSwap: 16 kB\n";
	struct sandbox *box = *state;

	put_process(box, 5, "theirs", mapping);
	put_process(box, 6, "mine", mapping);
	box->ctx->foreign_root = false; /* else openat2(2), past .ops */
	open_any = box->ctx->ops.openat;
	box->ctx->ops.openat = open_no_maps;
	assert_string_equal(objects_of(box, true), "memfd a 16/16 6(mine);");
}

/* ---- files of tmpfs ---------------------------------------------------------------- */

/* the box as a tmpfs on /t of this number, with a file */
static void put_tmpfs(struct sandbox *box, dev_t dev)
{
	char text[128];

	snprintf(text, sizeof(text), "30 1 %u:%u / /t rw - tmpfs none rw\n", major(dev),
		 minor(dev));
	sandbox_write(box, "/proc/self/mountinfo", text);
	sandbox_write(box, "/t/folder/file", "text");
	box->ctx->foreign_root = false;
}

static dev_t dev_of(struct sandbox *box)
{
	struct stat st;

	assert_int_equal(stat(box->dir, &st), 0);
	return st.st_dev;
}

static int count_file(void *data, int fd, const struct stat *st)
{
	(void)fd;
	(void)st;
	++*(unsigned *)data;
	return 0;
}

/* what is mounted over a tmpfs is none, and is not read */
static void mounted_over(void **state)
{
	struct sandbox *box = *state;
	unsigned n = 0;

	put_tmpfs(box, dev_of(box));
	assert_int_equal(tmpfs_each_file(box->ctx, count_file, &n), 0);
	assert_int_equal(n, 1);
	put_tmpfs(box, makedev(0, 12345));
	assert_int_equal(tmpfs_each_file(box->ctx, count_file, &n), 0);
	assert_int_equal(n, 1);
}

/* with descriptors for the folder alone: what was not opened is not absent */
static void few_descriptors(void **state)
{
	struct sandbox *box = *state;
	struct rlimit saved, few;
	unsigned n = 0;
	int next, r;

	put_tmpfs(box, dev_of(box));
	next = dup(0);
	assert_true(next >= 0);
	close(next);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &saved), 0);
	few = saved;
	few.rlim_cur = (rlim_t)next + 3; /* the mount, its folder, that to list it */
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	r = tmpfs_each_file(box->ctx, count_file, &n);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &saved), 0);
	assert_int_equal(n, 0);
	assert_int_equal(r, -EMFILE);
}

/* shared memory of the caller itself is not a file that was mapped to look at it */
static void of_the_caller(void **state)
{
	struct sandbox *box = *state;

	put_process(box, 5, "a",
		    "1000-9000 rw-s 00000000 00:01 70 /memfd:m (deleted)\nSwap: 20 kB\n");
	sandbox_write(
		box, "/proc/self/smaps",
		"1000-3000 rw-s 00000000 00:01 70 /memfd:m (deleted)\nSwap: 8 kB\n");
	put_tmpfs(box, dev_of(box));
	assert_string_equal(objects_of(box, false), "memfd m 20/32 5(a);");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(each_kind),         fixture_test(not_shared_memory),
		fixture_test(mapped_by_several), fixture_test(mapped_in_parts),
		fixture_test(first_segment),     fixture_test(without_privilege),
		fixture_test(segments),          fixture_test(without_privilege),
		fixture_test(mounted_over),      fixture_test(few_descriptors),
		fixture_test(of_the_caller),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
