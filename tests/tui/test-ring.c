/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Recordings without end: never above their size, whole after a kill, any moment
 * found. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/when.h"
#include "fake.h"
#include "record/ring.h"
#include "record/tape.h"

#define T0_NS (UINT64_C(1700000000) * NSEC_PER_SEC)
#define MIB   (UINT64_C(1) << 20)
#define KILLS 100

/* ---- samples and folders */

/* the @i'th: its number and time say which, the rest only takes room */
static struct sample *numbered(uint64_t i, unsigned n_procs)
{
	struct sample *s = fake_machine((unsigned)(i % 50));

	assert_non_null(s);
	s->seq = i;
	s->realtime_ns = T0_NS + i * 10 * NSEC_PER_SEC;
	s->mono_ns = (1 + i * 10) * NSEC_PER_SEC;
	for (unsigned p = 0; p < n_procs; p++) {
		struct sample_proc *proc = sample_add_proc(s);

		assert_non_null(proc);
		proc->pid = (int)(1000 + p);
		proc->rss_bytes = (i * 2654435761u) ^ (p * 40503u * i);
		proc->use.swap_bytes = (i + 1) * (p + 1) * 4096;
	}
	return s;
}

static char *make_dir(void)
{
	char *path = strdup("/tmp/swaptop-ring-XXXXXX");

	assert_non_null(path);
	assert_non_null(mkdtemp(path));
	return path;
}

typedef void (*each_fn)(int dir_fd, const char *name, uint64_t bytes, void *data);

static void each_file(const char *path, each_fn fn, void *data)
{
	DIR *dir = opendir(path);
	struct dirent *ent;
	struct stat st;

	assert_non_null(dir);
	while ((ent = readdir(dir))) {
		if (*ent->d_name == '.' || fstatat(dirfd(dir), ent->d_name, &st, 0) < 0)
			continue;
		fn(dirfd(dir), ent->d_name, (uint64_t)st.st_size, data);
	}
	closedir(dir);
}

static void add_bytes(int dir_fd, const char *name, uint64_t bytes, void *data)
{
	*(uint64_t *)data += bytes;
}

static uint64_t dir_bytes(const char *path)
{
	uint64_t sum = 0;

	each_file(path, add_bytes, &sum);
	return sum;
}

static void count_file(int dir_fd, const char *name, uint64_t bytes, void *data)
{
	++*(size_t *)data;
}

static size_t dir_files(const char *path)
{
	size_t n = 0;

	each_file(path, count_file, &n);
	return n;
}

static void unlink_file(int dir_fd, const char *name, uint64_t bytes, void *data)
{
	unlinkat(dir_fd, name, 0);
}

static void remove_dir(char *path)
{
	each_file(path, unlink_file, NULL);
	assert_int_equal(rmdir(path), 0);
	free(path);
}

static void write_samples(struct ring *ring, uint64_t from, uint64_t to, unsigned n_procs)
{
	for (uint64_t i = from; i < to; i++) {
		struct sample *s = numbered(i, n_procs);

		assert_int_equal(ring_write(ring, s), 0);
		sample_free(s);
	}
}

static struct tape *open_tape(const char *path)
{
	char problem[200] = "";
	struct tape *t = NULL;

	if (tape_open(&t, path, problem, sizeof(problem)) < 0)
		fail_msg("%s: %s", path, problem);
	return t;
}

/* samples follow each other without a gap; the first and the last one's number */
static void read_all(const char *path, uint64_t *first, uint64_t *last)
{
	struct tape *t = open_tape(path);
	struct sample *s;
	bool begun = false;
	int r;

	while ((r = tape_next(t, &s)) == 0) {
		if (!begun)
			*first = s->seq;
		else
			assert_int_equal(s->seq, *last + 1);
		*last = s->seq;
		begun = true;
		sample_free(s);
	}
	assert_int_equal(r, -ENODATA);
	assert_true(begun);
	tape_close(t);
}

/* ---- tests */

static void test_size(void **state)
{
	char *path = make_dir();
	uint64_t first = 0, last = 0, most = 0;
	struct ring *ring;

	assert_int_equal(ring_open(&ring, path, MIB, 0), 0);
	for (uint64_t i = 0; i < 600; i++) {
		write_samples(ring, i, i + 1, 500);
		most = MAX(most, dir_bytes(path));
		assert_true(most <= MIB);
	}
	ring_close(ring);
	/* it is used, and the newest samples are those that stay */
	assert_true(most > MIB * 8 / 10);
	read_all(path, &first, &last);
	assert_true(first > 0);
	assert_int_equal(last, 599);
	remove_dir(path);
}

/* what is there counts, also what another run has left */
static void test_size_reopened(void **state)
{
	char *path = make_dir();
	uint64_t first = 0, last = 0;
	struct ring *ring;

	for (uint64_t run = 0; run < 40; run++) {
		assert_int_equal(ring_open(&ring, path, MIB, 0), 0);
		write_samples(ring, run * 10, run * 10 + 10, 500);
		ring_close(ring);
		assert_true(dir_bytes(path) <= MIB);
	}
	read_all(path, &first, &last);
	assert_true(first > 0);
	assert_int_equal(last, 399);
	remove_dir(path);
}

static void test_age(void **state)
{
	char *path = make_dir();
	uint64_t first = 0, last = 0;
	struct ring *ring;

	/* 10 s a sample, an hour a file: 3 hours and the file being written */
	assert_int_equal(ring_open(&ring, path, 64 * MIB, 3 * 3600), 0);
	write_samples(ring, 0, 8 * 360, 0);
	ring_close(ring);
	read_all(path, &first, &last);
	assert_int_equal(last, 8 * 360 - 1);
	assert_in_range(last - first, 3 * 360, 4 * 360);
	assert_in_range(dir_files(path), 4, 5);
	remove_dir(path);
}

static void check_mode(int dir_fd, const char *name, uint64_t bytes, void *data)
{
	struct stat st;

	assert_int_equal(fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0640);
}

/* they name the processes of all users */
static void test_modes(void **state)
{
	char *path = make_dir();
	struct ring *ring;
	struct stat st;
	mode_t old;

	assert_int_equal(rmdir(path), 0);
	old = umask(0);
	assert_int_equal(ring_open(&ring, path, MIB, 0), 0);
	write_samples(ring, 0, 2, 0);
	umask(old);
	ring_close(ring);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode, S_IFDIR | 0750);
	assert_int_equal(dir_files(path), 1);
	each_file(path, check_mode, NULL);
	remove_dir(path);
}

static void test_busy(void **state)
{
	char *path = make_dir();
	struct ring *a, *b;

	assert_int_equal(ring_open(&a, path, MIB, 0), 0);
	assert_int_equal(ring_open(&b, path, MIB, 0), -EBUSY);
	ring_close(a);
	assert_int_equal(ring_open(&b, path, MIB, 0), 0);
	ring_close(b);
	remove_dir(path);
}

static uint64_t next_number(struct tape *t)
{
	struct sample *s;
	uint64_t seq;

	assert_int_equal(tape_next(t, &s), 0);
	seq = s->seq;
	sample_free(s);
	return seq;
}

static void test_find(void **state)
{
	const uint64_t n = 1500; /* some hours */
	char *path = make_dir();
	uint64_t first_ns, last_ns;
	struct ring *ring;
	struct tape *t;

	assert_int_equal(ring_open(&ring, path, 64 * MIB, 0), 0);
	write_samples(ring, 0, n, 3);
	ring_close(ring);
	assert_true(dir_files(path) > 3);
	t = open_tape(path);
	assert_int_equal(tape_range(t, &first_ns, &last_ns), 0);
	assert_int_equal(first_ns, T0_NS);
	assert_int_equal(last_ns, T0_NS + (n - 1) * 10 * NSEC_PER_SEC);
	assert_int_equal(next_number(t), 0);
	for (uint64_t i = 0; i < n; i += 7) {
		uint64_t at = T0_NS + i * 10 * NSEC_PER_SEC;

		assert_int_equal(tape_find(t, at), 0);
		assert_int_equal(next_number(t), i);
		assert_int_equal(tape_find(t, at + 9 * NSEC_PER_SEC), 0);
		assert_int_equal(next_number(t), i);
	}
	assert_int_equal(tape_find(t, 0), 0);
	assert_int_equal(next_number(t), 0);
	assert_int_equal(tape_find(t, UINT64_MAX), 0);
	assert_int_equal(next_number(t), n - 1);
	tape_close(t);
	remove_dir(path);
}

static void test_back(void **state)
{
	const int n = 1100;
	char *path = make_dir();
	struct ring *ring;
	struct sample *s;
	struct tape *t;

	assert_int_equal(ring_open(&ring, path, 64 * MIB, 0), 0);
	write_samples(ring, 0, (uint64_t)n, 0);
	ring_close(ring);
	t = open_tape(path);
	assert_int_equal(tape_find(t, UINT64_MAX), 0);
	assert_int_equal(next_number(t), n - 1);
	assert_int_equal(tape_next(t, &s), -ENODATA);
	/* one by one, to the beginning and not beyond it */
	for (int i = n - 1; i >= 0; i--) {
		assert_int_equal(tape_back(t, 1), 1);
		assert_int_equal(next_number(t), i);
		assert_int_equal(tape_back(t, 1), 1);
	}
	assert_int_equal(tape_back(t, 1), 0);
	assert_int_equal(next_number(t), 0);
	/* over files */
	assert_int_equal(tape_find(t, UINT64_MAX), 0);
	assert_int_equal(tape_back(t, 900), 900);
	assert_int_equal(next_number(t), n - 1 - 900);
	assert_int_equal(tape_back(t, 5000), n - 900);
	assert_int_equal(next_number(t), 0);
	tape_close(t);
	remove_dir(path);
}

struct newest {
	char name[64];
	uint64_t bytes;
};

static void find_newest(int dir_fd, const char *name, uint64_t bytes, void *data)
{
	struct newest *newest = data;

	if (strcmp(name, newest->name) <= 0)
		return;
	copy_text(newest->name, name);
	newest->bytes = bytes;
}

/* as if the machine had died: the last file ends anywhere */
static void test_torn(void **state)
{
	uint64_t first = 0, last = 0;
	struct ring *ring;

	for (uint64_t cut = 1; cut < 3000; cut += 37) {
		struct newest newest = { 0 };
		char *path = make_dir(), *name;

		assert_int_equal(ring_open(&ring, path, MIB, 0), 0);
		write_samples(ring, 0, 10, 5);
		ring_close(ring);
		assert_int_equal(ring_open(&ring, path, MIB, 0), 0);
		write_samples(ring, 10, 13, 5);
		ring_close(ring);
		each_file(path, find_newest, &newest);
		assert_true(asprintf(&name, "%s/%s", path, newest.name) > 0);
		assert_int_equal(truncate(name,
					  (off_t)(newest.bytes - MIN(cut, newest.bytes))),
				 0);
		free(name);
		read_all(path, &first, &last);
		assert_int_equal(first, 0);
		assert_in_range(last, 9, 12);
		/* what follows begins a new file and is found */
		assert_int_equal(ring_open(&ring, path, MIB, 0), 0);
		write_samples(ring, last + 1, last + 4, 5);
		ring_close(ring);
		read_all(path, &first, &last);
		assert_in_range(last, 12, 15);
		remove_dir(path);
	}
}

/* what a sample's time says */
static uint64_t newest_number(const char *path)
{
	struct tape *t = open_tape(path);
	uint64_t first_ns, last_ns;

	assert_int_equal(tape_range(t, &first_ns, &last_ns), 0);
	tape_close(t);
	return (last_ns - T0_NS) / (10 * NSEC_PER_SEC);
}

/* writes until it is killed, and reports every sample that was taken */
static void write_forever(const char *path, int fd, uint64_t from)
{
	struct ring *ring;

	if (ring_open(&ring, path, MIB, 0) < 0)
		_exit(2);
	for (uint64_t i = from;; i++) {
		struct sample *s = numbered(i, 200);

		if (ring_write(ring, s) < 0 || write(fd, &i, sizeof(i)) != sizeof(i))
			_exit(3);
		sample_free(s);
	}
}

static void test_kill(void **state)
{
	char *path = make_dir();
	uint64_t first = 0, last = 0, reported, i;
	unsigned seed = 1;
	struct timespec ts = { 0 };

	for (int kills = 0; kills < KILLS; kills++) {
		int fds[2], status;
		pid_t pid;

		assert_int_equal(pipe(fds), 0);
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0)
			write_forever(path, fds[1], kills ? last + 1 : 0);
		close(fds[1]);
		/* one sample at least, then a moment somewhere in the next ones */
		assert_int_equal(read(fds[0], &reported, sizeof(reported)),
				 sizeof(reported));
		ts.tv_nsec = rand_r(&seed) % 6000000;
		nanosleep(&ts, NULL);
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		assert_true(WIFSIGNALED(status));
		while (read(fds[0], &i, sizeof(i)) == sizeof(i))
			reported = i;
		close(fds[0]);
		read_all(path, &first, &last);
		assert_int_equal(newest_number(path), last);
		/* the one being written may be there or not */
		assert_in_range(last, reported, reported + 1);
		assert_true(dir_bytes(path) <= MIB);
	}
	remove_dir(path);
}

static void test_when(void **state)
{
	/* 2023-11-14 22:13:20 UTC */
	const uint64_t here = T0_NS, last = T0_NS + 3600 * NSEC_PER_SEC;
	static const struct {
		const char *text;
		int64_t s; /* from T0 */
	} good[] = {
		{ "22:13:20", 0 },
		{ "22:13", -20 },
		{ "03:00", -69200 },
		{ "23:13:20", 3600 },
		{ "23:13:21", 3601 - 86400 },
		{ "2023-11-14 22:13:25", 5 },
		{ "2023-11-15T00:00", 6400 },
		{ "-10m", -600 },
		{ "+2h", 7200 },
		{ "-1d", -86400 },
		{ "-5s", -5 },
	};
	static const char *const bad[] = { "",
					   "3",
					   "24:00",
					   "12:60",
					   "12:3x",
					   "-",
					   "-5",
					   "-5y",
					   "-99999999999999999999h",
					   "2023-13-01 00:00",
					   "2023-11-14",
					   "noon",
					   "12:30:",
					   "12:30:61" };
	uint64_t ns;

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		ns = 1;
		if (!when_parse(good[i].text, here, last, &ns) ||
		    ns != T0_NS + (uint64_t)good[i].s * NSEC_PER_SEC)
			fail_msg("%s: %ld s", good[i].text,
				 (long)((int64_t)(ns - T0_NS) / (int64_t)NSEC_PER_SEC));
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		ns = 1;
		if (when_parse(bad[i], here, last, &ns) || ns != 1)
			fail_msg("%s was taken", bad[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_size), cmocka_unit_test(test_size_reopened),
		cmocka_unit_test(test_age),  cmocka_unit_test(test_busy),
		cmocka_unit_test(test_find), cmocka_unit_test(test_back),
		cmocka_unit_test(test_torn), cmocka_unit_test(test_kill),
		cmocka_unit_test(test_when), cmocka_unit_test(test_modes),
	};

	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
