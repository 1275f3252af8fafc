/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * drainload - memory that is paged out in a chosen order
 *
 * usage: drainload seq|runs16|shuffled|thp|forked MIB
 *        drainload procs MIB N
 *        drainload tmpfs MIB FILE
 *
 * Fills MIB with words that follow from their place, prints "ready", then obeys stdin:
 *   out      page everything out, in the order of the mode: "out"
 *   verify   "ok", or "bad PAGE"
 * and ends with the end of stdin. Children (procs, forked) do the same at the same word.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <signal.h>
#include <unistd.h>

#define PAGE 4096u

struct load {
	const char *mode;
	unsigned char *mem;
	size_t n_pages, run_pages; /* run: paged out in one piece */
	uint64_t seed;
	bool child_only;
};

static uint64_t mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15u;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	return x ^ (x >> 31);
}

static void fill(struct load *l)
{
	for (size_t i = 0; i < l->n_pages * (PAGE / 8); i++)
		((uint64_t *)l->mem)[i] = mix(i ^ l->seed);
}

/* the number of the first bad page + 1, 0 none */
static size_t verify(const struct load *l)
{
	for (size_t i = 0; i < l->n_pages * (PAGE / 8); i++)
		if (((const uint64_t *)l->mem)[i] != mix(i ^ l->seed))
			return i / (PAGE / 8) + 1;
	return 0;
}

static void page_out(const struct load *l)
{
	size_t n = l->n_pages / l->run_pages, span = 1;

	while (span < n)
		span *= 2;
	for (size_t i = 0; i < span; i++) {
		size_t run = l->run_pages == l->n_pages
				     ? i
				     : (i * 0x9e3779b1u + 7) & (span - 1);

		if (run < n)
			madvise(l->mem + run * l->run_pages * PAGE, l->run_pages * PAGE,
				MADV_PAGEOUT);
	}
	madvise(l->mem, l->n_pages * PAGE, MADV_PAGEOUT);
}

static bool map(struct load *l, const char *file)
{
	size_t bytes = l->n_pages * PAGE;
	int fd = -1;

	if (file) {
		fd = open(file, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		if (fd < 0 || ftruncate(fd, (off_t)bytes) < 0)
			return false;
	}
	l->mem = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		      file ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS, fd, 0);
	if (fd >= 0)
		close(fd);
	if (l->mem == MAP_FAILED)
		return false;
	madvise(l->mem, bytes, strcmp(l->mode, "thp") ? MADV_NOHUGEPAGE : MADV_HUGEPAGE);
	fill(l);
	return true;
}

/* one word for a child, one byte of answer */
struct child {
	int to, from;
};

static void serve_parent(struct load *l, int in, int out)
{
	char word;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (read(in, &word, 1) == 1) {
		char answer = 0;

		if (word == 'o')
			page_out(l);
		else
			answer = verify(l) != 0;
		if (write(out, &answer, 1) != 1)
			break;
	}
	_exit(0);
}

static bool add_child(struct load *l, struct child *child, bool own_memory)
{
	int to[2], from[2];
	pid_t pid;

	if (pipe(to) < 0 || pipe(from) < 0)
		return false;
	pid = fork();
	if (pid < 0)
		return false;
	if (pid == 0) {
		close(to[1]);
		close(from[0]);
		if (own_memory && !map(l, NULL))
			_exit(1);
		if (write(from[1], "r", 1) != 1)
			_exit(1);
		serve_parent(l, to[0], from[1]);
	}
	close(to[0]);
	close(from[1]);
	*child = (struct child){ to[1], from[0] };
	return true;
}

static bool ask(const struct child *child, char word)
{
	char answer = 1;

	return write(child->to, &word, 1) == 1 && read(child->from, &answer, 1) == 1 &&
	       answer == 0;
}

static void obey(struct load *l, const struct child *children, size_t n)
{
	char line[64];

	while (fgets(line, sizeof(line), stdin)) {
		bool out = *line == 'o', ok = true;
		size_t bad = 0;

		if (out && !l->child_only)
			page_out(l);
		else if (!l->child_only)
			bad = verify(l);
		for (size_t i = 0; i < n; i++)
			ok &= ask(&children[i], out ? 'o' : 'v');
		if (bad || !ok)
			printf("bad %zu\n", bad);
		else
			puts(out ? "out" : "ok");
		fflush(stdout);
	}
}

int main(int argc, char **argv)
{
	static struct child children[1024];
	struct load l = { .mode = argc > 1 ? argv[1] : "" };
	size_t n = 0, want = 0;
	char ready;

	if (argc < 3)
		return 2;
	l.n_pages = (size_t)atol(argv[2]) << 8;
	l.run_pages = l.n_pages;
	if (!strcmp(l.mode, "runs16"))
		l.run_pages = 16;
	if (!strcmp(l.mode, "shuffled"))
		l.run_pages = 1;
	if (!strcmp(l.mode, "procs") && argc == 4) {
		want = (size_t)atol(argv[3]);
		l.n_pages /= want ? want : 1;
		l.run_pages = l.n_pages;
		l.child_only = true;
	}
	if (!strcmp(l.mode, "forked"))
		want = 3;
	if (!l.n_pages || want > 1024)
		return 2;
	if (!l.child_only && !map(&l, !strcmp(l.mode, "tmpfs") ? argv[3] : NULL))
		return 1;
	for (; n < want; n++) {
		if (l.child_only)
			l.seed = (uint64_t)n << 40;
		if (!add_child(&l, &children[n], l.child_only) ||
		    read(children[n].from, &ready, 1) != 1)
			return 1;
	}
	puts("ready");
	fflush(stdout);
	obey(&l, children, n);
	return 0;
}
