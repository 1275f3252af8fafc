// SPDX-License-Identifier: GPL-2.0-only
/*
 * tswap - on-swapin = free: a page that has been read gives up its position
 *
 * Only a page that was asked for does. What was only read ahead keeps its copy: it may
 * well be dropped unused, and writing it again would cost the memory that somebody waits
 * for. The swap core marks what it reads ahead, but only after it has sent the read. A
 * leaf in memory has ended the read by then, so its pages are looked at a moment later;
 * one that a process has used by that time counts as asked for.
 */
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/slab.h>

#include "io.h"

#define TSWAP_ONSWAPIN_DELAY msecs_to_jiffies(10)
#define TSWAP_ONSWAPIN_SHARE 128 /* of the memory may wait, a device; more keep */

/* A page that has been read, referenced, and where from. */
struct tswap_readin {
	struct llist_node node;
	struct folio *folio;
	u32 slot;
	u64 word;
};

/* The word of a slot that was read as part of @io, or 0 if it has changed. */
static u64 word_read(struct tswap_io *io, u32 i)
{
	u64 word = tswap_map_read(io->dev, io->run.slot + i);

	if (word & TSWAP_SLOT_BUSY || TSWAP_SLOT_LEAF(word) != io->run.leaf->id ||
	    TSWAP_SLOT_POS(word) != io->run.pos + i)
		return 0;
	return word;
}

/* How many pages may wait. */
static int most(void)
{
	return totalram_pages() / TSWAP_ONSWAPIN_SHARE;
}

/* Any context. */
static void look_later(struct tswap_dev *dev, struct folio *folio, u32 slot, u64 word)
{
	struct tswap_readin *readin;

	if (atomic_read(&dev->nr_readin) >= most())
		return;
	readin = kmalloc(sizeof(*readin), GFP_NOWAIT | __GFP_NOWARN);
	if (!readin)
		return;
	folio_get(folio);
	readin->folio = folio;
	readin->slot = slot;
	readin->word = word;
	if (llist_add(&readin->node, &dev->readin))
		queue_delayed_work(tswap_wq, &dev->onswapin_work, TSWAP_ONSWAPIN_DELAY);
	/* so many have come that those after them would keep theirs */
	if (atomic_inc_return(&dev->nr_readin) == most() / 2)
		mod_delayed_work(tswap_wq, &dev->onswapin_work, 0);
}

/**
 * tswap_onswapin_free() - free the position of a page that is in memory now
 * @io: read that has ended well; its bio has not ended
 * @page: page of it
 * @i: which one
 *
 * Any context. Only where the swap core cannot have another view of the page: an order-0
 * folio of this very slot in the swap cache, locked for this read and not yet up to date.
 * Dirty first, then a hole: a page that is dropped later is written again.
 */
void tswap_onswapin_free(struct tswap_io *io, struct page *page, u32 i)
{
	struct folio *folio = page_folio(page);
	u32 slot = io->run.slot + i;
	u64 word;

	if (!tswap_is_page_of(io->dev, page, slot) || folio_test_uptodate(folio))
		return;
	word = word_read(io, i);
	if (!word || folio_test_readahead(folio))
		return;
	if (in_task() && current == io->sender) {
		look_later(io->dev, folio, slot, word);
		return;
	}
	folio_set_dirty(folio);
	if (tswap_map_change(io->dev, slot, word, 0))
		tswap_map_forget_late(io->dev, word);
}

/*
 * The folio is locked, and in the swap cache as this slot: nobody frees the slot, and
 * nobody takes the folio out of memory without writing it, once it is dirty.
 */
static void free_now(struct tswap_dev *dev, struct tswap_readin *readin)
{
	struct folio *folio = readin->folio;

	if (!folio_trylock(folio))
		return;
	if (tswap_is_page_of(dev, folio_page(folio, 0), readin->slot) &&
	    folio_test_uptodate(folio) && !folio_test_writeback(folio) &&
	    !folio_test_readahead(folio) &&
	    tswap_map_read(dev, readin->slot) == readin->word) {
		folio_set_dirty(folio);
		if (tswap_map_change(dev, readin->slot, readin->word, 0))
			tswap_map_forget(dev, readin->word);
	}
	folio_unlock(folio);
}

static void let_go(struct tswap_dev *dev, struct tswap_readin *readin)
{
	folio_put(readin->folio);
	kfree(readin);
	atomic_dec(&dev->nr_readin);
}

static void onswapin_work(struct work_struct *work)
{
	struct tswap_dev *dev = container_of(work, struct tswap_dev, onswapin_work.work);
	struct tswap_readin *readin, *next;

	llist_for_each_entry_safe(readin, next, llist_del_all(&dev->readin), node)
	{
		free_now(dev, readin);
		let_go(dev, readin);
		cond_resched();
	}
	/*
	 * So many have come meanwhile that the number has not passed the mark again. The
	 * last ones may be locked still, or have no mark of readahead yet.
	 */
	if (atomic_read(&dev->nr_readin) >= most() / 2)
		mod_delayed_work(tswap_wq, &dev->onswapin_work, 1);
}

void tswap_onswapin_dev_init(struct tswap_dev *dev)
{
	init_llist_head(&dev->readin);
	INIT_DELAYED_WORK(&dev->onswapin_work, onswapin_work);
}

/* Nobody reads any more. */
void tswap_onswapin_dev_exit(struct tswap_dev *dev)
{
	struct tswap_readin *readin, *next;

	if (!dev->onswapin_work.work.func)
		return;
	cancel_delayed_work_sync(&dev->onswapin_work);
	llist_for_each_entry_safe(readin, next, llist_del_all(&dev->readin), node)
		let_go(dev, readin);
}
