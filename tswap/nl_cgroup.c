// SPDX-License-Identifier: GPL-2.0-only
/*
 * tswap - generic netlink family "tswap": rules of cgroups
 *
 * dev->lock is held, but for dumps and notifications as in nl_dump.c and nl_event.c.
 */
#include <linux/slab.h>

#include "nl.h"
#include "rule.h"

const struct nla_policy tswap_cgroup_set_policy[TSWAP_A_CGROUP_LIMIT + 1] = {
	[TSWAP_A_CGROUP_DEVICE] = { .type = NLA_U32 },
	[TSWAP_A_CGROUP_ID] = { .type = NLA_U64 },
	[TSWAP_A_CGROUP_MODE] =
		NLA_POLICY_RANGE(NLA_U32, TSWAP_CGROUP_STRICT, TSWAP_CGROUP_PREFER),
	[TSWAP_A_CGROUP_TIERS] = { .type = NLA_NUL_STRING,
				   .len = TSWAP_CGROUP_TIERS * TSWAP_NAME_MAX - 1 },
	[TSWAP_A_CGROUP_LIMIT] = NLA_POLICY_EXACT_LEN(TSWAP_CGROUP_TIERS * sizeof(u64)),
};

const struct nla_policy tswap_cgroup_id_policy[TSWAP_A_CGROUP_ID + 1] = {
	[TSWAP_A_CGROUP_DEVICE] = { .type = NLA_U32 },
	[TSWAP_A_CGROUP_ID] = { .type = NLA_U64 },
};

static int get_id(struct genl_info *info, u64 *id)
{
	if (!info->attrs[TSWAP_A_CGROUP_ID])
		return refuse(info->extack, "the request names no cgroup", -EINVAL);
	*id = nla_get_u64(info->attrs[TSWAP_A_CGROUP_ID]);
	return 0;
}

int tswap_nl_cgroup_set(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *limit = info->attrs[TSWAP_A_CGROUP_LIMIT];
	struct nlattr *tiers = info->attrs[TSWAP_A_CGROUP_TIERS];
	struct nlattr *mode = info->attrs[TSWAP_A_CGROUP_MODE];
	struct tswap_rule_param par = {};
	u64 max[TSWAP_CGROUP_TIERS];
	int err = get_id(info, &par.cgroup);

	if (err)
		return err;
	if (!tiers || !mode)
		return refuse(info->extack, "a rule needs tiers and mode", -EINVAL);
	par.mode = nla_get_u32(mode);
	if (limit) {
		memcpy(max, nla_data(limit), sizeof(max));
		par.max_pages = max;
	}
	par.tiers = kstrdup(nla_data(tiers), GFP_KERNEL);
	if (!par.tiers)
		return refuse(info->extack, TSWAP_NO_MEMORY, -ENOMEM);
	err = tswap_rule_set(info->user_ptr[0], &par, info->extack);
	kfree(par.tiers);
	return err;
}

int tswap_nl_cgroup_del(struct sk_buff *skb, struct genl_info *info)
{
	u64 id;
	int err = get_id(info, &id);

	return err ?: tswap_rule_del(info->user_ptr[0], id, info->extack);
}

static int put_tiers(struct sk_buff *msg, const struct tswap_rule_conf *conf)
{
	struct nlattr *attr;
	size_t len = 0;
	char *p;
	u32 i;

	for (i = 0; i < conf->nr; i++)
		len += strlen(conf->tier[i].name) + 1;
	attr = nla_reserve(msg, TSWAP_A_CGROUP_TIERS, len);
	if (!attr)
		return -EMSGSIZE;
	p = nla_data(attr);
	for (i = 0; i < conf->nr; i++)
		p += sprintf(p, "%s%s", i ? "," : "", conf->tier[i].name);
	return 0;
}

static int put_use(struct sk_buff *msg, struct tswap_rule *rule,
		   const struct tswap_rule_conf *conf)
{
	u64 limit[TSWAP_CGROUP_TIERS] = {}, used[TSWAP_CGROUP_TIERS] = {}, other = 0;
	struct nlattr *attr;
	u32 *leaves, i;

	for (i = 0; i < conf->nr; i++) {
		limit[i] = conf->tier[i].max_pages;
		used[i] = tswap_rule_tier_used(rule, &conf->tier[i]);
	}
	attr = nla_reserve(msg, TSWAP_A_CGROUP_LEAVES,
			   (TSWAP_LEAF_MAX + 1) * sizeof(*leaves));
	if (!attr)
		return -EMSGSIZE;
	leaves = nla_data(attr);
	for (i = 0; i <= TSWAP_LEAF_MAX; i++) {
		leaves[i] = atomic_read(&rule->used[i]);
		if (!test_bit(i, conf->allowed.bits))
			other += leaves[i];
	}
	return nla_put(msg, TSWAP_A_CGROUP_LIMIT, sizeof(limit), limit) ?:
	       nla_put(msg, TSWAP_A_CGROUP_USED, sizeof(used), used) ?:
	       nla_put_u64_64bit(msg, TSWAP_A_CGROUP_OTHER, other, TSWAP_A_CGROUP_PAD);
}

static int put_name(struct sk_buff *msg, struct tswap_dev *dev, struct tswap_rule *rule)
{
	return nla_put_u32(msg, TSWAP_A_CGROUP_DEVICE, dev->id)
		       ?: nla_put_u64_64bit(msg, TSWAP_A_CGROUP_ID,
					    tswap_rule_cgroup(rule), TSWAP_A_CGROUP_PAD);
}

static int put_rule(struct sk_buff *msg, struct tswap_dev *dev, struct tswap_rule *rule)
{
	const struct tswap_rule_conf *conf =
		rcu_dereference_protected(rule->conf, lockdep_is_held(&dev->lock));

	return put_name(msg, dev, rule) ?:
	       nla_put_u32(msg, TSWAP_A_CGROUP_MODE, conf->mode) ?:
	       put_tiers(msg, conf) ?:
	       put_use(msg, rule, conf) ?:
	       nla_put_u64_64bit(msg, TSWAP_A_CGROUP_REFUSED,
				 atomic64_read(&rule->refused), TSWAP_A_CGROUP_PAD);
}

int tswap_nl_cgroup_get(struct sk_buff *skb, struct genl_info *info)
{
	struct tswap_dev *dev = info->user_ptr[0];
	struct tswap_rule *rule;
	struct sk_buff *msg;
	void *hdr;
	u64 id;
	int err = get_id(info, &id);

	if (err)
		return err;
	rule = tswap_rule_get(dev, id);
	if (!rule)
		return refuse(info->extack, "the cgroup has no rule of its own", -ENOENT);
	msg = tswap_nl_reply_begin(info, &hdr);
	if (!msg)
		return refuse(info->extack, TSWAP_NO_MEMORY, -ENOMEM);
	return tswap_nl_reply_end(info, msg, hdr, put_rule(msg, dev, rule));
}

/* As many rules as the message takes, from cb->args[1] on; dev->lock. */
int tswap_nl_put_rules(struct sk_buff *msg, struct netlink_callback *cb,
		       struct tswap_dev *dev)
{
	struct tswap_rule *rule;
	unsigned long index;
	int err = 0;

	if (!cb->args[1]) { /* they end before the dump begins, not within it */
		tswap_rules_bury(dev);
		cb->seq = tswap_nl_generation();
	}
	for (;; cb->args[1]++) {
		void *hdr;

		index = cb->args[1];
		rule = tswap_rule_next(dev, &index);
		if (!rule)
			return 0;
		cb->args[1] = index;
		hdr = tswap_nl_dump_header(msg, cb, TSWAP_CMD_CGROUP_GET);
		err = hdr ? tswap_nl_dump_one(msg, hdr, put_rule(msg, dev, rule))
			  : -EMSGSIZE;
		if (err)
			return err;
	}
}

/* Report a rule; dev->lock held. */
void tswap_ntf_cgroup(struct tswap_dev *dev, struct tswap_rule *rule,
		      enum tswap_event event)
{
	struct sk_buff *msg;
	void *hdr;
	int err;

	msg = tswap_nl_ntf_begin(TSWAP_CMD_CGROUP_NTF, event, &hdr);
	if (!msg)
		return;
	err = nla_put_u32(msg, TSWAP_A_CGROUP_EVENT, event);
	if (!err)
		err = event == TSWAP_EVENT_REMOVED ? put_name(msg, dev, rule)
						   : put_rule(msg, dev, rule);
	tswap_nl_ntf_end(msg, hdr, err);
}
