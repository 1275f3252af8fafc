// SPDX-License-Identifier: GPL-2.0-only
/*
 * tswap - moving pages between leaves while they are in use
 *
 * A mover works leaf by leaf: it scans the map for slots on the leaf, sorts a list of
 * them by position and goes through the list in batches. Two batches are under way: one
 * is read while the other is written, so the slower device is always busy.
 *
 * One page: its word gets %TSWAP_SLOT_MOVING; the page is read; a position is allocated
 * in the destination and written; the word is exchanged for the new one by cmpxchg. A
 * slot that was freed or rewritten meanwhile has a word without the mark, even if that
 * names the same position: the exchange fails and the copy is dropped. After the
 * exchange the old position stays allocated until every read that may have looked at the
 * old word has ended.
 *
 * Nothing is allocated after the start but bios, from a mempool.
 */
#include <linux/completion.h>
#include <linux/freezer.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include "job.h"

#define TSWAP_LIST       16384 /* slots sorted at a time */
#define TSWAP_BATCH_MIN  32
#define TSWAP_BATCH_LIVE 64 /* while the workload reads from the same leaves */
#define TSWAP_SLOW_NS    (25 * NSEC_PER_MSEC)
#define TSWAP_QUICK_NS   (10 * NSEC_PER_MSEC)
#define TSWAP_STUCK_MAX  5 /* passes of a drain in which nothing but errors happened */

enum {
	PAGE_OK,
	PAGE_BAD_READ,
	PAGE_BAD_WRITE
};

/**
 * struct batch - pages on their way
 * @word: words of the slots before they were marked
 * @to: leaf of the copy, with its position in @to_pos
 * @page: buffers, always TSWAP_BATCH of them
 * @result: of each page's I/O
 * @pending: bios in flight, and one while they are being submitted
 * @began_ns: when their submission began; @ended_ns: when the last one ended
 */
struct batch {
	u32 nr;
	u32 slot[TSWAP_BATCH];
	u64 word[TSWAP_BATCH];
	struct tswap_leaf *to[TSWAP_BATCH];
	u32 to_pos[TSWAP_BATCH];
	struct page *page[TSWAP_BATCH];
	u8 result[TSWAP_BATCH];
	atomic_t pending;
	struct completion done;
	u64 began_ns;
	u64 ended_ns;
};

/**
 * struct tswap_mover - the working memory of a job
 * @from: leaf being emptied
 * @list: position << 32 | slot, sorted
 * @at: how far the list is done
 * @region: where the scan of the map goes on; U32_MAX at its end
 * @busy: slots passed over because a write was in flight
 * @size: pages of a batch now; see adapt()
 * @reads: of the workload from source and destination, when last looked at
 * @full: no room was found
 */
struct tswap_mover {
	struct tswap_job *job;
	struct tswap_dev *dev;
	struct tswap_leaf *from;
	struct batch *batch[2];
	u64 *list;
	u32 nr;
	u32 at;
	u32 region;
	u32 busy;
	u32 size;
	u64 reads;
	bool full;
};

/* Lies before the bio, in the front padding of dev->move_bs. */
struct move_bio {
	struct batch *batch;
	u32 first;
	u32 nr;
	u8 bad;
	struct bio bio;
};

int tswap_move_dev_init(struct tswap_dev *dev)
{
	return bioset_init(&dev->move_bs, BIO_POOL_SIZE, offsetof(struct move_bio, bio),
			   BIOSET_NEED_BVECS);
}

/*
 * Memory
 */

static void free_batch(struct batch *b)
{
	int i;

	for (i = 0; b && i < TSWAP_BATCH; i++)
		if (b->page[i])
			__free_page(b->page[i]);
	kvfree(b);
}

static struct batch *new_batch(void)
{
	struct batch *b = kvzalloc(sizeof(*b), GFP_KERNEL);
	int i;

	for (i = 0; b && i < TSWAP_BATCH; i++) {
		b->page[i] = alloc_page(GFP_KERNEL | __GFP_NOWARN);
		if (!b->page[i]) {
			free_batch(b);
			return NULL;
		}
	}
	return b;
}

void tswap_mover_free(struct tswap_mover *m)
{
	if (!m)
		return;
	free_batch(m->batch[0]);
	free_batch(m->batch[1]);
	kvfree(m->list);
	kfree(m);
}

/* The working memory of a job, NULL without memory. */
struct tswap_mover *tswap_mover_new(struct tswap_job *job)
{
	struct tswap_mover *m = kzalloc(sizeof(*m), GFP_KERNEL);

	if (!m)
		return NULL;
	m->job = job;
	m->dev = job->dev;
	m->size = TSWAP_BATCH;
	m->list = kvmalloc_array(TSWAP_LIST, sizeof(u64), GFP_KERNEL);
	m->batch[0] = new_batch();
	m->batch[1] = new_batch();
	if (m->list && m->batch[0] && m->batch[1])
		return m;
	tswap_mover_free(m);
	return NULL;
}

/*
 * Finding slots
 */

static bool wanted(struct tswap_mover *m, u64 word, u32 clock)
{
	if (TSWAP_SLOT_LEAF(word) != m->from->id || word & TSWAP_SLOT_MOVING)
		return false;
	if (word & TSWAP_SLOT_BUSY) {
		m->busy++;
		return false;
	}
	return TSWAP_SLOT_AGE(word, clock) >= m->job->set.older_s;
}

static int compare(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

static void sort_list(struct tswap_mover *m)
{
	u32 i;

	for (i = 1; i < m->nr; i++)
		if (m->list[i - 1] > m->list[i])
			break;
	if (i < m->nr)
		sort(m->list, m->nr, sizeof(u64), compare, NULL);
}

/* Scan on until the list has no room for another region; false at the end of the map. */
static bool gather(struct tswap_mover *m)
{
	u32 clock = tswap_clock(), slot, end;

	m->nr = 0;
	m->at = 0;
	while (m->region != U32_MAX && m->nr + (1U << TSWAP_REGION_SHIFT) <= TSWAP_LIST) {
		m->region = tswap_map_region(m->dev, m->region);
		if (m->region == U32_MAX)
			break;
		end = tswap_region_end(m->dev, m->region);
		for (slot = tswap_region_start(m->region); slot < end; slot++) {
			u64 word = tswap_map_read(m->dev, slot);

			if (wanted(m, word, clock))
				m->list[m->nr++] = (u64)TSWAP_SLOT_POS(word) << 32 | slot;
		}
		m->region++;
		cond_resched();
	}
	sort_list(m);
	return m->nr > 0;
}

/* How many pages the source leaves still hold of what the job is for. */
static u64 count_left(struct tswap_mover *m)
{
	u64 left = 0;
	u32 id;

	rcu_read_lock();
	for_each_set_bit(id, m->job->src.bits, TSWAP_LEAF_MAX + 1)
		left += tswap_space_used(tswap_leaf_of(m->dev, id));
	rcu_read_unlock();
	return left;
}

static u64 count_wanted(struct tswap_mover *m)
{
	u32 clock = tswap_clock(), region, slot;
	u64 nr = 0;

	for (region = tswap_map_region(m->dev, 0); region != U32_MAX;
	     region = tswap_map_region(m->dev, region + 1)) {
		for (slot = tswap_region_start(region);
		     slot < tswap_region_end(m->dev, region); slot++) {
			u64 word = tswap_map_read(m->dev, slot);

			nr += test_bit(TSWAP_SLOT_LEAF(word), m->job->src.bits) &&
			      TSWAP_SLOT_AGE(word, clock) >= m->job->set.older_s;
		}
		cond_resched();
	}
	return nr;
}

static void update_left(struct tswap_mover *m, u32 moved)
{
	struct tswap_job *job = m->job;

	if (job->set.kind == TSWAP_JOB_DRAIN)
		WRITE_ONCE(job->left, count_left(m));
	else
		WRITE_ONCE(job->left, job->left - min_t(u64, moved, job->left));
}

/*
 * Room in the destination
 */

static bool tier_named(struct tswap_dev *dev, const struct tswap_placement *p, u32 tier,
		       const char *name)
{
	struct tswap_leaf *leaf = tswap_leaf_of(dev, p->leaf[p->tier[tier].first]);

	return leaf && !strcmp(READ_ONCE(leaf->tier)->name, name);
}

static u32 tier_rank(struct tswap_dev *dev, const struct tswap_placement *p, u32 tier)
{
	struct tswap_leaf *leaf = tswap_leaf_of(dev, p->leaf[p->tier[tier].first]);

	return leaf ? READ_ONCE(READ_ONCE(leaf->tier)->rank) : U32_MAX;
}

static u32 alloc_on_leaf(struct tswap_job *job, u32 want, struct tswap_leaf **leafp,
			 u32 *pos)
{
	struct tswap_leaf *leaf = tswap_leaf_of(job->dev, job->set.dst_leaf);

	if (!leaf || READ_ONCE(leaf->state) != TSWAP_LEAF_ACTIVE ||
	    READ_ONCE(leaf->failing) || tswap_leaf_resting(leaf))
		return 0;
	*leafp = leaf;
	return tswap_space_claim(leaf, want, pos);
}

/*
 * Allocate a run for @want pages where the job may put them. Without a destination:
 * leaves of the same tier first, then slower tiers, then faster ones, nearest first.
 */
static u32 alloc_to(struct tswap_job *job, u32 want, struct tswap_leaf **leafp, u32 *pos)
{
	const struct tswap_placement *p = rcu_dereference(job->dev->placement);
	struct tswap_dev *dev = job->dev;
	u32 tier, own, got = 0;

	if (job->set.dst_leaf)
		return alloc_on_leaf(job, want, leafp, pos);
	for (own = 0; own < p->nr_tiers && tier_rank(dev, p, own) < job->src_rank; own++)
		;
	for (tier = own; tier < p->nr_tiers && !got; tier++)
		if (!*job->set.dst_tier || tier_named(dev, p, tier, job->set.dst_tier))
			got = tswap_alloc_tier(dev, p, tier, want, &job->src, false,
					       leafp, pos);
	for (tier = own; tier-- > 0 && !got;)
		if (!*job->set.dst_tier || tier_named(dev, p, tier, job->set.dst_tier))
			got = tswap_alloc_tier(dev, p, tier, want, &job->src, false,
					       leafp, pos);
	return got;
}

/* Is there room for one page? Asked by trying. */
bool tswap_move_has_room(struct tswap_job *job)
{
	struct tswap_leaf *leaf;
	u32 got, pos;

	rcu_read_lock();
	got = alloc_to(job, 1, &leaf, &pos);
	if (got)
		tswap_space_free(leaf, pos, got);
	rcu_read_unlock();
	return got;
}

/*
 * Batches
 */

static void unmark(struct tswap_mover *m, struct batch *b, u32 i)
{
	tswap_map_change(m->dev, b->slot[i], b->word[i] | TSWAP_SLOT_MOVING, b->word[i]);
}

/* At most a tenth of a second's worth, and not more than the job may still move. */
static u32 batch_size(struct tswap_mover *m, u32 pending)
{
	struct tswap_job *job = m->job;
	u64 rate = READ_ONCE(job->set.rate_bytes), size = m->size;

	if (rate)
		size = clamp_t(u64, div_u64(rate, 10 * PAGE_SIZE), 1, size);
	if (job->set.limit_pages)
		size = min(size, job->set.limit_pages -
					 min(job->set.limit_pages, job->moved + pending));
	return size;
}

/* Mark the next slots of the list; @pending pages of another batch may move as well. */
static void fill(struct tswap_mover *m, struct batch *b, u32 pending)
{
	u32 size = batch_size(m, pending);

	b->nr = 0;
	while (b->nr < size && m->at < m->nr) {
		u32 pos = m->list[m->at] >> 32, slot = (u32)m->list[m->at];
		u64 word = tswap_map_read(m->dev, slot);

		m->at++;
		if (!wanted(m, word, tswap_clock()) || TSWAP_SLOT_POS(word) != pos ||
		    !tswap_map_change(m->dev, slot, word, word | TSWAP_SLOT_MOVING))
			continue;
		b->slot[b->nr] = slot;
		b->word[b->nr] = word;
		b->result[b->nr] = PAGE_OK;
		b->nr++;
	}
}

static void end_one(struct batch *b)
{
	if (!atomic_dec_and_test(&b->pending))
		return;
	b->ended_ns = ktime_get_ns();
	complete(&b->done);
}

static void end_move_bio(struct bio *bio)
{
	struct move_bio *mb = container_of(bio, struct move_bio, bio);
	struct batch *b = mb->batch;

	if (bio->bi_status)
		memset(b->result + mb->first, mb->bad, mb->nr);
	bio_put(bio);
	end_one(b);
}

static void send(struct tswap_mover *m, struct batch *b, struct tswap_leaf *leaf, u32 pos,
		 u32 first, u32 nr, bool write)
{
	struct bio *bio = bio_alloc_bioset(leaf->bdev, nr,
					   write ? REQ_OP_WRITE : REQ_OP_READ, GFP_NOIO,
					   &m->dev->move_bs);
	struct move_bio *mb = container_of(bio, struct move_bio, bio);
	u32 i;

	mb->batch = b;
	mb->first = first;
	mb->nr = nr;
	mb->bad = write ? PAGE_BAD_WRITE : PAGE_BAD_READ;
	bio->bi_iter.bi_sector = (sector_t)pos << TSWAP_SECTOR_SHIFT;
	bio->bi_end_io = end_move_bio;
	for (i = first; i < first + nr; i++)
		__bio_add_page(bio, b->page[i], PAGE_SIZE, 0);
	atomic_inc(&b->pending);
	submit_bio(bio);
}

static void begin_io(struct batch *b, struct blk_plug *plug)
{
	init_completion(&b->done);
	atomic_set(&b->pending, 1);
	b->began_ns = ktime_get_ns();
	blk_start_plug(plug);
}

static void submitted(struct batch *b, struct blk_plug *plug)
{
	blk_finish_plug(plug);
	end_one(b);
}

/*
 * A swap-in of the workload waits behind a batch on the same device: keep what a batch takes
 * near 10 to 25 ms, however slow the device is.
 */
static void adapt_to_device(struct tswap_mover *m, const struct batch *b)
{
	u64 took = b->ended_ns - b->began_ns;

	if (took > TSWAP_SLOW_NS)
		m->size = max_t(u32, m->size / 2, TSWAP_BATCH_MIN);
	else if (took < TSWAP_QUICK_NS)
		m->size = min_t(u32, m->size * 2, TSWAP_BATCH);
}

/* And while it does swap in, keep a batch short on fast devices too. */
static void adapt_to_reads(struct tswap_mover *m, const struct batch *b)
{
	u64 reads = tswap_leaf_stat(m->from, TSWAP_READS);

	if (b->nr)
		reads += tswap_leaf_stat(b->to[0], TSWAP_READS);
	if (reads != m->reads)
		m->size = min_t(u32, m->size, TSWAP_BATCH_LIVE);
	m->reads = reads;
}

static void read_batch(struct tswap_mover *m, struct batch *b)
{
	struct blk_plug plug;
	u32 first, next;

	begin_io(b, &plug);
	for (first = 0; first < b->nr; first = next) {
		u32 pos = TSWAP_SLOT_POS(b->word[first]);

		for (next = first + 1; next < b->nr; next++)
			if (TSWAP_SLOT_POS(b->word[next]) != pos + (next - first))
				break;
		send(m, b, m->from, pos, first, next - first, false);
	}
	submitted(b, &plug);
}

/* Take pages that could not be read out of the batch; the source keeps them. */
static void drop_unread(struct tswap_mover *m, struct batch *b)
{
	u32 i, keep = 0;

	for (i = 0; i < b->nr; i++) {
		if (b->result[i] != PAGE_OK) {
			unmark(m, b, i);
			m->job->errors++;
			tswap_leaf_count(m->from, TSWAP_READ_ERRORS, 1);
			continue;
		}
		b->slot[keep] = b->slot[i];
		b->word[keep] = b->word[i];
		b->result[keep] = PAGE_OK;
		swap(b->page[keep], b->page[i]);
		keep++;
	}
	b->nr = keep;
}

/* Allocate and send; what finds no room is taken off the end of the batch. */
static void write_batch(struct tswap_mover *m, struct batch *b)
{
	struct blk_plug plug;
	u32 first, got, i;

	begin_io(b, &plug);
	for (first = 0; first < b->nr; first += got) {
		struct tswap_leaf *leaf;
		u32 pos;

		rcu_read_lock();
		got = alloc_to(m->job, b->nr - first, &leaf, &pos);
		rcu_read_unlock();
		if (!got)
			break;
		for (i = 0; i < got; i++) {
			b->to[first + i] = leaf;
			b->to_pos[first + i] = pos + i;
		}
		send(m, b, leaf, pos, first, got, true);
	}
	submitted(b, &plug);
	for (i = first; i < b->nr; i++)
		unmark(m, b, i);
	m->full |= first < b->nr;
	b->nr = first;
}

/*
 * Exchange one word; true when the page has moved. Under RCU: a destination that loses its
 * last page here may be removed right away.
 */
static bool flip(struct tswap_mover *m, struct batch *b, u32 i)
{
	u64 old = b->word[i];
	u64 new = tswap_word(b->to[i]->id, b->to_pos[i], TSWAP_SLOT_STAMP(old));

	if (b->result[i] != PAGE_OK) {
		unmark(m, b, i);
		if (b->to[i]->type == TSWAP_LEAF_TYPE_ZRAM)
			m->full = true;
		else
			m->job->errors++;
		tswap_leaf_write_failed(b->to[i], b->to_pos[i], 1);
		return false;
	}
	if (!tswap_map_change(m->dev, b->slot[i], old | TSWAP_SLOT_MOVING, new)) {
		m->job->lost++;
		tswap_space_free(b->to[i], b->to_pos[i], 1);
		return false;
	}
	tswap_leaf_count(b->to[i], TSWAP_MOVED_IN, 1);
	return true;
}

/* Free the positions that the batch has left, in runs, once nobody reads them. */
static void free_sources(struct tswap_mover *m, struct batch *b, u32 moved)
{
	u32 first, next;

	if (!moved)
		return;
	tswap_leaf_sync(m->from);
	for (first = 0; first < moved; first = next) {
		u32 pos = TSWAP_SLOT_POS(b->word[first]);

		for (next = first + 1; next < moved; next++)
			if (TSWAP_SLOT_POS(b->word[next]) != pos + (next - first))
				break;
		tswap_space_free(m->from, pos, next - first);
	}
	tswap_leaf_count(m->from, TSWAP_MOVED_OUT, moved);
}

/* From pages read to sources free. Return: pages moved. */
static u32 finish_batch(struct tswap_mover *m, struct batch *b)
{
	u32 i, moved = 0;

	drop_unread(m, b);
	write_batch(m, b);
	wait_for_completion_io(&b->done);
	adapt_to_device(m, b);
	adapt_to_reads(m, b);
	rcu_read_lock();
	for (i = 0; i < b->nr; i++)
		if (flip(m, b, i))
			b->word[moved++] = b->word[i];
	rcu_read_unlock();
	free_sources(m, b, moved);
	WRITE_ONCE(m->job->moved, m->job->moved + moved);
	update_left(m, moved);
	return moved;
}

/* Go through the list; stops early on a request or without room. */
static void run_list(struct tswap_mover *m)
{
	struct batch *now = m->batch[0], *next = m->batch[1];

	fill(m, now, 0);
	read_batch(m, now);
	while (now->nr) {
		u32 taken;

		wait_for_completion_io(&now->done);
		adapt_to_device(m, now);
		next->nr = 0;
		if (!tswap_job_should_end(m->job) && !READ_ONCE(m->job->want_pause) &&
		    !m->full)
			fill(m, next, now->nr);
		if (next->nr)
			read_batch(m, next);
		taken = now->nr;
		finish_batch(m, now);
		swap(now, next);
		tswap_job_pay(m->job, taken);
		try_to_freeze();
		cond_resched();
	}
}

/*
 * Passes
 */

static void pause(struct tswap_mover *m)
{
	struct tswap_job *job = m->job;

	tswap_job_state(job, TSWAP_JOB_PAUSED);
	while (READ_ONCE(job->want_pause) && !tswap_job_should_end(job))
		tswap_job_wait(job, NSEC_PER_SEC);
	job->window_ns = ktime_get_boottime_ns();
	job->window_moved = job->moved;
}

static void wait_for_room(struct tswap_mover *m)
{
	struct tswap_job *job = m->job;

	WRITE_ONCE(job->needed, job->left);
	WRITE_ONCE(job->speed_bytes, 0);
	while (!tswap_job_should_end(job) && !tswap_move_has_room(job)) {
		if (READ_ONCE(job->want_pause)) {
			pause(m);
			continue;
		}
		tswap_job_state(job, TSWAP_JOB_NO_SPACE);
		tswap_job_wait(job, NSEC_PER_SEC / 4);
		update_left(m, 0);
		WRITE_ONCE(job->needed, job->left);
	}
	WRITE_ONCE(job->needed, 0);
	m->full = false;
}

/* Deal with requests and lack of room between lists; true when the job has to end. */
static bool interlude(struct tswap_mover *m)
{
	struct tswap_job *job = m->job;

	if (READ_ONCE(job->want_pause))
		pause(m);
	if (m->full) {
		wait_for_room(m);
		m->region = 0; /* what was passed over is behind us */
		m->nr = 0;
	}
	if (tswap_job_should_end(job))
		return true;
	tswap_job_state(job, TSWAP_JOB_RUNNING);
	return false;
}

static bool limit_reached(const struct tswap_job *job)
{
	return job->set.limit_pages && job->moved >= job->set.limit_pages;
}

/* One look at every slot of the leaf. */
static int pass(struct tswap_mover *m)
{
	m->region = 0;
	m->nr = 0;
	m->at = 0;
	m->busy = 0;
	for (;;) {
		if (interlude(m))
			return -ECANCELED;
		if (limit_reached(m->job))
			return 0;
		if (m->at >= m->nr && !gather(m))
			return 0;
		run_list(m);
	}
}

/* A drain goes on until nothing is left, however the workload races. */
static int empty_leaf(struct tswap_mover *m)
{
	struct tswap_job *job = m->job;
	u32 stuck = 0;

	while (tswap_space_used(m->from)) {
		u64 moved = job->moved, errors = job->errors;
		int err = pass(m);

		if (err)
			return err;
		if (job->moved == moved && job->errors != errors &&
		    ++stuck >= TSWAP_STUCK_MAX) {
			job->error_text = "some pages could not be read or written";
			return -EIO;
		}
		if (job->moved != moved)
			stuck = 0;
		else
			tswap_job_wait(job, 20 * NSEC_PER_MSEC);
		update_left(m, 0);
	}
	return 0;
}

/**
 * tswap_mover_run() - do the job
 * @m: its mover
 *
 * In the job's thread. Return: 0; -ECANCELED; -EIO with job->error_text.
 */
int tswap_mover_run(struct tswap_mover *m)
{
	struct tswap_job *job = m->job;
	int err = 0;
	u64 left;
	u32 id;

	left = job->set.kind == TSWAP_JOB_DRAIN ? count_left(m) : count_wanted(m);
	if (job->set.limit_pages)
		left = min(left, job->set.limit_pages);
	WRITE_ONCE(job->left, left);
	for_each_set_bit(id, job->src.bits, TSWAP_LEAF_MAX + 1) {
		rcu_read_lock();
		m->from = tswap_leaf_of(m->dev, id); /* the claim keeps it */
		rcu_read_unlock();
		err = job->set.kind == TSWAP_JOB_DRAIN ? empty_leaf(m) : pass(m);
		if (err)
			return err;
	}
	if (job->set.kind == TSWAP_JOB_MIGRATE)
		WRITE_ONCE(job->left, 0);
	return 0;
}
