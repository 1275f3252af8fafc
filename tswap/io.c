// SPDX-License-Identifier: GPL-2.0-only
/*
 * tswap - redirecting bios
 *
 * A bio whose slots lie in one run on one leaf is not cloned: its end_io, private
 * pointer and position are put aside in a struct tswap_io and the bio itself goes on to
 * the leaf. A bio of several runs loses the first one by bio_split() and is submitted
 * again for the rest, so that no call ever holds more than one element of each mempool
 * that it waits for: the element before belongs to a bio that can complete.
 *
 * A write that fails goes to the retry worker: the position is retired (or just freed,
 * where the leaf is zram and "error" means full), the words become holes, and the pages,
 * which are still in memory, are placed on another leaf. A leaf is asked once for each
 * bio. The swap core is told about an error when no leaf is left, and then still has
 * the pages.
 */
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/swap.h>
#include <linux/swapops.h>

#include "tswap.h"

#define TSWAP_IO_POOL 64
#define TSWAP_SAMPLE  15 /* every 16th request of a CPU has its latency measured */

/**
 * struct tswap_io - a run on its way to a leaf
 * @end_io: what the bio had before, as @private and @iter
 * @began: jiffies, for the disk statistics; @began_ns: 0 unless sampled
 * @stamp: of the words of a write
 * @phase: which count of the leaf it is in
 * @avoid: leaves that failed to write this run
 */
struct tswap_io {
	struct tswap_dev *dev;
	struct tswap_leaf *leaf;
	struct bio *bio;
	bio_end_io_t *end_io;
	void *private;
	struct bvec_iter iter;
	unsigned long began;
	u64 began_ns;
	u32 slot;
	u32 nr;
	u32 pos;
	u32 stamp;
	u32 phase;
	struct list_head node;
	struct tswap_leafset avoid;
};

/* A run of slots and where it lies; leaf NULL: holes. */
struct run {
	struct tswap_leaf *leaf;
	u32 slot;
	u32 nr;
	u32 pos;
	u32 stamp;
	u32 phase;
};

static struct kmem_cache *io_cache;
struct workqueue_struct *tswap_retry_wq;

static void fail(struct bio *bio, blk_status_t status)
{
	bio->bi_status = status;
	bio_endio(bio);
}

/* Cut the first @nr pages off, or all; what comes back completes into @bio. */
static struct bio *split_front(struct tswap_dev *dev, struct bio *bio, u32 nr, gfp_t gfp)
{
	u32 sectors = nr << TSWAP_SECTOR_SHIFT;
	struct bio *front;

	if (sectors < bio_sectors(bio))
		front = tswap_bio_split(bio, sectors, gfp, &dev->split_bs);
	else
		front = bio_alloc_clone(bio->bi_bdev, bio, gfp, &dev->split_bs);
	if (!front)
		return NULL;
	bio_chain(front, bio);
	return front;
}

/*
 * A bio that parts have been cut off of carries no run itself, its last run is cut off too:
 * the error of a part that found no leaf stays in it, and a retry of its own run could not
 * tell that from an error of its own, and would lose it.
 */
static bool has_parts(struct bio *bio)
{
	return bio_flagged(bio, BIO_CHAIN);
}

/* Never fails with GFP_NOIO. */
static struct tswap_io *new_io(struct tswap_dev *dev, gfp_t gfp)
{
	struct tswap_io *io = mempool_alloc(&dev->io_pool, gfp);

	if (!io)
		return NULL;
	bitmap_zero(io->avoid.bits, TSWAP_LEAF_MAX + 1);
	io->dev = dev;
	return io;
}

static void end_read(struct bio *bio);
static void end_write(struct bio *bio);

/* Send @bio, exactly the pages of @run, to its leaf. The run has been counted. */
static void start(struct tswap_io *io, struct bio *bio, const struct run *run, bool write)
{
	struct tswap_leaf *leaf = run->leaf;

	io->bio = bio;
	io->leaf = leaf;
	io->end_io = bio->bi_end_io;
	io->private = bio->bi_private;
	io->iter = bio->bi_iter;
	io->slot = run->slot;
	io->nr = run->nr;
	io->pos = run->pos;
	io->stamp = run->stamp;
	io->phase = run->phase;
	io->began = tswap_acct_start(io->dev->disk, bio);
	tswap_leaf_count(leaf, write ? TSWAP_WRITE_PAGES : TSWAP_READ_PAGES, run->nr);
	io->began_ns = 0;
	if (!(this_cpu_inc_return(leaf->cpu->stat[write ? TSWAP_WRITES : TSWAP_READS]) &
	      TSWAP_SAMPLE))
		io->began_ns = ktime_get_ns();
	bio->bi_end_io = write ? end_write : end_read;
	bio->bi_private = io;
	bio_set_dev(bio, leaf->bdev);
	bio->bi_iter.bi_sector = (sector_t)run->pos << TSWAP_SECTOR_SHIFT;
	submit_bio_noacct(bio);
}

static void take_sample(struct tswap_io *io, bool write)
{
	u64 ns;
	u32 bucket;

	if (!io->began_ns)
		return;
	ns = ktime_get_ns() - io->began_ns;
	bucket = min_t(u32, fls64(div_u64(ns, NSEC_PER_USEC)), TSWAP_LATENCY_BUCKETS - 1);
	tswap_leaf_count(io->leaf, write ? TSWAP_WRITE_NS : TSWAP_READ_NS, ns);
	tswap_leaf_count(io->leaf, write ? TSWAP_WRITE_SAMPLES : TSWAP_READ_SAMPLES, 1);
	this_cpu_inc(io->leaf->cpu->latency[write][bucket]);
}

/* Make the bio again what it was when it came; its iterator stays where it ended. */
static void restore(struct tswap_io *io)
{
	struct bio *bio = io->bio;
	struct bvec_iter done = bio->bi_iter;

	bio->bi_bdev = io->dev->disk->part0;
	bio->bi_end_io = io->end_io;
	bio->bi_private = io->private;
	bio->bi_iter = io->iter;
	tswap_acct_end(io->dev->disk, bio, io->began);
	done.bi_sector = io->iter.bi_sector + (((sector_t)io->nr << TSWAP_SECTOR_SHIFT) -
					       (done.bi_size >> SECTOR_SHIFT));
	bio->bi_iter = done;
}

static void finish(struct tswap_io *io)
{
	struct bio *bio = io->bio;

	restore(io);
	tswap_leaf_io_end(io->leaf, io->phase);
	mempool_free(io, &io->dev->io_pool);
	bio_endio(bio); /* never end_io directly: the bio may be part of a chain */
}

/*
 * Reads
 */

/*
 * on-swapin = free: the page is in memory now and nowhere else needed. Only where the
 * swap core cannot have another view of it: an order-0 folio of this very slot in the
 * swap cache, locked for this read and not yet up to date. Dirty first, then a hole: a
 * page that is dropped later is written again.
 */
static void free_after_read(struct tswap_io *io, struct page *page, u32 slot, u32 pos)
{
	struct folio *folio = page_folio(page);
	swp_entry_t entry;
	u64 word;

	if (folio_test_large(folio) || !folio_test_locked(folio) ||
	    folio_test_uptodate(folio) || !folio_test_swapcache(folio))
		return;
	entry = tswap_folio_entry(folio);
	if (swp_type(entry) != READ_ONCE(io->dev->swap_type) || swp_offset(entry) != slot)
		return;
	word = tswap_map_read(io->dev, slot);
	if (word & TSWAP_SLOT_BUSY || TSWAP_SLOT_LEAF(word) != io->leaf->id ||
	    TSWAP_SLOT_POS(word) != pos)
		return;
	folio_set_dirty(folio);
	if (tswap_map_change(io->dev, slot, word, 0))
		tswap_map_forget(io->dev, word);
}

static void free_run_after_read(struct tswap_io *io)
{
	struct bvec_iter iter;
	struct bio_vec bv;
	u32 i = 0;

	if (READ_ONCE(io->dev->swap_type) < 0)
		return;
	__bio_for_each_segment(bv, io->bio, iter, io->iter) {
		if (bv.bv_offset || bv.bv_len != PAGE_SIZE)
			return;
		free_after_read(io, bv.bv_page, io->slot + i, io->pos + i);
		i++;
	}
}

static void end_read(struct bio *bio)
{
	struct tswap_io *io = bio->bi_private;

	if (bio->bi_status)
		tswap_leaf_count(io->leaf, TSWAP_READ_ERRORS, 1);
	else if (READ_ONCE(io->leaf->free_on_read))
		free_run_after_read(io);
	take_sample(io, false);
	finish(io);
}

/* How many slots from @run->slot on, of @max, continue its leaf and position. */
static u32 run_length(struct tswap_dev *dev, const struct run *run, u32 max)
{
	u32 id = run->leaf->id, i;

	for (i = 0; i < max; i++) {
		u64 word = tswap_map_read(dev, run->slot + i);

		if (TSWAP_SLOT_LEAF(word) != id || TSWAP_SLOT_POS(word) != run->pos + i)
			break;
	}
	return i;
}

static u32 hole_length(struct tswap_dev *dev, u32 slot, u32 max)
{
	u32 i;

	for (i = 0; i < max && !tswap_map_read(dev, slot + i); i++)
		;
	return i;
}

/*
 * Find the run that begins at @slot and count a read of its leaf. The words are looked
 * at again after counting: see tswap_leaf_read_begin().
 */
static void find_run(struct tswap_dev *dev, u32 slot, u32 max, struct run *run)
{
	u64 word;

	run->slot = slot;
	rcu_read_lock();
	do {
		run->leaf = NULL;
		run->nr = 0;
		word = tswap_map_read(dev, slot);
		if (!word) {
			run->nr = hole_length(dev, slot, max);
			continue;
		}
		run->leaf = tswap_leaf_of(dev, TSWAP_SLOT_LEAF(word));
		if (!run->leaf)
			continue; /* replaced and its leaf removed meanwhile */
		run->pos = TSWAP_SLOT_POS(word);
		run->phase = tswap_leaf_read_begin(run->leaf);
		run->nr = run_length(dev, run, max);
		if (!run->nr)
			tswap_leaf_io_end(run->leaf, run->phase);
	} while (!run->nr);
	rcu_read_unlock();
}

static void submit_read(struct tswap_dev *dev, struct bio *bio, u32 slot, u32 nr)
{
	struct tswap_io *io = new_io(dev, GFP_NOIO);
	struct bio *rest = NULL;
	struct run run;

	find_run(dev, slot, nr, &run);
	if (run.nr < nr) {
		rest = bio;
		bio = split_front(dev, rest, run.nr, GFP_NOIO);
		if (!bio) {
			if (run.leaf)
				tswap_leaf_io_end(run.leaf, run.phase);
			mempool_free(io, &dev->io_pool);
			fail(rest, BLK_STS_RESOURCE);
			return;
		}
	}
	if (run.leaf) {
		start(io, bio, &run, false);
	} else {
		mempool_free(io, &dev->io_pool);
		zero_fill_bio(bio);
		bio_endio(bio);
	}
	if (rest)
		submit_bio_noacct(rest);
}

/*
 * Writes
 */

static u64 busy_word(const struct run *run, u32 i)
{
	return tswap_word(run->leaf->id, run->pos + i, run->stamp) | TSWAP_SLOT_BUSY;
}

/* Put a run that we own into the words of its slots. */
static void install(struct tswap_dev *dev, const struct run *run)
{
	u32 i;

	for (i = 0; i < run->nr; i++)
		tswap_map_forget(dev,
				 tswap_map_store(dev, run->slot + i, busy_word(run, i)));
}

/* Take over the positions that the slots have; run->nr becomes what worked. */
static void install_in_place(struct tswap_dev *dev, struct run *run)
{
	u32 i;

	for (i = 0; i < run->nr; i++) {
		u64 word = tswap_map_read(dev, run->slot + i);

		if (word & TSWAP_SLOT_BUSY || TSWAP_SLOT_LEAF(word) != run->leaf->id ||
		    TSWAP_SLOT_POS(word) != run->pos + i ||
		    !tswap_map_change(dev, run->slot + i, word, busy_word(run, i)))
			break;
	}
	run->nr = i;
}

/* Make holes of the slots of a busy run whose content never came about. */
static void take_back(struct tswap_dev *dev, const struct run *run)
{
	u32 i;

	for (i = 0; i < run->nr; i++)
		tswap_map_change(dev, run->slot + i, busy_word(run, i), 0);
}

/* Undo place(). */
static void abandon(struct tswap_dev *dev, const struct run *run)
{
	take_back(dev, run);
	tswap_space_free(run->leaf, run->pos, run->nr);
	tswap_leaf_io_end(run->leaf, TSWAP_WRITE_PHASE);
}

/* The run that the slots have now, of slots without a write in flight. */
static bool old_run(struct tswap_dev *dev, u32 slot, u32 max, struct run *run)
{
	u64 word = tswap_map_read(dev, slot);
	u32 i;

	if (!word || word & TSWAP_SLOT_BUSY)
		return false;
	run->leaf = tswap_leaf_of(dev, TSWAP_SLOT_LEAF(word));
	if (!run->leaf)
		return false;
	run->slot = slot;
	run->pos = TSWAP_SLOT_POS(word);
	run->nr = run_length(dev, run, max);
	for (i = 0; i < run->nr; i++)
		if (tswap_map_read(dev, slot + i) & TSWAP_SLOT_BUSY)
			break;
	run->nr = i;
	return run->nr > 0;
}

/* Allocate on a tier faster than the one of @old. */
static u32 alloc_above(struct tswap_dev *dev, const struct run *old, struct run *run,
		       u32 want)
{
	const struct tswap_placement *p = rcu_dereference(dev->placement);
	u32 tier, got;

	for (tier = 0; tier < p->tier_of[old->leaf->id]; tier++) {
		got = tswap_alloc_tier(dev, p, tier, want, NULL, false, &run->leaf,
				       &run->pos);
		if (got)
			return got;
	}
	return 0;
}

/*
 * A rewritten slot: to a faster tier if one has room, else in place where its leaf
 * takes pages and the run is whole, else anywhere, else in place after all.
 */
static bool place_again(struct tswap_dev *dev, struct run *old, u32 nr, struct run *run)
{
	const struct tswap_placement *p = rcu_dereference(dev->placement);

	if (p->tier_of[old->leaf->id] != TSWAP_NO_TIER && old->nr == nr)
		run->nr = alloc_above(dev, old, run, nr);
	else
		run->nr = tswap_alloc(dev, nr, NULL, &run->leaf, &run->pos);
	if (run->nr) {
		install(dev, run);
		return true;
	}
	if (READ_ONCE(old->leaf->failing))
		return false;
	run->leaf = old->leaf;
	run->pos = old->pos;
	run->nr = old->nr;
	install_in_place(dev, run);
	return run->nr > 0;
}

/* Decide where to write, make the words say so, count the write on its leaf. */
static bool place(struct tswap_dev *dev, u32 slot, u32 nr,
		  const struct tswap_leafset *avoid, struct run *run)
{
	struct run old;
	bool ok;

	run->slot = slot;
	run->stamp = tswap_clock();
	run->phase = TSWAP_WRITE_PHASE;
	rcu_read_lock();
	if (!avoid && old_run(dev, slot, nr, &old)) {
		ok = place_again(dev, &old, nr, run);
	} else {
		run->nr = tswap_alloc(dev, nr, avoid, &run->leaf, &run->pos);
		ok = run->nr > 0;
		if (ok)
			install(dev, run);
	}
	if (ok)
		tswap_leaf_write_begin(run->leaf);
	rcu_read_unlock();
	return ok;
}

static void no_room(struct tswap_dev *dev)
{
	atomic64_inc(&dev->nospc);
	if (time_before(jiffies, READ_ONCE(dev->nospc_told) + HZ))
		return;
	WRITE_ONCE(dev->nospc_told, jiffies);
	tswap_dev_raise(dev, TSWAP_EVENT_NO_SPACE);
}

/* The type number of the area is in the swap cache's entries of the pages it writes. */
static void learn_swap_type(struct tswap_dev *dev, struct bio *bio, u32 slot)
{
	struct folio *folio = page_folio(bio_page(bio));
	swp_entry_t entry;

	if (!(bio->bi_opf & REQ_SWAP) || !folio_test_swapcache(folio))
		return;
	entry = tswap_folio_entry(folio);
	if (swp_offset(entry) == slot)
		WRITE_ONCE(dev->swap_type, swp_type(entry));
}

static void submit_write(struct tswap_dev *dev, struct bio *bio, u32 slot, u32 nr)
{
	struct tswap_io *io = new_io(dev, GFP_NOIO);
	struct bio *rest = NULL;
	struct run run;

	if (unlikely(READ_ONCE(dev->swap_type) < 0))
		learn_swap_type(dev, bio, slot);
	if (!place(dev, slot, nr, NULL, &run)) {
		mempool_free(io, &dev->io_pool);
		no_room(dev);
		fail(bio, BLK_STS_NOSPC);
		return;
	}
	if (run.nr < nr || has_parts(bio)) {
		rest = bio;
		bio = split_front(dev, rest, run.nr, GFP_NOIO);
	}
	if (!bio) {
		abandon(dev, &run);
		mempool_free(io, &dev->io_pool);
		fail(rest, BLK_STS_RESOURCE);
		return;
	}
	start(io, bio, &run, true);
	if (run.nr < nr)
		submit_bio_noacct(rest);
	else if (rest)
		bio_endio(rest); /* ends with its parts */
}

static void run_of_io(const struct tswap_io *io, struct run *run)
{
	run->leaf = io->leaf;
	run->slot = io->slot;
	run->nr = io->nr;
	run->pos = io->pos;
	run->stamp = io->stamp;
	run->phase = io->phase;
}

/* The content is on the leaf: the words own the positions, but for slots lost meanwhile. */
static void settle(struct tswap_io *io)
{
	struct run run;
	u32 i;

	run_of_io(io, &run);
	for (i = 0; i < run.nr; i++) {
		u64 word = busy_word(&run, i);

		if (unlikely(!tswap_map_change(io->dev, run.slot + i, word,
					       word & ~TSWAP_SLOT_BUSY)))
			tswap_space_free(run.leaf, run.pos + i, 1);
	}
}

static void end_write(struct bio *bio)
{
	struct tswap_io *io = bio->bi_private;
	struct tswap_dev *dev = io->dev;
	unsigned long irq;

	take_sample(io, true);
	if (unlikely(bio->bi_status)) {
		spin_lock_irqsave(&dev->retry_lock, irq);
		list_add_tail(&io->node, &dev->retry);
		spin_unlock_irqrestore(&dev->retry_lock, irq);
		queue_work(tswap_retry_wq, &dev->retry_work);
		return;
	}
	if (unlikely(atomic_read(&io->leaf->fails)))
		atomic_set(&io->leaf->fails, 0);
	settle(io);
	finish(io);
}

/*
 * Retry worker
 */

/* Like bio_reset() for a bio that somebody else has filled: ready to be sent again. */
static void rewind_bio(struct tswap_io *io)
{
	struct bio *bio = io->bio;

	restore(io);
	bio->bi_iter = io->iter;
	bio->bi_status = BLK_STS_OK;
	bio->bi_next = NULL;
	/* the leaf's driver may have split it, which uses the count up */
	atomic_set(&bio->__bi_remaining, 1);
}

static void give_up(struct tswap_io *io, struct bio *bio, blk_status_t status)
{
	struct tswap_dev *dev = io->dev;

	mempool_free(io, &dev->io_pool);
	atomic64_inc(&dev->write_fails);
	no_room(dev);
	fail(bio, status);
}

/* Cut @run off @bio and send it; false without memory, and nothing was done. */
static bool send_front(struct tswap_io *io, struct bio *bio, const struct run *run)
{
	struct tswap_dev *dev = io->dev;
	struct tswap_io *front_io = new_io(dev, GFP_NOWAIT | __GFP_NOWARN);
	struct bio *front;

	if (!front_io)
		return false;
	front = split_front(dev, bio, run->nr, GFP_NOWAIT | __GFP_NOWARN);
	if (!front) {
		mempool_free(front_io, &dev->io_pool);
		return false;
	}
	front_io->avoid = io->avoid;
	start(front_io, front, run, true);
	return true;
}

/*
 * Write the pages of @bio to any leaf but those of io->avoid, in as many runs as it takes.
 * Waits for no mempool: their elements may be held by bios that wait for this worker.
 */
static void write_elsewhere(struct tswap_io *io, struct bio *bio, u32 slot, u32 nr,
			    blk_status_t status)
{
	struct tswap_dev *dev = io->dev;
	struct run run;

	for (;;) {
		if (!place(dev, slot, nr, &io->avoid, &run)) {
			give_up(io, bio, status);
			return;
		}
		atomic64_add(run.nr, &dev->redirected);
		if (run.nr == nr && !has_parts(bio)) {
			start(io, bio, &run, true);
			return;
		}
		if (!send_front(io, bio, &run)) {
			abandon(dev, &run);
			give_up(io, bio, status);
			return;
		}
		slot += run.nr;
		nr -= run.nr;
		if (!nr) {
			mempool_free(io, &dev->io_pool);
			bio_endio(bio); /* ends with its parts */
			return;
		}
	}
}

static void retry(struct tswap_io *io)
{
	struct bio *bio = io->bio;
	blk_status_t status = bio->bi_status;
	struct tswap_leaf *leaf = io->leaf;
	struct run run;

	run_of_io(io, &run);
	rewind_bio(io);
	take_back(io->dev, &run);
	set_bit(leaf->id, io->avoid.bits);
	tswap_leaf_write_failed(leaf, run.pos, run.nr);
	tswap_leaf_io_end(leaf, TSWAP_WRITE_PHASE);
	write_elsewhere(io, bio, run.slot, run.nr, status);
}

/*
 * Runs with PF_MEMALLOC as the submitter of a swap write did: what it allocates must not
 * wait for reclaim, because reclaim may wait for these very writes.
 */
static void retry_work(struct work_struct *work)
{
	struct tswap_dev *dev = container_of(work, struct tswap_dev, retry_work);
	unsigned int flags = memalloc_noreclaim_save();
	struct tswap_io *io, *next;
	LIST_HEAD(list);

	spin_lock_irq(&dev->retry_lock);
	list_splice_init(&dev->retry, &list);
	spin_unlock_irq(&dev->retry_lock);
	list_for_each_entry_safe(io, next, &list, node)
		retry(io);
	memalloc_noreclaim_restore(flags);
}

/*
 * Entry points of the block layer
 */

void tswap_submit_bio(struct bio *bio)
{
	struct tswap_dev *dev = bio->bi_bdev->bd_disk->private_data;
	u64 slot = bio->bi_iter.bi_sector >> TSWAP_SECTOR_SHIFT;
	u32 nr = bio->bi_iter.bi_size >> PAGE_SHIFT;

	if (bio->bi_iter.bi_size & ~PAGE_MASK || !nr ||
	    bio->bi_iter.bi_sector & ((1U << TSWAP_SECTOR_SHIFT) - 1) ||
	    slot + nr > dev->slots) {
		fail(bio, BLK_STS_IOERR);
		return;
	}
	switch (bio_op(bio)) {
	case REQ_OP_READ:
		submit_read(dev, bio, slot, nr);
		break;
	case REQ_OP_WRITE:
		submit_write(dev, bio, slot, nr);
		break;
	default:
		fail(bio, BLK_STS_NOTSUPP);
	}
}

/* Called with the swap core's cluster lock held. */
void tswap_slot_free_notify(struct block_device *bdev, unsigned long slot)
{
	struct tswap_dev *dev = bdev->bd_disk->private_data;

	if (slot < dev->slots)
		tswap_map_free_slot(dev, slot);
}

int tswap_io_dev_init(struct tswap_dev *dev)
{
	int err;

	spin_lock_init(&dev->retry_lock);
	INIT_LIST_HEAD(&dev->retry);
	INIT_WORK(&dev->retry_work, retry_work);
	err = mempool_init_slab_pool(&dev->io_pool, TSWAP_IO_POOL, io_cache);
	if (err)
		return err;
	err = bioset_init(&dev->split_bs, BIO_POOL_SIZE, 0, 0);
	return err ?: tswap_move_dev_init(dev);
}

/* Nothing is in flight: the device is closed and gone from the block layer. */
void tswap_io_dev_exit(struct tswap_dev *dev)
{
	if (dev->retry_work.func)
		flush_work(&dev->retry_work);
	bioset_exit(&dev->move_bs);
	bioset_exit(&dev->split_bs);
	mempool_exit(&dev->io_pool);
}

int tswap_io_init(void)
{
	io_cache = KMEM_CACHE(tswap_io, SLAB_HWCACHE_ALIGN);
	if (!io_cache)
		return -ENOMEM;
	tswap_retry_wq = alloc_workqueue("tswap_retry", WQ_MEM_RECLAIM | WQ_UNBOUND, 0);
	if (!tswap_retry_wq) {
		kmem_cache_destroy(io_cache);
		return -ENOMEM;
	}
	return 0;
}

void tswap_io_exit(void)
{
	destroy_workqueue(tswap_retry_wq);
	kmem_cache_destroy(io_cache);
}
