/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "balance/balance.h"

#include "plan/plan.h"

/* how far a tier's use is above a percentage of its size */
static uint64_t excess(const struct balance_tier *t, int pct)
{
	uint64_t limit = u64_of((double)t->size_bytes * pct / 100);

	return t->used_bytes > limit ? t->used_bytes - limit : 0;
}

static void update_descent(struct balance_tier *t)
{
	if (t->above_pct == SWAPADM_PCT_NONE || !excess(t, balance_below(t)))
		t->descending = false;
	else if (excess(t, t->above_pct))
		t->descending = true;
}

static void say_why(const struct balance_tier *t, struct swapadm_balance_decision *d)
{
	unsigned pct = (unsigned)((double)t->used_bytes * 100 / (double)t->size_bytes);

	snprintf(d->why, sizeof(d->why),
		 "%s is %u%% full, demotion begins above %d%% and ends at %d%%", t->name,
		 pct, t->above_pct, balance_below(t));
}

/* why nothing can be moved */
static void wait_for(struct swapadm_balance_decision *d, const char *what,
		     const char *who)
{
	d->bytes = 0;
	snprintf(d->waits, sizeof(d->waits), "%s%s", what, who);
}

/* of the slower tiers the first with room */
static const struct balance_tier *destination(const struct balance_tier *from,
					      const struct balance_tier *end)
{
	for (const struct balance_tier *t = from + 1; t < end; t++)
		if (t->free_bytes)
			return t;
	return NULL;
}

static void decide(const struct balance_tier *t, const struct balance_tier *end,
		   struct swapadm_balance_decision *d)
{
	const struct balance_tier *dest = destination(t, end);
	uint64_t page_bytes = own_page_bytes();

	*d = (struct swapadm_balance_decision){ .older_s = t->older_s };
	snprintf(d->tier, sizeof(d->tier), "%s", t->name);
	say_why(t, d);
	if (!dest) {
		wait_for(d, "no slower tier has room", "");
		return;
	}
	snprintf(d->dest, sizeof(d->dest), "%s", dest->name);
	d->bytes = balance_whole_pages(excess(t, balance_below(t)));
	d->bytes = u64_min(u64_min(d->bytes, BALANCE_PIECE_BYTES), dest->free_bytes);
	if (dest->budget_bytes < page_bytes)
		wait_for(d, "today's write-budget is used up of ", dest->name);
	else if (*t->job)
		wait_for(d, "for job ", t->job);
	else if (*dest->job)
		wait_for(d, "for job ", dest->job);
	else
		d->bytes =
			u64_min(d->bytes, dest->budget_bytes) / page_bytes * page_bytes;
}

size_t balance_decide(struct balance_tier *tiers, size_t n,
		      struct swapadm_balance_decision *out)
{
	size_t n_out = 0;

	for (size_t i = n; i-- > 0;) {
		update_descent(&tiers[i]);
		if (tiers[i].descending && !tiers[i].resting)
			decide(&tiers[i], tiers + n, &out[n_out++]);
	}
	return n_out;
}
