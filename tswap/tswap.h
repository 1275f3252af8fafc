/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tswap - objects shared by the files of the module
 *
 * A device has slots (what the swap core sees) and leaves (block devices that hold the
 * pages). The map shows for every slot on which leaf and at which position its page is.
 *
 * Who owns a position, the locks and their order, and what may be called in which
 * context: Documentation/locking.rst.
 */
#ifndef TSWAP_H
#define TSWAP_H

#include <linux/atomic.h>
#include <linux/bio.h>
#include <linux/blkdev.h>
#include <linux/kobject.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/llist.h>
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
/* A size that user space chose: fail without a warning, and without the OOM killer. */
#define TSWAP_GFP_BIG      (GFP_KERNEL | __GFP_RETRY_MAYFAIL | __GFP_NOWARN)
#define TSWAP_REGION_SHIFT 9 /* slots a bit of dev->regions: one page of the map */

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
	bool sweep;
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

/**
 * struct tswap_placement - which leaves take pages, in the order of their tiers
 *
 * A snapshot for the write path, replaced as a whole under dev->lock, read under RCU.
 * @gen: differs from every earlier one of the device
 * @tier_of: by leaf id, the index into @tier, or TSWAP_NO_TIER
 * @tier: first entry in @leaf and number of entries
 */
#define TSWAP_NO_TIER 0xff
struct tswap_rule;
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

/**
 * struct tswap_want - what an allocation on a tier asks for
 * @nr: pages
 * @stripe: see tswap_space_claim()
 * @desperate: also ask zram leaves that were full a moment ago
 * @avoid: leaves not to use, or NULL
 * @only: leaves to use, or NULL for all
 * @rule: whose run it is, or NULL
 * @from: leaf that the pages leave, where they count for @rule already, or NULL
 */
struct tswap_want {
	u32 nr;
	u32 stripe;
	bool desperate;
	const struct tswap_leafset *avoid;
	const struct tswap_leafset *only;
	struct tswap_rule *rule;
	const struct tswap_leaf *from;
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
 * @uncovered: last reported: more slots than room; dev->lock
 * @rules: rules of cgroups, or NULL as long as there was none; see rule.c
 * @header: content of slot 0, which is never on a leaf
 * @lost: pages that could not be read, see reread.c; lost_lock, with @nr_lost
 * @readin: pages that have been read and may give up their positions, see onswapin.c;
 *	with @nr_readin
 * @refused: writes without room that have not been answered yet; refused_lock
 * @refused_logged: when the log had its last line, with @nospc as it was in @nospc_then
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
	struct tswap_rules *rules;
	struct page *header;

	mempool_t io_pool;
	struct bio_set split_bs;
	struct bio_set move_bs;

	spinlock_t lost_lock;
	struct list_head lost;
	u32 nr_lost;
	struct delayed_work reread_work;

	struct llist_head readin;
	atomic_t nr_readin;
	struct delayed_work onswapin_work;

	spinlock_t refused_lock;
	struct bio_list refused;
	u32 nr_refused;
	wait_queue_head_t refused_wait;
	struct delayed_work refused_work;
	u64 refused_logged;
	u64 nospc_then;

	struct delayed_work watch_work;

	atomic64_t nospc;
	atomic64_t redirected;
	atomic64_t write_fails;
	int swap_type;
	unsigned long events;
	unsigned long nospc_logged;
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

/* In dev->events only: rules have refused writes. */
#define TSWAP_RAISE_RULES 31

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
void tswap_dev_raise(struct tswap_dev *dev, unsigned int event);
extern struct workqueue_struct *tswap_retry_wq;
extern struct workqueue_struct *tswap_wq;
extern struct workqueue_struct *tswap_device_wq;

/* map.c */
int tswap_map_init(struct tswap_dev *dev);
void tswap_map_exit(struct tswap_dev *dev);
u64 tswap_map_bytes(const struct tswap_dev *dev);
void tswap_map_free_slot(struct tswap_dev *dev, u32 slot);
void tswap_map_forget(struct tswap_dev *dev, u64 word);
void tswap_map_forget_late(struct tswap_dev *dev, u64 word);
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

/*
 * Full barrier inside the xchg: a scan that clears the bit sees the word, or we the bit.
 */
static inline u64 tswap_map_store(struct tswap_dev *dev, u32 slot, u64 word)
{
	u64 old = (u64)atomic64_xchg(&dev->map[slot], word);

	if (!test_bit(slot >> TSWAP_REGION_SHIFT, dev->regions))
		set_bit(slot >> TSWAP_REGION_SHIFT, dev->regions);
	return old;
}

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
void tswap_space_free(struct tswap_leaf *leaf, u32 pos, u32 nr);
void tswap_space_free_late(struct tswap_leaf *leaf, u32 pos, u32 nr);
void tswap_space_retire(struct tswap_leaf *leaf, u32 pos);
void tswap_space_reinstate(struct tswap_leaf *leaf, u32 pos);
u32 tswap_space_hold(struct tswap_leaf *leaf, u32 chunk, u32 *from, u32 max, u32 *pos);
void tswap_space_release(struct tswap_leaf *leaf, u32 pos, u32 nr, bool done);

/* alloc.c */
u32 tswap_alloc(struct tswap_dev *dev, u32 nr, const struct tswap_leafset *avoid,
		struct tswap_rule *rule, struct tswap_leaf **leafp, u32 *pos);
u32 tswap_alloc_above(struct tswap_dev *dev, u32 nr, const struct tswap_leaf *old,
		      struct tswap_rule *rule, struct tswap_leaf **leafp, u32 *pos);
u32 tswap_alloc_tier(struct tswap_dev *dev, const struct tswap_placement *p, u32 tier,
		     const struct tswap_want *want, struct tswap_leaf **leafp, u32 *pos);
u32 tswap_alloc_leaf(struct tswap_leaf *leaf, const struct tswap_want *want, u32 *pos);
int tswap_placement_update(struct tswap_dev *dev);

/* rule.c, rules.c; the rest is in rule.h */
void tswap_rule_disown(struct tswap_leaf *leaf, u32 pos, u32 nr);
void tswap_rules_update(struct tswap_dev *dev);
void tswap_rules_report(struct tswap_dev *dev);
void tswap_rules_bury(struct tswap_dev *dev);
void tswap_rules_stop(struct tswap_dev *dev);
void tswap_rules_exit(struct tswap_dev *dev);
u64 tswap_rules_bytes(const struct tswap_dev *dev);

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
void tswap_leaf_sync(struct tswap_leaf *leaf, void (*poll)(void *data), void *data);
bool tswap_leaf_phase_over(struct tswap_leaf *leaf);
u64 tswap_leaf_in_flight(const struct tswap_leaf *leaf);
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
	rcu_read_lock(); /* once counted, only this keeps the leaf */
	smp_mb();        /* whatever the I/O did comes before its end is seen */
	this_cpu_inc(leaf->cpu->ended[phase]);
	smp_mb(); /* the count before the look for who waits for it */
	if (unlikely(atomic_read(&leaf->io_waiters)))
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
	struct tswap_slots *slots; /* or NULL; the job takes it and leaves NULL */
	u32 nr_slots;
	bool has_clock;
	u32 clock;
	const char *owner;
};
#define TSWAP_OWNER_MAX 64
#define TSWAP_WENT_MAX  64 /* what does not fit is left out */
struct tswap_job_info {
	u32 id, device, kind, state, older_s, error;
	u32 src_leaf, dst_leaf;
	char src_tier[TSWAP_NAME_MAX], dst_tier[TSWAP_NAME_MAX];
	char went[TSWAP_WENT_MAX];
	char owner[TSWAP_OWNER_MAX];
	const char *error_text;
	u64 limit_pages, rate_bytes;
	u64 moved, left, lost, errors, needed, kept;
	u64 speed_bytes, elapsed_ms;
};
int tswap_job_start(struct tswap_dev *dev, struct tswap_job_param *par, u32 *id,
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
void tswap_ntf_cgroup(struct tswap_dev *dev, struct tswap_rule *rule,
		      enum tswap_event event);
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
