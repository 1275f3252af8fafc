/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * shifter - a process whose swapped memory never stays where it was looked at
 *
 * usage: shifter MIB
 *
 * Pages MIB out, prints "ready", then until SIGTERM, at random: moves a piece of it with
 * mremap(2), unmaps one and makes it anew, pages one out, forks a child that reads all of
 * it and exits, makes one that executes this program for a look of its own. At the end
 * every page is verified. Exit status: 0; 1 a page was wrong; 2 usage, failure.
 */
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PIECE_BYTES ((size_t)1 << 20)
#define PIECE_WORDS (PIECE_BYTES / sizeof(uint64_t))
#define PIECES_MAX  256

struct piece {
	uint64_t *mem;
	uint64_t seed;
};

static struct piece pieces[PIECES_MAX];
static size_t n_pieces;
static volatile sig_atomic_t stop;

static uint64_t mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15u;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	return x ^ (x >> 31);
}

static void *map_piece(void)
{
	void *mem = mmap(NULL, PIECE_BYTES, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (mem == MAP_FAILED)
		exit(2);
	return mem;
}

static void fill(struct piece *p)
{
	static uint64_t seed;

	p->seed = ++seed << 32;
	for (size_t i = 0; i < PIECE_WORDS; i++)
		p->mem[i] = mix(p->seed + i);
}

static bool is_right(const struct piece *p)
{
	for (size_t i = 0; i < PIECE_WORDS; i++)
		if (p->mem[i] != mix(p->seed + i))
			return false;
	return true;
}

static bool all_right(void)
{
	for (size_t i = 0; i < n_pieces; i++)
		if (!is_right(&pieces[i]))
			return false;
	return true;
}

static void page_out(const struct piece *p)
{
	madvise(p->mem, PIECE_BYTES, MADV_PAGEOUT);
}

/* what the child ends with */
static int wait_for(pid_t pid)
{
	int status;

	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		exit(2);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 2;
}

static void move(struct piece *p)
{
	void *to = map_piece();

	p->mem = mremap(p->mem, PIECE_BYTES, PIECE_BYTES, MREMAP_MAYMOVE | MREMAP_FIXED,
			to);
	if (p->mem == MAP_FAILED)
		exit(2);
}

static void renew(struct piece *p)
{
	munmap(p->mem, PIECE_BYTES);
	p->mem = map_piece();
	fill(p);
	page_out(p);
}

static int fork_reader(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(all_right() ? 0 : 1);
	return wait_for(pid);
}

static int exec_reader(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		execl("/proc/self/exe", "shifter", "1", "once", NULL);
		_exit(2);
	}
	return wait_for(pid);
}

static int act(void)
{
	struct piece *p = &pieces[(size_t)rand() % n_pieces];

	switch (rand() % 16) {
	case 0:
		return fork_reader();
	case 1:
		return exec_reader();
	case 2:
	case 3:
	case 4:
		renew(p);
		return 0;
	case 5:
	case 6:
		if (!is_right(p))
			return 1;
		page_out(p);
		return 0;
	default:
		move(p);
		return 0;
	}
}

static void on_term(int sig)
{
	stop = 1;
}

int main(int argc, char **argv)
{
	bool once = argc == 3 && !strcmp(argv[2], "once");
	int r = 0;

	n_pieces = argc > 1 ? (size_t)atol(argv[1]) : 0;
	if (!n_pieces || n_pieces > PIECES_MAX)
		return 2;
	signal(SIGTERM, on_term);
	for (size_t i = 0; i < n_pieces; i++) {
		pieces[i].mem = map_piece();
		fill(&pieces[i]);
		page_out(&pieces[i]);
	}
	if (!once) {
		puts("ready");
		fflush(stdout);
	}
	while (!once && !stop && !r) {
		r = act();
		usleep(500);
	}
	return r ? r : all_right() ? 0 : 1;
}
