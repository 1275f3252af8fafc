/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tswap - objects shared by the files of the module
 *
 * A device has slots (what the swap core sees) and leaves (block devices that hold the
 * pages). The map tells for every slot on which leaf and at which position its page is.
 *
 * Who owns a position. A position is allocated (its bit in the leaf's bitmap is set)
 * before anything is written to it, and it has exactly one owner:
 *  - the word of a slot that names it without %TSWAP_SLOT_BUSY: whoever replaces that
 *    word frees the position;
 *  - the write in flight, while a word names it with %TSWAP_SLOT_BUSY and from then on
 *    until the completion has dropped the bit: whoever replaces a busy word leaves the
 *    position alone, the completion notices the loss and frees it;
 *  - a job, for positions it has allocated and not yet put into a word;
 *  - the discard sweep, for free positions it holds while their discard is in flight.
 *
 * Lock rules
 *  1. tswap_devices.lock (mutex): the table of devices. Outermost, never held across I/O.
 *  2. dev->lock (mutex): leaves, tiers, settings and job starts of one device. Taken by
 *     netlink requests, the event work and job threads between batches. Allocations
 *     under it may reclaim, therefore never by anything a swap write can wait for: not
 *     in submit_bio, completions, the retry worker, or the slot-free hook. No I/O under
 *     it, nor a wait for I/O: leaves are opened, emptied and closed by work items of
 *     tswap_device_wq, which may take as long as a device does.
 *  3. tswap_jobs.lock (mutex): the table of jobs; inside dev->lock.
 *  4. leaf->sync_lock (mutex): one grace period of a leaf at a time; job threads.
 *  5. dev->open_lock (spinlock, irqs off): opens; inside tswap_devices.lock or dev->lock,
 *     nothing inside.
 *  6. leaf->lock (raw spinlock, irqs off): bitmap, summaries and counts of one leaf. A
 *     leaf lock is innermost (the swap core's cluster lock may be held outside); a hold
 *     is bounded: at most TSWAP_SEARCH_CHUNKS chunks of bitmap are looked at.
 *  7. dev->retry_lock (spinlock, irqs off): list of failed writes; nothing inside.
 *  8. Words of the map: no lock, xchg and cmpxchg only.
 *  9. RCU: leaf->tier, dev->leaf[], dev->placement. A reader that goes on to use a leaf after
 *     rcu_read_unlock() owns a position on it or has counted itself as a read in flight.
 * 10. bdev->bd_holder_lock of a leaf's device: held by the block layer around
 *     tswap_leaf_gone(), which therefore takes no lock.
 *
 * Netlink requests wait for no device: the whole machine's generic netlink waits behind them
 * as soon as somebody registers a family. They mark what is to be done, a work item does it,
 * an event reports it; the one wait that is left, for the header of a new leaf, is bounded.
 */
#ifndef TSWAP_H
#define TSWAP_H

#include <linux/atomic.h>
#include <linux/bio.h>
#include <linux/blkdev.h>
#include <linux/kobject.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mempool.h>
#include <linux/mutex.h>
#include <linux/netlink.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "uapi/linux/tswap.h"
#include "compat.h"

#define TSWAP_SECTOR_SHIFT  (PAGE_SHIFT - SECTOR_SHIFT)
#define TSWAP_CHUNK_SHIFT   12 /* pages of a chunk: 512 bytes of bitmap, one u16 */
#define TSWAP_CHUNK         (1U << TSWAP_CHUNK_SHIFT)
#define TSWAP_GROUP_SHIFT   8   /* chunks of a group: one u32 */
#define TSWAP_STRIPE        256 /* pages that one CPU puts on a leaf before it turns */
#define TSWAP_SEARCH_CHUNKS 8   /* bounds of one search under leaf->lock */
#define TSWAP_SEARCH_RUNS   64
#define TSWAP_FAIL_LIMIT \
	32 /* write errors in a row that make a leaf failed: more than one bad spot */
#define TSWAP_BACKOFF HZ /* how long a full zram leaf is left alone */
/* A size that user space chose: fail without a warning, and without the OOM killer. */
#define TSWAP_GFP_BIG      (GFP_KERNEL | __GFP_RETRY_MAYFAIL | __GFP_NOWARN)
#define TSWAP_REGION_SHIFT 9 /* slots a bit of dev->regions: one page of the map */

enum tswap_stat {
	TSWAP_READS,
	TSWAP_WRITES,
	TSWAP_READ_PAGES,
	TSWAP_WRITE_PAGES,
	TSWAP_READ_ERRORS,
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

/* Reads in flight are counted in one of two phases; writes have a count of their own. */
#define TSWAP_WRITE_PHASE 2
#define TSWAP_NR_PHASES   3

/* Sampled requests by how long they took: bucket i below 2^i us, the last one the rest. */
#define TSWAP_LATENCY_BUCKETS 24

struct tswap_leaf_cpu {
	unsigned long begun[TSWAP_NR_PHASES];
	unsigned long ended[TSWAP_NR_PHASES];
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
 * @fails: write errors in a row
 * @events: bits of enum tswap_event to be told by the event work
 * @nr_pos: positions, with the header; constant
 * @pages: @nr_pos without header and pages that mkswap marked bad; constant
 * @free: clear bits of @bitmap; lock
 * @bad: positions retired after write errors; lock
 * @held: positions held by the discard sweep; lock
 * @cursor: where the next search starts; lock
 * @bitmap: one bit a position, set while allocated; lock
 * @chunk_free: clear bits by chunk; lock
 * @group_free: clear bits by group of chunks; lock
 * @chunk_dirty: chunks with positions freed since their last sweep; atomic bits
 * @phase: which count new reads use; written under sync_lock
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
	bool sweep;
	bool failing;
	bool gone;
	u64 full_until;
	atomic_t fails;
	unsigned long events;
	u8 uuid[16];
	char label[17];
	char name[BDEVNAME_SIZE];
	dev_t devt;
	struct work_struct remove_work;

	u32 nr_pos;
	u32 pages;
	u32 nr_chunks;
	u32 nr_groups;

	raw_spinlock_t lock ____cacheline_aligned_in_smp;
	u32 free;
	u32 bad;
	u32 held;
	u32 cursor;
	unsigned long *bitmap;
	u16 *chunk_free;
	u32 *group_free;

	struct tswap_leaf_cpu __percpu *cpu;
	u32 phase;
	struct mutex sync_lock;

	unsigned long *chunk_dirty;
	struct delayed_work sweep_work;
	struct rcu_head rcu;
};

/**
 * struct tswap_placement - which leaves take pages, in the order of their tiers
 *
 * A snapshot for the write path, replaced as a whole under dev->lock, read under RCU.
 * @gen: differs from every earlier one of the device
 * @tier_of: by leaf id, the index into @tier, or TSWAP_NO_TIER
 * @tier: first entry in @leaf and number of entries
 */
#define TSWAP_NO_TIER 0xff
struct tswap_placement {
	struct rcu_head rcu;
	u32 gen;
	u32 nr_tiers;
	u8 tier_of[TSWAP_LEAF_MAX + 1];
	struct {
		u8 first;
		u8 nr;
	} tier[TSWAP_LEAF_MAX];
	u8 leaf[TSWAP_LEAF_MAX];
};

/* Where a CPU writes next; a hint, checked before use. */
struct tswap_hint {
	u32 gen;
	u32 next;
	u32 left;
	u8 leaf;
	u8 turn;
};

/* Set of leaf ids. */
struct tswap_leafset {
	DECLARE_BITMAP(bits, TSWAP_LEAF_MAX + 1);
};

/**
 * struct tswap_dev - one tswapN
 * @slots: size of the area, with the header slot; constant
 * @map: a word a slot (uapi/linux/tswap.h)
 * @regions: a bit for every 512 slots; clear means that all of them are holes
 * @openers: opens of the block device; open_lock
 * @dying: no new opens and no new requests; open_lock and dev->lock
 * @gone_wait: where the removal of a device waits for its last leaf to go
 * @shown: the disk was added, its release frees the device
 * @remove_work: what is left to do once @dying
 * @live: the capacity has been set; dev->lock
 * @overcommit: @live does not need leaves for every slot; dev->lock
 * @uncovered: last told: more slots than room; dev->lock
 * @io_waiters: how many wait in @io_wait for requests to leaves to end
 * @swap_type: swap type number of the area, learned from its writes, or -1
 */
struct tswap_dev {
	struct kref ref;
	u32 id;
	u32 slots;
	atomic64_t *map;
	unsigned long *regions;
	struct gendisk *disk;
	struct kobject *kobj;

	struct tswap_leaf __rcu *leaf[TSWAP_LEAF_MAX + 1];
	struct tswap_placement __rcu *placement;
	struct tswap_hint __percpu *hint;
	atomic_t io_waiters;
	wait_queue_head_t io_wait;

	mempool_t io_pool;
	struct bio_set split_bs;
	struct bio_set move_bs;

	spinlock_t retry_lock;
	struct list_head retry;
	struct work_struct retry_work;

	atomic64_t nospc;
	atomic64_t redirected;
	atomic64_t write_fails;
	int swap_type;
	unsigned long events;
	unsigned long nospc_told;
	struct delayed_work event_work;
	struct delayed_work age_work;
	struct work_struct remove_work;
	wait_queue_head_t gone_wait;

	struct mutex lock;
	struct list_head tiers;
	u32 nr_leaves;
	u32 placement_gen;
	bool live;
	bool overcommit;
	bool uncovered;

	spinlock_t open_lock;
	int openers;
	bool dying;
	bool shown;
};

#define TSWAP_NO_MEMORY "no memory"

/* @why has to be a literal: it is sent after the request has been dealt with. */
#define refuse(extack, why, err)             \
	({                                   \
		NL_SET_ERR_MSG(extack, why); \
		(err);                       \
	})

/* device.c */
int tswap_devices_init(void);
void tswap_devices_exit(void);
struct tswap_dev *tswap_dev_get(u32 id);
struct tswap_dev *tswap_dev_next(u32 *id);
void tswap_dev_put(struct tswap_dev *dev);
struct tswap_dev *tswap_dev_add(u32 id, u64 slots, bool overcommit,
				struct netlink_ext_ack *extack);
int tswap_dev_del(struct tswap_dev *dev, struct netlink_ext_ack *extack);
bool tswap_dev_is_dying(struct tswap_dev *dev);
bool tswap_dev_is_open(struct tswap_dev *dev);
bool tswap_is_tswap(struct block_device *bdev);
bool tswap_forbid_opens(bool forbid);
void tswap_dev_raise(struct tswap_dev *dev, enum tswap_event event);
extern struct workqueue_struct *tswap_retry_wq;
extern struct workqueue_struct *tswap_wq;
extern struct workqueue_struct *tswap_device_wq;

/* map.c */
int tswap_map_init(struct tswap_dev *dev);
void tswap_map_exit(struct tswap_dev *dev);
u64 tswap_map_bytes(const struct tswap_dev *dev);
void tswap_map_free_slot(struct tswap_dev *dev, u32 slot);
void tswap_map_forget(struct tswap_dev *dev, u64 word);
u32 tswap_map_region(struct tswap_dev *dev, u32 region);
void tswap_map_age(struct tswap_dev *dev);

static inline u32 tswap_region_start(u32 region)
{
	return region << TSWAP_REGION_SHIFT;
}

static inline u32 tswap_region_end(const struct tswap_dev *dev, u32 region)
{
	return min_t(u64, (u64)(region + 1) << TSWAP_REGION_SHIFT, dev->slots);
}

static inline u32 tswap_clock(void)
{
	return (u32)(ktime_get_seconds() & TSWAP_SLOT_STAMP_MASK);
}

static inline u64 tswap_word(u32 leaf, u32 pos, u32 stamp)
{
	return (u64)pos | (u64)leaf << TSWAP_SLOT_LEAF_SHIFT |
	       (u64)stamp << TSWAP_SLOT_STAMP_SHIFT;
}

static inline u64 tswap_map_read(const struct tswap_dev *dev, u32 slot)
{
	return (u64)atomic64_read(&dev->map[slot]);
}

static inline bool tswap_map_change(struct tswap_dev *dev, u32 slot, u64 from, u64 to)
{
	return (u64)atomic64_cmpxchg(&dev->map[slot], from, to) == from;
}

/* Full barrier inside the xchg: a scan that clears the bit sees the word, or we the bit. */
static inline u64 tswap_map_store(struct tswap_dev *dev, u32 slot, u64 word)
{
	u64 old = (u64)atomic64_xchg(&dev->map[slot], word);

	if (!test_bit(slot >> TSWAP_REGION_SHIFT, dev->regions))
		set_bit(slot >> TSWAP_REGION_SHIFT, dev->regions);
	return old;
}

/* alloc.c */
int tswap_space_init(struct tswap_leaf *leaf);
void tswap_space_exit(struct tswap_leaf *leaf);
u64 tswap_space_bytes(const struct tswap_leaf *leaf);
void tswap_space_mark_bad(struct tswap_leaf *leaf, u32 pos);
u32 tswap_space_claim(struct tswap_leaf *leaf, u32 want, u32 *pos);
u32 tswap_space_used(struct tswap_leaf *leaf);
void tswap_space_free(struct tswap_leaf *leaf, u32 pos, u32 nr);
void tswap_space_retire(struct tswap_leaf *leaf, u32 pos, u32 nr);
u32 tswap_space_hold(struct tswap_leaf *leaf, u32 chunk, u32 *from, u32 max, u32 *pos);
void tswap_space_release(struct tswap_leaf *leaf, u32 pos, u32 nr);
u32 tswap_alloc(struct tswap_dev *dev, u32 want, const struct tswap_leafset *avoid,
		struct tswap_leaf **leafp, u32 *pos);
u32 tswap_alloc_tier(struct tswap_dev *dev, const struct tswap_placement *p, u32 tier,
		     u32 want, const struct tswap_leafset *avoid, bool desperate,
		     struct tswap_leaf **leafp, u32 *pos);
int tswap_placement_update(struct tswap_dev *dev);

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
void tswap_leaf_write_failed(struct tswap_leaf *leaf, u32 pos, u32 nr);
void tswap_leaf_raise(struct tswap_leaf *leaf, enum tswap_event event);

struct tswap_leaf *tswap_leaf_next(struct tswap_dev *dev, u32 *id);

/* All leaves by id; dev->lock. */
#define tswap_for_each_leaf(dev, leaf, id) \
	for ((id) = 1; ((leaf) = tswap_leaf_next(dev, &(id))); (id)++)

/* signature.c */
int tswap_leaf_open(struct tswap_leaf *leaf, int fd, struct netlink_ext_ack *extack);
void tswap_leaf_close(struct tswap_leaf *leaf);
bool tswap_is_probe(struct bio *bio);

/* tier.c */
struct tswap_tier *tswap_tier_find(struct tswap_dev *dev, const char *name);
int tswap_tier_check(struct tswap_dev *dev, const char *name, const u32 *rank,
		     struct netlink_ext_ack *extack);
struct tswap_tier *tswap_tier_get(struct tswap_dev *dev, const char *name,
				  const u32 *rank);
void tswap_tier_drop(struct tswap_tier *tier);
void tswap_tier_join(struct tswap_leaf *leaf, struct tswap_tier *tier);
void tswap_tier_leave(struct tswap_dev *dev, struct tswap_tier *tier);
int tswap_tier_set(struct tswap_dev *dev, struct tswap_tier *tier, const u32 *rank,
		   const u32 *on_swapin, struct netlink_ext_ack *extack);

/* capacity.c */
u64 tswap_room(struct tswap_dev *dev);
u64 tswap_shortage(struct tswap_dev *dev);
u64 tswap_used(struct tswap_dev *dev, const struct tswap_tier *tier);
void tswap_cover_check(struct tswap_dev *dev);
int tswap_dev_set_overcommit(struct tswap_dev *dev, bool on,
			     struct netlink_ext_ack *extack);
int tswap_leaf_may_go(struct tswap_leaf *leaf, struct netlink_ext_ack *extack);

/* inflight.c */
bool tswap_leaf_unread(struct tswap_leaf *leaf);
void tswap_leaf_sync(struct tswap_leaf *leaf);
bool tswap_leaf_settle(struct tswap_leaf *leaf, long timeout);
u64 tswap_leaf_stat(const struct tswap_leaf *leaf, enum tswap_stat stat);

/* Callers hold rcu_read_lock() or dev->lock. */
static inline struct tswap_leaf *tswap_leaf_of(struct tswap_dev *dev, u32 id)
{
	return rcu_dereference_check(dev->leaf[id], lockdep_is_held(&dev->lock));
}

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

static inline void tswap_leaf_io_end(struct tswap_leaf *leaf, u32 phase)
{
	rcu_read_lock(); /* once counted, only this keeps the leaf */
	smp_mb();        /* whatever the I/O did comes before its end is seen */
	this_cpu_inc(leaf->cpu->ended[phase]);
	smp_mb(); /* the count before the look for who waits for it */
	if (unlikely(atomic_read(&leaf->dev->io_waiters)))
		wake_up_all(&leaf->dev->io_wait);
	rcu_read_unlock();
}

static inline void tswap_leaf_write_begin(struct tswap_leaf *leaf)
{
	this_cpu_inc(leaf->cpu->begun[TSWAP_WRITE_PHASE]);
}

/* sweep.c */
void tswap_sweep_init(struct tswap_leaf *leaf);
void tswap_sweep_set(struct tswap_leaf *leaf);
void tswap_sweep_queue(struct tswap_leaf *leaf);
void tswap_sweep_stop(struct tswap_leaf *leaf);

/* io.c */
int tswap_io_init(void);
void tswap_io_exit(void);
int tswap_io_dev_init(struct tswap_dev *dev);
void tswap_io_dev_exit(struct tswap_dev *dev);
void tswap_submit_bio(struct bio *bio);
void tswap_slot_free_notify(struct block_device *bdev, unsigned long slot);

/* job.c */
struct tswap_job;
struct tswap_job_param {
	u32 kind;
	u32 src_leaf, dst_leaf;
	const char *src_tier, *dst_tier;
	u32 older_s;
	u64 limit_pages;
	u64 rate_bytes;
};
struct tswap_job_info {
	u32 id, device, kind, state, older_s, error;
	u32 src_leaf, dst_leaf;
	char src_tier[TSWAP_NAME_MAX], dst_tier[TSWAP_NAME_MAX];
	const char *error_text;
	u64 limit_pages, rate_bytes;
	u64 moved, left, lost, errors, needed;
	u64 speed_bytes, elapsed_ms;
};
int tswap_job_start(struct tswap_dev *dev, const struct tswap_job_param *par, u32 *id,
		    struct netlink_ext_ack *extack);
int tswap_job_set(u32 id, u32 action, const u64 *rate, struct netlink_ext_ack *extack);
int tswap_job_info(u32 id, struct tswap_job_info *info);
bool tswap_job_next(u32 *id, struct tswap_job_info *info);
void tswap_job_stop_all(struct tswap_dev *dev);
void tswap_job_exit(void);

/* move.c; the rest is in job.h */
int tswap_move_dev_init(struct tswap_dev *dev);

/* netlink.c */
int tswap_netlink_init(void);
void tswap_netlink_exit(void);

/* nl_event.c */
void tswap_ntf_device(struct tswap_dev *dev, enum tswap_event event);
void tswap_ntf_leaf(struct tswap_leaf *leaf, enum tswap_event event);
void tswap_ntf_tier(struct tswap_dev *dev, struct tswap_tier *tier,
		    enum tswap_event event);
void tswap_ntf_job(u32 id, enum tswap_event event);
void tswap_generation_bump(void);

/* sysfs.c */
int tswap_sysfs_add_dev(struct tswap_dev *dev);
void tswap_sysfs_del_dev(struct tswap_dev *dev);
void tswap_leaf_kobj_init(struct tswap_leaf *leaf);
int tswap_sysfs_add_leaf(struct tswap_leaf *leaf);

/* pm.c */
int tswap_pm_init(void);
void tswap_pm_exit(void);

#endif /* TSWAP_H */
