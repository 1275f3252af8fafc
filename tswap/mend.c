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

#define TSWAP_MEND_SHARE 128 /* of the machine's memory may be kept like this, a device */
#define TSWAP_MEND_EVERY (2 * HZ)
#define TSWAP_MEND_FOR   (10ULL * 60 * HZ)

/**
 * struct lost - page that could not be read
 * @node: in dev->lost; lost_lock, or taken off it by the worker
 * @folio: referenced
 * @until: when to give up, of get_jiffies_64()
 */
struct lost {
	struct list_head node;
	struct folio *folio;
	u32 slot;
	u64 until;
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

/* Read the page, which we have locked; -ENODATA: the slot has nothing to be read. */
static int read_again(struct tswap_dev *dev, struct lost *lost, struct tswap_leafset *bad)
{
	struct tswap_run run;
	struct bio_vec bv;
	struct bio bio;
	int err = -EIO;

	if (!tswap_read_find(dev, lost->slot, 1, &run) || !run.leaf)
		return -ENODATA;
	if (test_bit(run.leaf->id, bad->bits) || READ_ONCE(run.leaf->stalled_ms))
		goto out;
	bio_init(&bio, run.leaf->bdev, &bv, 1, REQ_OP_READ | REQ_NOMERGE);
	bio.bi_iter.bi_sector = (sector_t)run.pos << TSWAP_SECTOR_SHIFT;
	__bio_add_page(&bio, folio_page(lost->folio, 0), PAGE_SIZE, 0);
	err = submit_bio_wait(&bio);
	bio_uninit(&bio);
	if (err)
		set_bit(run.leaf->id, bad->bits); /* not again in this round */
	else
		tswap_leaf_count(run.leaf, TSWAP_READ_MENDED, 1);
out:
	tswap_leaf_io_end(run.leaf, run.phase);
	return err;
}

/* Return: true if there is nothing more to do for the page. */
static bool mend(struct tswap_dev *dev, struct lost *lost, struct tswap_leafset *bad)
{
	struct folio *folio = lost->folio;
	bool done = true;

	if (!folio_trylock(folio))
		return false;
	if (tswap_is_page_of(dev, folio_page(folio, 0), lost->slot) &&
	    !folio_test_uptodate(folio)) {
		int err = read_again(dev, lost, bad);

		if (!err)
			folio_mark_uptodate(folio);
		done = !err || err == -ENODATA;
	}
	folio_unlock(folio);
	return done || get_jiffies_64() >= lost->until;
}

static void mend_work(struct work_struct *work)
{
	struct tswap_dev *dev = container_of(work, struct tswap_dev, mend_work.work);
	struct tswap_leafset bad = {};
	struct lost *lost, *next;
	LIST_HEAD(list);
	bool more;

	spin_lock_irq(&dev->lost_lock);
	list_splice_init(&dev->lost, &list);
	spin_unlock_irq(&dev->lost_lock);
	list_for_each_entry_safe(lost, next, &list, node) {
		if (!mend(dev, lost, &bad))
			continue;
		list_del(&lost->node);
		let_go(dev, lost);
	}
	/* the one that failed first is tried last the next time */
	if (!list_empty(&list))
		list_rotate_left(&list);
	spin_lock_irq(&dev->lost_lock);
	list_splice_tail(&list, &dev->lost);
	more = !list_empty(&dev->lost);
	spin_unlock_irq(&dev->lost_lock);
	if (more)
		queue_delayed_work(tswap_wq, &dev->mend_work, TSWAP_MEND_EVERY);
}

/* A page of the swap cache, locked for the read that has failed. Any context. */
void tswap_mend_later(struct tswap_dev *dev, struct page *page, u32 slot)
{
	struct lost *lost;
	unsigned long irq;
	bool room;

	if (!tswap_is_page_of(dev, page, slot))
		return;
	lost = kmalloc(sizeof(*lost), GFP_ATOMIC | __GFP_NOWARN);
	if (!lost)
		return;
	lost->folio = page_folio(page);
	lost->slot = slot;
	lost->until = get_jiffies_64() + TSWAP_MEND_FOR;
	spin_lock_irqsave(&dev->lost_lock, irq);
	room = dev->nr_lost < totalram_pages() / TSWAP_MEND_SHARE;
	if (room) {
		dev->nr_lost++;
		folio_get(lost->folio);
		list_add_tail(&lost->node, &dev->lost);
	}
	spin_unlock_irqrestore(&dev->lost_lock, irq);
	if (room)
		queue_delayed_work(tswap_wq, &dev->mend_work, TSWAP_MEND_EVERY);
	else
		kfree(lost);
}

void tswap_mend_dev_init(struct tswap_dev *dev)
{
	spin_lock_init(&dev->lost_lock);
	INIT_LIST_HEAD(&dev->lost);
	INIT_DELAYED_WORK(&dev->mend_work, mend_work);
}

/* Nobody reads any more. */
void tswap_mend_dev_exit(struct tswap_dev *dev)
{
	struct lost *lost, *next;

	if (!dev->mend_work.work.func)
		return;
	cancel_delayed_work_sync(&dev->mend_work);
	list_for_each_entry_safe(lost, next, &dev->lost, node)
		let_go(dev, lost);
}
