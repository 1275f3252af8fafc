/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * layouts - pages in swap next to pages that are not, in every arrangement
 *
 * usage: layouts near|far  make them, print "ready PID" and wait for a signal; near: in
 *                          little address space
 *        layouts count PID read every entry of every mapping, one by one in order: a line
 *                          "TYPE PAGES" for each swap type
 *
 * Exit status: 0; 2 usage, failure.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define TYPES 32

static size_t page_bytes;

/* ---- to be counted ----------------------------------------------------------------- */

static unsigned char *make(size_t n_pages, bool fill)
{
	unsigned char *mem = mmap(NULL, n_pages * page_bytes, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (mem == MAP_FAILED)
		exit(2);
	madvise(mem, n_pages * page_bytes, MADV_NOHUGEPAGE);
	for (size_t i = 0; fill && i < n_pages; i++)
		memset(mem + i * page_bytes, (int)(i % 255) + 1, page_bytes);
	return mem;
}

static void out(unsigned char *mem, size_t first, size_t n)
{
	if (madvise(mem + first * page_bytes, n * page_bytes, MADV_PAGEOUT))
		exit(2);
}

/* @n_out pages in swap, then @n_in that stay, over and over */
static void stripes(size_t n_pages, size_t n_out, size_t n_in)
{
	unsigned char *mem = make(n_pages, true);

	for (size_t i = 0; i + n_out <= n_pages; i += n_out + n_in)
		out(mem, i, n_out);
}

/* runs of all lengths up to 100 with gaps of all widths */
static void runs(void)
{
	unsigned char *mem = make(100 * 101, true);
	size_t at = 0;

	for (size_t n = 1; n <= 100; n++) {
		out(mem, at, n);
		at += n + (n * 37) % 101;
	}
}

/* here and there in a large reservation that is empty */
static void far_apart(void)
{
	size_t step = ((size_t)1 << 30) / page_bytes;
	unsigned char *mem = make(100 * step, false);

	for (size_t i = 0; i < 100; i++) {
		memset(mem + i * step * page_bytes, 1, (i % 3 + 1) * page_bytes);
		out(mem, i * step, i % 3 + 1);
	}
}

static void make_near(void)
{
	unsigned char *mem = make(6000, true);

	out(mem, 0, 6000); /* one long run */
	stripes(2000, 1, 7);
	stripes(2000, 7, 1);
	stripes(4000, 40, 40);
	stripes(4000, 700, 600);
	stripes(1100, 1, 1);
	runs();
}

/* ---- the count --------------------------------------------------------------------- */

static void count_mapping(int fd, uint64_t start, uint64_t end, uint64_t counts[TYPES])
{
	static uint64_t chunk[4096];
	uint64_t vpn = start / page_bytes, last = end / page_bytes;

	while (vpn < last) {
		size_t n = last - vpn < 4096 ? last - vpn : 4096;
		ssize_t got = pread(fd, chunk, n * 8, (off_t)(vpn * 8));

		if (got <= 0)
			return;
		for (size_t i = 0; i < (size_t)got / 8; i++)
			if (chunk[i] >> 62 == 1)
				counts[chunk[i] % TYPES]++;
		vpn += (size_t)got / 8;
	}
}

static int count(const char *pid)
{
	uint64_t counts[TYPES] = { 0 }, start, end;
	char path[64], line[4096];
	FILE *maps;
	int fd;

	snprintf(path, sizeof(path), "/proc/%s/pagemap", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	snprintf(path, sizeof(path), "/proc/%s/maps", pid);
	maps = fopen(path, "re");
	if (fd < 0 || !maps)
		return 2;
	while (fgets(line, sizeof(line), maps))
		if (sscanf(line, "%" SCNx64 "-%" SCNx64, &start, &end) == 2)
			count_mapping(fd, start, end, counts);
	for (unsigned type = 0; type < TYPES; type++)
		if (counts[type])
			printf("%u %" PRIu64 "\n", type, counts[type]);
	fclose(maps);
	close(fd);
	return 0;
}

int main(int argc, char **argv)
{
	page_bytes = (size_t)sysconf(_SC_PAGESIZE);
	if (argc == 3 && !strcmp(argv[1], "count"))
		return count(argv[2]);
	if (argc != 2)
		return 2;
	make_near();
	if (!strcmp(argv[1], "far"))
		far_apart();
	printf("ready %d\n", (int)getpid());
	fflush(stdout);
	pause();
	return 0;
}
