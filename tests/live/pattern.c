/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pattern - a workload that knows what its memory must hold
 *
 * usage: pattern [-c] [-s] MIB
 *   -c  compressible pages (one word in eight is not zero); default: random words
 *   -s  page out in a shuffled order, so that neighbours lie apart on the device
 *
 * Every word of every page follows from the page's number and a generation, so that a
 * page which is lost, stale, zeroed or another's is noticed. Prints "ready PID PAGES",
 * then obeys lines on stdin, one line of answer each:
 *   out     push all pages out (MADV_PAGEOUT, until VmSwap no longer grows): "out BYTES"
 *   swap    "swap BYTES", VmSwap
 *   verify  read every page: "ok PAGES" or "bad PAGE ..."
 *   write   a new generation into every page: "written GENERATION"
 *   quit    verify, then end; so does the end of stdin
 * SIGUSR1 is the same as "verify". Exit status: 0; 1 a page was wrong; 2 usage, failure.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <poll.h>
#include <unistd.h>

#define PAGEOUT_ROUNDS 50

struct workload {
	unsigned char *mem;
	size_t page_bytes, n_pages;
	uint64_t generation;
	bool compressible, shuffle, failed;
};

static uint64_t mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15u;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return x ^ (x >> 31);
}

static uint64_t word_of(const struct workload *w, size_t page, size_t i)
{
	if (w->compressible && i % 8)
		return 0;
	return mix(mix(page * 1024 + i) ^ (w->generation << 1 | 1));
}

static void fill(struct workload *w)
{
	size_t n_words = w->page_bytes / sizeof(uint64_t);

	w->generation++;
	for (size_t page = 0; page < w->n_pages; page++) {
		uint64_t *words = (uint64_t *)(w->mem + page * w->page_bytes);

		for (size_t i = 0; i < n_words; i++)
			words[i] = word_of(w, page, i);
	}
}

static void verify(struct workload *w)
{
	size_t n_words = w->page_bytes / sizeof(uint64_t);

	for (size_t page = 0; page < w->n_pages; page++) {
		const uint64_t *words = (uint64_t *)(w->mem + page * w->page_bytes);

		for (size_t i = 0; i < n_words; i++) {
			uint64_t want = word_of(w, page, i);

			if (words[i] == want)
				continue;
			printf("bad %zu word %zu generation %" PRIu64 ": %016" PRIx64
			       " instead of %016" PRIx64 "\n",
			       page, i, w->generation, words[i], want);
			w->failed = true;
			return;
		}
	}
	printf("ok %zu\n", w->n_pages);
}

static uint64_t vm_swap_bytes(void)
{
	FILE *f = fopen("/proc/self/status", "re");
	unsigned long long kib = 0;
	char line[256];

	if (!f)
		return 0;
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "VmSwap: %llu", &kib) == 1)
			break;
	fclose(f);
	return (uint64_t)kib * 1024;
}

/* visits every page once, in an order without neighbours (n_pages need not be prime) */
static void page_out_shuffled(const struct workload *w)
{
	size_t span = 1;

	while (span < w->n_pages)
		span *= 2;
	for (size_t i = 0; i < span; i++) {
		size_t page = (i * 0x9e3779b1u + 7) & (span - 1); /* odd: a permutation */

		if (page < w->n_pages)
			madvise(w->mem + page * w->page_bytes, w->page_bytes,
				MADV_PAGEOUT);
	}
}

static void page_out(const struct workload *w)
{
	uint64_t before = 0, now;

	if (w->shuffle)
		page_out_shuffled(w);
	for (int i = 0; i < PAGEOUT_ROUNDS; i++) {
		madvise(w->mem, w->n_pages * w->page_bytes, MADV_PAGEOUT);
		now = vm_swap_bytes();
		if (now == before)
			break;
		before = now;
	}
	printf("out %" PRIu64 "\n", vm_swap_bytes());
}

/* false: end */
static bool obey(struct workload *w, const char *line)
{
	if (strcmp(line, "out") == 0) {
		page_out(w);
	} else if (strcmp(line, "swap") == 0) {
		printf("swap %" PRIu64 "\n", vm_swap_bytes());
	} else if (strcmp(line, "verify") == 0) {
		verify(w);
	} else if (strcmp(line, "write") == 0) {
		fill(w);
		printf("written %" PRIu64 "\n", w->generation);
	} else if (strcmp(line, "quit") == 0) {
		return false;
	} else {
		printf("what? %s\n", line);
	}
	return true;
}

/* obey what is complete in @buf; the rest moves to its front. false: end */
static bool obey_lines(struct workload *w, char *buf, size_t *len)
{
	char *start = buf, *newline;

	while ((newline = memchr(start, '\n', *len - (size_t)(start - buf)))) {
		*newline = '\0';
		if (!obey(w, start))
			return false;
		start = newline + 1;
	}
	*len -= (size_t)(start - buf);
	memmove(buf, start, *len);
	return true;
}

static void serve(struct workload *w, int sig_fd)
{
	struct pollfd fds[] = { { .fd = 0, .events = POLLIN },
				{ .fd = sig_fd, .events = POLLIN } };
	struct signalfd_siginfo si;
	char buf[256];
	size_t len = 0;
	ssize_t n;

	for (;;) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return;
		if (fds[1].revents & POLLIN && read(sig_fd, &si, sizeof(si)) > 0)
			verify(w);
		if (!fds[0].revents)
			continue;
		n = read(0, buf + len, sizeof(buf) - len);
		if (n <= 0)
			return;
		len += (size_t)n;
		if (!obey_lines(w, buf, &len) || len == sizeof(buf))
			return;
	}
}

static int catch_usr1(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

int main(int argc, char **argv)
{
	struct workload w = { .page_bytes = (size_t)sysconf(_SC_PAGESIZE) };
	int sig_fd, opt;
	long mib;

	while ((opt = getopt(argc, argv, "cs")) != -1) {
		if (opt == 'c')
			w.compressible = true;
		else if (opt == 's')
			w.shuffle = true;
		else
			return 2;
	}
	mib = optind + 1 == argc ? atol(argv[optind]) : 0;
	if (mib <= 0) {
		fprintf(stderr, "usage: pattern [-c] [-s] MIB\n");
		return 2;
	}
	w.n_pages = ((size_t)mib << 20) / w.page_bytes;
	w.mem = mmap(NULL, (size_t)mib << 20, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	sig_fd = catch_usr1();
	if (w.mem == MAP_FAILED || sig_fd < 0) {
		perror("pattern");
		return 2;
	}
	/* a huge page goes out in one piece or not at all */
	madvise(w.mem, (size_t)mib << 20, MADV_NOHUGEPAGE);
	setvbuf(stdout, NULL, _IOLBF, 0);
	fill(&w);
	printf("ready %d %zu\n", getpid(), w.n_pages);
	serve(&w, sig_fd);
	verify(&w);
	return w.failed ? 1 : 0;
}
