/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The pages of a tswap area in the order in which they lie on its leaves.
 *
 * Slots of the area say nothing about places: a page lies where the module has put or
 * moved it. So what is to be read ahead is sorted anew by leaf and position. The leaves
 * take turns, each as often as its share of the pages asks for: they are devices of their
 * own, and all of them work at the same time and end at the same time.
 */
#ifndef SWAPADM_LEAFORDER_H
#define SWAPADM_LEAFORDER_H

#include "prefetch/runset.h"

/**
 * leaforder_apply() - put runs of an area into the order of its leaves
 * @path:  of the area; one that is not a tswap device is left as it is
 * @set:   sorted by slot; afterwards by the turns of the leaves, and .offset is only
 *         that. What memory has no room for is let go: .end_offset says at which slot the
 *         next pass has to begin, as ever
 *
 * Pages move while this is read, and a map that can't be read changes nothing: it is only
 * about advice. Takes at most 34 MiB on top of @set, which shrinks to 16 MiB.
 * Kernel ABI: /sys/block/tswap<N>/tswap/map.
 * Return: 0; -ENOMEM.
 */
int leaforder_apply(struct swapadm_ctx *ctx, const char *path, struct runset *set);

#endif
