/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Memory that is freed all at once: what a snapshot's strings and structs live in. */
#ifndef SWAPADM_ARENA_H
#define SWAPADM_ARENA_H

#include "base/util.h"

struct arena {
	struct arena_chunk *chunk;
};

/* zeroed, aligned for any type; NULL when memory is short */
void *arena_alloc(struct arena *arena, size_t size);

/**
 * arena_set() - keep a copy of a string
 * @slot:  set to the copy, or to NULL when @text is NULL or empty
 *
 * Return: 0; -ENOMEM.
 */
int arena_set(struct arena *arena, const char **slot, const char *text);

void arena_free(struct arena *arena);

#endif
