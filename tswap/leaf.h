/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tswap - a leaf: what it is, its positions, its requests in flight, its health
 *
 * Included by tswap.h, which has the device that leaves belong to.
 */
#ifndef TSWAP_LEAF_H
#define TSWAP_LEAF_H

#include <linux/atomic.h>
#include <linux/bio.h>
#include <linux/blkdev.h>
#include <linux/kobject.h>
#include <linux/list.h>
#include <linux/netlink.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include "uapi/linux/tswap.h"
#include "compat.h"

struct tswap_dev;

#define TSWAP_CHUNK_SHIFT   12 /* pages of a chunk: 512 bytes of bitmap, one count */
#define TSWAP_CHUNK         (1U << TSWAP_CHUNK_SHIFT)
#define TSWAP_STRIPE        256 /* pages that one CPU puts on a leaf before it turns */
#define TSWAP_SEARCH_CHUNKS 8   /* bounds of one search under leaf->lock */
#define TSWAP_SEARCH_RUNS   64
#define TSWAP_FAIL_LIMIT \
	32 /* requests failed in a row that make a leaf failed: more than one bad spot */
#define TSWAP_READ_FAIL_COST \
	8 /* reads that must succeed for each that fails: tswap_leaf_read_failed() */
#define TSWAP_BACKOFF HZ /* how long a full zram leaf is left alone */

enum tswap_stat {
	TSWAP_READS,
	TSWAP_WRITES,
	TSWAP_READ_PAGES,
	TSWAP_WRITE_PAGES,
	TSWAP_READ_ERRORS,
	TSWAP_READ_LOST,
	TSWAP_READ_RECOVERED,
	TSWAP_WRITE_ERRORS,
	TSWAP_FULL,
	TSWAP_MOVED_IN,
	TSWAP_MOVED_OUT,
	TSWAP_DISCARDED,
	TSWAP_READ_NS,
	TSWAP_READ_SAMPLES,
	TSWAP_WRITE_NS,
	TSWAP_WRITE_SAMPLES,
	TSWAP_NR_STATS,
};

/*
 * Requests in flight are counted in phases: bit 0 is turned by grace periods and matters
 * for reads only, bit 1 by the watch for requests that hang, bit 2 is set for what is no
 * read of the workload: writes, and both halves of moves.
 */
#define TSWAP_PHASE_SYNC  1
#define TSWAP_PHASE_WATCH 2
#define TSWAP_PHASE_OTHER 4
#define TSWAP_NR_PHASES   8

/*
 * Sampled requests by how long they took: bucket i below 2^i us, the last one the rest.
 */
#define TSWAP_LATENCY_BUCKETS 24

struct tswap_leaf_cpu {
	unsigned long begun[TSWAP_NR_PHASES];
	unsigned long ended[TSWAP_NR_PHASES];
	long free; /* positions freed minus positions taken by this CPU */
	u64 stat[TSWAP_NR_STATS];
	u64 latency[2][TSWAP_LATENCY_BUCKETS]; /* reads, writes */
};

/**
 * struct tswap_tier - named group of leaves with one rank
 * @node: in dev->tiers, by rank; dev->lock
 * @rank: 0 is the fastest and is filled first; dev->lock
 * @free_on_read: policy on-swapin = free; dev->lock, copied to the leaves
 * @nr_leaves: the tier goes with its last leaf; dev->lock
 */
struct tswap_tier {
	struct list_head node;
	char name[TSWAP_NAME_MAX];
	u32 rank;
	bool free_on_read;
	u32 nr_leaves;
	struct rcu_head rcu;
};

/**
 * struct tswap_leaf - block device that holds pages
 * @kobj: folder leaf<id> in sysfs; its release frees the structure
 * @id: 1..TSWAP_LEAF_MAX
 * @state: enum tswap_leaf_state; dev->lock, read without it for display
 * @state_before: what a cancelled drain restores; dev->lock
 * @job: id of the job that has this leaf as source, or 0; dev->lock
 * @failing: set by the retry worker, made a state by the event work
 * @gone: the block device was taken away
 * @name: of the block device, with @devt; stay true when the device is closed
 * @remove_work: what is left to do in state removing
 * @full_until: when a full zram leaf is tried again, of get_jiffies_64()
 * @fails: writes failed in a row
 * @read_fails: reads failed lately, TSWAP_READ_FAIL_COST for each, less what succeeded
 *   since
 * @lost_logged: when lost reads were reported last, of get_jiffies_64()
 * @stalled_ms: for how long its oldest request has been in flight, at least
 * @stall_since: begin of the phase that the watch waits for, of get_jiffies_64()
 * @events: bits of enum tswap_event to be reported by the event work
 * @nr_pos: positions, with the header; constant
 * @pages: @nr_pos without header and pages that mkswap marked bad; constant
 * @full: no clear bit was found, and none has been cleared since; a hint
 * @bad: positions retired after write errors, those of @retired; lock
 * @retired: their numbers; rule 9 of locking.rst
 * @held: positions held by the discard sweep; lock
 * @cursor: where the next search starts; lock
 * @bitmap: one bit a position, set while allocated; set under lock, cleared without
 * @stale: one bit a position, set while free and not discarded since; NULL: never swept
 * @chunk_free: clear bits by chunk; may lag behind
 * @chunk_some: a bit a chunk: are there clear bits in it?
 * @chunk_dirty: chunks with positions freed since their last sweep; atomic bits
 * @swept: there was one, @stale and @chunk_dirty may differ; see tswap_sweep_set()
 * @sweep_hurry: the next sweep has been called early
 * @phase: TSWAP_PHASE_SYNC and _WATCH: which count new requests use
 * @syncing: bit 0: a job waits for a grace period, one at a time
 * @io_wait: where jobs wait for requests to the leaf to end, @io_waiters of them
 * @retry: requests that failed, for @retry_work; retry_lock
 * @owner: by position, the index of the rule that it was allocated for, or 0; NULL as
 *	long as the device has had no rule. Changed by who owns the position
 */
struct tswap_leaf {
	struct kobject kobj;
	struct tswap_dev *dev;
	struct tswap_tier *tier;
	struct tswap_bdev_handle handle;
	struct block_device *bdev;
	u32 id;
	u32 type;
	u32 flags;
	u32 state;
	u32 state_before;
	u32 job;
	bool free_on_read;
	bool sweep, swept;
	bool failing;
	bool gone;
	u64 full_until;
	atomic_t fails;
	atomic_t read_fails;
	u64 lost_logged;
	u32 stalled_ms;
	u64 stall_since;
	struct work_struct look_work;
	unsigned long events;
	u8 uuid[16];
	char label[17];
	char name[BDEVNAME_SIZE];
	dev_t devt;
	struct work_struct remove_work;

	u32 nr_pos;
	u32 pages;
	u32 nr_chunks;
	unsigned long *bitmap;
	unsigned long *stale;
	u16 *owner;
	atomic_t *chunk_free;
	unsigned long *chunk_some;
	bool full;

	raw_spinlock_t lock ____cacheline_aligned_in_smp;
	u32 bad;
	u32 held;
	u32 cursor;

	struct tswap_leaf_cpu __percpu *cpu;
	unsigned long phase;
	unsigned long syncing;
	atomic_t io_waiters;
	wait_queue_head_t io_wait;
	struct xarray retired;

	spinlock_t retry_lock;
	struct list_head retry;
	struct work_struct retry_work;

	unsigned long *chunk_dirty;
	unsigned long sweep_hurry;
	struct delayed_work sweep_work;
	struct rcu_head rcu;
};

/* leaf.c */
struct tswap_leaf_param {
	int fd;
	u32 flags;
	u32 state;
	const char *tier;
	bool has_rank;
	u32 rank;
	/* what became of it */
	u32 id;
	char name[BDEVNAME_SIZE];
};
/* What is to change; NULL: stays. */
struct tswap_leaf_change {
	const u32 *flags;
	const u32 *state;
	const u32 *rank;
	const char *tier;
};
int tswap_leaf_add(struct tswap_dev *dev, struct tswap_leaf_param *par,
		   struct netlink_ext_ack *extack);
int tswap_leaf_del(struct tswap_leaf *leaf, struct netlink_ext_ack *extack);
int tswap_leaf_set(struct tswap_leaf *leaf, const struct tswap_leaf_change *to,
		   struct netlink_ext_ack *extack);
int tswap_leaf_state_change(struct tswap_leaf *leaf, u32 state);
void tswap_leaf_remove_all(struct tswap_dev *dev);
void tswap_leaf_gone(struct tswap_leaf *leaf);
struct tswap_leaf *tswap_leaf_find(struct tswap_dev *dev, u32 id);
void tswap_leaf_raise(struct tswap_leaf *leaf, enum tswap_event event);

struct tswap_leaf *tswap_leaf_next(struct tswap_dev *dev, u32 *id);

/* All leaves by id; dev->lock. */
#define tswap_for_each_leaf(dev, leaf, id) \
	for ((id) = 1; ((leaf) = tswap_leaf_next(dev, &(id))); (id)++)

/* health.c */
void tswap_health_init(struct tswap_leaf *leaf);
void tswap_health_stop(struct tswap_leaf *leaf);
void tswap_leaf_full(struct tswap_leaf *leaf);
void tswap_leaf_write_failed(struct tswap_leaf *leaf);
void tswap_leaf_read_failed(struct tswap_leaf *leaf);
void tswap_leaf_read_lost(struct tswap_leaf *leaf, u32 nr);
void tswap_leaf_forgive(struct tswap_leaf *leaf);
void tswap_watch_dev_init(struct tswap_dev *dev);
void tswap_watch_dev_exit(struct tswap_dev *dev);

/* A request has succeeded. Any context. */
static inline void tswap_leaf_wrote(struct tswap_leaf *leaf)
{
	if (unlikely(atomic_read(&leaf->fails)))
		atomic_set(&leaf->fails, 0);
}

static inline void tswap_leaf_read(struct tswap_leaf *leaf)
{
	if (unlikely(atomic_read(&leaf->read_fails)))
		atomic_dec_if_positive(&leaf->read_fails);
}

/* signature.c */
int tswap_leaf_open(struct tswap_leaf *leaf, int fd, struct netlink_ext_ack *extack);
void tswap_leaf_close(struct tswap_leaf *leaf);
extern atomic_t tswap_probing;
bool tswap_is_probe(struct bio *bio);

/* inflight.c */
bool tswap_leaf_unread(struct tswap_leaf *leaf);
void tswap_leaf_sync(struct tswap_leaf *leaf, void (*poll)(void *data), void *data);
bool tswap_leaf_phase_over(struct tswap_leaf *leaf);
u64 tswap_leaf_in_flight(const struct tswap_leaf *leaf);
bool tswap_leaf_settle(struct tswap_leaf *leaf, long timeout);
u64 tswap_leaf_stat(const struct tswap_leaf *leaf, enum tswap_stat stat);

static inline bool tswap_leaf_resting(const struct tswap_leaf *leaf)
{
	return get_jiffies_64() < READ_ONCE(leaf->full_until);
}

static inline void tswap_leaf_count(struct tswap_leaf *leaf, enum tswap_stat stat, u64 n)
{
	this_cpu_add(leaf->cpu->stat[stat], n);
}

/*
 * A read counts itself before it looks (again) at the word of its slot; a job changes
 * words before it looks at the counts. So either the read sees the new word, or the job
 * sees the read.
 */
static inline u32 tswap_leaf_read_begin(struct tswap_leaf *leaf)
{
	u32 phase = READ_ONCE(leaf->phase);

	this_cpu_inc(leaf->cpu->begun[phase]);
	smp_mb(); /* pairs with the barriers in inflight.c:quiet() */
	return phase;
}

/* Anything but a read of the workload. */
static inline u32 tswap_leaf_other_begin(struct tswap_leaf *leaf)
{
	u32 phase = (READ_ONCE(leaf->phase) & TSWAP_PHASE_WATCH) | TSWAP_PHASE_OTHER;

	this_cpu_inc(leaf->cpu->begun[phase]);
	return phase;
}

/* One more request in a phase in which the caller has one in flight. */
static inline void tswap_leaf_begin_again(struct tswap_leaf *leaf, u32 phase)
{
	this_cpu_inc(leaf->cpu->begun[phase]);
}

static inline void tswap_leaf_io_end(struct tswap_leaf *leaf, u32 phase)
{
	rcu_read_lock_sched(); /* once counted, only this keeps the leaf */
	smp_mb();              /* whatever the I/O did comes before its end is seen */
	this_cpu_inc(leaf->cpu->ended[phase]);
	smp_mb(); /* the count before the look for who waits for it */
	if (likely(!atomic_read(&leaf->io_waiters))) {
		rcu_read_unlock_sched();
		return;
	}
	rcu_read_lock(); /* the lock of a wait queue may sleep with PREEMPT_RT */
	rcu_read_unlock_sched();
	wake_up_all(&leaf->io_wait);
	rcu_read_unlock();
}

/* retry.c; the rest is in io.h */
void tswap_retry_init(struct tswap_leaf *leaf);
void tswap_retry_exit(struct tswap_leaf *leaf);

/* sweep.c */
void tswap_sweep_init(struct tswap_leaf *leaf);
void tswap_sweep_set(struct tswap_leaf *leaf);
void tswap_sweep_queue(struct tswap_leaf *leaf);
void tswap_sweep_soon(struct tswap_leaf *leaf);
void tswap_sweep_stop(struct tswap_leaf *leaf);
void tswap_sweep_exit(struct tswap_leaf *leaf);

/* space.c */
int tswap_space_init(struct tswap_leaf *leaf);
int tswap_space_watch_frees(struct tswap_leaf *leaf);
int tswap_space_add_owners(struct tswap_leaf *leaf);
void tswap_space_exit(struct tswap_leaf *leaf);
u64 tswap_space_bytes(const struct tswap_leaf *leaf);
void tswap_space_mark_bad(struct tswap_leaf *leaf, u32 pos);
u32 tswap_space_claim(struct tswap_leaf *leaf, u32 want, u32 stripe, u32 *pos);
bool tswap_space_claim_at(struct tswap_leaf *leaf, u32 pos, u32 nr);
u32 tswap_space_used(struct tswap_leaf *leaf);
void tswap_space_follow_count(struct tswap_leaf *leaf, u32 chunk);
void tswap_space_free(struct tswap_leaf *leaf, u32 pos, u32 nr);
void tswap_space_free_late(struct tswap_leaf *leaf, u32 pos, u32 nr);
void tswap_space_retire(struct tswap_leaf *leaf, u32 pos);
void tswap_space_reinstate(struct tswap_leaf *leaf, u32 pos);
u32 tswap_space_hold(struct tswap_leaf *leaf, u32 chunk, u32 *from, u32 max, u32 *pos);
void tswap_space_release(struct tswap_leaf *leaf, u32 pos, u32 nr, bool done);

/*
 * Give back a position. Any context, under RCU. Kept short: who frees many pages holds
 * a lock of the swap core meanwhile.
 */
static inline void tswap_space_give_one(struct tswap_leaf *leaf, u32 pos)
{
	unsigned long chunk = pos >> TSWAP_CHUNK_SHIFT;

	if (WARN_ON_ONCE(!test_and_clear_bit(pos, leaf->bitmap)))
		return; /* it was free: a bug; leave it so */
	if (unlikely(!atomic_fetch_inc(&leaf->chunk_free[chunk])))
		tswap_space_follow_count(leaf, chunk);
	this_cpu_inc(leaf->cpu->free);
}

#endif /* TSWAP_LEAF_H */
