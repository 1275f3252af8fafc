/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fixture.h"

#include <sys/stat.h>

#include "kernel/pidns.h"
#include "state/jobs.h"
#include "state/state.h"

#define RECORD                                              \
	"swapadm-job 1\nid d7\nkind drain\nstate running\n" \
	"source /dev/sdb2\nworker 4242\nworker-start 99\n"  \
	"total-bytes 8192\nmoved-bytes 4096\ndevice /dev/sdb2\n"

static void round_trip(void **state)
{
	struct jobrec rec = {
		.p = {
			.id = "d12",
			.kind = SWAPADM_JOB_REMOVE,
			.state = SWAPADM_JOB_PAUSED,
			.source = "/a b\\c\n\303\244\001",
			.dest = "memory",
			.phase = SWAPADM_PHASE_SWAPOFF,
			.total_bytes = INT64_MAX,
			.moved_bytes = 1,
			.elapsed_ns = UINT64_MAX,
			.pid = 77,
			.error = ENOMEM,
			.message = "first\nsecond",
		},
		.worker = 4242,
		.pid_ns = 4026532178,
		.worker_start_ticks = 1234567890123,
		.child = 4243,
		.caller = 4241,
		.caller_start_ticks = 1234567890121,
	};
	_cleanup_free_ char *text = NULL;
	struct jobrec back;

	assert_int_equal(jobrec_add_device(&rec, "/a b\\c\n"), 0);
	assert_int_equal(jobrec_add_device(&rec, "/dev/zram0"), 0);
	text = jobrec_format(&rec);
	assert_non_null(text);
	assert_int_equal(jobrec_parse(text, &back), 0);
	assert_memory_equal(back.p.id, "d12", 4);
	assert_int_equal(back.p.kind, SWAPADM_JOB_REMOVE);
	assert_int_equal(back.p.state, SWAPADM_JOB_PAUSED);
	assert_string_equal(back.p.source, rec.p.source);
	assert_string_equal(back.p.dest, "memory");
	assert_int_equal(back.p.phase, SWAPADM_PHASE_SWAPOFF);
	assert_string_equal(back.p.message, "first\nsecond");
	assert_int_equal(back.p.total_bytes, INT64_MAX);
	assert_int_equal(back.p.moved_bytes, 1);
	assert_int_equal(back.p.left_bytes, 0);
	assert_true(back.p.elapsed_ns == UINT64_MAX);
	assert_int_equal(back.p.pid, 77);
	assert_int_equal(back.p.error, ENOMEM);
	assert_int_equal(back.worker, 4242);
	assert_int_equal(back.pid_ns, 4026532178);
	assert_int_equal(back.worker_start_ticks, 1234567890123);
	assert_int_equal(back.child, 4243);
	assert_int_equal(back.caller, 4241);
	assert_int_equal(back.caller_start_ticks, 1234567890121);
	assert_int_equal(back.n_devices, 2);
	assert_string_equal(back.devices[0], "/a b\\c\n");
	assert_string_equal(back.devices[1], "/dev/zram0");
	jobrec_free(&back);
	jobrec_free(&rec);
}

static void damaged_records_are_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"swapadm-job 2\nid d1\nkind drain\nstate done\nsource x\n",
		"swapadm-job 1\nkind drain\nstate done\nsource x\n",
		"swapadm-job 1\nid d1\nstate done\nsource x\n",
		"swapadm-job 1\nid d1\nkind drain\nsource x\n",
		"swapadm-job 1\nid d1\nkind drain\nstate done\n",
		"swapadm-job 1\nid 1\nkind drain\nstate done\nsource x\n",
		"swapadm-job 1\nid d01\nkind drain\nstate done\nsource x\n",
		"swapadm-job 1\nid d1\nkind dance\nstate done\nsource x\n",
		"swapadm-job 1\nid d1\nkind drain\nstate gone\nsource x\n",
		RECORD "phase dancing\n",
		RECORD "message a\\9\n",
		RECORD "message a\\000b\n",
		RECORD "message \033[31m\n",
		RECORD "worker -1\n",
		RECORD "worker 4294967296\n",
		RECORD "error 5000\n",
		RECORD "total-bytes 9223372036854775808\n",
		RECORD "moved-bytes 1 2\n",
		RECORD "novalue\n",
	};
	struct jobrec rec = { .worker = 5 };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(jobrec_parse(bad[i], &rec), -EBADMSG);
	assert_int_equal(rec.worker, 5); /* untouched */
	assert_int_equal(jobrec_parse(RECORD "service 1\n", &rec), 0);
	assert_true(rec.p.makes_way);
	jobrec_free(&rec);
	assert_int_equal(jobrec_parse(RECORD "colour blue\n", &rec), 0);
	assert_false(rec.p.makes_way);
	assert_int_equal(rec.worker, 4242);
	jobrec_free(&rec);
}

static void long_texts_are_refused(void **state)
{
	char text[2048];
	struct jobrec rec;

	snprintf(text, sizeof(text), RECORD "message %01000d\n", 0);
	assert_int_equal(jobrec_parse(text, &rec), -EBADMSG);
	snprintf(text, sizeof(text), RECORD "dest %0100d\n", 0);
	assert_int_equal(jobrec_parse(text, &rec), -EBADMSG);
}

static void put_process(struct sandbox *box, int pid, unsigned start)
{
	char path[64], text[256];

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	snprintf(text, sizeof(text),
		 "%d (a) S) S 1 %d %d 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 %u 9 9\n",
		 pid, pid, pid, start);
	sandbox_write(box, path, text);
}

static void a_live_worker_is_running(void **state)
{
	struct sandbox *box = *state;
	struct jobrec rec;

	sandbox_write(box, JOBS_DIR "/d7", RECORD);
	put_process(box, 4242, 99);
	assert_int_equal(jobs_read(box->ctx, "d7", &rec), 0);
	assert_int_equal(rec.p.state, SWAPADM_JOB_RUNNING);
	jobrec_free(&rec);
	/* the pid belongs to someone else now */
	put_process(box, 4242, 100);
	assert_int_equal(jobs_read(box->ctx, "d7", &rec), 0);
	assert_int_equal(rec.p.state, SWAPADM_JOB_LOST);
	assert_true(rec.p.message[0]);
	jobrec_free(&rec);
}

#define OF_NS(ns, state)                                              \
	"swapadm-job 1\nid d7\nkind drain\nstate " state "\n"         \
	"source /dev/sdb2\nworker 4242\nworker-start 99\nservice 1\n" \
	"pid 4242\npid-ns " ns "\ndevice /dev/sdb2\n"

/* a host's /proc in a container */
static void proc_of_another_namespace(void **state)
{
	struct sandbox *box = *state;
	char self[16];

	assert_false(pidns_proc_is_foreign(box->ctx));
	sandbox_link(box, "1", "/proc/self");
	sandbox_link(box, "pid:[4026532178]", "/proc/1/ns/pid");
	assert_true(pidns_proc_is_foreign(box->ctx));
	assert_int_equal(pidns_own(box->ctx), 0);
	assert_int_equal(unlink(sandbox_real(box, "/proc/self")), 0);
	snprintf(self, sizeof(self), "%d", (int)getpid());
	sandbox_link(box, self, "/proc/self");
	assert_false(pidns_proc_is_foreign(box->ctx));
}

/* its numbers are those of others here: it is not lost, and keeps what it claims */
static void of_another_namespace(void **state)
{
	_cleanup_(jobrec_free) struct jobrec mine = { .p.kind = SWAPADM_JOB_DRAIN };
	_cleanup_(jobrec_free) struct jobrec job = { 0 };
	struct sandbox *box = *state;
	struct swapadm_job *handle;

	sandbox_link(box, "pid:[4026532178]", "/proc/self/ns/pid");
	sandbox_write(box, JOBS_DIR "/d7", OF_NS("4026531836", "running"));
	assert_int_equal(jobs_read(box->ctx, "d7", &job), 0);
	assert_int_equal(job.p.state, SWAPADM_JOB_RUNNING);
	assert_int_equal(job.p.pid, 0);
	assert_non_null(strstr(job.p.message, "unknown, of another pid namespace"));
	assert_int_equal(jobrec_add_device(&mine, "/dev/sdb2"), 0);
	assert_int_equal(jobs_claim(box->ctx, &mine), -EBUSY);
	/* here 4242 is another one with that start, which gets no signal */
	put_process(box, 4242, 99);
	assert_int_equal(jobs_open_worker(box->ctx, &job), -ESRCH);
	assert_false(jobs_is_abandoned(box->ctx, &job));
	assert_int_equal(swapadm_job_open(box->ctx, "d7", &handle), 0);
	assert_int_equal(swapadm_job_cancel(handle), -ESRCH);
	assert_non_null(strstr(swapadm_get_error(box->ctx), "rm " JOBS_DIR "/d7"));
	swapadm_job_unref(handle);
	sandbox_write(box, JOBS_DIR "/d7", OF_NS("4026531836", "done"));
	assert_int_equal(jobs_claim(box->ctx, &mine), 0);
	jobrec_free(&job);
	/* of ours */
	sandbox_write(box, JOBS_DIR "/d7", OF_NS("4026532178", "running"));
	assert_int_equal(jobs_read(box->ctx, "d7", &job), 0);
	assert_int_equal(job.p.pid, 4242);
	assert_string_equal(job.p.message, "");
}

/* the first namespace sees all: of one that has ended nothing runs */
static void of_a_namespace_that_has_ended(void **state)
{
	_cleanup_(jobrec_free) struct jobrec job = { 0 };
	struct sandbox *box = *state;

	sandbox_link(box, "pid:[4026531836]", "/proc/self/ns/pid");
	sandbox_link(box, "pid:[4026531836]", "/proc/1/ns/pid");
	sandbox_link(box, "pid:[4026532178]", "/proc/70/ns/pid");
	put_process(box, 4242, 99);
	sandbox_write(box, JOBS_DIR "/d7", OF_NS("4026532178", "running"));
	assert_int_equal(jobs_read(box->ctx, "d7", &job), 0);
	assert_int_equal(job.p.state, SWAPADM_JOB_RUNNING);
	jobrec_free(&job);
	sandbox_write(box, JOBS_DIR "/d7", OF_NS("4026532179", "running"));
	assert_int_equal(jobs_read(box->ctx, "d7", &job), 0);
	assert_int_equal(job.p.state, SWAPADM_JOB_LOST);
	jobrec_free(&job);
	box->ctx->foreign_root = true; /* a capture of it, which has no such links */
	assert_int_equal(jobs_read(box->ctx, "d7", &job), 0);
	assert_int_equal(job.p.state, SWAPADM_JOB_RUNNING);
}

static void foreign_files_are_no_jobs(void **state)
{
	struct sandbox *box = *state;
	struct jobrec_list list;
	struct jobrec rec;

	sandbox_write(box, JOBS_DIR "/d7", RECORD);
	sandbox_write(box, JOBS_DIR "/d8", RECORD); /* says it is d7 */
	sandbox_write(box, JOBS_DIR "/.d9.tmp", RECORD);
	sandbox_link(box, "d7", JOBS_DIR "/d10");
	assert_int_equal(jobs_read(box->ctx, "d8", &rec), -EBADMSG);
	assert_int_equal(jobs_read(box->ctx, "d10", &rec), -ELOOP);
	assert_int_equal(jobs_read(box->ctx, "d11", &rec), -ENOENT);
	assert_int_equal(jobs_read(box->ctx, "../state", &rec), -EINVAL);
	assert_int_equal(jobs_read_all(box->ctx, &list), 0);
	assert_int_equal(list.n, 1);
	jobrec_list_free(&list);
	assert_int_equal(chmod(sandbox_real(box, JOBS_DIR "/d7"), 0666), 0);
	assert_int_equal(jobs_read(box->ctx, "d7", &rec), -EBADMSG);
}

static void claims(void **state)
{
	struct sandbox *box = *state;
	struct jobrec rec = { .p = { .source = "/dev/sdb2" } };
	char id[16];

	sandbox_write(box, JOBS_DIR "/d7", RECORD);
	put_process(box, 4242, 99);
	assert_int_equal(jobrec_add_device(&rec, "/dev/sdb2"), 0);
	assert_int_equal(jobs_claim(box->ctx, &rec), -EBUSY);
	assert_non_null(strstr(swapadm_get_error(box->ctx), "job d7"));
	assert_int_equal(jobs_holder(box->ctx, "/dev/sdb2", id), 1);
	assert_string_equal(id, "d7");
	assert_int_equal(jobs_holder(box->ctx, "/dev/sdb3", id), 0);
	put_process(box, 4242, 100);
	assert_int_equal(jobs_claim(box->ctx, &rec), 0);
	assert_string_equal(rec.p.id, "d8");
	assert_int_equal(jobs_holder(box->ctx, "/dev/sdb2", id), 0);
	jobrec_free(&rec);
}

/* a record or a worker that can't be looked at is there all the same */
static void no_descriptor_no_claim(void **state)
{
	struct sandbox *box = *state;
	_cleanup_(jobrec_free) struct jobrec rec = { .p = { .source = "/dev/sdb2" } };
	_cleanup_(jobrec_free) struct jobrec job = { 0 };
	char id[16];

	sandbox_write(box, JOBS_DIR "/d7", RECORD);
	put_process(box, 4242, 99);
	assert_int_equal(jobrec_add_device(&rec, "/dev/sdb2"), 0);
	sandbox_no_descriptor(box, JOBS_DIR "/d");
	assert_int_equal(jobs_holder(box->ctx, "/dev/sdb2", id), -EMFILE);
	assert_string_equal(swapadm_get_error(box->ctx),
			    JOBS_DIR ": read: Too many open files");
	assert_int_equal(jobs_claim(box->ctx, &rec), -EMFILE);
	sandbox_no_descriptor(box, "/proc/4242/");
	assert_int_equal(jobs_claim(box->ctx, &rec), -EBUSY);
	assert_int_equal(jobs_read(box->ctx, "d7", &job), 0);
	assert_int_equal(job.p.state, SWAPADM_JOB_RUNNING);
}

/* what goes on without the worker, by kind: only a drain has a swapoff(2) */
static void the_lost_are_told_by_kind(void **state)
{
	static const struct {
		const char *kind, *says;
	} lost[] = {
		{ "drain", "swapoff(2)" },
		{ "remove", "swapoff(2)" },
		{ "park", "`swapctl wake`" },
		{ "wake", "`swapctl wake`" },
		{ "writeback", "write-back device" },
		{ "swapin", "stays where it is" },
		{ "swapout", "stays where it is" },
	};
	struct sandbox *box = *state;

	for (size_t i = 0; i < ARRAY_SIZE(lost); i++) {
		_cleanup_(jobrec_free) struct jobrec rec = { 0 };
		char text[512];

		snprintf(text, sizeof(text),
			 "swapadm-job 1\nid d7\nkind %s\nstate running\nsource x\n"
			 "worker 4242\nworker-start 99\n",
			 lost[i].kind);
		sandbox_write(box, JOBS_DIR "/d7", text);
		put_process(box, 4242, 100);
		assert_int_equal(jobs_read(box->ctx, "d7", &rec), 0);
		assert_int_equal(rec.p.state, SWAPADM_JOB_LOST);
		assert_non_null(strstr(rec.p.message, lost[i].says));
		if (i > 1)
			assert_null(strstr(rec.p.message, "swapoff"));
	}
}

static void an_orphaned_swapoff_keeps_the_claim(void **state)
{
	struct sandbox *box = *state;
	char id[16];

	sandbox_write(box, JOBS_DIR "/d7", RECORD "child 4300\nchild-start 120\n");
	put_process(box, 4300, 120);
	assert_int_equal(jobs_holder(box->ctx, "/dev/sdb2", id), 1);
	put_process(box, 4300, 121);
	assert_int_equal(jobs_holder(box->ctx, "/dev/sdb2", id), 0);
}

static bool is_abandoned(struct sandbox *box)
{
	_cleanup_(jobrec_free) struct jobrec rec = { 0 };

	assert_int_equal(jobs_read(box->ctx, "d7", &rec), 0);
	return jobs_is_abandoned(box->ctx, &rec);
}

static void what_was_killed_is_abandoned(void **state)
{
	struct sandbox *box = *state;

	put_process(box, 4242, 99);
	sandbox_write(box, JOBS_DIR "/d7", RECORD); /* in the background */
	assert_false(is_abandoned(box));
	sandbox_write(box, JOBS_DIR "/d7", RECORD "caller 4200\ncaller-start 90\n");
	assert_true(is_abandoned(box));
	put_process(box, 4200, 90);
	assert_false(is_abandoned(box));
	put_process(box, 4242, 100); /* the worker has gone, too */
	assert_false(is_abandoned(box));
	sandbox_write(box, JOBS_DIR "/d7", RECORD "child 4300\nchild-start 120\n");
	put_process(box, 4300, 120);
	assert_true(is_abandoned(box));
}

static void only_the_last_finished_stay(void **state)
{
	struct sandbox *box = *state;
	struct jobrec rec = { .p = { .source = "x" } };

	for (int i = 1; i <= JOBS_KEEP + 5; i++) {
		char path[64], text[256];

		snprintf(path, sizeof(path), JOBS_DIR "/d%d", i);
		snprintf(text, sizeof(text),
			 "swapadm-job 1\nid d%d\nkind drain\nstate done\nsource x\n", i);
		sandbox_write(box, path, text);
	}
	assert_int_equal(jobs_claim(box->ctx, &rec), 0);
	assert_string_equal(rec.p.id, "d70");
	assert_false(sandbox_has(box, JOBS_DIR "/d5"));
	assert_true(sandbox_has(box, JOBS_DIR "/d6"));
	assert_true(sandbox_has(box, JOBS_DIR "/d69"));
}

/* SECURITY.md says so; a record that is over is not written again */
static void modes_of_records(void **state)
{
	struct sandbox *box = *state;
	struct jobrec rec = { .p = { .source = "x" } };
	mode_t old = umask(0077);
	struct stat st;

	assert_int_equal(state_mkdir(box->ctx, "jobs"), 0);
	assert_int_equal(jobs_claim(box->ctx, &rec), 0);
	assert_int_equal(jobs_write(box->ctx, &rec), 0);
	assert_int_equal(stat(sandbox_real(box, JOBS_DIR), &st), 0);
	assert_int_equal(st.st_mode, S_IFDIR | 0755);
	assert_int_equal(stat(sandbox_real(box, JOBS_DIR "/d1"), &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0644);
	rec.p.state = SWAPADM_JOB_DONE;
	assert_int_equal(jobs_write(box->ctx, &rec), 0);
	assert_int_equal(stat(sandbox_real(box, JOBS_DIR "/d1"), &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0444);
	umask(old);
}

static int n_full; /* so many writes find no room */

static ssize_t write_full(int fd, const void *buf, size_t n)
{
	if (n_full-- <= 0)
		return write(fd, buf, n);
	errno = ENOSPC;
	return -1;
}

/* a full /run: the last word has the room of the one before it, which was longer */
static void the_last_word_comes_through(void **state)
{
	struct sandbox *box = *state;
	struct jobrec rec = { .p = { .source = "x", .message = "as long as that" } };
	struct jobrec now;
	struct stat st;

	assert_int_equal(state_mkdir(box->ctx, "jobs"), 0);
	assert_int_equal(jobs_claim(box->ctx, &rec), 0);
	assert_int_equal(jobs_write(box->ctx, &rec), 0);
	box->ctx->ops.write = write_full;
	n_full = 1;
	rec.p.moved_bytes = 4096;
	assert_int_equal(jobs_write(box->ctx, &rec), -ENOSPC); /* there will be others */
	n_full = 1;
	rec.p.state = SWAPADM_JOB_DONE;
	*rec.p.message = '\0';
	assert_int_equal(jobs_write(box->ctx, &rec), 0);
	assert_int_equal(jobs_read(box->ctx, "d1", &now), 0);
	assert_int_equal(now.p.state, SWAPADM_JOB_DONE);
	assert_int_equal(now.p.moved_bytes, 4096);
	assert_string_equal(now.p.message, "");
	jobrec_free(&now);
	assert_int_equal(stat(sandbox_real(box, JOBS_DIR "/d1"), &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0444);
	assert_false(sandbox_has(box, JOBS_DIR "/.d1.tmp"));
	n_full = 2;
	assert_int_equal(jobs_write(box->ctx, &rec), -ENOSPC);
}

static void listing_a_capture(void **state)
{
	struct sandbox *box = *state;
	struct swapadm_jobs *items;
	struct swapadm_job *job;

	assert_int_equal(swapadm_jobs_load(box->ctx, &items), 0);
	assert_int_equal(swapadm_jobs_n(items), 0);
	swapadm_jobs_free(items);
	sandbox_write(box, JOBS_DIR "/d7", RECORD);
	sandbox_write(box, JOBS_DIR "/d9",
		      "swapadm-job 1\nid d9\nkind remove\nstate done\nsource y\n");
	put_process(box, 4242, 99);
	assert_int_equal(swapadm_jobs_load(box->ctx, &items), 0);
	assert_int_equal(swapadm_jobs_n(items), 2);
	assert_string_equal(swapadm_jobs_get(items, 0)->id, "d7");
	assert_string_equal(swapadm_jobs_get(items, 1)->id, "d9");
	assert_int_equal(swapadm_jobs_get(items, 0)->moved_bytes, 4096);
	swapadm_jobs_free(items);
	box->ctx->foreign_root = true;
	assert_int_equal(swapadm_job_open(box->ctx, "d7", &job), 0);
	assert_int_equal(swapadm_job_cancel(job), -EROFS);
	swapadm_job_unref(job);
	assert_int_equal(swapadm_job_open(box->ctx, "d70", &job), -ENOENT);
	assert_int_equal(swapadm_job_open(box->ctx, "dx", &job), -EINVAL);
}

static int box_setup(void **state)
{
	fixture_setup(state);
	((struct sandbox *)*state)->ctx->foreign_root = false;
	return 0;
}
#define box_test(fn) cmocka_unit_test_setup_teardown(fn, box_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip),
		cmocka_unit_test(damaged_records_are_refused),
		cmocka_unit_test(long_texts_are_refused),
		box_test(a_live_worker_is_running),
		box_test(no_descriptor_no_claim),
		box_test(proc_of_another_namespace),
		box_test(of_another_namespace),
		box_test(of_a_namespace_that_has_ended),
		box_test(the_lost_are_told_by_kind),
		box_test(what_was_killed_is_abandoned),
		box_test(foreign_files_are_no_jobs),
		box_test(claims),
		box_test(an_orphaned_swapoff_keeps_the_claim),
		box_test(only_the_last_finished_stay),
		box_test(modes_of_records),
		box_test(the_last_word_comes_through),
		box_test(listing_a_capture),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
