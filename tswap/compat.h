/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tswap - what differs between kernel versions; the only file that asks for the version
 */
#ifndef TSWAP_COMPAT_H
#define TSWAP_COMPAT_H

#include <linux/bio.h>
#include <linux/blkdev.h>
#include <linux/swap.h>
#include <linux/sysfs.h>
#include <linux/version.h>
#include <net/genetlink.h>

/*
 * Leaves: opened by number, exclusively
 */
struct tswap_bdev_handle {
	struct block_device *bdev;
	struct file *file;
};

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 9, 0)
static inline int tswap_bdev_open(dev_t number, void *holder, struct tswap_bdev_handle *h)
{
	struct file *file = bdev_file_open_by_dev(number, BLK_OPEN_READ | BLK_OPEN_WRITE,
						  holder, NULL);

	if (IS_ERR(file))
		return PTR_ERR(file);
	h->file = file;
	h->bdev = file_bdev(file);
	return 0;
}

static inline void tswap_bdev_close(struct tswap_bdev_handle *h, void *holder)
{
	bdev_fput(h->file);
}
#else
static inline int tswap_bdev_open(dev_t number, void *holder, struct tswap_bdev_handle *h)
{
	struct block_device *bdev =
		blkdev_get_by_dev(number, FMODE_READ | FMODE_WRITE | FMODE_EXCL, holder);

	if (IS_ERR(bdev))
		return PTR_ERR(bdev);
	h->bdev = bdev;
	return 0;
}

static inline void tswap_bdev_close(struct tswap_bdev_handle *h, void *holder)
{
	blkdev_put(h->bdev, FMODE_READ | FMODE_WRITE | FMODE_EXCL);
}
#endif

static inline void tswap_bdev_free_notify(struct block_device *bdev, unsigned long page)
{
	bdev->bd_disk->fops->swap_slot_free_notify(bdev, page);
}

/*
 * Our own disk: 4 KiB blocks, stable writes (the swap core asks once, and a zram leaf
 * may come later), not rotational, no discard, no write cache, not synchronous.
 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 11, 0)
static inline struct gendisk *tswap_alloc_disk(void)
{
	struct queue_limits lim = {
		.logical_block_size = PAGE_SIZE,
		.physical_block_size = PAGE_SIZE,
		.features = BLK_FEAT_STABLE_WRITES | BLK_FEAT_IO_STAT,
	};

	return blk_alloc_disk(&lim, NUMA_NO_NODE);
}
#else
static inline struct gendisk *tswap_alloc_disk(void)
{
	struct gendisk *disk = blk_alloc_disk(NUMA_NO_NODE);

	if (!disk)
		return ERR_PTR(-ENOMEM);
	blk_queue_logical_block_size(disk->queue, PAGE_SIZE);
	blk_queue_physical_block_size(disk->queue, PAGE_SIZE);
	blk_queue_flag_set(QUEUE_FLAG_STABLE_WRITES, disk->queue);
	blk_queue_flag_set(QUEUE_FLAG_NONROT, disk->queue);
	blk_queue_flag_clear(QUEUE_FLAG_ADD_RANDOM, disk->queue);
	blk_queue_flag_set(QUEUE_FLAG_IO_STAT, disk->queue);
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

/* Opening: the arguments changed in 6.5. */
int tswap_disk_open(struct gendisk *disk);
void tswap_disk_release(struct gendisk *disk);

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 5, 0)
static inline int tswap_fops_open(struct gendisk *disk, blk_mode_t mode)
{
	return tswap_disk_open(disk);
}

static inline void tswap_fops_release(struct gendisk *disk)
{
	tswap_disk_release(disk);
}
#else
static inline int tswap_fops_open(struct block_device *bdev, fmode_t mode)
{
	return tswap_disk_open(bdev->bd_disk);
}

static inline void tswap_fops_release(struct gendisk *disk, fmode_t mode)
{
	tswap_disk_release(disk);
}
#endif

/* bio_split(): NULL or an error pointer, by version. */
static inline struct bio *tswap_bio_split(struct bio *bio, unsigned int sectors,
					  gfp_t gfp, struct bio_set *bs)
{
	struct bio *front = bio_split(bio, sectors, gfp, bs);

	return IS_ERR_OR_NULL(front) ? NULL : front;
}

/* The entry that a folio has in the swap cache. */
static inline swp_entry_t tswap_folio_entry(struct folio *folio)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
	return folio->swap;
#else
	swp_entry_t entry = { .val = page_private(&folio->page) };

	return entry;
#endif
}

/* Binary attributes became const in 6.16 or so, in two steps. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 17, 0)
#define TSWAP_BIN_ATTR            const struct bin_attribute
#define TSWAP_BIN_ATTR_LIST(name) const struct bin_attribute *const name[]
#else
#define TSWAP_BIN_ATTR            struct bin_attribute
#define TSWAP_BIN_ATTR_LIST(name) struct bin_attribute *name[]
#endif

/* What pre_doit and post_doit of a family are told about the operation. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
#define TSWAP_GENL_PRE_OPS const struct genl_split_ops
#else
#define TSWAP_GENL_PRE_OPS const struct genl_ops
#endif

/* Attributes of a dump request. */
static inline struct nlattr **tswap_dump_attrs(struct netlink_callback *cb)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
	return genl_info_dump(cb)->attrs;
#else
	return genl_dumpit_info(cb)->attrs;
#endif
}

#endif /* TSWAP_COMPAT_H */
