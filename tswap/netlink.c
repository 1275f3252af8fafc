// SPDX-License-Identifier: GPL-2.0-only
/*
 * tswap - generic netlink family "tswap": requests, dumps and notifications
 *
 * The interface is specified in tswap.yaml. What changes state needs CAP_NET_ADMIN (by
 * GENL_ADMIN_PERM) and CAP_SYS_ADMIN, because swap is the whole machine's. Every refusal
 * has its reason in the extended acknowledgement.
 */
#include <linux/capability.h>
#include <net/genetlink.h>
#include <net/sock.h>

#include "tswap.h"

static struct genl_family tswap_family;
static atomic_t generation = ATOMIC_INIT(1);

static const struct nla_policy device_add_policy[TSWAP_A_DEVICE_OVERCOMMIT + 1] = {
	[TSWAP_A_DEVICE_ID] = { .type = NLA_U32 },
	[TSWAP_A_DEVICE_SLOTS] = { .type = NLA_U64 },
	[TSWAP_A_DEVICE_OVERCOMMIT] = NLA_POLICY_MAX(NLA_U8, 1),
};

static const struct nla_policy device_set_policy[TSWAP_A_DEVICE_OVERCOMMIT + 1] = {
	[TSWAP_A_DEVICE_ID] = { .type = NLA_U32 },
	[TSWAP_A_DEVICE_OVERCOMMIT] = NLA_POLICY_MAX(NLA_U8, 1),
};

static const struct nla_policy device_id_policy[TSWAP_A_DEVICE_ID + 1] = {
	[TSWAP_A_DEVICE_ID] = { .type = NLA_U32 },
};

static const struct nla_policy leaf_add_policy[TSWAP_A_LEAF_STATE + 1] = {
	[TSWAP_A_LEAF_DEVICE] = { .type = NLA_U32 },
	[TSWAP_A_LEAF_FD] = NLA_POLICY_MIN(NLA_S32, 0),
	[TSWAP_A_LEAF_TIER] = { .type = NLA_NUL_STRING, .len = TSWAP_NAME_MAX - 1 },
	[TSWAP_A_LEAF_RANK] = NLA_POLICY_MAX(NLA_U32, TSWAP_RANK_MAX),
	[TSWAP_A_LEAF_FLAGS] = NLA_POLICY_MASK(NLA_U32, TSWAP_LEAF_F_ALL),
	[TSWAP_A_LEAF_STATE] =
		NLA_POLICY_RANGE(NLA_U32, TSWAP_LEAF_ACTIVE, TSWAP_LEAF_CORDONED),
};

static const struct nla_policy leaf_set_policy[TSWAP_A_LEAF_STATE + 1] = {
	[TSWAP_A_LEAF_DEVICE] = { .type = NLA_U32 },
	[TSWAP_A_LEAF_ID] = NLA_POLICY_RANGE(NLA_U32, 1, TSWAP_LEAF_MAX),
	[TSWAP_A_LEAF_TIER] = { .type = NLA_NUL_STRING, .len = TSWAP_NAME_MAX - 1 },
	[TSWAP_A_LEAF_RANK] = NLA_POLICY_MAX(NLA_U32, TSWAP_RANK_MAX),
	[TSWAP_A_LEAF_FLAGS] = NLA_POLICY_MASK(NLA_U32, TSWAP_LEAF_F_ALL),
	[TSWAP_A_LEAF_STATE] =
		NLA_POLICY_RANGE(NLA_U32, TSWAP_LEAF_ACTIVE, TSWAP_LEAF_CORDONED),
};

static const struct nla_policy leaf_id_policy[TSWAP_A_LEAF_ID + 1] = {
	[TSWAP_A_LEAF_DEVICE] = { .type = NLA_U32 },
	[TSWAP_A_LEAF_ID] = NLA_POLICY_RANGE(NLA_U32, 1, TSWAP_LEAF_MAX),
};

static const struct nla_policy tier_set_policy[TSWAP_A_TIER_ON_SWAPIN + 1] = {
	[TSWAP_A_TIER_DEVICE] = { .type = NLA_U32 },
	[TSWAP_A_TIER_NAME] = { .type = NLA_NUL_STRING, .len = TSWAP_NAME_MAX - 1 },
	[TSWAP_A_TIER_RANK] = NLA_POLICY_MAX(NLA_U32, TSWAP_RANK_MAX),
	[TSWAP_A_TIER_ON_SWAPIN] =
		NLA_POLICY_RANGE(NLA_U32, TSWAP_ON_SWAPIN_KEEP, TSWAP_ON_SWAPIN_FREE),
};

static const struct nla_policy tier_id_policy[TSWAP_A_TIER_NAME + 1] = {
	[TSWAP_A_TIER_DEVICE] = { .type = NLA_U32 },
	[TSWAP_A_TIER_NAME] = { .type = NLA_NUL_STRING, .len = TSWAP_NAME_MAX - 1 },
};

static const struct nla_policy job_start_policy[TSWAP_A_JOB_RATE + 1] = {
	[TSWAP_A_JOB_DEVICE] = { .type = NLA_U32 },
	[TSWAP_A_JOB_KIND] =
		NLA_POLICY_RANGE(NLA_U32, TSWAP_JOB_MIGRATE, TSWAP_JOB_DRAIN),
	[TSWAP_A_JOB_SRC_LEAF] = NLA_POLICY_RANGE(NLA_U32, 1, TSWAP_LEAF_MAX),
	[TSWAP_A_JOB_SRC_TIER] = { .type = NLA_NUL_STRING, .len = TSWAP_NAME_MAX - 1 },
	[TSWAP_A_JOB_DST_LEAF] = NLA_POLICY_RANGE(NLA_U32, 1, TSWAP_LEAF_MAX),
	[TSWAP_A_JOB_DST_TIER] = { .type = NLA_NUL_STRING, .len = TSWAP_NAME_MAX - 1 },
	[TSWAP_A_JOB_OLDER] = { .type = NLA_U32 },
	[TSWAP_A_JOB_LIMIT] = { .type = NLA_U64 },
	[TSWAP_A_JOB_RATE] = { .type = NLA_U64 },
};

static const struct nla_policy job_set_policy[TSWAP_A_JOB_ACTION + 1] = {
	[TSWAP_A_JOB_ID] = { .type = NLA_U32 },
	[TSWAP_A_JOB_RATE] = { .type = NLA_U64 },
	[TSWAP_A_JOB_ACTION] =
		NLA_POLICY_RANGE(NLA_U32, TSWAP_JOB_PAUSE, TSWAP_JOB_CANCEL),
};

static const struct nla_policy job_id_policy[TSWAP_A_JOB_DEVICE + 1] = {
	[TSWAP_A_JOB_ID] = { .type = NLA_U32 },
	[TSWAP_A_JOB_DEVICE] = { .type = NLA_U32 },
};

/* Objects came or went: a dump in progress is told that it may have missed one. */
void tswap_generation_bump(void)
{
	if (!atomic_inc_return(&generation))
		atomic_inc(&generation); /* 0 would switch the check off */
}

/*
 * Messages; dev->lock
 */

static u64 used_pages(struct tswap_dev *dev, struct tswap_tier *tier, u64 *pages,
		      u32 *leaves)
{
	u64 used = 0;
	u32 id;

	*pages = 0;
	*leaves = 0;
	for (id = 1; id <= TSWAP_LEAF_MAX; id++) {
		struct tswap_leaf *leaf = tswap_leaf_find(dev, id);

		if (!leaf || (tier && leaf->tier != tier))
			continue;
		used += tswap_space_used(leaf);
		*pages += leaf->pages;
		++*leaves;
	}
	return used;
}

static int put_u64(struct sk_buff *msg, int type, u64 value)
{
	return nla_put_u64_64bit(msg, type, value, TSWAP_A_DEVICE_PAD);
}

static u64 meta_bytes(struct tswap_dev *dev)
{
	u64 bytes = tswap_map_bytes(dev);
	u32 id;

	for (id = 1; id <= TSWAP_LEAF_MAX; id++) {
		struct tswap_leaf *leaf = tswap_leaf_find(dev, id);

		if (leaf)
			bytes += tswap_space_bytes(leaf);
	}
	return bytes;
}

static int fill_device(struct sk_buff *msg, struct tswap_dev *dev)
{
	u64 pages, room = tswap_room(dev), used;
	u32 leaves;

	used = used_pages(dev, NULL, &pages, &leaves);
	if (nla_put_u32(msg, TSWAP_A_DEVICE_ID, dev->id) ||
	    nla_put_string(msg, TSWAP_A_DEVICE_NAME, dev->disk->disk_name) ||
	    put_u64(msg, TSWAP_A_DEVICE_SLOTS, dev->slots) ||
	    nla_put_u8(msg, TSWAP_A_DEVICE_OVERCOMMIT, dev->overcommit) ||
	    put_u64(msg, TSWAP_A_DEVICE_USED, used) ||
	    put_u64(msg, TSWAP_A_DEVICE_ROOM, room) ||
	    put_u64(msg, TSWAP_A_DEVICE_SHORT,
		    dev->slots > room ? dev->slots - room : 0) ||
	    nla_put_u8(msg, TSWAP_A_DEVICE_OPEN, tswap_dev_is_open(dev)) ||
	    nla_put_u32(msg, TSWAP_A_DEVICE_MAJOR, MAJOR(disk_devt(dev->disk))) ||
	    nla_put_u32(msg, TSWAP_A_DEVICE_MINOR, MINOR(disk_devt(dev->disk))) ||
	    nla_put_u32(msg, TSWAP_A_DEVICE_CLOCK, tswap_clock()) ||
	    put_u64(msg, TSWAP_A_DEVICE_META_BYTES, meta_bytes(dev)) ||
	    put_u64(msg, TSWAP_A_DEVICE_NOSPC, atomic64_read(&dev->nospc)) ||
	    put_u64(msg, TSWAP_A_DEVICE_REDIRECTED, atomic64_read(&dev->redirected)) ||
	    put_u64(msg, TSWAP_A_DEVICE_WRITE_FAILS, atomic64_read(&dev->write_fails)) ||
	    nla_put_u32(msg, TSWAP_A_DEVICE_LEAVES, leaves))
		return -EMSGSIZE;
	return 0;
}

static const u8 leaf_stat_attr[TSWAP_NR_STATS] = {
	[TSWAP_READS] = TSWAP_A_LEAF_READS,
	[TSWAP_WRITES] = TSWAP_A_LEAF_WRITES,
	[TSWAP_READ_PAGES] = TSWAP_A_LEAF_READ_PAGES,
	[TSWAP_WRITE_PAGES] = TSWAP_A_LEAF_WRITE_PAGES,
	[TSWAP_READ_ERRORS] = TSWAP_A_LEAF_READ_ERRORS,
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

static int fill_leaf_stats(struct sk_buff *msg, struct tswap_leaf *leaf)
{
	int stat;

	for (stat = 0; stat < TSWAP_NR_STATS; stat++)
		if (put_u64(msg, leaf_stat_attr[stat], tswap_leaf_stat(leaf, stat)))
			return -EMSGSIZE;
	return 0;
}

static int fill_leaf(struct sk_buff *msg, struct tswap_leaf *leaf)
{
	char name[BDEVNAME_SIZE];

	snprintf(name, sizeof(name), "%pg", leaf->bdev);
	if (nla_put_u32(msg, TSWAP_A_LEAF_DEVICE, leaf->dev->id) ||
	    nla_put_u32(msg, TSWAP_A_LEAF_ID, leaf->id) ||
	    nla_put_string(msg, TSWAP_A_LEAF_TIER, leaf->tier->name) ||
	    nla_put_u32(msg, TSWAP_A_LEAF_RANK, leaf->tier->rank) ||
	    nla_put_u32(msg, TSWAP_A_LEAF_FLAGS, leaf->flags) ||
	    nla_put_u32(msg, TSWAP_A_LEAF_STATE, leaf->state) ||
	    nla_put_u32(msg, TSWAP_A_LEAF_TYPE, leaf->type) ||
	    nla_put_string(msg, TSWAP_A_LEAF_NAME, name) ||
	    nla_put_u32(msg, TSWAP_A_LEAF_MAJOR, MAJOR(leaf->bdev->bd_dev)) ||
	    nla_put_u32(msg, TSWAP_A_LEAF_MINOR, MINOR(leaf->bdev->bd_dev)) ||
	    nla_put(msg, TSWAP_A_LEAF_UUID, sizeof(leaf->uuid), leaf->uuid) ||
	    nla_put_string(msg, TSWAP_A_LEAF_LABEL, leaf->label) ||
	    put_u64(msg, TSWAP_A_LEAF_PAGES, leaf->pages) ||
	    put_u64(msg, TSWAP_A_LEAF_USED, tswap_space_used(leaf)) ||
	    put_u64(msg, TSWAP_A_LEAF_BAD, READ_ONCE(leaf->bad)) ||
	    fill_leaf_stats(msg, leaf))
		return -EMSGSIZE;
	if (leaf->job && nla_put_u32(msg, TSWAP_A_LEAF_JOB, leaf->job))
		return -EMSGSIZE;
	return 0;
}

static int fill_tier(struct sk_buff *msg, struct tswap_dev *dev, struct tswap_tier *tier)
{
	u64 pages, used;
	u32 leaves;

	used = used_pages(dev, tier, &pages, &leaves);
	if (nla_put_u32(msg, TSWAP_A_TIER_DEVICE, dev->id) ||
	    nla_put_string(msg, TSWAP_A_TIER_NAME, tier->name) ||
	    nla_put_u32(msg, TSWAP_A_TIER_RANK, tier->rank) ||
	    nla_put_u32(msg, TSWAP_A_TIER_ON_SWAPIN,
			tier->free_on_read ? TSWAP_ON_SWAPIN_FREE
					   : TSWAP_ON_SWAPIN_KEEP) ||
	    nla_put_u32(msg, TSWAP_A_TIER_LEAVES, leaves) ||
	    put_u64(msg, TSWAP_A_TIER_PAGES, pages) ||
	    put_u64(msg, TSWAP_A_TIER_USED, used))
		return -EMSGSIZE;
	return 0;
}

static int fill_job_setup(struct sk_buff *msg, const struct tswap_job_info *job)
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
	if (nla_put_u32(msg, TSWAP_A_JOB_OLDER, job->older_s) ||
	    put_u64(msg, TSWAP_A_JOB_LIMIT, job->limit_pages) ||
	    put_u64(msg, TSWAP_A_JOB_RATE, job->rate_bytes))
		return -EMSGSIZE;
	return 0;
}

static int fill_job(struct sk_buff *msg, const struct tswap_job_info *job)
{
	if (fill_job_setup(msg, job) || nla_put_u32(msg, TSWAP_A_JOB_STATE, job->state) ||
	    put_u64(msg, TSWAP_A_JOB_MOVED, job->moved) ||
	    put_u64(msg, TSWAP_A_JOB_LEFT, job->left) ||
	    put_u64(msg, TSWAP_A_JOB_LOST, job->lost) ||
	    put_u64(msg, TSWAP_A_JOB_ERRORS, job->errors) ||
	    put_u64(msg, TSWAP_A_JOB_NEEDED, job->needed) ||
	    put_u64(msg, TSWAP_A_JOB_SPEED, job->speed_bytes) ||
	    put_u64(msg, TSWAP_A_JOB_ELAPSED, job->elapsed_ms))
		return -EMSGSIZE;
	if (job->error && nla_put_u32(msg, TSWAP_A_JOB_ERROR, job->error))
		return -EMSGSIZE;
	if (job->error_text &&
	    nla_put_string(msg, TSWAP_A_JOB_ERROR_TEXT, job->error_text))
		return -EMSGSIZE;
	return 0;
}

/*
 * Notifications
 */

static struct sk_buff *ntf_begin(u8 cmd, void **hdr)
{
	struct sk_buff *msg;

	if (!genl_has_listeners(&tswap_family, &init_net, 0))
		return NULL;
	msg = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!msg)
		return NULL;
	*hdr = genlmsg_put(msg, 0, 0, &tswap_family, 0, cmd);
	if (*hdr)
		return msg;
	nlmsg_free(msg);
	return NULL;
}

static void ntf_end(struct sk_buff *msg, void *hdr, int err)
{
	if (err) {
		nlmsg_free(msg);
		return;
	}
	genlmsg_end(msg, hdr);
	genlmsg_multicast(&tswap_family, msg, 0, 0, GFP_KERNEL);
}

static void bump_for(enum tswap_event event)
{
	if (event == TSWAP_EVENT_ADDED || event == TSWAP_EVENT_REMOVED)
		tswap_generation_bump();
}

/* Tell the multicast group about a device; dev->lock held. */
void tswap_ntf_device(struct tswap_dev *dev, enum tswap_event event)
{
	struct sk_buff *msg;
	void *hdr;
	int err;

	bump_for(event);
	msg = ntf_begin(TSWAP_CMD_DEVICE_NTF, &hdr);
	if (!msg)
		return;
	err = nla_put_u32(msg, TSWAP_A_DEVICE_EVENT, event);
	if (!err && event == TSWAP_EVENT_REMOVED)
		err = nla_put_u32(msg, TSWAP_A_DEVICE_ID, dev->id)
			      ?: nla_put_string(msg, TSWAP_A_DEVICE_NAME,
						dev->disk->disk_name);
	else if (!err)
		err = fill_device(msg, dev);
	ntf_end(msg, hdr, err);
}

/* Tell about a leaf; dev->lock held. */
void tswap_ntf_leaf(struct tswap_leaf *leaf, enum tswap_event event)
{
	struct sk_buff *msg;
	void *hdr;
	int err;

	bump_for(event);
	msg = ntf_begin(TSWAP_CMD_LEAF_NTF, &hdr);
	if (!msg)
		return;
	err = nla_put_u32(msg, TSWAP_A_LEAF_EVENT, event) ?: fill_leaf(msg, leaf);
	ntf_end(msg, hdr, err);
}

/* Tell about a tier; dev->lock held. */
void tswap_ntf_tier(struct tswap_dev *dev, struct tswap_tier *tier,
		    enum tswap_event event)
{
	struct sk_buff *msg;
	void *hdr;
	int err;

	bump_for(event);
	msg = ntf_begin(TSWAP_CMD_TIER_NTF, &hdr);
	if (!msg)
		return;
	err = nla_put_u32(msg, TSWAP_A_TIER_EVENT, event) ?: fill_tier(msg, dev, tier);
	ntf_end(msg, hdr, err);
}

/* Tell about a job. */
void tswap_ntf_job(u32 id, enum tswap_event event)
{
	struct tswap_job_info job;
	struct sk_buff *msg;
	void *hdr;
	int err;

	bump_for(event);
	msg = ntf_begin(TSWAP_CMD_JOB_NTF, &hdr);
	if (!msg)
		return;
	err = tswap_job_info(id, &job);
	if (!err)
		err = nla_put_u32(msg, TSWAP_A_JOB_EVENT, event) ?: fill_job(msg, &job);
	ntf_end(msg, hdr, err);
}

/*
 * Requests
 */

static int check_admin(struct sk_buff *skb, struct genl_info *info)
{
	if (netlink_capable(skb, CAP_SYS_ADMIN))
		return 0;
	NL_SET_ERR_MSG(info->extack, "needs CAP_SYS_ADMIN");
	return -EPERM;
}

/* The device that attribute @attr names, with a reference and locked. */
static struct tswap_dev *lock_device(struct genl_info *info, int attr)
{
	struct tswap_dev *dev;

	if (!info->attrs[attr]) {
		NL_SET_ERR_MSG(info->extack, "the request names no device");
		return ERR_PTR(-EINVAL);
	}
	dev = tswap_dev_get(nla_get_u32(info->attrs[attr]));
	if (dev) {
		mutex_lock(&dev->lock);
		if (!dev->dying)
			return dev;
		mutex_unlock(&dev->lock);
		tswap_dev_put(dev);
	}
	NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[attr], "no such tswap device");
	return ERR_PTR(-ENODEV);
}

static void unlock_device(struct tswap_dev *dev)
{
	mutex_unlock(&dev->lock);
	tswap_dev_put(dev);
}

static struct tswap_leaf *find_leaf(struct tswap_dev *dev, struct genl_info *info)
{
	struct tswap_leaf *leaf;

	if (!info->attrs[TSWAP_A_LEAF_ID]) {
		NL_SET_ERR_MSG(info->extack, "the request names no leaf");
		return ERR_PTR(-EINVAL);
	}
	leaf = tswap_leaf_find(dev, nla_get_u32(info->attrs[TSWAP_A_LEAF_ID]));
	if (leaf)
		return leaf;
	NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[TSWAP_A_LEAF_ID], "no such leaf");
	return ERR_PTR(-ENOENT);
}

static struct tswap_tier *find_tier(struct tswap_dev *dev, struct genl_info *info)
{
	struct tswap_tier *tier;

	if (!info->attrs[TSWAP_A_TIER_NAME]) {
		NL_SET_ERR_MSG(info->extack, "the request names no tier");
		return ERR_PTR(-EINVAL);
	}
	tier = tswap_tier_find(dev, nla_data(info->attrs[TSWAP_A_TIER_NAME]));
	if (tier)
		return tier;
	NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[TSWAP_A_TIER_NAME],
			    "no such tier; a tier comes with its first leaf");
	return ERR_PTR(-ENOENT);
}

static struct sk_buff *reply_begin(struct genl_info *info, u8 cmd, void **hdr)
{
	struct sk_buff *msg = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);

	if (!msg)
		return NULL;
	*hdr = genlmsg_put_reply(msg, info, &tswap_family, 0, cmd);
	if (*hdr)
		return msg;
	nlmsg_free(msg);
	return NULL;
}

static int reply_end(struct genl_info *info, struct sk_buff *msg, void *hdr, int err)
{
	if (err) {
		nlmsg_free(msg);
		return err;
	}
	genlmsg_end(msg, hdr);
	return genlmsg_reply(msg, info);
}

static int reply_device_added(struct genl_info *info, u32 id)
{
	struct tswap_dev *dev = tswap_dev_get(id);
	struct sk_buff *msg;
	void *hdr;
	int err;

	if (!dev)
		return -ENODEV; /* removed again by another client */
	msg = reply_begin(info, TSWAP_CMD_DEVICE_ADD, &hdr);
	if (!msg) {
		tswap_dev_put(dev);
		return -ENOMEM;
	}
	err = nla_put_u32(msg, TSWAP_A_DEVICE_ID, id) ?:
	      nla_put_string(msg, TSWAP_A_DEVICE_NAME, dev->disk->disk_name) ?:
	      nla_put_u32(msg, TSWAP_A_DEVICE_MAJOR, MAJOR(disk_devt(dev->disk))) ?:
	      nla_put_u32(msg, TSWAP_A_DEVICE_MINOR, MINOR(disk_devt(dev->disk)));
	tswap_dev_put(dev);
	return reply_end(info, msg, hdr, err);
}

static int do_device_add(struct sk_buff *skb, struct genl_info *info)
{
	u32 id = U32_MAX;
	bool overcommit = false;
	int err = check_admin(skb, info);

	if (err)
		return err;
	if (!info->attrs[TSWAP_A_DEVICE_SLOTS]) {
		NL_SET_ERR_MSG(info->extack, "the request names no number of slots");
		return -EINVAL;
	}
	if (info->attrs[TSWAP_A_DEVICE_ID])
		id = nla_get_u32(info->attrs[TSWAP_A_DEVICE_ID]);
	if (info->attrs[TSWAP_A_DEVICE_OVERCOMMIT])
		overcommit = nla_get_u8(info->attrs[TSWAP_A_DEVICE_OVERCOMMIT]);
	err = tswap_dev_add(&id, nla_get_u64(info->attrs[TSWAP_A_DEVICE_SLOTS]),
			    overcommit, info->extack);
	return err ?: reply_device_added(info, id);
}

static int do_device_del(struct sk_buff *skb, struct genl_info *info)
{
	struct tswap_dev *dev;
	int err = check_admin(skb, info);

	if (err)
		return err;
	dev = lock_device(info, TSWAP_A_DEVICE_ID);
	if (IS_ERR(dev))
		return PTR_ERR(dev);
	mutex_unlock(&dev->lock);
	err = tswap_dev_del(dev, info->extack);
	tswap_dev_put(dev);
	return err;
}

static int do_device_set(struct sk_buff *skb, struct genl_info *info)
{
	struct tswap_dev *dev;
	int err = check_admin(skb, info);

	if (err)
		return err;
	dev = lock_device(info, TSWAP_A_DEVICE_ID);
	if (IS_ERR(dev))
		return PTR_ERR(dev);
	if (info->attrs[TSWAP_A_DEVICE_OVERCOMMIT])
		err = tswap_dev_set_overcommit(
			dev, nla_get_u8(info->attrs[TSWAP_A_DEVICE_OVERCOMMIT]),
			info->extack);
	unlock_device(dev);
	return err;
}

static int do_device_get(struct sk_buff *skb, struct genl_info *info)
{
	struct tswap_dev *dev = lock_device(info, TSWAP_A_DEVICE_ID);
	struct sk_buff *msg;
	void *hdr;
	int err;

	if (IS_ERR(dev))
		return PTR_ERR(dev);
	msg = reply_begin(info, TSWAP_CMD_DEVICE_GET, &hdr);
	err = msg ? fill_device(msg, dev) : -ENOMEM;
	unlock_device(dev);
	return msg ? reply_end(info, msg, hdr, err) : err;
}

static int reply_leaf_added(struct genl_info *info, struct tswap_dev *dev, u32 id)
{
	char name[BDEVNAME_SIZE];
	struct sk_buff *msg;
	void *hdr;
	int err;

	msg = reply_begin(info, TSWAP_CMD_LEAF_ADD, &hdr);
	if (!msg)
		return -ENOMEM;
	snprintf(name, sizeof(name), "%pg", tswap_leaf_find(dev, id)->bdev);
	err = nla_put_u32(msg, TSWAP_A_LEAF_DEVICE, dev->id) ?:
	      nla_put_u32(msg, TSWAP_A_LEAF_ID, id) ?:
	      nla_put_string(msg, TSWAP_A_LEAF_NAME, name);
	return reply_end(info, msg, hdr, err);
}

static int leaf_params(struct genl_info *info, struct tswap_leaf_param *par)
{
	struct nlattr **attrs = info->attrs;

	if (!attrs[TSWAP_A_LEAF_FD] || !attrs[TSWAP_A_LEAF_TIER]) {
		NL_SET_ERR_MSG(info->extack, "a new leaf needs fd and tier");
		return -EINVAL;
	}
	par->fd = nla_get_s32(attrs[TSWAP_A_LEAF_FD]);
	par->tier = nla_data(attrs[TSWAP_A_LEAF_TIER]);
	par->state = TSWAP_LEAF_ACTIVE;
	if (attrs[TSWAP_A_LEAF_STATE])
		par->state = nla_get_u32(attrs[TSWAP_A_LEAF_STATE]);
	if (attrs[TSWAP_A_LEAF_FLAGS])
		par->flags = nla_get_u32(attrs[TSWAP_A_LEAF_FLAGS]);
	par->has_rank = attrs[TSWAP_A_LEAF_RANK];
	if (par->has_rank)
		par->rank = nla_get_u32(attrs[TSWAP_A_LEAF_RANK]);
	return 0;
}

static int do_leaf_add(struct sk_buff *skb, struct genl_info *info)
{
	struct tswap_leaf_param par = {};
	struct tswap_dev *dev;
	int err = check_admin(skb, info);
	u32 id;

	if (err)
		return err;
	err = leaf_params(info, &par);
	if (err)
		return err;
	dev = lock_device(info, TSWAP_A_LEAF_DEVICE);
	if (IS_ERR(dev))
		return PTR_ERR(dev);
	err = tswap_leaf_add(dev, &par, &id, info->extack);
	if (!err)
		err = reply_leaf_added(info, dev, id);
	unlock_device(dev);
	return err;
}

static int do_leaf_del(struct sk_buff *skb, struct genl_info *info)
{
	struct tswap_leaf *leaf;
	struct tswap_dev *dev;
	int err = check_admin(skb, info);

	if (err)
		return err;
	dev = lock_device(info, TSWAP_A_LEAF_DEVICE);
	if (IS_ERR(dev))
		return PTR_ERR(dev);
	leaf = find_leaf(dev, info);
	err = IS_ERR(leaf) ? PTR_ERR(leaf) : tswap_leaf_del(leaf, info->extack);
	unlock_device(dev);
	return err;
}

static int set_leaf(struct tswap_leaf *leaf, struct genl_info *info)
{
	struct nlattr **attrs = info->attrs;
	u32 rank;
	int err = 0;

	if (attrs[TSWAP_A_LEAF_RANK]) {
		if (!attrs[TSWAP_A_LEAF_TIER]) {
			NL_SET_ERR_MSG(info->extack,
				       "a rank belongs to a tier; use tier-set");
			return -EINVAL;
		}
		rank = nla_get_u32(attrs[TSWAP_A_LEAF_RANK]);
	}
	if (attrs[TSWAP_A_LEAF_FLAGS])
		err = tswap_leaf_set_flags(leaf, nla_get_u32(attrs[TSWAP_A_LEAF_FLAGS]),
					   info->extack);
	if (!err && attrs[TSWAP_A_LEAF_TIER])
		err = tswap_leaf_set_tier(leaf, nla_data(attrs[TSWAP_A_LEAF_TIER]),
					  attrs[TSWAP_A_LEAF_RANK] ? &rank : NULL,
					  info->extack);
	if (!err && attrs[TSWAP_A_LEAF_STATE])
		return tswap_leaf_set_state(leaf, nla_get_u32(attrs[TSWAP_A_LEAF_STATE]),
					    info->extack);
	if (!err)
		tswap_ntf_leaf(leaf, TSWAP_EVENT_CHANGED);
	return err;
}

static int do_leaf_set(struct sk_buff *skb, struct genl_info *info)
{
	struct tswap_leaf *leaf;
	struct tswap_dev *dev;
	int err = check_admin(skb, info);

	if (err)
		return err;
	dev = lock_device(info, TSWAP_A_LEAF_DEVICE);
	if (IS_ERR(dev))
		return PTR_ERR(dev);
	leaf = find_leaf(dev, info);
	err = IS_ERR(leaf) ? PTR_ERR(leaf) : set_leaf(leaf, info);
	unlock_device(dev);
	return err;
}

static int do_leaf_get(struct sk_buff *skb, struct genl_info *info)
{
	struct tswap_dev *dev = lock_device(info, TSWAP_A_LEAF_DEVICE);
	struct tswap_leaf *leaf;
	struct sk_buff *msg = NULL;
	void *hdr;
	int err;

	if (IS_ERR(dev))
		return PTR_ERR(dev);
	leaf = find_leaf(dev, info);
	if (IS_ERR(leaf)) {
		err = PTR_ERR(leaf);
	} else {
		msg = reply_begin(info, TSWAP_CMD_LEAF_GET, &hdr);
		err = msg ? fill_leaf(msg, leaf) : -ENOMEM;
	}
	unlock_device(dev);
	return msg ? reply_end(info, msg, hdr, err) : err;
}

static int do_tier_set(struct sk_buff *skb, struct genl_info *info)
{
	struct tswap_tier *tier;
	struct tswap_dev *dev;
	u32 rank, policy;
	int err = check_admin(skb, info);

	if (err)
		return err;
	dev = lock_device(info, TSWAP_A_TIER_DEVICE);
	if (IS_ERR(dev))
		return PTR_ERR(dev);
	if (info->attrs[TSWAP_A_TIER_RANK])
		rank = nla_get_u32(info->attrs[TSWAP_A_TIER_RANK]);
	if (info->attrs[TSWAP_A_TIER_ON_SWAPIN])
		policy = nla_get_u32(info->attrs[TSWAP_A_TIER_ON_SWAPIN]);
	tier = find_tier(dev, info);
	if (IS_ERR(tier))
		err = PTR_ERR(tier);
	else
		err = tswap_tier_set(dev, tier,
				     info->attrs[TSWAP_A_TIER_RANK] ? &rank : NULL,
				     info->attrs[TSWAP_A_TIER_ON_SWAPIN] ? &policy : NULL,
				     info->extack);
	unlock_device(dev);
	return err;
}

static int do_tier_get(struct sk_buff *skb, struct genl_info *info)
{
	struct tswap_dev *dev = lock_device(info, TSWAP_A_TIER_DEVICE);
	struct tswap_tier *tier;
	struct sk_buff *msg = NULL;
	void *hdr;
	int err;

	if (IS_ERR(dev))
		return PTR_ERR(dev);
	tier = find_tier(dev, info);
	if (IS_ERR(tier)) {
		err = PTR_ERR(tier);
	} else {
		msg = reply_begin(info, TSWAP_CMD_TIER_GET, &hdr);
		err = msg ? fill_tier(msg, dev, tier) : -ENOMEM;
	}
	unlock_device(dev);
	return msg ? reply_end(info, msg, hdr, err) : err;
}

static int job_params(struct genl_info *info, struct tswap_job_param *par)
{
	struct nlattr **attrs = info->attrs;

	if (!attrs[TSWAP_A_JOB_KIND]) {
		NL_SET_ERR_MSG(info->extack, "a job needs a kind");
		return -EINVAL;
	}
	par->kind = nla_get_u32(attrs[TSWAP_A_JOB_KIND]);
	if (attrs[TSWAP_A_JOB_SRC_LEAF])
		par->src_leaf = nla_get_u32(attrs[TSWAP_A_JOB_SRC_LEAF]);
	if (attrs[TSWAP_A_JOB_SRC_TIER])
		par->src_tier = nla_data(attrs[TSWAP_A_JOB_SRC_TIER]);
	if (attrs[TSWAP_A_JOB_DST_LEAF])
		par->dst_leaf = nla_get_u32(attrs[TSWAP_A_JOB_DST_LEAF]);
	if (attrs[TSWAP_A_JOB_DST_TIER])
		par->dst_tier = nla_data(attrs[TSWAP_A_JOB_DST_TIER]);
	if (attrs[TSWAP_A_JOB_OLDER])
		par->older_s = nla_get_u32(attrs[TSWAP_A_JOB_OLDER]);
	if (attrs[TSWAP_A_JOB_LIMIT])
		par->limit_pages = nla_get_u64(attrs[TSWAP_A_JOB_LIMIT]);
	if (attrs[TSWAP_A_JOB_RATE])
		par->rate_bytes = nla_get_u64(attrs[TSWAP_A_JOB_RATE]);
	return 0;
}

static int reply_job_started(struct genl_info *info, u32 id, u32 device)
{
	struct sk_buff *msg;
	void *hdr;
	int err;

	msg = reply_begin(info, TSWAP_CMD_JOB_START, &hdr);
	if (!msg)
		return -ENOMEM;
	err = nla_put_u32(msg, TSWAP_A_JOB_ID, id)
		      ?: nla_put_u32(msg, TSWAP_A_JOB_DEVICE, device);
	return reply_end(info, msg, hdr, err);
}

static int do_job_start(struct sk_buff *skb, struct genl_info *info)
{
	struct tswap_job_param par = {};
	struct tswap_dev *dev;
	u32 id, device;
	int err = check_admin(skb, info);

	if (err)
		return err;
	err = job_params(info, &par);
	if (err)
		return err;
	dev = lock_device(info, TSWAP_A_JOB_DEVICE);
	if (IS_ERR(dev))
		return PTR_ERR(dev);
	device = dev->id;
	err = tswap_job_start(dev, &par, &id, info->extack);
	unlock_device(dev);
	return err ?: reply_job_started(info, id, device);
}

static int do_job_set(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr **attrs = info->attrs;
	u32 action = 0;
	u64 rate;
	int err = check_admin(skb, info);

	if (err)
		return err;
	if (!attrs[TSWAP_A_JOB_ID]) {
		NL_SET_ERR_MSG(info->extack, "the request names no job");
		return -EINVAL;
	}
	if (attrs[TSWAP_A_JOB_ACTION])
		action = nla_get_u32(attrs[TSWAP_A_JOB_ACTION]);
	if (attrs[TSWAP_A_JOB_RATE])
		rate = nla_get_u64(attrs[TSWAP_A_JOB_RATE]);
	return tswap_job_set(nla_get_u32(attrs[TSWAP_A_JOB_ID]), action,
			     attrs[TSWAP_A_JOB_RATE] ? &rate : NULL, info->extack);
}

static int do_job_get(struct sk_buff *skb, struct genl_info *info)
{
	struct tswap_job_info job;
	struct sk_buff *msg;
	void *hdr;
	int err;

	if (!info->attrs[TSWAP_A_JOB_ID]) {
		NL_SET_ERR_MSG(info->extack, "the request names no job");
		return -EINVAL;
	}
	err = tswap_job_info(nla_get_u32(info->attrs[TSWAP_A_JOB_ID]), &job);
	if (err) {
		NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[TSWAP_A_JOB_ID],
				    "no such job");
		return err;
	}
	msg = reply_begin(info, TSWAP_CMD_JOB_GET, &hdr);
	if (!msg)
		return -ENOMEM;
	return reply_end(info, msg, hdr, fill_job(msg, &job));
}

/*
 * Dumps. cb->args[0] is the device (or job) to go on with, cb->args[1] the place in it.
 */

typedef int (*fill_fn)(struct sk_buff *msg, struct netlink_callback *cb,
		       struct tswap_dev *dev);

static void *dump_header(struct sk_buff *msg, struct netlink_callback *cb, u8 cmd)
{
	void *hdr = genlmsg_put(msg, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
				&tswap_family, NLM_F_MULTI, cmd);

	if (hdr)
		genl_dump_check_consistent(cb, hdr);
	return hdr;
}

static int dump_one(struct sk_buff *msg, void *hdr, int err)
{
	if (err)
		genlmsg_cancel(msg, hdr);
	else
		genlmsg_end(msg, hdr);
	return err;
}

static int dump_device(struct sk_buff *msg, struct netlink_callback *cb,
		       struct tswap_dev *dev)
{
	void *hdr = dump_header(msg, cb, TSWAP_CMD_DEVICE_GET);

	return hdr ? dump_one(msg, hdr, fill_device(msg, dev)) : -EMSGSIZE;
}

static int dump_leaves(struct sk_buff *msg, struct netlink_callback *cb,
		       struct tswap_dev *dev)
{
	u32 id = max_t(u32, cb->args[1], 1);

	for (; id <= TSWAP_LEAF_MAX; id++) {
		struct tswap_leaf *leaf = tswap_leaf_find(dev, id);
		void *hdr;
		int err;

		if (!leaf)
			continue;
		hdr = dump_header(msg, cb, TSWAP_CMD_LEAF_GET);
		err = hdr ? dump_one(msg, hdr, fill_leaf(msg, leaf)) : -EMSGSIZE;
		if (err) {
			cb->args[1] = id;
			return err;
		}
	}
	return 0;
}

static int dump_tiers(struct sk_buff *msg, struct netlink_callback *cb,
		      struct tswap_dev *dev)
{
	struct tswap_tier *tier;
	long index = 0;

	list_for_each_entry(tier, &dev->tiers, node) {
		void *hdr;
		int err;

		if (index++ < cb->args[1])
			continue;
		hdr = dump_header(msg, cb, TSWAP_CMD_TIER_GET);
		err = hdr ? dump_one(msg, hdr, fill_tier(msg, dev, tier)) : -EMSGSIZE;
		if (err) {
			cb->args[1] = index - 1;
			return err;
		}
	}
	return 0;
}

/* Dump all devices, or the one that @only names. */
static int dump_devices(struct sk_buff *msg, struct netlink_callback *cb,
			const struct nlattr *only, fill_fn fill)
{
	u32 id = cb->args[0];
	struct tswap_dev *dev;
	int err = 0;

	cb->seq = atomic_read(&generation);
	while (!err && (dev = tswap_dev_next(&id))) {
		if (!only || nla_get_u32(only) == id) {
			mutex_lock(&dev->lock);
			if (!dev->dying)
				err = fill(msg, cb, dev);
			mutex_unlock(&dev->lock);
		}
		tswap_dev_put(dev);
		if (!err) {
			id++;
			cb->args[1] = 0;
		}
	}
	cb->args[0] = id;
	return msg->len ?: err;
}

static int dump_device_get(struct sk_buff *msg, struct netlink_callback *cb)
{
	return dump_devices(msg, cb, NULL, dump_device);
}

static int dump_leaf_get(struct sk_buff *msg, struct netlink_callback *cb)
{
	return dump_devices(msg, cb, tswap_dump_attrs(cb)[TSWAP_A_LEAF_DEVICE],
			    dump_leaves);
}

static int dump_tier_get(struct sk_buff *msg, struct netlink_callback *cb)
{
	return dump_devices(msg, cb, tswap_dump_attrs(cb)[TSWAP_A_TIER_DEVICE],
			    dump_tiers);
}

static int dump_job_get(struct sk_buff *msg, struct netlink_callback *cb)
{
	const struct nlattr *only = tswap_dump_attrs(cb)[TSWAP_A_JOB_DEVICE];
	struct tswap_job_info job;
	u32 id = cb->args[0];
	int err = 0;

	cb->seq = atomic_read(&generation);
	while (tswap_job_next(&id, &job)) {
		if (!only || nla_get_u32(only) == job.device) {
			void *hdr = dump_header(msg, cb, TSWAP_CMD_JOB_GET);

			err = hdr ? dump_one(msg, hdr, fill_job(msg, &job)) : -EMSGSIZE;
			if (err)
				break;
		}
		id++;
	}
	cb->args[0] = id;
	return msg->len ?: err;
}

#define CHANGE(_cmd, _doit, _policy)                                                     \
	{                                                                                \
		.cmd = _cmd, .flags = GENL_ADMIN_PERM, .doit = _doit, .policy = _policy, \
		.maxattr = ARRAY_SIZE(_policy) - 1,                                      \
	}
#define GET(_cmd, _doit, _dumpit, _policy)                                        \
	{                                                                         \
		.cmd = _cmd, .doit = _doit, .dumpit = _dumpit, .policy = _policy, \
		.maxattr = ARRAY_SIZE(_policy) - 1,                               \
	}

static const struct genl_ops tswap_ops[] = {
	CHANGE(TSWAP_CMD_DEVICE_ADD, do_device_add, device_add_policy),
	CHANGE(TSWAP_CMD_DEVICE_DEL, do_device_del, device_id_policy),
	CHANGE(TSWAP_CMD_DEVICE_SET, do_device_set, device_set_policy),
	GET(TSWAP_CMD_DEVICE_GET, do_device_get, dump_device_get, device_id_policy),
	CHANGE(TSWAP_CMD_LEAF_ADD, do_leaf_add, leaf_add_policy),
	CHANGE(TSWAP_CMD_LEAF_DEL, do_leaf_del, leaf_id_policy),
	CHANGE(TSWAP_CMD_LEAF_SET, do_leaf_set, leaf_set_policy),
	GET(TSWAP_CMD_LEAF_GET, do_leaf_get, dump_leaf_get, leaf_id_policy),
	CHANGE(TSWAP_CMD_TIER_SET, do_tier_set, tier_set_policy),
	GET(TSWAP_CMD_TIER_GET, do_tier_get, dump_tier_get, tier_id_policy),
	CHANGE(TSWAP_CMD_JOB_START, do_job_start, job_start_policy),
	CHANGE(TSWAP_CMD_JOB_SET, do_job_set, job_set_policy),
	GET(TSWAP_CMD_JOB_GET, do_job_get, dump_job_get, job_id_policy),
};

static const struct genl_multicast_group tswap_groups[] = {
	{ .name = TSWAP_MCGRP_EVENTS },
};

static struct genl_family tswap_family __ro_after_init = {
	.name = TSWAP_FAMILY_NAME,
	.version = TSWAP_FAMILY_VERSION,
	.module = THIS_MODULE,
	.parallel_ops = true,
	.ops = tswap_ops,
	.n_ops = ARRAY_SIZE(tswap_ops),
	.resv_start_op = 1,
	.mcgrps = tswap_groups,
	.n_mcgrps = ARRAY_SIZE(tswap_groups),
};

int tswap_netlink_init(void)
{
	return genl_register_family(&tswap_family);
}

void tswap_netlink_exit(void)
{
	genl_unregister_family(&tswap_family);
}
