// SPDX-License-Identifier: GPL-2.0-only
/*
 * tswap - redirecting bios: the way to a leaf and back
 *
 * A bio whose slots lie in one run on one leaf is not cloned: its end_io, private
 * pointer and position are put aside in a struct tswap_io and the bio itself goes on to
 * the leaf. A bio of several runs loses the first one by bio_split() and is submitted
 * again for the rest, so that no call ever holds more than one element of each mempool
 * that it waits for: the element before belongs to a bio that can complete.
 */
#include <linux/highmem.h>
#include <linux/slab.h>
#include <linux/swap.h>
#include <linux/swapops.h>
#include <trace/events/block.h>

#include "io.h"
#include "trace.h"

#define TSWAP_IO_POOL 64
#define TSWAP_SAMPLE  15 /* every 16th request of a CPU has its latency measured */

/*
 * Flags that say what has been done to a bio on the way through one queue: with those of
 * the upper one set, the lower one would not account for it (to its cgroup, to blktrace),
 * and with those of the lower one set the upper one would end what it has not begun.
 */
#define TSWAP_QUEUE_FLAGS                                                            \
	(BIT(BIO_CGROUP_ACCT) | BIT(BIO_TRACE_COMPLETION) | BIT(BIO_QOS_THROTTLED) | \
	 BIT(BIO_QOS_MERGED) | BIT(BIO_BPS_THROTTLED))

static struct kmem_cache *io_cache;

void tswap_io_fail(struct bio *bio, blk_status_t status)
{
	bio->bi_status = status;
	bio_endio(bio);
}

/* Cut the first @nr pages off, or all; what comes back completes into @bio. */
struct bio *tswap_io_split(struct tswap_dev *dev, struct bio *bio, u32 nr, gfp_t gfp)
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

/**
 * tswap_io_start() - send a bio to a leaf
 * @io: new element, of which @avoid, @part and @alone may have been set, and whose @run
 *	says where it goes, counted in its phase
 * @bio: exactly the pages of the run
 * @end_io: gets @io as bio->bi_private; has to end in tswap_io_finish()
 */
void tswap_io_start(struct tswap_io *io, struct bio *bio, bio_end_io_t *end_io)
{
	const struct tswap_run *run = &io->run;
	struct tswap_leaf *leaf = run->leaf;
	bool write = op_is_write(bio_op(bio));

	io->bio = bio;
	io->end_io = bio->bi_end_io;
	io->private = bio->bi_private;
	io->iter = bio->bi_iter;
	io->flags = bio->bi_flags & TSWAP_QUEUE_FLAGS;
	io->began = tswap_acct_start(io->dev->disk, bio);
	tswap_leaf_count(leaf, write ? TSWAP_WRITE_PAGES : TSWAP_READ_PAGES, run->nr);
	io->began_ns = 0;
	if (!(this_cpu_inc_return(leaf->cpu->stat[write ? TSWAP_WRITES : TSWAP_READS]) &
	      TSWAP_SAMPLE))
		io->began_ns = ktime_get_ns();
	bio->bi_end_io = end_io;
	bio->bi_private = io;
	bio->bi_flags &= ~TSWAP_QUEUE_FLAGS;
	bio_set_dev(bio, leaf->bdev);
	bio->bi_iter.bi_sector = (sector_t)run->pos << TSWAP_SECTOR_SHIFT;
	trace_tswap_redirect(leaf, run->slot, run->pos, run->nr, write);
	trace_block_bio_remap(bio, disk_devt(io->dev->disk),
			      (sector_t)run->slot << TSWAP_SECTOR_SHIFT);
	submit_bio_noacct(bio);
}

/* Account for the time of a request that is one of those that are measured. */
void tswap_io_sample(struct tswap_io *io, bool write)
{
	struct tswap_leaf *leaf = io->run.leaf;
	u64 ns;
	u32 bucket;

	ns = ktime_get_ns() - io->began_ns;
	bucket = min_t(u32, fls64(div_u64(ns, NSEC_PER_USEC)), TSWAP_LATENCY_BUCKETS - 1);
	tswap_leaf_count(leaf, write ? TSWAP_WRITE_NS : TSWAP_READ_NS, ns);
	tswap_leaf_count(leaf, write ? TSWAP_WRITE_SAMPLES : TSWAP_READ_SAMPLES, 1);
	this_cpu_inc(leaf->cpu->latency[write][bucket]);
}

/* Make the bio again what it was when it came; its iterator stays where it ended. */
void tswap_io_restore(struct tswap_io *io)
{
	struct bio *bio = io->bio;
	u32 left = bio->bi_iter.bi_size;

	bio->bi_bdev = io->dev->disk->part0;
	bio->bi_end_io = io->end_io;
	bio->bi_private = io->private;
	bio->bi_flags = (bio->bi_flags & ~TSWAP_QUEUE_FLAGS) | io->flags;
	bio->bi_iter.bi_size = io->iter.bi_size; /* what is accounted for */
	tswap_acct_end(io->dev->disk, bio, io->began);
	bio->bi_iter.bi_size = left;
	bio->bi_iter.bi_sector =
		io->iter.bi_sector + ((io->iter.bi_size - left) >> SECTOR_SHIFT);
}

/* The last of a request: the bio goes back to who sent it. */
void tswap_io_finish(struct tswap_io *io)
{
	struct bio *bio = io->bio;

	tswap_io_restore(io);
	tswap_leaf_io_end(io->run.leaf, io->run.phase);
	tswap_io_free(io);
	bio_endio(bio); /* never end_io directly: the bio may be part of a chain */
}

/*
 * Slot 0, the swap header, belongs to no process: it is kept in memory, so that it is on
 * no leaf that could fail or that somebody wants to take away.
 */
static void copy_header(struct tswap_dev *dev, struct bio *bio)
{
	char *header = page_address(dev->header);
	bool write = op_is_write(bio_op(bio));
	struct bvec_iter iter;
	struct bio_vec bv;

	bio_for_each_segment(bv, bio, iter)
	{
		char *p = bvec_kmap_local(&bv);

		memcpy(write ? header : p, write ? p : header, bv.bv_len);
		kunmap_local(p);
		header += bv.bv_len;
	}
	bio_endio(bio);
}

/* Deal with the first page of a bio that begins at slot 0, and send the rest again. */
static void submit_header(struct tswap_dev *dev, struct bio *bio, u32 nr)
{
	struct bio *front;

	if (nr == 1) {
		copy_header(dev, bio);
		return;
	}
	front = tswap_io_split(dev, bio, 1, GFP_NOIO);
	if (!front) {
		tswap_io_fail(bio, BLK_STS_RESOURCE);
		return;
	}
	copy_header(dev, front);
	submit_bio_noacct(bio);
}

/*
 * Entry points of the block layer
 */

void tswap_submit_bio(struct bio *bio)
{
	struct tswap_dev *dev = bio->bi_bdev->bd_disk->private_data;
	u64 slot = bio->bi_iter.bi_sector >> TSWAP_SECTOR_SHIFT;
	u32 nr = bio->bi_iter.bi_size >> PAGE_SHIFT;

	if (unlikely(atomic_read(&tswap_probing)) && tswap_is_probe(bio)) {
		bio_io_error(bio);
		return;
	}
	if (bio->bi_iter.bi_size & ~PAGE_MASK || !nr ||
	    bio->bi_iter.bi_sector & ((1U << TSWAP_SECTOR_SHIFT) - 1) ||
	    slot + nr > dev->slots) {
		tswap_io_fail(bio, BLK_STS_IOERR);
		return;
	}
	if (bio_op(bio) != REQ_OP_READ && bio_op(bio) != REQ_OP_WRITE)
		tswap_io_fail(bio, BLK_STS_NOTSUPP);
	else if (!slot)
		submit_header(dev, bio, nr);
	else if (bio_op(bio) == REQ_OP_READ)
		tswap_read_submit(dev, bio, slot, nr);
	else
		tswap_write_submit(dev, bio, slot, nr);
}

int tswap_io_dev_init(struct tswap_dev *dev)
{
	int err;

	tswap_noroom_dev_init(dev);
	tswap_reread_dev_init(dev);
	tswap_onswapin_dev_init(dev);
	tswap_watch_dev_init(dev);
	dev->header = alloc_page(GFP_KERNEL | __GFP_ZERO);
	if (!dev->header)
		return -ENOMEM;
	err = mempool_init_slab_pool(&dev->io_pool, TSWAP_IO_POOL, io_cache);
	if (err)
		return err;
	err = bioset_init(&dev->split_bs, BIO_POOL_SIZE, 0, 0);
	return err ?: tswap_move_dev_init(dev);
}

/* Nothing is in flight: the device is closed and gone from the block layer. */
void tswap_io_dev_exit(struct tswap_dev *dev)
{
	tswap_noroom_dev_exit(dev);
	tswap_reread_dev_exit(dev);
	tswap_onswapin_dev_exit(dev);
	tswap_watch_dev_exit(dev);
	if (dev->header)
		__free_page(dev->header);
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
