/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tswap - what differs between kernels
 *
 * By what the headers have, never by number: TSWAP_HAVE_* come from greps in Kbuild,
 * other things are macros in the headers themselves.
 */
#ifndef TSWAP_COMPAT_H
#define TSWAP_COMPAT_H

#include <linux/bio.h>
#include <linux/blkdev.h>
#include <linux/file.h>
#include <linux/swap.h>
#include <linux/sysfs.h>
#include <net/genetlink.h>

#ifndef TSWAP_HAVE_SLOT_FREE_NOTIFY
#error "these kernel headers have no swap_slot_free_notify: tswap cannot know when a page is freed"
#endif

/*
 * Leaves: opened by number, exclusively. Closing is complete on return, so that whoever
 * learns that a leaf is gone can have its device at once.
 */
struct tswap_bdev_handle {
	struct block_device *bdev;
	void *opened;
};

#if defined(TSWAP_HAVE_BDEV_FILE) || defined(TSWAP_HAVE_BDEV_HANDLE)
#define TSWAP_HAVE_HOLDER_OPS /* those of 6.5 and 6.6 have other arguments and locks */
extern const struct blk_holder_ops tswap_holder_ops;
#endif

#if defined(TSWAP_HAVE_BDEV_FILE)
static inline int tswap_bdev_open(dev_t number, void *holder, struct tswap_bdev_handle *h)
{
	struct file *file = bdev_file_open_by_dev(number, BLK_OPEN_READ | BLK_OPEN_WRITE,
						  holder, &tswap_holder_ops);

	if (IS_ERR(file))
		return PTR_ERR(file);
	h->opened = file;
	h->bdev = file_bdev(file);
	return 0;
}

static inline void tswap_bdev_close(struct tswap_bdev_handle *h, void *holder)
{
	__fput_sync(h->opened); /* bdev_fput() of a kernel thread comes a tick later */
}
#elif defined(TSWAP_HAVE_BDEV_HANDLE)
static inline int tswap_bdev_open(dev_t number, void *holder, struct tswap_bdev_handle *h)
{
	struct bdev_handle *handle = bdev_open_by_dev(
		number, BLK_OPEN_READ | BLK_OPEN_WRITE, holder, &tswap_holder_ops);

	if (IS_ERR(handle))
		return PTR_ERR(handle);
	h->opened = handle;
	h->bdev = handle->bdev;
	return 0;
}

static inline void tswap_bdev_close(struct tswap_bdev_handle *h, void *holder)
{
	bdev_release(h->opened);
}
#else
static inline int tswap_bdev_open(dev_t number, void *holder, struct tswap_bdev_handle *h)
{
#ifdef BLK_OPEN_READ
	struct block_device *bdev =
		blkdev_get_by_dev(number, BLK_OPEN_READ | BLK_OPEN_WRITE, holder, NULL);
#else
	struct block_device *bdev =
		blkdev_get_by_dev(number, FMODE_READ | FMODE_WRITE | FMODE_EXCL, holder);
#endif

	if (IS_ERR(bdev))
		return PTR_ERR(bdev);
	h->bdev = bdev;
	return 0;
}

static inline void tswap_bdev_close(struct tswap_bdev_handle *h, void *holder)
{
#ifdef BLK_OPEN_READ
	blkdev_put(h->bdev, holder);
#else
	blkdev_put(h->bdev, FMODE_READ | FMODE_WRITE | FMODE_EXCL);
#endif
}
#endif

static inline void tswap_bdev_free_notify(struct block_device *bdev, unsigned long page)
{
	bdev->bd_disk->fops->swap_slot_free_notify(bdev, page);
}

/*
 * Our own disk: blocks of a page, in memory as on disk, whatever a leaf wants; stable
 * writes (the swap core asks once, and a zram leaf may come later); not rotational, no
 * discard, no write cache, not synchronous. Before BLK_FEAT_* these were flags of the
 * queue.
 */
static inline void tswap_set_queue_flags(struct request_queue *queue)
{
#ifndef BLK_FEAT_STABLE_WRITES
	blk_queue_flag_set(QUEUE_FLAG_STABLE_WRITES, queue);
	blk_queue_flag_set(QUEUE_FLAG_NONROT, queue);
	blk_queue_flag_clear(QUEUE_FLAG_ADD_RANDOM, queue);
	blk_queue_flag_set(QUEUE_FLAG_IO_STAT, queue);
#endif
}

#ifdef TSWAP_HAVE_ALLOC_DISK_LIMITS
static inline struct gendisk *tswap_alloc_disk(void)
{
	struct queue_limits lim = {
		.logical_block_size = PAGE_SIZE,
		.physical_block_size = PAGE_SIZE,
		.dma_alignment = PAGE_SIZE - 1,
#ifdef BLK_FEAT_STABLE_WRITES
		.features = BLK_FEAT_STABLE_WRITES | BLK_FEAT_IO_STAT,
#endif
	};
	struct gendisk *disk = blk_alloc_disk(&lim, NUMA_NO_NODE);

	if (!IS_ERR(disk))
		tswap_set_queue_flags(disk->queue);
	return disk;
}
#else
static inline struct gendisk *tswap_alloc_disk(void)
{
	struct gendisk *disk = blk_alloc_disk(NUMA_NO_NODE);

	if (!disk)
		return ERR_PTR(-ENOMEM);
	blk_queue_logical_block_size(disk->queue, PAGE_SIZE);
	blk_queue_physical_block_size(disk->queue, PAGE_SIZE);
	blk_queue_dma_alignment(disk->queue, PAGE_SIZE - 1);
	tswap_set_queue_flags(disk->queue);
	return disk;
}
#endif

/* Statistics of our disk; 0 as start: none were begun. */
static inline unsigned long tswap_acct_start(struct gendisk *disk, struct bio *bio)
{
	return blk_queue_io_stat(disk->queue) ? bio_start_io_acct(bio) | 1 : 0;
}

static inline void tswap_acct_end(struct gendisk *disk, struct bio *bio,
				  unsigned long start)
{
	if (start)
		bio_end_io_acct_remapped(bio, start & ~1UL, disk->part0);
}

/* Opening; what is opened exclusively is an area from its beginning. */
int tswap_disk_open(struct gendisk *disk, bool exclusive);
void tswap_disk_release(struct gendisk *disk);

#ifdef TSWAP_HAVE_OPEN_BY_DISK
static inline int tswap_fops_open(struct gendisk *disk, blk_mode_t mode)
{
	return tswap_disk_open(disk, mode & BLK_OPEN_EXCL);
}

static inline void tswap_fops_release(struct gendisk *disk)
{
	tswap_disk_release(disk);
}
#else
static inline int tswap_fops_open(struct block_device *bdev, fmode_t mode)
{
	return tswap_disk_open(bdev->bd_disk, mode & FMODE_EXCL);
}

static inline void tswap_fops_release(struct gendisk *disk, fmode_t mode)
{
	tswap_disk_release(disk);
}
#endif

/* bio_split(): NULL or an error pointer, by kernel. */
static inline struct bio *tswap_bio_split(struct bio *bio, unsigned int sectors,
					  gfp_t gfp, struct bio_set *bs)
{
	struct bio *front = bio_split(bio, sectors, gfp, bs);

	return IS_ERR_OR_NULL(front) ? NULL : front;
}

/* The entry that a folio has in the swap cache. */
static inline swp_entry_t tswap_folio_entry(struct folio *folio)
{
#ifdef TSWAP_HAVE_FOLIO_SWAP
	return folio->swap;
#else
	swp_entry_t entry = { .val = page_private(&folio->page) };

	return entry;
#endif
}

#ifdef TSWAP_HAVE_CONST_BIN_ATTRS
#define TSWAP_BIN_ATTR            const struct bin_attribute
#define TSWAP_BIN_ATTR_LIST(name) const struct bin_attribute *const name[]
#else
#define TSWAP_BIN_ATTR            struct bin_attribute
#define TSWAP_BIN_ATTR_LIST(name) struct bin_attribute *name[]
#endif

/* What pre_doit and post_doit of a family get to know of the operation. */
#ifdef TSWAP_HAVE_GENL_SPLIT_PRE
#define TSWAP_GENL_PRE_OPS const struct genl_split_ops
#else
#define TSWAP_GENL_PRE_OPS const struct genl_ops
#endif

/* Attributes of a dump request. */
static inline struct nlattr **tswap_dump_attrs(struct netlink_callback *cb)
{
#ifdef TSWAP_HAVE_GENL_INFO_DUMP
	return genl_info_dump(cb)->attrs;
#else
	return genl_dumpit_info(cb)->attrs;
#endif
}

#endif /* TSWAP_COMPAT_H */
