/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/map.h"

#include <fcntl.h>
#include <linux/tswap.h>

#define BLOCK_SLOTS 512 /* a page: sysfs gives no more at once */
#define N_BLOCKS    512

struct block {
	uint64_t first; /* slot; of an empty block: UINT64_MAX */
	size_t n;       /* slots that could be read */
	uint64_t words[BLOCK_SLOTS];
};

struct leafmap {
	int fd;
	struct block blocks[N_BLOCKS]; /* by number of the block */
};

int leafmap_open(struct swapadm_ctx *ctx, const char *name, struct leafmap **out)
{
	struct leafmap *map;
	char path[96];
	int fd;

	snprintf(path, sizeof(path), "/sys/block/%s/tswap/map", name);
	fd = ctx_open(ctx, path, O_RDONLY);
	if (fd < 0)
		return fd;
	map = malloc(sizeof(*map));
	if (!map) {
		close(fd);
		return -ENOMEM;
	}
	map->fd = fd;
	for (size_t i = 0; i < N_BLOCKS; i++)
		map->blocks[i].first = UINT64_MAX;
	*out = map;
	return 0;
}

struct leafmap *leafmap_close(struct leafmap *map)
{
	if (map)
		close(map->fd);
	free(map);
	return NULL;
}

uint64_t leafmap_word(struct leafmap *map, uint64_t slot)
{
	uint64_t first = slot / BLOCK_SLOTS * BLOCK_SLOTS;
	struct block *block = &map->blocks[slot / BLOCK_SLOTS % N_BLOCKS];

	if (block->first != first) {
		ssize_t n = pread(map->fd, block->words, sizeof(block->words),
				  (off_t)(first * sizeof(*block->words)));

		block->first = first;
		block->n = n > 0 ? (size_t)n / sizeof(*block->words) : 0;
	}
	return slot - first < block->n ? block->words[slot - first] : 0;
}

uint32_t leafmap_leaf(struct leafmap *map, uint64_t slot)
{
	return TSWAP_SLOT_LEAF(leafmap_word(map, slot));
}
