// SPDX-License-Identifier: GPL-2.0-only
/*
 * tswap - opening a leaf: is it what its swap signature says?
 *
 * A leaf is opened exclusively by device number, taken from a descriptor that the caller
 * has open: what was checked there is what is opened here, whatever its path names by
 * now. It has to carry a swap signature, which is read here and never written. Nobody
 * else can see the leaf yet, so no lock is held while a device that may be slow is read;
 * and a work item does it, so that a request does not wait for ever for a device that
 * hangs.
 */
#include <linux/completion.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/swap.h>

#include "tswap.h"

#define TSWAP_LEAF_MIN_PAGES 10        /* as mkswap has it */
#define TSWAP_OPEN_WAIT      (10 * HZ) /* a disk that has to spin up answers by then */

static u32 type_of(struct block_device *bdev)
{
	const char *name = bdev->bd_disk->disk_name;

	if (!strncmp(name, "zram", 4) && bdev->bd_disk->fops->swap_slot_free_notify)
		return TSWAP_LEAF_TYPE_ZRAM;
	if (!strncmp(name, "loop", 4))
		return TSWAP_LEAF_TYPE_LOOP;
	return TSWAP_LEAF_TYPE_DISK;
}

static int check_device(struct tswap_leaf *leaf, struct netlink_ext_ack *extack)
{
	struct block_device *bdev = leaf->bdev;

	leaf->type = type_of(bdev);
	if (tswap_is_tswap(bdev))
		return refuse(extack, "a tswap device cannot be a leaf", -ELOOP);
	if (leaf->type == TSWAP_LEAF_TYPE_LOOP &&
	    !(leaf->flags & TSWAP_LEAF_F_ALLOW_LOOP))
		return refuse(
			extack,
			"a loop device writes through a filesystem, which can need the memory that swap should free; allow-loop accepts that",
			-EINVAL);
	if (bdev_read_only(bdev))
		return refuse(extack, "the leaf is read-only", -EROFS);
	if (bdev_is_zoned(bdev) || bdev_logical_block_size(bdev) > PAGE_SIZE)
		return refuse(extack, "the leaf cannot write single pages", -EINVAL);
	if (leaf->flags & TSWAP_LEAF_F_DISCARD && !bdev_max_discard_sectors(bdev))
		return refuse(extack, "the leaf has no discard", -EOPNOTSUPP);
	return 0;
}

static int check_header(const union swap_header *h, u64 dev_pages,
			struct netlink_ext_ack *extack)
{
	if (memcmp(h->magic.magic, "SWAPSPACE2", 10))
		return refuse(
			extack,
			"no swap signature on the leaf, or one for pages of another size; run mkswap on this machine",
			-EINVAL);
	if (h->info.version != 1)
		return refuse(
			extack,
			"swap signature of an unknown version or another byte order; run mkswap on this machine",
			-EINVAL);
	if (h->info.nr_badpages > MAX_SWAP_BADPAGES)
		return refuse(extack, "swap signature with a bad list of bad pages",
			      -EINVAL);
	if (h->info.last_page >= dev_pages)
		return refuse(extack,
			      "the swap signature is for a larger device; run mkswap",
			      -EINVAL);
	if (h->info.last_page < TSWAP_LEAF_MIN_PAGES - 1)
		return refuse(extack, "the leaf is too small, it needs 10 pages",
			      -EINVAL);
	return 0;
}

static void take_names(struct tswap_leaf *leaf, const union swap_header *h)
{
	char *p;

	memcpy(leaf->uuid, h->info.sws_uuid, sizeof(leaf->uuid));
	memcpy(leaf->label, h->info.sws_volume, sizeof(leaf->label) - 1);
	for (p = leaf->label; *p; p++)
		if (*p < ' ' || *p > '~')
			*p = '?';
}

/* The leaf's positions, without the header and what mkswap found bad. */
static int take_space(struct tswap_leaf *leaf, const union swap_header *h)
{
	/* declared as an array of one, it runs to the end of the page */
	const u32 *bad = h->info.badpages;
	u32 i;
	int err;

	leaf->nr_pos = h->info.last_page + 1;
	err = tswap_space_init(leaf);
	if (err)
		return err;
	tswap_space_mark_bad(leaf, 0);
	for (i = 0; i < h->info.nr_badpages; i++)
		tswap_space_mark_bad(leaf, bad[i]);
	return 0;
}

/*
 * Does a leaf lie on a tswap device in the end, perhaps below a dm device? Its requests
 * would come back to us for ever. The page that the header is read into is marked;
 * drivers that remap requests pass the page on, so that it arrives at a tswap device,
 * which marks it in turn. A driver that copies (loop, NBD) is not seen through.
 */
atomic_t tswap_probing = ATOMIC_INIT(0);
static const char probe_sent, probe_arrived;

/**
 * tswap_is_probe() - is that a read of a new leaf's header?
 * @bio: request to a tswap device, while tswap_probing is not 0
 *
 * Any context. If it is, whoever sent it will know.
 */
bool tswap_is_probe(struct bio *bio)
{
	struct page *page;

	if (bio_op(bio) != REQ_OP_READ || !bio_has_data(bio))
		return false;
	page = bio_page(bio);
	if (page_private(page) != (unsigned long)&probe_sent)
		return false;
	set_page_private(page, (unsigned long)&probe_arrived);
	return true;
}

/*
 * What others have written through the page cache has to be on the device before we read
 * it, and must not be written over our pages later. -ELOOP: the read came to a tswap
 * device.
 */
static int read_page(struct block_device *bdev, struct page *page)
{
	struct bio_vec bv;
	struct bio bio;
	int err = sync_blockdev(bdev);

	if (err)
		return err;
	invalidate_bdev(bdev);
	set_page_private(page, (unsigned long)&probe_sent);
	atomic_inc(&tswap_probing);
	bio_init(&bio, bdev, &bv, 1, REQ_OP_READ | REQ_SYNC);
	__bio_add_page(&bio, page, PAGE_SIZE, 0);
	err = submit_bio_wait(&bio);
	bio_uninit(&bio);
	atomic_dec(&tswap_probing);
	if (page_private(page) == (unsigned long)&probe_arrived)
		err = -ELOOP;
	set_page_private(page, 0);
	return err;
}

static int read_header(struct tswap_leaf *leaf, struct netlink_ext_ack *extack)
{
	u64 dev_pages = min_t(u64, bdev_nr_bytes(leaf->bdev) >> PAGE_SHIFT, U32_MAX);
	struct page *page;
	int err;

	if (!dev_pages)
		return refuse(extack, "the leaf is empty", -EINVAL);
	page = alloc_page(GFP_KERNEL);
	if (!page)
		return refuse(extack, TSWAP_NO_MEMORY, -ENOMEM);
	err = read_page(leaf->bdev, page);
	if (err == -ELOOP)
		NL_SET_ERR_MSG(extack, "the leaf is on a tswap device");
	else if (err)
		NL_SET_ERR_MSG(extack, "cannot read the leaf's swap signature");
	if (err)
		goto out;
	err = check_header(page_address(page), dev_pages, extack);
	if (err)
		goto out;
	take_names(leaf, page_address(page));
	err = take_space(leaf, page_address(page));
	if (err)
		NL_SET_ERR_MSG(extack, "no memory for the leaf's bitmap");
out:
	__free_page(page);
	return err;
}

#ifdef TSWAP_HAVE_HOLDER_OPS
/*
 * The block layer has locked bd_holder_lock, which keeps the leaf, and has us unlock it.
 */
static void mark_dead(struct block_device *bdev, bool surprise)
{
	tswap_leaf_gone(bdev->bd_holder);
	mutex_unlock(&bdev->bd_holder_lock);
}

const struct blk_holder_ops tswap_holder_ops = { .mark_dead = mark_dead };
#endif

static int open_device(struct tswap_leaf *leaf, struct netlink_ext_ack *extack)
{
	int err = tswap_bdev_open(leaf->devt, leaf, &leaf->handle);

	if (err == -EBUSY)
		return refuse(
			extack,
			"the leaf is in use: a mount, an active swap area, a leaf or a device above it",
			err);
	if (err)
		return refuse(extack, "cannot open the leaf", err);
	leaf->bdev = leaf->handle.bdev;
	snprintf(leaf->name, sizeof(leaf->name), "%pg", leaf->bdev);
	return 0;
}

/* Nobody else sees the leaf; its release function does the rest. */
static void close_and_free(struct tswap_leaf *leaf)
{
	tswap_leaf_close(leaf);
	kobject_put(&leaf->kobj);
}

/**
 * struct opening - a leaf while it is opened
 * @over: bit 0: the work is done or the request has given up; who comes second cleans up
 */
struct opening {
	struct work_struct work;
	struct tswap_leaf *leaf;
	struct netlink_ext_ack extack;
	struct completion done;
	unsigned long over;
	int err;
};

static void open_work(struct work_struct *work)
{
	struct opening *o = container_of(work, struct opening, work);
	struct tswap_leaf *leaf = o->leaf;
	struct tswap_dev *dev = leaf->dev;
	int err = open_device(leaf, &o->extack);

	if (!err)
		err = check_device(leaf, &o->extack);
	if (!err)
		err = read_header(leaf, &o->extack);
	if (err)
		close_and_free(leaf);
	o->err = err;
	if (!test_and_set_bit(0, &o->over)) {
		complete(&o->done);
	} else {
		if (!err)
			close_and_free(leaf);
		kfree(o);
	}
	tswap_dev_put(dev);
}

static struct opening *start_opening(struct tswap_leaf *leaf)
{
	struct opening *o = kzalloc(sizeof(*o), GFP_KERNEL);

	if (!o)
		return NULL;
	INIT_WORK(&o->work, open_work);
	init_completion(&o->done);
	o->leaf = leaf;
	kref_get(&leaf->dev->ref);
	queue_work(tswap_device_wq, &o->work);
	return o;
}

/* Wait for the work, but neither for ever nor past a SIGKILL. */
static int await_opening(struct opening *o, struct netlink_ext_ack *extack)
{
	long left = wait_for_completion_killable_timeout(&o->done, TSWAP_OPEN_WAIT);
	int err;

	if (left <= 0 && !test_and_set_bit(0, &o->over))
		return refuse(
			extack,
			"the leaf's device does not answer; it is closed when it does",
			left ? -EINTR : -ETIMEDOUT);
	if (left <= 0)
		wait_for_completion(&o->done); /* it was done in this very moment */
	err = o->err;
	if (err)
		*extack = o->extack;
	kfree(o);
	return err;
}

static int number_of(int fd, dev_t *number, struct netlink_ext_ack *extack)
{
	struct file *file = fget(fd);
	bool is_block;

	if (!file)
		return refuse(extack, "fd is not an open file", -EBADF);
	is_block = S_ISBLK(file_inode(file)->i_mode);
	*number = file_inode(file)->i_rdev;
	fput(file);
	return is_block ? 0 : refuse(extack, "fd is not an open block device", -ENOTBLK);
}

/**
 * tswap_leaf_open() - open the device of a new leaf and read its signature
 * @leaf: leaf that nobody else sees; on failure it is freed, once its device lets us
 * @fd: descriptor of the caller
 * @extack: where to say why not
 *
 * Waits for the device, 10 s at most.
 * Return: 0; -EBADF, -ENOTBLK, -EBUSY, -ELOOP, -EROFS, -EINVAL, -EOPNOTSUPP, -ENOMEM,
 * -ETIMEDOUT, -EINTR or what opening and reading the device gave.
 */
int tswap_leaf_open(struct tswap_leaf *leaf, int fd, struct netlink_ext_ack *extack)
{
	int err = number_of(fd, &leaf->devt, extack);
	struct opening *o;

	if (!err) {
		o = start_opening(leaf);
		if (o)
			return await_opening(o, extack);
		err = refuse(extack, TSWAP_NO_MEMORY, -ENOMEM);
	}
	kobject_put(&leaf->kobj);
	return err;
}

void tswap_leaf_close(struct tswap_leaf *leaf)
{
	if (leaf->bdev)
		tswap_bdev_close(&leaf->handle, leaf);
}
