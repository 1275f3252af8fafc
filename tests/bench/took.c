/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * took - what a command takes as a whole process, from its start until it is reaped
 *
 * usage: took N COMMAND [ARG...]
 * Runs it N times, without its standard output, after once to warm up where N is not 1.
 * Prints the median in ns. Exits with 1 as soon as one of the runs does not exit with 0.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static int64_t run(char **argv)
{
	posix_spawn_file_actions_t actions;
	int64_t begin;
	int status;
	pid_t pid;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
	begin = now_ns();
	errno = posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ);
	if (errno || waitpid(pid, &status, 0) < 0)
		err(1, "%s", argv[0]);
	begin = now_ns() - begin;
	posix_spawn_file_actions_destroy(&actions);
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		errx(1, "%s: status %x", argv[0], status);
	return begin;
}

static int compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	static int64_t took[1000];
	int i, n = argc > 2 ? atoi(argv[1]) : 0;

	if (n < 1 || n > 1000)
		errx(2, "usage: took N COMMAND [ARG...]");
	if (n > 1)
		run(argv + 2);
	for (i = 0; i < n; i++)
		took[i] = run(argv + 2);
	qsort(took, n, sizeof(*took), compare);
	printf("%lld\n", (long long)took[n / 2]);
	return 0;
}
