// SPDX-License-Identifier: GPL-2.0-only
/*
 * tswap - generic netlink family "tswap": requests
 *
 * The interface is specified in tswap.yaml. What changes state needs CAP_NET_ADMIN (by
 * GENL_ADMIN_PERM) and CAP_SYS_ADMIN, because swap is the whole machine's. Every refusal
 * has its reason in the extended acknowledgement.
 *
 * begin() finds the device that a request names and locks it, end() lets it go, so what
 * is between them runs under dev->lock with info->user_ptr[0] as the device. All waits
 * can be ended by SIGKILL, and none is for a device, but for that of leaf-add, which is
 * bounded.
 */
#include <linux/capability.h>

#include "nl.h"

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

static const struct nla_policy job_start_policy[TSWAP_A_JOB_OWNER + 1] = {
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
	[TSWAP_A_JOB_SLOTS] = { .type = NLA_BINARY,
				.len = TSWAP_SLOTS_ATTR * sizeof(struct tswap_slots) },
	[TSWAP_A_JOB_CLOCK] = { .type = NLA_U32 },
	[TSWAP_A_JOB_OWNER] = { .type = NLA_NUL_STRING, .len = TSWAP_OWNER_MAX - 1 },
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

/*
 * A refusal that points at the attribute which names what is not there; @why: a literal.
 */
#define no_such(info, attr, why, err)                                          \
	({                                                                     \
		NL_SET_ERR_MSG_ATTR((info)->extack, (info)->attrs[attr], why); \
		(err);                                                         \
	})

/* genl_ops.internal_flags: number of the attribute that names the device, and: */
#define UNLOCKED 0x80 /* takes dev->lock itself */

/* Lock the device for a request; one that is being removed can still be looked at. */
static int lock_device(TSWAP_GENL_PRE_OPS *ops, struct tswap_dev *dev,
		       struct genl_info *info)
{
	if (mutex_lock_killable(&dev->lock))
		return -EINTR;
	if (!dev->dying || !(ops->flags & GENL_ADMIN_PERM))
		return 0;
	mutex_unlock(&dev->lock);
	return refuse(info->extack, "the device is being removed", -ENODEV);
}

static int begin(TSWAP_GENL_PRE_OPS *ops, struct sk_buff *skb, struct genl_info *info)
{
	u8 attr = ops->internal_flags & ~UNLOCKED;
	struct tswap_dev *dev;
	int err = 0;

	if (ops->flags & GENL_ADMIN_PERM && !netlink_capable(skb, CAP_SYS_ADMIN))
		return refuse(info->extack, "needs CAP_SYS_ADMIN", -EPERM);
	info->user_ptr[0] = NULL;
	if (!attr)
		return 0;
	if (!info->attrs[attr])
		return refuse(info->extack, "the request names no device", -EINVAL);
	dev = tswap_dev_get(nla_get_u32(info->attrs[attr]));
	if (!dev)
		return no_such(info, attr, "no such tswap device", -ENODEV);
	if (!(ops->internal_flags & UNLOCKED))
		err = lock_device(ops, dev, info);
	if (err)
		tswap_dev_put(dev);
	else
		info->user_ptr[0] = dev;
	return err;
}

static void end(TSWAP_GENL_PRE_OPS *ops, struct sk_buff *skb, struct genl_info *info)
{
	struct tswap_dev *dev = info->user_ptr[0];

	if (!dev)
		return;
	if (!(ops->internal_flags & UNLOCKED))
		mutex_unlock(&dev->lock);
	tswap_dev_put(dev);
}

static struct tswap_dev *device_of(const struct genl_info *info)
{
	return info->user_ptr[0];
}

static struct tswap_leaf *find_leaf(struct genl_info *info)
{
	struct nlattr *id = info->attrs[TSWAP_A_LEAF_ID];
	struct tswap_leaf *leaf;

	if (!id)
		return ERR_PTR(
			refuse(info->extack, "the request names no leaf", -EINVAL));
	leaf = tswap_leaf_find(device_of(info), nla_get_u32(id));
	if (!leaf)
		return ERR_PTR(no_such(info, TSWAP_A_LEAF_ID, "no such leaf", -ENOENT));
	return leaf;
}

static struct tswap_tier *find_tier(struct genl_info *info)
{
	struct nlattr *name = info->attrs[TSWAP_A_TIER_NAME];
	struct tswap_tier *tier;

	if (!name)
		return ERR_PTR(
			refuse(info->extack, "the request names no tier", -EINVAL));
	tier = tswap_tier_find(device_of(info), nla_data(name));
	if (!tier)
		return ERR_PTR(no_such(info, TSWAP_A_TIER_NAME,
				       "no such tier; a tier comes with its first leaf",
				       -ENOENT));
	return tier;
}

/* The value of an optional number, put into *@value, or NULL. */
static const u32 *get_u32(const struct genl_info *info, int attr, u32 *value)
{
	if (!info->attrs[attr])
		return NULL;
	*value = nla_get_u32(info->attrs[attr]);
	return value;
}

static u32 u32_or(const struct genl_info *info, int attr, u32 otherwise)
{
	u32 value;

	return get_u32(info, attr, &value) ? value : otherwise;
}

static u64 u64_or(const struct genl_info *info, int attr, u64 otherwise)
{
	return info->attrs[attr] ? nla_get_u64(info->attrs[attr]) : otherwise;
}

static const char *string_or_null(const struct genl_info *info, int attr)
{
	return info->attrs[attr] ? nla_data(info->attrs[attr]) : NULL;
}

/*
 * Replies
 */

struct sk_buff *tswap_nl_reply_begin(struct genl_info *info, void **hdr)
{
	struct sk_buff *msg = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);

	if (!msg)
		return NULL;
	*hdr = genlmsg_put_reply(msg, info, &tswap_family, 0, info->genlhdr->cmd);
	if (*hdr)
		return msg;
	nlmsg_free(msg);
	return NULL;
}

int tswap_nl_reply_end(struct genl_info *info, struct sk_buff *msg, void *hdr, int err)
{
	if (err) {
		nlmsg_free(msg);
		return err;
	}
	genlmsg_end(msg, hdr);
	return genlmsg_reply(msg, info);
}

/*
 * Devices
 */

static int do_device_add(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *overcommit = info->attrs[TSWAP_A_DEVICE_OVERCOMMIT];
	struct tswap_dev *dev;
	struct sk_buff *msg;
	int err = -ENOMEM;
	void *hdr;

	if (!info->attrs[TSWAP_A_DEVICE_SLOTS])
		return refuse(info->extack, "the request names no number of slots",
			      -EINVAL);
	dev = tswap_dev_add(u32_or(info, TSWAP_A_DEVICE_ID, U32_MAX),
			    u64_or(info, TSWAP_A_DEVICE_SLOTS, 0),
			    overcommit && nla_get_u8(overcommit), info->extack);
	if (IS_ERR(dev))
		return PTR_ERR(dev);
	msg = tswap_nl_reply_begin(info, &hdr);
	if (msg)
		err = tswap_nl_reply_end(info, msg, hdr,
					 tswap_nl_put_device_name(msg, dev));
	tswap_dev_put(dev);
	return err;
}

static int do_device_del(struct sk_buff *skb, struct genl_info *info)
{
	return tswap_dev_del(device_of(info), info->extack);
}

static int do_device_set(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *overcommit = info->attrs[TSWAP_A_DEVICE_OVERCOMMIT];

	if (!overcommit)
		return 0;
	return tswap_dev_set_overcommit(device_of(info), nla_get_u8(overcommit),
					info->extack);
}

static int do_device_get(struct sk_buff *skb, struct genl_info *info)
{
	struct sk_buff *msg;
	void *hdr;

	msg = tswap_nl_reply_begin(info, &hdr);
	if (!msg)
		return refuse(info->extack, TSWAP_NO_MEMORY, -ENOMEM);
	return tswap_nl_reply_end(info, msg, hdr,
				  tswap_nl_put_device(msg, device_of(info)));
}

/*
 * Leaves
 */

static int do_leaf_add(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *fd = info->attrs[TSWAP_A_LEAF_FD];
	struct tswap_leaf_param par = {
		.tier = string_or_null(info, TSWAP_A_LEAF_TIER),
		.state = u32_or(info, TSWAP_A_LEAF_STATE, TSWAP_LEAF_ACTIVE),
		.flags = u32_or(info, TSWAP_A_LEAF_FLAGS, 0),
	};
	struct tswap_dev *dev = device_of(info);
	struct sk_buff *msg;
	void *hdr;
	int err;

	if (!fd || !par.tier)
		return refuse(info->extack, "a new leaf needs fd and tier", -EINVAL);
	par.fd = nla_get_s32(fd);
	par.has_rank = get_u32(info, TSWAP_A_LEAF_RANK, &par.rank);
	err = tswap_leaf_add(dev, &par, info->extack);
	if (err)
		return err;
	msg = tswap_nl_reply_begin(info, &hdr);
	if (!msg)
		return refuse(info->extack, TSWAP_NO_MEMORY, -ENOMEM);
	err = nla_put_u32(msg, TSWAP_A_LEAF_DEVICE, dev->id) ?:
	      nla_put_u32(msg, TSWAP_A_LEAF_ID, par.id) ?:
	      nla_put_string(msg, TSWAP_A_LEAF_NAME, par.name);
	return tswap_nl_reply_end(info, msg, hdr, err);
}

static int do_leaf_del(struct sk_buff *skb, struct genl_info *info)
{
	struct tswap_leaf *leaf = find_leaf(info);

	return IS_ERR(leaf) ? PTR_ERR(leaf) : tswap_leaf_del(leaf, info->extack);
}

static int do_leaf_set(struct sk_buff *skb, struct genl_info *info)
{
	struct tswap_leaf *leaf = find_leaf(info);
	u32 flags, state, rank;
	struct tswap_leaf_change to = {
		.flags = get_u32(info, TSWAP_A_LEAF_FLAGS, &flags),
		.state = get_u32(info, TSWAP_A_LEAF_STATE, &state),
		.rank = get_u32(info, TSWAP_A_LEAF_RANK, &rank),
		.tier = string_or_null(info, TSWAP_A_LEAF_TIER),
	};

	return IS_ERR(leaf) ? PTR_ERR(leaf) : tswap_leaf_set(leaf, &to, info->extack);
}

/*
 * A leaf as attributes, with its counters: they are summed over all processors, which is
 * not done under the lock as everybody may ask. Takes the lock away.
 */
static int put_leaf_and_unlock(struct sk_buff *msg, struct tswap_dev *dev,
			       struct tswap_leaf *leaf)
{
	int err = tswap_nl_put_leaf(msg, leaf);

	kobject_get(&leaf->kobj);
	mutex_unlock(&dev->lock);
	if (!err)
		err = tswap_nl_put_leaf_stats(msg, leaf);
	kobject_put(&leaf->kobj);
	return err;
}

static int do_leaf_get(struct sk_buff *skb, struct genl_info *info)
{
	struct tswap_dev *dev = device_of(info);
	struct tswap_leaf *leaf;
	struct sk_buff *msg;
	void *hdr;

	msg = tswap_nl_reply_begin(info, &hdr);
	if (!msg)
		return refuse(info->extack, TSWAP_NO_MEMORY, -ENOMEM);
	if (mutex_lock_killable(&dev->lock)) {
		nlmsg_free(msg);
		return -EINTR;
	}
	leaf = find_leaf(info);
	if (IS_ERR(leaf)) {
		mutex_unlock(&dev->lock);
		nlmsg_free(msg);
		return PTR_ERR(leaf);
	}
	return tswap_nl_reply_end(info, msg, hdr, put_leaf_and_unlock(msg, dev, leaf));
}

/*
 * Tiers
 */

static int do_tier_set(struct sk_buff *skb, struct genl_info *info)
{
	struct tswap_tier *tier = find_tier(info);
	u32 rank, policy;

	if (IS_ERR(tier))
		return PTR_ERR(tier);
	return tswap_tier_set(device_of(info), tier,
			      get_u32(info, TSWAP_A_TIER_RANK, &rank),
			      get_u32(info, TSWAP_A_TIER_ON_SWAPIN, &policy),
			      info->extack);
}

static int do_tier_get(struct sk_buff *skb, struct genl_info *info)
{
	struct tswap_tier *tier = find_tier(info);
	struct sk_buff *msg;
	void *hdr;

	if (IS_ERR(tier))
		return PTR_ERR(tier);
	msg = tswap_nl_reply_begin(info, &hdr);
	if (!msg)
		return refuse(info->extack, TSWAP_NO_MEMORY, -ENOMEM);
	return tswap_nl_reply_end(info, msg, hdr,
				  tswap_nl_put_tier(msg, device_of(info), tier));
}

/*
 * Jobs
 */

static int do_job_start(struct sk_buff *skb, struct genl_info *info)
{
	struct tswap_job_param par = {
		.kind = u32_or(info, TSWAP_A_JOB_KIND, 0),
		.src_leaf = u32_or(info, TSWAP_A_JOB_SRC_LEAF, 0),
		.dst_leaf = u32_or(info, TSWAP_A_JOB_DST_LEAF, 0),
		.src_tier = string_or_null(info, TSWAP_A_JOB_SRC_TIER),
		.dst_tier = string_or_null(info, TSWAP_A_JOB_DST_TIER),
		.older_s = u32_or(info, TSWAP_A_JOB_OLDER, 0),
		.limit_pages = u64_or(info, TSWAP_A_JOB_LIMIT, 0),
		.rate_bytes = u64_or(info, TSWAP_A_JOB_RATE, 0),
		.owner = string_or_null(info, TSWAP_A_JOB_OWNER),
	};
	struct tswap_dev *dev = device_of(info);
	struct sk_buff *msg;
	void *hdr;
	int err;
	u32 id;

	if (!par.kind)
		return refuse(info->extack, "a job needs a kind", -EINVAL);
	par.has_clock = get_u32(info, TSWAP_A_JOB_CLOCK, &par.clock);
	err = tswap_nl_read_slots(info, dev->slots, &par.slots, &par.nr_slots);
	if (!err)
		err = tswap_job_start(dev, &par, &id, info->extack);
	kvfree(par.slots);
	if (err)
		return err;
	msg = tswap_nl_reply_begin(info, &hdr);
	if (!msg)
		return refuse(info->extack, TSWAP_NO_MEMORY, -ENOMEM);
	err = nla_put_u32(msg, TSWAP_A_JOB_ID, id)
		      ?: nla_put_u32(msg, TSWAP_A_JOB_DEVICE, dev->id);
	return tswap_nl_reply_end(info, msg, hdr, err);
}

static int do_job_set(struct sk_buff *skb, struct genl_info *info)
{
	u64 rate = u64_or(info, TSWAP_A_JOB_RATE, 0);
	u32 id;

	if (!get_u32(info, TSWAP_A_JOB_ID, &id))
		return refuse(info->extack, "the request names no job", -EINVAL);
	return tswap_job_set(id, u32_or(info, TSWAP_A_JOB_ACTION, 0),
			     info->attrs[TSWAP_A_JOB_RATE] ? &rate : NULL, info->extack);
}

static int do_job_get(struct sk_buff *skb, struct genl_info *info)
{
	struct tswap_job_info job;
	struct sk_buff *msg;
	void *hdr;
	u32 id;

	if (!get_u32(info, TSWAP_A_JOB_ID, &id))
		return refuse(info->extack, "the request names no job", -EINVAL);
	if (tswap_job_info(id, &job))
		return no_such(info, TSWAP_A_JOB_ID, "no such job", -ENOENT);
	msg = tswap_nl_reply_begin(info, &hdr);
	if (!msg)
		return refuse(info->extack, TSWAP_NO_MEMORY, -ENOMEM);
	return tswap_nl_reply_end(info, msg, hdr, tswap_nl_put_job(msg, &job));
}

/*
 * The family
 */

#define CHANGE(_cmd, _doit, _policy, _device)                                        \
	{                                                                            \
		.cmd = _cmd, .flags = GENL_ADMIN_PERM, .internal_flags = _device,    \
		.doit = _doit, .policy = _policy, .maxattr = ARRAY_SIZE(_policy) - 1 \
	}
#define GET(_cmd, _doit, _dumpit, _policy, _device)                                      \
	{                                                                                \
		.cmd = _cmd, .internal_flags = _device, .doit = _doit,                   \
		.dumpit = _dumpit, .policy = _policy, .maxattr = ARRAY_SIZE(_policy) - 1 \
	}

static const struct genl_ops tswap_ops[] = {
	CHANGE(TSWAP_CMD_DEVICE_ADD, do_device_add, device_add_policy, 0),
	CHANGE(TSWAP_CMD_DEVICE_DEL, do_device_del, device_id_policy,
	       TSWAP_A_DEVICE_ID | UNLOCKED),
	CHANGE(TSWAP_CMD_DEVICE_SET, do_device_set, device_set_policy, TSWAP_A_DEVICE_ID),
	GET(TSWAP_CMD_DEVICE_GET, do_device_get, tswap_nl_dump_devices, device_id_policy,
	    TSWAP_A_DEVICE_ID),
	CHANGE(TSWAP_CMD_LEAF_ADD, do_leaf_add, leaf_add_policy,
	       TSWAP_A_LEAF_DEVICE | UNLOCKED),
	CHANGE(TSWAP_CMD_LEAF_DEL, do_leaf_del, leaf_id_policy, TSWAP_A_LEAF_DEVICE),
	CHANGE(TSWAP_CMD_LEAF_SET, do_leaf_set, leaf_set_policy, TSWAP_A_LEAF_DEVICE),
	GET(TSWAP_CMD_LEAF_GET, do_leaf_get, tswap_nl_dump_leaves, leaf_id_policy,
	    TSWAP_A_LEAF_DEVICE | UNLOCKED),
	CHANGE(TSWAP_CMD_TIER_SET, do_tier_set, tier_set_policy, TSWAP_A_TIER_DEVICE),
	GET(TSWAP_CMD_TIER_GET, do_tier_get, tswap_nl_dump_tiers, tier_id_policy,
	    TSWAP_A_TIER_DEVICE),
	CHANGE(TSWAP_CMD_JOB_START, do_job_start, job_start_policy, TSWAP_A_JOB_DEVICE),
	CHANGE(TSWAP_CMD_JOB_SET, do_job_set, job_set_policy, 0),
	GET(TSWAP_CMD_JOB_GET, do_job_get, tswap_nl_dump_jobs, job_id_policy, 0),
	CHANGE(TSWAP_CMD_CGROUP_SET, tswap_nl_cgroup_set, tswap_cgroup_set_policy,
	       TSWAP_A_CGROUP_DEVICE),
	CHANGE(TSWAP_CMD_CGROUP_DEL, tswap_nl_cgroup_del, tswap_cgroup_id_policy,
	       TSWAP_A_CGROUP_DEVICE),
	GET(TSWAP_CMD_CGROUP_GET, tswap_nl_cgroup_get, tswap_nl_dump_rules,
	    tswap_cgroup_id_policy, TSWAP_A_CGROUP_DEVICE),
};

static const struct genl_multicast_group tswap_groups[] = {
	{ .name = TSWAP_MCGRP_EVENTS },
};

struct genl_family tswap_family __ro_after_init = {
	.name = TSWAP_FAMILY_NAME,
	.version = TSWAP_FAMILY_VERSION,
	.module = THIS_MODULE,
	.parallel_ops = true,
	.ops = tswap_ops,
	.n_ops = ARRAY_SIZE(tswap_ops),
	.pre_doit = begin,
	.post_doit = end,
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
