// SPDX-License-Identifier: GPL-2.0-only
/*
 * tswap - writes: where pages go, and what the map says meanwhile
 */
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/swap.h>
#include <linux/swapops.h>

#include "io.h"
#include "rule.h"

/* The word of the first slot of a run on its way; those behind it are one more each. */
static u64 busy_word(const struct tswap_run *run)
{
	return tswap_word(run->leaf->id, run->pos, run->stamp) | TSWAP_SLOT_BUSY;
}

/* Put a run that we own into the words of its slots. */
static void install(struct tswap_dev *dev, const struct tswap_run *run)
{
	u64 busy = busy_word(run);
	u32 i;

	for (i = 0; i < run->nr; i++)
		tswap_map_forget(dev, tswap_map_store(dev, run->slot + i, busy + i));
}

/* Take over the positions that the slots have; run->nr becomes what worked. */
static void install_in_place(struct tswap_dev *dev, struct tswap_run *run)
{
	unsigned long slot = run->slot, end = slot + run->nr;
	u64 busy = busy_word(run), place = busy & TSWAP_PLACE;

	for (; slot < end; slot++, busy++, place++) {
		u64 word = tswap_map_read(dev, slot);

		if ((word & (TSWAP_PLACE | TSWAP_SLOT_BUSY)) != place ||
		    !tswap_map_change(dev, slot, word, busy))
			break;
	}
	run->nr = slot - run->slot;
}

/* Make holes of the slots of a busy run whose content never came about. */
void tswap_write_take_back(struct tswap_dev *dev, const struct tswap_run *run)
{
	u64 busy = busy_word(run);
	u32 i;

	for (i = 0; i < run->nr; i++)
		tswap_map_change(dev, run->slot + i, busy + i, 0);
}

/* Undo tswap_write_place(). */
void tswap_write_abandon(struct tswap_dev *dev, const struct tswap_run *run)
{
	tswap_write_take_back(dev, run);
	tswap_space_free(run->leaf, run->pos, run->nr);
	tswap_leaf_io_end(run->leaf, run->phase);
}

/* The run that the slots have now, of slots without a write in flight. */
static bool old_run(struct tswap_dev *dev, unsigned long slot, u32 max,
		    struct tswap_run *run)
{
	u64 word = tswap_map_read(dev, slot), place = word & TSWAP_PLACE;
	unsigned long end = slot + max;

	if (!word || word & TSWAP_SLOT_BUSY)
		return false;
	run->leaf = tswap_leaf_of(dev, TSWAP_SLOT_LEAF(word));
	if (!run->leaf)
		return false;
	run->slot = slot;
	run->pos = TSWAP_SLOT_POS(word);
	for (; slot < end; slot++, place++)
		if ((tswap_map_read(dev, slot) & (TSWAP_PLACE | TSWAP_SLOT_BUSY)) !=
		    place)
			break;
	run->nr = slot - run->slot;
	return run->nr > 0;
}

/*
 * A rewritten slot: to a faster tier if one has room, else in place where its leaf
 * takes pages and the run is whole, else anywhere, else in place after all. In place only
 * if the rule has nothing against it.
 */
static bool place_again(struct tswap_dev *dev, struct tswap_run *old, u32 nr,
			struct tswap_rule *rule, struct tswap_run *run)
{
	const struct tswap_placement *p = rcu_dereference(dev->placement);
	bool stay = !rule || tswap_rule_may_stay(rule, old->leaf, old->pos, old->nr);
	bool home = stay && (!rule || tswap_rule_is_home(rule, old->leaf));

	if (home && p->tier_of[old->leaf->id] != TSWAP_NO_TIER && old->nr == nr)
		run->nr = tswap_alloc_above(dev, nr, old->leaf, rule, &run->leaf,
					    &run->pos);
	else
		run->nr = tswap_alloc(dev, nr, NULL, rule, &run->leaf, &run->pos);
	if (run->nr) {
		install(dev, run);
		return true;
	}
	if (!stay || READ_ONCE(old->leaf->failing))
		return false;
	run->leaf = old->leaf;
	run->pos = old->pos;
	run->nr = old->nr;
	install_in_place(dev, run);
	if (unlikely(smp_load_acquire(&run->leaf->owner)))
		tswap_rule_own_again(rule, run->leaf, run->pos, run->nr);
	return run->nr > 0;
}

/**
 * tswap_write_place() - decide where to write, make the words say so, count the write
 * @dev: device
 * @bio: the write
 * @slot: its first slot
 * @nr: its pages
 * @avoid: leaves not to use, or NULL
 * @run: where the first pages go, at most as many as one rule covers
 *
 * Return: false without room; @run->refused: in the tiers of their rule.
 */
bool tswap_write_place(struct tswap_dev *dev, struct bio *bio, u32 slot, u32 nr,
		       const struct tswap_leafset *avoid, struct tswap_run *run)
{
	struct tswap_rule *rule;
	struct tswap_run old;
	bool ok;

	run->slot = slot;
	run->stamp = tswap_clock();
	run->refused = false;
	rcu_read_lock();
	rule = tswap_rule_of(dev, bio, &nr);
	if (!avoid && old_run(dev, slot, nr, &old)) {
		ok = place_again(dev, &old, nr, rule, run);
	} else {
		run->nr = tswap_alloc(dev, nr, avoid, rule, &run->leaf, &run->pos);
		ok = run->nr > 0;
		if (ok)
			install(dev, run);
	}
	if (ok) {
		run->phase = tswap_leaf_other_begin(run->leaf);
	} else if (rule && tswap_rule_is_strict(rule)) {
		run->refused = true;
		tswap_rule_refused(dev, rule);
	}
	rcu_read_unlock();
	return ok;
}

/*
 * The content is on the leaf: the words own the positions, but for slots lost meanwhile.
 */
static void settle(struct tswap_io *io)
{
	const struct tswap_run *run = &io->run;
	unsigned long slot = run->slot, end = slot + run->nr;
	struct tswap_dev *dev = io->dev;
	u64 busy = busy_word(run);

	for (; slot < end; slot++, busy++)
		if (unlikely(!tswap_map_change(dev, slot, busy, busy & ~TSWAP_SLOT_BUSY)))
			tswap_space_free_late(run->leaf, TSWAP_SLOT_POS(busy), 1);
}

/* Any context. */
static void end_write(struct bio *bio)
{
	struct tswap_io *io = bio->bi_private;

	if (unlikely(io->began_ns))
		tswap_io_sample(io, true);
	if (unlikely(bio->bi_status)) {
		tswap_retry_queue(io);
		return;
	}
	tswap_leaf_wrote(io->run.leaf);
	settle(io);
	tswap_io_finish(io);
}

/* Send @bio, exactly the pages of io->run, to its leaf. The run has been placed. */
void tswap_write_start(struct tswap_io *io, struct bio *bio)
{
	tswap_io_start(io, bio, end_write);
}

/*
 * The type number of the area is in the swap cache's entries of the pages it writes.
 * Asked of each write: a swapon can give another one while somebody holds the device open
 * all along.
 */
static void learn_swap_type(struct tswap_dev *dev, struct bio *bio, u32 slot)
{
	struct folio *folio = page_folio(bio_page(bio));
	swp_entry_t entry;

	if (!(bio->bi_opf & REQ_SWAP) || !folio_test_swapcache(folio))
		return;
	entry = tswap_folio_entry(folio);
	if (swp_offset(entry) == slot &&
	    READ_ONCE(dev->swap_type) != (int)swp_type(entry))
		WRITE_ONCE(dev->swap_type, swp_type(entry));
}

void tswap_write_submit(struct tswap_dev *dev, struct bio *bio, u32 slot, u32 nr)
{
	struct tswap_io *io = tswap_io_new(dev, GFP_NOIO);
	struct tswap_run *run = &io->run;
	struct bio *rest = NULL;
	bool refused, more;

	learn_swap_type(dev, bio, slot);
	if (!tswap_write_place(dev, bio, slot, nr, NULL, run)) {
		refused = run->refused;
		tswap_io_free(io);
		tswap_noroom(dev, bio, BLK_STS_NOSPC, refused, true);
		return;
	}
	more = run->nr < nr;
	if (more || tswap_io_has_parts(bio)) {
		rest = bio;
		bio = tswap_io_split(dev, rest, run->nr, GFP_NOIO);
	}
	if (!bio) {
		tswap_write_abandon(dev, run);
		tswap_io_free(io);
		tswap_io_fail(rest, BLK_STS_RESOURCE);
		return;
	}
	tswap_write_start(io, bio); /* @io and @run may be gone now */
	if (more)
		submit_bio_noacct(rest);
	else if (rest)
		bio_endio(rest); /* ends with its parts */
}
