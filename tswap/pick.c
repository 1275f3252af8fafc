// SPDX-License-Identifier: GPL-2.0-only
/*
 * tswap - which pages a job moves, and where they may go
 */
#include <linux/sched.h>

#include "move.h"
#include "rule.h"

/*
 * Finding slots
 */

/*
 * The next slots in a row that the job is for, from *@slot on and before @end: from where
 * they begin, *@slot, to the return value; that is @end, and *@slot as well, without any.
 */
static u32 next_slots(const struct tswap_job *job, u32 *slot, u32 end)
{
	u32 low = 0, high = job->nr_slots;

	if (!job->slots)
		return end;
	while (low < high) { /* the first entry that does not end before *@slot */
		u32 mid = low + (high - low) / 2;

		if (job->slots[mid].first + job->slots[mid].nr <= *slot)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == job->nr_slots || job->slots[low].first >= end) {
		*slot = end;
		return end;
	}
	*slot = max(*slot, job->slots[low].first);
	return min(end, job->slots[low].first + job->slots[low].nr);
}

/* A page that is left for a later pass: it need only look there. */
void tswap_pick_left(struct tswap_mover *m, u32 slot)
{
	u32 region = slot >> TSWAP_REGION_SHIFT;

	m->left_first = min(m->left_first, region);
	m->left_last = max(m->left_last, region);
}

/* Where the ascending entries that begin at @first end. */
static u32 ascending(const u64 *list, u32 first, u32 nr)
{
	do
		first++;
	while (first < nr && list[first - 1] <= list[first]);
	return first;
}

/* Merge two runs in ascending order, [0, middle) and [middle, nr). */
static void merge(u64 *to, const u64 *from, u32 middle, u32 nr)
{
	u32 left = 0, right = middle, i;

	for (i = 0; left < middle && right < nr; i++)
		to[i] = from[left] < from[right] ? from[left++] : from[right++];
	memcpy(to + i, from + left, (middle - left) * sizeof(u64));
	i += middle - left;
	memcpy(to + i, from + right, (nr - right) * sizeof(u64));
}

/*
 * Pages that went out together lie together: the list is ascending but for a few places.
 * So the runs that it has are merged, two and two, until there is one.
 */
static void sort_list(struct tswap_mover *m)
{
	u32 first, middle, end = 0;

	while (m->nr && ascending(m->list, 0, m->nr) < m->nr) {
		for (first = 0; first < m->nr; first = end) {
			middle = ascending(m->list, first, m->nr);
			end = middle < m->nr ? ascending(m->list, middle, m->nr) : middle;
			merge(m->spare + first, m->list + first, middle - first,
			      end - first);
		}
		swap(m->list, m->spare);
		cond_resched();
	}
}

static void gather_region(struct tswap_mover *m, u32 clock)
{
	u32 slot = tswap_region_start(m->region), stop;
	u32 end = tswap_region_end(m->dev, m->region);
	u64 *to = m->list + m->nr;

	for (; slot < end; slot = stop) {
		stop = next_slots(m->job, &slot, end);
		for (; slot < stop; slot++) {
			u64 word = tswap_map_read(m->dev, slot);

			if (tswap_pick_wanted(m, word, clock))
				*to++ = (u64)TSWAP_SLOT_POS(word) << 32 | slot;
			else if (TSWAP_SLOT_LEAF(word) == m->from->id)
				tswap_pick_left(m, slot);
		}
	}
	m->nr = to - m->list;
}

/**
 * tswap_pick_gather() - fill m->list with slots of pages to move, sorted by position
 * @m: mover
 *
 * Scans on from m->region until the list has no room for another region.
 * Return: false if the end of the map came before any slot.
 */
bool tswap_pick_gather(struct tswap_mover *m)
{
	u32 clock = tswap_clock();

	m->nr = 0;
	m->at = 0;
	while (m->region != U32_MAX && m->nr + (1U << TSWAP_REGION_SHIFT) <= TSWAP_LIST) {
		m->region = tswap_map_region(m->dev, m->region);
		if (m->region > m->end)
			m->region = U32_MAX;
		if (m->region == U32_MAX)
			break;
		gather_region(m, clock);
		m->region++;
		cond_resched();
	}
	sort_list(m);
	return m->nr > 0;
}

/* How many pages the source leaves hold. */
u64 tswap_pick_held(struct tswap_mover *m)
{
	u64 left = 0;
	u32 id;

	rcu_read_lock();
	for_each_set_bit(id, m->job->src.bits, TSWAP_LEAF_MAX + 1)
		left += tswap_space_used(tswap_leaf_of(m->dev, id));
	rcu_read_unlock();
	return left;
}

static u32 count_region(struct tswap_mover *m, u32 region, u32 clock)
{
	u32 slot = tswap_region_start(region), end = tswap_region_end(m->dev, region);
	u32 nr = 0, stop;

	for (; slot < end; slot = stop) {
		stop = next_slots(m->job, &slot, end);
		for (; slot < stop; slot++) {
			u64 word = tswap_map_read(m->dev, slot);

			nr += test_bit(TSWAP_SLOT_LEAF(word), m->job->src.bits) &&
			      tswap_pick_old_enough(m->job, word, clock);
		}
	}
	return nr;
}

/* How many pages the job is for, by a scan of the map where it is not for all. */
u64 tswap_pick_count(struct tswap_mover *m)
{
	const struct tswap_job *job = m->job;
	u32 clock = tswap_clock(), region;
	u64 nr = 0;

	if (!job->slots && !job->has_clock && !job->set.older_s)
		return tswap_pick_held(m);
	for (region = tswap_map_region(m->dev, 0); region != U32_MAX;
	     region = tswap_map_region(m->dev, region + 1)) {
		nr += count_region(m, region, clock);
		cond_resched();
	}
	return nr;
}

/*
 * Room in the destination
 */

static bool tier_named(struct tswap_dev *dev, const struct tswap_placement *p, u32 tier,
		       const char *name)
{
	struct tswap_leaf *leaf = tswap_leaf_of(dev, p->leaf[p->tier[tier].first]);

	return leaf && !strcmp(READ_ONCE(leaf->tier)->name, name);
}

static u32 tier_rank(struct tswap_dev *dev, const struct tswap_placement *p, u32 tier)
{
	struct tswap_leaf *leaf = tswap_leaf_of(dev, p->leaf[p->tier[tier].first]);

	return leaf ? READ_ONCE(READ_ONCE(leaf->tier)->rank) : U32_MAX;
}

static u32 alloc_on_leaf(struct tswap_job *job, const struct tswap_want *want,
			 struct tswap_leaf **leafp, u32 *pos)
{
	struct tswap_leaf *leaf = tswap_leaf_of(job->dev, job->set.dst_leaf);

	if (!leaf || READ_ONCE(leaf->state) != TSWAP_LEAF_ACTIVE)
		return 0;
	*leafp = leaf;
	return tswap_alloc_leaf(leaf, want, pos);
}

/*
 * Without a destination: leaves of the same tier first, then slower tiers, then faster
 * ones, nearest first.
 */
static u32 find_room(struct tswap_job *job, const struct tswap_want *want,
		     struct tswap_leaf **leafp, u32 *pos)
{
	const struct tswap_placement *p = rcu_dereference(job->dev->placement);
	struct tswap_dev *dev = job->dev;
	u32 tier, own, got = 0;

	if (job->set.dst_leaf)
		return alloc_on_leaf(job, want, leafp, pos);
	for (own = 0; own < p->nr_tiers && tier_rank(dev, p, own) < job->src_rank; own++)
		;
	for (tier = own; tier < p->nr_tiers && !got; tier++)
		if (!*job->set.dst_tier || tier_named(dev, p, tier, job->set.dst_tier))
			got = tswap_alloc_tier(dev, p, tier, want, leafp, pos);
	for (tier = own; tier-- > 0 && !got;)
		if (!*job->set.dst_tier || tier_named(dev, p, tier, job->set.dst_tier))
			got = tswap_alloc_tier(dev, p, tier, want, leafp, pos);
	return got;
}

/**
 * tswap_pick_room() - allocate a run where the job may put pages
 * @job: job; the caller holds rcu_read_lock()
 * @nr: pages
 * @rule: whose they are, or NULL
 * @from: leaf that they leave, where they count for @rule, or NULL
 * @leafp: leaf of the run; stays while the caller owns the run
 * @pos: first position of the run
 *
 * In the tiers of the rule; elsewhere where it only prefers them.
 * Return: length of the run, 0 without room.
 */
u32 tswap_pick_room(struct tswap_job *job, u32 nr, struct tswap_rule *rule,
		    const struct tswap_leaf *from, struct tswap_leaf **leafp, u32 *pos)
{
	struct tswap_want want = {
		.nr = nr, .avoid = &job->src, .rule = rule, .from = from
	};
	struct tswap_leafset only;
	u32 got;

	if (likely(!rule))
		return find_room(job, &want, leafp, pos);
	tswap_rule_may_use(rule, from, &only);
	want.only = &only;
	got = find_room(job, &want, leafp, pos);
	if (got || tswap_rule_is_strict(rule))
		return got;
	want.only = NULL;
	return find_room(job, &want, leafp, pos);
}

/* Is there room for one page? Asked by trying. */
bool tswap_move_has_room(struct tswap_job *job)
{
	struct tswap_leaf *leaf;
	u32 got, pos;

	rcu_read_lock();
	got = tswap_pick_room(job, 1, NULL, NULL, &leaf, &pos);
	if (got)
		tswap_space_free(leaf, pos, got);
	rcu_read_unlock();
	return got;
}

static bool is_destination(const struct tswap_job *job, const struct tswap_leaf *leaf)
{
	if (job->set.dst_leaf)
		return leaf->id == job->set.dst_leaf;
	if (test_bit(leaf->id, job->src.bits))
		return false;
	return !*job->set.dst_tier ||
	       !strcmp(READ_ONCE(leaf->tier)->name, job->set.dst_tier);
}

/**
 * tswap_pick_hopeless() - is there nothing left that could ever take the job's pages?
 * @job: job
 *
 * A leaf that is full or cordoned may take pages later; one that has failed, or is gone,
 * will not unless somebody sees to it, and then the job can be started again.
 */
bool tswap_pick_hopeless(struct tswap_job *job)
{
	bool hope = false;
	u32 id;

	rcu_read_lock();
	for (id = 1; id <= TSWAP_LEAF_MAX && !hope; id++) {
		struct tswap_leaf *leaf = tswap_leaf_of(job->dev, id);

		hope = leaf && is_destination(job, leaf) && !READ_ONCE(leaf->failing) &&
		       READ_ONCE(leaf->state) != TSWAP_LEAF_FAILED;
	}
	rcu_read_unlock();
	return !hope;
}
