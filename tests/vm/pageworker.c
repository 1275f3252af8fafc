// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pageworker - memory whose every page is known, for tests of swap
 *
 *	pageworker MIB [thp] [seed=N] [zeros=N]
 *	pageworker where PID MAP	as "where" below, of another one that may be at work
 *
 * Fills MIB of anonymous memory: each page is a sequence that follows from its address,
 * its generation and the seed, so a page that comes back from the wrong place, from
 * another time or torn is seen. Every N-th page is of zeros only with "zeros". Answers "ready", then to
 * commands on standard input, one line each:
 *
 *	out		push all out: MADV_PAGEOUT, then memory.reclaim
 *	push		MADV_PAGEOUT, once: where "out" would try for long, as there is no room
 *	verify		read all pages in order of address
 *	touch		read a byte of every page in order of address, and nothing else
 *	random N	read N pages in random order; says how long a page took, in us
 *	rewrite PCT	new generation for PCT % of the pages
 *	churn SECS WHAT	until then, at random: r read, w rewrite, f fork a reader
 *			and rewrites its copy, x a child of its own that exits; o push
 *			a part out
 *	free PCT	give PCT % of the pages back (MADV_DONTNEED) and fill them anew
 *	drop		give all back at once, as an exit does, say how long it took; then
 *			fill them anew
 *	exec		be another process image, while a thread pages: answers "ready" anew
 *	bad		a child touches every page; says which signal ended it, 0 for none
 *	lost		touch every page, over those that give SIGBUS: "ok lost N", of the others
 *			the content is checked
 *	locate N MAP ID=DEV...	look for N swapped pages where the map of tswap says
 *			they are, past the kernel's caches: leaf ID is device DEV
 *	where MAP	how many swapped pages the map of tswap has on each leaf, 0 the
 *			holes: "ok where 0=0 1=300 ...". Pages that change meanwhile do not count
 *	stat		VmSwap and VmRSS in kB
 *	quit
 *
 * Answers: "ok ...", or "bad page N ..." for a wrong page, which ends it with status 1.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "pageworker.h"

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif

#define HUGE_BYTES (2UL << 20)

struct worker w;
static char **arguments;

uint64_t next_random(uint64_t *state)
{
	uint64_t x = *state;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return *state = x;
}

static uint64_t first_word(size_t page)
{
	uint64_t key = (uintptr_t)(w.mem + page * w.page_bytes) ^ w.seed << 48;

	key = (key ^ (uint64_t)w.generation[page] << 20) * 0x9e3779b97f4a7c15ULL;
	return key | 1;
}

static void fill_page(size_t page)
{
	uint64_t *p = (uint64_t *)(w.mem + page * w.page_bytes), x;
	size_t i;

	w.generation[page]++;
	if (w.zeros && page % w.zeros == 0) {
		memset(p, 0, w.page_bytes);
		return;
	}
	x = first_word(page);
	for (i = 0; i < w.page_bytes / sizeof(*p); i++)
		p[i] = next_random(&x);
}

/* @p is what was found of a page. */
void check_content(size_t page, const uint64_t *p, const char *doing)
{
	uint64_t x = first_word(page), want;
	size_t i;

	for (i = 0; i < w.page_bytes / sizeof(*p); i++) {
		want = w.zeros && page % w.zeros == 0 ? 0 : next_random(&x);
		if (p[i] == want)
			continue;
		printf("bad page %zu word %zu generation %u while %s: %016llx, expected %016llx\n",
		       page, i, w.generation[page], doing, (unsigned long long)p[i],
		       (unsigned long long)want);
		fflush(stdout);
		_exit(1);
	}
}

static void check_page(size_t page, const char *doing)
{
	check_content(page, (const uint64_t *)(w.mem + page * w.page_bytes), doing);
}

static size_t any_page(void)
{
	return next_random(&w.random) % w.pages;
}

static void page_out(size_t first, size_t pages)
{
	if (madvise(w.mem + first * w.page_bytes, pages * w.page_bytes, MADV_PAGEOUT) &&
	    errno != EAGAIN)
		err(2, "MADV_PAGEOUT");
}

/* The swap cache keeps pages of asynchronous devices until reclaim drops them. */
static void reclaim(size_t bytes)
{
	char line[256], path[512], number[32];
	FILE *f = fopen("/proc/self/cgroup", "re");
	int fd;

	if (!f || !fgets(line, sizeof(line), f))
		err(2, "/proc/self/cgroup");
	fclose(f);
	line[strcspn(line, "\n")] = 0;
	if (strncmp(line, "0::/", 4) || !line[4])
		return; /* the root has no memory.reclaim */
	snprintf(path, sizeof(path), "/sys/fs/cgroup%s/memory.reclaim", line + 3);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	snprintf(number, sizeof(number), "%zu", bytes);
	if (write(fd, number, strlen(number)) < 0 && errno != EAGAIN)
		err(2, "%s", path);
	close(fd);
}

static unsigned long kb_in(const char *path, const char *key)
{
	char line[128];
	unsigned long value = 0;
	FILE *f = fopen(path, "re");

	if (!f)
		err(2, "%s", path);
	while (fgets(line, sizeof(line), f))
		if (!strncmp(line, key, strlen(key)))
			value = strtoul(line + strlen(key), NULL, 10);
	fclose(f);
	return value;
}

static unsigned long status_kb(const char *key)
{
	return kb_in("/proc/self/status", key);
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

static void out_all(void)
{
	size_t bytes = w.pages * w.page_bytes;
	uint64_t began = now_ns();
	int i;

	for (i = 0; i < 4; i++) {
		page_out(0, w.pages);
		reclaim(bytes);
		if (status_kb("VmSwap:") * 1024 >= bytes / 100 * 97)
			break;
	}
	/* written pages stay in the swap cache until reclaim meets them */
	for (i = 0; i < 200; i++) {
		if (kb_in("/proc/meminfo", "SwapCached:") * 1024 < bytes / 100)
			break;
		usleep(2000);
		reclaim(bytes);
	}
	printf("ok out VmSwap %lu kB in %.3f ms\n", status_kb("VmSwap:"),
	       (now_ns() - began) / 1e6);
}

static void push(void)
{
	page_out(0, w.pages);
	printf("ok push VmSwap %lu kB\n", status_kb("VmSwap:"));
}

static void touch(void)
{
	uint64_t began = now_ns();
	size_t i;

	for (i = 0; i < w.pages; i++)
		*(volatile unsigned char *)(w.mem + i * w.page_bytes);
	printf("ok touch %zu pages in %.3f ms\n", w.pages, (now_ns() - began) / 1e6);
}

static void verify(void)
{
	size_t i;

	for (i = 0; i < w.pages; i++)
		check_page(i, "verify");
	printf("ok verify %zu pages\n", w.pages);
}

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static void random_reads(size_t n)
{
	uint32_t *ns = calloc(n ? n : 1, sizeof(*ns));
	uint64_t sum = 0, t;
	size_t i;

	if (!ns || !n)
		errx(2, "random: a number of pages");
	for (i = 0; i < n; i++) {
		size_t page = any_page();

		t = now_ns();
		*(volatile unsigned char *)(w.mem + page * w.page_bytes);
		t = now_ns() - t;
		ns[i] = t > UINT32_MAX ? UINT32_MAX : t;
		sum += t;
		check_page(page, "random");
	}
	qsort(ns, n, sizeof(*ns), compare);
	printf("ok random p50 %.3f us mean %.1f us p99 %.1f us max %.1f us\n",
	       ns[n / 2] / 1000.0, sum / 1000.0 / n, ns[n * 99 / 100] / 1000.0,
	       ns[n - 1] / 1000.0);
	free(ns);
}

static void rewrite(unsigned int pct)
{
	size_t i, done = 0;

	for (i = 0; i < w.pages; i++) {
		if (next_random(&w.random) % 100 >= pct)
			continue;
		check_page(i, "rewrite");
		fill_page(i);
		done++;
	}
	printf("ok rewrite %zu pages\n", done);
}

static void give_back(unsigned int pct)
{
	size_t i, done = 0;

	for (i = 0; i < w.pages; i++) {
		if (next_random(&w.random) % 100 >= pct)
			continue;
		if (madvise(w.mem + i * w.page_bytes, w.page_bytes, MADV_DONTNEED))
			err(2, "MADV_DONTNEED");
		fill_page(i);
		done++;
	}
	printf("ok free %zu pages\n", done);
}

static void drop(void)
{
	uint64_t began = now_ns(), took;
	size_t i;

	if (madvise(w.mem, w.pages * w.page_bytes, MADV_DONTNEED))
		err(2, "MADV_DONTNEED");
	took = now_ns() - began;
	for (i = 0; i < w.pages; i++)
		fill_page(i);
	printf("ok drop %zu pages in %.3f ms\n", w.pages, took / 1e6);
}

/* A child's copy must be as the parent's was, whatever the parent does meanwhile. */
static void child_copy(uint64_t seed)
{
	int i;

	w.random = seed | 1;
	for (i = 0; i < 64; i++) {
		size_t page = any_page();

		check_page(page, "child");
		if (i % 2)
			fill_page(page);
	}
	for (i = 0; i < 64; i++)
		check_page(any_page(), "child again");
	_exit(0);
}

/* Memory of its own that goes out, partly comes back, and is freed by the exit. */
static void child_exits(uint64_t seed)
{
	size_t i;

	w.random = seed | 1;
	w.seed ^= seed;
	w.pages = 512;
	w.mem = mmap(NULL, w.pages * w.page_bytes, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (w.mem == MAP_FAILED)
		err(2, "mmap");
	memset(w.generation, 0, w.pages * sizeof(*w.generation));
	for (i = 0; i < w.pages; i++)
		fill_page(i);
	page_out(0, w.pages);
	for (i = 0; i < 64; i++)
		check_page(any_page(), "exiter");
	_exit(0);
}

static void run_child(void (*what)(uint64_t))
{
	uint64_t seed = next_random(&w.random);
	uint32_t *copy;
	size_t bytes = w.pages * sizeof(*w.generation);
	pid_t pid;
	int status;

	pid = fork();
	if (pid < 0)
		err(2, "fork");
	if (!pid) {
		/* generations are shared memory: the child counts in a copy */
		copy = malloc(bytes > 4096 ? bytes : 4096);
		if (!copy)
			err(2, "malloc");
		memcpy(copy, w.generation, bytes);
		w.generation = copy;
		what(seed);
	}
	if (waitpid(pid, &status, 0) < 0)
		err(2, "waitpid");
	if (!WIFEXITED(status) || WEXITSTATUS(status)) {
		printf("bad child: status %x\n", status);
		fflush(stdout);
		_exit(1);
	}
}

static void touch_in_child(void)
{
	pid_t pid = fork();
	int status;
	size_t i;

	if (pid < 0)
		err(2, "fork");
	if (!pid) {
		for (i = 0; i < w.pages; i++)
			*(volatile unsigned char *)(w.mem + i * w.page_bytes);
		_exit(0);
	}
	if (waitpid(pid, &status, 0) < 0)
		err(2, "waitpid");
	printf("ok bad signal %d\n", WIFSIGNALED(status) ? WTERMSIG(status) : 0);
}

static sigjmp_buf over;

static void jump_over(int sig)
{
	siglongjmp(over, sig);
}

static void count_lost(void)
{
	struct sigaction jump = { .sa_handler = jump_over, .sa_flags = SA_NODEFER }, old;
	static volatile size_t i, lost;

	if (sigaction(SIGBUS, &jump, &old))
		err(2, "sigaction");
	lost = 0;
	for (i = 0; i < w.pages; i++) {
		if (sigsetjmp(over, 1)) {
			lost++;
			continue;
		}
		check_page(i, "looking for lost pages");
	}
	sigaction(SIGBUS, &old, NULL);
	printf("ok lost %zu\n", lost);
}

static void act(char what)
{
	size_t page = any_page(), span;

	switch (what) {
	case 'r':
		check_page(page, "reader");
		break;
	case 'w':
		check_page(page, "writer");
		fill_page(page);
		break;
	case 'o':
		span = w.pages - page < 1024 ? w.pages - page : 1024;
		page_out(page, span);
		break;
	case 'f':
		run_child(child_copy);
		break;
	case 'x':
		run_child(child_exits);
		break;
	default:
		errx(2, "churn: r, w, f, x and o, not '%c'", what);
	}
}

static void churn(double secs, const char *what)
{
	uint64_t end = now_ns() + (uint64_t)(secs * 1e9), i, rounds = 0;
	size_t n = strlen(what);

	if (!n)
		errx(2, "churn: what?");
	while (now_ns() < end) {
		char c = what[next_random(&w.random) % n];

		/* children and big pieces are expensive: many small steps to each */
		for (i = 0; i < (c == 'r' || c == 'w' ? 200 : 1); i++)
			act(c);
		rounds++;
	}
	printf("ok churn %llu rounds\n", (unsigned long long)rounds);
}

/* Until an exec ends it. */
static void *page_on(void *unused)
{
	volatile unsigned char *mem = w.mem;

	for (;;) {
		madvise(w.mem, w.pages * w.page_bytes, MADV_PAGEOUT);
		for (size_t i = 0; i < w.pages; i++)
			(void)mem[i * w.page_bytes];
	}
	return unused;
}

static void exec_again(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, page_on, NULL))
		errx(2, "no thread");
	usleep(50000 + next_random(&w.random) % 200000);
	execv("/proc/self/exe", arguments);
	err(2, "exec");
}

static bool obey(char *line)
{
	char *arg = strchr(line, ' ');
	char what[32] = "";
	double secs = 0;

	line[strcspn(line, "\n")] = 0;
	if (arg)
		*arg++ = 0;
	if (!strcmp(line, "out"))
		out_all();
	else if (!strcmp(line, "push"))
		push();
	else if (!strcmp(line, "verify"))
		verify();
	else if (!strcmp(line, "touch"))
		touch();
	else if (!strcmp(line, "random") && arg)
		random_reads(strtoul(arg, NULL, 10));
	else if (!strcmp(line, "rewrite") && arg)
		rewrite(strtoul(arg, NULL, 10));
	else if (!strcmp(line, "free") && arg)
		give_back(strtoul(arg, NULL, 10));
	else if (!strcmp(line, "drop"))
		drop();
	else if (!strcmp(line, "churn") && arg &&
		 sscanf(arg, "%lf %31s", &secs, what) == 2)
		churn(secs, what);
	else if (!strcmp(line, "exec"))
		exec_again();
	else if (!strcmp(line, "bad"))
		touch_in_child();
	else if (!strcmp(line, "lost"))
		count_lost();
	else if (!strcmp(line, "locate") && arg)
		locate(arg);
	else if (!strcmp(line, "where") && arg)
		where(arg);
	else if (!strcmp(line, "stat"))
		printf("ok stat VmSwap %lu kB VmRSS %lu kB\n", status_kb("VmSwap:"),
		       status_kb("VmRSS:"));
	else if (!strcmp(line, "quit"))
		return false;
	else
		printf("bad command: %s\n", line);
	fflush(stdout);
	return true;
}

static void set_up(size_t mib)
{
	size_t bytes = mib << 20, i;

	w.page_bytes = sysconf(_SC_PAGESIZE);
	w.pages = bytes / w.page_bytes;
	w.mem = mmap(NULL, bytes + HUGE_BYTES, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	w.generation = mmap(NULL, w.pages * sizeof(*w.generation), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (w.mem == MAP_FAILED || w.generation == MAP_FAILED)
		err(2, "mmap");
	if (mlock(w.generation, w.pages * sizeof(*w.generation)))
		err(2, "mlock");
	w.mem = (void *)(((uintptr_t)w.mem + HUGE_BYTES - 1) & ~(HUGE_BYTES - 1));
	if (madvise(w.mem, bytes, w.thp ? MADV_HUGEPAGE : MADV_NOHUGEPAGE) && w.thp)
		err(2, "MADV_HUGEPAGE");
	for (i = 0; i < w.pages; i++)
		fill_page(i);
}

int main(int argc, char **argv)
{
	char line[512];
	size_t mib = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
	void *volatile heap;
	int i;

	if (argc == 4 && !strcmp(argv[1], "where")) {
		where_of(argv[2], argv[3]);
		return 0;
	}
	if (!mib)
		errx(2, "usage: pageworker MIB [thp] [seed=N] [zeros=N]");
	arguments = argv;
	w.seed = getpid();
	for (i = 2; i < argc; i++) {
		if (!strcmp(argv[i], "thp"))
			w.thp = true;
		else if (!strncmp(argv[i], "seed=", 5))
			w.seed = strtoul(argv[i] + 5, NULL, 10);
		else if (!strncmp(argv[i], "zeros=", 6))
			w.zeros = strtoul(argv[i] + 6, NULL, 10);
		else
			errx(2, "%s: unknown option", argv[i]);
	}
	w.random = w.seed * 0x9e3779b97f4a7c15ULL | 1;
	/*
	 * The program itself stays in memory, whatever happens to the swap device: its
	 * heap, too, which has to be there by now, and malloc() alone would be optimized
	 * away.
	 */
	heap = malloc(1);
	free(heap);
	if (mlockall(MCL_CURRENT))
		err(2, "mlockall");
	set_up(mib);
	puts("ready");
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin) && obey(line))
		;
	return 0;
}
