// SPDX-License-Identifier: GPL-2.0-only
/*
 * tswap - positions on leaves, and which leaf the next page goes to
 *
 * A leaf has a bitmap and two levels of counts above it: free positions of every chunk
 * (16 MiB) and of every group of chunks (4 GiB), together 0.4 % of the bitmap. A search
 * goes on from where the last one ended (next fit), which keeps allocations sequential
 * and lets room behind the cursor grow together again; it looks at a bounded number of
 * chunks and runs and then takes the longest run it has seen.
 *
 * Above that, every CPU stays on one leaf for a stripe of positions, then turns to the
 * next leaf of the tier: pages written together stay together.
 */
#include <linux/bitmap.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "tswap.h"

static u32 chunk_end(const struct tswap_leaf *leaf, u32 chunk)
{
	u64 end = (u64)(chunk + 1) << TSWAP_CHUNK_SHIFT;

	return min_t(u64, end, leaf->nr_pos);
}

int tswap_space_init(struct tswap_leaf *leaf)
{
	u32 chunk;

	leaf->nr_chunks = (((u64)leaf->nr_pos - 1) >> TSWAP_CHUNK_SHIFT) + 1;
	leaf->nr_groups = ((leaf->nr_chunks - 1) >> TSWAP_GROUP_SHIFT) + 1;
	leaf->bitmap = kvcalloc(BITS_TO_LONGS((size_t)leaf->nr_pos), sizeof(long),
				TSWAP_GFP_BIG);
	leaf->chunk_free = kvcalloc(leaf->nr_chunks, sizeof(u16), TSWAP_GFP_BIG);
	leaf->group_free = kvcalloc(leaf->nr_groups, sizeof(u32), TSWAP_GFP_BIG);
	leaf->chunk_dirty =
		kvcalloc(BITS_TO_LONGS(leaf->nr_chunks), sizeof(long), TSWAP_GFP_BIG);
	if (!leaf->bitmap || !leaf->chunk_free || !leaf->group_free || !leaf->chunk_dirty)
		return -ENOMEM;
	for (chunk = 0; chunk < leaf->nr_chunks; chunk++) {
		u32 nr = chunk_end(leaf, chunk) - (chunk << TSWAP_CHUNK_SHIFT);

		leaf->chunk_free[chunk] = nr;
		leaf->group_free[chunk >> TSWAP_GROUP_SHIFT] += nr;
	}
	leaf->free = leaf->nr_pos;
	leaf->pages = leaf->nr_pos;
	leaf->cursor = 0;
	return 0;
}

void tswap_space_exit(struct tswap_leaf *leaf)
{
	kvfree(leaf->bitmap);
	kvfree(leaf->chunk_free);
	kvfree(leaf->group_free);
	kvfree(leaf->chunk_dirty);
}

u64 tswap_space_bytes(const struct tswap_leaf *leaf)
{
	return BITS_TO_LONGS((u64)leaf->nr_pos) * sizeof(long) +
	       leaf->nr_chunks * sizeof(u16) + leaf->nr_groups * sizeof(u32) +
	       BITS_TO_LONGS(leaf->nr_chunks) * sizeof(long);
}

/* Change the counts of a run by @sign; leaf->lock. */
static void count_run(struct tswap_leaf *leaf, u32 pos, u32 nr, int sign)
{
	leaf->free += sign * (int)nr;
	while (nr) {
		u32 chunk = pos >> TSWAP_CHUNK_SHIFT;
		u32 n = min(nr, chunk_end(leaf, chunk) - pos);

		leaf->chunk_free[chunk] += sign * (int)n;
		leaf->group_free[chunk >> TSWAP_GROUP_SHIFT] += sign * (int)n;
		pos += n;
		nr -= n;
	}
}

static void take_run(struct tswap_leaf *leaf, u32 pos, u32 nr)
{
	bitmap_set(leaf->bitmap, pos, nr);
	count_run(leaf, pos, nr, -1);
}

/* Give back a run; a position that is not allocated would be a bug: leave it, say so. */
static void give_run(struct tswap_leaf *leaf, u32 pos, u32 nr)
{
	if (WARN_ON_ONCE(find_next_zero_bit(leaf->bitmap, pos + nr, pos) != pos + nr))
		return;
	bitmap_clear(leaf->bitmap, pos, nr);
	count_run(leaf, pos, nr, 1);
}

/**
 * tswap_space_mark_bad() - leave out a position for good, before the leaf is used
 * @leaf: leaf that is not yet visible to anybody else
 * @pos: position; ignored when outside or marked already
 */
void tswap_space_mark_bad(struct tswap_leaf *leaf, u32 pos)
{
	if (pos >= leaf->nr_pos || test_bit(pos, leaf->bitmap))
		return;
	take_run(leaf, pos, 1);
	leaf->pages--;
}

/* The next chunk from @chunk on, round the end, that has free positions; leaf->lock. */
static u32 next_chunk(const struct tswap_leaf *leaf, u32 chunk)
{
	u32 steps;

	/* Groups are skipped whole, so this ends after one round at most. */
	for (steps = 0; steps <= leaf->nr_groups + (2U << TSWAP_GROUP_SHIFT); steps++) {
		if (chunk >= leaf->nr_chunks)
			chunk = 0;
		if (!leaf->group_free[chunk >> TSWAP_GROUP_SHIFT]) {
			chunk = ((chunk >> TSWAP_GROUP_SHIFT) + 1) << TSWAP_GROUP_SHIFT;
			continue;
		}
		if (leaf->chunk_free[chunk])
			return chunk;
		chunk++;
	}
	return U32_MAX;
}

struct search {
	u32 want;
	u32 pos;
	u32 len;
	u32 runs;
};

/* Look for a run in [from, end); true when the search is over. */
static bool search_chunk(const struct tswap_leaf *leaf, struct search *s, u32 from,
			 u32 end)
{
	while (from < end) {
		u32 start = find_next_zero_bit(leaf->bitmap, end, from);
		u32 stop;

		if (start >= end)
			return false;
		stop = find_next_bit(leaf->bitmap, min_t(u64, (u64)start + s->want, end),
				     start);
		if (stop - start > s->len) {
			s->len = stop - start;
			s->pos = start;
		}
		if (s->len == s->want || ++s->runs >= TSWAP_SEARCH_RUNS)
			return true;
		from = stop;
	}
	return false;
}

static void search_leaf(const struct tswap_leaf *leaf, struct search *s)
{
	u32 from = leaf->cursor < leaf->nr_pos ? leaf->cursor : 0;
	u32 chunk = from >> TSWAP_CHUNK_SHIFT;
	u32 looked = 0;

	if (search_chunk(leaf, s, from, chunk_end(leaf, chunk)))
		return;
	/* The chunk of the cursor comes again at the end of a round, for its front part. */
	while (looked++ < TSWAP_SEARCH_CHUNKS || !s->len) {
		chunk = next_chunk(leaf, chunk + 1);
		if (chunk == U32_MAX)
			return;
		from = chunk << TSWAP_CHUNK_SHIFT;
		if (search_chunk(leaf, s, from, chunk_end(leaf, chunk)))
			return;
		if (looked > leaf->nr_chunks)
			return;
	}
}

/**
 * tswap_space_claim() - allocate one run of positions
 * @leaf: leaf, kept by RCU or otherwise
 * @want: length asked for, at most a chunk
 * @pos: first position of the run
 *
 * Any context. The run is shorter than @want where the search found no longer one.
 * Return: length, 0 when the leaf is full.
 */
u32 tswap_space_claim(struct tswap_leaf *leaf, u32 want, u32 *pos)
{
	struct search s = { .want = want };
	unsigned long irq;

	raw_spin_lock_irqsave(&leaf->lock, irq);
	if (leaf->free)
		search_leaf(leaf, &s);
	if (s.len) {
		take_run(leaf, s.pos, s.len);
		leaf->cursor = s.pos + s.len;
		*pos = s.pos;
	}
	raw_spin_unlock_irqrestore(&leaf->lock, irq);
	return s.len;
}

/* Allocate exactly [pos, pos + nr), or nothing. */
static bool claim_at(struct tswap_leaf *leaf, u32 pos, u32 nr)
{
	unsigned long irq;
	bool ok;

	if ((u64)pos + nr > leaf->nr_pos)
		return false;
	raw_spin_lock_irqsave(&leaf->lock, irq);
	ok = find_next_bit(leaf->bitmap, pos + nr, pos) >= pos + nr;
	if (ok)
		take_run(leaf, pos, nr);
	raw_spin_unlock_irqrestore(&leaf->lock, irq);
	return ok;
}

/* Let other CPUs search behind the rest of the stripe that begins at @pos. */
static void skip_stripe(struct tswap_leaf *leaf, u32 pos, u32 nr)
{
	unsigned long irq;

	raw_spin_lock_irqsave(&leaf->lock, irq);
	if (leaf->cursor == pos)
		leaf->cursor = min_t(u64, (u64)pos + nr, leaf->nr_pos);
	raw_spin_unlock_irqrestore(&leaf->lock, irq);
}

/**
 * tswap_space_used() - positions that hold pages or are being written
 * @leaf: leaf
 *
 * Return: allocated positions without header, bad ones and those held for discards.
 */
u32 tswap_space_used(struct tswap_leaf *leaf)
{
	unsigned long irq;
	u32 used;

	raw_spin_lock_irqsave(&leaf->lock, irq);
	used = leaf->pages - leaf->free - leaf->bad - leaf->held;
	raw_spin_unlock_irqrestore(&leaf->lock, irq);
	return used;
}

/**
 * tswap_space_free() - free a run that the caller owns
 * @leaf: leaf
 * @pos: first position
 * @nr: length
 *
 * Any context. A zram leaf is told first: its own notification, which may miss a
 * contended slot; the sweep finds what was missed by the chunk's dirty bit. Other
 * leaves with discards leave everything to the sweep.
 */
void tswap_space_free(struct tswap_leaf *leaf, u32 pos, u32 nr)
{
	unsigned long irq;
	u32 i, chunk;

	if (leaf->type == TSWAP_LEAF_TYPE_ZRAM)
		for (i = 0; i < nr; i++)
			tswap_bdev_free_notify(leaf->bdev, pos + i);
	raw_spin_lock_irqsave(&leaf->lock, irq);
	give_run(leaf, pos, nr);
	raw_spin_unlock_irqrestore(&leaf->lock, irq);
	if (!leaf->sweep)
		return;
	for (chunk = pos >> TSWAP_CHUNK_SHIFT;
	     chunk <= (pos + nr - 1) >> TSWAP_CHUNK_SHIFT; chunk++)
		if (!test_bit(chunk, leaf->chunk_dirty) &&
		    !test_and_set_bit(chunk, leaf->chunk_dirty))
			tswap_sweep_queue(leaf);
}

/**
 * tswap_space_retire() - keep a run allocated for good: the leaf could not write it
 * @leaf: leaf
 * @pos: first position, owned by the caller
 * @nr: length
 */
void tswap_space_retire(struct tswap_leaf *leaf, u32 pos, u32 nr)
{
	unsigned long irq;

	raw_spin_lock_irqsave(&leaf->lock, irq);
	leaf->bad += nr;
	raw_spin_unlock_irqrestore(&leaf->lock, irq);
}

/**
 * tswap_space_hold() - take a free run out of use for the time of a discard
 * @leaf: leaf
 * @chunk: chunk to look in
 * @from: where to look on; moved behind the run, or to the end of the chunk
 * @max: longest run
 * @pos: first position of the run
 *
 * Never holds more than a quarter of the free positions, so that writes are not turned
 * away while a leaf is swept.
 * Return: length; 0 at the end of the chunk or when too little is free.
 */
u32 tswap_space_hold(struct tswap_leaf *leaf, u32 chunk, u32 *from, u32 max, u32 *pos)
{
	u32 end = chunk_end(leaf, chunk), start, stop, nr = 0;
	unsigned long irq;

	raw_spin_lock_irqsave(&leaf->lock, irq);
	max = min(max, leaf->free / 4);
	start = max ? find_next_zero_bit(leaf->bitmap, end, *from) : end;
	if (start < end) {
		stop = find_next_bit(leaf->bitmap, min_t(u64, (u64)start + max, end),
				     start);
		nr = stop - start;
		take_run(leaf, start, nr);
		leaf->held += nr;
		*pos = start;
		*from = stop;
	}
	raw_spin_unlock_irqrestore(&leaf->lock, irq);
	return nr;
}

void tswap_space_release(struct tswap_leaf *leaf, u32 pos, u32 nr)
{
	unsigned long irq;

	raw_spin_lock_irqsave(&leaf->lock, irq);
	leaf->held -= nr;
	give_run(leaf, pos, nr);
	raw_spin_unlock_irqrestore(&leaf->lock, irq);
}

static bool may_use(const struct tswap_leaf *leaf, const struct tswap_leafset *avoid,
		    bool desperate)
{
	if (!leaf || READ_ONCE(leaf->failing) || !READ_ONCE(leaf->free))
		return false;
	if (avoid && test_bit(leaf->id, avoid->bits))
		return false;
	return desperate || !tswap_leaf_resting(leaf);
}

/* Go on in the stripe of this CPU, if all of @want fits there. */
static u32 alloc_hinted(struct tswap_dev *dev, const struct tswap_placement *p, u32 want,
			const struct tswap_leafset *avoid, struct tswap_leaf **leafp,
			u32 *pos)
{
	struct tswap_hint *hint = get_cpu_ptr(dev->hint);
	struct tswap_leaf *leaf;
	u32 got = 0;

	if (hint->gen != p->gen || hint->left < want)
		goto out;
	leaf = tswap_leaf_of(dev, hint->leaf);
	if (!may_use(leaf, avoid, false) || !claim_at(leaf, hint->next, want))
		goto out;
	*leafp = leaf;
	*pos = hint->next;
	hint->next += want;
	hint->left -= want;
	got = want;
out:
	put_cpu_ptr(dev->hint);
	return got;
}

/* Begin a stripe behind a run that was just allocated. */
static void set_hint(struct tswap_dev *dev, const struct tswap_placement *p,
		     struct tswap_leaf *leaf, u32 pos, u32 nr)
{
	struct tswap_hint *hint = get_cpu_ptr(dev->hint);

	hint->gen = p->gen;
	hint->leaf = leaf->id;
	hint->next = pos + nr;
	hint->left = nr < TSWAP_STRIPE ? TSWAP_STRIPE - nr : 0;
	skip_stripe(leaf, hint->next, hint->left);
	put_cpu_ptr(dev->hint);
}

/**
 * tswap_alloc_tier() - allocate one run on the leaves of one tier
 * @dev: device; the caller holds rcu_read_lock() and has @p under it
 * @p: placement
 * @tier: index into @p->tier
 * @want: pages
 * @avoid: leaves not to use, or NULL
 * @desperate: also ask zram leaves that were full a moment ago
 * @leafp: leaf of the run
 * @pos: first position of the run
 *
 * Leaves take turns; one that is full is passed over.
 * Return: length of the run, 0 if the tier has no room.
 */
u32 tswap_alloc_tier(struct tswap_dev *dev, const struct tswap_placement *p, u32 tier,
		     u32 want, const struct tswap_leafset *avoid, bool desperate,
		     struct tswap_leaf **leafp, u32 *pos)
{
	u32 nr = p->tier[tier].nr, turn, i, got;

	turn = raw_cpu_inc_return(dev->hint->turn) % nr;
	for (i = 0; i < nr; i++) {
		u8 id = p->leaf[p->tier[tier].first + (turn + i) % nr];
		struct tswap_leaf *leaf = tswap_leaf_of(dev, id);

		if (!may_use(leaf, avoid, desperate))
			continue;
		got = tswap_space_claim(leaf, want, pos);
		if (!got)
			continue;
		*leafp = leaf;
		return got;
	}
	return 0;
}

/**
 * tswap_alloc() - allocate one run on the fastest tier that has room
 * @dev: device; the caller holds rcu_read_lock()
 * @want: pages
 * @avoid: leaves not to use, or NULL
 * @leafp: leaf of the run; stays while the caller owns the run
 * @pos: first position of the run
 *
 * Any context, allocates no memory.
 * Return: length of the run, 0 if no leaf that takes pages has room.
 */
u32 tswap_alloc(struct tswap_dev *dev, u32 want, const struct tswap_leafset *avoid,
		struct tswap_leaf **leafp, u32 *pos)
{
	const struct tswap_placement *p = rcu_dereference(dev->placement);
	u32 got, tier;
	int desperate;

	want = min(want, TSWAP_CHUNK);
	got = alloc_hinted(dev, p, want, avoid, leafp, pos);
	if (got)
		return got;
	for (desperate = 0; desperate < 2; desperate++)
		for (tier = 0; tier < p->nr_tiers; tier++) {
			got = tswap_alloc_tier(dev, p, tier, want, avoid, desperate,
					       leafp, pos);
			if (!got)
				continue;
			set_hint(dev, p, *leafp, *pos, got);
			return got;
		}
	return 0;
}

static void place_tier(struct tswap_dev *dev, struct tswap_placement *p,
		       const struct tswap_tier *tier, u8 *fill)
{
	u32 id, index = p->nr_tiers;

	p->tier[index].first = *fill;
	for (id = 1; id <= TSWAP_LEAF_MAX; id++) {
		struct tswap_leaf *leaf = tswap_leaf_find(dev, id);

		if (!leaf || leaf->tier != tier || leaf->state != TSWAP_LEAF_ACTIVE)
			continue;
		p->leaf[(*fill)++] = id;
		p->tier_of[id] = index;
		p->tier[index].nr++;
	}
	if (p->tier[index].nr)
		p->nr_tiers++;
}

/**
 * tswap_placement_update() - publish which leaves take pages
 * @dev: device, dev->lock held
 *
 * Must follow every change of a leaf's state or tier and of a tier's rank.
 * Return: 0, -ENOMEM with the old placement still in force.
 */
int tswap_placement_update(struct tswap_dev *dev)
{
	struct tswap_placement *p, *old;
	struct tswap_tier *tier;
	u8 fill = 0;

	p = kzalloc(sizeof(*p), GFP_KERNEL);
	if (!p)
		return -ENOMEM;
	memset(p->tier_of, TSWAP_NO_TIER, sizeof(p->tier_of));
	p->gen = ++dev->placement_gen;
	list_for_each_entry(tier, &dev->tiers, node)
		place_tier(dev, p, tier, &fill);
	old = rcu_replace_pointer(dev->placement, p, lockdep_is_held(&dev->lock));
	if (old)
		kfree_rcu(old, rcu);
	return 0;
}
