// SPDX-License-Identifier: GPL-2.0-only
/*
 * tswap - pages that could not be read, read again
 *
 * A page whose read has failed stays in the swap cache, not up to date, until reclaim
 * drops it; until then each access to it gives SIGBUS, also when the leaf is well again
 * (a network device that was away). The swap core has no second try, so we keep a
 * reference to a limited number of such pages for some minutes, read them from where
 * their slots are by then, and make them up to date. What its owner has given up in the
 * meantime is let go.
 */
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/slab.h>

#include "io.h"

#define TSWAP_REREAD_SHARE 128 /* of the memory may be kept like this, a device */
#define TSWAP_REREAD_EVERY (2 * HZ)
#define TSWAP_REREAD_FOR   (10ULL * 60 * HZ)
#define TSWAP_REREAD_WAIT  HZ /* for one read; then its leaf is passed over */

/* What became of a page. */
enum outcome {
	RECOVERED, /* there is nothing more to do for it */
	SKIPPED,   /* not now */
	FAILED,    /* could not be read again */
	LEFT       /* is still being read; the request has it */
};

/**
 * struct lost - page that could not be read
 * @node: in dev->lost; lost_lock, or taken off it by the worker
 * @folio: referenced
 * @until: when to give up, of get_jiffies_64()
 * @run: what is being read
 * @done: the read has ended, with @err, and the worker has the page again
 * @owners: of the page while it is read: the worker, until it no longer waits, and the
 *	request
 */
struct lost {
	struct list_head node;
	struct tswap_dev *dev;
	struct folio *folio;
	u32 slot;
	u64 until;
	struct tswap_run run;
	struct bio_vec bv;
	struct bio bio;
	struct completion done;
	atomic_t owners;
	int err;
};

static void let_go(struct tswap_dev *dev, struct lost *lost)
{
	unsigned long irq;

	folio_put(lost->folio);
	kfree(lost);
	spin_lock_irqsave(&dev->lost_lock, irq);
	dev->nr_lost--;
	spin_unlock_irqrestore(&dev->lost_lock, irq);
}

/* From a device that may hang, which must not hold up a suspend. Any context. */
static void reread_soon(struct tswap_dev *dev)
{
	queue_delayed_work(tswap_device_wq, &dev->reread_work, TSWAP_REREAD_EVERY);
}

/* Back to the worker that has not waited for the read. */
static void give_back(struct tswap_dev *dev, struct lost *lost)
{
	unsigned long irq;

	spin_lock_irqsave(&dev->lost_lock, irq);
	list_add_tail(&lost->node, &dev->lost);
	spin_unlock_irqrestore(&dev->lost_lock, irq);
	reread_soon(dev);
}

/* Any context. */
static void end_reread(struct bio *bio)
{
	struct lost *lost = container_of(bio, struct lost, bio);
	struct tswap_run run = lost->run;
	struct tswap_dev *dev = lost->dev;

	lost->err = blk_status_to_errno(bio->bi_status);
	bio_uninit(bio);
	if (!lost->err) {
		folio_mark_uptodate(lost->folio);
		tswap_leaf_count(run.leaf, TSWAP_READ_RECOVERED, 1);
	}
	folio_unlock(lost->folio);
	if (atomic_dec_and_test(&lost->owners))
		give_back(dev, lost);
	else
		complete(&lost->done);
	tswap_leaf_io_end(run.leaf, run.phase); /* last: it keeps @dev */
}

/* Read the page, which we have locked and which is unlocked when the read has ended. */
static enum outcome read_again(struct lost *lost)
{
	struct bio *bio = &lost->bio;

	bio_init(bio, lost->run.leaf->bdev, &lost->bv, 1, REQ_OP_READ | REQ_NOMERGE);
	bio->bi_iter.bi_sector = (sector_t)lost->run.pos << TSWAP_SECTOR_SHIFT;
	bio->bi_end_io = end_reread;
	__bio_add_page(bio, folio_page(lost->folio, 0), PAGE_SIZE, 0);
	init_completion(&lost->done);
	atomic_set(&lost->owners, 2);
	submit_bio(bio);
	if (!wait_for_completion_io_timeout(&lost->done, TSWAP_REREAD_WAIT)) {
		if (!atomic_dec_and_test(&lost->owners))
			return LEFT;
		wait_for_completion_io(&lost->done); /* it has ended just now */
	}
	return lost->err ? FAILED : RECOVERED;
}

/* Leaves in @bad have failed or not answered in this round, and are not read again. */
static enum outcome reread(struct tswap_dev *dev, struct lost *lost,
			   struct tswap_leafset *bad)
{
	struct folio *folio = lost->folio;
	enum outcome what = RECOVERED;
	struct tswap_leaf *leaf;
	u32 id;

	if (!folio_trylock(folio))
		return SKIPPED;
	if (!tswap_is_page_of(dev, folio_page(folio, 0), lost->slot) ||
	    folio_test_uptodate(folio) ||
	    !tswap_read_find(dev, lost->slot, 1, &lost->run) || !lost->run.leaf)
		goto unlock; /* of no use any more, or the slot has nothing to be read */
	leaf = lost->run.leaf;
	id = leaf->id; /* the leaf may go when the read has ended */
	if (test_bit(id, bad->bits) || READ_ONCE(leaf->stalled_ms)) {
		tswap_leaf_io_end(leaf, lost->run.phase);
		what = SKIPPED;
		goto unlock;
	}
	what = read_again(lost);
	if (what != RECOVERED)
		set_bit(id, bad->bits);
	return what;
unlock:
	folio_unlock(folio);
	return what;
}

static void reread_work(struct work_struct *work)
{
	struct tswap_dev *dev = container_of(work, struct tswap_dev, reread_work.work);
	LIST_HEAD(list);
	LIST_HEAD(skipped);
	LIST_HEAD(failed);
	struct tswap_leafset bad = {};
	struct lost *lost;
	bool more;

	spin_lock_irq(&dev->lost_lock);
	list_splice_init(&dev->lost, &list);
	spin_unlock_irq(&dev->lost_lock);
	while ((lost = list_first_entry_or_null(&list, struct lost, node))) {
		enum outcome what;

		list_del(&lost->node);
		what = reread(dev, lost, &bad);
		if (what == LEFT)
			continue;
		if (what == RECOVERED || get_jiffies_64() >= lost->until)
			let_go(dev, lost);
		else
			list_add_tail(&lost->node, what == FAILED ? &failed : &skipped);
	}
	/* what failed itself comes last the next time, whatever leaf it is on */
	spin_lock_irq(&dev->lost_lock);
	list_splice(&skipped, &dev->lost);
	list_splice_tail(&failed, &dev->lost);
	more = !list_empty(&dev->lost);
	spin_unlock_irq(&dev->lost_lock);
	if (more)
		reread_soon(dev);
}

/* A page of the swap cache, locked for the read that has failed. Any context. */
void tswap_reread_later(struct tswap_dev *dev, struct page *page, u32 slot)
{
	struct lost *lost;
	unsigned long irq;
	bool room;

	if (!tswap_is_page_of(dev, page, slot))
		return;
	lost = kmalloc(sizeof(*lost), GFP_ATOMIC | __GFP_NOWARN);
	if (!lost)
		return;
	lost->dev = dev;
	lost->folio = page_folio(page);
	lost->slot = slot;
	lost->until = get_jiffies_64() + TSWAP_REREAD_FOR;
	spin_lock_irqsave(&dev->lost_lock, irq);
	room = dev->nr_lost < totalram_pages() / TSWAP_REREAD_SHARE;
	if (room) {
		dev->nr_lost++;
		folio_get(lost->folio);
		list_add_tail(&lost->node, &dev->lost);
	}
	spin_unlock_irqrestore(&dev->lost_lock, irq);
	if (room)
		reread_soon(dev);
	else
		kfree(lost);
}

void tswap_reread_dev_init(struct tswap_dev *dev)
{
	spin_lock_init(&dev->lost_lock);
	INIT_LIST_HEAD(&dev->lost);
	INIT_DELAYED_WORK(&dev->reread_work, reread_work);
}

/* Nobody reads any more. */
void tswap_reread_dev_exit(struct tswap_dev *dev)
{
	struct lost *lost, *next;

	if (!dev->reread_work.work.func)
		return;
	cancel_delayed_work_sync(&dev->reread_work);
	list_for_each_entry_safe(lost, next, &dev->lost, node)
		let_go(dev, lost);
}
