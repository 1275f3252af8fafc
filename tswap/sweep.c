// SPDX-License-Identifier: GPL-2.0-only
/*
 * tswap - discarding freed positions
 *
 * Frees mark their position stale and their chunk dirty; some time later the stale runs
 * of dirty chunks are discarded, each once. A run is held (allocated) until its discard
 * is complete, else a write that got the position meanwhile could be wiped. For zram this
 * frees what its own notification missed, and what was freed in a completion; for
 * other leaves with the discard flag it is the only way.
 */
#include <linux/blkdev.h>
#include <linux/moduleparam.h>
#include <linux/sched/mm.h>

#include "tswap.h"

#define TSWAP_SWEEP_PAGES 512
#define TSWAP_SWEEP_SOON  (HZ / 20)

static unsigned int sweep_ms = 10000;
module_param(sweep_ms, uint, 0644);
MODULE_PARM_DESC(sweep_ms, "delay between a free and the discard sweep, in ms");

/* Discard what was freed in @chunk, up to a failure: its next free will try again. */
static void sweep_chunk(struct tswap_leaf *leaf, u32 chunk)
{
	u32 from = chunk << TSWAP_CHUNK_SHIFT, pos, nr;
	int err;

	for (;;) {
		nr = tswap_space_hold(leaf, chunk, &from, TSWAP_SWEEP_PAGES, &pos);
		if (!nr)
			return;
		err = blkdev_issue_discard(leaf->bdev,
					   (sector_t)pos << TSWAP_SECTOR_SHIFT,
					   (sector_t)nr << TSWAP_SECTOR_SHIFT, GFP_NOIO);
		tswap_space_release(leaf, pos, nr, !err);
		if (err)
			return;
		tswap_leaf_count(leaf, TSWAP_DISCARDED, nr);
		cond_resched();
	}
}

static void sweep_work(struct work_struct *work)
{
	struct tswap_leaf *leaf = container_of(work, struct tswap_leaf, sweep_work.work);
	unsigned int flags = memalloc_noio_save();
	u32 chunk;

	clear_bit(0, &leaf->sweep_hurry);
	smp_mb__after_atomic(); /* whoever still sees the bit has its chunk seen */
	for_each_set_bit(chunk, leaf->chunk_dirty, leaf->nr_chunks) {
		if (!READ_ONCE(leaf->sweep))
			break;
		clear_bit(chunk, leaf->chunk_dirty);
		smp_mb__after_atomic(); /* the bit before the look: see free_run() */
		sweep_chunk(leaf, chunk);
		cond_resched();
	}
	memalloc_noio_restore(flags);
}

/* A chunk became dirty. Any context. */
void tswap_sweep_queue(struct tswap_leaf *leaf)
{
	if (READ_ONCE(leaf->sweep))
		queue_delayed_work(tswap_wq, &leaf->sweep_work,
				   msecs_to_jiffies(READ_ONCE(sweep_ms)));
}

/* There is memory to be had by a sweep. Any context. */
void tswap_sweep_soon(struct tswap_leaf *leaf)
{
	smp_rmb(); /* the bit of the chunk before that of the hurry: see sweep_work() */
	if (READ_ONCE(leaf->sweep) && !test_bit(0, &leaf->sweep_hurry) &&
	    !test_and_set_bit(0, &leaf->sweep_hurry))
		mod_delayed_work(tswap_wq, &leaf->sweep_work,
				 min_t(u64, TSWAP_SWEEP_SOON,
				       msecs_to_jiffies(READ_ONCE(sweep_ms))));
}

/* Sweep or do not, as type and flags of the leaf ask; dev->lock, or the leaf is new. */
void tswap_sweep_set(struct tswap_leaf *leaf)
{
	bool can = bdev_max_discard_sectors(leaf->bdev) > 0;
	bool want = leaf->type == TSWAP_LEAF_TYPE_ZRAM ||
		    leaf->flags & TSWAP_LEAF_F_DISCARD;
	bool on = can && want && leaf->stale;

	/* what was freed while there was none made no chunk dirty */
	if (on && !leaf->sweep && leaf->swept)
		bitmap_fill(leaf->chunk_dirty, leaf->nr_chunks);
	leaf->swept |= on;
	WRITE_ONCE(leaf->sweep, on);
	tswap_sweep_queue(leaf);
}

void tswap_sweep_init(struct tswap_leaf *leaf)
{
	INIT_DELAYED_WORK(&leaf->sweep_work, sweep_work);
}

/* The leaf is on its way out: begin no sweep, go on with none. */
void tswap_sweep_stop(struct tswap_leaf *leaf)
{
	WRITE_ONCE(leaf->sweep, false);
}

/*
 * Who frees a position looks at @sweep and then queues the work, below rcu_read_lock() or
 * with a request in flight. Called when none of them is left, so nobody queues it again.
 */
void tswap_sweep_exit(struct tswap_leaf *leaf)
{
	cancel_delayed_work_sync(&leaf->sweep_work);
}
