/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/swapoff.h"

#include <assert.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "base/privilege.h"
#include "base/quote.h"
#include "base/sys.h"

#define CHILD_FD 3 /* the child keeps the standard ones, and its end of the pipe here */

/*
 * The parent's handlers would run in the child, on descriptors that it shares with the
 * parent: back to the defaults, so that a signal ends the call instead.
 */
static void reset_signals(void)
{
	struct sigaction sa = { .sa_handler = SIG_DFL };
	sigset_t none;

	for (int sig = 1; sig < NSIG; sig++)
		sigaction(sig, &sa, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* the child's life; only async-signal-safe calls, the parent may have threads */
static void __attribute__((noreturn))
run_child(struct swapadm_ctx *ctx, const char *path, pid_t parent, int procs_fd, int fd)
{
	int err = 0;

	reset_signals();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent) /* it died before the call above */
		_exit(1);
	if (procs_fd >= 0 && write(procs_fd, "0", 1) < 0)
		err = ESRCH;
	/* locks of the parent must not outlive it here */
	if (dup2(fd, CHILD_FD) < 0)
		_exit(1);
	sys_close_from(CHILD_FD + 1);
	if (!err && ctx->ops.swapoff(path) < 0)
		err = errno;
	if (write(CHILD_FD, &err, sizeof(err)) != (ssize_t)sizeof(err))
		_exit(1);
	_exit(0);
}

static int make_pipe(int fds[2])
{
	int high;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	/* the write end above CHILD_FD, else dup2() there would close the wrong one */
	high = fcntl(fds[1], F_DUPFD_CLOEXEC, CHILD_FD + 1);
	if (high < 0) {
		int r = -errno;

		close(fds[0]);
		close(fds[1]);
		return r;
	}
	close(fds[1]);
	fds[1] = high;
	return 0;
}

int swapoff_start(struct swapadm_ctx *ctx, const char *path, int procs_fd,
		  struct swapoff_child *child)
{
	pid_t parent = getpid(), pid;
	int fds[2], r;

	r = ctx_may_change(ctx, path);
	if (r)
		return r;
	r = make_pipe(fds);
	if (r)
		return r;
	pid = fork();
	if (pid == 0)
		run_child(ctx, path, parent, procs_fd, fds[1]);
	r = pid < 0 ? -errno : 0;
	close(fds[1]);
	if (r) {
		close(fds[0]);
		return r;
	}
	child->pid = pid;
	child->fd = fds[0];
	child->pidfd = pidfd_open(pid, 0); /* -1 is survivable: .fd shows the end too */
	return 0;
}

int swapoff_finish(struct swapoff_child *child)
{
	int err = 0, status = 0;
	ssize_t n;

	assert(child->pid > 0);
	do
		n = read(child->fd, &err, sizeof(err));
	while (n < 0 && errno == EINTR);
	while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
		;
	close(child->fd);
	if (child->pidfd >= 0)
		close(child->pidfd);
	*child = (struct swapoff_child)SWAPOFF_CHILD_INIT;
	child->killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
	if (n == (ssize_t)sizeof(err))
		return -err;
	return -EINTR;
}

void swapoff_leave(struct swapoff_child *child)
{
	close(child->fd);
	if (child->pidfd >= 0)
		close(child->pidfd);
	*child = (struct swapoff_child)SWAPOFF_CHILD_INIT;
}

int swapoff_explain(struct swapadm_ctx *ctx, const char *path, int err)
{
	_cleanup_(quoted_free) struct quoted q = { 0 };
	uint64_t mode;

	switch (err) {
	case -EPERM:
		return ctx_fail(ctx, err, "%s: swapoff: %s", path,
				PRIVILEGE_REMEDY("CAP_SYS_ADMIN"));
	case -EINVAL:
	case -ENOENT:
		return ctx_fail(
			ctx, err,
			"%s: swapoff: it is not an active swap area; see `swapctl list`",
			path);
	case -ENOMEM:
		if (!ctx_read_u64(ctx, "/proc/sys/vm/overcommit_memory", &mode) &&
		    mode == 2)
			return ctx_fail(
				ctx, err,
				"%s: swapoff: vm.overcommit_memory is 2, and what is promised does not fit without the area; set it to 0 meanwhile",
				path);
		return ctx_fail(
			ctx, err,
			"%s: swapoff: memory is too short for what it holds, or CommitLimit for its size (vm.overcommit_memory=2); free memory or add another area, then try again",
			path);
	case -ESRCH:
		return ctx_fail(
			ctx, err,
			"%s: swapoff: not begun: its process could not enter the cgroup that is at its memory limit, so the OOM killer could act on the workload; raise the limit",
			path);
	case -EINTR:
		return ctx_fail(
			ctx, err,
			"%s: swapoff: interrupted; the area is active again, nothing is lost",
			path);
	case -EBUSY:
		return ctx_fail(
			ctx, err,
			"%s: swapoff: the kernel holds the area for hibernation; try again when that is over",
			path);
	case -EROFS:
		if (ctx->foreign_root)
			return err; /* has its sentence */
		return ctx_fail(
			ctx, err,
			"%s: swapoff: its file system is read-only, and swapoff(2) opens the file for writing; `mount -o remount,rw \"$(findmnt -no TARGET -T %s)\"`, or after errors on it a reboot and fsck",
			path, quote_word(&q, path));
	default:
		return ctx_fail(ctx, err, "%s: swapoff: %s", path, strerror(-err));
	}
}

int swapoff_wait(struct swapadm_ctx *ctx, const char *path)
{
	struct swapoff_child child = SWAPOFF_CHILD_INIT;
	int r = swapoff_start(ctx, path, -1, &child);

	if (!r)
		r = swapoff_finish(&child);
	return r ? swapoff_explain(ctx, path, r) : 0;
}
