/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tswap - inside of moves: what move.c (the work), batch.c (its requests), pick.c (what
 * goes where) and pace.c (how fast) share
 */
#ifndef TSWAP_MOVE_H
#define TSWAP_MOVE_H

#include <linux/completion.h>

#include "job.h"

#define TSWAP_BATCH 256
#define TSWAP_LIST  16384 /* slots sorted at a time */

/*
 * What became of a page's last request; one that failed with others is sent again alone.
 */
enum {
	PAGE_OK,
	PAGE_AGAIN,
	PAGE_BAD
};

/**
 * struct batch - pages on their way
 * @word: words of the slots before they were marked
 * @to: leaf of the copy, with its position in @to_pos
 * @page: buffers, always TSWAP_BATCH of them
 * @piece: what they have been allocated as, @nr_pieces
 * @in_order: of one piece, @page has them in the order of their addresses
 * @result: of each page's I/O
 * @phase: see abandon()
 * @writing: the pages are at @to, or on their way
 * @marked: the words have %TSWAP_SLOT_MOVING from us
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
	struct page *piece[TSWAP_BATCH];
	u32 nr_pieces;
	bool in_order;
	u8 result[TSWAP_BATCH];
	u8 phase[TSWAP_BATCH];
	bool marked;
	bool writing;
	atomic_t pending;
	struct completion done;
	u64 began_ns;
	u64 ended_ns;
};

/**
 * struct tswap_mover - the working memory of a job
 * @from: leaf being emptied
 * @list: position << 32 | slot, sorted
 * @spare: as large, to sort it
 * @at: how far the list is done
 * @region: where the scan of the map goes on, U32_MAX at its end; @end: where that is
 * @left_first: first and last region in which the pass has seen pages that it could not
 *	move; @left_last
 * @size: pages of a batch as the devices' speed allows it
 * @to_id: leaf written to last; 0: none yet
 * @reads: of the workload from each leaf, by id, when last looked at
 * @live_until: jiffies until which the workload counts as reading, if @live
 * @full: no room was found
 * @no_room: by index, rules whose tiers had no room in this pass
 * @held: pages that the pass has left where they are for that reason
 * @held_up: a whole pass of a drain has moved nothing because of rules
 * @abandoned: the job has been cancelled and has ended for everybody else, while requests
 *	of it hang: what is left to do is to wait for them and to clean up
 * @phase: in which phase @from counts as in flight since then
 * @cancelled: jiffies when a wait for requests first saw that the job is to end, or 0
 */
struct tswap_mover {
	struct tswap_job *job;
	struct tswap_dev *dev;
	struct tswap_leaf *from;
	struct batch *batch[2];
	u64 *list;
	u64 *spare;
	u32 nr;
	u32 at;
	u32 region;
	u32 end;
	u32 left_first;
	u32 left_last;
	u32 size;
	u32 to_id;
	unsigned long live_until;
	bool live;
	bool full;
	unsigned long *no_room;
	u64 held;
	bool held_up;
	bool abandoned;
	unsigned long cancelled;
	u32 phase;
	u64 reads[TSWAP_LEAF_MAX + 1];
};

/* batch.c */
struct batch *tswap_batch_new(void);
void tswap_batch_free(struct batch *b);
void tswap_batch_begin(struct batch *b, struct blk_plug *plug);
void tswap_batch_send(struct tswap_mover *m, struct batch *b, struct tswap_leaf *leaf,
		      u32 pos, u32 first, u32 nr, blk_opf_t op);
void tswap_batch_submitted(struct batch *b, struct blk_plug *plug);
void tswap_batch_wait(struct tswap_mover *m, struct batch *b);
void tswap_batch_send_again(struct tswap_mover *m, struct batch *b);
void tswap_batch_unmark(struct tswap_mover *m, struct batch *b, u32 i);
void tswap_batch_poll_cancel(void *data);

/* pick.c */
static inline bool tswap_pick_old_enough(const struct tswap_job *job, u64 word, u32 clock)
{
	if (job->has_clock && !TSWAP_SLOT_AGE(word, job->clock))
		return false; /* since then, or in that second */
	return !job->set.older_s || TSWAP_SLOT_AGE(word, clock) >= job->set.older_s;
}

/* Does the job move the page of a slot with that word? @clock: tswap_clock() */
static inline bool tswap_pick_wanted(const struct tswap_mover *m, u64 word, u32 clock)
{
	if (TSWAP_SLOT_LEAF(word) != m->from->id ||
	    word & (TSWAP_SLOT_MOVING | TSWAP_SLOT_BUSY))
		return false;
	return tswap_pick_old_enough(m->job, word, clock);
}

void tswap_pick_left(struct tswap_mover *m, u32 slot);
bool tswap_pick_gather(struct tswap_mover *m);
u64 tswap_pick_held(struct tswap_mover *m);
u64 tswap_pick_count(struct tswap_mover *m);
u32 tswap_pick_room(struct tswap_job *job, u32 nr, struct tswap_rule *rule,
		    const struct tswap_leaf *from, struct tswap_leaf **leafp, u32 *pos);
bool tswap_pick_hopeless(struct tswap_job *job);

/* pace.c */
u32 tswap_pace_size(struct tswap_mover *m, u32 pending);
void tswap_pace_device(struct tswap_mover *m, const struct batch *b);
void tswap_pace_begin(struct tswap_mover *m);
void tswap_pace_look(struct tswap_mover *m);
void tswap_pace_give_way(struct tswap_mover *m);
void tswap_pace_pay(struct tswap_job *job, u32 pages);

#endif /* TSWAP_MOVE_H */
