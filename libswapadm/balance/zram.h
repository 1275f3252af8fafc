/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Demotion on the direct layer: from zram devices to their own backing devices.
 *
 * A page that was written back keeps its slot of the area, so what counts against the
 * watermarks is not what the area uses but what it still holds in memory: its pages
 * against its size, or its memory against its mem-limit, whichever is fuller.
 */
#ifndef SWAPADM_BALANCE_ZRAM_H
#define SWAPADM_BALANCE_ZRAM_H

#include "balance/balance.h"
#include "state/marks.h"

/**
 * struct balance_zram - a zram device with a backing device
 * @held_bytes:   pages in memory, uncompressed; those filled with one word left out
 * @mem_bytes:    memory that they take
 * @limit_bytes:  mem-limit, 0: none
 * @room_bytes:   on the backing device
 * @ages:         the kernel tracks when a page was used
 * @marked_s:     without ages: since when all its pages are marked idle, in seconds ago;
 *                NOT_MARKED
 * @resting:      nothing old enough was found a while ago
 */
struct balance_zram {
	const char *name;
	uint64_t size_bytes, held_bytes, mem_bytes, limit_bytes, room_bytes;
	uint64_t marked_s;
	bool ages, resting;
};

/* the zrams of a tier, with the tier's policy; .descending is brought up to date */
struct balance_zrams {
	struct balance_tier *tier;
	const struct balance_zram *items;
	size_t n;
};

/**
 * balance_decide_zram() - what to write back now
 *
 * Return: whether @out says anything.
 */
bool balance_decide_zram(const struct balance_zrams *zrams,
			 struct swapadm_balance_decision *out);

/*
 * for a kernel without ages: what stands for .older_s of @decision is to mark, then to
 * wait, then to do what it says
 */
void balance_by_marks(const struct balance_zram *zram,
		      struct swapadm_balance_decision *decision);

/* how much of it is held in memory, in percent: see at the top */
unsigned balance_zram_pct(const struct balance_zrams *zrams, bool *by_limit);

#endif
