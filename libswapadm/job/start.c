/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Starting a worker.
 *
 * The worker is a fork of the caller that never returns. It is made first and waits at a
 * pipe until its record is in place: so no job is ever seen without a record, and a
 * record never names a process that is not there. When the caller dies in between, the
 * pipe is closed and the worker ends before it has done anything.
 *
 * In the foreground the worker is a child that is asked to cancel when its parent ends
 * (PR_SET_PDEATHSIG: the thread that forked, to be exact). In the background it is a
 * grandchild in a session of its own, left to init.
 */
#include <fcntl.h>
#include <stdatomic.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

#include "job/job.h"
#include "state/jobs.h"
#include "kernel/proc.h"
#include "state/state.h"

struct launch {
	struct swapadm_ctx *ctx;
	struct jobrec *rec;
	bool background;
	job_main_fn fn;
	void *arg;
	pid_t caller;
	int go[2];  /* caller -> worker: one byte, the record is in place */
	int pid[2]; /* worker's parent -> caller: the worker's pid */
};

static void null_stdio(void)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return;
	for (int i = 0; i < 3; i++)
		dup2(fd, i);
	if (fd > 2)
		close(fd);
}

/*
 * nothing of the caller but its root directory: a lock or a terminal must not stay open
 */
static void close_inherited(const struct swapadm_ctx *ctx)
{
	unsigned keep = (unsigned)ctx->root_fd;

	if (keep > 3)
		close_range(3, keep - 1, 0);
	close_range(keep + 1 > 3 ? keep + 1 : 3, ~0u, 0);
}

static void reset_handlers(void)
{
	struct sigaction sa = { .sa_handler = SIG_DFL };

	for (int sig = 1; sig < NSIG; sig++)
		sigaction(sig, &sa, NULL);
}

static void __attribute__((noreturn)) worker_main(struct launch *l)
{
	char byte;
	sigset_t mask;

	sigemptyset(&mask);
	sigaddset(&mask, JOB_SIGNAL_PAUSE);
	sigaddset(&mask, JOB_SIGNAL_RESUME);
	sigaddset(&mask, JOB_SIGNAL_CANCEL);
	reset_handlers();
	setsid(); /* Ctrl-C on the terminal is for the caller, who decides */
	if (!l->background) {
		prctl(PR_SET_PDEATHSIG, JOB_SIGNAL_CANCEL);
		if (getppid() != l->caller)
			_exit(1);
	}
	close(l->go[1]);
	if (read(l->go[0], &byte, 1) != 1)
		_exit(1);
	null_stdio();
	close_inherited(l->ctx);
	l->ctx->log_fn = NULL;               /* the caller's */
	atomic_store(&l->ctx->stalls, NULL); /* of threads that are not in this process */
	sigprocmask(SIG_SETMASK, &mask, NULL);
	/* the fork has the record as it was before the caller filled these in */
	l->rec->worker = getpid();
	proc_start_ticks(l->ctx, l->rec->worker, &l->rec->worker_start_ticks);
	_exit(l->fn(l->ctx, l->rec, l->arg) ? 1 : 0);
}

/* the process between caller and worker: its end hands the worker over to init */
static void __attribute__((noreturn)) middle_main(struct launch *l)
{
	pid_t pid = fork();

	if (pid == 0)
		worker_main(l);
	if (write(l->pid[1], &pid, sizeof(pid)) != (ssize_t)sizeof(pid))
		_exit(1);
	_exit(0);
}

static int fork_worker(struct launch *l, pid_t *out)
{
	pid_t pid = fork(), worker = -1;
	int r;

	if (pid < 0)
		return -errno;
	if (pid == 0 && l->background)
		middle_main(l);
	if (pid == 0)
		worker_main(l);
	if (!l->background) {
		*out = pid;
		return 0;
	}
	r = read(l->pid[0], &worker, sizeof(worker)) == (ssize_t)sizeof(worker) ? 0
										: -ECHILD;
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	*out = worker;
	return r ? r : worker > 0 ? 0 : -EAGAIN;
}

/* fork with all signals blocked: the worker must not run the caller's handlers */
static int fork_blocked(struct launch *l, pid_t *out)
{
	sigset_t all, before;
	int r;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	r = fork_worker(l, out);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return r;
}

static void close_pipes(struct launch *l)
{
	int *fds[] = { &l->go[0], &l->go[1], &l->pid[0], &l->pid[1] };

	for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
		closep(fds[i]);
		*fds[i] = -1;
	}
}

static int launch(struct launch *l)
{
	struct jobrec *rec = l->rec;
	int r;

	if (pipe2(l->go, O_CLOEXEC) < 0 || pipe2(l->pid, O_CLOEXEC) < 0)
		return -errno;
	r = jobs_claim(l->ctx, rec);
	if (!r && !l->background) {
		rec->caller = l->caller;
		r = proc_start_ticks(l->ctx, l->caller, &rec->caller_start_ticks);
	}
	if (r)
		return r;
	r = fork_blocked(l, &rec->worker);
	if (r)
		return ctx_fail(l->ctx, r, "%s: start a worker: %s", rec->p.source,
				strerror(-r));
	r = proc_start_ticks(l->ctx, rec->worker, &rec->worker_start_ticks);
	if (!r)
		r = jobs_write(l->ctx, rec);
	if (!r && write(l->go[1], "", 1) != 1)
		r = -EPIPE;
	return r; /* on failure the pipe is closed, and the worker ends */
}

/* who logged in, also behind sudo(8); without audit, who runs us */
static uid_t login_uid(struct swapadm_ctx *ctx)
{
	uint64_t uid;

	if (ctx_read_u64(ctx, "/proc/self/loginuid", &uid) || uid >= UINT32_MAX)
		return getuid();
	return (uid_t)uid;
}

int jobs_start(struct swapadm_ctx *ctx, struct jobrec *rec, bool background,
	       job_main_fn fn, void *arg, struct swapadm_job **out)
{
	struct launch l = {
		.ctx = ctx,
		.rec = rec,
		.background = background,
		.fn = fn,
		.arg = arg,
		.caller = getpid(),
		.go = { -1, -1 },
		.pid = { -1, -1 },
	};
	_cleanup_close_ int lock = -1;
	char holder[320];
	pid_t failed = 0;
	int r;

	r = ctx_may_change(ctx, rec->p.source);
	if (r)
		return r;
	rec->p.started_s = (uint64_t)time(NULL);
	rec->uid_plus_one = (uint64_t)login_uid(ctx) + 1;
	snprintf(holder, sizeof(holder), "start of %s %s",
		 swapadm_job_kind_name(rec->p.kind), rec->p.source);
	lock = state_lock(ctx, holder);
	if (lock < 0)
		return lock;
	r = state_mkdir(ctx, "jobs");
	if (!r)
		r = launch(&l);
	close_pipes(&l);
	if (r && rec->worker > 0 && !background)
		failed = waitpid(rec->worker, NULL, 0);
	if (r)
		return failed < 0 ? -errno : r;
	return job_open_direct(ctx, rec->p.id, background ? 0 : rec->worker, out);
}
