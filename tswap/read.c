// SPDX-License-Identifier: GPL-2.0-only
/*
 * tswap - reads: from where, and what is done with a page that has been read
 *
 * A bio can have runs on several leaves, and has one status. A leaf that fails must not
 * take the pages along that the others have read, so the pages of a part are made up to
 * date when the part ends well; the swap core then finds them so, whatever the status is
 * of the whole.
 */
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/swap.h>
#include <linux/swapops.h>

#include "io.h"

/**
 * tswap_is_page_of() - does the swap core read this page for that slot?
 * @dev: device
 * @page: page
 * @slot: slot
 *
 * Any context. The page is locked, or the answer may be old.
 * Return: true for an order-0 folio that is in the swap cache as that very slot.
 */
bool tswap_is_page_of(struct tswap_dev *dev, struct page *page, u32 slot)
{
	struct folio *folio = page_folio(page);
	swp_entry_t entry;

	if (folio_test_large(folio) || !folio_test_locked(folio) ||
	    !folio_test_swapcache(folio))
		return false;
	entry = tswap_folio_entry(folio);
	return (int)swp_type(entry) == READ_ONCE(dev->swap_type) &&
	       swp_offset(entry) == slot;
}

/* Call @fn for each page of a bio that has been read; whole pages only. */
static void for_each_page(struct tswap_io *io,
			  void (*fn)(struct tswap_io *io, struct page *page, u32 i))
{
	struct bvec_iter iter;
	struct bio_vec bv;
	u32 i = 0;

	if (READ_ONCE(io->dev->swap_type) < 0)
		return;
	__bio_for_each_segment(bv, io->bio, iter, io->iter) {
		if (bv.bv_offset || bv.bv_len != PAGE_SIZE)
			return;
		fn(io, bv.bv_page, i++);
	}
}

static void make_uptodate(struct tswap_io *io, struct page *page, u32 i)
{
	if (tswap_is_page_of(io->dev, page, io->run.slot + i))
		folio_mark_uptodate(page_folio(page));
}

static void keep_for_later(struct tswap_io *io, struct page *page, u32 i)
{
	tswap_reread_later(io->dev, page, io->run.slot + i);
}

/* The pages of a read are lost to their owners, for now. Any context. */
void tswap_read_lost(struct tswap_io *io)
{
	tswap_leaf_read_lost(io->run.leaf, io->run.nr);
	for_each_page(io, keep_for_later);
}

/* Any context. */
static void end_read(struct bio *bio)
{
	struct tswap_io *io = bio->bi_private;
	struct tswap_leaf *leaf = io->run.leaf;

	if (unlikely(io->began_ns))
		tswap_io_sample(io, false);
	if (unlikely(bio->bi_status)) {
		if (!io->alone) {
			tswap_retry_queue(io);
			return;
		}
		tswap_read_lost(io);
	} else {
		tswap_leaf_read(leaf);
		if (READ_ONCE(leaf->free_on_read))
			for_each_page(io, tswap_onswapin_free);
		if (io->part)
			for_each_page(io, make_uptodate);
	}
	tswap_io_finish(io);
}

/* Send @bio, exactly the pages of io->run, to its leaf. The run has been counted. */
void tswap_read_start(struct tswap_io *io, struct bio *bio)
{
	io->sender = current;
	tswap_io_start(io, bio, end_read);
}

/* How many slots from @slot on, of @max, are where @word says, and behind it. */
static u32 run_length(struct tswap_dev *dev, u32 slot, u32 max, u64 word)
{
	u64 place = word & TSWAP_PLACE;
	u32 i;

	for (i = 0; i < max; i++)
		if ((tswap_map_read(dev, slot + i) & TSWAP_PLACE) != place + i)
			break;
	return i;
}

static u32 hole_length(struct tswap_dev *dev, u32 slot, u32 max)
{
	u32 i;

	for (i = 0; i < max && !tswap_map_read(dev, slot + i); i++)
		;
	return i;
}

/**
 * tswap_read_find() - find the run that begins at a slot, and count a read of its leaf
 * @dev: device
 * @slot: slot
 * @max: longest run
 * @run: the run; @run->leaf is NULL for holes, and for a word that names no leaf
 *
 * The words are looked at again after counting: see tswap_leaf_read_begin().
 * Return: false if the word names a leaf that is gone, which would be a bug.
 */
bool tswap_read_find(struct tswap_dev *dev, u32 slot, u32 max, struct tswap_run *run)
{
	u64 word, before = 0;

	run->slot = slot;
	for (;; before = word) {
		rcu_read_lock_sched(); /* keeps the leaf until the word is seen again */
		word = tswap_map_read(dev, slot);
		run->leaf = tswap_leaf_of(dev, TSWAP_SLOT_LEAF(word));
		if (unlikely(!run->leaf)) {
			rcu_read_unlock_sched();
			run->nr = word ? 1 : hole_length(dev, slot, max);
			if (run->nr && (!word || word == before))
				break;
			continue; /* replaced between the two looks? */
		}
		run->phase = tswap_leaf_read_begin(run->leaf);
		run->pos = TSWAP_SLOT_POS(word);
		run->nr = run_length(dev, slot, max, word);
		if (likely(run->nr)) {
			rcu_read_unlock_sched();
			break;
		}
		rcu_read_lock(); /* the end may wake who waits: see there */
		rcu_read_unlock_sched();
		tswap_leaf_io_end(run->leaf, run->phase);
		rcu_read_unlock();
	}
	return run->leaf || !word;
}

/* Does the swap core want the content of a slot that has none? */
static bool wanted_by_swap(struct tswap_dev *dev, struct bio *bio, u32 slot)
{
	struct bvec_iter iter;
	struct bio_vec bv;

	bio_for_each_segment(bv, bio, iter)
	{
		if (tswap_is_page_of(dev, bv.bv_page, slot))
			return true;
		slot += bv.bv_len >> PAGE_SHIFT;
	}
	return false;
}

/*
 * Zeros for who reads the device itself, but no page of a process was ever swapped to
 * here.
 */
static noinline void read_nothing(struct tswap_dev *dev, struct bio *bio, u32 slot,
				  bool bad)
{
	if (bad || wanted_by_swap(dev, bio, slot)) {
		WARN_ONCE(1, "tswap%u: slot %u is read and has no content\n", dev->id,
			  slot);
		tswap_io_fail(bio, BLK_STS_IOERR);
		return;
	}
	zero_fill_bio(bio);
	bio_endio(bio);
}

/* Read io->run, exactly the pages of @bio; @ok is what tswap_read_find() said of it. */
static void submit_run(struct tswap_io *io, struct bio *bio, bool ok)
{
	struct tswap_dev *dev = io->dev;
	u32 slot = io->run.slot;

	if (likely(io->run.leaf)) {
		tswap_read_start(io, bio);
		return;
	}
	tswap_io_free(io);
	read_nothing(dev, bio, slot, !ok);
}

/* Cut io->run off a bio of @nr pages, read it, and send the rest again. */
static noinline void submit_part(struct tswap_io *io, struct bio *bio, u32 nr, bool ok)
{
	struct tswap_run *run = &io->run;
	struct bio *part = tswap_io_split(io->dev, bio, run->nr, GFP_NOIO);
	bool more = run->nr < nr;

	if (!part) {
		if (run->leaf)
			tswap_leaf_io_end(run->leaf, run->phase);
		tswap_io_free(io);
		tswap_io_fail(bio, BLK_STS_RESOURCE);
		return;
	}
	io->part = true;
	submit_run(io, part, ok); /* @io and @run may be gone now */
	if (more)
		submit_bio_noacct(bio);
	else
		bio_endio(bio); /* ends with its parts */
}

void tswap_read_submit(struct tswap_dev *dev, struct bio *bio, u32 slot, u32 nr)
{
	struct tswap_io *io = tswap_io_new(dev, GFP_NOIO);
	struct tswap_run *run = &io->run;
	bool ok = tswap_read_find(dev, slot, nr, run);

	if (run->nr < nr || tswap_io_has_parts(bio))
		submit_part(io, bio, nr, ok);
	else
		submit_run(io, bio, ok);
}
