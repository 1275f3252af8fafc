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
#include <linux/freezer.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "move.h"
#include "rule.h"
#include "trace.h"

#define TSWAP_STUCK_MAX 5  /* passes of a drain in which nothing but errors happened */
#define TSWAP_REST_MIN  20 /* ms between passes that move nothing; it doubles */
#define TSWAP_REST_MAX  1000

/*
 * Memory
 */

void tswap_mover_free(struct tswap_mover *m)
{
	if (!m)
		return;
	tswap_batch_free(m->batch[0]);
	tswap_batch_free(m->batch[1]);
	kvfree(m->list);
	kvfree(m->spare);
	bitmap_free(m->no_room);
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
	m->spare = kvmalloc_array(TSWAP_LIST, sizeof(u64), GFP_KERNEL);
	m->no_room = bitmap_zalloc(U16_MAX + 1, GFP_KERNEL);
	m->batch[0] = tswap_batch_new();
	m->batch[1] = tswap_batch_new();
	if (m->list && m->spare && m->no_room && m->batch[0] && m->batch[1])
		return m;
	tswap_mover_free(m);
	return NULL;
}

static void update_left(struct tswap_mover *m, u32 moved)
{
	struct tswap_job *job = m->job;

	if (m->abandoned)
		return;
	if (job->set.kind == TSWAP_JOB_DRAIN)
		WRITE_ONCE(job->left, tswap_pick_held(m));
	else
		WRITE_ONCE(job->left, job->left - min_t(u64, moved, job->left));
}

/*
 * Batches
 */

/* The page stays where it is, for a later pass. */
static void leave(struct tswap_mover *m, struct batch *b, u32 i)
{
	tswap_batch_unmark(m, b, i);
	tswap_pick_left(m, b->slot[i]);
}

/* The index of the rule that a position of the source counts for, or 0. */
static u32 owner_of(struct tswap_mover *m, u32 pos)
{
	u16 *owner = smp_load_acquire(&m->from->owner);

	return unlikely(owner) ? READ_ONCE(owner[pos]) : 0;
}

/* Is a rule known to have no room for the page? */
static bool held_back(struct tswap_mover *m, u32 pos)
{
	u32 index = owner_of(m, pos);

	if (likely(!index) || !test_bit(index, m->no_room))
		return false;
	m->held++;
	return true;
}

/* Mark the next slots of the list; @pending pages of another batch may move as well. */
static void fill(struct tswap_mover *m, struct batch *b, u32 pending)
{
	u32 size = tswap_pace_size(m, pending), clock = tswap_clock(), nr = 0, at;

	for (at = m->at; nr < size && at < m->nr; at++) {
		u32 pos = m->list[at] >> 32, slot = (u32)m->list[at];
		u64 word = tswap_map_read(m->dev, slot);

		if (!tswap_pick_wanted(m, word, clock) || TSWAP_SLOT_POS(word) != pos ||
		    held_back(m, pos) ||
		    !tswap_map_change(m->dev, slot, word, word | TSWAP_SLOT_MOVING)) {
			tswap_pick_left(m, slot);
			continue;
		}
		b->slot[nr] = slot;
		b->word[nr] = word;
		b->result[nr] = PAGE_OK;
		nr++;
	}
	m->at = at;
	b->nr = nr;
	b->marked = true;
}

static void read_batch(struct tswap_mover *m, struct batch *b)
{
	struct blk_plug plug;
	u32 first, next;

	tswap_pace_give_way(m);
	tswap_batch_begin(b, &plug);
	for (first = 0; first < b->nr; first = next) {
		u32 pos = TSWAP_SLOT_POS(b->word[first]);

		for (next = first + 1; next < b->nr; next++)
			if (TSWAP_SLOT_POS(b->word[next]) != pos + (next - first))
				break;
		tswap_batch_send(m, b, m->from, pos, first, next - first, REQ_OP_READ);
	}
	tswap_batch_submitted(b, &plug);
}

/* Page @from becomes page @to of the batch; the buffers change places. */
static void shift(struct batch *b, u32 to, u32 from)
{
	b->slot[to] = b->slot[from];
	b->word[to] = b->word[from];
	b->result[to] = b->result[from];
	swap(b->page[to], b->page[from]);
	b->in_order = false;
}

/* Take pages that could not be read out of the batch; the source keeps them. */
static void drop_unread(struct tswap_mover *m, struct batch *b)
{
	u32 i, keep = 0;

	for (i = 0; i < b->nr; i++) {
		if (b->result[i] != PAGE_OK) {
			leave(m, b, i);
			m->job->errors++;
			continue;
		}
		if (keep != i)
			shift(b, keep, i);
		keep++;
	}
	b->nr = keep;
}

/* How many pages from @first on count for the rule with that index. */
static u32 same_owner(struct tswap_mover *m, struct batch *b, u32 first, u32 index)
{
	u32 next = first + 1;

	if (!READ_ONCE(m->from->owner))
		return b->nr - first;
	while (next < b->nr && owner_of(m, TSWAP_SLOT_POS(b->word[next])) == index)
		next++;
	return next - first;
}

/* Take pages out of the batch whose rule has no room for them, from @first on. */
static void hold_back(struct tswap_mover *m, struct batch *b, u32 first, u32 nr,
		      u32 index)
{
	u32 i;

	for (i = first; i < first + nr; i++)
		leave(m, b, i);
	for (; i < b->nr; i++)
		shift(b, i - nr, i);
	b->nr -= nr;
	m->held += nr;
	set_bit(index, m->no_room);
}

/*
 * Allocate for pages of one rule from @first on. Return: for how many, 0 without room;
 * less than 0: pages have been held back.
 */
static int find_place(struct tswap_mover *m, struct batch *b, u32 first,
		      struct tswap_leaf **leafp, u32 *pos)
{
	const struct tswap_leaf *from = m->from;
	struct tswap_rule *rule;
	u32 index, nr, got;
	bool by_rule;

	rcu_read_lock();
	rule = tswap_rule_owner(m->from, TSWAP_SLOT_POS(b->word[first]), &index);
	if (rule && rule->index != index)
		from = NULL; /* the heir of a dead one: new to it */
	nr = same_owner(m, b, first, index);
	got = tswap_pick_room(m->job, nr, rule, from, leafp, pos);
	by_rule = !got && rule &&
		  (tswap_rule_is_strict(rule) || tswap_move_has_room(m->job));
	rcu_read_unlock();
	if (!by_rule)
		return got;
	hold_back(m, b, first, nr, index);
	return -1;
}

/* Allocate and send; what finds no room is taken off the end of the batch. */
static void write_batch(struct tswap_mover *m, struct batch *b)
{
	struct blk_plug plug;
	u32 first, i;
	int got;

	tswap_pace_give_way(m);
	tswap_batch_begin(b, &plug);
	for (first = 0; first < b->nr; first += max(got, 0)) {
		struct tswap_leaf *leaf;
		u32 pos;

		got = find_place(m, b, first, &leaf, &pos);
		if (!got)
			break;
		if (got < 0)
			continue;
		m->to_id = leaf->id;
		for (i = 0; i < got; i++) {
			b->to[first + i] = leaf;
			b->to_pos[first + i] = pos + i;
		}
		tswap_batch_send(m, b, leaf, pos, first, got, REQ_OP_WRITE);
	}
	tswap_batch_submitted(b, &plug);
	for (i = first; i < b->nr; i++)
		leave(m, b, i);
	m->full |= first < b->nr;
	b->nr = first;
	b->writing = true;
}

/* A page could not be written. */
static void unwritten(struct tswap_mover *m, struct batch *b, u32 i)
{
	struct tswap_leaf *to = b->to[i];

	leave(m, b, i);
	if (to->type == TSWAP_LEAF_TYPE_ZRAM)
		m->full = true;
	else
		m->job->errors++;
	if (b->result[i] == PAGE_BAD && !READ_ONCE(to->failing))
		tswap_space_retire(to, b->to_pos[i]);
	else
		tswap_space_free(to, b->to_pos[i], 1);
}

/* The job's first page on the leaf: say its name. */
static void note_went(struct tswap_job *job, const struct tswap_leaf *leaf)
{
	u32 len = job->went_len, more = strlen(leaf->name) + (len ? 1 : 0);

	__set_bit(leaf->id, job->went.bits);
	if (len + more >= sizeof(job->went_names))
		return;
	snprintf(job->went_names + len, sizeof(job->went_names) - len, "%s%s",
		 len ? "," : "", leaf->name);
	smp_store_release(&job->went_len, len + more);
}

/* Has the page's rule come to forbid its destination while it was on its way? */
static bool forbidden_now(struct tswap_mover *m, struct batch *b, u32 i)
{
	struct tswap_rule *rule;
	u32 index;

	if (likely(!READ_ONCE(m->from->owner)))
		return false;
	rule = tswap_rule_owner(m->from, TSWAP_SLOT_POS(b->word[i]), &index);
	return rule && tswap_rule_forbids(rule, b->to[i]);
}

/*
 * Exchange one word; true when the page has moved. Under RCU: a destination that loses
 * its last page here may be removed right away.
 */
static bool flip(struct tswap_mover *m, struct batch *b, u32 i)
{
	u64 old = b->word[i];
	u64 new = tswap_word(b->to[i]->id, b->to_pos[i], TSWAP_SLOT_STAMP(old));

	if (b->result[i] != PAGE_OK) {
		unwritten(m, b, i);
		return false;
	}
	if (forbidden_now(m, b, i)) {
		leave(m, b, i);
		m->held++;
		tswap_space_free(b->to[i], b->to_pos[i], 1);
		return false;
	}
	if (!tswap_map_change(m->dev, b->slot[i], old | TSWAP_SLOT_MOVING, new)) {
		m->job->lost++;
		tswap_pick_left(m, b->slot[i]);
		tswap_space_free(b->to[i], b->to_pos[i], 1);
		return false;
	}
	tswap_leaf_count(b->to[i], TSWAP_MOVED_IN, 1);
	if (!test_bit(b->to[i]->id, m->job->went.bits))
		note_went(m->job, b->to[i]);
	trace_tswap_move(m->dev, b->slot[i], old, new);
	return true;
}

/* After abandon(): the copies of the batch are nobody's. */
static void free_copies(struct batch *b)
{
	u32 i;

	for (i = 0; i < b->nr; i++) {
		tswap_space_free(b->to[i], b->to_pos[i], 1);
		tswap_leaf_io_end(b->to[i], b->phase[i]); /* it may go now */
	}
	b->nr = 0;
}

/* Free the positions that the batch has left, in runs, once nobody reads them. */
static void free_sources(struct tswap_mover *m, struct batch *b, u32 moved)
{
	u32 first, next;

	if (!moved)
		return;
	tswap_leaf_sync(m->from, tswap_batch_poll_cancel, m);
	for (first = 0; first < moved; first = next) {
		u32 pos = TSWAP_SLOT_POS(b->word[first]);

		for (next = first + 1; next < moved; next++)
			if (TSWAP_SLOT_POS(b->word[next]) != pos + (next - first))
				break;
		tswap_space_free(m->from, pos, next - first);
	}
	tswap_leaf_count(m->from, TSWAP_MOVED_OUT, moved);
}

/* A drain that rules have held up moves pages again. */
static void go_on(struct tswap_mover *m)
{
	m->held_up = false;
	WRITE_ONCE(m->job->needed, 0);
	tswap_job_state(m->job, TSWAP_JOB_RUNNING);
}

/* From pages read to sources free. Return: pages moved. */
static u32 finish_batch(struct tswap_mover *m, struct batch *b)
{
	u32 i, moved = 0;

	tswap_batch_send_again(m, b);
	if (m->abandoned)
		return 0;
	drop_unread(m, b);
	write_batch(m, b);
	tswap_batch_wait(m, b);
	tswap_pace_device(m, b);
	tswap_batch_send_again(m, b);
	if (m->abandoned) {
		free_copies(b);
		return 0;
	}
	rcu_read_lock();
	b->marked = false;
	for (i = 0; i < b->nr; i++)
		if (flip(m, b, i))
			b->word[moved++] = b->word[i];
	b->writing = false;
	rcu_read_unlock();
	WRITE_ONCE(m->job->moved, m->job->moved + moved);
	if (moved && m->held_up)
		go_on(m);
	free_sources(m, b, moved);
	update_left(m, moved);
	return moved;
}

/* See shift(). */
static void put_in_order(struct batch *b)
{
	u32 i;

	if (b->in_order || b->nr_pieces > 1)
		return;
	for (i = 0; i < TSWAP_BATCH; i++)
		b->page[i] = b->piece[0] + i;
	b->in_order = true;
}

/*
 * Begin with another batch, if there is to be one; @pending pages of the last may move.
 */
static void begin_batch(struct tswap_mover *m, struct batch *b, u32 pending)
{
	b->nr = 0;
	b->marked = false;
	b->writing = false;
	if (tswap_job_should_end(m->job) || READ_ONCE(m->job->want_pause) || m->full)
		return;
	put_in_order(b);
	fill(m, b, pending);
	if (b->nr)
		read_batch(m, b);
}

/* Go through the list; stops early on a request or without room. */
static void run_list(struct tswap_mover *m)
{
	struct batch *now = m->batch[0], *next = m->batch[1];

	begin_batch(m, now, 0);
	while (now->nr) {
		u32 taken = now->nr;

		tswap_batch_wait(m, now);
		tswap_pace_device(m, now);
		tswap_pace_look(m);
		if (!m->live)
			begin_batch(m, next, taken);
		finish_batch(m, now);
		if (!m->abandoned)
			tswap_pace_pay(m->job, taken);
		if (m->live)
			begin_batch(m, next, 0);
		swap(now, next);
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
	while (!tswap_job_should_end(job) && !tswap_move_has_room(job) &&
	       !tswap_pick_hopeless(job)) {
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

/* Look at the regions from @first on, and have a new opinion of what rules allow. */
static void begin_look(struct tswap_mover *m, u32 first)
{
	m->region = first;
	m->nr = 0;
	m->at = 0;
	if (m->held)
		bitmap_zero(m->no_room, U16_MAX + 1);
	m->held = 0;
}

/* Deal with requests and lack of room between lists; not 0 when the job has to end. */
static int interlude(struct tswap_mover *m)
{
	struct tswap_job *job = m->job;

	if (m->abandoned)
		return -ECANCELED;
	if (READ_ONCE(job->want_pause)) {
		pause(m);
		m->held_up = false;
	}
	if (m->full) {
		wait_for_room(m);
		begin_look(m, 0); /* what was passed over is behind us */
	}
	if (tswap_job_should_end(job))
		return -ECANCELED;
	if (tswap_pick_hopeless(job)) {
		job->error_text = "no leaf of the destination works any more";
		return -EIO;
	}
	if (!m->held_up)
		tswap_job_state(job, TSWAP_JOB_RUNNING);
	return 0;
}

static bool limit_reached(const struct tswap_job *job)
{
	return job->set.limit_pages && job->moved >= job->set.limit_pages;
}

/* One look at every slot in the regions from @first to @last. */
static int pass(struct tswap_mover *m, u32 first, u32 last)
{
	int err;

	begin_look(m, first);
	m->end = last;
	m->left_first = U32_MAX;
	m->left_last = 0;
	for (;;) {
		err = interlude(m);
		if (err)
			return err;
		if (limit_reached(m->job))
			return 0;
		if (m->at >= m->nr && !tswap_pick_gather(m))
			return 0;
		run_list(m);
	}
}

/* Nothing but what rules hold back is left to be moved: wait for room in their tiers. */
static void hold_up(struct tswap_mover *m)
{
	m->held_up = true;
	WRITE_ONCE(m->job->needed, m->held);
	WRITE_ONCE(m->job->speed_bytes, 0);
	tswap_job_state(m->job, TSWAP_JOB_NO_SPACE);
}

/*
 * A drain goes on until nothing is left, however the workload races. A pass after the
 * first looks only where the one before has left something; when that was nowhere (a
 * write in flight has lost its slot, say) the whole map is looked at again, more and more
 * rarely.
 */
static int empty_leaf(struct tswap_mover *m)
{
	u32 stuck = 0, rest = TSWAP_REST_MIN, first = 0, last = U32_MAX;
	struct tswap_job *job = m->job;
	u64 errors = job->errors, kept = job->kept;

	while (tswap_space_used(m->from)) {
		u64 moved = job->moved;
		int err;

		job->errors = errors; /* a page counts once, not in each pass */
		err = pass(m, first, last);
		WRITE_ONCE(job->kept, kept + m->held);
		if (err)
			return err;
		if (job->moved == moved && m->held)
			hold_up(m);
		if (job->moved == moved && job->errors != errors &&
		    ++stuck >= TSWAP_STUCK_MAX) {
			job->error_text = "some pages could not be read or written";
			return -EIO;
		}
		if (job->moved != moved) {
			stuck = 0;
			rest = TSWAP_REST_MIN;
		} else {
			tswap_job_wait(job, (u64)rest * NSEC_PER_MSEC);
			rest = min_t(u32, rest * 2, TSWAP_REST_MAX);
		}
		first = m->left_first == U32_MAX ? 0 : m->left_first;
		last = m->left_first == U32_MAX ? U32_MAX : m->left_last;
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

	if (job->set.kind == TSWAP_JOB_DRAIN) {
		/*
		 * a write that has the placement from before the drain began has its
		 * position now
		 */
		synchronize_rcu();
		left = tswap_pick_held(m);
	} else {
		left = tswap_pick_count(m);
	}
	if (job->set.limit_pages)
		left = min(left, job->set.limit_pages);
	WRITE_ONCE(job->left, left);
	tswap_pace_begin(m);
	for_each_set_bit(id, job->src.bits, TSWAP_LEAF_MAX + 1) {
		rcu_read_lock();
		m->from = tswap_leaf_of(m->dev, id); /* the claim keeps it */
		rcu_read_unlock();
		if (job->set.kind == TSWAP_JOB_DRAIN) {
			err = empty_leaf(m);
		} else {
			err = pass(m, 0, U32_MAX);
			WRITE_ONCE(job->kept, job->kept + m->held);
		}
		if (err)
			break;
	}
	if (m->abandoned)
		tswap_leaf_io_end(m->from, m->phase);
	if (err)
		return err;
	WRITE_ONCE(job->needed, 0);
	if (job->set.kind == TSWAP_JOB_MIGRATE)
		WRITE_ONCE(job->left, 0);
	return 0;
}
