/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A cancel always works: a job's thread that hangs in the kernel is ended by force, but
 * not while half of what it does would be worse than none or all of it.
 */
#include "fixture.h"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "job/job.h"
#include "job/worker.h"
#include "state/state.h"

#define ID_CANCEL  "d1"
#define ID_LATE    "d2"
#define ID_CHILD   "d3"
#define ID_SURE    "d4"
#define ID_WITHOUT "d5"
#define WAIT_S     120 /* a loaded machine; five seconds are enough for an idle one */

/* a thread in the kernel takes no signal that does not end it */
static void hang(void)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	for (;;)
		pause();
}

/* as a worker begins: a cancel waits until it looks for one */
static pid_t fork_worker(void)
{
	sigset_t mask;
	pid_t pid;

	sigemptyset(&mask);
	sigaddset(&mask, JOB_SIGNAL_CANCEL);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	pid = fork();
	assert_true(pid >= 0);
	return pid;
}

/* @sure_s: then it goes on */
static pid_t start_stuck(struct sandbox *box, const char *id, uint64_t timeout_s,
			 pid_t child, unsigned sure_s)
{
	struct jobrec rec = { .worker = 1, .child = child };
	struct jobrun run;
	pid_t pid = fork_worker();

	if (pid)
		return pid;
	rec.worker = getpid();
	rec.p.kind = SWAPADM_JOB_DRAIN;
	rec.p.state = SWAPADM_JOB_RUNNING;
	snprintf(rec.p.id, sizeof(rec.p.id), "%s", id);
	snprintf(rec.p.source, sizeof(rec.p.source), "/dev/sdb2");
	if (jobrun_begin(&run, box->ctx, &rec, timeout_s))
		_exit(1);
	jobrun_phase(&run, SWAPADM_PHASE_PREREAD);
	if (!sure_s)
		hang();
	jobrun_be_sure(&run, true);
	for (unsigned left = sure_s; left;)
		left = sleep(left);
	jobrun_check(&run);
	_exit(jobrun_end(&run, run.cancelled ? -ECANCELED : 0) == -ECANCELED ? 7 : 8);
}

static int wait_status(pid_t pid)
{
	int status = 0;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void read_record(struct sandbox *box, const char *id, struct jobrec *rec)
{
	char path[64];
	char *text;

	snprintf(path, sizeof(path), "/run/swapadm/jobs/%s", id);
	text = sandbox_read(box, path);
	assert_non_null(text);
	assert_int_equal(jobrec_parse(text, rec), 0);
	free(text);
}

static void wait_record(struct sandbox *box, const char *id)
{
	char path[64];

	snprintf(path, sizeof(path), "/run/swapadm/jobs/%s", id);
	while (!sandbox_has(box, path))
		usleep(10000);
}

static void ended_by_force(struct sandbox *box, const char *id, pid_t pid,
			   enum swapadm_job_state state, int error)
{
	int status = wait_status(pid);
	struct jobrec rec;

	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGKILL);
	read_record(box, id, &rec);
	assert_int_equal(rec.p.state, state);
	assert_int_equal(rec.p.error, error);
	assert_non_null(strstr(rec.p.message, "ended by force: its pre-read hung"));
	assert_true(rec.p.ended_s > 0);
	jobrec_free(&rec);
}

static void a_stuck_worker(void **state)
{
	pid_t cancelled, late, with_child, without, sure;
	struct sandbox box;
	struct jobrec rec;
	int status;

	sandbox_open(&box);
	sandbox_write(&box, "/run/swapadm/jobs/.keep", "");
	sandbox_write(&box, "/proc/4243/stat",
		      "4243 (a) D 1 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 0 9 9\n");
	alarm(WAIT_S);
	cancelled = start_stuck(&box, ID_CANCEL, 0, 0, 0);
	late = start_stuck(&box, ID_LATE, 1, 0, 0);
	with_child = start_stuck(&box, ID_CHILD, 0, 4243, 0);
	without = start_stuck(&box, ID_WITHOUT, 0, 4244, 0);
	sure = start_stuck(&box, ID_SURE, 0, 0, 8);
	wait_record(&box, ID_CANCEL);
	wait_record(&box, ID_CHILD);
	wait_record(&box, ID_WITHOUT);
	wait_record(&box, ID_SURE);
	kill(cancelled, JOB_SIGNAL_CANCEL);
	kill(with_child, JOB_SIGNAL_CANCEL);
	kill(without, JOB_SIGNAL_CANCEL);
	kill(sure, JOB_SIGNAL_CANCEL);
	ended_by_force(&box, ID_CANCEL, cancelled, SWAPADM_JOB_CANCELLED, ECANCELED);
	ended_by_force(&box, ID_LATE, late, SWAPADM_JOB_CANCELLED, ETIME);
	/* its swapoff(2) may still run: the area stays claimed */
	ended_by_force(&box, ID_CHILD, with_child, SWAPADM_JOB_LOST, ECANCELED);
	/* has ended since the record was written */
	ended_by_force(&box, ID_WITHOUT, without, SWAPADM_JOB_CANCELLED, ECANCELED);
	status = wait_status(sure);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 7); /* it came to its own end */
	read_record(&box, ID_SURE, &rec);
	assert_int_equal(rec.p.state, SWAPADM_JOB_CANCELLED);
	assert_null(strstr(rec.p.message, "by force"));
	jobrec_free(&rec);
	alarm(0);
	sandbox_close(&box);
}

/* ---- news of a worker that is a child ---------------------------------------------- */

#define ID_NEWS "d6"

/* says a word, and its last one when it is asked to stop */
static pid_t start_talker(struct sandbox *box, int news_fd)
{
	struct jobrec rec = { .news_fd = news_fd };
	struct jobrun run;
	pid_t pid = fork_worker();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* also when the test has failed */
	rec.worker = getpid();
	rec.p.kind = SWAPADM_JOB_DRAIN;
	rec.p.state = SWAPADM_JOB_RUNNING;
	snprintf(rec.p.id, sizeof(rec.p.id), "%s", ID_NEWS);
	snprintf(rec.p.source, sizeof(rec.p.source), "/dev/sdb2");
	if (jobrun_begin(&run, box->ctx, &rec, 0))
		_exit(1);
	jobrun_phase(&run, SWAPADM_PHASE_PREREAD);
	while (!run.cancelled)
		jobrun_wait(&run, -1, -1);
	_exit(jobrun_end(&run, -ECANCELED) == -ECANCELED ? 0 : 1);
}

static bool has_news(const struct swapadm_job *job, int timeout_ms)
{
	struct pollfd fd = { .fd = swapadm_job_fd(job), .events = POLLIN };

	return poll(&fd, 1, timeout_ms) == 1;
}

/* closing one takes the kernel longer than many a drain */
static bool has_inotify(void)
{
	char path[64], target[64];
	bool found = false;

	for (int fd = 0; fd < 64; fd++) {
		ssize_t n;

		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		n = readlink(path, target, sizeof(target) - 1);
		target[n > 0 ? n : 0] = '\0';
		found |= strstr(target, "inotify") != NULL;
	}
	return found;
}

static void news(void **state)
{
	struct swapadm_progress p;
	struct swapadm_job *job;
	struct sandbox box;
	char path[64];
	int fds[2];
	pid_t pid;

	sandbox_open(&box);
	sandbox_write(&box, "/run/swapadm/jobs/.keep", "");
	alarm(WAIT_S);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	pid = start_talker(&box, fds[1]);
	close(fds[1]);
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	sandbox_write(&box, path,
		      "1 (a) S 1 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 0 9 9\n");
	wait_record(&box, ID_NEWS);
	assert_int_equal(job_open_direct(box.ctx, ID_NEWS, pid, fds[0], &job), 0);
	assert_false(has_inotify());
	assert_true(has_news(job, -1));
	assert_int_equal(swapadm_job_get_progress(job, &p), 0);
	assert_int_equal(p.phase, SWAPADM_PHASE_PREREAD);
	assert_false(has_news(job, 0)); /* it is only woken for something new */
	kill(pid, JOB_SIGNAL_CANCEL);
	do {
		assert_true(has_news(job, -1));
		assert_int_equal(swapadm_job_get_progress(job, &p), 0);
	} while (p.state != SWAPADM_JOB_CANCELLED);
	while (has_news(job, 1000)) /* its end, too, is said once */
		assert_int_equal(swapadm_job_get_progress(job, &p), 0);
	assert_int_equal(waitpid(pid, NULL, 0), -1); /* reaped */
	swapadm_job_unref(job);
	alarm(0);
	sandbox_close(&box);
}

/* what failed says so, also after something else did that was got over */
static void the_last_word(void **state)
{
	struct jobrec rec = { .p = { .id = "d7", .source = "/dev/sdb2" } };
	struct sandbox box;
	struct jobrun run;

	sandbox_open(&box);
	sandbox_write(&box, "/run/swapadm/jobs/.keep", "");
	assert_int_equal(jobrun_begin(&run, box.ctx, &rec, 0), 0);
	ctx_fail(box.ctx, -EPROTONOSUPPORT, "tswap: is not loaded");
	assert_int_equal(jobrun_end(&run, -ENOMEM), -ENOMEM);
	assert_string_equal(rec.p.message, "/dev/sdb2: drain: Cannot allocate memory");
	assert_int_equal(jobrun_begin(&run, box.ctx, &rec, 0), 0);
	ctx_fail(box.ctx, -ENOMEM, "pages: no room for the map");
	assert_int_equal(jobrun_end(&run, -ENOMEM), -ENOMEM);
	assert_string_equal(rec.p.message, "pages: no room for the map");
	sandbox_close(&box);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(a_stuck_worker),
					    cmocka_unit_test(news),
					    cmocka_unit_test(the_last_word) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
