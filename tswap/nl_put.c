// SPDX-License-Identifier: GPL-2.0-only
/*
 * tswap - netlink messages: an object as attributes
 */
#include "nl.h"

static int put_u64(struct sk_buff *msg, int type, u64 value)
{
	return nla_put_u64_64bit(msg, type, value, TSWAP_A_DEVICE_PAD);
}

static u64 meta_bytes(struct tswap_dev *dev)
{
	u64 bytes = tswap_map_bytes(dev) + tswap_rules_bytes(dev);
	struct tswap_leaf *leaf;
	u32 id;

	tswap_for_each_leaf(dev, leaf, id)
		bytes += tswap_space_bytes(leaf);
	return bytes;
}

/* What names a device, in every message about it. Needs no lock. */
int tswap_nl_put_device_name(struct sk_buff *msg, struct tswap_dev *dev)
{
	if (nla_put_u32(msg, TSWAP_A_DEVICE_ID, dev->id) ||
	    nla_put_string(msg, TSWAP_A_DEVICE_NAME, dev->disk->disk_name) ||
	    nla_put_u32(msg, TSWAP_A_DEVICE_MAJOR, MAJOR(disk_devt(dev->disk))) ||
	    nla_put_u32(msg, TSWAP_A_DEVICE_MINOR, MINOR(disk_devt(dev->disk))))
		return -EMSGSIZE;
	return 0;
}

int tswap_nl_put_device(struct sk_buff *msg, struct tswap_dev *dev)
{
	if (tswap_nl_put_device_name(msg, dev) ||
	    put_u64(msg, TSWAP_A_DEVICE_SLOTS, dev->slots) ||
	    nla_put_u8(msg, TSWAP_A_DEVICE_OVERCOMMIT, dev->overcommit) ||
	    put_u64(msg, TSWAP_A_DEVICE_USED, tswap_used(dev, NULL)) ||
	    put_u64(msg, TSWAP_A_DEVICE_ROOM, tswap_room(dev)) ||
	    put_u64(msg, TSWAP_A_DEVICE_SHORT, tswap_shortage(dev)) ||
	    nla_put_u8(msg, TSWAP_A_DEVICE_OPEN, tswap_dev_is_open(dev)) ||
	    nla_put_u32(msg, TSWAP_A_DEVICE_CLOCK, tswap_clock()) ||
	    put_u64(msg, TSWAP_A_DEVICE_META_BYTES, meta_bytes(dev)) ||
	    put_u64(msg, TSWAP_A_DEVICE_NOSPC, atomic64_read(&dev->nospc)) ||
	    put_u64(msg, TSWAP_A_DEVICE_REDIRECTED, atomic64_read(&dev->redirected)) ||
	    put_u64(msg, TSWAP_A_DEVICE_WRITE_FAILS, atomic64_read(&dev->write_fails)) ||
	    nla_put_u32(msg, TSWAP_A_DEVICE_LEAVES, dev->nr_leaves) ||
	    nla_put_u8(msg, TSWAP_A_DEVICE_REMOVING, dev->dying))
		return -EMSGSIZE;
	return 0;
}

static const u8 leaf_stat_attr[TSWAP_NR_STATS] = {
	[TSWAP_READS] = TSWAP_A_LEAF_READS,
	[TSWAP_WRITES] = TSWAP_A_LEAF_WRITES,
	[TSWAP_READ_PAGES] = TSWAP_A_LEAF_READ_PAGES,
	[TSWAP_WRITE_PAGES] = TSWAP_A_LEAF_WRITE_PAGES,
	[TSWAP_READ_ERRORS] = TSWAP_A_LEAF_READ_ERRORS,
	[TSWAP_READ_LOST] = TSWAP_A_LEAF_READ_LOST,
	[TSWAP_READ_RECOVERED] = TSWAP_A_LEAF_READ_RECOVERED,
	[TSWAP_WRITE_ERRORS] = TSWAP_A_LEAF_WRITE_ERRORS,
	[TSWAP_FULL] = TSWAP_A_LEAF_FULL,
	[TSWAP_MOVED_IN] = TSWAP_A_LEAF_MOVED_IN,
	[TSWAP_MOVED_OUT] = TSWAP_A_LEAF_MOVED_OUT,
	[TSWAP_DISCARDED] = TSWAP_A_LEAF_DISCARDED,
	[TSWAP_READ_NS] = TSWAP_A_LEAF_READ_NS,
	[TSWAP_READ_SAMPLES] = TSWAP_A_LEAF_READ_SAMPLES,
	[TSWAP_WRITE_NS] = TSWAP_A_LEAF_WRITE_NS,
	[TSWAP_WRITE_SAMPLES] = TSWAP_A_LEAF_WRITE_SAMPLES,
};

/* Sums over all processors; whoever calls holds the leaf or dev->lock. */
int tswap_nl_put_leaf_stats(struct sk_buff *msg, struct tswap_leaf *leaf)
{
	int stat;

	for (stat = 0; stat < TSWAP_NR_STATS; stat++)
		if (put_u64(msg, leaf_stat_attr[stat], tswap_leaf_stat(leaf, stat)))
			return -EMSGSIZE;
	return put_u64(msg, TSWAP_A_LEAF_IN_FLIGHT, tswap_leaf_in_flight(leaf));
}

int tswap_nl_put_leaf(struct sk_buff *msg, struct tswap_leaf *leaf)
{
	if (nla_put_u32(msg, TSWAP_A_LEAF_DEVICE, leaf->dev->id) ||
	    nla_put_u32(msg, TSWAP_A_LEAF_ID, leaf->id) ||
	    nla_put_string(msg, TSWAP_A_LEAF_TIER, leaf->tier->name) ||
	    nla_put_u32(msg, TSWAP_A_LEAF_RANK, leaf->tier->rank) ||
	    nla_put_u32(msg, TSWAP_A_LEAF_FLAGS, leaf->flags) ||
	    nla_put_u32(msg, TSWAP_A_LEAF_STATE, leaf->state) ||
	    nla_put_u32(msg, TSWAP_A_LEAF_TYPE, leaf->type) ||
	    nla_put_string(msg, TSWAP_A_LEAF_NAME, leaf->name) ||
	    nla_put_u32(msg, TSWAP_A_LEAF_MAJOR, MAJOR(leaf->devt)) ||
	    nla_put_u32(msg, TSWAP_A_LEAF_MINOR, MINOR(leaf->devt)) ||
	    nla_put(msg, TSWAP_A_LEAF_UUID, sizeof(leaf->uuid), leaf->uuid) ||
	    nla_put_string(msg, TSWAP_A_LEAF_LABEL, leaf->label) ||
	    put_u64(msg, TSWAP_A_LEAF_PAGES, leaf->pages) ||
	    put_u64(msg, TSWAP_A_LEAF_USED, tswap_space_used(leaf)) ||
	    put_u64(msg, TSWAP_A_LEAF_BAD, READ_ONCE(leaf->bad)) ||
	    nla_put_u32(msg, TSWAP_A_LEAF_STALLED_MS, READ_ONCE(leaf->stalled_ms)))
		return -EMSGSIZE;
	if (leaf->job && nla_put_u32(msg, TSWAP_A_LEAF_JOB, leaf->job))
		return -EMSGSIZE;
	return 0;
}

static u64 tier_pages(struct tswap_dev *dev, const struct tswap_tier *tier)
{
	struct tswap_leaf *leaf;
	u64 pages = 0;
	u32 id;

	tswap_for_each_leaf(dev, leaf, id)
		if (leaf->tier == tier)
			pages += leaf->pages;
	return pages;
}

int tswap_nl_put_tier(struct sk_buff *msg, struct tswap_dev *dev, struct tswap_tier *tier)
{
	if (nla_put_u32(msg, TSWAP_A_TIER_DEVICE, dev->id) ||
	    nla_put_string(msg, TSWAP_A_TIER_NAME, tier->name) ||
	    nla_put_u32(msg, TSWAP_A_TIER_RANK, tier->rank) ||
	    nla_put_u32(msg, TSWAP_A_TIER_ON_SWAPIN,
			tier->free_on_read ? TSWAP_ON_SWAPIN_FREE
					   : TSWAP_ON_SWAPIN_KEEP) ||
	    nla_put_u32(msg, TSWAP_A_TIER_LEAVES, tier->nr_leaves) ||
	    put_u64(msg, TSWAP_A_TIER_PAGES, tier_pages(dev, tier)) ||
	    put_u64(msg, TSWAP_A_TIER_USED, tswap_used(dev, tier)))
		return -EMSGSIZE;
	return 0;
}

static int put_job_setup(struct sk_buff *msg, const struct tswap_job_info *job)
{
	if (nla_put_u32(msg, TSWAP_A_JOB_ID, job->id) ||
	    nla_put_u32(msg, TSWAP_A_JOB_DEVICE, job->device) ||
	    nla_put_u32(msg, TSWAP_A_JOB_KIND, job->kind))
		return -EMSGSIZE;
	if (job->src_leaf && nla_put_u32(msg, TSWAP_A_JOB_SRC_LEAF, job->src_leaf))
		return -EMSGSIZE;
	if (*job->src_tier && nla_put_string(msg, TSWAP_A_JOB_SRC_TIER, job->src_tier))
		return -EMSGSIZE;
	if (job->dst_leaf && nla_put_u32(msg, TSWAP_A_JOB_DST_LEAF, job->dst_leaf))
		return -EMSGSIZE;
	if (*job->dst_tier && nla_put_string(msg, TSWAP_A_JOB_DST_TIER, job->dst_tier))
		return -EMSGSIZE;
	if (*job->owner && nla_put_string(msg, TSWAP_A_JOB_OWNER, job->owner))
		return -EMSGSIZE;
	if (nla_put_u32(msg, TSWAP_A_JOB_OLDER, job->older_s) ||
	    put_u64(msg, TSWAP_A_JOB_LIMIT, job->limit_pages) ||
	    put_u64(msg, TSWAP_A_JOB_RATE, job->rate_bytes))
		return -EMSGSIZE;
	return 0;
}

int tswap_nl_put_job(struct sk_buff *msg, const struct tswap_job_info *job)
{
	if (put_job_setup(msg, job) || nla_put_u32(msg, TSWAP_A_JOB_STATE, job->state) ||
	    put_u64(msg, TSWAP_A_JOB_MOVED, job->moved) ||
	    put_u64(msg, TSWAP_A_JOB_LEFT, job->left) ||
	    put_u64(msg, TSWAP_A_JOB_LOST, job->lost) ||
	    put_u64(msg, TSWAP_A_JOB_ERRORS, job->errors) ||
	    put_u64(msg, TSWAP_A_JOB_NEEDED, job->needed) ||
	    put_u64(msg, TSWAP_A_JOB_KEPT, job->kept) ||
	    put_u64(msg, TSWAP_A_JOB_SPEED, job->speed_bytes) ||
	    put_u64(msg, TSWAP_A_JOB_ELAPSED, job->elapsed_ms))
		return -EMSGSIZE;
	if (*job->went && nla_put_string(msg, TSWAP_A_JOB_WENT, job->went))
		return -EMSGSIZE;
	if (job->error && nla_put_u32(msg, TSWAP_A_JOB_ERROR, job->error))
		return -EMSGSIZE;
	if (job->error_text &&
	    nla_put_string(msg, TSWAP_A_JOB_ERROR_TEXT, job->error_text))
		return -EMSGSIZE;
	return 0;
}
