/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/arena.h"

#define CHUNK_BYTES 16384

struct arena_chunk {
	struct arena_chunk *next;
	size_t used, size;
	_Alignas(max_align_t) char data[];
};

void *arena_alloc(struct arena *arena, size_t size)
{
	struct arena_chunk *chunk = arena->chunk;
	void *p;

	size = (size + _Alignof(max_align_t) - 1) & ~(_Alignof(max_align_t) - 1);
	if (!chunk || chunk->size - chunk->used < size) {
		size_t room = size > CHUNK_BYTES ? size : CHUNK_BYTES;

		chunk = calloc(1, sizeof(*chunk) + room);
		if (!chunk)
			return NULL;
		chunk->size = room;
		chunk->next = arena->chunk;
		arena->chunk = chunk;
	}
	p = chunk->data + chunk->used;
	chunk->used += size;
	return p;
}

int arena_set(struct arena *arena, const char **slot, const char *text)
{
	size_t n;
	char *copy;

	if (!text || !*text) {
		*slot = NULL;
		return 0;
	}
	n = strlen(text) + 1;
	copy = arena_alloc(arena, n);
	if (!copy)
		return -ENOMEM;
	*slot = memcpy(copy, text, n);
	return 0;
}

void arena_free(struct arena *arena)
{
	struct arena_chunk *next;

	for (struct arena_chunk *chunk = arena->chunk; chunk; chunk = next) {
		next = chunk->next;
		free(chunk);
	}
	arena->chunk = NULL;
}
