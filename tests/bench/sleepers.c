/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sleepers - many processes with memory in swap
 *
 * usage: sleepers PROCESSES MIB
 * Each process fills MIB MiB, pushes them out (MADV_PAGEOUT) and sleeps. Prints "ready" when
 * all have; ends them all when stdin ends.
 */
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

static void sleeper(size_t bytes, int ready)
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
	for (;;)
		pause();
}

int main(int argc, char **argv)
{
	int n = argc == 3 ? atoi(argv[1]) : 0, fds[2];
	size_t bytes = argc == 3 ? (size_t)atoi(argv[2]) << 20 : 0;
	char byte;

	if (n < 1 || bytes < 1 || pipe(fds) < 0) {
		fprintf(stderr, "usage: sleepers PROCESSES MIB\n");
		return 2;
	}
	for (int i = 0; i < n; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			srand((unsigned)i);
			sleeper(bytes, fds[1]);
		}
		/* a few at a time: what is not yet out takes memory */
		if (pid < 0 || (i >= 8 && read(fds[0], &byte, 1) != 1))
			return 1;
	}
	for (int i = 0; i < (n < 8 ? n : 8); i++) {
		if (read(fds[0], &byte, 1) != 1)
			return 1;
	}
	puts("ready");
	fflush(stdout);
	while (read(0, &byte, 1) > 0)
		;
	return 0; /* the children die of their parent's death */
}
