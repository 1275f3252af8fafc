// SPDX-License-Identifier: GPL-2.0-or-later
/* Where swapped pages are, by the map of tswap. */
#include "pageworker.h"

#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../tswap/uapi/linux/tswap.h"

/* Where pages are: the kernel's pagemap, the module's map, the leaves. */
struct places {
	int pagemap;
	int map;
	int leaf[TSWAP_LEAF_MAX + 1];
};

static int open_or_die(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);

	if (fd < 0)
		err(2, "%s", path);
	return fd;
}

static uint64_t word_at(int fd, uint64_t index)
{
	uint64_t word;

	if (pread(fd, &word, sizeof(word), index * sizeof(word)) != sizeof(word))
		err(2, "pread of a map");
	return word;
}

static bool is_swapped(uint64_t entry)
{
	return entry >> 62 & 1;
}

/* of a swapped page */
static uint64_t slot_word(const struct places *at, uint64_t entry)
{
	return word_at(at->map, entry >> 5 & ((1ULL << 50) - 1));
}

static uint64_t pagemap_entry(const struct places *at, size_t page)
{
	return word_at(at->pagemap,
		       (uintptr_t)(w.mem + page * w.page_bytes) / w.page_bytes);
}

/* The page as its leaf has it; false if it is in memory or a hole of the map. */
static bool read_from_leaf(const struct places *at, size_t page, void *buf)
{
	uint64_t entry = pagemap_entry(at, page), word;
	int leaf;

	if (!is_swapped(entry))
		return false;
	word = slot_word(at, entry);
	leaf = at->leaf[TSWAP_SLOT_LEAF(word)];
	if (!word || word & TSWAP_SLOT_BUSY)
		return false;
	if (leaf < 0)
		errx(2, "locate: leaf %u was not named", TSWAP_SLOT_LEAF(word));
	if (pread(leaf, buf, w.page_bytes,
		  (off_t)TSWAP_SLOT_POS(word) * (off_t)w.page_bytes) !=
	    (ssize_t)w.page_bytes)
		err(2, "pread of leaf %u", TSWAP_SLOT_LEAF(word));
	return true;
}

static void locate_pages(const struct places *at, size_t max)
{
	size_t step = w.pages > max ? w.pages / max : 1, first, found = 0;
	void *buf;

	if (posix_memalign(&buf, w.page_bytes, w.page_bytes))
		errx(2, "no memory");
	for (first = 0; first + step <= w.pages; first += step) {
		size_t page = first + next_random(&w.random) % step;

		if (!read_from_leaf(at, page, buf))
			continue;
		check_content(page, buf, "locate");
		found++;
	}
	free(buf);
	printf("ok locate %zu of %zu\n", found, w.pages / step);
}

#define CHUNK 256 /* pages whose entries are read at once */

static void read_entries(int pagemap, size_t page, size_t n, uint64_t *out)
{
	size_t first = (uintptr_t)w.mem / w.page_bytes + page;

	if (pread(pagemap, out, n * sizeof(*out), (off_t)(first * sizeof(*out))) !=
	    (ssize_t)(n * sizeof(*out)))
		err(2, "pread of pagemap");
}

/* what has the same slot afterwards had it when the map was read */
static void count_chunk(const struct places *at, size_t page, size_t n,
			unsigned long *count)
{
	uint64_t before[CHUNK], after[CHUNK];
	int leaf[CHUNK];
	size_t i;

	read_entries(at->pagemap, page, n, before);
	for (i = 0; i < n; i++)
		if (is_swapped(before[i]))
			leaf[i] = (int)TSWAP_SLOT_LEAF(slot_word(at, before[i]));
	read_entries(at->pagemap, page, n, after);
	for (i = 0; i < n; i++)
		if (is_swapped(before[i]) && after[i] == before[i])
			count[leaf[i]]++;
}

static void count_places(const char *pagemap, const char *map)
{
	unsigned long count[TSWAP_LEAF_MAX + 1] = { 0 };
	struct places at = { .pagemap = open_or_die(pagemap, O_RDONLY),
			     .map = open_or_die(map, O_RDONLY) };
	size_t page, id;

	for (page = 0; page < w.pages; page += CHUNK)
		count_chunk(&at, page, w.pages - page < CHUNK ? w.pages - page : CHUNK,
			    count);
	close(at.pagemap);
	close(at.map);
	printf("ok where");
	for (id = 0; id <= TSWAP_LEAF_MAX; id++)
		if (count[id])
			printf(" %zu=%lu", id, count[id]);
	putchar('\n');
}

void where(const char *map)
{
	count_places("/proc/self/pagemap", map);
}

/* its memory is the largest mapping that is of no file */
static void find_memory(const char *pid)
{
	char path[64], line[512];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%s/maps", pid);
	f = fopen(path, "re");
	if (!f)
		err(2, "%s", path);
	while (fgets(line, sizeof(line), f)) {
		unsigned long start, end;

		if (sscanf(line, "%lx-%lx", &start, &end) != 2 || strchr(line, '/') ||
		    (end - start) / w.page_bytes <= w.pages)
			continue;
		w.mem = (unsigned char *)start;
		w.pages = (end - start) / w.page_bytes;
	}
	fclose(f);
}

void where_of(const char *pid, const char *map)
{
	char path[64];

	w.page_bytes = (size_t)sysconf(_SC_PAGESIZE);
	find_memory(pid);
	snprintf(path, sizeof(path), "/proc/%s/pagemap", pid);
	count_places(path, map);
}

void locate(char *args)
{
	char *save = NULL, *word = strtok_r(args, " ", &save);
	size_t max = word ? strtoul(word, NULL, 10) : 0;
	struct places at;
	int i;

	word = strtok_r(NULL, " ", &save);
	if (!max || !word)
		errx(2, "locate: a number of pages, the map, the leaves");
	at.pagemap = open_or_die("/proc/self/pagemap", O_RDONLY);
	at.map = open_or_die(word, O_RDONLY);
	for (i = 0; i <= TSWAP_LEAF_MAX; i++)
		at.leaf[i] = -1;
	while ((word = strtok_r(NULL, " ", &save))) {
		char *path;
		unsigned long id = strtoul(word, &path, 10);

		if (!id || id > TSWAP_LEAF_MAX || *path != '=')
			errx(2, "locate: %s: expected ID=DEVICE", word);
		at.leaf[id] = open_or_die(path + 1, O_RDONLY | O_DIRECT);
	}
	locate_pages(&at, max);
	for (i = 0; i <= TSWAP_LEAF_MAX; i++)
		if (at.leaf[i] >= 0)
			close(at.leaf[i]);
	close(at.map);
	close(at.pagemap);
}
