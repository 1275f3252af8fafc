/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/program.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include "base/sys.h"

static void destroy_actions(posix_spawn_file_actions_t *actions)
{
	posix_spawn_file_actions_destroy(actions);
}

static void destroy_attr(posix_spawnattr_t *attr)
{
	posix_spawnattr_destroy(attr);
}

/* the last line that says something */
static void last_line(int fd, char *words, size_t size)
{
	char text[4096], *line;
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	chomp(text);
	line = strrchr(text, '\n');
	snprintf(words, size, "%s", line ? line + 1 : text);
}

static int start(const char *path, char *const argv[], int err_fd, pid_t *pid)
{
	char *const envp[] = { (char *)"PATH=/usr/sbin:/usr/bin:/sbin:/bin",
			       (char *)"LC_ALL=C", NULL };
	_cleanup_(destroy_actions) posix_spawn_file_actions_t actions;
	_cleanup_(destroy_attr) posix_spawnattr_t attr;
	sigset_t all, none;

	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attr);
	sigfillset(&all);
	sigemptyset(&none);
	posix_spawnattr_setsigdefault(&attr, &all);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, err_fd, 2);
	sys_spawn_close_from(&actions, 3);
	return -posix_spawn(pid, path, &actions, &attr, argv, envp);
}

static int start_in_sbin(char *const argv[], int err_fd, pid_t *pid)
{
	static const char *const folders[] = { "/usr/sbin", "/sbin", "/usr/bin", "/bin" };
	char path[128];
	int r = -ENOENT;

	for (size_t i = 0; i < ARRAY_SIZE(folders) && r == -ENOENT; i++) {
		snprintf(path, sizeof(path), "%s/%s", folders[i], argv[0]);
		r = start(path, argv, err_fd, pid);
	}
	return r;
}

/* then the kernel keeps nothing of a child that has ended */
static bool ignores_children(void)
{
	struct sigaction sa;

	return sigaction(SIGCHLD, NULL, &sa) == 0 &&
	       (sa.sa_handler == SIG_IGN || sa.sa_flags & SA_NOCLDWAIT);
}

int program_run(char *const argv[], char *words, size_t size)
{
	_cleanup_close_ int err_fd = memfd_create("stderr", MFD_CLOEXEC);
	int status = 0, r;
	pid_t pid;

	*words = '\0';
	if (ignores_children()) {
		snprintf(
			words, size,
			"not started, as this process ignores SIGCHLD and would not learn how it ends");
		return -ECHILD;
	}
	if (err_fd < 0)
		return -errno;
	r = start_in_sbin(argv, err_fd, &pid);
	if (r)
		return r;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	last_line(err_fd, words, size);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -ECHILD;
}
