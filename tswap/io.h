/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tswap - inside of requests: what io.c (the way there and back), read.c, onswapin.c,
 * write.c, retry.c, reread.c and noroom.c share
 */
#ifndef TSWAP_IO_H
#define TSWAP_IO_H

#include "tswap.h"

/**
 * struct tswap_run - slots in a row and where they lie in a row
 * @leaf: NULL: holes
 * @stamp: of the words, if it is to be written
 * @phase: which count of the leaf it is in
 * @refused: of a write that was not placed: its rule has tiers without room
 */
struct tswap_run {
	struct tswap_leaf *leaf;
	u32 slot;
	u32 nr;
	u32 pos;
	u32 stamp;
	u32 phase;
	bool refused;
};

/**
 * struct tswap_io - a run on its way to a leaf
 * @end_io: what the bio had before, as @private, @iter and @flags
 * @began: jiffies, for the disk statistics; @began_ns: 0 unless sampled
 * @part: the bio has been cut off another one, whose status is that of all its parts
 * @alone: one page, sent again alone after an error
 * @sender: task that sent a read; only to be compared
 * @avoid: leaves that failed to write this run
 */
struct tswap_io {
	struct tswap_dev *dev;
	struct tswap_run run;
	struct bio *bio;
	bio_end_io_t *end_io;
	void *private;
	struct bvec_iter iter;
	unsigned short flags;
	bool part;
	bool alone;
	const struct task_struct *sender;
	unsigned long began;
	u64 began_ns;
	struct list_head node;
	struct tswap_leafset avoid;
};

/*
 * A bio that parts have been cut off of carries no run itself, its last run is cut off
 * too. Of a write, the error of a part that found no leaf stays in it, and a retry of its
 * own run could not distinguish that from an error of its own, and would lose it. Of a
 * read, it ends when its last part does, in the context of that one: the run it carried
 * would be dealt with in the interrupt of another leaf's driver.
 */
static inline bool tswap_io_has_parts(struct bio *bio)
{
	return bio_flagged(bio, BIO_CHAIN);
}

/* Never fails with GFP_NOIO. */
static inline struct tswap_io *tswap_io_new(struct tswap_dev *dev, gfp_t gfp)
{
	struct tswap_io *io = mempool_alloc(&dev->io_pool, gfp);

	if (!io)
		return NULL;
	bitmap_zero(io->avoid.bits, TSWAP_LEAF_MAX + 1);
	io->dev = dev;
	io->part = false;
	io->alone = false;
	return io;
}

static inline void tswap_io_free(struct tswap_io *io)
{
	mempool_free(io, &io->dev->io_pool);
}

/* io.c */
void tswap_io_start(struct tswap_io *io, struct bio *bio, bio_end_io_t *end_io);
void tswap_io_sample(struct tswap_io *io, bool write);
void tswap_io_restore(struct tswap_io *io);
void tswap_io_finish(struct tswap_io *io);
void tswap_io_fail(struct bio *bio, blk_status_t status);
struct bio *tswap_io_split(struct tswap_dev *dev, struct bio *bio, u32 nr, gfp_t gfp);

/* read.c */
void tswap_read_submit(struct tswap_dev *dev, struct bio *bio, u32 slot, u32 nr);
void tswap_read_start(struct tswap_io *io, struct bio *bio);
bool tswap_read_find(struct tswap_dev *dev, u32 slot, u32 max, struct tswap_run *run);
void tswap_read_lost(struct tswap_io *io);
bool tswap_is_page_of(struct tswap_dev *dev, struct page *page, u32 slot);

/* write.c */
void tswap_write_submit(struct tswap_dev *dev, struct bio *bio, u32 slot, u32 nr);
bool tswap_write_place(struct tswap_dev *dev, struct bio *bio, u32 slot, u32 nr,
		       const struct tswap_leafset *avoid, struct tswap_run *run);
void tswap_write_start(struct tswap_io *io, struct bio *bio);
void tswap_write_take_back(struct tswap_dev *dev, const struct tswap_run *run);
void tswap_write_abandon(struct tswap_dev *dev, const struct tswap_run *run);

/* noroom.c */
void tswap_noroom_dev_init(struct tswap_dev *dev);
void tswap_noroom_dev_exit(struct tswap_dev *dev);
void tswap_noroom(struct tswap_dev *dev, struct bio *bio, blk_status_t status,
		  bool by_rule, bool wait);

/* onswapin.c */
void tswap_onswapin_dev_init(struct tswap_dev *dev);
void tswap_onswapin_dev_exit(struct tswap_dev *dev);
void tswap_onswapin_free(struct tswap_io *io, struct page *page, u32 i);

/* reread.c */
void tswap_reread_dev_init(struct tswap_dev *dev);
void tswap_reread_dev_exit(struct tswap_dev *dev);
void tswap_reread_later(struct tswap_dev *dev, struct page *page, u32 slot);

/* retry.c */
void tswap_retry_queue(struct tswap_io *io);

#endif /* TSWAP_IO_H */
