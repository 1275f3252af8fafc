// SPDX-License-Identifier: GPL-2.0-only
/*
 * tswap - positions on a leaf: which are free
 *
 * A leaf has a bitmap, above it a count of the free positions of every chunk (16 MiB),
 * and above that a bit a chunk: does it have any? Together 0.8 % of the bitmap. A search
 * goes on from where the last one ended (next fit), which keeps allocations sequential
 * and lets room behind the cursor grow together again; it looks at a bounded number of
 * chunks and runs and then takes the longest run it has seen.
 *
 * Bits are set under leaf->lock only, so what a search has found free stays free until it
 * is taken. They are cleared without it: a free is a few atomic instructions, and
 * processors that free at the same time (a process exits on each) do not wait for one
 * another. A bit is cleared before its chunk counts it: a count is never more than what
 * can be found.
 */
#include <linux/bitmap.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "tswap.h"

static u32 chunk_end(const struct tswap_leaf *leaf, u32 chunk)
{
	u64 end = (u64)(chunk + 1) << TSWAP_CHUNK_SHIFT;

	return min_t(u64, end, leaf->nr_pos);
}

/* The bits of [@pos, @pos + @nr) in the word of @pos; *@n becomes how many they are. */
static unsigned long bits_of(u32 pos, u32 nr, u32 *n)
{
	u32 bit = pos % BITS_PER_LONG;

	*n = min_t(u32, nr, BITS_PER_LONG - bit);
	return GENMASK(bit + *n - 1, bit);
}

static atomic_long_t *word_of(unsigned long *bits, u32 pos)
{
	return (atomic_long_t *)&bits[BIT_WORD(pos)];
}

/* Most runs are of one position: a page is written and freed alone. */
static void set_bits(unsigned long *bits, u32 pos, u32 nr)
{
	u32 n;

	if (nr == 1) {
		set_bit(pos, bits);
		return;
	}
	for (; nr; pos += n, nr -= n)
		atomic_long_or(bits_of(pos, nr, &n), word_of(bits, pos));
}

static void clear_bits(unsigned long *bits, u32 pos, u32 nr)
{
	u32 n;

	if (nr == 1) {
		clear_bit(pos, bits);
		return;
	}
	for (; nr; pos += n, nr -= n)
		atomic_long_andnot(bits_of(pos, nr, &n), word_of(bits, pos));
}

int tswap_space_init(struct tswap_leaf *leaf)
{
	u32 chunk;

	leaf->nr_chunks = (((u64)leaf->nr_pos - 1) >> TSWAP_CHUNK_SHIFT) + 1;
	leaf->bitmap = kvcalloc(BITS_TO_LONGS((size_t)leaf->nr_pos), sizeof(long),
				TSWAP_GFP_BIG);
	leaf->chunk_free = kvcalloc(leaf->nr_chunks, sizeof(atomic_t), TSWAP_GFP_BIG);
	leaf->chunk_some =
		kvcalloc(BITS_TO_LONGS(leaf->nr_chunks), sizeof(long), TSWAP_GFP_BIG);
	leaf->chunk_dirty =
		kvcalloc(BITS_TO_LONGS(leaf->nr_chunks), sizeof(long), TSWAP_GFP_BIG);
	if (!leaf->bitmap || !leaf->chunk_free || !leaf->chunk_some || !leaf->chunk_dirty)
		return -ENOMEM;
	for (chunk = 0; chunk < leaf->nr_chunks; chunk++)
		atomic_set(&leaf->chunk_free[chunk],
			   chunk_end(leaf, chunk) - (chunk << TSWAP_CHUNK_SHIFT));
	bitmap_fill(leaf->chunk_some, leaf->nr_chunks);
	this_cpu_add(leaf->cpu->free, leaf->nr_pos);
	leaf->pages = leaf->nr_pos;
	leaf->cursor = 0;
	return tswap_space_watch_frees(leaf);
}

/**
 * tswap_space_watch_frees() - remember which free positions have not been discarded
 * @leaf: leaf, dev->lock held or new
 *
 * For leaves that are swept: one more bit a position, which stays once it is there.
 * Return: 0; -ENOMEM.
 */
int tswap_space_watch_frees(struct tswap_leaf *leaf)
{
	unsigned long *stale;

	if (leaf->stale ||
	    (leaf->type != TSWAP_LEAF_TYPE_ZRAM && !(leaf->flags & TSWAP_LEAF_F_DISCARD)))
		return 0;
	stale = kvcalloc(BITS_TO_LONGS((size_t)leaf->nr_pos), sizeof(long),
			 TSWAP_GFP_BIG);
	if (!stale)
		return -ENOMEM;
	smp_store_release(&leaf->stale, stale); /* zeroed before it is seen */
	return 0;
}

/**
 * tswap_space_add_owners() - from now on positions have owners, see rule.c
 * @leaf: leaf, dev->lock held or new
 *
 * Return: 0; -ENOMEM.
 */
int tswap_space_add_owners(struct tswap_leaf *leaf)
{
	u16 *owner;

	if (leaf->owner)
		return 0;
	owner = vmalloc_huge(array_size(leaf->nr_pos, sizeof(*owner)),
			     TSWAP_GFP_BIG | __GFP_ZERO);
	if (!owner)
		return -ENOMEM;
	smp_store_release(&leaf->owner, owner); /* zeroed before it is seen */
	return 0;
}

void tswap_space_exit(struct tswap_leaf *leaf)
{
	vfree(leaf->owner);
	kvfree(leaf->bitmap);
	kvfree(leaf->chunk_free);
	kvfree(leaf->chunk_some);
	kvfree(leaf->chunk_dirty);
	kvfree(leaf->stale);
}

u64 tswap_space_bytes(const struct tswap_leaf *leaf)
{
	u64 bits = BITS_TO_LONGS((u64)leaf->nr_pos) * sizeof(long);

	return (leaf->owner ? (u64)leaf->nr_pos * sizeof(*leaf->owner) : 0) +
	       bits * (leaf->stale ? 2 : 1) + leaf->nr_chunks * sizeof(atomic_t) +
	       2 * BITS_TO_LONGS(leaf->nr_chunks) * sizeof(long);
}

static s64 count_free(const struct tswap_leaf *leaf)
{
	s64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu_ptr(leaf->cpu, cpu)->free);
	return sum;
}

/*
 * Make the bit of a chunk say what its count says. Whoever takes the count over zero, up
 * or down, comes here, so the last one to write the bit has seen the last such change. A
 * leaf is full while no chunk has its bit: say_full() sees the bit, or we see @full.
 *
 * So @full is never left true while a bit is set, whoever else is at work: of the last
 * one to set that bit and the last one to say full, each writes first and then looks,
 * with a full barrier in between, and whichever sees the other writes false. A false that
 * comes late, from one who saw an earlier true, only lets the next allocation search in
 * vain.
 */
void tswap_space_follow_count(struct tswap_leaf *leaf, u32 chunk)
{
	atomic_t *count = &leaf->chunk_free[chunk];
	bool some;

	do {
		some = atomic_read(count) > 0;
		assign_bit(chunk, leaf->chunk_some, some);
		smp_mb__after_atomic(); /* the bit before @count and @full */
	} while (some != (atomic_read(count) > 0));
	if (some && READ_ONCE(leaf->full))
		WRITE_ONCE(leaf->full, false);
}

static void chunk_lost(struct tswap_leaf *leaf, u32 chunk, u32 nr)
{
	if (atomic_sub_return(nr, &leaf->chunk_free[chunk]) <= 0)
		tswap_space_follow_count(leaf, chunk);
}

static void chunk_got(struct tswap_leaf *leaf, u32 chunk, int nr)
{
	int old = atomic_fetch_add(nr, &leaf->chunk_free[chunk]);

	if (old <= 0 && old + nr > 0)
		tswap_space_follow_count(leaf, chunk);
}

/* leaf->lock, or the leaf is new. */
static void take_run(struct tswap_leaf *leaf, u32 pos, u32 nr)
{
	set_bits(leaf->bitmap, pos, nr);
	if (leaf->stale)
		clear_bits(leaf->stale, pos, nr); /* what comes there replaces it */
	this_cpu_sub(leaf->cpu->free, nr);
	while (nr) {
		u32 chunk = pos >> TSWAP_CHUNK_SHIFT;
		u32 n = min(nr, chunk_end(leaf, chunk) - pos);

		chunk_lost(leaf, chunk, n);
		pos += n;
		nr -= n;
	}
}

/* Clear the bits of a run and count them for their chunks; how many there were. */
static u32 give_bits(struct tswap_leaf *leaf, u32 pos, u32 nr)
{
	unsigned long bits, had;
	u32 n, given = 0;

	for (; nr; pos += n, nr -= n) {
		bits = bits_of(pos, nr, &n);
		had = bits & atomic_long_fetch_andnot(bits, word_of(leaf->bitmap, pos));
		chunk_got(leaf, pos >> TSWAP_CHUNK_SHIFT, hweight_long(had));
		given += hweight_long(had);
	}
	return given;
}

/* Give back a run; a position that is not allocated would be a bug: leave it, say so. */
static void give_run(struct tswap_leaf *leaf, u32 pos, u32 nr)
{
	u32 given;

	if (nr == 1) {
		tswap_space_give_one(leaf, pos);
		return;
	}
	given = give_bits(leaf, pos, nr);
	WARN_ON_ONCE(given != nr);
	this_cpu_add(leaf->cpu->free, given);
}

/**
 * tswap_space_mark_bad() - leave out a position for good, before the leaf is used
 * @leaf: leaf that is not yet visible to anybody else
 * @pos: position; ignored when outside or marked already
 */
void tswap_space_mark_bad(struct tswap_leaf *leaf, u32 pos)
{
	if (pos >= leaf->nr_pos || test_bit(pos, leaf->bitmap))
		return;
	take_run(leaf, pos, 1);
	leaf->pages--;
}

/* The next chunk from @chunk on, round the end, that has free positions; leaf->lock. */
static u32 next_chunk(const struct tswap_leaf *leaf, u32 chunk)
{
	u32 next = find_next_bit(leaf->chunk_some, leaf->nr_chunks, chunk);

	if (next >= leaf->nr_chunks)
		next = find_first_bit(leaf->chunk_some, leaf->nr_chunks);
	return next < leaf->nr_chunks ? next : U32_MAX;
}

struct search {
	u32 want;
	u32 pos;
	u32 len;
	u32 runs;
};

/* Look for a run in [from, end); true when the search is over. */
static bool search_chunk(const struct tswap_leaf *leaf, struct search *s, u32 from,
			 u32 end)
{
	while (from < end) {
		u32 start = find_next_zero_bit(leaf->bitmap, end, from);
		u32 stop;

		if (start >= end)
			return false;
		stop = find_next_bit(leaf->bitmap, min_t(u64, (u64)start + s->want, end),
				     start);
		if (stop - start > s->len) {
			s->len = stop - start;
			s->pos = start;
		}
		if (s->len == s->want || ++s->runs >= TSWAP_SEARCH_RUNS)
			return true;
		from = stop;
	}
	return false;
}

static void search_leaf(const struct tswap_leaf *leaf, struct search *s)
{
	u32 from = leaf->cursor < leaf->nr_pos ? leaf->cursor : 0;
	u32 chunk = from >> TSWAP_CHUNK_SHIFT;
	u32 looked = 0;

	if (search_chunk(leaf, s, from, chunk_end(leaf, chunk)))
		return;
	/*
	 * The chunk of the cursor comes again at the end of a round, for its front part.
	 */
	while (looked++ < TSWAP_SEARCH_CHUNKS || !s->len) {
		chunk = next_chunk(leaf, chunk + 1);
		if (chunk == U32_MAX)
			return;
		from = chunk << TSWAP_CHUNK_SHIFT;
		if (search_chunk(leaf, s, from, chunk_end(leaf, chunk)))
			return;
		if (looked > leaf->nr_chunks)
			return;
	}
}

/* Let allocations pass the leaf over until something is freed. */
static void say_full(struct tswap_leaf *leaf)
{
	WRITE_ONCE(leaf->full, true);
	smp_mb(); /* said before the look for what was freed meanwhile */
	if (next_chunk(leaf, 0) != U32_MAX)
		WRITE_ONCE(leaf->full, false);
}

/**
 * tswap_space_claim() - allocate one run of positions
 * @leaf: leaf, kept by RCU or otherwise
 * @want: length asked for, at most a chunk
 * @stripe: other searches begin at least so far behind the beginning of the run
 * @pos: first position of the run
 *
 * Any context. The run is shorter than @want where the search found no longer one.
 * Return: length, 0 when the leaf is full.
 */
u32 tswap_space_claim(struct tswap_leaf *leaf, u32 want, u32 stripe, u32 *pos)
{
	struct search s = { .want = want };
	unsigned long irq;

	raw_spin_lock_irqsave(&leaf->lock, irq);
	search_leaf(leaf, &s);
	if (s.len) {
		take_run(leaf, s.pos, s.len);
		leaf->cursor = min_t(u64, (u64)s.pos + max(s.len, stripe), leaf->nr_pos);
		*pos = s.pos;
	} else {
		say_full(leaf);
	}
	raw_spin_unlock_irqrestore(&leaf->lock, irq);
	return s.len;
}

/* Allocate exactly [pos, pos + nr), or nothing. */
bool tswap_space_claim_at(struct tswap_leaf *leaf, u32 pos, u32 nr)
{
	unsigned long irq;
	bool ok;

	if ((u64)pos + nr > leaf->nr_pos)
		return false;
	raw_spin_lock_irqsave(&leaf->lock, irq);
	ok = nr == 1 ? !test_bit(pos, leaf->bitmap)
		     : find_next_bit(leaf->bitmap, pos + nr, pos) >= pos + nr;
	if (ok)
		take_run(leaf, pos, nr);
	raw_spin_unlock_irqrestore(&leaf->lock, irq);
	return ok;
}

/**
 * tswap_space_used() - positions that hold pages or are being written
 * @leaf: leaf
 *
 * Exact while nothing is allocated; frees that happen meanwhile may be missed.
 * Return: allocated positions without header, bad ones and those held for discards.
 */
u32 tswap_space_used(struct tswap_leaf *leaf)
{
	unsigned long irq;
	s64 used;

	raw_spin_lock_irqsave(&leaf->lock, irq);
	used = (s64)leaf->pages - leaf->bad - leaf->held - count_free(leaf);
	raw_spin_unlock_irqrestore(&leaf->lock, irq);
	return max_t(s64, used, 0);
}

static void free_run(struct tswap_leaf *leaf, u32 pos, u32 nr)
{
	unsigned long *stale = smp_load_acquire(&leaf->stale);
	u32 chunk;

	rcu_read_lock(); /* once the run is free, only this keeps the leaf */
	if (unlikely(smp_load_acquire(&leaf->owner)))
		tswap_rule_disown(leaf, pos, nr); /* as long as it is ours */
	if (stale)
		set_bits(stale, pos, nr); /* before somebody else can have them */
	give_run(leaf, pos, nr); /* a full barrier: free before the look at the bit */
	for (chunk = pos >> TSWAP_CHUNK_SHIFT;
	     READ_ONCE(leaf->sweep) && chunk <= (pos + nr - 1) >> TSWAP_CHUNK_SHIFT;
	     chunk++)
		if (!test_bit(chunk, leaf->chunk_dirty) &&
		    !test_and_set_bit(chunk, leaf->chunk_dirty))
			tswap_sweep_queue(leaf);
	rcu_read_unlock();
}

/**
 * tswap_space_free() - free a run that the caller owns
 * @leaf: leaf
 * @pos: first position
 * @nr: length
 *
 * Task context, may be atomic and with interrupts off, but no lock is held that any
 * interrupt takes: never from a completion, see locking.rst. A zram leaf learns it by
 * its own notification, which may miss a contended slot; the sweep finds what was missed.
 * Other leaves with discards leave everything to the sweep.
 */
void tswap_space_free(struct tswap_leaf *leaf, u32 pos, u32 nr)
{
	u32 i;

	if (leaf->type == TSWAP_LEAF_TYPE_ZRAM && !WARN_ON_ONCE(!in_task()))
		for (i = 0; i < nr; i++)
			tswap_bdev_free_notify(leaf->bdev, pos + i);
	free_run(leaf, pos, nr);
}

/**
 * tswap_space_free_late() - free a run that the caller owns, from a completion
 * @leaf: leaf
 * @pos: first position
 * @nr: length
 *
 * Any context. What a zram leaf still stores there is discarded by its sweep, soon.
 */
void tswap_space_free_late(struct tswap_leaf *leaf, u32 pos, u32 nr)
{
	free_run(leaf, pos, nr);
	if (leaf->type == TSWAP_LEAF_TYPE_ZRAM)
		tswap_sweep_soon(leaf);
}

/*
 * Positions that could not be written
 */

/**
 * tswap_space_retire() - keep a position allocated: the leaf could not write it
 * @leaf: leaf
 * @pos: position, owned by the caller until now
 *
 * Task context, does not wait. Without memory to remember it the position is freed
 * instead, and retired when it fails the next time.
 */
void tswap_space_retire(struct tswap_leaf *leaf, u32 pos)
{
	unsigned long irq;

	if (smp_load_acquire(&leaf->owner)) { /* as long as it is ours */
		rcu_read_lock();
		tswap_rule_disown(leaf, pos, 1);
		rcu_read_unlock();
	}
	if (xa_err(xa_store(&leaf->retired, pos, xa_mk_value(1),
			    GFP_NOWAIT | __GFP_NOWARN))) {
		tswap_space_free(leaf, pos, 1);
		return;
	}
	raw_spin_lock_irqsave(&leaf->lock, irq);
	leaf->bad++;
	raw_spin_unlock_irqrestore(&leaf->lock, irq);
	tswap_leaf_raise(leaf, TSWAP_EVENT_CHANGED);
}

/* A retired position can be written again: free it. Task context. */
void tswap_space_reinstate(struct tswap_leaf *leaf, u32 pos)
{
	unsigned long irq;

	if (!xa_erase(&leaf->retired, pos))
		return;
	raw_spin_lock_irqsave(&leaf->lock, irq);
	leaf->bad--;
	raw_spin_unlock_irqrestore(&leaf->lock, irq);
	tswap_space_free(leaf, pos, 1);
}

/*
 * Discards
 */

/*
 * The next run of free positions with old content in [from, end), at most @max;
 * leaf->lock.
 */
static u32 stale_run(const struct tswap_leaf *leaf, u32 from, u32 end, u32 max, u32 *pos)
{
	u32 start = find_next_bit(leaf->stale, end, from), nr = 0;

	while (start < end && test_bit(start, leaf->bitmap))
		start = find_next_bit(leaf->stale, end, start + 1);
	while (start + nr < end && nr < max && test_bit(start + nr, leaf->stale) &&
	       !test_bit(start + nr, leaf->bitmap))
		nr++;
	*pos = start;
	return nr;
}

/**
 * tswap_space_hold() - take a run out of use for the time of a discard
 * @leaf: leaf that is swept
 * @chunk: chunk to look in
 * @from: where to look on; moved behind the run
 * @max: longest run
 * @pos: first position of the run
 *
 * Only positions that were freed since they were discarded last. Never more than a
 * quarter of what is free, so that writes are not turned away while a leaf is swept, but
 * always one.
 * Return: length; 0 at the end of the chunk.
 */
u32 tswap_space_hold(struct tswap_leaf *leaf, u32 chunk, u32 *from, u32 max, u32 *pos)
{
	u32 limit = clamp_t(s64, count_free(leaf) / 4, 1, max), nr;
	unsigned long irq;

	raw_spin_lock_irqsave(&leaf->lock, irq);
	nr = stale_run(leaf, *from, chunk_end(leaf, chunk), limit, pos);
	if (nr) {
		take_run(leaf, *pos, nr);
		leaf->held += nr;
		*from = *pos + nr;
	}
	raw_spin_unlock_irqrestore(&leaf->lock, irq);
	return nr;
}

/* Give back what was held; @done: it has been discarded. */
void tswap_space_release(struct tswap_leaf *leaf, u32 pos, u32 nr, bool done)
{
	unsigned long irq;

	if (!done)
		set_bits(leaf->stale, pos, nr);
	raw_spin_lock_irqsave(&leaf->lock, irq);
	leaf->held -= nr; /* first, so that the leaf never looks emptier than it is */
	raw_spin_unlock_irqrestore(&leaf->lock, irq);
	give_run(leaf, pos, nr);
}
