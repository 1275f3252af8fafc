// SPDX-License-Identifier: GPL-2.0-only
/*
 * tswap - the requests of a move: a batch of pages is read or written as a whole
 *
 * The pages of a request that failed are sent again, each alone. A job that is cancelled
 * while its requests hang does not wait for them: it is abandoned, which leaves a thread
 * that waits and cleans up.
 */
#include <linux/freezer.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "move.h"

#define TSWAP_HANGS HZ /* how long a cancelled job waits for a request */

/* Lies before the bio, in the front padding of dev->move_bs. */
struct move_bio {
	struct batch *batch;
	struct tswap_leaf *leaf;
	u32 phase;
	u32 first;
	u32 nr;
	bool alone;
	struct bio bio;
};

int tswap_move_dev_init(struct tswap_dev *dev)
{
	return bioset_init(&dev->move_bs, BIO_POOL_SIZE, offsetof(struct move_bio, bio),
			   BIOSET_NEED_BVECS);
}

/* Also of what is NULL. */
void tswap_batch_free(struct batch *b)
{
	u32 i;

	for (i = 0; b && i < b->nr_pieces; i++)
		__free_pages(b->piece[i], compound_order(b->piece[i]));
	kvfree(b);
}

/* Pieces as large as can be had: the fewer segments, the less a device has to do. */
static bool get_pages(struct batch *b)
{
	unsigned int order = ilog2(TSWAP_BATCH);
	struct page *piece;
	u32 nr = 0, i;

	while (nr < TSWAP_BATCH) {
		piece = alloc_pages(GFP_KERNEL | __GFP_COMP | __GFP_NOWARN |
					    (order ? __GFP_NORETRY : 0),
				    order);
		if (!piece && !order)
			return false;
		if (!piece) {
			order--;
			continue;
		}
		b->piece[b->nr_pieces++] = piece;
		for (i = 0; i < 1U << order; i++)
			b->page[nr++] = piece + i;
	}
	b->in_order = b->nr_pieces == 1;
	return true;
}

/* With all its pages; NULL without memory. */
struct batch *tswap_batch_new(void)
{
	struct batch *b = kvzalloc(sizeof(*b), GFP_KERNEL);

	if (b && get_pages(b))
		return b;
	tswap_batch_free(b);
	return NULL;
}

/* The word of page @i becomes what it was, if it is still ours. */
void tswap_batch_unmark(struct tswap_mover *m, struct batch *b, u32 i)
{
	tswap_map_change(m->dev, b->slot[i], b->word[i] | TSWAP_SLOT_MOVING, b->word[i]);
}

/*
 * Cancelled, and requests hang: the job is over for everybody else. No word is changed
 * from now on; what remains is to wait, and to free what is nobody's then. Until that is
 * done the leaves count us as in flight, so that they stay.
 */
static void abandon(struct tswap_mover *m)
{
	u32 i, j;

	for (j = 0; j < 2; j++) {
		struct batch *b = m->batch[j];

		for (i = 0; b->marked && i < b->nr; i++)
			tswap_batch_unmark(m, b, i);
		for (i = 0; b->writing && i < b->nr; i++)
			b->phase[i] = tswap_leaf_other_begin(b->to[i]);
		b->marked = false;
	}
	m->phase = tswap_leaf_other_begin(m->from);
	m->abandoned = true;
	tswap_job_abandon(m->job);
}

/* Called now and then by whoever waits for requests, no lock held; may freeze. */
void tswap_batch_poll_cancel(void *data)
{
	struct tswap_mover *m = data;

	try_to_freeze(); /* a suspend does not wait for a device that hangs */
	if (m->abandoned || !tswap_job_should_end(m->job))
		return;
	if (!m->cancelled)
		m->cancelled = jiffies ?: 1;
	else if (time_after(jiffies, m->cancelled + TSWAP_HANGS))
		abandon(m);
}

/* Until all requests have ended, whatever the job is asked to do meanwhile. */
void tswap_batch_wait(struct tswap_mover *m, struct batch *b)
{
	while (!wait_for_completion_io_timeout(&b->done, HZ / 4))
		tswap_batch_poll_cancel(m);
}

static void end_one(struct batch *b)
{
	if (!atomic_dec_and_test(&b->pending))
		return;
	b->ended_ns = ktime_get_ns();
	complete(&b->done);
}

static void count_result(struct tswap_leaf *leaf, bool write, bool alone, bool ok)
{
	if (ok && write)
		tswap_leaf_wrote(leaf);
	else if (ok)
		tswap_leaf_read(leaf);
	else if (alone)
		return; /* the request has been counted when it failed as a whole */
	else if (write && leaf->type == TSWAP_LEAF_TYPE_ZRAM)
		tswap_leaf_full(leaf);
	else if (write)
		tswap_leaf_write_failed(leaf);
	else
		tswap_leaf_read_failed(leaf);
}

/* Any context. */
static void end_move_bio(struct bio *bio)
{
	struct move_bio *mb = container_of(bio, struct move_bio, bio);
	struct batch *b = mb->batch;

	if (bio->bi_status)
		memset(b->result + mb->first, mb->alone ? PAGE_BAD : PAGE_AGAIN, mb->nr);
	count_result(mb->leaf, op_is_write(bio_op(bio)), mb->alone, !bio->bi_status);
	tswap_leaf_io_end(mb->leaf, mb->phase);
	bio_put(bio);
	end_one(b);
}

/*
 * How many pages of the batch from @first on, of @max, lie next to each other in memory.
 */
static u32 piece_length(const struct batch *b, u32 first, u32 max)
{
	unsigned long pfn = page_to_pfn(b->page[first]);
	u32 nr;

	if (b->in_order)
		return max;
	for (nr = 1; nr < max; nr++)
		if (page_to_pfn(b->page[first + nr]) != pfn + nr)
			break;
	return nr;
}

/* One request for @nr pages from @first on, at @pos of @leaf; alone by REQ_NOMERGE. */
void tswap_batch_send(struct tswap_mover *m, struct batch *b, struct tswap_leaf *leaf,
		      u32 pos, u32 first, u32 nr, blk_opf_t op)
{
	struct bio *bio =
		bio_alloc_bioset(leaf->bdev, nr, op, GFP_NOIO, &m->dev->move_bs);
	struct move_bio *mb = container_of(bio, struct move_bio, bio);
	u32 i, len;

	mb->batch = b;
	mb->leaf = leaf;
	mb->phase = tswap_leaf_other_begin(leaf);
	mb->first = first;
	mb->nr = nr;
	mb->alone = op & REQ_NOMERGE;
	bio->bi_ioprio = m->job->ioprio;
	bio->bi_iter.bi_sector = (sector_t)pos << TSWAP_SECTOR_SHIFT;
	bio->bi_end_io = end_move_bio;
	for (i = 0; i < nr; i += len) {
		len = piece_length(b, first + i, nr - i);
		__bio_add_page(bio, b->page[first + i], len * PAGE_SIZE, 0);
	}
	atomic_inc(&b->pending);
	submit_bio(bio);
}

/* Requests of the batch are sent between this and tswap_batch_submitted(). */
void tswap_batch_begin(struct batch *b, struct blk_plug *plug)
{
	init_completion(&b->done);
	atomic_set(&b->pending, 1);
	b->began_ns = ktime_get_ns();
	blk_start_plug(plug);
}

void tswap_batch_submitted(struct batch *b, struct blk_plug *plug)
{
	blk_finish_plug(plug);
	end_one(b);
}

/* May page @i be sent again alone? */
static bool again(const struct batch *b, u32 i)
{
	if (b->result[i] != PAGE_AGAIN)
		return false;
	return !b->writing ||
	       (b->to[i]->type != TSWAP_LEAF_TYPE_ZRAM && !READ_ONCE(b->to[i]->failing));
}

/*
 * Send again, page by page, what failed in company: one bad sector is one bad page. Not
 * merged with one another, nor with what else waits for the device.
 */
void tswap_batch_send_again(struct tswap_mover *m, struct batch *b)
{
	struct blk_plug plug;
	u32 i;

	if (m->abandoned || !memchr_inv(b->result, PAGE_OK, b->nr))
		return;
	tswap_batch_begin(b, &plug);
	for (i = 0; i < b->nr; i++) {
		if (!again(b, i))
			continue;
		b->result[i] = PAGE_OK;
		if (b->writing)
			tswap_batch_send(m, b, b->to[i], b->to_pos[i], i, 1,
					 REQ_OP_WRITE | REQ_NOMERGE);
		else
			tswap_batch_send(m, b, m->from, TSWAP_SLOT_POS(b->word[i]), i, 1,
					 REQ_OP_READ | REQ_NOMERGE);
	}
	tswap_batch_submitted(b, &plug);
	tswap_batch_wait(m, b);
}
