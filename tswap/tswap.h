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
#include "leaf.h"

#define TSWAP_SECTOR_SHIFT (PAGE_SHIFT - SECTOR_SHIFT)
/* A size that user space chose: fail without a warning, and without the OOM killer. */
#define TSWAP_GFP_BIG      (GFP_KERNEL | __GFP_RETRY_MAYFAIL | __GFP_NOWARN)
#define TSWAP_REGION_SHIFT 9 /* slots a bit of dev->regions: one page of the map */

/**
 * struct tswap_placement - which leaves take pages, in the order of their tiers
 *
 * A snapshot for the write path, replaced as a whole under dev->lock, read under RCU.
 * @gen: differs from every earlier one of the device
 * @tier_of: by leaf id, the index into @tier, or TSWAP_NO_TIER
 * @tier: first entry in @leaf and number of entries; one more than can have any: a leaf
 *	that goes over to a new tier leaves an empty one behind
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
	} tier[TSWAP_LEAF_MAX + 1];
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

/* Callers hold rcu_read_lock(), in one of its kinds, or dev->lock. */
static inline struct tswap_leaf *tswap_leaf_of(struct tswap_dev *dev, u32 id)
{
	return rcu_dereference_check(dev->leaf[id], rcu_read_lock_any_held() ||
							    lockdep_is_held(&dev->lock));
}

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
void tswap_map_forget(struct tswap_dev *dev, u64 word);
void tswap_slot_free_notify(struct block_device *bdev, unsigned long slot);
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

/* What a word says of where the page is; that of the next position is one more. */
#define TSWAP_PLACE (TSWAP_SLOT_POS_MASK | TSWAP_SLOT_LEAF_MASK << TSWAP_SLOT_LEAF_SHIFT)

static inline u64 tswap_word(u32 leaf, u32 pos, u32 stamp)
{
	return (u64)pos | (u64)leaf << TSWAP_SLOT_LEAF_SHIFT |
	       (u64)stamp << TSWAP_SLOT_STAMP_SHIFT;
}

static inline u64 tswap_map_read(const struct tswap_dev *dev, unsigned long slot)
{
	return (u64)atomic64_read(&dev->map[slot]);
}

static inline bool tswap_map_change(struct tswap_dev *dev, unsigned long slot, u64 from,
				    u64 to)
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

/* io.c */
int tswap_io_init(void);
void tswap_io_exit(void);
int tswap_io_dev_init(struct tswap_dev *dev);
void tswap_io_dev_exit(struct tswap_dev *dev);
void tswap_submit_bio(struct bio *bio);

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
