// SPDX-License-Identifier: GPL-2.0-only
/*
 * tswap - what a leaf's errors say about it, and whether it answers at all
 *
 * A request that fails counts once, whatever its size; its pages are sent again one by
 * one, and only what fails alone is bad: a position is retired, a page is lost to its
 * reader. TSWAP_FAIL_LIMIT requests in a row make a leaf failed, of writes; reads fail it
 * at the same number, and also when they fail now and then but too often. A position that
 * was retired comes back when the leaf is put into service again and the position can be
 * written and read then. The watch sees requests that do not end.
 */
#include <linux/mm.h>
#include <linux/sched/mm.h>

#include "tswap.h"

#define TSWAP_WATCH_EVERY HZ
#define TSWAP_STALLED_MS  5000 /* from then on the leaf is said to hang */
#define TSWAP_LOOK_ERRORS 8    /* in a row: the leaf is as bad as before */

/*
 * Errors. Any context unless noted.
 */

static void fail(struct tswap_leaf *leaf)
{
	if (READ_ONCE(leaf->failing))
		return;
	WRITE_ONCE(leaf->failing, true);
	tswap_leaf_raise(leaf, TSWAP_EVENT_FAILED);
}

/**
 * tswap_leaf_full() - a zram leaf has refused a write
 * @leaf: leaf
 *
 * zram reports every failure as an I/O error, the usual one being that there is no
 * memory: so it is full, is left alone for a while, and never fails.
 */
void tswap_leaf_full(struct tswap_leaf *leaf)
{
	bool rested = tswap_leaf_resting(leaf);

	tswap_leaf_count(leaf, TSWAP_FULL, 1);
	WRITE_ONCE(leaf->full_until, get_jiffies_64() + TSWAP_BACKOFF);
	if (!rested)
		tswap_leaf_raise(leaf, TSWAP_EVENT_FULL);
}

/* A request to write has failed. */
void tswap_leaf_write_failed(struct tswap_leaf *leaf)
{
	tswap_leaf_count(leaf, TSWAP_WRITE_ERRORS, 1);
	if (atomic_inc_return(&leaf->fails) >= TSWAP_FAIL_LIMIT)
		fail(leaf);
}

/**
 * tswap_leaf_read_failed() - a request to read has failed
 * @leaf: leaf
 *
 * Pages that are put on a leaf which cannot read them are lost, so a leaf fails as well
 * when more than one of TSWAP_READ_FAIL_COST + 1 requests fails, over some time.
 */
void tswap_leaf_read_failed(struct tswap_leaf *leaf)
{
	tswap_leaf_count(leaf, TSWAP_READ_ERRORS, 1);
	if (atomic_add_return(TSWAP_READ_FAIL_COST, &leaf->read_fails) >=
	    TSWAP_READ_FAIL_COST * TSWAP_FAIL_LIMIT)
		fail(leaf);
}

/* @nr pages could not be read for their owners. Reported once a second at most. */
void tswap_leaf_read_lost(struct tswap_leaf *leaf, u32 nr)
{
	u64 now = get_jiffies_64();

	tswap_leaf_count(leaf, TSWAP_READ_LOST, nr);
	if (now < READ_ONCE(leaf->lost_logged) + HZ)
		return;
	WRITE_ONCE(leaf->lost_logged, now);
	tswap_leaf_raise(leaf, TSWAP_EVENT_LOST);
}

/*
 * A fresh look at retired positions
 */

static int page_io(struct tswap_leaf *leaf, struct page *page, u32 pos, blk_opf_t op)
{
	u32 phase = tswap_leaf_other_begin(leaf);
	struct bio_vec bv;
	struct bio bio;
	int err;

	bio_init(&bio, leaf->bdev, &bv, 1, op | REQ_SYNC | REQ_NOMERGE);
	bio.bi_iter.bi_sector = (sector_t)pos << TSWAP_SECTOR_SHIFT;
	__bio_add_page(&bio, page, PAGE_SIZE, 0);
	err = submit_bio_wait(&bio);
	bio_uninit(&bio);
	tswap_leaf_io_end(leaf, phase);
	return err;
}

/* Write a pattern that belongs to the position, and read it back. */
static bool works(struct tswap_leaf *leaf, struct page *page, u32 pos)
{
	u64 *word = page_address(page);
	u32 i, n = PAGE_SIZE / sizeof(*word);

	for (i = 0; i < n; i++)
		word[i] = ((u64)pos << 32 | i) ^ 0x5a5a5a5a5a5a5a5aULL;
	if (page_io(leaf, page, pos, REQ_OP_WRITE))
		return false;
	clear_page(word);
	if (page_io(leaf, page, pos, REQ_OP_READ))
		return false;
	for (i = 0; i < n; i++)
		if (word[i] != (((u64)pos << 32 | i) ^ 0x5a5a5a5a5a5a5a5aULL))
			return false;
	return true;
}

static void look_work(struct work_struct *work)
{
	struct tswap_leaf *leaf = container_of(work, struct tswap_leaf, look_work);
	unsigned int flags = memalloc_noio_save();
	struct page *page = alloc_page(GFP_KERNEL);
	u32 errors = 0, good = 0;
	unsigned long pos;
	void *entry;

	if (!page)
		goto out;
	xa_for_each(&leaf->retired, pos, entry) {
		if (READ_ONCE(leaf->state) != TSWAP_LEAF_ACTIVE ||
		    READ_ONCE(leaf->failing) || errors >= TSWAP_LOOK_ERRORS)
			break;
		if (works(leaf, page, pos)) {
			tswap_space_reinstate(leaf, pos);
			good++;
			errors = 0;
		} else {
			errors++;
		}
		cond_resched();
	}
	__free_page(page);
	if (good)
		tswap_leaf_raise(leaf, TSWAP_EVENT_CHANGED);
out:
	memalloc_noio_restore(flags);
}

/* A leaf is put into service: forget its errors, look at what was retired; dev->lock. */
void tswap_leaf_forgive(struct tswap_leaf *leaf)
{
	atomic_set(&leaf->fails, 0);
	atomic_set(&leaf->read_fails, 0);
	WRITE_ONCE(leaf->failing, false);
	if (READ_ONCE(leaf->gone)) /* just now: what it has set must not be lost */
		tswap_leaf_gone(leaf);
	if (!xa_empty(&leaf->retired))
		queue_work(tswap_device_wq, &leaf->look_work);
}

void tswap_health_init(struct tswap_leaf *leaf)
{
	xa_init(&leaf->retired);
	INIT_WORK(&leaf->look_work, look_work);
	init_waitqueue_head(&leaf->io_wait);
	leaf->stall_since = get_jiffies_64();
}

/* The leaf is on its way out: nobody forgives it any more. Waits for I/O of a look. */
void tswap_health_stop(struct tswap_leaf *leaf)
{
	cancel_work_sync(&leaf->look_work);
}

/*
 * The watch
 */

static void watch_leaf(struct tswap_leaf *leaf)
{
	u64 now = get_jiffies_64();
	u32 before = leaf->stalled_ms, ms = 0;

	if (tswap_leaf_phase_over(leaf))
		leaf->stall_since = now;
	else
		ms = jiffies64_to_msecs(now - leaf->stall_since);
	WRITE_ONCE(leaf->stalled_ms, ms);
	if (before < TSWAP_STALLED_MS && ms >= TSWAP_STALLED_MS)
		tswap_leaf_raise(leaf, TSWAP_EVENT_STALLED);
	if (before >= TSWAP_STALLED_MS && ms < TSWAP_STALLED_MS)
		tswap_leaf_raise(leaf, TSWAP_EVENT_RESPONDS);
}

static void watch_work(struct work_struct *work)
{
	struct tswap_dev *dev = container_of(work, struct tswap_dev, watch_work.work);
	u32 id;

	rcu_read_lock();
	for (id = 1; id <= TSWAP_LEAF_MAX; id++) {
		struct tswap_leaf *leaf = tswap_leaf_of(dev, id);

		if (leaf)
			watch_leaf(leaf);
	}
	rcu_read_unlock();
	queue_delayed_work(tswap_wq, &dev->watch_work, TSWAP_WATCH_EVERY);
}

void tswap_watch_dev_init(struct tswap_dev *dev)
{
	/* an idle machine is not woken for it */
	INIT_DEFERRABLE_WORK(&dev->watch_work, watch_work);
	queue_delayed_work(tswap_wq, &dev->watch_work, TSWAP_WATCH_EVERY);
}

void tswap_watch_dev_exit(struct tswap_dev *dev)
{
	if (dev->watch_work.work.func)
		cancel_delayed_work_sync(&dev->watch_work);
}
