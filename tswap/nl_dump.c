// SPDX-License-Identifier: GPL-2.0-only
/*
 * tswap - dumps of the netlink family
 *
 * cb->args[0] is the device (or job) to go on with, cb->args[1] the place in it. A device
 * is locked for one message's worth at most; cb->seq shows user space when objects came
 * or went between two messages. What is being removed is shown until it is gone.
 */
#include "nl.h"

typedef int (*fill_fn)(struct sk_buff *msg, struct netlink_callback *cb,
		       struct tswap_dev *dev);

void *tswap_nl_dump_header(struct sk_buff *msg, struct netlink_callback *cb, u8 cmd)
{
	void *hdr = genlmsg_put(msg, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
				&tswap_family, NLM_F_MULTI, cmd);

	if (hdr)
		genl_dump_check_consistent(cb, hdr);
	return hdr;
}

int tswap_nl_dump_one(struct sk_buff *msg, void *hdr, int err)
{
	if (err)
		genlmsg_cancel(msg, hdr);
	else
		genlmsg_end(msg, hdr);
	return err;
}

static int fill_device(struct sk_buff *msg, struct netlink_callback *cb,
		       struct tswap_dev *dev)
{
	void *hdr = tswap_nl_dump_header(msg, cb, TSWAP_CMD_DEVICE_GET);
	int err;

	if (!hdr)
		return -EMSGSIZE;
	err = mutex_lock_killable(&dev->lock);
	if (!err) {
		err = tswap_nl_put_device(msg, dev);
		mutex_unlock(&dev->lock);
	}
	return tswap_nl_dump_one(msg, hdr, err);
}

/*
 * The first leaf from *@id on, with its attributes put and a reference; 0: there is none.
 */
static int put_next_leaf(struct sk_buff *msg, struct tswap_dev *dev, u32 *id,
			 struct tswap_leaf **leafp)
{
	struct tswap_leaf *leaf;
	int err;

	if (mutex_lock_killable(&dev->lock))
		return -EINTR;
	leaf = tswap_leaf_next(dev, id);
	err = leaf ? tswap_nl_put_leaf(msg, leaf) : 0;
	if (leaf && !err)
		kobject_get(&leaf->kobj);
	mutex_unlock(&dev->lock);
	*leafp = err ? NULL : leaf;
	return err;
}

/* Counters are summed without the lock: everybody may ask for them. */
static int fill_leaves(struct sk_buff *msg, struct netlink_callback *cb,
		       struct tswap_dev *dev)
{
	struct tswap_leaf *leaf;
	u32 id = cb->args[1];
	void *hdr;
	int err;

	for (;; id++) {
		cb->args[1] = id;
		hdr = tswap_nl_dump_header(msg, cb, TSWAP_CMD_LEAF_GET);
		if (!hdr)
			return -EMSGSIZE;
		err = put_next_leaf(msg, dev, &id, &leaf);
		if (err || !leaf) {
			genlmsg_cancel(msg, hdr);
			return err;
		}
		err = tswap_nl_dump_one(msg, hdr, tswap_nl_put_leaf_stats(msg, leaf));
		kobject_put(&leaf->kobj);
		if (err)
			return err;
	}
}

static int put_tiers(struct sk_buff *msg, struct netlink_callback *cb,
		     struct tswap_dev *dev)
{
	struct tswap_tier *tier;
	long index = 0;

	list_for_each_entry(tier, &dev->tiers, node) {
		void *hdr;
		int err;

		if (index++ < cb->args[1])
			continue;
		hdr = tswap_nl_dump_header(msg, cb, TSWAP_CMD_TIER_GET);
		err = hdr ? tswap_nl_dump_one(msg, hdr, tswap_nl_put_tier(msg, dev, tier))
			  : -EMSGSIZE;
		if (err) {
			cb->args[1] = index - 1;
			return err;
		}
	}
	return 0;
}

static int fill_tiers(struct sk_buff *msg, struct netlink_callback *cb,
		      struct tswap_dev *dev)
{
	int err = mutex_lock_killable(&dev->lock);

	if (err)
		return err;
	err = put_tiers(msg, cb, dev);
	mutex_unlock(&dev->lock);
	return err;
}

static int fill_rules(struct sk_buff *msg, struct netlink_callback *cb,
		      struct tswap_dev *dev)
{
	int err = mutex_lock_killable(&dev->lock);

	if (err)
		return err;
	err = tswap_nl_put_rules(msg, cb, dev);
	mutex_unlock(&dev->lock);
	return err;
}

/* Dump all devices, or the one that @only names. */
static int dump_all(struct sk_buff *msg, struct netlink_callback *cb,
		    const struct nlattr *only, fill_fn fill)
{
	u32 id = cb->args[0];
	struct tswap_dev *dev;
	int err = 0;

	cb->seq = tswap_nl_generation();
	while (!err && (dev = tswap_dev_next(&id))) {
		if (!only || nla_get_u32(only) == id)
			err = fill(msg, cb, dev);
		tswap_dev_put(dev);
		if (!err) {
			id++;
			cb->args[1] = 0;
		}
	}
	cb->args[0] = id;
	return msg->len ?: err;
}

int tswap_nl_dump_devices(struct sk_buff *msg, struct netlink_callback *cb)
{
	return dump_all(msg, cb, NULL, fill_device);
}

int tswap_nl_dump_leaves(struct sk_buff *msg, struct netlink_callback *cb)
{
	return dump_all(msg, cb, tswap_dump_attrs(cb)[TSWAP_A_LEAF_DEVICE], fill_leaves);
}

int tswap_nl_dump_tiers(struct sk_buff *msg, struct netlink_callback *cb)
{
	return dump_all(msg, cb, tswap_dump_attrs(cb)[TSWAP_A_TIER_DEVICE], fill_tiers);
}

int tswap_nl_dump_rules(struct sk_buff *msg, struct netlink_callback *cb)
{
	return dump_all(msg, cb, tswap_dump_attrs(cb)[TSWAP_A_CGROUP_DEVICE], fill_rules);
}

int tswap_nl_dump_jobs(struct sk_buff *msg, struct netlink_callback *cb)
{
	const struct nlattr *only = tswap_dump_attrs(cb)[TSWAP_A_JOB_DEVICE];
	struct tswap_job_info job;
	u32 id = cb->args[0];
	int err = 0;

	cb->seq = tswap_nl_generation();
	while (tswap_job_next(&id, &job)) {
		if (!only || nla_get_u32(only) == job.device) {
			void *hdr = tswap_nl_dump_header(msg, cb, TSWAP_CMD_JOB_GET);

			err = hdr ? tswap_nl_dump_one(msg, hdr,
						      tswap_nl_put_job(msg, &job))
				  : -EMSGSIZE;
			if (err)
				break;
		}
		id++;
	}
	cb->args[0] = id;
	return msg->len ?: err;
}
