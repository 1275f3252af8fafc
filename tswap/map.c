// SPDX-License-Identifier: GPL-2.0-only
/*
 * tswap - the map: one word a slot
 *
 * The map is allocated with the device, zeroed: every slot a hole. dev->regions has a
 * bit for each page of the map and shows the jobs which parts of a sparse map to skip.
 */
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "trace.h"

static u32 nr_regions(const struct tswap_dev *dev)
{
	return (((u64)dev->slots - 1) >> TSWAP_REGION_SHIFT) + 1;
}

int tswap_map_init(struct tswap_dev *dev)
{
	/* in huge pages: frees and faults look at words all over it */
	dev->map = vmalloc_huge(array_size(dev->slots, sizeof(*dev->map)),
				TSWAP_GFP_BIG | __GFP_ZERO);
	dev->regions =
		kvcalloc(BITS_TO_LONGS(nr_regions(dev)), sizeof(long), TSWAP_GFP_BIG);
	return dev->map && dev->regions ? 0 : -ENOMEM;
}

void tswap_map_exit(struct tswap_dev *dev)
{
	vfree(dev->map);
	kvfree(dev->regions);
}

u64 tswap_map_bytes(const struct tswap_dev *dev)
{
	return (u64)dev->slots * sizeof(*dev->map) +
	       BITS_TO_LONGS(nr_regions(dev)) * sizeof(long);
}

static void forget(struct tswap_dev *dev, u64 word,
		   void (*free)(struct tswap_leaf *leaf, u32 pos, u32 nr))
{
	struct tswap_leaf *leaf;

	if (!word || word & TSWAP_SLOT_BUSY)
		return;
	rcu_read_lock();
	leaf = tswap_leaf_of(dev, TSWAP_SLOT_LEAF(word));
	if (!WARN_ON_ONCE(!leaf))
		free(leaf, TSWAP_SLOT_POS(word), 1);
	rcu_read_unlock();
}

/**
 * tswap_map_forget() - free what a word that was just replaced named
 * @dev: device
 * @word: the old word, taken by xchg or cmpxchg
 *
 * Contexts of tswap_space_free(). A busy word's position belongs to the write in flight,
 * which frees it.
 */
void tswap_map_forget(struct tswap_dev *dev, u64 word)
{
	forget(dev, word, tswap_space_free);
}

/* The same from a completion. Any context. */
void tswap_map_forget_late(struct tswap_dev *dev, u64 word)
{
	forget(dev, word, tswap_space_free_late);
}

/*
 * The swap core is done with a slot. Task context, below a spinlock of the swap core and
 * perhaps with interrupts off. That lock is a read side section of RCU on its own, and
 * others may wait for it: a leaf without rules and discards has its position back in a
 * few atomic instructions.
 */
void tswap_slot_free_notify(struct block_device *bdev, unsigned long slot)
{
	struct tswap_dev *dev = bdev->bd_disk->private_data;
	struct tswap_leaf *leaf;
	u64 word;

	if (slot >= dev->slots || !tswap_map_read(dev, slot))
		return;
	word = (u64)atomic64_xchg(&dev->map[slot], 0);
	trace_tswap_free(dev, slot, word);
	if (!word || word & TSWAP_SLOT_BUSY)
		return;
	leaf = rcu_dereference_check(dev->leaf[TSWAP_SLOT_LEAF(word)],
				     rcu_read_lock_any_held());
	if (WARN_ON_ONCE(!leaf))
		return;
	if (unlikely((unsigned long)READ_ONCE(leaf->owner) |
		     (unsigned long)READ_ONCE(leaf->stale)))
		tswap_space_free(leaf, TSWAP_SLOT_POS(word), 1);
	else
		tswap_space_give_one(leaf, TSWAP_SLOT_POS(word));
}

static bool region_empty(struct tswap_dev *dev, u32 region)
{
	u32 slot = tswap_region_start(region), end = tswap_region_end(dev, region);

	for (; slot < end; slot++)
		if (tswap_map_read(dev, slot))
			return false;
	return true;
}

/**
 * tswap_map_region() - skip regions of nothing but holes
 * @dev: device
 * @region: where to look on
 *
 * Clears the bit of a region found empty, so that the next scan is spared the look.
 * Return: @region or a later one that may have pages, U32_MAX at the end.
 */
u32 tswap_map_region(struct tswap_dev *dev, u32 region)
{
	u32 nr = nr_regions(dev);

	for (;; region++) {
		if (region >= nr)
			return U32_MAX;
		region = find_next_bit(dev->regions, nr, region);
		if (region >= nr)
			return U32_MAX;
		if (!region_empty(dev, region))
			return region;
		clear_bit(region, dev->regions);
		smp_mb__after_atomic(); /* pairs with the xchg in tswap_map_store() */
		if (!region_empty(dev, region)) {
			set_bit(region, dev->regions);
			return region;
		}
		cond_resched();
	}
}

static void age_slot(struct tswap_dev *dev, u32 slot, u32 clock)
{
	u64 mask = (u64)TSWAP_SLOT_STAMP_MASK << TSWAP_SLOT_STAMP_SHIFT;
	u64 oldest = (clock - TSWAP_AGE_MAX) & TSWAP_SLOT_STAMP_MASK;
	u64 word = tswap_map_read(dev, slot);

	if (!word || word & (TSWAP_SLOT_BUSY | TSWAP_SLOT_MOVING))
		return;
	if (TSWAP_SLOT_AGE(word, clock) >= TSWAP_AGE_MAX)
		tswap_map_change(dev, slot, word,
				 (word & ~mask) | oldest << TSWAP_SLOT_STAMP_SHIFT);
}

/**
 * tswap_map_age() - make ages saturate
 * @dev: device
 *
 * To be called more often than every 2^20 s: stamps older than TSWAP_AGE_MAX are moved
 * up to that age, so no age comes near the 2^22 s at which the clock wraps.
 */
void tswap_map_age(struct tswap_dev *dev)
{
	u32 region = tswap_map_region(dev, 0), clock = tswap_clock();

	for (; region != U32_MAX; region = tswap_map_region(dev, region + 1)) {
		u32 slot = tswap_region_start(region);

		for (; slot < tswap_region_end(dev, region); slot++)
			age_slot(dev, slot, clock);
		cond_resched();
	}
}
