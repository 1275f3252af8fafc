/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * On which leaf does a slot of the tswap area lie? The module's map, read in small
 * blocks.
 */
#ifndef SWAPADM_LEAFMAP_H
#define SWAPADM_LEAFMAP_H

#include "base/ctx.h"

struct leafmap;

/**
 * leafmap_open() - the map of a tswap device
 * @name:  "tswap0"
 *
 * Keeps at most 2 MiB of it in memory, however large the device.
 * Kernel ABI: /sys/block/tswap<N>/tswap/map, the words of uapi/linux/tswap.h.
 * Return: 0; -EACCES needs CAP_SYS_ADMIN; -ENOMEM; else -errno.
 */
int leafmap_open(struct swapadm_ctx *ctx, const char *name, struct leafmap **out);
struct leafmap *leafmap_close(struct leafmap *map); /* returns NULL */

/* the word of a slot; 0: on no leaf, as a page that zswap holds, or unreadable */
uint64_t leafmap_word(struct leafmap *map, uint64_t slot);
/* the leaf id of that word */
uint32_t leafmap_leaf(struct leafmap *map, uint64_t slot);

#endif
