/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shared memory in swap, of four kinds, to be held until standard input ends.
 *
 * usage: hold-shared FOLDER    (on a tmpfs)
 *
 * Fills a memfd "held" of 12 MiB, a System V segment of 8 MiB, FOLDER/mapped of 4 MiB and
 * FOLDER/closed of 2 MiB, pushes them out, lets go of the last one, and prints "ready ID"
 * with the number of the segment. FOLDER/sparse0 to sparse2 have 1 MiB as well, at the
 * beginning of 60 TiB: an address space holds two of them. A memfd "open" of 6 MiB and
 * FOLDER/gone of 3 MiB, which is deleted, are only held open. At the end each byte is
 * compared: exit status 1 if one is wrong.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <unistd.h>

#define MIB           (size_t)(1 << 20)
#define MADV_PUSH_OUT 21 /* MADV_PAGEOUT */

static uint64_t word_at(size_t i, uint64_t seed)
{
	uint64_t x = (i + 1) * UINT64_C(0x9e3779b97f4a7c15) ^ seed;

	x ^= x >> 29;
	return x * UINT64_C(0xbf58476d1ce4e5b9);
}

static void fill(uint64_t *base, size_t bytes, uint64_t seed)
{
	for (size_t i = 0; i < bytes / sizeof(*base); i++)
		base[i] = word_at(i, seed);
	if (madvise(base, bytes, MADV_PUSH_OUT) < 0)
		perror("madvise");
}

static bool is_right(const uint64_t *base, size_t bytes, uint64_t seed)
{
	for (size_t i = 0; i < bytes / sizeof(*base); i++)
		if (base[i] != word_at(i, seed)) {
			printf("wrong: seed %u, word %zu\n", (unsigned)seed, i);
			return false;
		}
	return true;
}

static uint64_t *map(int fd, size_t bytes)
{
	uint64_t *base = MAP_FAILED;

	if (fd >= 0 && ftruncate(fd, (off_t)bytes) == 0)
		base = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (base == MAP_FAILED) {
		perror("map");
		exit(1);
	}
	return base;
}

static uint64_t *map_file(const char *folder, const char *name, size_t bytes)
{
	char path[512];
	int fd;
	uint64_t *base;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	base = map(fd, bytes);
	close(fd);
	return base;
}

/* pushed out, and not mapped any more */
static int only_open(int fd, size_t bytes, uint64_t seed)
{
	uint64_t *base = map(fd, bytes);

	fill(base, bytes, seed);
	munmap(base, bytes);
	return fd;
}

static bool open_is_right(int fd, size_t bytes, uint64_t seed)
{
	return is_right(map(fd, bytes), bytes, seed);
}

static int gone_file(const char *folder)
{
	char path[512];
	int fd;

	snprintf(path, sizeof(path), "%s/gone", folder);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	unlink(path);
	return fd;
}

/* its data at the beginning, which is pushed out, or compared */
static bool sparse(const char *folder, unsigned i, bool compare)
{
	char name[16], path[512];
	uint64_t *base;
	bool right = true;

	snprintf(name, sizeof(name), "sparse%u", i);
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	base = map_file(folder, name, MIB);
	if (compare)
		right = is_right(base, MIB, 5 + i);
	else
		fill(base, MIB, 5 + i);
	munmap(base, MIB);
	return right && truncate(path, (off_t)60 << 40) == 0;
}

int main(int argc, char **argv)
{
	int id = shmget(IPC_PRIVATE, 8 * MIB, IPC_CREAT | 0600);
	uint64_t *held, *segment, *mapped, *closed;
	bool right = true;
	int memfd, gone;

	if (argc != 2 || id < 0)
		return 2;
	segment = shmat(id, NULL, 0);
	shmctl(id, IPC_RMID, NULL); /* at the latest when we end */
	if (segment == (void *)-1)
		return 1;
	held = map(memfd_create("held", MFD_CLOEXEC), 12 * MIB);
	mapped = map_file(argv[1], "mapped", 4 * MIB);
	closed = map_file(argv[1], "closed", 2 * MIB);
	fill(held, 12 * MIB, 1);
	fill(segment, 8 * MIB, 2);
	fill(mapped, 4 * MIB, 3);
	fill(closed, 2 * MIB, 4);
	munmap(closed, 2 * MIB);
	memfd = only_open(memfd_create("open", MFD_CLOEXEC), 6 * MIB, 8);
	gone = only_open(gone_file(argv[1]), 3 * MIB, 9);
	for (unsigned i = 0; i < 3; i++)
		right &= sparse(argv[1], i, false);
	printf("ready %d\n", id);
	fflush(stdout);
	while (getchar() != EOF)
		;
	closed = map_file(argv[1], "closed", 2 * MIB);
	right &= is_right(held, 12 * MIB, 1);
	right &= is_right(segment, 8 * MIB, 2);
	right &= is_right(mapped, 4 * MIB, 3);
	right &= is_right(closed, 2 * MIB, 4);
	right &= open_is_right(memfd, 6 * MIB, 8);
	right &= open_is_right(gone, 3 * MIB, 9);
	for (unsigned i = 0; i < 3; i++)
		right &= sparse(argv[1], i, true);
	return !right;
}
