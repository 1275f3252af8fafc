// SPDX-License-Identifier: GPL-2.0-only
/*
 * tswap - opening a leaf: is it what its swap signature says?
 *
 * A leaf is opened exclusively by device number, taken from a descriptor that the caller
 * has open: what was checked there is what is opened here, whatever its path names by now.
 * It has to carry a swap signature, which is read here and never written. Nobody else can
 * see the leaf yet, so no lock is held while a device that may be slow is read.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/string.h>
#include <linux/swap.h>

#include "tswap.h"

#define TSWAP_LEAF_MIN_PAGES 10 /* as mkswap has it */

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
		return refuse(extack,
			      "a loop device writes through a filesystem, which can "
			      "need the memory that swap should free; allow-loop "
			      "accepts that",
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
	const char *why = NULL;

	if (memcmp(h->magic.magic, "SWAPSPACE2", 10))
		why = "no swap signature on the leaf; run mkswap on it";
	else if (h->info.version != 1)
		why = "swap signature of an unknown version or another byte order; run "
		      "mkswap on this machine";
	else if (h->info.nr_badpages > MAX_SWAP_BADPAGES)
		why = "swap signature with a bad list of bad pages";
	else if (h->info.last_page >= dev_pages)
		why = "the swap signature is for a larger device; run mkswap";
	else if (h->info.last_page < TSWAP_LEAF_MIN_PAGES - 1)
		why = "the leaf is too small, it needs 10 pages";
	return why ? refuse(extack, why, -EINVAL) : 0;
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
 * What others have written through the page cache has to be on the device before we read
 * it, and must not be written over our pages later.
 */
static int read_page(struct block_device *bdev, struct page *page)
{
	struct bio_vec bv;
	struct bio bio;
	int err = sync_blockdev(bdev);

	if (err)
		return err;
	invalidate_bdev(bdev);
	bio_init(&bio, bdev, &bv, 1, REQ_OP_READ | REQ_SYNC);
	__bio_add_page(&bio, page, PAGE_SIZE, 0);
	err = submit_bio_wait(&bio);
	bio_uninit(&bio);
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
	if (err) {
		refuse(extack, "cannot read the leaf's swap signature", err);
		goto out;
	}
	err = check_header(page_address(page), dev_pages, extack);
	if (err)
		goto out;
	take_names(leaf, page_address(page));
	err = take_space(leaf, page_address(page));
	if (err)
		refuse(extack, "no memory for the leaf's bitmap", err);
out:
	__free_page(page);
	return err;
}

static int open_device(struct tswap_leaf *leaf, int fd, struct netlink_ext_ack *extack)
{
	struct file *file = fget(fd);
	int err;

	if (!file)
		return refuse(extack, "fd is not an open file", -EBADF);
	if (!S_ISBLK(file_inode(file)->i_mode)) {
		fput(file);
		return refuse(extack, "fd is not an open block device", -ENOTBLK);
	}
	err = tswap_bdev_open(file_inode(file)->i_rdev, leaf, &leaf->handle);
	fput(file);
	if (err == -EBUSY)
		return refuse(extack,
			      "the leaf is in use: a mount, an active swap area, a "
			      "leaf or a device above it",
			      err);
	if (err)
		return refuse(extack, "cannot open the leaf", err);
	leaf->bdev = leaf->handle.bdev;
	return 0;
}

/**
 * tswap_leaf_open() - open the device of a new leaf and read its signature
 * @leaf: leaf that nobody else sees; what was opened is closed by tswap_leaf_close()
 * @fd: descriptor of the caller
 * @extack: where to say why not
 *
 * Return: 0; -EBADF, -ENOTBLK, -EBUSY, -ELOOP, -EROFS, -EINVAL, -EOPNOTSUPP, -ENOMEM or what
 * opening and reading the device gave.
 */
int tswap_leaf_open(struct tswap_leaf *leaf, int fd, struct netlink_ext_ack *extack)
{
	int err = open_device(leaf, fd, extack);

	if (!err)
		err = check_device(leaf, extack);
	return err ?: read_header(leaf, extack);
}

void tswap_leaf_close(struct tswap_leaf *leaf)
{
	if (leaf->bdev)
		tswap_bdev_close(&leaf->handle, leaf);
}
