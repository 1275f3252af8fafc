/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Pages mapped by threads while swapoff(2) walks.
 *
 * For each page that is in memory, or on a device that is memory, swapoff(2) has a few
 * microseconds of work: to copy it, map it and free its slot. It does that on one
 * processor, and frees the slots of the swap cache only at its end. A touch from outside,
 * as park has it when it wakes a process, does the same, on another processor and while a
 * disk is still read.
 */
#ifndef SWAPADM_MAPPER_H
#define SWAPADM_MAPPER_H

#include "prefetch/feeder.h"

/**
 * struct mapper - the threads, and what they work on
 * @backwards:  from the end of the map, as swapoff(2) comes from the other one; else the
 *              pages are being read in the order of the map
 */
struct mapper {
	struct swapmap map;
	struct feeder feeder;
	bool backwards;
};

/**
 * mapper_new() - nothing is touched yet
 * @map:  taken over, also on failure; .n is 0 afterwards
 * Return: NULL no memory.
 */
struct mapper *mapper_new(struct swapmap *map, bool backwards);

/* in @n_threads; -errno: swapoff(2) does it alone then */
int mapper_start(struct mapper *m, unsigned n_threads);

/* how many pages of the map it may touch by now, 0: hold; no effect before a start */
void mapper_allow(struct mapper *m, uint64_t pages);

/**
 * mapper_end() - stop and free; NULL is allowed
 *
 * A thread may wait for a process that keeps its memory locked. It is not waited for
 * longer than a moment: what it works on stays, and it ends with the program.
 */
void mapper_end(struct mapper *m);

#endif
