// SPDX-License-Identifier: GPL-2.0-only
/*
 * tswap - what becomes of a request that failed
 *
 * One bad sector is one bad page: a request that failed is sent again page by page, to
 * the same positions, and not merged with others. Of a read, what fails alone is lost; of
 * a write, its position is retired, its word becomes a hole, and the page, which is still
 * in memory, is placed on another leaf. A leaf is asked once more for each page, no more.
 * Where the leaf is zram an error means full: nothing is tried again there. The swap core
 * learns of a failed write when no leaf is left, and then still has the page. Each
 * leaf has a work item of its own: a leaf that hangs holds up its own, and those that
 * have to write to it because no other leaf has room.
 */
#include <linux/sched/mm.h>

#include "io.h"
#include "trace.h"

/* Waits for no mempool: their elements may be held by bios that wait for this worker. */
#define TSWAP_GFP_RETRY (GFP_NOWAIT | __GFP_NOWARN)

struct workqueue_struct *tswap_retry_wq;

/* Like bio_reset() for a bio that somebody else has filled: ready to be sent again. */
static void rewind_bio(struct tswap_io *io)
{
	struct bio *bio = io->bio;

	tswap_io_restore(io);
	bio->bi_iter = io->iter;
	bio->bi_opf &= ~REQ_NOMERGE;
	bio->bi_status = BLK_STS_OK;
	bio->bi_next = NULL;
	/* the leaf's driver may have split it, which uses the count up */
	atomic_set(&bio->__bi_remaining, 1);
}

static void start(struct tswap_io *io, struct bio *bio, const struct tswap_run *run)
{
	io->run = *run;
	if (op_is_write(bio_op(bio)))
		tswap_write_start(io, bio);
	else
		tswap_read_start(io, bio);
}

/*
 * Page by page
 */

/* Send a page of a request that still counts as in flight. */
static void start_alone(struct tswap_io *io, struct bio *bio, const struct tswap_run *run)
{
	tswap_leaf_begin_again(run->leaf, run->phase);
	bio->bi_opf |= REQ_NOMERGE;
	io->alone = true;
	start(io, bio, run);
}

/* Cut the first page off @bio and send it; false without memory, and nothing was done. */
static bool front_alone(struct tswap_io *io, struct bio *bio, const struct tswap_run *run)
{
	struct tswap_io *front_io = tswap_io_new(io->dev, TSWAP_GFP_RETRY);
	struct bio *front;

	if (!front_io)
		return false;
	front = tswap_io_split(io->dev, bio, 1, TSWAP_GFP_RETRY);
	if (!front) {
		tswap_io_free(front_io);
		return false;
	}
	front_io->avoid = io->avoid;
	front_io->part = true;
	start_alone(front_io, front, run);
	return true;
}

/*
 * Send each page of @run alone; @bio has been rewound. @run becomes what there was no
 * memory for. The caller still has the request counted as in flight.
 */
static void pages_alone(struct tswap_io *io, struct bio *bio, struct tswap_run *run)
{
	struct tswap_run page = *run;

	if (run->nr == 1 && !tswap_io_has_parts(bio)) {
		run->nr = 0;
		start_alone(io, bio, &page);
		return;
	}
	page.nr = 1;
	while (run->nr && front_alone(io, bio, &page)) {
		page.slot++;
		page.pos++;
		run->slot++;
		run->pos++;
		run->nr--;
	}
	if (run->nr)
		return;
	tswap_io_free(io);
	bio_endio(bio); /* ends with its parts */
}

/*
 * Elsewhere
 */

static void give_up(struct tswap_io *io, struct bio *bio, blk_status_t status,
		    bool by_rule)
{
	struct tswap_dev *dev = io->dev;

	tswap_io_free(io);
	atomic64_inc(&dev->write_fails);
	tswap_noroom(dev, bio, status, by_rule, false);
}

/* Cut @run off @bio and send it; false without memory, and nothing was done. */
static bool send_front(struct tswap_io *io, struct bio *bio, const struct tswap_run *run)
{
	struct tswap_dev *dev = io->dev;
	struct tswap_io *front_io = tswap_io_new(dev, TSWAP_GFP_RETRY);
	struct bio *front;

	if (!front_io)
		return false;
	front = tswap_io_split(dev, bio, run->nr, TSWAP_GFP_RETRY);
	if (!front) {
		tswap_io_free(front_io);
		return false;
	}
	front_io->avoid = io->avoid;
	front_io->run = *run;
	tswap_write_start(front_io, front);
	return true;
}

/*
 * Write the pages of @bio to any leaf but those of io->avoid, in as many runs as it
 * takes.
 */
static void write_elsewhere(struct tswap_io *io, struct bio *bio, u32 slot, u32 nr,
			    blk_status_t status)
{
	struct tswap_dev *dev = io->dev;
	struct tswap_run run;

	io->alone = false;
	for (;;) {
		if (!tswap_write_place(dev, bio, slot, nr, &io->avoid, &run)) {
			give_up(io, bio, status, run.refused);
			return;
		}
		atomic64_add(run.nr, &dev->redirected);
		if (run.nr == nr && !tswap_io_has_parts(bio)) {
			io->run = run;
			tswap_write_start(io, bio);
			return;
		}
		if (!send_front(io, bio, &run)) {
			tswap_write_abandon(dev, &run);
			give_up(io, bio, status, false);
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

/* What the positions of a failed write are good for. */
static void dispose(struct tswap_io *io, const struct tswap_run *run)
{
	struct tswap_leaf *leaf = run->leaf;

	if (io->alone && !READ_ONCE(leaf->failing))
		tswap_space_retire(leaf, run->pos);
	else
		tswap_space_free(leaf, run->pos, run->nr);
}

static void retry_write(struct tswap_io *io)
{
	blk_status_t status = io->bio->bi_status;
	struct tswap_run run = io->run;
	struct tswap_leaf *leaf = run.leaf;
	struct bio *bio = io->bio;
	u32 phase = run.phase;

	rewind_bio(io);
	if (leaf->type == TSWAP_LEAF_TYPE_ZRAM) {
		status = BLK_STS_NOSPC;
		tswap_leaf_full(leaf);
	} else if (!io->alone) {
		tswap_leaf_write_failed(leaf);
	}
	if (leaf->type != TSWAP_LEAF_TYPE_ZRAM && !io->alone && !READ_ONCE(leaf->failing))
		pages_alone(io, bio, &run);
	if (run.nr) {
		tswap_write_take_back(io->dev, &run);
		set_bit(leaf->id, io->avoid.bits);
		dispose(io, &run);
		write_elsewhere(io, bio, run.slot, run.nr, status);
	}
	tswap_leaf_io_end(leaf, phase);
}

static void retry_read(struct tswap_io *io)
{
	struct tswap_run run = io->run;
	struct tswap_leaf *leaf = run.leaf;
	struct bio *bio = io->bio;
	u32 phase = run.phase;

	rewind_bio(io);
	tswap_leaf_read_failed(leaf);
	pages_alone(io, bio, &run);
	if (run.nr) {
		io->run = run; /* what there was no memory for */
		io->iter = bio->bi_iter;
		tswap_read_lost(io);
		tswap_io_free(io);
		tswap_io_fail(bio, BLK_STS_IOERR);
	}
	tswap_leaf_io_end(leaf, phase);
}

/*
 * Runs with PF_MEMALLOC as the submitter of a swap write did: what it allocates must not
 * wait for reclaim, because reclaim may wait for these very writes.
 */
static void retry_work(struct work_struct *work)
{
	struct tswap_leaf *leaf = container_of(work, struct tswap_leaf, retry_work);
	unsigned int flags = memalloc_noreclaim_save();
	struct tswap_io *io, *next;
	LIST_HEAD(list);

	spin_lock_irq(&leaf->retry_lock);
	list_splice_init(&leaf->retry, &list);
	spin_unlock_irq(&leaf->retry_lock);
	list_for_each_entry_safe(io, next, &list, node) {
		if (op_is_write(bio_op(io->bio)))
			retry_write(io);
		else
			retry_read(io);
	}
	memalloc_noreclaim_restore(flags);
}

/* Hand a failed request over. Any context. */
void tswap_retry_queue(struct tswap_io *io)
{
	struct tswap_leaf *leaf = io->run.leaf;
	unsigned long irq;

	trace_tswap_retry(leaf, io->run.slot, io->run.pos, io->run.nr,
			  op_is_write(bio_op(io->bio)));
	rcu_read_lock(); /* once it is in the list, only this keeps the leaf */
	spin_lock_irqsave(&leaf->retry_lock, irq);
	list_add_tail(&io->node, &leaf->retry);
	spin_unlock_irqrestore(&leaf->retry_lock, irq);
	queue_work(tswap_retry_wq, &leaf->retry_work);
	rcu_read_unlock();
}

void tswap_retry_init(struct tswap_leaf *leaf)
{
	spin_lock_init(&leaf->retry_lock);
	INIT_LIST_HEAD(&leaf->retry);
	INIT_WORK(&leaf->retry_work, retry_work);
}

/* Nothing has been in flight on the leaf for an RCU grace period: the list is empty. */
void tswap_retry_exit(struct tswap_leaf *leaf)
{
	flush_work(&leaf->retry_work);
}
