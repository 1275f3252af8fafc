// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * baremove - what a live move of tswap cannot do without, alone
 *
 * Copies pages 1 to @pages of a block device to the same positions of another one, in
 * batches of as many pages as tswap's: read, then written, in requests of @size pages and
 * nothing else. Loading does it; the parameter @ns has how long that took. Part of the
 * benchmark tests/bench/instructions.sh; never installed.
 */
#include <linux/atomic.h>
#include <linux/bio.h>
#include <linux/blkdev.h>
#include <linux/completion.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/ktime.h>
#include <linux/log2.h>
#include <linux/module.h>

#define BATCH 256 /* tswap's TSWAP_BATCH */

static char *from, *to;
static unsigned int pages, size = BATCH;
static u64 ns;
module_param(from, charp, 0400);
module_param(to, charp, 0400);
module_param(pages, uint, 0400);
module_param(size, uint, 0400);
module_param(ns, ullong, 0400);

struct copy {
	struct block_device *from;
	struct block_device *to;
	struct page *buffer; /* BATCH pages in a row */
	struct bio_set bios;
	atomic_t pending; /* requests in flight, and one while they are being submitted */
	blk_status_t status;
	struct completion done;
};

static void end_one(struct copy *c)
{
	if (atomic_dec_and_test(&c->pending))
		complete(&c->done);
}

static void end_request(struct bio *bio)
{
	struct copy *c = bio->bi_private;

	if (bio->bi_status)
		c->status = bio->bi_status;
	bio_put(bio);
	end_one(c);
}

static void send(struct copy *c, struct block_device *bdev, blk_opf_t op, u32 pos,
		 u32 first, u32 nr)
{
	struct bio *bio = bio_alloc_bioset(bdev, 1, op, GFP_NOIO, &c->bios);

	bio->bi_iter.bi_sector = (sector_t)pos << (PAGE_SHIFT - SECTOR_SHIFT);
	bio->bi_end_io = end_request;
	bio->bi_private = c;
	__bio_add_page(bio, c->buffer + first, nr * PAGE_SIZE, 0);
	atomic_inc(&c->pending);
	submit_bio(bio);
}

/* One half of a batch: @nr pages at @pos and behind it. */
static void half(struct copy *c, struct block_device *bdev, blk_opf_t op, u32 pos, u32 nr)
{
	struct blk_plug plug;
	u32 first;

	init_completion(&c->done);
	atomic_set(&c->pending, 1);
	blk_start_plug(&plug);
	for (first = 0; first < nr; first += size)
		send(c, bdev, op, pos + first, first, min(size, nr - first));
	blk_finish_plug(&plug);
	end_one(c);
	wait_for_completion_io(&c->done);
}

static int copy_all(struct copy *c)
{
	u64 began = ktime_get_ns();
	u32 pos, nr;

	for (pos = 1; pos <= pages && !c->status; pos += nr) {
		nr = min_t(u32, BATCH, pages + 1 - pos);
		half(c, c->from, REQ_OP_READ, pos, nr);
		if (!c->status)
			half(c, c->to, REQ_OP_WRITE, pos, nr);
	}
	ns = ktime_get_ns() - began;
	return c->status ? -EIO : 0;
}

static int with_devices(struct copy *c)
{
	struct file *source, *target;
	int err;

	source = filp_open(from, O_RDWR | O_EXCL, 0);
	if (IS_ERR(source))
		return PTR_ERR(source);
	target = filp_open(to, O_RDWR | O_EXCL, 0);
	err = PTR_ERR_OR_ZERO(target);
	if (!err) {
		c->from = I_BDEV(source->f_mapping->host);
		c->to = I_BDEV(target->f_mapping->host);
		err = copy_all(c);
		filp_close(target, NULL);
	}
	filp_close(source, NULL);
	return err;
}

static int __init baremove_init(void)
{
	struct copy c = {};
	int err;

	if (!from || !to || !pages || !size || size > BATCH)
		return -EINVAL;
	c.buffer = alloc_pages(GFP_KERNEL, ilog2(BATCH));
	if (!c.buffer)
		return -ENOMEM;
	err = bioset_init(&c.bios, BIO_POOL_SIZE, 0, BIOSET_NEED_BVECS);
	if (!err) {
		err = with_devices(&c);
		bioset_exit(&c.bios);
	}
	__free_pages(c.buffer, ilog2(BATCH));
	return err;
}

static void __exit baremove_exit(void)
{
}

module_init(baremove_init);
module_exit(baremove_exit);
MODULE_DESCRIPTION("Copies pages between block devices, for a benchmark");
MODULE_LICENSE("GPL");
