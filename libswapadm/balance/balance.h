/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Demotion by watermarks: what is decided, apart from what is read and done.
 *
 * A tier above demote-above begins a descent: pages older than demote-older go to the
 * next slower tier with room, a piece at a time, until the tier is below demote-below. A
 * piece is small, so that a job of the user's never waits long for one of ours, and
 * nothing begins while a job touches one of the two tiers.
 */
#ifndef SWAPADM_BALANCE_H
#define SWAPADM_BALANCE_H

#include "base/ctx.h"

#define BALANCE_PIECE_BYTES    (UINT64_C(64) << 20)
#define BALANCE_DEFAULT_MARGIN 10 /* without demote-below: so many percent below above */

/**
 * struct balance_tier - a tier as the decision sees it, fastest first
 * @free_bytes:      room on devices that take pages
 * @budget_bytes:    that may still be written to it today; UINT64_MAX: no budget
 * @above_pct:       SWAPADM_PCT_NONE: no watermark
 * @job:             a job that has it as source or destination, or ""
 * @descending:      a descent has begun and not yet reached demote-below
 * @resting:         nothing old enough was found a while ago
 * @marks_of:        of its zrams the one whose idle marks the descent waits for or uses
 */
struct balance_tier {
	const char *name;
	uint64_t size_bytes, used_bytes, free_bytes, budget_bytes;
	int above_pct, below_pct;
	uint64_t older_s;
	char job[16];
	bool descending, resting;
	const char *marks_of;
};

/* demote-below, or what stands for it */
static inline int balance_below(const struct balance_tier *t)
{
	int below = t->below_pct;

	if (below == SWAPADM_PCT_NONE)
		below = t->above_pct - BALANCE_DEFAULT_MARGIN;
	return below > 0 ? below : 0;
}

/* whole pages, and up: else a part of one would stay above the mark for ever */
static inline uint64_t balance_whole_pages(uint64_t bytes)
{
	uint64_t page_bytes = own_page_bytes();

	return (bytes + page_bytes - 1) / page_bytes * page_bytes;
}

/**
 * balance_decide() - what to move now
 * @tiers:  fastest first; .descending is brought up to date
 * @out:    room for @n decisions
 *
 * The slowest tier comes first, so that it has room for what comes from above.
 * Return: number of decisions.
 */
size_t balance_decide(struct balance_tier *tiers, size_t n,
		      struct swapadm_balance_decision *out);

/*
 * does a tier have to wait for a job? of its source, destination, or where it may choose
 */
bool balance_is_touched(const struct swapadm_tier *tier,
			const struct swapadm_progress *job);

/**
 * balance_budget_used() - what was written to a tier today on behalf of balance
 * balance_budget_charge() - count more; @bytes may be negative: what was not written
 * after all
 * balance_budget_carry() - what another boot left is written with this boot's time: from
 * then on a clock that is set gives no new day
 *
 * Kept in /var/lib/swapadm/write-budget, a line a tier: "TIER DAY BYTES", the day of UTC
 * counted from 1970. Charged before the move, so a crash counts too much, never too
 * little.
 * Return: 0; else -errno with the sentence.
 */
int balance_budget_used(struct swapadm_ctx *ctx, const char *tier, uint64_t *bytes);
int balance_budget_charge(struct swapadm_ctx *ctx, const char *tier, int64_t bytes);
int balance_budget_carry(struct swapadm_ctx *ctx);

#endif
