/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "balance/zram.h"

struct fill {
	uint64_t held, size, mem, limit;
};

/* the limits count only where every device has one */
static struct fill sum(const struct balance_zrams *zrams)
{
	struct fill f = { 0 };
	bool limited = true;

	for (size_t i = 0; i < zrams->n; i++) {
		const struct balance_zram *z = &zrams->items[i];

		f.held += z->held_bytes;
		f.size += z->size_bytes;
		f.mem += z->mem_bytes;
		f.limit += z->limit_bytes;
		limited = limited && z->limit_bytes;
	}
	if (!limited)
		f.limit = 0;
	return f;
}

static unsigned percent(uint64_t part, uint64_t whole)
{
	return whole ? (unsigned)((double)part * 100 / (double)whole) : 0;
}

unsigned balance_zram_pct(const struct balance_zrams *zrams, bool *by_limit)
{
	struct fill f = sum(zrams);
	unsigned pages = percent(f.held, f.size), memory = percent(f.mem, f.limit);

	*by_limit = memory > pages;
	return *by_limit ? memory : pages;
}

static uint64_t over(uint64_t bytes, uint64_t whole, int pct)
{
	uint64_t limit = u64_of((double)whole * pct / 100);

	return bytes > limit ? bytes - limit : 0;
}

/* by how many pages the tier is above a percentage, in bytes */
static uint64_t excess(const struct balance_zrams *zrams, int pct)
{
	struct fill f = sum(zrams);
	uint64_t pages = over(f.held, f.size, pct), memory = 0;

	if (f.limit && f.mem)
		memory = u64_of((double)over(f.mem, f.limit, pct) * (double)f.held /
				(double)f.mem);
	return pages > memory ? pages : memory;
}

static void update_descent(const struct balance_zrams *zrams)
{
	struct balance_tier *t = zrams->tier;

	if (t->above_pct == SWAPADM_PCT_NONE || !excess(zrams, balance_below(t)))
		t->descending = false;
	else if (excess(zrams, t->above_pct))
		t->descending = true;
}

/* the fullest one that has room to write to and is not known to be all warm */
static const struct balance_zram *choose(const struct balance_zrams *zrams)
{
	const struct balance_zram *best = NULL;

	for (size_t i = 0; i < zrams->n; i++) {
		const struct balance_zram *z = &zrams->items[i];

		if (z->resting || !z->room_bytes || !z->held_bytes)
			continue;
		if (!best || z->held_bytes > best->held_bytes)
			best = z;
	}
	return best;
}

static void wait_for(struct swapadm_balance_decision *d, const char *what,
		     const char *who)
{
	d->bytes = 0;
	snprintf(d->waits, sizeof(d->waits), "%s%s", what, who);
}

static bool all_rest(const struct balance_zrams *zrams)
{
	for (size_t i = 0; i < zrams->n; i++)
		if (!zrams->items[i].resting)
			return false;
	return true;
}

void balance_by_marks(const struct balance_zram *z, struct swapadm_balance_decision *d)
{
	if (z->marked_s == NOT_MARKED) {
		d->kind = SWAPADM_BALANCE_MARK;
	} else if (z->marked_s < d->older_s) {
		d->bytes = 0;
		/* the same words at each look: a reason is said once */
		snprintf(d->waits, sizeof(d->waits),
			 "%s is marked idle, what is still idle after %llu s goes",
			 z->name, (unsigned long long)d->older_s);
	}
}

static void decide(const struct balance_zrams *zrams, struct swapadm_balance_decision *d)
{
	const struct balance_tier *t = zrams->tier;
	const struct balance_zram *z = choose(zrams);
	uint64_t page_bytes = own_page_bytes();

	if (!z) {
		wait_for(d, "no backing device has room", "");
		return;
	}
	snprintf(d->device, sizeof(d->device), "%s", z->name);
	d->bytes = balance_whole_pages(excess(zrams, balance_below(t)));
	d->bytes = u64_min(u64_min(d->bytes, BALANCE_PIECE_BYTES), z->room_bytes);
	d->bytes = u64_min(d->bytes, z->held_bytes);
	if (t->budget_bytes < page_bytes)
		wait_for(d, "today's write-budget is used up of ", t->name);
	else if (*t->job)
		wait_for(d, "for job ", t->job);
	else
		d->bytes = u64_min(d->bytes, t->budget_bytes) / page_bytes * page_bytes;
	if (d->bytes && d->older_s && !z->ages) {
		zrams->tier->marks_of = z->name;
		balance_by_marks(z, d);
	}
}

bool balance_decide_zram(const struct balance_zrams *zrams,
			 struct swapadm_balance_decision *d)
{
	const struct balance_tier *t = zrams->tier;
	bool by_limit;
	unsigned pct = balance_zram_pct(zrams, &by_limit);

	update_descent(zrams);
	if (!t->descending || all_rest(zrams))
		return false;
	*d = (struct swapadm_balance_decision){ .older_s = t->older_s };
	snprintf(d->tier, sizeof(d->tier), "%s", t->name);
	snprintf(d->dest, sizeof(d->dest), "backing");
	snprintf(
		d->why, sizeof(d->why),
		"%s holds %u%% of its %s in memory, write-back begins above %d%% and ends at %d%%",
		t->name, pct, by_limit ? "mem-limit" : "size", t->above_pct,
		balance_below(t));
	decide(zrams, d);
	return true;
}
