// SPDX-License-Identifier: GPL-2.0-only
/*
 * tswap - what becomes of a write that failed
 *
 * Its position is retired (or just freed, where the leaf is zram and "error" means full),
 * the words become holes, and the pages, which are still in memory, are placed on another
 * leaf. A leaf is asked once for each bio. The swap core is told about an error when no
 * leaf is left, and then still has the pages.
 */
#include <linux/sched/mm.h>

#include "io.h"
#include "trace.h"

struct workqueue_struct *tswap_retry_wq;

/* Like bio_reset() for a bio that somebody else has filled: ready to be sent again. */
static void rewind_bio(struct tswap_io *io)
{
	struct bio *bio = io->bio;

	tswap_io_restore(io);
	bio->bi_iter = io->iter;
	bio->bi_status = BLK_STS_OK;
	bio->bi_next = NULL;
	/* the leaf's driver may have split it, which uses the count up */
	atomic_set(&bio->__bi_remaining, 1);
}

static void give_up(struct tswap_io *io, struct bio *bio, blk_status_t status)
{
	struct tswap_dev *dev = io->dev;

	tswap_io_free(io);
	atomic64_inc(&dev->write_fails);
	tswap_write_no_room(dev);
	tswap_io_fail(bio, status);
}

/* Cut @run off @bio and send it; false without memory, and nothing was done. */
static bool send_front(struct tswap_io *io, struct bio *bio, const struct tswap_run *run)
{
	struct tswap_dev *dev = io->dev;
	struct tswap_io *front_io = tswap_io_new(dev, GFP_NOWAIT | __GFP_NOWARN);
	struct bio *front;

	if (!front_io)
		return false;
	front = tswap_io_split(dev, bio, run->nr, GFP_NOWAIT | __GFP_NOWARN);
	if (!front) {
		tswap_io_free(front_io);
		return false;
	}
	front_io->avoid = io->avoid;
	tswap_write_start(front_io, front, run);
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
	struct tswap_run run;

	for (;;) {
		if (!tswap_write_place(dev, slot, nr, &io->avoid, &run)) {
			give_up(io, bio, status);
			return;
		}
		atomic64_add(run.nr, &dev->redirected);
		if (run.nr == nr && !tswap_io_has_parts(bio)) {
			tswap_write_start(io, bio, &run);
			return;
		}
		if (!send_front(io, bio, &run)) {
			tswap_write_abandon(dev, &run);
			give_up(io, bio, status);
			return;
		}
		slot += run.nr;
		nr -= run.nr;
		if (!nr) {
			tswap_io_free(io);
			bio_endio(bio); /* ends with its parts */
			return;
		}
	}
}

static void retry(struct tswap_io *io)
{
	struct bio *bio = io->bio;
	blk_status_t status = bio->bi_status;
	struct tswap_run run = io->run;

	rewind_bio(io);
	tswap_write_take_back(io->dev, &run);
	set_bit(run.leaf->id, io->avoid.bits);
	tswap_leaf_write_failed(run.leaf, run.pos, run.nr);
	tswap_leaf_io_end(run.leaf, TSWAP_WRITE_PHASE);
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

/* Hand a failed write over. Any context. */
void tswap_retry_queue(struct tswap_io *io)
{
	struct tswap_dev *dev = io->dev;
	unsigned long irq;

	trace_tswap_retry(io->run.leaf, io->run.slot, io->run.pos, io->run.nr, true);
	spin_lock_irqsave(&dev->retry_lock, irq);
	list_add_tail(&io->node, &dev->retry);
	spin_unlock_irqrestore(&dev->retry_lock, irq);
	queue_work(tswap_retry_wq, &dev->retry_work);
}

void tswap_retry_dev_init(struct tswap_dev *dev)
{
	spin_lock_init(&dev->retry_lock);
	INIT_LIST_HEAD(&dev->retry);
	INIT_WORK(&dev->retry_work, retry_work);
}
