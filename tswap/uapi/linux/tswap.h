/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * tswap - redirect layer for swap: what user space and the module agree on
 *
 * Two interfaces: the generic netlink family "tswap" (this file mirrors tswap.yaml, a
 * test holds one against the other) and the binary sysfs attribute
 * /sys/block/tswapN/tswap/map (the slot words at the end of this file).
 *
 * Counts of slots and pages are in units of the page size of the running kernel.
 */
#ifndef _UAPI_LINUX_TSWAP_H
#define _UAPI_LINUX_TSWAP_H

#include <linux/types.h>

#define TSWAP_FAMILY_NAME    "tswap"
#define TSWAP_FAMILY_VERSION 1
#define TSWAP_MCGRP_EVENTS   "events"

#define TSWAP_NAME_MAX     32  /* tier and device names, with the final zero */
#define TSWAP_LEAF_MAX     254 /* leaf ids go from 1 to this */
#define TSWAP_RANK_MAX     255
#define TSWAP_SLOTS_MAX    0xffffffffULL
#define TSWAP_RATE_MIN     4096      /* bytes a second; 0 means no limit */
#define TSWAP_CGROUP_TIERS 16        /* that the rule of a cgroup may name */
#define TSWAP_SLOTS_ATTR   4096      /* struct tswap_slots in one TSWAP_A_JOB_SLOTS */
#define TSWAP_SLOTS_LIST   (1 << 18) /* and of a job, in as many as that takes */

enum {
	TSWAP_CMD_DEVICE_ADD = 1,
	TSWAP_CMD_DEVICE_DEL,
	TSWAP_CMD_DEVICE_SET,
	TSWAP_CMD_DEVICE_GET,
	TSWAP_CMD_DEVICE_NTF,
	TSWAP_CMD_LEAF_ADD,
	TSWAP_CMD_LEAF_DEL,
	TSWAP_CMD_LEAF_SET,
	TSWAP_CMD_LEAF_GET,
	TSWAP_CMD_LEAF_NTF,
	TSWAP_CMD_TIER_SET,
	TSWAP_CMD_TIER_GET,
	TSWAP_CMD_TIER_NTF,
	TSWAP_CMD_JOB_START,
	TSWAP_CMD_JOB_SET,
	TSWAP_CMD_JOB_GET,
	TSWAP_CMD_JOB_NTF,
	TSWAP_CMD_CGROUP_SET,
	TSWAP_CMD_CGROUP_DEL,
	TSWAP_CMD_CGROUP_GET,
	TSWAP_CMD_CGROUP_NTF,

	__TSWAP_CMD_MAX,
	TSWAP_CMD_MAX = (__TSWAP_CMD_MAX - 1)
};

/**
 * enum tswap_event - why a notification was sent
 * @TSWAP_EVENT_ADDED: the object is new
 * @TSWAP_EVENT_REMOVED: the object is gone, and so is every hold on its block devices
 * @TSWAP_EVENT_CHANGED: a setting or a state changed by request
 * @TSWAP_EVENT_FAILED: a leaf was quarantined: repeated errors, or its device is gone
 * @TSWAP_EVENT_FULL: a zram leaf refused a write; it is left alone for a while
 * @TSWAP_EVENT_NO_SPACE: a write found no room on any leaf, or in the tiers of its cgroup
 *	(at most one a second)
 * @TSWAP_EVENT_UNCOVERED: the device now has more slots than its leaves have room
 * @TSWAP_EVENT_COVERED: the leaves have room for every slot again
 * @TSWAP_EVENT_STATE: a job changed its state on its own
 * @TSWAP_EVENT_LOST: pages of a leaf could not be read (at most one a second)
 * @TSWAP_EVENT_STALLED: requests to a leaf have not ended for 5 s
 * @TSWAP_EVENT_RESPONDS: those requests have ended
 */
enum tswap_event {
	TSWAP_EVENT_ADDED = 1,
	TSWAP_EVENT_REMOVED,
	TSWAP_EVENT_CHANGED,
	TSWAP_EVENT_FAILED,
	TSWAP_EVENT_FULL,
	TSWAP_EVENT_NO_SPACE,
	TSWAP_EVENT_UNCOVERED,
	TSWAP_EVENT_COVERED,
	TSWAP_EVENT_STATE,
	TSWAP_EVENT_LOST,
	TSWAP_EVENT_STALLED,
	TSWAP_EVENT_RESPONDS,
};

/**
 * enum tswap_leaf_state - what a leaf may be used for
 * @TSWAP_LEAF_ACTIVE: takes pages
 * @TSWAP_LEAF_CORDONED: keeps its pages, takes no new ones
 * @TSWAP_LEAF_DRAINING: cordoned, and a job moves its pages away
 * @TSWAP_LEAF_DRAINED: cordoned and empty
 * @TSWAP_LEAF_FAILED: cordoned by the kernel, after repeated errors or because the
 *	device is gone
 * @TSWAP_LEAF_REMOVING: going away; %TSWAP_EVENT_REMOVED follows when no request to it is
 *	in flight any more and its device is closed
 */
enum tswap_leaf_state {
	TSWAP_LEAF_ACTIVE = 1,
	TSWAP_LEAF_CORDONED,
	TSWAP_LEAF_DRAINING,
	TSWAP_LEAF_DRAINED,
	TSWAP_LEAF_FAILED,
	TSWAP_LEAF_REMOVING,
};

/**
 * enum tswap_leaf_type - kinds of leaves that are treated differently
 * @TSWAP_LEAF_TYPE_DISK: any block device
 * @TSWAP_LEAF_TYPE_ZRAM: a write error means full; space is given back on free
 * @TSWAP_LEAF_TYPE_LOOP: needs %TSWAP_LEAF_F_ALLOW_LOOP
 */
enum tswap_leaf_type {
	TSWAP_LEAF_TYPE_DISK = 1,
	TSWAP_LEAF_TYPE_ZRAM,
	TSWAP_LEAF_TYPE_LOOP,
};

/**
 * enum tswap_leaf_flags - options of a leaf, bits of TSWAP_A_LEAF_FLAGS
 * @TSWAP_LEAF_F_ALLOW_LOOP: accept a loop device; at leaf-add only
 * @TSWAP_LEAF_F_DISCARD: discard freed positions, in batches
 */
enum tswap_leaf_flags {
	TSWAP_LEAF_F_ALLOW_LOOP = 1 << 0,
	TSWAP_LEAF_F_DISCARD = 1 << 1,
};
#define TSWAP_LEAF_F_ALL (TSWAP_LEAF_F_ALLOW_LOOP | TSWAP_LEAF_F_DISCARD)

/**
 * enum tswap_on_swapin - what becomes of the backing copy of a page that was read back
 * @TSWAP_ON_SWAPIN_KEEP: it stays, so a clean page can be dropped without a write
 * @TSWAP_ON_SWAPIN_FREE: its position is freed, the page becomes dirty
 */
enum tswap_on_swapin {
	TSWAP_ON_SWAPIN_KEEP = 1,
	TSWAP_ON_SWAPIN_FREE,
};

/**
 * enum tswap_job_kind - what a job does
 * @TSWAP_JOB_MIGRATE: move what matches the filter, once
 * @TSWAP_JOB_DRAIN: take no more pages on the source, move everything off it
 */
enum tswap_job_kind {
	TSWAP_JOB_MIGRATE = 1,
	TSWAP_JOB_DRAIN,
};

/**
 * enum tswap_job_state - states of a job
 * @TSWAP_JOB_RUNNING: moving pages
 * @TSWAP_JOB_PAUSED: stopped by request until resumed
 * @TSWAP_JOB_NO_SPACE: waits for room in the destination, goes on automatically
 * @TSWAP_JOB_DONE: finished
 * @TSWAP_JOB_CANCELLED: stopped by request; what has moved stays moved
 * @TSWAP_JOB_FAILED: gave up; see the error attributes
 */
enum tswap_job_state {
	TSWAP_JOB_RUNNING = 1,
	TSWAP_JOB_PAUSED,
	TSWAP_JOB_NO_SPACE,
	TSWAP_JOB_DONE,
	TSWAP_JOB_CANCELLED,
	TSWAP_JOB_FAILED,
};

/**
 * enum tswap_job_action - requests of job-set
 * @TSWAP_JOB_PAUSE: stop after the pages in flight
 * @TSWAP_JOB_RESUME: go on
 * @TSWAP_JOB_CANCEL: end the job and give back the source's state from before
 */
enum tswap_job_action {
	TSWAP_JOB_PAUSE = 1,
	TSWAP_JOB_RESUME,
	TSWAP_JOB_CANCEL,
};

/**
 * enum tswap_cgroup_mode - what a cgroup's pages do when its tiers have no room
 * @TSWAP_CGROUP_STRICT: they stay in memory
 * @TSWAP_CGROUP_PREFER: they go to other tiers
 */
enum tswap_cgroup_mode {
	TSWAP_CGROUP_STRICT = 1,
	TSWAP_CGROUP_PREFER,
};

enum {
	TSWAP_A_DEVICE_PAD = 1,
	TSWAP_A_DEVICE_ID,         /* u32: N of tswapN */
	TSWAP_A_DEVICE_NAME,       /* string: "tswapN" */
	TSWAP_A_DEVICE_SLOTS,      /* u64: size, with the header slot */
	TSWAP_A_DEVICE_OVERCOMMIT, /* u8: may have more slots than the leaves have room */
	TSWAP_A_DEVICE_USED,       /* u64: pages in use on the leaves */
	TSWAP_A_DEVICE_ROOM,  /* u64: pages that the leaves hold, failed ones apart */
	TSWAP_A_DEVICE_SHORT, /* u64: slots without room (slots - room, or 0) */
	TSWAP_A_DEVICE_OPEN,  /* u8: open now, thus perhaps an active area */
	TSWAP_A_DEVICE_MAJOR, /* u32 */
	TSWAP_A_DEVICE_MINOR, /* u32 */
	TSWAP_A_DEVICE_CLOCK, /* u32: now, in the stamps of the map */
	TSWAP_A_DEVICE_META_BYTES,  /* u64: memory of map, bitmaps and summaries */
	TSWAP_A_DEVICE_NOSPC,       /* u64: writes that found no room */
	TSWAP_A_DEVICE_REDIRECTED,  /* u64: pages written elsewhere after a write error */
	TSWAP_A_DEVICE_WRITE_FAILS, /* u64: writes that failed for the swap core */
	TSWAP_A_DEVICE_LEAVES,      /* u32: number of leaves */
	TSWAP_A_DEVICE_EVENT,       /* u32: enum tswap_event, in notifications */
	TSWAP_A_DEVICE_REMOVING,    /* u8: device-del was accepted and goes on */

	__TSWAP_A_DEVICE_MAX,
	TSWAP_A_DEVICE_MAX = (__TSWAP_A_DEVICE_MAX - 1)
};

enum {
	TSWAP_A_LEAF_PAD = 1,
	TSWAP_A_LEAF_DEVICE,         /* u32: tswap device */
	TSWAP_A_LEAF_ID,             /* u32: 1..TSWAP_LEAF_MAX, as in the map */
	TSWAP_A_LEAF_FD,             /* s32: open block device, at leaf-add */
	TSWAP_A_LEAF_TIER,           /* string */
	TSWAP_A_LEAF_RANK,           /* u32: rank of the tier, 0 the fastest */
	TSWAP_A_LEAF_FLAGS,          /* u32: TSWAP_LEAF_F_* */
	TSWAP_A_LEAF_STATE,          /* u32: enum tswap_leaf_state */
	TSWAP_A_LEAF_TYPE,           /* u32: enum tswap_leaf_type */
	TSWAP_A_LEAF_NAME,           /* string: kernel name of the block device */
	TSWAP_A_LEAF_MAJOR,          /* u32 */
	TSWAP_A_LEAF_MINOR,          /* u32 */
	TSWAP_A_LEAF_UUID,           /* binary, 16: from the swap signature */
	TSWAP_A_LEAF_LABEL,          /* string: from the swap signature */
	TSWAP_A_LEAF_PAGES,          /* u64: usable, without header and bad pages */
	TSWAP_A_LEAF_USED,           /* u64: allocated now */
	TSWAP_A_LEAF_BAD,            /* u64: retired, could not be written */
	TSWAP_A_LEAF_READS,          /* u64: requests */
	TSWAP_A_LEAF_WRITES,         /* u64: requests */
	TSWAP_A_LEAF_READ_PAGES,     /* u64 */
	TSWAP_A_LEAF_WRITE_PAGES,    /* u64 */
	TSWAP_A_LEAF_READ_ERRORS,    /* u64: requests; once, whatever their size */
	TSWAP_A_LEAF_WRITE_ERRORS,   /* u64: requests; once, whatever their size */
	TSWAP_A_LEAF_FULL,           /* u64: writes that a zram leaf refused */
	TSWAP_A_LEAF_MOVED_IN,       /* u64: pages */
	TSWAP_A_LEAF_MOVED_OUT,      /* u64: pages */
	TSWAP_A_LEAF_DISCARDED,      /* u64: pages */
	TSWAP_A_LEAF_READ_NS,        /* u64: latency summed over the sampled reads */
	TSWAP_A_LEAF_READ_SAMPLES,   /* u64: sampled reads */
	TSWAP_A_LEAF_WRITE_NS,       /* u64 */
	TSWAP_A_LEAF_WRITE_SAMPLES,  /* u64 */
	TSWAP_A_LEAF_JOB,            /* u32: job that has this leaf as its source */
	TSWAP_A_LEAF_EVENT,          /* u32: enum tswap_event, in notifications */
	TSWAP_A_LEAF_READ_LOST,      /* u64: pages that their owners could not read */
	TSWAP_A_LEAF_READ_RECOVERED, /* u64: of those, read later */
	TSWAP_A_LEAF_IN_FLIGHT,      /* u64: requests now */
	TSWAP_A_LEAF_STALLED_MS, /* u32: age of the oldest of them, at least; 0: young */

	__TSWAP_A_LEAF_MAX,
	TSWAP_A_LEAF_MAX = (__TSWAP_A_LEAF_MAX - 1)
};

enum {
	TSWAP_A_TIER_PAD = 1,
	TSWAP_A_TIER_DEVICE,    /* u32: tswap device */
	TSWAP_A_TIER_NAME,      /* string */
	TSWAP_A_TIER_RANK,      /* u32 */
	TSWAP_A_TIER_ON_SWAPIN, /* u32: enum tswap_on_swapin */
	TSWAP_A_TIER_LEAVES,    /* u32: number of leaves */
	TSWAP_A_TIER_PAGES,     /* u64: sum over the leaves */
	TSWAP_A_TIER_USED,      /* u64 */
	TSWAP_A_TIER_EVENT,     /* u32: enum tswap_event, in notifications */

	__TSWAP_A_TIER_MAX,
	TSWAP_A_TIER_MAX = (__TSWAP_A_TIER_MAX - 1)
};

enum {
	TSWAP_A_JOB_PAD = 1,
	TSWAP_A_JOB_ID,         /* u32: unique over all devices, never used twice */
	TSWAP_A_JOB_DEVICE,     /* u32: tswap device */
	TSWAP_A_JOB_KIND,       /* u32: enum tswap_job_kind */
	TSWAP_A_JOB_SRC_LEAF,   /* u32: either this */
	TSWAP_A_JOB_SRC_TIER,   /* string: or this */
	TSWAP_A_JOB_DST_LEAF,   /* u32: either this, or */
	TSWAP_A_JOB_DST_TIER,   /* string: this, or neither: siblings, slower, faster */
	TSWAP_A_JOB_OLDER,      /* u32: s; only pages swapped out at least so long ago */
	TSWAP_A_JOB_LIMIT,      /* u64: pages at most; 0 or absent: all */
	TSWAP_A_JOB_RATE,       /* u64: bytes a second at most; 0: no limit */
	TSWAP_A_JOB_ACTION,     /* u32: enum tswap_job_action, in job-set */
	TSWAP_A_JOB_STATE,      /* u32: enum tswap_job_state */
	TSWAP_A_JOB_MOVED,      /* u64: pages */
	TSWAP_A_JOB_LEFT,       /* u64: pages; an upper bound while the job runs */
	TSWAP_A_JOB_LOST,       /* u64: pages that changed while they were copied */
	TSWAP_A_JOB_ERRORS,     /* u64: pages that could not be read or written */
	TSWAP_A_JOB_NEEDED,     /* u64: pages that lack room, in state no-space */
	TSWAP_A_JOB_SPEED,      /* u64: bytes a second, lately; over all when ended */
	TSWAP_A_JOB_ELAPSED,    /* u64: ms from start until now or the end */
	TSWAP_A_JOB_ERROR,      /* u32: errno of a failed job */
	TSWAP_A_JOB_ERROR_TEXT, /* string: why it failed */
	TSWAP_A_JOB_EVENT,      /* u32: enum tswap_event, in notifications */
	TSWAP_A_JOB_WENT,       /* string: leaves that pages went to, as sdb,sdc */
	TSWAP_A_JOB_KEPT,       /* u64: pages that rules of cgroups hold back */
	TSWAP_A_JOB_SLOTS,      /* struct tswap_slots[]: only pages of these slots */
	TSWAP_A_JOB_CLOCK, /* u32: only pages swapped out before, by the map's clock */
	TSWAP_A_JOB_OWNER, /* string: whose pages these are, for who looks at jobs */

	__TSWAP_A_JOB_MAX,
	TSWAP_A_JOB_MAX = (__TSWAP_A_JOB_MAX - 1)
};

/**
 * struct tswap_slots - slots in a row, in TSWAP_A_JOB_SLOTS
 * @first: slot, 1 at least
 * @nr: how many, 1 at least
 *
 * job-start of a migrate takes the attribute any number of times. All together are
 * sorted, do not overlap and are TSWAP_SLOTS_LIST at most. A slot may have another page
 * by the time the job gets there: TSWAP_A_JOB_CLOCK, read before the slots were looked
 * up, keeps the job to the pages that were there then.
 */
struct tswap_slots {
	__u32 first;
	__u32 nr;
};

/*
 * The rule of a cgroup, which holds for its descendants that have no rule of their own.
 */
enum {
	TSWAP_A_CGROUP_PAD = 1,
	TSWAP_A_CGROUP_DEVICE,  /* u32: tswap device */
	TSWAP_A_CGROUP_ID,      /* u64: of cgroup v2: the inode number of its directory */
	TSWAP_A_CGROUP_MODE,    /* u32: enum tswap_cgroup_mode */
	TSWAP_A_CGROUP_TIERS,   /* string: tiers that its pages may use, as ssd,hdd */
	TSWAP_A_CGROUP_LIMIT,   /* u64[TSWAP_CGROUP_TIERS]: pages in each; 0: no limit */
	TSWAP_A_CGROUP_USED,    /* u64[TSWAP_CGROUP_TIERS]: pages in each */
	TSWAP_A_CGROUP_LEAVES,  /* u32[TSWAP_LEAF_MAX + 1]: pages by leaf */
	TSWAP_A_CGROUP_OTHER,   /* u64: pages in tiers that the rule does not name */
	TSWAP_A_CGROUP_REFUSED, /* u64: writes that found no room in its tiers */
	TSWAP_A_CGROUP_EVENT,   /* u32: enum tswap_event, in notifications */

	__TSWAP_A_CGROUP_MAX,
	TSWAP_A_CGROUP_MAX = (__TSWAP_A_CGROUP_MAX - 1)
};

/*
 * One 64-bit word a slot, in the byte order of the machine, at offset slot * 8 of the
 * attribute "map" (0400, CAP_SYS_ADMIN):
 *
 *   bits  0..31  position on the leaf, in pages
 *   bits 32..39  leaf id; 0: the slot is a hole, and the whole word is 0
 *   bits 40..61  stamp: when the slot was swapped out, in seconds of the device's clock
 *   bit  62      a write is in flight
 *   bit  63      a job is copying the page
 *
 * The clock (sysfs attribute "clock", TSWAP_A_DEVICE_CLOCK) counts modulo 2^22;
 * ages saturate at TSWAP_AGE_MAX seconds and never wrap.
 */
#define TSWAP_SLOT_POS_MASK    0xffffffffULL
#define TSWAP_SLOT_LEAF_SHIFT  32
#define TSWAP_SLOT_LEAF_MASK   0xffULL
#define TSWAP_SLOT_STAMP_SHIFT 40
#define TSWAP_SLOT_STAMP_MASK  0x3fffffULL
#define TSWAP_SLOT_BUSY        (1ULL << 62)
#define TSWAP_SLOT_MOVING      (1ULL << 63)
#define TSWAP_AGE_MAX          (1U << 21)

#define TSWAP_SLOT_POS(w) ((__u32)((w)&TSWAP_SLOT_POS_MASK))
#define TSWAP_SLOT_LEAF(w) \
	((__u32)(((w) >> TSWAP_SLOT_LEAF_SHIFT) & TSWAP_SLOT_LEAF_MASK))
#define TSWAP_SLOT_STAMP(w) \
	((__u32)(((w) >> TSWAP_SLOT_STAMP_SHIFT) & TSWAP_SLOT_STAMP_MASK))
#define TSWAP_SLOT_AGE(w, clock) tswap_slot_age(w, clock)

/*
 * Seconds since a slot was swapped out. The module moves old stamps up before their ages
 * reach 3 * 2^20: what seems older was swapped out after @clock was read.
 */
static inline __u32 tswap_slot_age(__u64 word, __u32 clock)
{
	__u32 age = (clock - TSWAP_SLOT_STAMP(word)) & TSWAP_SLOT_STAMP_MASK;

	if (age >= 3U << 20)
		return 0;
	return age < TSWAP_AGE_MAX ? age : TSWAP_AGE_MAX;
}

#endif /* _UAPI_LINUX_TSWAP_H */
