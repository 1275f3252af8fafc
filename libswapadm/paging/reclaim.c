/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Asking a cgroup's own files to push out. Where nothing goes the kernel tries on and on,
 * for minutes (mm/memcontrol.c, memory_reclaim()), and looks only for signals that are
 * not blocked: so a child asks, which can be killed.
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "base/sys.h"
#include "paging/paging.h"

#define ASK_NS  UINT64_C(3000000000)
#define LOOK_MS 100

/* only async-signal-safe calls: the parent has threads */
static void __attribute__((noreturn)) run_child(int fd, const char *text, pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(EINTR);
	_exit(write(fd, text, strlen(text)) < 0 ? errno : 0);
}

/* until it has ended, or is to: killed, it ends as soon as the kernel has looked */
static int await_child(struct paging *pull, pid_t pid)
{
	_cleanup_close_ int pidfd = pidfd_open(pid, 0);
	uint64_t began_ns = monotonic_ns();
	int status = 0, r = 0;

	while (!r && !jobrun_wait(&pull->job, pidfd, LOOK_MS)) {
		if (jobrun_check(&pull->job))
			r = -ECANCELED;
		else if (monotonic_ns() - began_ns > ASK_NS)
			r = -ETIME;
	}
	if (r)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (r)
		return r;
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -EINTR;
}

static int ask(struct paging *pull, const char *path, const char *text)
{
	_cleanup_close_ int fd = -1;
	pid_t parent = getpid(), pid;
	int r = ctx_may_change(pull->ctx, path);

	if (r)
		return r;
	fd = ctx_open(pull->ctx, path, O_WRONLY);
	if (fd < 0)
		return fd;
	pid = fork();
	if (pid == 0)
		run_child(fd, text, parent);
	return pid < 0 ? -errno : await_child(pull, pid);
}

int paging_reclaim(struct paging *pull, uint64_t bytes)
{
	/* swappiness is there from 6.12 on; without it clean page cache may go first */
	static const char *const options[] = { " swappiness=200", "" };
	char path[4608], line[64];
	int r = -EINVAL;

	snprintf(path, sizeof(path), "%s%s/memory.reclaim", pull->mount.path,
		 streq(pull->cgroup, "/") ? "" : pull->cgroup);
	for (size_t i = 0; r == -EINVAL && i < ARRAY_SIZE(options); i++) {
		snprintf(line, sizeof(line), "%llu%s", (unsigned long long)bytes,
			 options[i]);
		r = ask(pull, path, line);
	}
	return r == -ENOENT ? -EPROTONOSUPPORT : r;
}

int paging_empty_group(struct paging *pull)
{
	char path[4608];

	snprintf(path, sizeof(path), "%s%s/memory.force_empty", pull->mount.path,
		 pull->cgroup);
	return ask(pull, path, "0");
}
