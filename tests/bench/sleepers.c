/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sleepers - many processes with memory in swap
 *
 * usage: sleepers PROCESSES MIB [ACTIVE]
 * Each process fills MIB MiB, pushes them out (MADV_PAGEOUT) and sleeps. Prints "ready" when
 * all have; ends them all when stdin ends. ACTIVE of them do not sleep: each second they
 * read a piece of their memory back and push another one out; and every two seconds one
 * of the others ends and a new one begins.
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif

static void work(char *mem, size_t bytes)
{
	size_t piece = bytes / 16;

	for (;;) {
		char *in = mem + piece * (size_t)(rand() % 16);

		sleep(1);
		for (size_t i = 0; i < piece; i += 4096)
			in[i]++;
		madvise(mem + piece * (size_t)(rand() % 16), piece, MADV_PAGEOUT);
	}
}

static void sleeper(size_t bytes, int ready, int is_active)
{
	char *mem = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			 -1, 0);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (mem == MAP_FAILED)
		_exit(1);
	/* half of each page compresses */
	for (size_t i = 0; i < bytes; i += 4096) {
		for (size_t j = 0; j < 2048; j += sizeof(int))
			*(int *)(mem + i + j) = rand();
		memset(mem + i + 2048, 7, 2048);
	}
	madvise(mem, bytes, MADV_PAGEOUT);
	if (write(ready, "", 1) != 1)
		_exit(1);
	if (is_active)
		work(mem, bytes);
	for (;;)
		pause();
}

static pid_t start(int i, size_t bytes, int ready, int is_active)
{
	pid_t pid = fork();

	if (pid == 0) {
		srand((unsigned)i);
		sleeper(bytes, ready, is_active);
	}
	return pid;
}

/* until stdin ends; one goes and one comes every two seconds */
static void hold(pid_t *pids, int n, int n_active, size_t bytes, const int *fds)
{
	struct pollfd in = { .fd = 0, .events = POLLIN };
	char byte;

	for (int i = 0;; i++) {
		int at = n_active + i % (n - n_active);

		if (poll(&in, 1, 2000) > 0 && read(0, &byte, 1) <= 0)
			return;
		kill(pids[at], SIGKILL);
		waitpid(pids[at], NULL, 0);
		pids[at] = start(n + i, bytes, fds[1], 0);
		if (pids[at] < 0 || read(fds[0], &byte, 1) != 1)
			return;
	}
}

int main(int argc, char **argv)
{
	int n = argc >= 3 ? atoi(argv[1]) : 0, fds[2];
	size_t bytes = argc >= 3 ? (size_t)atoi(argv[2]) << 20 : 0;
	int n_active = argc == 4 ? atoi(argv[3]) : 0;
	pid_t *pids = calloc((size_t)n + 1, sizeof(*pids));
	char byte;

	if (n < 1 || bytes < 1 || n_active < 0 || n_active >= n || !pids ||
	    pipe(fds) < 0) {
		fprintf(stderr, "usage: sleepers PROCESSES MIB [ACTIVE]\n");
		return 2;
	}
	for (int i = 0; i < n; i++) {
		pids[i] = start(i, bytes, fds[1], i < n_active);
		/* a few at a time: what is not yet out takes memory */
		if (pids[i] < 0 || (i >= 8 && read(fds[0], &byte, 1) != 1))
			return 1;
	}
	for (int i = 0; i < (n < 8 ? n : 8); i++) {
		if (read(fds[0], &byte, 1) != 1)
			return 1;
	}
	puts("ready");
	fflush(stdout);
	if (n_active)
		hold(pids, n, n_active, bytes, fds);
	while (read(0, &byte, 1) > 0)
		;
	return 0; /* the children die of their parent's death */
}
